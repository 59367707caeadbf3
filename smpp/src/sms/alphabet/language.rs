//! The national languages of GSM 7-bit (3GPP TS 23.038, 6.2.1.2.4).

use std::fmt;

/// A national language: what a locking shift or single shift in a user data header names (3GPP TS 23.038, 6.2.1.2.4).
///
/// Values that are not assigned are kept; they stand for the default tables.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Language(pub u8);

impl Language {
    /// Turkish.
    pub const TURKISH: Self = Self(1);
    /// Spanish, which has a single shift table only.
    pub const SPANISH: Self = Self(2);
    /// Portuguese.
    pub const PORTUGUESE: Self = Self(3);
    /// Bengali.
    pub const BENGALI: Self = Self(4);
    /// Gujarati.
    pub const GUJARATI: Self = Self(5);
    /// Hindi.
    pub const HINDI: Self = Self(6);
    /// Kannada.
    pub const KANNADA: Self = Self(7);
    /// Malayalam.
    pub const MALAYALAM: Self = Self(8);
    /// Oriya.
    pub const ORIYA: Self = Self(9);
    /// Punjabi.
    pub const PUNJABI: Self = Self(10);
    /// Tamil.
    pub const TAMIL: Self = Self(11);
    /// Telugu.
    pub const TELUGU: Self = Self(12);
    /// Urdu.
    pub const URDU: Self = Self(13);

    /// The name in English, if the value is assigned: `Turkish`.
    pub fn name(self) -> Option<&'static str> {
        NAMES.get(usize::from(self.0).checked_sub(1)?).copied()
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name} ({})", self.0),
            None => write!(f, "{}", self.0),
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "language {}", self.0),
        }
    }
}

/// A set of national languages: those whose tables may be chosen. Only assigned languages can be in it.
///
/// ```
/// use smpp::sms::{Language, Languages};
///
/// let allowed = Languages::NONE.with(Language::TURKISH).with(Language::SPANISH);
/// assert!(allowed.contains(Language::SPANISH) && !allowed.contains(Language::URDU));
/// assert_eq!(allowed, [Language::SPANISH, Language::TURKISH].into_iter().collect());
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Languages(u16);

impl Languages {
    /// No language.
    pub const NONE: Self = Self(0);
    /// All thirteen.
    pub const ALL: Self = Self(0x3FFE);

    /// This set and a language. A value that is not assigned adds nothing: it has no tables.
    #[must_use]
    pub const fn with(self, language: Language) -> Self {
        if language.0 > Language::URDU.0 { self } else { Self((self.0 | 1 << language.0) & Self::ALL.0) }
    }

    /// Whether a language is in it.
    pub const fn contains(self, language: Language) -> bool {
        language.0 <= Language::URDU.0 && self.0 & 1 << language.0 != 0
    }

    /// Whether no language is in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The languages, by number.
    pub fn iter(self) -> impl Iterator<Item = Language> {
        (Language::TURKISH.0..=Language::URDU.0).map(Language).filter(move |language| self.contains(*language))
    }

    /// A bit for each language, at the place of its number.
    pub(super) const fn bits(self) -> u16 {
        self.0
    }
}

impl fmt::Debug for Languages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl FromIterator<Language> for Languages {
    fn from_iter<I: IntoIterator<Item = Language>>(languages: I) -> Self {
        languages.into_iter().fold(Self::NONE, Self::with)
    }
}

const NAMES: [&str; 13] = [
    "Turkish",
    "Spanish",
    "Portuguese",
    "Bengali",
    "Gujarati",
    "Hindi",
    "Kannada",
    "Malayalam",
    "Oriya",
    "Punjabi",
    "Tamil",
    "Telugu",
    "Urdu",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_are_not_assigned_are_kept_and_in_no_set() {
        for value in [0, 14, 15, 16, 255] {
            let language = Language(value);
            assert_eq!(language.name(), None);
            assert_eq!(language.to_string(), format!("language {value}"));
            assert_eq!(Languages::NONE.with(language), Languages::NONE);
            assert!(!Languages::ALL.contains(language));
        }
    }

    #[test]
    fn all_languages_have_names() {
        assert_eq!(Languages::ALL.iter().count(), 13);
        assert_eq!(format!("{:?}", Languages::NONE.with(Language(13))), "{Urdu (13)}");
        assert_eq!(Languages::ALL.iter().collect::<Languages>(), Languages::ALL);
    }
}
