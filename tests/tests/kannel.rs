//! Our server under Kannel's bearerbox: what a mobile sends, and what Kannel does not know.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crossbeam_channel::{Sender, unbounded};
use serde_json::{Value, json};
use smpp::pdu::{AlertNotification, DeliverSm};
use smpp::server::{BindRequest, Handler, Server, SessionHandle};
use smpp::session::CloseReason;
use smpp::value::CommandStatus;

/// Takes any bind.
struct Centre {
    bound: Sender<SessionHandle>,
    closed: Sender<CloseReason>,
}

impl Handler for Centre {
    fn bind(&self, _: &SessionHandle, _: &BindRequest<'_>) -> CommandStatus {
        CommandStatus::ESME_ROK
    }

    fn bound(&self, session: &SessionHandle) {
        self.bound.send(session.clone()).expect("the test waits");
    }

    fn closed(&self, _: &SessionHandle, reason: CloseReason) {
        self.closed.send(reason).expect("the test waits");
    }
}

#[test]
fn kannel_takes_messages_from_our_server() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace");
    let setup = Command::new(top.join("tests/interop/setup.sh")).output().expect("setup.sh runs");
    assert!(setup.status.success(), "{}", String::from_utf8_lossy(&setup.stderr));
    let (bound_to, bound) = unbounded();
    let (closed_to, closed) = unbounded();
    let server = Server::builder(Centre { bound: bound_to, closed: closed_to }).listen("127.0.0.1:0").expect("a port");
    let port = server.local_addr().port().to_string();
    let kannel = Command::new(top.join("target/interop/venv/bin/python"))
        .arg(top.join("tests/interop/kannel.py"))
        .args(["127.0.0.1", &port, "--mo", "4"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("kannel.py runs");
    let Ok(session) = bound.recv_timeout(Duration::from_secs(20)) else {
        let output = kannel.wait_with_output().expect("it ends");
        panic!("Kannel does not bind: {}", String::from_utf8_lossy(&output.stderr));
    };

    // It knows no alert_notification, and nacks what is never answered: that is a stray, and no more.
    session.alert_notification(&AlertNotification::default()).expect("sent");
    let mobile = DeliverSm::default().with_source_addr("38641000001").with_destination_addr("38640");
    let utf16: Vec<u8> = "Привет 😀".encode_utf16().flat_map(u16::to_be_bytes).collect();
    let part = |number: u8, text: &str| {
        mobile.clone().with_esm_class(0x40).with_short_message([&[5, 0, 3, 7, 2, number], text.as_bytes()].concat())
    };
    let messages = [
        mobile.clone().with_short_message("test sms"),
        // u, sharp s, at, pound, euro in GSM 03.38.
        mobile.clone().with_short_message(&b"Gr\x7E\x1Ee \x00 \x01 \x1Be"[..]),
        mobile.clone().with_data_coding(8).with_short_message(utf16),
        part(2, "back together"),
        part(1, "cut and put "),
    ];
    for message in &messages {
        session.deliver_sm(message).expect("deliver_sm_resp with ESME_ROK");
    }

    let output = kannel.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    let lines = said.lines().map(|line| serde_json::from_str::<Value>(line).expect(line));
    let mut texts: Vec<_> = lines.filter(|line| line["step"] == "mo").map(|line| line["text"].clone()).collect();
    texts.sort_by_key(ToString::to_string);
    let mut wanted = ["test sms", "Grüße @ £ €", "Привет 😀", "cut and put back together"].map(|text| json!(text));
    wanted.sort_by_key(ToString::to_string);
    assert_eq!(texts, wanted);
    assert_eq!(closed.recv_timeout(Duration::from_secs(10)), Ok(CloseReason::PeerUnbound));
}
