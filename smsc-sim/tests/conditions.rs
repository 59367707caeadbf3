//! What rules are about: each condition of `when`, through a client of ours and a raw socket. `command` is in
//! `specs.rs`, the choices of `pick` are in `rules.rs`.

mod both;
mod raw;

use both::{Esme, Ours, Socket, manual, rule, with_both};
use raw::{PATIENCE, Raw, submit};
use smpp::client::Client;
use smpp::codec::{Encode, List};
use smpp::driver::Error;
use smpp::pdu::*;
use smpp::session::BindKind;
use smpp::value::*;
use smsc_sim::{MoSent, SmscSim};

/// What a rule answers with that takes hold.
const HIT: CommandStatus = CommandStatus(0x401);

fn with_rule(yaml: &str) -> impl Fn() -> SmscSim {
    let rule = rule(yaml);
    move || manual().rule(rule.clone()).start().unwrap()
}

fn text(text: &'static str) -> SubmitSm<'static> {
    submit(0).with_short_message(text)
}

fn to(destination: &'static str) -> SubmitSm<'static> {
    submit(0).with_destination_addr(destination)
}

fn from(source: &'static str) -> SubmitSm<'static> {
    submit(0).with_source_addr(source)
}

/// With a TLV.
fn tlv(tag: u16, value: &[u8]) -> SubmitSm<'static> {
    let mut pdu = submit(0);
    pdu.tlvs.push_raw(tag, value);
    pdu
}

/// A part by a user data header with a reference of 8 bits, or of 16.
fn part(header: &[u8]) -> SubmitSm<'static> {
    submit(0).with_esm_class(0x40).with_short_message([&[header.len() as u8], header, b"part"].concat())
}

/// A part by the TLVs sar_msg_ref_num, sar_total_segments and sar_segment_seqnum.
fn sar(total: u8, number: u8) -> SubmitSm<'static> {
    let mut pdu = submit(0);
    for (tag, value) in [(0x020C, &[0, 7][..]), (0x020E, &[total]), (0x020F, &[number])] {
        pdu.tlvs.push_raw(tag, value);
    }
    pdu
}

