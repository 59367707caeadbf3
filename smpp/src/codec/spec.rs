//! What the YAML says, as tables that a program can look into: `command::ALL`, `tlv::ALL`, `value::ALL`.

use crate::protocol::value::CommandStatus;
use std::fmt;

use super::CommandId;

/// One specification: the standard, or what one `include_spec!` added to it.
#[derive(Debug)]
pub struct Protocol {
    /// Its name: `smpp34`, or that of the vendor file.
    pub name: &'static str,
    /// Every command it defines.
    pub commands: &'static [&'static CommandSpec],
    /// Every TLV it defines.
    pub tlvs: &'static [&'static TlvSpec],
    /// Every enumeration and bit field it defines or extends.
    pub values: &'static [&'static ValuesSpec],
}

impl Protocol {
    /// The command of this id.
    pub fn command(&self, id: CommandId) -> Option<&'static CommandSpec> {
        self.commands.iter().copied().find(|command| command.id == id)
    }

    /// The TLV of this tag.
    pub fn tlv(&self, tag: u16) -> Option<&'static TlvSpec> {
        self.tlvs.iter().copied().find(|tlv| tlv.tag == tag)
    }

    /// What it says of the enumeration or bit field of this name.
    pub fn values(&self, name: &str) -> Option<&'static ValuesSpec> {
        self.values.iter().copied().find(|values| values.name == name)
    }
}

/// What the specification says of a command (sections 4 and 5.1.2.1).
#[derive(Debug)]
pub struct CommandSpec {
    /// Name, such as `submit_sm`.
    pub name: &'static str,
    /// `command_id`.
    pub id: CommandId,
    /// The part it plays in an exchange.
    pub kind: CommandKind,
    /// The id of the response to a request, or of the request that a response answers.
    pub counterpart: Option<CommandId>,
    /// States in which an ESME may issue it (Table 2-1).
    pub esme_may_issue_in: States,
    /// States in which an SMSC may issue it (Table 2-1).
    pub smsc_may_issue_in: States,
    /// States in which a receiver takes it.
    pub accepted_in: States,
    /// What becomes of the body when `command_status` is not 0.
    pub body_on_error: BodyOnError,
    /// Version of SMPP that brought it.
    pub since: &'static str,
    /// Section of the standard.
    pub section: &'static str,
    /// What it is for.
    pub doc: &'static str,
    /// Mandatory fields in wire order.
    pub fields: &'static [FieldSpec],
    /// Tags of the TLVs that the standard (or the same vendor file) lists for it, in ascending order.
    pub tlvs: &'static [u16],
}

impl CommandSpec {
    /// The field of this name, those of list elements included.
    pub fn field(&self, name: &str) -> Option<&'static FieldSpec> {
        self.fields.iter().find_map(|field| match field.kind {
            _ if field.name == name => Some(field),
            FieldKind::List { elements } => elements.iter().find(|element| element.name == name),
            _ => None,
        })
    }

    /// Whether bit 31 of its id is set.
    pub fn is_response(&self) -> bool {
        self.id.is_response()
    }

    pub(crate) fn has_password(&self) -> bool {
        self.fields.iter().any(FieldSpec::has_password)
    }
}

/// The part a command plays in an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CommandKind {
    /// Answered by a response.
    Request,
    /// Answers a request.
    Response,
    /// Never answered.
    OneWay,
    /// `generic_nack`: answers anything, and is never answered.
    Nack,
}

/// What a response does with its body when `command_status` is not 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BodyOnError {
    /// It is no response.
    NotApplicable,
    /// There never is a body.
    HeaderOnly,
    /// The body is left out.
    Omitted,
    /// The standard does not say; the body is sent, both forms are understood.
    Unspecified,
}

/// A session state (section 2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum State {
    /// Connected, not bound.
    Open = 1,
    /// Bound as transmitter.
    BoundTx = 2,
    /// Bound as receiver.
    BoundRx = 4,
    /// Bound as transceiver.
    BoundTrx = 8,
}

/// A set of session states.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct States(u8);

impl States {
    /// No state.
    pub const NONE: Self = Self(0);

    /// The set of these states.
    pub const fn of(states: &[State]) -> Self {
        let mut bits = 0;
        let mut at = 0;
        while at < states.len() {
            bits |= states[at] as u8;
            at += 1;
        }
        Self(bits)
    }

    /// Whether the state is in the set.
    pub const fn contains(self, state: State) -> bool {
        self.0 & state as u8 != 0
    }

    /// Whether no state is in the set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The states in either set.
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl fmt::Debug for States {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = [State::Open, State::BoundTx, State::BoundRx, State::BoundTrx];
        f.debug_set().entries(all.into_iter().filter(|&state| self.contains(state))).finish()
    }
}

