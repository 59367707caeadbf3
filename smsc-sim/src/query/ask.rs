//! What the simulator is asked.

use std::ops::{Bound, ControlFlow, RangeBounds};
use std::time::Duration;

use super::near::{Closest, latest};
use super::{NearMisses, Query};
use crate::SmscSim;
use crate::engine::Engine;
use crate::store::Message;

impl SmscSim {
    /// The messages that a query means, oldest first.
    ///
    /// ```
    /// use smpp::client::Client;
    /// use smpp::pdu::SubmitSm;
    /// use smsc_sim::{SmscSim, submit};
    ///
    /// let sim = SmscSim::builder().start()?;
    /// let client = Client::builder().connect(sim.addr())?;
    /// client.bind_transmitter()?;
    /// for text in ["your code is 17", "good morning"] {
    ///     client.submit_sm(&SubmitSm::default().with_destination_addr("4179").with_short_message(text))?;
    /// }
    /// assert_eq!(sim.find(submit().text_contains("code")).len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn find(&self, query: impl Into<Query>) -> Vec<Message> {
        self.engine.find(&query.into(), usize::MAX)
    }

    /// The same, no more than `limit` of them. To go on from there, ask for those [since](Query::since) the
    /// [serial](Message::serial) of the last one.
    pub fn find_some(&self, query: impl Into<Query>, limit: usize) -> Vec<Message> {
        self.engine.find(&query.into(), limit)
    }

    /// How many messages a query means.
    pub fn count(&self, query: impl Into<Query>) -> usize {
        let query = query.into();
        let mut count = 0;
        self.engine.show(query.first(), |message| {
            count += usize::from(query.matches(message));
            ControlFlow::Continue(())
        });
        count
    }

    /// Where the messages stand that come from now on: what is asked for [since](Query::since) it does not see those that
    /// are there already.
    ///
    /// ```
    /// use smsc_sim::{SmscSim, submit};
    ///
    /// let sim = SmscSim::builder().start()?;
    /// let new = submit().to("4179*").since(sim.cursor());
    /// # let _ = new;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn cursor(&self) -> u64 {
        self.engine.cursor()
    }

    /// Waits until there is a message that a query means, no longer than this by the clock of the machine, and returns the
    /// oldest. It returns as soon as there is one: nothing is polled.
    ///
    /// ```
    /// use std::time::Duration;
    /// use smpp::client::Client;
    /// use smpp::pdu::SubmitSm;
    /// use smsc_sim::{SmscSim, submit};
    ///
    /// let sim = SmscSim::builder().start()?;
    /// let client = Client::builder().connect(sim.addr())?;
    /// client.bind_transmitter()?;
    /// client.submit_sm(&SubmitSm::default().with_destination_addr("4179123456").with_short_message("your code is 17"))?;
    /// let message = sim.wait_for(submit().to("4179*").text_contains("code"), Duration::from_secs(10))?;
    /// assert_eq!(message.pdu.destination_addr, "4179123456");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`NearMisses`], which tells what came closest, when the time is over. At once if the query is [wrong](Query::fault).
    pub fn wait_for(&self, query: impl Into<Query>, timeout: Duration) -> Result<Message, NearMisses> {
        let query = query.into();
        let mut found = self.wait_for_count(&query, 1, timeout)?;
        found.pop().ok_or_else(|| self.engine.near_misses(&query, at_least(1), &[], 0))
    }

    /// The same for so many messages, which are returned, oldest first and no more.
    ///
    /// # Errors
    /// [`NearMisses`] when the time is over. At once if the query is [wrong](Query::fault).
    pub fn wait_for_count(
        &self,
        query: impl Into<Query>,
        count: usize,
        timeout: Duration,
    ) -> Result<Vec<Message>, NearMisses> {
        self.wait_unless(&query.into(), count, timeout, &|| false)
    }

    /// The same, as long as somebody is there for it.
    pub(crate) fn wait_unless(
        &self,
        query: &Query,
        count: usize,
        timeout: Duration,
        is_gone: &dyn Fn() -> bool,
    ) -> Result<Vec<Message>, NearMisses> {
        let timeout = if query.fault().is_some() { Duration::ZERO } else { timeout };
        let found = self.engine.wait_unless(|message| query.matches(message), count, timeout, is_gone);
        match query.fault() {
            None if found.len() >= count => Ok(found),
            _ => Err(self.engine.near_misses(query, at_least(count), &[], found.len())),
        }
    }

    /// Sees whether there are as many messages now as there should be, and returns how many.
    ///
    /// ```
    /// use smsc_sim::{SmscSim, submit};
    ///
    /// let sim = SmscSim::builder().start()?;
    /// assert_eq!(sim.verify(submit().to("4179*"), ..=3), Ok(0));
    /// assert!(sim.verify(submit().to("4179*"), 1..).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`NearMisses`] if there are fewer or more.
    pub fn verify(&self, query: impl Into<Query>, count: impl RangeBounds<usize>) -> Result<usize, NearMisses> {
        self.engine.verify(&query.into(), (count.start_bound().cloned(), count.end_bound().cloned()))
    }
}

impl Engine {
    fn find(&self, query: &Query, limit: usize) -> Vec<Message> {
        let mut found = Vec::new();
        self.show(query.first(), |message| {
            if found.len() >= limit {
                return ControlFlow::Break(());
            }
            if query.matches(message) {
                found.push(message.clone());
            }
            ControlFlow::Continue(())
        });
        found
    }

    /// Whether as many messages are there as should be, and how many.
    pub(crate) fn verify(&self, query: &Query, count: (Bound<usize>, Bound<usize>)) -> Result<usize, NearMisses> {
        let found = self.find(query, usize::MAX);
        if query.fault().is_none() && count.contains(&found.len()) {
            return Ok(found.len());
        }
        let is_too_many = match count.1 {
            Bound::Included(most) => found.len() > most,
            Bound::Excluded(most) => found.len() >= most,
            Bound::Unbounded => false,
        };
        let shown = if is_too_many { found.as_slice() } else { &[] };
        Err(self.near_misses(query, in_words(count), shown, found.len()))
    }

    /// Why there are not as many as were wanted. `too_many` are those that are, if they are too many.
    fn near_misses(&self, query: &Query, wanted: String, too_many: &[Message], found: usize) -> NearMisses {
        let mut closest = Closest::new(query);
        if query.fault().is_none() {
            self.show(0, |message| {
                closest.look(message);
                ControlFlow::Continue(())
            });
        }
        NearMisses {
            query: query.to_string(),
            wanted: wanted.into(),
            found,
            examined: closest.examined,
            fault: query.fault().map(|fault| fault.to_string().into()),
            near: if too_many.is_empty() { closest.into_misses() } else { Vec::new() },
            matched: latest(too_many),
        }
    }
}

fn at_least(count: usize) -> String {
    in_words((Bound::Included(count), Bound::Unbounded))
}

/// How many were wanted.
fn in_words((least, most): (Bound<usize>, Bound<usize>)) -> String {
    let least = match least {
        Bound::Included(least) => least,
        Bound::Excluded(least) => least.saturating_add(1),
        Bound::Unbounded => 0,
    };
    let most = match most {
        Bound::Included(most) => Some(most),
        Bound::Excluded(most) => Some(most.saturating_sub(1)),
        Bound::Unbounded => None,
    };
    match most {
        None => format!("at least {least}"),
        Some(0) => "no".to_owned(),
        Some(most) if most == least => most.to_string(),
        Some(most) if least == 0 => format!("at most {most}"),
        Some(most) => format!("{least} to {most}"),
    }
}
