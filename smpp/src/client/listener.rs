//! Callbacks on a thread of the user's own.

use std::fmt;
use std::time::{Duration, Instant};

use crate::codec::Header;
use crate::driver::{Dispatcher, Error, Handled, Notice};
use crate::error::DecodeError;
use crate::protocol::value::CommandStatus;
use crate::session::{CloseReason, Stray};

/// Calls the callbacks of a client on the thread that calls it, in place of the client's own thread for that; from
/// [`Client::listener`](super::Client::listener), if the client was built
/// [`caller_driven`](super::ClientBuilder::caller_driven).
///
/// It listens and nothing else: requests may be sent, and their responses awaited, by any thread at any time, by the one
/// that listens as well as when none does. What comes in for the application waits until it is listened to; when there
/// is more than [`LinkConfig::inbox`](crate::driver::LinkConfig::inbox), further requests are answered ESME_RMSGQFUL. Once
/// the listener is dropped, they are answered ESME_RX_T_APPN.
///
/// ```no_run
/// use smpp::client::{Client, ListenError};
/// use smpp::value::CommandStatus;
///
/// let client = Client::builder()
///     .system_id("alice")
///     .password("secret")
///     .caller_driven()
///     .on_deliver_sm(|pdu| {
///         println!("{} says {}", pdu.source_addr, pdu.short_message);
///         CommandStatus::ESME_ROK
///     })
///     .connect("127.0.0.1:2775")?;
/// let mut listener = client.listener().expect("nobody has taken it");
/// client.bind_receiver()?;
/// loop {
///     match listener.read_one_pdu() {
///         Ok(Some(header)) => println!("{:?} handled", header.command_id),
///         Ok(None) => break, // unbound
///         Err(ListenError::Disconnected(reason)) => panic!("network error: {reason}"),
///         Err(error) => println!("faulty PDU: {error}"),
///     }
/// }
/// # Ok::<(), smpp::driver::Error>(())
/// ```
pub struct Listener {
    /// There until the listener is dropped.
    dispatcher: Option<Dispatcher>,
    /// How the link ended.
    end: Option<CloseReason>,
}

/// What a [`Listener`] has come upon that is no PDU handled in good order.
///
/// `Debug` shows no octets that were not decoded: there may be a password among them.
#[non_exhaustive]
pub enum ListenError {
    /// A PDU that could not be decoded. If it was a request, it was answered negatively. Listening may go on.
    Undecodable {
        /// The whole PDU.
        octets: Vec<u8>,
        /// What is wrong with it.
        error: DecodeError,
    },
    /// A request that was answered negatively without asking: unknown, or wrong in this state. Listening may go on.
    Refused {
        /// Its header.
        header: Header,
        /// What it was answered.
        status: CommandStatus,
    },
    /// A PDU that concerns nothing, such as a late response. Listening may go on.
    Stray {
        /// Its header.
        header: Header,
        /// The whole PDU, as in [`ClientEvent::Stray`](super::ClientEvent::Stray).
        octets: Vec<u8>,
        /// Why.
        stray: Stray,
    },
    /// A callback panicked; a request was answered ESME_RSYSERR. Listening may go on.
    CallbackPanicked {
        /// The header of the PDU that it was given, if it was given one.
        header: Option<Header>,
    },
    /// An attempt to bind again has failed; another is made. Listening may go on.
    RebindFailed(std::sync::Arc<Error>),
    /// The link has ended, other than by unbind.
    Disconnected(CloseReason),
}

impl Listener {
    pub(super) fn new(dispatcher: Dispatcher) -> Self {
        Self { dispatcher: Some(dispatcher), end: None }
    }

    /// Listens until the link has ended. What goes wrong with single PDUs is logged, and sent to the channel for events if
    /// there is one.
    ///
    /// # Errors
    /// [`ListenError::Disconnected`] if the link ended otherwise than by an unbind of either side.
    pub fn listen(&mut self) -> Result<(), ListenError> {
        loop {
            match self.read_one_pdu() {
                Ok(Some(_)) => {}
                Ok(None) => return Ok(()),
                Err(error @ ListenError::Disconnected(_)) => return Err(error),
                Err(error) => tracing::debug!(%error, "while listening"),
            }
        }
    }

