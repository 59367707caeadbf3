//! User data headers, held to every row of `udh.csv` that describes an element.

mod data;

use std::borrow::Cow;
use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use smpp::sms::{
    Concatenation, ConcatenationForm, Element, ElementFault, ElementFaultKind, HeaderSource, Language, Ports,
    ReplyAddress, UserDataHeader, UserDataHeaderError,
};

/// A row `iei` of `udh.csv`.
struct Row {
    identifiers: std::ops::RangeInclusive<u8>,
    name: String,
    /// As the table has it: a number, a list of numbers, `var`, or nothing.
    length: String,
}

fn rows() -> Vec<Row> {
    let rows = data::parse(include_str!("data/udh.csv"));
    let elements = rows.into_iter().filter(|row| row[0] == "iei" && row[1] != "header");
    let number = |text: &str| u8::from_str_radix(text.trim_start_matches("0x"), 16).expect("an identifier");
    elements
        .map(|row| {
            let (first, last) = row[1].split_once('-').unwrap_or((&row[1], &row[1]));
            Row { identifiers: number(first)..=number(last), name: row[2].clone(), length: row[3].clone() }
        })
        .collect()
}

/// The lengths that the table allows; all when it says `var`.
fn lengths(row: &Row) -> BTreeSet<usize> {
    match row.length.as_str() {
        "var" => (0..=253).collect(),
        "var (1-129)" => (1..=129).collect(),
        "3 or 4" => BTreeSet::from([3, 4]),
        length => BTreeSet::from([length.parse().unwrap_or_else(|_| panic!("{}: {length}", row.name))]),
    }
}

fn octets(iei: u8, data: &[u8]) -> Vec<u8> {
    [&[2 + data.len() as u8, iei, data.len() as u8], data].concat()
}

/// The one element of a header.
fn element(octets: &[u8]) -> Element<'_> {
    let (header, text) = UserDataHeader::parse(octets).expect("a header");
    assert!(text.is_empty());
    let element = header.elements().next().expect("an element");
    Element::from_octets(element.iei(), &octets[3..])
}

#[test]
fn every_row_is_read_and_written_at_every_length() {
    for row in rows() {
        for iei in row.identifiers.clone() {
            for len in 0..=253 {
                // A reply address counts its own semi-octets; elsewhere the octets mean no length.
                let mut content: Vec<u8> = (0..len).map(|at| at as u8 ^ 0x95).collect();
                if iei == 0x22 && len >= 2 {
                    content[0] = ((len - 2) * 2) as u8;
                }
                let octets = octets(iei, &content);
                let element = element(&octets);
                let is_known = !matches!(element, Element::Other { .. });
                let (header, _) = UserDataHeader::parse(&octets).expect("a header");
                match row.length.as_str() {
                    // Reserved, or not used: kept as octets, which is no fault.
                    "" => {
                        assert!(!is_known, "{}", row.name);
                        assert_eq!(header.faults(), [], "{}", row.name);
                    }
                    // An address of no octets, or of one, is none; of more than 129 octets, all semi-octets used, one
                    // octet cannot count them.
                    "var" if iei == 0x22 => assert_eq!(is_known, (2..=129).contains(&len), "{len}"),
                    _ => {
                        assert_eq!(is_known, lengths(&row).contains(&len), "{} of {len} octets", row.name);
                        let is_fault = |kind| matches!(kind, ElementFaultKind::Layout { .. });
                        let faults = header.faults();
                        assert_eq!(faults.iter().any(|fault| is_fault(fault.kind)), !is_known, "{}", row.name);
                    }
                }
                assert_eq!(element.iei(), iei);
                let built = UserDataHeader::default().with(&element);
                assert_eq!(built.to_octets().as_deref(), Ok(&octets[..]), "{} of {len} octets", row.name);
            }
        }
    }
}

