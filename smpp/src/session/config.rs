//! What can be set before a session begins, and for each request.

use std::time::Duration;

use super::{Rate, Retry};
use crate::codec::Protocol;
use crate::protocol::value::CommandStatus;

/// What a session is told once, before it begins.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SessionConfig {
    /// Requests that may be outstanding at a time: at least 1; 10 unless set (section 2.9, erratum 14).
    pub window: usize,
    /// The four timers.
    pub timers: Timers,
    /// Sequence number of the first request: 1 to 0x7FFFFFFF; 1 unless set. Others count as 1.
    pub first_sequence_number: u32,
    /// Whether TLVs are sent to a peer that did not say which version it speaks: true unless set (erratum 41).
    pub tlvs_without_version: bool,
    /// How many requests may leave in a given time: as many as the window lets, unless set.
    pub rate: Option<Rate>,
    /// What is done when a request is refused with one of these statuses, few as they are: nothing but handing the
    /// refusal to the caller, unless set.
    pub retries: Vec<(CommandStatus, Retry)>,
    /// Whether requests take their numbers from those that are [supplied](super::Session::supply_sequence_number):
    /// false unless set.
    pub supplied_sequence_numbers: bool,
    /// Vendor specifications: their commands are known like those of the standard.
    pub protocols: &'static [&'static Protocol],
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self {
            window: 10,
            timers: Timers::default(),
            first_sequence_number: 1,
            tlvs_without_version: true,
            rate: None,
            retries: Vec::new(),
            supplied_sequence_numbers: false,
            protocols: &[],
        }
    }
}

impl SessionConfig {
    /// The same with another window; 0 counts as 1.
    pub fn with_window(self, window: usize) -> Self {
        Self { window: window.max(1), ..self }
    }

    /// The same with other timers.
    pub fn with_timers(self, timers: Timers) -> Self {
        Self { timers, ..self }
    }

    /// The same with another first sequence number, 1 to 0x7FFFFFFF.
    pub fn with_first_sequence_number(self, first_sequence_number: u32) -> Self {
        Self { first_sequence_number, ..self }
    }

    /// The same with or without TLVs to a peer that did not say which version it speaks.
    pub fn with_tlvs_without_version(self, tlvs_without_version: bool) -> Self {
        Self { tlvs_without_version, ..self }
    }

    /// The same with a limit to how many requests leave in a given time.
    pub fn with_rate(self, rate: Rate) -> Self {
        Self { rate: Some(rate), ..self }
    }

    /// The same with a pause, and retries, when a request is refused with this status; instead of what was set for the
    /// status before. ESME_ROK is no refusal.
    pub fn with_retry(mut self, status: CommandStatus, retry: Retry) -> Self {
        self.retries.retain(|(known, _)| *known != status);
        self.retries.push((status, retry));
        self
    }

    /// The same with sequence numbers that are supplied from outside, or not.
    pub fn with_supplied_sequence_numbers(self, supplied_sequence_numbers: bool) -> Self {
        Self { supplied_sequence_numbers, ..self }
    }

    /// The same with vendor specifications: `&[acme::PROTOCOL]`.
    pub fn with_protocols(self, protocols: &'static [&'static Protocol]) -> Self {
        Self { protocols, ..self }
    }
}

/// The timers of section 7.2. `None` switches one off. The standard gives no durations; the defaults are ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timers {
    /// From the connection to the bind request, at the SMSC: 5 s. On expiry the session is closed.
    pub session_init: Option<Duration>,
    /// Time without any PDU from the peer after which it is asked for life with enquire_link: 30 s, while bound. If
    /// nothing at all comes from it within the response timer then, the session is closed.
    pub enquire_link: Option<Duration>,
    /// Time without any PDU other than enquire_link in either direction: off. On expiry the session is unbound.
    pub inactivity: Option<Duration>,
    /// From a request to its response: 10 s. On expiry the request is given up ([`Event::Expired`](super::Event)). When it is
    /// off, a bind, unbind or enquire_link is given up after 10 s all the same: nothing goes on without its response.
    pub response: Option<Duration>,
}

/// How long the response to a bind, unbind or enquire_link is awaited when the response timer is off.
const RESPONSE: Duration = Duration::from_secs(10);

/// A time that no session lives to see, and that can be added to any other: some say "never" by `Duration::MAX`.
pub(super) const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

impl Timers {
    /// No timer at all.
    pub const OFF: Self = Self { session_init: None, enquire_link: None, inactivity: None, response: None };

    pub(super) fn own_response(&self) -> Duration {
        self.response.unwrap_or(RESPONSE).min(LONGEST)
    }
}

impl Default for Timers {
    fn default() -> Self {
        Self {
            session_init: Some(Duration::from_secs(5)),
            enquire_link: Some(Duration::from_secs(30)),
            inactivity: None,
            response: Some(RESPONSE),
        }
    }
}

/// What may be said about one request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SendOptions {
    /// Its sequence number, any value; the next free one unless given. A retry has another if this one is in use then.
    pub sequence_number: Option<u32>,
    /// How long its response is awaited, and that of each retry; the response timer unless given.
    pub timeout: Option<Duration>,
}
