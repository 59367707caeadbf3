//! UCS-2 as networks carry it: UTF-16, most significant octet first, characters beyond the BMP as surrogate pairs.

/// 16-bit units of a text: one for each octet of UTF-8 that begins a letter, and another for those that begin a letter of
/// four octets, which is a pair. Eight octets are looked at together.
pub(super) fn units(text: &str) -> usize {
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    // What continues a letter counts nothing.
    let mut last = [0x80; 8];
    last[..rest.len()].copy_from_slice(rest);
    // An octet counts up to 2, so the sums of 127 words fit octets.
    words.chunks(127).chain([&[last][..]]).map(|words| sum(words.iter().map(|word| units_of_each(*word)).sum())).sum()
}

/// The units of each octet: 0, 1 or 2.
fn units_of_each(octets: [u8; 8]) -> u64 {
    let bits = u64::from_le_bytes(octets);
    let begins = !bits >> 7 | bits >> 6;
    let is_pair = bits >> 7 & bits >> 6 & bits >> 5 & bits >> 4;
    (begins & ONES) + (is_pair & ONES)
}

/// The sum of eight octets.
fn sum(octets: u64) -> usize {
    let pairs = (octets & 0x00FF_00FF_00FF_00FF) + (octets >> 8 & 0x00FF_00FF_00FF_00FF);
    (pairs.wrapping_mul(0x0001_0001_0001_0001) >> 48) as usize
}

/// Appends a text.
pub(super) fn encode_into(text: &str, out: &mut Vec<u8>) {
    let mut rest = text;
    // A letter takes at most twice the octets that it has in UTF-8: only if there is less room than that, it is counted.
    if out.capacity() - out.len() < text.len() * 2 {
        out.reserve(units(text) * 2);
    }
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
        let (mut octets, mut len) = ([0; 4 * AT_A_TIME], 0);
        for letter in letters.by_ref().take(AT_A_TIME) {
            let point = u32::from(letter);
            let (unit_or_pair, taken) = match point.checked_sub(0x1_0000) {
                None => (point << 16, 2),
                Some(beyond) => ((0xD800 | beyond >> 10) << 16 | 0xDC00 | beyond & 0x3FF, 4),
            };
            octets[len..len + 4].copy_from_slice(&unit_or_pair.to_be_bytes());
            len += taken;
        }
        out.extend_from_slice(&octets[..len]);
        rest = letters.as_str();
    }
}

/// The text of octets, and whether it was sound: lone surrogates and an odd octet at the end become U+FFFD.
pub(super) fn decode(octets: &[u8]) -> (String, bool) {
    let (pairs, odd) = octets.as_chunks::<2>();
    let plain = pairs.as_chunks::<16>().0.iter().map_while(ascii_of).count() * 16;
    // Units of the scripts that need UCS-2 have two or three octets of UTF-8, halves of a pair two.
    let mut text = String::with_capacity(plain + 3 * (pairs.len() - plain + odd.len()));
    let mut rest = pairs;
    while let Some(ascii) = rest.first_chunk().and_then(ascii_of) {
        text.push_str(str::from_utf8(&ascii).unwrap_or_default());
        rest = &rest[16..];
    }
    let mut exact = odd.is_empty();
    for letter in char::decode_utf16(rest.iter().map(|pair| u16::from_be_bytes(*pair))) {
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

/// Units as ASCII, if that is what they all are.
fn ascii_of(units: &[[u8; 2]; 16]) -> Option<[u8; 16]> {
    let (mut ascii, mut other) = ([0; 16], 0);
    for (ascii, [high, low]) in ascii.iter_mut().zip(units) {
        *ascii = *low;
        other |= high | low & 0x80;
    }
    (other == 0).then_some(ascii)
}

/// Octets that are put together one by one before the next look for a run of ASCII.
const PIECE: usize = 64;

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
    fn units_of_any_text() {
        for letters in ["a", "é", "я", "€", "\u{800}", "\u{FFFF}", "😀", "\u{10FFFF}", "aéя€😀"] {
            for count in (0..40).chain([1000, 1021]) {
                let text = letters.repeat(count);
                assert_eq!(units(&text), text.encode_utf16().count(), "{count} of {letters}");
            }
        }
    }

    #[test]
    fn surrogate_pairs() {
        assert_eq!(encoded("a😀\u{10FFFF}\u{10000}\u{FFFF}"), b"\0a\xD8\x3D\xDE\0\xDB\xFF\xDF\xFF\xD8\0\xDC\0\xFF\xFF");
        let text = "sixteen letters and more 😀 ünï";
        assert_eq!(decode(&encoded(text)), (text.into(), true));
    }

    #[test]
    fn all_of_unicode() {
        let all: String = ('\0'..=char::MAX).collect();
        let octets: Vec<u8> = all.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert!(encoded(&all) == octets);
        assert!(decode(&octets) == (all.clone(), true));
    }

    #[test]
    fn what_is_not_sound_becomes_the_replacement_character() {
        assert_eq!(decode(b"\xD8\x3D\0a"), ("\u{FFFD}a".into(), false));
        assert_eq!(decode(b"\xDE\0\xD8\x3D"), ("\u{FFFD}\u{FFFD}".into(), false));
        assert_eq!(decode(b"\0a\0"), ("a\u{FFFD}".into(), false));
        assert_eq!(decode(b""), (String::new(), true));
    }
}
