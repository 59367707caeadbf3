//! What is decided before a text is cut: its alphabet, and how much room each part has.

use std::borrow::Cow;

use super::cut::{Body, Cut, Packing, Unit};
use super::part::{End, Split};
use super::{Content, Segmentation, SplitError, Splitter};
use crate::sms::udh::iei;
use crate::sms::{
    Alphabet, Choice, ConcatenationForm, Gsm7, Languages, Padding, Ports, Scheme, fill_bits, pack, unpack,
};
use crate::value::DataCoding;

/// Units that a short message has room for: of 140 octets less the user data header, whose length octet counts.
///
/// ```
/// use smpp::sms::{Alphabet, capacity};
///
/// assert_eq!(capacity(Alphabet::GSM7, 0), 160);
/// assert_eq!(capacity(Alphabet::GSM7, 6), 153);
/// assert_eq!(capacity(Alphabet::Ucs2, 6), 67);
/// ```
pub const fn capacity(alphabet: Alphabet, header_octets: usize) -> usize {
    room(alphabet.bits(), header_octets)
}

/// Units of so many bits that a header leaves room for.
pub(super) const fn room(bits: usize, header_octets: usize) -> usize {
    (USER_DATA * 8).saturating_sub(header_octets * 8) / bits
}

/// How a text, or octets, are to be sent.
pub(super) struct Plan<'p> {
    segmentation: Segmentation,
    pub(super) alphabet: Option<Alphabet>,
    pub(super) data_coding: DataCoding,
    source: Source<'p>,
    unit: Unit,
    /// Whether septets are packed on the wire.
    packed: bool,
    padding: Padding,
    /// Units in all.
    pub(super) units: usize,
    /// The elements of each part besides the concatenation.
    elements: Elements<'p>,
    /// What the SMSC makes elements of, out of TLVs.
    ports: Option<Ports>,
    /// Units of a message that has no other parts.
    alone: usize,
    /// Units of one of several parts.
    together: usize,
}

/// What stands in the parts.
enum Source<'p> {
    Text(Cow<'p, str>),
    /// As they were given.
    Octets(&'p [u8]),
    /// Septets that were given packed.
    Unpacked {
        packed: &'p [u8],
        septets: Vec<u8>,
    },
}

/// Elements of a header, as they stand on the wire.
#[derive(Clone, Copy)]
struct Elements<'p> {
    given: &'p [u8],
    shifts: [u8; 6],
    shifts_len: usize,
}

impl Splitter {
    pub(super) fn plan<'p>(&'p self, content: Content<'p>) -> Result<Plan<'p>, SplitError> {
        let (source, alphabet, data_coding, units) = match content {
            Content::Text(text) => {
                let choice = self.choose(text)?;
                let data_coding = match self.class {
                    None => choice.data_coding,
                    Some(class) => Scheme::of_class(choice.alphabet, class)
                        .ok_or(SplitError::Class { alphabet: choice.alphabet })?
                        .data_coding(),
                };
                (Source::Text(choice.text), Some(choice.alphabet), data_coding, choice.units)
            }
            Content::Octets { data_coding, octets } => {
                let alphabet = self.profile.alphabet_of(data_coding);
                if self.profile.packed && matches!(alphabet, Some(Alphabet::Gsm7(_))) {
                    let septets = unpack(octets, 0, self.profile.padding);
                    let units = septets.len();
                    (Source::Unpacked { packed: octets, septets }, alphabet, data_coding, units)
                } else {
                    let units = octets.len().div_ceil(Unit::of(alphabet).octets());
                    (Source::Octets(octets), alphabet, data_coding, units)
                }
            }
        };
        let gsm7 = match (&source, alphabet) {
            // What data_coding 0 stands for needs no header.
            (Source::Text(_), Some(Alphabet::Gsm7(gsm7))) if alphabet != Some(self.profile.default_alphabet) => {
                Some(gsm7)
            }
            (Source::Text(_), _) => Some(Gsm7::DEFAULT),
            _ => None,
        };
        self.check_elements(gsm7)?;
        let is_sar = self.segmentation == Segmentation::Sar;
        let given = self.header.elements_octets()?;
        let elements = Elements::new(given, gsm7.unwrap_or_default());
        let unit = Unit::of(alphabet);
        let (alone, together) = self.rooms(elements.len());
        let mut plan = Plan {
            segmentation: self.segmentation,
            alphabet,
            data_coding,
            source,
            unit,
            packed: self.profile.packed && matches!(alphabet, Some(Alphabet::Gsm7(_))),
            padding: self.profile.padding,
            units,
            elements: if is_sar { Elements::NONE } else { elements },
            ports: self.header.ports().filter(|_| is_sar),
            alone: room(unit.bits(), alone),
            together: room(unit.bits(), together),
        };
        if alone > USER_DATA {
            return Err(SplitError::NoRoom { header: alone });
        }
        if plan.units == plan.alone && plan.ends_in_return(plan.header_len()) {
            // It has no room for the second carriage return, without which the first would be taken for padding.
            plan.alone -= 1;
        }
        // A pair must fit, or there would be no end; and a letter beside it, if the pair must go to the next part because
        // it looks like padding.
        if !plan.is_single() && plan.together < 2 + usize::from(plan.packed) {
            return Err(SplitError::NoRoom { header: together });
        }
        Ok(plan)
    }

