//! The YAML against the tables of facts in `data/`, in both directions.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use smpp_spec::{
    BodyOnError, Command, Direction, Field, FieldType, Kind, State, Structure, Tlv, TlvType, Value, Values, standard,
};

#[test]
fn commands() {
    let rows = table("commands.csv");
    let named: Vec<_> = rows.iter().map(|row| row["command"].as_str()).collect();
    same_names(&named, standard().commands.iter().map(|command| command.meta.name.as_str()));
    for row in &rows {
        let name = &row["command"];
        let command = command(name);
        assert_eq!(u64::from(command.id), number(&row["command_id"]), "{name}");
        let kind = match row["kind"].as_str() {
            "request" => Kind::Request,
            "response" => Kind::Response,
            "one-way" => Kind::OneWay,
            "nack" => Kind::Nack,
            other => panic!("{other}"),
        };
        assert_eq!(command.kind, kind, "{name}");
        let direction = match (command.esme_may_issue_in.is_empty(), command.smsc_may_issue_in.is_empty()) {
            (false, false) => "both",
            (false, true) => "ESME->SMSC",
            (true, false) => "SMSC->ESME",
            (true, true) => "none",
        };
        assert_eq!(direction, row["direction"], "{name}");
        assert_eq!(command.response.as_deref().unwrap_or_default(), row["response"], "{name}");
        assert_eq!(command.response_of.as_deref().unwrap_or_default(), row["response_of"], "{name}");
        assert_eq!(command.esme_may_issue_in, states(&row["esme_may_issue_in"]), "{name}");
        assert_eq!(command.smsc_may_issue_in, states(&row["smsc_may_issue_in"]), "{name}");
        let mut union = [command.esme_may_issue_in.clone(), command.smsc_may_issue_in.clone()].concat();
        union.sort_unstable();
        union.dedup();
        assert_eq!(union, states(&row["session_states_allowed"]), "{name}");
        assert_eq!(command.accepted_in, states(&row["session_states_recommended"]), "{name}");
        let body = match row["body_on_error"].as_str() {
            "n/a" => BodyOnError::NotApplicable,
            "header-only" => BodyOnError::HeaderOnly,
            "omitted" | "omitted (by analogy)" => BodyOnError::Omitted,
            "unspecified" => BodyOnError::Unspecified,
            other => panic!("{other}"),
        };
        assert_eq!(command.body_on_error, body, "{name}");
        assert_eq!(command.since, row["smpp_version_introduced"], "{name}");
        assert_eq!(command.meta.section, row["spec_section"], "{name}");
    }
}

/// A mandatory field and where it stands: the list it is in, and the condition it stands under.
struct Placed<'a> {
    parent: &'a str,
    condition: String,
    field: &'a Field,
}

#[test]
fn fields() {
    let mut rows: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    // The header is not part of any command.
    for row in table("fields.csv").into_iter().filter(|row| row["command"] != "header") {
        rows.entry(row["command"].clone()).or_default().push(row);
    }
    for command in &standard().commands {
        let name = &command.meta.name;
        let rows = rows.remove(name).unwrap_or_default();
        let placed = placed(command);
        let in_table: Vec<_> =
            rows.iter().map(|row| (row["parent"].as_str(), row["condition"].clone(), row["field"].as_str())).collect();
        let in_spec: Vec<_> = placed
            .iter()
            .map(|placed| (placed.parent, placed.condition.clone(), placed.field.wire_name.as_str()))
            .collect();
        assert_eq!(in_spec, in_table, "{name}");
        for (row, placed) in rows.iter().zip(&placed) {
            check_field(row, placed.field, name);
        }
    }
    assert!(rows.is_empty(), "fields of no command: {:?}", rows.keys());
}

