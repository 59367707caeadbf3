//! The connections there are, and what can be done to each.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use smpp::driver::Error;
use smpp::pdu::{AlertNotification, EnquireLink, EnquireLinkResp};
use smpp::server::SessionHandle;
use smpp::session::{BindKind, Direction, SessionState};

use super::{Engine, lock};
use crate::SettingError;
use crate::line::{Close, Line, Traced, word};

/// The lines of the connections there are, and of the last ones that ended.
#[derive(Debug, Default)]
pub(super) struct Lines {
    open: BTreeMap<u64, Arc<Line>>,
    ended: VecDeque<Arc<Line>>,
    /// Connections so far.
    pub(super) count: u64,
}

/// Connections that are remembered when they have ended, for their PDUs.
const MAX_ENDED: usize = 32;

/// A connection of an ESME, bound or not, as it is at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionInfo {
    /// A number of its own among all sessions of the process.
    pub id: u64,
    /// The address of the ESME.
    pub peer_addr: Option<SocketAddr>,
    /// Whether it came in by the port for TLS.
    pub tls: bool,
    /// Its state (section 2.2).
    pub state: SessionState,
    /// Who is bound, or wants to be.
    pub system_id: Option<String>,
    /// How it is bound.
    pub bound_as: Option<BindKind>,
    /// Which bind of its system_id it is, from 1; 0 if there was none.
    pub bind: u64,
    /// Requests that reached the engine: those about messages.
    pub requests: u64,
    /// How many of them came in the last full second, by the clock of the simulator.
    pub rate: u32,
    /// Requests of the ESME that are not answered: what of its window is in use.
    pub unanswered: usize,
    /// Requests of the simulator that the ESME has not answered.
    pub outstanding: usize,
    /// When the ESME last sent enquire_link.
    pub last_enquire_link: Option<SystemTime>,
}

/// How a session is ended from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kick {
    /// By unbind (section 4.2); a session that is not bound by FIN.
    Unbind,
    /// By FIN, without a word.
    Fin,
    /// By RST, at once. In text `rst`.
    #[serde(rename = "rst")]
    Reset,
}

/// What is wrong with a connection for now, because it was asked for; from [`SessionRef::toxics`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Toxics {
    /// So much later answers about messages come: [`SessionRef::latency`].
    pub latency: Duration,
    /// So far apart its octets leave: [`SessionRef::dribble`].
    pub dribble: Duration,
    /// Whether it is not read: [`SessionRef::stop_reading`].
    pub is_deaf: bool,
}

/// One connection, to do something to it. A cheap handle; the connection ends without regard to it.
#[derive(Clone)]
pub struct SessionRef {
    line: Arc<Line>,
    engine: Arc<Engine>,
}

impl Lines {
    pub(super) fn enter(&mut self, line: &Arc<Line>) {
        self.open.insert(line.id(), Arc::clone(line));
    }

    pub(super) fn get(&self, id: u64) -> Option<&Arc<Line>> {
        self.open.get(&id)
    }
}

impl Engine {
    /// The line of a session, while its connection is there.
    pub(crate) fn line(&self, id: u64) -> Option<Arc<Line>> {
        lock(&self.lines).get(id).cloned()
    }

    /// The connection of a line has gone.
    pub(crate) fn line_over(&self, line: &Arc<Line>) {
        let mut lines = lock(&self.lines);
        lines.open.remove(&line.id());
        if lines.ended.len() >= MAX_ENDED {
            lines.ended.pop_front();
        }
        lines.ended.push_back(Arc::clone(line));
    }

    /// What of its window each session uses, with its system_id.
    pub(crate) fn windows(&self) -> Vec<(String, usize)> {
        let lines = lock(&self.lines);
        let bound = lines.open.values().filter_map(|line| Some((line.session().system_id()?, line.unanswered())));
        bound.map(|(system_id, unanswered)| (system_id.to_owned(), unanswered)).collect()
    }

    /// Whether a connection is one with TLS.
    pub(super) fn is_tls(&self, id: u64) -> bool {
        let lines = lock(&self.lines);
        let mut ended = lines.ended.iter().rev();
        lines.get(id).or_else(|| ended.find(|line| line.id() == id)).is_some_and(|line| line.is_tls())
    }

