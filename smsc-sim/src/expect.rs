//! What a test expects of the messages by its end.

use std::fmt;
use std::ops::Bound;
use std::sync::{Arc, Mutex, PoisonError};

use crate::SmscSim;
use crate::engine::Engine;
use crate::query::{NearMisses, Query};

impl SmscSim {
    /// What is to be so in the end: that there is such a message, at least once unless [said](Expectation::times). It is
    /// seen to when the expectation is dropped, or, if it was let go of by [`keep`](Expectation::keep), when the simulator is.
    ///
    /// ```
    /// use smpp::client::Client;
    /// use smpp::pdu::SubmitSm;
    /// use smsc_sim::{SmscSim, submit};
    ///
    /// let sim = SmscSim::builder().start()?;
    /// sim.expect(submit().to("447700900123").text_contains("code")).times(1).keep();
    /// sim.expect(submit().to("999*")).never().keep();
    ///
    /// let client = Client::builder().connect(sim.addr())?;
    /// client.bind_transmitter()?;
    /// let pdu = SubmitSm::default().with_destination_addr("447700900123").with_short_message("your code is 17");
    /// client.submit_sm(&pdu)?;
    /// // Here the simulator is dropped, and all is as expected.
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// One that is held is checked where it goes out of scope, with what came close told:
    ///
    /// ```should_panic
    /// use smsc_sim::{SmscSim, submit};
    ///
    /// let sim = SmscSim::builder().start().unwrap();
    /// let _expected = sim.expect(submit().to("447700900123"));
    /// // panics: wanted at least 1 message `to:447700900123`, found 0 of 0
    /// ```
    pub fn expect(&self, query: impl Into<Query>) -> Expectation {
        let wanted = Wanted { query: query.into(), least: 1, most: None };
        Expectation { engine: Arc::clone(&self.engine), wanted: Some(wanted) }
    }

    /// What [kept](Expectation::keep) expectations are not met as of now.
    ///
    /// # Errors
    /// All of them, each with what came close.
    pub fn check(&self) -> Result<(), Vec<NearMisses>> {
        let missed = self.engine.unmet();
        if missed.is_empty() { Ok(()) } else { Err(missed) }
    }
}

/// What is to be so of the messages in the end; from [`SmscSim::expect`].
///
/// Dropped, it is checked at once: it panics if it is not met, with what came close, but never while the thread is
/// panicking already. Any thread may hold it.
#[must_use = "it is checked as soon as it is dropped: hold it, or keep() it until the simulator is dropped"]
pub struct Expectation {
    engine: Arc<Engine>,
    wanted: Option<Wanted>,
}

/// Queries, and how many messages they should mean.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    query: Query,
    least: usize,
    most: Option<usize>,
}

/// What is to be seen to when the simulator is dropped.
pub(crate) type Kept = Mutex<Vec<Wanted>>;

impl Expectation {
    /// So many such messages, no more and no fewer.
    pub fn times(self, count: usize) -> Self {
        self.between(count, Some(count))
    }

    /// So many such messages, or more.
    pub fn at_least(self, count: usize) -> Self {
        self.between(count, None)
    }

    /// So many such messages, or fewer.
    pub fn at_most(self, count: usize) -> Self {
        self.between(0, Some(count))
    }

    /// No such message.
    pub fn never(self) -> Self {
        self.times(0)
    }

    /// Leaves it to be checked when the simulator is dropped or stopped, or by [`SmscSim::check`].
    pub fn keep(mut self) {
        if let Some(wanted) = self.wanted.take() {
            self.engine.kept.lock().unwrap_or_else(PoisonError::into_inner).push(wanted);
        }
    }

    /// Sees to it now, once.
    ///
    /// # Errors
    /// [`NearMisses`] if it is not met.
    pub fn check(mut self) -> Result<(), NearMisses> {
        self.wanted.take().map_or(Ok(()), |wanted| wanted.check(&self.engine))
    }

    fn between(mut self, least: usize, most: Option<usize>) -> Self {
        if let Some(wanted) = &mut self.wanted {
            (wanted.least, wanted.most) = (least, most);
        }
        self
    }
}

impl Drop for Expectation {
    fn drop(&mut self) {
        let Some(wanted) = self.wanted.take().filter(|_| !std::thread::panicking()) else { return };
        if let Err(missed) = wanted.check(&self.engine) {
            panic!("{missed}");
        }
    }
}

impl fmt::Debug for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Expectation").field("wanted", &self.wanted).finish_non_exhaustive()
    }
}

impl Wanted {
    fn check(&self, engine: &Engine) -> Result<(), NearMisses> {
        let most = self.most.map_or(Bound::Unbounded, Bound::Included);
        engine.verify(&self.query, (Bound::Included(self.least), most)).map(drop)
    }
}

impl Engine {
    fn unmet(&self) -> Vec<NearMisses> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone();
        kept.iter().filter_map(|wanted| wanted.check(self).err()).collect()
    }

    /// The simulator is at its end.
    ///
    /// # Panics
    /// If what was kept is not met, unless the thread panics already.
    pub(crate) fn check_expectations(&self) {
        if std::thread::panicking() {
            return;
        }
        let unmet = self.unmet();
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clear();
        if !unmet.is_empty() {
            let unmet: Vec<_> = unmet.iter().map(ToString::to_string).collect();
            panic!("{}", unmet.join("\n"));
        }
    }
}
