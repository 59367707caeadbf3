//! Delivery receipts, held to every row of `receipts.csv` and to what users of other software stumbled on.

mod data;

use proptest::collection::vec;
use proptest::prelude::*;
use smpp::Pdu;
use smpp::codec::OctetString;
use smpp::pdu::{DataSm, DeliverSm};
use smpp::sms::{CivilTime, Receipt, stat};
use smpp::value::{MessageState, NetworkErrorType};

/// A row of `receipts.csv`.
struct Row {
    name: String,
    size: Option<usize>,
    kind: String,
    value: Option<u8>,
    text: String,
}

fn rows(row: &str) -> Vec<Row> {
    let rows = data::parse(include_str!("data/receipts.csv"));
    let rows: Vec<_> = rows
        .into_iter()
        .filter(|cells| cells[0] == row)
        .map(|cells| Row {
            name: cells[1].clone(),
            size: cells[2].parse().ok(),
            kind: cells[3].clone(),
            value: cells[4].parse().ok(),
            text: cells[5].clone(),
        })
        .collect();
    assert!(!rows.is_empty(), "no rows {row}");
    rows
}

fn parse(text: &str) -> Receipt<'_> {
    Receipt::parse(text.as_bytes()).unwrap_or_else(|| panic!("no receipt: {text}"))
}

/// A string field as text.
fn text<'a>(field: &'a Option<OctetString<'_>>) -> Option<&'a str> {
    field.as_ref().and_then(|field| field.as_str())
}

fn id<'a>(receipt: &'a Receipt<'_>) -> Option<&'a str> {
    receipt.message_id().and_then(|id| id.as_str())
}

fn times(receipt: &Receipt<'_>) -> [Option<String>; 2] {
    [receipt.submit_time(), receipt.done_time()].map(|time| time.map(|time| time.to_string()))
}

fn deliver(esm_class: u8, text: &str) -> DeliverSm<'_> {
    DeliverSm::default().with_esm_class(esm_class).with_short_message(text)
}

fn full() -> Receipt<'static> {
    let time = |day| CivilTime::new(2010, 5, day, 20, 39, 0).unwrap();
    Receipt::default()
        .with_id("0123456789")
        .with_sub(1)
        .with_dlvrd(1)
        .with_submit_date(time(23))
        .with_done_date(time(24))
        .with_state(MessageState::DELIVERED)
        .with_err("012")
        .with_text("This is a sample message")
}

#[test]
fn the_format_of_appendix_b() {
    let format = &rows("format")[0].text;
    let written = full().to_string();
    // Key by key; letters of the format stand for characters of the value. The table prints `text`, the sample `Text`.
    let keys = |text: &str| {
        let words = text.split(' ').filter_map(|word| word.split_once(':')).map(|(key, _)| key.to_lowercase());
        words.collect::<Vec<_>>()
    };
    assert_eq!(keys(&written), keys(format));
    let lengths = |text: &str| {
        let words = text.split(' ').filter_map(|word| word.split_once(':')).map(|(_, value)| value.len());
        words.take(6).collect::<Vec<_>>()
    };
    assert_eq!(lengths(&written), lengths(format));
}

#[test]
fn every_field_has_its_size() {
    let written = full().to_string();
    for row in rows("field") {
        let (_, rest) = written.split_once(&format!("{}:", row.name)).expect("the field");
        let value = if row.name == "text" { rest } else { rest.split(' ').next().unwrap() };
        assert_eq!(Some(value.len()), row.size, "{}", row.name);
        if row.kind.contains("decimal digits") || row.kind == "YYMMDDhhmm" {
            assert!(value.bytes().all(|octet| octet.is_ascii_digit()), "{}", row.name);
        }
    }
}

#[test]
fn every_stat_of_table_b_2() {
    for row in rows("stat") {
        let state = MessageState(row.value.expect("a state"));
        assert_eq!(row.size, Some(row.name.len()));
        assert_eq!(stat(state), row.name);
        assert_eq!(state.name().as_deref(), Some(row.kind.as_str()));
        for word in [row.name.clone(), row.name.to_lowercase(), row.value.unwrap().to_string()] {
            let receipt = Receipt::default().with_stat(word);
            assert_eq!(receipt.state(), Some(state), "{}", row.name);
            // ACCEPTD is the one that is final on paper alone; UNKNOWN, of which nothing is stated, is taken to be.
            assert_eq!(receipt.is_final(), row.name != "ACCEPTD", "{}", row.name);
        }
    }
}

