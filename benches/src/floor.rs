//! The floor: three PDUs encoded and decoded by hand, as tightly as safe Rust allows.
//!
//! It is what a generated codec is measured against. It makes the checks that the codec makes: `command_length` and
//! `command_id`, the length and the NUL of every C-octet string, `sm_length`, the framing of the TLVs and the length of
//! those of the standard. What it leaves out is what a codec is for: saying what is wrong and where, tolerating it,
//! owned fields, any other PDU.

/// Something is wrong; the floor does not say what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault;

/// submit_sm or deliver_sm (sections 4.4.1, 4.6.1), which have the same fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the fields are those of the standard")]
pub struct Sm<'a> {
    pub service_type: &'a [u8],
    pub source_addr_ton: u8,
    pub source_addr_npi: u8,
    pub source_addr: &'a [u8],
    pub dest_addr_ton: u8,
    pub dest_addr_npi: u8,
    pub destination_addr: &'a [u8],
    pub esm_class: u8,
    pub protocol_id: u8,
    pub priority_flag: u8,
    pub schedule_delivery_time: &'a [u8],
    pub validity_period: &'a [u8],
    pub registered_delivery: u8,
    pub replace_if_present_flag: u8,
    pub data_coding: u8,
    pub sm_default_msg_id: u8,
    pub short_message: &'a [u8],
    /// The TLVs, encoded.
    pub tlvs: &'a [u8],
}

/// submit_sm_resp (section 4.4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the fields are those of the standard")]
pub struct SmResp<'a> {
    pub message_id: &'a [u8],
    /// The TLVs, encoded.
    pub tlvs: &'a [u8],
}

/// `command_id` of submit_sm.
pub const SUBMIT_SM: u32 = 0x0000_0004;
/// `command_id` of deliver_sm.
pub const DELIVER_SM: u32 = 0x0000_0005;
/// `command_id` of submit_sm_resp.
pub const SUBMIT_SM_RESP: u32 = 0x8000_0004;

impl<'a> Sm<'a> {
    /// Appends the PDU to `out`.
    ///
    /// # Errors
    /// [`Fault`] if a field is outside its limits; `out` may then hold some of it.
    #[inline(always)]
    pub fn encode(&self, command_id: u32, sequence_number: u32, out: &mut Vec<u8>) -> Result<(), Fault> {
        let start = out.len();
        let Some(mut room) = Room::at_end(out) else { return Err(Fault) };
        room.c_octet_string::<6>(self.service_type)?;
        room.integers([self.source_addr_ton, self.source_addr_npi]);
        room.c_octet_string::<21>(self.source_addr)?;
        room.integers([self.dest_addr_ton, self.dest_addr_npi]);
        room.c_octet_string::<21>(self.destination_addr)?;
        room.integers([self.esm_class, self.protocol_id, self.priority_flag]);
        room.time(self.schedule_delivery_time)?;
        room.time(self.validity_period)?;
        if self.short_message.len() > 254 {
            return Err(Fault);
        }
        room.integers([
            self.registered_delivery,
            self.replace_if_present_flag,
            self.data_coding,
            self.sm_default_msg_id,
            self.short_message.len() as u8,
        ]);
        room.header(command_id, sequence_number, self.short_message.len() + self.tlvs.len())?;
        let used = room.used;
        out.truncate(start + used);
        out.extend_from_slice(self.short_message);
        out.extend_from_slice(self.tlvs);
        Ok(())
    }

    /// Reads the first PDU of a buffer.
    ///
    /// # Errors
    /// [`Fault`] if it is another PDU, is not all there or deviates from the standard.
    #[inline(always)]
    pub fn decode(buffer: &'a [u8], command_id: u32) -> Result<Self, Fault> {
        let mut rest = body(buffer, command_id)?;
        let service_type = c_octet_string::<6>(&mut rest)?;
        let [source_addr_ton, source_addr_npi] = integers(&mut rest)?;
        let source_addr = c_octet_string::<21>(&mut rest)?;
        let [dest_addr_ton, dest_addr_npi] = integers(&mut rest)?;
        let destination_addr = c_octet_string::<21>(&mut rest)?;
        let [esm_class, protocol_id, priority_flag] = integers(&mut rest)?;
        let schedule_delivery_time = time(&mut rest)?;
        let validity_period = time(&mut rest)?;
        let [registered_delivery, replace_if_present_flag, data_coding, sm_default_msg_id, sm_length] =
            integers(&mut rest)?;
        if sm_length > 254 {
            return Err(Fault);
        }
        let (short_message, tlvs) = rest.split_at_checked(sm_length.into()).ok_or(Fault)?;
        check_tlvs(tlvs)?;
        Ok(Self {
            service_type,
            source_addr_ton,
            source_addr_npi,
            source_addr,
            dest_addr_ton,
            dest_addr_npi,
            destination_addr,
            esm_class,
            protocol_id,
            priority_flag,
            schedule_delivery_time,
            validity_period,
            registered_delivery,
            replace_if_present_flag,
            data_coding,
            sm_default_msg_id,
            short_message,
            tlvs,
        })
    }
}

