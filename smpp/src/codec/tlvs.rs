//! The TLV area of a PDU: kept as it stands on the wire, typed on top (section 3.2.4, 5.3).

use std::borrow::Cow;
use std::fmt;

use super::string::find_nul;
use super::{COctetString, OctetString, TlvSpec, WireInteger};
use crate::error::EncodeErrorKind;

/// The TLVs (optional parameters) of a PDU, in order, duplicates kept, unknown and vendor ones alike.
///
/// The area is held encoded, so what was decoded is encoded again octet for octet. A few short TLVs that are added to
/// an empty area need no allocation.
///
/// ```
/// use smpp::codec::Tlvs;
/// use smpp::tlv;
///
/// let mut tlvs = Tlvs::default();
/// tlvs.set::<tlv::UserMessageReference>(7);
/// tlvs.push_raw(0x1403, b"34");
/// assert_eq!(tlvs.get::<tlv::UserMessageReference>(), Some(7));
/// assert_eq!(tlvs.octets(), b"\x02\x04\0\x02\0\x07\x14\x03\0\x0234");
/// ```
#[derive(Clone)]
pub struct Tlvs<'a>(Area<'a>);

/// The encoded area. The variants are laid out to fit 32 octets.
#[derive(Clone)]
enum Area<'a> {
    Wire {
        /// Whether the PDU had a body although its status tells of an error, and is to have it again.
        keeps_body: bool,
        tail: u32,
        octets: &'a [u8],
    },
    Short {
        len: u8,
        octets: [u8; SHORT],
    },
    Owned {
        keeps_body: bool,
        tail: u32,
        octets: Vec<u8>,
    },
    /// A TLV was added that cannot be encoded; encoding the PDU says so.
    Unencodable(Box<Unencodable>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Unencodable {
    field: &'static str,
    kind: EncodeErrorKind,
}

/// Octets that an area holds without allocation.
const SHORT: usize = 30;

/// One TLV as it stands on the wire.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RawTlv<'a> {
    /// Tag.
    pub tag: u16,
    /// Value.
    pub value: &'a [u8],
}

/// A TLV as a type: `smpp::tlv::MessagePayload` and the like.
///
/// Implemented by `include_spec!`.
pub trait Tlv {
    /// What the specification says of it.
    const SPEC: &'static TlvSpec;

    /// What its value is in Rust.
    type Value<'a>: TlvValue<'a>;
}

/// A Rust type that a TLV's value is read as and written from.
pub trait TlvValue<'a>: Sized {
    /// The value, if these octets are one. Integers of another width are taken if the number fits; a C-octet string
    /// need not have its NUL.
    fn from_octets(octets: &'a [u8]) -> Option<Self>;

    /// Hands the octets of the value to `write`.
    fn with_octets(&self, write: impl FnOnce(&[u8]));

    /// Why the value cannot be encoded, whatever its length.
    #[inline(always)]
    fn defect(&self) -> Option<EncodeErrorKind> {
        None
    }
}

impl<'a> Tlvs<'a> {
    /// No TLVs.
    pub const EMPTY: Self = Self(Area::Wire { keeps_body: false, tail: 0, octets: &[] });

    #[inline(always)]
    pub(super) const fn wire(octets: &'a [u8], tail: usize) -> Self {
        Self(Area::Wire { keeps_body: false, tail: tail as u32, octets })
    }

    /// An area that is already encoded. What does not read as TLVs becomes the [`tail`](Self::tail).
    pub fn from_octets(octets: &'a [u8]) -> Self {
        let mut iter = TlvIter { rest: octets };
        iter.by_ref().for_each(drop);
        Self::wire(octets, iter.rest.len())
    }