#[test]
fn every_stat_beyond_the_table() {
    for row in rows("stat_extension") {
        let state = MessageState(row.value.expect("a state"));
        assert_eq!(parse(&format!("stat:{}", row.name)).state(), Some(state), "{}", row.name);
        assert_eq!(Receipt::default().with_stat(stat(state)).state(), Some(state), "{}", row.name);
    }
}

#[test]
fn every_deviation() {
    for row in rows("deviation") {
        deviation(&row.name);
    }
}

fn deviation(name: &str) {
    const STANDARD: &str =
        "id:42 sub:001 dlvrd:001 submit date:2611231305 done date:2611231307 stat:DELIVRD err:000 text:hello";
    let standard = parse(STANDARD);
    let minutes = [Some("2026-11-23 13:05:00".to_owned()), Some("2026-11-23 13:07:00".to_owned())];
    assert_eq!(times(&standard), minutes);
    /// The same receipt, whatever its octets are.
    #[track_caller]
    fn same(text: impl AsRef<[u8]>) {
        let parsed = Receipt::parse(text.as_ref()).expect("a receipt");
        assert_eq!(parsed.raw, *text.as_ref());
        assert_eq!(Receipt { raw: parse(STANDARD).raw, ..parsed }, parse(STANDARD));
    }
    match name {
        "missing_sub_dlvrd" => {
            let receipt = parse("id:42 submit date:2611231305 done date:2611231307 stat:DELIVRD err:000 text:hello");
            let expected = Receipt { sub: None, dlvrd: None, raw: receipt.raw.clone(), ..standard };
            assert_eq!(receipt, expected);
        }
        "missing_text" => {
            for text in ["", "text:", "Text:", "text: \0"] {
                let whole = STANDARD.replace("text:hello", text);
                let receipt = parse(&whole);
                assert_eq!(
                    receipt.text.as_ref().map(|text| text.as_bytes()),
                    (text == "text: \0").then_some(&b" "[..])
                );
                assert_eq!(text_of(&receipt.err), "000");
            }
        }
        "id_only" => {
            assert_eq!(id(&parse("id:42")), Some("42"));
            let receipt = parse("id:42 stat:EXPIRED");
            assert_eq!((id(&receipt), receipt.state()), (Some("42"), Some(MessageState::EXPIRED)));
        }
        "date_12" | "date_14" => {
            let text = match name {
                "date_12" => STANDARD.replace("2611231305", "261123130559").replace("2611231307", "261123130701"),
                _ => STANDARD.replace("2611231305", "20261123130559").replace("2611231307", "20261123130701"),
            };
            assert_eq!(times(&parse(&text)).map(Option::unwrap), ["2026-11-23 13:05:59", "2026-11-23 13:07:01"]);
        }
        "date_12_full_year" => {
            let text = STANDARD.replace("date:26", "date:2026");
            assert_eq!(times(&parse(&text)), minutes);
        }
        "date_zero" => {
            for zeros in ["0000000000", "000000000000", "00000000000000"] {
                let text = STANDARD.replace("2611231305", zeros);
                let receipt = parse(&text);
                assert_eq!((text_of(&receipt.submit_date), receipt.submit_time()), (zeros, None));
                assert_eq!(times(&receipt)[1], minutes[1]);
            }
        }
        "date_missing" => {
            for (from, to) in [("submit date:2611231305 ", ""), ("submit date:2611231305", "submit date:")] {
                let text = STANDARD.replace(from, to);
                let receipt = parse(&text);
                assert_eq!((&receipt.submit_date, receipt.submit_time()), (&None, None));
                assert_eq!(times(&receipt)[1], minutes[1]);
                assert_eq!(receipt.sub, Some(1));
            }
        }
        "key_case" => {
            let (keys, text) = STANDARD.split_at(STANDARD.len() - "hello".len());
            same(keys.to_uppercase() + text);
            same(keys.replace("stat:DELIVRD", "STAT:DELIVRD").replace("submit date", "Submit Date") + text);
        }
        "key_order" => {
            same("text:hello err:000 stat:DELIVRD done date:2611231307 submit date:2611231305 dlvrd:001 sub:001 id:42");
            same("stat:DELIVRD text:hello id:42 sub:001 dlvrd:001 submit date:2611231305 done date:2611231307 err:000");
        }
        "extra_spaces" => {
            same(format!("  {}", STANDARD.replace(' ', "   ")));
            same(STANDARD.replace(' ', "\t\r\n"));
        }
        "space_after_colon" => same(STANDARD.replace(':', ": ").replace("text: ", "text:")),
        "trailing_nul" => {
            for end in ["\0", "\r\n", "\n", "\0\0", "\r\n\0"] {
                same(format!("{STANDARD}{end}"));
                let without = STANDARD.replace(" text:hello", end);
                assert_eq!(text_of(&parse(&without).err), "000");
            }
        }
        "id_hex_vs_dec" => {
            use smpp::sms::{CanonicalId, IdForm};
            let hexadecimal = CanonicalId::of(b"0001054BC63");
            assert_eq!(IdForm::HexadecimalAsDecimal.response_id(b"273988707"), Some(hexadecimal.clone()));
            assert_eq!(IdForm::DecimalAsHexadecimal.response_id(b"1054bc63"), Some(CanonicalId::of(b"0273988707")));
            assert_eq!(IdForm::Same.response_id(b"1054bc63"), Some(hexadecimal));
        }
        "id_long" | "id_padding" => {
            let ids = [
                "74e02ee1-4e2f-4a6e-a78b-4b247d756a22",
                "2E179B310EDE971B2760C72B7F026E1B",
                "117062714244798261",
                "4",
                "0000000001",
            ];
            for long in ids {
                let text = STANDARD.replace("id:42", &format!("id:{long}"));
                assert_eq!(id(&parse(&text)), Some(long));
                assert_eq!(parse(&text).sub, Some(1));
            }
        }
        "err_long" => {
            for (err, code) in [("0", 0), ("12", 12), ("0000", 0), ("123456", 123_456)] {
                let text = STANDARD.replace("err:000", &format!("err:{err}"));
                assert_eq!((text_of(&parse(&text).err), parse(&text).error_code()), (err, Some(code)));
            }
        }
        "err_hex" => {
            let text = STANDARD.replace("err:000", "err:21b");
            assert_eq!((text_of(&parse(&text).err), parse(&text).error_code()), ("21b", None));
        }
        "err_empty" => {
            let text = STANDARD.replace("err:000", "err:");
            assert_eq!(parse(&text), Receipt { err: None, raw: text.as_str().into(), ..standard });
        }
        "short_counts" => {
            let text = STANDARD.replace("sub:001 dlvrd:001", "sub:1 dlvrd:13");
            assert_eq!((parse(&text).sub, parse(&text).dlvrd), (Some(1), Some(13)));
        }
        "stat_numeric" => {
            for (number, state) in [("0", Some(0)), ("2", Some(2)), ("255", Some(255)), ("256", None)] {
                let text = STANDARD.replace("DELIVRD", number);
                assert_eq!((text_of(&parse(&text).stat), parse(&text).state()), (number, state.map(MessageState)));
            }
        }
        "prefix" => {
            for prefix in
                ["4790000000#", "4790000000SMSAlert^", "4790000000?", "4790000000 ", "to:4790000000 ", ":", "a:b:"]
            {
                same(format!("{prefix}{STANDARD}"));
            }
            // Not just any word that ends so.
            assert_eq!(id(&parse("paid:7 stat:DELIVRD")), None);
        }
        "text_binary" => {
            for binary in
                [&b"\0H\0e\0l\0l\0o"[..], b"\x04\x1F\x04\x40", b"H\x1bello", b"\xC8\x32\x9B\xFD\x06", b"a:b: c:"]
            {
                let octets = [STANDARD.trim_end_matches("hello").as_bytes(), binary].concat();
                let receipt = Receipt::parse(&octets).unwrap();
                assert_eq!(receipt.text.as_ref().unwrap(), &binary);
                assert_eq!(id(&receipt), Some("42"));
            }
        }
        "in_payload" => {
            let deliver = DeliverSm::default().with_esm_class(4).with_message_payload(STANDARD);
            let data = DataSm::default().with_esm_class(4).with_message_payload(STANDARD);
            assert_eq!(Receipt::of(&deliver), Some(standard.clone()));
            assert_eq!(Receipt::of(&data), Some(standard));
        }
        "tlv_only" => {
            let pdu = DeliverSm::default()
                .with_esm_class(4)
                .with_receipted_message_id("42")
                .with_message_state(MessageState::UNDELIVERABLE)
                .with_network_error_code(b"\x03\0\x22");
            let receipt = Receipt::of(&pdu).unwrap();
            assert_eq!((id(&receipt), receipt.state()), (Some("42"), Some(MessageState::UNDELIVERABLE)));
            assert_eq!((receipt.error_code(), receipt.raw.is_empty()), (Some(34), true));
            assert_eq!(receipt.network_error_code.unwrap().network, NetworkErrorType::GSM);
        }
        "tlv_vs_text" => {
            let pdu = deliver(4, STANDARD)
                .with_receipted_message_id("2a")
                .with_message_state(MessageState::EXPIRED)
                .with_network_error_code(b"\x03\0\x22");
            let receipt = Receipt::of(&pdu).unwrap();
            assert_eq!((id(&receipt), receipt.state()), (Some("2a"), Some(MessageState::EXPIRED)));
            assert_eq!(receipt.error_code(), Some(34));
            // What the text says is there as well.
            assert_eq!((receipt.id.unwrap(), text_of(&receipt.stat)), ("42".into(), "DELIVRD"));
            let some = deliver(4, STANDARD).with_message_state(MessageState::EXPIRED);
            let receipt = Receipt::of(&some).unwrap();
            assert_eq!((id(&receipt), receipt.state()), (Some("42"), Some(MessageState::EXPIRED)));
        }
        "esm_class" => {
            let (marked, intermediate, not) = (deliver(4, STANDARD), deliver(0x20, STANDARD), deliver(0, STANDARD));
            assert_eq!(Receipt::of(&marked), Some(standard.clone()));
            assert_eq!(Receipt::of_unmarked(&marked), Some(standard.clone()));
            // Final all the same.
            assert!(Receipt::of(&intermediate).unwrap().is_final());
            assert_eq!(Receipt::of(&not), None);
            assert_eq!(Receipt::of_unmarked(&not), Some(standard));
        }
        "receipted_id_no_nul" => {
            for id in [&b"42\0"[..], b"42"] {
                let mut pdu = deliver(4, "");
                pdu.tlvs.push_raw(0x001E, id);
                assert_eq!(Receipt::of(&pdu).unwrap().receipted_message_id.unwrap(), "42");
            }
        }
        "coding" => {
            let claimed = deliver(4, STANDARD).with_data_coding(8);
            assert_eq!(Receipt::of(&claimed), Some(standard.clone()));
            let units = |order: fn(u16) -> [u8; 2]| STANDARD.encode_utf16().flat_map(order).collect::<Vec<_>>();
            for octets in [units(u16::to_be_bytes), units(u16::to_le_bytes)] {
                let real = DeliverSm::default().with_esm_class(4).with_data_coding(8).with_short_message(&octets);
                let receipt = Receipt::of(&real).unwrap();
                assert_eq!(receipt.raw, *octets);
                assert_eq!(Receipt { raw: standard.raw.clone(), ..receipt }, standard);
            }
        }
        other => panic!("no test for the deviation {other}"),
    }
}

