//! Who is taken through the cases, and where they are.
//!
//! ```text
//!   bound --> next case --> it leaves --> enquire_link --> all answered, or closed, or 10 s --+
//!               ^                                                                             |
//!               +--------------------------- the same session, or the next one <--------------+
//! ```
//!
//! What is seen on a line is judged where it is seen. What follows is done by the scheduler, so no thread of a session waits.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use smpp::server::{BindRequest, SessionHandle};
use smpp::session::{BindKind, Direction};
use smpp::value::CommandStatus;

use super::judge::{Current, PATIENCE, words};
use super::octets::{OK, pdu};
use super::report::{HostileReport, Record};
use super::{Expects, HostileCase, Place, Stage};
use crate::engine::Engine;
use crate::line::{Close, Fault, Traced};

/// The walks through the catalogue.
///
/// `walks` is held to look at a walk or to change it; lines and sessions are told afterwards.
#[derive(Debug, Default)]
pub(crate) struct Hostile {
    is_on: AtomicBool,
    walks: Mutex<Walks>,
    /// For those that wait for a report.
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Walks {
    /// By system_id.
    walks: BTreeMap<String, Walk>,
    /// Who is where.
    by_session: HashMap<u64, String>,
}

struct Walk {
    /// Of each case, in order.
    records: Vec<Option<Record>>,
    session: Option<u64>,
    current: Option<Current>,
    /// Whether a submit_sm was waited for in vain since the last one.
    has_waited: bool,
    /// Of the case, or of the wait, so that a deadline knows its own.
    serial: u64,
}

/// What comes next.
enum Next {
    Case(HostileCase),
    /// A submit_sm, for a while; then something else.
    Wait,
    /// A submit_sm.
    Stay,
    /// Another bind.
    Rebind,
    /// Nothing for such a session.
    Nothing,
}

impl Hostile {
    pub(crate) fn is_on(&self) -> bool {
        self.is_on.load(Ordering::Relaxed)
    }

    pub(crate) fn switch(&self, is_on: bool) {
        self.is_on.store(is_on, Ordering::Relaxed);
    }

    pub(super) fn report(&self, system_id: &str) -> Option<HostileReport> {
        self.lock().walks.get(system_id).map(|walk| walk.report(system_id))
    }

    pub(super) fn reports(&self) -> Vec<HostileReport> {
        self.lock().walks.iter().map(|(system_id, walk)| walk.report(system_id)).collect()
    }