    pub(crate) fn sessions(&self) -> Vec<SessionInfo> {
        let open: Vec<_> = lock(&self.lines).open.values().cloned().collect();
        // What is told to be over is not shown any more, though its threads may still be about to let go of the line.
        let is_over = |line: &&Arc<Line>| line.session().close_reason().is_some();
        open.iter().filter(|line| !is_over(line)).map(|line| self.session_info(line)).collect()
    }

    fn session_info(&self, line: &Line) -> SessionInfo {
        let (session, now) = (line.session(), self.scheduler.elapsed());
        let sessions = lock(&self.sessions);
        let bound = sessions.get(&session.id());
        let (system_id, bind) = (bound.map(|bound| bound.system_id.clone()), bound.map_or(0, |bound| bound.bind));
        let (requests, rate) = bound.map_or((0, 0), |bound| (bound.pdus, bound.rate.last_second(now)));
        drop(sessions);
        SessionInfo {
            id: session.id(),
            peer_addr: line.peer_addr(),
            tls: line.is_tls(),
            state: session.state(),
            system_id,
            bound_as: session.bound_as(),
            bind,
            requests,
            rate,
            unanswered: line.unanswered(),
            outstanding: session.outstanding(),
            last_enquire_link: line.last_enquire_link(),
        }
    }

    /// The youngest connection with this system_id.
    pub(crate) fn session_of(self: &Arc<Self>, system_id: &str) -> Option<SessionRef> {
        let sessions = lock(&self.sessions);
        let id = sessions.iter().filter(|(_, bound)| bound.system_id == system_id).map(|(id, _)| *id).max();
        drop(sessions);
        self.session_by_id(id?)
    }

    pub(crate) fn session_by_id(self: &Arc<Self>, id: u64) -> Option<SessionRef> {
        Some(SessionRef { line: self.line(id)?, engine: Arc::clone(self) })
    }

    /// The last PDUs of every connection, those that ended lately included, by connection.
    pub(crate) fn pdus(&self) -> Vec<Traced> {
        let lines = lock(&self.lines);
        let mut all: Vec<_> = lines.ended.iter().chain(lines.open.values()).cloned().collect();
        drop(lines);
        all.sort_by_key(|line| line.id());
        all.iter().flat_map(|line| line.trace()).collect()
    }

    /// The PDUs among those that concern a message.
    pub(crate) fn pdus_of(&self, message_id: &str) -> Vec<Traced> {
        let pdus = self.pdus();
        // A response names the message, or the request does: whichever it is, the other has its number and the other way.
        let number = |traced: &Traced| word(&traced.octets, 12);
        let is_response = |traced: &Traced| word(&traced.octets, 4) & 0x8000_0000 != 0;
        let exchange = |traced: &Traced| {
            let by_esme = (traced.direction == Direction::Received) != is_response(traced);
            (traced.session, by_esme, number(traced))
        };
        let named: HashSet<_> = pdus.iter().filter(|traced| traced.names(message_id)).map(exchange).collect();
        pdus.into_iter().filter(|traced| named.contains(&exchange(traced))).collect()
    }

    /// What a test that failed wants to know: the seed, and what went over the connections last.
    pub(crate) fn tail(&self) -> String {
        use std::fmt::Write;
        let mut text = format!("smsc-sim: seed {}\n", self.config.seed);
        let mut session = None;
        for traced in self.pdus() {
            if session != Some(traced.session) {
                session = Some(traced.session);
                let _ =
                    writeln!(text, "session {}, its last PDUs (> sent by the simulator, < received):", traced.session);
            }
            let _ = writeln!(text, "  {traced}");
        }
        text
    }
}

impl SessionRef {
    /// Its number.
    pub fn id(&self) -> u64 {
        self.line.id()
    }

    /// How it is now.
    pub fn info(&self) -> SessionInfo {
        self.engine.session_info(&self.line)
    }

    /// The last PDUs, oldest first, also when the connection is over.
    pub fn pdus(&self) -> Vec<Traced> {
        self.line.trace()
    }

