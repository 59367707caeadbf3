//! The client against an SMSC that sends what it should not, through a raw socket.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, unbounded};
use smpp::Pdu;
use smpp::client::{Client, ClientEvent};
use smpp::codec::{CommandId, Encode, Header, RawPdu};
use smpp::driver::{Error, FrameBuffer};
use smpp::pdu::*;
use smpp::session::{CloseReason, Stray, Timers};
use smpp::value::CommandStatus;

/// Far longer than anything takes; only a test that fails waits for it.
const PATIENCE: Duration = Duration::from_secs(20);

/// The other end of a client's connection.
struct Smsc {
    stream: TcpStream,
    buffer: FrameBuffer,
}

impl Smsc {
    /// The header and the whole of the next PDU; `None` at the end.
    fn next(&mut self) -> Option<(Header, Vec<u8>)> {
        loop {
            if let Some(frame) = self.buffer.next_frame().unwrap() {
                return Some((frame.header(), frame.octets().to_vec()));
            }
            match self.buffer.fill(&mut self.stream) {
                Ok(0) => return None,
                Ok(_) => {}
                Err(error) => panic!("the client says nothing: {error}"),
            }
        }
    }

    fn write(&mut self, octets: &[u8]) {
        self.stream.write_all(octets).unwrap();
    }

    /// The sequence number of the next PDU, which must be this.
    fn expect(&mut self, id: CommandId) -> u32 {
        let (header, _) = self.next().expect("the link is up");
        assert_eq!(header.command_id, id);
        header.sequence_number
    }
}

fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

fn accept(listener: &TcpListener) -> Smsc {
    let (stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_nodelay(true).unwrap();
    Smsc { stream, buffer: FrameBuffer::new(100_000) }
}

/// A bound client, the SMSC it is bound to, and what it says.
fn bound_with(timers: Timers) -> (Client, Smsc, Receiver<ClientEvent>) {
    let (listener, address) = listen();
    let (events_to, events) = unbounded();
    let builder = Client::builder().system_id("esme").password("secret").timers(timers).events(events_to);
    let client = thread::spawn(move || {
        let client = builder.connect(address).unwrap();
        client.bind_transceiver().unwrap();
        client
    });
    let mut smsc = accept(&listener);
    let number = smsc.expect(BindTransceiver::ID);
    smsc.write(&BindTransceiverResp::default().to_octets(number).unwrap());
    (client.join().unwrap(), smsc, events)
}

fn bound() -> (Client, Smsc, Receiver<ClientEvent>) {
    bound_with(Timers::default())
}

fn frame(id: CommandId, status: u32, number: u32, body: &[u8]) -> Vec<u8> {
    let mut octets = Vec::new();
    RawPdu::new(id, body).encode_with_status(CommandStatus(status), number, &mut octets).unwrap();
    octets
}

fn deliver_body() -> Vec<u8> {
    let octets = DeliverSm::default().with_source_addr("41").with_short_message("mo").to_octets(1).unwrap();
    octets[16..].to_vec()
}

fn deliver_with(tail: &[u8]) -> Vec<u8> {
    [&deliver_body()[..], tail].concat()
}

/// The link must still be up, and answer at once.
fn still_answers(smsc: &mut Smsc) {
    smsc.write(&EnquireLink::default().to_octets(0xABCD).unwrap());
    assert_eq!(smsc.expect(EnquireLinkResp::ID), 0xABCD);
}

/// What a submit_sm comes to when this body answers it.
fn answered_with(id: CommandId, status: u32, body: &[u8]) -> Result<SubmitSmResp<'static>, Error> {
    let (client, mut smsc, _) = bound();
    let pending = client.send(&SubmitSm::default()).unwrap();
    let number = smsc.expect(SubmitSm::ID);
    smsc.write(&frame(id, status, number, body));
    still_answers(&mut smsc);
    assert_eq!(client.outstanding(), 0);
    pending.wait()
}

