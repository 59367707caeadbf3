//! What rules are asked about.

use std::borrow::Cow;
use std::time::Duration;

use smpp::codec::{COctetString, Tlvs};
use smpp::pdu::{CancelSm, DataSm, DeliverSm, QuerySm, ReplaceSm, SubmitSm};
use smpp::session::BindKind;
use smpp::sms::{Message, Profile};
use smpp::value::MessageState;

use super::{Hook, When};
use crate::draw::Chance;

/// What rules are asked about: something that happens at a hook. It costs next to nothing to make: whatever has to be looked
/// up or decoded is so when a rule wants it.
#[derive(Debug, Clone)]
pub(crate) struct Subject<'a> {
    pub(crate) hook: Hook,
    /// Who the session is bound as, or wants to bind as; empty at `connect`.
    pub(crate) system_id: &'a str,
    /// Which bind of the system_id it is, from 1.
    pub(crate) bind: u64,
    pub(crate) bound_as: Option<BindKind>,
    pub(crate) session_id: u64,
    /// The place of the request among those of its session, from 1.
    pub(crate) pdu_index: u64,
    /// What is left to chance about it.
    pub(crate) chance: Chance,
    /// How long the simulator runs.
    pub(crate) elapsed: Duration,
    pub(crate) about: About<'a>,
    /// The state that a receipt tells of.
    pub(crate) state: Option<MessageState>,
}

/// The PDU that a subject is about.
#[derive(Debug, Clone, Copy)]
pub(crate) enum About<'a> {
    /// One without fields that rules know, or none.
    Nothing,
    /// submit_sm, or what a submit_multi or data_sm is to one destination.
    Submit(&'a SubmitSm<'a>),
    Data(&'a DataSm<'a>),
    Query(&'a QuerySm<'a>),
    Cancel(&'a CancelSm<'a>),
    Replace(&'a ReplaceSm<'a>),
    Deliver(&'a DeliverSm<'a>),
    /// A vendor's request of this name.
    Vendor(&'static str),
}

impl<'a> About<'a> {
    pub(crate) fn source(self) -> Option<&'a COctetString<'a>> {
        Some(match self {
            Self::Nothing | Self::Vendor(_) => return None,
            Self::Submit(pdu) => &pdu.source_addr,
            Self::Data(pdu) => &pdu.source_addr,
            Self::Query(pdu) => &pdu.source_addr,
            Self::Cancel(pdu) => &pdu.source_addr,
            Self::Replace(pdu) => &pdu.source_addr,
            Self::Deliver(pdu) => &pdu.source_addr,
        })
    }

    pub(crate) fn dest(self) -> Option<&'a COctetString<'a>> {
        Some(match self {
            Self::Submit(pdu) => &pdu.destination_addr,
            Self::Data(pdu) => &pdu.destination_addr,
            Self::Cancel(pdu) => &pdu.destination_addr,
            Self::Deliver(pdu) => &pdu.destination_addr,
            Self::Nothing | Self::Query(_) | Self::Replace(_) | Self::Vendor(_) => return None,
        })
    }

    pub(super) fn service_type(self) -> Option<&'a COctetString<'a>> {
        Some(match self {
            Self::Submit(pdu) => &pdu.service_type,
            Self::Data(pdu) => &pdu.service_type,
            Self::Cancel(pdu) => &pdu.service_type,
            Self::Deliver(pdu) => &pdu.service_type,
            Self::Nothing | Self::Query(_) | Self::Replace(_) | Self::Vendor(_) => return None,
        })
    }

    pub(super) fn data_coding(self) -> Option<u8> {
        Some(match self {
            Self::Submit(pdu) => pdu.data_coding.0,
            Self::Data(pdu) => pdu.data_coding.0,
            Self::Deliver(pdu) => pdu.data_coding.0,
            _ => return None,
        })
    }

    pub(super) fn esm_class(self) -> Option<u8> {
        Some(match self {
            Self::Submit(pdu) => pdu.esm_class.0,
            Self::Data(pdu) => pdu.esm_class.0,
            Self::Deliver(pdu) => pdu.esm_class.0,
            _ => return None,
        })
    }