#[test]
fn every_field_of_a_submit_sm() {
    let russian: Vec<u8> = "ПРИВЕТ".encode_utf16().flat_map(u16::to_be_bytes).collect();
    let russian = submit(0).with_data_coding(8).with_short_message(russian);
    let cases: Vec<(&str, Vec<SubmitSm<'static>>, Vec<SubmitSm<'static>>)> = vec![
        ("source: '12345'", vec![from("12345")], vec![from("1234"), from("123456"), from("")]),
        ("source: '123*'", vec![from("12345"), from("123")], vec![from("0123")]),
        ("dest: '4477'", vec![to("4477")], vec![to("44770"), to("447")]),
        ("dest: '4477*'", vec![to("447700900123")], vec![to("447800900123")]),
        ("dest: '/^44(7|8).*3$/'", vec![to("44780093"), to("4473")], vec![to("44780094"), to("04473")]),
        (
            "service_type: CMT",
            vec![submit(0).with_service_type("CMT")],
            vec![submit(0), submit(0).with_service_type("CM")],
        ),
        ("text: {contains: OO}", vec![text("BOOM")], vec![text("BOM"), text("")]),
        ("text: {equals: BOOM}", vec![text("BOOM")], vec![text("BOOM ")]),
        ("text: {regex: '^B.*M$'}", vec![text("BOOM")], vec![text("A BOOM")]),
        ("text: 'BO*'", vec![text("BOOM")], vec![text("A BOOM")]),
        ("text: {contains: РИВ}", vec![russian], vec![text("hello")]),
        ("data_coding: 4", vec![submit(0).with_data_coding(4)], vec![submit(0), submit(0).with_data_coding(8)]),
        ("esm_class: 0x03", vec![submit(0).with_esm_class(3)], vec![submit(0), part(&[0, 3, 7, 2, 1])]),
        ("esm_class: 0x40/0x40", vec![part(&[0, 3, 7, 2, 1])], vec![submit(0), submit(0).with_esm_class(3)]),
        ("registered_delivery: 1", vec![submit(1)], vec![submit(0), submit(0x11)]),
        ("registered_delivery: 0x01/0x03", vec![submit(1), submit(0x11)], vec![submit(0), submit(2)]),
        ("tlv: {tag: 0x0204}", vec![tlv(0x0204, &[0, 7])], vec![submit(0), tlv(0x0205, &[0])]),
        ("tlv: {tag: 0x0204, hex: '0007'}", vec![tlv(0x0204, &[0, 7])], vec![submit(0), tlv(0x0204, &[0, 8])]),
        ("tlv: {name: user_message_reference}", vec![tlv(0x0204, &[0, 7])], vec![submit(0)]),
        ("tlv: {tag: 0x1403, present: false}", vec![submit(0)], vec![tlv(0x1403, &[1])]),
        ("tlv: [{tag: 0x0204}, {tag: 0x1403, present: false}]", vec![tlv(0x0204, &[0, 7])], vec![submit(0)]),
        ("part: 2", vec![part(&[0, 3, 7, 3, 2]), part(&[8, 4, 0, 7, 3, 2]), sar(3, 2)], vec![submit(0), sar(3, 1)]),
        ("of: 3", vec![part(&[0, 3, 7, 3, 1]), sar(3, 3)], vec![submit(0), part(&[0, 3, 7, 2, 1])]),
        ("part: 1, of: 2", vec![sar(2, 1)], vec![sar(2, 2), sar(3, 1), submit(0)]),
        ("dest: '44*', text: {contains: x}", vec![to("441").with_short_message("x")], vec![to("441"), text("x")]),
    ];
    for (when, met, not_met) in cases {
        with_both(
            with_rule(&format!("{{when: {{pdu: submit_sm, {when}}}, then: [{{status: 0x401}}]}}")),
            |sim, esme| {
                for (pdus, status) in [(&met, HIT), (&not_met, CommandStatus::ESME_ROK)] {
                    for pdu in pdus {
                        assert_eq!(esme.submit(pdu).status(), Some(status), "{when}, {}: {pdu:?}", esme.name());
                    }
                }
                let rule = &sim.rules()[0];
                assert_eq!((rule.matched, rule.hits), (met.len() as u64, met.len() as u64), "{when}");
            },
        );
    }
}

#[test]
fn the_place_of_a_request_in_its_session() {
    for (places, hit) in [("2", vec![2]), ("2..3", vec![2, 3]), ("3..", vec![3, 4])] {
        let yaml = format!("{{when: {{pdu: submit_sm, pdu_index: '{places}'}}, then: [{{status: 0x401}}]}}");
        with_both(with_rule(&yaml), |_, esme| {
            let mut hits = Vec::new();
            for place in 1..=4 {
                hits.extend((esme.submit(&submit(0)).status() == Some(HIT)).then_some(place));
            }
            assert_eq!(hits, hit, "{places}");
        });
    }
}

#[test]
fn who_the_session_is_and_which_bind_of_it() {
    for (when, hits) in [
        ("system_id: client", [vec![], vec![1, 2]]),
        ("system_id: 's*'", [vec![1, 2], vec![]]),
        ("bind: 2", [vec![2], vec![2]]),
        ("system_id: '/^[cs]/', bind: 1", [vec![1], vec![1]]),
    ] {
        let yaml = format!("{{when: {{pdu: submit_sm, {when}}}, then: [{{status: 0x401}}]}}");
        let sim = with_rule(&yaml)();
        let socket = (1..=2).filter(|_| Socket::bound(&sim).submit(&submit(0)).status() == Some(HIT));
        let socket: Vec<_> = socket.collect();
        let ours: Vec<_> = (1..=2).filter(|_| Ours::bound(&sim).submit(&submit(0)).status() == Some(HIT)).collect();
        assert_eq!([socket, ours], hits, "{when}");
    }
}

