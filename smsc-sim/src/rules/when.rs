//! What a rule is about.

use schemars::JsonSchema;
use serde_json::Value;
use smpp::session::BindKind;
use smpp::value::MessageState;

use super::keys::{Keys, Mistakes, Writing, Written, as_text, serde_as_written, whole};
use super::{Hook, Pattern, TextMatch};
use crate::setting::SettingError;
use crate::spec::Known;
use crate::tlv::tlv_tag;

/// What a rule is about: everything that is said here must be so. What is not said may be anything.
///
/// A condition on something that the PDU does not have, such as the text of an unbind, is never met.
#[derive(Debug, Clone, PartialEq, Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[non_exhaustive]
pub struct When {
    /// Where the rule takes hold: one hook or several.
    #[schemars(with = "OneOrMany<Hook>")]
    pub pdu: Vec<Hook>,
    /// At the hook `vendor`: the name of the command in the vendor's specification.
    #[schemars(with = "Option<Pattern>")]
    pub command: Option<Pattern>,
    /// Who the session is bound as, or wants to bind as.
    #[schemars(with = "Option<Pattern>")]
    pub system_id: Option<Pattern>,
    /// Which bind of its system_id the session is, from 1. At the hook `bind` it is the one that is asked for, whether
    /// those before were let in or not.
    pub bind: Option<u64>,
    /// How the session is or wants to be bound: `tx`, `rx` or `trx`, one or several.
    #[schemars(with = "Option<OneOrMany<String>>")]
    pub bound_as: Vec<BindKind>,
    /// The source address.
    pub source: Option<Pattern>,
    /// The destination address. Of a submit_multi, each of its destinations is asked for on its own.
    pub dest: Option<Pattern>,
    /// service_type (section 5.2.11).
    pub service_type: Option<Pattern>,
    /// The text, without its header, read by its data_coding; of a part, that part's alone.
    pub text: Option<TextMatch>,
    /// data_coding (section 5.2.19).
    pub data_coding: Option<u8>,
    /// esm_class (section 5.2.12).
    #[schemars(with = "Option<BitsSchema>")]
    pub esm_class: Option<Bits>,
    /// registered_delivery (section 5.2.17).
    #[schemars(with = "Option<BitsSchema>")]
    pub registered_delivery: Option<Bits>,
    /// TLVs, all of which must be so.
    #[schemars(with = "Option<OneOrMany<TlvMatch>>")]
    pub tlv: Vec<TlvMatch>,
    /// Which part of a longer message it is, from 1.
    pub part: Option<u8>,
    /// Of how many parts it is one.
    pub of: Option<u8>,
    /// Its place among the requests of the session, from 1: those that concern messages count, as for the
    /// [seed](crate::Builder::seed).
    #[schemars(with = "Option<String>")]
    pub pdu_index: Option<Places>,
    /// The state that a receipt tells of.
    #[schemars(with = "Option<String>")]
    pub state: Option<MessageState>,
}

/// Some bits of an octet, or all of them: `0x04`, or `0x04/0x3C` where only those of 0x3C count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bits {
    /// What they must be.
    pub value: u8,
    /// Which of them count.
    pub mask: u8,
}

impl Bits {
    /// Of an octet whose bits all count.
    pub fn all(value: u8) -> Self {
        Self { value, mask: 0xFF }
    }

    /// Of an octet of which only these bits count.
    pub fn masked(value: u8, mask: u8) -> Self {
        Self { value, mask }
    }

    /// Whether an octet is so.
    pub fn matches(self, octet: u8) -> bool {
        octet & self.mask == self.value & self.mask
    }
}

impl std::str::FromStr for Bits {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        let octet = |text: &str| {
            let number = whole(text.trim()).and_then(|number| u8::try_from(number).ok());
            number.ok_or_else(|| SettingError::new(format!("expected a number from 0 to 255, not `{text}`")))
        };
        match text.split_once('/') {
            Some((value, mask)) => Ok(Self { value: octet(value)?, mask: octet(mask)? }),
            None => Ok(Self::all(octet(text)?)),
        }
    }
}

impl std::fmt::Display for Bits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.mask {
            0xFF => write!(f, "{:#04x}", self.value),
            mask => write!(f, "{:#04x}/{mask:#04x}", self.value),
        }
    }
}

/// A place or a range of places, both ends included: `5`, `5..10`, `5..`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Places {
    /// The first.
    pub first: u64,
    /// The last; `None` if there is no end.
    pub last: Option<u64>,
}

impl Places {
    /// From the first to the last.
    pub fn range(first: u64, last: Option<u64>) -> Self {
        Self { first, last }
    }

