pub mod acme {
    smpp::include_spec!("spec/acme.yaml");
}

fn main() {
    let _ = smpp::pdu::SubmitSm::default().with_acme_octet(1);
}
