pub mod acme {
    smpp::include_spec!("spec/acme.yaml");
}

use acme::ext::*;

fn main() {
    let _ = smpp::pdu::SubmitSm::default().with_acme_octet("1");
    let _ = smpp::pdu::SubmitSm::default().with_acme_tint(smpp::value::Ton::NATIONAL);
}
