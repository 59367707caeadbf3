//! What becomes of letters that an alphabet does not have.

use super::super::{Alphabet, Unencodable};

/// What becomes of a text that its alphabet does not hold.
///
/// Likenesses are those of typographic signs (quotes, dashes, spaces, an ellipsis; what is invisible is left out), of Greek
/// small letters among the capitals of GSM 7-bit, and of ç in Ç there (erratum 57); with the feature `transliterate`, those
/// of letters of all scripts in ASCII as well, by the crate `deunicode`. Letters that the alphabet has are never touched,
/// and pictures such as emoji are like nothing.
///
/// ```
/// use smpp::sms::{Alphabet, Fallback, Profile};
///
/// let profile = Profile::default().with_fallback(Fallback::Transliterate);
/// assert_eq!(profile.encode("“fünf” – cinq…")?.octets, b"\"f\x7Enf\" - cinq...");
/// assert_eq!(profile.encode("“五” 😀")?.alphabet, Alphabet::Ucs2);
///
/// let replacing = profile.with_fallback(Fallback::Replace('?'));
/// assert_eq!(replacing.encode("5 😀")?.octets, b"5 ?");
/// # Ok::<(), smpp::sms::Unencodable>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fallback {
    /// It goes as UCS-2, which holds any text.
    #[default]
    Ucs2,
    /// It is refused.
    Refuse,
    /// Each letter that the alphabet does not have becomes this one. The text is refused if the alphabet does not have this
    /// one either.
    Replace(char),
    /// What has a likeness in the alphabet becomes that; if anything is left over, the text goes as UCS-2, untouched.
    Transliterate,
    /// What has a likeness in the alphabet becomes that, and what has not becomes this letter. The text is refused if the
    /// alphabet does not have this one either.
    TransliterateOrReplace(char),
}

impl Fallback {
    /// What is at fault for a letter that is not in an alphabet: the replacement, if that is not there either.
    pub(super) fn blamed(self, unencodable: Unencodable) -> Unencodable {
        match self {
            Self::Replace(letter) | Self::TransliterateOrReplace(letter)
                if unencodable.alphabet.cost(letter).is_none() =>
            {
                Unencodable { letter, ..unencodable }
            }
            _ => unencodable,
        }
    }

    /// A text with what is not in the alphabet replaced, if that is asked for and all of it could be.
    pub(super) fn replaced(self, text: &str, alphabet: Alphabet) -> Option<String> {
        let (transliterates, replacement) = match self {
            Self::Ucs2 | Self::Refuse => return None,
            Self::Replace(replacement) => (false, Some(replacement)),
            Self::Transliterate => (true, None),
            Self::TransliterateOrReplace(replacement) => (true, Some(replacement)),
        };
        if replacement.is_some_and(|letter| alphabet.cost(letter).is_none()) {
            return None;
        }
        let mut out = String::with_capacity(text.len());
        // Ideographs become words: a space goes before what would run into them.
        let mut ends_word = false;
        for letter in text.chars() {
            let mut buffer = [0; 4];
            let (piece, is_word) = if alphabet.cost(letter).is_some() {
                (&*letter.encode_utf8(&mut buffer), false)
            } else if let Some(likeness) = likeness(letter, alphabet).filter(|_| transliterates) {
                match likeness.strip_suffix(' ') {
                    Some(word) if !word.is_empty() => (word, true),
                    _ => (likeness, false),
                }
            } else {
                (&*replacement?.encode_utf8(&mut buffer), false)
            };
            if ends_word && piece.starts_with(char::is_alphanumeric) {
                out.push(' ');
            }
            out.push_str(piece);
            ends_word = is_word;
        }
        Some(out)
    }
}

/// What looks like a letter in an alphabet that does not have it.
fn likeness(letter: char, alphabet: Alphabet) -> Option<&'static str> {
    let in_gsm7 = matches!(alphabet, Alphabet::Gsm7(_)).then(|| in_gsm7(letter)).flatten();
    let likenesses = [sign(letter), in_gsm7, in_ascii(letter)];
    likenesses.into_iter().flatten().find(|likeness| alphabet.can_encode(likeness))
}

/// Signs of typography as typewriters have them; nothing for what cannot be seen.
fn sign(letter: char) -> Option<&'static str> {
    Some(match letter {
        '\u{2018}'..='\u{201B}' | '′' | '‹' | '›' | '`' | '´' | 'ʼ' => "'",
        '\u{201C}'..='\u{201F}' | '″' | '«' | '»' => "\"",
        // Hyphens and dashes, and minus.
        '\u{2010}'..='\u{2015}' | '\u{2212}' => "-",
        '…' => "...",
        '•' => "*",
        '£' => "GBP",
        // Spaces of all widths.
        '\t' | '\u{A0}' | '\u{1680}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}' => " ",
        // Next line, line separator, paragraph separator.
        '\u{85}' | '\u{2028}' | '\u{2029}' => "\n",
        // Soft hyphen, joiners and marks of direction, marks of byte order; accents that stand behind their letter;
        // selectors of variants.
        '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' => "",
        '\u{300}'..='\u{36F}' | '\u{FE00}'..='\u{FE0F}' => "",
        _ => return None,
    })
}

