//! The place where a request waits for its response.

use std::fmt;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use super::Error;
use crate::codec::{CommandId, DecodeOwned, Decoder, Frame};
use crate::protocol::{Pdu, value::CommandStatus};
use crate::sync::{Condvar, Mutex, MutexGuard, Sender};

/// How the driver ends a request, whatever the type of its response. What comes back is for [`Link::call`](super::Link).
pub(super) trait Complete: Send + Sync {
    /// By the response, or a generic_nack.
    fn answered(&self, decoder: &mut Decoder, frame: Frame<'_>) -> Option<Call>;

    /// Without.
    fn failed(&self, error: Error) -> Option<Call>;
}

/// User code that is due, with what it is to be given.
pub(super) type Call = Box<dyn FnOnce() + Send>;

/// A request on its way: its response, once there is one.
///
/// There is exactly one outcome. [`wait`](Self::wait) for it, ask whether it [is there](Self::is_ready), have a
/// [callback](Self::then) called with it, or take many as they come ([`Completed`](super::Completed)). Dropping it gives
/// up waiting, not the request.
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
    waiter: Waiter<R>,
}

/// Who is to be told of the outcome.
enum Waiter<R> {
    Nobody,
    /// Waking costs a system call, so it is done only for someone who sleeps.
    Asleep,
    Callback(Box<dyn FnOnce(Result<R, Error>) + Send>),
    /// A number for someone who waits for many.
    Channel(Sender<usize>, usize),
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
            state.waiter = Waiter::Asleep;
            state = self.slot.done.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits for the outcome no longer than this. If it is not there then, the request comes back: waiting may go on.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # use smpp::{client::Client, pdu::SubmitSm};
    /// # let client = Client::builder().connect("127.0.0.1:2775")?;
    /// let pending = client.send(&SubmitSm::default())?;
    /// match pending.wait_timeout(Duration::from_secs(1)) {
    ///     Ok(outcome) => println!("message_id {}", outcome?.message_id),
    ///     Err(pending) => println!("{} takes its time", pending.sequence_number()),
    /// }
    /// # Ok::<(), smpp::driver::Error>(())
    /// ```
    ///
    /// # Errors
    /// The request itself. The errors of the outcome are those of [`wait`](Self::wait).
    pub fn wait_timeout(self, timeout: Duration) -> Result<Result<R, Error>, Self> {
        let begin = Instant::now();
        let mut state = self.slot.lock();
        loop {
            if let Some(outcome) = state.outcome.take() {
                return Ok(outcome);
            }
            let Some(left) = timeout.checked_sub(begin.elapsed()) else { break };
            state.waiter = Waiter::Asleep;
            (state, _) = self.slot.done.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner);
        }
        drop(state);
        Err(self)
    }
}

impl<R: Send + 'static> Pending<R> {
    /// Has the callback called with the outcome, in place of waiting for it: by the thread that calls the callbacks of the
    /// link, in the order in which the outcomes come; at once and by this thread if the outcome is there already. Any
    /// call is allowed in it.
    pub fn then(self, callback: impl FnOnce(Result<R, Error>) + Send + 'static) {
        let mut state = self.slot.lock();
        match state.outcome.take() {
            None => state.waiter = Waiter::Callback(Box::new(callback)),
            Some(outcome) => {
                drop(state);
                callback(outcome);
            }
        }
    }

    /// Has the number sent when the outcome is there.
    pub(super) fn announce(&self, to: &Sender<usize>, number: usize) {
        let mut state = self.slot.lock();
        if state.outcome.is_some() {
            // Whoever waits holds the other end.
            let _ = to.send(number);
        } else {
            state.waiter = Waiter::Channel(to.clone(), number);
        }
    }
}

impl<R> Pending<R> {
    pub(super) fn take(&self) -> Option<Result<R, Error>> {
        self.slot.lock().outcome.take()
    }
}

impl<R> Slot<R> {
    pub(super) fn new() -> Self {
        let state = SlotState { outcome: None, waiter: Waiter::Nobody };
        Self { state: Mutex::new(state), done: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, SlotState<R>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<R: Send + 'static> Slot<R> {
    fn complete(&self, outcome: Result<R, Error>) -> Option<Call> {
        let mut state = self.lock();
        match std::mem::replace(&mut state.waiter, Waiter::Nobody) {
            Waiter::Nobody => state.outcome = Some(outcome),
            Waiter::Asleep => {
                state.outcome = Some(outcome);
                self.done.notify_all();
            }
            Waiter::Callback(callback) => return Some(Box::new(move || callback(outcome))),
            Waiter::Channel(to, number) => {
                state.outcome = Some(outcome);
                drop(state);
                // Nobody waits any more if the other end is gone.
                let _ = to.send(number);
            }
        }
        None
    }
}

impl<R: DecodeOwned + Send> Complete for Slot<R> {
    fn answered(&self, decoder: &mut Decoder, frame: Frame<'_>) -> Option<Call> {
        let header = frame.header();
        let is_nack = header.command_id == CommandId::GENERIC_NACK;
        self.complete(if header.command_status == CommandStatus::ESME_ROK && !is_nack {
            R::decode_owned(decoder, frame).map_err(Error::Decode)
        } else {
            refusal(decoder, frame)
        })
    }

    fn failed(&self, error: Error) -> Option<Call> {
        self.complete(Err(error))
    }
}

/// A refusal stays one, however odd its body is.
#[cold]
fn refusal<R>(decoder: &mut Decoder, frame: Frame<'_>) -> Result<R, Error> {
    let raw = |_| Pdu::Other(crate::codec::RawPdu::of_frame(frame));
    let response = decoder.decode(frame).unwrap_or_else(raw).into_owned();
    Err(Error::Refused { command_status: frame.header().command_status, response: Box::new(response) })
}

impl<R> fmt::Debug for Waiter<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nobody => "Nobody",
            Self::Asleep => "Asleep",
            Self::Callback(_) => "Callback",
            Self::Channel(..) => "Channel",
        })
    }
}
