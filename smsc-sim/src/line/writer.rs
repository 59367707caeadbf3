//! What the simulator says.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use smpp::codec::{CommandId, HEADER_LENGTH};
use smpp::session::Direction;
use smpp::value::CommandStatus;

use super::fault::word;
use super::{Close, Fault, Line, Presence, TICKET, Ticket, length};
use crate::hostile::{Expects, HostileCase, OWN, Place, Stage};

/// Writes to the connection: as it is told, or in steps if something is to be done to a PDU.
pub(super) struct LineWriter {
    inner: Box<dyn Write + Send>,
    presence: Arc<Presence>,
    /// Octets at the beginning of what comes next that were looked at, and go on as they are.
    seen: usize,
    steps: VecDeque<Step>,
    /// Octets at the beginning of what comes next that became `steps`; 0 if there are none.
    taken: usize,
    /// Nothing leaves before then.
    next_at: Option<Instant>,
    /// When it was last said that something has left.
    told: Instant,
    /// Whether anything has since.
    moved: bool,
}

enum Step {
    /// These octets leave; so far those before `from` have. With a pace they leave one by one.
    Octets {
        octets: Vec<u8>,
        from: usize,
        pace: Option<Duration>,
    },
    Close(Close),
    Unbind,
}

/// How long a wait may take before the session looks after its timers.
const TICK: Duration = Duration::from_millis(250);

/// After how long the session is told that something has left when not all has: half of what it has patience for.
const TOLD_EVERY: Duration = Duration::from_secs(5);

impl LineWriter {
    pub(super) fn new(inner: Box<dyn Write + Send>, presence: Arc<Presence>) -> Self {
        let (steps, told) = (VecDeque::new(), Instant::now());
        Self { inner, presence, seen: 0, steps, taken: 0, next_at: None, told, moved: false }
    }

    /// Octets that go on as they are.
    fn pass(&mut self, octets: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(octets)?;
        self.seen = octets.len().max(self.seen) - count;
        Ok(count)
    }

    /// Makes steps of octets.
    fn plan(&mut self, octets: &[u8]) {
        let line = Arc::clone(&self.presence.0);
        let pace = line.lock().dribble;
        for pdu in Pdus(octets) {
            let (id, number) = (CommandId(word(pdu, 4)), word(pdu, 12));
            if id == TICKET && pdu.len() == HEADER_LENGTH {
                match line.take_ticket(number) {
                    Some(Ticket::Octets(octets)) => {
                        let faults = line.faults_of(CommandId(word(&octets, 4)), word(&octets, 12));
                        self.apply(&octets, faults, pace);
                    }
                    Some(Ticket::Close(how)) => self.steps.push_back(Step::Close(how)),
                    None => {}
                }
                continue;
            }
            line.count_left(id, CommandStatus(word(pdu, 8)), number);
            let faults = line.faults_of(id, number);
            self.apply(pdu, faults, pace);
        }
    }

    fn apply(&mut self, pdu: &[u8], faults: Vec<Fault>, mut pace: Option<Duration>) {
        let mut octets = pdu.to_vec();
        let (mut after, mut behind) = (Vec::new(), Vec::new());
        for fault in faults {
            match fault {
                Fault::Drop => octets.clear(),
                Fault::Mangle(mangle, chance) => mangle.apply(&mut octets, chance),
                Fault::Replace(other) => octets = other,
                Fault::Hostile(case) => {
                    let (id, number) = (word(pdu, 4) & 0x7FFF_FFFF, word(pdu, 12));
                    match case.stage() {
                        Stage::Bind | Stage::BindReceiver | Stage::Submit => octets = confronts(case, id, number),
                        Stage::Receiver | Stage::Bound if case.expects() == Expects::End => {
                            after.push(Step::Close(Close::Fin));
                        }
                        Stage::Receiver | Stage::Bound => behind.push((case, confronts(case, id, number))),
                    }
                }
                Fault::CloseBefore(how) => {
                    octets.clear();
                    after.push(Step::Close(how));
                }
                Fault::CloseAfter(how) => after.push(Step::Close(how)),
                Fault::UnbindAfter => after.push(Step::Unbind),
                Fault::Dribble(every) => pace = Some(every),
            }
        }
        self.push(octets, pace);
        for (case, octets) in behind {
            self.push(octets, if case.is_dribbled() { Some(DRIBBLE) } else { pace });
        }
        self.steps.extend(after);
    }

    fn push(&mut self, octets: Vec<u8>, pace: Option<Duration>) {
        if octets.is_empty() {
            return;
        }
        let line = &self.presence.0;
        line.record(line.now(), Direction::Sent, &octets);
        match self.steps.back_mut() {
            // As many as possible leave at once.
            Some(Step::Octets { octets: before, pace: None, .. }) if pace.is_none() => before.extend(octets),
            _ => self.steps.push_back(Step::Octets { octets, from: 0, pace }),
        }
    }

