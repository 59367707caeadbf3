//! The odd PDUs that made other clients and servers lose a bind or a message. Each test replays the situation of an issue,
//! and is named after it.

mod scripted;

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;

use crossbeam_channel::{Receiver, unbounded};
use smpp::Pdu;
use smpp::client::ClientEvent;
use smpp::driver::Error;
use smpp::pdu::*;
use smpp::server::{BindRequest, Handler, Server, SessionHandle};
use smpp::session::CloseReason;
use smpp::tlv;
use smpp::value::{CommandStatus, DeliveryFailureReason, InterfaceVersion};

use scripted::*;

const OK: CommandStatus = CommandStatus::ESME_ROK;

/// The answer to a PDU that ends before its TLVs do.
const CUT_SHORT: CommandStatus = CommandStatus::ESME_RINVOPTPARSTREAM;

fn submit() -> SubmitSm<'static> {
    SubmitSm::default().with_destination_addr("4179").with_short_message("x")
}

/// The next deliver_sm that the application is given, and how many things were wrong with it.
fn delivered(events: &Receiver<ClientEvent>) -> (DeliverSm<'static>, usize) {
    loop {
        match events.recv_timeout(PATIENCE).expect("a message") {
            ClientEvent::Pdu { pdu: Pdu::DeliverSm(pdu), diagnostics, .. } => return (pdu, diagnostics.len()),
            ClientEvent::StateChanged { .. } => {}
            event => panic!("{event:?}"),
        }
    }
}

/// funbox/smppex#6, linxGnu/gosmpp#117: an error in a submit_sm_resp, with or without a body, drops the bind.
#[test]
fn smppex_6_an_error_in_submit_sm_resp_drops_the_bind() {
    let (client, mut smsc) = bind(esme());
    for (status, body) in [(0x58, &b""[..]), (0x58, b"\0"), (0x45, b"abc\0"), (0x400, b"")] {
        let pending = client.send(&submit()).unwrap();
        let number = smsc.expect(SubmitSm::ID);
        smsc.write(&frame(SubmitSmResp::ID, status, number, body));
        assert_eq!(pending.wait().unwrap_err().command_status(), Some(CommandStatus(status)));
        assert!(client.state().is_bound());
    }
    let pending = client.send(&submit()).unwrap();
    let number = smsc.expect(SubmitSm::ID);
    smsc.send(&SubmitSmResp::default().with_message_id("7"), number);
    assert_eq!(pending.wait().unwrap().message_id, "7");
}

/// funbox/smppex#30: one bad TLV kills the session, and since the SMSC has no answer it delivers the message for days. What
/// can be saved of it is, and it is answered, once.
#[test]
fn smppex_30_one_bad_tlv_kills_the_session() {
    let (_client, mut smsc, events) = bound();
    // What is cut short is refused: the SMSC would take it to have arrived. What is only odd is taken.
    let bad = [
        (&b"\x04\x27\0\x01"[..], CUT_SHORT),
        (b"\x04\x27\xFF\xFF\x02", CUT_SHORT),
        (b"\x04\x27\0\0", OK),
        (b"\x04\x27\0\x03\x01\x02\x03", OK),
        (b"\x04", OK),
    ];
    for (bad, status) in bad {
        smsc.write(&deliver_sm_with(bad));
        smsc.expect_answer(DeliverSmResp::ID, 5, status);
        let (pdu, wrong) = delivered(&events);
        assert_eq!((pdu.short_message.as_str(), wrong), (Some("mo"), 1), "{bad:?}");
        smsc.write(&deliver_sm_with(b""));
        smsc.expect_answer(DeliverSmResp::ID, 5, OK);
        assert_eq!(delivered(&events).1, 0);
    }
}

/// praekelt/python-smpp#7, twitter-archive/cloudhopper-smpp#64, jookies/jasmin#218: a NUL after short_message, with TLVs
/// behind it or without, loses the message.
#[test]
fn python_smpp_7_a_stray_nul_after_short_message() {
    let (_client, mut smsc, events) = bound();
    smsc.write(&deliver_sm_with(b"\0"));
    smsc.expect_answer(DeliverSmResp::ID, 5, OK);
    let (pdu, wrong) = delivered(&events);
    assert_eq!((pdu.short_message.as_str(), wrong), (Some("mo"), 1));
    // Before TLVs it does not put them out of step.
    smsc.write(&deliver_sm_with(b"\0\x02\x04\0\x02\0\x07"));
    smsc.expect_answer(DeliverSmResp::ID, 5, OK);
    let (pdu, wrong) = delivered(&events);
    assert_eq!((pdu.short_message.as_str(), wrong), (Some("mo"), 1));
    assert_eq!(pdu.user_message_reference(), Some(7));
}

