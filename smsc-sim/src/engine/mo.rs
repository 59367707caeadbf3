//! Messages from mobiles: to the ESME that serves their destination, in as many parts as they need.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use smpp::codec::COctetString;
use smpp::pdu::{DeliverSm, SubmitSm};
use smpp::sms::{Alphabet, Content, Profile, Segmentation, SplitError, Splitter};
use smpp::tlv;
use smpp::value::{CommandStatus, DataCoding, EsmClass, MessageState, Npi, RegisteredDelivery, Ton};

use super::message::data_of;
use super::parcels::{Load, Purpose};
use super::{Engine, lock};
use crate::SmscSim;
use crate::carrier::{Loopback, Via};
use crate::message_id::by_name;
use crate::receipt::ReceiptState;
use crate::rules::Hook;
use crate::rules::subject::About;
use crate::rules::verdict::{Respond, Verdict};
use crate::setting::SettingError;
use crate::store::Message;
use crate::tlv::ExtraTlv;

impl SmscSim {
    /// A message from a mobile to a number that an ESME serves, to be [sent](Mo::send). A text in the alphabet that
    /// needs the fewest parts, in deliver_sm, unless said.
    ///
    /// It goes to the ESME whose [address_range](smpp::server::BindRequest::address_range) names the destination, or else
    /// to one that can receive and has bound without a range; of several to the first by system_id. To all its sessions in
    /// turn, as receipts do. While nobody can receive it, it is held.
    ///
    /// ```
    /// use smpp::client::Client;
    /// use smpp::value::CommandStatus;
    /// use smsc_sim::SmscSim;
    ///
    /// let sim = SmscSim::builder().start()?;
    /// let client = Client::builder()
    ///     .on_deliver_sm(|pdu| match pdu.short_message.as_bytes() {
    ///         b"STOP" => CommandStatus::ESME_ROK,
    ///         _ => CommandStatus::ESME_RX_R_APPN,
    ///     })
    ///     .connect(sim.addr())?;
    /// client.bind_receiver()?;
    /// assert_eq!(sim.mo("447700900123", "12345", "STOP").send()?.command_status(), Some(CommandStatus::ESME_ROK));
    /// assert_eq!(sim.mo("447700900123", "12345", "WHAT").send()?.command_status(), Some(CommandStatus::ESME_RX_R_APPN));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn mo(&self, from: impl Into<String>, to: impl Into<String>, text: impl Into<String>) -> Mo {
        Mo::new(Arc::clone(&self.engine), from.into(), to.into(), MoContent::Text(text.into()))
    }

    /// The same with octets instead of a text, in a data_coding. They are cut where they are longer than one message.
    pub fn mo_octets(
        &self,
        from: impl Into<String>,
        to: impl Into<String>,
        data_coding: impl Into<DataCoding>,
        octets: impl Into<Vec<u8>>,
    ) -> Mo {
        let content = MoContent::Octets(data_coding.into(), octets.into());
        Mo::new(Arc::clone(&self.engine), from.into(), to.into(), content)
    }

    /// What became of the messages from mobiles, oldest first. As many are kept as
    /// [messages](crate::Builder::max_messages).
    pub fn mos(&self) -> Vec<MoReport> {
        lock(&self.engine.mos).all.values().cloned().collect()
    }
}

/// A message from a mobile that is to be sent; from [`SmscSim::mo`].
#[derive(Clone)]
#[must_use]
pub struct Mo {
    engine: Arc<Engine>,
    from: String,
    to: String,
    content: MoContent,
    alphabet: Option<Alphabet>,
    segmentation: Segmentation,
    parts: Option<Vec<u8>>,
    template: DeliverSm<'static>,
    via: Via,
    system_id: Option<String>,
    waits_for_receiver: bool,
    timeout: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum MoContent {
    Text(String),
    Octets(DataCoding, Vec<u8>),
}

impl Mo {
    pub(super) fn new(engine: Arc<Engine>, from: String, to: String, content: MoContent) -> Self {
        let (source_ton, source_npi, source) = numbered(&from);
        let (dest_ton, dest_npi, destination) = numbered(&to);
        let template = DeliverSm::default()
            .with_source_addr_ton(source_ton)
            .with_source_addr_npi(source_npi)
            .with_source_addr(source)
            .with_dest_addr_ton(dest_ton)
            .with_dest_addr_npi(dest_npi)
            .with_destination_addr(destination);
        Self {
            engine,
            from,
            to,
            content,
            alphabet: None,
            segmentation: Segmentation::default(),
            parts: None,
            template,
            via: Via::default(),
            system_id: None,
            waits_for_receiver: true,
            timeout: TIMEOUT,
        }
    }