/// What the specification says of a mandatory field.
#[derive(Debug)]
pub struct FieldSpec {
    /// Name: the one the struct uses.
    pub name: &'static str,
    /// The name as the standard prints it, where that differs: `dest_address(es)`.
    pub wire_name: &'static str,
    /// What stands on the wire.
    pub kind: FieldKind,
    /// Least octets, the NUL of a C-octet string counted; of a list, least elements.
    pub min: u32,
    /// Most octets, the NUL of a C-octet string counted; of a list, most elements.
    pub max: u32,
    /// The only lengths allowed, where the standard says so (`1 or 17`); otherwise empty.
    pub lengths: &'static [u32],
    /// Most octets that a receiver takes without complaint: `max` or more.
    pub accept_max: u32,
    /// The only lengths a receiver takes without complaint, where there are `lengths`.
    pub accept_lengths: &'static [u32],
    /// The enumeration or bit field that names its values.
    pub values: Option<&'static ValuesSpec>,
    /// `command_status` with which a receiver refuses a bad value or length.
    pub invalid: Option<CommandStatus>,
    /// Section of the standard.
    pub section: &'static str,
    /// What it is for.
    pub doc: &'static str,
}

impl FieldSpec {
    const fn new(name: &'static str, kind: FieldKind, min: u32, max: u32) -> Self {
        Self {
            name,
            wire_name: name,
            kind,
            min,
            max,
            lengths: &[],
            accept_max: max,
            accept_lengths: &[],
            values: None,
            invalid: None,
            section: "",
            doc: "",
        }
    }

    /// An integer of so many octets.
    pub const fn integer(name: &'static str, size: u8) -> Self {
        Self::new(name, FieldKind::Integer, size as u32, size as u32)
    }

    /// A count of so many octets.
    pub const fn count(name: &'static str, size: u8) -> Self {
        Self::new(name, FieldKind::Count, size as u32, size as u32)
    }

    /// A C-octet string.
    pub const fn c_octet_string(name: &'static str, min: u32, max: u32) -> Self {
        Self::new(name, FieldKind::COctetString, min, max)
    }

    /// An octet string. A receiver takes what a count of one octet can say, though the standard stops one short of it
    /// (erratum 27).
    pub const fn octet_string(name: &'static str, min: u32, max: u32) -> Self {
        let accept_max = if max < 255 { 255 } else { max };
        Self { accept_max, ..Self::new(name, FieldKind::OctetString, min, max) }
    }

    /// A list.
    pub const fn list(name: &'static str, min: u32, max: u32, elements: &'static [Self]) -> Self {
        Self::new(name, FieldKind::List { elements }, min, max)
    }

    /// Whether its value is to be kept secret: what is called a password, or ends so.
    pub(crate) fn is_password(&self) -> bool {
        self.name.ends_with("password")
    }

    fn has_password(&self) -> bool {
        match self.kind {
            FieldKind::List { elements } => elements.iter().any(Self::has_password),
            _ => self.is_password(),
        }
    }

    /// The same with only these lengths.
    pub const fn lengths(self, lengths: &'static [u32]) -> Self {
        Self { lengths, accept_lengths: lengths, ..self }
    }

    /// The same, but a receiver takes up to so many octets.
    pub const fn accept_max(self, accept_max: u32) -> Self {
        Self { accept_max, accept_lengths: &[], ..self }
    }

    /// The same, but a receiver takes these lengths.
    pub const fn accept_lengths(self, accept_lengths: &'static [u32]) -> Self {
        Self { accept_lengths, ..self }
    }

    /// The same with names for its values.
    pub const fn values(self, values: &'static ValuesSpec) -> Self {
        Self { values: Some(values), ..self }
    }

    /// The same with the status of a bad value or length.
    pub const fn invalid(self, status: CommandStatus) -> Self {
        Self { invalid: Some(status), ..self }
    }

    /// The same with another name in the standard's print.
    pub const fn wire_name(self, wire_name: &'static str) -> Self {
        Self { wire_name, ..self }
    }

    /// The same with its section and what it is for.
    pub const fn doc(self, section: &'static str, doc: &'static str) -> Self {
        Self { section, doc, ..self }
    }
}

/// The wire type of a mandatory field.
#[derive(Debug, Clone, Copy)]
pub enum FieldKind {
    /// Unsigned big-endian integer.
    Integer,
    /// Unsigned big-endian integer that counts a later field.
    Count,
    /// Octets up to a NUL.
    COctetString,
    /// Octets that an earlier field counts.
    OctetString,
    /// Elements that an earlier field counts.
    List {
        /// The fields that an element may have, of all its forms.
        elements: &'static [FieldSpec],
    },
}