fn check_field(row: &Row, field: &Field, command: &str) {
    let what = format!("{} of {command}", row["field"]);
    assert_eq!(field.meta.section, row["spec_ref"], "{what}");
    let (min, max) = (row["min_octets"].as_str(), row["max_octets"].as_str());
    let (kind, size, least, most) = match &field.ty {
        FieldType::Integer { size, default, .. } => {
            assert_eq!(*default, if row["default"].is_empty() { 0 } else { number(&row["default"]) }, "{what}");
            ("integer", size.to_string(), size.to_string(), size.to_string())
        }
        // no_unsuccess is printed with a default of 0: it counts an empty list then.
        FieldType::Count { size, .. } => {
            assert!(["computed", "0"].contains(&row["default"].as_str()), "{what}");
            ("integer", size.to_string(), size.to_string(), size.to_string())
        }
        FieldType::COctetString { min, max, lengths, .. } => {
            assert_eq!(row["default"], "", "{what}");
            let size = match lengths[..] {
                [] => "var".to_owned(),
                _ => lengths.iter().map(u32::to_string).collect::<Vec<_>>().join(" or "),
            };
            ("c_octet_string", size, min.to_string(), max.to_string())
        }
        FieldType::OctetString { counted_by, min, max } => {
            ("sm_length-prefixed", counted_by.clone(), min.to_string(), max.to_string())
        }
        FieldType::List { of, min, .. } => {
            let structure = standard().structures.iter().find(|structure| structure.meta.name == *of).unwrap();
            let (shortest, longest) = octets_of(structure);
            ("list", format!("n*[{shortest}-{longest}]"), (min * shortest).to_string(), String::new())
        }
    };
    assert_eq!(kind, row["type"], "{what}");
    assert_eq!(size, row["size_octets"], "{what}");
    assert_eq!((least.as_str(), most.as_str()), (min, max), "{what}");
}

/// The fields of a command in the order of the table: those of the list elements come after all others.
fn placed(command: &Command) -> Vec<Placed<'_>> {
    let mut placed: Vec<_> =
        command.fields.iter().map(|field| Placed { parent: "", condition: String::new(), field }).collect();
    for list in &command.fields {
        let FieldType::List { of, .. } = &list.ty else { continue };
        let structure = standard().structures.iter().find(|structure| structure.meta.name == *of).unwrap();
        let discriminant = structure.discriminant.as_ref();
        placed.extend(discriminant.map(|field| Placed { parent: &list.wire_name, condition: String::new(), field }));
        for variant in &structure.variants {
            let condition =
                discriminant.map_or_else(String::new, |field| format!("{}={}", field.meta.name, variant.value));
            placed.extend(variant.fields.iter().map(|field| Placed {
                parent: &list.wire_name,
                condition: condition.clone(),
                field,
            }));
        }
    }
    placed
}

fn octets_of(structure: &Structure) -> (u32, u32) {
    let of_field = |field: &Field| match field.ty {
        FieldType::Integer { size, .. } => (u32::from(size), u32::from(size)),
        FieldType::COctetString { min, max, .. } => (min, max),
        _ => panic!("{}", field.meta.name),
    };
    let sum = |(a, b): (u32, u32), (c, d): (u32, u32)| (a + c, b + d);
    let first = structure.discriminant.as_ref().map_or((0, 0), of_field);
    let variants: Vec<_> =
        structure.variants.iter().map(|variant| variant.fields.iter().map(of_field).fold(first, sum)).collect();
    (variants.iter().map(|size| size.0).min().unwrap(), variants.iter().map(|size| size.1).max().unwrap())
}

#[test]
fn tlvs() {
    let rows = table("tlvs.csv");
    let named: Vec<_> = rows.iter().map(|row| row["name"].as_str()).collect();
    same_names(&named, standard().tlvs.iter().map(|tlv| tlv.meta.name.as_str()));
    for row in &rows {
        let name = &row["name"];
        let tlv = tlv(name);
        assert_eq!(u64::from(tlv.tag), number(&row["tag"]), "{name}");
        assert_eq!(tlv.meta.section, row["spec_section"], "{name}");
        let kind = match &tlv.ty {
            // Printed as an octet string of 1, treated as the integer that it is (erratum 33).
            TlvType::Integer { .. } if name == "ussd_service_op" => "octet_string",
            TlvType::Integer { values: Some(Values::BitField(_)), .. } => "bitmask",
            TlvType::Integer { .. } => "integer",
            TlvType::COctetString => "c_octet_string",
            TlvType::OctetString => "octet_string",
            TlvType::Empty => "empty",
        };
        assert_eq!(kind, row["type"], "{name}");
        assert_eq!(tlv.min.to_string(), row["length_min"], "{name}");
        assert_eq!(tlv.max.to_string(), row["length_max"], "{name}");
        if let TlvType::Integer { size, .. } = tlv.ty {
            assert_eq!((u32::from(size), u32::from(size)), (tlv.min, tlv.max), "{name}");
        }
        assert_eq!(tlv.allowed_in.clone().unwrap(), list(&row["allowed_in"]), "{name}");
        assert_eq!(tlv.technology, list(&row["technology"]), "{name}");
        assert_eq!(tlv.repeatable, row["repeatable"] == "yes", "{name}");
        // `enum x ...` in the table is an enumeration in the YAML, and where there is one the table has it too.
        let named = row["values"].strip_prefix("enum ").and_then(|rest| rest.split([' ', ',']).next());
        match &tlv.ty {
            TlvType::Integer { values: Some(Values::Enum(of)), .. } => assert_eq!(Some(of.as_str()), named, "{name}"),
            TlvType::Integer { values: None, .. } => assert_eq!(named, None, "{name}"),
            _ => {}
        }
        if let Some(of) = &tlv.first_octet {
            let said = match of.as_str() {
                "data_coding" => "octet 1 = data_coding".to_owned(),
                "callback_num_digit_mode" => "octet 1 = digit mode".to_owned(),
                of => format!("octet 1 = enum {of}"),
            };
            assert!(row["values"].starts_with(&said), "{name}");
        }
        if let Some(range) = &tlv.range {
            assert!(row["values"].starts_with(&format!("{}..{}", range.start(), range.end())), "{name}");
        }
    }
}

