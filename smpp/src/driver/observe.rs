//! PDUs that are shown to whoever wants to see them: observers, and the log.

use std::ops::Range;

use super::dispatch::Job;
use super::inbox::Kind;
use super::link::{Link, LinkConfig};
use super::state::Core;
use crate::codec::Frame;
use crate::session::Direction;
use crate::sync::MutexGuard;

/// Where PDUs are logged, at level TRACE.
const TARGET: &str = "smpp::pdu";

/// Logs the PDUs that the octets begin with.
pub(super) fn dump(link: &Link, direction: Direction, octets: &[u8]) {
    if !tracing::enabled!(target: TARGET, tracing::Level::TRACE) {
        return;
    }
    let mut decoder = link.decoder();
    for frame in frames(octets) {
        let pdu = link.config.views.text(frame, &mut decoder);
        tracing::trace!(target: TARGET, ?direction, "{pdu}");
    }
}

fn frames(octets: &[u8]) -> impl Iterator<Item = Frame<'_>> {
    let mut rest = octets;
    std::iter::from_fn(move || {
        let (frame, after) = Frame::split(rest, u32::MAX).ok()??;
        rest = after;
        Some(frame)
    })
}

impl Link {
    /// Puts what is about to be written before the observers, ahead of whatever will answer it.
    pub(super) fn show_sent(&self, mut core: MutexGuard<'_, Core>, octets: &[u8]) {
        frames(octets).for_each(|frame| core.show(frame, Direction::Sent, &self.config));
        self.settle_and_unlock(core);
    }
}

impl Core {
    /// Puts a PDU before the observers, if there is room.
    pub(super) fn show(&mut self, frame: Frame<'_>, direction: Direction, config: &LinkConfig) {
        if self.inbox_closed {
            return;
        }
        if !self.has_room(Kind::Shown, config) {
            self.stats.unshown += 1;
            return;
        }
        let octets = self.keep_frame(frame);
        self.post(Job::Shown { octets, direction });
    }

    /// Copies a frame to where jobs find it.
    pub(super) fn keep_frame(&mut self, frame: Frame<'_>) -> Range<usize> {
        let start = self.inbox_octets.len();
        self.inbox_octets.extend_from_slice(frame.octets());
        start..self.inbox_octets.len()
    }
}
