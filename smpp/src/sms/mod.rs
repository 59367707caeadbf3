//! What stands in a short message: pure functions over octets, no connection needed.

mod address;
mod language;
mod message;
mod alphabet;
mod coding;
mod pack;
mod profile;
mod receipt;
mod time;
mod udh;

pub use address::Address;
pub use language::Language;
pub use message::{Message, NotAMessage, TextField, UserData};
pub use alphabet::{Alphabet, Gsm7, Language, Languages, Unencodable};
pub use coding::{Charset, Class, CodingGroup, GeneralCoding, Scheme, WaitingIndication, WaitingKind, WaitingStore};
pub use pack::{Padding, fill_bits, pack, unpack, unpack_counted};
pub use profile::{Choice, Decoded, Encoded, Fallback, Profile};
pub use receipt::{Receipt, stat};
pub use time::CivilTime;
pub use udh::{
    Concatenation, ConcatenationForm, Element, ElementFault, ElementFaultKind, HeaderSource, Ports, ReplyAddress,
    UserDataHeader, UserDataHeaderError,
};
pub use message::{Message, NotAMessage, TextField};
pub use receipt::{NetworkError, Receipt, stat};
pub use time::{AbsoluteTime, CivilTime, RelativeTime, SmppTime, TimeError, UtcOffset};
