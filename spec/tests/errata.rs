//! Where the document contradicts itself or the world: which reading the YAML takes, one test per erratum of the facts.

use smpp_spec::{
    Accept, BodyOnError, Command, Enum, Field, FieldType, Kind, Part, State, Tlv, TlvType, Value, Values, load_str,
    standard,
};

use State::{BoundRx, BoundTrx, BoundTx, Open};

#[test]
fn erratum_01_a_transceiver_may_replace() {
    for name in ["replace_sm", "replace_sm_resp"] {
        assert_eq!(command(name).accepted_in, [BoundTx, BoundTrx]);
    }
    // Table 2-1 stays as it is printed.
    assert_eq!(command("replace_sm").esme_may_issue_in, [BoundTx]);
}

#[test]
fn erratum_02_submit_multi_is_called_so() {
    assert_eq!(command("submit_multi").id, 0x21);
    assert!(standard().commands.iter().all(|command| !command.meta.name.contains("submit_sm_multi")));
}

#[test]
fn erratum_03_two_commands_have_no_response() {
    let one_way: Vec<_> = standard().commands.iter().filter(|command| command.kind == Kind::OneWay).collect();
    assert_eq!(
        one_way.iter().map(|command| command.meta.name.as_str()).collect::<Vec<_>>(),
        ["outbind", "alert_notification"]
    );
    for command in one_way {
        let response = u64::from(command.id | 0x8000_0000);
        assert!(standard().commands.iter().all(|other| u64::from(other.id) != response));
        assert!(covering("command_id_range", response).iter().any(|value| value.reserved));
    }
}

#[test]
fn erratum_04_enquire_link_and_generic_nack_are_accepted_before_the_bind() {
    for name in ["enquire_link", "enquire_link_resp", "generic_nack"] {
        assert_eq!(command(name).accepted_in, [Open, BoundTx, BoundRx, BoundTrx]);
        assert!(!command(name).esme_may_issue_in.contains(&Open));
    }
}

#[test]
fn erratum_05_data_sm_goes_both_ways_in_all_bound_states() {
    let data_sm = command("data_sm");
    for states in [&data_sm.esme_may_issue_in, &data_sm.smsc_may_issue_in, &data_sm.accepted_in] {
        assert_eq!(*states, [BoundTx, BoundRx, BoundTrx]);
    }
}

#[test]
fn erratum_06_any_bind_is_accepted_in_open() {
    for name in ["bind_transmitter", "bind_receiver", "bind_transceiver"] {
        assert_eq!(command(name).accepted_in, [Open]);
    }
}

#[test]
fn erratum_07_generic_nack_has_its_k() {
    assert_eq!(command("generic_nack").id, 0x8000_0000);
    assert!(standard().commands.iter().all(|command| command.meta.name != "generic_nak"));
}

#[test]
fn erratum_08_command_ids_of_vendors_and_responses_do_not_overlap() {
    for (id, name) in
        [(0x0001_0200, "vendor"), (0x0001_02FF, "vendor"), (0x8001_0200, "vendor_resp"), (0x8001_02FF, "vendor_resp")]
    {
        assert_eq!(names(&covering("command_id_range", id)), [name]);
    }
    let last = value("command_id_range", "reserved_10300");
    assert_eq!(last.ranges, [0x0001_0300..=0x7FFF_FFFF, 0x8001_0300..=0xFFFF_FFFF]);
    // No id belongs to two ranges, but for the ones that 3.2.1 and Table 5-1 have both.
    assert!(covering("command_id_range", 0x8000_0004).iter().all(|value| !value.reserved));
}

#[test]
fn erratum_11_bind_transceiver_has_an_interface_version() {
    let names = |name: &str| -> Vec<_> { command(name).fields.iter().map(|field| &field.meta.name).collect() };
    assert_eq!(names("bind_transceiver"), names("bind_transmitter"));
    let FieldType::Integer { size: 1, default: 0x34, .. } = field("bind_transceiver", "interface_version").ty else {
        panic!();
    };
}

#[test]
fn erratum_13_transaction_mode_is_for_data_sm() {
    assert!(part("esm_class", "messaging_mode").values.iter().any(|value| {
        value.meta.name == "forward" && value.ranges == [2..=2] && value.meta.doc.contains("data_sm only")
    }));
}