#[test]
fn odd_responses_end_their_request_and_nothing_else() {
    let response = SubmitSmResp::ID;
    for body in [&b""[..], b"7\0", b"\0", &[0, 0x1D, 0, 3, b'n', b'o', 0]] {
        let error = answered_with(response, 0x0B, body).unwrap_err();
        assert_eq!(error.command_status(), Some(CommandStatus::ESME_RINVDSTADR), "{body:?}");
    }
    assert_eq!(answered_with(response, 0, b"").unwrap().message_id, "");
    assert_eq!(answered_with(response, 0, b"abc").unwrap().message_id, "abc");
    assert_eq!(answered_with(response, 0, &[&[b'x'; 100][..], &[0]].concat()).unwrap().message_id.len(), 100);
    let with_tlv = answered_with(response, 0, b"7\0\x14\x03\0\x01x").unwrap();
    assert_eq!((with_tlv.message_id.as_str(), with_tlv.tlvs.find(0x1403)), (Some("7"), Some(&b"x"[..])));
    let error = answered_with(GenericNack::ID, 3, b"").unwrap_err();
    let Error::Refused { command_status: CommandStatus(3), response: nack } = error else { panic!("{error:?}") };
    assert!(matches!(*nack, Pdu::GenericNack(_)));
    // A nack that says that all is well is a refusal still.
    assert_eq!(answered_with(GenericNack::ID, 0, b"").unwrap_err().command_status(), Some(CommandStatus(0)));
    for id in [DataSmResp::ID, CommandId(0x8001_0999)] {
        let error = answered_with(id, 0, b"7\0").unwrap_err();
        let Error::UnexpectedResponse { expected, received } = error else { panic!("{error:?}") };
        assert_eq!((expected, received), (response, id));
    }
}

#[test]
fn odd_requests_are_answered_and_the_link_stays() {
    let deliver = |body: &[u8]| frame(DeliverSm::ID, 0, 5, body);
    let with_text = deliver_body();
    let cut = |octets: usize| with_text[..with_text.len() - octets].to_vec();
    let long_source = {
        let octets = DeliverSm::default().to_octets(1).unwrap();
        [&octets[16..19], &[b'1'; 30][..], &octets[19..]].concat()
    };
    // The body, and whether it is answered ESME_ROK.
    let cases: [(&str, Vec<u8>, bool); 14] = [
        ("sound", deliver_with(b""), true),
        ("unknown TLV of length 0", deliver_with(b"\x14\x03\0\0"), true),
        ("string TLV of length 0", deliver_with(b"\0\x1E\0\0"), true),
        ("TLV twice", deliver_with(b"\x02\x04\0\x02\0\x01\x02\x04\0\x02\0\x02"), true),
        ("alert_on_message_delivery of length 0", deliver_with(b"\x13\x0C\0\0"), true),
        ("integer TLV of length 0", deliver_with(b"\x02\x04\0\0"), true),
        ("integer TLV of another width", deliver_with(b"\x04\x27\0\x02\0\x02"), true),
        ("TLV past the end", deliver_with(b"\x14\x03\0\x09x"), false),
        ("three stray octets", deliver_with(b"\x01\x02\x03"), true),
        ("NUL after short_message", deliver_with(b"\0"), true),
        ("sm_length one short", cut(1), false),
        ("sm_length past the end", [&cut(3)[..], &[60]].concat(), false),
        ("C-octet string without end", b"CMT\0\x01\x0141".to_vec(), false),
        ("source_addr of 30 octets", long_source, true),
    ];
    let (client, mut smsc, events) = bound();
    for (name, body, sound) in cases {
        smsc.write(&deliver(&body));
        let (header, _) = smsc.next().expect(name);
        assert_eq!((header.command_id, header.sequence_number), (DeliverSmResp::ID, 5), "{name}");
        assert_eq!(header.command_status == CommandStatus::ESME_ROK, sound, "{name}: {:?}", header.command_status);
        still_answers(&mut smsc);
    }
    client.disconnect();
    let undecodable = events.iter().filter(|event| matches!(event, ClientEvent::Undecodable { .. })).count();
    assert_eq!(undecodable, 3);
}

