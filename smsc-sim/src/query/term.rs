//! What a query says of a message, term by term.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use smpp::sms::{Concatenation, Profile};
use smpp::value::registered_delivery::SmscReceipt;
use smpp::value::{DataCoding, EsmClass, MessageState};

use crate::receipt::ReceiptState;
use crate::rules::Pattern;
use crate::setting::SettingError;
use crate::store::{Message, SCHEDULED};

/// One thing that is to be so, or not.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Term {
    pub(super) denied: bool,
    pub(super) test: Test,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Test {
    From(Words),
    To(Words),
    Text(Words),
    SystemId(Words),
    Id(Words),
    ServiceType(Words),
    State(Vec<MessageState>),
    Receipt(Vec<ReceiptState>),
    Registered(bool),
    DataCoding(DataCoding),
    EsmClass(EsmClass),
    Tlv(u16, Option<Vec<u8>>),
    Part(Part),
    Since(u64),
    When(String, Condition),
}

/// How letters are compared.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Words {
    Like(Pattern),
    Equal(String),
    Contain(String),
}

/// Which part of how many; `None` is any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) number: Option<u8>,
    pub(super) total: Option<u8>,
}

/// A condition in Rust. Two are the same if they are one.
#[derive(Clone)]
pub(super) struct Condition(pub(super) Arc<dyn Fn(&Message) -> bool + Send + Sync>);

/// A message while it is compared: what takes work to know is found out once.
pub(crate) struct View<'a> {
    pub(crate) message: &'a Message,
    text: OnceCell<String>,
    part: OnceCell<Option<Concatenation>>,
}

impl<'a> View<'a> {
    pub(crate) fn new(message: &'a Message) -> Self {
        Self { message, text: OnceCell::new(), part: OnceCell::new() }
    }

    /// Empty if it is no text.
    pub(crate) fn text(&self) -> &str {
        self.text.get_or_init(|| {
            let decoded = smpp::sms::Message::from(&self.message.pdu).decode(&Profile::default());
            decoded.text.unwrap_or_default()
        })
    }

    fn part(&self) -> Option<Concatenation> {
        *self.part.get_or_init(|| smpp::sms::Message::from(&self.message.pdu).concatenation())
    }

    fn is_registered(&self) -> bool {
        let receipt = self.message.pdu.registered_delivery.smsc_receipt();
        [SmscReceipt::SUCCESS_OR_FAILURE, SmscReceipt::FAILURE_ONLY].contains(&receipt)
    }
}

impl Term {
    pub(super) fn holds(&self, view: &View<'_>) -> bool {
        self.test.holds(view) != self.denied
    }
}

impl Test {
    fn holds(&self, view: &View<'_>) -> bool {
        let message = view.message;
        match self {
            Self::When(_, condition) => condition.0(message),
            Self::State(states) => states.contains(&message.state),
            Self::Receipt(states) => states.iter().any(|state| receipt_word(*state) == receipt_word(message.receipt)),
            Self::Registered(wanted) => view.is_registered() == *wanted,
            Self::DataCoding(wanted) => message.pdu.data_coding == *wanted,
            Self::EsmClass(wanted) => message.pdu.esm_class == *wanted,
            Self::Tlv(tag, wanted) => {
                let octets = message.pdu.tlvs.find(*tag);
                octets.is_some_and(|octets| wanted.as_ref().is_none_or(|wanted| octets == wanted))
            }
            Self::Part(wanted) => view.part().is_some_and(|part| {
                wanted.number.is_none_or(|number| number == part.part)
                    && wanted.total.is_none_or(|total| total == part.total)
            }),
            Self::Since(cursor) => message.serial > *cursor,
            Self::From(words)
            | Self::To(words)
            | Self::Text(words)
            | Self::SystemId(words)
            | Self::Id(words)
            | Self::ServiceType(words) => words.match_(&self.letters(view)),
        }
    }