#[test]
fn erratum_16_error_responses_without_body() {
    let omitted = standard().commands.iter().filter(|command| command.body_on_error == BodyOnError::Omitted);
    let mut names: Vec<_> = omitted.map(|command| command.meta.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["bind_receiver_resp", "bind_transceiver_resp", "bind_transmitter_resp", "submit_sm_resp"]);
}

#[test]
fn erratum_17_data_sm_resp_keeps_its_body_on_error() {
    assert_eq!(command("data_sm_resp").body_on_error, BodyOnError::Unspecified);
    for name in ["additional_status_info_text", "delivery_failure_reason", "network_error_code", "dpf_result"] {
        assert!(tlv(name).allowed_in.as_ref().unwrap().iter().any(|command| command == "data_sm_resp"), "{name}");
    }
}

#[test]
fn erratum_18_deliver_sm_resp_has_an_empty_message_id() {
    let (min, max, lengths, accept) = string("deliver_sm_resp", "message_id");
    assert_eq!((min, max, lengths), (1, 1, vec![1]));
    assert_eq!(accept, Some(Accept::Max(65)));
}

#[test]
fn erratum_19_statuses_between_the_lines_are_reserved() {
    for status in (0x4A..=0x4F).chain(0x68..=0xBF) {
        let found = covering("command_status", status);
        assert!(found.len() == 1 && found[0].reserved, "{status:#X}");
    }
}

/// Every one of the 2^32 statuses has exactly one name.
#[test]
fn erratum_19_statuses_have_no_gaps() {
    let mut ranges: Vec<_> =
        enumeration("command_status").values.iter().flat_map(|value| value.ranges.clone()).collect();
    ranges.sort_by_key(|range| *range.start());
    let mut next = 0;
    for range in ranges {
        assert_eq!(*range.start(), next);
        next = range.end() + 1;
    }
    assert_eq!(next, 1 << 32);
}

#[test]
fn erratum_20_a_maximum_counts_the_nul_and_is_no_fixed_width() {
    assert_eq!(string("bind_transmitter", "system_id"), (1, 16, vec![], None));
}

#[test]
fn erratum_21_times_are_empty_or_of_16_characters() {
    for name in ["submit_sm", "submit_multi", "replace_sm"] {
        for field in ["schedule_delivery_time", "validity_period"] {
            assert_eq!(string(name, field), (1, 17, vec![1, 17], None), "{field} of {name}");
        }
    }
    for field in ["schedule_delivery_time", "validity_period"] {
        assert_eq!(string("deliver_sm", field), (1, 1, vec![1], Some(Accept::Lengths(vec![1, 17]))));
    }
}

#[test]
fn erratum_22_short_message_may_have_no_octet_at_all() {
    let FieldType::OctetString { min: 0, .. } = field("submit_sm", "short_message").ty else { panic!() };
}

#[test]
fn erratum_23_message_id_has_65_octets() {
    let with_id =
        standard().commands.iter().filter(|command| command.fields.iter().any(|field| field.meta.name == "message_id"));
    let mut number = 0;
    for command in with_id.filter(|command| command.meta.name != "deliver_sm_resp") {
        assert_eq!(string(&command.meta.name, "message_id").1, 65);
        number += 1;
    }
    assert_eq!(number, 7);
}

#[test]
fn erratum_24_addresses_are_longer_in_two_commands() {
    for command in &standard().commands {
        for field in &command.fields {
            if ["source_addr", "destination_addr", "esme_addr"].contains(&field.meta.name.as_str()) {
                let long = ["data_sm", "alert_notification"].contains(&command.meta.name.as_str());
                assert_eq!(string(&command.meta.name, &field.meta.name).1, if long { 65 } else { 21 });
            }
        }
    }
}

#[test]
fn erratum_25_misprinted_sizes_are_as_elsewhere() {
    assert_eq!(string("bind_transmitter", "system_type"), string("bind_receiver", "system_type"));
    assert_eq!(string("replace_sm", "source_addr"), string("query_sm", "source_addr"));
}

