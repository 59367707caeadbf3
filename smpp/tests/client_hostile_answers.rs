//! The client against an SMSC whose answers are not what they should be: a test a row of what is known to break clients.

mod scripted;

use std::thread;

use crossbeam_channel::{Receiver, unbounded};
use smpp::Pdu;
use smpp::client::Client;
use smpp::codec::CommandId;
use smpp::driver::Error;
use smpp::pdu::*;
use smpp::value::CommandStatus;

use scripted::*;

/// What a submit_sm comes to when this body answers it. The link stays.
fn submit_sm_answered_with(id: CommandId, status: u32, body: &[u8]) -> Result<SubmitSmResp<'static>, Error> {
    let (client, mut smsc, _) = bound();
    let pending = client.send(&SubmitSm::default()).unwrap();
    let number = smsc.expect(SubmitSm::ID);
    smsc.write(&frame(id, status, number, body));
    smsc.still_answers();
    assert_eq!(client.outstanding(), 0);
    pending.wait()
}

fn accepted_with(body: &[u8]) -> SubmitSmResp<'static> {
    submit_sm_answered_with(SubmitSmResp::ID, 0, body).unwrap()
}

fn refused_with(body: &[u8]) -> Pdu<'static> {
    let error = submit_sm_answered_with(SubmitSmResp::ID, 0x0B, body).unwrap_err();
    assert!(!error.is_unknown_outcome());
    let Error::Refused { command_status: CommandStatus::ESME_RINVDSTADR, response } = error else {
        panic!("{error:?}")
    };
    *response
}

#[test]
fn submit_sm_resp_error_no_body_with_body_or_lone_nul() {
    for (body, message_id) in [(&b""[..], ""), (b"7\0", "7"), (b"\0", "")] {
        let Pdu::SubmitSmResp(response) = refused_with(body) else { panic!("{body:?}") };
        assert_eq!(response.message_id, message_id);
    }
}

#[test]
fn submit_sm_resp_error_tlv_only() {
    let Pdu::SubmitSmResp(response) = refused_with(b"\0\x1D\0\x03no\0") else { panic!("not a submit_sm_resp") };
    assert_eq!((response.message_id.as_str(), response.tlvs.find(0x001D)), (Some(""), Some(&b"no\0"[..])));
}

#[test]
fn submit_sm_resp_ok_no_body() {
    assert_eq!(accepted_with(b"").message_id, "");
}

#[test]
fn submit_sm_resp_message_id_without_its_nul() {
    assert_eq!(accepted_with(b"abc").message_id, "abc");
}

#[test]
fn submit_sm_resp_message_id_of_100_octets() {
    assert_eq!(accepted_with(&[&[b'x'; 100][..], &[0]].concat()).message_id, *"x".repeat(100));
}

#[test]
fn submit_sm_resp_followed_by_a_tlv() {
    let response = accepted_with(b"7\0\x14\x03\0\x01x");
    assert_eq!((response.message_id.as_str(), response.tlvs.find(0x1403)), (Some("7"), Some(&b"x"[..])));
}

#[test]
fn generic_nack_for_our_sequence() {
    // One that says that all is well is a refusal still.
    for status in [3, 0] {
        let error = submit_sm_answered_with(GenericNack::ID, status, b"").unwrap_err();
        let Error::Refused { command_status, response } = error else { panic!("{error:?}") };
        assert_eq!(command_status, CommandStatus(status));
        assert!(matches!(*response, Pdu::GenericNack(_)));
    }
}

#[test]
fn answer_with_another_command_id() {
    for id in [DataSmResp::ID, CommandId(0x8001_0999)] {
        let error = submit_sm_answered_with(id, 0, b"7\0").unwrap_err();
        assert!(error.is_unknown_outcome());
        let Error::UnexpectedResponse { expected, received } = error else { panic!("{error:?}") };
        assert_eq!((expected, received), (SubmitSmResp::ID, id));
    }
}

/// The SMSC goes first when this is dropped, or the client would wait for the answer to its unbind.
struct Bind {
    smsc: Smsc,
    client: Client,
    outcome: Result<BindTransceiverResp<'static>, Error>,
    delivered: Receiver<String>,
}

/// What a bind comes to that is answered with these octets.
fn bind_answered_with(answer: impl FnOnce(u32) -> Vec<u8>) -> Bind {
    let (listener, address) = listen();
    let (delivered_to, delivered) = unbounded();
    let builder = esme().on_deliver_sm(move |pdu| {
        delivered_to.send(pdu.short_message.to_str_lossy().into_owned()).unwrap();
        CommandStatus::ESME_ROK
    });
    let client = thread::spawn(move || {
        let client = builder.connect(address).unwrap();
        let outcome = client.bind_transceiver();
        (client, outcome)
    });
    let mut smsc = accept(&listener);
    let number = smsc.expect(BindTransceiver::ID);
    smsc.write(&answer(number));
    let (client, outcome) = client.join().unwrap();
    Bind { smsc, client, outcome, delivered }
}

#[test]
fn bind_resp_ok_no_body() {
    let mut bind = bind_answered_with(|number| frame(BindTransceiverResp::ID, 0, number, b""));
    assert_eq!(bind.outcome.unwrap().system_id, "");
    assert!(bind.client.state().is_bound());
    bind.smsc.still_answers();
}

#[test]
fn bind_resp_error_no_body() {
    let mut bind = bind_answered_with(|number| frame(BindTransceiverResp::ID, 0x0D, number, b""));
    assert_eq!(bind.outcome.unwrap_err().command_status(), Some(CommandStatus::ESME_RBINDFAIL));
    assert!(!bind.client.state().is_bound());
    bind.smsc.still_answers();
}

#[test]
fn bind_resp_system_id_of_40_octets() {
    let body = [&[b'x'; 40][..], &[0]].concat();
    let mut bind = bind_answered_with(|number| frame(BindTransceiverResp::ID, 0, number, &body));
    assert_eq!(bind.outcome.unwrap().system_id, *"x".repeat(40));
    bind.smsc.still_answers();
}

/// And one in the same segment right behind it, as jSMPP's simulator sends it.
#[test]
fn deliver_sm_before_bind_resp() {
    for before in [true, false] {
        let mut bind = bind_answered_with(|number| {
            let mut octets = [deliver_sm_with(b""), frame(BindTransceiverResp::ID, 0, number, b"x\0")];
            if !before {
                octets.reverse();
            }
            octets.concat()
        });
        assert_eq!(bind.outcome.unwrap().system_id, "x");
        bind.smsc.expect_answer(DeliverSmResp::ID, 5, CommandStatus::ESME_ROK);
        assert_eq!(bind.delivered.recv_timeout(PATIENCE).unwrap(), "mo");
        bind.smsc.still_answers();
    }
}
