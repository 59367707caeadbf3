//! National languages of 3GPP TS 23.038.

/// A national language of GSM 7-bit texts: the identifier of 3GPP TS 23.038, 6.2.1.2.4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Language(pub u8);
