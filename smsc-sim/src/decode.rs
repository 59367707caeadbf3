//! `smsc-sim decode`: what octets in hexadecimal say.

use std::fmt;
use std::io::{BufRead, Write};

use smpp::codec::{DEFAULT_MAX_COMMAND_LENGTH, Decoder, Frame, Leniency, Protocol};
use smpp::sms::{Message, Profile, describe};
use smpp::view::{self, Views};

/// How PDUs are shown, and what is tolerated.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Lines for a person, with offsets, instead of one line of JSON a PDU. What a message says, its text for instance,
    /// follows in lines marked with `=`, data_coding 0 read as GSM 7-bit.
    pub text: bool,
    /// The letter of the standard: [`Leniency::STRICT`].
    pub strict: bool,
    /// What is known besides the standard: [`VendorSpec::protocols`](crate::VendorSpec::protocols).
    pub protocols: &'static [&'static Protocol],
}

/// Decodes every line of `input`, each one or several PDUs in hexadecimal, and writes what they say to `output`.
///
/// Returns whether all of it could be decoded; what was salvaged counts. Lines that are not hexadecimal are reported to
/// `complaints`, with line and column.
///
/// # Errors
/// Those of reading and writing.
pub fn decode_lines(
    input: impl BufRead,
    output: &mut impl Write,
    complaints: &mut impl Write,
    options: Options,
) -> std::io::Result<bool> {
    let mut all = true;
    for (number, line) in input.lines().enumerate() {
        match parse_hex(&line?) {
            Ok(octets) => all &= decode_octets(&octets, output, options)?,
            Err(error) => {
                all = false;
                writeln!(complaints, "line {}, {error}", number + 1)?;
            }
        }
    }
    Ok(all)
}

/// Decodes the PDUs of a buffer, one after the other. Returns whether all of it could be decoded.
///
/// # Errors
/// Those of writing.
pub fn decode_octets(octets: &[u8], output: &mut impl Write, options: Options) -> std::io::Result<bool> {
    let mut decoder = Decoder::new(if options.strict { Leniency::STRICT } else { Leniency::DEFAULT })
        .with_protocols(options.protocols);
    let views = Views::default().showing_passwords(true);
    let (mut rest, mut all) = (octets, true);
    while !rest.is_empty() {
        match Frame::split(rest, DEFAULT_MAX_COMMAND_LENGTH) {
            Ok(Some((frame, after))) => {
                let decoded = decoder.decode(frame);
                all &= decoded.is_ok() && is_known(frame, &decoder);
                let shown =
                    if options.text { views.text(frame, &mut decoder) } else { views.json(frame, &mut decoder) };
                writeln!(output, "{}", shown.trim_end())?;
                if options.text
                    && let Ok(pdu) = &decoded
                    && let Ok(message) = Message::try_from(pdu)
                {
                    for line in describe(message, &Profile::default()).to_string().lines() {
                        writeln!(output, "= {line}")?;
                    }
                }
                rest = after;
            }
            // What is left is no PDU, and nothing tells where the next one might begin.
            Ok(None) => {
                writeln!(output, "{}", not_a_pdu(&view::json_incomplete(rest), rest, options))?;
                return Ok(false);
            }
            Err(error) => {
                writeln!(output, "{}", not_a_pdu(&view::json_frame_error(rest, error), rest, options))?;
                return Ok(false);
            }
        }
    }
    Ok(all)
}

/// Whether the PDU is one that a specification has.
fn is_known(frame: Frame<'_>, decoder: &Decoder) -> bool {
    let id = frame.header().command_id;
    smpp::command::find(id).is_some() || decoder.protocols().iter().any(|protocol| protocol.command(id).is_some())
}

fn not_a_pdu(json: &str, rest: &[u8], options: Options) -> String {
    if options.text { format!("! {json}\n{}", view::hex(rest)) } else { json.to_owned() }
}

/// Why a text is not octets in hexadecimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HexError {
    /// This character, in this column from 1, is no hexadecimal digit.
    NotADigit(usize, char),
    /// There is an odd number of digits, the last of them in this column from 1.
    HalfAnOctet(usize),
}

impl fmt::Display for HexError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotADigit(column, character) => write!(f, "column {column}: `{character}` is not hexadecimal"),
            Self::HalfAnOctet(column) => write!(f, "column {column}: the last digit is half an octet"),
        }
    }
}

impl std::error::Error for HexError {}

