//! One mistake is one error: what does not depend on it is there to be used.

pub mod acme {
    smpp::include_spec!("spec/rest_is_used.yaml");
}

use acme::ext::*;

fn main() {
    let sm = smpp::pdu::SubmitSm::default().with_acme_flag().with_acme_tint(acme::value::AcmeColour::RED);
    assert!(sm.acme_flag());
    let hint = acme::pdu::AcmeHint::default().with_source_addr("4179");
    assert_eq!(acme::PROTOCOL.command(acme::pdu::AcmeHint::ID).unwrap().name, "acme_hint");
    drop(hint);
}
