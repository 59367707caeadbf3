//! The command line: what it prints and how it exits.

mod common;

use std::io::Write;
use std::process::{Command, Output, Stdio};

use common::Program;
use serde_json::{Value, json};
use smpp::client::Client;
use smpp::driver::Error;
use smpp::pdu::SubmitSm;
use smpp::value::CommandStatus;

fn decode(arguments: &[&str], input: &str) -> (Option<i32>, Vec<Value>, String) {
    let Output { status, stdout, stderr } = smsc_sim(&[&["decode"], arguments].concat(), input);
    let lines = String::from_utf8(stdout).expect("text").lines().map(|line| line.parse().expect("JSON")).collect();
    (status.code(), lines, String::from_utf8(stderr).expect("text"))
}

fn smsc_sim(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_smsc-sim"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("smsc-sim starts");
    // Whoever has its PDUs as arguments does not read its input.
    let _ = child.stdin.take().expect("piped").write_all(input.as_bytes());
    child.wait_with_output().expect("it ends")
}

const SUBMIT_SM: &str = "0000003a 00000004 00000000 00000007 00 0101 313233343500 0101 363738393000 00 00 00 00 00 01 00 \
                         00 00 02 6869 0204 0002 0007 1403 0003 616263";

#[test]
fn a_pdu_is_a_line_of_json() {
    let (code, lines, complaints) = decode(&[SUBMIT_SM], "");
    assert_eq!((code, complaints.as_str(), lines.len()), (Some(0), "", 1));
    let expected = json!({
        "command": "submit_sm", "command_length": 58, "command_id": 4, "command_status": 0, "sequence_number": 7,
        "command_status_name": "ESME_ROK",
        "fields": {
            "service_type": "", "source_addr_ton": 1, "source_addr_npi": 1, "source_addr": "12345",
            "dest_addr_ton": 1, "dest_addr_npi": 1, "destination_addr": "67890", "esm_class": 0, "protocol_id": 0,
            "priority_flag": 0, "schedule_delivery_time": "", "validity_period": "", "registered_delivery": 1,
            "replace_if_present_flag": 0, "data_coding": 0, "sm_default_msg_id": 0, "sm_length": 2,
            "short_message": {"hex": "6869", "text": "hi"},
        },
        "tlvs": [
            {"tag": 0x0204, "name": "user_message_reference", "length": 2, "hex": "0007", "value": 7},
            {"tag": 0x1403, "name": null, "length": 3, "hex": "616263", "value": "abc"},
        ],
        "diagnostics": [],
    });
    assert_eq!(lines[0], expected);
    // The order is that of the wire, which serde_json does not keep.
    let line = String::from_utf8(smsc_sim(&["decode", SUBMIT_SM], "").stdout).expect("text");
    let keys = ["command", "command_length", "command_id", "command_status", "sequence_number", "command_status_name"];
    let fields = smpp::command::SUBMIT_SM.fields.iter().map(|field| field.name);
    let wanted = keys.into_iter().chain(["fields"]).chain(fields).chain(["tlvs", "diagnostics"]);
    let places: Vec<_> = wanted.map(|key| line.find(&format!("\"{key}\":")).expect(key)).collect();
    assert!(places.is_sorted(), "{line}");
}

#[test]
fn pdus_come_as_arguments_in_pieces_or_by_lines() {
    let pdu = "00000010 00000015 00000000 00000001";
    assert_eq!(decode(&[pdu, pdu], "").1.len(), 2);
    assert_eq!(decode(&pdu.split(' ').collect::<Vec<_>>(), "").1.len(), 1);
    let (code, lines, _) = decode(&[], &format!("{pdu}{pdu}\n\n{pdu}\n"));
    assert_eq!((code, lines.len()), (Some(0), 3));
}

