//! The password of a vendor's command is hidden as that of a bind is.

use acme_user::second;
use acme_user::second::pdu::{All, Login};
use sms::codec::{Decoder, Encode, Frame};
use sms::view::{self, Views};

const SECRET: &str = "hunter22";

#[test]
fn a_password_that_only_the_type_can_find() {
    let mut login = Login::default().with_parts([All { into_owned: "part".into() }]).with_new_password(SECRET);
    login.tlvs.push_raw(0x1600, SECRET.as_bytes());
    let shown = format!("{login:?}");
    assert!(!shown.contains(SECRET) && shown.contains("new_password: ***, tlvs: 12 octets"), "{shown}");

    // Without the type nothing tells where the list ends.
    let octets = login.to_octets(1).unwrap();
    let frame = Frame::exact(&octets).unwrap();
    let mut decoder = Decoder::default().with_protocols(&[second::PROTOCOL]);
    let shown = view::text(frame, &mut decoder);
    assert!(shown.contains("(hidden)                              *** (26 octets)"), "{shown}");
    let hex: String = SECRET.bytes().map(|octet| format!("{octet:02x}")).collect();
    for shown in [shown, view::json(frame, &mut decoder)] {
        assert!(!shown.contains(SECRET) && !shown.contains(&hex), "{shown}");
    }
    let shown = Views::default().showing_passwords(true).text(frame, &mut decoder);
    assert!(shown.contains(SECRET) || shown.contains(&hex), "{shown}");
}