impl<'a> SmResp<'a> {
    /// Appends the PDU to `out`.
    ///
    /// # Errors
    /// [`Fault`] if a field is outside its limits; `out` may then hold some of it.
    #[inline(always)]
    pub fn encode(&self, sequence_number: u32, out: &mut Vec<u8>) -> Result<(), Fault> {
        let start = out.len();
        let Some(mut room) = Room::at_end(out) else { return Err(Fault) };
        room.c_octet_string::<65>(self.message_id)?;
        room.header(SUBMIT_SM_RESP, sequence_number, self.tlvs.len())?;
        let used = room.used;
        out.truncate(start + used);
        out.extend_from_slice(self.tlvs);
        Ok(())
    }

    /// Reads the first PDU of a buffer.
    ///
    /// # Errors
    /// [`Fault`] if it is another PDU, is not all there or deviates from the standard.
    #[inline(always)]
    pub fn decode(buffer: &'a [u8]) -> Result<Self, Fault> {
        let mut rest = body(buffer, SUBMIT_SM_RESP)?;
        let message_id = c_octet_string::<65>(&mut rest)?;
        check_tlvs(rest)?;
        Ok(Self { message_id, tlvs: rest })
    }
}

/// A TLV of a 16-bit integer, encoded.
#[inline(always)]
pub fn tlv_u16(tag: u16, value: u16) -> [u8; 6] {
    let ([tag_high, tag_low], [high, low]) = (tag.to_be_bytes(), value.to_be_bytes());
    [tag_high, tag_low, 0, 2, high, low]
}

/// A few TLVs, encoded.
#[derive(Debug, Default)]
pub struct ShortTlvs {
    octets: [u8; 32],
    used: usize,
}

impl ShortTlvs {
    /// The octets of the TLVs.
    #[inline(always)]
    pub fn octets(&self) -> &[u8] {
        self.octets.get(..self.used).unwrap_or_default()
    }

    /// Adds a TLV of an 8-bit integer.
    ///
    /// # Errors
    /// [`Fault`] if there is no more room.
    #[inline(always)]
    pub fn push_u8(&mut self, tag: u16, value: u8) -> Result<(), Fault> {
        let [tag_high, tag_low] = tag.to_be_bytes();
        let place = self.octets.get_mut(self.used..).and_then(|rest| rest.first_chunk_mut()).ok_or(Fault)?;
        *place = [tag_high, tag_low, 0, 1, value];
        self.used += 5;
        Ok(())
    }

    /// Adds a TLV of a C-octet string.
    ///
    /// # Errors
    /// [`Fault`] if there is no more room, or a NUL inside.
    #[inline(always)]
    pub fn push_c_octet_string(&mut self, tag: u16, value: &[u8]) -> Result<(), Fault> {
        let [tag_high, tag_low] = tag.to_be_bytes();
        let (header, rest) =
            self.octets.get_mut(self.used..).and_then(|rest| rest.split_first_chunk_mut()).ok_or(Fault)?;
        *header = [tag_high, tag_low, 0, value.len() as u8 + 1];
        // The octets are zeroed: the NUL is there.
        let (place, _) = rest.split_at_mut_checked(value.len() + 1).ok_or(Fault)?;
        copy(value, &mut place[..value.len()])?;
        self.used += 5 + value.len();
        Ok(())
    }
}

/// Room for the header and all fields of fixed or limited length, at the end of a buffer.
struct Room<'v> {
    octets: &'v mut [u8; ROOM],
    used: usize,
}

