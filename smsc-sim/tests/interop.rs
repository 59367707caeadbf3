//! Clients written by others, against the simulator.

mod common;
mod wire;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use common::{Program, repository};
use smpp::client::Client;
use smpp::pdu::SubmitSm;
use smpp::value::DataCoding;
use smsc_sim::{Message, SmscSim};
use wire::{Recorder, command_ids, dissect};

/// Installs the clients, if they are not there, and returns the top of the repository.
fn setup() -> PathBuf {
    let top = repository();
    let setup = Command::new(top.join("tests/interop/setup.sh")).output().expect("setup.sh runs");
    assert!(setup.status.success(), "{}", String::from_utf8_lossy(&setup.stderr));
    top
}

/// Runs a client against a simulator.
fn run(program: &str, script: &str, addr: SocketAddr, options: &[&str]) {
    let top = setup();
    let output = Command::new(if program == "node" { program.into() } else { top.join(program) })
        .arg(top.join("tests/interop").join(script))
        .args([addr.ip().to_string(), addr.port().to_string()])
        .args(options)
        .output()
        .expect("the client runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    // The client judges; this is only to see that it came to the end.
    assert!(said.contains("deliver_sm") && said.contains("unbind"), "{said}");
}

/// Runs a client against a simulator of its own, which must be as good as new afterwards.
fn run_against_the_program(program: &str, script: &str, options: &[&str]) {
    // One of two binds may get the receipt before the other has read the submit_sm_resp, and Kannel then drops it.
    let sim = Program::start(&["--user", "smppclient1:password", "--dlr-delay", "500ms"]);
    run(program, script, sim.addr, options);
    still_serves(sim.addr);
    assert_eq!(sim.terminate(), Some(0));
}

/// The same over TLS, as a transceiver and as a pair. The client trusts nothing but what the simulator says is to be
/// trusted.
fn run_over_tls(program: &str, script: &str) {
    let ca = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{script}.pem"));
    let ca = ca.to_str().expect("a path that is text");
    let over_tls = ["--tls-listen", "127.0.0.1:0", "--tls-ca-out", ca];
    let sim = Program::start(&[&["--user", "smppclient1:password", "--dlr-delay", "500ms"][..], &over_tls].concat());
    let addr = sim.ready.split_whitespace().find_map(|word| word.strip_prefix("tls=")).expect(&sim.ready);
    let addr = addr.parse().expect(addr);
    run(program, script, addr, &["--tls", ca]);
    run(program, script, addr, &["--tls", ca, "--pair"]);
    still_serves(sim.addr);
    assert_eq!(sim.terminate(), Some(0));
}

fn still_serves(addr: SocketAddr) {
    let client = Client::builder().system_id("smppclient1").password("password").connect(addr).unwrap();
    client.bind_transceiver().unwrap();
    client.submit_sm(&SubmitSm::default().with_destination_addr("4179").with_short_message("next")).unwrap();
    client.unbind().unwrap();
}

const PYTHON: &str = "target/interop/venv/bin/python";

#[test]
fn python_smpplib_as_transceiver() {
    run_against_the_program(PYTHON, "python_smpplib.py", &[]);
}

#[test]
fn python_smpplib_as_transmitter_and_receiver() {
    run_against_the_program(PYTHON, "python_smpplib.py", &["--pair"]);
}

#[test]
fn node_smpp_as_transceiver() {
    run_against_the_program("node", "node_client.js", &[]);
}

#[test]
fn node_smpp_as_transmitter_and_receiver() {
    run_against_the_program("node", "node_client.js", &["--pair"]);
}

#[test]
fn node_smpp_uses_every_command() {
    run_all("node", "node_client.js");
}

#[test]
fn python_smpplib_uses_every_command_that_it_has() {
    run_all(PYTHON, "python_smpplib.py");
}

/// Every command that the library has; each text comes back from its destination. What the simulator sent is dissected.
fn run_all(program: &str, script: &str) {
    let sim = Program::start(&["--user", "smppclient1:password", "--loopback", "echo"]);
    let recorder = Recorder::start(sim.addr);
    run(program, script, recorder.addr, &["--all"]);
    still_serves(sim.addr);
    assert_eq!(sim.terminate(), Some(0));
    judge(script, &recorder);
}

/// tshark finds nothing wrong with what the simulator sent.
fn judge(name: &str, recorder: &Recorder) {
    let sent = recorder.sent();
    let Some((seen, faults)) = dissect(name, &sent) else { return };
    assert_eq!((seen, faults), (command_ids(&sent), Vec::new()));
}

/// As a job of CI does it: the program starts a simulator, and the client beside it, and ends as the client does.
#[test]
fn python_smpplib_beside_the_simulator() {
    let top = setup();
    let script = r#"exec "$0" "$1" "${SMSC_SIM_ADDR%:*}" "${SMSC_SIM_ADDR##*:}" --all"#;
    let exec = |password: &str| {
        let user = format!("smppclient1:{password}");
        let output = Command::new(env!("CARGO_BIN_EXE_smsc-sim"))
            .args(["exec", "--user", &user, "--loopback", "echo", "--", "sh", "-c", script])
            .args([top.join(PYTHON), top.join("tests/interop/python_smpplib.py")])
            .output()
            .expect("smsc-sim runs");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (code, said) = exec("password");
    assert!(code == Some(0) && said.contains("query_sm") && said.contains("unbind"), "{said}");
    let (code, said) = exec("another");
    assert!(code == Some(1) && said.contains("failed"), "{said}");
}

#[test]
fn kannel_as_transceiver() {
    run_against_the_program(PYTHON, "kannel.py", &[]);
}

#[test]
fn kannel_as_transmitter_and_receiver() {
    run_against_the_program(PYTHON, "kannel.py", &["--pair"]);
}

#[test]
fn python_smpplib_over_tls() {
    run_over_tls(PYTHON, "python_smpplib.py");
}

#[test]
fn node_smpp_over_tls() {
    run_over_tls("node", "node_client.js");
}

#[test]
fn kannel_over_tls() {
    run_over_tls(PYTHON, "kannel.py");
}

/// Messages from mobiles: one that is read as it is, one in another alphabet, and one that the simulator splits.
#[test]
fn kannel_takes_messages_from_mobiles() {
    setup();
    let sim = Program::start(&["--user", "smppclient1:password"]);
    let recorder = Recorder::start(sim.addr);
    let addr = recorder.addr;
    let kannel = std::thread::spawn(move || run_kannel(addr));
    let http = sim.ready.split_whitespace().find_map(|word| word.strip_prefix("http=")).expect(&sim.ready);
    let texts = ["STOP".to_owned(), "Привет 😀".to_owned(), "A long message. ".repeat(15)];
    for text in &texts {
        // The first one waits until Kannel is bound.
        let output = Command::new(env!("CARGO_BIN_EXE_smsc-sim"))
            .args(["mo", "--http", http, "--from", "38641000001", "--to", "38640", "--text", text])
            .output()
            .expect("smsc-sim runs");
        let (said, why) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success() && said.contains("ESME_ROK"), "{said}\n{why}");
    }
    let said = kannel.join().unwrap();
    for text in ["STOP", "Привет 😀", texts[2].trim_end()] {
        assert!(said.contains(text), "{text}: {said}");
    }
    still_serves(sim.addr);
    assert_eq!(sim.terminate(), Some(0));
    judge("kannel", &recorder);
}

/// What Kannel has got from mobiles, three messages of them.
fn run_kannel(addr: SocketAddr) -> String {
    let top = repository();
    let output = Command::new(top.join(PYTHON))
        .arg(top.join("tests/interop/kannel.py"))
        .args(["127.0.0.1", &addr.port().to_string(), "--mo", "3"])
        .output()
        .expect("kannel.py runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    let lines = said.lines().map(|line| line.parse::<serde_json::Value>().expect(line));
    let texts = lines.filter_map(|line| Some(line["text"].as_str()?.to_owned()));
    texts.collect::<Vec<_>>().join("\n")
}

/// What `MESSAGES` of kannel.py come to.
#[test]
fn what_kannel_submits() {
    let sim = SmscSim::builder().user("smppclient1", "password").start().unwrap();
    run(PYTHON, "kannel.py", sim.addr(), &[]);
    let messages = sim.messages();
    let [plain, gsm, ucs2, parts @ ..] = &messages[..] else { panic!("{messages:#?}") };

    assert_eq!((plain.text().as_bytes(), plain.pdu.data_coding), (&b"test sms"[..], DataCoding(0)));
    assert_eq!(
        (plain.pdu.source_addr.as_str(), plain.pdu.destination_addr.as_str()),
        (Some("38640"), Some("38641000001"))
    );
    // A receipt, and an intermediate notification.
    assert_eq!((plain.pdu.esm_class.0, plain.pdu.registered_delivery.0), (0x03, 0x11));

    // u and n with their marks, sharp s, at, pound; euro and braces by escape.
    let alphabet = b"Gr\x7E\x1Ee \x00 5 \x01, 7 \x1Be: \x1B(\x7D\x1B)";
    assert_eq!((gsm.text().as_bytes(), gsm.pdu.data_coding), (&alphabet[..], DataCoding(0)));

    assert_eq!((utf16(ucs2.text().as_bytes()), ucs2.pdu.data_coding), ("Привет, мир".into(), DataCoding(8)));

    assert_eq!(parts.len(), 6, "{messages:#?}");
    let (long, long_ucs2) = parts.split_at(3);
    assert_eq!(joined(long), "0123456789".repeat(31).into_bytes());
    assert_eq!(utf16(&joined(long_ucs2)), "Привет ".repeat(20));
    assert_eq!(long_ucs2[0].pdu.data_coding, DataCoding(8));

    still_serves(sim.addr());
    assert_eq!(sim.messages().len(), messages.len() + 1);
    sim.stop(Duration::from_secs(5));
}

/// The text of a message in parts, each with the header of concatenation (3GPP TS 23.040, 9.2.3.24.1).
fn joined(parts: &[Message]) -> Vec<u8> {
    let mut text = Vec::new();
    let reference = parts[0].text().as_bytes()[3];
    for (part, number) in parts.iter().zip(1..) {
        let octets = part.text().as_bytes().to_vec();
        assert_eq!(octets[..6], [5, 0, 3, reference, parts.len() as u8, number]);
        assert_eq!(part.pdu.esm_class.0, 0x43, "store and forward, with a header (section 5.2.12)");
        assert_eq!(part.wants_receipt(), number == 1);
        text.extend_from_slice(&octets[6..]);
    }
    text
}

fn utf16(octets: &[u8]) -> String {
    let units: Vec<_> = octets.chunks_exact(2).map(|unit| u16::from_be_bytes([unit[0], unit[1]])).collect();
    String::from_utf16(&units).unwrap()
}