#[test]
fn salvaged_pdus_come_with_diagnostics() {
    let (_client, mut smsc, events) = bound();
    smsc.write(&frame(DeliverSm::ID, 0, 5, &deliver_with(b"\x01\x02\x03")));
    smsc.expect(DeliverSmResp::ID);
    let pdu = |event| match event {
        ClientEvent::Pdu { pdu: Pdu::DeliverSm(pdu), diagnostics, .. } => Some((pdu, diagnostics)),
        _ => None,
    };
    let (pdu, diagnostics) = events.iter().find_map(pdu).unwrap();
    assert_eq!((pdu.short_message.as_str(), pdu.tlvs.tail()), (Some("mo"), &[1, 2, 3][..]));
    assert_eq!(diagnostics[0].class().as_str(), "tlv_stream_leftover");
}

#[test]
fn pdus_that_concern_nothing() {
    let (_client, mut smsc, events) = bound();
    smsc.write(&frame(CommandId(0x0001_0999), 0, 6, b"?"));
    let (header, _) = smsc.next().unwrap();
    assert_eq!((header.command_id, header.sequence_number), (GenericNack::ID, 6));
    assert_eq!(header.command_status, CommandStatus::ESME_RINVCMDID);
    for odd in [
        frame(CommandId(0x8001_0999), 0, 7, b"?"),
        frame(SubmitSmResp::ID, 0, 8, b"9\0"),
        frame(GenericNack::ID, 3, 0, b""),
        Outbind::default().to_octets(9).unwrap(),
    ] {
        smsc.write(&odd);
        still_answers(&mut smsc);
    }
    let stray = |event: &ClientEvent| matches!(event, ClientEvent::Stray { .. } | ClientEvent::Refused { .. });
    assert_eq!(events.iter().filter(stray).take(5).count(), 5);
}

#[test]
fn a_late_response_is_reported_as_such() {
    let timers = Timers { response: Some(Duration::from_millis(20)), ..Timers::default() };
    let (client, mut smsc, events) = bound_with(timers);
    assert!(matches!(client.submit_sm(&SubmitSm::default()), Err(Error::Timeout { written: true })));
    let number = smsc.expect(SubmitSm::ID);
    smsc.write(&SubmitSmResp::default().to_octets(number).unwrap());
    let late = |event: &ClientEvent| matches!(event, ClientEvent::Stray { stray: Stray::Late { .. }, .. });
    assert!(events.iter().any(|event| late(&event)));
}

#[test]
fn framing_that_is_lost_ends_in_a_reported_close() {
    let http = b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec();
    let broken = |length: u32| [&length.to_be_bytes()[..], &frame(EnquireLink::ID, 0, 3, b"")[4..]].concat();
    for (octets, number) in
        [(http, 0), (broken(0), 3), (broken(8), 3), (broken(0x7FFF_FFFF), 3), (broken(0xFFFF_FFFF), 3)]
    {
        let (client, mut smsc, events) = bound();
        let pending = client.send(&SubmitSm::default()).unwrap();
        smsc.expect(SubmitSm::ID);
        let begin = Instant::now();
        smsc.write(&octets);
        let (nack, _) = smsc.next().unwrap();
        assert_eq!((nack.command_id, nack.sequence_number), (GenericNack::ID, number));
        assert_eq!(nack.command_status, CommandStatus::ESME_RINVCMDLEN);
        assert!(smsc.next().is_none());
        assert!(matches!(pending.wait(), Err(Error::Disconnected { reason: CloseReason::Frame(_), written: true })));
        assert!(begin.elapsed() < Duration::from_secs(5));
        assert!(matches!(events.iter().last(), Some(ClientEvent::Closed(CloseReason::Frame(_)))));
    }
}