    /// Whether a place is one of them.
    pub fn contains(self, place: u64) -> bool {
        place >= self.first && self.last.is_none_or(|last| place <= last)
    }
}

impl std::str::FromStr for Places {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        let place = |text: &str| {
            let digits = !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
            let number = text.parse().ok().filter(|_| digits);
            number.ok_or_else(|| SettingError::new(format!("expected a place such as 5, 5..10 or 5.., not `{text}`")))
        };
        let places = match text.split_once("..") {
            Some((first, "")) => Self { first: place(first)?, last: None },
            Some((first, last)) => Self { first: place(first)?, last: Some(place(last)?) },
            None => Self { first: place(text)?, last: Some(place(text)?) },
        };
        match places.last {
            Some(last) if last < places.first => {
                Err(SettingError::new(format!("in `{text}` the first place is the greater one")))
            }
            _ => Ok(places),
        }
    }
}

impl std::fmt::Display for Places {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.last {
            Some(last) if last == self.first => write!(f, "{last}"),
            Some(last) => write!(f, "{}..{last}", self.first),
            None => write!(f, "{}..", self.first),
        }
    }
}

/// A TLV that is there, or is not, or has a value: `{tag: 0x1403}`, `{name: user_message_reference, hex: "0007"}`,
/// `{tag: 0x1403, present: false}`.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[non_exhaustive]
pub struct TlvMatch {
    /// Its tag; in YAML its `name` may be given instead.
    #[schemars(with = "Option<u16>")]
    pub tag: u16,
    /// Its name in a vendor's specification, until that is looked up.
    name: Option<String>,
    /// Whether it must be there: it must, unless said.
    #[schemars(with = "Option<bool>")]
    pub present: bool,
    /// Its value in hexadecimal.
    #[schemars(rename = "hex", with = "Option<String>")]
    pub value: Option<Vec<u8>>,
}

impl TlvMatch {
    /// A TLV that must be there.
    pub fn present(tag: u16) -> Self {
        Self { tag, name: None, present: true, value: None }
    }

    /// A TLV that must not be there.
    pub fn absent(tag: u16) -> Self {
        Self { present: false, ..Self::present(tag) }
    }

    /// A TLV that must be there with this value.
    pub fn with_value(tag: u16, value: impl Into<Vec<u8>>) -> Self {
        Self { value: Some(value.into()), ..Self::present(tag) }
    }

    /// A TLV that must be there, by its name in the standard or in a [vendor's specification](crate::Builder::spec). A rule
    /// with a name that neither has cannot be added.
    ///
    /// ```
    /// use smpp::value::CommandStatus;
    /// use smsc_sim::rules::{Hook, TlvMatch, on};
    /// use smsc_sim::{SmscSim, VendorSpec};
    ///
    /// let acme = VendorSpec::parse("acme.yaml", "
    /// extends: smpp34
    /// tlvs:
    ///   acme_campaign: {tag: 0x1406, type: c_octet_string, max: 65, allowed_in: [submit_sm], doc: A campaign.}
    /// ")?;
    /// let sim = SmscSim::builder().spec(acme).start()?;
    /// let refuse = |name: &str| on(Hook::SubmitSm).tlv(TlvMatch::named(name)).reply(CommandStatus::ESME_RSYSERR);
    /// sim.add_rule(refuse("acme_campaign"))?;
    /// let error = sim.add_rule(refuse("acme_campain")).unwrap_err();
    /// assert!(error.to_string().ends_with("did you mean `acme_campaign`?"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..Self::present(0) }
    }

    /// Looks the name up.
    fn resolve(&mut self, known: Known) -> Result<(), SettingError> {
        if let Some(name) = &self.name {
            self.tag = tlv_tag(name, known)?;
            self.name = None;
        }
        Ok(())
    }

    pub(crate) fn matches(&self, value: Option<&[u8]>) -> bool {
        match (value, &self.value) {
            (None, _) => !self.present,
            (Some(value), Some(wanted)) => (value == &wanted[..]) == self.present,
            (Some(_), None) => self.present,
        }
    }
}

impl Written for TlvMatch {
    fn read(value: &Value) -> Result<Self, Mistakes> {
        let mut keys = Keys::of(value, "a TLV")?;
        let tag = keys.take::<u16>("tag");
        let name = keys.take::<String>("name");
        if tag.is_some() == name.is_some() {
            keys.note("", "exactly one of tag and name must be there");
        }
        let present = keys.take::<bool>("present").unwrap_or(true);
        let hex = keys.take::<Hex>("hex").map(|hex| hex.0);
        keys.done(|| Some(Self { tag: tag.unwrap_or_default(), name, present, value: hex }))
    }