    /// Waits for one PDU, has it handled by its callback, and tells which it was. `None` once the link has ended by an
    /// unbind of either side.
    ///
    /// Responses are no such PDUs: they go to whoever waits for them. Callbacks that look at PDUs
    /// ([`observe`](super::ClientBuilder::observe)), and those that take the outcome of a request
    /// ([`Pending::then`](crate::driver::Pending::then)), are called here while the next PDU is awaited.
    ///
    /// # Errors
    /// [`ListenError`]; unless it is [`ListenError::Disconnected`], listening may go on.
    pub fn read_one_pdu(&mut self) -> Result<Option<Header>, ListenError> {
        loop {
            if let Some(outcome) = self.step(None) {
                return outcome;
            }
        }
    }

    /// The same for no longer than this: `Some(None)` is the end of the link, `None` that no PDU came in time.
    ///
    /// # Errors
    /// Those of [`read_one_pdu`](Self::read_one_pdu).
    pub fn read_one_pdu_timeout(&mut self, timeout: Duration) -> Option<Result<Option<Header>, ListenError>> {
        let deadline = Instant::now().checked_add(timeout);
        loop {
            if let Some(outcome) = self.step(deadline) {
                return Some(outcome);
            }
            if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                return None;
            }
        }
    }

    /// How the link ended, once it has.
    pub fn close_reason(&self) -> Option<CloseReason> {
        self.end
    }

    /// Does one thing; `None` if it is nothing to tell of.
    fn step(&mut self, deadline: Option<Instant>) -> Option<Result<Option<Header>, ListenError>> {
        if let Some(reason) = self.end {
            return Some(ended(reason));
        }
        let dispatcher = self.dispatcher.as_mut()?;
        dispatcher.attend();
        Some(match dispatcher.step(deadline)? {
            Handled::Pdu(header) => Ok(Some(header)),
            Handled::Undecodable(octets, error) => Err(ListenError::Undecodable { octets, error }),
            Handled::Panicked(header) => Err(ListenError::CallbackPanicked { header }),
            Handled::Other => return None,
            Handled::Notice(notice) => match notice {
                Notice::Refused { header, status } => Err(ListenError::Refused { header, status }),
                Notice::Stray { header, octets, stray } => {
                    Err(ListenError::Stray { header, octets: octets.to_vec(), stray })
                }
                Notice::RebindFailed(error) => Err(ListenError::RebindFailed(error)),
                Notice::Closed(reason) => {
                    self.end = Some(reason);
                    ended(reason)
                }
                Notice::StateChanged { .. } | Notice::Throttled { .. } | Notice::Lost(_) | Notice::Rebind { .. } => {
                    return None;
                }
            },
        })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // Outcomes may be awaited by callbacks, which must not fall to the threads that read and write.
        if let Some(dispatcher) = self.dispatcher.take().filter(|_| self.end.is_none()) {
            dispatcher.go_on_refusing();
        }
    }
}

fn ended(reason: CloseReason) -> Result<Option<Header>, ListenError> {
    match reason {
        CloseReason::Unbound | CloseReason::PeerUnbound => Ok(None),
        reason => Err(ListenError::Disconnected(reason)),
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").field("end", &self.end).finish_non_exhaustive()
    }
}

impl fmt::Debug for ListenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Undecodable { octets, error } => {
                f.debug_struct("Undecodable").field("octets", &octets.len()).field("error", error).finish()
            }
            Self::Refused { header, status } => {
                f.debug_struct("Refused").field("header", header).field("status", status).finish()
            }
            Self::Stray { header, octets, stray } => {
                let mut f = f.debug_struct("Stray");
                f.field("header", header).field("octets", &octets.len()).field("stray", stray).finish()
            }
            Self::CallbackPanicked { header } => f.debug_struct("CallbackPanicked").field("header", header).finish(),
            Self::RebindFailed(error) => f.debug_tuple("RebindFailed").field(error).finish(),
            Self::Disconnected(reason) => f.debug_tuple("Disconnected").field(reason).finish(),
        }
    }
}

impl fmt::Display for ListenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Undecodable { error, .. } => write!(f, "a PDU could not be decoded: {error}"),
            Self::Refused { header, status } => write!(f, "{:?} was refused with {status:?}", header.command_id),
            Self::Stray { header, stray, .. } => write!(f, "{:?} concerns nothing: {stray:?}", header.command_id),
            Self::CallbackPanicked { header: Some(header) } => {
                write!(f, "the callback for {:?} panicked", header.command_id)
            }
            Self::CallbackPanicked { header: None } => f.write_str("a callback panicked"),
            Self::RebindFailed(error) => write!(f, "binding again failed: {error}"),
            Self::Disconnected(reason) => write!(f, "the link has ended: {reason}"),
        }
    }
}

impl std::error::Error for ListenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Undecodable { error, .. } => Some(error),
            Self::RebindFailed(error) => Some(&**error),
            _ => None,
        }
    }
}
