//! What the SMSC begins: outbind, and alert_notification.

use std::fmt;
use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use smpp::driver::Error;
use smpp::pdu::{AlertNotification, Outbind, SubmitSm};
use smpp::server::SessionHandle;
use smpp::session::BindKind;
use smpp::tlv;
use smpp::value::{MessageState, MsAvailabilityStatus};

use super::mo::numbered;
use super::parcels::Purpose;
use super::{Engine, lock};
use crate::SmscSim;
use crate::store::Message;

impl SmscSim {
    /// Connects to an ESME that listens, and asks it to bind (section 4.1.7): it binds on this connection, as a receiver or
    /// in any other way that its account allows, and gets what is held for it. `system_id` and `password` are those by which
    /// the ESME knows this SMSC.
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use smsc_sim::SmscSim;
    ///
    /// let sim = SmscSim::builder().start()?;
    /// let outbound = sim.outbind("127.0.0.1:2776", "smsc", "secret")?;
    /// outbound.wait_bound(Duration::from_secs(10))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`OutboundError::Connect`] if none of the addresses takes a connection within 10 s. [`OutboundError::Send`] if
    /// `system_id` or `password` is too long, the connection is closed at once, or the simulator is full or
    /// [down](Self::take_down).
    pub fn outbind(
        &self,
        addresses: impl ToSocketAddrs,
        system_id: &str,
        password: &str,
    ) -> Result<Outbound, OutboundError> {
        let stream = connect(addresses).map_err(OutboundError::Connect)?;
        let served = self.listeners.with_server(|server| server.serve(stream));
        let down = || Error::Io(io::Error::new(io::ErrorKind::NotConnected, "the simulator is down"));
        let session = served.unwrap_or_else(|| Err(down())).map_err(OutboundError::Send)?;
        let pdu = Outbind::default().with_system_id(system_id).with_password(password);
        if let Err(error) = session.outbind(&pdu) {
            session.disconnect();
            return Err(OutboundError::Send(error));
        }
        Ok(Outbound { engine: Arc::clone(&self.engine), session })
    }

    /// Tells an ESME that a mobile can be reached (section 4.12), whether it asked for that or not. There is no response; it
    /// is held while the ESME has no receiver.
    ///
    /// An ESME asks for it by the TLV set_dpf of a data_sm: if the message is not delivered, a flag is set, and as soon as
    /// another message to the same mobile is DELIVERED, whosever it is, the ESME is told by itself.
    ///
    /// # Errors
    /// [`OutboundError::Send`] if the number of the mobile is longer than 64 octets.
    pub fn alert_notification(&self, system_id: &str, mobile: &str) -> Result<(), OutboundError> {
        let (ton, npi, addr) = numbered(mobile);
        let pdu = AlertNotification::default()
            .with_source_addr_ton(ton)
            .with_source_addr_npi(npi)
            .with_source_addr(addr)
            .with_ms_availability_status(MsAvailabilityStatus::AVAILABLE);
        let octets = smpp::codec::Encode::to_octets(&pdu, 1);
        octets.map_err(|error| OutboundError::Send(Error::Encode(error)))?;
        self.engine.post(system_id, pdu, Purpose::Notice);
        self.engine.flush_later(system_id);
        Ok(())
    }
}

fn connect(addresses: impl ToSocketAddrs) -> io::Result<TcpStream> {
    let mut failed = io::Error::new(io::ErrorKind::InvalidInput, "there is no address to connect to");
    for address in addresses.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, CONNECT_TIMEOUT) {
            Ok(stream) => return Ok(stream),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

/// How long connecting to one address may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A connection that the simulator made; from [`SmscSim::outbind`]. Dropping this does not end it.
#[derive(Clone)]
pub struct Outbound {
    engine: Arc<Engine>,
    session: SessionHandle,
}

impl Outbound {
    /// The number of its session.
    pub fn session_id(&self) -> u64 {
        self.session.id()
    }

    /// Waits until the ESME has bound, no longer than this by the clock of the machine, and says how.
    ///
    /// # Errors
    /// [`OutboundError::NotBound`] if the time is over, or the session.
    pub fn wait_bound(&self, timeout: Duration) -> Result<BindKind, OutboundError> {
        let begin = Instant::now();
        let mut peers = lock(&self.engine.peers);
        loop {
            if let Some(kind) = self.session.bound_as() {
                return Ok(kind);
            }
            let left = timeout.checked_sub(begin.elapsed()).filter(|left| !left.is_zero());
            let Some(left) = left.filter(|_| self.session.close_reason().is_none()) else {
                return Err(OutboundError::NotBound);
            };
            peers = self.engine.bound.wait_timeout(peers, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl fmt::Debug for Outbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbound").field("session", &self.session).finish_non_exhaustive()
    }
}

/// Why an ESME was not reached.
#[derive(Debug)]
#[non_exhaustive]
pub enum OutboundError {
    /// It took no connection.
    Connect(io::Error),
    /// The PDU could not be sent.
    Send(Error),
    /// It did not bind, or not in time.
    NotBound,
}

impl fmt::Display for OutboundError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(error) => write!(f, "the ESME takes no connection: {error}"),
            Self::Send(error) => error.fmt(f),
            Self::NotBound => f.write_str("the ESME did not bind"),
        }
    }
}

impl std::error::Error for OutboundError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Connect(error) => Some(error),
            Self::Send(error) => Some(error),
            Self::NotBound => None,
        }
    }
}

impl Engine {
    /// A message has come to its end: a delivery pending flag is set for its mobile, or those that are set come down.
    pub(super) fn heed_flags(&self, message: &Message) {
        let pdu = &message.pdu;
        let mobile = pdu.destination_addr.as_bytes();
        match message.state {
            MessageState::DELIVERED => {
                let waiting = lock(&self.peers).take_flags(mobile);
                for system_id in waiting {
                    self.post(&system_id, alert(pdu), Purpose::Notice);
                    self.flush_later(&system_id);
                }
            }
            MessageState::UNDELIVERABLE | MessageState::EXPIRED
                if pdu.tlvs.find(tlv::SET_DPF.tag).is_some_and(|value| *value == [1]) =>
            {
                lock(&self.peers).set_flag(mobile, &message.system_id);
            }
            _ => {}
        }
    }
}

/// From the mobile that a message went to, for the ESME that it came from.
fn alert(pdu: &SubmitSm<'static>) -> AlertNotification<'static> {
    AlertNotification::default()
        .with_source_addr_ton(pdu.dest_addr_ton)
        .with_source_addr_npi(pdu.dest_addr_npi)
        .with_source_addr(pdu.destination_addr.clone())
        .with_ms_availability_status(MsAvailabilityStatus::AVAILABLE)
}
