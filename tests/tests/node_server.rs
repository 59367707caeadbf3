//! Our client against an SMSC written by others.

use std::io::{BufRead, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use crossbeam_channel::{Sender, unbounded};
use smpp::client::{Client, ClientBuilder};
use smpp::driver::Error;
use smpp::pdu::{DeliverSm, SubmitSm};
use smpp::tls::ClientTls;
use smpp::value::{CommandStatus, EsmClass, MessageState};

/// node_server.js, ended when dropped. It judges what it was sent: it ends well only if nothing was left unanswered.
struct NodeServer {
    child: Child,
    said: Lines<BufReader<ChildStdout>>,
    port: u16,
}

impl NodeServer {
    fn start(options: &[&str]) -> Self {
        let top = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace");
        let setup = Command::new(top.join("tests/interop/setup.sh")).output().expect("setup.sh runs");
        assert!(setup.status.success(), "{}", String::from_utf8_lossy(&setup.stderr));
        let mut child = Command::new("node")
            .arg(top.join("tests/interop/node_server.js"))
            .args(options)
            .stdout(Stdio::piped())
            .spawn()
            .expect("node starts");
        let mut said = BufReader::new(child.stdout.take().expect("piped")).lines();
        let ready = said.next().expect("a line").expect("text");
        let port = ready.strip_prefix("ready ").expect(&ready).parse().expect(&ready);
        Self { child, said, port }
    }

    fn ends_well(mut self) {
        let heard: Vec<_> = self.said.by_ref().map(|line| line.expect("text")).collect();
        let status = self.child.wait().expect("it ends");
        assert!(status.success(), "{heard:#?}");
        assert!(heard.iter().any(|line| line.contains("deliver_sm_resp")), "{heard:#?}");
    }
}

impl Drop for NodeServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn esme(receipts: Sender<DeliverSm<'static>>) -> ClientBuilder {
    Client::builder().system_id("smppclient1").password("password").on_deliver_sm(move |pdu| {
        let handed_over = receipts.send(pdu.pdu().clone().into_owned());
        handed_over.map_or(CommandStatus::ESME_RX_T_APPN, |()| CommandStatus::ESME_ROK)
    })
}

/// Submits a message, gets the receipt for it, and unbinds.
fn is_receipted(connect: impl FnOnce(ClientBuilder) -> Result<Client, Error>) {
    let (sender, receipts) = unbounded();
    let client = connect(esme(sender)).expect("a connection");
    client.bind_transceiver().expect("bound");
    let submit = SubmitSm::default()
        .with_source_addr("12345")
        .with_destination_addr("4179123456")
        .with_registered_delivery(1)
        .with_short_message("test sms");
    let response = client.submit_sm(&submit).expect("submitted");
    let receipt = receipts.recv_timeout(Duration::from_secs(10)).expect("a receipt");
    assert_eq!(receipt.esm_class, EsmClass(0x04));
    assert_eq!(receipt.receipted_message_id(), Some(response.message_id.clone()));
    assert_eq!(receipt.message_state(), Some(MessageState::DELIVERED));
    assert!(receipt.short_message.to_str_lossy().contains(&format!("id:{} ", response.message_id)));
    client.enquire_link().expect("alive");
    client.unbind().expect("unbound");
}

#[test]
fn our_client_sends_and_is_receipted_through_node_smpp() {
    let server = NodeServer::start(&[]);
    let wrong = Client::builder().system_id("smppclient1").password("guess").connect(("127.0.0.1", server.port));
    let refused = wrong.expect("a connection").bind_transceiver().expect_err("refused");
    assert_eq!(refused.command_status(), Some(CommandStatus::ESME_RINVPASWD), "{refused}");
    is_receipted(|esme| esme.connect(("127.0.0.1", server.port)));
    server.ends_well();
}

#[test]
fn our_client_verifies_node_smpp_over_tls() {
    let ca = |name: &str| Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let (ours, theirs) = (ca("node_server.pem"), ca("another_node_server.pem"));
    let server = NodeServer::start(&["--tls-ca-out", ours.to_str().expect("a path that is text")]);
    // One that is of the same make, and not to be trusted.
    drop(NodeServer::start(&["--tls-ca-out", theirs.to_str().expect("a path that is text")]));
    for tls in [ClientTls::new().ca_file(&theirs), ClientTls::new()] {
        let outcome = Client::builder().tls(tls).connect(("localhost", server.port));
        assert!(matches!(outcome, Err(Error::Io(_))), "{outcome:?}");
    }
    let other_name = ClientTls::new().ca_file(&ours).server_name("smsc.example.net");
    let outcome = Client::builder().tls(other_name).connect(("localhost", server.port));
    assert!(matches!(outcome, Err(Error::Io(_))), "{outcome:?}");
    is_receipted(|esme| esme.tls(ClientTls::new().ca_file(&ours)).connect(("localhost", server.port)));
    server.ends_well();
}
