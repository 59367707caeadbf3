//! Splitting, held to the capacities and rules of `udh.csv`, and to properties over any text.

mod data;

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use smpp::codec::{Encode, Tlvs};
use smpp::pdu::{DataSm, DeliverSm, DestAddress, SubmitMulti, SubmitSm};
use smpp::sms::*;
use smpp::tlv;
use smpp::value::esm_class::{GsmFeatures, MessagingMode};
use smpp::value::{DataCoding, EsmClass, RegisteredDelivery};
use unicode_segmentation::UnicodeSegmentation;

const PORTS: Element<'static> = Element::Ports16 { destination: 2948, source: 9200 };
const TURKISH: Option<Language> = Some(Language::TURKISH);

fn splitter() -> Splitter {
    Splitter::new(Profile::default())
}

fn gsm7(locking: Option<Language>, single: Option<Language>) -> Alphabet {
    Alphabet::Gsm7(Gsm7 { locking, single })
}

fn units(split: &Split) -> Vec<usize> {
    split.parts().map(|part| part.units).collect()
}

/// The text of parts, as a receiver joins them; what each part says of itself is checked on the way.
fn join(split: &Split, profile: &Profile) -> String {
    let total = split.parts().len();
    let mut concatenations = Vec::new();
    let mut text = String::new();
    for (index, part) in split.parts().enumerate() {
        let (header, octets) = if split.has_user_data_header() {
            UserDataHeader::parse(part.octets).expect("a header")
        } else {
            (UserDataHeader::default(), part.octets)
        };
        assert_eq!(part.header_len, part.octets.len() - octets.len());
        assert_eq!(header.faults(), []);
        match part.concatenation {
            Some(Concatenation { form: ConcatenationForm::Sar, .. }) => assert_eq!(header.concatenation(), None),
            concatenation => assert_eq!(header.concatenation(), concatenation),
        }
        if let Some(concatenation) = part.concatenation {
            assert_eq!((usize::from(concatenation.total), usize::from(concatenation.part)), (total, index + 1));
            concatenations.push((concatenation.reference, concatenation.form));
        }
        let alphabet = match profile.alphabet_of(split.data_coding()) {
            Some(Alphabet::Gsm7(_)) => gsm7(header.locking_shift(), header.single_shift()),
            alphabet => alphabet.expect("a text"),
        };
        let is_packed = profile.packed && alphabet.bits() == 7;
        if is_packed {
            let septets = unpack(octets, fill_bits(part.header_len), profile.padding);
            text += &alphabet.decode(&septets);
        } else {
            assert_eq!(octets.len() * 8 / alphabet.bits().next_multiple_of(8), part.units);
            text += &alphabet.decode(octets);
        }
    }
    concatenations.dedup();
    assert_eq!(concatenations.len(), usize::from(total > 1), "one reference");
    text
}

#[test]
fn every_capacity_of_the_table() {
    let mut rows = 0;
    for row in data::parse(include_str!("data/udh.csv")).into_iter().filter(|row| row[0] == "capacity") {
        rows += 1;
        let (encoding, header) = (row[1].as_str(), row[2].as_str());
        let (header_octets, value): (usize, usize) = (row[3].parse().expect("octets"), row[5].parse().expect("units"));
        let concatenated = header.contains("concat");
        let alphabet = match encoding {
            "ucs2" => Alphabet::Ucs2,
            _ if header.contains("both shifts") => gsm7(TURKISH, TURKISH),
            _ if header.contains("shift") => gsm7(None, TURKISH),
            _ => Alphabet::GSM7,
        };
        for packed in [false, true] {
            let mut splitter = Splitter::new(Profile::default().with_packed(packed)).with_alphabet(alphabet);
            if header.contains("concat 16-bit") {
                splitter = splitter.with_segmentation(Segmentation::Udh16);
            }
            if header.contains("ports") {
                splitter = splitter.with_element(&PORTS);
            }
            let split = |units: usize| {
                let text = "x".repeat(units);
                let octets = Content::Octets { data_coding: DataCoding::OCTET_4, octets: text.as_bytes() };
                splitter.split(if encoding == "8bit" { octets } else { Content::Text(&text) }, 7).expect("parts")
            };
            let check = |split: &Split, expected: &[usize]| {
                assert_eq!(units(split), expected, "{encoding}, {header}");
                for part in split.parts() {
                    assert_eq!(part.header_len, header_octets, "{encoding}, {header}");
                    let bits = match encoding {
                        "gsm7" => part.units * 7 + fill_bits(part.header_len),
                        "8bit" => part.units * 8,
                        _ => part.units * 16,
                    };
                    assert!(part.header_len + bits.div_ceil(8) <= 140);
                    if packed || encoding != "gsm7" {
                        assert_eq!(part.octets.len(), part.header_len + bits.div_ceil(8));
                    }
                }
            };
            if concatenated {
                check(&split(2 * value), &[value, value]);
                check(&split(2 * value + 1), &[value, value, 1]);
            } else {
                check(&split(value), &[value]);
                assert_eq!(split(value + 1).parts().len(), 2);
            }
        }
        match encoding {
            "gsm7" => assert_eq!(capacity(Alphabet::GSM7, header_octets), value),
            "8bit" => assert_eq!(capacity(Alphabet::Latin1, header_octets), value),
            _ => assert_eq!(capacity(Alphabet::Ucs2, header_octets), value),
        }
    }
    assert_eq!(rows, 24);
}

