//! What callbacks are given, and how they answer.

use std::cell::Cell;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::{Error, Link};
use crate::codec::{Command, CommandSpec, Frame, Header};
use crate::error::DecodeError;
use crate::protocol::value::CommandStatus;
use crate::session::{Direction, Inbound};

/// A PDU that came in, with what stands around it. Dereferences to the PDU.
pub struct Incoming<'a, P> {
    pdu: P,
    frame: Frame<'a>,
    diagnostics: &'a [DecodeError],
    responder: Cell<Option<Responder>>,
}

impl<'a, P> Incoming<'a, P> {
    pub(super) fn new(pdu: P, frame: Frame<'a>, diagnostics: &'a [DecodeError], responder: Option<Responder>) -> Self {
        Self { pdu, frame, diagnostics, responder: Cell::new(responder) }
    }

    /// The PDU.
    pub fn pdu(&self) -> &P {
        &self.pdu
    }

    /// Its header.
    pub fn header(&self) -> Header {
        self.frame.header()
    }

    /// Its octets, for instance to decode it as a vendor's PDU with a [`Decoder`](crate::codec::Decoder) of your own.
    pub fn frame(&self) -> Frame<'a> {
        self.frame
    }

    /// What deviates from the standard and was tolerated; empty when nothing was. What could not be made sense of is
    /// kept raw in the PDU.
    pub fn diagnostics(&self) -> &'a [DecodeError] {
        self.diagnostics
    }

    /// Takes the answer over: it may then be given later, by any thread, and what the callback returns does not count.
    /// `None` if the PDU is not to be answered, or the answer was taken over before.
    pub fn defer(&self) -> Option<Responder> {
        self.responder.take()
    }

    /// Why the PDU is not whole, if it is not: it ends before its lengths say it does. What there is of it was decoded.
    ///
    /// Such a request is never answered ESME_ROK by what a callback returns, but with the status of the fault: the peer
    /// would take it to have arrived. Who wants it otherwise takes the answer over ([`defer`](Self::defer)).
    pub fn loss(&self) -> Option<&'a DecodeError> {
        self.diagnostics.iter().find(|diagnostic| diagnostic.class().is_loss())
    }

    pub(super) fn take_responder(&self) -> Option<Responder> {
        self.responder.take()
    }

    /// The same with a part of the PDU in place of the PDU.
    pub(crate) fn with<'b, Q>(&self, pdu: Q) -> Incoming<'b, Q>
    where
        'a: 'b,
    {
        Incoming { pdu, frame: self.frame, diagnostics: self.diagnostics, responder: Cell::new(self.responder.take()) }
    }
}

impl<P> Deref for Incoming<'_, P> {
    type Target = P;

    fn deref(&self) -> &P {
        &self.pdu
    }
}

impl<P: fmt::Debug> fmt::Debug for Incoming<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pdu, diagnostics, .. } = self;
        f.debug_struct("Incoming").field("pdu", pdu).field("diagnostics", diagnostics).finish_non_exhaustive()
    }
}

/// A PDU that goes either way, shown to an observer. Dereferences to the PDU.
#[derive(Debug)]
pub struct Observed<'a, P> {
    pdu: P,
    frame: Frame<'a>,
    direction: Direction,
}

impl<'a, P> Observed<'a, P> {
    pub(crate) fn new(pdu: P, frame: Frame<'a>, direction: Direction) -> Self {
        Self { pdu, frame, direction }
    }

    /// The PDU.
    pub fn pdu(&self) -> &P {
        &self.pdu
    }

    /// Its header.
    pub fn header(&self) -> Header {
        self.frame.header()
    }

    /// Its octets.
    pub fn frame(&self) -> Frame<'a> {
        self.frame
    }

    /// Which way it goes.
    pub fn direction(&self) -> Direction {
        self.direction
    }
}

impl<P> Deref for Observed<'_, P> {
    type Target = P;

    fn deref(&self) -> &P {
        &self.pdu
    }
}

/// What a callback answers: a status, and a response if there is more to say.
///
/// A [`CommandStatus`] becomes one of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply<R> {
    /// `command_status` of the response.
    pub status: CommandStatus,
    /// The response; without it, its fields are empty or 0.
    pub response: Option<R>,
}

impl<R> Reply<R> {
    /// The request was done, and here is the response.
    pub fn ok(response: R) -> Self {
        Self { status: CommandStatus::ESME_ROK, response: Some(response) }
    }

    /// Nothing but a status.
    pub fn status(status: CommandStatus) -> Self {
        Self { status, response: None }
    }
}

impl<R> From<CommandStatus> for Reply<R> {
    fn from(status: CommandStatus) -> Self {
        Self::status(status)
    }
}

/// The duty to answer a request, in a form that can be given to another thread.
///
/// Dropped without answering, it answers ESME_RSYSERR: no request stays without answer.
#[derive(Debug)]
pub struct Responder {
    link: Arc<Link>,
    /// The session of the link over which the request came.
    epoch: u32,
    inbound: Option<Inbound>,
    spec: &'static CommandSpec,
}

impl Responder {
    pub(super) fn new(link: &Arc<Link>, epoch: u32, inbound: Inbound) -> Self {
        Self { link: Arc::clone(link), epoch, spec: inbound.spec(), inbound: Some(inbound) }
    }

    /// The command that is to be answered.
    pub fn command(&self) -> &'static CommandSpec {
        self.spec
    }

    /// Answers with a response and a status. Some responses have no body when the status is not ESME_ROK (erratum 16).
    ///
    /// # Errors
    /// [`Error::WrongResponse`] or [`Error::Encode`]: the request was answered with ESME_RSYSERR.
    /// [`Error::Disconnected`]: there is nobody to answer.
    pub fn respond<R: Command>(mut self, status: CommandStatus, response: &R) -> Result<(), Error> {
        match self.inbound.take() {
            Some(inbound) => self.link.respond(self.epoch, inbound, status, response),
            None => Ok(()),
        }
    }

    /// Answers with a status alone; the fields of the response, if it has a body, are empty or 0.
    ///
    /// # Errors
    /// [`Error::Disconnected`]: there is nobody to answer.
    pub fn answer(mut self, status: CommandStatus) -> Result<(), Error> {
        match self.inbound.take() {
            Some(inbound) => self.link.respond_status(self.epoch, inbound, status),
            None => Ok(()),
        }
    }

    /// Leaves the request without answer, as no sound peer does: for simulators.
    pub fn ignore(mut self) {
        if let Some(inbound) = self.inbound.take() {
            self.link.forget(self.epoch, inbound);
        }
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        if let Some(inbound) = self.inbound.take() {
            // If the link has ended, there is nobody to answer.
            let _ = self.link.respond_status(self.epoch, inbound, CommandStatus::ESME_RSYSERR);
        }
    }
}
