//! Binds, of all three kinds alike.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

use super::{Handler, SessionHandle};
use crate::codec::{COctetString, Header, Tlvs};
use crate::driver::{Error, Responder};
use crate::pdu::{
    BindReceiver, BindReceiverResp, BindTransceiver, BindTransceiverResp, BindTransmitter, BindTransmitterResp,
};
use crate::protocol::tlv;
use crate::protocol::value::{CommandStatus, InterfaceVersion, Npi, Ton};
use crate::session::BindKind;

/// A bind_transmitter, bind_receiver or bind_transceiver (section 4.1).
pub struct BindRequest<'a> {
    /// Which of the three.
    pub kind: BindKind,
    /// Who wants to bind.
    pub system_id: COctetString<'a>,
    /// The secret that goes with it; may be empty.
    pub password: COctetString<'a>,
    /// Category of the ESME.
    pub system_type: COctetString<'a>,
    /// Version of SMPP that the ESME speaks.
    pub interface_version: InterfaceVersion,
    /// Type of number of the addresses served.
    pub addr_ton: Ton,
    /// Numbering plan of the addresses served.
    pub addr_npi: Npi,
    /// The addresses served.
    pub address_range: COctetString<'a>,
    /// TLVs; the standard has none here.
    pub tlvs: Tlvs<'a>,
    header: Header,
    responder: Cell<Option<BindResponder>>,
}

/// The duty to answer a bind, in a form that can be given to another thread.
///
/// Dropped without answering, it answers ESME_RSYSERR.
pub struct BindResponder {
    responder: Responder,
    kind: BindKind,
    system_id: String,
    identity: Identity,
    session: SessionHandle,
    handler: Arc<dyn Handler>,
}

/// What this SMSC says of itself.
#[derive(Debug, Clone)]
pub(super) struct Identity {
    pub(super) system_id: String,
    pub(super) version: Option<InterfaceVersion>,
}

macro_rules! of_pdu {
    ($name:ident, $pdu:ident, $kind:ident) => {
        pub(super) fn $name(header: Header, pdu: &$pdu<'a>) -> Self {
            let pdu = pdu.clone();
            Self {
                kind: BindKind::$kind,
                system_id: pdu.system_id,
                password: pdu.password.into(),
                system_type: pdu.system_type,
                interface_version: pdu.interface_version,
                addr_ton: pdu.addr_ton,
                addr_npi: pdu.addr_npi,
                address_range: pdu.address_range,
                tlvs: pdu.tlvs,
                header,
                responder: Cell::new(None),
            }
        }
    };
}

impl<'a> BindRequest<'a> {
    of_pdu!(transmitter, BindTransmitter, Transmitter);
    of_pdu!(receiver, BindReceiver, Receiver);
    of_pdu!(transceiver, BindTransceiver, Transceiver);

    pub(super) fn answered_by(&self, responder: BindResponder) {
        self.responder.set(Some(responder));
    }

    /// The header of the bind.
    pub fn header(&self) -> Header {
        self.header
    }

    /// Takes the answer over: it may then be given later, by any thread, and what [`Handler::bind`] returns does not
    /// count. `None` the second time.
    pub fn defer(&self) -> Option<BindResponder> {
        self.responder.take()
    }
}

/// Without the password.
impl fmt::Debug for BindRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, system_id, system_type, interface_version, .. } = self;
        f.debug_struct("BindRequest")
            .field("kind", kind)
            .field("system_id", system_id)
            .field("system_type", system_type)
            .field("interface_version", interface_version)
            .finish_non_exhaustive()
    }
}

impl BindResponder {
    pub(super) fn new(
        responder: Responder,
        request: &BindRequest<'_>,
        identity: Identity,
        session: SessionHandle,
        handler: Arc<dyn Handler>,
    ) -> Self {
        let system_id = request.system_id.to_str_lossy().into_owned();
        Self { responder, kind: request.kind, system_id, identity, session, handler }
    }

    /// Answers: ESME_ROK makes the session bound, with the system_id and sc_interface_version of this SMSC in the
    /// response; [`Handler::bound`] is then called by this thread.
    ///
    /// # Errors
    /// [`Error::Encode`] if the system_id of this SMSC is too long: the bind was answered ESME_RSYSERR.
    /// [`Error::Disconnected`]: there is nobody to answer.
    pub fn answer(self, status: CommandStatus) -> Result<(), Error> {
        if status == CommandStatus::ESME_ROK {
            self.session.set_system_id(self.system_id.clone());
        }
        let (session, kind) = (self.session.clone(), self.kind);
        let mut tlvs = Tlvs::default();
        if let Some(version) = self.identity.version {
            tlvs.set::<tlv::ScInterfaceVersion>(version);
        }
        let system_id = COctetString::from(&self.identity.system_id);
        match self.kind {
            BindKind::Transmitter => self.responder.respond(status, &BindTransmitterResp { system_id, tlvs }),
            BindKind::Receiver => self.responder.respond(status, &BindReceiverResp { system_id, tlvs }),
            BindKind::Transceiver => self.responder.respond(status, &BindTransceiverResp { system_id, tlvs }),
        }?;
        let (peer, system_id) = (session.peer_addr(), self.system_id);
        if status == CommandStatus::ESME_ROK {
            tracing::info!(parent: session.link().span(), ?kind, system_id, ?peer, "bound");
            self.handler.bound(&session);
        } else {
            tracing::warn!(parent: session.link().span(), ?kind, system_id, ?peer, ?status, "bind refused");
        }
        Ok(())
    }

    /// Leaves the bind without answer, as no sound SMSC does: for simulators. The session stays as it is.
    pub fn ignore(self) {
        self.responder.ignore();
    }
}

impl fmt::Debug for BindResponder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BindResponder").field("kind", &self.kind).finish_non_exhaustive()
    }
}
