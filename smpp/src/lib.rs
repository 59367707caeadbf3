//! SMPP 3.4: how software hands short messages to mobile operators.
//!
//! Every PDU, TLV and value of the standard is generated from a description in YAML, and so are those of your operator,
//! from a YAML file of yours ([`include_spec!`]). Names are the standard's own: what it calls `source_addr_ton` is
//! called `source_addr_ton` here.
//!
//! | you want | look at |
//! |---|---|
//! | to send and get messages (ESME) | [`client`] |
//! | to take and deliver messages (SMSC) | [`server`] |
//! | either over TLS | `tls`, with the feature of that name |
//! | the protocol without threads and sockets | [`session`], [`driver::FrameBuffer`] |
//! | PDUs as octets, without any connection | [`pdu`], [`codec::Encode`], [`codec::Decoder`] |
//! | TLVs, typed and raw | [`tlv`], [`codec::Tlvs`] |
//! | names of values | [`value`] |
//! | what a receiver may object to | [`validate()`], [`codec::Leniency`] |
//! | a PDU as text, JSON or hex | [`view`] |
//! | texts: alphabets, long messages in parts, receipts | [`sms`] |
//! | what the standard says, as tables | [`command`], [`PROTOCOL`] |
//! | to come from the Python library `smpp` | [`guide`] |
//!
//! # A client
//!
//! ```no_run
//! use smpp::client::Client;
//! use smpp::pdu::SubmitSm;
//!
//! let client = Client::builder().system_id("alice").password("secret").connect("127.0.0.1:2775")?;
//! client.bind_transceiver()?;
//! let submit = SubmitSm::default().with_destination_addr("4179123456").with_short_message("test sms");
//! println!("message_id {}", client.submit_sm(&submit)?.message_id);
//! client.unbind()?;
//! # Ok::<(), smpp::driver::Error>(())
//! ```
//!
//! `examples/quickstart.rs` does so through a simulated SMSC and waits for the delivery receipt.
//!
//! # Octets and PDUs
//!
//! ```
//! use smpp::Pdu;
//! use smpp::codec::{Decoder, Encode, Frames};
//! use smpp::pdu::SubmitSm;
//! use smpp::value::{RegisteredDelivery, Ton, registered_delivery::SmscReceipt};
//!
//! let submit = SubmitSm::default()
//!     .with_source_addr_ton(Ton::ALPHANUMERIC)
//!     .with_source_addr("sender")
//!     .with_destination_addr("4179123456")
//!     .with_registered_delivery(RegisteredDelivery::default().with_smsc_receipt(SmscReceipt::SUCCESS_OR_FAILURE))
//!     .with_short_message("test sms")
//!     .with_user_message_reference(7);
//! let octets = submit.to_octets(1)?;
//! let (header, body) = octets.split_at(16);
//! assert_eq!(header[..8], [0, 0, 0, (16 + body.len()) as u8, 0, 0, 0, 4]);
//!
//! let mut decoder = Decoder::default();
//! for frame in Frames::new(&octets) {
//!     match decoder.decode(frame?)? {
//!         Pdu::SubmitSm(pdu) => {
//!             assert_eq!(pdu.destination_addr, "4179123456");
//!             assert_eq!(pdu.user_message_reference(), Some(7));
//!         }
//!         other => panic!("{other:?}"),
//!     }
//!     assert!(decoder.diagnostics().is_empty());
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod client;
pub mod codec;
pub mod driver;
mod error;
pub mod guide;
#[cfg(all(test, smpp_shuttle))]
mod interleavings;
mod protocol;
pub mod server;
pub mod session;
pub mod sms;
mod sync;
#[cfg(feature = "tls")]
pub mod tls;
mod validate;
pub mod view;

pub use error::{DecodeError, DecodeErrorKind, EncodeError, EncodeErrorKind, ErrorClass, FrameError, FrameErrorKind};
pub use protocol::{PROTOCOL, Pdu, command, pdu, tlv, value};
pub use validate::{validate, validate_command};

#[doc(hidden)]
pub use smpp_derive::include_spec as __include_spec;

/// Defines what a vendor's specification in YAML adds to SMPP 3.4: TLVs, values, commands.
///
/// The path is relative to the folder of your Cargo.toml. All mistakes of the file are compile errors, each with line,
/// column and a suggestion; editing the file rebuilds your crate.
///
/// ```yaml
/// # spec/acme.yaml
/// extends: smpp34
/// name: acme
/// tlvs:
///   acme_campaign:
///     tag: 0x1401
///     type: c_octet_string
///     max: 33
///     allowed_in: [submit_sm, deliver_sm]
///     doc: Name of the campaign that a message belongs to.
/// ```
///
/// ```ignore
/// /// What Acme adds to SMPP.
/// pub mod acme {
///     smpp::include_spec!("spec/acme.yaml");
/// }
/// use acme::ext::*;
///
/// let pdu = smpp::pdu::SubmitSm::default().with_acme_campaign("spring");
/// assert_eq!(pdu.acme_campaign().unwrap(), "spring");
/// ```
///
/// The module gets `pdu`, `tlv`, `value`, `command` as those of this crate, `ext` with a trait for each TLV that gives
/// accessors to exactly the PDUs that may carry it, and `PROTOCOL` for
/// [`Decoder::with_protocols`](codec::Decoder::with_protocols).
#[macro_export]
macro_rules! include_spec {
    ($($source:tt)*) => {
        $crate::__include_spec! { [$crate] $($source)* }
    };
}
