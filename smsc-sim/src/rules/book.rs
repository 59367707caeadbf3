//! The rules that there are, and what they decide.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use super::inband::inband;
use super::magic::magic;
use super::question::Question;
use super::subject::Subject;
use super::verdict::Verdict;
use super::{Action, Hook, Per, Pick, Rule, Scenario};
use crate::draw::{Chance, purpose};
use crate::setting::SettingError;
use crate::spec::Known;

/// The rules that there are, and what they have counted.
///
/// `rules` is written when rules come and go, read while it is decided. `scenarios`, the counts of a rule and `faults` are
/// locked one after the other, each for as long as it takes to look something up and change it; nothing else is done
/// meanwhile.
#[derive(Debug, Default)]
pub(crate) struct Book {
    /// The highest priority first; those of the same in the order they came.
    rules: RwLock<Vec<Arc<Entry>>>,
    /// The hooks that some rule is about: whoever asks about another need not look at the rules at all.
    hooks: AtomicU32,
    next: AtomicU64,
    scenarios: Mutex<BTreeMap<String, String>>,
    /// How often each action of each rule was done, also of rules that are gone.
    faults: Mutex<BTreeMap<(Arc<str>, &'static str), u64>>,
    /// Whether destinations of +999, and texts, say what happens.
    magic: bool,
    inband: bool,
    /// What names mean in rules.
    known: Known,
}

#[derive(Debug)]
struct Entry {
    name: Arc<str>,
    /// A number of its own, as the name may be given again.
    serial: u64,
    /// What chance is about.
    hash: u64,
    rule: Rule,
    pack: Option<Pack>,
    matched: AtomicU64,
    hits: AtomicU64,
    counts: Mutex<Counts>,
}

/// Where rules come from that nobody wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Pack {
    Profile,
    Chaos,
}

/// A rule that there is.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RuleStatus {
    /// What it is called; unique.
    pub name: String,
    /// The rule.
    pub rule: Rule,
    /// How often its conditions were met.
    pub matched: u64,
    /// How often it was applied: of what met its conditions, what it picked.
    pub hits: u64,
    /// Whether it is of a built-in profile or of a chaos specification.
    pub is_built_in: bool,
}

impl Book {
    /// One without rules, in which magic numbers and texts count or do not.
    pub(crate) fn new(magic: bool, inband: bool, known: Known) -> Self {
        Self { magic, inband, known, ..Self::default() }
    }

    /// Adds a rule.
    ///
    /// # Errors
    /// [`SettingError`] if something in it makes no sense, its name is taken, or there are too many.
    pub(crate) fn add(&self, rule: Rule, pack: Option<Pack>) -> Result<Added, SettingError> {
        let rule = rule.checked(self.known)?;
        let mut rules = self.rules.write().unwrap_or_else(PoisonError::into_inner);
        if rules.len() >= MAX_RULES {
            return Err(SettingError::new(format!("there are {MAX_RULES} rules already")));
        }
        let is_taken = |name: &str| rules.iter().any(|entry| *entry.name == *name);
        let name = match &rule.name {
            Some(name) if is_taken(name) => return Err(SettingError::new(format!("there is a rule `{name}` already"))),
            Some(name) => name.clone(),
            None => (1_u64..).map(|number| format!("rule-{number}")).find(|name| !is_taken(name)).unwrap_or_default(),
        };
        let serial = self.next.fetch_add(1, Ordering::Relaxed);
        let hash = name
            .bytes()
            .fold(0xCBF2_9CE4_8422_2325, |hash: u64, octet| (hash ^ u64::from(octet)).wrapping_mul(0x0100_0000_01B3));
        let name: Arc<str> = name.into();
        let entry = Entry {
            name: Arc::clone(&name),
            serial,
            hash,
            rule,
            pack,
            matched: AtomicU64::new(0),
            hits: AtomicU64::new(0),
            counts: Mutex::default(),
        };
        let place = rules.partition_point(|other| other.rule.priority >= entry.rule.priority);
        rules.insert(place, Arc::new(entry));
        self.note_hooks(&rules);
        Ok(Added { name, serial })
    }

