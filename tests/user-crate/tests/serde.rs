//! A vendor's PDUs are serialized as the standard's are.

use acme_user::acme::ext::*;
use acme_user::acme::pdu::{AcmeFetch, AcmeFetchResp, AcmeHint, AcmeItem, AcmePair, AcmePingResp, AcmeStore};
use acme_user::acme::value::{AcmeColour, AcmeEpoch};
use acme_user::second::pdu::{Blob, Census, Choice};
use acme_user::second::value::{Knobs, UInt};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sms::pdu::DestAddress;
use sms::value::{DataCoding, MessageState, Ton};

#[track_caller]
fn round_trip<P: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(pdu: &P) -> String {
    let json = serde_json::to_string(pdu).unwrap();
    assert_eq!(&serde_json::from_str::<P>(&json).unwrap(), pdu, "{json}");
    json
}

#[test]
fn integers_and_tlvs() {
    let response = AcmePingResp::default().with_acme_load(3).with_acme_since(AcmeEpoch::END).with_acme_label("a");
    assert_eq!(
        round_trip(&response),
        r#"{"acme_nonce":0,"acme_load":3,"acme_since":18446744073709551615,"tlvs":[{"tag":5130,"hex":"6100"}]}"#
    );
    round_trip(&AcmeFetch::default().with_acme_cursor("c"));
}

#[test]
fn lists_of_structures() {
    let items = [
        AcmeItem::AcmeText {
            source_addr_ton: Ton::NATIONAL,
            source_addr: "41".into(),
            acme_body: b"\xFF\0".into(),
            acme_at: AcmeEpoch::START,
        },
        AcmeItem::AcmeReceipt { message_id: "id".into(), message_state: MessageState::DELIVERED },
        AcmeItem::AcmeEnd {},
    ];
    round_trip(&AcmeFetchResp::default().with_acme_items(items));
    let pair = AcmePair { acme_key: "12345678".into(), acme_value: u64::MAX };
    round_trip(&AcmeHint::default().with_acme_pairs([pair]).with_acme_shades(AcmeColour::RED));
    let list = DestAddress::DistributionList { dl_name: "all".into() };
    let store = AcmeStore::default().with_acme_document(b"\x80\x81").with_acme_parts([list]);
    round_trip(&store.with_data_coding(DataCoding::UCS2));
}

#[test]
fn lists_of_structures_without_octets() {
    let census = Census::default()
        .with_blobs([Blob { flag: 1, knobs: Knobs(2), stamp: 3 }])
        .with_choices([Choice::Number { value: UInt(4) }, Choice::Nothing {}]);
    assert_eq!(
        round_trip(&census),
        concat!(
            r#"{"blobs":[{"flag":1,"knobs":2,"stamp":3}],"#,
            r#""choices":[{"dest_flag":1,"value":4},{"dest_flag":2}],"tlvs":[]}"#
        )
    );
}