    /// Ends it.
    ///
    /// ```
    /// use smpp::client::Client;
    /// use smsc_sim::{Kick, SmscSim};
    ///
    /// let sim = SmscSim::builder().start()?;
    /// let client = Client::builder().system_id("alice").connect(sim.addr())?;
    /// client.bind_transceiver()?;
    /// sim.session("alice").expect("is bound").kick(Kick::Reset);
    /// assert!(client.wait_closed(std::time::Duration::from_secs(10)).is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn kick(&self, how: Kick) {
        match how {
            Kick::Unbind => {
                if self.handle().unbind().is_err() && !self.handle().state().is_bound() {
                    self.line.close(Close::Fin);
                }
            }
            Kick::Fin => self.line.close(Close::Fin),
            Kick::Reset => self.line.close(Close::Reset),
        }
    }

    /// Closes the connection in one of three ways.
    pub fn close(&self, how: Close) {
        self.line.close(how);
    }

    /// Sends octets as they are, in order with all else that is sent. Returns whether they could be taken: the connection may be over,
    /// and no more than 8 MiB may wait.
    pub fn inject(&self, octets: impl Into<Vec<u8>>) -> bool {
        self.line.inject(octets.into())
    }

    /// Asks the ESME for a sign of life (section 4.11), and waits for the answer, no longer than the response timer.
    ///
    /// # Errors
    /// [`Error`].
    pub fn enquire_link(&self) -> Result<EnquireLinkResp<'static>, Error> {
        self.handle().request(&EnquireLink::default())
    }

    /// Tells the ESME that a mobile is there (section 4.12). There is no response.
    ///
    /// # Errors
    /// [`Error::Encode`], [`Error::State`] if the session is bound as transmitter or not at all, [`Error::Disconnected`].
    pub fn alert_notification(&self, pdu: &AlertNotification<'_>) -> Result<(), Error> {
        self.handle().alert_notification(pdu)
    }

    /// The session, to send anything else: [`SessionHandle::send`] for requests of any kind.
    pub fn handle(&self) -> &SessionHandle {
        self.line.session()
    }

    /// From now on everything leaves octet by octet, each so long after the one before, by the machine's time; with no time,
    /// as usual again.
    pub fn dribble(&self, every: Duration) {
        self.line.dribble(every);
    }

    /// Reads nothing for so long, by the machine's time: TCP holds up the ESME when its buffers are full. With no time,
    /// reads again.
    pub fn stop_reading(&self, how_long: Duration) {
        self.line.stop_reading(how_long);
    }

    /// What is wrong with it for now.
    pub fn toxics(&self) -> Toxics {
        let latency = lock(&self.engine.sessions).get(&self.id()).map_or(Duration::ZERO, |bound| bound.latency);
        let dribble = self.line.dribbles().unwrap_or_default();
        Toxics { latency, dribble, is_deaf: self.line.is_deaf() }
    }

    /// From now on answers about messages come so much later, by the clock of the simulator, whatever else delays them.
    pub fn latency(&self, latency: Duration) {
        if let Some(bound) = lock(&self.engine.sessions).get_mut(&self.id()) {
            bound.latency = latency;
        }
    }
}

impl fmt::Debug for SessionRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SessionRef").field(&self.info()).finish()
    }
}

impl fmt::Display for Kick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unbind => "unbind",
            Self::Fin => "fin",
            Self::Reset => "rst",
        })
    }
}

impl FromStr for Kick {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        match text {
            "unbind" => Ok(Self::Unbind),
            "fin" => Ok(Self::Fin),
            "rst" => Ok(Self::Reset),
            _ => Err(SettingError::unknown("way to end a session", text, &["unbind", "fin", "rst"])),
        }
    }
}

/// How many came in the last full second.
#[derive(Debug, Default)]
pub(super) struct Rate {
    second: u64,
    count: u32,
    before: u32,
}

impl Rate {
    pub(super) fn count(&mut self, now: Duration) {
        let second = now.as_secs();
        if second != self.second {
            self.before = if second == self.second + 1 { self.count } else { 0 };
            (self.second, self.count) = (second, 0);
        }
        self.count = self.count.saturating_add(1);
    }

    fn last_second(&self, now: Duration) -> u32 {
        match now.as_secs().saturating_sub(self.second) {
            0 => self.before,
            1 => self.count,
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_that_of_the_last_full_second() {
        let mut rate = Rate::default();
        let at = |milliseconds| Duration::from_millis(milliseconds);
        for time in [7000, 7500, 7999, 8000] {
            rate.count(at(time));
        }
        assert_eq!([8999, 9000, 10_000].map(|time| rate.last_second(at(time))), [3, 1, 0]);
    }
}