    /// In this alphabet. A text with letters that it does not have goes as UCS-2.
    pub fn encoding(mut self, encoding: MoEncoding) -> Self {
        self.alphabet = encoding.alphabet();
        self
    }

    /// What is longer than one message goes in this way: with 8-bit references in the user data header unless said.
    pub fn split(mut self, segmentation: Segmentation) -> Self {
        self.segmentation = segmentation;
        self
    }

    /// Only these parts, in this order, counted from 1: `[2, 1]` sends the second first, `[2]` never sends the first.
    pub fn parts(mut self, parts: impl Into<Vec<u8>>) -> Self {
        self.parts = Some(parts.into());
        self
    }

    /// Another type of number and numbering plan of the sender. Unless said, that of digits with `+` in front is
    /// international, of other digits unknown, and of anything else alphanumeric.
    pub fn from_type(mut self, ton: impl Into<Ton>, npi: impl Into<Npi>) -> Self {
        self.template = self.template.with_source_addr_ton(ton).with_source_addr_npi(npi);
        self
    }

    /// The same of the destination.
    pub fn to_type(mut self, ton: impl Into<Ton>, npi: impl Into<Npi>) -> Self {
        self.template = self.template.with_dest_addr_ton(ton).with_dest_addr_npi(npi);
        self
    }

    /// Whether a header begins the text (UDHI) is set by how it is split; the other bits are as said here.
    pub fn esm_class(mut self, esm_class: impl Into<EsmClass>) -> Self {
        self.template = self.template.with_esm_class(esm_class);
        self
    }

    /// The acknowledgements that the mobile wants from the ESME (bits 3 and 2, section 5.2.17): the ESME submits them with
    /// esm_class 0x08 or 0x10, and they are [messages](SmscSim::messages) as all others.
    pub fn registered_delivery(mut self, registered_delivery: impl Into<RegisteredDelivery>) -> Self {
        self.template = self.template.with_registered_delivery(registered_delivery);
        self
    }

    /// What GSM calls TP-PID.
    pub fn protocol_id(mut self, protocol_id: u8) -> Self {
        self.template = self.template.with_protocol_id(protocol_id);
        self
    }

    /// Its service_type (section 5.2.11), up to 5 characters.
    pub fn service_type(mut self, service_type: impl Into<String>) -> Self {
        self.template = self.template.with_service_type(service_type.into());
        self
    }

    /// One more TLV in every part.
    pub fn tlv(mut self, tlv: ExtraTlv) -> Self {
        self.template.tlvs.push_raw(tlv.tag, &tlv.value);
        self
    }

    /// In data_sm instead of deliver_sm.
    pub fn via(mut self, via: Via) -> Self {
        self.via = via;
        self
    }

    /// To this ESME, whatever numbers it serves.
    pub fn to_system_id(mut self, system_id: impl Into<String>) -> Self {
        self.system_id = Some(system_id.into());
        self
    }

    /// Whether it is held until somebody can receive it, as it is unless said; or else fails with
    /// [`MoError::NoReceiver`].
    pub fn waits_for_receiver(mut self, waits: bool) -> Self {
        self.waits_for_receiver = waits;
        self
    }

    /// How long [`send`](Self::send) waits, by the clock of the machine: 30 s unless said.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sends it, and waits for what the ESME says to each of its parts. What it refuses for the moment is tried again, as
    /// receipts are; with a [manual clock](crate::Clock::manual) another thread has to move it on.
    ///
    /// # Errors
    /// [`MoError`]. After [`MoError::Unanswered`] it is still on its way, and [`SmscSim::mos`] tells what becomes of it.
    pub fn send(self) -> Result<MoReport, MoError> {
        let timeout = self.timeout;
        self.start()?.wait(timeout)
    }

