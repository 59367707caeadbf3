//! The file lists the TLV for submit_sm only.

pub mod acme {
    smpp::include_spec!("spec/acme.yaml");
}

use acme::ext::*;
use smpp::pdu::{DeliverSm, SubmitSm};

fn main() {
    let _ = SubmitSm::default().with_acme_octet(1);
    let _ = DeliverSm::default().with_acme_octet(1);
}
