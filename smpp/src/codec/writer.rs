//! Writing the fields of one PDU, front to back, with every limit of the standard checked.

use std::fmt;

use super::string::{find_nul, nul_bits};
use super::{BodyOnError, COctetString, CommandSpec, Element, FieldSpec, HEADER_LENGTH, Header, List};
use super::{Cursor, DecodeOwned, OctetString, Tlvs};
use crate::error::{EncodeError, EncodeErrorKind as Kind};
use crate::protocol::value::CommandStatus;

/// A PDU, whatever command it is.
///
/// Implemented by `include_spec!` for every command of a specification.
pub trait Command {
    /// What the specification says of the command.
    const SPEC: &'static CommandSpec;

    /// Writes the mandatory fields and the TLVs.
    ///
    /// # Errors
    /// [`EncodeError`] if a field or TLV is outside its limits.
    fn encode_body(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError>;

    /// Shows every mandatory field to the cursor's visitor, in wire order.
    fn visit_fields(&self, cursor: &mut Cursor<'_>);

    /// The TLVs.
    fn tlvs(&self) -> &Tlvs<'_>;
}

/// A PDU whose TLVs live for `'a`: what a vendor's TLV accessors stand on.
///
/// Implemented by `include_spec!` for every command of a specification.
pub trait HasTlvs<'a>: Command {
    /// The TLVs, to be changed.
    fn tlvs_mut(&mut self) -> &mut Tlvs<'a>;
}

/// A request, and the type of its response.
///
/// Implemented by `include_spec!`.
pub trait Request: Command {
    /// What answers it.
    type Response: Command + DecodeOwned;
}

/// Encoding a PDU, header included.
// Both ways are inlined wherever they are called: what is known of a PDU that was built there is then used, which saves
// a tenth of building and encoding it.
pub trait Encode: Command {
    /// Appends the PDU to `out`, as a request or as a response with status 0.
    ///
    /// ```
    /// use smpp::codec::Encode;
    /// use smpp::pdu::EnquireLink;
    ///
    /// let mut out = Vec::new();
    /// EnquireLink::default().encode(1, &mut out)?;
    /// assert_eq!(out, [0, 0, 0, 16, 0, 0, 0, 21, 0, 0, 0, 0, 0, 0, 0, 1]);
    /// # Ok::<(), smpp::EncodeError>(())
    /// ```
    ///
    /// # Errors
    /// [`EncodeError`] if a field or TLV is outside its limits; `out` is then as it was.
    #[inline(always)]
    fn encode(&self, sequence_number: u32, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.encode_with_status(CommandStatus::ESME_ROK, sequence_number, out)
    }

    /// Appends the PDU to `out` with a `command_status`. Bind and submit_sm responses have no body when that is not 0
    /// (sections 4.1.2, 4.4.2; erratum 16), unless they were decoded with one.
    ///
    /// # Errors
    /// [`EncodeError`] if a field or TLV is outside its limits; `out` is then as it was.
    #[inline(always)]
    fn encode_with_status(&self, status: CommandStatus, sequence: u32, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let start = out.len();
        let mut writer = Writer { out, spec: Self::SPEC };
        let omitted = matches!(Self::SPEC.body_on_error, BodyOnError::Omitted)
            && status != CommandStatus::ESME_ROK
            && !self.tlvs().keeps_body();
        let encoded = if omitted {
            writer.out.extend_from_slice(&[0; HEADER_LENGTH]);
            Ok(())
        } else {
            self.encode_body(&mut writer)
        };
        match encoded.and_then(|()| writer.finish(start, status, sequence)) {
            Ok(()) => Ok(()),
            Err(error) => {
                out.truncate(start);
                Err(error)
            }
        }
    }

    /// The PDU as octets of its own: [`HEADER_LENGTH`] octets of header, then the body.
    ///
    /// # Errors
    /// [`EncodeError`] if a field or TLV is outside its limits.
    fn to_octets(&self, sequence_number: u32) -> Result<Vec<u8>, EncodeError> {
        let mut out = Vec::new();
        self.encode(sequence_number, &mut out)?;
        Ok(out)
    }
}

impl<P: Command + ?Sized> Encode for P {}

/// The end of a buffer to which one PDU is being written.
pub struct Writer<'v> {
    out: &'v mut Vec<u8>,
    spec: &'static CommandSpec,
}

/// Room for the fields up to the next octet string or list, of the most octets they can take, at the end of the buffer.
///
/// There is one check of the buffer's capacity for all of them. The room is cut to what was written when the
/// [`Writer`] goes on. Its address goes nowhere, so its state stays in registers.
pub struct Room<'w, const ROOM: usize> {
    octets: &'w mut [u8; ROOM],
    at: usize,
    spec: &'static CommandSpec,
}

