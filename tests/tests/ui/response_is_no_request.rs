pub mod acme {
    smpp::include_spec!("spec/acme.yaml");
}

fn send(_: &impl smpp::codec::Request) {}

fn main() {
    send(&acme::pdu::AcmePing::default());
    send(&acme::pdu::AcmePingResp::default());
}
