//! Names: which of them a specification may give, and what they become in Rust.

use crate::diagnostic::Report;
use crate::locate::Place;
use crate::table::Naming;

/// `source_addr` as the name of a Rust type: `SourceAddr`.
pub fn type_name(name: &str) -> String {
    let mut out = String::new();
    for word in name.split('_') {
        let mut letters = word.chars();
        out.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        out.push_str(letters.as_str());
    }
    out
}

/// The Rust trait with the values that a specification adds to an enumeration of the standard: `AcmeDataCoding`.
///
/// The name of a specification is that of its file when the file gives none, so it may be anything.
pub fn extension_trait(specification: &str, enumeration: &str) -> String {
    let vendor = specification.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    let digit_first = vendor.starts_with(|c: char| c.is_ascii_digit());
    type_name(&format!("{}{vendor}_{enumeration}", if digit_first { "v" } else { "" }))
}

/// What is wrong with a name, if anything.
pub(crate) fn bad_name(name: &str, place: Place, naming: Naming) -> Option<Report> {
    let shape = |first: fn(&char) -> bool, rest: fn(char) -> bool| {
        name.chars().next().is_some_and(|c| first(&c))
            && name.chars().all(|c| rest(c) || c.is_ascii_digit() || c == '_')
            && !name.ends_with('_')
            && !name.contains("__")
    };
    let snake = shape(char::is_ascii_lowercase, |c| c.is_ascii_lowercase());
    let upper = shape(char::is_ascii_uppercase, |c| c.is_ascii_uppercase());
    let fits = snake || (upper && naming == Naming::Value);
    if !fits {
        let snake = to_snake_case(name);
        let help =
            if snake.is_empty() { "use lower case letters, digits and _".into() } else { format!("write `{snake}`") };
        return Some(Report::new(place, format!("`{name}` is no snake_case name")).help(help));
    }
    // Constants are in upper case, and the specification's name is never alone.
    if matches!(naming, Naming::Value | Naming::Specification) {
        return None;
    }
    let type_name = type_name(name);
    let message = if KEYWORDS.contains(&name) {
        format!("`{name}` is a keyword of Rust")
    } else if taken(naming).contains(&name) {
        format!("`{name}` is a name that the generated code uses itself")
    } else if makes_plain_type(naming) && PRELUDE.contains(&type_name.as_str()) {
        format!("`{name}` would become `{type_name}`, a name that the generated code uses itself")
    } else if matches!(naming, Naming::Enum | Naming::BitField) && type_name == name.to_ascii_uppercase() {
        format!("`{name}` would become `{type_name}` both as a type and as its table")
    } else {
        return None;
    };
    Some(Report::new(place, message).help("choose another name"))
}

/// Whether the type stands in a module where generated code names types of Rust.
fn makes_plain_type(naming: Naming) -> bool {
    matches!(naming, Naming::Enum | Naming::BitField | Naming::Structure | Naming::Command)
}

/// The names that are taken where a name of this kind goes.
fn taken(naming: Naming) -> &'static [&'static str] {
    match naming {
        Naming::Enum => &["all", "pdu", "raw_pdu", "tlvs", "other"],
        // It becomes a module too, which would hide these of Rust.
        Naming::BitField => {
            &["all", "pdu", "raw_pdu", "tlvs", "other", "alloc", "bool", "char", "core", "isize", "std", "str", "usize"]
        }
        Naming::Part => &["clone", "default", "from", "into", "name"],
        Naming::Structure => &["pdu", "raw_pdu", "tlvs", "other"],
        Naming::Command => &["all", "pdu", "raw_pdu", "tlvs", "other"],
        Naming::Field => &["tlvs"],
        Naming::Tlv => METHODS_OF_PDUS,
        Naming::Variant | Naming::Value | Naming::Specification => &[],
    }
}

fn to_snake_case(name: &str) -> String {
    let mut snake = String::new();
    let mut after_lower = false;
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            if c.is_ascii_uppercase() && after_lower {
                snake.push('_');
            }
            after_lower = !c.is_ascii_uppercase();
            snake.push(c.to_ascii_lowercase());
        } else if !snake.is_empty() && !snake.ends_with('_') {
            snake.push('_');
            after_lower = false;
        }
    }
    let snake = snake.trim_end_matches('_');
    if snake.starts_with(|c: char| c.is_ascii_digit()) { format!("n{snake}") } else { snake.to_owned() }
}

/// What a PDU can do besides; an accessor of the same name could not be called. And `ALL`, the table of all TLVs.
const METHODS_OF_PDUS: &[&str] = &[
    "all",
    "as_borrowed",
    "borrow",
    "borrow_mut",
    "clone",
    "clone_from",
    "clone_into",
    "decode_body",
    "decode_owned",
    "default",
    "deserialize",
    "encode",
    "encode_body",
    "encode_with_status",
    "eq",
    "fmt",
    "from",
    "into",
    "into_owned",
    "ne",
    "serialize",
    "tlvs",
    "tlvs_mut",
    "to_octets",
    "to_owned",
    "try_from",
    "try_into",
    "type_id",
    "visit_fields",
    "with_tlvs",
    "without_body",
];

/// What generated code takes from the prelude of Rust, some of it by way of macros that expand among the types.
const PRELUDE: &[&str] = &[
    "Box",
    "Clone",
    "Default",
    "Eq",
    "Err",
    "From",
    "FromIterator",
    "Into",
    "IntoIterator",
    "Iterator",
    "None",
    "Ok",
    "Option",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "Result",
    "Sized",
    "Some",
    "String",
    "ToOwned",
    "ToString",
    "TryFrom",
    "TryInto",
    "Vec",
];

const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod",
    "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super", "trait", "true",
    "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_specification_may_be_called_anything() {
        let names = ["acme", "type", "2nd-centre", "acmé v2"].map(|name| extension_trait(name, "data_coding"));
        assert_eq!(names, ["AcmeDataCoding", "TypeDataCoding", "V2ndCentreDataCoding", "AcmV2DataCoding"]);
        let place = Place { file: 0, number: 0 };
        assert!(bad_name("type", place, Naming::Specification).is_none());
        assert!(bad_name("Acme", place, Naming::Specification).is_some());
        assert!(bad_name("type", place, Naming::Command).is_some());
    }
}
