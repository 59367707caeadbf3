//! No `Debug` output and no view shows a password, wherever in a PDU it stands.

mod data;

use std::fmt::Debug;
use std::io::Write as _;
use std::time::{Duration, Instant};

use crossbeam_channel::{Sender, unbounded};
use data::pdu;
use smpp::client::{Client, ClientEvent};
use smpp::codec::{
    Command, CommandSpec, Cursor, Decoder, Encode, FieldView, Frame, Frames, HEADER_LENGTH, Leniency, RawPdu, Room,
    Tlvs, Visit, Writer,
};
use smpp::driver::{Error, FrameBuffer, Reply, Transport, pipe};
use smpp::pdu::{BindReceiver, BindTransceiver, BindTransmitter, Outbind};
use smpp::server::{BindRequest, Handler, Server, SessionHandle};
use smpp::session::{Role, SendOptions, Session, SessionConfig};
use smpp::value::CommandStatus;
use smpp::view::Views;
use smpp::{EncodeError, Pdu, view};

const SECRET: &str = "hunter22";

/// Far longer than anything takes; only a test that fails waits for it.
const PATIENCE: Duration = Duration::from_secs(20);

/// Looks for the password in `{:?}` and `{:#?}`.
#[track_caller]
fn hides(value: &dyn Debug) {
    is_hidden_in(&format!("{value:?}"));
    is_hidden_in(&format!("{value:#?}"));
}

#[track_caller]
fn is_hidden_in(shown: &str) {
    assert!(!is_shown_in(shown), "{shown}");
}

/// Looks for the password as text, as a list of octets, and in hexadecimal.
fn is_shown_in(shown: &str) -> bool {
    let plain: String = shown.to_lowercase().chars().filter(|c| !c.is_whitespace()).collect();
    let list = |octet: fn(u8) -> String, between: &str| SECRET.bytes().map(octet).collect::<Vec<_>>().join(between);
    let hex = |octet| format!("{octet:02x}");
    let forms = [SECRET.to_owned(), list(|octet| octet.to_string(), ","), list(hex, ""), list(hex, ",")];
    forms.iter().any(|form| plain.contains(form))
}

#[test]
fn what_is_looked_for_is_found() {
    let octets = SECRET.as_bytes();
    for shown in [format!("{SECRET:?}"), format!("{octets:?}"), format!("{octets:#?}"), format!("{octets:02X?}")] {
        assert!(is_shown_in(&shown), "{shown}");
    }
    assert!(is_shown_in(&view::hex(octets)));
}

fn binds() -> Vec<Vec<u8>> {
    let clean = BindTransmitter::default().with_system_id("esme").with_password(SECRET).to_octets(1).unwrap();
    // Strings padded to their greatest lengths, as in the vector bind_transmitter_fixed_width: the password is where the
    // TLVs are.
    let padded =
        [&b"SMPP3TEST\0\0\0\0\0\0\0"[..], SECRET.as_bytes(), b"\0SUBMIT1\0\0\0\0\0\0\x34\0\0", &[0; 41]].concat();
    // An unknown TLV.
    let mut with_tlv = BindTransmitter::default();
    with_tlv.tlvs.push_raw(0x1400, SECRET.as_bytes());
    // Cut short.
    let unterminated = [b"esme\0", SECRET.as_bytes()].concat();
    let mut outbind = Outbind::default().with_password(SECRET);
    outbind.tlvs.push_raw(0x2000, SECRET.as_bytes());
    vec![
        clean,
        pdu(2, 0, 1, &padded),
        with_tlv.to_octets(1).unwrap(),
        pdu(2, 0, 1, &unterminated),
        pdu(0x0001_0200, 0, 1, &padded),
        outbind.to_octets(1).unwrap(),
    ]
}

#[test]
fn codec() {
    for octets in binds() {
        let frame = Frame::exact(&octets).unwrap();
        hides(&frame);
        hides(&Frames::new(&octets));
        hides(&RawPdu::of_frame(frame));
        for leniency in [Leniency::STRICT, Leniency::DEFAULT, Leniency::LENIENT] {
            let mut decoder = Decoder::new(leniency);
            let pdu = decoder.decode(frame);
            hides(&pdu);
            hides(&decoder);
            let Ok(pdu) = pdu else { continue };
            let command_status = CommandStatus::ESME_RSYSERR;
            hides(&Error::Refused { command_status, response: Box::new(pdu.clone().into_owned()) });
            hides(&Reply::ok(pdu.clone()));
            let (header, pdu) = (frame.header(), pdu.into_owned());
            hides(&ClientEvent::Pdu { header, pdu, diagnostics: decoder.take_diagnostics() });
        }
        let error = Decoder::new(Leniency::STRICT).decode_as::<BindReceiver<'_>>(frame).unwrap_err();
        hides(&ClientEvent::Undecodable { octets, error });
    }
    hides(&BindReceiver::default().with_password(SECRET));
    hides(&BindTransceiver::default().with_password(SECRET));
    hides(&Outbind::default().with_password(SECRET));
}

