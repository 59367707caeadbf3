//! submit_multi: a message to each destination that can have one, and why not to the others (section 4.5).
//!
//! A destination that is refused stands in unsuccess_sme with its status, and the others are submitted under one
//! message_id. If all are refused, so is the request: with their status if they have one in common, or else
//! ESME_RSUBMITFAIL, and the list all the same. A distribution list that is not known is a destination like others, which
//! stands in the list by its name; those of one that is known have each their own.

use std::time::SystemTime;

use smpp::codec::COctetString;
use smpp::pdu::{DestAddress, SubmitMulti, SubmitMultiResp, SubmitSm, UnsuccessSme};
use smpp::value::{CommandStatus, Npi, Ton};

use super::Engine;
use super::message::copy_for;
use super::mo::numbered;
use crate::draw::Chance;
use crate::rules::verdict::Verdict;
use crate::store::New;

/// What becomes of a submit_multi.
pub(super) struct Multi {
    pub(super) news: Vec<New>,
    refused: Vec<UnsuccessSme<'static>>,
}

impl Engine {
    /// The messages that a submit_multi is, each as rules will have it.
    pub(super) fn multi(
        &self,
        system_id: &str,
        request: &SubmitMulti<'_>,
        now: SystemTime,
        chance: Chance,
        mut judge: impl FnMut(&SubmitSm<'static>, Chance) -> Verdict,
    ) -> Result<Multi, CommandStatus> {
        let mut multi = Multi { news: Vec::new(), refused: Vec::new() };
        for destination in request.dest_address.iter() {
            let members = match &destination {
                DestAddress::DistributionList { dl_name } => {
                    match self.config.distribution_lists.get(&*dl_name.to_str_lossy()) {
                        Some(members) => members.iter().map(|member| sme(member)).collect(),
                        None => {
                            let name = (Ton::UNKNOWN, Npi::UNKNOWN, dl_name.clone().into_owned());
                            multi.refuse(name, CommandStatus::ESME_RINVDLNAME);
                            continue;
                        }
                    }
                }
                _ => vec![destination],
            };
            if multi.places() as usize + members.len() > MOST_DESTINATIONS {
                return Err(CommandStatus::ESME_RINVNUMDESTS);
            }
            for member in members {
                let Some(copy) = copy_for(request, member) else { continue };
                // What is wrong with the times is so for all.
                let times = self.times(system_id, &copy, now)?;
                let chance = chance.and(multi.places());
                let verdict = judge(&copy, chance);
                match wrong(&copy).or(verdict.status) {
                    Some(status) => {
                        multi.refuse((copy.dest_addr_ton, copy.dest_addr_npi, copy.destination_addr), status);
                    }
                    None => {
                        let mut new = self.new_message(system_id, copy, times, chance);
                        new.apply(verdict.receipt.as_deref(), chance);
                        new.replies = verdict.mo;
                        multi.news.push(new);
                    }
                }
            }
        }
        Ok(multi)
    }
}

impl Multi {
    fn places(&self) -> u64 {
        (self.news.len() + self.refused.len()) as u64
    }

    fn refuse(&mut self, (dest_addr_ton, dest_addr_npi, destination_addr): Destination, status: CommandStatus) {
        self.refused.push(UnsuccessSme { dest_addr_ton, dest_addr_npi, destination_addr, error_status_code: status });
    }

    /// The status of the response, if nothing at all was accepted.
    pub(super) fn status(&self) -> CommandStatus {
        let mut statuses = self.refused.iter().map(|refused| refused.error_status_code);
        match statuses.next() {
            Some(first) if self.news.is_empty() && statuses.all(|other| other == first) => first,
            Some(_) if self.news.is_empty() => CommandStatus::ESME_RSUBMITFAIL,
            _ => CommandStatus::ESME_ROK,
        }
    }

    /// The response, but for the message_id. It has room for 255 of those that were refused.
    pub(super) fn response(&mut self) -> SubmitMultiResp<'static> {
        let mut refused = std::mem::take(&mut self.refused);
        refused.truncate(255);
        SubmitMultiResp::default().with_unsuccess_sme(refused)
    }
}

type Destination = (Ton, Npi, COctetString<'static>);

/// A member of a distribution list.
fn sme(text: &str) -> DestAddress<'static> {
    let (dest_addr_ton, dest_addr_npi, addr) = numbered(text);
    DestAddress::SmeAddress { dest_addr_ton, dest_addr_npi, destination_addr: addr.into() }
}

/// What is wrong with a destination.
fn wrong(copy: &SubmitSm<'_>) -> Option<CommandStatus> {
    let addr = copy.destination_addr.as_bytes();
    if copy.dest_addr_ton.0 > 6 {
        Some(CommandStatus::ESME_RINVDSTTON)
    } else if ![0, 1, 3, 4, 6, 8, 9, 10, 14, 18].contains(&copy.dest_addr_npi.0) {
        Some(CommandStatus::ESME_RINVDSTNPI)
    } else if addr.is_empty() || addr.len() > 20 || !addr.iter().all(|octet| (b' '..=b'~').contains(octet)) {
        Some(CommandStatus::ESME_RINVDSTADR)
    } else {
        None
    }
}
/// How many messages one submit_multi may become when its distribution lists are looked up: each is a copy of it.
const MOST_DESTINATIONS: usize = 10_000;