    /// The alphabet of a text, with the tables that make the fewest parts.
    fn choose<'t>(&self, text: &'t str) -> Result<Choice<'t>, SplitError> {
        // Parts with sar_* TLVs have no header that could name a language.
        let languages = if self.segmentation == Segmentation::Sar { Languages::NONE } else { self.profile.languages };
        let parts = |alphabet: Alphabet, units: usize| {
            let gsm7 = if let Alphabet::Gsm7(gsm7) = alphabet { gsm7 } else { Gsm7::DEFAULT };
            let (alone, together) = self.rooms(self.header.len() - 1 + Elements::new(&[], gsm7).len());
            let (alone, together) = (room(alphabet.bits(), alone), room(alphabet.bits(), together));
            if units <= alone { 1 } else { units.div_ceil(together.max(1)) }
        };
        let mut profile = self.profile.with_languages(languages);
        if self.class.is_some() {
            // What has a class says that it is GSM 7-bit or UCS-2, whatever data_coding 0 stands for.
            profile = profile.with_default_alphabet(Alphabet::GSM7);
        }
        Ok(profile.choose_with(self.alphabet, text, parts)?)
    }

    fn check_elements(&self, gsm7: Option<Gsm7>) -> Result<(), SplitError> {
        let is_sar = self.segmentation == Segmentation::Sar;
        let is_refused = |iei: &u8| match *iei {
            iei::CONCATENATED_8 | iei::CONCATENATED_16 => true,
            iei::LOCKING_SHIFT | iei::SINGLE_SHIFT => is_sar || gsm7.is_some(),
            iei::PORTS_8 | iei::PORTS_16 => false,
            _ => is_sar,
        };
        let of_language = gsm7.filter(|_| is_sar).and_then(|gsm7| match gsm7 {
            Gsm7 { locking: Some(_), .. } => Some(iei::LOCKING_SHIFT),
            Gsm7 { single: Some(_), .. } => Some(iei::SINGLE_SHIFT),
            Gsm7::DEFAULT => None,
        });
        match of_language.or_else(|| self.header.identifiers().find(is_refused)) {
            Some(iei) => Err(SplitError::Element { iei }),
            None => Ok(()),
        }
    }

    /// Octets of the header that a message has on the air, if it is alone and if it is one of several, which have
    /// elements of so many octets besides the concatenation.
    fn rooms(&self, elements: usize) -> (usize, usize) {
        let concatenation = match self.segmentation {
            Segmentation::Udh8 | Segmentation::MessagePayload => 5,
            Segmentation::Udh16 | Segmentation::Sar => 6,
        };
        let alone = if elements == 0 { 0 } else { 1 + elements };
        (alone, 1 + elements + concatenation)
    }
}

