//! Whether a text begins with a user data header (3GPP TS 23.040, 9.2.3.24).

/// Whether octets begin with a user data header that lies within them, and whose elements fill it exactly.
pub(super) fn is_sound(text: &[u8]) -> bool {
    let Some((length, rest)) = text.split_first() else {
        return false;
    };
    let Some(mut elements) = rest.get(..usize::from(*length)) else {
        return false;
    };
    while let [_, length, rest @ ..] = elements {
        let Some(after) = rest.get(usize::from(*length)..) else {
            return false;
        };
        elements = after;
    }
    elements.is_empty()
}

#[cfg(test)]
mod tests {
    use super::is_sound;

    #[test]
    fn elements_must_fill_the_header() {
        assert!(is_sound(b"\x05\0\x03\x60\x02\x01text"));
        assert!(is_sound(b"\x0B\x05\x04\x0B\x84\x23\xF0\0\x03\x01\x02\x01"));
        assert!(is_sound(b"\x02\x70\0"));
        assert!(!is_sound(b""), "no octets");
        assert!(!is_sound(b"test222"), "longer than the text");
        assert!(!is_sound(b"\x03\0\x09\x01x"), "an element longer than the header");
        assert!(!is_sound(b"\x06\0\x03\x60\x02\x01text"), "one octet over");
    }
}