#[test]
fn erratum_26_service_type_is_short_but_may_come_longer() {
    assert_eq!(string("submit_sm", "service_type"), (1, 6, vec![], None));
    assert_eq!(string("deliver_sm", "service_type"), (1, 6, vec![], Some(Accept::Max(8))));
}

#[test]
fn erratum_27_255_is_not_allowed() {
    let FieldType::OctetString { max: 254, .. } = field("submit_sm", "short_message").ty else { panic!() };
    let FieldType::List { min: 1, max: 254, .. } = field("submit_multi", "dest_address").ty else { panic!() };
    assert!(value("sm_length", "not_allowed").reserved);
}

#[test]
fn erratum_28_sm_default_msg_id_0_means_none() {
    assert_eq!(names(&covering("sm_default_msg_id", 0)), ["none"]);
    assert!(!value("sm_default_msg_id", "none").reserved);
    let FieldType::Integer { default: 0, .. } = field("submit_sm", "sm_default_msg_id").ty else { panic!() };
}

#[test]
fn erratum_29_telematics_ids_differ_in_size() {
    let (source, dest) = (tlv("source_telematics_id"), tlv("dest_telematics_id"));
    assert_eq!((source.max, source.accept_lengths.as_slice()), (1, &[2][..]));
    assert_eq!((dest.max, dest.accept_lengths.as_slice()), (2, &[][..]));
}

#[test]
fn erratum_30_message_payload_has_at_most_65535_octets() {
    assert_eq!((tlv("message_payload").min, tlv("message_payload").max), (0, 65535));
}

#[test]
fn erratum_31_callback_num_atag_is_an_octet_string() {
    let tlv = tlv("callback_num_atag");
    assert_eq!((tlv.ty.clone(), tlv.min, tlv.max), (TlvType::OctetString, 1, 65));
}

#[test]
fn erratum_32_callback_num_is_raw() {
    let tlv = tlv("callback_num");
    assert_eq!((tlv.ty.clone(), tlv.min, tlv.max), (TlvType::OctetString, 4, 19));
    assert_eq!(tlv.first_octet.as_deref(), Some("callback_num_digit_mode"));
}

#[test]
fn erratum_33_tlvs_of_one_octet_are_integers() {
    for name in ["more_messages_to_send", "message_state", "ussd_service_op"] {
        let values = Some(Values::Enum(name.to_owned()));
        assert_eq!(tlv(name).ty, TlvType::Integer { size: 1, values });
    }
}

#[test]
fn erratum_34_alert_on_message_delivery_is_empty() {
    let tlv = tlv("alert_on_message_delivery");
    assert_eq!((tlv.ty.clone(), tlv.max, tlv.accept_lengths.as_slice()), (TlvType::Empty, 0, &[1][..]));
    assert_eq!(tlv.aliases, ["alert_on_msg_delivery"]);
}

#[test]
fn erratum_35_error_codes_have_the_printed_sizes() {
    let FieldType::Integer { size: 1, .. } = field("query_sm_resp", "error_code").ty else { panic!() };
    assert_eq!((tlv("network_error_code").min, tlv("network_error_code").max), (3, 3));
}

#[test]
fn erratum_36_strings_of_tlvs_are_c_octet_strings() {
    for name in ["receipted_message_id", "additional_status_info_text"] {
        assert_eq!(tlv(name).ty, TlvType::COctetString);
    }
}

#[test]
fn erratum_37_the_intermediate_notification_is_bit_4() {
    assert_eq!(part("registered_delivery", "intermediate_notification").mask, 0x10);
    let receipt = part("registered_delivery", "smsc_receipt");
    assert!(receipt.values.iter().any(|value| value.ranges == [3..=3] && value.reserved));
}

#[test]
fn erratum_38_esm_class_is_one_field_with_two_directions() {
    use smpp_spec::Direction::{Deliver, Submit};
    let message_type = part("esm_class", "message_type");
    assert_eq!(message_type.mask, 0x3C);
    let at = |number: u64, direction| -> Vec<&str> {
        let holds = |value: &&Value| value.direction.is_none_or(|only| only == direction) && covers(value, number);
        message_type.values.iter().filter(holds).map(|value| value.meta.name.as_str()).collect()
    };
    assert_eq!((at(0x08, Submit), at(0x08, Deliver)), (vec!["esme_delivery_ack"], vec!["sme_delivery_ack"]));
    assert_eq!((at(0x10, Submit), at(0x10, Deliver)), (vec!["esme_manual_ack"], vec!["sme_manual_ack"]));
    assert_eq!((at(0x20, Submit), at(0x20, Deliver)), (vec![], vec!["intermediate_notification"]));
    assert_eq!((at(0x00, Submit), at(0x00, Deliver)), (vec!["default"], vec!["default"]));
    let mode = part("esm_class", "messaging_mode");
    assert!(mode.values.iter().any(|value| value.direction == Some(Deliver) && value.ranges == [0..=3]));
}

