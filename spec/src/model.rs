//! What a resolved specification says: every reference followed, every default filled in.
//!
//! The model is what the macro emits Rust from and what `smsc-sim --spec` names vendor TLVs with. Nothing in it
//! refers to YAML any more.

use std::ops::RangeInclusive;

/// A whole specification: the standard alone, or the standard with one vendor file on top.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spec {
    /// Name of the specification: `smpp34`, or what the vendor file calls itself.
    pub name: String,
    /// What it is for; empty when the file does not say.
    pub doc: String,
    /// Every command, requests and responses, in the order of the files.
    pub commands: Vec<Command>,
    /// Every TLV (optional parameter).
    pub tlvs: Vec<Tlv>,
    /// Every enumeration, `command_status` among them.
    pub enums: Vec<Enum>,
    /// Every bit field.
    pub bit_fields: Vec<BitField>,
    /// Every structure that occurs in a list, such as `dest_address`.
    pub structures: Vec<Structure>,
}

/// Where an item was defined.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Origin {
    /// In the built-in description of SMPP 3.4.
    #[default]
    Standard,
    /// In the vendor file that was loaded.
    Vendor,
}

/// What every named item carries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Meta {
    /// The standard's own name, in snake_case (statuses: as printed, `ESME_ROK`).
    pub name: String,
    /// One line of documentation.
    pub doc: String,
    /// Section of the standard (or of the vendor's document), such as `4.4.1`; empty when none is known.
    pub section: String,
    /// Where it was defined.
    pub origin: Origin,
}

/// One PDU.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Command {
    /// Name, documentation, section, origin.
    pub meta: Meta,
    /// `command_id`, bit 31 set in responses.
    pub id: u32,
    /// Request, response, one-way or nack.
    pub kind: Kind,
    /// For a request: the name of its response.
    pub response: Option<String>,
    /// For a response: the name of its request.
    pub response_of: Option<String>,
    /// Session states in which an ESME may issue it (Table 2-1 to the letter).
    pub esme_may_issue_in: Vec<State>,
    /// Session states in which an SMSC may issue it (Table 2-1 to the letter).
    pub smsc_may_issue_in: Vec<State>,
    /// Session states in which a receiver accepts it, from whichever side may issue it at all. Wider than Table 2-1
    /// where the standard contradicts itself.
    pub accepted_in: Vec<State>,
    /// What becomes of the body when `command_status` is not 0.
    pub body_on_error: BodyOnError,
    /// First version of SMPP that has it, such as `3.3`.
    pub since: String,
    /// Mandatory fields in wire order.
    pub fields: Vec<Field>,
}

/// The part a command plays in an exchange.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Answered by a response.
    #[default]
    Request,
    /// Answers a request.
    Response,
    /// Never answered (`outbind`, `alert_notification`).
    OneWay,
    /// `generic_nack`.
    Nack,
}

/// A session state of section 2.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// Connected, not bound.
    Open,
    /// Bound as transmitter.
    BoundTx,
    /// Bound as receiver.
    BoundRx,
    /// Bound as transceiver.
    BoundTrx,
}

/// What a response does with its body when `command_status` is not 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum BodyOnError {
    /// It is no response, so the question does not arise.
    #[default]
    NotApplicable,
    /// There never is a body.
    HeaderOnly,
    /// The body is left out.
    Omitted,
    /// The standard does not say: the body is sent, both forms are understood.
    Unspecified,
}

/// A mandatory field of a command or structure.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Field {
    /// Name, documentation, section, origin.
    pub meta: Meta,
    /// The name as the standard prints it where it is not a plain identifier (`dest_address(es)`), else the name.
    pub wire_name: String,
    /// What stands on the wire.
    pub ty: FieldType,
    /// `command_status` with which a receiver refuses a bad value or length.
    pub invalid: Option<String>,
}

/// The wire type of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldType {
    /// Unsigned big-endian integer.
    Integer {
        /// Octets: 1, 2, 4 or 8.
        size: u8,
        /// The enumeration or bit field that names its values.
        values: Option<Values>,
        /// Value of a fresh PDU.
        default: u64,
    },
    /// Unsigned integer that is computed when encoding, from the field it counts: octets of an octet string or
    /// elements of a list. It has no place in the struct.
    Count {
        /// Octets: 1, 2 or 4.
        size: u8,
        /// The field that it counts.
        of: String,
    },
    /// Octets ended by a NUL.
    COctetString {
        /// Least octets, the NUL counted.
        min: u32,
        /// Most octets, the NUL counted.
        max: u32,
        /// When the length may only take certain values, these (`1 or 17`); otherwise empty.
        lengths: Vec<u32>,
        /// Lengths that are taken from a peer without complaint although they are outside the above.
        accept: Option<Accept>,
        /// Name of the enumeration of strings that names its values, if any.
        values: Option<String>,
    },
    /// Octets counted by an earlier field, without terminator.
    OctetString {
        /// The field that counts it.
        counted_by: String,
        /// Least octets.
        min: u32,
        /// Most octets.
        max: u32,
    },
    /// As many elements as an earlier field counts.
    List {
        /// The field that counts it.
        counted_by: String,
        /// Name of the structure of its elements.
        of: String,
        /// Least elements.
        min: u32,
        /// Most elements.
        max: u32,
    },
}

