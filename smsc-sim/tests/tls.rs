//! TLS: the flags, and one simulator behind two listeners.

mod common;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use common::Program;
use crossbeam_channel::unbounded;
use serde_json::{Value, json};
use smpp::client::{Client, ClientBuilder};
use smpp::driver::Error;
use smpp::pdu::{SubmitSm, SubmitSmResp};
use smpp::tls::{ClientTls, ServerTls};
use smpp::value::{CommandStatus, RegisteredDelivery, registered_delivery::SmscReceipt};
use smsc_sim::{SmscSim, Tls};

const PATIENCE: Duration = Duration::from_secs(20);

fn alice() -> ClientBuilder {
    Client::builder().system_id("alice").password("secret")
}

fn submit(client: &Client) -> Result<SubmitSmResp<'static>, Error> {
    let receipt = RegisteredDelivery::default().with_smsc_receipt(SmscReceipt::SUCCESS_OR_FAILURE);
    let submit = SubmitSm::default().with_destination_addr("4179").with_registered_delivery(receipt);
    client.submit_sm(&submit.with_short_message("hello"))
}

#[test]
fn both_listeners_are_of_one_simulator() {
    let tls = Tls::self_signed([]).expect("a certificate");
    let trusted = ClientTls::new().ca_pem(tls.ca_pem().expect("made here"));
    let sim = SmscSim::builder().user("alice", "secret").tls(tls).start().expect("started");
    let tls_addr = sim.tls_addr().expect("listens");
    assert_ne!(tls_addr, sim.addr());

    // What is submitted here is receipted there, whichever of them is over TLS.
    for submits_over_tls in [true, false] {
        let (to, receipts) = unbounded();
        let receiver = alice().on_deliver_sm(move |pdu| {
            to.send(pdu.receipted_message_id().expect("a receipt").to_string()).expect("someone waits");
            CommandStatus::ESME_ROK
        });
        let over_tls = |builder: ClientBuilder| builder.tls(trusted.clone()).connect(tls_addr).expect("connected");
        let plain = |builder: ClientBuilder| builder.connect(sim.addr()).expect("connected");
        let (transmitter, receiver) =
            if submits_over_tls { (over_tls(alice()), plain(receiver)) } else { (plain(alice()), over_tls(receiver)) };
        transmitter.bind_transmitter().expect("bound");
        receiver.bind_receiver().expect("bound");
        let id = submit(&transmitter).expect("taken").message_id;
        assert_eq!(receipts.recv_timeout(PATIENCE).expect("a receipt"), id.to_string());
        transmitter.unbind().expect("unbound");
        receiver.unbind().expect("unbound");
    }
    assert_eq!(sim.messages().len(), 2);

    let client = alice().tls(trusted).connect(("localhost", tls_addr.port())).expect("connected");
    client.bind_transceiver().expect("bound");
    sim.stop(PATIENCE);
    assert_eq!(client.wait_closed(PATIENCE), Some(smpp::session::CloseReason::PeerUnbound));
}

/// A folder that is removed in the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("smsc-sim-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn tls_addr(sim: &Program) -> SocketAddr {
    let addr = sim.ready.split_whitespace().find_map(|word| word.strip_prefix("tls=")).expect(&sim.ready);
    addr.parse().expect(addr)
}

fn text(path: &Path) -> &str {
    path.to_str().expect("text")
}

#[test]
fn a_certificate_made_at_start_is_told_to_clients() {
    let folder = Folder::new("made");
    let (ca, ports) = (folder.path("ca.pem"), folder.path("ports.json"));
    let flags = ["--tls-listen", "127.0.0.1:0", "--tls-ca-out", text(&ca), "--ports-file", text(&ports)];
    let sim = Program::start(&flags);
    let addr = tls_addr(&sim);
    let written: Value = std::fs::read_to_string(&ports).expect("the file").parse().expect("JSON");
    assert_eq!((&written["smpp"], &written["tls"]), (&json!(sim.addr.to_string()), &json!(addr.to_string())));

    let trusted = ClientTls::new().ca_file(&ca);
    for host in ["localhost", "127.0.0.1"] {
        let client = alice().tls(trusted.clone()).connect((host, addr.port())).expect("connected");
        client.bind_transceiver().expect("bound");
        submit(&client).expect("taken");
    }
    // Each run has its own.
    let other = Program::start(&["--tls-listen", "127.0.0.1:0"]);
    assert!(alice().tls(trusted).connect(tls_addr(&other)).is_err());
    assert_eq!(sim.terminate(), Some(0));
}

