//! Every example runs to its end, without an address and, if it takes one, with that of a simulator, and prints what it is
//! there to show.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::Read;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use smsc_sim::{Builder, SmscSim};

/// A test for each example, and their names, so that none can be forgotten.
macro_rules! examples {
    ($($name:ident $test:block)*) => {
        $(#[test] fn $name() $test)*

        const TESTED: &[&str] = &[$(stringify!($name)),*];
    };
}

examples! {
    busy_loop {
        let lines = ["receipt: id:1 ", "receipt: id:2 ", "ended in good order after 2 receipts"];
        alone("busy_loop", &lines);
        against("busy_loop", simulator(), 2, &lines);
    }

    callbacks {
        let lines = [
            "sent: submit_sm to 4178000001",
            "received: submit_sm_resp, accepted, message_id 1",
            "on_deliver_sm: id:2 ",
            "-> bind_transceiver (0x00000009) #1 ESME_ROK",
            "-> deliver_sm_resp (0x80000005) #2 ESME_RMSGQFUL",
            "deliver_sm was answered [ESME_ROK (0x00000000), ESME_RMSGQFUL (0x00000014)]",
            "<- unbind_resp",
        ];
        alone("callbacks", &lines);
        against("callbacks", simulator(), 2, &lines);
    }

    events {
        let lines = ["OPEN -> BOUND_TRX", "receipt: id:1 ", "BOUND_TRX -> UNBINDING", "closed: unbound"];
        alone("events", &lines);
        against("events", simulator(), 1, &lines);
    }

    every_command {
        let lines = [
            "bind_receiver: smsc-sim",
            "bind_transmitter: smsc-sim",
            "bind_transceiver: smsc-sim",
            "submit_sm: message_id 1",
            "submit_multi: message_id 2, 0 failed",
            "data_sm: message_id 4",
            "query_sm: ENROUTE",
            "replace_sm: done",
            "cancel_sm: DELETED",
            "enquire_link: alive",
            "unbind: done",
        ];
        alone("every_command", &lines);
        against("every_command", simulator().dlr_delay(Duration::from_secs(3600)), 4, &lines);
    }

    listen_on_a_thread {
        let lines = ["[main] message_id 3", "[listener] receipt: id:3 ", "[main] the listener has returned"];
        alone("listen_on_a_thread", &lines);
        against("listen_on_a_thread", simulator(), 3, &lines);
    }

    long_lived {
        let of_its_own = [
            "the SMSC says ESME_RTHROTTLED",
            "lost: the peer closed the connection without unbind",
            "message 9: link ended",
            "19 accepted, 1 in doubt",
            "drained, 0 unanswered",
            "closed: unbound",
            "2 sessions, throttled 1 times",
        ];
        alone("long_lived", &of_its_own);
        against("long_lived", simulator(), 20, &["20 accepted, 0 in doubt", "1 sessions, throttled 0 times"]);
    }

    long_message {
        let lines = [
            "396 letters: 3 segments",
            "part 3 of 3: message_id 3",
            "part 1: Some(DELIVERED (0x02))",
            "my message is finished: Some(DELIVERED (0x02))",
        ];
        alone("long_message", &lines);
        against("long_message", simulator(), 3, &lines);
    }

    pdus {
        alone("pdus", &[
            "body of 47 octets",
            "data_sm to 147897987: [message_payload (0x0424) \"hello\", user_message_reference (0x0204)",
            "data_sm_resp (0x80000103) ESME_RTHROTTLED",
            "6 octets of the next PDU",
            "not encoded: submit_sm: destination_addr",
            "not decoded: submit_sm: data_coding at octet 30",
            "UCS2 (0x08)",
        ]);
    }

    pool {
        let lines = ["three binds: [", "two binds: [", "drained, 0 unanswered"];
        alone("pool", &lines);
        against("pool", simulator(), 600, &lines);
    }

    quickstart {
        alone("quickstart", &["bound to smsc-sim as transceiver", "submitted, message_id 1", "receipt: id:1 ", "unbound"]);
    }

    reassembly {
        alone("reassembly", &[
            "SMSC: 3 parts",
            "ESME: a part that was here before",
            "ESME: 2 of 3 parts",
            "ESME: 4179123456 says Καλημέρα κόσμε! 😀 Καλημέρα",
            "SMSC: all answered",
        ]);
    }

    sequence_numbers {
        let lines = [
            "counted: [2, 3, 4711, 4]",
            "generated: [20, 30, 4711, 40]",
            "from a file: [2, 3, 4711, 4]",
            "from the file after a restart: [",
        ];
        alone("sequence_numbers", &lines);
        against("sequence_numbers", simulator(), 12, &lines);
    }

    server {
        alone("server", &[
            "SMSC: alice wants to bind as Transceiver",
            "SMSC: stored message 1 for 4178481818",
            "ESME: message_id 1",
            "ESME: receipt for Some(\"1\"): Some(DELIVERED",
            "SMSC: session of alice is over: unbound",
            "ESME: unbound by the peer",
        ]);
    }

    store_first {
        let lines = ["stored: id:3 ", "answered ESME_ROK", "3 messages stored"];
        alone("store_first", &lines);
        against("store_first", simulator(), 3, &lines);
    }

    texts {
        alone("texts", &[
            "refused: '可' (U+53EF) at octet 0",
            "One SMS: DEFAULT (0x00), 7 octets",
            "可輸入英文單字: UCS2 (0x08), 14 octets",
            "Replace('?'): 5 ? ?euros?",
            "161 letters: 2 segments, 145 units left",
            "Turkish: 3 segments, 1 with its table",
            "7bit packed: [37, 71, 9a, 0e]",
            "part of 152 septets: header of 7 octets, 140 in all",
        ]);
    }

    transmitter {
        let lines = [
            "bound to smsc-sim, which speaks version 0x34",
            "submitted, message_id 1",
            "not sent: submit_sm: short_message",
            "refused: ESME_RINVDSTADR",
            "unbound",
        ];
        alone("transmitter", &[&["with a wrong password: the peer answered ESME_RINVPASWD"], &lines[..]].concat());
        against("transmitter", simulator(), 1, &lines);
    }

    vendor_tlvs {
        alone("vendor_tlvs", &[
            "SMSC: vendor_tag [A8, EC]",
            "ESME: vendor_tag [A8, EC], vendor_campaign back",
            "ESME: 0x1499 \"anything\"",
            "ESME: not encoded: data_sm: vendor_tag",
        ]);
    }

    window {
        let lines = ["1000 messages sent", "1000 accepted", "try_send: all 2000 ", "then: message_id ", "outstanding, median"];
        alone("window", &lines);
        // How many of those of `try_send` found room differs from run to run.
        let sim = simulator().max_messages(5000).start().unwrap();
        says("window", Some(sim.addr()), &lines);
        assert!(sim.messages().len() > 1002, "{} messages", sim.messages().len());
    }

    without_a_listener {
        let lines = ["thread 4: 5 messages submitted", "still BOUND_TX", "20 submit_sm_resp received"];
        alone("without_a_listener", &lines);
        against("without_a_listener", simulator(), 20, &lines);
    }
}

#[test]
fn every_example_has_a_test() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let paths = directory.read_dir().unwrap().map(|entry| entry.unwrap().path());
    let programs = paths.filter(|path| path.extension() == Some(OsStr::new("rs")) || path.join("main.rs").exists());
    let names: BTreeSet<_> = programs.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    assert_eq!(names, TESTED.iter().map(|&name| name.to_owned()).collect());
}

