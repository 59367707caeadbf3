//! What other software gets wrong when it splits texts. Each test replays the situation of an issue, and is named after
//! it.

use std::collections::HashSet;
use std::sync::Arc;

use smpp::pdu::SubmitSm;
use smpp::sms::{
    Alphabet, Concatenation, Content, Profile, ReferenceCounter, Segmentation, Split, Splitter, UserDataHeader,
};
use smpp::value::{DataCoding, RegisteredDelivery};

fn split(text: &str) -> Split {
    Splitter::new(Profile::default()).split(text, 7).expect("parts")
}

fn units(split: &Split) -> Vec<usize> {
    split.parts().map(|part| part.units).collect()
}

/// linxGnu/gosmpp#175 and #100: a text of 159 letters, or of 160, becomes two parts.
#[test]
fn gosmpp_175_and_100_159_letters_become_two_parts() {
    for letters in [159, 160] {
        let split = split(&"a".repeat(letters));
        assert_eq!(units(&split), [letters]);
        assert!(!split.has_user_data_header());
    }
    assert_eq!(units(&split(&"a".repeat(161))), [153, 8]);
}

/// linxGnu/gosmpp#128 and #198: letters of the extension table are counted as one septet, so that parts are too long,
/// and an escape is torn from its letter.
#[test]
fn gosmpp_128_and_198_escapes_are_counted_as_one() {
    assert_eq!(units(&split(&"€".repeat(80))), [160]);
    assert_eq!(units(&split(&"€".repeat(81))), [152, 10]);
    for before in 140..160 {
        let text = "a".repeat(before) + &"[]{}€^~|\\".repeat(10);
        for part in split(&text).parts() {
            let septets = &part.octets[part.header_len..];
            assert!(septets.len() <= 153);
            assert_ne!(septets.last(), Some(&0x1B), "{before}");
        }
    }
}

/// opentelecoms-org/jsmpp#141, twitter-archive/cloudhopper-smpp#50: parts of 154 septets, or of 134 because the 140
/// octets were taken for 140 letters.
#[test]
fn jsmpp_141_and_cloudhopper_50_154_or_134_instead_of_153() {
    assert_eq!(units(&split(&"a".repeat(307))), [153, 153, 1]);
    assert_eq!(units(&split(&"я".repeat(135))), [67, 67, 1]);
    let octets = Content::Octets { data_coding: DataCoding::OCTET_4, octets: &[0xAA; 269] };
    assert_eq!(units(&Splitter::new(Profile::default()).split(octets, 7).expect("parts")), [134, 134, 1]);
}

/// telenordigital/sms-smpp#172: texts in UCS-2 are cut at odd places.
#[test]
fn sms_smpp_172_ucs2_is_cut_inside_a_letter() {
    let text = "Привет, 世界! ".repeat(40);
    let split = split(&text);
    let mut joined = String::new();
    for part in split.parts() {
        let octets = &part.octets[part.header_len..];
        assert_eq!(octets.len() % 2, 0);
        let decoded = Alphabet::Ucs2.decode(octets);
        assert_eq!(decoded, text[part.text.expect("a range")]);
        joined += &decoded;
    }
    assert_eq!(joined, text);
}

/// gammu/gammu#95: a surrogate pair is cut, and both parts show a box.
#[test]
fn gammu_95_a_surrogate_pair_is_cut() {
    for before in 0..140 {
        let text = "я".repeat(before) + &"😀".repeat(70);
        for part in split(&text).parts() {
            let decoded = Alphabet::Ucs2.decode(&part.octets[part.header_len..]);
            assert!(!decoded.contains(char::REPLACEMENT_CHARACTER), "{before}");
        }
    }
}

/// AdhamAwadhi/JamaaSMPP#39, fiorix/go-smpp#46: references at random, so that two messages that are on their way to one
/// handset at the same time are merged.
#[test]
fn jamaa_39_and_go_smpp_46_random_references_merge_two_messages() {
    let text = "a".repeat(200);
    for (segmentation, references) in [(Segmentation::Udh8, 256), (Segmentation::Udh16, 65_536)] {
        let counter = Arc::new(ReferenceCounter::seeded(1));
        let splitter = Splitter::new(Profile::default()).with_segmentation(segmentation).with_references(counter);
        let template = SubmitSm::default().with_source_addr("4179").with_destination_addr("41781");
        let other = SubmitSm::default().with_source_addr("4179").with_destination_addr("41782");
        let reference = |template| -> Concatenation {
            let parts = splitter.submit_sm(template, text.as_str()).expect("parts");
            let (header, _) = UserDataHeader::parse(parts[0].short_message.as_bytes()).expect("a header");
            header.concatenation().expect("a part")
        };
        // All are used before one comes again, whatever goes elsewhere.
        let drawn: HashSet<_> = (0..references)
            .map(|number| {
                if number % 7 == 0 {
                    reference(&other);
                }
                reference(&template).reference
            })
            .collect();
        assert_eq!(drawn.len(), references);
    }
}

/// jookies/jasmin#623: the validity period, and other fields, stand on the first part only.
#[test]
fn jasmin_623_validity_is_on_every_part() {
    let template = SubmitSm::default()
        .with_source_addr("4179")
        .with_destination_addr("4178")
        .with_validity_period("000000010000000R")
        .with_registered_delivery(RegisteredDelivery(1))
        .with_priority_flag(3)
        .with_user_message_reference(77);
    let splitter = Splitter::new(Profile::default());
    let parts = splitter.submit_sm(&template, "a".repeat(400).as_str()).expect("parts");
    assert_eq!(parts.len(), 3);
    for part in &parts {
        let without_text = part.as_borrowed().with_short_message("").with_esm_class(template.esm_class);
        assert_eq!(without_text, template);
    }
}
