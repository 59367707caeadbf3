//! Names that the generated code uses itself do not get in its way.

use acme_user::second::pdu::{Book, Page};
use acme_user::second::value::{Knobs, V2ndCentreDataCoding as _, knobs};
use sms::codec::{Command, Cursor, Decoder, Encode, FieldView, Frame, HEADER_LENGTH, Visit};
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
fn a_file_whose_name_is_no_identifier() {
    assert_eq!(DataCoding::BRAILLE, DataCoding(0xEF));
    assert_eq!(acme_user::second::PROTOCOL.name, "2nd-centre");
}