    /// All TLVs in wire order, up to the [`tail`](Self::tail).
    pub fn iter(&self) -> TlvIter<'_> {
        let octets = self.octets();
        TlvIter { rest: &octets[..octets.len() - self.tail().len()] }
    }

    /// The value of the first TLV of this type; `None` if there is none or its octets are no such value.
    pub fn get<T: Tlv>(&self) -> Option<T::Value<'_>> {
        T::Value::from_octets(self.find(T::SPEC.tag)?)
    }

    /// The values of all TLVs of this type, for those that may be repeated. Octets that are no such value are passed
    /// over.
    pub fn get_all<T: Tlv>(&self) -> impl Iterator<Item = T::Value<'_>> {
        self.iter().filter(|tlv| tlv.tag == T::SPEC.tag).filter_map(|tlv| T::Value::from_octets(tlv.value))
    }

    /// The octets of the first TLV with this tag.
    pub fn find(&self, tag: u16) -> Option<&[u8]> {
        self.iter().find(|tlv| tlv.tag == tag).map(|tlv| tlv.value)
    }

    /// Whether there is a TLV with this tag.
    pub fn contains(&self, tag: u16) -> bool {
        self.find(tag).is_some()
    }

    /// Sets a TLV: removes those of the same type, if any, and adds it at the end.
    #[inline]
    pub fn set<'v, T: Tlv>(&mut self, value: T::Value<'v>) {
        if !self.octets().is_empty() {
            self.remove(T::SPEC.tag);
        }
        self.push::<T>(value);
    }

    /// Adds a TLV at the end, whether there is one of its type already or not.
    ///
    /// A value of a length that the TLV may not have makes encoding the PDU fail; the area then holds nothing else any
    /// more.
    #[inline]
    pub fn push<'v, T: Tlv>(&mut self, value: T::Value<'v>) {
        let spec = T::SPEC;
        if let Some(kind) = value.defect() {
            return self.refuse(spec, kind);
        }
        value.with_octets(|octets| {
            if octets.len() > usize::from(spec.max) || octets.len() < usize::from(spec.min) {
                self.refuse(spec, length_defect(spec, octets.len()));
            } else {
                self.append(spec.tag, octets);
            }
        });
    }

    /// Adds any TLV at the end.
    ///
    /// A value of more than 65,535 octets makes encoding the PDU fail; the area then holds nothing else any more.
    pub fn push_raw(&mut self, tag: u16, value: &[u8]) {
        if value.len() > usize::from(u16::MAX) {
            let kind = EncodeErrorKind::TooLong { len: value.len(), max: usize::from(u16::MAX) };
            self.0 = Area::Unencodable(Box::new(Unencodable { field: "tlvs", kind }));
        } else {
            self.append(tag, value);
        }
    }

    /// Removes every TLV with this tag.
    pub fn remove(&mut self, tag: u16) {
        if self.contains(tag) {
            let mut kept = Vec::with_capacity(self.octets().len());
            for tlv in self.iter().filter(|tlv| tlv.tag != tag) {
                tlv.write(&mut kept);
            }
            kept.extend_from_slice(self.tail());
            self.0 = Area::Owned { keeps_body: self.keeps_body(), tail: self.tail().len() as u32, octets: kept };
        }
    }

    /// Whether there are no octets at all.
    pub fn is_empty(&self) -> bool {
        self.octets().is_empty()
    }

    /// The whole area as it stands on the wire, tail included.
    #[inline]
    pub fn octets(&self) -> &[u8] {
        match &self.0 {
            Area::Wire { octets, .. } => octets,
            Area::Short { len, octets } => octets.get(..usize::from(*len)).unwrap_or_default(),
            Area::Owned { octets, .. } => octets,
            Area::Unencodable(_) => &[],
        }
    }

    /// The octets at the end of a decoded area that do not read as TLVs. Such an area is not encoded again.
    pub fn tail(&self) -> &[u8] {
        match &self.0 {
            Area::Wire { tail, octets, .. } => &octets[octets.len() - *tail as usize..],
            Area::Owned { tail, octets, .. } => &octets[octets.len() - *tail as usize..],
            Area::Short { .. } | Area::Unencodable(_) => &[],
        }
    }

    /// The same TLVs, borrowing from these.
    pub fn as_borrowed(&self) -> Tlvs<'_> {
        match &self.0 {
            Area::Unencodable(reason) => Tlvs(Area::Unencodable(reason.clone())),
            _ => Tlvs(Area::Wire {
                keeps_body: self.keeps_body(),
                tail: self.tail().len() as u32,
                octets: self.octets(),
            }),
        }
    }

    /// The same TLVs with octets of their own. Allocates only if they were borrowed and do not fit without.
    pub fn into_owned(self) -> Tlvs<'static> {
        Tlvs(match self.0 {
            Area::Wire { keeps_body, octets: [], .. } => Area::Wire { keeps_body, tail: 0, octets: &[] },
            Area::Wire { keeps_body, tail, octets } => Area::Owned { keeps_body, tail, octets: octets.to_vec() },
            Area::Short { len, octets } => Area::Short { len, octets },
            Area::Owned { keeps_body, tail, octets } => Area::Owned { keeps_body, tail, octets },
            Area::Unencodable(reason) => Area::Unencodable(reason),
        })
    }

    /// Remembers that the PDU had a body although its status tells of an error.
    pub(super) fn keep_body(&mut self) {
        if let Area::Wire { keeps_body, .. } | Area::Owned { keeps_body, .. } = &mut self.0 {
            *keeps_body = true;
        }
    }

    /// Whether the PDU is to have a body although its status tells of an error.
    pub(super) fn keeps_body(&self) -> bool {
        matches!(self.0, Area::Wire { keeps_body: true, .. } | Area::Owned { keeps_body: true, .. })
    }

    /// The octets of an area that was built without allocation, and how many of them count.
    #[inline(always)]
    pub(super) fn short(&self) -> Option<(&[u8; SHORT], usize)> {
        match &self.0 {
            Area::Short { len, octets } => Some((octets, usize::from(*len))),
            _ => None,
        }
    }

    /// The area for encoding.
    #[inline(always)]
    pub(super) fn encodable(&self) -> Result<&[u8], (&'static str, EncodeErrorKind)> {
        match &self.0 {
            Area::Wire { tail: 0, octets, .. } => Ok(octets),
            Area::Short { len, octets } => Ok(octets.get(..usize::from(*len)).unwrap_or_default()),
            Area::Owned { tail: 0, octets, .. } => Ok(octets),
            Area::Wire { tail, .. } | Area::Owned { tail, .. } => {
                Err(("tlvs", EncodeErrorKind::MalformedTlvs { octets: *tail as usize }))
            }
            Area::Unencodable(reason) => Err((reason.field, reason.kind)),
        }
    }

    #[inline(always)]
    fn append(&mut self, tag: u16, value: &[u8]) {
        let [tag_high, tag_low] = tag.to_be_bytes();
        let [len_high, len_low] = (value.len() as u16).to_be_bytes();
        if let Area::Wire { keeps_body: false, octets: [], .. } = self.0
            && value.len() <= SHORT - 4
        {
            let mut octets = [0; SHORT];
            octets[..4].copy_from_slice(&[tag_high, tag_low, len_high, len_low]);
            octets[4..4 + value.len()].copy_from_slice(value);
            self.0 = Area::Short { len: 4 + value.len() as u8, octets };
            return;
        }
        self.append_more(tag, value);
    }

    #[inline(never)]
    fn append_more(&mut self, tag: u16, value: &[u8]) {
        let tlv = RawTlv { tag, value };
        match &mut self.0 {
            Area::Short { len, octets } => {
                let start = usize::from(*len);
                if let Some(place) = octets.get_mut(start..start + 4 + value.len()) {
                    let (header, rest) = place.split_at_mut(4);
                    header.copy_from_slice(&tlv.header());
                    rest.copy_from_slice(value);
                    *len = (start + 4 + value.len()) as u8;
                    return;
                }
            }
            Area::Owned { tail: 0, octets, .. } => return tlv.write(octets),
            // What could not be encoded cannot be, whatever follows.
            Area::Unencodable(_) => return,
            Area::Wire { .. } | Area::Owned { .. } => {}
        }
        let tail = self.tail().len();
        let old = self.octets();
        let mut octets = Vec::with_capacity(old.len() + 4 + value.len());
        octets.extend_from_slice(&old[..old.len() - tail]);
        tlv.write(&mut octets);
        octets.extend_from_slice(&old[old.len() - tail..]);
        self.0 = Area::Owned { keeps_body: self.keeps_body(), tail: tail as u32, octets };
    }

    #[cold]
    #[inline(never)]
    fn refuse(&mut self, spec: &'static TlvSpec, kind: EncodeErrorKind) {
        self.0 = Area::Unencodable(Box::new(Unencodable { field: spec.name, kind }));
    }
}

