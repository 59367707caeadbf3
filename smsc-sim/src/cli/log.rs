//! What happens, written down as it does: on standard error for those who watch, and in a journal for afterwards.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::time::{Duration, SystemTime};

use crossbeam_channel::{Receiver, bounded};
use serde_json::json;
use smpp::codec::Header;
use smpp::session::Direction;
use smsc_sim::config::LogForm;
use smsc_sim::{Config, Event, EventKind, Events, SmscSim, Traced, VendorSpec};

/// What was asked for.
pub(super) struct LogOptions {
    form: LogForm,
    verbose: bool,
    show_text: bool,
    journal: Option<BufWriter<File>>,
    specs: Vec<VendorSpec>,
}

/// A thread that writes until the simulator has ended.
pub(super) struct Log(Receiver<()>);

/// The time of day in UTC, as in traces.
fn clock_time(at: SystemTime) -> String {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let seconds = since.as_secs() % 86_400;
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    format!("{hours:02}:{minutes:02}:{:02}.{:03}", seconds % 60, since.subsec_millis())
}

/// How long the last lines may take.
const LAST: Duration = Duration::from_secs(5);

impl LogOptions {
    /// Opens the journal.
    ///
    /// # Errors
    /// In words, if it cannot be written.
    pub(super) fn of(config: &Config) -> Result<Self, String> {
        let journal = match config.journal() {
            Some(path) => match File::create(path) {
                Ok(file) => Some(BufWriter::new(file)),
                Err(error) => return Err(format!("cannot write {}: {error}", path.display())),
            },
            None => None,
        };
        let specs = config.specs().cloned().collect();
        Ok(Self {
            form: config.log_form(),
            verbose: config.is_verbose(),
            show_text: config.shows_text(),
            journal,
            specs,
        })
    }

    /// Writes down what happens from now on, if that was asked for.
    pub(super) fn start(self, sim: &SmscSim) -> Option<Log> {
        if self.form == LogForm::Off && self.journal.is_none() {
            return None;
        }
        let events = sim.subscribe();
        let events = if self.verbose || self.journal.is_some() { events.with_pdus() } else { events };
        let (sender, done) = bounded(1);
        std::thread::spawn(move || {
            self.follow(&events);
            let _ = sender.send(());
        });
        Some(Log(done))
    }

    fn follow(mut self, events: &Events) {
        while !events.is_over() {
            let event = events.wait(Duration::ZERO).or_else(|| {
                // Nothing is waiting: what was written can be read.
                self.flush();
                events.wait(Duration::from_millis(500))
            });
            if let Some(event) = event {
                self.write(event);
            }
        }
        self.flush();
    }

    fn write(&mut self, event: Event) {
        if let Some(journal) = &mut self.journal {
            let written = serde_json::to_writer(&mut *journal, &event).map_err(io::Error::from);
            if let Err(error) = written.and_then(|()| journal.write_all(b"\n")) {
                self.give_up(&error);
            }
        }
        if matches!(event.kind, EventKind::Pdu { .. }) && !self.verbose {
            return;
        }
        // Whoever reads it may have gone.
        let _ = match self.form {
            LogForm::Text => writeln!(io::stderr().lock(), "{}", self.line(event)),
            LogForm::Json => writeln!(io::stderr().lock(), "{}", self.json(event)),
            _ => Ok(()),
        };
    }

    fn flush(&mut self) {
        if let Some(Err(error)) = self.journal.as_mut().map(Write::flush) {
            self.give_up(&error);
        }
    }

    /// A disk that is full must not end a simulator that somebody's tests are using.
    fn give_up(&mut self, error: &io::Error) {
        eprintln!("smsc-sim: the journal ends here, it cannot be written: {error}");
        self.journal = None;
    }

    fn json(&self, event: Event) -> serde_json::Value {
        let header = self.header(&event.kind);
        let mut value = serde_json::to_value(event).unwrap_or_default();
        if let (Some(header), Some(object)) = (header, value.as_object_mut()) {
            object.remove("octets");
            object.extend([
                ("command_id".to_owned(), json!(header.command_id.0)),
                ("command".to_owned(), json!(self.name(header))),
                ("command_length".to_owned(), json!(header.command_length)),
                ("command_status".to_owned(), json!(header.command_status.0)),
                ("sequence_number".to_owned(), json!(header.sequence_number)),
            ]);
        }
        value
    }

    fn line(&self, event: Event) -> String {
        let header = self.header(&event.kind);
        let at = event.at;
        let time = clock_time(at);
        let text = match event.kind {
            EventKind::SessionBound { session, system_id, bind_type } => {
                format!("session {session} is bound: {system_id:?} as {bind_type}")
            }
            EventKind::SessionClosed { session, system_id, reason } => {
                format!("session {session} of {system_id:?} is over: {reason}")
            }
            EventKind::MessageAccepted { id, system_id, .. } => format!("message {id} of {system_id:?} is accepted"),
            EventKind::MessageFinal { id, system_id, state, .. } => format!("message {id} of {system_id:?} is {state}"),
            EventKind::Receipt { id, system_id, state, refusals, .. } => {
                let refused = if refusals > 0 { format!(", refused {refusals} times") } else { String::new() };
                format!("the receipt of message {id} of {system_id:?} is {state}{refused}")
            }
            EventKind::Mo { id, part, state } => format!("part {part} of message {id} from a mobile is {state}"),
            EventKind::RuleHit { rule, session: Some(session) } => format!("rule {rule:?} in session {session}"),
            EventKind::RuleHit { rule, session: None } => format!("rule {rule:?}"),
            EventKind::Changed { what } => format!("changed: {what}"),
            EventKind::Missed { count } => format!("{count} events came too fast to be told"),
            EventKind::Pdu { session, direction, octets } => {
                let arrow = if direction == "in" { '<' } else { '>' };
                return match header {
                    Some(header) => format!(
                        "{time} session {session} {arrow} {} {} {:?} of {} octets",
                        self.name(header),
                        header.sequence_number,
                        header.command_status,
                        header.command_length
                    ),
                    None => {
                        let direction = if direction == "in" { Direction::Received } else { Direction::Sent };
                        format!(
                            "session {session} {}",
                            Traced::new(session, at, direction, octets).with_specs(&self.specs)
                        )
                    }
                };
            }
            _ => "something else".to_owned(),
        };
        format!("{time} {text}")
    }

    /// What is shown of a PDU whose text is not to be seen.
    fn header(&self, kind: &EventKind) -> Option<Header> {
        match kind {
            EventKind::Pdu { octets, .. } if !self.show_text => octets.first_chunk().map(Header::from_octets),
            _ => None,
        }
    }

    fn name(&self, header: Header) -> &'static str {
        let of_vendor = || self.specs.iter().find_map(|spec| spec.protocol().command(header.command_id));
        smpp::command::find(header.command_id).or_else(of_vendor).map_or("unknown command", |command| command.name)
    }
}

impl Log {
    /// Waits for the last lines; the simulator has ended.
    pub(super) fn end(self) {
        let _ = self.0.recv_timeout(LAST);
    }
}
