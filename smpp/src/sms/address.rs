//! The address of an SME: number or name, with its type and numbering plan.

use std::fmt;

use crate::codec::COctetString;
use crate::value::{Npi, Ton};

/// An address as PDUs have it: type of number, numbering plan, and the number or name itself (sections 5.2.5 to 5.2.9).
///
/// Two addresses are the same only if all three are. [`into_owned`](Self::into_owned) gives one that can be kept, as
/// the key of a map for instance.
///
/// ```
/// use smpp::sms::Address;
/// use smpp::value::{Npi, Ton};
///
/// let address = Address::new(Ton::INTERNATIONAL, Npi::ISDN, "4179123456");
/// assert_eq!(address.addr, "4179123456");
/// assert_eq!(address.to_string(), "4179123456");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address<'a> {
    /// Type of number.
    pub ton: Ton,
    /// Numbering plan.
    pub npi: Npi,
    /// Digits, or the octets of a name in the SMSC's alphabet. Empty if the PDU has none.
    pub addr: COctetString<'a>,
}

impl<'a> Address<'a> {
    /// An address of these parts.
    pub fn new(ton: Ton, npi: Npi, addr: impl Into<COctetString<'a>>) -> Self {
        Self { ton, npi, addr: addr.into() }
    }

    /// The same address, borrowing from this one.
    pub fn as_borrowed(&self) -> Address<'_> {
        Address { addr: self.addr.as_borrowed(), ..*self }
    }

    /// The same address with octets of its own.
    pub fn into_owned(self) -> Address<'static> {
        Address { ton: self.ton, npi: self.npi, addr: self.addr.into_owned() }
    }
}

/// The number or name alone, octets that are no UTF-8 as U+FFFD.
impl fmt::Display for Address<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.addr.fmt(f)
    }
}
