//! What is seen of an ESME during a case, and what that is worth.

use std::collections::HashSet;
use std::time::Duration;

use smpp::codec::{CommandId, Frame};
use smpp::value::CommandStatus;

use super::report::Record;
use super::{Expects, HostileCase, HostileOutcome};
use crate::line::Traced;

/// A case that is under way.
#[derive(Debug)]
pub(super) struct Current {
    pub(super) case: HostileCase,
    /// What leaves in place of a response, until it has left.
    pub(super) to_leave: Option<Vec<u8>>,
    pub(super) begun: Duration,
    /// The sequence_number of the enquire_link that follows.
    pub(super) probe: u32,
    /// The requests that are to be answered, each by its command_id and sequence_number.
    awaited: HashSet<(u32, u32)>,
    /// Whether the enquire_link was answered.
    lives: bool,
    is_late: bool,
    wrong: Option<String>,
    refused: Option<CommandStatus>,
    pub(super) pdus: Vec<Traced>,
}

/// How long an answer may take before it is late, and as long again before nobody waits for it.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

const GENERIC_NACK: u32 = 0x8000_0000;
const ENQUIRE_LINK_RESP: u32 = 0x8000_0015;

impl Current {
    pub(super) fn new(case: HostileCase, octets: &[u8], probe: u32, now: Duration) -> Self {
        let waits =
            matches!(case.expects(), Expects::Response | Expects::Acceptance | Expects::Nack | Expects::UnbindResp);
        let awaited = if waits { requests(octets) } else { HashSet::new() };
        Self {
            case,
            to_leave: None,
            begun: now,
            probe,
            awaited,
            lives: false,
            is_late: false,
            wrong: None,
            refused: None,
            pdus: Vec::new(),
        }
    }

    /// A PDU has come. How the case came out, if that is clear now.
    pub(super) fn received(&mut self, octets: &[u8], now: Duration) -> Option<Record> {
        let [_, id, status, number] = words(octets)?;
        let (expects, status) = (self.case.expects(), CommandStatus(status));
        let is_probe = number == self.probe;
        if id == ENQUIRE_LINK_RESP && is_probe {
            self.lives = true;
        } else if id & GENERIC_NACK != 0 && !is_probe {
            let asked = self
                .awaited
                .iter()
                .find(|(request, asked)| *asked == number && (id == GENERIC_NACK || id == request | GENERIC_NACK));
            if let Some(asked) = asked.copied() {
                self.awaited.remove(&asked);
                self.judge(id, status);
            } else if id == GENERIC_NACK && !matches!(expects, Expects::Life | Expects::Loss) {
                self.wrong = Some(format!("it answered generic_nack {number} {status:?}"));
            } else if self.awaited.iter().any(|(_, asked)| *asked == number) {
                self.wrong = Some(format!("it answered 0x{id:08X} {status:?}"));
            }
        } else {
            return None;
        }
        self.is_late |= now.saturating_sub(self.begun) >= PATIENCE;
        let is_settled = self.awaited.is_empty() && (self.lives || expects == Expects::UnbindResp);
        is_settled.then(|| self.settled())
    }

    /// An answer is judged.
    fn judge(&mut self, id: u32, status: CommandStatus) {
        if status != CommandStatus::ESME_ROK {
            self.refused = Some(status);
        }
        let is_nack = id == GENERIC_NACK;
        let is_wrong = match self.case.expects() {
            Expects::Acceptance => is_nack || MALFORMED.contains(&status),
            Expects::Nack => !is_nack,
            Expects::UnbindResp => is_nack,
            _ => false,
        };
        if is_wrong {
            self.wrong = Some(match is_nack {
                true => format!("it answered generic_nack {status:?}"),
                false => format!("it answered {status:?}"),
            });
        }
    }

