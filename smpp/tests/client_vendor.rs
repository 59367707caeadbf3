//! A vendor's commands through session, client and server, like those of the standard.

/// What ACME adds.
#[allow(missing_docs, unreachable_pub, dead_code, reason = "generated for a vendor who does not exist")]
mod acme {
    smpp::include_spec!("tests/data/acme.yaml");
}

use std::time::Instant;

use acme::pdu::{AcmeFetch, AcmeFetchResp};
use smpp::Pdu;
use smpp::client::Client;
use smpp::codec::{Decoder, Encode, Frame, Protocol};
use smpp::driver::{Error, Incoming};
use smpp::pdu::BindTransceiver;
use smpp::server::{BindRequest, Handler, Server, SessionHandle};
use smpp::session::{Received, Role, SendOptions, Session, SessionConfig};
use smpp::value::CommandStatus;

static ACME: &[&Protocol] = &[acme::PROTOCOL];

struct Centre;

impl Handler for Centre {
    fn bind(&self, _: &SessionHandle, _: &BindRequest<'_>) -> CommandStatus {
        CommandStatus::ESME_ROK
    }

    fn other(&self, _: &SessionHandle, pdu: &Incoming<'_, Pdu<'_>>) -> CommandStatus {
        let fetch: AcmeFetch<'_> = Decoder::default().with_protocols(ACME).decode_as(pdu.frame()).unwrap();
        if fetch.acme_cursor == "empty" {
            return CommandStatus(0x400);
        }
        let response = AcmeFetchResp::default().with_acme_cursor(format!("after {}", fetch.acme_cursor));
        pdu.defer().unwrap().respond(CommandStatus::ESME_ROK, &response).unwrap();
        CommandStatus::ESME_ROK
    }
}

#[test]
fn a_request_and_its_response() {
    let server = Server::builder(Centre).protocols(ACME).listen("127.0.0.1:0").unwrap();
    let client = Client::builder().system_id("esme").protocols(ACME).connect(server.local_addr()).unwrap();
    client.bind_transceiver().unwrap();
    let response = client.request(&AcmeFetch::default().with_acme_cursor("1")).unwrap();
    assert_eq!(response.acme_cursor, "after 1");
    let error = client.request(&AcmeFetch::default().with_acme_cursor("empty")).unwrap_err();
    let Error::Refused { command_status: CommandStatus(0x400), response } = error else { panic!("{error:?}") };
    // Its body on error is unspecified: it has one, with an empty acme_cursor.
    assert!(matches!(*response, Pdu::Other(raw) if raw.command_id() == AcmeFetchResp::ID && raw.body() == [0]));
}

#[test]
fn whoever_does_not_know_the_vendor_refuses() {
    let server = Server::builder(Centre).listen("127.0.0.1:0").unwrap();
    let client = Client::builder().system_id("esme").protocols(ACME).connect(server.local_addr()).unwrap();
    client.bind_transceiver().unwrap();
    let error = client.request(&AcmeFetch::default()).unwrap_err();
    let Error::Refused { command_status: CommandStatus::ESME_RINVCMDID, response } = error else { panic!("{error:?}") };
    assert!(matches!(*response, Pdu::GenericNack(_)));
}

#[test]
fn the_states_of_the_vendors_file_hold() {
    let now = Instant::now();
    let config = SessionConfig::default().with_protocols(ACME);
    let mut smsc = Session::<()>::new(Role::Smsc, config.clone(), now);
    let octets = AcmeFetch::default().to_octets(3).unwrap();
    let received = smsc.receive(now, Frame::exact(&octets).unwrap());
    assert!(matches!(received, Received::Refused(CommandStatus::ESME_RINVBNDSTS)));
    let mut answer = Vec::new();
    smsc.take_output(&mut answer);
    assert_eq!(Frame::exact(&answer).unwrap().header().command_id, AcmeFetchResp::ID);

    let mut esme = Session::<()>::new(Role::Esme, config, now);
    assert!(esme.send(now, &AcmeFetch::default(), None, SendOptions::default()).is_err());
    let bind = BindTransceiver::default().to_octets(1).unwrap();
    let Received::Request(bind) = smsc.receive(now, Frame::exact(&bind).unwrap()) else { panic!("a bind") };
    smsc.respond_status(now, bind, CommandStatus::ESME_ROK).unwrap();
    let Received::Request(fetch) = smsc.receive(now, Frame::exact(&octets).unwrap()) else { panic!("a request") };
    assert_eq!((fetch.spec().name, fetch.response_id()), ("acme_fetch", AcmeFetchResp::ID));
    smsc.forget(now, fetch);
}
