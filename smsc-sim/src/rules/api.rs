//! Rules of a simulator that runs.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Weak};

use super::book::{Added, Pack};
use super::{Chaos, Profile, Rule, RuleStatus};
use crate::engine::Engine;
use crate::{SettingError, SmscSim};

impl SmscSim {
    /// Adds a rule that is there until what this returns is dropped.
    ///
    /// ```
    /// use smpp::client::Client;
    /// use smpp::driver::Error;
    /// use smpp::pdu::SubmitSm;
    /// use smpp::value::CommandStatus;
    /// use smsc_sim::rules::{Hook, on};
    /// use smsc_sim::SmscSim;
    ///
    /// let sim = SmscSim::builder().start()?;
    /// let client = Client::builder().connect(sim.addr())?;
    /// client.bind_transceiver()?;
    /// let message = SubmitSm::default().with_destination_addr("447700900123");
    /// {
    ///     let throttled = sim.rule(on(Hook::SubmitSm).dest("4477*").reply(CommandStatus::ESME_RTHROTTLED));
    ///     let refused = client.submit_sm(&message).unwrap_err();
    ///     assert!(matches!(refused, Error::Refused { command_status: CommandStatus::ESME_RTHROTTLED, .. }));
    ///     assert_eq!(throttled.hits(), 1);
    /// }
    /// assert!(client.submit_sm(&message).is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Panics
    /// If the rule makes no sense; [`add_rule`](Self::add_rule) says why instead.
    #[track_caller]
    pub fn rule(&self, rule: impl Into<Rule>) -> RuleGuard {
        match self.engine.book.add(rule.into(), None) {
            Ok(added) => {
                self.engine.was_changed(|| format!("rule {} added", added.name));
                RuleGuard { engine: Arc::downgrade(&self.engine), added: Some(added) }
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Adds a rule, and returns its name.
    ///
    /// # Errors
    /// [`SettingError`] if the rule makes no sense, its name is taken, or there are 10,000 already.
    pub fn add_rule(&self, rule: impl Into<Rule>) -> Result<String, SettingError> {
        let name = self.engine.book.add(rule.into(), None)?.name.to_string();
        self.engine.was_changed(|| format!("rule {name} added"));
        Ok(name)
    }

    /// Every rule, those of built-in profiles too, in the order they are asked.
    pub fn rules(&self) -> Vec<RuleStatus> {
        self.engine.book.list()
    }

    /// Removes a rule. Whether there was one of this name.
    pub fn remove_rule(&self, name: &str) -> bool {
        let was_there = self.engine.book.remove(name);
        if was_there {
            self.engine.was_changed(|| format!("rule {name} removed"));
        }
        was_there
    }

    /// Removes every rule that was added, and returns how many there were. Those of built-in profiles stay.
    pub fn clear_rules(&self) -> usize {
        self.engine.was_changed(|| "rules removed".to_owned());
        self.engine.book.clear()
    }

    /// Answers what a rule [holds](Rule::hold). Returns how many requests that were.
    pub fn release(&self, rule: &str) -> usize {
        self.engine.release(rule)
    }

    /// Has the simulator behave otherwise as a whole.
    pub fn set_profile(&self, profile: Profile) {
        self.engine.book.replace(Pack::Profile, profile.rules());
        self.engine.switch_hostile(profile == Profile::Hostile);
        self.engine.was_changed(|| format!("profile {profile}"));
    }

    /// Has other things go wrong now and then than before.
    pub fn set_chaos(&self, chaos: &Chaos) {
        self.engine.book.replace(Pack::Chaos, chaos.rules());
        self.engine.was_changed(|| format!("chaos {chaos}"));
    }

    /// The state of every scenario that some rule or [`set_scenario`](Self::set_scenario) has brought to one.
    pub fn scenarios(&self) -> BTreeMap<String, String> {
        self.engine.book.scenarios()
    }

    /// Brings a [scenario](super::Scenario) to a state.
    pub fn set_scenario(&self, name: &str, state: &str) {
        self.engine.book.set_scenario(name, state);
        self.engine.was_changed(|| format!("scenario {name} is {state}"));
    }
}

/// A rule that is removed when this is dropped; from [`SmscSim::rule`].
#[must_use = "the rule is removed when this is dropped"]
pub struct RuleGuard {
    engine: Weak<Engine>,
    added: Option<Added>,
}

impl RuleGuard {
    /// What the rule is called.
    pub fn name(&self) -> &str {
        self.added.as_ref().map_or("", |added| &added.name)
    }

    /// How often it was applied; 0 if it is gone.
    pub fn hits(&self) -> u64 {
        let (Some(engine), Some(added)) = (self.engine.upgrade(), &self.added) else { return 0 };
        engine.book.hits(added)
    }

    /// Leaves the rule there.
    pub fn keep(mut self) {
        self.added = None;
    }
}

impl Drop for RuleGuard {
    fn drop(&mut self) {
        if let (Some(engine), Some(added)) = (self.engine.upgrade(), &self.added) {
            engine.book.remove_added(added);
        }
    }
}

impl fmt::Debug for RuleGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RuleGuard").field("name", &self.name()).finish_non_exhaustive()
    }
}
