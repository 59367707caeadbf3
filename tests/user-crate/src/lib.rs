//! A user's crate: SMPP 3.4 and what two message centres add to it.

#![deny(missing_docs, unused, warnings, rustdoc::all)]

/// The additions of ACME, made of YAML.
pub mod acme {
    sms::include_spec!("spec/acme.yaml");
}

/// The additions of another message centre, whose names are as awkward as can be.
pub mod second {
    sms::include_spec!("spec/2nd-centre.yaml");
}
