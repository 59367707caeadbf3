use smpp::codec::Encode;
use smpp::pdu::*;
use smpp::session::{BindKind, SendOptions, SessionConfig};
use smpp::value::CommandStatus;

use super::harness::*;

#[test]
fn sequence_numbers_wrap_and_skip_what_is_in_use() {
    let first = SessionConfig::default().with_first_sequence_number(0x7FFF_FFFE);
    let mut pair = pair_with(first, SessionConfig::default());
    pair.bind(BindKind::Transceiver, CommandStatus::ESME_ROK);
    let taken = SendOptions { sequence_number: Some(1), timeout: None };
    pair.esme.send(pair.now, &SubmitSm::default(), Some(1), taken).unwrap();
    assert_eq!([pair.submit(2).unwrap(), pair.submit(3).unwrap()], [0x7FFF_FFFF, 2]);
    // Whatever the peer numbers its requests with is echoed.
    for number in [0, 0x8000_0001, 0xFFFF_FFFF] {
        let octets = DeliverSm::default().to_octets(number).unwrap();
        let inbound = requests(receive(&mut pair.esme, pair.now, &octets)).remove(0);
        output(&mut pair.esme);
        pair.esme.respond_status(pair.now, inbound, CommandStatus::ESME_ROK).unwrap();
        assert_eq!(output(&mut pair.esme), DeliverSmResp::default().to_octets(number).unwrap());
    }
}