#[test]
fn what_cannot_be_decoded_is_an_error_and_exit_code_1() {
    let (code, lines, _) = decode(&["ffffffff"], "");
    assert_eq!((code, &lines[0]["error"]["class"]), (Some(1), &json!("invalid_command_length")));
    let (code, lines, _) = decode(&["000000100000007f0000000000000001"], "");
    assert_eq!(
        (code, &lines[0]["command"], &lines[0]["error"]["class"]),
        (Some(1), &Value::Null, &json!("unknown_command_id"))
    );
    // A request with a status: taken by default, refused by the letter.
    let odd = "00000010000000150000000800000001";
    assert_eq!(decode(&[odd], "").0, Some(0));
    let (code, lines, _) = decode(&["--strict", odd], "");
    assert_eq!((code, &lines[0]["error"]["field"]), (Some(1), &json!("command_status")));
    let (code, lines, complaints) = decode(&[], "00000010000000150000000000000001\n12 3x\n");
    assert_eq!((code, lines.len(), complaints.as_str()), (Some(1), 1, "line 2, column 5: `x` is not hexadecimal\n"));
}

#[test]
fn what_was_salvaged_has_diagnostics_and_exit_code_0() {
    let (code, lines, _) = decode(&["0000001b 80000009 00000000 00000001 534d505033544553540050"], "");
    assert_eq!(code, Some(0));
    let diagnostic = &lines[0]["diagnostics"][0];
    assert_eq!((&diagnostic["class"], &diagnostic["offset"]), (&json!("tlv_stream_leftover"), &json!(26)));
    assert_eq!(lines[0]["fields"]["system_id"], "SMPP3TEST");
}

#[test]
fn a_persons_view_has_offsets_and_names() {
    let output = smsc_sim(&["decode", "--text", SUBMIT_SM], "");
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success());
    for wanted in ["submit_sm", "source_addr", "12345", "SUCCESS_OR_FAILURE", "user_message_reference"] {
        assert!(text.contains(wanted), "{wanted} is missing in\n{text}");
    }
}

#[test]
fn serving_says_when_it_is_ready_and_ends_in_good_order() {
    let folder = std::env::temp_dir().join(format!("smsc-sim-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let ports = folder.join("ports.json");
    let sim = Program::start(&[
        "--http",
        "off",
        "--ports-file",
        ports.to_str().expect("text"),
        "-u",
        "alice:secret",
        "-u",
        "bob:",
        "--seed",
        "7",
    ]);
    assert_eq!(sim.ready, format!("smsc-sim ready smpp={} tls=off http=off seed=7", sim.addr));
    let written: Value = std::fs::read_to_string(&ports).expect("the file").parse().expect("JSON");
    assert_eq!(written, json!({"smpp": sim.addr.to_string()}));

    let bind = |system_id: &str, password: &str| {
        let client = Client::builder().system_id(system_id).password(password).connect(sim.addr).expect("a connection");
        client.bind_transceiver().map(|_| client)
    };
    let status = |outcome: Result<Client, Error>| outcome.err().and_then(|error| error.command_status());
    let alice = bind("alice", "secret").expect("bound");
    assert!(bind("bob", "").is_ok());
    assert_eq!(status(bind("alice", "guess")), Some(CommandStatus::ESME_RINVPASWD));
    assert_eq!(status(bind("eve", "secret")), Some(CommandStatus::ESME_RINVSYSID));

    assert_eq!(sim.terminate(), Some(0));
    let reason = alice.wait_closed(std::time::Duration::from_secs(10));
    assert_eq!(reason, Some(smpp::session::CloseReason::PeerUnbound));
    std::fs::remove_dir_all(&folder).expect("removed");
}

#[test]
fn a_port_that_is_taken_and_a_bad_command_line_have_codes_of_their_own() {
    let sim = Program::start(&[]);
    let output = smsc_sim(&["--listen", &sim.addr.to_string()], "");
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains(&sim.addr.to_string()));
    for (arguments, wanted) in [
        (&["--user", "nobody"][..], "expected ID:PASSWORD"),
        (&["--user", "alice:ninechars"], "at most 8 characters"),
        (&["--user", "alice:,bind=trz"], "did you mean `trx`?"),
        (&["--user", "alice:,windw=10"], "unknown option `windw`, did you mean `window`?"),
        (&["--user", "alice:", "--user", "alice:x"], "`alice` is there twice"),
        (&["--dlr-delay", "5 fortnights"], "unknown unit"),
        (&["--dlr-delay", "unifrom:1s..2s"], "did you mean `uniform`?"),
        (&["--dlr-mix", "DELIVRD=95,UNDELIVERED=5"], "unknown state `UNDELIVERED`"),
        (&["--max-validity", "3d"], "unknown unit `d`"),
        (&["--msgid", "hexadecimal"], "expected decimal, hex, hex-upper, uuid, padded10"),
        (&["--dlr-id", "uuid"], "expected same, decimal, hex, padded10"),
        (&["--receipt", "notlv"], "did you mean `no-tlv`?"),
        (&["--receipt-retry", "max=ten"], "max is a whole number, not `ten`"),
        (&["--seed", "x"], "invalid digit"),
        (&["--no-such-thing"], "--no-such-thing"),
    ] {
        let output = smsc_sim(arguments, "");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(wanted), "{arguments:?}");
    }
}