/// All fields of submit_sm up to `short_message` take 94 octets at most, the header 16.
const ROOM: usize = 112;

impl<'v> Room<'v> {
    #[inline(always)]
    fn at_end(out: &'v mut Vec<u8>) -> Option<Self> {
        out.extend_from_slice(&[0; ROOM]);
        Some(Room { octets: out.last_chunk_mut()?, used: 16 })
    }

    #[inline(always)]
    fn integers<const N: usize>(&mut self, octets: [u8; N]) {
        self.octets[self.used..self.used + N].copy_from_slice(&octets);
        self.used += N;
    }

    #[inline(always)]
    fn c_octet_string<const MAX: usize>(&mut self, octets: &[u8]) -> Result<(), Fault> {
        if !octets.is_empty() {
            if octets.len() >= MAX {
                return Err(Fault);
            }
            self.copy(octets)?;
        }
        // The room is zeroed: the NUL is there.
        self.used += 1;
        Ok(())
    }

    #[inline(always)]
    fn time(&mut self, octets: &[u8]) -> Result<(), Fault> {
        if !octets.is_empty() {
            if octets.len() != 16 {
                return Err(Fault);
            }
            self.copy(octets)?;
        }
        self.used += 1;
        Ok(())
    }

    #[inline(always)]
    fn header(&mut self, command_id: u32, sequence_number: u32, more: usize) -> Result<(), Fault> {
        let command_length = u32::try_from(self.used + more).map_err(|_| Fault)?;
        self.octets[..4].copy_from_slice(&command_length.to_be_bytes());
        self.octets[4..8].copy_from_slice(&command_id.to_be_bytes());
        self.octets[12..16].copy_from_slice(&sequence_number.to_be_bytes());
        Ok(())
    }

    #[inline(always)]
    fn copy(&mut self, octets: &[u8]) -> Result<(), Fault> {
        let place = self.octets.get_mut(self.used..self.used + octets.len()).ok_or(Fault)?;
        self.used += octets.len();
        copy(octets, place)
    }
}

/// Copies the first eight octets and the last eight, which may overlap, and those between if there are any; and looks for
/// a NUL meanwhile.
#[inline(always)]
fn copy(octets: &[u8], place: &mut [u8]) -> Result<(), Fault> {
    let (Some((first, middle)), Some(last)) = (octets.split_first_chunk::<8>(), octets.last_chunk::<8>()) else {
        place.copy_from_slice(octets);
        return if octets.contains(&0) { Err(Fault) } else { Ok(()) };
    };
    let mut nul = nul_bits(*first) | nul_bits(*last);
    let (place_of_first, place_of_middle) = place.split_first_chunk_mut::<8>().ok_or(Fault)?;
    *place_of_first = *first;
    if middle.len() > 8 {
        for (chunk_place, chunk) in place_of_middle.chunks_exact_mut(8).zip(middle.chunks_exact(8)) {
            chunk_place.copy_from_slice(chunk);
            nul |= chunk.first_chunk().map_or(0, |chunk| nul_bits(*chunk));
        }
    }
    *place.last_chunk_mut().ok_or(Fault)? = *last;
    if nul == 0 { Ok(()) } else { Err(Fault) }
}

/// The octets after the header of the first PDU of a buffer.
#[inline(always)]
fn body(buffer: &[u8], expected: u32) -> Result<&[u8], Fault> {
    let (header, _) = buffer.split_first_chunk::<16>().ok_or(Fault)?;
    let [a, b, c, d, e, f, g, h, ..] = *header;
    let command_length = u32::from_be_bytes([a, b, c, d]);
    if u32::from_be_bytes([e, f, g, h]) != expected || command_length > 0x11000 {
        return Err(Fault);
    }
    buffer.get(16..command_length as usize).ok_or(Fault)
}

#[inline(always)]
fn integers<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], Fault> {
    let (octets, after) = rest.split_first_chunk::<N>().ok_or(Fault)?;
    *rest = after;
    Ok(*octets)
}

#[inline(always)]
fn c_octet_string<'a, const MAX: usize>(rest: &mut &'a [u8]) -> Result<&'a [u8], Fault> {
    if let [0, after @ ..] = *rest {
        *rest = after;
        return Ok(&[]);
    }
    let at = nul_or_end(rest);
    if at >= MAX {
        return Err(Fault);
    }
    let after = rest.get(at + 1..).ok_or(Fault)?;
    let octets = rest.get(..at).ok_or(Fault)?;
    *rest = after;
    Ok(octets)
}

