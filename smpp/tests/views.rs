//! Frames as text, JSON and hexadecimal, to the letter.

mod data;

use data::{octets, pdu, vector};
use smpp::codec::{Decoder, Encode, Frame, Frames, Leniency};
use smpp::pdu::{DeliverSm, SubmitSm};
use smpp::view::{self, Views};

fn json(octets: &[u8]) -> String {
    view::json(Frame::exact(octets).expect("a frame"), &mut Decoder::default())
}

fn text(octets: &[u8]) -> String {
    view::text(Frame::exact(octets).expect("a frame"), &mut Decoder::default())
}

#[test]
fn json_of_a_message_with_tlvs() {
    let expected = concat!(
        r#"{"command":"deliver_sm","command_length":69,"command_id":5,"command_status":0,"sequence_number":102,"#,
        r#""command_status_name":"ESME_ROK","fields":{"service_type":"smscsim","source_addr_ton":0,"#,
        r#""source_addr_npi":0,"source_addr":"77012110000","dest_addr_ton":0,"dest_addr_npi":0,"#,
        r#""destination_addr":"1001","esm_class":64,"protocol_id":0,"priority_flag":0,"#,
        r#""schedule_delivery_time":"","validity_period":"","registered_delivery":0,"replace_if_present_flag":0,"#,
        r#""data_coding":0,"sm_default_msg_id":0,"sm_length":4,"short_message":{"hex":"54657374","text":"Test"}},"#,
        r#""tlvs":[{"tag":513,"name":"privacy_indicator","length":1,"hex":"03","value":3},"#,
        r#"{"tag":4612,"name":"ms_validity","length":1,"hex":"02","value":2}],"diagnostics":[]}"#,
    );
    assert_eq!(json(&vector("deliver_sm_smscsim").octets), expected);
}

