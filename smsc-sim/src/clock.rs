//! The time that the simulator goes by.

use std::time::{Duration, Instant, SystemTime};

/// The time that the simulator goes by: that of the machine, or one that stands still until it is told to go on.
///
/// Deliveries, receipts, validity and rates go by it. What concerns connections does not: enquire_link and the other timers of
/// section 7.2 are those of a real network.
///
/// ```
/// use std::time::Duration;
/// use smpp::client::Client;
/// use smpp::pdu::SubmitSm;
/// use smpp::value::MessageState;
/// use smsc_sim::{Clock, SmscSim};
///
/// let hour = Duration::from_secs(3600);
/// let sim = SmscSim::builder().clock(Clock::manual()).dlr_delay(100 * hour).start()?;
/// let client = Client::builder().system_id("alice").connect(sim.addr())?;
/// client.bind_transceiver()?;
/// client.submit_sm(&SubmitSm::default().with_destination_addr("4179123456").with_short_message("hi"))?;
/// sim.advance(71 * hour);
/// assert_eq!(sim.messages()[0].state, MessageState::ENROUTE);
/// sim.advance(hour);
/// assert_eq!(sim.messages()[0].state, MessageState::EXPIRED);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    pub(crate) manual: bool,
    /// Where it begins; the machine's time unless said.
    begin: Option<SystemTime>,
}

impl Clock {
    /// The clock of the machine.
    pub fn real() -> Self {
        Self { manual: false, begin: None }
    }

    /// A clock that stands still but for [`SmscSim::advance`](crate::SmscSim::advance). It begins on 1 January 2026 at 00:00:00
    /// UTC, so that a run shows the same dates each time.
    pub fn manual() -> Self {
        Self::manual_at(SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600))
    }

    /// The same, beginning at another time.
    pub fn manual_at(begin: SystemTime) -> Self {
        Self { manual: true, begin: Some(begin) }
    }

    pub(crate) fn start(self) -> Running {
        Running { manual: self.manual, begin: self.begin.unwrap_or_else(SystemTime::now), started: Instant::now() }
    }
}

impl Default for Clock {
    /// [`Clock::real`].
    fn default() -> Self {
        Self::real()
    }
}

/// A clock since it was started. Times are counted from there.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) manual: bool,
    begin: SystemTime,
    started: Instant,
}

impl Running {
    /// How long it is running by the machine's time.
    pub(crate) fn elapsed(&self) -> Duration {
        if self.manual { Duration::ZERO } else { self.started.elapsed() }
    }

    /// The time of day at a time counted from the start.
    pub(crate) fn time_of_day(&self, at: Duration) -> SystemTime {
        self.begin.checked_add(at).unwrap_or(self.begin)
    }

    /// When a time of day is, counted from the start; what was before is at the start.
    pub(crate) fn when(&self, time: SystemTime) -> Duration {
        time.duration_since(self.begin).unwrap_or_default()
    }
}