/// Where the first NUL stands; the number of octets if there is none.
#[inline(always)]
fn nul_or_end(octets: &[u8]) -> usize {
    if let Some(window) = octets.first_chunk::<24>() {
        for at in [0, 8, 16] {
            let found = window[at..].first_chunk().map_or(0, |chunk| nul_bits(*chunk));
            if found != 0 {
                return at + found.trailing_zeros() as usize / 8;
            }
        }
    }
    let mut rest = octets;
    while let Some((chunk, after)) = rest.split_first_chunk::<8>() {
        let found = nul_bits(*chunk);
        if found != 0 {
            return octets.len() - rest.len() + found.trailing_zeros() as usize / 8;
        }
        rest = after;
    }
    match octets.last_chunk::<8>().map(|last| nul_bits(*last)) {
        Some(0) => octets.len(),
        Some(found) => octets.len() - 8 + found.trailing_zeros() as usize / 8,
        None => octets.iter().position(|&octet| octet == 0).unwrap_or(octets.len()),
    }
}

#[inline(always)]
fn time<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], Fault> {
    match *rest {
        [0, after @ ..] => {
            *rest = after;
            Ok(&[])
        }
        _ => {
            let octets = c_octet_string::<17>(rest)?;
            if octets.len() == 16 { Ok(octets) } else { Err(Fault) }
        }
    }
}

#[inline(always)]
fn check_tlvs(tlvs: &[u8]) -> Result<(), Fault> {
    let mut rest = tlvs;
    while let Some(([tag_high, tag_low, len_high, len_low], after)) = rest.split_first_chunk::<4>() {
        let len = u16::from_be_bytes([*len_high, *len_low]);
        if !may_have_length(u16::from_be_bytes([*tag_high, *tag_low]), len) {
            return Err(Fault);
        }
        rest = after.get(len.into()..).ok_or(Fault)?;
    }
    if rest.is_empty() { Ok(()) } else { Err(Fault) }
}

/// Whether a TLV may have this length (section 5.3.2).
#[inline(always)]
fn may_have_length(tag: u16, len: u16) -> bool {
    match tag {
        0x130C => len == 0,
        0x0005 | 0x0006 | 0x0007 | 0x000D | 0x000E | 0x000F | 0x0010 | 0x0019 | 0x0030 => len == 1,
        0x0201 | 0x0205 | 0x020D | 0x020E | 0x020F | 0x0210 | 0x0302 | 0x0304 => len == 1,
        0x0420 | 0x0421 | 0x0422 | 0x0425 | 0x0426 | 0x0427 | 0x0501 | 0x1201 | 0x1204 | 0x1380 => len == 1,
        0x0008 | 0x0204 | 0x020A | 0x020B | 0x020C | 0x1203 | 0x1383 => len == 2,
        0x0423 => len == 3,
        0x0017 => len == 4,
        0x001D => (1..=256).contains(&len),
        0x001E | 0x0303 => (1..=65).contains(&len),
        0x0202 | 0x0203 => (2..=23).contains(&len),
        0x0381 => (4..=19).contains(&len),
        _ => true,
    }
}

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// The high bit of the lowest octet that is 0, and perhaps of octets above it.
#[inline(always)]
fn nul_bits(octets: [u8; 8]) -> u64 {
    let word = u64::from_le_bytes(octets);
    word.wrapping_sub(LOW) & !word & HIGH
}

#[cfg(test)]
mod tests {
    use smpp::codec::{DEFAULT_MAX_COMMAND_LENGTH, Decode, Decoder, Frame, Leniency};
    use smpp::pdu::{DeliverSm, SubmitSm, SubmitSmResp};

    use super::*;
    use crate::cases::Bench;

