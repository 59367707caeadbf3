//! One session of a server.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crate::codec::Request;
use crate::driver::{Error, FOR_EVER, Link, Pending, Stats, Waiting};
use crate::pdu::{
    AlertNotification, DataSm, DataSmResp, DeliverSm, DeliverSmResp, EnquireLink, EnquireLinkResp, Outbind,
};
use crate::session::{BindKind, CloseReason, SendOptions, SessionState};

/// A session of an ESME with this server.
///
/// A cheap handle: clones are the same session, and any thread may use them, callbacks included. Holding one does not keep
/// the session up, dropping it does not end it.
#[derive(Debug, Clone)]
pub struct SessionHandle {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    id: u64,
    link: Arc<Link>,
    system_id: OnceLock<String>,
}

impl SessionHandle {
    pub(super) fn new(id: u64, link: Arc<Link>) -> Self {
        Self { inner: Arc::new(Inner { id, link, system_id: OnceLock::new() }) }
    }

    /// The first bind that is let in gives the session its name.
    pub(super) fn set_system_id(&self, system_id: String) {
        let _ = self.inner.system_id.set(system_id);
    }

    pub(super) fn link(&self) -> &Link {
        &self.inner.link
    }

    /// A number of its own among the sessions of all servers of this process.
    pub fn id(&self) -> u64 {
        self.inner.id
    }

    /// The address of the ESME, unless the transport has none.
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        self.link().peer_addr()
    }

    /// The system_id of the ESME, once [`Handler::bind`](super::Handler::bind) has let it in.
    pub fn system_id(&self) -> Option<&str> {
        self.inner.system_id.get().map(String::as_str).filter(|_| self.bound_as().is_some())
    }

    /// How the session is or was bound.
    pub fn bound_as(&self) -> Option<BindKind> {
        self.link().bound_as()
    }

    /// interface_version of the ESME's bind.
    pub fn peer_version(&self) -> Option<u8> {
        self.link().peer_version()
    }

    /// The state of the session.
    pub fn state(&self) -> SessionState {
        self.link().state()
    }

    /// Why the session is over, once it is.
    pub fn close_reason(&self) -> Option<CloseReason> {
        self.link().close_reason()
    }

    /// Requests that wait for their responses.
    pub fn outstanding(&self) -> usize {
        self.link().outstanding()
    }

    /// What the session has done so far, in numbers.
    pub fn stats(&self) -> Stats {
        self.link().stats()
    }

    /// Delivers a message or a receipt (section 4.6) and waits for the response.
    ///
    /// # Errors
    /// [`Error`]; [`Error::is_unknown_outcome`] tells whether the ESME may have got the message all the same.
    pub fn deliver_sm(&self, pdu: &DeliverSm<'_>) -> Result<DeliverSmResp<'static>, Error> {
        self.request(pdu)
    }

    /// Sends data (section 4.7) and waits for the response.
    ///
    /// # Errors
    /// [`Error`].
    pub fn data_sm(&self, pdu: &DataSm<'_>) -> Result<DataSmResp<'static>, Error> {
        self.request(pdu)
    }

    /// Asks the ESME for a sign of life (section 4.11) and waits for it. Takes no room in the window.
    ///
    /// # Errors
    /// [`Error`].
    pub fn enquire_link(&self) -> Result<EnquireLinkResp<'static>, Error> {
        self.request(&EnquireLink::default())
    }

    /// Tells the ESME that a mobile is there (section 4.12). There is no response.
    ///
    /// # Errors
    /// [`Error::Encode`], [`Error::State`], [`Error::Disconnected`].
    pub fn alert_notification(&self, pdu: &AlertNotification<'_>) -> Result<(), Error> {
        self.link().send_one_way(pdu).map(drop)
    }

    /// Asks the ESME to bind (section 4.1.7), on a connection that is not bound. There is no response but the bind.
    ///
    /// # Errors
    /// [`Error::Encode`], [`Error::State`], [`Error::Disconnected`].
    pub fn outbind(&self, pdu: &Outbind<'_>) -> Result<(), Error> {
        self.link().send_one_way(pdu).map(drop)
    }

    /// Sends any request, a vendor's too, and waits for its response.
    ///
    /// # Errors
    /// [`Error`].
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
        self.link().send(pdu, options, Waiting::Allowed)
    }

    /// Sends any request and never blocks.
    ///
    /// # Errors
    /// Those of [`send`](Self::send), and [`Error::WindowFull`].
    pub fn try_send<P: Request<Response: Send>>(&self, pdu: &P) -> Result<Pending<P::Response>, Error> {
        self.link().send(pdu, SendOptions::default(), Waiting::Refused)
    }

    /// Sends octets as they are, in one write with whatever else is queued: for simulators and tests. A session that is
    /// over drops them.
    pub fn send_raw(&self, octets: &[u8]) {
        self.link().send_raw(octets);
    }

    /// Sends unbind (section 4.2) and does not wait: [`wait_closed`](Self::wait_closed) does.
    ///
    /// # Errors
    /// [`Error::State`] if the session is not bound. [`Error::Disconnected`] if it is over.
    pub fn unbind(&self) -> Result<(), Error> {
        self.link().unbind()
    }

    /// Takes no more requests, waits until those in flight are answered and those that the ESME has sent before, too, and
    /// unbinds: all within `timeout`, of which a tenth is kept for the unbind. What the ESME sends meanwhile is answered
    /// ESME_RMSGQFUL and does not reach the handler. Returns how many requests were still unanswered at the end: those of
    /// this side have failed with [`Error::Disconnected`], those of the ESME are never answered.
    ///
    /// Called by the [`Handler`](super::Handler) of this very session, it does not wait for requests of the ESME.
    ///
    /// # Errors
    /// [`Error::Disconnected`] if the session ended in another way than by unbind, for instance because the ESME did not
    /// answer in time. It is over in any case. One that was not bound is just disconnected.
    pub fn drain(&self, timeout: Duration) -> Result<usize, Error> {
        let timeout = timeout.min(FOR_EVER);
        let deadline = Instant::now() + timeout;
        let unanswered = self.link().drain(deadline - timeout / 10);
        self.link().unbind_within(deadline.saturating_duration_since(Instant::now()))?;
        Ok(unanswered)
    }

    /// Closes the connection at once, without unbind. Requests in flight fail with [`Error::Disconnected`].
    pub fn disconnect(&self) {
        self.link().disconnect();
    }

    /// Waits until the session is over and its connection closed, no longer than this, and tells why.
    pub fn wait_closed(&self, timeout: Duration) -> Option<CloseReason> {
        self.link().wait_ended(timeout)
    }
}