#[test]
fn the_header_is_added_only_to_several_parts() {
    for (text, parts) in [("x".repeat(160), 1), ("x".repeat(161), 2), ("я".repeat(70), 1), ("я".repeat(71), 2)] {
        let split = splitter().split(&text, 7).expect("parts");
        assert_eq!(split.parts().len(), parts);
        assert_eq!(split.has_user_data_header(), parts > 1);
    }
    let split = splitter().split("", 7).expect("a part");
    let part = split.parts().next().expect("a part");
    assert_eq!((split.parts().len(), part.octets, part.text, part.concatenation), (1, &b""[..], Some(0..0), None));
}

#[test]
fn an_escape_pair_moves_to_the_next_part() {
    let text = format!("{}€{}", "x".repeat(152), "y".repeat(100));
    let split = splitter().split(&text, 7).expect("parts");
    assert_eq!(units(&split), [152, 102]);
    let parts: Vec<_> = split.parts().collect();
    assert_eq!(parts[0].octets[6..], [b'x'; 152]);
    assert_eq!(parts[1].octets[6..8], *b"\x1B\x65");
    assert_eq!(parts[1].text, Some(152..text.len()));
}

#[test]
fn a_surrogate_pair_moves_to_the_next_part() {
    let text = format!("{}😀{}", "я".repeat(66), "я".repeat(30));
    let split = splitter().split(&text, 7).expect("parts");
    assert_eq!(units(&split), [66, 32]);
    assert_eq!(split.parts().nth(1).expect("a part").octets[6..10], [0xD8, 0x3D, 0xDE, 0x00]);
}

#[test]
fn a_grapheme_cluster_stays_whole_where_it_fits() {
    let family = "👨‍👩‍👧‍👦";
    let flag = "🇨🇭";
    for (before, cluster, after, expected) in [
        (64, "e\u{301}\u{323}", 60, vec![67, 60]),
        (66, "e\u{301}", 30, vec![66, 32]),
        (60, family, 30, vec![60, 41]),
        (56, family, 30, vec![67, 30]),
        (64, flag, 30, vec![64, 34]),
        (63, flag, 30, vec![67, 30]),
        (66, "क्ष", 30, vec![66, 33]),
    ] {
        let text = format!("{}{cluster}{}", "я".repeat(before), "б".repeat(after));
        let split = splitter().split(&text, 7).expect("parts");
        assert_eq!(units(&split), expected, "{cluster}");
    }
    // CR and LF are one, in every alphabet.
    let text = format!("{}\r\n{}", "x".repeat(152), "y".repeat(20));
    assert_eq!(units(&splitter().split(&text, 7).expect("parts")), [152, 22]);
}

#[test]
fn a_grapheme_cluster_longer_than_a_part_is_cut_between_characters() {
    let text = format!("ab{}", "e".to_owned() + &"\u{301}".repeat(150));
    let split = splitter().split(&text, 7).expect("parts");
    assert_eq!(units(&split), [67, 67, 19]);
    assert_eq!(join(&split, &Profile::default()), text);
}

#[test]
fn there_are_at_most_255_parts() {
    let split = splitter().split(&"x".repeat(255 * 153), 7).expect("parts");
    assert_eq!(split.parts().len(), 255);
    assert_eq!(split.parts().last().and_then(|part| part.concatenation).map(|one| one.part), Some(255));
    for segmentation in [Segmentation::Udh8, Segmentation::Udh16, Segmentation::Sar] {
        let splitter = splitter().with_segmentation(segmentation);
        let text = "x".repeat(400 * 152);
        let needed = text.len().div_ceil(if segmentation == Segmentation::Udh8 { 153 } else { 152 });
        let error = SplitError::TooManyParts { needed };
        assert_eq!(splitter.split(&text, 7).expect_err("too long"), error);
        assert_eq!(splitter.cost(&text).expect_err("too long"), error);
    }
}

#[test]
fn all_parts_have_one_reference_and_count_from_1() {
    let text = "x".repeat(300);
    for (segmentation, form, reference) in [
        (Segmentation::Udh8, ConcatenationForm::Udh8, 0xCD),
        (Segmentation::Udh16, ConcatenationForm::Udh16, 0xABCD),
        (Segmentation::Sar, ConcatenationForm::Sar, 0xABCD),
    ] {
        let split = splitter().with_segmentation(segmentation).split(&text, 0xABCD).expect("parts");
        let concatenations: Vec<_> = split.parts().map(|part| part.concatenation.expect("a part of two")).collect();
        let expected = [1, 2].map(|part| Concatenation { reference, total: 2, part, form });
        assert_eq!(concatenations, expected);
    }
}

