//! The thread that writes, and minds the timers.

use std::io::{self, Write};
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use super::link::{EndOnPanic, Link};
use super::observe;
use crate::session::{CloseReason, Direction};

/// How long the peer is given to close its side after this side has said all it had to say. Closing earlier could take
/// the last PDUs away from it: a closed socket answers what still comes with a reset.
const LINGER: Duration = Duration::from_secs(1);

/// A buffer that one burst has made larger than this is not kept.
const KEPT: usize = 1 << 20;

pub(super) fn run(link: &Link, mut writer: Box<dyn Write + Send>) {
    let _end = EndOnPanic(link, |core| core.shutdown = None);
    let mut buffer = Vec::new();
    while take_output(link, &mut buffer) {
        observe::dump(link, Direction::Sent, &buffer);
        if let Err((kind, written)) = write(link, &mut *writer, &buffer) {
            link.change(|core| {
                core.session.output_lost(buffer.len() - written);
                core.session.close(CloseReason::Io(kind));
            });
            break;
        }
        if buffer.capacity() > KEPT {
            buffer = Vec::new();
        }
    }
    link.let_go(LINGER);
}

/// Waits for something to write; false when there is nothing left and the session is over.
fn take_output(link: &Link, buffer: &mut Vec<u8>) -> bool {
    let mut core = link.lock();
    loop {
        let now = Instant::now();
        if core.session.poll_timeout().is_some_and(|timer| timer <= now) {
            if core.session.wants_sequence_number() && core.session.is_request_due(now) {
                drop(core);
                // Without one the session counts on by itself: the link is to stay alive.
                let drawn = link.draw_sequence_number();
                core = link.lock();
                if matches!(drawn, Ok(Some(_))) {
                    continue;
                }
            }
            core.session.handle_timeout(now);
            let failures = link.settle(&mut core);
            if !failures.is_empty() {
                drop(core);
                link.fail(failures);
                core = link.lock();
            }
            continue;
        }
        if core.session.output_len() > 0 {
            core.session.take_output(buffer);
            if core.reader_waits {
                link.drained.notify_one();
            }
            if link.observes.sent {
                link.show_sent(core, buffer);
            }
            return true;
        }
        if core.session.close_reason().is_some() {
            return false;
        }
        let timer = core.session.poll_timeout();
        core.writer_asleep = Some(timer);
        core = match timer {
            None => link.work.wait(core).unwrap_or_else(PoisonError::into_inner),
            Some(timer) => {
                let waited = link.work.wait_timeout(core, timer.saturating_duration_since(now));
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        };
        core.writer_asleep = None;
    }
}

/// Writes it all, or tells why not and how much was written.
fn write(link: &Link, writer: &mut dyn Write, octets: &[u8]) -> Result<(), (io::ErrorKind, usize)> {
    let mut written = 0;
    let mut progress: Option<Instant> = None;
    while let Some(rest) = octets.get(written..).filter(|rest| !rest.is_empty()) {
        match writer.write(rest) {
            Ok(0) => return Err((io::ErrorKind::WriteZero, written)),
            Ok(count) => {
                (written, progress) = (written + count, None);
                if written < octets.len() {
                    mind_timers(link);
                }
            }
            Err(error) => match error.kind() {
                io::ErrorKind::Interrupted => {}
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                    let now = Instant::now();
                    if now - *progress.get_or_insert(now) >= link.config.write_timeout {
                        return Err((io::ErrorKind::TimedOut, written));
                    }
                    mind_timers(link);
                }
                kind => return Err((kind, written)),
            },
        }
    }
    writer.flush().map_err(|error| (error.kind(), written))
}

/// Does what is due while a write goes on: a peer may take it by the drop.
fn mind_timers(link: &Link) {
    let now = Instant::now();
    let is_due = |timer: Instant| timer <= now;
    if link.lock().session.poll_timeout().is_some_and(is_due) {
        link.change(|core| core.session.handle_timeout(now));
    }
}
