//! The feature `serde`: every PDU through JSON and back.
#![cfg(feature = "serde")]

use smpp::codec::{List, Tlvs};
use smpp::pdu::{BindTransceiver, DestAddress, SubmitMulti, SubmitMultiResp, SubmitSm, UnsuccessSme};
use smpp::value::{CommandStatus, Ton};

#[test]
fn submit_sm_goes_through_json_and_back() {
    let mut tlvs = Tlvs::default();
    tlvs.push_raw(0x1403, b"34");
    let pdu = SubmitSm::default()
        .with_source_addr_ton(Ton::ALPHANUMERIC)
        .with_source_addr(&b"caf\xE9"[..])
        .with_destination_addr("4179")
        .with_short_message("hello")
        .with_tlvs(tlvs)
        .with_user_message_reference(7);
    let json = serde_json::to_value(&pdu).unwrap();
    assert_eq!(json["source_addr_ton"], 5);
    assert_eq!(json["source_addr"]["hex"], "636166e9");
    assert_eq!(json["short_message"], "hello");
    assert_eq!(json["tlvs"], serde_json::json!([{"tag": 0x1403, "hex": "3334"}, {"tag": 0x0204, "hex": "0007"}]));
    assert_eq!(serde_json::from_value::<SubmitSm<'_>>(json).unwrap(), pdu);
}

#[test]
fn lists_go_through_json_and_back() {
    let list = DestAddress::DistributionList { dl_name: "friends".into() };
    let sme =
        DestAddress::SmeAddress { dest_addr_ton: 1.into(), dest_addr_npi: 1.into(), destination_addr: "41".into() };
    let pdu = SubmitMulti::default().with_dest_address([sme, list]);
    let json = serde_json::to_value(&pdu).unwrap();
    assert_eq!(json["dest_address"][1], serde_json::json!({"dest_flag": 2, "dl_name": "friends"}));
    assert_eq!(serde_json::from_value::<SubmitMulti<'_>>(json).unwrap(), pdu);

    let failed = UnsuccessSme {
        dest_addr_ton: 1.into(),
        dest_addr_npi: 1.into(),
        destination_addr: "41".into(),
        error_status_code: CommandStatus::ESME_RINVDSTADR,
    };
    let pdu = SubmitMultiResp::default().with_message_id("1").with_unsuccess_sme(List::from([failed]));
    let json = serde_json::to_string(&pdu).unwrap();
    assert_eq!(serde_json::from_str::<SubmitMultiResp<'_>>(&json).unwrap(), pdu);
}

#[test]
fn what_is_missing_has_its_default_and_what_is_unknown_is_refused() {
    let pdu: BindTransceiver<'_> = serde_json::from_str(r#"{"system_id": "me"}"#).unwrap();
    assert_eq!((pdu.system_id.as_str(), pdu.interface_version.0), (Some("me"), 0x34));
    let error = serde_json::from_str::<SubmitSm<'_>>(r#"{"destination": "41"}"#).unwrap_err();
    assert!(error.to_string().contains("unknown field `destination`"), "{error}");
    let error = serde_json::from_str::<SubmitSm<'_>>(r#"{"esm_class": 256}"#).unwrap_err();
    assert!(error.to_string().contains("`esm_class`: expected a smaller number"), "{error}");
}