#[cold]
fn length_defect(spec: &TlvSpec, len: usize) -> EncodeErrorKind {
    if len > usize::from(spec.max) {
        EncodeErrorKind::TooLong { len, max: usize::from(spec.max) }
    } else {
        EncodeErrorKind::TooShort { len, min: usize::from(spec.min) }
    }
}

impl Default for Tlvs<'_> {
    #[inline]
    fn default() -> Self {
        Tlvs::EMPTY
    }
}

impl PartialEq for Tlvs<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Area::Unencodable(one), Area::Unencodable(two)) => one == two,
            (Area::Unencodable(_), _) | (_, Area::Unencodable(_)) => false,
            _ => self.octets() == other.octets(),
        }
    }
}

impl Eq for Tlvs<'_> {}

impl<'a> FromIterator<RawTlv<'a>> for Tlvs<'static> {
    fn from_iter<I: IntoIterator<Item = RawTlv<'a>>>(tlvs: I) -> Self {
        let mut all = Tlvs::EMPTY;
        for tlv in tlvs {
            all.push_raw(tlv.tag, tlv.value);
        }
        all
    }
}

impl<'t> IntoIterator for &'t Tlvs<'_> {
    type Item = RawTlv<'t>;
    type IntoIter = TlvIter<'t>;

    fn into_iter(self) -> TlvIter<'t> {
        self.iter()
    }
}

