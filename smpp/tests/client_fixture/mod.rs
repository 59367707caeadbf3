//! An SMSC to test the client against.

#![allow(dead_code, reason = "no test file uses all of it")]

use std::net::ToSocketAddrs;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, unbounded};
use smpp::client::{Client, ClientBuilder};
use smpp::driver::{Incoming, Reply, Responder};
use smpp::pdu::*;
use smpp::server::{BindRequest, BindResponder, Handler, Server, ServerBuilder, SessionHandle};
use smpp::session::{CloseReason, Timers};
use smpp::tlv;
use smpp::value::CommandStatus;

/// Far longer than anything takes; only a test that fails waits for it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// An SMSC that answers by what the text says.
pub(crate) struct Smsc {
    bound: Sender<SessionHandle>,
    closed: Sender<CloseReason>,
    held: Sender<Responder>,
    held_binds: Sender<BindResponder>,
}

pub(crate) struct Fixture {
    pub(crate) server: Server,
    pub(crate) bound: Receiver<SessionHandle>,
    pub(crate) closed: Receiver<CloseReason>,
    pub(crate) held: Receiver<Responder>,
    pub(crate) held_binds: Receiver<BindResponder>,
}

impl Handler for Smsc {
    fn bind(&self, _: &SessionHandle, request: &BindRequest<'_>) -> CommandStatus {
        if request.system_type == "later" {
            self.held_binds.send(request.defer().unwrap()).unwrap();
        }
        if request.password == "secret" { CommandStatus::ESME_ROK } else { CommandStatus::ESME_RINVPASWD }
    }

    fn bound(&self, session: &SessionHandle) {
        self.bound.send(session.clone()).unwrap();
    }

    fn submit_sm(&self, session: &SessionHandle, request: &Incoming<'_, SubmitSm<'_>>) -> Reply<SubmitSmResp<'static>> {
        match request.short_message.as_str().unwrap() {
            "hold" => {
                self.held.send(request.defer().unwrap()).unwrap();
                Reply::status(CommandStatus::ESME_ROK)
            }
            "panic" => panic!("asked for"),
            "ignore" => {
                request.defer().unwrap().ignore();
                Reply::status(CommandStatus::ESME_ROK)
            }
            "throttle" => Reply::status(CommandStatus::ESME_RTHROTTLED),
            "close" => {
                session.disconnect();
                Reply::status(CommandStatus::ESME_ROK)
            }
            text => Reply::ok(SubmitSmResp::default().with_message_id(format!("id-{text}"))),
        }
    }

    fn data_sm(&self, _: &SessionHandle, _: &Incoming<'_, DataSm<'_>>) -> Reply<DataSmResp<'static>> {
        let mut response = DataSmResp::default().with_message_id("kept");
        response.tlvs.set::<tlv::AdditionalStatusInfoText>("no route".into());
        Reply { status: CommandStatus::ESME_RDELIVERYFAILURE, response: Some(response) }
    }

    fn closed(&self, _: &SessionHandle, reason: CloseReason) {
        self.closed.send(reason).unwrap();
    }
}

pub(crate) fn fixture_with(timers: Timers, max_connections: usize) -> Fixture {
    fixture_of(|server| server.timers(timers).max_connections(max_connections), ("127.0.0.1", 0))
}

pub(crate) fn fixture_at(address: impl ToSocketAddrs) -> Fixture {
    fixture_of(|server| server, address)
}

pub(crate) fn fixture_of(options: impl FnOnce(ServerBuilder) -> ServerBuilder, address: impl ToSocketAddrs) -> Fixture {
    let (bound_to, bound) = unbounded();
    let (closed_to, closed) = unbounded();
    let (held_to, held) = unbounded();
    let (held_binds_to, held_binds) = unbounded();
    let smsc = Smsc { bound: bound_to, closed: closed_to, held: held_to, held_binds: held_binds_to };
    let server = options(Server::builder(smsc).system_id("test-smsc").window(1000).max_connections(100));
    let server = server.listen(address).unwrap();
    Fixture { server, bound, closed, held, held_binds }
}

pub(crate) fn fixture() -> Fixture {
    fixture_with(Timers::default(), 100)
}

impl Fixture {
    pub(crate) fn connect(&self, builder: ClientBuilder) -> Client {
        builder.connect(self.server.local_addr()).unwrap()
    }

    pub(crate) fn bind(&self, builder: ClientBuilder) -> (Client, SessionHandle) {
        let client = self.connect(builder);
        client.bind_transceiver().unwrap();
        (client, self.bound.recv_timeout(PATIENCE).unwrap())
    }
}

pub(crate) fn esme() -> ClientBuilder {
    Client::builder().system_id("esme").password("secret")
}

pub(crate) fn text(text: &str) -> SubmitSm<'_> {
    SubmitSm::default().with_destination_addr("4179").with_short_message(text)
}
