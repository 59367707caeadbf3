//! What is measured: the same work done by the floor, by the codec, and by copying the octets.

use std::hint::black_box;

use smpp::codec::{DEFAULT_MAX_COMMAND_LENGTH, Decode, Decoder, Encode, Frame};
use smpp::pdu::{DeliverSm, SubmitSm, SubmitSmResp};
use smpp::value::{EsmClass, MessageState};

use crate::floor::{self, ShortTlvs, Sm, SmResp};

/// One kind of work on one PDU.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// PDU and work.
    pub name: &'static str,
    /// Octets of the PDU.
    pub octets: fn(&Bench) -> usize,
    /// The work done by hand.
    pub floor: fn(&mut Bench),
    /// The work done by the codec; `None` where there is nothing but the floor.
    pub ours: Option<fn(&mut Bench)>,
    /// The most instructions that the codec may take.
    pub target: Option<u64>,
}

/// What the cases work on. Everything they need is loaded from here, so that nothing is known when they are compiled.
#[derive(Debug)]
pub struct Bench {
    source_addr: &'static str,
    destination_addr: &'static str,
    text: &'static [u8],
    receipt: &'static [u8],
    message_id: &'static str,
    submit_sm: Pair<Sm<'static>, SubmitSm<'static>>,
    deliver_sm: Pair<Sm<'static>, DeliverSm<'static>>,
    submit_sm_resp: Pair<SmResp<'static>, SubmitSmResp<'static>>,
    decoder: Decoder,
    out: Vec<u8>,
}

/// One PDU, ready to be encoded by either, and encoded.
#[derive(Debug)]
struct Pair<F, O> {
    floor: F,
    ours: O,
    octets: Vec<u8>,
}