#[test]
fn ports_of_the_template_need_room_for_the_header_that_the_smsc_makes() {
    let template = SubmitSm::default().with_destination_port(2948).with_source_port(9200);
    assert_eq!(splitter().submit_sm(&template, &"x".repeat(152)).map(|parts| parts.len()), Ok(1));
    let refused = SplitError::Tlv { name: "source_port" };
    assert_eq!(splitter().submit_sm(&template, &"x".repeat(153)).expect_err("no room"), refused);
    let sar = splitter().with_segmentation(Segmentation::Sar);
    assert_eq!(sar.submit_sm(&template, &"x".repeat(161)).expect_err("no room"), refused);
    let parts = sar.with_element(&PORTS).submit_sm(&template, &"x".repeat(161)).expect("parts");
    assert_eq!(parts.iter().map(|part| part.tlvs.iter().count()).collect::<Vec<_>>(), [5, 5]);
    // What the SMSC splits, it can split smaller.
    let payload = splitter().with_segmentation(Segmentation::MessagePayload);
    assert_eq!(payload.submit_sm(&template, &"x".repeat(161)).map(|parts| parts.len()), Ok(1));
}

/// A template with something in every field.
fn template() -> SubmitSm<'static> {
    SubmitSm::default()
        .with_service_type("CMT")
        .with_source_addr_ton(5)
        .with_source_addr("sender")
        .with_dest_addr_ton(1)
        .with_dest_addr_npi(1)
        .with_destination_addr("4179123456")
        .with_esm_class(EsmClass(GsmFeatures::REPLY_PATH.0 | MessagingMode::STORE_AND_FORWARD.0))
        .with_protocol_id(0x41)
        .with_priority_flag(2)
        .with_schedule_delivery_time("000000010000000R")
        .with_validity_period("000001000000000R")
        .with_registered_delivery(RegisteredDelivery(1))
        .with_replace_if_present_flag(1)
        .with_sm_default_msg_id(3)
        .with_short_message("of the template")
        .with_user_message_reference(99)
}

#[test]
fn all_fields_and_tlvs_of_the_template_are_on_every_part() {
    let mut template = template();
    template.tlvs.push_raw(0x1401, b"campaign");
    let text = "ä€".repeat(80);
    let parts = splitter().submit_sm(&template, &text).expect("parts");
    assert_eq!(parts.len(), 2);
    for part in &parts {
        let expected =
            SubmitSm { esm_class: EsmClass(0xC3), short_message: part.short_message.clone(), ..template.as_borrowed() };
        assert_eq!(*part, expected);
        part.to_octets(1).expect("inside the limits");
    }
    // One that needs no header has all of it too, and its esm_class as it was.
    let parts = splitter().submit_sm(&template, "hello").expect("a part");
    assert_eq!(parts, [template.clone().with_short_message("hello")]);
    let parts = splitter().submit_sm(&template, "привет").expect("a part");
    assert_eq!(parts[0].data_coding, DataCoding::UCS2);
}

#[test]
fn the_borrowed_and_the_owned_parts_are_the_same() {
    let template = template();
    let text = "long ".repeat(100);
    let splitter = splitter().with_references(Arc::new(|_: &[u8], _: &[u8]| 7));
    let split = splitter.split(&text, 7).expect("parts");
    assert_eq!(split.submit_sm(&template).expect("parts"), splitter.submit_sm(&template, &text).expect("parts"));
}

#[test]
fn every_pdu_that_carries_a_text() {
    let text = "long ".repeat(40);
    let octets =
        |part: u8| [&[5, 0, 3, 7, 2, part][..], &text.as_bytes()[if part == 1 { 0..153 } else { 153..200 }]].concat();
    let splitter = splitter().with_references(Arc::new(|source: &[u8], destination: &[u8]| {
        assert_eq!((source, destination), (&b"4179"[..], &b"4178"[..]));
        7
    }));
    let template = DeliverSm::default().with_source_addr("4179").with_destination_addr("4178");
    for (number, part) in (1..).zip(splitter.deliver_sm(&template, &text).expect("parts")) {
        assert_eq!((part.short_message.as_bytes(), part.esm_class.0), (&octets(number)[..], 0x40));
        assert_eq!(part.destination_addr, "4178");
    }
    let template = DataSm::default().with_source_addr("4179").with_destination_addr("4178").with_source_port(0);
    assert!(splitter.data_sm(&template, &text).is_err(), "ports beside a header");
    let template =
        DataSm::default().with_source_addr("4179").with_destination_addr("4178").with_user_message_reference(3);
    for (number, part) in (1..).zip(splitter.data_sm(&template, &text).expect("parts")) {
        assert_eq!(part.message_payload().expect("a text").as_bytes(), octets(number));
        assert_eq!((part.esm_class.0, part.user_message_reference()), (0x40, Some(3)));
    }
    let short = splitter.data_sm(&template, "short").expect("a part");
    assert_eq!(short[0].message_payload().expect("a text"), "short");
    let mut template = SubmitMulti::default().with_source_addr("4179");
    template.dest_address.push(DestAddress::SmeAddress {
        dest_addr_ton: 1.into(),
        dest_addr_npi: 1.into(),
        destination_addr: "4178".into(),
    });
    template.dest_address.push(DestAddress::DistributionList { dl_name: "friends".into() });
    for (number, part) in (1..).zip(splitter.submit_multi(&template, &text).expect("parts")) {
        assert_eq!((part.short_message.as_bytes(), part.dest_address.len()), (&octets(number)[..], 2));
        part.to_octets(1).expect("inside the limits");
    }
}

