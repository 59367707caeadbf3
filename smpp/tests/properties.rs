//! What holds for every command and any octets.

mod data;

use proptest::collection::vec;
use proptest::prelude::*;
use smpp::codec::{
    CommandId, CommandSpec, Cursor, Decoder, FieldKind, FieldSpec, FieldView, Frame, Frames, Leniency, TlvKind,
    TlvSpec, Tlvs, Visit,
};
use smpp::value::CommandStatus;
use smpp::{EncodeErrorKind, Pdu, command, pdu, tlv, view};

const POLICIES: [Leniency; 3] = [Leniency::STRICT, Leniency::DEFAULT, Leniency::LENIENT];

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_body_of_any_command_is_survived(
        spec in any_command(),
        status in any_status(),
        sequence_number: u32,
        body in vec(octet(), 0..300),
    ) {
        survives(&data::pdu(spec.id.0, status, sequence_number, &body))?;
    }

    #[test]
    fn any_lengths_of_any_command_are_survived(
        spec in any_command(),
        parts in vec((prop_oneof![4 => 0..4_usize, 1 => 0..100_usize], 1..4_u8), 0..40),
    ) {
        let body: Vec<_> = parts.iter().flat_map(|&(len, octet)| [vec![octet; len], vec![0]].concat()).collect();
        survives(&data::pdu(spec.id.0, 0, 1, &body))?;
    }

    #[test]
    fn any_octets_as_a_stream_are_survived(octets in vec(any::<u8>(), 0..200), max: u32) {
        for frames in [Frames::new(&octets), Frames::new(&octets).with_max_command_length(max)] {
            for frame in frames.flatten() {
                survives(frame.octets())?;
            }
        }
        let _ = view::json_incomplete(&octets);
    }

    #[test]
    fn a_sound_pdu_with_an_octet_changed_or_cut_is_survived(
        (_, octets) in any_pdu(),
        at: prop::sample::Index,
        octet: u8,
        len: prop::sample::Index,
    ) {
        let mut octets = octets;
        let at = at.index(octets.len());
        if at >= 4 {
            octets[at] = octet;
        }
        octets.truncate(16 + len.index(octets.len() - 15));
        let length = octets.len() as u32;
        octets[..4].copy_from_slice(&length.to_be_bytes());
        survives(&octets)?;
    }

    #[test]
    fn what_the_tables_allow_is_clean_and_encodes_again((spec, octets) in any_pdu()) {
        let (decoded, diagnostics) = data::decode(&octets, Leniency::DEFAULT);
        prop_assert_eq!(diagnostics, []);
        let decoded = decoded.expect("a sound PDU");
        prop_assert_eq!(decoded.spec().map(|spec| spec.name), Some(spec.name));
        let sequence_number = Frame::exact(&octets).expect("a frame").header().sequence_number;
        let mut again = Vec::new();
        decoded.encode(sequence_number, &mut again).expect("inside the limits");
        prop_assert_eq!(&again, &octets);
        let owned = decoded.clone().into_owned();
        prop_assert_eq!(&owned, &decoded);
        again.clear();
        owned.encode(sequence_number, &mut again).expect("inside the limits");
        prop_assert_eq!(&again, &octets);
        // Typed decoding of what was encoded gives the same PDU.
        prop_assert_eq!(data::clean(&again), decoded);
    }

    #[test]
    fn a_string_over_the_limit_is_refused_by_name((name, max, pdu) in over_long()) {
        let before = vec![0xAA; 3];
        let mut out = before.clone();
        let error = pdu.encode(1, &mut out).expect_err("to be refused");
        prop_assert_eq!(error.field, name);
        let is_too_long = matches!(error.kind, EncodeErrorKind::TooLong { max: told, .. } if told == max);
        prop_assert!(is_too_long || matches!(error.kind, EncodeErrorKind::BadLength { .. }), "{:?}", error);
        prop_assert_eq!(out, before);
    }

    #[test]
    fn tlvs_come_back_as_they_were_added(raw in vec((any::<u16>(), vec(any::<u8>(), 0..20)), 0..12)) {
        let mut tlvs = Tlvs::default();
        for (tag, value) in &raw {
            tlvs.push_raw(*tag, value);
        }
        let back: Vec<_> = tlvs.iter().map(|tlv| (tlv.tag, tlv.value.to_vec())).collect();
        prop_assert_eq!(&back, &raw);
        prop_assert_eq!(&Tlvs::from_octets(tlvs.octets()), &tlvs);
        if let Some((tag, _)) = raw.first() {
            tlvs.remove(*tag);
            let left: Vec<_> = tlvs.iter().map(|tlv| (tlv.tag, tlv.value.to_vec())).collect();
            let expected: Vec<_> = raw.iter().filter(|(other, _)| other != tag).cloned().collect();
            prop_assert_eq!(left, expected);
        }
    }
}

