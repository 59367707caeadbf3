//! What is measured: the same work done by the floor, by the codec, and by copying the octets.

use std::hint::black_box;

use smpp::codec::{DEFAULT_MAX_COMMAND_LENGTH, Decode, Decoder, Encode, Frame};
use smpp::pdu::SubmitSm;

use crate::floor::{self, Sm};

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
    submit_sm: Pair<Sm<'static>, SubmitSm<'static>>,
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
];

impl Bench {
    /// The PDUs of the cases.
    pub fn new() -> Self {
        let (source_addr, destination_addr, text) = ("41791234567", "41797654321", TEXT);
        let ours = submit_sm(source_addr, destination_addr, text);
        let floor = floor_submit_sm(source_addr, destination_addr, text, &[2, 4, 0, 2, 0, 7]);
        let octets = must(ours.to_octets(9));
        Self {
            source_addr,
            destination_addr,
            text,
            submit_sm: Pair { floor, ours, octets },
            decoder: Decoder::default(),
            out: Vec::with_capacity(1024),
        }
    }

    /// What the last encoding has written.
    pub fn out(&self) -> &[u8] {
        &self.out
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
}