#[test]
fn sar_tlvs_stand_in_the_place_of_a_header() {
    let splitter = splitter().with_segmentation(Segmentation::Sar);
    let template = SubmitSm::default().with_user_message_reference(5).with_sar_msg_ref_num(1);
    let text = "x".repeat(161);
    let split = splitter.split(&text, 0x1234).expect("parts");
    // Room is left for the header that the SMSC makes, of 7 octets.
    assert_eq!(units(&split), [152, 9]);
    for (number, part) in (1..).zip(split.submit_sm(&template).expect("parts")) {
        assert_eq!(part.esm_class, EsmClass(0));
        assert_eq!((part.sar_msg_ref_num(), part.sar_total_segments()), (Some(0x1234), Some(2)));
        assert_eq!((part.sar_segment_seqnum(), part.user_message_reference()), (Some(number), Some(5)));
        assert_eq!(part.tlvs.iter().count(), 4, "the reference of the template is not kept");
    }
    // All three or none.
    let alone = splitter.submit_sm(&template, "x").expect("a part");
    assert_eq!(alone, [SubmitSm::default().with_user_message_reference(5).with_short_message("x")]);
    assert_eq!(units(&splitter.split(&"я".repeat(71), 1).expect("parts")), [66, 5]);
}

#[test]
fn with_sar_tlvs_ports_are_tlvs_too() {
    let splitter = splitter().with_segmentation(Segmentation::Sar).with_element(&PORTS);
    let template = SubmitSm::default();
    let parts = splitter.submit_sm(&template, &"x".repeat(153)).expect("parts");
    let lengths: Vec<_> = parts.iter().map(|part| part.short_message.len()).collect();
    assert_eq!(lengths, [145, 8], "the room of the header that the SMSC makes");
    for part in &parts {
        assert_eq!((part.destination_port(), part.source_port()), (Some(2948), Some(9200)));
        assert_eq!(part.esm_class, EsmClass(0));
    }
    let alone = splitter.submit_sm(&template, &"x".repeat(152)).expect("a part");
    assert_eq!((alone.len(), alone[0].destination_port(), alone[0].sar_msg_ref_num()), (1, Some(2948), None));
    let other = splitter.with_element(&Element::EmailHeader { length: 2 });
    assert_eq!(other.split("x", 1).expect_err("no header"), SplitError::Element { iei: 0x20 });
}

#[test]
fn tlvs_that_exclude_a_header_are_refused_beside_one() {
    let long = "x".repeat(161);
    let with = |fill: fn(&mut Tlvs<'_>)| {
        let mut template = SubmitSm::default();
        fill(&mut template.tlvs);
        template
    };
    for (name, template) in [
        ("source_port", with(|tlvs| tlvs.push::<tlv::SourcePort>(1))),
        ("destination_port", with(|tlvs| tlvs.push::<tlv::DestinationPort>(1))),
        ("sar_msg_ref_num", with(|tlvs| tlvs.push::<tlv::SarMsgRefNum>(1))),
        ("sar_total_segments", with(|tlvs| tlvs.push::<tlv::SarTotalSegments>(1))),
        ("sar_segment_seqnum", with(|tlvs| tlvs.push::<tlv::SarSegmentSeqnum>(1))),
    ] {
        assert_eq!(splitter().submit_sm(&template, &long).expect_err(name), SplitError::Tlv { name });
        let headed = splitter().with_element(&PORTS);
        assert_eq!(headed.submit_sm(&template, "x").expect_err(name), SplitError::Tlv { name });
        // Ports may stand beside a text without a header; what tells of parts is wrong beside one that has none.
        assert_eq!(splitter().submit_sm(&template, "x").is_ok(), name.ends_with("port"), "{name}");
    }
}

#[test]
fn message_payload_holds_what_is_too_long() {
    let splitter = splitter().with_segmentation(Segmentation::MessagePayload);
    let template = template().with_message_payload("of the template");
    let short = splitter.submit_sm(&template, &"x".repeat(160)).expect("a part");
    assert_eq!((short[0].short_message.len(), short[0].message_payload()), (160, None));
    let long = "x".repeat(161);
    let parts = splitter.submit_sm(&template, &long).expect("a part");
    assert_eq!(parts.len(), 1);
    assert!(parts[0].short_message.is_empty());
    assert_eq!(parts[0].message_payload().expect("a text"), long.as_str());
    assert_eq!(parts[0].esm_class, template.esm_class);
    assert_eq!(splitter.cost(&long).expect("a cost").segments, 2, "what the SMSC will make of it");
    // A header may stand in message_payload too.
    let parts = splitter.clone().with_element(&PORTS).submit_sm(&template, &long).expect("a part");
    assert_eq!(parts[0].message_payload().expect("a text").as_bytes()[..8], *b"\x06\x05\x04\x0B\x84\x23\xF0x");
    assert_eq!(parts[0].esm_class.0, template.esm_class.0 | 0x40);
    let most = "x".repeat(65_535);
    assert_eq!(
        splitter.submit_sm(&template, &most).expect("a part")[0].message_payload().expect("a text").len(),
        65_535
    );
    let error = SplitError::PayloadTooLong { len: 65_536 };
    let more = most + "x";
    assert_eq!(splitter.split(&more, 1).expect_err("too long"), error);
    assert_eq!(splitter.cost(&more).expect_err("too long"), error);
}