/// opentelecoms-org/jsmpp#214, #50: a TLV cut short is an exception, and the message is lost.
#[test]
fn jsmpp_214_a_truncated_tlv_loses_the_message() {
    let (_client, mut smsc, events) = bound();
    let tlvs = b"\x02\x04\0\x02\0\x07\0\x1E\0\x05ab1";
    for cut in 0..tlvs.len() {
        smsc.write(&deliver_sm_with(&tlvs[..cut]));
        let whole = if cut < 6 { 0 } else { 6 };
        // Handed over with what there is of it, and refused where there is less of a TLV than it says.
        smsc.expect_answer(DeliverSmResp::ID, 5, if cut < whole + 4 { OK } else { CUT_SHORT });
        let (pdu, wrong) = delivered(&events);
        assert_eq!(pdu.short_message, "mo");
        assert_eq!(pdu.user_message_reference(), (cut >= 6).then_some(7), "{cut}");
        assert_eq!((pdu.tlvs.tail(), wrong), (&tlvs[whole..cut], usize::from(cut > whole)), "{cut}");
    }
}

/// python-smpplib/python-smpplib#111, jookies/jasmin#120, #399, #594, #1210: a TLV that is unknown, or not of this PDU,
/// has the PDU rejected.
#[test]
fn smpplib_111_a_tlv_in_the_wrong_pdu_rejects_it() {
    let (client, mut smsc, events) = bound();
    // One of a vendor, one of submit_sm alone, one of bind_resp alone.
    smsc.write(&deliver_sm_with(b"\x14\x55\0\x02hi\x05\x01\0\x01\x01\x02\x10\0\x01\x34"));
    smsc.expect_answer(DeliverSmResp::ID, 5, OK);
    let (pdu, _) = delivered(&events);
    assert_eq!(pdu.tlvs.find(0x1455), Some(&b"hi"[..]));
    assert_eq!(pdu.tlvs.get::<tlv::ScInterfaceVersion>(), Some(InterfaceVersion(0x34)));
    let pending = client.send(&submit()).unwrap();
    let number = smsc.expect(SubmitSm::ID);
    smsc.write(&frame(SubmitSmResp::ID, 0, number, b"7\0\x14\x55\0\x02hi\x04\x27\0\x01\x02"));
    let response = pending.wait().unwrap();
    assert_eq!((response.message_id.as_str(), response.tlvs.find(0x1455)), (Some("7"), Some(&b"hi"[..])));
}

/// jookies/jasmin#124, #128, #1124: a body where there should be none is "corrupt", and the link is dropped.
#[test]
fn jasmin_124_a_body_where_none_was_expected() {
    let (client, mut smsc, _events) = bound();
    smsc.write(&frame(EnquireLink::ID, 0, 3, b"hello"));
    smsc.expect_answer(EnquireLinkResp::ID, 3, OK);

    let enquiring = client.send(&EnquireLink::default()).unwrap();
    let number = smsc.expect(EnquireLink::ID);
    smsc.write(&frame(EnquireLinkResp::ID, 0, number, b"\0"));
    enquiring.wait().unwrap();

    for (id, status) in [(SubmitSmResp::ID, 0x14), (GenericNack::ID, 3)] {
        let pending = client.send(&submit()).unwrap();
        let number = smsc.expect(SubmitSm::ID);
        smsc.write(&frame(id, status, number, b"queue is full\0"));
        assert_eq!(pending.wait().unwrap_err().command_status(), Some(CommandStatus(status)));
    }

    let unbinding = thread::spawn(move || client.unbind());
    let number = smsc.expect(Unbind::ID);
    smsc.write(&frame(UnbindResp::ID, 0, number, b"bye\0"));
    assert!(smsc.next().is_none());
    drop(smsc);
    unbinding.join().unwrap().unwrap();
}

/// Takes any bind, and tells why sessions end.
struct Centre(crossbeam_channel::Sender<CloseReason>);

impl Handler for Centre {
    fn bind(&self, _: &SessionHandle, _: &BindRequest<'_>) -> CommandStatus {
        OK
    }

    fn closed(&self, _: &SessionHandle, reason: CloseReason) {
        self.0.send(reason).unwrap();
    }
}