#[test]
fn json_of_a_list() {
    let json = json(&vector("submit_multi_gosmppch").octets);
    let list = concat!(
        r#""number_of_dests":3,"dest_address(es)":[{"dest_flag":1,"dest_addr_ton":0,"dest_addr_npi":0,"#,
        r#""destination_addr":"Bob1"},{"dest_flag":2,"dl_name":"List1"},{"dest_flag":2,"dl_name":"List2"}],"#,
        r#""esm_class":13,"#,
    );
    assert!(json.contains(list), "{json}");
    // UCS-2 is not printable as it stands.
    assert!(json.contains(r#""short_message":{"hex":"006e006700681eaf"#), "{json}");
    assert!(!json.contains(r#""text""#), "{json}");
}

#[test]
fn json_of_every_kind_of_tlv_value() {
    let octets = pdu(
        0x8000_0103,
        0x45,
        7,
        &octets("6100 001d 0004 6e6f2200 0423 0003 03001f 0425 0001 02 1403 0002 6869 1404 0002 ff00 001d 0002 c328"),
    );
    let expected = concat!(
        r#"{"command":"data_sm_resp","command_length":56,"command_id":2147483907,"command_status":69,"#,
        r#""sequence_number":7,"command_status_name":"ESME_RSUBMITFAIL","fields":{"message_id":"a"},"tlvs":["#,
        r#"{"tag":29,"name":"additional_status_info_text","length":4,"hex":"6e6f2200","value":"no\""},"#,
        r#"{"tag":1059,"name":"network_error_code","length":3,"hex":"03001f","value":null},"#,
        r#"{"tag":1061,"name":"delivery_failure_reason","length":1,"hex":"02","value":2},"#,
        r#"{"tag":5123,"name":null,"length":2,"hex":"6869","value":"hi"},"#,
        r#"{"tag":5124,"name":null,"length":2,"hex":"ff00","value":null},"#,
        r#"{"tag":29,"name":"additional_status_info_text","length":2,"hex":"c328","value":null}],"diagnostics":[]}"#,
    );
    assert_eq!(json(&octets), expected);
}

#[test]
fn json_of_what_is_salvaged() {
    let tail = json(&vector("submit_sm_trailing_nul_larvit").octets);
    let expected = concat!(
        r#""tlvs":[],"tail":{"hex":"00"},"diagnostics":[{"class":"tlv_stream_leftover","field":"tlvs","offset":59,"#,
        r#""message":"submit_sm: tlvs at octet 59: 1 stray octets, too few for a TLV"}]}"#,
    );
    assert!(tail.ends_with(expected), "{tail}");
    let long = json(&vector("submit_sm_service_type_7").octets);
    let expected = concat!(
        r#""diagnostics":[{"class":"c_octet_string_too_long","field":"service_type","offset":16,"#,
        r#""message":"submit_sm: service_type at octet 16: 7 octets with the NUL, at most 6 are allowed"}]}"#,
    );
    assert!(long.ends_with(expected), "{long}");
    assert!(long.contains(r#""fields":{"service_type":"ABCDEF","#), "{long}");
}

#[test]
fn json_of_a_response_without_body_has_no_fields() {
    let expected = concat!(
        r#"{"command":"submit_sm_resp","command_length":16,"command_id":2147483652,"command_status":0,"#,
        r#""sequence_number":171192033,"command_status_name":"ESME_ROK","fields":{},"tlvs":[],"diagnostics":[]}"#,
    );
    assert_eq!(json(&vector("submit_sm_resp_cloudhopper").octets), expected);
    let tlvs_alone = json(&vector("data_sm_resp_no_message_id").octets);
    assert!(
        tlvs_alone.contains(r#""fields":{},"tlvs":[{"tag":1059,"name":"network_error_code","length":3,"#),
        "{tlvs_alone}"
    );
}

#[test]
fn json_of_a_status_without_a_name() {
    assert!(json(&pdu(0x8000_0000, 0x42E, 1, &[])).contains(r#""command_status_name":null,"#));
    assert!(json(&pdu(0x8000_0000, 0x30, 1, &[])).contains(r#""command_status_name":null,"#));
}

#[test]
fn json_of_what_is_refused() {
    let expected = concat!(
        r#"{"command":"submit_sm","command_length":17,"command_id":4,"command_status":0,"sequence_number":1,"#,
        r#""command_status_name":"ESME_ROK","error":{"class":"truncated_body","field":"source_addr_ton","offset":17,"#,
        r#""message":"submit_sm: source_addr_ton at octet 17: the PDU ends here"},"tlvs":[],"diagnostics":[]}"#,
    );
    assert_eq!(json(&vector("submit_sm_only_service_type").octets), expected);
    let vector = vector("submit_sm_priority_4");
    let strict = view::json(vector.frame(), &mut Decoder::new(Leniency::STRICT));
    assert!(strict.contains(r#""error":{"class":"invalid_value","field":"priority_flag","offset":"#), "{strict}");
}

#[test]
fn json_of_an_unknown_command_is_an_error_under_every_policy() {
    let expected = concat!(
        r#"{"command":null,"command_length":16,"command_id":127,"command_status":0,"sequence_number":1,"#,
        r#""command_status_name":"ESME_ROK","error":{"class":"unknown_command_id","field":"command_id","offset":4,"#,
        r#""message":"command 0x0000007F: command_id at octet 4: unknown command_id 0x0000007F"},"tlvs":[],"diagnostics":[]}"#,
    );
    let vector = vector("unknown_command_7f");
    let accepting = Leniency::DEFAULT.accepting(smpp::ErrorClass::UnknownCommandId);
    for leniency in [Leniency::STRICT, Leniency::DEFAULT, Leniency::LENIENT, accepting] {
        assert_eq!(view::json(vector.frame(), &mut Decoder::new(leniency)), expected);
    }
}

#[test]
fn json_of_octets_that_are_no_frame() {
    let octets = vector("command_length_15").octets;
    let error = Frames::new(&octets).next().expect("an item").expect_err("no frame");
    let expected = concat!(
        r#"{"command":"unbind","command_length":15,"command_id":6,"command_status":0,"sequence_number":null,"#,
        r#""command_status_name":"ESME_ROK","error":{"class":"invalid_command_length","field":"command_length","offset":0,"#,
        r#""message":"command_length 15 is not between 16 and 69632"},"tlvs":[],"diagnostics":[]}"#,
    );
    assert_eq!(view::json_frame_error(&octets[..15], error), expected);
    let expected = concat!(
        r#"{"command":null,"command_length":null,"command_id":null,"command_status":null,"sequence_number":null,"#,
        r#""command_status_name":null,"error":{"class":"incomplete_header","field":"command_length","offset":0,"#,
        r#""message":"2 octets are less than a header"},"tlvs":[],"diagnostics":[]}"#,
    );
    assert_eq!(view::json_incomplete(&vector("crlf_instead_of_pdu").octets), expected);
    let expected = concat!(
        r#"{"command":"submit_sm","command_length":45,"command_id":4,"command_status":0,"sequence_number":7,"#,
        r#""command_status_name":"ESME_ROK","error":{"class":"incomplete_pdu","field":"command_length","offset":0,"#,
        r#""message":"command_length is 45, 44 octets are there"},"tlvs":[],"diagnostics":[]}"#,
    );
    assert_eq!(view::json_incomplete(&vector("submit_sm_ton_7").octets[..44]), expected);
}

#[test]
fn json_of_strings_that_are_not_utf_8_or_have_control_characters() {
    let latin1 = json(&pdu(3, 0, 1, b"\xE9t\xE9\0\0\0a\"b\\\x01\xC3\xA9\0"));
    let expected = concat!(
        r#""fields":{"message_id":{"hex":"e974e9"},"source_addr_ton":0,"source_addr_npi":0,"#,
        r#""source_addr":"a\"b\\\u0001é"},"#,
    );
    assert!(latin1.contains(expected), "{latin1}");
}

#[test]
fn passwords_are_hidden_unless_asked_for() {
    let vector = vector("bind_transceiver_gosmppch");
    for shown in [json(&vector.octets), text(&vector.octets)] {
        assert!(!shown.contains("managed") && shown.contains("***"), "{shown}");
    }
    let views = Views::default().showing_passwords(true);
    let mut decoder = Decoder::default();
    assert!(views.json(vector.frame(), &mut decoder).contains(r#""password":"managed""#));
    assert!(views.text(vector.frame(), &mut decoder).contains("\"managed\""));
}

#[test]
fn text_of_a_list() {
    let expected = r#"submit_multi (0x00000021)  command_length 109  command_status ESME_ROK (0x00000000)  sequence_number 13
    16  service_type                          "XXX"
    20  source_addr_ton                       RESERVED (0x0D)
    21  source_addr_npi                       RESERVED (0x0F)
    22  source_addr                           "Alice"
    28  number_of_dests                       3
    29  dest_address(es)                      3 elements
        [1]
    29    dest_flag                           SME_ADDRESS (0x01)
    30    dest_addr_ton                       UNKNOWN (0x00)
    31    dest_addr_npi                       UNKNOWN (0x00)
    32    destination_addr                    "Bob1"
        [2]
    37    dest_flag                           DISTRIBUTION_LIST (0x02)
    38    dl_name                             "List1"
        [3]
    44    dest_flag                           DISTRIBUTION_LIST (0x02)
    45    dl_name                             "List2"
    51  esm_class                             messaging_mode=DATAGRAM (0x0D)
    52  protocol_id                           99
    53  priority_flag                         RESERVED (0x3D)
    54  schedule_delivery_time                ""
    55  validity_period                       ""
    56  registered_delivery                   smsc_receipt=RESERVED_SUCCESS intermediate_notification=REQUESTED (0x13)
    57  replace_if_present_flag               NO (0x00)
    58  data_coding                           UCS2 (0x08)
    59  sm_default_msg_id                     NONE (0x00)
    60  sm_length                             48
    61  short_message                         0x006e006700681eaf0020006e00670068006900ea006e00670020006e0067006800691ec5006e00670020006e00671ea3 (48 octets)
"#;
    assert_eq!(text(&vector("submit_multi_gosmppch").octets), expected);
}

#[test]
fn text_of_tlvs_and_of_what_is_wrong() {
    let shown = text(&vector("deliver_sm_issue70").octets);
    for line in [
        "    41  esm_class                             message_type=SMSC_DELIVERY_RECEIPT (0x04)\n",
        // Escapes of the GSM alphabet do not make a text unreadable.
        "err:0000 text:H\\x1bello world\" (123 octets)\n",
        "   174  network_error_code (0x0423)           0x030000 (3 octets)\n",
        "   181  unknown TLV (0x1454)                  0x00000001 (4 octets)\n",
    ] {
        assert!(shown.contains(line), "{line}{shown}");
    }
    let shown = text(&vector("submit_sm_trailing_nul_larvit").octets);
    let expected = concat!(
        "    59  (no TLV)                              0x00 (1 octet)\n",
        "! tlv_stream_leftover: submit_sm: tlvs at octet 59: 1 stray octets, too few for a TLV\n",
    );
    assert!(shown.ends_with(expected), "{shown}");
    let expected = concat!(
        "submit_sm (0x00000004)  command_length 17  command_status ESME_ROK (0x00000000)  sequence_number 1\n",
        "! truncated_body: submit_sm: source_addr_ton at octet 17: the PDU ends here\n",
    );
    assert_eq!(text(&vector("submit_sm_only_service_type").octets), expected);
}

#[test]
fn names_depend_on_the_direction() {
    let mut octets = vector("submit_sm_esm_class_receipt").octets;
    let esm_class = octets.iter().rposition(|&octet| octet == 0x04).expect("the value");
    octets[esm_class] = 0x08;
    assert!(text(&octets).contains("message_type=ESME_DELIVERY_ACK (0x08)"), "{}", text(&octets));
    octets[7] = 5;
    assert!(text(&octets).contains("message_type=SME_DELIVERY_ACK (0x08)"), "{}", text(&octets));
}

#[test]
fn hex_has_sixteen_octets_a_line() {
    let expected = concat!(
        "00000000  00 00 00 18 80 00 00 02  00 00 00 00 00 00 00 01  |................|\n",
        "00000010  53 4d 50 50 53 69 6d 00                           |SMPPSim.|\n",
    );
    assert_eq!(view::hex(&vector("bind_transmitter_resp_issue82").octets), expected);
    assert_eq!(view::hex(&[]), "");
}

/// Every view of every vector, whole and cut short, ends; and every JSON is sound.
#[test]
fn every_vector_has_every_view() {
    for vector in data::all() {
        for leniency in [Leniency::STRICT, Leniency::DEFAULT, Leniency::LENIENT] {
            let mut decoder = Decoder::new(leniency);
            for frame in Frames::new(&vector.octets).flatten() {
                let json = view::json(frame, &mut decoder);
                assert!(is_json(&json), "{}: {json}", vector.name);
                assert!(view::text(frame, &mut decoder).ends_with('\n'));
                assert_eq!(view::hex(frame.octets()).lines().count(), frame.octets().len().div_ceil(16));
            }
        }
        for len in 0..vector.octets.len() {
            assert!(is_json(&view::json_incomplete(&vector.octets[..len])));
        }
    }
}

fn is_json(text: &str) -> bool {
    value(text).is_some_and(str::is_empty)
}

/// What follows a JSON value (RFC 8259).
fn value(text: &str) -> Option<&str> {
    match text.chars().next()? {
        '{' => members(&text[1..], '}', |text| value(string(text)?.strip_prefix(':')?)),
        '[' => members(&text[1..], ']', value),
        '"' => string(text),
        'n' => text.strip_prefix("null"),
        '0'..='9' => Some(text.trim_start_matches(|digit: char| digit.is_ascii_digit())),
        _ => None,
    }
}

fn members(text: &str, end: char, member: impl Fn(&str) -> Option<&str>) -> Option<&str> {
    if let Some(rest) = text.strip_prefix(end) {
        return Some(rest);
    }
    let mut rest = member(text)?;
    while let Some(next) = rest.strip_prefix(',') {
        rest = member(next)?;
    }
    rest.strip_prefix(end)
}

fn string(text: &str) -> Option<&str> {
    let mut rest = text.strip_prefix('"')?;
    loop {
        let character = rest.chars().next()?;
        rest = &rest[character.len_utf8()..];
        match character {
            '"' => return Some(rest),
            '\\' => {
                let escape = rest.chars().next()?;
                let digits = if escape == 'u' { 4 } else { 0 };
                rest = rest.get(1 + digits..)?;
                if !"\"\\/bfnrtu".contains(escape) {
                    return None;
                }
            }
            control if control < ' ' => return None,
            _ => {}
        }
    }
}

#[test]
fn texts_are_hidden_when_asked_for() {
    let hiding = Views::default().showing_texts(false);
    let short = SubmitSm::default().with_destination_addr("4179").with_short_message("attack at dawn");
    let long = SubmitSm::default().with_message_payload("attack at noon");
    let tail = [DeliverSm::default().to_octets(1).unwrap(), b"att".to_vec()].concat();
    let tail = [&(tail.len() as u32).to_be_bytes()[..], &tail[4..]].concat();
    for octets in [short.to_octets(1).unwrap(), long.to_octets(1).unwrap(), tail] {
        let frame = Frame::exact(&octets).unwrap();
        let mut decoder = Decoder::default();
        let (json, text) = (hiding.json(frame, &mut decoder), hiding.text(frame, &mut decoder));
        for secret in ["att", "617474", "dawn"] {
            assert!(!json.contains(secret) && !text.contains(secret), "{secret}: {json}\n{text}");
        }
        assert!(json.contains("***") && text.contains("***"), "{json}\n{text}");
        let (json, text) = (view::json(frame, &mut decoder), view::text(frame, &mut decoder));
        assert!(json.contains("617474") && (text.contains("att") || text.contains("617474")), "{json}\n{text}");
    }
}
