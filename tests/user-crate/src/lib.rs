//! A user's crate: SMPP 3.4 and what the message centre of ACME adds to it.

#![deny(missing_docs, unused, warnings, rustdoc::all)]

/// The additions of ACME, made of YAML.
pub mod acme {
    sms::include_spec!("spec/acme.yaml");
}