    pub(super) fn registered_delivery(self) -> Option<u8> {
        Some(match self {
            Self::Submit(pdu) => pdu.registered_delivery.0,
            Self::Data(pdu) => pdu.registered_delivery.0,
            Self::Replace(pdu) => pdu.registered_delivery.0,
            Self::Deliver(pdu) => pdu.registered_delivery.0,
            _ => return None,
        })
    }

    pub(super) fn tlvs(self) -> Option<&'a Tlvs<'a>> {
        Some(match self {
            Self::Submit(pdu) => &pdu.tlvs,
            Self::Data(pdu) => &pdu.tlvs,
            Self::Query(pdu) => &pdu.tlvs,
            Self::Cancel(pdu) => &pdu.tlvs,
            Self::Replace(pdu) => &pdu.tlvs,
            Self::Deliver(pdu) => &pdu.tlvs,
            Self::Nothing | Self::Vendor(_) => return None,
        })
    }

    pub(crate) fn message(self) -> Option<Message<'a>> {
        Some(match self {
            Self::Submit(pdu) => pdu.into(),
            Self::Data(pdu) => pdu.into(),
            Self::Replace(pdu) => pdu.into(),
            Self::Deliver(pdu) => pdu.into(),
            Self::Nothing | Self::Query(_) | Self::Cancel(_) | Self::Vendor(_) => return None,
        })
    }

    /// The text, read by its data_coding; none if it is no text.
    pub(crate) fn text(self) -> Option<String> {
        self.message()?.decode(&Profile::default()).text
    }
}

impl When {
    /// Whether everything that it says is so. What is cheap to find out comes first.
    pub(crate) fn is_met(&self, subject: &Subject<'_>) -> bool {
        let about = subject.about;
        let name = |pattern: &Option<super::Pattern>, text: Option<Cow<'_, str>>| match pattern {
            Some(pattern) => text.is_some_and(|text| pattern.matches(&text)),
            None => true,
        };
        let field = |field: Option<&COctetString<'_>>| field.map(|field| field.to_str_lossy().into_owned().into());
        let octet = |wanted: Option<super::Bits>, octet: Option<u8>| {
            wanted.is_none_or(|wanted| octet.is_some_and(|octet| wanted.matches(octet)))
        };
        self.pdu.contains(&subject.hook)
            && self.command.as_ref().is_none_or(|wanted| matches!(about, About::Vendor(name) if wanted.matches(name)))
            && self.bind.is_none_or(|bind| bind == subject.bind)
            && (self.bound_as.is_empty() || subject.bound_as.is_some_and(|kind| self.bound_as.contains(&kind)))
            && self.pdu_index.is_none_or(|places| places.contains(subject.pdu_index))
            && (self.state.is_none() || self.state == subject.state)
            && octet(self.data_coding.map(super::Bits::all), about.data_coding())
            && octet(self.esm_class, about.esm_class())
            && octet(self.registered_delivery, about.registered_delivery())
            && name(&self.system_id, Some(subject.system_id.into()))
            && name(&self.source, self.source.as_ref().and_then(|_| field(about.source())))
            && name(&self.dest, self.dest.as_ref().and_then(|_| field(about.dest())))
            && name(&self.service_type, self.service_type.as_ref().and_then(|_| field(about.service_type())))
            && self.tlv.iter().all(|tlv| about.tlvs().is_some_and(|tlvs| tlv.matches(tlvs.find(tlv.tag))))
            && self.is_part(about)
            && self.text.as_ref().is_none_or(|wanted| about.text().is_some_and(|text| wanted.matches(&text)))
    }

    fn is_part(&self, about: About<'_>) -> bool {
        if self.part.is_none() && self.of.is_none() {
            return true;
        }
        let concatenation = about.message().and_then(|message| message.concatenation());
        concatenation.is_some_and(|concatenation| {
            self.part.is_none_or(|part| part == concatenation.part)
                && self.of.is_none_or(|of| of == concatenation.total)
        })
    }
}