/// Decodes, checks, shows and encodes by every policy. Whatever is clean encodes to the same octets.
fn survives(octets: &[u8]) -> Result<(), TestCaseError> {
    let frame = Frame::exact(octets).expect("a frame");
    let header = frame.header();
    for leniency in POLICIES {
        let mut decoder = Decoder::new(leniency);
        let _ = view::text(frame, &mut decoder);
        let _ = view::json(frame, &mut decoder);
        let decoded = decoder.decode(frame);
        let told = decoder.diagnostics().iter().chain(decoded.as_ref().err());
        for error in told {
            prop_assert!(error.offset <= header.command_length, "{}", error);
            let _ = error.command_status();
        }
        let Ok(pdu) = decoded else { continue };
        for finding in smpp::validate(header, &pdu, &[]) {
            prop_assert!(finding.offset <= header.command_length, "{}", finding);
        }
        prop_assert_eq!(&pdu.clone().into_owned(), &pdu);
        let mut walk = Walk::default();
        let mut cursor = Cursor::new(&mut walk);
        pdu.visit_fields(&mut cursor);
        let end = cursor.offset() + pdu.tlvs().octets().len();
        prop_assert_eq!(walk.elements, walk.counted);
        let is_clean = decoder.diagnostics().is_empty();
        prop_assert!(
            !is_clean || octets.len() == 16 || matches!(pdu, Pdu::Other(_)) || end == octets.len(),
            "{:?}",
            pdu
        );
        let mut out = Vec::new();
        let encoded = pdu.encode_with_status(header.command_status, header.sequence_number, &mut out);
        let is_whole = header.command_status == CommandStatus::ESME_ROK && octets.len() > 16;
        if leniency == Leniency::STRICT && is_whole && encoded.is_ok() {
            prop_assert_eq!(&out, octets);
        }
        if encoded.is_err() {
            prop_assert!(out.is_empty());
        }
        if leniency != Leniency::STRICT && decoder.diagnostics().is_empty() && is_whole && encoded.is_ok() {
            prop_assert_eq!(&out, octets);
        }
    }
    Ok(())
}

/// Counts the elements of lists, as they were announced and as they came.
#[derive(Default)]
struct Walk {
    counted: usize,
    elements: usize,
}

impl Visit for Walk {
    fn field(&mut self, _: FieldView<'_>) {}

    fn begin_list(&mut self, _: &'static FieldSpec, _: usize, count: usize) {
        self.counted += count;
    }

    fn end_element(&mut self) {
        self.elements += 1;
    }
}

fn any_command() -> impl Strategy<Value = &'static CommandSpec> {
    prop::sample::select(command::ALL)
}

fn any_status() -> impl Strategy<Value = u32> {
    prop_oneof![3 => Just(0), 1 => any::<u32>(), 1 => 0..0x100_u32]
}

/// Octets of which a body is likely to be made: many NULs, small numbers, digits.
fn octet() -> impl Strategy<Value = u8> {
    prop_oneof![4 => Just(0), 2 => 0..8_u8, 2 => b'0'..=b'9', 1 => any::<u8>()]
}

/// A PDU whose every field and TLV is inside the limits of the tables, as octets.
fn any_pdu() -> impl Strategy<Value = (&'static CommandSpec, Vec<u8>)> {
    (any_command(), 1..0x8000_0000_u32).prop_flat_map(|(spec, sequence_number)| {
        body(spec).prop_map(move |body| (spec, data::pdu(spec.id.0, 0, sequence_number, &body)))
    })
}

/// A body that the tables allow. One that is empty could be meant for a response without a body.
fn body(spec: &'static CommandSpec) -> BoxedStrategy<Vec<u8>> {
    let mut parts = Vec::new();
    let mut fields = spec.fields.iter().peekable();
    while let Some(field) = fields.next() {
        parts.push(match (field.kind, fields.next_if(|_| matches!(field.kind, FieldKind::Count))) {
            (FieldKind::Count, Some(next)) if !is_counted(next) => {
                // The list follows its count; a string does so as well.
                panic!("{} does not follow its count {}", next.name, field.name)
            }
            (FieldKind::Count, Some(next)) => counted(spec, field.max as usize, next),
            _ => plain(field),
        });
    }
    parts.push(tlvs(spec));
    parts.prop_map(|parts| parts.concat()).boxed()
}

