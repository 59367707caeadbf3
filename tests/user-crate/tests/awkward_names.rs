//! Names that the generated code uses itself do not get in its way.

use acme_user::second::ext::*;
use acme_user::second::pdu::{All, Blob, Book, Census, Choice, Drop, Page};
use acme_user::second::tlv;
use acme_user::second::value::{Knobs, Send, UInt, V2ndCentreDataCoding as _, Value, knobs, value};
use acme_user::{acme, second};
use sms::codec::{Command, Cursor, Decoder, Encode, FieldView, Frame, HEADER_LENGTH, Visit};
use sms::pdu::SubmitSm;
use sms::value::DataCoding;

#[derive(Default)]
struct Names(Vec<&'static str>);

impl Visit for Names {
    fn field(&mut self, field: FieldView<'_>) {
        self.0.push(field.spec.name);
    }
}

#[test]
fn fields_called_like_variables_of_the_generated_code() {
    let page = Page::Printed {
        cursor: Knobs(0xF0).with_knobs(knobs::Knobs(2)),
        reader: "r".into(),
        room: 3,
        writer: b"w".into(),
        other: 4,
    };
    let book =
        Book::default().with_cursor(1).with_reader("R").with_writer(b"W").with_decoder(5).with_pages([page.clone()]);
    let octets = book.to_octets(1).unwrap();
    assert_eq!(octets[HEADER_LENGTH..], *b"\x01R\0\x01W\0\x01\0\x05\x01\xF2r\0\x01\x03w\0\x04");
    let decoded: Book<'_> = Decoder::default().decode_as(Frame::exact(&octets).unwrap()).unwrap();
    assert_eq!(decoded, book);
    assert!(decoded.pages.iter().eq([page]));

    let mut names = Names::default();
    book.visit_fields(&mut Cursor::new(&mut names));
    let of_book = ["cursor", "reader", "used", "writer", "room", "decoder"];
    let of_page = ["dest_flag", "cursor", "reader", "used", "room", "writer", "other"];
    assert_eq!(names.0, [&of_book[..], &of_page].concat());
}

#[test]
fn fields_called_like_methods_and_types() {
    let drop = Drop::default()
        .with_into_owned("o")
        .with_with_clone(2)
        .with_u8(3)
        .with_encode([All { into_owned: "a".into() }]);
    let octets = drop.to_octets(1).unwrap();
    assert_eq!(octets[HEADER_LENGTH..], *b"\x01o\x01\0\x02\0\0\0\0\0\0\0\0\0\x03\x01a\0");
    let decoded: Drop<'_> = Decoder::default().decode_as(Frame::exact(&octets).unwrap()).unwrap();
    assert_eq!(decoded.clone().into_owned(), drop.as_borrowed());
    assert_eq!(decoded.clone, Send::NAME);
}

#[test]
fn variants_called_like_what_is_associated() {
    let pages = [
        Page::Of {},
        Page::Error { map: UInt(1) },
        Page::Other { value: Value(2).with_a(value::A(3)) },
        Page::Some {},
        Page::None {},
    ];
    let octets = Book::default().with_pages(pages.clone()).to_octets(1).unwrap();
    let decoded: Book<'_> = Decoder::default().decode_as(Frame::exact(&octets).unwrap()).unwrap();
    assert!(decoded.pages.iter().eq(pages));
}

#[test]
fn structures_without_octets_to_borrow() {
    let blobs = [Blob { flag: 1, knobs: Knobs(0x12), stamp: 2 }, Blob { flag: 0xFF, knobs: Knobs(0), stamp: u64::MAX }];
    let choices = [Choice::Number { value: UInt(3) }, Choice::Nothing {}];
    let census = Census::default().with_blobs(blobs.clone()).with_choices(choices.clone());
    let octets = census.to_octets(1).unwrap();
    let body = b"\x02\x02\x01\x12\0\0\0\0\0\0\0\x02\xFF\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01\0\0\0\x03\x02";
    assert_eq!(octets[HEADER_LENGTH..], *body);
    let decoded: Census<'_> = Decoder::default().decode_as(Frame::exact(&octets).unwrap()).unwrap();
    assert!(decoded.blobs.iter().eq(blobs) && decoded.choices.iter().eq(choices));
    assert_eq!(decoded.as_borrowed(), census);
    let owned: Census<'static> = decoded.clone().into_owned();
    assert_eq!(owned.to_octets(1).unwrap(), octets);

    let mut names = Names::default();
    owned.visit_fields(&mut Cursor::new(&mut names));
    let of_lists = ["flag", "knobs", "stamp", "flag", "knobs", "stamp", "dest_flag", "value", "dest_flag"];
    assert_eq!(names.0, [&["blob_count", "choice_count"][..], &of_lists].concat());
}

#[test]
fn tlvs_called_like_types() {
    let sm = SubmitSm::default().with_option(1).with_some().with_result("r").with_string(b"s").with_sized(2).with_e();
    assert_eq!((sm.option(), sm.some(), sm.result(), sm.string().count()), (Some(1), true, Some("r".into()), 1));
    assert_eq!(sm.sized().map(Knobs::knobs), Some(knobs::Knobs(2)));
    assert_eq!((sm.e(), sm.debug(), sm.find()), (true, false, false));
    assert!(Book::default().with_with_data_coding().with_data_coding());
    assert_eq!(tlv::find(0x1500).unwrap().name, "option");
}

#[test]
fn protocols_named_inside_a_function() {
    fn decoder(knows_vendors: bool) -> Decoder {
        let decoder = Decoder::default();
        if knows_vendors { decoder.with_protocols(&[acme::PROTOCOL, second::PROTOCOL]) } else { decoder }
    }
    let octets = Book::default().to_octets(1).unwrap();
    for knows_vendors in [true, false] {
        let mut decoder = decoder(knows_vendors);
        decoder.decode(Frame::exact(&octets).unwrap()).unwrap();
        assert_eq!(decoder.diagnostics().is_empty(), knows_vendors);
    }
}

#[test]
fn a_file_whose_name_is_no_identifier() {
    assert_eq!(DataCoding::BRAILLE, DataCoding(0xEF));
    assert_eq!(second::PROTOCOL.name, "2nd-centre");
}
