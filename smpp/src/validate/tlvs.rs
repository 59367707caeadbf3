//! The TLVs (section 5.3).

use std::collections::BTreeSet;

use super::Check;
use crate::codec::{RawTlv, Tlv, TlvKind, TlvSpec, Tlvs};
use crate::error::DecodeErrorKind as Kind;
use crate::protocol::tlv;
use crate::sms::UserDataHeader;

impl Check<'_> {
    pub(super) fn tlvs(&mut self, tlvs: &Tlvs<'_>, begin: usize) {
        let mut seen = Seen { begin, tags: BTreeSet::new(), payload: None };
        let mut offset = begin;
        for tlv in tlvs {
            if self.has_enough() {
                return;
            }
            self.tlv(tlv, offset, &mut seen);
            offset += 4 + tlv.value.len();
        }
        if self.user_data_header
            && !self.has_text
            && seen.payload.is_none_or(|text| UserDataHeader::parse(text).is_err())
        {
            let offset = offset_of(tlvs, begin, tlv::MessagePayload::SPEC.tag).unwrap_or(begin);
            self.object(tlv::MessagePayload::SPEC.name, offset, Kind::InvalidUserDataHeader);
        }
        self.companions(tlvs, &seen);
    }

    fn tlv<'t>(&mut self, tlv: RawTlv<'t>, offset: usize, seen: &mut Seen<'t>) {
        let RawTlv { tag, value } = tlv;
        let is_first = seen.tags.insert(tag);
        let vendors = self.tables.vendors;
        let known = || tlv::find(tag).into_iter().chain(vendors.iter().filter_map(|vendor| vendor.tlv(tag)));
        let Some(spec) = known().next() else {
            return self.object("tlvs", offset, Kind::UnknownTlv { tag });
        };
        let command_id = self.header.command_id;
        let is_listed = self.spec.is_some_and(|command| command.tlvs.contains(&tag));
        if !is_listed && !known().any(|spec| spec.is_allowed_in(command_id)) {
            self.object(spec.name, offset, Kind::TlvNotAllowed { tag });
        }
        if !is_first && !spec.repeatable {
            self.object(spec.name, offset, Kind::TlvRepeated { tag });
        }
        let (min, max) = (u32::from(spec.min), u32::from(spec.max));
        match value.len() as u32 {
            len if (min..=max).contains(&len) => self.tlv_value(spec, value, offset),
            len => self.object(spec.name, offset, Kind::TlvInvalidLength { tag, len, min, max }),
        }
        if tag == tlv::MessagePayload::SPEC.tag {
            seen.payload = seen.payload.or(Some(value));
            if self.has_text {
                self.object(spec.name, offset, Kind::TextTwice);
            }
        }
        if self.user_data_header && (SAR.contains(&tag) || PORTS.contains(&tag)) {
            self.object(spec.name, offset, Kind::UserDataHeaderAndTlv { tag });
        }
    }

    fn tlv_value(&mut self, spec: &'static TlvSpec, octets: &[u8], offset: usize) {
        let integer = match (spec.kind, octets) {
            (TlvKind::Integer, [first, rest @ ..]) if rest.len() < 8 => {
                Some(rest.iter().fold(u64::from(*first), |value, &octet| value << 8 | u64::from(octet)))
            }
            _ => None,
        };
        let defines = |values, &value: &u64| self.tables.defines(values, value, self.direction);
        let undefined = integer.filter(|value| {
            spec.values.is_some_and(|values| !defines(values, value))
                || spec.range.is_some_and(|(least, greatest)| !(least..=greatest).contains(value))
        });
        let kind = octets.first().map(|&octet| u64::from(octet));
        let unknown_kind = kind.filter(|kind| spec.first_octet.is_some_and(|values| !defines(values, kind)));
        if let Some(value) = undefined.or(unknown_kind) {
            self.object(spec.name, offset, Kind::TlvInvalidValue { tag: spec.tag, value });
        }
    }

    /// TLVs that say nothing without others (sections 5.3.2.22 to 24, 37 and 38).
    fn companions(&mut self, tlvs: &Tlvs<'_>, seen: &Seen<'_>) {
        let of_callback_num = [tlv::CallbackNumPresInd::SPEC.tag, tlv::CallbackNumAtag::SPEC.tag];
        let needs = of_callback_num.map(|tag| (tag, &CALLBACK_NUM[..]));
        let first_of_sar = SAR.into_iter().find(|tag| seen.tags.contains(tag)).map(|tag| (tag, &SAR[..]));
        for (tag, companions) in needs.into_iter().chain(first_of_sar) {
            let Some(offset) = offset_of(tlvs, seen.begin, tag) else { continue };
            let name = tlv::find(tag).map_or("tlvs", |spec| spec.name);
            for &tag in companions.iter().filter(|tag| !seen.tags.contains(tag)) {
                self.object(name, offset, Kind::TlvMissing { tag });
            }
        }
    }
}

/// What the TLVs that were looked at leave behind.
struct Seen<'t> {
    begin: usize,
    tags: BTreeSet<u16>,
    payload: Option<&'t [u8]>,
}

/// Where the first TLV with this tag begins.
fn offset_of(tlvs: &Tlvs<'_>, begin: usize, tag: u16) -> Option<usize> {
    let mut offset = begin;
    tlvs.iter().find_map(|tlv| {
        let at = offset;
        offset += 4 + tlv.value.len();
        (tlv.tag == tag).then_some(at)
    })
}

const SAR: [u16; 3] = [tlv::SarMsgRefNum::SPEC.tag, tlv::SarTotalSegments::SPEC.tag, tlv::SarSegmentSeqnum::SPEC.tag];
const CALLBACK_NUM: [u16; 1] = [tlv::CallbackNum::SPEC.tag];
const PORTS: [u16; 2] = [tlv::SourcePort::SPEC.tag, tlv::DestinationPort::SPEC.tag];