fn text_of<'a>(field: &'a Option<OctetString<'_>>) -> &'a str {
    text(field).expect("a field")
}

/// id, sub, dlvrd, submit time, done time, state, err, text
type Fields = (
    &'static str,
    Option<u32>,
    Option<u32>,
    &'static str,
    &'static str,
    Option<u8>,
    &'static str,
    Option<&'static str>,
);

#[test]
fn every_example() {
    let expected = |name: &str| -> Fields {
        match name {
            "standard" => (
                "0123456789",
                Some(1),
                Some(1),
                "2010-05-23 20:39:00",
                "2010-05-24 23:39:00",
                Some(2),
                "012",
                Some("This is a sample mes"),
            ),
            "upper_text" => {
                ("4", Some(1), Some(1), "2010-06-02 00:51:00", "2010-06-02 00:51:00", Some(2), "000", Some("Hello"))
            }
            "uuid_12" | "out_of_order" => (
                "74e02ee1-4e2f-4a6e-a78b-4b247d756a22",
                Some(1),
                Some(1),
                "2011-02-06 19:30:41",
                "2011-02-06 19:31:10",
                Some(2),
                "000",
                None,
            ),
            "date_14" => (
                "2E179B310EDE971B2760C72B7F026E1B",
                None,
                None,
                "2011-03-14 18:15:34",
                "2011-03-14 18:17:41",
                Some(2),
                "0",
                None,
            ),
            "err_hex" => (
                "0123456789",
                Some(2),
                Some(1),
                "2010-05-23 20:39:00",
                "2010-05-24 23:39:00",
                Some(2),
                "21b",
                Some("This is a sample mes"),
            ),
            "no_sub" => {
                ("1526758174", None, None, "2017-01-24 09:04:00", "2017-01-24 09:04:00", Some(2), "000", Some("hellow"))
            }
            "no_sub_no_text" => {
                ("0654354026", None, None, "2023-02-10 14:54:00", "2023-02-10 14:54:00", Some(2), "000", None)
            }
            "err_4" => (
                "117062714244798261",
                Some(1),
                Some(1),
                "2017-06-27 16:24:00",
                "2017-06-27 16:24:00",
                Some(2),
                "0000",
                Some("H\u{1b}ello world"),
            ),
            "short_counts" => {
                ("68673723", Some(1), Some(13), "2019-09-30 15:45:00", "2019-09-30 15:45:00", Some(2), "0", None)
            }
            "full_year_12" => (
                "c87c2273-7edb-4bc7-8d3a-7f57f21b625e",
                None,
                None,
                "2015-06-20 16:41:00",
                "2015-06-20 16:41:00",
                Some(2),
                "000",
                None,
            ),
            "numeric_stat" => {
                ("Smsc2013", Some(1), Some(1), "2006-10-17 15:15:00", "2006-10-17 15:15:00", Some(0), "0", Some("blah"))
            }
            "prefix_caret" => {
                ("1054BC63", Some(0), Some(1), "2006-10-23 12:17:00", "2006-10-23 12:17:00", Some(2), "", None)
            }
            "undeliv" => (
                "0911897980",
                Some(1),
                Some(0),
                "2012-01-12 15:51:00",
                "2012-01-12 15:51:00",
                Some(5),
                "075",
                Some("-PROFILE"),
            ),
            "date_only" => ("", None, None, "2011-02-06 19:30:41", "", None, "", None),
            other => panic!("nothing is expected of the example {other}"),
        }
    };
    for row in rows("example") {
        let octets = row.text.replace("[0x1B]", "\u{1b}");
        let receipt = parse(&octets);
        let [submit, done] = times(&receipt);
        let found = (
            id(&receipt).unwrap_or_default(),
            receipt.sub,
            receipt.dlvrd,
            submit.as_deref().unwrap_or_default(),
            done.as_deref().unwrap_or_default(),
            receipt.state().map(|state| state.0),
            text(&receipt.err).unwrap_or_default(),
            text(&receipt.text),
        );
        assert_eq!(found, expected(&row.name), "{}", row.name);
        assert_eq!(receipt.raw, octets.as_str(), "{}", row.name);
    }
}

