//! A message out of its parts.

use super::{PartSet, StoredPart};
use crate::codec::{CommandId, Tlvs};
use crate::sms::{
    Address, Alphabet, ConcatenationForm, Element, Message, Profile, TextField, UserData, UserDataHeader, fill_bits,
    pack, unpack,
};
use crate::value::{DataCoding, EsmClass, esm_class::GsmFeatures};

/// A message out of its parts, or of those that there are.
///
/// What parts should have in common but have not is that of the first part that is there. Texts in different codings, or
/// in different tables of national languages, have no octets in common: such a message is UCS-2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    /// The command that carried it.
    pub command_id: CommandId,
    /// Where it comes from.
    pub source: Address<'static>,
    /// Where it goes to. Empty for a submit_multi with several destinations: see [`destinations`](Self::destinations).
    pub destination: Address<'static>,
    /// Mode, type and features. UDHI is set if the [header](Self::header) has elements.
    pub esm_class: EsmClass,
    /// What GSM calls TP-PID. `None` of data_sm.
    pub protocol_id: Option<u8>,
    /// The coding of the text: that of its parts, or 8 (UCS-2) if they are texts that are not all read in the same way.
    pub data_coding: DataCoding,
    /// The text; `None` if one of the parts is none (8-bit data). Parts that follow each other in the same coding are
    /// read in one go, so that letters which were cut in two are whole again. Where parts are missing, U+FFFD stands
    /// in their place.
    pub text: Option<String>,
    /// The TLVs, without those that told of the parts and without message_payload.
    pub tlvs: Tlvs<'static>,
    field: TextField,
    /// A header, if UDHI is set, and the text.
    user_data: Vec<u8>,
    /// What it was made of, so that it can be put back.
    set: PartSet,
    /// The part that came last; 0 if they are not all there.
    last: u8,
}

impl Joined {
    pub(super) fn new(set: PartSet, last: u8, profile: &Profile) -> Self {
        let pieces: Vec<_> = set.parts.iter().map(Piece::of).collect();
        let header = pieces.first().map(Piece::other_elements).unwrap_or_default();
        let (mut user_data, mut udhi) = octets_and_udhi(&header);
        let header_octets = user_data.len();
        let text = join(&pieces, set.key.total(), profile, header_octets, &mut user_data);
        let first = set.parts.first();
        let mut data_coding = first.map_or(DataCoding(0), StoredPart::data_coding);
        let are_alike = pieces.windows(2).all(|pair| pair[0].is_read_like(&pair[1]));
        if let (Some(text), false) = (&text, are_alike) {
            let names_table =
                |element: &Element<'_>| matches!(element, Element::SingleShift(_) | Element::LockingShift(_));
            (user_data, udhi) = octets_and_udhi(&header.elements().filter(|element| !names_table(element)).collect());
            user_data.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
            data_coding = DataCoding::UCS2;
        }
        Self {
            command_id: first.map_or(CommandId(0), StoredPart::command_id),
            source: set.key.source().into_owned(),
            destination: set.key.destination().into_owned(),
            esm_class: EsmClass(first.map_or(0, |part| part.esm_class().0) & !GsmFeatures::UDHI.0 | udhi),
            protocol_id: first.and_then(StoredPart::protocol_id),
            data_coding,
            text,
            tlvs: first.map(|part| part.tlvs().into_owned()).unwrap_or_default(),
            field: first.map_or(TextField::ShortMessage, StoredPart::field),
            user_data,
            set,
            last,
        }
    }