    /// What the letters of a message are that are compared.
    fn letters<'a>(&self, view: &'a View<'_>) -> Cow<'a, str> {
        let message = view.message;
        match self {
            Self::From(_) => message.pdu.source_addr.to_str_lossy(),
            Self::To(_) => message.pdu.destination_addr.to_str_lossy(),
            Self::Text(_) => Cow::Borrowed(view.text()),
            Self::SystemId(_) => Cow::Borrowed(&message.system_id),
            Self::Id(_) => Cow::Borrowed(&message.id),
            Self::ServiceType(_) => message.pdu.service_type.to_str_lossy(),
            _ => Cow::Borrowed(""),
        }
    }

    /// What the message has, for people.
    pub(super) fn got(&self, view: &View<'_>) -> String {
        let message = view.message;
        match self {
            Self::State(_) => state_word(message.state).to_owned(),
            Self::Receipt(_) => match message.receipt {
                ReceiptState::Refused(status) => format!("refused, {status:?}"),
                state => receipt_word(state).to_owned(),
            },
            Self::Registered(_) => yes_or_no(view.is_registered()).to_owned(),
            Self::DataCoding(_) => format!("0x{:02x}", message.pdu.data_coding.0),
            Self::EsmClass(_) => format!("0x{:02x}", message.pdu.esm_class.0),
            Self::Tlv(tag, _) => match message.pdu.tlvs.find(*tag) {
                Some(octets) => format!("{}={}", tlv_word(*tag), hex(octets)),
                None => "none".to_owned(),
            },
            Self::Part(_) => match view.part() {
                Some(part) => format!("{}/{}", part.part, part.total),
                None => "no part".to_owned(),
            },
            Self::Since(_) => message.serial.to_string(),
            Self::When(..) => "no".to_owned(),
            _ => self.letters(view).into_owned(),
        }
    }

    /// From 0 to 1: how much of the letters that were wanted is there, from the beginning.
    pub(super) fn likeness(&self, view: &View<'_>) -> f64 {
        let (Self::From(words) | Self::To(words) | Self::Id(words) | Self::Text(words) | Self::SystemId(words)) = self
        else {
            return 0.0;
        };
        let (wanted, got) = (words.letters(), self.letters(view));
        let same = wanted.bytes().zip(got.bytes()).take_while(|(one, other)| one == other).count();
        same as f64 / wanted.len().max(got.len()).max(1) as f64
    }

    pub(super) fn field(&self) -> &'static str {
        match self {
            Self::From(_) => "from",
            Self::To(_) => "to",
            Self::Text(_) => "text",
            Self::SystemId(_) => "system_id",
            Self::Id(_) => "id",
            Self::ServiceType(_) => "service_type",
            Self::State(_) => "state",
            Self::Receipt(_) => "receipt",
            Self::Registered(_) => "registered",
            Self::DataCoding(_) => "data_coding",
            Self::EsmClass(_) => "esm_class",
            Self::Tlv(..) => "tlv",
            Self::Part(_) => "part",
            Self::Since(_) => "since",
            Self::When(..) => "condition",
        }
    }
}

impl Words {
    fn match_(&self, letters: &str) -> bool {
        match self {
            Self::Like(pattern) => pattern.matches(letters),
            Self::Equal(text) => text == letters,
            Self::Contain(part) => letters.contains(part.as_str()),
        }
    }

    fn letters(&self) -> Cow<'_, str> {
        match self {
            Self::Like(pattern) => pattern.to_string().into(),
            Self::Equal(text) | Self::Contain(text) => text.into(),
        }
    }
}

impl FromStr for Words {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        text.parse().map(Self::Like)
    }
}

