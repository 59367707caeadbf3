//! The pair, and what is asked of it again and again.

use std::time::{Duration, Instant};

use smpp::codec::{Frames, Header};
use smpp::pdu::*;
use smpp::session::{BindKind, Event, Inbound, Received, Role, SendError, SendOptions, Session, SessionConfig};
use smpp::value::CommandStatus;

pub(super) const SECOND: Duration = Duration::from_secs(1);

pub(super) struct Pair {
    pub(super) now: Instant,
    pub(super) esme: Session<u32>,
    pub(super) smsc: Session<u32>,
}

pub(super) fn pair_with(esme: SessionConfig, smsc: SessionConfig) -> Pair {
    let now = Instant::now();
    Pair { now, esme: Session::new(Role::Esme, esme, now), smsc: Session::new(Role::Smsc, smsc, now) }
}

pub(super) fn pair() -> Pair {
    pair_with(SessionConfig::default(), SessionConfig::default())
}

pub(super) fn bound(kind: BindKind) -> Pair {
    let mut pair = pair();
    pair.bind(kind, CommandStatus::ESME_ROK);
    pair
}

pub(super) fn receive(session: &mut Session<u32>, now: Instant, octets: &[u8]) -> Vec<Received<u32>> {
    Frames::new(octets).map(|frame| session.receive(now, frame.unwrap())).collect()
}

pub(super) fn output(session: &mut Session<u32>) -> Vec<u8> {
    let mut octets = Vec::new();
    session.take_output(&mut octets);
    octets
}

pub(super) fn headers(octets: &[u8]) -> Vec<Header> {
    Frames::new(octets).map(|frame| frame.unwrap().header()).collect()
}

pub(super) fn events(session: &mut Session<u32>) -> Vec<Event<u32>> {
    std::iter::from_fn(|| session.poll()).collect()
}

pub(super) fn requests(received: Vec<Received<u32>>) -> Vec<Inbound> {
    let is_request = |received| match received {
        Received::Request(inbound) => inbound,
        other => panic!("{other:?}"),
    };
    received.into_iter().map(is_request).collect()
}

/// The sequence numbers of the requests that were answered.
pub(super) fn answered(received: &[Received<u32>]) -> Vec<u32> {
    let token = |received: &Received<u32>| match received {
        Received::Response(request) => request.token.unwrap(),
        other => panic!("{other:?}"),
    };
    received.iter().map(token).collect()
}

impl Pair {
    pub(super) fn at_smsc(&mut self) -> Vec<Received<u32>> {
        let octets = output(&mut self.esme);
        receive(&mut self.smsc, self.now, &octets)
    }

    pub(super) fn at_esme(&mut self) -> Vec<Received<u32>> {
        let octets = output(&mut self.smsc);
        receive(&mut self.esme, self.now, &octets)
    }

    pub(super) fn send_bind(&mut self, kind: BindKind) {
        let options = SendOptions::default();
        match kind {
            BindKind::Transmitter => self.esme.send(self.now, &BindTransmitter::default(), Some(0), options),
            BindKind::Receiver => self.esme.send(self.now, &BindReceiver::default(), Some(0), options),
            BindKind::Transceiver => self.esme.send(self.now, &BindTransceiver::default(), Some(0), options),
        }
        .unwrap();
    }

    pub(super) fn bind(&mut self, kind: BindKind, status: CommandStatus) {
        self.send_bind(kind);
        let bind = requests(self.at_smsc()).remove(0);
        self.smsc.respond_status(self.now, bind, status).unwrap();
        assert_eq!(answered(&self.at_esme()), [0]);
        events(&mut self.esme);
        events(&mut self.smsc);
    }

    pub(super) fn submit(&mut self, token: u32) -> Result<u32, SendError> {
        self.esme.send(self.now, &SubmitSm::default(), Some(token), SendOptions::default())
    }

    pub(super) fn advance(&mut self, duration: Duration) {
        self.now += duration;
        self.esme.handle_timeout(self.now);
        self.smsc.handle_timeout(self.now);
    }
}
