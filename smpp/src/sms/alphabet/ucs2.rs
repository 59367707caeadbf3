//! UCS-2 as networks carry it: UTF-16, most significant octet first, characters beyond the BMP as surrogate pairs.

/// 16-bit units of a text.
pub(super) fn units(text: &str) -> usize {
    // A unit for each octet of UTF-8 that begins a letter, and another for those of four octets, which are a pair.
    text.bytes().map(|octet| usize::from(octet & 0xC0 != 0x80) + usize::from(octet >= 0xF0)).sum()
}

/// Appends a text.
pub(super) fn encode_into(text: &str, out: &mut Vec<u8>) {
    let mut rest = text;
    out.reserve(units(text) * 2);
    while !rest.is_empty() {
        while let Some(ascii) = rest.as_bytes().first_chunk::<16>().filter(|chunk| chunk.is_ascii()) {
            let mut wide = [[0; 2]; 16];
            for (wide, octet) in wide.iter_mut().zip(ascii) {
                wide[1] = *octet;
            }
            out.extend_from_slice(wide.as_flattened());
            rest = &rest[16..];
        }
        let mut letters = rest.chars();
        for letter in letters.by_ref().take(AT_A_TIME) {
            let point = u32::from(letter);
            match u16::try_from(point) {
                Ok(unit) => out.extend_from_slice(&unit.to_be_bytes()),
                Err(_) => {
                    let beyond = point - 0x1_0000;
                    let pair = (0xD800 | beyond >> 10) << 16 | 0xDC00 | beyond & 0x3FF;
                    out.extend_from_slice(&pair.to_be_bytes());
                }
            }
        }
        rest = letters.as_str();
    }
}

/// The text of octets, and whether it was sound: lone surrogates and an odd octet at the end become U+FFFD.
pub(super) fn decode(octets: &[u8]) -> (String, bool) {
    let (pairs, odd) = octets.as_chunks::<2>();
    // Most texts in UCS-2 are in scripts of two or three octets of UTF-8.
    let (mut text, mut exact) = (String::with_capacity(pairs.len() * 3), odd.is_empty());
    for letter in char::decode_utf16(pairs.iter().map(|pair| u16::from_be_bytes(*pair))) {
        text.push(letter.unwrap_or_else(|_| {
            exact = false;
            char::REPLACEMENT_CHARACTER
        }));
    }
    if !odd.is_empty() {
        text.push(char::REPLACEMENT_CHARACTER);
    }
    (text, exact)
}

/// Letters that are taken one by one before the next look for a run of ASCII.
const AT_A_TIME: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(text: &str) -> Vec<u8> {
        let mut out = Vec::new();
        encode_into(text, &mut out);
        assert_eq!(out.len(), units(text) * 2, "{text}");
        out
    }

    #[test]
    fn surrogate_pairs() {
        assert_eq!(encoded("a😀\u{10FFFF}\u{10000}\u{FFFF}"), b"\0a\xD8\x3D\xDE\0\xDB\xFF\xDF\xFF\xD8\0\xDC\0\xFF\xFF");
        let text = "sixteen letters and more 😀 ünï";
        assert_eq!(decode(&encoded(text)), (text.into(), true));
    }

    #[test]
    fn what_is_not_sound_becomes_the_replacement_character() {
        assert_eq!(decode(b"\xD8\x3D\0a"), ("\u{FFFD}a".into(), false));
        assert_eq!(decode(b"\xDE\0\xD8\x3D"), ("\u{FFFD}\u{FFFD}".into(), false));
        assert_eq!(decode(b"\0a\0"), ("a\u{FFFD}".into(), false));
        assert_eq!(decode(b""), (String::new(), true));
    }
}
