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

mod builder;
mod callbacks;
mod event;

use std::net::SocketAddr;
use std::sync::{Arc, Weak};
use std::time::Duration;

pub use builder::ClientBuilder;
pub use event::ClientEvent;

use crate::codec::Request;
use crate::driver::{Error, Link, Pending};
use crate::pdu::*;
use crate::session::{BindKind, CloseReason, SendOptions, SessionState};
use builder::Credentials;

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

#[derive(Debug)]
struct Handle {
    link: Arc<Link>,
    credentials: Credentials,
    unbind_timeout: Duration,
}

/// The three binds are types of their own with the same fields (section 4.1).
macro_rules! bind_pdu {
    ($pdu:ident, $credentials:expr) => {{
        let credentials = &$credentials;
        $pdu::default()
            .with_system_id(&credentials.system_id)
            .with_password(&credentials.password)
            .with_system_type(&credentials.system_type)
            .with_interface_version(credentials.interface_version)
            .with_addr_ton(credentials.addr_ton)
            .with_addr_npi(credentials.addr_npi)
            .with_address_range(&credentials.address_range)
    }};
}

/// How long the last handle waits for an orderly end.
const DROP_TIMEOUT: Duration = Duration::from_secs(2);

impl Client {
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
        self.bind(&bind_pdu!(BindTransmitter, self.handle.credentials))
    }

    /// Binds as receiver: to get messages (section 4.1.3).
    ///
    /// # Errors
    /// Those of [`bind_transmitter`](Self::bind_transmitter).
    pub fn bind_receiver(&self) -> Result<BindReceiverResp<'static>, Error> {
        self.bind(&bind_pdu!(BindReceiver, self.handle.credentials))
    }

    /// Binds as transceiver: to send and get messages (section 4.1.5).
    ///
    /// # Errors
    /// Those of [`bind_transmitter`](Self::bind_transmitter).
    pub fn bind_transceiver(&self) -> Result<BindTransceiverResp<'static>, Error> {
        self.bind(&bind_pdu!(BindTransceiver, self.handle.credentials))
    }

    fn bind<P: Request<Response: Send>>(&self, bind: &P) -> Result<P::Response, Error> {
        let outcome = self.request(bind);
        if matches!(outcome, Err(Error::Timeout { .. })) {
            self.disconnect();
        }
        outcome
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

    /// Sends any request, without waiting for its response. Blocks only while the window is full.
    ///
    /// # Errors
    /// [`Error::Encode`], [`Error::State`], [`Error::PeerTakesNoTlvs`], or [`Error::Disconnected`]: nothing was sent.
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
        self.handle.link.send(pdu, options, true)
    }

    /// Sends any request and never blocks.
    ///
    /// # Errors
    /// Those of [`send`](Self::send), and [`Error::WindowFull`].
    pub fn try_send<P: Request<Response: Send>>(&self, pdu: &P) -> Result<Pending<P::Response>, Error> {
        self.handle.link.send(pdu, SendOptions::default(), false)
    }

    /// Unbinds (section 4.2) and waits until the link is closed. Requests that are not answered by the time the SMSC
    /// answers the unbind fail. A client that is not bound is just disconnected.
    ///
    /// # Errors
    /// [`Error::Disconnected`] if the link ended in another way, for instance because the SMSC did not answer within the
    /// response timer. It is closed in any case.
    pub fn unbind(&self) -> Result<(), Error> {
        let link = &self.handle.link;
        match link.unbind() {
            Ok(()) => {}
            Err(Error::State { state: SessionState::Open | SessionState::Outbound, .. }) => {
                link.disconnect();
                return Ok(());
            }
            // Someone else is at it.
            Err(Error::State { .. }) => {}
            Err(error) => return Err(error),
        }
        let reason = link.wait_ended(self.handle.unbind_timeout).unwrap_or_else(|| {
            link.disconnect();
            CloseReason::UnbindTimeout
        });
        match reason {
            CloseReason::Unbound | CloseReason::PeerUnbound => Ok(()),
            reason => Err(Error::Disconnected { written: true, reason }),
        }
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

    /// Waits until the link has ended, no longer than this, and tells why.
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

impl Drop for Handle {
    fn drop(&mut self) {
        if self.link.unbind().is_ok() {
            self.link.wait_ended(DROP_TIMEOUT.min(self.unbind_timeout));
        }
        self.link.disconnect();
    }
}