impl Plan<'_> {
    /// Whether everything fits one message.
    pub(super) fn is_single(&self) -> bool {
        self.units <= self.alone
    }

    /// Whether it is one PDU that the SMSC will split.
    fn is_payload(&self) -> bool {
        self.segmentation == Segmentation::MessagePayload && !self.is_single()
    }

    /// Units that each part has room for.
    pub(super) fn capacity(&self) -> usize {
        if self.is_single() { self.alone } else { self.together }
    }

    /// The parts of what does not fit one message.
    pub(super) fn cuts(&self) -> impl Iterator<Item = Cut> {
        let concatenation = match self.form() {
            ConcatenationForm::Udh8 => 5,
            ConcatenationForm::Udh16 => 6,
            ConcatenationForm::Sar => 0,
        };
        let header = match self.elements.len() + concatenation {
            0 => 0,
            len => 1 + len,
        };
        let packing = Packing { fill: fill_bits(header), padding: self.padding };
        self.body().cuts(self.together, self.units, self.packed.then_some(packing))
    }

    /// Whether the octets behind a header of so many, packed in one piece, end in a carriage return that another is to
    /// follow.
    fn ends_in_return(&self, header: usize) -> bool {
        let packing = Packing { fill: fill_bits(header), padding: self.padding };
        self.packed
            && self.padding == Padding::CarriageReturn
            && packing.ends_in_place(self.units)
            && self.body().ends_in(packing.septet())
    }

    /// Whether so many segments can be sent.
    pub(super) fn check(&self, segments: usize) -> Result<(), SplitError> {
        if self.segmentation != Segmentation::MessagePayload {
            return if segments > MAX_PARTS { Err(SplitError::TooManyParts { needed: segments }) } else { Ok(()) };
        }
        let text = match self.source {
            Source::Unpacked { packed, .. } if self.header_len() == 0 => packed.len(),
            _ if self.packed => {
                let octets = (self.units * SEPTET + fill_bits(self.header_len())).div_ceil(8);
                octets + usize::from(self.ends_in_return(self.header_len()))
            }
            Source::Octets(octets) => octets.len(),
            Source::Text(_) | Source::Unpacked { .. } => self.units * self.unit.octets(),
        };
        let len = self.header_len() + text;
        if len > MAX_PAYLOAD { Err(SplitError::PayloadTooLong { len }) } else { Ok(()) }
    }

    /// Cuts and encodes. The reference is asked for only if there are several parts.
    pub(super) fn split(self, reference: impl FnOnce() -> u16) -> Result<Split, SplitError> {
        if self.is_single() || self.is_payload() {
            self.check(1)?;
            return self.join(None, &[Cut { start: 0, end: self.len(), units: self.units }]);
        }
        let mut cuts = Vec::with_capacity((self.units / self.together + 1).min(MAX_PARTS));
        let mut all = self.cuts();
        cuts.extend(all.by_ref().take(MAX_PARTS));
        let needed = cuts.len() + all.count();
        self.check(needed)?;
        self.join(Some(reference()), &cuts)
    }

    /// Writes the octets of all parts.
    fn join(&self, reference: Option<u16>, cuts: &[Cut]) -> Result<Split, SplitError> {
        let form = reference.map(|reference| (self.form(), reference));
        let total = cuts.len() as u8;
        let mut split = Split {
            alphabet: self.alphabet,
            data_coding: self.data_coding,
            octets: Vec::with_capacity(match cuts.len() {
                1 => self.header_len() + self.len().max(self.units * self.unit.octets()),
                // Encoding reserves an octet for each octet of the text, which has more of them than septets.
                parts => (parts + 2) * USER_DATA_UNPACKED,
            }),
            ends: Vec::with_capacity(cuts.len()),
            header: 0,
            concatenation: form,
            ports: self.ports,
            segmentation: self.segmentation,
            is_payload: self.is_payload(),
            has_text_ranges: matches!(self.source, Source::Text(Cow::Borrowed(_))),
            may_begin_with_header: !matches!(self.source, Source::Text(_)) && self.elements.len() == 0,
        };
        for (part, cut) in (1..=total).zip(cuts) {
            let start = split.octets.len();
            self.write_header(form, total, part, &mut split.octets);
            split.header = split.octets.len() - start;
            self.write_body(cut, split.header, &mut split.octets)?;
            split.ends.push(End { octets: split.octets.len(), text: cut.end, units: cut.units });
        }
        Ok(split)
    }

    fn write_header(&self, form: Option<(ConcatenationForm, u16)>, total: u8, part: u8, out: &mut Vec<u8>) {
        let start = out.len();
        out.push(0);
        match form {
            Some((ConcatenationForm::Udh8, reference)) => {
                out.extend([iei::CONCATENATED_8, 3, reference as u8, total, part]);
            }
            Some((ConcatenationForm::Udh16, reference)) => {
                let [high, low] = reference.to_be_bytes();
                out.extend([iei::CONCATENATED_16, 4, high, low, total, part]);
            }
            Some((ConcatenationForm::Sar, _)) | None => {}
        }
        self.elements.write(out);
        // It has been seen to that it fits 140 octets.
        match (out.len() - start - 1) as u8 {
            0 => out.truncate(start),
            udhl => out[start] = udhl,
        }
    }

    fn write_body(&self, cut: &Cut, header: usize, out: &mut Vec<u8>) -> Result<(), SplitError> {
        let range = cut.start..cut.end;
        match (&self.source, self.alphabet) {
            (Source::Text(text), Some(alphabet)) if !self.packed => alphabet.encode_into(&text[range], out)?,
            (Source::Text(text), alphabet) => {
                let septets = alphabet.unwrap_or(Alphabet::GSM7).encode(&text[range])?;
                self.write_packed(&septets, header, out);
            }
            (Source::Octets(octets), _) => out.extend_from_slice(&octets[range]),
            (Source::Unpacked { packed, .. }, _) if header == 0 && range.end == self.len() && range.start == 0 => {
                out.extend_from_slice(packed);
            }
            (Source::Unpacked { septets, .. }, _) => self.write_packed(&septets[range], header, out),
        }
        Ok(())
    }

    fn write_packed(&self, septets: &[u8], header: usize, out: &mut Vec<u8>) {
        out.extend(pack(septets, fill_bits(header), self.padding));
    }

    fn body(&self) -> Body<'_> {
        match &self.source {
            Source::Text(text) => Body::Text(text, self.alphabet.unwrap_or(Alphabet::Ucs2)),
            Source::Octets(octets) => Body::Octets(octets, self.unit),
            Source::Unpacked { septets, .. } => Body::Octets(septets, self.unit),
        }
    }

    /// Octets of the text, or of what was given.
    fn len(&self) -> usize {
        match &self.source {
            Source::Text(text) => text.len(),
            Source::Octets(octets) => octets.len(),
            Source::Unpacked { septets, .. } => septets.len(),
        }
    }

    /// Octets of the header that a message has if it is alone.
    fn header_len(&self) -> usize {
        match self.elements.len() {
            0 => 0,
            len => 1 + len,
        }
    }

    fn form(&self) -> ConcatenationForm {
        match self.segmentation {
            Segmentation::Udh8 | Segmentation::MessagePayload => ConcatenationForm::Udh8,
            Segmentation::Udh16 => ConcatenationForm::Udh16,
            Segmentation::Sar => ConcatenationForm::Sar,
        }
    }
}

