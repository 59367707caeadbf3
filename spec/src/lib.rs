//! The SMPP 3.4 protocol as YAML, and the library that loads, checks and resolves it.
//!
//! Three files describe the whole standard: `smpp34/commands.yaml` has the PDUs with their mandatory parameters,
//! `smpp34/tlvs.yaml` the optional parameters, `smpp34/values.yaml` the enumerations and bit fields. [`standard`]
//! is what they come to: a [`Spec`] in which every reference has been followed and every default filled in. The
//! macro of the `smpp` crate makes Rust of it, `smsc-sim` names what it sees on the wire with it.
//!
//! # Vendor files
//!
//! A message centre that has TLVs or commands of its own is described in one file that extends the standard:
//!
//! ```
//! let text = "
//! extends: smpp34
//! name: acme
//!
//! extend_enums:
//!   command_status:
//!     ACME_RNOCREDIT: {value: 0x00000400, doc: The customer has no credit left.}
//!
//! tlvs:
//!   acme_campaign:
//!     tag: 0x1406
//!     type: c_octet_string
//!     max: 65
//!     allowed_in: [submit_sm, data_sm]
//!     doc: Campaign that the message is billed to.
//! ";
//! let loaded = smpp_spec::load_str("spec/acme.yaml", text);
//! assert!(loaded.diagnostics.is_empty());
//!
//! let campaign = loaded.spec.tlvs.iter().find(|tlv| tlv.tag == 0x1406).unwrap();
//! assert_eq!(campaign.meta.name, "acme_campaign");
//! assert_eq!(campaign.meta.origin, smpp_spec::Origin::Vendor);
//! // The standard is in there too.
//! assert!(loaded.spec.tlvs.iter().any(|tlv| tlv.meta.name == "message_payload"));
//! ```
//!
//! Besides `tlvs` there may be `commands`, `parameters`, `structures`, `enums` and `bit_fields`, in the very form that
//! the standard's files have; `extend_enums` adds values to enumerations that exist. [`json_schema`] describes all
//! keys; editors use it when the file starts with `# yaml-language-server: $schema=smpp-spec.schema.json`.
//!
//! # Mistakes
//!
//! Loading does not stop at a mistake. All of them are reported, each once and with its place, and whatever is not
//! touched by one is returned:
//!
//! ```
//! let text = "extends: smpp34
//! tlvs:
//!   acme_campaign: {tag: 0x1406, type: c_octect_string, max: 65, allowed_in: any, doc: Campaign.}
//! ";
//! let loaded = smpp_spec::load_str("spec/acme.yaml", text);
//! assert_eq!(
//!     loaded.diagnostics[0].to_string(),
//!     "error: unknown type `c_octect_string`
//!  --> spec/acme.yaml:3:38
//!   |
//! 3 |   acme_campaign: {tag: 0x1406, type: c_octect_string, max: 65, allowed_in: any, doc: Campaign.}
//!   |                                      ^^^^^^^^^^^^^^^
//!   = help: did you mean `c_octet_string`?"
//! );
//! ```
//!
//! Numbers outside the ranges that the standard leaves to vendors are mistakes too, unless the item says
//! `outside_vendor_range: true`.

mod check;
mod diagnostic;
mod load;
mod locate;
mod model;
mod names;
mod resolve;
mod schema;
mod strict;
mod table;

pub use diagnostic::Diagnostic;
pub use load::{Loaded, load_file, load_standard, load_str, standard};
pub use model::*;
pub use names::{extension_trait, type_name};
pub use schema::json_schema;
pub use strict::from_yaml;
