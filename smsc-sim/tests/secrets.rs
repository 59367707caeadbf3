//! No `Debug` output shows a password, nor does the help of the program.

use std::fmt::Debug;
use std::process::Command;

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
fn help_does_not_show_the_passwords_of_the_environment() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_smsc-sim"));
    let output = program.arg("--help").env("SMSC_SIM_USERS", format!("alice:{SECRET}")).output().expect("it runs");
    let help = String::from_utf8(output.stdout).expect("text");
    assert!(help.contains("SMSC_SIM_USERS") && !help.contains(SECRET), "{help}");
}
