//! How long responses take.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use smpp::codec::CommandId;

/// Requests of one side that are not answered yet, by sequence_number, with when they went over the connection.
#[derive(Debug, Default)]
pub(super) struct Waits(BTreeMap<u32, (CommandId, Instant)>);

impl Waits {
    /// A request went over the connection. Of those with the same number the last counts.
    pub(super) fn begin(&mut self, sequence_number: u32, request: CommandId, now: Instant) {
        if self.0.len() >= MOST {
            // The oldest is not going to be answered any more, as far as anybody can tell.
            self.0.pop_first();
        }
        self.0.insert(sequence_number, (request, now));
    }

    /// A response went over the connection: what it answers, and how long that took.
    pub(super) fn end(&mut self, sequence_number: u32, now: Instant) -> Option<(CommandId, Duration)> {
        let (request, begin) = self.0.remove(&sequence_number)?;
        Some((request, now.saturating_duration_since(begin)))
    }
}

/// Requests of a connection that are remembered.
const MOST: usize = 50_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_ends_what_its_number_began_once() {
        let (mut waits, now) = (Waits::default(), Instant::now());
        waits.begin(7, CommandId(4), now);
        let later = now + Duration::from_secs(2);
        assert_eq!(waits.end(8, later), None);
        assert_eq!(waits.end(7, later), Some((CommandId(4), Duration::from_secs(2))));
        assert_eq!(waits.end(7, later), None);
    }

    #[test]
    fn what_is_never_answered_takes_no_more_room_than_there_is() {
        let (mut waits, now) = (Waits::default(), Instant::now());
        for number in 0..MOST as u32 + 10 {
            waits.begin(number, CommandId(4), now);
        }
        assert_eq!(waits.0.len(), MOST);
        assert!(waits.end(9, now).is_none() && waits.end(10, now).is_some());
    }
}