/// Letters that GSM 7-bit has as capitals only, or that look like capitals of Latin.
fn in_gsm7(letter: char) -> Option<&'static str> {
    Some(match letter {
        'ç' => "Ç",
        'Α' | 'α' | 'Ά' | 'ά' => "A",
        'Β' | 'β' => "B",
        'γ' => "Γ",
        'δ' => "Δ",
        'Ε' | 'ε' | 'Έ' | 'έ' => "E",
        'Ζ' | 'ζ' => "Z",
        'Η' | 'η' | 'Ή' | 'ή' => "H",
        'θ' => "Θ",
        'Ι' | 'ι' | 'Ί' | 'ί' | 'Ϊ' | 'ϊ' | 'ΐ' => "I",
        'Κ' | 'κ' => "K",
        'λ' => "Λ",
        'Μ' | 'μ' | 'µ' => "M",
        'Ν' | 'ν' => "N",
        'ξ' => "Ξ",
        'Ο' | 'ο' | 'Ό' | 'ό' => "O",
        'π' => "Π",
        'Ρ' | 'ρ' => "P",
        'σ' | 'ς' => "Σ",
        'Τ' | 'τ' => "T",
        'Υ' | 'υ' | 'Ύ' | 'ύ' | 'Ϋ' | 'ϋ' | 'ΰ' => "Y",
        'φ' => "Φ",
        'Χ' | 'χ' => "X",
        'ψ' => "Ψ",
        'ω' | 'Ώ' | 'ώ' => "Ω",
        _ => return None,
    })
}

#[cfg(feature = "transliterate")]
fn in_ascii(letter: char) -> Option<&'static str> {
    match letter {
        // The names of pictures, and one star for all kinds of stars, are no likeness.
        '\u{2600}'..='\u{27BF}' | '\u{2B00}'..='\u{2BFF}' | '\u{1F000}'.. => None,
        _ => deunicode::deunicode_char(letter).filter(|likeness| !likeness.is_empty()),
    }
}

#[cfg(not(feature = "transliterate"))]
fn in_ascii(_: char) -> Option<&'static str> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transliterated(text: &str, alphabet: Alphabet) -> Option<String> {
        Fallback::Transliterate.replaced(text, alphabet)
    }

    #[test]
    fn letters_of_the_alphabet_stay_as_they_are() {
        let all = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./¡ÄÖÑÜ§¿äöñüà\u{c}^{}\\[~]|€";
        assert_eq!(transliterated(all, Alphabet::GSM7).as_deref(), Some(all));
        assert_eq!(transliterated("«ça» – £", Alphabet::Latin1).as_deref(), Some("«ça» - £"));
    }

    #[test]
    fn signs() {
        let text = "‘a’ “b” „c“ «d» ‹e› — – − ‐ … f\u{A0}g\u{2009}h i\u{200B}j\u{FEFF}k\u{AD}l•";
        let signs = "'a' \"b\" \"c\" \"d\" 'e' - - - - ... f g h ijkl*";
        assert_eq!(transliterated(text, Alphabet::GSM7).as_deref(), Some(signs));
        assert_eq!(transliterated(text, Alphabet::Ascii).as_deref(), Some(signs));
        assert_eq!(transliterated("a\tb", Alphabet::GSM7).as_deref(), Some("a b"));
    }

    /// Erratum 57, and how Greece has always written GSM 7-bit.
    #[test]
    fn capitals_of_gsm7() {
        assert_eq!(transliterated("français", Alphabet::GSM7).as_deref(), Some("franÇais"));
        assert_eq!(transliterated("Καλημέρα σας", Alphabet::GSM7).as_deref(), Some("KAΛHMEPA ΣAΣ"));
    }

    #[test]
    fn what_is_left_over() {
        assert_eq!(transliterated("“😀”", Alphabet::GSM7), None);
        assert_eq!(Fallback::TransliterateOrReplace('?').replaced("“😀”", Alphabet::GSM7).as_deref(), Some("\"?\""));
        assert_eq!(Fallback::Replace('?').replaced("“😀”", Alphabet::GSM7).as_deref(), Some("???"));
        assert_eq!(Fallback::Replace('☺').replaced("“😀”", Alphabet::GSM7), None);
        assert_eq!(Fallback::Refuse.replaced("“", Alphabet::GSM7), None);
        assert_eq!(Fallback::Ucs2.replaced("“", Alphabet::GSM7), None);
    }

    #[cfg(feature = "transliterate")]
    #[test]
    fn letters_of_all_scripts() {
        for (text, likeness) in [
            ("żółw, Łódź", "zolw, Lodz"),
            ("árvíztűrő", "arvizturo"),
            ("Привет", "Privet"),
            ("你好, 世界2", "Ni Hao, Shi Jie 2"),
            ("e\u{301}te\u{301}", "ete"),
        ] {
            assert_eq!(transliterated(text, Alphabet::GSM7).as_deref(), Some(likeness));
        }
        assert_eq!(transliterated("Größe £5", Alphabet::Ascii).as_deref(), Some("Grosse GBP5"));
        assert_eq!(transliterated("♥", Alphabet::GSM7), None);
        assert_eq!(transliterated("I ♥ 🦄", Alphabet::GSM7), None);
    }

    #[cfg(not(feature = "transliterate"))]
    #[test]
    fn letters_of_other_scripts_need_the_feature() {
        assert_eq!(transliterated("żółw", Alphabet::GSM7), None);
    }
}
