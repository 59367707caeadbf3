//! The addresses that an ESME serves, as its bind says.

use regex::bytes::{Regex, RegexBuilder};
use smpp::server::BindRequest;
use smpp::value::{Npi, Ton};

/// The address_range of a bind, with its type of number and numbering plan (sections 5.2.5 to 5.2.7).
///
/// It is a regular expression (appendix A), and is found anywhere in an address, unless `^` or `$` say where. What has
/// nothing in it that would make it an expression is one address. What cannot be read as an expression is taken letter by
/// letter: an ESME is not refused for a range that it may not even mean.
#[derive(Debug, Clone, Default)]
pub(super) struct AddressRange {
    ton: Ton,
    npi: Npi,
    addresses: Addresses,
}

#[derive(Debug, Clone, Default)]
enum Addresses {
    /// There is no range: the ESME does not say what it serves.
    #[default]
    NotSaid,
    One(Vec<u8>),
    Like(Regex),
}

impl AddressRange {
    pub(super) fn of(request: &BindRequest<'_>) -> Self {
        Self::new(request.addr_ton, request.addr_npi, request.address_range.as_bytes())
    }

    fn new(ton: Ton, npi: Npi, range: &[u8]) -> Self {
        let is_plain = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b' ' | b'-' | b'_' | b'#');
        // A plus sign in front belongs to the number.
        let plain = range.strip_prefix(b"+").unwrap_or(range);
        let like = || {
            let text = std::str::from_utf8(range).ok()?;
            RegexBuilder::new(text).unicode(false).size_limit(MAX_REGEX).build().ok()
        };
        let addresses = match plain {
            [] => Addresses::NotSaid,
            _ if plain.iter().all(is_plain) => Addresses::One(plain.to_owned()),
            _ => like().map_or_else(|| Addresses::One(range.to_owned()), Addresses::Like),
        };
        Self { ton, npi, addresses }
    }

    /// Whether it names the address.
    pub(super) fn names(&self, ton: Ton, npi: Npi, addr: &[u8]) -> bool {
        let is_other = |one: u8, other: u8| one != 0 && other != 0 && one != other;
        if is_other(self.ton.0, ton.0) || is_other(self.npi.0, npi.0) {
            return false;
        }
        let addr = addr.strip_prefix(b"+").unwrap_or(addr);
        match &self.addresses {
            Addresses::NotSaid => false,
            Addresses::One(one) => one == addr,
            Addresses::Like(regex) => regex.is_match(addr),
        }
    }

    /// Whether it says nothing.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.addresses, Addresses::NotSaid)
    }
}

/// Octets that the expression of a range may take when compiled: it has 40 characters at most.
const MAX_REGEX: usize = 64 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    fn names(range: &str, addr: &str) -> bool {
        AddressRange::new(Ton::UNKNOWN, Npi::UNKNOWN, range.as_bytes()).names(Ton(1), Npi(1), addr.as_bytes())
    }

    #[test]
    fn ranges_of_appendix_a_and_plain_addresses() {
        for (range, yes, no) in [
            ("^1234", "12345", "912345"),
            ("5678$", "015678", "56780"),
            ("[13579]$", "447", "446"),
            ("^44[0-9]{3}$", "44123", "441234"),
            ("4477.*", "44771", "4479"),
            ("12345", "12345", "123456"),
            ("+12345", "12345", "2345"),
            ("*77", "*77", "77"),
            ("Shop", "Shop", "shop"),
        ] {
            assert!(names(range, yes) && !names(range, no), "{range}");
        }
        assert!(!names("", "12345") && AddressRange::new(Ton(0), Npi(0), b"").is_open());
    }

    #[test]
    fn types_of_number_count_where_both_are_known() {
        let range = AddressRange::new(Ton::INTERNATIONAL, Npi::UNKNOWN, b"^44");
        assert!(range.names(Ton::INTERNATIONAL, Npi::ISDN, b"447") && range.names(Ton::UNKNOWN, Npi::ISDN, b"447"));
        assert!(!range.names(Ton::ALPHANUMERIC, Npi::ISDN, b"447"));
    }

    #[test]
    fn a_range_that_would_be_huge_is_taken_letter_by_letter() {
        let range = "((a{99}){99}){99}";
        assert!(names(range, range) && !names(range, "aaa"));
    }
}
