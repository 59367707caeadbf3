//! Waiting for any of several links.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::{Condvar, Mutex};

/// Rung by links when something could be sent over them that could not before. Rings that nobody waits for cost next to
/// nothing.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    waiting: AtomicUsize,
    rung: Mutex<u64>,
    rings: Condvar,
}

impl Bell {
    pub(super) fn ring(&self) {
        if self.waiting.load(Ordering::SeqCst) > 0 {
            *self.rung.lock().unwrap_or_else(PoisonError::into_inner) += 1;
            self.rings.notify_all();
        }
    }

    /// Tries until there is a result, each time the bell has rung and whenever a try says how long to wait at most; `None`
    /// once the deadline has passed.
    pub(crate) fn until<R>(
        &self,
        deadline: Option<Instant>,
        mut attempt: impl FnMut() -> Result<R, Option<Instant>>,
    ) -> Option<R> {
        if let Ok(result) = attempt() {
            return Some(result);
        }
        // Announced before trying again, so that no ring after the try is missed.
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let result = loop {
            let rung = *self.rung.lock().unwrap_or_else(PoisonError::into_inner);
            let until = match attempt() {
                Ok(result) => break Some(result),
                Err(until) => until,
            };
            let now = Instant::now();
            if deadline.is_some_and(|deadline| deadline <= now) {
                break None;
            }
            let lock = self.rung.lock().unwrap_or_else(PoisonError::into_inner);
            let wait =
                until.into_iter().chain(deadline).min().map_or(LONG, |until| until.saturating_duration_since(now));
            let waited = self.rings.wait_timeout_while(lock, wait, |now| *now == rung);
            drop(waited.unwrap_or_else(PoisonError::into_inner));
        };
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        result
    }
}

/// For ever, in steps.
const LONG: Duration = Duration::from_secs(3600);