    /// Removes the rule of this name. Whether there was one.
    pub(crate) fn remove(&self, name: &str) -> bool {
        self.remove_if(|entry| *entry.name == *name) > 0
    }

    /// Removes a rule that was added, unless it is gone; one that has its name since stays.
    pub(crate) fn remove_added(&self, added: &Added) -> bool {
        self.remove_if(|entry| entry.serial == added.serial) > 0
    }

    /// How often a rule that was added was applied.
    pub(crate) fn hits(&self, added: &Added) -> u64 {
        let rules = self.rules.read().unwrap_or_else(PoisonError::into_inner);
        let found = rules.iter().find(|entry| entry.serial == added.serial);
        found.map_or(0, |entry| entry.hits.load(Ordering::Relaxed))
    }

    /// Removes every rule that was added one by one.
    pub(crate) fn clear(&self) -> usize {
        self.remove_if(|entry| entry.pack.is_none())
    }

    /// Puts rules in the place of those of a pack. One whose name is taken by a rule that was written gets another.
    pub(crate) fn replace(&self, pack: Pack, with: Vec<Rule>) {
        self.remove_if(|entry| entry.pack == Some(pack));
        for rule in with {
            let unnamed = Rule { name: None, ..rule.clone() };
            let _ = self.add(rule, Some(pack)).or_else(|_| self.add(unnamed, Some(pack)));
        }
    }

    /// Forgets what was counted, and the states of scenarios.
    pub(crate) fn reset(&self) {
        for entry in self.rules.read().unwrap_or_else(PoisonError::into_inner).iter() {
            *lock(&entry.counts) = Counts::default();
            entry.matched.store(0, Ordering::Relaxed);
            entry.hits.store(0, Ordering::Relaxed);
        }
        lock(&self.scenarios).clear();
    }

    /// Every rule, in the order they are asked.
    pub(crate) fn list(&self) -> Vec<RuleStatus> {
        let status = |entry: &Arc<Entry>| RuleStatus {
            name: entry.name.to_string(),
            rule: entry.rule.clone().name(&*entry.name),
            matched: entry.matched.load(Ordering::Relaxed),
            hits: entry.hits.load(Ordering::Relaxed),
            is_built_in: entry.pack.is_some(),
        };
        self.rules.read().unwrap_or_else(PoisonError::into_inner).iter().map(status).collect()
    }

    /// How often each action of each rule was done.
    pub(crate) fn faults(&self) -> Vec<(Arc<str>, &'static str, u64)> {
        lock(&self.faults).iter().map(|((rule, action), count)| (Arc::clone(rule), *action, *count)).collect()
    }

    /// The state of every scenario that has one.
    pub(crate) fn scenarios(&self) -> BTreeMap<String, String> {
        lock(&self.scenarios).clone()
    }

    /// Brings a scenario to a state.
    pub(crate) fn set_scenario(&self, name: &str, state: &str) {
        let mut scenarios = lock(&self.scenarios);
        if scenarios.len() < MAX_RULES || scenarios.contains_key(name) {
            scenarios.insert(name.to_owned(), state.to_owned());
        }
    }

    /// Forgets what was counted for a session.
    pub(crate) fn closed(&self, session_id: u64) {
        for entry in self.rules.read().unwrap_or_else(PoisonError::into_inner).iter() {
            if entry.rule.per == Per::Session {
                lock(&entry.counts).forget(&Whose::Session(session_id));
            }
        }
    }

    /// Whether some rule may have to do with a hook: if not, nobody need ask.
    pub(crate) fn concerns(&self, hook: Hook) -> bool {
        self.hooks.load(Ordering::Relaxed) & hook.bit() != 0
    }