impl<'p> Elements<'p> {
    const NONE: Self = Self { given: &[], shifts: [0; 6], shifts_len: 0 };

    /// The elements given, and those of the national tables.
    fn new(given: &'p [u8], gsm7: Gsm7) -> Self {
        let mut all = Self { given, ..Self::NONE };
        for (iei, language) in [(iei::LOCKING_SHIFT, gsm7.locking), (iei::SINGLE_SHIFT, gsm7.single)] {
            if let Some(language) = language {
                all.shifts[all.shifts_len..][..3].copy_from_slice(&[iei, 1, language.0]);
                all.shifts_len += 3;
            }
        }
        all
    }

    fn len(&self) -> usize {
        self.given.len() + self.shifts_len
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.given);
        out.extend_from_slice(&self.shifts[..self.shifts_len]);
    }
}

/// Bits of a unit of GSM 7-bit.
const SEPTET: usize = 7;
/// Octets of user data on the air (3GPP TS 23.040, 9.2.3.24).
const USER_DATA: usize = 140;
/// Octets of a part at most: septets stand one in an octet.
const USER_DATA_UNPACKED: usize = 160;
/// Greatest number of parts that a header, or sar_total_segments, can say.
const MAX_PARTS: usize = 255;
/// Octets of message_payload.
const MAX_PAYLOAD: usize = 65_535;