/// Every case, in the order of the table.
pub const CASES: &[Case] = &[
    Case {
        name: "submit_sm build + encode",
        octets: |bench| bench.submit_sm.octets.len(),
        floor: |bench| {
            bench.out.clear();
            let tlvs = floor::tlv_u16(0x0204, 7);
            let pdu = floor_submit_sm(bench.source_addr, bench.destination_addr, bench.text, &tlvs);
            must(pdu.encode(floor::SUBMIT_SM, 9, &mut bench.out));
        },
        ours: Some(|bench| {
            bench.out.clear();
            let pdu = submit_sm(bench.source_addr, bench.destination_addr, bench.text);
            must(pdu.encode(9, &mut bench.out));
        }),
        target: Some(250),
    },
    Case {
        name: "submit_sm encode",
        octets: |bench| bench.submit_sm.octets.len(),
        floor: |bench| {
            bench.out.clear();
            must(bench.submit_sm.floor.encode(floor::SUBMIT_SM, 9, &mut bench.out));
        },
        ours: Some(|bench| {
            bench.out.clear();
            must(bench.submit_sm.ours.encode(9, &mut bench.out));
        }),
        target: None,
    },
    Case {
        name: "submit_sm decode",
        octets: |bench| bench.submit_sm.octets.len(),
        floor: |bench| seen(Sm::decode(&bench.submit_sm.octets, floor::SUBMIT_SM)),
        ours: Some(|bench| decode_as::<SubmitSm<'_>>(&mut bench.decoder, &bench.submit_sm.octets)),
        target: Some(350),
    },
    Case {
        name: "submit_sm decode as Pdu",
        octets: |bench| bench.submit_sm.octets.len(),
        floor: |bench| seen(Sm::decode(&bench.submit_sm.octets, floor::SUBMIT_SM)),
        ours: Some(|bench| decode(&mut bench.decoder, &bench.submit_sm.octets)),
        target: None,
    },
    Case {
        name: "submit_sm copy",
        octets: |bench| bench.submit_sm.octets.len(),
        floor: |bench| copy(&bench.submit_sm.octets, &mut bench.out),
        ours: None,
        target: None,
    },
    Case {
        name: "deliver_sm build + encode",
        octets: |bench| bench.deliver_sm.octets.len(),
        floor: |bench| {
            bench.out.clear();
            let tlvs = floor_receipt_tlvs(bench.message_id);
            let pdu = floor_deliver_sm(bench.source_addr, bench.destination_addr, bench.receipt, tlvs.octets());
            must(pdu.encode(floor::DELIVER_SM, 9, &mut bench.out));
        },
        ours: Some(|bench| {
            bench.out.clear();
            let pdu = deliver_sm(bench.source_addr, bench.destination_addr, bench.receipt, bench.message_id);
            must(pdu.encode(9, &mut bench.out));
        }),
        target: None,
    },
    Case {
        name: "deliver_sm encode",
        octets: |bench| bench.deliver_sm.octets.len(),
        floor: |bench| {
            bench.out.clear();
            must(bench.deliver_sm.floor.encode(floor::DELIVER_SM, 9, &mut bench.out));
        },
        ours: Some(|bench| {
            bench.out.clear();
            must(bench.deliver_sm.ours.encode(9, &mut bench.out));
        }),
        target: None,
    },
    Case {
        name: "deliver_sm decode",
        octets: |bench| bench.deliver_sm.octets.len(),
        floor: |bench| seen(Sm::decode(&bench.deliver_sm.octets, floor::DELIVER_SM)),
        ours: Some(|bench| decode_as::<DeliverSm<'_>>(&mut bench.decoder, &bench.deliver_sm.octets)),
        target: Some(370),
    },
    Case {
        name: "deliver_sm decode as Pdu",
        octets: |bench| bench.deliver_sm.octets.len(),
        floor: |bench| seen(Sm::decode(&bench.deliver_sm.octets, floor::DELIVER_SM)),
        ours: Some(|bench| decode(&mut bench.decoder, &bench.deliver_sm.octets)),
        target: None,
    },
    Case {
        name: "deliver_sm copy",
        octets: |bench| bench.deliver_sm.octets.len(),
        floor: |bench| copy(&bench.deliver_sm.octets, &mut bench.out),
        ours: None,
        target: None,
    },
    Case {
        name: "submit_sm_resp build + encode",
        octets: |bench| bench.submit_sm_resp.octets.len(),
        floor: |bench| {
            bench.out.clear();
            let pdu = SmResp { message_id: bench.message_id.as_bytes(), tlvs: &[] };
            must(pdu.encode(9, &mut bench.out));
        },
        ours: Some(|bench| {
            bench.out.clear();
            let pdu = SubmitSmResp::default().with_message_id(bench.message_id);
            must(pdu.encode(9, &mut bench.out));
        }),
        target: None,
    },
    Case {
        name: "submit_sm_resp encode",
        octets: |bench| bench.submit_sm_resp.octets.len(),
        floor: |bench| {
            bench.out.clear();
            must(bench.submit_sm_resp.floor.encode(9, &mut bench.out));
        },
        ours: Some(|bench| {
            bench.out.clear();
            must(bench.submit_sm_resp.ours.encode(9, &mut bench.out));
        }),
        target: None,
    },
    Case {
        name: "submit_sm_resp decode",
        octets: |bench| bench.submit_sm_resp.octets.len(),
        floor: |bench| seen(SmResp::decode(&bench.submit_sm_resp.octets)),
        ours: Some(|bench| decode_as::<SubmitSmResp<'_>>(&mut bench.decoder, &bench.submit_sm_resp.octets)),
        target: Some(170),
    },
    Case {
        name: "submit_sm_resp decode as Pdu",
        octets: |bench| bench.submit_sm_resp.octets.len(),
        floor: |bench| seen(SmResp::decode(&bench.submit_sm_resp.octets)),
        ours: Some(|bench| decode(&mut bench.decoder, &bench.submit_sm_resp.octets)),
        target: None,
    },
    Case {
        name: "submit_sm_resp copy",
        octets: |bench| bench.submit_sm_resp.octets.len(),
        floor: |bench| copy(&bench.submit_sm_resp.octets, &mut bench.out),
        ours: None,
        target: None,
    },
];

impl Bench {
    /// The PDUs of the cases.
    pub fn new() -> Self {
        let (source_addr, destination_addr) = ("41791234567", "41797654321");
        let (text, receipt, message_id) = (TEXT, RECEIPT, "5F3A90C1E7");
        let submit_sm = submit_sm(source_addr, destination_addr, text);
        let deliver_sm = deliver_sm(source_addr, destination_addr, receipt, message_id);
        let submit_sm_resp = SubmitSmResp::default().with_message_id(message_id);
        Self {
            source_addr,
            destination_addr,
            text,
            receipt,
            message_id,
            submit_sm: Pair {
                floor: floor_submit_sm(source_addr, destination_addr, text, b"\x02\x04\0\x02\0\x07"),
                octets: must(submit_sm.to_octets(9)),
                ours: submit_sm,
            },
            deliver_sm: Pair {
                floor: floor_deliver_sm(source_addr, destination_addr, receipt, RECEIPT_TLVS),
                octets: must(deliver_sm.to_octets(9)),
                ours: deliver_sm,
            },
            submit_sm_resp: Pair {
                floor: SmResp { message_id: message_id.as_bytes(), tlvs: &[] },
                octets: must(submit_sm_resp.to_octets(9)),
                ours: submit_sm_resp,
            },
            decoder: Decoder::default(),
            out: Vec::with_capacity(1024),
        }
    }

    /// What the last encoding has written.
    pub fn out(&self) -> &[u8] {
        &self.out
    }

    /// submit_sm, deliver_sm and submit_sm_resp, encoded.
    pub fn samples(&self) -> [&[u8]; 3] {
        [&self.submit_sm.octets, &self.deliver_sm.octets, &self.submit_sm_resp.octets]
    }
}

impl Default for Bench {
    fn default() -> Self {
        Self::new()
    }
}

/// 140 octets, as many as fit one short message.
const TEXT: &[u8; 140] = b"The quick brown fox jumps over the lazy dog. The quick brown fox jumps over the lazy dog. \
    The quick brown fox jumps over the lazy dog. Done.";

/// A delivery receipt as most SMSCs send it (appendix B).
const RECEIPT: &[u8; 122] = b"id:5F3A90C1E7 sub:001 dlvrd:001 submit date:2501311200 done date:2501311201 \
    stat:DELIVRD err:000 text:The quick brown fox ";

/// receipted_message_id and message_state.
const RECEIPT_TLVS: &[u8] = b"\0\x1E\0\x0B5F3A90C1E7\0\x04\x27\0\x01\x02";

#[inline(always)]
fn submit_sm<'a>(source_addr: &'a str, destination_addr: &'a str, text: &'a [u8]) -> SubmitSm<'a> {
    SubmitSm::default()
        .with_source_addr_ton(1)
        .with_source_addr_npi(1)
        .with_source_addr(source_addr)
        .with_dest_addr_ton(1)
        .with_dest_addr_npi(1)
        .with_destination_addr(destination_addr)
        .with_registered_delivery(1)
        .with_short_message(text)
        .with_user_message_reference(7)
}

#[inline(always)]
fn floor_submit_sm<'a>(source_addr: &'a str, destination_addr: &'a str, text: &'a [u8], tlvs: &'a [u8]) -> Sm<'a> {
    Sm {
        source_addr_ton: 1,
        source_addr_npi: 1,
        source_addr: source_addr.as_bytes(),
        dest_addr_ton: 1,
        dest_addr_npi: 1,
        destination_addr: destination_addr.as_bytes(),
        registered_delivery: 1,
        short_message: text,
        tlvs,
        ..Sm::default()
    }
}

#[inline(always)]
fn deliver_sm<'a>(source_addr: &'a str, destination_addr: &'a str, text: &'a [u8], message_id: &str) -> DeliverSm<'a> {
    DeliverSm::default()
        .with_source_addr_ton(1)
        .with_source_addr_npi(1)
        .with_source_addr(source_addr)
        .with_dest_addr_ton(1)
        .with_dest_addr_npi(1)
        .with_destination_addr(destination_addr)
        .with_esm_class(EsmClass(4))
        .with_short_message(text)
        .with_receipted_message_id(message_id)
        .with_message_state(MessageState::DELIVERED)
}