    /// Sends it without waiting.
    ///
    /// # Errors
    /// [`MoError`], but not [`MoError::Unanswered`].
    pub fn start(self) -> Result<MoSent, MoError> {
        let engine = Arc::clone(&self.engine);
        let key = engine.post_mo(self)?;
        Ok(MoSent { engine, key })
    }
}

impl fmt::Debug for Mo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to, content, .. } = self;
        f.debug_struct("Mo").field("from", from).field("to", to).field("content", content).finish_non_exhaustive()
    }
}

/// A message from a mobile that is on its way; from [`Mo::start`].
#[derive(Clone)]
pub struct MoSent {
    engine: Arc<Engine>,
    /// Which of all since the start it is.
    key: u64,
}

impl MoSent {
    /// What has become of it so far; `None` if it is not kept any more.
    pub fn report(&self) -> Option<MoReport> {
        lock(&self.engine.mos).all.get(&self.key).cloned()
    }

    /// Waits until the ESME has answered all of its parts, or they are given up, no longer than this, by the clock of the
    /// machine.
    ///
    /// # Errors
    /// [`MoError::Unanswered`] if some part is still on its way, [`MoError::Forgotten`] if so many others came that it is
    /// not kept any more.
    pub fn wait(&self, timeout: Duration) -> Result<MoReport, MoError> {
        let begin = Instant::now();
        let mut mos = lock(&self.engine.mos);
        loop {
            let Some(report) = mos.all.get(&self.key) else { return Err(MoError::Forgotten) };
            if report.is_done() {
                return Ok(report.clone());
            }
            let Some(left) = timeout.checked_sub(begin.elapsed()).filter(|left| !left.is_zero()) else {
                return Err(MoError::Unanswered(Box::new(report.clone())));
            };
            mos = self.engine.mo_changed.wait_timeout(mos, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl fmt::Debug for MoSent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MoSent").field("report", &self.report()).finish_non_exhaustive()
    }
}

/// What became of a message from a mobile.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MoReport {
    /// Which it is: they are numbered from 1.
    pub id: u64,
    /// The ESME that it goes to; `None` as long as it waits for one that can receive.
    pub system_id: Option<String>,
    /// Where it comes from.
    pub from: String,
    /// Where it goes to.
    pub to: String,
    /// When it was sent.
    pub sent: SystemTime,
    /// The PDUs that it is made of, in the order in which they were sent.
    pub parts: Vec<MoPart>,
}

/// A PDU of a message from a mobile, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MoPart {
    /// Which part it is, from 1.
    pub number: u8,
    /// How many the message was cut into.
    pub total: u8,
    /// What was sent, or is to be; if it goes as data_sm, what a deliver_sm would have been.
    pub pdu: DeliverSm<'static>,
    /// What became of it.
    pub state: ReceiptState,
    /// How often the ESME refused or did not answer it.
    pub refusals: u32,
}

impl MoPart {
    /// What the ESME said; `None` if it has not, or never will.
    pub fn command_status(&self) -> Option<CommandStatus> {
        match self.state {
            ReceiptState::Delivered => Some(CommandStatus::ESME_ROK),
            ReceiptState::Refused(status) => Some(status),
            _ => None,
        }
    }

    fn is_done(&self) -> bool {
        matches!(self.state, ReceiptState::Delivered | ReceiptState::Refused(_) | ReceiptState::Lost)
    }
}

impl MoReport {
    /// ESME_ROK if the ESME has taken every part; the first other status if it has refused one; `None` if some part was
    /// not answered.
    pub fn command_status(&self) -> Option<CommandStatus> {
        let statuses = || self.parts.iter().map(MoPart::command_status);
        let refusal = statuses().flatten().find(|status| *status != CommandStatus::ESME_ROK);
        refusal.or_else(|| statuses().all(|status| status.is_some()).then_some(CommandStatus::ESME_ROK))
    }

    /// Whether every part was answered or given up.
    pub fn is_done(&self) -> bool {
        self.parts.iter().all(MoPart::is_done)
    }
}