/// Receipts that were seen on the wire, as whole PDUs.
#[test]
fn receipts_of_the_vectors() {
    for (name, by_tlv, by_text, state, text_begins) in [
        ("deliver_sm_issue70", None, Some("117062714244798261"), 2, "H\x1bello world"),
        ("deliver_sm_cloudhopper_5", None, Some("94251430923"), 6, " 26F102"),
        ("deliver_sm_cloudhopper_6", Some("126e85a6edeac1a02020099312479564"), None, 2, "Hello               "),
        ("deliver_sm_smppex", Some("42"), None, 2, ""),
        ("deliver_sm_jasmin_4", Some("6aad5"), Some("0000436949"), 2, ""),
        ("deliver_sm_jasmin_6", Some("4D19C83C"), None, 2, "GW250 MCC=270 MNC=1 BillingMNC=1"),
        ("deliver_sm_jasmin_8", Some("18d0e03a"), Some("0416342074"), 2, ""),
        ("deliver_sm_larvit", Some("155040621242143585"), None, 2, "  baff"),
        ("deliver_sm_restcomm", Some("110830142754556182180110"), Some("110830142754556182180110"), 2, ""),
        ("deliver_sm_smpplib", None, Some("795920026"), 2, ""),
        ("deliver_sm_jamaa", Some("253092914522667372"), None, 2, "\x1b<eviSMS\x1b>\nSMS de Prue"),
    ] {
        let vector = data::vector(name);
        let (pdu, _) = data::decode(&vector.octets, smpp::codec::Leniency::DEFAULT);
        let Ok(Pdu::DeliverSm(pdu)) = pdu else { panic!("{name}") };
        let receipt = Receipt::of(&pdu).unwrap_or_else(|| panic!("{name} is no receipt"));
        let as_str = |id: &Option<smpp::codec::COctetString<'_>>| id.as_ref().map(|id| id.as_str().unwrap().to_owned());
        assert_eq!(as_str(&receipt.receipted_message_id).as_deref(), by_tlv, "{name}");
        if by_text.is_some() {
            assert_eq!(as_str(&receipt.id).as_deref(), by_text, "{name}");
        }
        assert_eq!(receipt.state(), Some(MessageState(state)), "{name}");
        if !text_begins.is_empty() {
            assert_eq!(text(&receipt.text), Some(text_begins), "{name}");
        }
    }
}