impl Writer<'_> {
    /// Room for the header and the first fields: what every encoding begins with.
    #[inline(always)]
    pub fn first_room<const ROOM: usize>(&mut self) -> Room<'_, ROOM> {
        Room { at: HEADER_LENGTH, ..self.room() }
    }

    /// Room for the fields that come next.
    #[inline(always)]
    pub fn room<const ROOM: usize>(&mut self) -> Room<'_, ROOM> {
        self.out.extend_from_slice(&[0; ROOM]);
        match self.out.last_chunk_mut::<ROOM>() {
            Some(octets) => Room { octets, at: 0, spec: self.spec },
            None => unreachable!("the room was just made"),
        }
    }

    /// Ends a room of which `left` octets were not needed.
    #[inline(always)]
    pub fn end_room(&mut self, left: usize) {
        self.out.truncate(self.out.len() - left);
    }

    /// A C-octet string that may be longer than a room.
    ///
    /// # Errors
    /// [`EncodeError`] if it is too long, has a length it may not have, or has a NUL inside.
    pub fn long_c_octet_string(
        &mut self,
        field: &'static FieldSpec,
        value: &COctetString<'_>,
    ) -> Result<(), EncodeError> {
        let octets = value.as_bytes();
        let len = octets.len() as u32 + 1;
        let bad_length = !field.lengths.is_empty() && !field.lengths.contains(&len);
        if octets.len() >= field.max as usize || bad_length || find_nul(octets).is_some() {
            return Err(c_octet_string_error(self.spec, field, octets));
        }
        self.out.extend_from_slice(octets);
        self.out.push(0);
        Ok(())
    }

    /// An octet string, after its length was written.
    #[inline(always)]
    pub fn octet_string(&mut self, value: &OctetString<'_>) {
        self.out.extend_from_slice(value.as_bytes());
    }

    /// A list, after its count was written.
    ///
    /// # Errors
    /// [`EncodeError`] if a field of an element is outside its limits.
    pub fn list<'a, T: Element<'a>>(&mut self, list: &List<'a, T>) -> Result<(), EncodeError> {
        list.iter().try_for_each(|element| element.encode(self))
    }

    /// The TLVs.
    ///
    /// # Errors
    /// [`EncodeError`] if one of them was too long when it was added, or the area that was decoded is malformed.
    #[inline(always)]
    pub fn tlvs(&mut self, tlvs: &Tlvs<'_>) -> Result<(), EncodeError> {
        if let Some((octets, len)) = tlvs.short() {
            self.out.extend_from_slice(octets);
            self.out.truncate(self.out.len() - octets.len() + len);
            return Ok(());
        }
        match tlvs.encodable() {
            Ok(octets) => {
                self.out.extend_from_slice(octets);
                Ok(())
            }
            Err((field, kind)) => Err(EncodeError { command: self.spec.name, field, kind }),
        }
    }

    #[inline(always)]
    fn finish(self, start: usize, command_status: CommandStatus, sequence_number: u32) -> Result<(), EncodeError> {
        let len = self.out.len() - start;
        let command_length = len as u32;
        let place = self.out.get_mut(start..).and_then(|pdu| pdu.first_chunk_mut());
        let Some(place) = place.filter(|_| command_length as usize == len) else {
            let kind = Kind::PduTooLong { len };
            return Err(EncodeError { command: self.spec.name, field: "command_length", kind });
        };
        let command_id = self.spec.id;
        *place = Header { command_length, command_id, command_status, sequence_number }.to_octets();
        Ok(())
    }
}

