//! No `Debug` output shows a password, nor does the help of the program.

use std::fmt::Debug;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;

use smpp::codec::Encode;
use smpp::pdu::BindTransceiver;
use smsc_sim::{Account, SmscSim};

const SECRET: &str = "hunter22";

/// Looks for the password as text and as a list of octets.
fn is_shown_by(value: &dyn Debug) -> bool {
    let shown: String = format!("{value:?} {value:#?}").chars().filter(|c| !c.is_whitespace()).collect();
    let list = SECRET.bytes().map(|octet| octet.to_string()).collect::<Vec<_>>().join(",");
    shown.contains(SECRET) || shown.contains(&list)
}

#[test]
fn no_password_is_shown() {
    assert!(is_shown_by(&SECRET) && is_shown_by(&SECRET.as_bytes()));
    let account = Account::new("alice", SECRET);
    assert!(!is_shown_by(&account) && format!("{account:?}").contains("alice"));
    let builder = SmscSim::builder().user("alice", SECRET);
    assert!(!is_shown_by(&builder));
    assert!(!is_shown_by(&builder.start().expect("a free port")));
}

#[test]
fn no_trace_and_no_event_shows_the_password_of_an_outbind_or_of_a_bind_that_fails() {
    let sim = SmscSim::builder().user("alice", SECRET).start().expect("a free port");
    let events = sim.subscribe().with_pdus();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    sim.outbind(listener.local_addr().expect("bound"), "smsc", SECRET).expect("connected");
    let (mut esme, _) = listener.accept().expect("a connection");
    let mut outbind = [0; 16 + 5 + 9];
    esme.read_exact(&mut outbind).expect("an outbind");
    assert!(outbind.ends_with(b"smsc\0hunter22\0"), "the ESME gets it");
    // A bind with a wrong password that is right for another, and one that is cut short.
    let bind = BindTransceiver::default().with_system_id("bob").with_password(SECRET).to_octets(1).expect("encoded");
    let mut short = bind.clone();
    short.truncate(16 + 4 + 9);
    short[3] = 16 + 4 + 9;
    for octets in [bind, short] {
        let mut stream = TcpStream::connect(sim.addr()).expect("a connection");
        stream.write_all(&octets).expect("written");
        let mut response = [0; 16];
        stream.read_exact(&mut response).expect("a response");
        assert_ne!(response[8..12], [0; 4]);
    }
    let shown: Vec<_> = sim.pdus().iter().map(|traced| traced.to_string()).collect();
    assert!(shown.len() >= 5 && !is_shown_by(&shown), "{shown:#?}");
    sim.stop(std::time::Duration::from_secs(5));
    let mut pdus = 0;
    while let Some(event) = events.wait(std::time::Duration::from_secs(5)) {
        let json = serde_json::to_string(&event).expect("JSON");
        let hex: String = SECRET.bytes().map(|octet| format!("{octet:02x}")).collect();
        assert!(!is_shown_by(&event) && !json.contains(SECRET) && !json.contains(&hex), "{json}");
        pdus += usize::from(json.contains("\"pdu\""));
    }
    assert!(pdus >= 5, "{pdus}");
}

#[test]
fn help_does_not_show_the_passwords_of_the_environment() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_smsc-sim"));
    let output = program.arg("--help").env("SMSC_SIM_USERS", format!("alice:{SECRET}")).output().expect("it runs");
    let help = String::from_utf8(output.stdout).expect("text");
    assert!(help.contains("SMSC_SIM_USERS") && !help.contains(SECRET), "{help}");
}