#[test]
fn fields_and_writers() {
    let bind = BindTransmitter::default().with_password(SECRET);
    bind.visit_fields(&mut Cursor::new(&mut Shown));
    Told(bind).to_octets(1).unwrap();
}

struct Shown;

impl Visit for Shown {
    fn field(&mut self, field: FieldView<'_>) {
        hides(&field);
    }
}

/// Shows the writer while it is being written.
struct Told(BindTransmitter<'static>);

impl Command for Told {
    const SPEC: &'static CommandSpec = BindTransmitter::SPEC;

    fn encode_body(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        let mut room: Room<'_, 80> = writer.first_room();
        room.c_octet_string(&Self::SPEC.fields[0], &self.0.system_id)?;
        room.c_octet_string(&Self::SPEC.fields[1], &self.0.password)?;
        hides(&room);
        let left = room.left();
        writer.end_room(left);
        hides(writer);
        Ok(())
    }

    fn visit_fields(&self, cursor: &mut Cursor<'_>) {
        self.0.visit_fields(cursor);
    }

    fn tlvs(&self) -> &Tlvs<'_> {
        &self.0.tlvs
    }
}

#[test]
fn sessions_and_streams() {
    let mut session = Session::<()>::new(Role::Esme, SessionConfig::default(), Instant::now());
    let bind = BindTransmitter::default().with_password(SECRET);
    session.send(Instant::now(), &bind, Some(()), SendOptions::default()).unwrap();
    hides(&session);

    let octets = bind.to_octets(1).unwrap();
    let mut buffer = FrameBuffer::new(70_000);
    buffer.fill(&mut &octets[..]).unwrap();
    hides(&buffer);

    let (one, two) = pipe(1000);
    let mut halves = (Box::new(one) as Box<dyn Transport>).split().unwrap();
    halves.writer.write_all(&octets).unwrap();
    hides(&two);
    hides(&halves);
}

#[test]
fn client_and_server() {
    struct Smsc(Sender<()>);

    impl Handler for Smsc {
        fn bind(&self, session: &SessionHandle, request: &BindRequest<'_>) -> CommandStatus {
            assert_eq!(request.password, SECRET);
            hides(request);
            hides(session);
            hides(&request.defer());
            self.0.send(()).unwrap();
            CommandStatus::ESME_ROK
        }
    }

    let (done, seen) = unbounded();
    let server = Server::builder(Smsc(done)).listen("127.0.0.1:0").unwrap();
    let builder = Client::builder().system_id("esme").password(SECRET);
    hides(&builder);
    let client = builder.connect(server.local_addr()).unwrap();
    hides(&client.bind_transceiver());
    seen.recv_timeout(PATIENCE).expect("nothing shown");
    hides(&client);
    hides(&server);

    let (smsc, esme) = pipe(1000);
    let (done, seen) = unbounded();
    let client = Client::builder().on_outbind(move |outbind| {
        hides(outbind);
        done.send(outbind.password == SECRET).unwrap();
    });
    let _client = client.over(esme).unwrap();
    let mut halves = (Box::new(smsc) as Box<dyn Transport>).split().unwrap();
    halves.writer.write_all(&Outbind::default().with_password(SECRET).to_octets(1).unwrap()).unwrap();
    assert!(seen.recv_timeout(PATIENCE).expect("nothing shown"));
}

#[test]
fn views() {
    for octets in binds() {
        let frame = Frame::exact(&octets).unwrap();
        for leniency in [Leniency::STRICT, Leniency::DEFAULT, Leniency::LENIENT] {
            let decoder = &mut Decoder::new(leniency);
            is_hidden_in(&view::text(frame, decoder));
            is_hidden_in(&view::json(frame, decoder));
            let decodes = matches!(decoder.decode(frame), Ok(pdu) if !matches!(pdu, Pdu::Other(_)));
            let all = Views::default().showing_passwords(true).text(frame, decoder);
            let hex: String = SECRET.bytes().map(|octet| format!("{octet:02x}")).collect();
            // The padding makes the password the tag, length and value of a TLV.
            assert_eq!(all.contains(SECRET) || all.contains(&hex), decodes, "{all}");
        }
    }
}

#[test]
fn text_tells_how_much_is_hidden() {
    let octets = binds().swap_remove(1);
    let shown = view::text(Frame::exact(&octets).unwrap(), &mut Decoder::default());
    // system_id, and six fields that its padding is taken for.
    let begin = HEADER_LENGTH + 16;
    let line = format!("{begin:>6}  {:36}  *** ({} octets)\n", "(hidden)", octets.len() - begin);
    assert!(shown.contains(&line), "{line}{shown}");
}

#[test]
fn json_hides_what_may_hold_a_password() {
    for octets in binds() {
        let frame = Frame::exact(&octets).unwrap();
        let shown = view::json(frame, &mut Decoder::default());
        is_hidden_in(&shown);
        let all = Views::default().showing_passwords(true).json(frame, &mut Decoder::default());
        // What cannot be decoded shows no field at all.
        assert!((is_shown_in(&all) || all.contains("\"error\"")) && !all.contains("\"hidden\""), "{all}");
    }
}