/// farhadi/node-smpp#109, #168, #230, uudashr/jsmpp#45: a scanner's octets, or a browser's, crash the server, or leave a
/// reader that is dead and says nothing. They are closed and reported, and everybody else is served.
#[test]
fn node_smpp_109_a_scanner_crashes_the_server() {
    let (closed_to, closed) = unbounded();
    let server = Server::builder(Centre(closed_to)).listen("127.0.0.1:0").unwrap();
    let address = server.local_addr();
    let before = esme().connect(address).unwrap();
    before.bind_transceiver().unwrap();
    let tls_client_hello = b"\x16\x03\x01\x00\xA5\x01\x00\x00\xA1\x03\x03\x5F\x1B\x77\x21\x00\x00\x00\x00";
    let scans: [&[u8]; 6] = [
        b"GET / HTTP/1.1\r\nHost: smsc.example.net\r\n\r\n",
        b"\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n",
        tls_client_hello,
        b"\0\0\0\x08\0\0\0\x15",
        b"\x03\0\0\x13\x0E\xE0\0\0\0\0\0\x01\0\x08\0\x03\0\0\0",
        &[0; 64],
    ];
    for scan in scans {
        let mut scanner = TcpStream::connect(address).unwrap();
        scanner.set_read_timeout(Some(PATIENCE)).unwrap();
        scanner.write_all(scan).unwrap();
        let mut said = Vec::new();
        scanner.read_to_end(&mut said).unwrap();
        assert!(matches!(closed.recv_timeout(PATIENCE).unwrap(), CloseReason::Frame(_)), "{scan:?}");
    }
    // One that looks, and one that goes away inside what could be a PDU.
    for beginning in [&b""[..], b"\0\0\0\x30\0\0"] {
        let mut scanner = TcpStream::connect(address).unwrap();
        scanner.write_all(beginning).unwrap();
        scanner.shutdown(Shutdown::Both).unwrap();
        assert!(matches!(closed.recv_timeout(PATIENCE).unwrap(), CloseReason::PeerClosed | CloseReason::Io(_)));
    }
    before.enquire_link().unwrap();
    let after = esme().connect(address).unwrap();
    after.bind_transceiver().unwrap();
}

/// opentelecoms-org/jsmpp#163: a data_sm_resp with an error has a message_id and TLVs that tell the reason, and they are
/// lost.
#[test]
fn jsmpp_163_data_sm_resp_with_error_loses_id_and_tlvs() {
    let (client, mut smsc) = bind(esme());
    let pending = client.send(&DataSm::default()).unwrap();
    let number = smsc.expect(DataSm::ID);
    smsc.write(&frame(DataSmResp::ID, 0xFE, number, b"id7\0\x04\x25\0\x01\x02\0\x1D\0\x05full\0"));
    let error = pending.wait().unwrap_err();
    let Error::Refused { command_status: CommandStatus::ESME_RDELIVERYFAILURE, response } = error else {
        panic!("{error:?}")
    };
    let Pdu::DataSmResp(response) = *response else { panic!("{response:?}") };
    assert_eq!(response.message_id, "id7");
    assert_eq!(response.delivery_failure_reason().unwrap(), DeliveryFailureReason(2));
    assert_eq!(response.additional_status_info_text().unwrap(), "full");
}

/// What India's operators want of each message, as a vendor would write it down.
#[allow(missing_docs, unreachable_pub, dead_code, reason = "generated for what the test uses")]
mod dlt {
    smpp::include_spec!("tests/data/dlt.yaml");
}

/// python-smpplib/python-smpplib#204, jookies/jasmin#1183, farhadi/node-smpp#31, #258: the TLVs of India's DLT, 0x1400 and
/// 0x1401, cannot be sent. They can, with a name from the YAML, and without at run time.
#[test]
fn smpplib_204_dlt_tlvs_cannot_be_sent() {
    let (client, mut smsc) = bind(esme());
    let mut by_name = submit();
    by_name.tlvs.set::<dlt::tlv::PrincipalEntityId>("1101456780000012345".into());
    by_name.tlvs.set::<dlt::tlv::TemplateId>("1107161234567890123".into());
    let mut by_tag = submit();
    by_tag.tlvs.push_raw(0x1400, b"1101456780000012345\0");
    by_tag.tlvs.push_raw(0x1401, b"1107161234567890123\0");
    for pdu in [by_name, by_tag] {
        let pending = client.send(&pdu).unwrap();
        let (header, octets) = smsc.next().unwrap();
        let wire = b"\x14\x00\0\x141101456780000012345\0\x14\x01\0\x141107161234567890123\0";
        assert!(octets.ends_with(wire), "{octets:x?}");
        smsc.send(&SubmitSmResp::default(), header.sequence_number);
        pending.wait().unwrap();
    }
}

/// opentelecoms-org/jsmpp#16: an unknown TLV is taken for a C-octet string and loses its last octet.
#[test]
fn jsmpp_16_an_unknown_tlv_loses_its_last_octet() {
    let (_client, mut smsc, events) = bound();
    for value in [&b"abc"[..], b"abc\0", b"\0", b"\0\0\x01"] {
        let tlv = [&b"\x14\x55\0"[..], &[value.len() as u8], value].concat();
        smsc.write(&deliver_sm_with(&tlv));
        smsc.expect_answer(DeliverSmResp::ID, 5, OK);
        let (pdu, _) = delivered(&events);
        assert_eq!((pdu.tlvs.find(0x1455), pdu.tlvs.octets()), (Some(value), &tlv[..]));
    }
}