#[test]
fn octets_are_cut_by_the_unit_of_their_coding_and_not_touched() {
    let split =
        |data_coding, octets: &[u8]| splitter().split(Content::Octets { data_coding, octets }, 7).expect("parts");
    let joined =
        |split: &Split| -> Vec<u8> { split.parts().flat_map(|part| part.octets[part.header_len..].to_vec()).collect() };
    let any: Vec<u8> = (0..=255).cycle().take(300).collect();
    let octets = split(DataCoding::OCTET_4, &any);
    assert_eq!(
        (units(&octets), octets.alphabet(), octets.data_coding()),
        (vec![134, 134, 32], None, DataCoding::OCTET_4)
    );
    assert_eq!(joined(&octets), any);
    assert!(octets.parts().all(|part| part.text.is_none()));
    // GSM 7-bit: an escape stays with what it escapes, also one that is escaped itself.
    let escaped = [&[b'x'; 152][..], b"\x1B\x65", &[b'y'; 20]].concat();
    assert_eq!(units(&split(DataCoding::DEFAULT, &escaped)), [152, 22]);
    let doubly = [&[b'x'; 151][..], b"\x1B\x1B\x65", &[b'y'; 20]].concat();
    assert_eq!(units(&split(DataCoding::DEFAULT, &doubly)), [153, 21]);
    assert_eq!(joined(&split(DataCoding::DEFAULT, &doubly)), doubly);
    // UCS-2: no surrogate pair is cut; a lone octet at the end is kept.
    let mut wide: Vec<u8> = [0x04, 0x4F].repeat(66);
    wide.extend([0xD8, 0x3D, 0xDE, 0x00]);
    wide.extend([0x04, 0x4F].repeat(10));
    wide.push(0);
    assert_eq!(units(&split(DataCoding::UCS2, &wide)), [66, 13]);
    assert_eq!(joined(&split(DataCoding::UCS2, &wide)), wide);
    // What fits one message is as it was.
    assert_eq!(split(DataCoding::DEFAULT, &[b'x'; 160]).parts().next().expect("a part").octets, [b'x'; 160]);
}

#[test]
fn packed_octets_are_cut_between_septets() {
    let profile = Profile::default().with_packed(true);
    let splitter = Splitter::new(profile);
    let septets: Vec<u8> = b"The quick brown fox ".repeat(10);
    let packed = pack(&septets, 0, Padding::CarriageReturn);
    let split =
        splitter.split(Content::Octets { data_coding: DataCoding::DEFAULT, octets: &packed }, 7).expect("parts");
    assert_eq!(units(&split), [153, 47]);
    assert_eq!(join(&split, &profile).as_bytes(), septets);
    let short = pack(&septets[..150], 0, Padding::Zeros);
    let split =
        splitter.split(Content::Octets { data_coding: DataCoding::DEFAULT, octets: &short }, 7).expect("a part");
    assert_eq!(split.parts().next().expect("a part").octets, short);
}

#[test]
fn octets_that_begin_with_a_header_are_not_taken_for_a_text() {
    let template = SubmitSm::default().with_esm_class(EsmClass(0x40));
    let octets = Content::Octets { data_coding: DataCoding::OCTET_4, octets: b"\x06\x05\x04\x0B\x84\x23\xF0wap" };
    assert_eq!(splitter().submit_sm(&template, octets).expect_err("a header"), SplitError::HeaderInOctets);
    let octets = Content::Octets { data_coding: DataCoding::OCTET_4, octets: b"wap" };
    let parts = splitter().with_element(&PORTS).submit_sm(&template, octets).expect("a part");
    assert_eq!(parts[0].short_message, b"\x06\x05\x04\x0B\x84\x23\xF0wap");
    // A text has none, whatever the template was taken from.
    let parts = splitter().submit_sm(&template, "text").expect("a part");
    assert_eq!(parts[0].esm_class, EsmClass(0));
}

#[test]
fn classes_and_their_data_coding() {
    let flash = splitter().with_class(Class::Class0);
    assert_eq!(flash.split("hello", 7).expect("a part").data_coding(), DataCoding(0xF0));
    assert_eq!(flash.split("привет", 7).expect("a part").data_coding(), DataCoding(0x18));
    // There the class says that it is GSM 7-bit, where data_coding 0 would not.
    let latin1 = Splitter::new(Profile::default().with_default_alphabet(Alphabet::Latin1)).with_class(Class::Class1);
    let split = latin1.split("é€", 7).expect("a part");
    assert_eq!((split.alphabet(), split.data_coding()), (Some(Alphabet::GSM7), DataCoding(0xF1)));
    let error = flash.with_alphabet(Alphabet::Latin1).split("é", 7).expect_err("no such value");
    assert_eq!(error, SplitError::Class { alphabet: Alphabet::Latin1 });
}

