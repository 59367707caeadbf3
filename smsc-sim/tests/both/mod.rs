//! An ESME that is a client of ours and one that is a raw socket, to the same end: what a test does, it does through
//! both.

#![allow(dead_code, reason = "no test file uses all of it")]

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::sync::mpsc::{Receiver, channel};

use smpp::Pdu;
use smpp::client::Client;
use smpp::driver::{Error, Pending};
use smpp::pdu::*;
use smpp::session::CloseReason;
use smpp::value::CommandStatus;
use smsc_sim::rules::Rule;
use smsc_sim::{Builder, Clock, SmscSim};

use crate::raw::{PATIENCE, Raw};

/// What became of a submit_sm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It was accepted under this message_id.
    Accepted(String),
    Refused(CommandStatus),
    /// The connection ended; with an error, or in good order.
    Ended(Option<ErrorKind>),
}

impl Answer {
    /// 0 if it was accepted; `None` if there is no answer.
    pub(crate) fn status(&self) -> Option<CommandStatus> {
        match self {
            Self::Accepted(_) => Some(CommandStatus::ESME_ROK),
            Self::Refused(status) => Some(*status),
            Self::Ended(_) => None,
        }
    }

    #[track_caller]
    pub(crate) fn id(self) -> String {
        match self {
            Self::Accepted(id) => id,
            other => panic!("{other:?}"),
        }
    }
}

/// A transceiver. Messages that come are answered ESME_ROK.
pub(crate) trait Esme {
    /// Its system_id: `client` or `socket`.
    fn name(&self) -> &'static str;

    fn begin(&mut self, pdu: &SubmitSm<'static>);

    /// What became of what was begun.
    fn answer(&mut self) -> Answer;

    fn submit(&mut self, pdu: &SubmitSm<'static>) -> Answer {
        self.begin(pdu);
        self.answer()
    }

    /// Submits to several destinations; those that were refused, and why.
    fn submit_multi(&mut self, pdu: &SubmitMulti<'static>) -> Vec<(String, CommandStatus)>;

    /// The next message.
    fn delivered(&mut self) -> DeliverSm<'static>;

    /// Whatever was begun has been handled, and is not answered; and no message has come that was not asked for.
    fn quiet(&mut self, sim: &SmscSim);

    /// Waits for the end, and says how it came.
    fn ended(&mut self) -> Option<ErrorKind>;

    /// Waits for an unbind, answers it, and waits for the end.
    fn is_unbound(&mut self);
}

pub(crate) fn manual() -> Builder {
    SmscSim::builder().clock(Clock::manual()).seed(7)
}

/// A rule as in a configuration file.
#[track_caller]
pub(crate) fn rule(yaml: &str) -> Rule {
    match serde_yaml::from_str(yaml) {
        Ok(rule) => rule,
        Err(error) => panic!("{yaml}: {error}"),
    }
}

/// Does something with both, each with a simulator of its own.
pub(crate) fn with_both(start: impl Fn() -> SmscSim, test: impl Fn(&SmscSim, &mut dyn Esme)) {
    let sim = start();
    test(&sim, &mut Socket::bound(&sim));
    let sim = start();
    test(&sim, &mut Ours::bound(&sim));
}

fn unsuccessful(response: &SubmitMultiResp<'static>) -> Vec<(String, CommandStatus)> {
    response.unsuccess_sme.iter().map(|sme| (sme.destination_addr.to_string(), sme.error_status_code)).collect()
}

/// A raw socket.
pub(crate) struct Socket {
    pub(crate) raw: Raw,
    begun: u32,
    delivered: VecDeque<DeliverSm<'static>>,
}

impl Socket {
    pub(crate) fn bound(sim: &SmscSim) -> Self {
        Self { raw: Raw::bound(sim.addr(), "socket"), begun: 1, delivered: VecDeque::new() }
    }

    fn keep(&mut self, number: u32, pdu: DeliverSm<'static>) {
        self.raw.answer(number, CommandStatus::ESME_ROK);
        self.delivered.push_back(pdu);
    }
}

impl Esme for Socket {
    fn name(&self) -> &'static str {
        "socket"
    }

    fn begin(&mut self, pdu: &SubmitSm<'static>) {
        self.begun += 1;
        self.raw.send(pdu, self.begun);
    }

    fn answer(&mut self) -> Answer {
        loop {
            let (header, pdu) = match self.raw.next_or_error() {
                Ok(Some(heard)) => heard,
                Ok(None) => return Answer::Ended(None),
                Err(kind) => return Answer::Ended(Some(kind)),
            };
            match pdu {
                Pdu::DeliverSm(pdu) => self.keep(header.sequence_number, pdu),
                Pdu::SubmitSmResp(response) if header.sequence_number == self.begun => {
                    return match header.command_status {
                        CommandStatus::ESME_ROK => Answer::Accepted(response.message_id.to_string()),
                        status => Answer::Refused(status),
                    };
                }
                Pdu::GenericNack(_) if header.sequence_number == self.begun => {
                    return Answer::Refused(header.command_status);
                }
                other => panic!("{other:?}"),
            }
        }
    }

    fn submit_multi(&mut self, pdu: &SubmitMulti<'static>) -> Vec<(String, CommandStatus)> {
        self.begun += 1;
        self.raw.send(pdu, self.begun);
        loop {
            match self.raw.next().expect("the link is up") {
                (header, Pdu::DeliverSm(pdu)) => self.keep(header.sequence_number, pdu),
                (_, Pdu::SubmitMultiResp(response)) => return unsuccessful(&response),
                (_, other) => panic!("{other:?}"),
            }
        }
    }

    fn delivered(&mut self) -> DeliverSm<'static> {
        self.delivered.pop_front().unwrap_or_else(|| {
            let (number, pdu) = self.raw.expect_deliver_sm();
            self.raw.answer(number, CommandStatus::ESME_ROK);
            pdu
        })
    }