impl Default for FieldType {
    fn default() -> Self {
        Self::Integer { size: 1, values: None, default: 0 }
    }
}

/// Lengths of a C-octet string, the NUL counted, that a receiver takes although the standard's are narrower.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accept {
    /// Any length up to this.
    Max(u32),
    /// Exactly these.
    Lengths(Vec<u32>),
}

/// What names the values of an integer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Values {
    /// The enumeration of this name.
    Enum(String),
    /// The bit field of this name.
    BitField(String),
}

/// An optional parameter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tlv {
    /// Name, documentation, section, origin.
    pub meta: Meta,
    /// Its tag.
    pub tag: u16,
    /// What its value is.
    pub ty: TlvType,
    /// Least octets of the value.
    pub min: u32,
    /// Most octets of the value.
    pub max: u32,
    /// Lengths taken from a peer without complaint although they are outside `min..=max`.
    pub accept_lengths: Vec<u32>,
    /// The commands that list it; `None` = any command.
    pub allowed_in: Option<Vec<String>>,
    /// The networks it is for (`GSM`, `CDMA`, `TDMA`, `Generic`, …).
    pub technology: Vec<String>,
    /// Whether it may occur several times in one PDU.
    pub repeatable: bool,
    /// Names it also goes by in the standard's own text.
    pub aliases: Vec<String>,
    /// Highest and lowest sensible value of an integer where the standard gives a range and no enumeration.
    pub range: Option<RangeInclusive<u64>>,
    /// Enumeration of the first octet of an octet string, where the standard gives one (`subaddress_tag`).
    pub first_octet: Option<String>,
}

/// The type of a TLV's value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum TlvType {
    /// Unsigned big-endian integer.
    Integer {
        /// Octets: 1, 2, 4 or 8.
        size: u8,
        /// The enumeration or bit field that names its values.
        values: Option<Values>,
    },
    /// Octets ended by a NUL, which the TLV's length counts.
    COctetString,
    /// Octets.
    #[default]
    OctetString,
    /// No value: presence is the message.
    Empty,
}

/// An enumeration of integers or of strings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Enum {
    /// Name, documentation, section, origin (of the enumeration; its values may come from elsewhere).
    pub meta: Meta,
    /// Octets of the integer on the wire (1, 2, 4 or 8); 0 for an enumeration of strings.
    pub size: u8,
    /// Its values, in the order of the file.
    pub values: Vec<Value>,
}

/// A named value, or a named range of values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Value {
    /// Name, documentation, section, origin.
    pub meta: Meta,
    /// Which integers it covers: one range for a plain value (`n..=n`); several for a scattered block. Empty in an
    /// enumeration of strings.
    pub ranges: Vec<RangeInclusive<u64>>,
    /// The string, in an enumeration of strings.
    pub text: Option<String>,
    /// Whether the standard reserves it: it has no meaning yet, and a validating receiver refuses it.
    pub reserved: bool,
    /// In which direction the name holds; `None` = both.
    pub direction: Option<Direction>,
}

/// The direction of a short message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the ESME to the SMSC (submit_sm, submit_multi, data_sm).
    Submit,
    /// From the SMSC to the ESME (deliver_sm, data_sm).
    Deliver,
}

/// An integer whose bits have meanings of their own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BitField {
    /// Name, documentation, section, origin.
    pub meta: Meta,
    /// Octets of the integer on the wire (1, 2, 4 or 8).
    pub size: u8,
    /// Its parts.
    pub parts: Vec<Part>,
}

/// Some bits of a bit field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    /// Name, documentation, section, origin.
    pub meta: Meta,
    /// The bits; 0 when the part is a division of all values into blocks (the coding groups of 3GPP TS 23.038).
    pub mask: u64,
    /// Its values, not shifted: `value & !mask == 0`.
    pub values: Vec<Value>,
    /// The blocks, values of the part with mask 0, in which it exists; empty = in all numbers. Parts of different blocks
    /// may share bits.
    pub in_blocks: Vec<String>,
}

/// The structure of a list's elements.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Structure {
    /// Name, documentation, section, origin.
    pub meta: Meta,
    /// The one-octet field that tells variants apart; `None` when there is one form only.
    pub discriminant: Option<Field>,
    /// Its forms: exactly one without discriminant.
    pub variants: Vec<Variant>,
}

/// One form of a structure.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Variant {
    /// Name, documentation, section, origin.
    pub meta: Meta,
    /// The value of the discriminant that announces it.
    pub value: u64,
    /// Its fields, after the discriminant.
    pub fields: Vec<Field>,
}