#[test]
fn elements_that_the_splitter_adds_itself_are_refused() {
    let concatenation = Element::Concatenated8 { reference: 1, total: 1, part: 1 };
    assert_eq!(
        splitter().with_element(&concatenation).split("x", 1).expect_err("twice"),
        SplitError::Element { iei: 0 }
    );
    let shift = Element::SingleShift(Language::TURKISH);
    let shifted = splitter().with_element(&shift);
    assert_eq!(shifted.split("x", 1).expect_err("twice"), SplitError::Element { iei: 0x24 });
    // Octets are encoded already, and only their sender knows by which table.
    let octets = Content::Octets { data_coding: DataCoding::DEFAULT, octets: b"\x1Bs" };
    let split = shifted.split(octets, 1).expect("a part");
    assert_eq!(split.parts().next().expect("a part").octets, b"\x03\x24\x01\x01\x1Bs");
    let sar = splitter().with_segmentation(Segmentation::Sar).with_alphabet(gsm7(None, TURKISH));
    assert_eq!(sar.split("ş", 1).expect_err("no header"), SplitError::Element { iei: 0x24 });
}

#[test]
fn a_header_that_leaves_no_room_is_refused() {
    let element = |len| Element::Other { iei: 0xA5, data: vec![0; len].into() };
    // 1 octet of text is left, or none with the header of parts.
    let narrow = splitter().with_element(&element(136));
    assert_eq!(units(&narrow.split("x", 1).expect("a part")), [1]);
    assert_eq!(narrow.split("xx", 1).expect_err("no room"), SplitError::NoRoom { header: 144 });
    let full = splitter().with_element(&element(137));
    assert_eq!(full.split("", 1).expect("a part").parts().next().expect("a part").octets.len(), 140);
    assert_eq!(
        splitter().with_element(&element(138)).split("", 1).expect_err("no room"),
        SplitError::NoRoom { header: 141 }
    );
    let too_long = SplitError::Header(UserDataHeaderError::ElementTooLong { iei: 0xA5, len: 256 });
    assert_eq!(splitter().with_element(&element(256)).split("", 1).expect_err("too long"), too_long);
}

#[test]
fn national_tables_are_paid_for() {
    let profile = Profile::default().with_languages(Languages::ALL);
    let splitter = Splitter::new(profile);
    let text = "Fırtına şişli ".repeat(20);
    let split = splitter.split(&text, 7).expect("parts");
    let Some(Alphabet::Gsm7(gsm7)) = split.alphabet() else { panic!("{:?}", split.alphabet()) };
    assert_ne!(gsm7, Gsm7::DEFAULT);
    assert_eq!(join(&split, &profile), text);
    assert!(split.parts().len() < Splitter::new(Profile::default()).split(&text, 7).expect("parts").parts().len());
    // Parts with sar_* TLVs cannot name a language.
    let sar = splitter.with_segmentation(Segmentation::Sar).split(&text, 7).expect("parts");
    assert_eq!(sar.alphabet(), Some(Alphabet::Ucs2));
}

#[test]
fn a_text_with_replaced_letters_has_no_ranges() {
    let splitter = Splitter::new(Profile::default().with_fallback(Fallback::Replace('?')));
    let split = splitter.split("a日b", 7).expect("a part");
    let part = split.parts().next().expect("a part");
    assert_eq!((part.octets, part.text), (&b"a?b"[..], None));
}

#[test]
fn what_people_see_beside_a_text_field() {
    let splitter = splitter();
    for (text, expected) in [
        (String::new(), (1, 0, 160, 160)),
        ("hello".into(), (1, 5, 160, 155)),
        ("x".repeat(160), (1, 160, 160, 0)),
        ("x".repeat(161), (2, 161, 153, 145)),
        ("x".repeat(306), (2, 306, 153, 0)),
        ("x".repeat(307), (3, 307, 153, 152)),
        ("€".repeat(80), (1, 160, 160, 0)),
        ("€".repeat(81), (2, 162, 153, 143)),
        ("😀".repeat(35), (1, 70, 70, 0)),
        ("😀".repeat(36), (2, 72, 67, 61)),
    ] {
        let cost = splitter.cost(&text).expect("a cost");
        assert_eq!((cost.segments, cost.units, cost.capacity, cost.remaining), expected, "{text}");
    }
}

#[test]
fn cost_allocates_nothing() {
    let (gsm, emoji, mixed) = ("x€".repeat(500), "👨‍👩‍👧‍👦".repeat(70), "Grüße aus 東京! ".repeat(80));
    let splitters = [
        splitter(),
        splitter().with_segmentation(Segmentation::Sar).with_element(&PORTS),
        Splitter::new(Profile::default().with_languages(Languages::ALL)),
    ];
    for splitter in &splitters {
        for text in [&gsm, &emoji, &mixed] {
            let info = allocation_counter::measure(|| {
                std::hint::black_box(&splitter.cost(text));
            });
            assert_eq!(info.count_total, 0, "{splitter:?}");
        }
    }
}

#[test]
fn the_parts_take_few_allocations() {
    for text in ["x".repeat(160), "x€".repeat(500), "я".repeat(1000)] {
        let splitter = splitter();
        let info = allocation_counter::measure(|| drop(splitter.split(&text, 7)));
        assert!(
            info.count_total <= 3,
            "{} for {} parts",
            info.count_total,
            splitter.cost(&text).expect("a cost").segments
        );
    }
}