/// What follows `text:` is the message, whatever it looks like.
#[test]
fn a_message_may_look_like_a_receipt() {
    let head = "id:42 sub:001 dlvrd:001 submit date:2611231305 done date:2611231307 stat:DELIVRD err:000 text:";
    for message in [
        "id:7 stat:FAILED err:1",
        " stat:UNDELIV",
        "hello err:5",
        "text:text:text:",
        "submit date:0000000000",
        " sub:1 dlvrd:2 id:3",
        "a: b: c",
    ] {
        let whole = format!("{head}{message}");
        let receipt = parse(&whole);
        assert_eq!((id(&receipt), text_of(&receipt.text)), (Some("42"), message));
        assert_eq!((receipt.state(), receipt.sub), (Some(MessageState::DELIVERED), Some(1)));
        assert_eq!((text_of(&receipt.err), text_of(&receipt.submit_date)), ("000", "2611231305"));
    }
    // A field counts behind it only if the rest is such fields to the end, and white space parts it from the message.
    for (text, message, state) in [
        ("id:1 text:hello stat:DELIVRD", "hello", Some("DELIVRD")),
        ("id:1 text:hello stat:DELIVRD and so on", "hello stat:DELIVRD and so on", None),
        ("id:1 text:stat:DELIVRD", "stat:DELIVRD", None),
        ("id:1 text:hello stat:delivered! ", "hello stat:delivered! ", None),
        ("id:1 text:hello id:2 stat:DELIVRD", "hello id:2", Some("DELIVRD")),
        ("id:1 text:stat:EXPIRED stat:DELIVRD", "stat:EXPIRED", Some("DELIVRD")),
    ] {
        let receipt = parse(text);
        assert_eq!((text_of(&receipt.text), receipt.stat.as_ref().and_then(|stat| stat.as_str())), (message, state));
        assert_eq!(id(&receipt), Some("1"));
    }
}

