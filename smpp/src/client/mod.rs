//! The ESME: connects to an SMSC, binds, sends messages and gets them.
//!
//! ```no_run
//! use smpp::client::Client;
//! use smpp::pdu::SubmitSm;
//! use smpp::value::CommandStatus;
//!
//! let client = Client::builder()
//!     .system_id("esme")
//!     .password("secret")
//!     .on_deliver_sm(|pdu| {
//!         println!("{} says {}", pdu.source_addr, pdu.short_message);
//!         CommandStatus::ESME_ROK
//!     })
//!     .connect("smsc.example.net:2775")?;
//! client.bind_transceiver()?;
//!
//! let submit = SubmitSm::default().with_destination_addr("4179123456").with_short_message("hello");
//! // One at a time,
//! println!("message_id {}", client.submit_sm(&submit)?.message_id);
//! // or as many as the window holds.
//! let pending = (0..100).map(|_| client.send(&submit)).collect::<Result<Vec<_>, _>>()?;
//! for response in pending {
//!     println!("message_id {}", response.wait()?.message_id);
//! }
//! client.unbind()?;
//! # Ok::<(), smpp::driver::Error>(())
//! ```
//!
//! # What a client does by itself
//!
//! | | unless set | |
//! |---|---|---|
//! | asks an idle SMSC for life, closes the link if there is none | after 30 s | [`timers`](ClientBuilder::timers) |
//! | gives up waiting for a response | after 10 s | [`timers`](ClientBuilder::timers), [`SendOptions`] |
//! | keeps requests in flight to a window | 10 | [`window`](ClientBuilder::window) |
//! | gives up waiting to send | after 60 s | [`send_timeout`](ClientBuilder::send_timeout) |
//! | answers enquire_link, unbind, and what it does not know | always | |
//! | binds again when the link is lost | no; with `start` yes | [`rebind`](ClientBuilder::rebind), [`start`](ClientBuilder::start) |
//! | pauses, and sends again what was throttled | no | [`retry`](ClientBuilder::retry) |
//! | keeps to a rate | no | [`rate`](ClientBuilder::rate) |

mod builder;
mod callbacks;
mod credentials;
mod event;
mod listener;
mod pool;
mod rebind;

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, Weak};
use std::time::{Duration, Instant};

pub use builder::ClientBuilder;
pub use event::ClientEvent;
pub use listener::{ListenError, Listener};
pub use pool::Pool;
pub use rebind::Rebind;

use crate::codec::Request;
use crate::driver::{Error, Link, Pending, Stats, Waiting, after};
use crate::pdu::*;
use crate::session::{BindKind, CloseReason, SendOptions, SessionState};
use crate::sync::Mutex;
use credentials::Credentials;
use rebind::{Connect, Supervisor};

/// A link of an ESME to an SMSC.
///
/// A cheap handle: clones are the same link, and any thread may use them at the same time. When the last one is dropped
/// the link is unbound and closed; that waits for the SMSC's answer, though not for longer than two seconds.
///
/// Any method may be called from a callback.
#[derive(Debug, Clone)]
pub struct Client {
    handle: Arc<Handle>,
}

/// A [`Client`] that does not keep the link up: what a callback should hold.
#[derive(Debug, Clone)]
pub struct WeakClient {
    handle: Weak<Handle>,
}

struct Handle {
    link: Arc<Link>,
    credentials: Credentials,
    unbind_timeout: Duration,
    rebind: Option<(Rebind, Connect)>,
    /// Held while binding, so that only one decides whether the link is to stay bound.
    binding: Mutex<()>,
    /// Until it is taken by whoever listens.
    listener: Mutex<Option<Listener>>,
}

/// How long the last handle waits for an orderly end.
const DROP_TIMEOUT: Duration = Duration::from_secs(2);

