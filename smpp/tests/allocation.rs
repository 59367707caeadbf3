//! What decoding and encoding cost the allocator.

mod data;

use allocation_counter::{AllocationInfo, measure};
use proptest::collection::vec;
use proptest::prelude::*;
use smpp::codec::{Decode, Decoder, Encode, Frame, Frames, Leniency};
use smpp::pdu::{DataSm, DeliverSm, SubmitSm, SubmitSmResp};
use smpp::{command, tlv, value::EsmClass};

/// What a decoding may hold in octets, besides as many as it was given: the first few diagnostics.
const CONSTANT: u64 = 4_096;

/// How much more it may hold when everything is wrong: a diagnostic takes some 40 octets and a TLV at least 4, and the
/// list of diagnostics grows by doubling.
const WORST: u64 = 32;

fn nothing(info: AllocationInfo) {
    assert_eq!((info.count_total, info.bytes_total), (0, 0), "{info:?}");
}

#[test]
fn a_clean_decode_allocates_nothing() {
    fn check<'a, P: Decode<'a>>(octets: &'a [u8]) {
        let mut decoder = Decoder::default();
        let frame = Frame::exact(octets).expect("a frame");
        nothing(measure(|| {
            let pdu: P = decoder.decode_as(frame).expect("a PDU");
            std::hint::black_box(&pdu);
        }));
        assert_eq!(decoder.diagnostics(), []);
        nothing(measure(|| {
            let pdu = decoder.decode(frame).expect("a PDU");
            std::hint::black_box(&pdu);
        }));
    }
    check::<SubmitSm<'_>>(&data::vector("submit_sm_issue223").octets);
    check::<SubmitSm<'_>>(&data::vector("submit_sm_jasmin").octets);
    check::<DeliverSm<'_>>(&data::vector("deliver_sm_jamaa").octets);
    check::<DeliverSm<'_>>(&data::vector("deliver_sm_issue70").octets);
    check::<SubmitSmResp<'_>>(&data::vector("submit_sm_resp_issue9").octets);
    check::<smpp::pdu::SubmitMulti<'_>>(&data::vector("submit_multi_gosmppch").octets);
}

#[test]
fn reading_tlvs_allocates_nothing() {
    let octets = data::vector("deliver_sm_jamaa").octets;
    let pdu: DeliverSm<'_> = Decoder::default().decode_as(Frame::exact(&octets).expect("a frame")).expect("a PDU");
    nothing(measure(|| {
        assert!(pdu.receipted_message_id().is_some() && pdu.message_state().is_some());
        assert_eq!(pdu.tlvs.iter().count(), 3);
        assert!(pdu.tlvs.get::<tlv::NetworkErrorCode>().is_some());
    }));
}

#[test]
fn building_and_encoding_into_a_used_buffer_allocates_nothing() {
    let mut out = Vec::with_capacity(1024);
    nothing(measure(|| {
        let submit = SubmitSm::default()
            .with_source_addr("12345")
            .with_destination_addr("4179")
            .with_esm_class(EsmClass(0x40))
            .with_short_message(b"\x05\0\x03\x01\x02\x01hello")
            .with_user_message_reference(7)
            .with_destination_port(2948);
        submit.encode(1, &mut out).expect("a PDU");
        let resp = SubmitSmResp::default().with_message_id("42");
        resp.encode(1, &mut out).expect("a PDU");
    }));
    assert_eq!(Frames::new(&out).count(), 2);
}

#[test]
fn strict_decoding_of_a_sound_message_allocates_nothing_without_tlvs() {
    let octets = data::vector("submit_sm_issue223").octets;
    let mut decoder = Decoder::new(Leniency::STRICT);
    let frame = Frame::exact(&octets).expect("a frame");
    nothing(measure(|| {
        std::hint::black_box(decoder.decode(frame)).expect("a PDU");
    }));
}

#[test]
fn a_command_length_allocates_nothing() {
    let octets = [0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 4];
    nothing(measure(|| {
        assert!(Frame::split(&octets, u32::MAX).expect("maybe one day").is_none());
        assert!(Frames::new(&octets).next().is_some_and(|frame| frame.is_err()));
    }));
}

/// Every TLV wrong, so that there is as much to tell as can be.
#[test]
fn the_worst_case_is_bounded() {
    let message = SubmitSm::default().with_destination_addr("1");
    for tlv in [[0, 5, 0, 0], [0x02, 0x04, 0, 0], [0x14, 0, 0, 0]] {
        let mut octets = message.to_octets(1).expect("a PDU");
        for _ in 0..16_000 {
            octets.extend(tlv);
        }
        let length = octets.len() as u32;
        octets[..4].copy_from_slice(&length.to_be_bytes());
        for leniency in [Leniency::STRICT, Leniency::DEFAULT, Leniency::LENIENT] {
            bounded(&octets, leniency, WORST);
        }
    }
    let many = [&[0, 1, b'1', 0, 254][..], &[2, 0].repeat(254), &[0; 10]].concat();
    bounded(&data::pdu(command::SUBMIT_MULTI.id.0, 0, 1, &many), Leniency::STRICT, 1);
    let data = DataSm::default().with_message_payload(vec![0; 65_535]).to_octets(1).expect("a PDU");
    bounded(&data, Leniency::STRICT, 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_body_is_bounded(
        spec in prop::sample::select(command::ALL),
        body in vec(prop_oneof![2 => Just(0), 1 => any::<u8>()], 0..400),
    ) {
        let octets = data::pdu(spec.id.0, 0, 1, &body);
        for leniency in [Leniency::STRICT, Leniency::DEFAULT, Leniency::LENIENT] {
            bounded(&octets, leniency, 1);
        }
    }
}

fn bounded(octets: &[u8], leniency: Leniency, factor: u64) {
    let frame = Frame::exact(octets).expect("a frame");
    let mut decoder = Decoder::new(leniency);
    let info = measure(|| drop(std::hint::black_box(decoder.decode(frame))));
    let limit = CONSTANT + factor * octets.len() as u64;
    assert!(info.bytes_max <= limit, "{info:?}, limit {limit}, {leniency:?}");
}
