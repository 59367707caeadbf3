//! What stands in a short message: pure functions over octets, no connection needed.

mod address;
mod language;
mod message;
mod alphabet;
mod coding;
mod describe;
mod message;
mod message_id;
mod pack;
mod profile;
mod reassembly;
mod receipt;
mod split;
mod time;
mod udh;
mod message_id;
mod receipt;
mod time;
mod tracker;

pub use address::Address;
pub use language::Language;
pub use message::{Message, NotAMessage, TextField, UserData};
pub use alphabet::{Alphabet, Gsm7, Language, Languages, Unencodable};
pub use coding::{Charset, Class, CodingGroup, GeneralCoding, Scheme, WaitingIndication, WaitingKind, WaitingStore};
pub use describe::{Description, Finding, MessageKind, describe};
pub use message::{Message, NotAMessage, TextField, UserData};
pub use message_id::{CanonicalId, IdForm, IdForms, IdMatch, MessageIds};
pub use pack::{Padding, fill_bits, pack, unpack, unpack_counted};
pub use profile::{Choice, Decoded, Encoded, Fallback, Profile};
pub use reassembly::{
    Added, AddedAs, DroppedBecause, DroppedMessage, DroppedParts, Joined, MemoryStore, PartKey, PartSet, PartStore,
    PartStoreFault, Pushed, Reassembler, Reassembly, ReassemblyLimits, ReassemblyUsage, StoredPart, check_part_store,
};
pub use receipt::{Receipt, stat};
pub use split::{
    Content, Cost, Part, ReferenceCounter, References, Segmentation, Split, SplitError, Splitter, capacity,
};
pub use time::CivilTime;
pub use udh::{
    Concatenation, ConcatenationForm, Element, ElementFault, ElementFaultKind, HeaderSource, Ports, ReplyAddress,
    UserDataHeader, UserDataHeaderError,
};
pub use message::{Message, NotAMessage, TextField};
pub use message_id::{CanonicalId, IdForm, IdForms, IdMatch, MessageIds};
pub use receipt::{NetworkError, Receipt, stat};
pub use time::{AbsoluteTime, CivilTime, RelativeTime, SmppTime, TimeError, UtcOffset};
pub use tracker::{DropReason, Outcome, TrackedPart, Tracker, TrackerEvent, TrackerLimits};
