//! Many requests, taken as their outcomes come.

use std::collections::HashMap;
use std::time::Duration;

use super::{Error, Pending};
use crate::sync::{Receiver, Sender, unbounded};

/// Requests on their way, whose outcomes come out in the order in which they arrive, each with the number that
/// [`push`](Self::push) gave its request: 0, 1, 2, ...
///
/// As an iterator it ends when no request is left. More may be pushed at any time.
///
/// ```no_run
/// # use smpp::{client::Client, driver::Completed, pdu::SubmitSm};
/// # let client = Client::builder().connect("127.0.0.1:2775")?;
/// let numbers = ["4179000001", "4179000002", "4179000003"];
/// let mut completed = Completed::new();
/// for number in numbers {
///     completed.push(client.send(&SubmitSm::default().with_destination_addr(number).with_short_message("hello"))?);
/// }
/// for (index, outcome) in completed {
///     match outcome {
///         Ok(response) => println!("{}: message_id {}", numbers[index], response.message_id),
///         Err(error) => println!("{}: {error}", numbers[index]),
///     }
/// }
/// # Ok::<(), smpp::driver::Error>(())
/// ```
#[derive(Debug)]
pub struct Completed<R> {
    pending: HashMap<usize, Pending<R>>,
    pushed: usize,
    sender: Sender<usize>,
    receiver: Receiver<usize>,
}

impl<R: Send + 'static> Completed<R> {
    /// No requests yet.
    pub fn new() -> Self {
        let (sender, receiver) = unbounded();
        Self { pending: HashMap::new(), pushed: 0, sender, receiver }
    }

    /// Adds a request and returns its number.
    pub fn push(&mut self, pending: Pending<R>) -> usize {
        let number = self.pushed;
        self.pushed += 1;
        pending.announce(&self.sender, number);
        self.pending.insert(number, pending);
        number
    }

    /// Requests whose outcome has not been taken.
    pub fn len(&self) -> usize {
        self.pending.len()
    }

    /// Whether every outcome has been taken.
    pub fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// The next outcome, if one is there: does not block.
    pub fn try_next(&mut self) -> Option<(usize, Result<R, Error>)> {
        let number = self.receiver.try_recv().ok()?;
        self.take(number)
    }

    /// The next outcome; `None` if none comes in time, or if no request is left.
    pub fn next_timeout(&mut self, timeout: Duration) -> Option<(usize, Result<R, Error>)> {
        let number = if self.is_empty() { None } else { self.receiver.recv_timeout(timeout).ok() };
        self.take(number?)
    }

    fn take(&mut self, number: usize) -> Option<(usize, Result<R, Error>)> {
        let outcome = self.pending.remove(&number)?.take()?;
        Some((number, outcome))
    }
}

impl<R: Send + 'static> Iterator for Completed<R> {
    type Item = (usize, Result<R, Error>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_empty() {
            return None;
        }
        // This side holds a sender, so the channel is never disconnected.
        let number = self.receiver.recv().ok()?;
        self.take(number)
    }
}

impl<R: Send + 'static> Default for Completed<R> {
    fn default() -> Self {
        Self::new()
    }
}

impl<R: Send + 'static> Extend<Pending<R>> for Completed<R> {
    fn extend<I: IntoIterator<Item = Pending<R>>>(&mut self, pending: I) {
        for pending in pending {
            self.push(pending);
        }
    }
}

impl<R: Send + 'static> FromIterator<Pending<R>> for Completed<R> {
    fn from_iter<I: IntoIterator<Item = Pending<R>>>(pending: I) -> Self {
        let mut completed = Self::new();
        completed.extend(pending);
        completed
    }
}