    /// What is to be done. Whatever is counted is counted by this: it is asked once about everything that happens.
    pub(crate) fn decide(&self, subject: &Subject<'_>) -> Verdict {
        if !self.concerns(subject.hook) {
            return self.built_in(subject);
        }
        let rules = self.rules.read().unwrap_or_else(PoisonError::into_inner);
        let Some(entry) = rules.iter().find(|entry| self.applies(&rules, entry, subject)).map(Arc::clone) else {
            drop(rules);
            return self.built_in(subject);
        };
        drop(rules);
        let mut verdict = Verdict { rule: Some(Arc::clone(&entry.name)), ..Verdict::default() };
        let chance = subject.chance.and(entry.hash);
        for (place, action) in (0..).zip(&entry.rule.then) {
            verdict.add(action, chance.and(place));
            match action {
                Action::SetState { scenario, to } => self.set_scenario(scenario, to),
                Action::Webhook(webhook) => {
                    let question = Question::new(webhook, &entry.name, subject, chance.and(place));
                    verdict.webhook = Some(Box::new(question));
                }
                _ => {}
            }
        }
        self.count_faults(&entry.name, entry.rule.then.iter().map(Action::name));
        verdict
    }

    /// What the message itself asks for, by its text or its destination.
    fn built_in(&self, subject: &Subject<'_>) -> Verdict {
        if !subject.hook.is_submit() {
            return Verdict::default();
        }
        let message = subject.about.message().filter(|message| self.inband && message.octets.len() >= SHORTEST_INBAND);
        // Braces are escape sequences in GSM 7-bit; whoever writes ASCII into data_coding 0 means them all the same.
        let asked = message.and_then(|message| {
            let octets = message.user_data().text;
            if octets.starts_with(b"#sim{") {
                return inband(&String::from_utf8_lossy(octets));
            }
            inband(&subject.about.text()?)
        });
        let asked = asked.map(|actions| ("inband", actions));
        let magic = || {
            let dest = subject.about.dest().filter(|_| self.magic)?;
            Some(("magic", vec![magic(dest.as_bytes())?]))
        };
        let Some((name, actions)) = asked.or_else(magic) else { return Verdict::default() };
        let name: Arc<str> = name.into();
        let mut verdict = Verdict { rule: Some(Arc::clone(&name)), ..Verdict::default() };
        for action in &actions {
            verdict.add(action, subject.chance);
        }
        self.count_faults(&name, actions.iter().map(Action::name));
        verdict
    }

    /// Whether a rule takes it, which is then counted.
    fn applies(&self, rules: &[Arc<Entry>], entry: &Entry, subject: &Subject<'_>) -> bool {
        if !entry.rule.when.is_met(subject) {
            return false;
        }
        let mut scenarios = entry.rule.scenario.as_ref().map(|_| lock(&self.scenarios));
        if let (Some(scenario), Some(states)) = (&entry.rule.scenario, &scenarios)
            && let Some(wanted) = &scenario.state
            && states.get(&scenario.name).map_or_else(|| first_state(rules, &scenario.name), String::as_str) != wanted
        {
            return false;
        }
        entry.matched.fetch_add(1, Ordering::Relaxed);
        let whose = match entry.rule.per {
            _ if subject.hook == Hook::Connect => Whose::All,
            // Which session it goes to is not known yet.
            Per::Session if subject.session_id == 0 => Whose::SystemId(subject.system_id.to_owned()),
            Per::SystemId => Whose::SystemId(subject.system_id.to_owned()),
            Per::Session => Whose::Session(subject.session_id),
            Per::All => Whose::All,
        };
        let chance = subject.chance.and(entry.hash);
        if !lock(&entry.counts).picks(&entry.rule.pick, whose, chance, subject.elapsed) {
            return false;
        }
        entry.hits.fetch_add(1, Ordering::Relaxed);
        if let (Some(Scenario { name, to: Some(to), .. }), Some(states)) = (&entry.rule.scenario, &mut scenarios) {
            states.insert(name.clone(), to.clone());
        }
        true
    }

