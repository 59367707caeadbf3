//! The thread that calls the user's code.

use std::collections::VecDeque;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError};

use super::incoming::{Incoming, Reply, Responder};
use super::link::Link;
use crate::codec::{Command, Decoder, Frame, Header};
use crate::error::DecodeError;
use crate::protocol::{Pdu, value::CommandStatus};
use crate::session::{CloseReason, Inbound, SessionState, Stray};

/// What stands in the inbox.
pub(super) enum Job {
    Pdu { octets: Range<usize>, inbound: Option<Inbound> },
    Notice(Notice),
}

/// What the user is told that is no PDU for it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Notice {
    StateChanged {
        from: SessionState,
        to: SessionState,
    },
    /// The session refused a request by itself.
    Refused {
        header: Header,
        status: CommandStatus,
    },
    /// A PDU that concerns nothing.
    Stray {
        header: Header,
        stray: Stray,
    },
    /// The last of all.
    Closed(CloseReason),
}

/// What client and server make of what comes in. Called by the dispatcher only.
pub(crate) trait Dispatch: Send + Sync {
    /// A PDU for the application; `responder` is there if it is to be answered.
    fn pdu(&self, pdu: &Incoming<'_, Pdu<'_>>);

    /// A PDU that could not be decoded. If it was a request, it was answered.
    fn undecodable(&self, frame: Frame<'_>, error: &DecodeError);

    fn notice(&self, notice: Notice);

    /// User code panicked; the request was answered with ESME_RSYSERR.
    fn panicked(&self, header: Header);
}

pub(super) fn run(link: &Arc<Link>, dispatch: &dyn Dispatch) {
    let mut decoder = link.decoder();
    let (mut jobs, mut octets) = (VecDeque::new(), Vec::new());
    loop {
        let unreported = take_jobs(link, &mut jobs, &mut octets);
        if unreported > 0 {
            tracing::warn!(unreported, peer = ?link.peer_addr(), "SMPP inbox was full: PDUs refused or dropped");
        }
        for job in jobs.drain(..) {
            match job {
                Job::Pdu { octets: range, inbound } => {
                    let responder = inbound.map(|inbound| Responder::new(link, inbound));
                    let frame = octets.get(range).and_then(|octets| Frame::exact(octets).ok());
                    if let Some(frame) = frame {
                        handle(dispatch, &mut decoder, frame, responder);
                    }
                }
                Job::Notice(notice) => {
                    tracing::debug!(?notice, peer = ?link.peer_addr(), "SMPP");
                    if catch_unwind(AssertUnwindSafe(|| dispatch.notice(notice))).is_err() {
                        tracing::error!(?notice, "SMPP callback panicked");
                    }
                    if matches!(notice, Notice::Closed(_)) {
                        return;
                    }
                }
            }
        }
    }
}

fn take_jobs(link: &Link, jobs: &mut VecDeque<Job>, octets: &mut Vec<u8>) -> usize {
    octets.clear();
    let mut core = link.lock();
    while core.inbox.is_empty() {
        core.dispatcher_asleep = true;
        core = link.mail.wait(core).unwrap_or_else(PoisonError::into_inner);
    }
    core.dispatcher_asleep = false;
    std::mem::swap(&mut core.inbox, jobs);
    std::mem::swap(&mut core.inbox_octets, octets);
    std::mem::take(&mut core.unreported)
}

fn handle(dispatch: &dyn Dispatch, decoder: &mut Decoder, frame: Frame<'_>, responder: Option<Responder>) {
    match decoder.decode(frame) {
        Ok(pdu) => {
            let diagnostics = decoder.take_diagnostics();
            let incoming = Incoming::new(pdu, frame, &diagnostics, responder);
            if catch_unwind(AssertUnwindSafe(|| dispatch.pdu(&incoming))).is_err() {
                tracing::error!(command = ?frame.header().command_id, "SMPP callback panicked");
                drop(incoming);
                dispatch.panicked(frame.header());
            }
        }
        Err(error) => {
            tracing::warn!(%error, "SMPP request could not be decoded");
            if let Some(responder) = responder {
                // If the link has ended meanwhile, nobody waits for the answer.
                let _ = responder.refuse(error.command_status());
            }
            if catch_unwind(AssertUnwindSafe(|| dispatch.undecodable(frame, &error))).is_err() {
                tracing::error!("SMPP callback panicked");
            }
        }
    }
}

/// Sends what a callback returned, unless it has kept the responder to answer later.
pub(crate) fn answer<P, R: Command>(incoming: &Incoming<'_, P>, reply: Reply<R>) {
    let Some(responder) = incoming.take_responder() else { return };
    let sent = match reply.response {
        Some(response) => responder.respond(reply.status, &response),
        None => responder.refuse(reply.status),
    };
    if let Err(error) = sent {
        tracing::warn!(%error, command = ?incoming.header().command_id, "SMPP response not sent");
    }
}
