//! What a validating receiver objects to in a PDU that could be decoded.
//!
//! Decoding asks whether the octets can be read; this asks whether what they say is inside the standard. Nearly all of
//! it comes out of the tables of the specification, so the PDUs and TLVs of a vendor are checked as well. By section
//! 3.3 a receiver need not object: only [`Leniency::STRICT`](crate::codec::Leniency::STRICT) refuses on these grounds.

mod fields;
mod tlvs;
pub(crate) mod values;

use crate::codec::{Command, CommandKind, CommandSpec, Cursor, FieldSpec, HEADER_LENGTH, Header, Protocol, Tlvs};
use crate::error::{DecodeError, DecodeErrorKind as Kind};
use crate::protocol::Pdu;
use crate::protocol::value::CommandStatus;
use values::{Direction, Tables};

/// What a validating receiver objects to in a PDU, in the order of the wire; empty when all is inside the standard.
///
/// Reserved values of TON and NPI come last: they are the least of what can be wrong. So
/// [`DecodeError::command_status`] of the first is what such a receiver answers. `vendors` are the specifications
/// besides the standard that both sides agree on; what they define is not objected to.
///
/// Of a PDU that is [`Pdu::Other`] only the header is checked; a vendor's own type goes to [`validate_command`].
///
/// ```
/// use smpp::codec::{Decoder, Encode, Frame};
/// use smpp::pdu::SubmitSm;
///
/// let octets = SubmitSm::default().with_destination_addr("4179").with_priority_flag(4).to_octets(1)?;
/// let frame = Frame::exact(&octets)?;
/// let pdu = Decoder::default().decode(frame)?;
/// let findings = smpp::validate(frame.header(), &pdu, &[]);
/// assert_eq!(findings[0].field, "priority_flag");
/// assert_eq!(findings[0].command_status(), smpp::value::CommandStatus::ESME_RINVPRTFLG);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn validate(header: Header, pdu: &Pdu<'_>, vendors: &[&'static Protocol]) -> Vec<DecodeError> {
    match pdu.spec() {
        Some(spec) => Check::new(header, Some(spec), vendors).all(pdu.tlvs(), &|cursor| pdu.visit_fields(cursor)),
        None => {
            let spec = vendors.iter().find_map(|vendor| vendor.command(header.command_id));
            let mut check = Check::new(header, spec, vendors);
            check.header();
            check.findings
        }
    }
}

/// What a validating receiver objects to in a PDU of one type, a vendor's for instance: see [`validate`].
pub fn validate_command<P: Command>(header: Header, pdu: &P, vendors: &[&'static Protocol]) -> Vec<DecodeError> {
    Check::new(header, Some(P::SPEC), vendors).all(pdu.tlvs(), &|cursor| pdu.visit_fields(cursor))
}

/// The first of the findings of [`validate_command`]; the others are not collected.
pub(crate) fn first_finding<P: Command>(header: Header, pdu: &P, vendors: &[&'static Protocol]) -> Option<DecodeError> {
    let check = Check { first_only: true, ..Check::new(header, Some(P::SPEC), vendors) };
    check.all(pdu.tlvs(), &|cursor| pdu.visit_fields(cursor)).into_iter().next()
}

/// One PDU being checked.
struct Check<'p> {
    header: Header,
    spec: Option<&'static CommandSpec>,
    tables: Tables<'p>,
    direction: Direction,
    /// Whether looking may stop once there is a finding.
    first_only: bool,
    findings: Vec<DecodeError>,
    /// The count that was seen last, and where.
    count: Option<(&'static FieldSpec, usize)>,
    user_data_header: bool,
    has_text: bool,
}

impl<'p> Check<'p> {
    fn new(header: Header, spec: Option<&'static CommandSpec>, vendors: &'p [&'static Protocol]) -> Self {
        Self {
            header,
            spec,
            tables: Tables { vendors },
            direction: spec.map_or(Direction::Either, Direction::of),
            first_only: false,
            findings: Vec::new(),
            count: None,
            user_data_header: false,
            has_text: false,
        }
    }

    fn all(mut self, tlvs: &Tlvs<'_>, visit_fields: &dyn Fn(&mut Cursor<'_>)) -> Vec<DecodeError> {
        self.header();
        let octets = HEADER_LENGTH + tlvs.octets().len();
        let is_bare = octets == self.header.command_length as usize;
        let has_fields = self.spec.is_some_and(|spec| !spec.fields.is_empty());
        // A response may come without its fields; what stands in the PDU then did not come over the wire.
        let mut tlvs_begin = HEADER_LENGTH;
        if !(is_bare && has_fields) {
            let mut cursor = Cursor::new(&mut self);
            visit_fields(&mut cursor);
            tlvs_begin = cursor.offset();
        } else if self.header.command_status == CommandStatus::ESME_ROK {
            self.object("body", HEADER_LENGTH, Kind::MissingBody);
        }
        self.tlvs(tlvs, tlvs_begin);
        self.findings.sort_by_key(|finding| (is_minor(finding), finding.offset));
        self.findings
    }

    fn header(&mut self) {
        let Header { command_id, command_status, sequence_number, .. } = self.header;
        let kind = self.spec.map(|spec| spec.kind);
        if kind.is_none() {
            self.object("command_id", 4, Kind::UnknownCommandId);
        }
        let asks = match kind {
            Some(kind) => matches!(kind, CommandKind::Request | CommandKind::OneWay),
            None => !command_id.is_response(),
        };
        let value = u64::from(command_status.0);
        if asks && value != 0 || !self.tables.defines_status(value) {
            self.object("command_status", 8, Kind::InvalidValue { value });
        }
        // Whoever cannot make out the header to refuse answers with sequence_number 0 (section 4.3.1).
        let is_unknown = sequence_number == 0 && kind == Some(CommandKind::Nack);
        if !is_unknown && !(1..=MAX_SEQUENCE_NUMBER).contains(&sequence_number) {
            self.object("sequence_number", 12, Kind::InvalidValue { value: u64::from(sequence_number) });
        }
    }

    /// Whether the PDU is this command of the standard.
    fn is(&self, command: &CommandSpec) -> bool {
        self.header.command_id == command.id
    }

    fn object(&mut self, field: &'static str, offset: usize, kind: Kind) {
        let command = self.header.command_id;
        self.findings.push(DecodeError::new(command, self.spec, field, offset as u32, kind));
    }

    fn has_enough(&self) -> bool {
        self.first_only && self.findings.iter().any(|finding| !is_minor(finding))
    }
}

/// Whether it is a reserved type of number or numbering plan.
fn is_minor(finding: &DecodeError) -> bool {
    matches!(finding.kind, Kind::InvalidValue { .. })
        && (finding.field.ends_with("_ton") || finding.field.ends_with("_npi"))
}

/// Greatest sequence_number of section 3.2.
const MAX_SEQUENCE_NUMBER: u32 = 0x7FFF_FFFF;
