//! Which of those that a rule is about it takes.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use schemars::JsonSchema;
use serde_json::Value;

use super::keys::{Keys, Mistakes, Writing, Written, as_text, serde_as_written};
use crate::message_id::by_name;
use crate::setting::{SettingError, duration, written};

/// Which of those that a rule is about it takes: those of which everything that is said here is so; all unless something is.
///
/// Whatever is not taken goes on to the next rule.
#[derive(Debug, Clone, PartialEq, Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[non_exhaustive]
pub struct Pick {
    /// The first so many are left alone, and not counted for `nth` and `every`.
    pub after: Option<u64>,
    /// That one alone, counted from 1.
    pub nth: Option<u64>,
    /// Every so-many-th: of `every: 3` the third, the sixth and so on.
    pub every: Option<u64>,
    /// So many, and then no more.
    pub times: Option<u64>,
    /// Each with this probability, from 0 to 1, by the [seed](crate::Builder::seed).
    pub probability: Option<f64>,
    /// Those that come during this time, by the [`Clock`](crate::Clock) since the simulator was started.
    #[schemars(with = "Option<String>")]
    pub during: Option<During>,
}

/// A time since the start of the simulator, its end not included: `30s..60s`, `30s..`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct During {
    /// When it begins.
    pub from: Duration,
    /// When it ends; `None` if it does not.
    pub until: Option<Duration>,
}

impl During {
    /// From one time to another.
    pub fn new(from: Duration, until: Option<Duration>) -> Self {
        Self { from, until }
    }

    pub(crate) fn contains(self, elapsed: Duration) -> bool {
        elapsed >= self.from && self.until.is_none_or(|until| elapsed < until)
    }
}

impl FromStr for During {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        let form = || SettingError::new(format!("expected a time such as 30s..60s or 30s.., not `{text}`"));
        let (from, until) = text.split_once("..").ok_or_else(form)?;
        let until = if until.is_empty() { None } else { Some(duration(until)?) };
        let during = Self { from: duration(from)?, until };
        match until {
            Some(until) if until <= during.from => {
                Err(SettingError::new(format!("in `{text}` the end is not after the beginning")))
            }
            _ => Ok(during),
        }
    }
}

impl fmt::Display for During {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", written(self.from), self.until.map(written).unwrap_or_default())
    }
}

/// For whom a rule counts. At the hook `connect`, where nobody is known yet, it counts for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, JsonSchema)]
#[schemars(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Per {
    /// For each system_id over all its binds, so that what is over stays over when it binds again.
    #[default]
    SystemId,
    /// For each session, from its beginning; at `mo` and `receipt`, where the session is not known yet, for each system_id.
    Session,
    /// For all together: what comes to be counted first depends on what happens to come first.
    All,
}

by_name!(Per, "way to count", "system_id" => SystemId, "session" => Session, "all" => All);

impl Written for Pick {
    fn read(value: &Value) -> Result<Self, Mistakes> {
        let mut keys = Keys::of(value, "a choice")?;
        let pick = Self {
            after: keys.take("after"),
            nth: keys.take("nth"),
            every: keys.take("every"),
            times: keys.take("times"),
            probability: keys.take("probability"),
            during: keys.take("during"),
        };
        for (key, number) in [("nth", pick.nth), ("every", pick.every)] {
            if number == Some(0) {
                keys.note(key, "counts from 1");
            }
        }
        if pick.probability.is_some_and(|probability| !(0.0..=1.0).contains(&probability)) {
            keys.note("probability", "is from 0 to 1");
        }
        keys.done(|| Some(pick))
    }

    fn write(&self) -> Value {
        Writing::default()
            .put("after", &self.after)
            .put("nth", &self.nth)
            .put("every", &self.every)
            .put("times", &self.times)
            .put("probability", &self.probability)
            .put("during", &self.during)
            .done()
    }
}

as_text!(During, Per);
serde_as_written!(Pick, During, Per);