#[test]
fn erratum_39_data_coding_is_0_when_nothing_is_said() {
    let FieldType::Integer { default: 0, .. } = field("submit_sm", "data_coding").ty else { panic!() };
    assert!(covering("data_coding", 0xE0)[0].reserved);
    let group = part("dcs_23038", "group");
    assert!(group.values.iter().any(|value| value.meta.name == "mwi_store_ucs2" && value.ranges == [0xE0..=0xEF]));
}

#[test]
fn erratum_40_every_interface_version_has_a_name() {
    assert_eq!(names(&covering("interface_version", 0x04)), ["v3_3_or_older"]);
    assert_eq!(names(&covering("interface_version", 0x50)), ["v5_0"]);
    for version in 0..=0xFF {
        assert_eq!(covering("interface_version", version).len(), 1, "{version:#X}");
    }
}

#[test]
fn erratum_44_fields_have_their_own_status_where_there_is_one() {
    let invalid = |command: &str, name: &str| field(command, name).invalid.clone();
    for (name, status) in [
        ("service_type", "ESME_RINVSERTYP"),
        ("source_addr_ton", "ESME_RINVSRCTON"),
        ("source_addr_npi", "ESME_RINVSRCNPI"),
        ("source_addr", "ESME_RINVSRCADR"),
        ("dest_addr_ton", "ESME_RINVDSTTON"),
        ("dest_addr_npi", "ESME_RINVDSTNPI"),
        ("destination_addr", "ESME_RINVDSTADR"),
        ("esm_class", "ESME_RINVESMCLASS"),
        ("priority_flag", "ESME_RINVPRTFLG"),
        ("schedule_delivery_time", "ESME_RINVSCHED"),
        ("validity_period", "ESME_RINVEXPIRY"),
        ("registered_delivery", "ESME_RINVREGDLVFLG"),
        ("replace_if_present_flag", "ESME_RINVREPFLAG"),
        ("sm_default_msg_id", "ESME_RINVDFTMSGID"),
        ("short_message", "ESME_RINVMSGLEN"),
    ] {
        assert_eq!(invalid("submit_sm", name).as_deref(), Some(status), "{name}");
    }
    assert_eq!(invalid("bind_transmitter", "system_id").as_deref(), Some("ESME_RINVSYSID"));
    assert_eq!(invalid("bind_transmitter", "password").as_deref(), Some("ESME_RINVPASWD"));
    assert_eq!(invalid("bind_transmitter", "system_type").as_deref(), Some("ESME_RINVSYSTYP"));
    assert_eq!(invalid("submit_multi", "dest_address").as_deref(), Some("ESME_RINVNUMDESTS"));
    assert_eq!(invalid("query_sm", "message_id").as_deref(), Some("ESME_RINVMSGID"));
    // ESME_RINVPARLEN is what is left.
    assert_eq!(invalid("bind_transmitter", "address_range"), None);
}

#[test]
fn erratum_45_dest_subaddress_is_listed_for_submit_multi() {
    assert!(tlv("dest_subaddress").allowed_in.as_ref().unwrap().iter().any(|name| name == "submit_multi"));
    assert!(tlv("dest_subaddress").meta.doc.contains("not supported in submit_multi"));
}

#[test]
fn erratum_47_isdn_is_1_and_2_is_reserved() {
    assert_eq!(names(&covering("npi", 1)), ["isdn"]);
    assert!(covering("npi", 2)[0].reserved);
    for number in 0..=0xFF {
        assert_eq!((covering("ton", number).len(), covering("npi", number).len()), (1, 1), "{number:#X}");
    }
}