/// What a reader of packed parts makes of a text: 23.038 has a second carriage return behind one that ends the text where
/// padding would, and zeros cannot be told from an `@` there.
fn as_read(text: &str, split: &Split, profile: &Profile) -> String {
    let last = split.parts().last().expect("a part");
    if !profile.packed || !(last.units * 7 + fill_bits(last.header_len)).is_multiple_of(8) {
        return text.to_owned();
    }
    let Some(alphabet @ Alphabet::Gsm7(_)) = split.alphabet() else { return text.to_owned() };
    let septets = alphabet.encode(text).expect("a text of the alphabet");
    match (profile.padding, septets.last()) {
        (Padding::CarriageReturn, Some(b'\r')) => text.to_owned() + "\r",
        (Padding::Zeros, Some(0)) => alphabet.decode(&septets[..septets.len() - 1]),
        _ => text.to_owned(),
    }
}

#[test]
fn a_packed_part_never_ends_in_what_looks_like_padding() {
    for (padding, letter) in [(Padding::CarriageReturn, "\r"), (Padding::Zeros, "@")] {
        let profile = Profile::default().with_packed(true).with_padding(padding);
        for segmentation in [Segmentation::Udh8, Segmentation::Udh16, Segmentation::Sar] {
            let splitter = Splitter::new(profile).with_segmentation(segmentation);
            let octet_splitter = splitter.clone();
            for before in 0..320 {
                let text = "a".repeat(before) + letter + &"b".repeat(340 - before);
                let split = splitter.split(&text, 7).expect("parts");
                assert_eq!(join(&split, &profile), text, "{segmentation:?}, {before}");
                assert_eq!(splitter.cost(&text).expect("a cost").segments, split.parts().len());
                let octets = pack(&Alphabet::GSM7.encode(&text).expect("a text"), 0, padding);
                let octets = Content::Octets { data_coding: DataCoding::DEFAULT, octets: &octets };
                assert_eq!(join(&octet_splitter.split(octets, 7).expect("parts"), &profile), text, "{before}");
            }
        }
    }
    let split = Splitter::new(Profile::default().with_packed(true))
        .split(&format!("{}\r{}", "a".repeat(152), "b".repeat(178)), 7)
        .expect("parts");
    assert_eq!(units(&split), [152, 153, 26]);
}

#[test]
fn a_carriage_return_that_ends_a_full_message_is_not_lost() {
    let profile = Profile::default().with_packed(true);
    let splitter = Splitter::new(profile);
    for (before, expected) in [(151, vec![152]), (159, vec![153, 7]), (305, vec![153, 152, 1])] {
        let text = "a".repeat(before) + "\r";
        let split = splitter.split(&text, 7).expect("parts");
        assert_eq!(units(&split), expected);
        assert_eq!(splitter.cost(&text).expect("a cost").segments, expected.len());
        assert_eq!(join(&split, &profile), as_read(&text, &split, &profile));
        assert!(join(&split, &profile).starts_with(&text));
        assert!(split.parts().all(|part| part.octets.len() <= 140));
    }
    // What is one PDU has its second carriage return too.
    let splitter = splitter.with_segmentation(Segmentation::MessagePayload);
    let text = "a".repeat(65_535 / 7 * 8 - 1) + "\r";
    let split = splitter.split(&text, 7).expect("a payload");
    assert_eq!(join(&split, &profile), text + "\r");
}

/// Texts with everything that a cut could harm.
fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-zA-Z0-9 .,]{1,40}",
        2 => "[\\[\\]{}^~|\\\\€]{1,12}",
        2 => "[@\r]{1,12}",
        1 => "[äöüßéñàÅØΔΩΓ@£]{1,12}",
        1 => "[çğışİŞĞáâãõ]{1,8}",
        1 => "[а-яА-Я]{1,30}",
        1 => "[अ-ह]{1,3}(्[अ-ह]){0,3}[ा-ौ]?",
        1 => Just("\r\n".to_owned()),
        1 => "[😀-😏]{1,10}",
        1 => "(🇨🇭|🇩🇪|🇫🇷|🇺){1,6}",
        1 => "(👨\u{200D}👩\u{200D}👧\u{200D}👦|👍🏽|❤️){1,4}",
        1 => "e[\u{300}-\u{32F}]{0,12}",
        1 => "[\u{1100}-\u{1112}][\u{1161}-\u{1175}][\u{11A8}-\u{11C2}]?",
        1 => "[\u{300}-\u{36F}]{80,90}",
        1 => any::<char>().prop_map(String::from),
    ];
    vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn any_segmentation() -> impl Strategy<Value = Segmentation> {
    prop::sample::select(vec![Segmentation::Udh8, Segmentation::Udh16, Segmentation::Sar, Segmentation::MessagePayload])
}

