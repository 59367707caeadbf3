//! Binding again when a link was lost.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::credentials::Credentials;
use crate::driver::{Error, Link, Notice, Transport};
use crate::protocol::value::CommandStatus;
use crate::session::{BindKind, CloseReason};

/// How a client binds again when its link is lost: [`ClientBuilder::rebind`](super::ClientBuilder::rebind).
///
/// A link that was once bound is lost when it ends in any way but by the client's own [`unbind`](super::Client::unbind),
/// [`drain`](super::Client::drain) or [`disconnect`](super::Client::disconnect); an unbind of the SMSC loses it, too. The
/// old socket is closed before the next connection is made: some SMSCs count binds. Attempts go on until one succeeds,
/// with pauses that double from the [first](Self::delays) to the last and are then varied by chance, so that the clients
/// of an SMSC that was down do not return all at once. They begin anew with the first pause once a session has lasted
/// longer than the pause before it.
///
/// * A bind that is refused for bad credentials is the end: repeating it could lock the account. The link is closed for
///   [`CloseReason::BindRefused`].
/// * A bind that is refused otherwise, and anything that goes wrong with the network, is tried again.
#[derive(Debug, Clone)]
#[must_use]
pub struct Rebind {
    first_delay: Duration,
    last_delay: Duration,
    max_attempts: Option<u32>,
    parks: bool,
    final_statuses: Vec<CommandStatus>,
}

impl Rebind {
    /// The pauses before the first attempt and the longest one: 1 s and 60 s unless set. Each is cut by chance to between a
    /// half and the whole. If the first is zero, the one after it is 200 ms, or the longest if that is less.
    pub fn delays(self, first: Duration, longest: Duration) -> Self {
        Self { first_delay: first, last_delay: longest.max(first), ..self }
    }

    /// Gives up after so many attempts in a row that failed ([`CloseReason::NotBoundAgain`]): never unless set.
    pub fn max_attempts(self, attempts: u32) -> Self {
        Self { max_attempts: Some(attempts), ..self }
    }

    /// Whether `send` and all methods that wait for a response wait while there is no link, for as long as
    /// [`LinkConfig::send_timeout`](crate::driver::LinkConfig::send_timeout): so they do unless this is set to false. Then
    /// they fail at once with [`Error::Disconnected`]. `try_send` never waits.
    pub fn parks(self, parks: bool) -> Self {
        Self { parks, ..self }
    }

    /// Which statuses of a bind response mean that there is no use in trying again: ESME_RINVSYSID, ESME_RINVPASWD
    /// and ESME_RINVSYSTYP unless set.
    pub fn final_statuses(self, statuses: impl Into<Vec<CommandStatus>>) -> Self {
        Self { final_statuses: statuses.into(), ..self }
    }

    pub(super) fn parks_senders(&self) -> bool {
        self.parks
    }
}

impl Default for Rebind {
    fn default() -> Self {
        Self {
            first_delay: Duration::from_secs(1),
            last_delay: Duration::from_secs(60),
            max_attempts: None,
            parks: true,
            final_statuses: vec![
                CommandStatus::ESME_RINVSYSID,
                CommandStatus::ESME_RINVPASWD,
                CommandStatus::ESME_RINVSYSTYP,
            ],
        }
    }
}

/// Makes a connection; what is tried again.
pub(super) type Connect = Arc<dyn Fn() -> io::Result<Box<dyn Transport>> + Send + Sync>;

/// Keeps the link of a client bound, on a thread of its own.
pub(super) struct Supervisor {
    pub(super) link: Arc<Link>,
    pub(super) rebind: Rebind,
    pub(super) connect: Connect,
    pub(super) credentials: Credentials,
    pub(super) kind: BindKind,
}

impl Supervisor {
    /// Runs until the link is given up. `is_bound` if it is bound already; else it is bound at once.
    pub(super) fn run(self, is_bound: bool) {
        // Attempts in a row by which the pauses grow, and how many of them have failed.
        let (mut attempts, mut failures, mut delay) = (0, 0, Duration::ZERO);
        let mut bound_at = is_bound.then(Instant::now);
        let mut at_once = !is_bound;
        while self.link.wait_idle() {
            if bound_at.take().is_some_and(|bound_at| bound_at.elapsed() > delay) {
                attempts = 0;
            }
            if self.rebind.max_attempts.is_some_and(|most| failures >= most.max(1)) {
                return self.link.end(CloseReason::NotBoundAgain);
            }
            delay = if std::mem::take(&mut at_once) { Duration::ZERO } else { self.delay(attempts) };
            attempts += 1;
            self.link.notice(Notice::Rebind { attempt: attempts, delay });
            if !self.link.pause(delay) {
                return;
            }
            let bound = catch_unwind(AssertUnwindSafe(|| self.bind()));
            match bound.unwrap_or_else(|_| Err(io::Error::other("connecting panicked").into())) {
                Ok(()) => (bound_at, failures) = (Some(Instant::now()), 0),
                Err(error) => {
                    failures += 1;
                    self.failed(error);
                }
            }
        }
    }

    fn bind(&self) -> Result<(), Error> {
        self.link.open((self.connect)()?)?;
        self.credentials.bind(&self.link, self.kind)
    }

    fn failed(&self, error: Error) {
        let status = error.command_status();
        let reason = status.map_or(CloseReason::Requested, CloseReason::BindRefused);
        self.link.failed(error);
        if status.is_some_and(|status| self.rebind.final_statuses.contains(&status)) {
            self.link.end(reason);
        } else {
            self.link.close(reason);
        }
    }

    fn delay(&self, attempts: u32) -> Duration {
        let Rebind { mut first_delay, last_delay, .. } = self.rebind;
        if first_delay.is_zero() && attempts > 0 {
            // What doubles has to begin with something.
            first_delay = FIRST_AFTER_NONE;
        }
        let longest = first_delay.saturating_mul(1_u32.checked_shl(attempts).unwrap_or(u32::MAX)).min(last_delay);
        longest / 2 + (longest / 2).mul_f64(chance())
    }
}

/// The delay that doubles when the first is to be none.
const FIRST_AFTER_NONE: Duration = Duration::from_millis(100);

/// A number between 0 and 1, another one each time.
fn chance() -> f64 {
    (RandomState::new().build_hasher().finish() >> 11) as f64 / (1_u64 << 53) as f64
}
