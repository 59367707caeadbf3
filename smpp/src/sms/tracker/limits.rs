//! How much is kept, and for how long.

use std::time::Duration;

/// What a [`Tracker`](super::Tracker) keeps at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct TrackerLimits {
    /// Messages that are under way; the oldest is dropped for one more. As many that are finished or
    /// dropped are remembered, to know their receipts and late responses again. Default 100,000.
    pub messages: usize,
    /// How long a message may wait for its final state, and how long it is remembered after that. Default 7 days, since what is
    /// not delivered for long may still be.
    pub age: Duration,
    /// Receipts that are held; the oldest is handed back for one more. Default 10,000.
    pub held: usize,
    /// How long a receipt is held. Default 1 minute: responses come sooner, or never.
    pub hold: Duration,
}

impl Default for TrackerLimits {
    fn default() -> Self {
        Self { messages: 100_000, age: Duration::from_secs(7 * 24 * 3600), held: 10_000, hold: Duration::from_secs(60) }
    }
}

impl TrackerLimits {
    /// The same with another limit on [`messages`](Self::messages); at least 1.
    #[must_use = "it is returned"]
    pub fn with_messages(self, messages: usize) -> Self {
        Self { messages: messages.max(1), ..self }
    }

    /// The same with another [`age`](Self::age).
    #[must_use = "it is returned"]
    pub fn with_age(self, age: Duration) -> Self {
        Self { age, ..self }
    }

    /// The same with another limit on [`held`](Self::held) receipts. With 0, none is held.
    #[must_use = "it is returned"]
    pub fn with_held(self, held: usize) -> Self {
        Self { held, ..self }
    }

    /// The same with another time to [`hold`](Self::hold) receipts.
    #[must_use = "it is returned"]
    pub fn with_hold(self, hold: Duration) -> Self {
        Self { hold, ..self }
    }
}
