//! The byte vectors of `vectors.csv`: found in test suites, captures and documents, or derived by hand.

#![allow(dead_code, reason = "every test binary uses a part of it")]

use smpp::codec::{Decoder, Frame, Leniency};
use smpp::value::CommandStatus;
use smpp::{DecodeError, Pdu};

/// A row of `vectors.csv`.
#[derive(Debug, Clone)]
pub(crate) struct Vector {
    pub(crate) name: String,
    pub(crate) octets: Vec<u8>,
    pub(crate) description: String,
    pub(crate) class: String,
    pub(crate) command: String,
    pub(crate) sequence_number: Option<u32>,
    pub(crate) command_status: Option<u32>,
    /// Any of them.
    pub(crate) error_class: Vec<String>,
    pub(crate) recommended_status: Option<CommandStatus>,
    pub(crate) expected: String,
}

impl Vector {
    pub(crate) fn frame(&self) -> Frame<'_> {
        Frame::exact(&self.octets).unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }

    pub(crate) fn has_class(&self, error: &DecodeError) -> bool {
        self.error_class.iter().any(|class| class == error.class().as_str())
    }
}

/// All rows of one class.
pub(crate) fn of_class(class: &str) -> Vec<Vector> {
    let rows: Vec<_> = all().into_iter().filter(|vector| vector.class == class).collect();
    assert!(!rows.is_empty(), "no vectors of class {class}");
    rows
}

/// The row of this name.
pub(crate) fn vector(name: &str) -> Vector {
    let found = all().into_iter().find(|vector| vector.name == name);
    found.unwrap_or_else(|| panic!("no vector {name}"))
}

pub(crate) fn all() -> Vec<Vector> {
    let rows = parse(include_str!("vectors.csv"));
    let (head, rows) = rows.split_first().expect("a header line");
    rows.iter()
        .map(|row| {
            let cell = |name: &str| {
                let at = head.iter().position(|column| column == name).unwrap_or_else(|| panic!("no column {name}"));
                row[at].clone()
            };
            let hex_number = |text: String| Some(u32::from_str_radix(text.strip_prefix("0x")?, 16).expect("a number"));
            Vector {
                octets: octets(&cell("hex")),
                sequence_number: cell("sequence_number").parse().ok(),
                command_status: hex_number(cell("command_status")),
                error_class: cell("error_class").split(';').filter(|c| !c.is_empty()).map(str::to_owned).collect(),
                recommended_status: Some(cell("recommended_status")).filter(|s| !s.is_empty()).map(|s| status(&s)),
                name: cell("name"),
                description: cell("description"),
                class: cell("class"),
                command: cell("command"),
                expected: cell("expected"),
            }
        })
        .collect()
}

/// Octets from hexadecimal digits; spaces are for the eye.
pub(crate) fn octets(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        hex.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_digit(16).expect("hex") as u8).collect();
    assert_eq!(digits.len() % 2, 0, "{hex}");
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// A PDU from the digits of its id, status, sequence_number and body.
pub(crate) fn pdu(command_id: u32, status: u32, sequence_number: u32, body: &[u8]) -> Vec<u8> {
    let words = [16 + body.len() as u32, command_id, status, sequence_number];
    words.into_iter().flat_map(u32::to_be_bytes).chain(body.iter().copied()).collect()
}

/// Decodes by a policy; a failure and diagnostics are both told.
pub(crate) fn decode(octets: &[u8], leniency: Leniency) -> (Result<Pdu<'_>, DecodeError>, Vec<DecodeError>) {
    let mut decoder = Decoder::new(leniency);
    let pdu = Frame::exact(octets).map(|frame| decoder.decode(frame)).expect("a frame");
    (pdu, decoder.take_diagnostics())
}

/// Decodes by the default policy, which must have nothing to say.
#[track_caller]
pub(crate) fn clean(octets: &[u8]) -> Pdu<'_> {
    let (pdu, diagnostics) = decode(octets, Leniency::DEFAULT);
    assert_eq!(diagnostics, []);
    pdu.expect("a PDU")
}

/// Decodes strictly.
#[track_caller]
pub(crate) fn strict(octets: &[u8]) -> Result<Pdu<'_>, DecodeError> {
    let (pdu, diagnostics) = decode(octets, Leniency::STRICT);
    assert_eq!(diagnostics, [], "strict decoding salvages nothing");
    pdu
}

fn status(name: &str) -> CommandStatus {
    let table = smpp::PROTOCOL.values("command_status").expect("the table");
    let entry = table.values.iter().find(|entry| entry.name == name);
    CommandStatus(entry.unwrap_or_else(|| panic!("no status {name}")).low as u32)
}

/// RFC 4180, as far as the file needs it.
pub(crate) fn parse(text: &str) -> Vec<Vec<String>> {
    let mut rows = vec![vec![String::new()]];
    let mut quoted = false;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let row = rows.last_mut().expect("a row");
        let cell = row.last_mut().expect("a cell");
        match character {
            '"' if quoted && characters.next_if_eq(&'"').is_some() => cell.push('"'),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(String::new()),
            '\n' if !quoted => rows.push(vec![String::new()]),
            '\r' if !quoted => {}
            other => cell.push(other),
        }
    }
    rows.retain(|row| row.len() > 1);
    rows
}