/// What the specification says of a TLV (section 5.3).
#[derive(Debug)]
pub struct TlvSpec {
    /// Name, such as `message_payload`.
    pub name: &'static str,
    /// Tag.
    pub tag: u16,
    /// Type of the value.
    pub kind: TlvKind,
    /// Least octets of the value.
    pub min: u16,
    /// Most octets of the value.
    pub max: u16,
    /// Lengths that a receiver takes without complaint although they are outside `min..=max`.
    pub accept_lengths: &'static [u16],
    /// The commands that list it; `None` = any.
    pub allowed_in: Option<&'static [CommandId]>,
    /// Whether it may occur several times.
    pub repeatable: bool,
    /// The enumeration or bit field that names its values.
    pub values: Option<&'static ValuesSpec>,
    /// Least and greatest sensible value of an integer, where the standard says so.
    pub range: Option<(u64, u64)>,
    /// The enumeration of its first octet, where the standard gives one.
    pub first_octet: Option<&'static ValuesSpec>,
    /// Section of the standard.
    pub section: &'static str,
    /// What it is for.
    pub doc: &'static str,
}

impl TlvSpec {
    /// Whether a receiver takes a value of this many octets without complaint.
    #[inline]
    pub fn accepts(&self, len: usize) -> bool {
        (self.min as usize..=self.max as usize).contains(&len) || self.accepts_beyond(len)
    }

    #[cold]
    fn accepts_beyond(&self, len: usize) -> bool {
        self.accept_lengths.iter().any(|&accepted| usize::from(accepted) == len)
    }

    /// Whether it is listed for the command.
    pub fn is_allowed_in(&self, command: CommandId) -> bool {
        self.allowed_in.is_none_or(|commands| commands.contains(&command))
    }
}

/// The type of a TLV's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TlvKind {
    /// Unsigned big-endian integer.
    Integer,
    /// Octets ended by a NUL that the length counts; many peers omit it.
    COctetString,
    /// Octets.
    OctetString,
    /// No value.
    Empty,
}

/// What the specification says of an enumeration or bit field.
#[derive(Debug)]
pub struct ValuesSpec {
    /// Name, such as `data_coding`.
    pub name: &'static str,
    /// Octets on the wire; 0 for an enumeration of strings.
    pub size: u8,
    /// The values of an enumeration.
    pub values: &'static [ValueSpec],
    /// The parts of a bit field.
    pub parts: &'static [PartSpec],
    /// Section of the standard.
    pub section: &'static str,
    /// What it is for.
    pub doc: &'static str,
}

impl ValuesSpec {
    /// The entry that covers the value of an enumeration: a single value before a block of values.
    pub fn find(&self, value: u64) -> Option<&'static ValueSpec> {
        find_value(self.values, value)
    }
}

/// Some bits of a bit field.
#[derive(Debug)]
pub struct PartSpec {
    /// Name, such as `message_type`.
    pub name: &'static str,
    /// The bits; 0 when the part divides all values into blocks.
    pub mask: u64,
    /// The values, not shifted.
    pub values: &'static [ValueSpec],
}

impl PartSpec {
    /// The entry that covers this part of the value.
    pub fn find(&self, value: u64) -> Option<&'static ValueSpec> {
        find_value(self.values, if self.mask == 0 { value } else { value & self.mask })
    }
}

fn find_value(values: &'static [ValueSpec], value: u64) -> Option<&'static ValueSpec> {
    let covers = |entry: &&ValueSpec| entry.text.is_none() && entry.low <= value && value <= entry.high;
    values.iter().filter(covers).min_by_key(|entry| entry.high - entry.low)
}

/// A named value or block of values.
#[derive(Debug)]
pub struct ValueSpec {
    /// Name, such as `UCS2`, in capitals as the associated const is.
    pub name: &'static str,
    /// First value.
    pub low: u64,
    /// Last value; the same as the first for a single value.
    pub high: u64,
    /// The value of an enumeration of strings.
    pub text: Option<&'static str>,
    /// Whether the standard reserves it.
    pub reserved: bool,
    /// Whether the name holds for messages to the SMSC.
    pub submit: bool,
    /// Whether the name holds for messages from the SMSC.
    pub deliver: bool,
    /// What it means.
    pub doc: &'static str,
}

impl ValueSpec {
    /// A value (`low` and `high` the same) or a block of values.
    pub const fn new(name: &'static str, low: u64, high: u64, doc: &'static str) -> Self {
        Self { name, low, high, text: None, reserved: false, submit: true, deliver: true, doc }
    }

    /// A value of an enumeration of strings.
    pub const fn string(name: &'static str, text: &'static str, doc: &'static str) -> Self {
        Self { text: Some(text), ..Self::new(name, 0, 0, doc) }
    }

    /// The same, reserved by the standard.
    pub const fn reserved(self) -> Self {
        Self { reserved: true, ..self }
    }

    /// The same, for messages to the SMSC only.
    pub const fn submit_only(self) -> Self {
        Self { deliver: false, ..self }
    }

    /// The same, for messages from the SMSC only.
    pub const fn deliver_only(self) -> Self {
        Self { submit: false, ..self }
    }
}