#[test]
fn statuses() {
    let rows = table("command_status.csv");
    let statuses = &standard().enums.iter().find(|found| found.meta.name == "command_status").unwrap().values;
    let named: Vec<_> = rows.iter().map(|row| row["name"].as_str()).collect();
    // The ranges among them are rows of enums.csv.
    same_names(&named, statuses.iter().map(|value| value.meta.name.as_str()).filter(|name| name.starts_with("ESME_")));
    for row in &rows {
        let status = statuses.iter().find(|value| value.meta.name == row["name"]).unwrap();
        let value = number(&row["value"]);
        assert_eq!(status.ranges, [value..=value], "{}", row["name"]);
        assert!(!status.reserved, "{}", row["name"]);
    }
}

/// A value of an enumeration or part of a bit field, as enums.csv has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    of: String,
    name: String,
    ranges: Vec<(u64, u64)>,
    text: Option<String>,
    mask: Option<u64>,
    section: String,
}

#[test]
fn enumerations() {
    let mut expected: Vec<Line> = table("enums.csv").iter().filter_map(line_of_row).collect();
    let mut found = lines_of_spec();
    expected.sort();
    found.sort();
    for line in &expected {
        assert!(found.contains(line), "not in the YAML: {line:?}");
    }
    for line in &found {
        assert!(expected.contains(line), "not in the table: {line:?}");
    }
    assert_eq!(found, expected);
}

fn line_of_row(row: &Row) -> Option<Line> {
    let (of, name) = (row["enum"].as_str(), row["name"].as_str());
    // 5.0 only, or not a value at all: the TLV is empty in 3.4.
    let v5 = name.ends_with("_v5") && name != "reserved_success_v5";
    if v5 || (of, name) == ("alert_on_message_delivery", "present") {
        return None;
    }
    let strings = of == "service_type";
    let mut ranges: Vec<(u64, u64)> =
        if strings { Vec::new() } else { list(&row["value"]).iter().map(|text| range(text)).collect() };
    // The printed range covers all responses (erratum 8).
    if name == "reserved_10300" {
        ranges = vec![(0x0001_0300, 0x7FFF_FFFF), (0x8001_0300, 0xFFFF_FFFF)];
    }
    // Its octet is an enumeration in the YAML: all other bits are 0.
    let digit_mode = of == "callback_num.digit_mode";
    Some(Line {
        of: match of {
            "callback_num.digit_mode" => "callback_num_digit_mode".into(),
            // The ranges of statuses stand among the statuses.
            "command_status_range" => "command_status".into(),
            // Parts of the TLV of both.
            "ms_msg_wait_indicator" | "ms_msg_wait_type" => format!("ms_msg_wait_facilities.{of}"),
            _ => of.into(),
        },
        // Hexadecimal digits are lower case in a snake_case name.
        name: match name {
            "reserved_success_v5" => "reserved_success".into(),
            _ if name.starts_with("reserved") || name.starts_with("unlisted") => name.to_lowercase(),
            _ => name.into(),
        },
        ranges,
        text: strings.then(|| row["value"].clone()),
        mask: (!row["mask"].is_empty() && !digit_mode).then(|| number(&row["mask"])),
        section: row["spec_section"].clone(),
    })
}