impl Client {
    /// The client whose callback this thread is in, if it is in one: that is how a callback gets at its client.
    ///
    /// ```
    /// # use smpp::{client::Client, pdu::SubmitSm, value::CommandStatus};
    /// let builder = Client::builder().on_deliver_sm(|pdu| {
    ///     let reply = SubmitSm::default().with_destination_addr(pdu.source_addr.clone()).with_short_message("thanks");
    ///     match Client::current().map(|client| client.submit_sm(&reply).map(drop)) {
    ///         Some(Ok(())) => CommandStatus::ESME_ROK,
    ///         _ => CommandStatus::ESME_RX_T_APPN,
    ///     }
    /// });
    /// ```
    pub fn current() -> Option<Self> {
        let handle = Link::current()?.owner()?.downcast().ok()?;
        Some(Self { handle })
    }

    /// What is to be known before connecting.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }

    /// Binds as transmitter: to send messages (section 4.1.1).
    ///
    /// # Errors
    /// [`Error::Refused`] with the status of the SMSC, such as ESME_RINVPASWD: the link stays up, not bound, and another
    /// bind may be tried. [`Error::Timeout`]: the link is closed, since the SMSC may take it to be bound.
    /// [`Error::Encode`], [`Error::State`], [`Error::Disconnected`].
    pub fn bind_transmitter(&self) -> Result<BindTransmitterResp<'static>, Error> {
        self.handle.bind(BindKind::Transmitter, &self.handle.credentials.transmitter())
    }

    /// Binds as receiver: to get messages (section 4.1.3).
    ///
    /// # Errors
    /// Those of [`bind_transmitter`](Self::bind_transmitter).
    pub fn bind_receiver(&self) -> Result<BindReceiverResp<'static>, Error> {
        self.handle.bind(BindKind::Receiver, &self.handle.credentials.receiver())
    }

    /// Binds as transceiver: to send and get messages (section 4.1.5).
    ///
    /// # Errors
    /// Those of [`bind_transmitter`](Self::bind_transmitter).
    pub fn bind_transceiver(&self) -> Result<BindTransceiverResp<'static>, Error> {
        self.handle.bind(BindKind::Transceiver, &self.handle.credentials.transceiver())
    }

    /// Submits a message (section 4.4) and waits for the response, with the message_id that the SMSC gave it.
    ///
    /// # Errors
    /// [`Error`]; [`Error::is_unknown_outcome`] tells whether the SMSC may have taken the message all the same.
    pub fn submit_sm(&self, pdu: &SubmitSm<'_>) -> Result<SubmitSmResp<'static>, Error> {
        self.request(pdu)
    }

    /// Submits a message to several destinations (section 4.5) and waits for the response.
    ///
    /// # Errors
    /// As [`submit_sm`](Self::submit_sm). Destinations that failed stand in the response, which may have status 0.
    pub fn submit_multi(&self, pdu: &SubmitMulti<'_>) -> Result<SubmitMultiResp<'static>, Error> {
        self.request(pdu)
    }

    /// Sends data (section 4.7) and waits for the response.
    ///
    /// # Errors
    /// As [`submit_sm`](Self::submit_sm). The response in [`Error::Refused`] tells the reason in its TLVs.
    pub fn data_sm(&self, pdu: &DataSm<'_>) -> Result<DataSmResp<'static>, Error> {
        self.request(pdu)
    }

    /// Asks for the state of a message (section 4.8) and waits for the response.
    ///
    /// # Errors
    /// [`Error`].
    pub fn query_sm(&self, pdu: &QuerySm<'_>) -> Result<QuerySmResp<'static>, Error> {
        self.request(pdu)
    }

    /// Cancels messages (section 4.9) and waits for the response.
    ///
    /// # Errors
    /// [`Error`].
    pub fn cancel_sm(&self, pdu: &CancelSm<'_>) -> Result<CancelSmResp<'static>, Error> {
        self.request(pdu)
    }

    /// Replaces a message (section 4.10) and waits for the response.
    ///
    /// # Errors
    /// [`Error`].
    pub fn replace_sm(&self, pdu: &ReplaceSm<'_>) -> Result<ReplaceSmResp<'static>, Error> {
        self.request(pdu)
    }

    /// Asks the SMSC for a sign of life (section 4.11) and waits for it. Takes no room in the window.
    ///
    /// # Errors
    /// [`Error`].
    pub fn enquire_link(&self) -> Result<EnquireLinkResp<'static>, Error> {
        self.request(&EnquireLink::default())
    }

    /// Sends any request, a vendor's too, and waits for its response.
    ///
    /// # Errors
    /// As [`submit_sm`](Self::submit_sm).
    pub fn request<P: Request<Response: Send>>(&self, pdu: &P) -> Result<P::Response, Error> {
        self.send(pdu)?.wait()
    }

    /// Sends any request, without waiting for its response. Blocks only while the window is full, while requests are held
    /// back ([`rate`](ClientBuilder::rate), [`retry`](ClientBuilder::retry)), and while the link is being bound again.
    ///
    /// # Errors
    /// [`Error::Encode`], [`Error::State`], [`Error::PeerTakesNoTlvs`], [`Error::Disconnected`], or [`Error::NotSent`] after
    /// [`send_timeout`](ClientBuilder::send_timeout): nothing was sent.
    pub fn send<P: Request<Response: Send>>(&self, pdu: &P) -> Result<Pending<P::Response>, Error> {
        self.send_with(pdu, SendOptions::default())
    }

    /// The same with a sequence number or a timeout of its own.
    ///
    /// # Errors
    /// Those of [`send`](Self::send), and [`Error::SequenceInUse`].
    pub fn send_with<P: Request<Response: Send>>(
        &self,
        pdu: &P,
        options: SendOptions,
    ) -> Result<Pending<P::Response>, Error> {
        self.handle.link.send(pdu, options, Waiting::Allowed)
    }

    /// Sends any request and never blocks.
    ///
    /// # Errors
    /// Those of [`send`](Self::send), [`Error::WindowFull`] and [`Error::Paused`].
    pub fn try_send<P: Request<Response: Send>>(&self, pdu: &P) -> Result<Pending<P::Response>, Error> {
        self.handle.link.send(pdu, SendOptions::default(), Waiting::Refused)
    }

    /// Unbinds (section 4.2) and waits until the link is closed, and up to a second for callbacks that are under way. Requests
    /// that are not answered by the time the SMSC answers the unbind fail; so, in a callback, does the request that it was
    /// called for. A client that is not bound is just disconnected,
    /// and one that was unbound by either side stays so.
    ///
    /// # Errors
    /// [`Error::Disconnected`] if the link ended in another way, for instance because the SMSC did not answer within the
    /// response timer. It is closed in any case.
    pub fn unbind(&self) -> Result<(), Error> {
        self.handle.link.unbind_within(self.handle.unbind_timeout)
    }

    /// Takes no more requests, waits until those in flight are answered and those that the SMSC has sent before, too, and
    /// unbinds: all within `timeout`, of which a tenth is kept for the unbind. What the SMSC sends meanwhile is answered
    /// ESME_RX_T_APPN, try again later. Returns how many requests were still unanswered at the end: those of this side have failed
    /// with [`Error::Disconnected`], those of the SMSC are never answered, so that it sends them again.
    ///
    /// In a callback it does not wait for the SMSC's requests, nor does it if the client is
    /// [caller-driven](ClientBuilder::caller_driven) and nobody listens.
    ///
    /// # Errors
    /// Those of [`unbind`](Self::unbind). The link is closed in any case.
    pub fn drain(&self, timeout: Duration) -> Result<usize, Error> {
        let deadline = after(timeout);
        let unanswered = self.handle.link.drain(after(timeout - timeout / 10));
        self.handle.link.unbind_within(deadline.saturating_duration_since(Instant::now()))?;
        Ok(unanswered)
    }

    /// Closes the link at once, without unbind. Requests in flight fail with [`Error::Disconnected`].
    pub fn disconnect(&self) {
        self.handle.link.disconnect();
    }

    /// The state of the session.
    pub fn state(&self) -> SessionState {
        self.handle.link.state()
    }

    /// How the client is or was bound.
    pub fn bound_as(&self) -> Option<BindKind> {
        self.handle.link.bound_as()
    }

    /// Why the link ended, once it has.
    pub fn close_reason(&self) -> Option<CloseReason> {
        self.handle.link.close_reason()
    }

    /// Waits until the client is bound, no longer than this; whether it is. No also if the link is over.
    pub fn wait_bound(&self, timeout: Duration) -> bool {
        self.handle.link.wait_bound(timeout)
    }

    /// Waits until the link has ended for good, no longer than this, and tells why.
    pub fn wait_closed(&self, timeout: Duration) -> Option<CloseReason> {
        self.handle.link.wait_ended(timeout)
    }

    /// Requests that wait for their responses.
    pub fn outstanding(&self) -> usize {
        self.handle.link.outstanding()
    }

    /// sc_interface_version of the SMSC, if it gave one when binding (section 5.3.2.25).
    pub fn peer_version(&self) -> Option<u8> {
        self.handle.link.peer_version()
    }

    /// The address of the SMSC, unless the transport has none.
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        self.handle.link.peer_addr()
    }

    /// What the client has done so far, in numbers.
    pub fn stats(&self) -> Stats {
        self.handle.link.stats()
    }

    /// What calls the callbacks on a thread of your own, if the client was built [so](ClientBuilder::caller_driven);
    /// there is one, and it is given once.
    pub fn listener(&self) -> Option<Listener> {
        self.handle.listener.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// A handle that does not keep the link up.
    pub fn downgrade(&self) -> WeakClient {
        WeakClient { handle: Arc::downgrade(&self.handle) }
    }
}

impl WeakClient {
    /// The client, if any handle of it is left.
    pub fn upgrade(&self) -> Option<Client> {
        self.handle.upgrade().map(|handle| Client { handle })
    }
}

impl Handle {
    /// Binds; and sees to it that the link stays bound, if it is to.
    fn bind<P: Request<Response: Send>>(&self, kind: BindKind, pdu: &P) -> Result<P::Response, Error> {
        let Some((rebind, _)) = &self.rebind else { return credentials::bind(&self.link, pdu) };
        let _binding = self.binding.lock().unwrap_or_else(PoisonError::into_inner);
        // Before the bind: the link may be lost as soon as it is bound.
        let is_new = self.link.keep(rebind.parks_senders());
        if !is_new && self.link.is_kept() {
            // The supervisor binds.
            return Err(Error::State { command: P::SPEC.name, state: self.link.state() });
        }
        let outcome = credentials::bind(&self.link, pdu);
        if is_new {
            match outcome {
                Ok(_) => self.supervise(kind, true)?,
                Err(_) => self.link.release(),
            }
        }
        outcome
    }

    /// Binds in the background, and keeps it so.
    fn keep_bound(&self, kind: BindKind) -> Result<(), Error> {
        if let Some((rebind, _)) = &self.rebind {
            self.link.keep(rebind.parks_senders());
        }
        self.supervise(kind, false)
    }

    fn supervise(&self, kind: BindKind, is_bound: bool) -> Result<(), Error> {
        let Some((rebind, connect)) = self.rebind.clone() else { return Ok(()) };
        let (link, credentials) = (Arc::clone(&self.link), self.credentials.clone());
        let supervisor = Supervisor { link, rebind, connect, credentials, kind };
        // Nobody else would bind again.
        self.link.spawn("rebind", move || supervisor.run(is_bound)).inspect_err(|_| self.link.disconnect()).map(drop)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let deadline = Instant::now() + DROP_TIMEOUT;
        if self.link.unbind().is_ok() || self.link.state() == SessionState::Unbinding {
            self.link.wait_ended(DROP_TIMEOUT.min(self.unbind_timeout));
            self.link.wait_dispatched(deadline.saturating_duration_since(Instant::now()));
        }
        self.link.disconnect();
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { link, credentials, rebind, .. } = self;
        f.debug_struct("Handle")
            .field("link", link)
            .field("credentials", credentials)
            .field("rebind", &rebind.as_ref().map(|(rebind, _)| rebind))
            .finish_non_exhaustive()
    }
}
