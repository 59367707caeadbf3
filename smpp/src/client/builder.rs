//! What is to be known before connecting.

use std::fmt;
use std::io;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use crossbeam_channel::Sender;

use super::callbacks::{Callbacks, Observer};
use super::credentials::Credentials;
use super::rebind::Connect;
use super::{Client, ClientEvent, Handle, Listener, Rebind};
use crate::codec::{Command, DecodeOwned, Leniency, Protocol};
use crate::driver::{
    Addresses, CONNECT_TIMEOUT, Connector, Dispatcher, Error, Incoming, Link, LinkConfig, Observed, Reply,
    SequenceGenerator, Transport,
};
use crate::pdu::{AlertNotification, DataSm, DataSmResp, DeliverSm, DeliverSmResp, Outbind};
use crate::protocol::Pdu;
use crate::protocol::value::{CommandStatus, InterfaceVersion, Npi, Ton};
use crate::session::{BindKind, Direction, Rate, Retry, Role, SessionConfig, Timers};
use crate::sync::Mutex;
#[cfg(feature = "tls")]
use crate::tls::ClientTls;

/// What a [`Client`] is told before it connects; from [`Client::builder`].
#[must_use]
pub struct ClientBuilder {
    credentials: Credentials,
    link: LinkConfig,
    connect_timeout: Duration,
    #[cfg(feature = "tls")]
    tls: Option<ClientTls>,
    callbacks: Callbacks,
    sequence: Option<Box<dyn SequenceGenerator>>,
    rebind: Option<Rebind>,
    caller_driven: bool,
}

impl ClientBuilder {
    pub(super) fn new() -> Self {
        Self {
            credentials: Credentials {
                system_id: String::new(),
                password: String::new(),
                system_type: String::new(),
                interface_version: InterfaceVersion(0x34),
                addr_ton: Ton::default(),
                addr_npi: Npi::default(),
                address_range: String::new(),
            },
            link: LinkConfig::default(),
            connect_timeout: CONNECT_TIMEOUT,
            #[cfg(feature = "tls")]
            tls: None,
            callbacks: Callbacks::default(),
            sequence: None,
            rebind: None,
            caller_driven: false,
        }
    }

    /// system_id of the bind: who the ESME is, up to 15 characters (section 5.2.1). A longer one makes binding fail.
    pub fn system_id(mut self, system_id: impl Into<String>) -> Self {
        self.credentials.system_id = system_id.into();
        self
    }