    pub(super) fn count_faults(&self, rule: &Arc<str>, actions: impl Iterator<Item = &'static str>) {
        let mut faults = lock(&self.faults);
        for action in actions {
            let key = (Arc::clone(rule), action);
            if faults.len() < MAX_FAULTS || faults.contains_key(&key) {
                *faults.entry(key).or_default() += 1;
            }
        }
    }

    fn remove_if(&self, goes: impl Fn(&Entry) -> bool) -> usize {
        let mut rules = self.rules.write().unwrap_or_else(PoisonError::into_inner);
        let before = rules.len();
        rules.retain(|entry| !goes(entry));
        self.note_hooks(&rules);
        before - rules.len()
    }

    fn note_hooks(&self, rules: &[Arc<Entry>]) {
        let hooks = rules.iter().flat_map(|entry| &entry.rule.when.pdu).fold(0, |hooks, hook| hooks | hook.bit());
        self.hooks.store(hooks, Ordering::Relaxed);
    }
}

/// The state that a scenario begins in: `start` if a rule speaks of it, or that of the first rule that speaks of it.
fn first_state<'a>(rules: &'a [Arc<Entry>], scenario: &str) -> &'a str {
    let mut entries: Vec<_> = rules.iter().collect();
    entries.sort_by_key(|entry| entry.serial);
    let named = entries.iter().filter_map(|entry| entry.rule.scenario.as_ref()).filter(|other| other.name == scenario);
    let mut states = named.filter_map(|scenario| scenario.state.as_deref());
    let first = states.next();
    if first == Some(START) || states.any(|state| state == START) { START } else { first.unwrap_or(START) }
}

/// A rule that was added.
#[derive(Debug, Clone)]
pub(crate) struct Added {
    pub(crate) name: Arc<str>,
    serial: u64,
}

/// For whom is counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Whose {
    SystemId(String),
    Session(u64),
    All,
}

/// What a rule has counted, for the [`MAX_COUNTS`] that it counted for last.
#[derive(Debug, Default)]
struct Counts {
    by: HashMap<Whose, Count>,
    order: VecDeque<Whose>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Count {
    matched: u64,
    taken: u64,
}

impl Counts {
    fn picks(&mut self, pick: &Pick, whose: Whose, chance: Chance, elapsed: Duration) -> bool {
        let count = match self.by.get_mut(&whose) {
            Some(count) => count,
            None => {
                if self.by.len() >= MAX_COUNTS
                    && let Some(oldest) = self.order.pop_front()
                {
                    self.by.remove(&oldest);
                }
                self.order.push_back(whose.clone());
                self.by.entry(whose).or_default()
            }
        };
        count.matched = count.matched.saturating_add(1);
        let Some(place) = count.matched.checked_sub(pick.after.unwrap_or(0)).filter(|&place| place > 0) else {
            return false;
        };
        let picks = pick.nth.is_none_or(|nth| place == nth)
            && pick.every.is_none_or(|every| every > 0 && place % every == 0)
            && pick.during.is_none_or(|during| during.contains(elapsed))
            && pick.times.is_none_or(|times| count.taken < times)
            && pick.probability.is_none_or(|probability| chance.unit(purpose::RULE_PICK) < probability);
        count.taken += u64::from(picks);
        picks
    }

    fn forget(&mut self, whose: &Whose) {
        if self.by.remove(whose).is_some() {
            self.order.retain(|other| other != whose);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The state that scenarios begin in.
const START: &str = "start";

/// Octets of a text that says something, packed in septets at the most: `#sim{}`.
const SHORTEST_INBAND: usize = 6;

/// Rules, and scenarios, that there may be.
const MAX_RULES: usize = 10_000;

/// For how many a rule counts; of more, the one that came first is forgotten.
const MAX_COUNTS: usize = 10_000;

/// Actions of rules that are counted on their own.
const MAX_FAULTS: usize = 10_000;
