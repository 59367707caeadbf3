//! `smsc-sim send` and `smsc-sim load`: what they send, print, and exit with.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use smpp::value::{CommandStatus, DataCoding, MessageState, Ton};
use smsc_sim::{Account, SmscSim, Tls};

/// Runs the program against a simulator, whose only user is alice.
fn smsc_sim(arguments: &[&str], sim: &SmscSim, input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_smsc-sim"))
        .args(arguments)
        .env("SMSC_SIM_ADDR", sim.addr().to_string())
        .env("SMSC_SIM_CLIENT_SYSTEM_ID", "alice")
        .env("SMSC_SIM_CLIENT_PASSWORD", "secret")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("smsc-sim starts");
    // Whoever has the text as an argument does not read its input.
    let _ = child.stdin.take().expect("piped").write_all(input.as_bytes());
    child.wait_with_output().expect("it ends")
}

#[track_caller]
fn said(output: &Output, code: i32) -> String {
    let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{out}\n{error}");
    assert!(!out.contains("secret") && !error.contains("secret"), "{out}\n{error}");
    format!("{out}{error}")
}

fn sim() -> SmscSim {
    SmscSim::builder().user("alice", "secret").start().unwrap()
}

#[test]
fn a_text_is_submitted_and_its_receipt_awaited() {
    let sim = sim();
    let arguments = ["send", "--from", "Bank", "--to", "+4179123456", "--text", "5 €", "--wait-receipt", "20s"];
    let output = smsc_sim(&arguments, &sim, "");
    let [message] = &sim.messages()[..] else { panic!("{:?}", sim.messages()) };
    assert_eq!(
        said(&output, 0).trim_end(),
        format!("4179123456: DELIVERED, message_id {}", message.id).replacen("4179", "+4179", 1)
    );
    assert_eq!((message.pdu.source_addr_ton, message.pdu.dest_addr_ton), (Ton::ALPHANUMERIC, Ton::INTERNATIONAL));
    assert_eq!(message.text().as_bytes(), b"5 \x1B\x65");
    assert_eq!(message.pdu.registered_delivery.0, 1);
}

#[test]
fn a_long_text_of_standard_input_goes_to_many_in_parts() {
    let sim = sim();
    let output = smsc_sim(&["send", "--to", "41791,41792", "--split", "sar", "--json"], &sim, &"long ".repeat(50));
    let lines: Vec<Value> = said(&output, 0).lines().map(|line| line.parse().unwrap()).collect();
    let messages = sim.messages();
    assert_eq!((lines.len(), messages.len()), (2, 4));
    for (line, to) in lines.iter().zip(["41791", "41792"]) {
        assert_eq!(line["to"], to);
        let ids: Vec<_> =
            line["parts"].as_array().unwrap().iter().map(|part| part["message_id"].as_str().unwrap()).collect();
        let stored: Vec<_> =
            messages.iter().filter(|message| message.pdu.destination_addr == to).map(|message| &*message.id).collect();
        assert_eq!(ids, stored);
    }
    assert!(messages.iter().all(|message| message.pdu.sar_total_segments() == Some(2)));
    assert!(messages.iter().all(|message| message.pdu.registered_delivery.0 == 0));
}

#[test]
fn octets_and_tlvs_go_as_they_are_given() {
    let sim = sim();
    let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("../smpp/examples/vendor_tlvs.yaml");
    let spec = spec.to_str().unwrap();
    let vendor = smsc_sim::VendorSpec::load(spec).unwrap().protocol().tlvs[0];
    let named = format!("{}=hex:{}", vendor.name, "31".repeat(vendor.min.max(1).into()));
    let arguments =
        ["send", "--to", "41791", "--hex", "00ff", "--tlv", "0x1499=hex:0102", "--tlv", "user_message_reference=7"];
    said(&smsc_sim(&[&arguments[..], &["--spec", spec, "--tlv", &named]].concat(), &sim, ""), 0);
    let [message] = &sim.messages()[..] else { panic!() };
    assert_eq!((message.text().as_bytes(), message.pdu.data_coding), (&[0, 0xFF][..], DataCoding(4)));
    assert_eq!(message.pdu.tlvs.find(0x1499), Some(&[1, 2][..]));
    assert_eq!(message.pdu.user_message_reference(), Some(7));
    assert!(message.pdu.tlvs.contains(vendor.tag));
}

#[test]
fn what_is_not_delivered_is_exit_code_1() {
    let refusing = SmscSim::builder().account(Account::new("alice", "secret").with_rate(0)).start().unwrap();
    let output = smsc_sim(&["send", "--to", "41791", "--text", "hi"], &refusing, "");
    assert!(said(&output, 1).contains("ESME_RTHROTTLED"));
    let output = smsc_sim(&["send", "--to", "41791", "--text", "hi", "--json"], &refusing, "");
    let line: Value = said(&output, 1).trim().parse().unwrap();
    assert_eq!(line["parts"][0]["command_status_name"], "ESME_RTHROTTLED");

    let losing = SmscSim::builder().user("alice", "secret").dlr_mix(MessageState::UNDELIVERABLE).start().unwrap();
    let output = smsc_sim(&["send", "--to", "41791", "--text", "hi", "--wait-receipt", "20s"], &losing, "");
    assert!(said(&output, 1).contains("UNDELIVERABLE"));

    let late = SmscSim::builder().user("alice", "secret").dlr_delay(Duration::from_secs(3600)).start().unwrap();
    let output = smsc_sim(&["send", "--to", "41791", "--text", "hi", "--wait-receipt", "50ms"], &late, "");
    assert!(said(&output, 1).contains("no receipt within 50ms"));
}

