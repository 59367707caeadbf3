//! The hostile catalogue: the oddities that SMSCs have confronted ESMEs with, each as a case that can be had by its name, and
//! a walk through all of them with a report of how the ESME came out.
//!
//! A case may stand in a rule, `then: [{hostile: submit_resp_ok_no_body}]`. Under [`Profile::Hostile`](crate::rules::Profile)
//! every system_id that binds is taken through all cases, one at a time, each followed by an enquire_link that shows whether
//! the ESME is still there:
//!
//! - Cases about the response to a bind take one bind each.
//! - Cases about the response to a submit_sm take the next one that comes. If none comes within 5 s, the walk goes on with
//!   the others, and takes those up when one does.
//! - An ESME that loses its connection goes on with the next case when it binds again. One that is deaf is reset.
//! - An ESME that is bound as transmitter or receiver is given what it can have as such. If a system_id has several sessions, the walk is
//!   in one at a time, and goes over to another when there is nothing left for that one.
//!
//! Messages that are submitted meanwhile are taken as ever, whatever the response says.
//!
//! Time goes by the [`Clock`](crate::Clock) of the simulator: an answer that takes longer than 5 s is late, after 10 s it is
//! not waited for any more.

mod cases;
mod judge;
mod octets;
mod report;
mod walk;

use std::time::Duration;

pub use cases::HostileCase;
pub(crate) use cases::{Expects, Stage};
pub(crate) use octets::Place;
pub use report::{HostileOutcome, HostilePdu, HostileReport, HostileRun};
pub(crate) use walk::{Hostile, OWN};

use crate::SmscSim;

impl SmscSim {
    /// How an ESME has come out of the hostile catalogue so far; `None` if it has not been taken through it.
    ///
    /// ```
    /// use std::time::Duration;
    /// use smpp::client::Client;
    /// use smsc_sim::{HostileOutcome, SmscSim, rules::Profile};
    ///
    /// let sim = SmscSim::builder().profile(Profile::Hostile).start()?;
    /// let client = Client::builder().system_id("alice").connect(sim.addr())?;
    /// client.bind_transceiver()?;
    /// let report = sim.hostile_report("alice").expect("alice is bound");
    /// println!("{report}");
    /// assert_eq!(report.count(HostileOutcome::Deaf), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn hostile_report(&self, system_id: &str) -> Option<HostileReport> {
        self.engine.hostile.report(system_id)
    }

    /// The reports of all, by system_id.
    pub fn hostile_reports(&self) -> Vec<HostileReport> {
        self.engine.hostile.reports()
    }

    /// Waits until an ESME has been taken through all cases, no longer than this by the clock of the machine, and returns the
    /// report, [done](HostileReport::is_done) or not; `None` if it has not been taken through any.
    pub fn wait_hostile(&self, system_id: &str, timeout: Duration) -> Option<HostileReport> {
        self.engine.hostile.wait(system_id, timeout)
    }
}
