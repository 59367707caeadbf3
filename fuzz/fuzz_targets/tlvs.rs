//! An area of TLVs keeps its octets, whatever they are, until it is changed, and then changes only what it was told to.

#![no_main]

use libfuzzer_sys::fuzz_target;
use smpp::codec::{COctetString, OctetString, RawTlv, TlvKind, Tlvs};
use smpp::tlv;

fuzz_target!(|data: &[u8]| {
    let tlvs = Tlvs::from_octets(data);
    look_at(&tlvs, data);
    change(&tlvs);
});

fn look_at(tlvs: &Tlvs<'_>, data: &[u8]) {
    assert_eq!(tlvs.octets(), data);
    assert_eq!(tlvs.as_borrowed(), *tlvs);
    assert_eq!(tlvs.clone().into_owned(), *tlvs);
    assert_eq!(tlvs.clone().into_owned().octets(), data);
    assert_eq!(tlvs.is_empty(), data.is_empty());
    assert_eq!(written(tlvs.iter(), tlvs.tail()), data, "the TLVs and the tail are all there is");
    let _ = format!("{tlvs:?}");
    for spec in tlv::ALL {
        let first = tlvs.iter().find(|found| found.tag == spec.tag).map(|found| found.value);
        assert_eq!(tlvs.find(spec.tag), first);
        assert_eq!(tlvs.contains(spec.tag), first.is_some());
    }
    // One of each type, and of each kind of repetition.
    let _ = tlvs.get::<tlv::AlertOnMessageDelivery>();
    let _ = tlvs.get::<tlv::UserMessageReference>();
    let _ = tlvs.get::<tlv::MessageState>();
    let _ = tlvs.get::<tlv::QosTimeToLive>();
    if let Some(id) = tlvs.get::<tlv::ReceiptedMessageId>() {
        assert!(!id.as_bytes().contains(&0));
    }
    for number in tlvs.get_all::<tlv::CallbackNum>() {
        assert!(tlvs.iter().any(|found| found.value == number.as_bytes()));
    }
}

fn change(tlvs: &Tlvs<'_>) {
    for found in tlvs {
        let mut without = tlvs.clone();
        without.remove(found.tag);
        let others = tlvs.iter().filter(|other| other.tag != found.tag);
        assert_eq!(without.octets(), written(others, tlvs.tail()));
        assert_eq!(without.tail(), tlvs.tail());
    }
    let mut same = tlvs.clone();
    if let Some(absent) = (0..=u16::MAX).find(|&tag| !tlvs.contains(tag)) {
        same.remove(absent);
        assert_eq!(same, *tlvs);
    }

    let mut more = tlvs.clone();
    more.push_raw(0x1400, b"vendor");
    let added = RawTlv { tag: 0x1400, value: b"vendor" };
    assert_eq!(more.octets(), written(tlvs.iter().chain([added]), tlvs.tail()));

    let mut set = tlvs.clone();
    set.set::<tlv::UserMessageReference>(7);
    assert_eq!(set.get::<tlv::UserMessageReference>(), Some(7));
    assert_eq!(set.iter().filter(|found| found.tag == tlv::USER_MESSAGE_REFERENCE.tag).count(), 1);

    // What was read can be set again, unless it never had a length that may be sent.
    let mut rebuilt = Tlvs::default();
    for found in tlvs {
        match tlv::find(found.tag).map(|spec| (spec.tag, spec.kind)) {
            Some((0x001E, TlvKind::COctetString)) => {
                rebuilt.push::<tlv::ReceiptedMessageId>(COctetString::from(found.value));
            }
            Some((0x0424, TlvKind::OctetString)) => rebuilt.push::<tlv::MessagePayload>(OctetString::from(found.value)),
            _ => rebuilt.push_raw(found.tag, found.value),
        }
    }
    let _ = format!("{rebuilt:?}");
    let copy: Tlvs<'_> = tlvs.iter().collect();
    assert_eq!(copy.octets(), written(tlvs.iter(), b""));
    assert_eq!(copy.tail(), b"");
}

fn written<'t>(tlvs: impl Iterator<Item = RawTlv<'t>>, tail: &[u8]) -> Vec<u8> {
    let mut octets = Vec::new();
    for tlv in tlvs {
        octets.extend_from_slice(&tlv.tag.to_be_bytes());
        octets.extend_from_slice(&(tlv.value.len() as u16).to_be_bytes());
        octets.extend_from_slice(tlv.value);
    }
    octets.extend_from_slice(tail);
    octets
}
