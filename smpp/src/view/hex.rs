//! Octets as they are.

use std::fmt::Write;

/// A hex dump: a line for 16 octets each, with the offset before and the printable ASCII after them.
///
/// Shows every octet, those of a password too.
///
/// ```
/// assert_eq!(
///     smpp::view::hex(b"\0\0\0\x10submit"),
///     "00000000  00 00 00 10 73 75 62 6d  69 74                    |....submit|\n",
/// );
/// ```
pub fn hex(octets: &[u8]) -> String {
    let mut out = String::with_capacity(octets.len().div_ceil(16) * 79);
    for (line, chunk) in octets.chunks(16).enumerate() {
        let _ = write!(out, "{:08x} ", line * 16);
        for at in 0..16 {
            let gap = if at % 8 == 0 { " " } else { "" };
            let _ = match chunk.get(at) {
                Some(octet) => write!(out, "{gap}{octet:02x} "),
                None => write!(out, "{gap}   "),
            };
        }
        let ascii = |&octet: &u8| if octet == b' ' || octet.is_ascii_graphic() { char::from(octet) } else { '.' };
        let _ = writeln!(out, " |{}|", chunk.iter().map(ascii).collect::<String>());
    }
    out
}

/// Octets as digits without anything between them.
pub(super) fn digits(octets: &[u8]) -> String {
    let mut out = String::with_capacity(octets.len() * 2);
    for octet in octets {
        let _ = write!(out, "{octet:02x}");
    }
    out
}