#[test]
fn erratum_48_message_state_0_has_no_name() {
    assert!(covering("message_state", 0).is_empty());
}

#[test]
fn erratum_49_final_date_may_come_without_time_zone() {
    assert_eq!(string("query_sm_resp", "final_date"), (1, 17, vec![1, 17], Some(Accept::Lengths(vec![1, 13, 17]))));
}

#[test]
fn erratum_50_data_sm_has_no_short_message() {
    assert!(command("data_sm").fields.iter().all(|field| field.meta.name != "short_message"));
    assert!(tlv("message_payload").allowed_in.as_ref().unwrap().iter().any(|name| name == "data_sm"));
}

#[test]
fn erratum_51_a_transmitter_has_an_address_range_too() {
    assert_eq!(string("bind_transmitter", "address_range"), (1, 41, vec![], None));
}

#[test]
fn erratum_52_sc_interface_version_is_0x0210() {
    assert_eq!(tlv("sc_interface_version").tag, 0x0210);
    assert_eq!(tlv("sc_interface_version").aliases, ["SC_interface_version"]);
    let binds = ["bind_transmitter_resp", "bind_receiver_resp", "bind_transceiver_resp"];
    assert_eq!(tlv("sc_interface_version").allowed_in.as_ref().unwrap(), &binds);
    assert!(standard().tlvs.iter().all(|tlv| tlv.tag != 0x1002));
}

#[test]
fn erratum_53_tlvs_of_5_0_are_not_there() {
    assert_eq!(tlv("destination_port").tag, 0x020B);
    assert!(standard().tlvs.iter().all(|tlv| tlv.meta.name != "dest_port" && !(0x0600..=0x0613).contains(&tlv.tag)));
}

#[test]
fn erratum_54_vendors_may_use_reserved_tags_if_they_say_so() {
    let load = |more: &str| {
        let text =
            format!("extends: smpp34\ntlvs:\n  acme_x: {{tag: 0x8081, type: empty, allowed_in: any, doc: X.{more}}}\n");
        load_str("acme.yaml", &text)
    };
    assert_eq!(load("").diagnostics.len(), 1);
    assert_eq!(load(", outside_vendor_range: true").diagnostics, []);
    for tag in [0x1403, 0x1418, 0x1454, 0x1501, 0x1502, 0x2153, 0x2167] {
        assert_eq!(names(&covering("tlv_tag_range", tag)), ["vendor"]);
    }
    for tag in 0..=0xFFFF {
        assert_eq!(covering("tlv_tag_range", tag).len(), 1, "{tag:#X}");
    }
}

fn command(name: &str) -> &'static Command {
    standard().commands.iter().find(|command| command.meta.name == name).unwrap()
}

fn field(command_name: &str, name: &str) -> &'static Field {
    command(command_name).fields.iter().find(|field| field.meta.name == name).unwrap()
}

fn string(command: &str, name: &str) -> (u32, u32, Vec<u32>, Option<Accept>) {
    match field(command, name).ty.clone() {
        FieldType::COctetString { min, max, lengths, accept, .. } => (min, max, lengths, accept),
        other => panic!("{other:?}"),
    }
}

fn tlv(name: &str) -> &'static Tlv {
    standard().tlvs.iter().find(|tlv| tlv.meta.name == name).unwrap()
}

fn enumeration(name: &str) -> &'static Enum {
    standard().enums.iter().find(|found| found.meta.name == name).unwrap()
}

fn value(of: &str, name: &str) -> &'static Value {
    enumeration(of).values.iter().find(|value| value.meta.name == name).unwrap()
}

fn part(of: &str, name: &str) -> &'static Part {
    let field = standard().bit_fields.iter().find(|field| field.meta.name == of).unwrap();
    field.parts.iter().find(|part| part.meta.name == name).unwrap()
}

/// The values of an enumeration that cover a number.
fn covering(of: &str, number: u64) -> Vec<&'static Value> {
    enumeration(of).values.iter().filter(|value| covers(value, number)).collect()
}

fn covers(value: &Value, number: u64) -> bool {
    value.ranges.iter().any(|range| range.contains(&number))
}

fn names<'a>(values: &[&'a Value]) -> Vec<&'a str> {
    values.iter().map(|value| value.meta.name.as_str()).collect()
}