/// opentelecoms-org/jsmpp#62, uudashr/jsmpp#67: a receipt without sub and dlvrd is refused.
#[test]
fn jsmpp_62_and_67_receipts_without_sub_and_dlvrd() {
    for text in [
        "id:1526758174 submit date:1701240904 done date:1701240904 stat:DELIVRD err:000 text:hellow",
        "id:0654354026 submit date:2302101454 done date:2302101454 stat:DELIVRD err:000",
        "id:1 submit date:2302101454 stat:DELIVRD",
        "id:1 stat:DELIVRD err:000 text:",
        "id:1 sub:001 stat:DELIVRD",
    ] {
        let receipt = parse(text);
        assert_eq!((receipt.state(), receipt.dlvrd), (Some(MessageState::DELIVERED), None));
        assert!(receipt.is_final() && receipt.message_id().is_some());
    }
}

/// opentelecoms-org/jsmpp#9: BUFFRED, ACKED and FAILED make the parser throw.
#[test]
fn jsmpp_9_states_that_no_table_has() {
    for (word, state, is_final) in [
        ("BUFFRED", None, false),
        ("ACKED", None, false),
        ("FAILED", Some(MessageState::UNDELIVERABLE), true),
        ("NOROUTE", None, false),
        ("-1", None, false),
    ] {
        let text = format!("id:1 sub:001 dlvrd:000 stat:{word} err:000 text:x");
        let receipt = parse(&text);
        assert_eq!((text_of(&receipt.stat), receipt.state(), receipt.is_final()), (word, state, is_final));
        assert_eq!(receipt.to_string(), text);
    }
}

