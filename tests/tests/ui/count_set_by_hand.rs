//! Counts are computed.

fn main() {
    let _ = smpp::pdu::SubmitSm { sm_length: 5, short_message: "hello".into(), ..Default::default() };
}