impl<const ROOM: usize> Room<'_, ROOM> {
    /// A run of integers.
    #[inline(always)]
    pub fn octets<const N: usize>(&mut self, octets: [u8; N]) {
        self.octets[self.at..self.at + N].copy_from_slice(&octets);
        self.at += N;
    }

    /// A C-octet string of any length up to the field's maximum.
    ///
    /// # Errors
    /// [`EncodeError`] if it is too long or has a NUL inside.
    #[inline(always)]
    pub fn c_octet_string(&mut self, field: &'static FieldSpec, value: &COctetString<'_>) -> Result<(), EncodeError> {
        let octets = value.as_bytes();
        if !octets.is_empty() && (octets.len() >= field.max as usize || !self.copy(octets)) {
            return Err(c_octet_string_error(self.spec, field, octets));
        }
        self.nul();
        Ok(())
    }

    /// A C-octet string that may only have certain lengths.
    ///
    /// # Errors
    /// [`EncodeError`] if it has another length or a NUL inside.
    #[inline(always)]
    pub fn c_octet_string_of_lengths(
        &mut self,
        field: &'static FieldSpec,
        value: &COctetString<'_>,
    ) -> Result<(), EncodeError> {
        let octets = value.as_bytes();
        let fits = octets.is_empty() || field.lengths.contains(&(octets.len() as u32 + 1));
        if !fits || !octets.is_empty() && !self.copy(octets) {
            return Err(c_octet_string_error(self.spec, field, octets));
        }
        self.nul();
        Ok(())
    }

    /// What counts an octet string, checked against the limits of the string.
    ///
    /// # Errors
    /// [`EncodeError`] if it is too long or too short.
    #[inline(always)]
    pub fn length_of(&self, field: &'static FieldSpec, value: &OctetString<'_>) -> Result<usize, EncodeError> {
        check_length(self.spec, field, value.len())
    }

    /// What counts a list, checked against the limits of the list.
    ///
    /// # Errors
    /// [`EncodeError`] if there are too many or too few elements.
    pub fn count_of<'a, T: Element<'a>>(
        &self,
        field: &'static FieldSpec,
        list: &List<'a, T>,
    ) -> Result<usize, EncodeError> {
        check_length(self.spec, field, list.len())
    }

    /// How many octets were not needed.
    #[inline(always)]
    pub fn left(self) -> usize {
        ROOM - self.at
    }

    /// The NUL that ends a string is there: the room was made of zeros.
    #[inline(always)]
    fn nul(&mut self) {
        self.at += 1;
    }

    /// Copies octets and tells whether there was no NUL, eight octets at a time; the last eight overlap the ones
    /// before.
    #[inline(always)]
    fn copy(&mut self, octets: &[u8]) -> bool {
        let place = &mut self.octets[self.at..self.at + octets.len()];
        self.at += octets.len();
        let (Some((first, middle)), Some(last)) = (octets.split_first_chunk::<8>(), octets.last_chunk::<8>()) else {
            return copy_short(place, octets);
        };
        let mut nul = nul_bits(u64::from_le_bytes(*first)) | nul_bits(u64::from_le_bytes(*last));
        if let Some((room, room_of_middle)) = place.split_first_chunk_mut::<8>() {
            *room = *first;
            if middle.len() > 8 {
                nul |= copy_middle(room_of_middle, middle);
            }
        }
        if let Some(room) = place.last_chunk_mut::<8>() {
            *room = *last;
        }
        nul == 0
    }
}

/// With the number of octets written: there may be a password among them.
impl fmt::Debug for Writer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("command", &self.spec.name).field("octets", &self.out.len()).finish()
    }
}

impl<const ROOM: usize> fmt::Debug for Room<'_, ROOM> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Room").field("command", &self.spec.name).field("at", &self.at).finish_non_exhaustive()
    }
}

#[inline(always)]
fn copy_middle(place: &mut [u8], octets: &[u8]) -> u64 {
    let mut nul = 0;
    for (room, chunk) in place.chunks_exact_mut(8).zip(octets.chunks_exact(8)) {
        nul |= chunk.first_chunk().map_or(0, |chunk| nul_bits(u64::from_le_bytes(*chunk)));
        room.copy_from_slice(chunk);
    }
    nul
}

#[inline(never)]
fn copy_short(place: &mut [u8], octets: &[u8]) -> bool {
    place.copy_from_slice(octets);
    !octets.contains(&0)
}

#[inline(always)]
fn check_length(spec: &'static CommandSpec, field: &'static FieldSpec, len: usize) -> Result<usize, EncodeError> {
    if (field.min as usize..=field.max as usize).contains(&len) { Ok(len) } else { Err(length_error(spec, field, len)) }
}

#[cold]
#[inline(never)]
fn length_error(spec: &'static CommandSpec, field: &'static FieldSpec, len: usize) -> EncodeError {
    let kind = if len > field.max as usize {
        Kind::TooLong { len, max: field.max as usize }
    } else {
        Kind::TooShort { len, min: field.min as usize }
    };
    EncodeError { command: spec.name, field: field.name, kind }
}

#[cold]
#[inline(never)]
fn c_octet_string_error(spec: &'static CommandSpec, field: &'static FieldSpec, octets: &[u8]) -> EncodeError {
    let len = octets.len() + 1;
    let kind = match find_nul(octets) {
        _ if len > field.max as usize => Kind::TooLong { len, max: field.max as usize },
        Some(at) => Kind::NulInside { at },
        None => Kind::BadLength { len },
    };
    EncodeError { command: spec.name, field: field.name, kind }
}