#[test]
fn one_octet_per_segment() {
    let (client, mut smsc, _) = bound();
    let pending = client.send(&SubmitSm::default()).unwrap();
    let number = smsc.expect(SubmitSm::ID);
    let mut octets = DeliverSm::default().with_short_message("slow").to_octets(7).unwrap();
    octets.extend(SubmitSmResp::default().with_message_id("42").to_octets(number).unwrap());
    for octet in octets {
        smsc.write(&[octet]);
    }
    assert_eq!(pending.wait().unwrap().message_id, "42");
    assert_eq!(smsc.expect(DeliverSmResp::ID), 7);
}

#[test]
fn two_hundred_deliver_sm_in_one_write() {
    let (_client, mut smsc, _events) = bound();
    let mut octets = Vec::new();
    for number in 1..=200 {
        DeliverSm::default().with_short_message("burst").encode(number, &mut octets).unwrap();
    }
    smsc.write(&octets);
    for number in 1..=200 {
        let (header, _) = smsc.next().unwrap();
        assert_eq!((header.sequence_number, header.command_status), (number, CommandStatus::ESME_ROK));
    }
}

#[test]
fn a_full_inbox_refuses_and_never_stops_reading() {
    let (listener, address) = listen();
    let (go_on, wait) = unbounded::<()>();
    let mut link = smpp::driver::LinkConfig::default();
    link.inbox = 10;
    let builder = Client::builder().system_id("esme").password("secret").link(link).on_deliver_sm(move |_| {
        wait.recv().unwrap();
        CommandStatus::ESME_ROK
    });
    let client = thread::spawn(move || {
        let client = builder.connect(address).unwrap();
        client.bind_receiver().unwrap();
        client
    });
    let mut smsc = accept(&listener);
    let number = smsc.expect(BindReceiver::ID);
    smsc.write(&BindReceiverResp::default().to_octets(number).unwrap());
    let client = client.join().unwrap();
    for number in 1..=100 {
        smsc.write(&DeliverSm::default().to_octets(number).unwrap());
    }
    // Link control and our own requests pass by the callback that blocks.
    let full = |smsc: &mut Smsc| loop {
        let (header, _) = smsc.next().unwrap();
        if header.command_status == CommandStatus::ESME_RMSGQFUL {
            return header.sequence_number;
        }
    };
    assert!(full(&mut smsc) <= 30);
    while full(&mut smsc) < 100 {}
    still_answers(&mut smsc);
    let enquiring = client.clone();
    let enquiring = thread::spawn(move || enquiring.enquire_link().map(drop));
    let number = smsc.expect(EnquireLink::ID);
    smsc.write(&EnquireLinkResp::default().to_octets(number).unwrap());
    enquiring.join().unwrap().unwrap();
    drop(go_on);
    client.disconnect();
}

#[test]
fn binds_answered_in_odd_ways() {
    let bind = |answer: fn(u32) -> Vec<u8>| {
        let (listener, address) = listen();
        let (seen_to, seen) = unbounded();
        let builder = Client::builder().system_id("esme").password("secret").on_deliver_sm(move |_| {
            seen_to.send(()).unwrap();
            CommandStatus::ESME_ROK
        });
        let client = thread::spawn(move || {
            let client = builder.connect(address).unwrap();
            let outcome = client.bind_transceiver();
            (client, outcome)
        });
        let mut smsc = accept(&listener);
        let number = smsc.expect(BindTransceiver::ID);
        smsc.write(&answer(number));
        let (client, outcome) = client.join().unwrap();
        (client, smsc, outcome, seen)
    };
    let (client, mut smsc, outcome, _) = bind(|number| frame(BindTransceiverResp::ID, 0, number, b""));
    assert!(outcome.is_ok() && client.state().is_bound());
    still_answers(&mut smsc);
    let (_client, mut smsc, outcome, _) = bind(|number| frame(BindTransceiverResp::ID, 0x0D, number, b""));
    assert_eq!(outcome.unwrap_err().command_status(), Some(CommandStatus::ESME_RBINDFAIL));
    still_answers(&mut smsc);
    let (_client, _smsc, outcome, _) =
        bind(|number| frame(BindTransceiverResp::ID, 0, number, &[&[b'x'; 40][..], &[0]].concat()));
    assert_eq!(outcome.unwrap().system_id.len(), 40);
    // Messages right before the response, and in the same segment right behind it.
    for before in [true, false] {
        let (_client, mut smsc, outcome, seen) = if before {
            bind(|number| [deliver(7), frame(BindTransceiverResp::ID, 0, number, b"x\0")].concat())
        } else {
            bind(|number| [frame(BindTransceiverResp::ID, 0, number, b"x\0"), deliver(7)].concat())
        };
        outcome.unwrap();
        let (header, _) = smsc.next().unwrap();
        assert_eq!((header.sequence_number, header.command_status), (7, CommandStatus::ESME_ROK));
        seen.recv_timeout(PATIENCE).unwrap();
    }
}