    /// The addresses it goes to: one, but for a submit_multi, which may have any number.
    pub fn destinations(&self) -> impl Iterator<Item = Address<'_>> {
        self.set.key.destinations()
    }

    /// Elements of the user data header of the first part, without those that told of the parts, or of tables that the
    /// text is not in any more.
    pub fn header(&self) -> Option<UserDataHeader<'_>> {
        self.message().user_data().header.ok().flatten()
    }

    /// The octets of the text in its [`data_coding`](Self::data_coding): one part after the other, unless they are not
    /// all read in the same way.
    pub fn octets(&self) -> &[u8] {
        self.message().user_data().text
    }

    /// Number of parts that a complete message has.
    pub fn total(&self) -> u8 {
        self.set.key.total()
    }

    /// The reference of the parts.
    pub fn reference(&self) -> u16 {
        self.set.key.reference()
    }

    /// Where the parts said that they belong together.
    pub fn form(&self) -> ConcatenationForm {
        self.set.key.form()
    }

    /// Numbers of the parts that are missing.
    pub fn missing(&self) -> impl Iterator<Item = u8> {
        let mut there = self.set.parts.iter().map(StoredPart::number).peekable();
        (1..=self.total()).filter(move |number| there.next_if(|there| there <= number) != Some(*number))
    }

    /// The message as if it had come in one piece, for whatever takes a [`Message`].
    pub fn message(&self) -> Message<'_> {
        Message {
            command_id: self.command_id,
            source: self.source.as_borrowed(),
            destination: self.destination.as_borrowed(),
            esm_class: self.esm_class,
            protocol_id: self.protocol_id,
            data_coding: self.data_coding,
            octets: &self.user_data,
            field: self.field,
            tlvs: &self.tlvs,
            dest_address: None,
        }
    }

    /// Its parts without the one that came last; `None` of a message that is not complete.
    pub(super) fn into_set_without_last(mut self) -> Option<PartSet> {
        self.set.parts.retain(|part| part.number() != self.last);
        (self.last != 0).then_some(self.set)
    }
}

/// A part taken apart.
struct Piece<'p> {
    number: u8,
    data_coding: DataCoding,
    user_data: UserData<'p>,
}

impl<'p> Piece<'p> {
    fn of(part: &'p StoredPart) -> Self {
        Self { number: part.number(), data_coding: part.data_coding(), user_data: part.user_data() }
    }

    fn other_elements(&self) -> UserDataHeader<'static> {
        let Ok(Some(header)) = &self.user_data.header else {
            return UserDataHeader::default();
        };
        let tells_of_parts =
            |element: &Element<'_>| matches!(element, Element::Concatenated8 { .. } | Element::Concatenated16 { .. });
        header.elements().filter(|element| !tells_of_parts(element)).collect()
    }

    /// Whether this one follows another, and is read in the same way.
    fn continues(&self, before: &Self) -> bool {
        before.number.checked_add(1) == Some(self.number) && before.is_read_like(self)
    }

    fn is_read_like(&self, other: &Self) -> bool {
        self.data_coding == other.data_coding && self.user_data.shifts() == other.user_data.shifts()
    }
}

/// A header as octets, and the bit of esm_class that tells of it: neither if it has no elements.
fn octets_and_udhi(header: &UserDataHeader<'_>) -> (Vec<u8>, u8) {
    match header.to_octets() {
        Ok(octets) if header.has_elements() => (octets, GsmFeatures::UDHI.0),
        _ => (Vec::new(), 0),
    }
}

/// Appends the octets of all pieces to `out`, behind a header of so many octets, and returns their text.
fn join(pieces: &[Piece<'_>], total: u8, profile: &Profile, header_octets: usize, out: &mut Vec<u8>) -> Option<String> {
    let mut text = Some(String::new());
    let mut next = Some(1);
    for run in pieces.chunk_by(|before, piece| piece.continues(before)) {
        let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
        if let (Some(text), true) = (&mut text, next != Some(first.number)) {
            text.push(char::REPLACEMENT_CHARACTER);
        }
        next = last.number.checked_add(1);
        let decoded = join_run(run, first, profile, header_octets, out);
        text = text.zip(decoded).map(|(text, decoded)| if text.is_empty() { decoded } else { text + &decoded });
    }
    if let (Some(text), true) = (&mut text, next.is_some_and(|next| next <= total)) {
        text.push(char::REPLACEMENT_CHARACTER);
    }
    text
}

/// The same of pieces that are read in one go.
fn join_run(
    run: &[Piece<'_>],
    first: &Piece<'_>,
    profile: &Profile,
    header_octets: usize,
    out: &mut Vec<u8>,
) -> Option<String> {
    let (data_coding, shifts) = (first.data_coding, first.user_data.shifts());
    if profile.packed && matches!(profile.alphabet_of(data_coding), Some(Alphabet::Gsm7(_))) {
        let unpacked = |piece: &Piece<'_>| {
            let UserData { text, .. } = piece.user_data;
            unpack(text, fill_bits(piece.user_data.header_octets()), profile.padding)
        };
        let septets = run.iter().flat_map(unpacked).collect::<Vec<_>>();
        out.extend(pack(&septets, fill_bits(header_octets), profile.padding));
        return profile.with_packed(false).decode_with(data_coding, &septets, shifts, 0).text;
    }
    let start = out.len();
    run.iter().for_each(|piece| out.extend_from_slice(piece.user_data.text));
    profile.decode_with(data_coding, &out[start..], shifts, header_octets).text
}
