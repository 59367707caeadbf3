//! UCS-2 as networks carry it: UTF-16, most significant octet first, characters beyond the BMP as surrogate pairs.

/// 16-bit units of a text.
pub(super) fn units(text: &str) -> usize {
    // A unit for each octet of UTF-8 that begins a letter, and another for those of four octets, which are a pair: at most
    // two for each, so that the sum of a chunk is an octet and the compiler adds many at once.
    let of_chunk = |chunk: &[u8]| {
        chunk.iter().fold(0, |sum, octet| sum + u8::from(octet & 0xC0 != 0x80) + u8::from(*octet >= 0xF0))
    };
    let (chunks, rest) = text.as_bytes().as_chunks::<64>();
    chunks.iter().map(|chunk| usize::from(of_chunk(chunk))).sum::<usize>() + usize::from(of_chunk(rest))
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
        let (mut piece, mut end) = ([0; PIECE], 0);
        while end <= PIECE - 4 {
            let Some(letter) = letters.next() else { break };
            let point = u32::from(letter);
            if point < 0x1_0000 {
                piece[end..end + 2].copy_from_slice(&(point as u16).to_be_bytes());
                end += 2;
            } else {
                let beyond = point - 0x1_0000;
                let pair = (0xD800 | beyond >> 10) << 16 | 0xDC00 | beyond & 0x3FF;
                piece[end..end + 4].copy_from_slice(&pair.to_be_bytes());
                end += 4;
            }
        }
        out.extend_from_slice(&piece[..end]);
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