#[test]
fn a_certificate_of_ones_own_and_certificates_of_clients() {
    let folder = Folder::new("own");
    let write = |name: &str| {
        let made = rcgen::generate_simple_self_signed(["smsc.example.net".to_owned()]).expect("a certificate");
        let (certificate, key) = (folder.path(&format!("{name}.pem")), folder.path(&format!("{name}.key")));
        std::fs::write(&certificate, made.cert.pem()).expect("written");
        std::fs::write(&key, made.signing_key.serialize_pem()).expect("written");
        (certificate, key)
    };
    let ((certificate, key), (client_certificate, client_key)) = (write("server"), write("client"));
    let sim = Program::start(&[
        "--tls-listen",
        "127.0.0.1:0",
        "--tls-cert",
        text(&certificate),
        "--tls-key",
        text(&key),
        "--tls-client-ca",
        text(&client_certificate),
    ]);
    let trusted = ClientTls::new().ca_file(&certificate).server_name("smsc.example.net");
    let bind = |tls: ClientTls| alice().tls(tls).connect(tls_addr(&sim)).and_then(|client| client.bind_transceiver());
    bind(trusted.clone().client_certificate_files(client_certificate, client_key)).expect("bound");
    assert!(bind(trusted).is_err());
    // Without TLS nobody is asked for a certificate.
    alice().connect(sim.addr).expect("connected").bind_transceiver().expect("bound");
}

#[test]
fn what_is_wrong_with_the_flags_is_told() {
    let folder = Folder::new("wrong");
    let missing = folder.path("missing.pem");
    let run = |arguments: &[&str]| -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_smsc-sim"));
        command.args(["--listen", "127.0.0.1:0", "--http", "off"]).args(arguments).output().expect("smsc-sim runs")
    };
    let taken = Program::start(&[]);
    let taken = taken.addr.to_string();
    let tls = ["--tls-listen", "127.0.0.1:0"];
    let files = ["--tls-cert", text(&missing), "--tls-key", text(&missing)];
    for (arguments, code, wanted) in [
        (vec!["--tls-listen", &taken], 3, taken.as_str()),
        ([&tls[..], &files].concat(), 2, text(&missing)),
        ([&tls[..], &["--tls-client-ca", text(&missing)]].concat(), 2, text(&missing)),
        ([&tls[..], &files[..2]].concat(), 2, "--tls-key"),
        (files.to_vec(), 2, "--tls-listen"),
        (vec!["--tls-ca-out", text(&missing)], 2, "--tls-listen"),
        ([&tls[..], &files, &["--tls-ca-out", text(&missing)]].concat(), 2, "--tls-ca-out"),
        ([&tls[..], &["--tls-ca-out", "/nowhere/ca.pem"]].concat(), 1, "/nowhere/ca.pem"),
    ] {
        let Output { status, stderr, .. } = run(&arguments);
        let stderr = String::from_utf8_lossy(&stderr);
        assert!(status.code() == Some(code) && stderr.contains(wanted), "{arguments:?} {status}\n{stderr}");
    }
}

#[test]
fn what_is_wrong_with_certificates_is_told_to_tests_too() {
    let tls = Tls::from(ServerTls::from_pem("none", "none"));
    assert!(tls.check().is_err() && tls.ca_pem().is_none());
    assert!(matches!(SmscSim::builder().tls(tls).start(), Err(Error::Io(error)) if error.to_string().contains("PEM")));
    let named = Tls::self_signed(["smsc.example.net".to_owned(), "10.0.0.1".to_owned()]);
    named.expect("a certificate").check().expect("usable");
    assert!(Tls::self_signed(["n\u{f6}".to_owned()]).is_err());
}

#[test]
fn a_port_for_tls_that_could_not_be_opened_again_speaks_tls_when_it_can() {
    let sim = SmscSim::builder().tls(Tls::self_signed([]).unwrap()).start().unwrap();
    let addr = sim.tls_addr().unwrap();
    sim.take_down(Duration::from_secs(1));
    let other = std::net::TcpListener::bind(addr).unwrap();
    assert!(sim.bring_up().is_err() && !sim.is_up());
    drop(other);
    sim.bring_up().unwrap();
    assert!(sim.is_up());
    // Without TLS nobody binds there.
    let client = Client::builder().system_id("me").connect(addr);
    assert!(client.and_then(|client| client.bind_transceiver().map(|_| ())).is_err());
}