/// Octets in hexadecimal. Blanks, colons, and `0x` before a group are passed over.
///
/// # Errors
/// [`HexError`].
pub fn parse_hex(text: &str) -> Result<Vec<u8>, HexError> {
    let mut digits = Vec::with_capacity(text.len());
    let mut characters = text.chars().zip(1..).peekable();
    let mut begins = true;
    while let Some((character, column)) = characters.next() {
        match character.to_digit(16) {
            Some(0) if begins && characters.next_if(|(next, _)| matches!(next, 'x' | 'X')).is_some() => begins = false,
            Some(digit) => {
                digits.push((digit as u8, column));
                begins = false;
            }
            None if character.is_whitespace() || character == ':' => begins = true,
            None => return Err(HexError::NotADigit(column, character)),
        }
    }
    match digits.last() {
        Some(&(_, column)) if digits.len() % 2 == 1 => Err(HexError::HalfAnOctet(column)),
        _ => Ok(digits.chunks_exact(2).map(|pair| pair[0].0 << 4 | pair[1].0).collect()),
    }
}

#[cfg(test)]
mod tests {
    use smpp::codec::Encode;
    use smpp::pdu::DeliverSm;

    use super::*;

    #[test]
    fn hexadecimal_as_people_paste_it() {
        assert_eq!(parse_hex("00 00:0a\t0xFF  "), Ok(vec![0, 0, 0x0A, 0xFF]));
        assert_eq!(parse_hex(""), Ok(vec![]));
        assert_eq!(parse_hex("00 0g"), Err(HexError::NotADigit(5, 'g')));
        assert_eq!(parse_hex("00 0"), Err(HexError::HalfAnOctet(4)));
        assert_eq!(parse_hex("0x0x00"), Err(HexError::NotADigit(4, 'x')));
    }

    fn decode(line: &str, options: Options) -> (bool, String, String) {
        let (mut out, mut complaints) = (Vec::new(), Vec::new());
        let all = decode_lines(line.as_bytes(), &mut out, &mut complaints, options).unwrap();
        (all, String::from_utf8(out).unwrap(), String::from_utf8(complaints).unwrap())
    }

    #[test]
    fn a_line_of_json_for_each_pdu() {
        let (all, out, _) =
            decode("0000001000000015 00000000 00000001 00000010800000150000000000000001\n", Options::default());
        assert!(all);
        let lines: Vec<_> = out.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(lines[0].starts_with(r#"{"command":"enquire_link","command_length":16,"command_id":21,"#), "{out}");
        assert!(lines[1].ends_with(r#""fields":{},"tlvs":[],"diagnostics":[]}"#), "{out}");
    }

    #[test]
    fn people_are_told_what_a_message_says() {
        let pdu = DeliverSm::default()
            .with_source_addr("4179")
            .with_esm_class(0x40)
            .with_data_coding(8)
            .with_short_message(b"\x05\0\x03\x2A\x02\x01\x04\x14\x04\x30");
        let octets = pdu.to_octets(1).unwrap();
        let mut out = Vec::new();
        assert!(decode_octets(&octets, &mut out, Options { text: true, ..Options::default() }).unwrap());
        let out = String::from_utf8(out).unwrap();
        let told: Vec<_> = out.lines().filter_map(|line| line.strip_prefix("= ")).collect();
        let expected = [
            "message, part 1 of 2, 8-bit reference 42",
            "from 4179",
            "short_message, data_coding 0x08 (UCS2), 2 characters of UCS-2: \"Да\"",
            "header: part 1 of 2, 8-bit reference 42",
        ];
        assert_eq!(told, expected);
        let (_, out, _) = decode("00000010000000150000000000000001", Options { text: true, ..Options::default() });
        assert!(!out.contains("\n= "), "{out}");
    }

    #[test]
    fn what_cannot_be_decoded_fails_and_says_why() {
        let (all, out, _) = decode("00000010800000150000000000000001000000", Options::default());
        assert!(!all && out.contains("incomplete_header"), "{out}");
        let (all, out, _) = decode("ffffffff", Options::default());
        assert!(!all && out.contains("invalid_command_length"), "{out}");
        let (all, out, _) = decode("000000100000007f0000000000000001", Options::default());
        assert!(!all && out.contains("unknown_command_id"), "{out}");
        let (all, out, complaints) = decode("zz\n00000010000000150000000000000000", Options::default());
        assert!(!all && out.lines().count() == 1, "{out}");
        assert_eq!(complaints, "line 1, column 1: `z` is not hexadecimal\n");
    }

    #[test]
    fn strict_refuses_what_is_otherwise_taken() {
        let zero = "00000010000000150000000000000000";
        assert!(decode(zero, Options::default()).0);
        let (all, out, _) = decode(zero, Options { strict: true, ..Options::default() });
        assert!(!all && out.contains(r#""error":{"class":"invalid_value","field":"sequence_number""#), "{out}");
        let (all, out, _) = decode(zero, Options { text: true, ..Options::default() });
        assert!(all && out.contains("enquire_link"), "{out}");
    }
}
