//! Requests on their way out: what they wait for, and how long.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError};
use std::time::Instant;

use super::link::Link;
use super::pending::{Pending, Slot};
use super::state::{Core, Token};
use super::{Error, SequenceGenerator};
use crate::codec::Request;
use crate::session::{SendError, SendOptions, SessionState};
use crate::sync::{Mutex, MutexGuard};

/// Whether sending may wait for what it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waiting {
    /// As long as [`LinkConfig::send_timeout`](super::LinkConfig::send_timeout) says.
    Allowed,
    /// For nothing.
    Refused,
}

/// What became of an attempt to send.
pub(crate) enum Attempt<R> {
    Sent(Pending<R>),
    /// Not now: when there is room, at the latest then if a time is given. The error says why.
    Later(Option<Instant>, Error),
    Failed(Error),
}

/// Where the sequence numbers of a link come from, if not from its session.
/// It goes when the link does: it may hold a file that somebody else is waiting for.
pub(super) type Generator = Mutex<Option<Box<dyn SequenceGenerator>>>;

impl Link {
    /// Sends a request.
    pub(crate) fn send<P: Request<Response: Send>>(
        &self,
        pdu: &P,
        options: SendOptions,
        waiting: Waiting,
    ) -> Result<Pending<P::Response>, Error> {
        let mut begun = None;
        let outcome = self.send_when_possible(pdu, options, waiting, &mut begun);
        if let (Err(_), Some(begun)) = (&outcome, begun) {
            // It may have been woken for room that it did not take: that is for the next.
            self.change(|core| core.stats.waited(begun.elapsed()));
        }
        outcome
    }

    /// `begun` is when it began to wait, if it did.
    fn send_when_possible<P: Request<Response: Send>>(
        &self,
        pdu: &P,
        options: SendOptions,
        waiting: Waiting,
        begun: &mut Option<Instant>,
    ) -> Result<Pending<P::Response>, Error> {
        let slot = Arc::new(Slot::new());
        let mut draws = 0;
        let mut core = self.lock();
        loop {
            let now = Instant::now();
            let until = match core.send(now, pdu, &slot, options) {
                Ok(sequence_number) => {
                    if let Some(begun) = begun {
                        core.stats.waited(now - *begun);
                    }
                    self.settle_and_unlock(core);
                    return Ok(Pending { slot, sequence_number });
                }
                Err(SendError::NoSequenceNumber) => {
                    drop(core);
                    self.draw_free_sequence_number(&mut draws)?;
                    core = self.lock();
                    continue;
                }
                Err(error) => match core.wait_for(&error).filter(|_| waiting == Waiting::Allowed) {
                    Some(until) => (until, error),
                    None => return Err(core.refused(error)),
                },
            };
            let begun = *begun.get_or_insert(now);
            core = self.wait_for_room(core, now, begun, until)?;
        }
    }

    /// Sends a request, or says when to try again.
    pub(crate) fn attempt<P: Request<Response: Send>>(&self, pdu: &P, options: SendOptions) -> Attempt<P::Response> {
        let slot = Arc::new(Slot::new());
        let mut draws = 0;
        loop {
            let mut core = self.lock();
            match core.send(Instant::now(), pdu, &slot, options) {
                Ok(sequence_number) => {
                    self.settle_and_unlock(core);
                    return Attempt::Sent(Pending { slot, sequence_number });
                }
                Err(SendError::NoSequenceNumber) => {
                    drop(core);
                    if let Err(error) = self.draw_free_sequence_number(&mut draws) {
                        return Attempt::Failed(error);
                    }
                }
                Err(error) => {
                    let wait = core.wait_for(&error);
                    let error = core.refused(error);
                    return match wait {
                        Some(until) => Attempt::Later(until, error),
                        None => Attempt::Failed(error),
                    };
                }
            }
        }
    }

    /// Sees to it that a session that is bound has a sequence number for a PDU of its own.
    pub(super) fn supply_sequence_number(&self) -> Result<(), Error> {
        let core = self.lock();
        if core.session.wants_sequence_number() && core.session.state().is_bound() {
            drop(core);
            self.draw_sequence_number()?;
        }
        Ok(())
    }

    /// Asks the generator for a number, which may take time, and hands it to the session. Not to be called under the lock.
    pub(super) fn draw_sequence_number(&self) -> Result<Option<u32>, Error> {
        let mut generator = self.generator.lock().unwrap_or_else(PoisonError::into_inner);
        let next = generator.as_mut().map(|generator| {
            let next = catch_unwind(AssertUnwindSafe(|| generator.next_sequence_number()));
            next.unwrap_or_else(|_| Err(io::Error::other("the generator of sequence numbers panicked")))
        });
        if self.lock().over().is_some() {
            // Whoever ended it meanwhile could not drop it.
            *generator = None;
        }
        drop(generator);
        let Some(number) = next.transpose()? else { return Ok(None) };
        // Two may draw and hand over in different order. What counts is that no number is given twice.
        self.lock().session.supply_sequence_number(number);
        Ok(Some(number))
    }

    /// The same for a request, which does not go on asking for ever if all that it is given are in use.
    fn draw_free_sequence_number(&self, draws: &mut usize) -> Result<(), Error> {
        let number = self.draw_sequence_number()?;
        *draws += 1;
        match number {
            Some(number) if *draws > MOST_DRAWS => Err(Error::SequenceInUse(number)),
            _ => Ok(()),
        }
    }

    /// Sleeps until there may be room, or until then.
    fn wait_for_room<'a>(
        &'a self,
        mut core: MutexGuard<'a, Core>,
        now: Instant,
        begun: Instant,
        (until, error): (Option<Instant>, SendError),
    ) -> Result<MutexGuard<'a, Core>, Error> {
        let deadline = self.config.send_timeout.and_then(|timeout| begun.checked_add(timeout));
        if deadline.is_some_and(|deadline| deadline <= now) {
            return Err(Error::not_sent(now - begun, Some(core.refused(error))));
        }
        // One sender waits for the time; the others wait for that one, or all would be woken for one's turn.
        let paces = until.is_some() && !core.pacing;
        let until = until.filter(|_| paces);
        core.pacing |= paces;
        core.senders_waiting += 1;
        core = match until.into_iter().chain(deadline).min() {
            None => self.room.wait(core).unwrap_or_else(PoisonError::into_inner),
            Some(until) => {
                let waited = self.room.wait_timeout(core, until.saturating_duration_since(now));
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        };
        core.senders_waiting -= 1;
        core.pacing &= !paces;
        Ok(core)
    }
}

/// How many numbers in use a generator may give in a row.
const MOST_DRAWS: usize = 1000;

impl Core {
    fn send<P: Request<Response: Send>>(
        &mut self,
        now: Instant,
        pdu: &P,
        slot: &Arc<Slot<P::Response>>,
        options: SendOptions,
    ) -> Result<u32, SendError> {
        if self.draining {
            return Err(SendError::State { command: P::SPEC.name, state: SessionState::Unbinding });
        }
        let token: Token = Arc::clone(slot) as Token;
        self.session.send(now, pdu, Some(token), options)
    }

    /// Whether what is in the way passes, so that waiting helps; and until when at most, if that is known.
    fn wait_for(&self, error: &SendError) -> Option<Option<Instant>> {
        match error {
            SendError::WindowFull { .. } => Some(None),
            SendError::Paused { until } => Some(Some(*until)),
            // The link is being bound again.
            SendError::State { .. } if self.keeps && self.parks_senders && !self.draining => {
                (!self.session.state().is_bound()).then_some(None)
            }
            _ => None,
        }
    }
}
