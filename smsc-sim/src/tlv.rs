//! TLVs as settings.

use std::fmt;
use std::str::FromStr;

use crate::decode::parse_hex;
use crate::setting::SettingError;
use crate::spec::Known;

/// A TLV with a value of octets.
///
/// Written as text: `TAG=VALUE`. The tag is its name in the standard, or a number, in hexadecimal after `0x`. The value is
/// octets in hexadecimal after `hex:`, or else the characters as they stand there, in UTF-8.
///
/// ```
/// use smsc_sim::ExtraTlv;
///
/// let tlv: ExtraTlv = "0x1403=hex:3434".parse()?;
/// assert_eq!((tlv.tag, &*tlv.value), (0x1403, &b"44"[..]));
/// assert_eq!(tlv.to_string(), "0x1403=hex:3434");
/// let error = "user_mesage_reference=hex:0001".parse::<ExtraTlv>().unwrap_err();
/// assert!(error.to_string().ends_with("did you mean `user_message_reference`?"));
/// # Ok::<(), smsc_sim::SettingError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ExtraTlv {
    /// Its tag.
    pub tag: u16,
    /// Its value, at most 65,535 octets.
    pub value: Vec<u8>,
}

impl ExtraTlv {
    /// One of any tag and value.
    ///
    /// # Errors
    /// [`SettingError`] if the value is longer than a TLV can be.
    pub fn new(tag: u16, value: impl Into<Vec<u8>>) -> Result<Self, SettingError> {
        let value = value.into();
        match u16::try_from(value.len()) {
            Ok(_) => Ok(Self { tag, value }),
            Err(_) => Err(SettingError::new(format!("a TLV holds 65535 octets, not {}", value.len()))),
        }
    }
}

impl FromStr for ExtraTlv {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        Self::parse(text, Known::default())
    }
}

impl ExtraTlv {
    /// The same, with the names of vendors.
    pub(crate) fn parse(text: &str, known: Known) -> Result<Self, SettingError> {
        let (tag, value) = text
            .split_once('=')
            .ok_or_else(|| SettingError::new(format!("expected TAG=VALUE, such as 0x1403=hex:3434, not `{text}`")))?;
        let tag = tlv_tag(tag, known)?;
        match value.strip_prefix("hex:") {
            Some(hex) => {
                let octets = parse_hex(hex).map_err(|error| SettingError::new(format!("in `{text}`, {error}")))?;
                Self::new(tag, octets)
            }
            None => Self::new(tag, value),
        }
    }
}

impl fmt::Display for ExtraTlv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#06x}=hex:", self.tag)?;
        self.value.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

/// A TLV as it was written, perhaps with a name that only a vendor's specification has: that is looked up later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TlvText(String);

impl TlvText {
    pub(crate) fn resolve(&self, known: Known) -> Result<ExtraTlv, SettingError> {
        ExtraTlv::parse(&self.0, known)
    }
}

impl FromStr for TlvText {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        match (text.parse::<ExtraTlv>(), text.split_once('=')) {
            (Err(_), Some((name, value))) if is_name(name) && tlv_tag(name, Known::default()).is_err() => {
                format!("0={value}").parse::<ExtraTlv>()?;
            }
            (parsed, _) => drop(parsed?),
        }
        Ok(Self(text.to_owned()))
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(|octet| octet.is_ascii_lowercase() || octet.is_ascii_digit() || octet == b'_')
}

/// The tag of a TLV, by its name or as a number, in hexadecimal after `0x`.
pub(crate) fn tlv_tag(text: &str, known: Known) -> Result<u16, SettingError> {
    let number = match text.strip_prefix("0x") {
        Some(digits) => u16::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+')),
        None => text.parse().ok().filter(|_| text.bytes().all(|octet| octet.is_ascii_digit())),
    };
    if let Some(number) = number {
        return Ok(number);
    }
    match known.tlvs().find(|tlv| tlv.name == text) {
        Some(tlv) => Ok(tlv.tag),
        None => {
            let names: Vec<_> = known.tlvs().map(|tlv| tlv.name).collect();
            Err(SettingError::unknown("TLV", text, &names))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tlvs_are_written_as_text() {
        let parsed = |text: &str| text.parse::<ExtraTlv>().unwrap();
        assert_eq!(parsed("user_message_reference=hex:00 07"), ExtraTlv::new(0x0204, [0, 7]).unwrap());
        assert_eq!(parsed("5123=abc=d"), ExtraTlv::new(5123, "abc=d").unwrap());
        assert!(parsed("0x1403=").value.is_empty());
        for (text, wanted) in [
            ("0x1403", "expected TAG=VALUE"),
            ("0x14033=hex:00", "unknown TLV `0x14033`"),
            ("0x1403=hex:0", "half an octet"),
            ("0x1403=hex:zz", "`z` is not hexadecimal"),
        ] {
            let error = text.parse::<ExtraTlv>().unwrap_err().to_string();
            assert!(error.contains(wanted), "{text}: {error}");
        }
        assert!(ExtraTlv::new(1, vec![0; 65_536]).is_err());
    }
}
