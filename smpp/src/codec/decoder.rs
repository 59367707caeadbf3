//! From a frame to a PDU, by a policy, with diagnostics.

use super::{
    Action, BodyOnError, CommandSpec, Decode, Failed, Frame, HEADER_LENGTH, Header, Leniency, Protocol, RawPdu, Reader,
    TlvSpec, Tlvs,
};
use crate::error::{DecodeError, DecodeErrorKind};
use crate::protocol::value::CommandStatus;
use crate::protocol::{self, Pdu};

/// Decodes frames by one policy and keeps what it had to tolerate.
///
/// A decoder is worth keeping: what it holds is reused. Decoding borrows from the frame and does not allocate unless
/// there is something to diagnose.
///
/// There are three outcomes: clean (`Ok`, no [`diagnostics`](Self::diagnostics)), salvaged (`Ok` with diagnostics: what
/// is sound is decoded, the rest kept raw), failed (`Err`).
///
/// ```
/// use smpp::codec::{Decoder, Frame};
/// use smpp::pdu::EnquireLink;
///
/// let octets = [0, 0, 0, 17, 0, 0, 0, 21, 0, 0, 0, 0, 0, 0, 0, 1, 0xAA];
/// let mut decoder = Decoder::default();
/// let pdu: EnquireLink = decoder.decode_as(Frame::exact(&octets)?)?;
/// assert_eq!(pdu.tlvs.tail(), [0xAA]);
/// assert_eq!(decoder.diagnostics()[0].class().as_str(), "tlv_stream_leftover");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Decoder {
    /// The PDU that is being decoded.
    spec: &'static CommandSpec,
    command_length: usize,
    /// Whether this is the second look, by the policy.
    salvaging: bool,
    leniency: Leniency,
    vendors: &'static [&'static Protocol],
    diagnostics: Vec<DecodeError>,
    failure: Option<DecodeError>,
}

impl Decoder {
    /// A decoder with this policy.
    pub fn new(leniency: Leniency) -> Self {
        Self {
            spec: &protocol::command::GENERIC_NACK,
            command_length: 0,
            salvaging: false,
            leniency,
            vendors: &[],
            diagnostics: Vec::new(),
            failure: None,
        }
    }