/// twitter-archive/cloudhopper-smpp#40, #105, RestComm/cloudhopper-smpp#17: an err that is no number of three digits
/// makes the parser throw.
#[test]
fn cloudhopper_40_105_and_17_err_is_not_three_digits() {
    for (err, code) in [("21b", None), ("00B", None), ("1002", Some(1002)), ("0", Some(0)), ("-5", None), ("E:7", None)]
    {
        let text = format!("id:1 stat:UNDELIV err:{err} text:hi");
        let receipt = parse(&text);
        assert_eq!((text_of(&receipt.err), receipt.error_code(), text_of(&receipt.text)), (err, code, "hi"));
        assert_eq!(receipt.raw, text.as_str());
    }
}

/// onlinecity/php-smpp#70: an err of four digits and vendors' TLVs behind the text leave nothing of the receipt.
#[test]
fn php_smpp_70_four_digits_of_err_and_tlvs_behind_the_text() {
    let vector = data::vector("deliver_sm_issue70");
    let Pdu::DeliverSm(pdu) = data::clean(&vector.octets) else { panic!() };
    let receipt = Receipt::of(&pdu).unwrap();
    assert_eq!((text_of(&receipt.err), receipt.error_code()), ("0000", Some(0)));
    assert_eq!((id(&receipt), text_of(&receipt.text)), (Some("117062714244798261"), "H\x1bello world"));
    assert!(receipt.is_final() && pdu.tlvs.contains(0x1454) && pdu.tlvs.contains(0x1418));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read(receipt in any_receipt()) {
        let octets = receipt.to_octets();
        let parsed = Receipt::parse(&octets);
        if receipt == Receipt::default() {
            prop_assert!(octets.is_empty() && parsed.is_none());
        } else {
            let parsed = parsed.expect("a receipt");
            prop_assert_eq!(&parsed.raw, &octets[..]);
            prop_assert_eq!(Receipt { raw: OctetString::EMPTY, ..parsed }, receipt.clone());
            prop_assert_eq!(String::from_utf8_lossy(&octets), receipt.to_string());
        }
    }

    #[test]
    fn fields_are_read_in_any_order_case_and_spacing(
        fields in Just([
            "id:42", "sub:001", "dlvrd:001", "submit date:2611231305", "done date:2611231307", "stat:DELIVRD",
            "err:21b", "text:hello you",
        ]).prop_shuffle(),
        count in 1..=8_usize,
        upper: [bool; 8],
        space in "[ \t\r\n\0]{1,5}",
    ) {
        let fields = &fields[..count];
        let cased = fields.iter().zip(upper).map(|(field, upper)| {
            let (key, value) = field.split_once(':').expect("a key");
            format!("{}:{value}", if upper { key.to_uppercase() } else { key.to_owned() })
        });
        let cased: Vec<_> = cased.collect();
        let (ordered, shuffled) = (fields.join(" "), cased.join(&space));
        let (expected, found) = (parse(&ordered), parse(&shuffled));
        for field in fields {
            let (key, value) = field.split_once(':').expect("a key");
            match key {
                "id" => prop_assert_eq!(id(&found), Some(value)),
                "sub" => prop_assert_eq!(found.sub, Some(1)),
                "dlvrd" => prop_assert_eq!(found.dlvrd, Some(1)),
                "submit date" => prop_assert_eq!(text(&found.submit_date), Some(value)),
                "done date" => prop_assert_eq!(text(&found.done_date), Some(value)),
                "stat" => prop_assert_eq!(text(&found.stat), Some(value)),
                "err" => prop_assert_eq!(text(&found.err), Some(value)),
                _ => prop_assert_eq!(text(&found.text), Some(value)),
            }
        }
        prop_assert_eq!(Receipt { raw: expected.raw.clone(), ..found }, expected);
    }

    #[test]
    fn any_octets_are_survived(octets in vec(any::<u8>(), 0..200)) {
        survives(&octets)?;
    }

    #[test]
    fn anything_like_a_receipt_is_survived(parts in vec(part(), 0..30)) {
        survives(&parts.concat())?;
    }
}