#[test]
fn the_guide_names_every_example_and_no_other() {
    let guide = include_str!("../src/guide.rs");
    for name in TESTED {
        assert!(guide.contains(&format!("`{name}`")), "{name}");
    }
    let rows = guide.lines().filter_map(|line| line.strip_prefix("//! | ")?.strip_suffix(" |"));
    for row in rows {
        let [_, _, examples] = row.split(" | ").collect::<Vec<_>>()[..] else { continue };
        for name in examples.split(", ").filter(|name| name.starts_with('`')) {
            assert!(TESTED.contains(&name.trim_matches('`')), "{name} in {row}");
        }
    }
}

/// Far longer than any example takes.
const PATIENCE: Duration = Duration::from_secs(120);

fn simulator() -> Builder {
    SmscSim::builder().user("alice", "secret")
}

/// Runs the example with the SMSC that it brings along.
fn alone(name: &str, lines: &[&str]) {
    says(name, None, lines);
}

/// Runs the example against a simulator of the test's, which then holds so many messages.
fn against(name: &str, simulator: Builder, messages: usize, lines: &[&str]) {
    let sim = simulator.start().unwrap();
    says(name, Some(sim.addr()), lines);
    assert_eq!(sim.messages().len(), messages, "{name}: messages submitted to {}", sim.addr());
}

/// Runs the example. It must end well and print lines that hold these texts.
fn says(name: &str, address: Option<SocketAddr>, lines: &[&str]) {
    let path = program(name);
    let mut command = Command::new(&path);
    command.args(address.map(|address| address.to_string())).stdin(Stdio::null());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (stdout, stderr) = (read(child.stdout.take().unwrap()), read(child.stderr.take().unwrap()));
    let Ok(stdout) = stdout.recv_timeout(PATIENCE) else {
        child.kill().unwrap();
        panic!("{command:?} has not ended after {PATIENCE:?}");
    };
    let (stderr, status) = (stderr.recv_timeout(PATIENCE).unwrap(), child.wait().unwrap());
    assert!(status.success(), "{command:?}: {status}\n{stdout}{stderr}");
    for line in lines {
        assert!(
            stdout.lines().any(|printed| printed.contains(line)),
            "{command:?} did not say {line:?}\n{stdout}{stderr}"
        );
    }
}

/// Where cargo has put the example: beside the folder of this test.
fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let target = test.parent().and_then(Path::parent).unwrap();
    let path = target.join("examples").join(name).with_extension(std::env::consts::EXE_EXTENSION);
    let hint = "cargo builds the examples for the tests of the whole package: leave out --test, or add --examples";
    assert!(path.exists(), "{} is missing: {hint}", path.display());
    path
}

/// All that comes out of a pipe, once it is at its end.
fn read(mut pipe: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut octets = Vec::new();
        pipe.read_to_end(&mut octets).unwrap();
        sender.send(String::from_utf8(octets).unwrap())
    });
    receiver
}
