//! Parts as PDUs.

use super::cut::Unit;
use super::part::{Part, Split};
use super::plan::room;
use super::{Content, References, Segmentation, SplitError, Splitter};
use crate::codec::{COctetString, OctetString, Tlv, TlvSpec, Tlvs};
use crate::pdu::{DataSm, DeliverSm, DestAddress, SubmitMulti, SubmitSm};
use crate::sms::{Concatenation, ConcatenationForm};
use crate::tlv;
use crate::value::EsmClass;
use crate::value::esm_class::GsmFeatures;

/// Every field and TLV of the template stands in every part. The text takes the place of the template's short_message
/// and message_payload; `data_coding` is the text's; of `esm_class` only the bit changes that tells of a user data
/// header.
impl Split {
    /// The parts as submit_sm, with all fields and TLVs of the template.
    ///
    /// # Errors
    /// If the template has TLVs that cannot stand in the parts, or says that octets begin with a header of their own.
    pub fn submit_sm<'s>(&'s self, template: &'s SubmitSm<'_>) -> Result<Vec<SubmitSm<'s>>, SplitError> {
        self.fill(template, OctetString::borrowed)
    }

    /// The parts as submit_multi: see [`submit_sm`](Self::submit_sm).
    ///
    /// # Errors
    /// Those of [`submit_sm`](Self::submit_sm).
    pub fn submit_multi<'s>(&'s self, template: &'s SubmitMulti<'_>) -> Result<Vec<SubmitMulti<'s>>, SplitError> {
        self.fill(template, OctetString::borrowed)
    }

    /// The parts as deliver_sm: see [`submit_sm`](Self::submit_sm).
    ///
    /// # Errors
    /// Those of [`submit_sm`](Self::submit_sm).
    pub fn deliver_sm<'s>(&'s self, template: &'s DeliverSm<'_>) -> Result<Vec<DeliverSm<'s>>, SplitError> {
        self.fill(template, OctetString::borrowed)
    }

    /// The parts as data_sm, in the TLV message_payload: see [`submit_sm`](Self::submit_sm).
    ///
    /// # Errors
    /// Those of [`submit_sm`](Self::submit_sm).
    pub fn data_sm<'s>(&'s self, template: &'s DataSm<'_>) -> Result<Vec<DataSm<'s>>, SplitError> {
        self.fill(template, OctetString::borrowed)
    }

    /// What `esm_class` is in every part, if it is this in the template: whether there is a user data header is another
    /// matter of the text.
    pub fn esm_class(&self, template: EsmClass) -> EsmClass {
        EsmClass(template.0 & !UDHI | if self.has_user_data_header() { UDHI } else { 0 })
    }

    fn fill<'s, 't, T: Template>(
        &'s self,
        template: &'t T,
        text: impl Fn(&'s [u8]) -> OctetString<'t>,
    ) -> Result<Vec<T::Of<'t>>, SplitError> {
        self.check(template.esm_class(), template.tlvs())?;
        Ok(self.parts().map(|part| template.with_part(self, &part, text(part.octets))).collect())
    }

    /// Whether what the template says can stand beside the headers and TLVs of the parts.
    fn check(&self, esm_class: EsmClass, tlvs: &Tlvs<'_>) -> Result<(), SplitError> {
        if self.may_begin_with_header && esm_class.0 & UDHI != 0 {
            return Err(SplitError::HeaderInOctets);
        }
        let refuses_sar = self.segmentation != Segmentation::Sar;
        let refuses_ports = self.has_user_data_header() || self.ports.is_none() && !self.has_room_for_ports();
        let refused = SAR.iter().filter(|_| refuses_sar).chain(PORTS.iter().filter(|_| refuses_ports));
        match refused.copied().find(|tlv| tlvs.contains(tlv.tag)) {
            Some(tlv) => Err(SplitError::Tlv { name: tlv.name }),
            None => Ok(()),
        }
    }

    /// Whether the header that the SMSC makes of the TLVs fits every part, if ports are among them that this splitter
    /// does not know of.
    fn has_room_for_ports(&self) -> bool {
        let header = 1 + 6 + if self.concatenation.is_some() { 6 } else { 0 };
        let capacity = room(Unit::of(self.alphabet).bits(), header);
        self.is_payload || self.ends.iter().all(|end| end.units <= capacity)
    }

    /// Puts into the TLVs what belongs there, and gives what belongs into short_message, if there is one.
    fn place<'b>(
        &self,
        part: &Part<'_>,
        text: OctetString<'b>,
        tlvs: &mut Tlvs<'b>,
        in_payload: bool,
    ) -> OctetString<'b> {
        tlvs.remove(tlv::MessagePayload::SPEC.tag);
        if self.segmentation == Segmentation::Sar {
            SAR.iter().for_each(|sar| tlvs.remove(sar.tag));
        }
        if let Some(Concatenation { reference, total, part, form: ConcatenationForm::Sar }) = part.concatenation {
            tlvs.push::<tlv::SarMsgRefNum>(reference);
            tlvs.push::<tlv::SarTotalSegments>(total);
            tlvs.push::<tlv::SarSegmentSeqnum>(part);
        }
        if let Some(ports) = self.ports {
            tlvs.set::<tlv::SourcePort>(ports.source);
            tlvs.set::<tlv::DestinationPort>(ports.destination);
        }
        if !in_payload {
            return text;
        }
        tlvs.push::<tlv::MessagePayload>(text);
        OctetString::EMPTY
    }
}

