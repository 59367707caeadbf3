//! Any octets decode to a PDU or to an error, under every policy; what decodes cleanly is encoded again octet for octet.

#![no_main]

use libfuzzer_sys::fuzz_target;
use smpp::codec::{
    BodyOnError, CommandId, Cursor, Decoder, FieldKind, FieldSpec, FieldView, Frame, HEADER_LENGTH, Leniency, Visit,
};
use smpp::value::CommandStatus;
use smpp::{DecodeError, Pdu, command};

fuzz_target!(|data: &[u8]| {
    // A PDU whose command_length is wrong is no PDU: that is for `frames`.
    let mut octets = data.to_vec();
    octets.resize(octets.len().max(HEADER_LENGTH), 0);
    let length = octets.len() as u32;
    octets[..4].copy_from_slice(&length.to_be_bytes());
    let frame = Frame::exact(&octets).unwrap();

    let lenient = decode(frame, Leniency::LENIENT);
    let default = decode(frame, Leniency::DEFAULT);
    let wire_only = decode(frame, Leniency::STRICT.validating(false));
    let strict = decode(frame, Leniency::STRICT);

    // Each policy takes at least what the stricter one takes, and makes the same of it.
    for (strict, lax) in [(&strict, &wire_only), (&wire_only, &default), (&default, &lenient)] {
        if let Ok((pdu, diagnostics)) = strict {
            let (same, tolerated) = lax.as_ref().expect("a laxer policy refuses what a stricter one takes");
            assert_eq!(pdu, same);
            assert_eq!(diagnostics, tolerated);
        }
    }
    if let Ok((_, diagnostics)) = &wire_only {
        assert!(diagnostics.is_empty(), "a strict decoder salvages nothing: {diagnostics:?}");
    }
});

type Outcome<'f> = Result<(Pdu<'f>, Vec<DecodeError>), DecodeError>;

fn decode(frame: Frame<'_>, leniency: Leniency) -> Outcome<'_> {
    let mut decoder = Decoder::new(leniency);
    let outcome = decoder.decode(frame);
    let diagnostics = decoder.take_diagnostics();
    for error in diagnostics.iter().chain(outcome.as_ref().err()) {
        assert!(error.offset as usize <= frame.octets().len(), "{error:?}");
        assert_ne!(error.command_status(), CommandStatus::ESME_ROK, "{error:?}");
        let _ = (error.to_string(), error.class());
    }
    // What is shown of a PDU is shown of one that cannot be decoded too.
    assert!(!smpp::view::text(frame, &mut decoder).is_empty());
    assert!(smpp::view::json(frame, &mut decoder).starts_with('{'));
    let pdu = outcome?;
    assert_eq!(pdu.command_id(), frame.header().command_id);
    let _ = format!("{pdu:?}");
    assert_eq!(pdu.clone().into_owned(), pdu);
    look_at(&pdu, frame, diagnostics.is_empty());
    if diagnostics.is_empty() {
        encode_again(&pdu, frame, leniency == Leniency::STRICT);
    }
    Ok((pdu, diagnostics))
}

/// The fields lie one behind the other, and the TLVs behind them.
fn look_at(pdu: &Pdu<'_>, frame: Frame<'_>, is_clean: bool) {
    let mut walk = Walk { at: HEADER_LENGTH, open: 0 };
    let mut cursor = Cursor::new(&mut walk);
    pdu.visit_fields(&mut cursor);
    let end = cursor.offset() + pdu.tlvs().octets().len();
    assert_eq!(walk.open, 0);
    if is_clean && !has_no_body(frame) && !matches!(pdu, Pdu::Other(_)) {
        assert_eq!(end, frame.octets().len());
    }
}

struct Walk {
    at: usize,
    /// Lists and elements that have begun and not ended.
    open: usize,
}

impl Visit for Walk {
    fn field(&mut self, field: FieldView<'_>) {
        assert_eq!(field.offset, self.at, "{}", field.spec.name);
        self.at += field.length;
    }

    fn begin_list(&mut self, _: &'static FieldSpec, offset: usize, _: usize) {
        assert_eq!(offset, self.at);
        self.open += 1;
    }

    fn begin_element(&mut self) {
        self.open += 1;
    }

    fn end_element(&mut self) {
        self.open -= 1;
    }

    fn end_list(&mut self) {
        self.open -= 1;
    }
}

fn encode_again(pdu: &Pdu<'_>, frame: Frame<'_>, is_validated: bool) {
    let header = frame.header();
    let status = header.command_status;
    let mut out = Vec::new();
    match pdu.encode_with_status(status, header.sequence_number, &mut out) {
        Ok(()) if has_no_body(frame) || omits_body(header.command_id, status) => {}
        Ok(()) => assert_eq!(out, frame.octets()),
        Err(error) => {
            assert!(out.is_empty());
            let spec = command::find(header.command_id).and_then(|spec| spec.field(error.field));
            let may_be = spec.is_some_and(|spec| is_taken_only(spec) || !is_validated && is_for_validation(spec));
            assert!(may_be, "{error:?}");
        }
    }
}

/// A response without a body decodes as one whose fields are empty.
fn has_no_body(frame: Frame<'_>) -> bool {
    frame.body().is_empty()
}

fn omits_body(id: CommandId, status: CommandStatus) -> bool {
    let spec = command::find(id);
    status != CommandStatus::ESME_ROK && spec.is_some_and(|spec| spec.body_on_error == BodyOnError::Omitted)
}

/// Some lengths are taken from a peer without complaint and never sent.
fn is_taken_only(field: &FieldSpec) -> bool {
    field.accept_max > field.max || field.accept_lengths.len() > field.lengths.len()
}

/// How many elements a list may have, no decoder asks: it is a validating receiver that does.
fn is_for_validation(field: &FieldSpec) -> bool {
    matches!(field.kind, FieldKind::List { .. })
}
