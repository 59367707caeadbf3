//! Requests that were given up: so that a late response is told from one to nothing.

use std::collections::{HashMap, VecDeque};

use crate::codec::CommandSpec;

/// How many are remembered.
const REMEMBERED: usize = 1024;

#[derive(Debug, Default)]
pub(super) struct Late {
    requests: HashMap<u32, &'static CommandSpec>,
    order: VecDeque<u32>,
}

impl Late {
    pub(super) fn remember(&mut self, sequence_number: u32, request: &'static CommandSpec) {
        if self.requests.insert(sequence_number, request).is_none() {
            self.order.push_back(sequence_number);
        }
        if self.order.len() > REMEMBERED {
            let oldest = self.order.pop_front();
            oldest.and_then(|oldest| self.requests.remove(&oldest));
        }
    }

    /// The request that was given up under this number.
    pub(super) fn find(&self, sequence_number: u32) -> Option<&'static CommandSpec> {
        self.requests.get(&sequence_number).copied()
    }
}
