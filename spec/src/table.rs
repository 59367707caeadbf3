//! The file format as one table: which keys there are, what their values look like, what they mean.
//!
//! The reader checks files against it and the JSON Schema is printed from it, so the two cannot drift apart.

/// The keys of one kind of mapping.
#[derive(Debug)]
pub(crate) struct Table {
    /// What such a mapping is, with its article: `a TLV`.
    pub(crate) what: &'static str,
    /// Name in the JSON Schema.
    pub(crate) id: &'static str,
    pub(crate) keys: &'static [Key],
    /// Further keys, those of another table; here none of them is required.
    pub(crate) and: Option<&'static Self>,
}

/// One key.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    pub(crate) required: bool,
    pub(crate) doc: &'static str,
}

/// What a value looks like.
#[derive(Debug)]
pub(crate) enum Shape {
    /// Any text.
    Text,
    /// A text that names something.
    Name,
    /// A name of its own.
    NewName(Naming),
    /// An unsigned integer up to this.
    Integer(u64),
    /// One of these integers.
    OneOf(&'static [u64]),
    /// A list of unsigned integers, each at least 0.
    Integers,
    Flag,
    /// `0x01`, `0x01-0x0F` or a list of such.
    Ranges,
    /// `1-255`.
    Range,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A list of such words.
    Words(&'static [&'static str]),
    /// A list of names or other texts.
    Names,
    /// The word, or a list of names.
    WordOrNames(&'static str),
    /// A list whose elements are names or mappings.
    NamesOrRecords(&'static Table),
    /// A mapping from names to mappings.
    Map(Naming, &'static Table),
    /// A mapping from names of what exists to mappings from names to mappings.
    Groups(Naming, &'static Table),
}

/// Which names are allowed for what a mapping defines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Naming {
    /// Of an enumeration: a Rust type and its table.
    Enum,
    /// Of a bit field: a Rust type, its table, and the module of its parts.
    BitField,
    /// Of a part: a Rust type in a module of its own, and methods of the bit field.
    Part,
    /// Of a structure: a Rust type.
    Structure,
    /// Of a form of a structure: a variant of a Rust enum.
    Variant,
    /// Of a command: a Rust type, and elsewhere its table.
    Command,
    /// Becomes a field of a PDU or structure.
    Field,
    /// Of a TLV: a Rust type that holds nothing, its table, and methods of PDUs.
    Tlv,
    /// Becomes a constant: snake_case, or upper case as statuses are printed.
    Value,
    /// Of the specification: a part of names.
    Specification,
}

impl Table {
    /// All keys, with whether they are required here.
    pub(crate) fn keys(&self) -> impl Iterator<Item = (&'static Key, bool)> {
        let own = self.keys.iter().map(|key| (key, key.required));
        let more = self.and.map_or(&[] as &[Key], |table| table.keys);
        own.chain(more.iter().map(|key| (key, false)))
    }

    pub(crate) fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys().map(|(key, _)| key).find(|key| key.name == name)
    }
}

/// A whole file.
pub(crate) static FILE: Table = Table {
    what: "a specification",
    id: "file",
    and: None,
    keys: &[
        optional("extends", Shape::Word(EXTENDABLE), "The specification that this one adds to."),
        optional(
            "name",
            Shape::NewName(Naming::Specification),
            "What the specification is called; the name of the file when left out.",
        ),
        optional("doc", Shape::Text, "What the specification is for."),
        optional("enums", Shape::Map(Naming::Enum, &ENUM), "New enumerations."),
        optional(
            "extend_enums",
            Shape::Groups(Naming::Value, &VALUE),
            "Further values for enumerations that exist, such as data_coding or command_status.",
        ),
        optional("bit_fields", Shape::Map(Naming::BitField, &BIT_FIELD), "New bit fields."),
        optional(
            "parameters",
            Shape::Map(Naming::Field, &PARAMETER),
            "Mandatory parameters that the fields of commands and structures name.",
        ),
        optional("structures", Shape::Map(Naming::Structure, &STRUCTURE), "What the elements of lists consist of."),
        optional("tlvs", Shape::Map(Naming::Tlv, &TLV), "Optional parameters."),
        optional("commands", Shape::Map(Naming::Command, &COMMAND), "PDUs, requests and their responses."),
    ],
};

static ENUM: Table = Table {
    what: "an enumeration",
    id: "enum",
    and: None,
    keys: &[
        optional("size", Shape::OneOf(SIZES), "Octets on the wire: 1, 2, 4 or 8."),
        optional("strings", Shape::Flag, "true when the values are strings; then there is no size."),
        SECTION,
        DOC,
        required("values", Shape::Map(Naming::Value, &VALUE), "Its values by name."),
    ],
};

static VALUE: Table = Table {
    what: "a value",
    id: "value",
    and: None,
    keys: &[
        optional("value", Shape::Integer(u64::MAX), "The number; in a part of a bit field not shifted."),
        optional("range", Shape::Ranges, "Numbers that share the name: 0x07-0xFF, or a list of numbers and ranges."),
        optional("text", Shape::Text, "The string, in an enumeration of strings."),
        optional(
            "direction",
            Shape::Word(DIRECTIONS),
            "The one direction in which the name holds: to the SMSC (submit) or from it (deliver).",
        ),
        optional("reserved", Shape::Flag, "true when it has no meaning yet and a validating receiver refuses it."),
        SECTION,
        DOC_IF_ANY,
        OUTSIDE,
    ],
};

static BIT_FIELD: Table = Table {
    what: "a bit field",
    id: "bit_field",
    and: None,
    keys: &[
        required("size", Shape::OneOf(SIZES), "Octets on the wire: 1, 2, 4 or 8."),
        SECTION,
        DOC,
        required("parts", Shape::Map(Naming::Part, &PART), "Its parts by name."),
    ],
};

static PART: Table = Table {
    what: "a part of a bit field",
    id: "part",
    and: None,
    keys: &[
        required("mask", Shape::Integer(u64::MAX), "Its bits; 0 when it divides all numbers into blocks."),
        optional(
            "in_blocks",
            Shape::Names,
            "The blocks (values of the part with mask 0) in which it exists; everywhere when left out.",
        ),
        SECTION,
        DOC,
        optional("values", Shape::Map(Naming::Value, &VALUE), "Its values by name."),
    ],
};

static PARAMETER: Table = Table {
    what: "a parameter",
    id: "parameter",
    and: None,
    keys: &[
        required("type", Shape::Word(FIELD_TYPES), "What stands on the wire."),
        optional("size", Shape::OneOf(SIZES), "Octets of an integer or count: 1, 2, 4 or 8."),
        optional("enum", Shape::Name, "Enumeration that names the values of an integer or c_octet_string."),
        optional("bits", Shape::Name, "Bit field that the integer is."),
        optional("default", Shape::Integer(u64::MAX), "Value of the integer in a fresh PDU; 0 when left out."),
        optional("of", Shape::Name, "What a count counts; or the structure of a list's elements."),
        optional("counted_by", Shape::Name, "The count that comes before an octet_string or list."),
        optional("min", Shape::Integer(u32::MAX as u64), "Least octets (a c_octet_string's NUL counted) or elements."),
        optional("max", Shape::Integer(u32::MAX as u64), "Most octets (a c_octet_string's NUL counted) or elements."),
        optional("lengths", Shape::Integers, "The only lengths that a c_octet_string may have, its NUL counted."),
        optional("accept_lengths", Shape::Integers, "Further lengths to take from a peer without complaint."),
        optional(
            "accept_max",
            Shape::Integer(u32::MAX as u64),
            "Length up to which to take the string from a peer without complaint.",
        ),
        optional("wire_name", Shape::Text, "The name as it is printed, where that is no identifier."),
        optional("invalid", Shape::Name, "The command_status that refuses a bad value."),
        SECTION,
        DOC,
    ],
};

static FIELD: Table = Table {
    what: "a field",
    id: "field",
    and: Some(&PARAMETER),
    keys: &[required(
        "name",
        Shape::NewName(Naming::Field),
        "The parameter that the field is, or a name of its own together with a type.",
    )],
};

static STRUCTURE: Table = Table {
    what: "a structure",
    id: "structure",
    and: None,
    keys: &[
        SECTION,
        DOC,
        optional("fields", Shape::NamesOrRecords(&FIELD), "Its fields, when it has one form only."),
        optional("choose_by", Shape::Name, "The one-octet parameter that tells its forms apart."),
        optional("variants", Shape::Map(Naming::Variant, &VARIANT), "Its forms by name, with choose_by."),
    ],
};

static VARIANT: Table = Table {
    what: "a form of a structure",
    id: "variant",
    and: None,
    keys: &[
        required("value", Shape::Integer(255), "The value of the choose_by parameter that announces it."),
        SECTION,
        DOC,
        required("fields", Shape::NamesOrRecords(&FIELD), "Its fields, after the choose_by parameter."),
    ],
};

static COMMAND: Table = Table {
    what: "a command",
    id: "command",
    and: None,
    keys: &[
        required(
            "id",
            Shape::Integer(u32::MAX as u64),
            "Its command_id; a response's is its request's plus 0x80000000.",
        ),
        required("kind", Shape::Word(KINDS), "The part it plays."),
        SECTION,
        DOC,
        optional("response", Shape::Name, "The command that answers a request."),
        optional("esme_may_issue_in", Shape::Words(STATES), "Session states in which an ESME may send it."),
        optional("smsc_may_issue_in", Shape::Words(STATES), "Session states in which an SMSC may send it."),
        optional(
            "accepted_in",
            Shape::Words(STATES),
            "Session states in which it is taken; those of both issuers when left out.",
        ),
        optional("body_on_error", Shape::Word(BODIES), "What a response does with its body when it reports an error."),
        optional("since", Shape::Text, "The version that has it first, in quotes."),
        required("fields", Shape::NamesOrRecords(&FIELD), "Its mandatory fields in the order of the wire."),
        OUTSIDE,
    ],
};

static TLV: Table = Table {
    what: "a TLV",
    id: "tlv",
    and: None,
    keys: &[
        required("tag", Shape::Integer(u16::MAX as u64), "Its tag."),
        required("type", Shape::Word(TLV_TYPES), "What its value is."),
        optional("size", Shape::OneOf(SIZES), "Octets of an integer: 1, 2, 4 or 8."),
        optional("enum", Shape::Name, "Enumeration that names the values of an integer."),
        optional("bits", Shape::Name, "Bit field that the integer is."),
        optional("range", Shape::Range, "Lowest and highest sensible value of an integer without enumeration."),
        optional("first_octet", Shape::Name, "Enumeration that the first octet of an octet_string is."),
        optional("min", Shape::Integer(u32::MAX as u64), "Least octets, a c_octet_string's NUL counted."),
        optional("max", Shape::Integer(u32::MAX as u64), "Most octets, a c_octet_string's NUL counted."),
        optional("accept_lengths", Shape::Integers, "Further lengths to take from a peer without complaint."),
        required("allowed_in", Shape::WordOrNames("any"), "The commands that it may stand in, or any."),
        optional("technology", Shape::Names, "The networks it is for."),
        optional("repeatable", Shape::Flag, "true when it may occur several times in a PDU."),
        optional("aliases", Shape::Names, "Other names it goes by."),
        SECTION,
        DOC,
        OUTSIDE,
    ],
};

const SECTION: Key = optional("section", Shape::Text, "Section of the document that defines it.");
const DOC: Key = required("doc", Shape::Text, "What it is, in one line; becomes the documentation.");
const DOC_IF_ANY: Key = optional("doc", Shape::Text, "What it is, in one line; becomes the documentation.");
const OUTSIDE: Key = optional(
    "outside_vendor_range",
    Shape::Flag,
    "true when its number is outside the range that the standard leaves to vendors, and that is known.",
);

pub(crate) const EXTENDABLE: &[&str] = &["smpp34"];
const SIZES: &[u64] = &[1, 2, 4, 8];
const DIRECTIONS: &[&str] = &["submit", "deliver"];
const FIELD_TYPES: &[&str] = &["integer", "count", "c_octet_string", "octet_string", "list"];
const TLV_TYPES: &[&str] = &["integer", "c_octet_string", "octet_string", "empty"];
const KINDS: &[&str] = &["request", "response", "one_way", "nack"];
const BODIES: &[&str] = &["header_only", "omitted", "unspecified"];
const STATES: &[&str] = &["OPEN", "BOUND_TX", "BOUND_RX", "BOUND_TRX"];

const fn required(name: &'static str, shape: Shape, doc: &'static str) -> Key {
    Key { name, shape, required: true, doc }
}

const fn optional(name: &'static str, shape: Shape, doc: &'static str) -> Key {
    Key { name, shape, required: false, doc }
}
