//! What is done about connections as such, and about what the session answers by itself: enquire_link and unbind.

use std::io;
use std::sync::Arc;

use smpp::codec::Header;
use smpp::driver::Transport;
use smpp::server::SessionHandle;
use smpp::value::CommandStatus;

use super::{Engine, lock};
use crate::draw::Chance;
use crate::line::{Close, Fault, Line, Setting, header as octets_of};
use crate::rules::Hook;
use crate::rules::subject::{About, Subject};
use crate::rules::verdict::Respond;

impl Engine {
    /// Someone has connected.
    pub(super) fn connected(
        &self,
        session: &SessionHandle,
        transport: Box<dyn Transport>,
        is_tls: bool,
    ) -> io::Result<Box<dyn Transport>> {
        let _hold = self.scheduler.hold();
        let mut lines = lock(&self.lines);
        lines.count += 1;
        let chance = Chance::of_session(self.config.seed, "", lines.count);
        let setting = Setting { most: self.config.trace, known: self.known, is_tls };
        let (line, transport) = Line::wrap(&self.this, session, transport, setting);
        lines.enter(&line);
        drop(lines);
        let verdict = self.book.decide(&self.subject(Hook::Connect, session, "", chance));
        if verdict.is_plain() {
            return Ok(transport);
        }
        self.tell_rule(&verdict, Some(session.id()));
        // Dropping it closes it.
        let refusal = verdict.close.map(|(how, _)| how).or_else(|| verdict.status.map(|_| Close::Fin));
        if let Some(how) = refusal {
            if how == Close::Reset {
                line.close(how);
            }
            return Err(io::Error::new(io::ErrorKind::ConnectionRefused, "as a rule wants it"));
        }
        if let Some(every) = verdict.dribble {
            line.dribble(every);
        }
        if verdict.respond != Respond::Yes {
            line.gate();
        } else if verdict.hold || !verdict.delay.is_zero() {
            line.gate();
            self.put_off(session.id(), verdict, move |_, _| line.open());
        } else if let Some(how_long) = verdict.stop_reading {
            line.stop_reading(how_long);
        }
        Ok(transport)
    }

    /// An enquire_link or unbind has come: whether the session is not to see it.
    pub(crate) fn control(&self, line: &Arc<Line>, header: Header) -> bool {
        let is_unbind = header.command_id.0 == 0x06;
        let hook = if is_unbind { Hook::Unbind } else { Hook::EnquireLink };
        if !self.book.concerns(hook) {
            return false;
        }
        let _hold = self.scheduler.hold();
        let (session, number) = (line.session(), header.sequence_number);
        let system_id = session.system_id().unwrap_or_default();
        let mut subject = self.subject(hook, session, system_id, Chance::of_session(self.config.seed, "", 0));
        // They have no place among the requests about messages: their own numbers tell them apart.
        let own = u64::from(header.command_id.0) << 32 | u64::from(number);
        subject.chance = Chance::of_session(self.config.seed, system_id, subject.bind).and(own);
        let verdict = self.book.decide(&subject);
        if verdict.is_plain() {
            return false;
        }
        self.tell_rule(&verdict, Some(session.id()));
        let is_late = verdict.hold || !verdict.delay.is_zero();
        if verdict.respond != Respond::Drop && verdict.status.is_none() && !is_late {
            // The session answers by itself, and the line does the rest.
            if verdict.respond == Respond::AcceptSilently {
                line.fault(number, Fault::Drop);
            }
            let of_line = session.clone();
            self.when_due(session, verdict, move |engine, verdict| engine.begin_answer(&of_line, number, verdict));
            return false;
        }
        let (line, session) = (Arc::clone(line), session.clone());
        self.when_due(&session.clone(), verdict, move |engine, verdict| {
            engine.begin_answer(&session, number, verdict);
            let status = verdict.status.unwrap_or(CommandStatus::ESME_ROK);
            if verdict.respond == Respond::Yes {
                line.inject(octets_of(16, header.command_id.response(), status, number));
            }
            if is_unbind && !verdict.refuses() {
                line.close(Close::Fin);
            }
        });
        true
    }

    fn subject<'a>(&self, hook: Hook, session: &SessionHandle, system_id: &'a str, chance: Chance) -> Subject<'a> {
        let sessions = lock(&self.sessions);
        let (bind, pdu_index) = sessions.get(&session.id()).map_or((0, 0), |bound| (bound.bind, bound.pdus));
        drop(sessions);
        Subject {
            hook,
            system_id,
            bind,
            bound_as: session.bound_as(),
            session_id: session.id(),
            pdu_index,
            chance,
            elapsed: self.scheduler.elapsed(),
            about: About::Nothing,
            state: None,
        }
    }
}
