//! The place where a request waits for its response.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Error;
use crate::codec::{CommandId, DecodeOwned, Decoder, Frame};
use crate::protocol::{Pdu, value::CommandStatus};

/// How the driver ends a request, whatever the type of its response.
pub(super) trait Complete: Send + Sync {
    /// By the response, or a generic_nack.
    fn answered(&self, decoder: &mut Decoder, frame: Frame<'_>);

    /// Without.
    fn failed(&self, error: Error);
}

/// A request on its way: its response, once there is one.
///
/// Dropping it gives up waiting, not the request.
#[derive(Debug)]
#[must_use = "the outcome of the request is lost if nobody waits for it"]
pub struct Pending<R> {
    pub(super) slot: Arc<Slot<R>>,
    pub(super) sequence_number: u32,
}

#[derive(Debug)]
pub(super) struct Slot<R> {
    state: Mutex<SlotState<R>>,
    done: Condvar,
}

#[derive(Debug)]
struct SlotState<R> {
    outcome: Option<Result<R, Error>>,
    /// Waking costs a system call, so it is done only for someone who sleeps.
    asleep: bool,
}

impl<R> Pending<R> {
    /// The sequence number of the request.
    pub fn sequence_number(&self) -> u32 {
        self.sequence_number
    }

    /// Whether the outcome is there, so that waiting would not block.
    pub fn is_ready(&self) -> bool {
        self.slot.lock().outcome.is_some()
    }

    /// Waits for the outcome. It comes at the latest when the response timer expires or the link ends.
    ///
    /// # Errors
    /// [`Error::Refused`], [`Error::Timeout`], [`Error::Disconnected`], [`Error::UnexpectedResponse`],
    /// [`Error::Decode`].
    pub fn wait(self) -> Result<R, Error> {
        let mut state = self.slot.lock();
        loop {
            if let Some(outcome) = state.outcome.take() {
                return outcome;
            }
            state.asleep = true;
            state = self.slot.done.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits for the outcome no longer than this. `None` if it is not there then; waiting may go on.
    ///
    /// # Errors
    /// As [`wait`](Self::wait). The outcome is handed out once.
    pub fn wait_timeout(&mut self, timeout: Duration) -> Option<Result<R, Error>> {
        let begin = Instant::now();
        let mut state = self.slot.lock();
        while state.outcome.is_none() {
            let left = timeout.checked_sub(begin.elapsed())?;
            state.asleep = true;
            (state, _) = self.slot.done.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner);
        }
        state.outcome.take()
    }
}

impl<R> Slot<R> {
    pub(super) fn new() -> Self {
        Self { state: Mutex::new(SlotState { outcome: None, asleep: false }), done: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, SlotState<R>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn complete(&self, outcome: Result<R, Error>) {
        let mut state = self.lock();
        state.outcome = Some(outcome);
        if std::mem::take(&mut state.asleep) {
            self.done.notify_all();
        }
    }
}

impl<R: DecodeOwned + Send> Complete for Slot<R> {
    fn answered(&self, decoder: &mut Decoder, frame: Frame<'_>) {
        let header = frame.header();
        let is_nack = header.command_id == CommandId::GENERIC_NACK;
        self.complete(if header.command_status == CommandStatus::ESME_ROK && !is_nack {
            R::decode_owned(decoder, frame).map_err(Error::Decode)
        } else {
            refusal(decoder, frame)
        });
    }

    fn failed(&self, error: Error) {
        self.complete(Err(error));
    }
}

/// A refusal stays one, however odd its body is.
#[cold]
fn refusal<R>(decoder: &mut Decoder, frame: Frame<'_>) -> Result<R, Error> {
    let raw = |_| Pdu::Other(crate::codec::RawPdu::of_frame(frame));
    let response = decoder.decode(frame).unwrap_or_else(raw).into_owned();
    Err(Error::Refused { command_status: frame.header().command_status, response: Box::new(response) })
}