fn any_profile() -> impl Strategy<Value = Profile> {
    let alphabets = vec![Alphabet::GSM7, Alphabet::Latin1, Alphabet::Ascii, Alphabet::Ucs2];
    let languages = vec![Languages::NONE, Languages::NONE.with(Language::TURKISH), Languages::ALL];
    let paddings = vec![Padding::CarriageReturn, Padding::Zeros];
    (any::<bool>(), prop::sample::select(alphabets), prop::sample::select(languages), prop::sample::select(paddings))
        .prop_map(|(packed, alphabet, languages, padding)| {
            let packed = packed && alphabet == Alphabet::GSM7;
            let profile = Profile::default().with_packed(packed).with_padding(padding);
            profile.with_default_alphabet(alphabet).with_languages(languages)
        })
}

/// The ends of parts by going through all grapheme clusters from the beginning.
fn ends_by_all_clusters(text: &str, alphabet: Alphabet, capacity: usize) -> Vec<usize> {
    let units = |text: &str| alphabet.units(text).expect("a text of the alphabet");
    let (mut ends, mut used) = (Vec::new(), 0);
    for (start, cluster) in text.grapheme_indices(true) {
        let taken = units(cluster);
        if used + taken > capacity && taken <= capacity {
            ends.push(start);
            used = 0;
        }
        if taken <= capacity {
            used += taken;
            continue;
        }
        for (at, letter) in cluster.char_indices() {
            let taken = alphabet.cost(letter).expect("a letter of the alphabet");
            if used + taken > capacity {
                ends.push(start + at);
                used = 0;
            }
            used += taken;
        }
    }
    ends.push(text.len());
    ends
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    /// Joined, the parts are the text; each fits, says which it is, and ends where nothing is torn apart.
    #[test]
    fn parts_fit_and_join_to_the_text(
        text in any_text(),
        profile in any_profile(),
        segmentation in any_segmentation(),
        has_ports: bool,
        reference: u16,
    ) {
        let mut splitter = Splitter::new(profile).with_segmentation(segmentation);
        if has_ports {
            splitter = splitter.with_element(&PORTS);
        }
        let split = splitter.split(&text, reference).expect("parts");
        let alphabet = split.alphabet().expect("a text");
        let cost = splitter.cost(&text).expect("a cost");
        prop_assert_eq!((cost.alphabet, cost.data_coding), (split.alphabet(), split.data_coding()));
        prop_assert_eq!(cost.units, units(&split).iter().sum::<usize>());
        if segmentation != Segmentation::MessagePayload {
            prop_assert_eq!(cost.segments, split.parts().len());
            prop_assert_eq!(cost.remaining, cost.capacity - units(&split).last().expect("a part"));
            prop_assert!(units(&split).iter().all(|units| *units <= cost.capacity));
            for part in split.parts() {
                let fill = if alphabet.bits() == 7 { fill_bits(part.header_len) } else { 0 };
                prop_assert!(part.header_len + (part.units * alphabet.bits() + fill).div_ceil(8) <= 140);
                let most = if profile.packed || alphabet.bits() > 7 { 140 } else { 160 };
                prop_assert!(part.octets.len() <= most);
            }
            let ends: Vec<_> = split.parts().map(|part| part.text.expect("a range").end).collect();
            let may_look_like_padding = profile.packed
                && alphabet.bits() == 7
                && alphabet.encode(&text).expect("a text of the alphabet").iter().any(|septet| matches!(septet, 0 | b'\r'));
            if may_look_like_padding {
                // Some parts end before a letter that looks like padding.
                prop_assert_eq!(ends.last(), Some(&text.len()));
            } else if split.parts().len() > 1 {
                prop_assert_eq!(ends, ends_by_all_clusters(&text, alphabet, cost.capacity));
            } else {
                prop_assert_eq!(ends, [text.len()]);
            }
        }
        prop_assert_eq!(join(&split, &profile), as_read(&text, &split, &profile));
    }

}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// No part of octets ends inside a pair of escape and septet, or of surrogates, and none are lost.
    #[test]
    fn octets_are_cut_between_pairs(
        octets in vec(prop_oneof![Just(0x1B_u8), Just(0xD8), Just(0xDC), 0..0x80_u8], 0..900),
        data_coding in prop::sample::select(vec![DataCoding::DEFAULT, DataCoding::UCS2, DataCoding::OCTET_4]),
        segmentation in any_segmentation(),
        reference: u16,
    ) {
        let splitter = splitter().with_segmentation(segmentation);
        let content = Content::Octets { data_coding, octets: &octets };
        let split = splitter.split(content, reference).expect("parts");
        let cost = splitter.cost(content).expect("a cost");
        prop_assert_eq!(cost.units, units(&split).iter().sum::<usize>());
        if segmentation != Segmentation::MessagePayload {
            prop_assert_eq!(cost.segments, split.parts().len());
        }
        let parts: Vec<_> = split.parts().map(|part| part.octets[part.header_len..].to_vec()).collect();
        prop_assert_eq!(parts.concat(), octets);
        for pair in parts.windows(2) {
            if data_coding == DataCoding::DEFAULT {
                let escapes = pair[0].iter().rev().take_while(|octet| **octet == 0x1B).count();
                prop_assert_eq!(escapes % 2, 0);
            }
            if data_coding == DataCoding::UCS2 {
                let last = pair[0][pair[0].len() - 2];
                prop_assert!(!((0xD8..=0xDB).contains(&last) && (0xDC..=0xDF).contains(&pair[1][0])));
            }
        }
    }
}