fn lines_of_spec() -> Vec<Line> {
    let mut lines = Vec::new();
    let line = |of: String, value: &Value, mask: Option<u64>| Line {
        of,
        name: value.meta.name.clone(),
        ranges: value.ranges.iter().map(bounds).collect(),
        text: value.text.clone(),
        mask,
        section: value.meta.section.clone(),
    };
    for found in &standard().enums {
        let values = found.values.iter().filter(|value| !value.meta.name.starts_with("ESME_"));
        lines.extend(values.map(|value| line(found.meta.name.clone(), value, None)));
    }
    for field in &standard().bit_fields {
        for part in &field.parts {
            let name = format!("{}.{}", field.meta.name, part.meta.name);
            // The group of 23.038 has no bits of its own.
            let mask = (part.mask != 0).then_some(part.mask);
            for value in &part.values {
                if field.meta.name != "esm_class" {
                    lines.push(line(name.clone(), value, mask));
                    continue;
                }
                // One bit field in the YAML, one for either direction in the table.
                for (direction, suffix) in [(Direction::Submit, "submit"), (Direction::Deliver, "deliver")] {
                    if value.direction.is_none_or(|only| only == direction) {
                        lines.push(line(format!("esm_class_{suffix}.{}", part.meta.name), value, mask));
                    }
                }
            }
        }
    }
    lines
}

#[test]
fn reserved_values_are_marked() {
    let parts = standard().bit_fields.iter().flat_map(|field| &field.parts).flat_map(|part| &part.values);
    for value in standard().enums.iter().flat_map(|found| &found.values).chain(parts) {
        let name = value.meta.name.as_str();
        let reserved = name.starts_with("reserved")
            || name.starts_with("unlisted")
            || ["smpp_extension", "smpp_extension_resp", "extension", "not_allowed"].contains(&name);
        assert_eq!(value.reserved, reserved, "{name}");
    }
}

#[test]
fn everything_is_documented() {
    let spec = standard();
    let fields = spec.commands.iter().flat_map(|command| &command.fields);
    let fields = fields.chain(spec.structures.iter().flat_map(|found| &found.variants).flat_map(|found| &found.fields));
    let parts = || spec.bit_fields.iter().flat_map(|field| &field.parts);
    let metas = (spec.commands.iter().map(|found| &found.meta))
        .chain(fields.map(|found| &found.meta))
        .chain(spec.tlvs.iter().map(|found| &found.meta))
        .chain(spec.enums.iter().map(|found| &found.meta))
        .chain(spec.bit_fields.iter().map(|found| &found.meta))
        .chain(parts().map(|found| &found.meta))
        .chain(spec.structures.iter().map(|found| &found.meta))
        .chain(spec.structures.iter().flat_map(|found| &found.variants).map(|found| &found.meta));
    for meta in metas {
        assert!(meta.doc.ends_with('.') && meta.doc.len() > 5, "{}: {}", meta.name, meta.doc);
        assert!(!meta.doc.contains('\n'), "{}", meta.name);
        assert!(!meta.section.is_empty(), "{}", meta.name);
    }
    for value in spec.enums.iter().flat_map(|found| &found.values).chain(parts().flat_map(|part| &part.values)) {
        assert!(value.meta.doc.ends_with('.') || value.reserved, "{}: {}", value.meta.name, value.meta.doc);
    }
}

type Row = BTreeMap<String, String>;

fn table(name: &str) -> Vec<Row> {
    let path = format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"));
    let mut reader = csv::Reader::from_path(path).unwrap();
    let rows: Vec<Row> = reader.deserialize().map(|row| row.unwrap()).collect();
    assert!(rows.len() > 20, "{name}");
    rows
}

fn command(name: &str) -> &'static Command {
    standard().commands.iter().find(|command| command.meta.name == name).unwrap()
}

fn tlv(name: &str) -> &'static Tlv {
    standard().tlvs.iter().find(|tlv| tlv.meta.name == name).unwrap()
}

fn same_names<'a>(expected: &[&str], found: impl Iterator<Item = &'a str>) {
    let (mut expected, mut found) = (expected.to_vec(), found.collect::<Vec<_>>());
    expected.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, expected);
}

fn list(cell: &str) -> Vec<String> {
    if cell.is_empty() { Vec::new() } else { cell.split(';').map(str::to_owned).collect() }
}

fn states(cell: &str) -> Vec<State> {
    let state = |word: &String| match word.as_str() {
        "OPEN" => State::Open,
        "BOUND_TX" => State::BoundTx,
        "BOUND_RX" => State::BoundRx,
        "BOUND_TRX" => State::BoundTrx,
        other => panic!("{other}"),
    };
    list(cell).iter().map(state).collect()
}

fn number(text: &str) -> u64 {
    text.strip_prefix("0x").map_or_else(|| text.parse(), |digits| u64::from_str_radix(digits, 16)).unwrap()
}

fn range(text: &str) -> (u64, u64) {
    match text.split_once('-') {
        Some((low, high)) => (number(low), number(high)),
        None => (number(text), number(text)),
    }
}

fn bounds(range: &RangeInclusive<u64>) -> (u64, u64) {
    (*range.start(), *range.end())
}