    pub(super) fn wait(&self, system_id: &str, timeout: Duration) -> Option<HostileReport> {
        let until = Instant::now().checked_add(timeout);
        let mut walks = self.lock();
        loop {
            let walk = walks.walks.get(system_id);
            let left = until.map_or(timeout, |until| until.saturating_duration_since(Instant::now()));
            if walk.is_some_and(Walk::is_done) || left.is_zero() {
                return walk.map(|walk| walk.report(system_id));
            }
            walks = self.changed.wait_timeout(walks, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Walks> {
        self.walks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Walks {
    /// The walk of a system_id, its first if there is room.
    fn enter(&mut self, system_id: &str) -> Option<&mut Walk> {
        if !self.walks.contains_key(system_id) {
            if self.walks.len() >= MAX_WALKS {
                return None;
            }
            self.walks.insert(system_id.to_owned(), Walk::default());
        }
        self.walks.get_mut(system_id)
    }

    /// The walk that is in a session.
    fn of(&mut self, session: u64) -> Option<&mut Walk> {
        let system_id = self.by_session.get(&session)?;
        self.walks.get_mut(system_id)
    }

    /// The walk leaves its session.
    fn leave(&mut self, session: u64) -> Option<String> {
        let system_id = self.by_session.remove(&session)?;
        if let Some(walk) = self.walks.get_mut(&system_id) {
            walk.session = None;
            walk.serial += 1;
        }
        Some(system_id)
    }
}

impl Default for Walk {
    fn default() -> Self {
        let records = HostileCase::all().map(|_| None).collect();
        Self { records, session: None, current: None, has_waited: false, serial: 0 }
    }
}

impl Walk {
    fn is_done(&self) -> bool {
        self.records.iter().all(Option::is_some)
    }

    fn report(&self, system_id: &str) -> HostileReport {
        let runs = HostileCase::all().zip(&self.records).map(|(case, record)| Record::shown(record.as_ref(), case));
        HostileReport { system_id: system_id.to_owned(), is_done: self.is_done(), runs: runs.collect() }
    }

    /// The cases that it has not come to.
    fn ahead(&self) -> impl Iterator<Item = HostileCase> {
        HostileCase::all().zip(&self.records).filter(|(_, record)| record.is_none()).map(|(case, _)| case)
    }

    fn next(&self, kind: BindKind) -> Next {
        let (transmits, receives) = (kind != BindKind::Receiver, kind != BindKind::Transmitter);
        let mut next = Next::Nothing;
        for case in self.ahead() {
            match case.stage() {
                Stage::Submit if transmits && !self.has_waited => return Next::Wait,
                Stage::Submit if transmits => next = Next::Stay,
                Stage::Receiver if receives => return Next::Case(case),
                Stage::Bound => return Next::Case(case),
                Stage::Bind if matches!(next, Next::Nothing) => next = Next::Rebind,
                Stage::BindReceiver if receives && matches!(next, Next::Nothing) => next = Next::Rebind,
                _ => {}
            }
        }
        next
    }

    /// Begins a case. Returns what it sends.
    fn begin(&mut self, case: HostileCase, request: (u32, u32), now: Duration) -> Vec<u8> {
        let own = OWN + ((case.index() as u32) << 8);
        let octets = case.octets(Place { request: request.0, number: request.1, own });
        self.serial += 1;
        self.current = Some(Current::new(case, &octets, own + 0xFF, now));
        octets
    }

    /// The case is over.
    fn end(&mut self, record: Record) {
        if let Some(current) = self.current.take()
            && let Some(place) = self.records.get_mut(current.case.index())
        {
            *place = Some(record);
        }
    }
}

impl Engine {
    /// Behaves like this from now on.
    pub(crate) fn switch_hostile(&self, is_on: bool) {
        self.hostile.switch(is_on);
        if is_on {
            for (session, _) in self.bound_sessions() {
                self.later(Duration::ZERO, move |engine| engine.hostile_bound(session));
            }
        }
    }

    /// Someone is let in: a case may have it otherwise, and say with which status.
    pub(crate) fn hostile_bind(&self, session: &SessionHandle, request: &BindRequest<'_>) -> Option<CommandStatus> {
        if !self.hostile.is_on() {
            return None;
        }
        let line = self.line(session.id())?;
        let (system_id, header) = (request.system_id.to_str_lossy().into_owned(), request.header());
        let mut walks = self.hostile.lock();
        let walk = walks.enter(&system_id)?;
        if let Some(record) = walk.current.as_mut().and_then(Current::bound_again) {
            walk.end(record);
            if let Some(before) = walk.session {
                walks.leave(before);
            }
            self.hostile.changed.notify_all();
        }
        let walk = walks.enter(&system_id)?;
        if walk.session.is_some() || walk.current.is_some() {
            return None;
        }
        let receives = request.kind != BindKind::Transmitter;
        let case = walk.ahead().find(|case| match case.stage() {
            Stage::Bind => true,
            Stage::BindReceiver => receives,
            _ => false,
        })?;
        let number = header.sequence_number;
        let octets = walk.begin(case, (header.command_id.0, number), self.elapsed());
        walk.session = Some(session.id());
        if let Some(current) = &mut walk.current {
            current.to_leave = Some(octets.clone());
        }
        let serial = walk.serial;
        walks.by_session.insert(session.id(), system_id);
        drop(walks);
        self.hostile_deadline(session.id(), serial);
        line.fault(number, Fault::Replace(octets));
        case.refuses()
    }

    /// A PDU went over a connection.
    pub(crate) fn hostile_saw(&self, session: u64, at: SystemTime, is_in: bool, octets: &[u8]) {
        if !self.hostile.is_on() {
            return;
        }
        let Some([_, id, status, number]) = words(octets) else { return };
        if is_in {
            self.hostile_received(session, at, (id, number), octets);
            return;
        }
        let mut walks = self.hostile.lock();
        let Some(walk) = walks.of(session) else {
            if matches!(id, 0x8000_0001 | 0x8000_0002 | 0x8000_0009) && status == 0 {
                self.later(Duration::ZERO, move |engine| engine.hostile_bound(session));
            }
            return;
        };
        let serial = walk.serial;
        if let Some(current) = walk.current.as_mut().filter(|current| current.to_leave.as_deref() == Some(octets)) {
            current.to_leave = None;
            Record::keep(&mut current.pdus, sent(session, at, octets));
            self.later(Duration::ZERO, move |engine| engine.hostile_probe(session, serial));
        }
    }

    fn hostile_received(&self, session: u64, at: SystemTime, (id, number): (u32, u32), octets: &[u8]) {
        let now = self.elapsed();
        let mut walks = self.hostile.lock();
        let Some(walk) = walks.of(session) else { return };
        let is_submit = id == 0x04;
        walk.has_waited &= !is_submit;
        if let Some(current) = &mut walk.current {
            if id & 0x8000_0000 != 0 {
                let (direction, octets) = (Direction::Received, octets.to_vec());
                Record::keep(&mut current.pdus, Traced::new(session, at, direction, octets));
            }
            let Some(record) = current.received(octets, now) else { return };
            let case = current.case;
            walk.end(record);
            drop(walks);
            self.hostile.changed.notify_all();
            self.later(Duration::ZERO, move |engine| engine.hostile_go_on(session, case));
            return;
        }
        let Some(case) = walk.ahead().find(|case| case.stage() == Stage::Submit).filter(|_| is_submit) else { return };
        let octets = walk.begin(case, (id, number), now);
        if let Some(current) = &mut walk.current {
            current.to_leave = Some(octets.clone());
        }
        let serial = walk.serial;
        drop(walks);
        if let Some(line) = self.line(session) {
            line.fault(number, Fault::Replace(octets));
        }
        self.hostile_deadline(session, serial);
    }

    /// A connection is over.
    pub(crate) fn hostile_closed(&self, session: u64) {
        let now = self.elapsed();
        let mut walks = self.hostile.lock();
        if let Some(walk) = walks.of(session)
            && let Some(current) = &mut walk.current
        {
            // What has not left is to come another time.
            if current.to_leave.is_some() {
                walk.current = None;
            } else {
                let record = current.closed(now);
                walk.end(record);
            }
        }
        let system_id = walks.leave(session);
        drop(walks);
        self.hostile.changed.notify_all();
        if let Some(system_id) = system_id {
            self.later(Duration::ZERO, move |engine| engine.hostile_elsewhere(&system_id));
        }
    }

    /// A session is bound, and may be taken through what is ahead of its ESME.
    fn hostile_bound(&self, session: u64) {
        let Some(kind) = self.line(session).and_then(|line| line.session().bound_as()) else { return };
        let Some((_, system_id)) = self.bound_sessions().into_iter().find(|(id, _)| *id == session) else { return };
        let mut walks = self.hostile.lock();
        let Some(walk) = walks.enter(&system_id).filter(|walk| walk.session.is_none() && walk.current.is_none()) else {
            return;
        };
        if matches!(walk.next(kind), Next::Nothing) {
            return;
        }
        walk.session = Some(session);
        walks.by_session.insert(session, system_id);
        drop(walks);
        self.hostile_next(session);
    }

    /// Another session of an ESME may be taken on.
    fn hostile_elsewhere(&self, system_id: &str) {
        for (session, _) in self.bound_sessions().into_iter().filter(|(_, bound)| bound == system_id) {
            self.hostile_bound(session);
        }
    }

    /// A case has come out; its session may be good for the next.
    fn hostile_go_on(&self, session: u64, case: HostileCase) {
        if let Some(line) = self.line(session) {
            if case.is_dribbled() {
                line.dribble(Duration::ZERO);
            }
            if case.expects() == Expects::UnbindResp {
                line.close(Close::Fin);
                return;
            }
        }
        self.hostile_next(session);
    }

    /// The next case of a session.
    fn hostile_next(&self, session: u64) {
        let Some(line) = self.line(session) else { return };
        let Some(kind) = line.session().bound_as().filter(|_| self.hostile.is_on()) else { return };
        let (at, now) = (self.now(), self.elapsed());
        let mut walks = self.hostile.lock();
        let Some(walk) = walks.of(session).filter(|walk| walk.current.is_none()) else { return };
        let case = match walk.next(kind) {
            Next::Case(case) => case,
            Next::Wait => {
                walk.serial += 1;
                let serial = walk.serial;
                drop(walks);
                self.later(PATIENCE, move |engine| engine.hostile_waited(session, serial));
                return;
            }
            Next::Stay => return,
            Next::Rebind => {
                drop(walks);
                let _ = line.session().unbind();
                return;
            }
            Next::Nothing => {
                let system_id = walks.leave(session);
                drop(walks);
                if let Some(system_id) = system_id {
                    self.hostile_elsewhere(&system_id);
                }
                return;
            }
        };
        let octets = walk.begin(case, (0, 0), now);
        if let Some(current) = &mut walk.current {
            Record::keep(&mut current.pdus, sent(session, at, &octets));
        }
        let serial = walk.serial;
        drop(walks);
        self.hostile_deadline(session, serial);
        if case.expects() == Expects::End {
            // It is read on, to see whether the ESME closes its side.
            line.close(Close::Half);
            return;
        }
        if case.is_dribbled() {
            line.dribble(Duration::from_millis(1));
        }
        line.inject(octets);
        self.hostile_probe(session, serial);
    }

    /// No submit_sm has come.
    fn hostile_waited(&self, session: u64, serial: u64) {
        let mut walks = self.hostile.lock();
        let Some(walk) = walks.of(session).filter(|walk| walk.serial == serial && walk.current.is_none()) else {
            return;
        };
        walk.has_waited = true;
        drop(walks);
        self.hostile_next(session);
    }

    /// A case has left, and the ESME is to show that it lives.
    fn hostile_probe(&self, session: u64, serial: u64) {
        let at = self.now();
        let mut walks = self.hostile.lock();
        let Some(walk) = walks.of(session).filter(|walk| walk.serial == serial) else { return };
        let Some(current) = &mut walk.current else { return };
        if matches!(current.case.expects(), Expects::Refusal | Expects::UnbindResp | Expects::End) {
            return;
        }
        let octets = pdu(0x15, OK, current.probe, b"");
        Record::keep(&mut current.pdus, sent(session, at, &octets));
        drop(walks);
        if let Some(line) = self.line(session) {
            line.inject(octets);
        }
    }

    fn hostile_deadline(&self, session: u64, serial: u64) {
        self.later(2 * PATIENCE, move |engine| engine.hostile_given_up(session, serial));
    }

    fn hostile_given_up(&self, session: u64, serial: u64) {
        let mut walks = self.hostile.lock();
        let Some(walk) = walks.of(session).filter(|walk| walk.serial == serial) else { return };
        let Some(current) = &mut walk.current else { return };
        let case = current.case;
        if current.to_leave.is_some() {
            // There was no response that it could have taken the place of.
            walk.current = None;
            drop(walks);
            self.hostile_next(session);
            return;
        }
        let lives = current.lives();
        let record = current.given_up();
        walk.end(record);
        drop(walks);
        self.hostile.changed.notify_all();
        match self.line(session) {
            Some(line) if !lives => line.close(Close::Reset),
            _ => self.hostile_go_on(session, case),
        }
    }
}

fn sent(session: u64, at: SystemTime, octets: &[u8]) -> Traced {
    Traced::new(session, at, Direction::Sent, octets)
}

impl fmt::Debug for Walk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let done = self.records.iter().flatten().count();
        f.debug_struct("Walk").field("session", &self.session).field("done", &done).finish_non_exhaustive()
    }
}

/// Where the sequence_numbers of cases begin: each has 256.
pub(crate) const OWN: u32 = 0x7F00_0000;

/// ESMEs that are taken through the cases.
const MAX_WALKS: usize = 100;
