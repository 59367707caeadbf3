//! Every row of `data/vectors.csv` gives what its class says.

mod data;

use data::Vector;
use smpp::codec::{Cursor, Decoder, FieldSpec, FieldValue, FieldView, Frame, Frames, Leniency, RawPdu, Visit};
use smpp::{DecodeErrorKind, Pdu};

/// Applies a check to every row of a class and tells of all that fail.
fn check(class: &str, check: impl Fn(&Vector) -> Result<(), String>) {
    let rows = data::of_class(class);
    let failures: Vec<_> = rows
        .iter()
        .filter_map(|vector| check(vector).err().map(|why| format!("{}: {why}\n  {}", vector.name, vector.expected)))
        .collect();
    assert!(failures.is_empty(), "{} of {} {class} vectors:\n{}", failures.len(), rows.len(), failures.join("\n"));
}

macro_rules! ensure {
    ($condition:expr, $($message:tt)+) => {
        if !$condition {
            return Err(format!($($message)+));
        }
    };
}

#[test]
fn all_rows_have_a_known_class() {
    for vector in data::all() {
        let classes = ["valid", "tolerated", "semantic", "malformed", "stream", "valid_v5"];
        assert!(classes.contains(&vector.class.as_str()), "{}: {}", vector.name, vector.class);
    }
}

#[test]
fn valid_vectors_are_clean_and_encode_again() {
    check("valid", |vector| {
        for leniency in [Leniency::DEFAULT, Leniency::STRICT, Leniency::LENIENT] {
            let pdu = clean(vector, leniency)?;
            describes(vector, &pdu)?;
            let findings = smpp::validate(vector.frame().header(), &pdu, &[]);
            ensure!(findings.is_empty(), "validate: {findings:?}");
            encodes_again(vector, &pdu)?;
            encodes_again(vector, &pdu.into_owned())?;
        }
        Ok(())
    });
}

#[test]
fn tolerated_vectors_are_clean_and_refused_strictly() {
    check("tolerated", |vector| {
        let pdu = clean(vector, Leniency::DEFAULT)?;
        describes(vector, &pdu)?;
        let (strict, _) = data::decode(&vector.octets, Leniency::STRICT);
        ensure!(strict.is_err(), "accepted strictly");
        let findings = smpp::validate(vector.frame().header(), &pdu, &[]);
        ensure!(findings.first() == strict.as_ref().err(), "strict {strict:?}, validate {findings:?}");
        Ok(())
    });
}

#[test]
fn semantic_vectors_decode_and_are_objected_to() {
    check("semantic", |vector| {
        let pdu = clean(vector, Leniency::DEFAULT)?;
        let findings = smpp::validate(vector.frame().header(), &pdu, &[]);
        let Some(first) = findings.first() else { return Err("no objection".to_owned()) };
        ensure!(vector.has_class(first) && Some(first.command_status()) == vector.recommended_status, "{findings:?}");
        let (strict, _) = data::decode(&vector.octets, Leniency::STRICT);
        ensure!(strict.as_ref() == Err(first), "strict {strict:?}");
        Ok(())
    });
}

#[test]
fn malformed_vectors_never_decode_cleanly() {
    check("malformed", |vector| {
        let frame = match Frame::split(&vector.octets, smpp::codec::DEFAULT_MAX_COMMAND_LENGTH) {
            Err(error) => {
                ensure!(vector.error_class.contains(&error.class().as_str().to_owned()), "{error}");
                ensure!(Some(error.command_status()) == vector.recommended_status, "{:?}", error.command_status());
                return Ok(());
            }
            Ok(None) => return Err("incomplete".to_owned()),
            Ok(Some((frame, _))) => frame,
        };
        let mut strict = Decoder::new(Leniency::STRICT);
        let Err(error) = strict.decode(frame) else { return Err("accepted strictly".to_owned()) };
        ensure!(vector.has_class(&error), "strict: {error:?}");
        if let Some(status) = vector.recommended_status {
            ensure!(error.command_status() == status, "{:?}, not {status:?}", error.command_status());
        }
        let mut default = Decoder::default();
        match default.decode(frame) {
            Err(error) => ensure!(vector.has_class(&error), "default: {error:?}"),
            Ok(_) => {
                let diagnostics = default.diagnostics();
                ensure!(diagnostics.iter().any(|error| vector.has_class(error)), "default: {diagnostics:?}");
            }
        }
        Ok(())
    });
}

