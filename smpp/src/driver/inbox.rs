//! How much waits for the user's code: each kind of job against a limit of its own, so that none crowds out another.

use super::dispatch::{Job, Notice};
use super::state::Core;
use crate::session::{CloseReason, SessionState};
use crate::sync::atomic::{AtomicUsize, Ordering};

/// What jobs are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// PDUs for the application: requests, and those that are never answered.
    Pdu,
    /// PDUs that are only shown to observers.
    Shown,
    Notice,
    /// Callbacks for outcomes. There is no limit for them but what the user sends.
    Call,
}

/// Jobs of each kind.
pub(super) type Counts = [usize; 4];

/// Jobs that the dispatcher has taken and not done. Changed by the dispatcher alone, so that it needs no lock for each:
/// whoever else looks may see a job that was done just now.
#[derive(Debug, Default)]
pub(super) struct InHand([AtomicUsize; 4]);

/// What is told although there was no room for it, in few words: that the session was lost, and the state that it is in.
#[derive(Debug, Default)]
pub(super) struct Missed {
    lost: Option<CloseReason>,
    state: Option<(SessionState, SessionState)>,
}

impl Job {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Pdu { .. } => Kind::Pdu,
            Self::Shown { .. } => Kind::Shown,
            Self::Notice(_) => Kind::Notice,
            Self::Call(_) => Kind::Call,
        }
    }
}

impl InHand {
    /// Takes over the count of what is in the inbox. What was taken before is done.
    pub(super) fn take(&self, counts: &mut Counts) {
        self.0.iter().zip(counts).for_each(|(here, count)| here.store(std::mem::take(count), Ordering::Relaxed));
    }

    pub(super) fn done(&self, kind: Kind) {
        if let Some(count) = self.0.get(kind as usize) {
            // None is left if the inbox was closed meanwhile.
            count.store(count.load(Ordering::Relaxed).saturating_sub(1), Ordering::Relaxed);
        }
    }

    fn of(&self, kind: Kind) -> usize {
        self.0.get(kind as usize).map_or(0, |count| count.load(Ordering::Relaxed))
    }
}

impl Core {
    /// Jobs of this kind that are not done.
    pub(super) fn waiting(&self, kind: Kind) -> usize {
        self.inbox_counts.get(kind as usize).copied().unwrap_or_default() + self.in_hand.of(kind)
    }

    pub(super) fn post(&mut self, job: Job) {
        if let Some(count) = self.inbox_counts.get_mut(job.kind() as usize) {
            *count += 1;
        }
        self.inbox.push_back(job);
    }

    /// There is nobody to do any job.
    pub(super) fn drop_counts(&mut self) {
        self.inbox_counts = Counts::default();
        self.in_hand.take(&mut Counts::default());
        self.missed = Missed::default();
    }

    /// Puts a notice into the inbox if there is room for such, and has it logged in any case.
    pub(super) fn notice(&mut self, notice: Notice, room: usize) {
        self.log(notice.clone());
        if self.inbox_closed {
            return;
        }
        if self.waiting(Kind::Notice) < room.max(1) {
            self.post_missed();
            return self.post(Job::Notice(notice));
        }
        self.unreported += 1;
        match notice {
            Notice::Lost(reason) => _ = self.missed.lost.get_or_insert(reason),
            Notice::StateChanged { from, to } => {
                let first = self.missed.state.map_or(from, |(first, _)| first);
                self.missed.state = Some((first, to));
            }
            _ => {}
        }
    }

    /// Tells the end of the link when nothing is left to come before it. There is always room for that.
    pub(super) fn post_end(&mut self) {
        if self.reader_done
            && self.failing == 0
            && let Some(reason) = self.closing.take()
        {
            self.log(Notice::Closed(reason));
            self.post_missed();
            self.post(Job::Notice(Notice::Closed(reason)));
        }
    }

    /// The last state comes last.
    pub(super) fn post_missed(&mut self) {
        let Missed { lost, state } = std::mem::take(&mut self.missed);
        let state = state.map(|(from, to)| Notice::StateChanged { from, to });
        for notice in lost.map(Notice::Lost).into_iter().chain(state) {
            self.post(Job::Notice(notice));
        }
    }
}