#[test]
fn flags_and_environment_say_the_same() {
    let flags = [
        ("--user", "SMSC_SIM_USERS", "alice:secret,bind=trx,max-binds=1,bob:"),
        ("--dlr-mix", "SMSC_SIM_DLR_MIX", "REJECTD=1"),
        ("--dlr-delay", "SMSC_SIM_DLR_DELAY", "uniform:1ms..5ms"),
        ("--max-validity", "SMSC_SIM_MAX_VALIDITY", "2h"),
        ("--msgid", "SMSC_SIM_MSGID", "padded10"),
        ("--dlr-id", "SMSC_SIM_DLR_ID", "decimal"),
        ("--receipt", "SMSC_SIM_RECEIPT", "no-sub"),
        ("--receipt-retry", "SMSC_SIM_RECEIPT_RETRY", "every=1ms,max=1"),
        ("--seed", "SMSC_SIM_SEED", "11"),
    ];
    let arguments: Vec<_> = flags.iter().flat_map(|(flag, _, value)| [*flag, *value]).collect();
    let variables: Vec<_> = flags.iter().map(|(_, variable, value)| (*variable, *value)).collect();
    for sim in [Program::start(&arguments), Program::start_with(&[], &variables)] {
        assert!(sim.ready.ends_with(" seed=11"), "{}", sim.ready);
        let (sender, receipts) = crossbeam_channel::unbounded();
        let client = Client::builder()
            .system_id("alice")
            .password("secret")
            .on_deliver_sm(move |pdu| {
                sender.send(pdu.short_message.to_str_lossy().into_owned()).unwrap();
                CommandStatus::ESME_RX_T_APPN
            })
            .connect(sim.addr)
            .expect("a connection");
        client.bind_transceiver().expect("bound");
        let again = Client::builder().system_id("alice").password("secret").connect(sim.addr).expect("a connection");
        assert_eq!(
            again.bind_transceiver().expect_err("one too many").command_status(),
            Some(CommandStatus::ESME_RALYBND)
        );
        let submit = SubmitSm::default().with_destination_addr("4179").with_registered_delivery(1);
        assert_eq!(client.submit_sm(&submit).expect("submitted").message_id, "0000000001");
        // Once, and once again.
        for _ in 0..2 {
            let receipt = receipts.recv_timeout(std::time::Duration::from_secs(10)).expect("a receipt");
            assert!(receipt.starts_with("id:1 submit date:") && receipt.contains("stat:REJECTD"), "{receipt}");
        }
    }
}