    /// The same decoder, which also knows what these vendor specifications say (`&[acme::PROTOCOL]`).
    pub fn with_protocols(self, vendors: &'static [&'static Protocol]) -> Self {
        Self { vendors, ..self }
    }

    /// Decodes a frame into whichever PDU it is; one that is unknown comes as [`Pdu::Other`] with a diagnostic, unless
    /// the policy refuses it or a vendor specification knows it.
    ///
    /// # Errors
    /// [`DecodeError`]: the first fault that the policy does not let pass.
    pub fn decode<'a>(&mut self, frame: Frame<'a>) -> Result<Pdu<'a>, DecodeError> {
        protocol::decode_pdu(self, frame)
    }

    /// A PDU that the standard does not have: fine if a vendor has it, else by the policy.
    pub(crate) fn decode_unknown<'a>(&mut self, frame: Frame<'a>) -> Result<RawPdu<'a>, DecodeError> {
        self.begin(&protocol::command::GENERIC_NACK, frame.octets().len());
        let command = frame.header().command_id;
        if !self.vendors.iter().any(|vendor| vendor.command(command).is_some()) {
            let kind = DecodeErrorKind::UnknownCommandId;
            let unknown = DecodeError::new(command, None, "command_id", 4, kind);
            match self.leniency.action(unknown.class()) {
                Action::Refuse => return Err(unknown),
                Action::Salvage => self.diagnostics.push(unknown),
                Action::Accept => {}
            }
        }
        Ok(RawPdu::of_frame(frame))
    }

    /// Decodes a PDU whose octets are known to be whole.
    pub(super) fn decode_raw<'a, P: Decode<'a>>(&mut self, octets: &'a [u8], header: Header) -> Result<P, DecodeError> {
        match Frame::exact(octets) {
            Ok(frame) => self.decode_as(frame),
            Err(_) => {
                let kind = DecodeErrorKind::TruncatedBody;
                Err(DecodeError::new(header.command_id, Some(P::SPEC), "command_length", 0, kind))
            }
        }
    }

    /// Decodes a frame that is known to be of one type.
    ///
    /// # Errors
    /// [`DecodeError`]: the first fault that the policy does not let pass, another `command_id` among them.
    #[inline]
    pub fn decode_as<'a, P: Decode<'a>>(&mut self, frame: Frame<'a>) -> Result<P, DecodeError> {
        match self.decode_plain(frame) {
            Some(pdu) => Ok(pdu),
            None => self.decode_odd(frame),
        }
    }

    /// The first look: a PDU that is plainly sound.
    #[inline(always)]
    pub(crate) fn decode_plain<'a, P: Decode<'a>>(&mut self, frame: Frame<'a>) -> Option<P> {
        self.begin(P::SPEC, frame.octets().len());
        let as_expected =
            frame.header().command_id == P::SPEC.id && !self.leniency.validates && !omits_body(P::SPEC, frame);
        let plain = as_expected && (!frame.body().is_empty() || P::SPEC.fields.is_empty());
        if plain { P::decode_body(Reader::new(frame.body(), self)).ok() } else { None }
    }

    /// What the last decoding tolerated, up to 32 deviations; empty when it was clean. When it failed: what it had tolerated
    /// before.
    pub fn diagnostics(&self) -> &[DecodeError] {
        &self.diagnostics
    }

    /// Takes what the last decoding tolerated.
    pub fn take_diagnostics(&mut self) -> Vec<DecodeError> {
        std::mem::take(&mut self.diagnostics)
    }

    /// The policy.
    pub fn leniency(&self) -> Leniency {
        self.leniency
    }

    /// What any specification that this decoder knows says of a TLV.
    pub fn find_tlv(&self, tag: u16) -> Option<&'static TlvSpec> {
        protocol::tlv::find(tag).or_else(|| self.vendors.iter().find_map(|vendor| vendor.tlv(tag)))
    }

    /// The vendor specifications that this decoder knows.
    pub fn protocols(&self) -> &'static [&'static Protocol] {
        self.vendors
    }

    /// The second look at a PDU that is not plainly sound.
    ///
    /// The first look stops at any deviation, so that it need not account for what it has tolerated and can build the
    /// PDU where the caller wants it. Whatever stops there is decoded again here, by the policy.
    #[cold]
    #[inline(never)]
    pub(crate) fn decode_odd<'a, P: Decode<'a>>(&mut self, frame: Frame<'a>) -> Result<P, DecodeError> {
        (self.salvaging, self.failure) = (true, None);
        let body = frame.body();
        let decoded = if frame.header().command_id != P::SPEC.id {
            Err(self.other_command(frame))
        } else if body.is_empty() && (P::SPEC.is_response() || P::SPEC.fields.is_empty()) {
            Ok(P::without_body(Tlvs::EMPTY))
        } else {
            P::decode_body(Reader::new(body, self))
        };
        let mut pdu = match decoded {
            Ok(pdu) if pdu.tlvs().tail().is_empty() || self.diagnostics.is_empty() => pdu,
            // A response may come without its mandatory fields and yet with TLVs. That is one rule for all responses: if
            // the body does not read as fields, and reads as TLVs to the last octet, TLVs it is.
            decoded => match self.tlvs_alone(frame) {
                Some(pdu) => {
                    self.diagnostics.extend(self.failure.take());
                    pdu
                }
                None => decoded.map_err(|Failed| self.failure.take().unwrap_or_else(|| self.truncated_at_end()))?,
            },
        };
        if !pdu.tlvs().tail().is_empty()
            && let Some(tlvs) = self.behind_stray_nul(frame, pdu.tlvs().octets().len())
        {
            *pdu.tlvs_mut() = tlvs;
        }
        if omits_body(P::SPEC, frame) && !body.is_empty() {
            pdu.tlvs_mut().keep_body();
        }
        if self.leniency.validates
            && let Some(finding) = crate::validate::first_finding(frame.header(), &pdu, self.vendors)
        {
            return Err(finding);
        }
        Ok(pdu)
    }

    /// The frame read as a response that holds TLVs only, where the policy allows it.
    fn tlvs_alone<'a, P: Decode<'a>>(&self, frame: Frame<'a>) -> Option<P> {
        let salvages = self.leniency.action(crate::ErrorClass::TlvLengthExceedsPdu) != Action::Refuse;
        if !salvages || !P::SPEC.is_response() || P::SPEC.fields.is_empty() {
            return None;
        }
        Some(P::without_body(self.sound_tlvs(frame.body())?))
    }

    /// Some SMSCs send a NUL after short_message that sm_length does not count. Before TLVs it puts all of them out of step;
    /// if so, and if what stands behind it is sound to the last octet, the NUL alone is left over.
    fn behind_stray_nul<'a>(&mut self, frame: Frame<'a>, tlvs: usize) -> Option<Tlvs<'a>> {
        let begin = frame.octets().len().checked_sub(tlvs)?;
        let (0, behind) = frame.octets().get(begin..)?.split_first()? else { return None };
        if behind.is_empty() || self.leniency.action(crate::ErrorClass::TlvStreamLeftover) == Action::Refuse {
            return None;
        }
        let tlvs = self.sound_tlvs(behind)?;
        // What was found wrong with them was found out of step.
        self.diagnostics.retain(|diagnostic| (diagnostic.offset as usize) < begin);
        if self.leniency.action(crate::ErrorClass::TlvStreamLeftover) == Action::Salvage {
            let kind = DecodeErrorKind::TlvStreamLeftover { octets: 1 };
            self.diagnostics.push(DecodeError::new(self.spec.id, Some(self.spec), "tlvs", begin as u32, kind));
        }
        Some(tlvs)
    }

    /// The octets as TLVs, if they are, to the last one.
    fn sound_tlvs<'a>(&self, octets: &'a [u8]) -> Option<Tlvs<'a>> {
        let mut attempt = Self::new(Leniency::STRICT.validating(false));
        attempt.begin(self.spec, HEADER_LENGTH + octets.len());
        Reader::new(octets, &mut attempt).tlvs().ok()
    }

    #[inline(always)]
    pub(super) fn begin(&mut self, spec: &'static CommandSpec, command_length: usize) {
        (self.spec, self.command_length, self.salvaging) = (spec, command_length, false);
        self.diagnostics.clear();
    }

    pub(super) fn spec(&self) -> &'static CommandSpec {
        self.spec
    }

    pub(super) fn command_length(&self) -> usize {
        self.command_length
    }

    pub(crate) fn diagnose(&mut self, error: DecodeError) {
        if self.diagnostics.len() < MAX_DIAGNOSTICS {
            self.diagnostics.push(error);
        }
    }

    fn truncated_at_end(&self) -> DecodeError {
        let (command, offset) = (self.spec.id, self.command_length as u32);
        DecodeError::new(command, Some(self.spec), "body", offset, DecodeErrorKind::TruncatedBody)
    }

    pub(super) fn salvaging(&self) -> bool {
        self.salvaging
    }

    fn other_command(&mut self, frame: Frame<'_>) -> Failed {
        let kind = DecodeErrorKind::OtherCommand { expected: self.spec.id };
        let command = frame.header().command_id;
        self.fail(DecodeError::new(command, protocol::command::find(command), "command_id", 4, kind))
    }

    pub(super) fn fail(&mut self, error: DecodeError) -> Failed {
        self.failure = Some(error);
        Failed
    }
}

/// Most diagnostics that are kept of one PDU: enough for a person, and a bound for a PDU of nothing but bad TLVs.
const MAX_DIAGNOSTICS: usize = 32;

/// Whether a body is something that the response usually does not have, since it tells of an error.
#[inline(always)]
fn omits_body(spec: &CommandSpec, frame: Frame<'_>) -> bool {
    matches!(spec.body_on_error, BodyOnError::Omitted) && frame.header().command_status != CommandStatus::ESME_ROK
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new(Leniency::DEFAULT)
    }
}