    fn quiet(&mut self, sim: &SmscSim) {
        assert!(self.delivered.is_empty(), "{:?}", self.delivered);
        self.raw.hears_nothing(sim);
    }

    fn ended(&mut self) -> Option<ErrorKind> {
        match self.raw.next_or_error() {
            Ok(None) => None,
            Err(kind) => Some(kind),
            Ok(other) => panic!("{other:?}"),
        }
    }

    fn is_unbound(&mut self) {
        let (header, pdu) = self.raw.next().expect("the link is up");
        assert!(matches!(pdu, Pdu::Unbind(_)), "{pdu:?}");
        self.raw.send(&UnbindResp::default(), header.sequence_number);
        assert!(self.raw.next_or_end().is_none());
    }
}

/// A client of ours.
pub(crate) struct Ours {
    pub(crate) client: Client,
    begun: Option<Pending<SubmitSmResp<'static>>>,
    delivered: Receiver<DeliverSm<'static>>,
}

impl Ours {
    pub(crate) fn bound(sim: &SmscSim) -> Self {
        let (got, delivered) = channel();
        let client = Client::builder().system_id("client").on_deliver_sm(move |pdu| {
            let _ = got.send(pdu.pdu().clone().into_owned());
            CommandStatus::ESME_ROK
        });
        let client = client.connect(sim.addr()).unwrap();
        client.bind_transceiver().unwrap();
        Self { client, begun: None, delivered }
    }
}

impl Esme for Ours {
    fn name(&self) -> &'static str {
        "client"
    }

    fn begin(&mut self, pdu: &SubmitSm<'static>) {
        self.begun = Some(self.client.send(pdu).unwrap());
    }

    fn answer(&mut self) -> Answer {
        let begun = self.begun.take().expect("something was begun");
        match begun.wait_timeout(PATIENCE).expect("an answer") {
            Ok(response) => Answer::Accepted(response.message_id.to_string()),
            Err(Error::Refused { command_status, .. }) => Answer::Refused(command_status),
            Err(Error::Disconnected { .. }) => Answer::Ended(self.ended()),
            Err(error) => panic!("{error:?}"),
        }
    }

    fn submit_multi(&mut self, pdu: &SubmitMulti<'static>) -> Vec<(String, CommandStatus)> {
        unsuccessful(&self.client.submit_multi(pdu).unwrap())
    }

    fn delivered(&mut self) -> DeliverSm<'static> {
        self.delivered.recv_timeout(PATIENCE).expect("a message")
    }

    fn quiet(&mut self, sim: &SmscSim) {
        // Handled in its turn, unlike an enquire_link.
        assert!(self.client.query_sm(&QuerySm::default().with_message_id("none")).is_err());
        sim.advance(std::time::Duration::ZERO);
        self.client.enquire_link().unwrap();
        assert!(self.begun.as_ref().is_none_or(|begun| !begun.is_ready()), "it was answered");
        assert_eq!(self.delivered.try_recv().ok(), None);
    }

    fn ended(&mut self) -> Option<ErrorKind> {
        match self.client.wait_closed(PATIENCE) {
            Some(CloseReason::PeerClosed) => None,
            Some(CloseReason::Io(kind)) => Some(kind),
            other => panic!("{other:?}"),
        }
    }

    fn is_unbound(&mut self) {
        assert_eq!(self.client.wait_closed(PATIENCE), Some(CloseReason::PeerUnbound));
    }
}