#[test]
fn flag_counts_before_environment_and_that_before_the_file() {
    let folder = std::env::temp_dir().join(format!("smsc-sim-precedence-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("sim.yaml");
    std::fs::write(&file, "version: 1\nseed: 1\n").expect("written");
    let file = file.to_str().expect("text");
    let seed = |arguments: &[&str], variables: &[(&str, &str)]| {
        let sim = Program::start_with(arguments, variables);
        sim.ready.rsplit('=').next().expect("a seed").to_owned()
    };
    assert_eq!(seed(&["-c", file], &[]), "1");
    assert_eq!(seed(&["-c", file], &[("SMSC_SIM_SEED", "2")]), "2");
    assert_eq!(seed(&["-c", file, "--seed", "3"], &[("SMSC_SIM_SEED", "2")]), "3");
    assert_eq!(seed(&[], &[("SMSC_SIM_CONFIG", file)]), "1");
    assert_eq!(seed(&[], &[("SMSC_SIM_CONFIG_YAML", "seed: 4")]), "4");
    assert_eq!(seed(&["-c", file], &[("SMSC_SIM_CONFIG_YAML", "seed: 4")]), "1");
    let both = Command::new(env!("CARGO_BIN_EXE_smsc-sim"))
        .envs([("SMSC_SIM_CONFIG", file), ("SMSC_SIM_CONFIG_YAML", "seed: 4")])
        .output()
        .expect("it runs");
    assert_eq!(both.status.code(), Some(2));
    std::fs::remove_dir_all(&folder).expect("removed");
}

#[test]
fn all_that_is_wrong_is_told_at_once_and_no_password() {
    let folder = std::env::temp_dir().join(format!("smsc-sim-wrong-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("sim.yaml");
    let yaml = "\
version: 1
sed: 42
accounts:
  - {system_id: alice, password: hunter22, max_bind: 2}
  - {system_id: bob, password: hunter2222222}
lifecycle: {delay: 5 fortnights}
rules:
  - {when: {pdu: submit_sm}, then: [{status: ESME_RTHROTTLD}]}
";
    std::fs::write(&file, yaml).expect("written");
    let output = smsc_sim(&["check", file.to_str().expect("text")], "");
    let told = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(2), "{told}");
    for wanted in [
        "sim.yaml:2:1",
        "did you mean `seed`?",
        "sim.yaml:4:44",
        "did you mean `max_binds`?",
        "sim.yaml:5:32",
        "a password has at most 8 characters",
        "sim.yaml:6:20",
        "unknown unit ` fortnights`",
        "sim.yaml:8:",
        "did you mean `ESME_RTHROTTLED`?",
    ] {
        assert!(told.contains(wanted), "{wanted} is missing in\n{told}");
    }
    assert!(!told.contains("hunter2"), "{told}");
    let output = smsc_sim(&["-u", "alice,hunter22", "--dlr-mix", "x", "--seed", "y"], "");
    let told = String::from_utf8(output.stderr).expect("text");
    assert!(told.contains("--user") && told.contains("--dlr-mix") && told.contains("--seed"), "{told}");
    assert!(!told.contains("hunter22") && output.status.code() == Some(2), "{told}");
    std::fs::remove_dir_all(&folder).expect("removed");
}

#[test]
fn the_schema_in_the_repository_is_fresh() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/smsc-sim.schema.json");
    let printed = String::from_utf8(smsc_sim(&["check", "--schema"], "").stdout).expect("text");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &printed).expect("written");
    }
    assert_eq!(std::fs::read_to_string(path).expect("UPDATE=1 writes it"), printed);
}

#[test]
fn the_ports_of_smscsim_are_understood() {
    let output = Command::new(env!("CARGO_BIN_EXE_smsc-sim")).env("SMSC_PORT", "many").output().expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("SMSC_PORT"));
    let output = Command::new(env!("CARGO_BIN_EXE_smsc-sim"))
        .envs([("SMSC_PORT", "0"), ("WEB_PORT", "0"), ("SMSC_SIM_EXIT_AFTER", "1ms")])
        .output()
        .expect("it runs");
    let ready = String::from_utf8(output.stdout).expect("text");
    assert!(ready.starts_with("smsc-sim ready smpp=127.0.0.1:") && !ready.contains(":2775"), "{ready}");
    assert!(ready.contains("http=127.0.0.1:") && !ready.contains(":12775"), "{ready}");
    assert_eq!(output.status.code(), Some(0));
}

/// As a CI job in another language would: nothing but the command line.
#[test]
fn the_command_line_is_enough() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/cli.sh");
    let output = Command::new("bash").arg(script).arg(env!("CARGO_BIN_EXE_smsc-sim")).output().expect("bash runs");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && out.ends_with("cli.sh: all is well\n"), "{out}\n{err}");
}
