//! What is to be known before connecting.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::Sender;

use super::callbacks::Callbacks;
use super::{Client, ClientEvent, Handle};
use crate::codec::{Leniency, Protocol};
use crate::driver::{Addresses, CONNECT_TIMEOUT, Connector, Error, Incoming, Link, LinkConfig, Reply, Transport};
use crate::pdu::{AlertNotification, DataSm, DataSmResp, DeliverSm, DeliverSmResp, Outbind};
use crate::protocol::Pdu;
use crate::protocol::value::{CommandStatus, InterfaceVersion, Npi, Ton};
use crate::session::{Role, SessionConfig, Timers};

/// What a [`Client`] is told before it connects; from [`Client::builder`].
pub struct ClientBuilder {
    credentials: Credentials,
    link: LinkConfig,
    connect_timeout: Duration,
    callbacks: Callbacks,
}

/// What goes into a bind.
#[derive(Clone)]
pub(super) struct Credentials {
    pub(super) system_id: String,
    pub(super) password: String,
    pub(super) system_type: String,
    pub(super) interface_version: InterfaceVersion,
    pub(super) addr_ton: Ton,
    pub(super) addr_npi: Npi,
    pub(super) address_range: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("system_id", &self.system_id).finish_non_exhaustive()
    }
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
            callbacks: Callbacks::default(),
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

    /// How long connecting may take in all, looking up host names included: 10 s unless set.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
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

    /// What the session is told, all of it: replaces what was said of window, timers and protocols.
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
    /// Callbacks run one after the other on a thread of their own. One that panics is answered ESME_RSYSERR.
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
        let connector = Connector::new(addresses).timeout(self.connect_timeout);
        self.over(connector.connect()?)
    }

    /// Uses a connection that is there already.
    ///
    /// # Errors
    /// [`Error::Io`] if the transport or a thread cannot be made ready.
    pub fn over(self, transport: impl Transport) -> Result<Client, Error> {
        let unbind_timeout = self.link.session.timers.response.unwrap_or(UNBIND_TIMEOUT) + self.link.write_timeout;
        let name = self.credentials.system_id.clone();
        let callbacks = self.callbacks;
        let link = Link::start(Role::Esme, self.link, Box::new(transport), &name, |_| Box::new(callbacks))?;
        Ok(Client { handle: Arc::new(Handle { link, credentials: self.credentials, unbind_timeout }) })
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