impl fmt::Debug for Tlvs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Area::Unencodable(reason) = &self.0 {
            return write!(f, "{reason:?}");
        }
        let mut list = f.debug_list();
        list.entries(self);
        if !self.tail().is_empty() {
            list.entry(&format_args!("tail \"{}\"", self.tail().escape_ascii()));
        }
        list.finish()
    }
}

/// The TLVs of an area, one after the other.
#[derive(Debug, Clone)]
pub struct TlvIter<'t> {
    rest: &'t [u8],
}

impl<'t> Iterator for TlvIter<'t> {
    type Item = RawTlv<'t>;

    fn next(&mut self) -> Option<RawTlv<'t>> {
        let ([tag_high, tag_low, len_high, len_low], after) = self.rest.split_first_chunk::<4>()?;
        let len = u16::from_be_bytes([*len_high, *len_low]);
        let (value, rest) = after.split_at_checked(usize::from(len))?;
        self.rest = rest;
        Some(RawTlv { tag: u16::from_be_bytes([*tag_high, *tag_low]), value })
    }
}

impl RawTlv<'_> {
    fn header(&self) -> [u8; 4] {
        let [tag_high, tag_low] = self.tag.to_be_bytes();
        let [len_high, len_low] = (self.value.len() as u16).to_be_bytes();
        [tag_high, tag_low, len_high, len_low]
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.header());
        out.extend_from_slice(self.value);
    }
}

impl fmt::Debug for RawTlv<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value.escape_ascii();
        match crate::protocol::tlv::find(self.tag) {
            Some(spec) => write!(f, "{} (0x{:04X}) \"{value}\"", spec.name, self.tag),
            None => write!(f, "0x{:04X} \"{value}\"", self.tag),
        }
    }
}

impl<'a, T: WireInteger> TlvValue<'a> for T {
    fn from_octets(octets: &'a [u8]) -> Option<Self> {
        let significant = octets.iter().position(|&octet| octet != 0).unwrap_or(octets.len());
        if octets.is_empty() || octets.len() - significant > 8 {
            return None;
        }
        Self::from_u64(octets.iter().fold(0, |number, &octet| number << 8 | u64::from(octet)))
    }

    #[inline(always)]
    fn with_octets(&self, write: impl FnOnce(&[u8])) {
        let octets = self.to_u64().to_be_bytes();
        write(&octets[8 - T::SIZE..]);
    }
}

impl<'a> TlvValue<'a> for OctetString<'a> {
    fn from_octets(octets: &'a [u8]) -> Option<Self> {
        Some(OctetString::borrowed(octets))
    }

    #[inline]
    fn with_octets(&self, write: impl FnOnce(&[u8])) {
        write(self.as_bytes());
    }
}

impl<'a> TlvValue<'a> for COctetString<'a> {
    fn from_octets(octets: &'a [u8]) -> Option<Self> {
        Some(COctetString::borrowed(octets.split(|&octet| octet == 0).next().unwrap_or_default()))
    }

    fn with_octets(&self, write: impl FnOnce(&[u8])) {
        // The longest of the standard takes 65 octets.
        let mut short = [0; 65];
        if self.len() < short.len() {
            short[..self.len()].copy_from_slice(self.as_bytes());
            return write(&short[..=self.len()]);
        }
        let mut octets = Cow::Borrowed(self.as_bytes());
        octets.to_mut().push(0);
        write(&octets);
    }

    fn defect(&self) -> Option<EncodeErrorKind> {
        find_nul(self.as_bytes()).map(|at| EncodeErrorKind::NulInside { at })
    }
}

/// The value of a TLV that has none.
impl TlvValue<'_> for () {
    fn from_octets(_: &[u8]) -> Option<Self> {
        Some(())
    }

    fn with_octets(&self, write: impl FnOnce(&[u8])) {
        write(&[]);
    }
}
