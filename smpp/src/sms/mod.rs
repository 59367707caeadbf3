//! What stands in a short message: texts, long messages in parts, receipts, times.
//!
//! All of it works on octets and PDUs; no connection is needed. What depends on time is told the time, and nothing that
//! comes from outside makes anything panic or grow without a limit.
//!
//! | you want | look at |
//! |---|---|
//! | a text as octets for one link, and back | [`Profile::encode`], [`Profile::decode`] |
//! | a text of any length as PDUs that are ready to be sent | [`Splitter`] |
//! | how many messages a text will be, and what room is left | [`Splitter::cost`] |
//! | one alphabet: GSM 7-bit with national tables, ASCII, Latin-1, UCS-2 | [`Alphabet`], [`Gsm7`], [`Languages`] |
//! | what becomes of letters that an alphabet does not have | [`Fallback`] |
//! | eight septets in seven octets | [`Profile::with_packed`]; by hand [`pack`], [`unpack`] |
//! | what a data_coding says: class, message waiting, compression | [`Scheme`] |
//! | user data headers: ports, indications, parts, national tables | [`UserDataHeader`], [`Element`] |
//! | one view of all PDUs that carry a message | [`Message`] |
//! | long messages that arrive in parts made whole | [`Reassembler`] |
//! | a delivery receipt, read or built | [`Receipt`] |
//! | what became of messages that were sent | [`Tracker`] |
//! | the same message_id in hexadecimal here and decimal there | [`MessageIds`], [`IdForm`] |
//! | scheduled delivery, validity, dates of receipts | [`SmppTime`], [`CivilTime`] |
//! | all that can be said of a message, for people | [`describe()`] |
//!
//! # Sending
//!
//! A [`Profile`] holds what is agreed for a link, above all what its SMSC takes data_coding 0 for. A [`Splitter`] makes one
//! message of a text, or as many as it takes, in the alphabet that needs the fewest; everything that the template says
//! stands in each of them. No letter is cut, and by default none is lost: what the default alphabet does not have goes as
//! UCS-2.
//!
//! ```
//! use smpp::pdu::SubmitSm;
//! use smpp::sms::{Profile, Splitter};
//! use smpp::value::DataCoding;
//!
//! let splitter = Splitter::new(Profile::default());
//! let template = SubmitSm::default().with_destination_addr("4179123456").with_validity_period("000001000000000R");
//!
//! let text = "Für 5 € ".repeat(25);
//! let cost = splitter.cost(&text)?;
//! assert_eq!((cost.segments, cost.units, cost.remaining), (2, 225, 81));
//! let parts = splitter.submit_sm(&template, &text)?;
//! assert_eq!(parts.len(), 2);
//! assert_eq!(parts[1].validity_period, "000001000000000R");
//!
//! let chinese = splitter.submit_sm(&template, "可輸入英文單字")?;
//! assert_eq!(chinese[0].data_coding, DataCoding::UCS2);
//! # Ok::<(), smpp::sms::SplitError>(())
//! ```
//!
//! # Receiving
//!
//! [`Message`] looks at a PDU. A [`Reassembler`] holds parts until their message is whole, a [`Receipt`] is read from
//! whatever the SMSC makes of appendix B, and a [`Tracker`] knows which message it is for.
//!
//! ```
//! use std::time::Instant;
//! use smpp::pdu::DeliverSm;
//! use smpp::sms::{Message, Profile, Reassembler, Reassembly, Splitter};
//!
//! let (profile, now) = (Profile::default(), Instant::now());
//! let reassembler = Reassembler::new(profile);
//! let text = "All's well that ends well. ".repeat(10);
//! let template = DeliverSm::default().with_source_addr("4179123456");
//! for part in Splitter::new(profile).deliver_sm(&template, &text)?.iter().rev() {
//!     let Ok(pushed) = reassembler.push(now, &Message::from(part));
//!     match pushed.outcome {
//!         Reassembly::Complete(message) => assert_eq!(message.text.as_ref(), Some(&text)),
//!         other => assert_eq!(other, Reassembly::Waiting { have: 1, total: 2 }),
//!     }
//! }
//! # Ok::<(), smpp::sms::SplitError>(())
//! ```
//!
//! The examples `texts`, `long_message` and `reassembly` do all of this over connections.

mod address;
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
mod tracker;
mod udh;

pub use address::Address;
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
pub use receipt::{NetworkError, Receipt, stat};
pub use split::{
    Content, Cost, Part, ReferenceCounter, References, Segmentation, Split, SplitError, Splitter, capacity,
};
pub use time::{AbsoluteTime, CivilTime, RelativeTime, SmppTime, TimeError, UtcOffset};
pub use tracker::{DropReason, Outcome, TrackedPart, Tracker, TrackerEvent, TrackerLimits};
pub use udh::{
    Concatenation, ConcatenationForm, Element, ElementFault, ElementFaultKind, HeaderSource, Ports, ReplyAddress,
    UserDataHeader, UserDataHeaderError,
};
