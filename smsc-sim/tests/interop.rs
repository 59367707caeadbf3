//! Clients written by others, against the program.

mod common;

use std::process::Command;

use common::{Program, repository};

/// Installs the clients, if they are not there, and runs one against a simulator of its own.
fn run(program: &str, arguments: &[&str]) {
    let top = repository();
    let setup = Command::new(top.join("tests/interop/setup.sh")).output().expect("setup.sh runs");
    assert!(setup.status.success(), "{}", String::from_utf8_lossy(&setup.stderr));
    let sim = Program::start(&["--user", "smppclient1:password"]);
    let (host, port) = (sim.addr.ip().to_string(), sim.addr.port().to_string());
    let output = Command::new(if program == "node" { program.into() } else { top.join(program) })
        .args(arguments.first().map(|script| top.join(script)))
        .args([host, port])
        .args(&arguments[1..])
        .output()
        .expect("the client runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    // The client judges; this is only to see that it came to the end.
    assert!(said.contains("deliver_sm") && said.contains("unbind"), "{said}");
    assert_eq!(sim.terminate(), Some(0));
}

const PYTHON: &str = "target/interop/venv/bin/python";

#[test]
fn python_smpplib_as_transceiver() {
    run(PYTHON, &["tests/interop/python_smpplib.py"]);
}

#[test]
fn python_smpplib_as_transmitter_and_receiver() {
    run(PYTHON, &["tests/interop/python_smpplib.py", "--pair"]);
}

#[test]
fn node_smpp_as_transceiver() {
    run("node", &["tests/interop/node_client.js"]);
}

#[test]
fn node_smpp_as_transmitter_and_receiver() {
    run("node", &["tests/interop/node_client.js", "--pair"]);
}
