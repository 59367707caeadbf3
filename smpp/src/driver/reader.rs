//! The thread that reads.

use std::io::{self, Read};
use std::ops::Range;
use std::sync::PoisonError;
use std::time::Instant;

use super::Error;
use super::buffer::FrameBuffer;
use super::dispatch::{Job, Notice, UNHEARD};
use super::inbox::Kind;
use super::link::{EndOnPanic, Link};
use super::observe;
use super::state::{Core, Token};
use crate::codec::{Decoder, Frame};
use crate::protocol::value::CommandStatus;
use crate::session::{CloseReason, Direction, Inbound, Outstanding, Received, Role, Stray};
use crate::sync::MutexGuard;

/// Frames that are looked at under one lock.
const BATCH: usize = 64;

/// Octets that may wait to be written before no more is read.
const OUTPUT_LIMIT: usize = 4 << 20;

/// A request that is over, and where in the buffer its response stands.
struct Answer {
    request: Outstanding<Token>,
    response: Range<usize>,
    matches: bool,
}

pub(super) fn run(link: &Link, mut reader: Box<dyn Read + Send>) {
    let _end = EndOnPanic(link, |core| core.reader_done = true);
    let mut buffer = FrameBuffer::new(link.config.max_command_length);
    let mut decoder = link.decoder();
    let mut answers = Vec::new();
    loop {
        let reason = match buffer.fill(&mut *reader) {
            Ok(0) => CloseReason::PeerClosed,
            Ok(_) => {
                loop {
                    let (taken, more) = take_in(link, &buffer, &mut answers);
                    observe::dump(link, Direction::Received, buffer.unread().get(..taken).unwrap_or_default());
                    complete(link, &buffer, &mut decoder, &mut answers);
                    buffer.consume(taken);
                    if !more {
                        break;
                    }
                }
                continue;
            }
            Err(error) => match error.kind() {
                io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => continue,
                kind => CloseReason::Io(kind),
            },
        };
        link.change(|core| core.session.close(reason));
        break;
    }
    link.change(|core| core.reader_done = true);
    link.ended.notify_all();
}

/// Shows the session some frames. Returns how many octets are done with, and whether there may be more frames.
fn take_in(link: &Link, buffer: &FrameBuffer, answers: &mut Vec<Answer>) -> (usize, bool) {
    let unread = buffer.unread();
    let mut taken = 0;
    let mut more = false;
    let mut core = wait_for_writer(link);
    let now = Instant::now();
    for count in 1..=BATCH {
        if core.session.close_reason().is_some() {
            // What comes after the end is nobody's, and read only so that it is out of the way.
            (taken, more) = (unread.len(), false);
            break;
        }
        let rest = unread.get(taken..).unwrap_or_default();
        match Frame::split(rest, buffer.max_command_length()) {
            Ok(None) => break,
            Ok(Some((frame, _))) => {
                take_frame(link, &mut core, now, frame, taken, answers);
                taken += frame.octets().len();
                more = count == BATCH;
            }
            Err(error) => {
                core.session.receive_broken(error, rest);
                taken = unread.len();
                break;
            }
        }
    }
    link.settle_and_unlock(core);
    (taken, more)
}

fn take_frame(link: &Link, core: &mut Core, now: Instant, frame: Frame<'_>, at: usize, answers: &mut Vec<Answer>) {
    let header = frame.header();
    let response = at..at + frame.octets().len();
    let (room, has_room) = (link.config.inbox, core.has_room(Kind::Pdu, &link.config));
    let received = core.session.receive(now, frame);
    match received {
        // If it were handled, draining a link to a peer that goes on asking would have no end.
        Received::Request(inbound) if core.draining => {
            let _ = core.session.respond_status(now, inbound, later(link.role));
        }
        Received::Request(inbound) if core.inbox_closed || !has_room => {
            let status = if core.inbox_closed { UNHEARD } else { CommandStatus::ESME_RMSGQFUL };
            // The session is not over, or there would be no request.
            let _ = core.session.respond_status(now, inbound, status);
            core.unreported += 1;
        }
        Received::Request(inbound) => return post(core, frame, Some(inbound)),
        Received::OneWay(_) if has_room => return post(core, frame, None),
        Received::OneWay(_) => core.unreported += 1,
        Received::Handled => {}
        Received::Retrying(_) => core.stats.retried += 1,
        Received::Refused(status) => core.notice(Notice::Refused { header, status }, room),
        Received::Stray(stray) => {
            core.stats.late += u64::from(matches!(stray, Stray::Late { .. }));
            core.notice(Notice::stray(frame, stray), room);
        }
        Received::Response(request) => {
            if request.takes_room() {
                core.stats.latency.record(now.saturating_duration_since(request.sent_at));
            } else {
                core.note_answer(&request, frame);
            }
            answers.push(Answer { request, response, matches: true });
        }
        Received::Mismatch(request) => answers.push(Answer { request, response, matches: false }),
    }
    if link.observes.received {
        core.show(frame, Direction::Received, &link.config);
    }
}

/// What a request is answered that comes while a link is drained: try again later, the link is about to go.
fn later(role: Role) -> CommandStatus {
    match role {
        Role::Esme => UNHEARD,
        // What UNHEARD says, only an ESME may say.
        Role::Smsc => CommandStatus::ESME_RMSGQFUL,
    }
}

fn post(core: &mut Core, frame: Frame<'_>, inbound: Option<Inbound>) {
    let (octets, epoch) = (core.keep_frame(frame), core.epoch);
    core.post(Job::Pdu { octets, epoch, inbound });
}

/// Waits until the peer has taken some of what is queued for it.
fn wait_for_writer(link: &Link) -> MutexGuard<'_, Core> {
    let mut core = link.lock();
    while core.session.output_len() > OUTPUT_LIMIT && core.session.close_reason().is_none() {
        core.reader_waits = true;
        core = link.drained.wait(core).unwrap_or_else(PoisonError::into_inner);
        core.reader_waits = false;
    }
    core
}

/// Decodes the responses into the slots of their requests.
fn complete(link: &Link, buffer: &FrameBuffer, decoder: &mut Decoder, answers: &mut Vec<Answer>) {
    for Answer { request, response, matches } in answers.drain(..) {
        let (Some(token), Some(octets)) = (request.token, buffer.unread().get(response)) else { continue };
        let call = match Frame::exact(octets) {
            Ok(frame) if matches => token.answered(decoder, frame),
            Ok(frame) => {
                let expected = request.spec.counterpart.unwrap_or_else(|| request.spec.id.response());
                token.failed(Error::UnexpectedResponse { expected, received: frame.header().command_id })
            }
            Err(_) => None,
        };
        if let Some(call) = call {
            link.call(call);
        }
    }
}