fn is_counted(field: &FieldSpec) -> bool {
    matches!(field.kind, FieldKind::OctetString | FieldKind::List { .. })
}

fn plain(field: &'static FieldSpec) -> BoxedStrategy<Vec<u8>> {
    match field.kind {
        FieldKind::Integer | FieldKind::Count => vec(any::<u8>(), field.max as usize).boxed(),
        FieldKind::COctetString => {
            let lengths: Vec<_> = match field.lengths {
                [] => (1..=field.max as usize).collect(),
                lengths => lengths.iter().map(|&len| len as usize).collect(),
            };
            let text = prop::sample::select(lengths).prop_flat_map(|len| vec(1..=u8::MAX, len - 1));
            text.prop_map(|text| [text, vec![0]].concat()).boxed()
        }
        FieldKind::OctetString | FieldKind::List { .. } => panic!("{} has no count before it", field.name),
    }
}

fn counted(spec: &'static CommandSpec, size: usize, field: &'static FieldSpec) -> BoxedStrategy<Vec<u8>> {
    let count = move |count: usize| count.to_be_bytes()[size_of::<usize>() - size..].to_vec();
    let (min, max) = (field.min as usize, field.max as usize);
    match field.kind {
        FieldKind::List { elements } => {
            let some = vec(element(spec, elements), min..=8);
            prop_oneof![8 => some, 1 => vec(element(spec, elements), max)]
                .prop_map(move |list| [count(list.len()), list.concat()].concat())
                .boxed()
        }
        _ => vec(any::<u8>(), min..=max).prop_map(move |text| [count(text.len()), text].concat()).boxed(),
    }
}

/// An element of a list: all its fields in a row, or those of the form that a flag announces.
fn element(spec: &CommandSpec, elements: &'static [FieldSpec]) -> BoxedStrategy<Vec<u8>> {
    let row = |fields: &'static [FieldSpec]| fields.iter().map(plain).collect::<Vec<_>>();
    let rows = match (spec.id, elements) {
        (CommandId::SUBMIT_MULTI, [_, address @ .., dl_name]) => {
            assert_eq!((address.len(), dl_name.name), (3, "dl_name"));
            let flag = |flag: u8| Just(vec![flag]).boxed();
            let sme_address = [vec![flag(1)], row(address)].concat();
            return prop_oneof![sme_address, vec![flag(2), plain(dl_name)]].prop_map(|parts| parts.concat()).boxed();
        }
        _ => row(elements),
    };
    rows.prop_map(|parts| parts.concat()).boxed()
}

/// A few TLVs, those that the command lists, others, and unknown ones.
fn tlvs(spec: &'static CommandSpec) -> BoxedStrategy<Vec<u8>> {
    let unknown = (0x1400..0x4000_u16, vec(any::<u8>(), 0..10)).prop_map(|(tag, value)| raw_tlv(tag, &value));
    let known = prop::sample::select(tlv::ALL).prop_flat_map(known_tlv);
    let listed: Vec<_> = spec.tlvs.iter().filter_map(|&tag| tlv::find(tag)).collect();
    let any = if listed.is_empty() {
        prop_oneof![unknown, known].boxed()
    } else {
        prop_oneof![1 => unknown, 1 => known, 4 => prop::sample::select(listed).prop_flat_map(known_tlv)].boxed()
    };
    vec(any, 0..5).prop_map(|tlvs| tlvs.concat()).boxed()
}

fn known_tlv(spec: &'static TlvSpec) -> BoxedStrategy<Vec<u8>> {
    let lengths = usize::from(spec.min)..=usize::from(spec.max.min(300));
    let value = vec(any::<u8>(), lengths);
    match spec.kind {
        TlvKind::COctetString => value
            .prop_map(|mut value| {
                if let Some(last) = value.last_mut() {
                    *last = 0;
                }
                value
            })
            .boxed(),
        _ => value.boxed(),
    }
    .prop_map(|value| raw_tlv(spec.tag, &value))
    .boxed()
}

fn raw_tlv(tag: u16, value: &[u8]) -> Vec<u8> {
    [&tag.to_be_bytes()[..], &(value.len() as u16).to_be_bytes(), value].concat()
}