    macro_rules! sm_of {
        ($pdu:expr) => {
            Sm {
                service_type: $pdu.service_type.as_bytes(),
                source_addr_ton: $pdu.source_addr_ton.0,
                source_addr_npi: $pdu.source_addr_npi.0,
                source_addr: $pdu.source_addr.as_bytes(),
                dest_addr_ton: $pdu.dest_addr_ton.0,
                dest_addr_npi: $pdu.dest_addr_npi.0,
                destination_addr: $pdu.destination_addr.as_bytes(),
                esm_class: $pdu.esm_class.0,
                protocol_id: $pdu.protocol_id,
                priority_flag: $pdu.priority_flag.0,
                schedule_delivery_time: $pdu.schedule_delivery_time.as_bytes(),
                validity_period: $pdu.validity_period.as_bytes(),
                registered_delivery: $pdu.registered_delivery.0,
                replace_if_present_flag: $pdu.replace_if_present_flag.0,
                data_coding: $pdu.data_coding.0,
                sm_default_msg_id: $pdu.sm_default_msg_id.0,
                short_message: $pdu.short_message.as_bytes(),
                tlvs: $pdu.tlvs.octets(),
            }
        };
    }

    /// The codec under a policy that refuses all that the floor refuses.
    fn decode<'a, P: Decode<'a>>(octets: &'a [u8]) -> Option<P> {
        let (frame, _) = Frame::split(octets, DEFAULT_MAX_COMMAND_LENGTH).ok()??;
        Decoder::new(Leniency::STRICT.validating(false)).decode_as(frame).ok()
    }

    fn assert_same(octets: &[u8]) {
        let context = octets.escape_ascii();
        let submit_sm = decode::<SubmitSm<'_>>(octets);
        assert_eq!(Sm::decode(octets, SUBMIT_SM).ok(), submit_sm.as_ref().map(|pdu| sm_of!(pdu)), "{context}");
        let deliver_sm = decode::<DeliverSm<'_>>(octets);
        assert_eq!(Sm::decode(octets, DELIVER_SM).ok(), deliver_sm.as_ref().map(|pdu| sm_of!(pdu)), "{context}");
        let resp = decode::<SubmitSmResp<'_>>(octets);
        let resp = resp.as_ref().map(|pdu| SmResp { message_id: pdu.message_id.as_bytes(), tlvs: pdu.tlvs.octets() });
        assert_eq!(SmResp::decode(octets).ok(), resp, "{context}");
    }

    #[test]
    fn samples_decode_to_the_same_values() {
        let bench = Bench::new();
        bench.samples().into_iter().for_each(assert_same);
    }

    #[test]
    fn whatever_one_octet_becomes_both_agree() {
        let bench = Bench::new();
        for sample in bench.samples() {
            for at in 0..sample.len() {
                for value in 0..=u8::MAX {
                    let mut octets = sample.to_vec();
                    octets[at] = value;
                    // The codec takes a response without a body; the floor does not.
                    if octets[..4] != [0, 0, 0, 16] {
                        assert_same(&octets);
                    }
                }
            }
        }
    }

    #[test]
    fn wherever_the_pdu_ends_both_agree() {
        let bench = Bench::new();
        for sample in bench.samples() {
            for len in 17..sample.len() {
                let mut octets = sample[..len].to_vec();
                octets[3] = len as u8;
                assert_same(&octets);
            }
        }
    }

    #[test]
    fn tlvs_may_have_the_same_lengths() {
        for tag in 0..0x1500 {
            for len in (0..300).chain([u16::MAX]) {
                assert_eq!(may_have_length(tag, len), smpp::tlv::accepts(tag, len.into()), "{tag:#06X} {len}");
            }
        }
    }

    #[test]
    fn both_refuse_to_encode_the_same() {
        let mut out = Vec::new();
        for len in 0..300 {
            for octet in [b'x', 0] {
                let text = vec![octet; len];
                let mut both = |floor: Sm<'_>, ours: SubmitSm<'_>| {
                    out.clear();
                    let floor = floor.encode(SUBMIT_SM, 1, &mut out).is_ok().then_some(&out[..]);
                    let ours = smpp::codec::Encode::to_octets(&ours, 1).ok();
                    assert_eq!(floor, ours.as_deref(), "{len} of {octet}");
                };
                let (floor, ours) = (Sm::default(), SubmitSm::default());
                both(Sm { service_type: &text, ..floor }, ours.clone().with_service_type(&text));
                both(Sm { source_addr: &text, ..floor }, ours.clone().with_source_addr(&text));
                both(Sm { validity_period: &text, ..floor }, ours.clone().with_validity_period(&text));
                both(Sm { short_message: &text, ..floor }, ours.clone().with_short_message(&text));
            }
        }
    }
}