    fn settled(&mut self) -> Record {
        if let Some(wrong) = self.wrong.take() {
            return self.record(HostileOutcome::Bad, wrong);
        }
        if self.is_late {
            return self.record(HostileOutcome::Late, format!("it answered after more than {} s", PATIENCE.as_secs()));
        }
        let note = self.refused.map_or_else(String::new, |status| format!("answered {status:?}"));
        self.record(HostileOutcome::Ok, note)
    }

    /// The connection is over.
    pub(super) fn closed(&mut self, now: Duration) -> Record {
        let is_late = now.saturating_sub(self.begun) >= PATIENCE;
        match self.case.expects() {
            Expects::Loss | Expects::Refusal | Expects::End if is_late => {
                self.record(HostileOutcome::Late, format!("it closed after more than {} s", PATIENCE.as_secs()))
            }
            Expects::Loss | Expects::Refusal | Expects::End => self.record(HostileOutcome::Ok, "closed".to_owned()),
            Expects::UnbindResp => self.record(HostileOutcome::Closed, "it closed without unbind_resp".to_owned()),
            _ => self.record(HostileOutcome::Closed, "it closed the connection".to_owned()),
        }
    }

    /// The same ESME binds again.
    pub(super) fn bound_again(&mut self) -> Option<Record> {
        (self.case.expects() == Expects::Refusal).then(|| self.record(HostileOutcome::Ok, "bound again".to_owned()))
    }

    /// Whether it has answered the enquire_link.
    pub(super) fn lives(&self) -> bool {
        self.lives
    }

    /// Nobody waits any more.
    pub(super) fn given_up(&mut self) -> Record {
        match self.wrong.take() {
            Some(wrong) if self.lives => self.record(HostileOutcome::Bad, wrong),
            _ if self.lives => {
                let note = format!("{} not answered", self.awaited.len());
                self.record(HostileOutcome::Mute, note)
            }
            _ => {
                let note = match self.case.expects() {
                    Expects::End | Expects::Loss => "the connection is still open",
                    Expects::Refusal => "it neither closed nor bound again",
                    Expects::UnbindResp => "unbind not answered",
                    _ => "enquire_link not answered",
                };
                let is_mute = self.case.expects() == Expects::UnbindResp;
                let outcome = if is_mute { HostileOutcome::Mute } else { HostileOutcome::Deaf };
                self.record(outcome, note.to_owned())
            }
        }
    }

    fn record(&mut self, outcome: HostileOutcome, note: String) -> Record {
        Record { outcome, note, pdus: std::mem::take(&mut self.pdus) }
    }
}

/// What says that a PDU is not as it should be.
const MALFORMED: &[CommandStatus] = &[
    CommandStatus::ESME_RINVMSGLEN,
    CommandStatus::ESME_RINVCMDLEN,
    CommandStatus::ESME_RINVCMDID,
    CommandStatus::ESME_RINVBNDSTS,
    CommandStatus::ESME_RINVOPTPARSTREAM,
    CommandStatus::ESME_ROPTPARNOTALLWD,
    CommandStatus::ESME_RINVPARLEN,
    CommandStatus::ESME_RMISSINGOPTPARAM,
    CommandStatus::ESME_RINVOPTPARAMVAL,
];

/// The four words of a header.
pub(super) fn words(octets: &[u8]) -> Option<[u32; 4]> {
    let (words, _) = octets.get(..16)?.as_chunks::<4>();
    words.iter().map(|word| u32::from_be_bytes(*word)).collect::<Vec<_>>().try_into().ok()
}

/// The requests in what is sent.
fn requests(mut octets: &[u8]) -> HashSet<(u32, u32)> {
    let mut requests = HashSet::new();
    while let Ok(Some((frame, rest))) = Frame::split(octets, smpp::codec::DEFAULT_MAX_COMMAND_LENGTH) {
        let (CommandId(id), number) = (frame.header().command_id, frame.header().sequence_number);
        if id & GENERIC_NACK == 0 {
            requests.insert((id, number));
        }
        octets = rest;
    }
    requests
}