/// As it is written in a query.
impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = self.test.field();
        if self.denied {
            f.write_str("-")?;
        }
        match &self.test {
            Test::From(words)
            | Test::To(words)
            | Test::Text(words)
            | Test::SystemId(words)
            | Test::Id(words)
            | Test::ServiceType(words) => {
                let operator = match words {
                    Words::Like(_) => ":",
                    Words::Equal(_) => "=",
                    Words::Contain(_) => "~",
                };
                write!(f, "{field}{operator}{}", Quoted(&words.letters()))
            }
            Test::State(states) => write!(f, "{field}:{}", with_commas(states, |state| state_word(*state))),
            Test::Receipt(states) => write!(f, "{field}:{}", with_commas(states, |state| receipt_word(*state))),
            Test::Registered(wanted) => write!(f, "{field}:{}", yes_or_no(*wanted)),
            Test::DataCoding(DataCoding(number)) | Test::EsmClass(EsmClass(number)) => {
                write!(f, "{field}:0x{number:02x}")
            }
            Test::Tlv(tag, None) => write!(f, "{field}:{}", tlv_word(*tag)),
            Test::Tlv(tag, Some(octets)) => write!(f, "{field}:{}={}", tlv_word(*tag), hex(octets)),
            Test::Part(Part { number, total: None }) => write!(f, "{field}:{}", Any(*number)),
            Test::Part(Part { number, total }) => write!(f, "{field}:{}/{}", Any(*number), Any(*total)),
            Test::Since(cursor) => write!(f, "{field}:{cursor}"),
            Test::When(what, _) => write!(f, "<{what}>"),
        }
    }
}

struct Any(Option<u8>);

impl fmt::Display for Any {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(number) => write!(f, "{number}"),
            None => f.write_str("*"),
        }
    }
}

/// A value in quotation marks, if it needs them.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(text) = self;
        if !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c == '"' || c == '\\') {
            return f.write_str(text);
        }
        write!(f, "\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Condition")
    }
}

impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// States as queries name them.
pub(super) const STATES: [(&str, MessageState); 9] = [
    ("DELIVRD", MessageState::DELIVERED),
    ("EXPIRED", MessageState::EXPIRED),
    ("DELETED", MessageState::DELETED),
    ("UNDELIV", MessageState::UNDELIVERABLE),
    ("ACCEPTD", MessageState::ACCEPTED),
    ("UNKNOWN", MessageState::UNKNOWN),
    ("REJECTD", MessageState::REJECTED),
    ("ENROUTE", MessageState::ENROUTE),
    ("SCHEDLD", SCHEDULED),
];

pub(super) const RECEIPT_STATES: [(&str, ReceiptState); 6] = [
    ("none", ReceiptState::None),
    ("held", ReceiptState::Held),
    ("sent", ReceiptState::Sent),
    ("delivered", ReceiptState::Delivered),
    ("refused", ReceiptState::Refused(smpp::value::CommandStatus::ESME_ROK)),
    ("lost", ReceiptState::Lost),
];

/// The word for a state; UNKNOWN for one that has none.
pub(crate) fn state_word(state: MessageState) -> &'static str {
    STATES.iter().find(|(_, other)| *other == state).map_or("UNKNOWN", |(word, _)| word)
}

pub(crate) fn receipt_word(state: ReceiptState) -> &'static str {
    match state {
        ReceiptState::None => "none",
        ReceiptState::Held => "held",
        ReceiptState::Sent => "sent",
        ReceiptState::Delivered => "delivered",
        ReceiptState::Refused(_) => "refused",
        ReceiptState::Lost => "lost",
    }
}

fn tlv_word(tag: u16) -> Cow<'static, str> {
    smpp::tlv::find(tag).map_or_else(|| format!("0x{tag:04x}").into(), |spec| spec.name.into())
}

fn with_commas<T>(values: &[T], word: impl Fn(&T) -> &'static str) -> String {
    values.iter().map(word).collect::<Vec<_>>().join(",")
}

fn yes_or_no(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

pub(crate) fn hex(octets: &[u8]) -> String {
    use fmt::Write;
    octets.iter().fold(String::with_capacity(2 * octets.len()), |mut text, octet| {
        let _ = write!(text, "{octet:02x}");
        text
    })
}