/// What stands in the column `layout`, row by row.
#[test]
fn every_layout_is_taken_apart_as_the_table_has_it() {
    let data = |octets: &'static [u8]| Cow::Borrowed(octets);
    let picture = |len| Cow::Owned(vec![0x5A; len]);
    let address = ReplyAddress { length: 3, type_of_address: 0x91, value: data(&[0x21, 0xF3]) };
    let cases = [
        (Element::Concatenated8 { reference: 9, total: 3, part: 2 }, vec![0x00, 3, 9, 3, 2]),
        (Element::MessageIndication { store: true, kind: 0x03, count: 5 }, vec![0x01, 2, 0x83, 5]),
        (Element::MessageIndication { store: false, kind: 0x7F, count: 0 }, vec![0x01, 2, 0x7F, 0]),
        (Element::Ports8 { destination: 240, source: 241 }, vec![0x04, 2, 240, 241]),
        (Element::Ports16 { destination: 0x0B84, source: 0x23F0 }, vec![0x05, 4, 0x0B, 0x84, 0x23, 0xF0]),
        (Element::SmscControl(0xC1), vec![0x06, 1, 0xC1]),
        (Element::Source(HeaderSource::ORIGINAL_SENDER), vec![0x07, 1, 1]),
        (Element::Source(HeaderSource::ORIGINAL_RECEIVER), vec![0x07, 1, 2]),
        (Element::Source(HeaderSource::SMSC), vec![0x07, 1, 3]),
        (Element::Concatenated16 { reference: 0x0102, total: 4, part: 3 }, vec![0x08, 4, 1, 2, 4, 3]),
        (Element::WirelessControl(data(b"ab")), vec![0x09, 2, b'a', b'b']),
        (Element::TextFormatting { position: 1, length: 2, format: 3, colour: None }, vec![0x0A, 3, 1, 2, 3]),
        (Element::TextFormatting { position: 1, length: 2, format: 3, colour: Some(4) }, vec![0x0A, 4, 1, 2, 3, 4]),
        (Element::PredefinedSound { position: 7, sound: 8 }, vec![0x0B, 2, 7, 8]),
        (Element::UserDefinedSound { position: 7, data: data(b"BEG") }, vec![0x0C, 4, 7, b'B', b'E', b'G']),
        (Element::PredefinedAnimation { position: 7, animation: 8 }, vec![0x0D, 2, 7, 8]),
        (Element::LargeAnimation { position: 7, data: picture(128) }, [vec![0x0E, 129, 7], vec![0x5A; 128]].concat()),
        (Element::SmallAnimation { position: 7, data: picture(32) }, [vec![0x0F, 33, 7], vec![0x5A; 32]].concat()),
        (Element::LargePicture { position: 7, data: picture(128) }, [vec![0x10, 129, 7], vec![0x5A; 128]].concat()),
        (Element::SmallPicture { position: 7, data: picture(32) }, [vec![0x11, 33, 7], vec![0x5A; 32]].concat()),
        (Element::VariablePicture(data(&[1, 1, 1, 0x80])), vec![0x12, 4, 1, 1, 1, 0x80]),
        (Element::UserPrompt { objects: 2 }, vec![0x13, 1, 2]),
        (Element::ExtendedObject(data(b"x")), vec![0x14, 1, b'x']),
        (Element::ReusedExtendedObject([1, 2, 3]), vec![0x15, 3, 1, 2, 3]),
        (Element::CompressionControl(data(b"x")), vec![0x16, 1, b'x']),
        (Element::ObjectDistribution([1, 2]), vec![0x17, 2, 1, 2]),
        (Element::WvgObject(data(b"x")), vec![0x18, 1, b'x']),
        (Element::CharacterSizeWvgObject(data(b"x")), vec![0x19, 1, b'x']),
        (Element::ExtendedObjectDataRequest, vec![0x1A, 0]),
        (Element::EmailHeader { length: 20 }, vec![0x20, 1, 20]),
        (Element::Hyperlink { position: 0x0102, title_length: 3, url_length: 4 }, vec![0x21, 4, 1, 2, 3, 4]),
        (Element::ReplyAddress(address), vec![0x22, 4, 3, 0x91, 0x21, 0xF3]),
        (Element::EnhancedVoiceMail(data(b"x")), vec![0x23, 1, b'x']),
        (Element::SingleShift(Language(1)), vec![0x24, 1, 1]),
        (Element::LockingShift(Language(13)), vec![0x25, 1, 13]),
        (Element::SimToolkit { iei: 0x70, data: data(b"") }, vec![0x70, 0]),
        (Element::SmeSpecific { iei: 0x9F, data: data(b"x") }, vec![0x9F, 1, b'x']),
        (Element::SmscSpecific { iei: 0xC0, data: data(b"x") }, vec![0xC0, 1, b'x']),
    ];
    let mut identifiers: BTreeSet<u8> = cases.iter().map(|(element, _)| element.iei()).collect();
    for (expected, octets) in cases {
        let octets = [vec![octets.len() as u8], octets].concat();
        assert_eq!(element(&octets), expected);
        assert_eq!(UserDataHeader::default().with(&expected).to_octets(), Ok(octets));
    }
    // Reserved, and kept free.
    identifiers.extend([0x02, 0x03]);
    for row in rows() {
        assert!(row.identifiers.clone().any(|iei| identifiers.contains(&iei)), "{} is not tried", row.name);
    }
}

#[test]
fn an_unknown_element_is_kept_and_the_next_one_read() {
    let octets = b"\x0A\xA7\x03abc\x00\x03\x01\x02\x02text";
    let (header, text) = UserDataHeader::parse(octets).expect("a header");
    let elements: Vec<_> = header.elements().collect();
    assert_eq!(elements[0], Element::Other { iei: 0xA7, data: Cow::Borrowed(b"abc") });
    assert_eq!(elements[1], Element::Concatenated8 { reference: 1, total: 2, part: 2 });
    assert_eq!(text, b"text");
    assert_eq!(header.to_octets().as_deref(), Ok(&octets[..11]));
}