#[test]
fn how_a_session_is_bound() {
    for (bound_as, kinds) in [
        ("tx", &[BindKind::Transmitter][..]),
        ("rx", &[BindKind::Receiver]),
        ("trx", &[BindKind::Transceiver]),
        ("[tx, rx]", &[BindKind::Transmitter, BindKind::Receiver]),
    ] {
        let refused = with_rule(&format!("{{when: {{pdu: bind, bound_as: {bound_as}}}, then: [{{status: 0x401}}]}}"))();
        let nacked =
            with_rule(&format!("{{when: {{pdu: enquire_link, bound_as: {bound_as}}}, then: [{{status: 0x401}}]}}"))();
        for (kind, id) in [(BindKind::Transmitter, 2_u32), (BindKind::Receiver, 1), (BindKind::Transceiver, 9)] {
            let wanted = if kinds.contains(&kind) { HIT } else { CommandStatus::ESME_ROK };
            let bind = |client: &Client| match kind {
                BindKind::Transmitter => client.bind_transmitter().err(),
                BindKind::Receiver => client.bind_receiver().err(),
                _ => client.bind_transceiver().err(),
            };
            let status = |error: Option<Error>| match error {
                None => CommandStatus::ESME_ROK,
                Some(error) => error.command_status().unwrap(),
            };
            let octets = |number| {
                let mut octets = BindTransceiver::default().with_system_id("me").to_octets(number).unwrap();
                octets[7] = id as u8;
                octets
            };
            let client = Client::builder().connect(refused.addr()).unwrap();
            assert_eq!(status(bind(&client)), wanted, "{bound_as} {kind:?}");
            let mut raw = Raw::connect(refused.addr());
            raw.write(&octets(1));
            raw.expect_status(0x8000_0000 | id, 1, wanted);
            // And once bound.
            let client = Client::builder().connect(nacked.addr()).unwrap();
            assert_eq!(status(bind(&client)), CommandStatus::ESME_ROK);
            assert_eq!(status(client.enquire_link().err()), wanted, "{bound_as} {kind:?}");
            let mut raw = Raw::connect(nacked.addr());
            raw.write(&octets(1));
            raw.expect_status(0x8000_0000 | id, 1, CommandStatus::ESME_ROK);
            raw.send(&EnquireLink::default(), 2);
            raw.expect_status(0x8000_0015, 2, wanted);
        }
    }
}