    /// Goes on with the steps, until all are done or something has to be waited for.
    fn go_on(&mut self) -> io::Result<usize> {
        while let Some(step) = self.steps.front_mut() {
            match step {
                Step::Octets { octets, from, pace: None } if *from < octets.len() => {
                    let count = self.inner.write(&octets[*from..])?;
                    if count == 0 {
                        return Err(io::ErrorKind::WriteZero.into());
                    }
                    *from += count;
                    self.moved = true;
                }
                Step::Octets { octets, from, pace: Some(pace) } if *from < octets.len() => {
                    if !self.presence.0.wait_until(self.next_at) {
                        self.moved = true;
                        return Err(io::ErrorKind::WouldBlock.into());
                    }
                    let count = self.inner.write(&octets[*from..=*from])?;
                    *from += count;
                    self.moved |= count > 0;
                    self.next_at = Instant::now().checked_add(*pace);
                }
                Step::Octets { .. } => _ = self.steps.pop_front(),
                Step::Unbind => {
                    self.steps.pop_front();
                    // It is over, or being unbound: then there is no need.
                    let _ = self.presence.0.session.unbind();
                }
                &mut Step::Close(how) => {
                    self.steps.pop_front();
                    match how {
                        Close::Reset => self.presence.0.reset(),
                        Close::Fin | Close::Half => self.presence.0.finish(how),
                    }
                    if how != Close::Half {
                        return Err(io::ErrorKind::ConnectionAborted.into());
                    }
                    self.steps.clear();
                }
            }
        }
        Ok(std::mem::take(&mut self.taken))
    }
}

impl Write for LineWriter {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let line = Arc::clone(&self.presence.0);
        if self.taken == 0 && self.seen == 0 {
            if !line.armed.load(std::sync::atomic::Ordering::Acquire) {
                let now = line.now();
                for pdu in Pdus(octets) {
                    line.record(now, Direction::Sent, pdu);
                    line.count_left(CommandId(word(pdu, 4)), CommandStatus(word(pdu, 8)), word(pdu, 12));
                }
                return self.pass(octets);
            }
            match line.closed() {
                None => self.plan(octets),
                // Nobody hears it.
                Some(Close::Half) => return Ok(octets.len()),
                Some(_) => return Err(io::ErrorKind::ConnectionAborted.into()),
            }
            (self.taken, self.told, self.moved) = (octets.len(), Instant::now(), false);
        }
        if line.closed().is_some_and(|how| how != Close::Half) {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        if self.taken == 0 {
            return self.pass(octets.get(..self.seen).unwrap_or(octets));
        }
        self.go_on().or_else(|error| {
            let waits = matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut);
            if waits && self.moved && self.taken > 1 && self.told.elapsed() >= TOLD_EVERY {
                (self.told, self.moved, self.taken) = (Instant::now(), false, self.taken - 1);
                return Ok(1);
            }
            Err(error)
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// What a case sends for a request.
fn confronts(case: HostileCase, request: u32, number: u32) -> Vec<u8> {
    case.octets(Place { request, number, own: OWN + ((case.index() as u32) << 8) })
}

/// How far apart the octets of a case are that come one by one.
const DRIBBLE: Duration = Duration::from_millis(1);

impl Line {
    /// Sends what a case does while bound; what takes the place of a response is not sent.
    pub(crate) fn confront(&self, case: HostileCase) {
        match (case.stage(), case.expects()) {
            (Stage::Bind | Stage::BindReceiver | Stage::Submit, _) => {}
            (_, Expects::End) => self.close(Close::Fin),
            _ => _ = self.inject(confronts(case, 0, 0)),
        }
    }

    /// A PDU leaves, or is about to.
    fn count_left(&self, id: CommandId, command_status: CommandStatus, sequence_number: u32) {
        if id.0 & 0x8000_0000 != 0 {
            self.count_response(id, command_status, sequence_number);
        }
    }

    /// What is to be done to a PDU that leaves, if it is a response, which is then done.
    fn faults_of(&self, id: CommandId, sequence_number: u32) -> Vec<Fault> {
        if id.0 & 0x8000_0000 == 0 {
            return Vec::new();
        }
        self.change(|state| state.faults.remove(&sequence_number)).unwrap_or_default()
    }

    /// Waits until then, no longer than a tick, and not if the connection is to be closed. Whether it is time.
    fn wait_until(&self, at: Option<Instant>) -> bool {
        let Some(left) = at.map(|at| at.saturating_duration_since(Instant::now())).filter(|left| !left.is_zero())
        else {
            return true;
        };
        let goes_on = |state: &mut super::State| state.closed != Some(Close::Reset);
        let waited = self.wake.wait_timeout_while(self.lock(), left.min(TICK), goes_on);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
        left <= TICK
    }
}

/// Octets cut into PDUs. What is none stays in one piece.
struct Pdus<'a>(&'a [u8]);

impl<'a> Iterator for Pdus<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.0.is_empty() {
            return None;
        }
        let whole = length(self.0).filter(|whole| *whole <= self.0.len()).unwrap_or(self.0.len());
        let (pdu, rest) = self.0.split_at(whole);
        self.0 = rest;
        Some(pdu)
    }
}