/// Why a message from a mobile was not sent, or not answered.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum MoError {
    /// The text cannot be encoded or cut as asked.
    Split(SplitError),
    /// It has so many parts, and this is none of them.
    NoSuchPart {
        /// The part that was asked for.
        part: u8,
        /// How many there are.
        total: u8,
    },
    /// Not a single part was to be sent.
    NoParts,
    /// An address or another field is longer than deliver_sm can hold.
    Encode(smpp::EncodeError),
    /// Nobody is bound who could receive it.
    NoReceiver,
    /// The time is over, and not all was answered: this is how far it has come.
    Unanswered(Box<MoReport>),
    /// So many others came that it is not kept any more.
    Forgotten,
}

impl fmt::Display for MoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Split(error) => error.fmt(f),
            Self::NoSuchPart { part, total: 1 } => write!(f, "the message has one part, there is no part {part}"),
            Self::NoSuchPart { part, total } => write!(f, "the message has {total} parts, there is no part {part}"),
            Self::NoParts => f.write_str("no part of the message is to be sent"),
            Self::Encode(error) => error.fmt(f),
            Self::NoReceiver => f.write_str("nobody is bound who could receive the message"),
            Self::Unanswered(report) => {
                let left = report.parts.iter().filter(|part| !part.is_done()).count();
                write!(f, "{left} of {} parts were not answered in time", report.parts.len())?;
                if report.system_id.is_none() {
                    f.write_str(": nobody is bound who could receive them")
                } else {
                    Ok(())
                }
            }
            Self::Forgotten => f.write_str("the message is not kept any more"),
        }
    }
}

impl std::error::Error for MoError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Split(error) => Some(error),
            Self::Encode(error) => Some(error),
            _ => None,
        }
    }
}

/// The alphabet of a message from a mobile.
///
/// On the command line: `auto`, `gsm7`, `ascii`, `latin1`, `ucs2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
#[non_exhaustive]
pub enum MoEncoding {
    /// Whichever needs the fewest parts.
    #[default]
    Auto,
    /// The GSM alphabet, one septet an octet.
    Gsm7,
    /// ASCII.
    Ascii,
    /// Latin 1.
    Latin1,
    /// UCS-2.
    Ucs2,
}

by_name!(MoEncoding, "encoding",
    "auto" => Auto, "gsm7" => Gsm7, "ascii" => Ascii, "latin1" => Latin1, "ucs2" => Ucs2);

impl MoEncoding {
    fn alphabet(self) -> Option<Alphabet> {
        match self {
            Self::Auto => None,
            Self::Gsm7 => Some(Alphabet::GSM7),
            Self::Ascii => Some(Alphabet::Ascii),
            Self::Latin1 => Some(Alphabet::Latin1),
            Self::Ucs2 => Some(Alphabet::Ucs2),
        }
    }
}

/// How a message from a mobile is cut, by its name on the command line: `udh8`, `udh16`, `sar`, `payload`.
///
/// # Errors
/// [`SettingError`] if it is none of these.
pub fn segmentation(text: &str) -> Result<Segmentation, SettingError> {
    match text {
        "udh8" => Ok(Segmentation::Udh8),
        "udh16" => Ok(Segmentation::Udh16),
        "sar" => Ok(Segmentation::Sar),
        "payload" => Ok(Segmentation::MessagePayload),
        _ => Err(SettingError::unknown("way to split", text, &["udh8", "udh16", "sar", "payload"])),
    }
}

/// An address as people write it, with the type and plan that it looks like.
pub(super) fn numbered(text: &str) -> (Ton, Npi, String) {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
    match text.strip_prefix('+') {
        Some(digits) if is_number(digits) => (Ton::INTERNATIONAL, Npi::ISDN, digits.to_owned()),
        _ if is_number(text) || text.is_empty() => (Ton::UNKNOWN, Npi::UNKNOWN, text.to_owned()),
        _ => (Ton::ALPHANUMERIC, Npi::UNKNOWN, text.to_owned()),
    }
}