    /// password of the bind: up to 8 characters, empty unless set (section 5.2.2). A longer one makes binding fail.
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.credentials.password = password.into();
        self
    }

    /// system_type of the bind: up to 12 characters, empty unless set (section 5.2.3).
    pub fn system_type(mut self, system_type: impl Into<String>) -> Self {
        self.credentials.system_type = system_type.into();
        self
    }

    /// interface_version of the bind: 0x34 unless set (section 5.2.4).
    pub fn interface_version(mut self, version: impl Into<InterfaceVersion>) -> Self {
        self.credentials.interface_version = version.into();
        self
    }

    /// addr_ton of the bind: type of number of the addresses served, unknown unless set (section 5.2.5).
    pub fn addr_ton(mut self, ton: impl Into<Ton>) -> Self {
        self.credentials.addr_ton = ton.into();
        self
    }

    /// addr_npi of the bind: numbering plan of the addresses served, unknown unless set (section 5.2.6).
    pub fn addr_npi(mut self, npi: impl Into<Npi>) -> Self {
        self.credentials.addr_npi = npi.into();
        self
    }

    /// address_range of the bind: the addresses served, up to 40 characters, empty unless set (section 5.2.7).
    pub fn address_range(mut self, range: impl Into<String>) -> Self {
        self.credentials.address_range = range.into();
        self
    }

    /// Requests that may be outstanding at a time: 10 unless set; 0 counts as 1.
    pub fn window(mut self, window: usize) -> Self {
        self.link.session = self.link.session.with_window(window);
        self
    }

    /// The timers; [`Timers::default`] unless set.
    pub fn timers(mut self, timers: Timers) -> Self {
        self.link.session.timers = timers;
        self
    }

    /// How long connecting may take in all, looking up host names and the handshake of TLS included: 10 s unless set.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Connects over TLS. A connection given to [`over`](Self::over) is taken as it is.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: ClientTls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// What is done about PDUs that deviate from the standard: [`Leniency::DEFAULT`] unless set.
    pub fn leniency(mut self, leniency: Leniency) -> Self {
        self.link.leniency = leniency;
        self
    }

    /// Vendor specifications to know besides the standard: `&[acme::PROTOCOL]`.
    pub fn protocols(mut self, protocols: &'static [&'static Protocol]) -> Self {
        self.link.session.protocols = protocols;
        self
    }

    /// How many messages a second may leave: no limit unless set. Requests that the window counts are counted, each part of
    /// a long message for itself.
    pub fn rate(mut self, rate: Rate) -> Self {
        self.link.session = self.link.session.with_rate(rate);
        self
    }

    /// What is done when the SMSC answers a request with this status, such as ESME_RTHROTTLED or ESME_RMSGQFUL: nothing
    /// more is sent for a while, then what was refused is sent again, in the order in which it was sent first, and
    /// before anything else. The caller gets the outcome of the last attempt. Nothing is repeated unless set.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # use smpp::{client::Client, session::Retry, value::CommandStatus};
    /// let client = Client::builder()
    ///     .retry(CommandStatus::ESME_RTHROTTLED, Retry::after(Duration::from_secs(1)).attempts(10))
    ///     .retry(CommandStatus::ESME_RMSGQFUL, Retry::after(Duration::from_secs(5)).attempts(3))
    ///     .connect("127.0.0.1:2775")?;
    /// # Ok::<(), smpp::driver::Error>(())
    /// ```
    pub fn retry(mut self, status: CommandStatus, retry: Retry) -> Self {
        self.link.session = self.link.session.with_retry(status, retry);
        self
    }

    /// How long sending may wait for room in the window, for the rate, or for a link that is being bound again: 60 s
    /// unless set, `None` for ever.
    pub fn send_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.link.send_timeout = timeout.into();
        self
    }

    /// PDUs of the SMSC that may wait for the callbacks: 2,000 unless set. Further requests are answered ESME_RMSGQFUL, so it
    /// should be more than the window of the SMSC.
    pub fn inbox(mut self, inbox: usize) -> Self {
        self.link.inbox = inbox;
        self
    }

    /// Where sequence numbers come from; 1, 2, 3, ... unless set. One that persists is
    /// [`FileSequence`](crate::driver::FileSequence). [`SendOptions::sequence_number`](crate::session::SendOptions) goes
    /// before it.
    pub fn sequence_generator(mut self, generator: impl SequenceGenerator + 'static) -> Self {
        self.sequence = Some(Box::new(generator));
        self
    }

    /// Binds again when the link is lost, once it has been bound: not unless set.
    pub fn rebind(mut self, rebind: Rebind) -> Self {
        self.rebind = Some(rebind);
        self
    }

    /// Callbacks are called by a thread of your own, through [`Client::listener`], in place of one that the client starts.
    pub fn caller_driven(mut self) -> Self {
        self.caller_driven = true;
        self
    }

    /// What the session is told, all of it: replaces what was said of window, timers, rate, retries and protocols.
    pub fn session(mut self, session: SessionConfig) -> Self {
        self.link.session = session;
        self
    }

    /// What the link is told, all of it: replaces what was said of session and leniency.
    pub fn link(mut self, link: LinkConfig) -> Self {
        self.link = link;
        self
    }

    /// Called with each deliver_sm: a message, or a receipt (section 4.6). What it returns is the status of the response.
    ///
    /// Callbacks run one after the other on a thread of their own; [`Client::current`] is the client there. One that panics is
    /// answered ESME_RSYSERR.
    pub fn on_deliver_sm<A: Into<Reply<DeliverSmResp<'static>>>>(
        mut self,
        callback: impl Fn(&Incoming<'_, DeliverSm<'_>>) -> A + Send + Sync + 'static,
    ) -> Self {
        self.callbacks.deliver_sm = Some(Box::new(move |pdu| callback(pdu).into()));
        self
    }

    /// Called with each data_sm (section 4.7). What it returns is the status of the response, or the response.
    pub fn on_data_sm<A: Into<Reply<DataSmResp<'static>>>>(
        mut self,
        callback: impl Fn(&Incoming<'_, DataSm<'_>>) -> A + Send + Sync + 'static,
    ) -> Self {
        self.callbacks.data_sm = Some(Box::new(move |pdu| callback(pdu).into()));
        self
    }

    /// Called with each alert_notification (section 4.12), which is never answered.
    pub fn on_alert_notification(
        mut self,
        callback: impl Fn(&Incoming<'_, AlertNotification<'_>>) + Send + Sync + 'static,
    ) -> Self {
        self.callbacks.alert_notification = Some(Box::new(callback));
        self
    }

    /// Called with each outbind (section 4.1.7), which is never answered; the client may bind then.
    pub fn on_outbind(mut self, callback: impl Fn(&Incoming<'_, Outbind<'_>>) + Send + Sync + 'static) -> Self {
        self.callbacks.outbind = Some(Box::new(callback));
        self
    }

    /// Called with each PDU for the application that has no callback of its own, a vendor's included. What it returns is
    /// the status of the response, if there is to be one. A response with a body can be given through
    /// [`Incoming::defer`].
    pub fn on_pdu(
        mut self,
        callback: impl Fn(&Incoming<'_, Pdu<'_>>) -> CommandStatus + Send + Sync + 'static,
    ) -> Self {
        self.callbacks.pdu = Some(Box::new(callback));
        self
    }

    /// Calls back with each PDU of one command that goes this way, whatever else becomes of it: responses, and what the client
    /// sends by itself, included. It is a look at it; the answer is up to the other callbacks, which come after it.
    ///
    /// What is sent is shown as it is handed to the transport, with its sequence number, and before anything that answers
    /// it. When there is more to show than the inbox of the link holds, the rest is not shown, but counted
    /// ([`Stats::unshown`](crate::driver::Stats::unshown)).
    ///
    /// ```
    /// # use smpp::{client::Client, session::Direction, pdu::{SubmitSm, SubmitSmResp}};
    /// let builder = Client::builder()
    ///     .observe::<SubmitSm<'_>>(Direction::Sent, |pdu| println!("to {}", pdu.destination_addr))
    ///     .observe::<SubmitSmResp<'_>>(Direction::Received, |pdu| println!("message_id {}", pdu.message_id));
    /// ```
    pub fn observe<P: Command + DecodeOwned>(
        mut self,
        direction: Direction,
        callback: impl Fn(&Observed<'_, P>) + Send + Sync + 'static,
    ) -> Self {
        self.callbacks.observers.push(Observer::of(direction, callback));
        self
    }

    /// The same with every PDU, both ways. One that cannot be decoded is shown raw.
    pub fn observe_all(mut self, callback: impl Fn(&Observed<'_, Pdu<'_>>) + Send + Sync + 'static) -> Self {
        self.callbacks.observers.push(Observer::of_all(callback));
        self
    }

    /// Where to send what happens: changes of state, odd PDUs, and the PDUs that no callback takes. Those are answered
    /// ESME_ROK once they are in the channel, and ESME_RMSGQFUL if it is full. The channel is disconnected after
    /// [`ClientEvent::Closed`].
    ///
    /// Without a callback and without a channel that someone holds the other end of, messages are answered ESME_RX_T_APPN: try again later.
    pub fn events(mut self, events: Sender<ClientEvent>) -> Self {
        self.callbacks.events = Some(events);
        self
    }

    /// Connects to the first address that can be connected to. The client is then to be bound.
    ///
    /// # Errors
    /// [`Error::Io`] as told by [`Connector::connect`]: an address is malformed, or none could be connected to in time.
    pub fn connect(self, addresses: impl Into<Addresses>) -> Result<Client, Error> {
        let connector = self.connector(addresses);
        self.connect_by(move || connector.connect())
    }

    /// Connects by calling this, now and whenever the link is to be bound again. The client is then to be bound.
    ///
    /// # Errors
    /// [`Error::Io`]: what was called failed, or the transport or a thread cannot be made ready.
    pub fn connect_by(
        self,
        connect: impl Fn() -> io::Result<Box<dyn Transport>> + Send + Sync + 'static,
    ) -> Result<Client, Error> {
        let transport = connect()?;
        self.build(Some(Arc::new(connect)), Some(transport))
    }

    /// Uses a connection that is there already.
    ///
    /// # Errors
    /// [`Error::Io`] if the transport or a thread cannot be made ready, or if the client is to bind again: it would not
    /// know how to connect.
    pub fn over(self, transport: impl Transport) -> Result<Client, Error> {
        if self.rebind.is_some() {
            let problem = "binding again takes connect, connect_by or start: a transport serves once";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, problem).into());
        }
        self.build(None, Some(Box::new(transport)))
    }

    /// Connects and binds in the background, and binds again whenever the link is lost; by [`Rebind::default`] unless
    /// [`rebind`](Self::rebind) says more. The client is there at once, whether the SMSC is or not; sending waits until
    /// it is bound. [`Client::wait_bound`] waits for that alone.
    ///
    /// What no attempt could do away with is told at once. A certificate that the SMSC has wrong may be another tomorrow, so
    /// that is tried again.
    ///
    /// # Errors
    /// [`Error::Io`]: an address is malformed, a file of certificates cannot be used, or a thread cannot be started.
    /// [`Error::Encode`]: the bind has a field outside its limits.
    pub fn start(mut self, kind: BindKind, addresses: impl Into<Addresses>) -> Result<Client, Error> {
        let connector = self.connector(addresses);
        connector.check()?;
        self.credentials.check(kind)?;
        #[cfg(feature = "tls")]
        if let Some(tls) = &self.tls {
            tls.check()?;
        }
        self.rebind.get_or_insert_default();
        let client = self.build(Some(Arc::new(move || connector.connect())), None)?;
        client.handle.keep_bound(kind)?;
        Ok(client)
    }

    fn connector(&self, addresses: impl Into<Addresses>) -> Connector {
        let connector = Connector::new(addresses).timeout(self.connect_timeout);
        #[cfg(feature = "tls")]
        if let Some(tls) = &self.tls {
            return connector.tls(tls.clone());
        }
        connector
    }

    fn build(self, connect: Option<Connect>, transport: Option<Box<dyn Transport>>) -> Result<Client, Error> {
        let unbind_timeout = self.link.session.timers.response.unwrap_or(UNBIND_TIMEOUT);
        let unbind_timeout = unbind_timeout.saturating_add(self.link.write_timeout);
        let (name, observes) = (&self.credentials.system_id, self.callbacks.observes());
        let link = Link::new(Role::Esme, self.link, name, observes, self.sequence);
        let rebind = self.rebind.zip(connect);
        let (credentials, listener) = (self.credentials, Mutex::new(None));
        let binding = Mutex::new(());
        let handle = Arc::new(Handle { link, credentials, unbind_timeout, rebind, binding, listener });
        let link = &handle.link;
        // Before there can be a callback that asks for its client.
        link.set_owner(Arc::<Handle>::downgrade(&handle));
        if let Some(transport) = transport {
            link.open(transport)?;
        }
        let callbacks = Box::new(self.callbacks);
        if self.caller_driven {
            let listener = Listener::new(Dispatcher::new(link, callbacks));
            *handle.listener.lock().unwrap_or_else(PoisonError::into_inner) = Some(listener);
        } else {
            link.spawn_dispatcher(callbacks)?;
        }
        Ok(Client { handle })
    }
}

/// How long an unbind is awaited if the response timer is off.
const UNBIND_TIMEOUT: Duration = Duration::from_secs(10);

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { credentials, link, .. } = self;
        f.debug_struct("ClientBuilder").field("credentials", credentials).field("link", link).finish_non_exhaustive()
    }
}
