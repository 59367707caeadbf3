//! Requests that were given up: so that a late response is told from one to nothing.

use std::collections::{HashMap, VecDeque};

use crate::codec::CommandSpec;

/// How many are remembered.
const REMEMBERED: usize = 1024;

#[derive(Debug, Default)]
pub(super) struct Late {
    /// By sequence number; and the how manieth it was.
    requests: HashMap<u32, (&'static CommandSpec, u64)>,
    order: VecDeque<(u32, u64)>,
    count: u64,
}

impl Late {
    pub(super) fn remember(&mut self, sequence_number: u32, request: &'static CommandSpec) {
        self.count += 1;
        self.requests.insert(sequence_number, (request, self.count));
        self.order.push_back((sequence_number, self.count));
        if self.order.len() > REMEMBERED {
            // Unless the number was given up again since.
            let oldest = self
                .order
                .pop_front()
                .filter(|(number, count)| self.requests.get(number).is_some_and(|(_, newest)| newest == count));
            oldest.and_then(|(number, _)| self.requests.remove(&number));
        }
    }

    /// The request that was given up under this number.
    pub(super) fn find(&self, sequence_number: u32) -> Option<&'static CommandSpec> {
        self.requests.get(&sequence_number).map(|&(request, _)| request)
    }
}