/// The messages from mobiles, up to a limit, and those of them that wait for an ESME.
pub(super) struct Mos {
    all: BTreeMap<u64, MoReport>,
    unrouted: BTreeMap<u64, Via>,
    next: u64,
    /// Ids are counted from here.
    base: u64,
    max: usize,
}

impl Mos {
    pub(super) fn new(max: usize) -> Self {
        Self { all: BTreeMap::new(), unrouted: BTreeMap::new(), next: 1, base: 0, max: max.max(1) }
    }

    /// The key and the id of the next one.
    fn number(&mut self) -> (u64, u64) {
        let key = self.next;
        self.next += 1;
        (key, key - self.base)
    }

    /// Keeps one. The oldest goes if there are too many.
    fn add(&mut self, key: u64, report: MoReport) {
        self.all.insert(key, report);
        if self.all.len() > self.max
            && let Some((gone, _)) = self.all.pop_first()
        {
            self.unrouted.remove(&gone);
        }
    }

    /// A part is in another state. Returns whether that is news.
    pub(super) fn set(&mut self, id: u64, place: usize, state: ReceiptState, refusals: u32) -> bool {
        let Some(part) = self.all.get_mut(&id).and_then(|report| report.parts.get_mut(place)) else { return false };
        (part.state, part.refusals) = (state, refusals);
        true
    }

    /// Parts that are on their way.
    pub(super) fn waiting(&self) -> usize {
        self.all.values().flat_map(|report| &report.parts).filter(|part| !part.is_done()).count()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &MoReport> {
        self.all.values()
    }

    /// Forgets all. Those that are waited for are found forgotten.
    pub(super) fn clear(&mut self) {
        self.all.clear();
        self.unrouted.clear();
    }

    /// Counts from 1 again.
    pub(super) fn start_over(&mut self) {
        self.clear();
        self.base = self.next - 1;
    }
}

impl Engine {
    /// Sends a message from a mobile, or holds it until there is somebody to send it to. Returns its key.
    fn post_mo(&self, mo: Mo) -> Result<u64, MoError> {
        let to = (mo.template.dest_addr_ton, mo.template.dest_addr_npi, mo.template.destination_addr.clone());
        let mut peers = lock(&self.peers);
        let system_id = match &mo.system_id {
            Some(system_id) if mo.waits_for_receiver || peers.receiver(system_id).is_some() => Some(system_id.clone()),
            Some(_) => None,
            None => peers.route(to.0, to.1, to.2.as_bytes()).map(str::to_owned),
        };
        drop(peers);
        if system_id.is_none() && !mo.waits_for_receiver {
            return Err(MoError::NoReceiver);
        }
        // The reference of the parts is the id: so the same run has the same octets.
        let (key, id) = lock(&self.mos).number();
        let parts = mo.pdus(id as u16)?;
        let sent = self.now();
        let Mo { from, to, via, .. } = mo;
        let routed_to = system_id.clone();
        let mut mos = lock(&self.mos);
        mos.add(key, MoReport { id, system_id, from, to, sent, parts });
        let loads = mos.loads(key, via);
        if routed_to.is_none() {
            mos.unrouted.insert(key, via);
        }
        drop(mos);
        match routed_to {
            Some(system_id) => self.post_parts(&system_id, key, loads),
            // Somebody may have bound meanwhile.
            None => self.route_again(),
        }
        Ok(key)
    }

    fn post_parts(&self, system_id: &str, id: u64, loads: Vec<Load>) {
        for (place, load) in loads.into_iter().enumerate() {
            self.post_part(system_id, load, Purpose::Mo(id, place));
        }
        self.flush_later(system_id);
    }

    /// A part, as rules will have it.
    fn post_part(&self, system_id: &str, load: Load, purpose: Purpose) {
        let verdict = match &load {
            Load::Deliver(pdu) => self.decide_outbound(Hook::Mo, system_id, About::Deliver(pdu), None),
            Load::Data(pdu) => self.decide_outbound(Hook::Mo, system_id, About::Data(pdu), None),
            Load::Alert(_) => Verdict::default(),
        };
        if verdict.respond != Respond::Yes {
            return self.is_dropped(purpose);
        }
        for _ in &verdict.mangle {
            self.post_as_ruled(system_id, load.clone(), Purpose::Notice, verdict.delay, None);
        }
        self.post_as_ruled(system_id, load, purpose, verdict.delay, verdict.close);
    }