#[test]
fn what_other_requests_say() {
    let sme = |addr: &'static str| DestAddress::SmeAddress {
        dest_addr_ton: Ton::UNKNOWN,
        dest_addr_npi: Npi::UNKNOWN,
        destination_addr: addr.into(),
    };
    let multi = |addr| SubmitMulti::default().with_dest_address(List::from([sme(addr)])).with_short_message("hello");
    let data = |text: &'static str| DataSm::default().with_destination_addr("1").with_message_payload(text);
    let query = |addr: &'static str| QuerySm::default().with_message_id("1").with_source_addr(addr);
    let cancel = |addr: &'static str| CancelSm::default().with_message_id("1").with_destination_addr(addr);
    let replace = |bits: u8| ReplaceSm::default().with_message_id("1").with_registered_delivery(bits);
    fn status<T>(result: Result<T, Error>) -> Option<CommandStatus> {
        result.err().and_then(|error| error.command_status())
    }
    for (when, id) in [
        ("pdu: submit_multi, dest: '44*'", 0x21_u32),
        ("pdu: data_sm, text: {contains: BOOM}", 0x103),
        ("pdu: query_sm, source: '12345'", 3),
        ("pdu: cancel_sm, dest: '12345'", 8),
        ("pdu: replace_sm, registered_delivery: 1", 7),
    ] {
        let sim = with_rule(&format!("{{when: {{{when}}}, then: [{{status: 0x401}}]}}"))();
        let client = Ours::bound(&sim).client;
        let mut raw = Raw::bound(sim.addr(), "socket");
        for (is_met, number) in [(true, 2), (false, 3)] {
            let pick = |met: &'static str, other| if is_met { met } else { other };
            let (octets, ours) = match id {
                0x21 => {
                    let pdu = multi(pick("4477", "4577"));
                    (pdu.to_octets(number), status(client.submit_multi(&pdu)))
                }
                0x103 => {
                    let pdu = data(pick("a BOOM", "a bang"));
                    (pdu.to_octets(number), status(client.data_sm(&pdu)))
                }
                3 => {
                    let pdu = query(pick("12345", "1234"));
                    (pdu.to_octets(number), status(client.query_sm(&pdu)))
                }
                8 => {
                    let pdu = cancel(pick("12345", "1234"));
                    (pdu.to_octets(number), status(client.cancel_sm(&pdu)))
                }
                _ => {
                    let pdu = replace(u8::from(is_met));
                    (pdu.to_octets(number), status(client.replace_sm(&pdu)))
                }
            };
            raw.write(&octets.unwrap());
            let (header, _) = raw.next().unwrap();
            assert_eq!((header.command_id.0, header.sequence_number), (0x8000_0000 | id, number));
            assert_eq!(header.command_status == HIT, is_met, "{when}");
            assert_eq!(ours == Some(HIT), is_met, "{when}: {ours:?}");
        }
        assert_eq!(sim.rules()[0].hits, 2, "{when}");
    }
}

#[test]
fn what_goes_to_an_esme_and_what_a_receipt_tells() {
    fn send(sim: &SmscSim, esme: &dyn Esme, text: &str) -> MoSent {
        sim.mo("447700900123", "12345", text).to_system_id(esme.name()).start().unwrap()
    }
    for (when, met, not_met) in [
        ("source: '4477*', text: STOP", "STOP", "START"),
        ("dest: '12345', text: {contains: OP}", "STOP", "START"),
        ("system_id: '*', data_coding: 8", "ПРИВЕТ", "hello"),
    ] {
        let yaml = format!("{{when: {{pdu: mo, {when}}}, then: [{{no_response: true}}]}}");
        with_both(with_rule(&yaml), |sim, esme| {
            let sent = send(sim, esme, met);
            esme.quiet(sim);
            assert_eq!(sent.wait(PATIENCE).unwrap().command_status(), None, "{when}");
            send(sim, esme, not_met);
            esme.delivered();
            assert_eq!(sim.rules()[0].hits, 1, "{when}");
        });
    }
    let yaml = "{when: {pdu: receipt, state: UNDELIV}, then: [{no_response: true}]}";
    with_both(with_rule(yaml), |sim, esme| {
        esme.submit(&submit(1).with_destination_addr("99925021")).id();
        esme.quiet(sim);
        esme.submit(&submit(1)).id();
        assert_eq!(esme.delivered().message_state(), Some(MessageState::DELIVERED));
        assert_eq!(sim.rules()[0].hits, 1);
    });
}

#[test]
fn the_state_of_a_scenario() {
    let down = "{when: {pdu: submit_sm}, scenario: {name: carrier, in: start, to: down}, then: [{status: 0x401}]}";
    with_both(with_rule(down), |sim, esme| {
        assert_eq!(esme.submit(&submit(0)).status(), Some(HIT));
        assert_eq!(sim.scenarios()["carrier"], "down");
        assert_eq!(esme.submit(&submit(0)).status(), Some(CommandStatus::ESME_ROK));
        sim.set_scenario("carrier", "start");
        assert_eq!(esme.submit(&submit(0)).status(), Some(HIT));
    });
}
