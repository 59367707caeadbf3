//! How texts go over one link.

mod decode;
mod evidence;
mod fallback;

use std::borrow::Cow;

pub use decode::Decoded;
pub use fallback::Fallback;

use super::{Alphabet, Gsm7, Languages, Padding, Scheme, Unencodable, pack};
use crate::value::DataCoding;

/// How texts go over one link: what the SMSC takes data_coding 0 for, which tables may be chosen, what becomes of letters
/// that an alphabet does not have.
///
/// SMPP leaves these to the SMSC (section 5.2.19, erratum 39), so they are a matter of each link. The default is what most
/// take: GSM 7-bit, one septet an octet; a text that it does not hold goes as UCS-2, without loss.
///
/// ```
/// use smpp::sms::{Alphabet, Profile};
/// use smpp::value::DataCoding;
///
/// let profile = Profile::default();
/// let encoded = profile.encode("5 €")?;
/// assert_eq!((encoded.data_coding, &encoded.octets[..]), (DataCoding::DEFAULT, &b"5 \x1B\x65"[..]));
/// assert_eq!(profile.encode("ça")?.octets, b"\0\xE7\0a");
/// assert_eq!(profile.decode(DataCoding::DEFAULT, b"5 \x1B\x65").text.unwrap(), "5 €");
///
/// let latin1 = profile.with_default_alphabet(Alphabet::Latin1);
/// assert_eq!(latin1.encode("ça")?.octets, b"\xE7a");
/// # Ok::<(), smpp::sms::Unencodable>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Profile {
    /// What data_coding 0 stands for: GSM 7-bit by default.
    pub default_alphabet: Alphabet,
    /// Whether GSM 7-bit texts are packed, eight septets in seven octets. By default they are not (erratum 60).
    pub packed: bool,
    /// What stands behind the last septet of packed texts, if there is room for another.
    pub padding: Padding,
    /// The alphabet of alphanumeric addresses: Latin 1 by default, of which the ASCII of the standard is a part.
    pub address_alphabet: Alphabet,
    /// The national languages whose tables may be chosen: none by default, as not every mobile has them.
    pub languages: Languages,
    /// What becomes of a text that its alphabet does not hold.
    pub fallback: Fallback,
    /// Whether octets that evidently are not what data_coding says are read as what they are: see
    /// [`decode`](Self::decode). By default they are. Without, every text that is encoded comes back, whatever it is.
    pub guess: bool,
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            default_alphabet: Alphabet::GSM7,
            packed: false,
            padding: Padding::CarriageReturn,
            address_alphabet: Alphabet::Latin1,
            languages: Languages::NONE,
            fallback: Fallback::Ucs2,
            guess: true,
        }
    }
}

impl Profile {
    /// The same profile with another [`default_alphabet`](Self::default_alphabet).
    #[must_use]
    pub const fn with_default_alphabet(mut self, alphabet: Alphabet) -> Self {
        self.default_alphabet = alphabet;
        self
    }

    /// The same profile with GSM 7-bit texts [`packed`](Self::packed), or not.
    #[must_use]
    pub const fn with_packed(mut self, packed: bool) -> Self {
        self.packed = packed;
        self
    }

    /// The same profile with another [`padding`](Self::padding).
    #[must_use]
    pub const fn with_padding(mut self, padding: Padding) -> Self {
        self.padding = padding;
        self
    }

    /// The same profile with another [`address_alphabet`](Self::address_alphabet).
    #[must_use]
    pub const fn with_address_alphabet(mut self, alphabet: Alphabet) -> Self {
        self.address_alphabet = alphabet;
        self
    }

    /// The same profile with other [`languages`](Self::languages).
    #[must_use]
    pub const fn with_languages(mut self, languages: Languages) -> Self {
        self.languages = languages;
        self
    }

    /// The same profile with another [`fallback`](Self::fallback).
    #[must_use]
    pub const fn with_fallback(mut self, fallback: Fallback) -> Self {
        self.fallback = fallback;
        self
    }

