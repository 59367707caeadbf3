//! What is split is joined again, letter for letter: join(split(x)) = x.

use std::collections::BTreeMap;
use std::time::Instant;

use proptest::collection::vec;
use proptest::prelude::*;
use smpp::pdu::{DataSm, SubmitSm};
use smpp::sms::*;

/// Texts that go in one alphabet each: GSM 7-bit, that with Turkish tables, Latin 1, and anything.
fn text() -> impl Strategy<Value = String> {
    let letters = |letters: &str| prop::sample::select(letters.chars().collect::<Vec<_>>());
    let of = |letter: BoxedStrategy<char>| vec(letter, 0..1_200).prop_map(String::from_iter);
    prop_oneof![
        of(letters("abcXYZ 019@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ€{}[]~^|\\\r\n").boxed()),
        of(letters("abc 019€ğĞşŞıİçÇ").boxed()),
        of(letters("abc 019àâëïÿ½").boxed()),
        of(prop_oneof![letters("aЖ漢😀👨👩\u{200D}\u{301}🏽"), any::<char>()].boxed()),
    ]
}

fn profile() -> impl Strategy<Value = Profile> {
    let default_alphabet = prop_oneof![
        4 => Just(Alphabet::GSM7),
        1 => Just(Alphabet::Latin1),
        1 => Just(Alphabet::Ascii),
    ];
    let languages = prop_oneof![Just(Languages::NONE), Just(Languages::ALL)];
    let padding = prop_oneof![Just(Padding::CarriageReturn), Just(Padding::Zeros)];
    (default_alphabet, languages, any::<bool>(), padding).prop_map(|(alphabet, languages, packed, padding)| {
        let profile = Profile::default().with_default_alphabet(alphabet).with_languages(languages);
        profile.with_packed(packed).with_padding(padding)
    })
}

fn segmentation() -> impl Strategy<Value = Segmentation> {
    prop::sample::select(vec![Segmentation::Udh8, Segmentation::Udh16, Segmentation::Sar])
}

/// The order that numbers drawn by proptest stand for.
fn shuffled<T>(items: Vec<T>, order: &[u32]) -> Vec<T> {
    let mut items: Vec<_> = items.into_iter().zip(order.iter().cycle()).enumerate().collect();
    items.sort_by_key(|(index, (_, order))| (order.wrapping_mul(2_654_435_761).rotate_left(*index as u32), *index));
    items.into_iter().map(|(_, (item, _))| item).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any text, by any profile and form, with its parts in any order and some of them twice.
    #[test]
    fn what_is_split_is_joined_again(
        text in text(),
        profile in profile(),
        segmentation in segmentation(),
        reference: u16,
        with_ports: bool,
        order in vec(any::<u32>(), 1..40),
        again in vec(any::<prop::sample::Index>(), 0..5),
    ) {
        // A packed text that ends where padding would, in what padding is, cannot be told from one that is padded: 23.038
        // has a second carriage return for it (6.1.2.3.1), zeros have nothing. In the middle nothing of the kind happens.
        let text = if profile.packed { text + "." } else { text };
        let mut splitter = Splitter::new(profile).with_segmentation(segmentation);
        if with_ports {
            splitter = splitter.with_element(&Element::Ports16 { destination: 2948, source: 9200 });
        }
        let template = SubmitSm::default().with_source_addr("41").with_destination_addr("42").with_esm_class(0x80);
        let split = splitter.split(&text, reference).unwrap();
        let parts = split.submit_sm(&template).unwrap();
        let mut sent: Vec<_> = parts.iter().chain(again.iter().map(|index| index.get(&parts))).collect();
        sent = shuffled(sent, &order);

        let reassembler = Reassembler::new(profile);
        let mut texts = Vec::new();
        for pdu in sent {
            let message = Message::from(pdu);
            let Ok(Pushed { outcome, dropped }) = reassembler.push(Instant::now(), &message);
            prop_assert_eq!(dropped, []);
            match outcome {
                Reassembly::Single => texts.push(message.decode(&profile).text),
                Reassembly::Complete(joined) => {
                    prop_assert_eq!(joined.octets().len(), joined.message().user_data().text.len());
                    prop_assert_eq!(&joined.message().decode(&profile).text, &joined.text);
                    prop_assert_eq!(joined.message().ports().is_some(), with_ports);
                    prop_assert_eq!(joined.esm_class.0 & !0x40, 0x80);
                    texts.push(joined.text);
                }
                Reassembly::Waiting { .. } | Reassembly::Duplicate => {}
                Reassembly::NoRoom => prop_assert!(false, "no room"),
            }
        }
        if parts.len() == 1 {
            texts.truncate(1);
        }
        prop_assert_eq!(texts, [Some(text)]);
        prop_assert_eq!(reassembler.store().usage().messages, 0);
    }

    /// Several messages to the same destination at a time, with references from one generator, their parts interleaved.
    #[test]
    fn messages_that_are_sent_at_a_time_are_told_apart(
        texts in vec("[a-z]{161,700}", 2..8),
        segmentation in segmentation(),
        order in vec(any::<u32>(), 1..60),
    ) {
        let profile = Profile::default();
        let splitter = Splitter::new(profile).with_segmentation(segmentation);
        let template = DataSm::default().with_source_addr("41").with_destination_addr("42");
        let parts: Vec<_> = texts.iter().flat_map(|text| splitter.data_sm(&template, text).unwrap()).collect();
        let reassembler = Reassembler::new(profile);
        let mut joined = BTreeMap::new();
        for pdu in shuffled(parts, &order) {
            let Ok(pushed) = reassembler.push(Instant::now(), &Message::from(&pdu));
            prop_assert_eq!(pushed.dropped, []);
            if let Reassembly::Complete(message) = pushed.outcome {
                *joined.entry(message.text.unwrap()).or_insert(0) += 1;
            }
        }
        let mut expected = BTreeMap::new();
        texts.into_iter().for_each(|text| *expected.entry(text).or_insert(0) += 1);
        prop_assert_eq!(joined, expected);
    }

    /// Octets come out as they went in, whatever they are.
    #[test]
    fn octets_are_joined_untouched(
        octets in vec(any::<u8>(), 0..2_000),
        data_coding in prop::sample::select(vec![0x02_u8, 0x04, 0x14, 0xF4]),
        segmentation in segmentation(),
        order in vec(any::<u32>(), 1..40),
    ) {
        let profile = Profile::default();
        let splitter = Splitter::new(profile).with_segmentation(segmentation);
        let content = Content::Octets { data_coding: data_coding.into(), octets: &octets };
        let template = SubmitSm::default();
        let parts = splitter.submit_sm(&template, content).unwrap();
        let reassembler = Reassembler::new(profile);
        let mut whole = Vec::new();
        for pdu in shuffled(parts, &order) {
            let message = Message::from(&pdu);
            let Ok(pushed) = reassembler.push(Instant::now(), &message);
            match pushed.outcome {
                Reassembly::Single => whole.push(message.octets.to_vec()),
                Reassembly::Complete(joined) => {
                    prop_assert_eq!(&joined.text, &None);
                    whole.push(joined.octets().to_vec());
                }
                _ => {}
            }
        }
        prop_assert_eq!(whole, [octets]);
    }
}
