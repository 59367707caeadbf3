//! Our client against an SMSC written by others.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use smpp::client::Client;
use smpp::pdu::SubmitSm;
use smpp::value::{CommandStatus, EsmClass, MessageState};

#[test]
fn our_client_sends_and_is_receipted_through_node_smpp() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace");
    let setup = Command::new(top.join("tests/interop/setup.sh")).output().expect("setup.sh runs");
    assert!(setup.status.success(), "{}", String::from_utf8_lossy(&setup.stderr));
    let mut server = Command::new("node")
        .arg(top.join("tests/interop/node_server.js"))
        .stdout(Stdio::piped())
        .spawn()
        .expect("node starts");
    let mut said = BufReader::new(server.stdout.take().expect("piped")).lines();
    let ready = said.next().expect("a line").expect("text");
    let port: u16 = ready.strip_prefix("ready ").expect(&ready).parse().expect(&ready);

    let connect = |password: &str, receipts: crossbeam_channel::Sender<_>| {
        Client::builder()
            .system_id("smppclient1")
            .password(password)
            .on_deliver_sm(move |pdu| {
                receipts
                    .send(pdu.pdu().clone().into_owned())
                    .map_or(CommandStatus::ESME_RX_T_APPN, |()| CommandStatus::ESME_ROK)
            })
            .connect(("127.0.0.1", port))
            .expect("a connection")
    };
    let (sender, receipts) = crossbeam_channel::unbounded();
    let refused = connect("guess", sender.clone()).bind_transceiver().expect_err("refused");
    assert_eq!(refused.command_status(), Some(CommandStatus::ESME_RINVPASWD), "{refused}");

    let client = connect("password", sender);
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

    // The server judges what it was sent: it ends well only if nothing was left unanswered.
    let heard: Vec<_> = said.map(|line| line.expect("text")).collect();
    let status = server.wait().expect("it ends");
    assert!(status.success(), "{heard:#?}");
    assert!(heard.iter().any(|line| line.contains("deliver_sm_resp")), "{heard:#?}");
}