    /// The same profile that [`guess`](Self::guess)es, or does not.
    #[must_use]
    pub const fn with_guess(mut self, guess: bool) -> Self {
        self.guess = guess;
        self
    }

    /// The alphabet that a text goes in: the one that is wanted, or the default one of the link; if that is GSM 7-bit, with
    /// the tables of allowed [`languages`](Self::languages) when they save parts, beside UCS-2 if that is what the text
    /// would fall back to, or when they hold a text that would be refused or changed otherwise; and if nothing holds the
    /// text, what [`fallback`](Self::fallback) says.
    ///
    /// The text goes with a header if `alphabet` is [`Alphabet::Gsm7`] with a language, and if it has more than one part;
    /// the splitter makes both. Parts are counted here with concatenation of 8-bit references and no other
    /// header element.
    ///
    /// GSM 7-bit has no data_coding but 0. On a link where that stands for something else, to want GSM 7-bit is to want the
    /// default alphabet.
    ///
    /// ```
    /// use smpp::sms::{Alphabet, Gsm7, Language, Languages, Profile};
    ///
    /// let profile = Profile::default().with_languages(Languages::NONE.with(Language::TURKISH));
    /// assert_eq!(profile.choose(None, "ş")?.alphabet, Alphabet::Ucs2);
    /// let turkish = Gsm7 { locking: None, single: Some(Language::TURKISH) };
    /// assert_eq!(profile.choose(None, &"ş".repeat(71))?.alphabet, Alphabet::Gsm7(turkish));
    /// # Ok::<(), smpp::sms::Unencodable>(())
    /// ```
    ///
    /// # Errors
    /// Names the first letter that the alphabet does not have, or the replacement if the alphabet does not have that either,
    /// if the fallback is to refuse the text or cannot help.
    pub fn choose<'a>(&self, wanted: Option<Alphabet>, text: &'a str) -> Result<Choice<'a>, Unencodable> {
        self.choose_with(wanted, text, parts)
    }

    /// [`choose`](Self::choose) with another way to count parts: `parts` gives how many so many units of an alphabet make;
    /// if that is GSM 7-bit, with the shifts of its tables in the header of each.
    ///
    /// # Errors
    /// Those of [`choose`](Self::choose).
    pub fn choose_with<'a>(
        &self,
        wanted: Option<Alphabet>,
        text: &'a str,
        mut parts: impl FnMut(Alphabet, usize) -> usize,
    ) -> Result<Choice<'a>, Unencodable> {
        let alphabet = self.reachable(wanted);
        let units = alphabet.units(text);
        let shifts = alphabet == Alphabet::GSM7
            && !self.languages.is_empty()
            && units.as_ref().map_or(true, |units| parts(alphabet, *units) > 1);
        if shifts
            && let Some((gsm7, septets)) =
                Gsm7::best(text, self.languages, |gsm7, septets| parts(Alphabet::Gsm7(gsm7), septets))
            && (units.is_ok() || self.saves_parts(gsm7, septets, text, parts))
        {
            return Ok(self.choice(Alphabet::Gsm7(gsm7), Cow::Borrowed(text), septets));
        }
        match units {
            Ok(units) => Ok(self.choice(alphabet, Cow::Borrowed(text), units)),
            Err(unencodable) => self.fall_back(text, unencodable),
        }
    }

    /// The octets of a text as one message without a header: packed if the profile says so, and never with the tables of
    /// national languages, which a header would have to name. It may be too long for one message.
    ///
    /// # Errors
    /// Names the first letter that the default alphabet does not have, or the replacement if the alphabet does not have that
    /// either, if the fallback is to refuse the text or cannot help.
    pub fn encode(&self, text: &str) -> Result<Encoded, Unencodable> {
        let mut octets = Vec::new();
        let alphabet = match self.default_alphabet.encode_into(text, &mut octets) {
            Ok(()) => self.default_alphabet,
            Err(unencodable) => {
                let choice = self.fall_back(text, unencodable)?;
                choice.alphabet.encode_into(&choice.text, &mut octets)?;
                choice.alphabet
            }
        };
        if self.packed && matches!(alphabet, Alphabet::Gsm7(_)) {
            octets = pack(&octets, 0, self.padding);
        }
        Ok(Encoded { octets, alphabet, data_coding: self.data_coding(alphabet) })
    }

    /// The data_coding that texts in an alphabet go under: 0 for the default alphabet; 1 for ASCII, 3 for Latin 1, 8 for
    /// UCS-2. GSM 7-bit has no value but 0, so there is none where that stands for something else;
    /// [`Scheme::of_class`] is for texts with a message class, which have one on each link.
    pub fn data_coding_of(&self, alphabet: Alphabet) -> Option<DataCoding> {
        match (alphabet, self.default_alphabet) {
            (Alphabet::Gsm7(_), Alphabet::Gsm7(_)) => Some(DataCoding::DEFAULT),
            (alphabet, default) if alphabet == default => Some(DataCoding::DEFAULT),
            (Alphabet::Gsm7(_), _) => None,
            (Alphabet::Ascii, _) => Some(DataCoding::IA5_ASCII),
            (Alphabet::Latin1, _) => Some(DataCoding::LATIN1),
            (Alphabet::Ucs2, _) => Some(DataCoding::UCS2),
        }
    }

    /// The alphabet of texts with a data_coding; none if their octets are no text, or in an alphabet that is not known here:
    /// 8-bit data, compressed and reserved codings.
    pub fn alphabet_of(&self, data_coding: DataCoding) -> Option<Alphabet> {
        match data_coding {
            DataCoding::DEFAULT => return Some(self.default_alphabet),
            DataCoding::IA5_ASCII => return Some(Alphabet::Ascii),
            DataCoding::LATIN1 => return Some(Alphabet::Latin1),
            _ => {}
        }
        let scheme = Scheme::of(data_coding);
        match scheme.charset()? {
            _ if scheme.is_compressed() => None,
            super::Charset::Gsm7 => Some(Alphabet::GSM7),
            super::Charset::Ucs2 => Some(Alphabet::Ucs2),
            super::Charset::Octets | super::Charset::Reserved => None,
        }
    }

    /// The octets of an alphanumeric address, in the [`address_alphabet`](Self::address_alphabet), never packed. What that
    /// does not have is replaced if the [`fallback`](Self::fallback) does so; there is no UCS-2 to fall back to.
    ///
    /// The octet 0 ends an address on the wire, so a letter that encodes to it, `@` of GSM 7-bit, is refused whatever
    /// the fallback. Addresses have at most 20 octets in most PDUs, which their encoding checks; GSM networks show
    /// 11 characters.
    ///
    /// # Errors
    /// Names the first letter that cannot be in an address, or the replacement if that is not in the alphabet.
    pub fn encode_address(&self, text: &str) -> Result<Vec<u8>, Unencodable> {
        let alphabet = self.address_alphabet;
        let as_it_is = address(alphabet, text);
        let Err(unencodable) = as_it_is else { return as_it_is };
        let replaced = self.fallback.replaced(text, alphabet).ok_or_else(|| self.fallback.blamed(unencodable))?;
        address(alphabet, &replaced).map_err(|_| unencodable)
    }

    /// The text of an alphanumeric address. What is no letter of the alphabet becomes U+FFFD.
    pub fn decode_address(&self, octets: &[u8]) -> String {
        self.address_alphabet.decode(octets)
    }

    /// The alphabet that is wanted, if there is a way to say so.
    fn reachable(&self, wanted: Option<Alphabet>) -> Alphabet {
        match (wanted, self.default_alphabet) {
            (Some(Alphabet::Gsm7(_)), Alphabet::Ascii | Alphabet::Latin1 | Alphabet::Ucs2) => self.default_alphabet,
            (wanted, default) => wanted.unwrap_or(default),
        }
    }

    /// Whether tables of national languages, which not every mobile has, are better than UCS-2, which they all have.
    fn saves_parts(
        &self,
        gsm7: Gsm7,
        septets: usize,
        text: &str,
        mut parts: impl FnMut(Alphabet, usize) -> usize,
    ) -> bool {
        if self.fallback != Fallback::Ucs2 {
            return true;
        }
        let units = Alphabet::Ucs2.units(text).unwrap_or(usize::MAX);
        parts(Alphabet::Gsm7(gsm7), septets) < parts(Alphabet::Ucs2, units)
    }

    fn fall_back<'a>(&self, text: &'a str, unencodable: Unencodable) -> Result<Choice<'a>, Unencodable> {
        if let Some(replaced) = self.fallback.replaced(text, unencodable.alphabet)
            && let Ok(units) = unencodable.alphabet.units(&replaced)
        {
            return Ok(self.choice(unencodable.alphabet, Cow::Owned(replaced), units));
        }
        match self.fallback {
            Fallback::Ucs2 | Fallback::Transliterate => {
                Ok(self.choice(Alphabet::Ucs2, Cow::Borrowed(text), Alphabet::Ucs2.units(text)?))
            }
            Fallback::Refuse | Fallback::Replace(_) | Fallback::TransliterateOrReplace(_) => {
                Err(self.fallback.blamed(unencodable))
            }
        }
    }

    fn choice<'a>(&self, alphabet: Alphabet, text: Cow<'a, str>, units: usize) -> Choice<'a> {
        Choice { alphabet, text, units, data_coding: self.data_coding(alphabet) }
    }

    /// That of an alphabet which was chosen, and so is [reachable](Self::reachable).
    fn data_coding(&self, alphabet: Alphabet) -> DataCoding {
        self.data_coding_of(alphabet).unwrap_or_default()
    }
}