#[test]
fn stream_vectors_split_as_stated() {
    check("stream", |vector| {
        let mut frames = Frames::new(&vector.octets);
        let split: Result<Vec<_>, _> = frames.by_ref().collect();
        let split = split.map_err(|error| error.to_string())?;
        // "decodes to 1 PDU and keeps 15 octets", "… keeps 3 octets", or nothing whole at all.
        let words: Vec<_> = vector.expected.split_whitespace().collect();
        let number_before = |wanted: &str| {
            let pair = words.windows(2).find(|pair| pair[1].trim_end_matches('s') == wanted)?;
            pair[0].parse::<usize>().ok()
        };
        let keeps = words.windows(2).find(|pair| pair[0] == "keeps").and_then(|pair| pair[1].parse().ok());
        let pdus = number_before("PDU");
        ensure!(pdus.is_none_or(|pdus| pdus == split.len()), "{} PDUs", split.len());
        let rest = keeps.unwrap_or_else(|| if pdus.is_some() { 0 } else { vector.octets.len() });
        ensure!(frames.remainder().len() == rest, "{} octets left", frames.remainder().len());
        let first = split.first().map(|frame| frame.header().sequence_number);
        ensure!(first == vector.sequence_number, "sequence_number {first:?}");
        for frame in Frames::new(&vector.octets).flatten() {
            let mut decoder = Decoder::new(Leniency::STRICT);
            let decoded = decoder.decode(frame).map(drop).map_err(|error| error.class().as_str());
            let expected = vector.error_class.first().map_or(Ok(()), |class| Err(class.as_str()));
            ensure!(decoded == expected, "{decoded:?}");
        }
        Ok(())
    });
}

#[test]
fn commands_of_5_0_are_unknown() {
    check("valid_v5", |vector| {
        let (pdu, diagnostics) = data::decode(&vector.octets, Leniency::DEFAULT);
        let Ok(Pdu::Other(raw)) = &pdu else { return Err(format!("{pdu:?}")) };
        ensure!(raw.body() == &vector.octets[16..], "{raw:?}");
        let kinds: Vec<_> = diagnostics.iter().map(|error| error.kind).collect();
        ensure!(kinds == [DecodeErrorKind::UnknownCommandId], "{diagnostics:?}");
        encodes_again(vector, pdu.as_ref().expect("a PDU"))?;
        let (strict, _) = data::decode(&vector.octets, Leniency::STRICT);
        ensure!(strict.is_err(), "accepted strictly");
        Ok(())
    });
}

fn clean(vector: &Vector, leniency: Leniency) -> Result<Pdu<'_>, String> {
    let (pdu, diagnostics) = data::decode(&vector.octets, leniency);
    let pdu = pdu.map_err(|error| format!("{leniency:?}: {error}"))?;
    ensure!(diagnostics.is_empty(), "{leniency:?}: {diagnostics:?}");
    ensure!(pdu.spec().is_some_and(|spec| spec.name == vector.command), "{:?}", pdu.command_id());
    let header = vector.frame().header();
    ensure!(Some(header.sequence_number) == vector.sequence_number, "sequence_number {}", header.sequence_number);
    ensure!(Some(header.command_status.0) == vector.command_status, "status {:?}", header.command_status);
    Ok(pdu)
}

fn encodes_again(vector: &Vector, pdu: &Pdu<'_>) -> Result<(), String> {
    let header = vector.frame().header();
    let mut raw = Vec::new();
    let encoded =
        RawPdu::of_frame(vector.frame()).encode_with_status(header.command_status, header.sequence_number, &mut raw);
    ensure!(encoded.is_ok() && raw == vector.octets, "as octets it encodes to {raw:02x?}");
    let mut out = Vec::new();
    pdu.encode_with_status(header.command_status, header.sequence_number, &mut out)
        .map_err(|error| error.to_string())?;
    ensure!(out == vector.octets, "encodes to {out:02x?}");
    Ok(())
}