#[test]
fn a_header_of_length_0_is_one() {
    let (header, text) = UserDataHeader::parse(b"\0text").expect("a header");
    assert_eq!((header.len(), header.has_elements(), text), (1, false, &b"text"[..]));
    assert_eq!(header.to_octets(), Ok(vec![0]));
    assert_eq!(header.concatenation(), None);
}

#[test]
fn a_udhl_beyond_the_data_is_an_error_that_says_where() {
    let error = UserDataHeader::parse(b"\x05\x00\x03\x01").expect_err("too short");
    assert_eq!(error, UserDataHeaderError::BeyondData { udhl: 5, left: 3 });
    let error = UserDataHeader::parse(b"\x05\x00\x04\x01\x02\x01text").expect_err("one octet too many");
    assert_eq!(error, UserDataHeaderError::ElementBeyondHeader { at: 1, iei: 0, length: 4, left: 3 });
    assert_eq!(error.to_string(), "user data header: element 0x00 at octet 1 counts 4 octets, 3 are left");
}

#[test]
fn parts_that_cannot_be_are_passed_over() {
    for (total, part) in [(0, 0), (0, 1), (3, 0), (3, 4), (255, 0)] {
        for element in [
            Element::Concatenated8 { reference: 1, total, part },
            Element::Concatenated16 { reference: 1, total, part },
        ] {
            let header = UserDataHeader::default().with(&element);
            assert_eq!(header.concatenation(), None, "{part} of {total}");
            let kind = ElementFaultKind::Concatenation { total, part };
            assert_eq!(header.faults(), [ElementFault { at: 1, iei: element.iei(), kind }]);
        }
    }
}

#[test]
fn of_elements_that_may_occur_once_the_last_counts() {
    let header: UserDataHeader<'_> = [
        Element::Ports16 { destination: 1, source: 2 },
        Element::Concatenated16 { reference: 0x0101, total: 2, part: 2 },
        Element::LockingShift(Language(1)),
        Element::LockingShift(Language(4)),
        Element::Ports8 { destination: 3, source: 4 },
        Element::Concatenated8 { reference: 7, total: 2, part: 1 },
    ]
    .into_iter()
    .collect();
    let form = ConcatenationForm::Udh8;
    assert_eq!(header.concatenation(), Some(Concatenation { reference: 7, total: 2, part: 1, form }));
    assert_eq!(header.ports(), Some(Ports { destination: 3, source: 4 }));
    assert_eq!(header.locking_shift(), Some(Language(4)));
    let repeated: Vec<_> = header.faults().into_iter().map(|fault| (fault.iei, fault.kind)).collect();
    let kind = ElementFaultKind::Repeated;
    assert_eq!(repeated, [(0x05, kind), (0x08, kind), (0x25, kind)]);
}

#[test]
fn a_concatenation_gives_its_element() {
    for (form, iei) in [(ConcatenationForm::Udh8, 0x00), (ConcatenationForm::Udh16, 0x08)] {
        let concatenation = Concatenation { reference: 200, total: 3, part: 2, form };
        let element = concatenation.element().expect("an element");
        assert_eq!(element.iei(), iei);
        assert_eq!(UserDataHeader::default().with(&element).concatenation(), Some(concatenation));
    }
    let sar = Concatenation { reference: 200, total: 3, part: 2, form: ConcatenationForm::Sar };
    assert_eq!(sar.element(), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is read is written again, octet for octet, and taken apart alike.
    #[test]
    fn any_octets_are_read_or_refused(octets in vec(prop_oneof![3 => 0..6_u8, 1 => any::<u8>()], 0..60)) {
        if let Ok((header, text)) = UserDataHeader::parse(&octets) {
            prop_assert_eq!([&header.to_octets().expect("as long as it was")[..], text].concat(), octets.clone());
            let built: UserDataHeader<'_> = header.elements().collect();
            prop_assert_eq!(&built, &header);
            prop_assert_eq!(built.faults(), header.faults());
            let last = header.elements().filter_map(|element| match element {
                Element::Concatenated8 { reference, total, part } => Some((u16::from(reference), total, part)),
                Element::Concatenated16 { reference, total, part } => Some((reference, total, part)),
                _ => None,
            });
            let last = last.filter(|(_, total, part)| (1..=*total).contains(part)).last();
            prop_assert_eq!(header.concatenation().map(|one| (one.reference, one.total, one.part)), last);
            prop_assert!(header.into_owned() == built);
        }
    }

    /// Elements of any identifier and length come back as they went in.
    #[test]
    fn any_elements_come_back(elements in vec((any::<u8>(), vec(any::<u8>(), 0..20)), 0..8)) {
        let header: UserDataHeader<'_> =
            elements.iter().map(|(iei, data)| Element::from_octets(*iei, data)).collect();
        let octets = header.to_octets().expect("at most 176 octets");
        let (again, text) = UserDataHeader::parse(&octets).expect("a header");
        prop_assert!(text.is_empty());
        let read: Vec<_> = again.elements().collect();
        let written: Vec<_> = elements.iter().map(|(iei, data)| Element::from_octets(*iei, data)).collect();
        prop_assert_eq!(read, written);
    }
}