/// Reads octets, whatever they are, and asks everything of what was read.
fn survives(octets: &[u8]) -> Result<(), TestCaseError> {
    let pdu = DeliverSm::default().with_esm_class(4).with_message_payload(octets);
    let of_pdu = Receipt::of(&pdu).expect("it is marked as one");
    prop_assert_eq!(&of_pdu.raw, octets);
    let Some(receipt) = Receipt::parse(octets) else { return Ok(()) };
    prop_assert_eq!(&receipt, &of_pdu);
    let _ = (receipt.state(), receipt.is_final(), receipt.error_code(), times(&receipt), receipt.to_string());
    // Without a message, in which anything may stand, what is written of it says the same.
    if receipt.text.is_none()
        && let Some(again) = Receipt::parse(&receipt.to_octets())
    {
        prop_assert_eq!(Receipt { raw: receipt.raw.clone(), ..again }, receipt);
    }
    Ok(())
}

fn part() -> impl Strategy<Value = Vec<u8>> {
    let words = [
        "id:",
        "ID:",
        "sub:",
        "dlvrd:",
        "submit date:",
        "submit",
        "done  date:",
        "date:",
        "stat:",
        "err:",
        "text:",
        " ",
        "\0",
        ":",
        "DELIVRD",
        "001",
        "2611231305",
        "^",
        "\0i\0d\0:\0\x37",
        "i\0d\0:\0",
        "  ",
    ];
    prop_oneof![
        8 => prop::sample::select(words.to_vec()).prop_map(|word| word.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..5),
    ]
}

/// A receipt that a text can hold: no field is empty, and what looks like one stands in its text only if there is
/// none left that it could be.
fn any_receipt() -> impl Strategy<Value = Receipt<'static>> {
    let word = || "[!-9;-~]{1,40}".prop_map(String::from);
    let date = || "[0-9]{1,14}".prop_map(OctetString::from);
    let fields = (
        proptest::option::of(word()),
        proptest::option::of(any::<u32>()),
        proptest::option::of(any::<u32>()),
        proptest::option::of(date()),
        proptest::option::of(date()),
        proptest::option::of(word()),
        proptest::option::of(word()),
        proptest::option::of("[ -9;-~]{0,19}[!-9;-~]"),
    );
    let some = fields.prop_map(|(id, sub, dlvrd, submit_date, done_date, stat, err, text)| Receipt {
        id: id.map(Into::into),
        sub,
        dlvrd,
        submit_date,
        done_date,
        stat: stat.map(Into::into),
        err: err.map(Into::into),
        text: text.map(Into::into),
        ..Receipt::default()
    });
    let texts = vec(prop_oneof!["id:1", " stat:EXPIRED", " err:", "[ -~]", "text:", "\u{fc}"], 1..5);
    let all = (word(), any::<u32>(), any::<u32>(), date(), date(), word(), word(), texts).prop_filter_map(
        "longer than a receipt shows, or empty",
        |(id, sub, dlvrd, submit_date, done_date, stat, err, text)| {
            let text = text.concat();
            (text.len() <= 20 && !text.is_empty()).then(|| Receipt {
                id: Some(id.into()),
                sub: Some(sub),
                dlvrd: Some(dlvrd),
                submit_date: Some(submit_date),
                done_date: Some(done_date),
                stat: Some(stat.into()),
                err: Some(err.into()),
                text: Some(text.into()),
                ..Receipt::default()
            })
        },
    );
    prop_oneof![some, all]
}

/// Reading a receipt allocates nothing, whatever there is in it; UTF-16 alone has to be written anew.
#[test]
fn reading_allocates_nothing() {
    let mut texts: Vec<Vec<u8>> = rows("example").into_iter().map(|row| row.text.into_bytes()).collect();
    texts.extend([
        b"sub:1 ".repeat(10_000),
        b"text: id:1 ".repeat(5_000),
        b"submit  ".repeat(5_000),
        vec![b':'; 65_535],
    ]);
    for text in &texts {
        let info = allocation_counter::measure(|| drop(Receipt::parse(text)));
        assert_eq!(info.count_total, 0, "{:?}", Receipt::parse(text));
        let pdu = DeliverSm::default().with_esm_class(4).with_message_payload(text).with_receipted_message_id("1");
        let info = allocation_counter::measure(|| drop(Receipt::of(&pdu)));
        assert_eq!(info.count_total, 0);
    }
}