/// Whether the PDU holds what the row's description lists, and nothing else that is not 0 or empty.
fn describes(vector: &Vector, pdu: &Pdu<'_>) -> Result<(), String> {
    let Some(mut expected) = described(vector) else { return Ok(()) };
    let mut actual = Described::default();
    pdu.visit_fields(&mut Cursor::new(&mut actual));
    for tlv in pdu.tlvs() {
        let name = match tlv.tag {
            // The list knows 5.0.
            0x060D => "source_network_id".to_owned(),
            0x060F => "source_node_id".to_owned(),
            tag => smpp::tlv::find(tag).map_or_else(|| format!("0x{tag:04X}"), |spec| spec.name.to_owned()),
        };
        actual.values.push((format!("tlv {name}"), Value::Octets(tlv.value.to_vec())));
    }
    for (name, value) in &actual.values {
        if expected.first().is_some_and(|(key, _)| key == name) {
            let (_, text) = expected.remove(0);
            // The list is cut short here.
            if text == "0x..." && expected.is_empty() {
                return Ok(());
            }
            ensure!(value.is(&text), "{name} is {value:?}, not {text}");
        } else {
            ensure!(name.starts_with("tlv ") || value.is_nothing(), "{name} is {value:?} and not described");
            ensure!(!name.starts_with("tlv "), "{name} is not described");
        }
    }
    ensure!(expected.is_empty(), "not found: {expected:?}");
    Ok(())
}

/// The `field=value` list of a description, which follows the name of the command.
fn described(vector: &Vector) -> Option<Vec<(String, String)>> {
    let mut parts = vector.description.split("; ").skip_while(|part| *part != vector.command);
    parts.next()?;
    let mut list: Vec<(String, String)> = Vec::new();
    for part in parts {
        let is_key = |key: &&str| key.chars().all(|c| c.is_ascii_alphanumeric() || "_() ".contains(c));
        match (part.split_once('=').filter(|(key, _)| is_key(key)), list.last_mut()) {
            (Some((key, value)), _) => list.push((key.to_owned(), value.to_owned())),
            (None, Some((_, value))) => value.push_str(&format!("; {part}")),
            (None, None) => panic!("{}: {part}", vector.name),
        }
    }
    list.retain(|(key, _)| key != "seq" && key != "status");
    Some(list)
}

#[derive(Debug)]
enum Value {
    Integer(u64),
    Octets(Vec<u8>),
    List(String, usize),
}

impl Value {
    fn is_nothing(&self) -> bool {
        match self {
            Self::Integer(value) => *value == 0,
            Self::Octets(octets) => octets.is_empty(),
            Self::List(_, len) => *len == 0,
        }
    }

    fn is(&self, text: &str) -> bool {
        match self {
            Self::Integer(value) => value.to_string() == text,
            Self::List(list, _) => list == text,
            Self::Octets(octets) if octets == text.as_bytes() => true,
            Self::Octets(octets) => {
                let (digits, len) = match text.split_once("...") {
                    Some((digits, "")) => (digits, None),
                    Some((digits, len)) => {
                        let len = len.trim_matches(['(', ')']).strip_suffix(" octets").and_then(|len| len.parse().ok());
                        (digits, Some(len.unwrap_or(usize::MAX)))
                    }
                    None => (text, Some(text.len() / 2 - 1)),
                };
                let begin = digits.strip_prefix("0x").map(data::octets);
                begin.is_some_and(|begin| octets.starts_with(&begin)) && len.is_none_or(|len| len == octets.len())
            }
        }
    }
}

#[derive(Default)]
struct Described {
    values: Vec<(String, Value)>,
    /// The list that is being described.
    list: Option<Vec<Vec<String>>>,
}

impl Visit for Described {
    fn field(&mut self, field: FieldView<'_>) {
        if let Some(element) = self.list.as_mut().and_then(|list| list.last_mut()) {
            let value = match field.value {
                FieldValue::Integer(value) => value.to_string(),
                FieldValue::COctetString(octets) | FieldValue::OctetString(octets) => {
                    String::from_utf8_lossy(octets).into_owned()
                }
            };
            return element.push(format!("{}={value}", field.spec.wire_name));
        }
        let value = match field.value {
            FieldValue::Integer(value) => Value::Integer(value),
            FieldValue::COctetString(octets) | FieldValue::OctetString(octets) => Value::Octets(octets.to_vec()),
        };
        self.values.push((field.spec.wire_name.to_owned(), value));
    }

    fn begin_list(&mut self, list: &'static FieldSpec, _: usize, _: usize) {
        self.list = Some(Vec::new());
        self.values.push((list.wire_name.to_owned(), Value::List(String::new(), 0)));
    }

    fn begin_element(&mut self) {
        if let Some(list) = &mut self.list {
            list.push(Vec::new());
        }
    }

    fn end_list(&mut self) {
        let elements: Vec<_> = self.list.take().into_iter().flatten().map(|element| element.join(" ")).collect();
        if let Some((_, value)) = self.values.last_mut() {
            *value = Value::List(format!("[{}]", elements.join(" | ")), elements.len());
        }
    }
}
