//! What a link logs: gathered under its lock, written out after unlocking.

use std::net::SocketAddr;

use tracing::Span;

use super::dispatch::Notice;
use super::link::Link;
use super::state::Core;
use crate::codec::{COctetString, CommandSpec, Frame};
use crate::protocol::value::CommandStatus;
use crate::session::{BindKind, CloseReason, Outstanding};

/// Most PDUs that are logged one by one at a time, if they are the peer's fault.
const MOST: usize = 16;

/// A line that is due.
#[derive(Debug)]
pub(super) enum Line {
    Notice(Notice),
    /// PDUs that were strays or refused, and are not logged one by one.
    More(usize),
    Bound {
        kind: BindKind,
        system_id: String,
        peer: Option<SocketAddr>,
    },
    BindRefused {
        status: CommandStatus,
        peer: Option<SocketAddr>,
    },
    /// Requests without response: the first of them, and how many more.
    TimedOut {
        request: &'static CommandSpec,
        sequence_number: u32,
        written: bool,
        more: usize,
    },
    Ended {
        reason: CloseReason,
        is_lost: bool,
        failed: usize,
    },
    InboxFull,
}

impl Core {
    /// Keeps a line for when the lock is free.
    pub(super) fn log(&mut self, notice: Notice) {
        if matches!(notice, Notice::Stray { .. } | Notice::Refused { .. }) && self.lines.len() >= MOST {
            match self.lines.last_mut() {
                Some(Line::More(more)) => *more += 1,
                _ => self.lines.push(Line::More(1)),
            }
            return;
        }
        self.lines.push(Line::Notice(notice));
    }

    pub(super) fn log_timeout(&mut self, request: &'static CommandSpec, sequence_number: u32, written: bool) {
        let before = self.lines.iter_mut().find_map(|line| match line {
            Line::TimedOut { more, .. } => Some(more),
            _ => None,
        });
        match before {
            Some(more) => *more += 1,
            None => self.lines.push(Line::TimedOut { request, sequence_number, written, more: 0 }),
        }
    }

    /// Once, until the dispatcher takes what there is.
    pub(super) fn log_full_inbox(&mut self) {
        if self.unreported > 0 && !self.told_full && !self.inbox_closed {
            self.told_full = true;
            self.lines.push(Line::InboxFull);
        }
    }

    /// The peer has answered a request that has to do with the link itself.
    #[cold]
    pub(super) fn note_answer<T>(&mut self, request: &Outstanding<T>, frame: Frame<'_>) {
        let Some(kind) = BindKind::of_request(request.spec.id) else { return };
        let (status, peer) = (frame.header().command_status, self.peer_addr);
        // A generic_nack may have any status.
        if self.session.state().is_bound() {
            let system_id = frame.body().split(|&octet| octet == 0).next().unwrap_or_default();
            let system_id = COctetString::from(system_id).to_str_lossy().into_owned();
            self.lines.push(Line::Bound { kind, system_id, peer });
        } else {
            self.stats.last_error = Some(format!("{} was refused with {status:?}", request.spec.name));
            self.lines.push(Line::BindRefused { status, peer });
        }
    }
}

impl Link {
    /// Writes out the lines, in the span of this link whichever thread it is. Not to be called under the lock.
    #[cold]
    pub(super) fn log(&self, lines: Vec<Line>) {
        lines.into_iter().for_each(|line| line.write(&self.span));
    }

    /// What lines about this link are to stand in.
    pub(crate) fn span(&self) -> &Span {
        &self.span
    }
}

impl Line {
    fn write(self, span: &Span) {
        match self {
            Self::Notice(notice) => log_notice(span, &notice),
            Self::More(more) => tracing::warn!(parent: span, more, "PDUs that were strays or refused"),
            Self::Bound { kind, system_id, peer } => tracing::info!(parent: span, ?kind, system_id, ?peer, "bound"),
            Self::BindRefused { status, peer } => tracing::warn!(parent: span, ?status, ?peer, "bind refused"),
            Self::TimedOut { request, sequence_number, written, more } => {
                tracing::warn!(parent: span, command = request.name, sequence_number, written, more, "request timed out");
            }
            Self::Ended { reason, is_lost: true, failed } => {
                tracing::warn!(parent: span, %reason, failed, "session lost")
            }
            Self::Ended { reason, is_lost: false, failed } => {
                tracing::info!(parent: span, %reason, failed, "session ended")
            }
            Self::InboxFull => tracing::warn!(parent: span, "inbox full: PDUs are refused or notices dropped"),
        }
    }
}

/// `Lost` is told by [`Line::Ended`].
pub(super) fn log_notice(span: &Span, notice: &Notice) {
    match notice {
        Notice::StateChanged { from, to } => tracing::debug!(parent: span, %from, %to, "state changed"),
        Notice::Refused { header, status } => {
            let (command, sequence_number) = (header.command_id, header.sequence_number);
            tracing::warn!(parent: span, ?command, sequence_number, ?status, "request refused");
        }
        Notice::Stray { header, stray, .. } => {
            let (command, sequence_number) = (header.command_id, header.sequence_number);
            tracing::warn!(parent: span, ?command, sequence_number, ?stray, "stray PDU");
        }
        Notice::Throttled { status, pause } => {
            tracing::warn!(parent: span, ?status, ?pause, "the peer wants to be sent less")
        }
        Notice::Lost(_) => {}
        Notice::Rebind { attempt, delay } => tracing::info!(parent: span, attempt, ?delay, "binding again"),
        Notice::RebindFailed(error) => tracing::warn!(parent: span, %error, "binding again failed"),
        Notice::Closed(reason) => tracing::info!(parent: span, %reason, "link closed"),
    }
}
