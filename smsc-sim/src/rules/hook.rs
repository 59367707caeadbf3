//! Where rules take hold.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;

use super::keys::{as_text, serde_as_written};
use crate::message_id::by_name;
use crate::setting::SettingError;

/// Where a rule takes hold: at a connection, at a request of an ESME, or at something that is sent to one.
///
/// Written as text as the standard spells it: `submit_sm`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, JsonSchema)]
#[schemars(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Hook {
    /// Someone connects. Nothing is known yet but that.
    Connect,
    /// bind_transmitter, bind_receiver or bind_transceiver (section 4.1).
    Bind,
    /// submit_sm (section 4.4).
    SubmitSm,
    /// submit_multi (section 4.5): asked once for each of its destinations.
    SubmitMulti,
    /// data_sm of an ESME (section 4.7).
    DataSm,
    /// query_sm (section 4.8).
    QuerySm,
    /// cancel_sm (section 4.9).
    CancelSm,
    /// replace_sm (section 4.10).
    ReplaceSm,
    /// enquire_link of an ESME (section 4.11).
    EnquireLink,
    /// unbind of an ESME (section 4.2).
    Unbind,
    /// A request of a vendor's own, which a [specification](crate::Builder::spec) has: [`When::command`](super::When) says
    /// which.
    Vendor,
    /// A message from a mobile is about to go to an ESME, as deliver_sm or data_sm: asked once for each of its parts, before
    /// it is known which session gets it; `bind` is the latest bind of the system_id.
    Mo,
    /// A receipt or an intermediate notification is about to go to an ESME; asked once, as `mo` is.
    Receipt,
}

impl Hook {
    /// Every hook.
    pub const ALL: [Self; 13] = [
        Self::Connect,
        Self::Bind,
        Self::SubmitSm,
        Self::SubmitMulti,
        Self::DataSm,
        Self::QuerySm,
        Self::CancelSm,
        Self::ReplaceSm,
        Self::EnquireLink,
        Self::Unbind,
        Self::Vendor,
        Self::Mo,
        Self::Receipt,
    ];

    /// Whether what comes there is a message that an ESME submits.
    pub(crate) fn is_submit(self) -> bool {
        matches!(self, Self::SubmitSm | Self::SubmitMulti | Self::DataSm)
    }

    pub(crate) fn bit(self) -> u32 {
        1 << self as u32
    }
}

by_name!(Hook, "PDU",
    "connect" => Connect, "bind" => Bind, "submit_sm" => SubmitSm, "submit_multi" => SubmitMulti, "data_sm" => DataSm,
    "query_sm" => QuerySm, "cancel_sm" => CancelSm, "replace_sm" => ReplaceSm, "enquire_link" => EnquireLink,
    "unbind" => Unbind, "vendor" => Vendor, "mo" => Mo, "receipt" => Receipt);
as_text!(Hook);
serde_as_written!(Hook);