/// In one call, with a reference from the splitter's [`References`] if there are several parts.
impl Splitter {
    /// The submit_sm of a text, or of octets: one, or as many as parts, with all fields and TLVs of the template. The
    /// text takes the place of its short_message and message_payload, and its data_coding that of the template: for a
    /// class, see [`with_class`](Self::with_class). The PDUs borrow the other fields of the template; `into_owned` of one
    /// makes it independent.
    ///
    /// # Errors
    /// [`SplitError`] says what does not fit: letters, octets, elements, or TLVs of the template.
    pub fn submit_sm<'t, 'c>(
        &self,
        template: &'t SubmitSm<'_>,
        content: impl Into<Content<'c>>,
    ) -> Result<Vec<SubmitSm<'t>>, SplitError> {
        self.fill(template, content.into())
    }

    /// The submit_multi of a text: see [`submit_sm`](Self::submit_sm). The reference is that of the first destination.
    ///
    /// # Errors
    /// Those of [`submit_sm`](Self::submit_sm).
    pub fn submit_multi<'t, 'c>(
        &self,
        template: &'t SubmitMulti<'_>,
        content: impl Into<Content<'c>>,
    ) -> Result<Vec<SubmitMulti<'t>>, SplitError> {
        self.fill(template, content.into())
    }

    /// The deliver_sm of a text: see [`submit_sm`](Self::submit_sm).
    ///
    /// # Errors
    /// Those of [`submit_sm`](Self::submit_sm).
    pub fn deliver_sm<'t, 'c>(
        &self,
        template: &'t DeliverSm<'_>,
        content: impl Into<Content<'c>>,
    ) -> Result<Vec<DeliverSm<'t>>, SplitError> {
        self.fill(template, content.into())
    }

    /// The data_sm of a text, in the TLV message_payload: see [`submit_sm`](Self::submit_sm).
    ///
    /// # Errors
    /// Those of [`submit_sm`](Self::submit_sm).
    pub fn data_sm<'t, 'c>(
        &self,
        template: &'t DataSm<'_>,
        content: impl Into<Content<'c>>,
    ) -> Result<Vec<DataSm<'t>>, SplitError> {
        self.fill(template, content.into())
    }

    fn fill<'t, T: Template>(&self, template: &'t T, content: Content<'_>) -> Result<Vec<T::Of<'t>>, SplitError> {
        let split = self.plan(content)?.split(|| template.reference(self.references()))?;
        split.fill(template, |octets| octets.to_vec().into())
    }
}

/// A PDU that carries a text.
trait Template {
    type Of<'b>
    where
        Self: 'b;

    fn esm_class(&self) -> EsmClass;

    fn tlvs(&self) -> &Tlvs<'_>;

    fn reference(&self, references: &dyn References) -> u16;

    /// The same PDU with the text of a part.
    fn with_part<'b>(&'b self, split: &Split, part: &Part<'_>, text: OctetString<'b>) -> Self::Of<'b>;
}

macro_rules! template {
    ($Pdu:ident $(, $short_message:ident)?; |$template:ident| $destination:expr) => {
        impl Template for $Pdu<'_> {
            type Of<'b>
                = $Pdu<'b>
            where
                Self: 'b;

            fn esm_class(&self) -> EsmClass {
                self.esm_class
            }

            fn tlvs(&self) -> &Tlvs<'_> {
                &self.tlvs
            }

            fn reference(&self, references: &dyn References) -> u16 {
                let $template = self;
                references.next(self.source_addr.as_bytes(), $destination.as_bytes())
            }

            fn with_part<'b>(&'b self, split: &Split, part: &Part<'_>, text: OctetString<'b>) -> $Pdu<'b> {
                let mut pdu = self.as_borrowed();
                (pdu.esm_class, pdu.data_coding) = (split.esm_class(self.esm_class), split.data_coding());
                let in_payload = split.is_payload || stringify!($($short_message)?).is_empty();
                $(pdu.$short_message =)? split.place(part, text, &mut pdu.tlvs, in_payload);
                pdu
            }
        }
    };
}

template!(SubmitSm, short_message; |pdu| pdu.destination_addr);
template!(DeliverSm, short_message; |pdu| pdu.destination_addr);
template!(DataSm; |pdu| pdu.destination_addr);
template!(SubmitMulti, short_message; |pdu| first_destination(pdu));

/// All destinations of a submit_multi get the same octets, and so the same reference: the one that is next for the
/// first.
fn first_destination<'a>(pdu: &'a SubmitMulti<'_>) -> COctetString<'a> {
    match pdu.dest_address.iter().next() {
        Some(DestAddress::SmeAddress { destination_addr, .. }) => destination_addr.into_owned(),
        Some(DestAddress::DistributionList { dl_name }) => dl_name.into_owned(),
        None => COctetString::EMPTY,
    }
}

/// The bit of `esm_class` that tells of a user data header.
const UDHI: u8 = GsmFeatures::UDHI.0;

/// The TLVs that parts without a user data header have.
const SAR: [&TlvSpec; 3] = [tlv::SarMsgRefNum::SPEC, tlv::SarTotalSegments::SPEC, tlv::SarSegmentSeqnum::SPEC];

/// The TLVs that say what elements of a user data header can say.
const PORTS: [&TlvSpec; 2] = [tlv::SourcePort::SPEC, tlv::DestinationPort::SPEC];