/// A PDU with one string that is longer than its field, the name of the field, and its limit.
fn over_long() -> impl Strategy<Value = (&'static str, usize, Pdu<'static>)> {
    type Make = fn(String) -> Pdu<'static>;
    let fields: Vec<(&CommandSpec, &str, Make)> = vec![
        (&command::BIND_TRANSMITTER, "system_id", |s| pdu::BindTransmitter::default().with_system_id(s).into()),
        (&command::BIND_RECEIVER, "password", |s| pdu::BindReceiver::default().with_password(s).into()),
        (&command::BIND_TRANSCEIVER, "system_type", |s| pdu::BindTransceiver::default().with_system_type(s).into()),
        (&command::BIND_TRANSCEIVER, "address_range", |s| pdu::BindTransceiver::default().with_address_range(s).into()),
        (&command::OUTBIND, "password", |s| pdu::Outbind::default().with_password(s).into()),
        (&command::BIND_RECEIVER_RESP, "system_id", |s| pdu::BindReceiverResp::default().with_system_id(s).into()),
        (&command::SUBMIT_SM, "service_type", |s| pdu::SubmitSm::default().with_service_type(s).into()),
        (&command::SUBMIT_SM, "source_addr", |s| pdu::SubmitSm::default().with_source_addr(s).into()),
        (&command::SUBMIT_SM, "destination_addr", |s| pdu::SubmitSm::default().with_destination_addr(s).into()),
        (&command::SUBMIT_SM, "validity_period", |s| pdu::SubmitSm::default().with_validity_period(s).into()),
        (&command::SUBMIT_SM, "short_message", |s| pdu::SubmitSm::default().with_short_message(s).into()),
        (&command::DELIVER_SM, "short_message", |s| pdu::DeliverSm::default().with_short_message(s).into()),
        (&command::DELIVER_SM, "validity_period", |s| pdu::DeliverSm::default().with_validity_period(s).into()),
        (&command::DELIVER_SM_RESP, "message_id", |s| pdu::DeliverSmResp::default().with_message_id(s).into()),
        (&command::SUBMIT_SM_RESP, "message_id", |s| pdu::SubmitSmResp::default().with_message_id(s).into()),
        (&command::SUBMIT_MULTI, "dl_name", |s| {
            let list = pdu::DestAddress::DistributionList { dl_name: s.into() };
            pdu::SubmitMulti::default().with_dest_address([list]).into()
        }),
        (&command::DATA_SM, "destination_addr", |s| pdu::DataSm::default().with_destination_addr(s).into()),
        (&command::QUERY_SM, "message_id", |s| pdu::QuerySm::default().with_message_id(s).into()),
        (&command::QUERY_SM_RESP, "final_date", |s| pdu::QuerySmResp::default().with_final_date(s).into()),
        (&command::CANCEL_SM, "service_type", |s| pdu::CancelSm::default().with_service_type(s).into()),
        (&command::REPLACE_SM, "short_message", |s| pdu::ReplaceSm::default().with_short_message(s).into()),
        (&command::ALERT_NOTIFICATION, "esme_addr", |s| pdu::AlertNotification::default().with_esme_addr(s).into()),
    ];
    (prop::sample::select(fields), 0..300_usize).prop_map(|((spec, name, make), over)| {
        let field = spec.field(name).expect("the field");
        let nul = usize::from(matches!(field.kind, FieldKind::COctetString));
        let max = field.max as usize;
        (field.name, max, make("x".repeat(max - nul + 1 + over)))
    })
}

#[test]
fn a_list_with_an_element_that_is_too_long_is_walked_to_its_end() {
    let destinations = [&b"\x03\x01\0\0"[..], &[b'1'; 25], b"\0\x01\0\x002\0\x02a\0"].concat();
    let body = [b"\0\0\x001\0", &destinations[..], &[0; 10]].concat();
    let octets = data::pdu(command::SUBMIT_MULTI.id.0, 0, 1, &body);
    let (decoded, diagnostics) = data::decode(&octets, Leniency::DEFAULT);
    let Ok(Pdu::SubmitMulti(mut multi)) = decoded else { panic!("{decoded:?}") };
    assert_eq!(diagnostics.len(), 1);
    assert_eq!((multi.dest_address.len(), multi.dest_address.iter().count()), (3, 3));
    assert_eq!(multi.clone().into_owned().dest_address.len(), 3);
    multi.dest_address.push(pdu::DestAddress::DistributionList { dl_name: "b".into() });
    assert_eq!(multi.dest_address.len(), 4);
    survives(&octets).expect("to be survived");
}