#[test]
fn usage_is_exit_code_2_and_no_bind_3() {
    let sim = sim();
    for arguments in [
        &["send", "--text", "hi"][..],
        &["send", "--to", "41791", "--text", "hi", "--tlv", "user_mesage_reference=7"],
        &["send", "--to", "41791", "--text", "hi", "--tlv", "user_message_reference=70000"],
        &["send", "--to", "123456789012345678901", "--text", "hi"],
        &["send", "--to", "41791", "--text", "hi", "--bind", "tx", "--wait-receipt", "1s"],
        &["send", "--to", "41791", "--hex", "0"],
        &["load", "--rate", "1/s", "--binds", "2"],
        &["load", "--mix", "shrt=1"],
    ] {
        let output = smsc_sim(arguments, &sim, "");
        said(&output, 2);
    }
    assert!(sim.messages().is_empty());
    let wrong = ["send", "--to", "41791", "--text", "hi", "--system-id", "bob"];
    assert!(said(&smsc_sim(&wrong, &sim, ""), 3).contains("ESME_RINVSYSID"));
    assert!(said(&smsc_sim(&["load", "--system-id", "bob"], &sim, ""), 3).contains("ESME_RINVSYSID"));
}

#[test]
fn load_sends_what_is_asked_for_and_no_more() {
    let sim = sim();
    let mix = "short=5,long=2,ucs2=2,long-ucs2=1";
    let arguments = ["load", "--count", "500", "--window", "7", "--binds", "3", "--mix", mix, "--receipts", "--json"];
    let report: Value = said(&smsc_sim(&arguments, &sim, ""), 0).trim().parse().unwrap();
    assert_eq!((&report["sent"], &report["answered"], &report["receipts"]), (&500.into(), &500.into(), &500.into()));
    assert_eq!(report["statuses"]["ESME_ROK"], 500);
    let messages = sim.messages();
    assert_eq!(messages.len(), 500);
    for name in ["p50", "p90", "p99", "p99.9", "max"] {
        assert!(report["latency_ms"][name].as_f64().unwrap() > 0.0, "{name}");
    }
    assert!(messages.iter().any(|message| message.pdu.data_coding == DataCoding::UCS2));
    assert!(messages.iter().any(|message| message.pdu.esm_class.0 & 0x40 != 0));
}

#[test]
fn load_counts_what_is_refused() {
    let sim = SmscSim::builder()
        .account(Account::new("alice", "secret").with_rate(0).with_over_rate(CommandStatus::ESME_RMSGQFUL))
        .start()
        .unwrap();
    let report: Value = said(&smsc_sim(&["load", "--count", "20", "--json"], &sim, ""), 1).trim().parse().unwrap();
    assert_eq!((&report["answered"], &report["statuses"]["ESME_RMSGQFUL"]), (&20.into(), &20.into()));
    let text = said(&smsc_sim(&["load", "--count", "20"], &sim, ""), 1);
    assert!(text.contains("20 sent, 20 answered") && text.contains("ESME_RMSGQFUL"), "{text}");
}

#[test]
fn load_ends_with_its_figures_on_ctrl_c() {
    let sim = sim();
    let child = Command::new(env!("CARGO_BIN_EXE_smsc-sim"))
        .args(["load", "--duration", "1h", "--rate", "50/s", "--json", "--password", "secret", "--system-id", "alice"])
        .args(["--addr", &sim.addr().to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    sim.wait_until(|_| true, Duration::from_secs(20)).expect("it sends");
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    let output = child.wait_with_output().unwrap();
    let report: Value = String::from_utf8(output.stdout).unwrap().trim().parse().unwrap();
    assert_eq!(report["interrupted"], true);
    assert_eq!((report["sent"].as_u64(), output.status.code()), (report["answered"].as_u64(), Some(0)));
    assert_eq!(report["sent"].as_u64(), Some(sim.messages().len() as u64));
}

/// A simulator that speaks TLS, where, and the file of its CA.
fn with_tls(name: &str) -> (SmscSim, String, String) {
    let tls = Tls::self_signed(None::<String>).unwrap();
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, tls.ca_pem().unwrap()).unwrap();
    let sim = sim();
    let addr = sim.listen_tls(tls, "127.0.0.1:0").unwrap().to_string();
    (sim, addr, path.to_str().unwrap().to_owned())
}

#[test]
fn send_speaks_tls_to_whom_it_trusts() {
    let (sim, addr, ca) = with_tls("send.pem");
    let arguments = ["send", "--addr", &addr, "--to", "41791", "--text", "hi", "--tls"];
    said(&smsc_sim(&[&arguments[..], &["--tls-ca", &ca, "--wait-receipt", "20s"]].concat(), &sim, ""), 0);
    assert_eq!(sim.messages().len(), 1);
    // Nobody has signed that it is who it says.
    said(&smsc_sim(&arguments, &sim, ""), 3);
    said(&smsc_sim(&[&arguments[..], &["--tls-ca", &ca, "--tls-server-name", "another"]].concat(), &sim, ""), 3);
    assert_eq!(sim.messages().len(), 1);
}

#[test]
fn load_speaks_tls() {
    let (sim, addr, ca) = with_tls("load.pem");
    let arguments = ["load", "--addr", &addr, "--tls", "--tls-ca", &ca, "--count", "100", "--binds", "2", "--json"];
    let report: Value = said(&smsc_sim(&arguments, &sim, ""), 0).trim().parse().unwrap();
    assert_eq!((&report["answered"], sim.messages().len()), (&100.into(), 100));
    assert!(sim.pdus().iter().any(|pdu| pdu.to_string().contains("submit_sm")));
    said(&smsc_sim(&["load", "--addr", &addr, "--tls", "--count", "1"], &sim, ""), 3);
}