fn deliver(number: u32) -> Vec<u8> {
    DeliverSm::default().to_octets(number).unwrap()
}

#[test]
fn a_silent_smsc_is_asked_for_life_and_given_up() {
    let short = Some(Duration::from_millis(50));
    let timers = Timers { enquire_link: short, response: short, ..Timers::default() };
    let (client, mut smsc, _) = bound_with(timers);
    let number = smsc.expect(EnquireLink::ID);
    smsc.write(&EnquireLinkResp::default().to_octets(number).unwrap());
    smsc.expect(EnquireLink::ID);
    assert_eq!(client.wait_closed(PATIENCE), Some(CloseReason::EnquireLinkTimeout));
    assert!(smsc.next().is_none());
}

#[test]
fn an_unbind_that_is_answered_by_closing_and_one_that_is_not_answered() {
    let (client, mut smsc, _) = bound();
    let unbinding = client.clone();
    let unbinding = thread::spawn(move || unbinding.unbind());
    smsc.expect(Unbind::ID);
    drop(smsc);
    unbinding.join().unwrap().unwrap();

    let timers = Timers { response: Some(Duration::from_millis(50)), ..Timers::default() };
    let (client, mut smsc, _) = bound_with(timers);
    let outcome = client.unbind();
    assert!(matches!(outcome, Err(Error::Disconnected { reason: CloseReason::UnbindTimeout, .. })), "{outcome:?}");
    smsc.expect(Unbind::ID);
    assert!(smsc.next().is_none());
}

#[test]
fn an_smsc_that_takes_nothing_any_more_is_given_up() {
    let (listener, address) = listen();
    let mut link = smpp::driver::LinkConfig::default();
    link.write_timeout = Duration::from_millis(300);
    link.session = link.session.with_window(1_000_000);
    let builder = Client::builder().system_id("esme").password("secret").link(link);
    let client = thread::spawn(move || {
        let client = builder.connect(address).unwrap();
        client.bind_transmitter().unwrap();
        client
    });
    let mut smsc = accept(&listener);
    let number = smsc.expect(BindTransmitter::ID);
    smsc.write(&BindTransmitterResp::default().to_octets(number).unwrap());
    let client = client.join().unwrap();
    let payload = "x".repeat(60_000);
    let submit = SubmitSm::default().with_message_payload(payload.as_bytes());
    let mut pending = Vec::new();
    let failed = loop {
        match client.send(&submit) {
            Ok(request) if pending.len() < 2000 => pending.push(request),
            Ok(request) => break request.wait().unwrap_err(),
            Err(error) => break error,
        }
    };
    assert!(matches!(failed, Error::Disconnected { reason: CloseReason::Io(_), .. }), "{failed:?}");
    let mut written = 0;
    for (at, pending) in pending.into_iter().enumerate() {
        match pending.wait() {
            Err(Error::Disconnected { written: true, .. }) if at == written => written += 1,
            Err(Error::Disconnected { written: false, .. }) => {}
            outcome => panic!("{outcome:?}"),
        }
    }
    // What the peer can read now is what was reported as written, and not one whole PDU more.
    let mut received = Vec::new();
    let _ = smsc.stream.read_to_end(&mut received);
    let whole = smpp::codec::Frames::new(&received).filter(Result::is_ok).count();
    assert!(written >= 1 && whole <= written, "{whole} of {written}");
}
