//! Operators of a known character.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use smpp::value::CommandStatus;

use super::keys::{as_text, serde_as_written};
use super::{Hook, Per, Rule, on};
use crate::Delay;
use crate::line::Close;
use crate::message_id::by_name;
use crate::setting::SettingError;

/// How the simulated SMSC behaves as a whole: a set of rules, after those that were written. Written as text: `stale-bind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, schemars::JsonSchema)]
#[schemars(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Profile {
    /// As the standard says.
    #[default]
    Healthy,
    /// Of the messages submitted 5 in 100 are refused with ESME_RSYSERR and 2 with ESME_RMSGQFUL, one in 100 meets with a
    /// reset before its response, and every tenth response is late by 200 ms to 2 s.
    Flaky,
    /// 3 in 10 of the messages submitted are refused with ESME_RTHROTTLED.
    Throttled,
    /// Responses to messages submitted, queries and binds are late: half of them by more than 2 s.
    Slow,
    /// ESMEs are let in, and after that nothing is done or answered, enquire_link and unbind included.
    Dead,
    /// Every fifth bind of a system_id is refused with ESME_RBINDFAIL, and every session is reset at its 20th message.
    Flapping,
    /// The first session of a system_id never quite goes away: its second and third bind are refused with ESME_RALYBND, as by
    /// an SMSC that has not noticed that a connection is gone.
    StaleBind,
    /// Every ESME that binds is taken through the cases of the hostile catalogue, and it is
    /// [reported](crate::SmscSim::hostile_report) how it came out of each.
    Hostile,
}

by_name!(Profile, "profile",
    "healthy" => Healthy, "flaky" => Flaky, "throttled" => Throttled, "slow" => Slow, "dead" => Dead,
    "flapping" => Flapping, "stale-bind" => StaleBind, "hostile" => Hostile);
as_text!(Profile);
serde_as_written!(Profile);

impl Profile {
    /// The rules that it stands for.
    pub(crate) fn rules(self) -> Vec<Rule> {
        let submits = || on(Hook::SubmitSm).and_on(Hook::SubmitMulti).and_on(Hook::DataSm);
        let rules = match self {
            Self::Healthy | Self::Hostile => vec![],
            Self::Flaky => vec![
                submits().name("flaky-error").probability(0.05).reply(CommandStatus::ESME_RSYSERR),
                submits().name("flaky-full").probability(0.02).reply(CommandStatus::ESME_RMSGQFUL),
                submits().name("flaky-reset").probability(0.01).close(Close::Reset),
                submits()
                    .name("flaky-late")
                    .probability(0.1)
                    .delay(Delay::Uniform { min: Duration::from_millis(200), max: Duration::from_secs(2) }),
            ],
            Self::Throttled => vec![submits().name("throttled").probability(0.3).reply(CommandStatus::ESME_RTHROTTLED)],
            Self::Slow => {
                let late = Delay::LogNormal { median: Duration::from_secs(2), sigma: 0.5 };
                vec![submits().and_on(Hook::QuerySm).and_on(Hook::Bind).name("slow").delay(late)]
            }
            Self::Dead => {
                let requests = [Hook::QuerySm, Hook::CancelSm, Hook::ReplaceSm, Hook::EnquireLink, Hook::Unbind];
                vec![requests.into_iter().fold(submits(), Rule::and_on).name("dead").drop_request()]
            }
            Self::Flapping => vec![
                on(Hook::Bind).name("flapping-bind").every(5).reply(CommandStatus::ESME_RBINDFAIL),
                submits().name("flapping-reset").per(Per::Session).nth(20).close(Close::Reset),
            ],
            Self::StaleBind => {
                vec![on(Hook::Bind).name("stale-bind").after(1).times(2).reply(CommandStatus::ESME_RALYBND)]
            }
        };
        rules.into_iter().map(|rule| rule.priority(PRIORITY)).collect()
    }
}

/// After every rule that was written, and after chaos.
const PRIORITY: i32 = -950;