    /// Looks for somebody to take what waits for somebody: one more can receive.
    pub(super) fn route_again(&self) {
        let mut mos = lock(&self.mos);
        if mos.unrouted.is_empty() {
            return;
        }
        let peers = lock(&self.peers);
        let mut routed = Vec::new();
        for (&id, &via) in &mos.unrouted {
            let Some(pdu) = mos.all.get(&id).and_then(|report| report.parts.first()).map(|part| &part.pdu) else {
                continue;
            };
            if let Some(to) = peers.route(pdu.dest_addr_ton, pdu.dest_addr_npi, pdu.destination_addr.as_bytes()) {
                routed.push((id, via, to.to_owned()));
            }
        }
        drop(peers);
        let mut posted = Vec::with_capacity(routed.len());
        for (id, via, system_id) in routed {
            mos.unrouted.remove(&id);
            if let Some(report) = mos.all.get_mut(&id) {
                report.system_id = Some(system_id.clone());
            }
            posted.push((system_id, id, mos.loads(id, via)));
        }
        drop(mos);
        for (system_id, id, loads) in posted {
            self.post_parts(&system_id, id, loads);
        }
    }
}

/// A message that mobiles send again and again: see [`Builder::mo_every`](crate::Builder::mo_every).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PeriodicMo {
    pub(crate) every: Duration,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) text: String,
}

impl Engine {
    /// Sends what is to be sent again and again for the first time, when it is time.
    pub(super) fn begin_mos(&self) {
        for (place, periodic) in self.config.periodic_mos.iter().enumerate() {
            self.later(periodic.every.max(SHORTEST), move |engine| engine.send_again(place, 1));
        }
    }

    /// Sends it, and again when it is time. While nobody can receive it, nothing is sent.
    fn send_again(&self, place: usize, seq: u64) {
        let Some((periodic, engine)) = self.config.periodic_mos.get(place).zip(self.this.upgrade()) else { return };
        let PeriodicMo { every, from, to, text } = periodic.clone();
        let text = text.replace("{{seq}}", &seq.to_string());
        // A text that cannot be sent is not sent the next time either; the others are.
        let _ = Mo::new(engine, from, to, MoContent::Text(text)).waits_for_receiver(false).start();
        self.later(every.max(SHORTEST), move |engine| engine.send_again(place, seq + 1));
    }

    /// What a mobile does with a message that it has got.
    pub(super) fn loop_back(&self, message: &Message) {
        if message.state != MessageState::DELIVERED {
            return;
        }
        match self.config.loopback {
            Loopback::Off => {}
            Loopback::Echo => self.echo(&message.system_id, &message.pdu),
            Loopback::Route => {
                let pdu = &message.pdu;
                let (ton, npi, addr) = (pdu.dest_addr_ton, pdu.dest_addr_npi, pdu.destination_addr.as_bytes());
                let to = lock(&self.peers).named_route(ton, npi, addr).map(str::to_owned);
                if let Some(to) = to {
                    self.post_copy(&to, delivered(pdu));
                }
            }
        }
    }

    /// A mobile sends back what it has got.
    pub(super) fn echo(&self, system_id: &str, pdu: &SubmitSm<'static>) {
        let copy = delivered(pdu);
        let reply = DeliverSm {
            source_addr_ton: copy.dest_addr_ton,
            source_addr_npi: copy.dest_addr_npi,
            source_addr: copy.destination_addr,
            dest_addr_ton: copy.source_addr_ton,
            dest_addr_npi: copy.source_addr_npi,
            destination_addr: copy.source_addr,
            ..copy
        };
        self.post_copy(system_id, reply);
    }

    fn post_copy(&self, system_id: &str, pdu: DeliverSm<'static>) {
        let text = |addr: &COctetString<'_>| addr.to_str_lossy().into_owned();
        let (from, to) = (text(&pdu.source_addr), text(&pdu.destination_addr));
        let parts = vec![MoPart { number: 1, total: 1, pdu, state: ReceiptState::Held, refusals: 0 }];
        let (sent, system_id) = (self.now(), system_id.to_owned());
        let mut mos = lock(&self.mos);
        let (key, id) = mos.number();
        mos.add(key, MoReport { id, system_id: Some(system_id.clone()), from, to, sent, parts });
        let loads = mos.loads(key, Via::DeliverSm);
        drop(mos);
        self.post_parts(&system_id, key, loads);
    }
}