/// What a text goes as: see [`Profile::choose`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Choice<'a> {
    /// The alphabet, which holds all of `text`.
    pub alphabet: Alphabet,
    /// The text, with what was replaced.
    pub text: Cow<'a, str>,
    /// Units of the alphabet that the text takes: septets, octets or 16-bit units.
    pub units: usize,
    /// The data_coding, without a message class.
    pub data_coding: DataCoding,
}

/// A text as the octets of one message: see [`Profile::encode`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Encoded {
    /// The octets.
    pub octets: Vec<u8>,
    /// The alphabet that they are in.
    pub alphabet: Alphabet,
    /// The data_coding, without a message class.
    pub data_coding: DataCoding,
}

/// Parts that units of an alphabet make, concatenated by 8-bit references, with the shifts of its tables in their headers.
fn parts(alphabet: Alphabet, units: usize) -> usize {
    let shifts = match alphabet {
        Alphabet::Gsm7(Gsm7 { locking, single }) => {
            3 * (usize::from(locking.is_some()) + usize::from(single.is_some()))
        }
        Alphabet::Ascii | Alphabet::Latin1 | Alphabet::Ucs2 => 0,
    };
    let room = |header: usize| (140 - header) * 8 / alphabet.bits();
    if units <= room(if shifts > 0 { 1 + shifts } else { 0 }) { 1 } else { units.div_ceil(room(6 + shifts)) }
}

fn address(alphabet: Alphabet, text: &str) -> Result<Vec<u8>, Unencodable> {
    let octets = alphabet.encode(text)?;
    if !octets.contains(&0) {
        return Ok(octets);
    }
    let nul = |letter: char| alphabet.encode(letter.encode_utf8(&mut [0; 4])).is_ok_and(|octets| octets.contains(&0));
    let (at, letter) = text.char_indices().find(|(_, letter)| nul(*letter)).unwrap_or_default();
    Err(Unencodable { letter, at, alphabet })
}
