//! What becomes of letters that an alphabet does not have.

use super::super::Alphabet;

/// What becomes of a text that its alphabet does not hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
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
    /// What has a likeness in the alphabet becomes that, and what has not becomes this letter.
    TransliterateOrReplace(char),
}

impl Fallback {
    /// A text with what is not in the alphabet replaced, if this does so and all of it could be.
    pub(super) fn replaced(self, text: &str, alphabet: Alphabet) -> Option<String> {
        let (transliterates, replacement) = match self {
            Self::Ucs2 | Self::Refuse => return None,
            Self::Replace(replacement) => (false, Some(replacement)),
            Self::Transliterate => (true, None),
            Self::TransliterateOrReplace(replacement) => (true, Some(replacement)),
        };
        let replacement = match replacement {
            Some(letter) => Some(alphabet.cost(letter).map(|_| letter)?),
            None => None,
        };
        let mut out = String::with_capacity(text.len());
        for letter in text.chars() {
            if alphabet.cost(letter).is_some() {
                out.push(letter);
            } else if let Some(likeness) =
                likeness(letter).filter(|likeness| transliterates && alphabet.can_encode(likeness))
            {
                out.push_str(likeness);
            } else {
                out.push(replacement?);
            }
        }
        Some(out)
    }
}

/// What looks like a sign that few alphabets have.
fn likeness(letter: char) -> Option<&'static str> {
    Some(match letter {
        '‘' | '’' | '‚' | '‛' | '′' | '‹' | '›' => "'",
        '“' | '”' | '„' | '‟' | '″' | '«' | '»' => "\"",
        '‐'..='―' | '−' => "-",
        '…' => "...",
        '\u{A0}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}' | '\t' => " ",
        '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}' => "",
        _ => return None,
    })
}