/// The deliver_sm that brings what was submitted, to the ESME that it is for.
fn delivered(pdu: &SubmitSm<'static>) -> DeliverSm<'static> {
    let mut copy = DeliverSm::default()
        .with_service_type(pdu.service_type.clone())
        .with_source_addr_ton(pdu.source_addr_ton)
        .with_source_addr_npi(pdu.source_addr_npi)
        .with_source_addr(pdu.source_addr.clone())
        .with_dest_addr_ton(pdu.dest_addr_ton)
        .with_dest_addr_npi(pdu.dest_addr_npi)
        .with_destination_addr(pdu.destination_addr.clone())
        .with_esm_class(EsmClass::default().with_gsm_features(pdu.esm_class.gsm_features()))
        .with_protocol_id(pdu.protocol_id)
        .with_data_coding(pdu.data_coding)
        .with_short_message(pdu.short_message.clone());
    for tlv in pdu.tlvs.iter().filter(|tlv| CARRIED.contains(&tlv.tag)) {
        copy.tlvs.push_raw(tlv.tag, tlv.value);
    }
    copy
}

/// The TLVs that belong to a message and not to its way: both submit_sm and deliver_sm have them.
const CARRIED: [u16; 9] = [
    tlv::MESSAGE_PAYLOAD.tag,
    tlv::SAR_MSG_REF_NUM.tag,
    tlv::SAR_TOTAL_SEGMENTS.tag,
    tlv::SAR_SEGMENT_SEQNUM.tag,
    tlv::SOURCE_PORT.tag,
    tlv::DESTINATION_PORT.tag,
    tlv::USER_MESSAGE_REFERENCE.tag,
    tlv::PAYLOAD_TYPE.tag,
    tlv::LANGUAGE_INDICATOR.tag,
];

impl Mos {
    fn loads(&self, id: u64, via: Via) -> Vec<Load> {
        let parts = self.all.get(&id).map(|report| &report.parts).into_iter().flatten();
        parts
            .map(|part| match via {
                Via::DeliverSm => Load::from(part.pdu.clone()),
                Via::DataSm => Load::from(data_of(part.pdu.clone())),
            })
            .collect()
    }
}

impl Mo {
    fn pdus(&self, reference: u16) -> Result<Vec<MoPart>, MoError> {
        let mut splitter = Splitter::new(Profile::default()).with_segmentation(self.segmentation);
        if let Some(alphabet) = self.alphabet {
            splitter = splitter.with_alphabet(alphabet);
        }
        let content = match &self.content {
            MoContent::Text(text) => Content::Text(text),
            MoContent::Octets(data_coding, octets) => Content::Octets { data_coding: *data_coding, octets },
        };
        let split = splitter.split(content, reference).map_err(MoError::Split)?;
        let pdus = split.deliver_sm(&self.template).map_err(MoError::Split)?;
        let total = u8::try_from(pdus.len()).unwrap_or(u8::MAX);
        let order = self.parts.clone().unwrap_or_else(|| (1..=total).collect());
        if order.is_empty() {
            return Err(MoError::NoParts);
        }
        let part = |number: u8| {
            let pdu = number.checked_sub(1).and_then(|place| pdus.get(usize::from(place)));
            let pdu = pdu.ok_or(MoError::NoSuchPart { part: number, total })?.clone().into_owned();
            smpp::codec::Encode::to_octets(&pdu, 1).map_err(MoError::Encode)?;
            Ok(MoPart { number, total, pdu, state: ReceiptState::Held, refusals: 0 })
        };
        order.into_iter().map(part).collect()
    }
}

/// What is sent again and again waits so long at least.
const SHORTEST: Duration = Duration::from_millis(1);

/// How long sending waits unless said.
const TIMEOUT: Duration = Duration::from_secs(30);