    fn write(&self) -> Value {
        Writing::default()
            .put_unless(self.name.is_some(), "tag", &self.tag)
            .put("name", &self.name)
            .put_unless(self.present, "present", &self.present)
            .put("hex", &self.value.clone().map(Hex))
            .done()
    }
}

/// Octets in hexadecimal.
pub(crate) struct Hex(pub(crate) Vec<u8>);

impl Written for Hex {
    fn read(value: &Value) -> Result<Self, Mistakes> {
        let text = String::read(value)?;
        let octets = crate::decode::parse_hex(&text).map_err(|error| Mistakes::one(error.to_string()))?;
        Ok(Self(octets))
    }

    fn write(&self) -> Value {
        Value::String(self.0.iter().map(|octet| format!("{octet:02x}")).collect())
    }
}

/// A kind of bind as it is written: as for [`Account`](crate::Account).
struct Kind(BindKind);

impl Written for Kind {
    fn read(value: &Value) -> Result<Self, Mistakes> {
        Ok(Self(crate::account::kind(&String::read(value)?)?))
    }

    fn write(&self) -> Value {
        Value::String(kind_name(self.0).to_owned())
    }
}

pub(crate) fn kind_name(kind: BindKind) -> &'static str {
    match kind {
        BindKind::Transmitter => "tx",
        BindKind::Receiver => "rx",
        BindKind::Transceiver => "trx",
    }
}

impl When {
    /// Looks up what has a name that a vendor may have given.
    pub(super) fn resolve(&mut self, known: Known) -> Result<(), SettingError> {
        for (place, tlv) in self.tlv.iter_mut().enumerate() {
            tlv.resolve(known).map_err(|error| SettingError::new(format!("when.tlv[{place}].name: {error}")))?;
        }
        if let Some(command) = &self.command {
            let found = known.has_command(|name| command.matches(name), &command.to_string());
            found.map_err(|error| SettingError::new(format!("when.command: {error}")))?;
        }
        Ok(())
    }
}

impl Written for When {
    fn read(value: &Value) -> Result<Self, Mistakes> {
        let mut keys = Keys::of(value, "a condition")?;
        let pdu: Option<Vec<Hook>> = keys.need("pdu");
        if pdu.as_ref().is_some_and(Vec::is_empty) {
            keys.note("pdu", "at least one must be there");
        }
        let when = Self {
            pdu: pdu.unwrap_or_default(),
            command: keys.take("command"),
            system_id: keys.take("system_id"),
            bind: keys.take("bind"),
            bound_as: keys.take::<Vec<Kind>>("bound_as").unwrap_or_default().into_iter().map(|kind| kind.0).collect(),
            source: keys.take("source"),
            dest: keys.take("dest"),
            service_type: keys.take("service_type"),
            text: keys.take("text"),
            data_coding: keys.take("data_coding"),
            esm_class: keys.take("esm_class"),
            registered_delivery: keys.take("registered_delivery"),
            tlv: keys.take("tlv").unwrap_or_default(),
            part: keys.take("part"),
            of: keys.take("of"),
            pdu_index: keys.take("pdu_index"),
            state: keys.take("state"),
        };
        keys.done(|| Some(when))
    }

    fn write(&self) -> Value {
        Writing::default()
            .put("pdu", &self.pdu)
            .put("command", &self.command)
            .put("system_id", &self.system_id)
            .put("bind", &self.bind)
            .put("bound_as", &self.bound_as.iter().copied().map(Kind).collect::<Vec<_>>())
            .put("source", &self.source)
            .put("dest", &self.dest)
            .put("service_type", &self.service_type)
            .put("text", &self.text)
            .put("data_coding", &self.data_coding)
            .put("esm_class", &self.esm_class)
            .put("registered_delivery", &self.registered_delivery)
            .put("tlv", &self.tlv)
            .put("part", &self.part)
            .put("of", &self.of)
            .put("pdu_index", &self.pdu_index)
            .put("state", &self.state)
            .done()
    }
}

as_text!(Bits, Places);
serde_as_written!(When, Bits, Places, TlvMatch);

/// As a schema: one or a list.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[allow(dead_code, reason = "stands for what is read otherwise, in the schema alone")]
pub(crate) enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

/// As a schema: a number, or text with a mask.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[allow(dead_code, reason = "stands for what is read otherwise, in the schema alone")]
enum BitsSchema {
    Octet(u8),
    Text(String),
}
