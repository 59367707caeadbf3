//! What goes into a bind.

use std::fmt;

use crate::codec::{Encode, Request};
use crate::driver::{Error, Link, Waiting};
use crate::pdu::{BindReceiver, BindTransceiver, BindTransmitter};
use crate::protocol::value::{InterfaceVersion, Npi, Ton};
use crate::session::{BindKind, CloseReason, SendOptions};

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

/// The three binds are types of their own with the same fields (section 4.1).
macro_rules! bind_pdu {
    ($method:ident, $pdu:ident) => {
        pub(super) fn $method(&self) -> $pdu<'_> {
            $pdu::default()
                .with_system_id(&self.system_id)
                .with_password(&self.password)
                .with_system_type(&self.system_type)
                .with_interface_version(self.interface_version)
                .with_addr_ton(self.addr_ton)
                .with_addr_npi(self.addr_npi)
                .with_address_range(&self.address_range)
        }
    };
}

impl Credentials {
    bind_pdu!(transmitter, BindTransmitter);
    bind_pdu!(receiver, BindReceiver);
    bind_pdu!(transceiver, BindTransceiver);

    /// Whether such a bind can be made.
    pub(super) fn check(&self, kind: BindKind) -> Result<(), Error> {
        let octets = match kind {
            BindKind::Transmitter => self.transmitter().to_octets(1),
            BindKind::Receiver => self.receiver().to_octets(1),
            BindKind::Transceiver => self.transceiver().to_octets(1),
        };
        octets.map(drop).map_err(Error::Encode)
    }

    /// Binds, and waits for the response.
    pub(super) fn bind(&self, link: &Link, kind: BindKind) -> Result<(), Error> {
        match kind {
            BindKind::Transmitter => bind(link, &self.transmitter()).map(drop),
            BindKind::Receiver => bind(link, &self.receiver()).map(drop),
            BindKind::Transceiver => bind(link, &self.transceiver()).map(drop),
        }
    }
}

/// Sends a bind and waits for the response. If none comes the session is closed: the SMSC may take it to be bound.
pub(super) fn bind<P: Request<Response: Send>>(link: &Link, pdu: &P) -> Result<P::Response, Error> {
    let outcome = link.send(pdu, SendOptions::default(), Waiting::Refused)?.wait();
    if matches!(outcome, Err(Error::Timeout { .. })) {
        link.close(CloseReason::Requested);
    }
    outcome
}

/// Without the password.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("system_id", &self.system_id).finish_non_exhaustive()
    }
}