#[inline(always)]
fn floor_deliver_sm<'a>(source_addr: &'a str, destination_addr: &'a str, text: &'a [u8], tlvs: &'a [u8]) -> Sm<'a> {
    Sm { esm_class: 4, registered_delivery: 0, ..floor_submit_sm(source_addr, destination_addr, text, tlvs) }
}

#[inline(always)]
fn floor_receipt_tlvs(message_id: &str) -> ShortTlvs {
    let mut tlvs = ShortTlvs::default();
    must(tlvs.push_c_octet_string(0x001E, message_id.as_bytes()));
    must(tlvs.push_u8(0x0427, 2));
    tlvs
}

#[inline(always)]
fn decode_as<'a, P: Decode<'a>>(decoder: &mut Decoder, octets: &'a [u8]) {
    seen(decoder.decode_as::<P>(frame(octets)));
}

#[inline(always)]
fn decode(decoder: &mut Decoder, octets: &[u8]) {
    seen(decoder.decode(frame(octets)));
}

#[inline(always)]
fn frame(octets: &[u8]) -> Frame<'_> {
    match Frame::split(octets, DEFAULT_MAX_COMMAND_LENGTH) {
        Ok(Some((frame, _))) => frame,
        _ => panic!("the sample is no frame"),
    }
}

#[inline(always)]
fn copy(octets: &[u8], out: &mut Vec<u8>) {
    out.clear();
    out.extend_from_slice(octets);
}

/// Has the value made, where it is, and drops it. A reference, for a move would be counted too.
#[inline(always)]
fn seen<T, E>(result: Result<T, E>) {
    match &result {
        Ok(value) => {
            black_box(value);
        }
        Err(_) => panic!("the sample is not decoded"),
    }
}

#[inline(always)]
fn must<T, E>(result: Result<T, E>) -> T {
    match result {
        Ok(value) => value,
        Err(_) => panic!("the sample is not encoded"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoder_writes_the_same_octets() {
        let mut bench = Bench::new();
        for case in CASES.iter().filter(|case| case.name.contains("encode")) {
            (case.floor)(&mut bench);
            let floor = bench.out.clone();
            if let Some(ours) = case.ours {
                ours(&mut bench);
            }
            assert_eq!(floor.escape_ascii().to_string(), bench.out.escape_ascii().to_string(), "{}", case.name);
        }
    }

    #[test]
    fn every_case_runs() {
        let mut bench = Bench::new();
        for case in CASES {
            (case.floor)(&mut bench);
            case.ours.into_iter().for_each(|ours| ours(&mut bench));
        }
    }
}
