//! The one queue that everything waits in which is to happen later. Readers never sleep.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{RecvTimeoutError, Sender, unbounded};

type Job = Box<dyn FnOnce() + Send>;

/// Runs jobs at their time, on a thread of its own, in order; those of the same time in the order they came.
#[derive(Debug)]
pub(crate) struct Scheduler {
    jobs: Option<Sender<(Instant, Job)>>,
    thread: Option<JoinHandle<()>>,
}

impl Scheduler {
    pub(crate) fn start() -> std::io::Result<Self> {
        let (sender, receiver) = unbounded::<(Instant, Job)>();
        let thread = std::thread::Builder::new().name("smsc-sim-timers".into()).spawn(move || {
            let mut queue = BinaryHeap::new();
            let mut number = 0_u64;
            loop {
                let next = queue.peek().map(|Reverse(Entry { at, .. })| *at);
                let received = match next {
                    Some(at) => receiver.recv_deadline(at),
                    None => receiver.recv().map_err(|_| RecvTimeoutError::Disconnected),
                };
                match received {
                    Ok((at, job)) => {
                        queue.push(Reverse(Entry { at, number, job }));
                        number += 1;
                    }
                    Err(RecvTimeoutError::Timeout) => {
                        if let Some(Reverse(entry)) = queue.pop() {
                            (entry.job)();
                        }
                    }
                    // What was still to come is not wanted any more.
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            }
        })?;
        Ok(Self { jobs: Some(sender), thread: Some(thread) })
    }

    /// Runs the job after the delay. After [`stop`](Self::stop) it never runs.
    pub(crate) fn after(&self, delay: Duration, job: impl FnOnce() + Send + 'static) {
        if let Some(jobs) = &self.jobs {
            // The thread ends only when `jobs` is dropped, so there is somebody to take it.
            let _ = jobs.send((Instant::now() + delay, Box::new(job)));
        }
    }
}

impl Drop for Scheduler {
    fn drop(&mut self) {
        self.jobs = None;
        // A job may hold what holds the scheduler: then this is its own thread, which ends by itself.
        if let Some(thread) = self.thread.take().filter(|thread| thread.thread().id() != std::thread::current().id()) {
            let _ = thread.join();
        }
    }
}

struct Entry {
    at: Instant,
    number: u64,
    job: Job,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_run_in_the_order_of_their_times() {
        let scheduler = Scheduler::start().unwrap();
        let (sender, receiver) = unbounded();
        for (delay, name) in [(30, "last"), (0, "first"), (10, "second"), (10, "third")] {
            let sender = sender.clone();
            scheduler.after(Duration::from_millis(delay), move || sender.send(name).unwrap());
        }
        drop(sender);
        assert_eq!(receiver.iter().collect::<Vec<_>>(), ["first", "second", "third", "last"]);
    }

    #[test]
    fn what_is_still_waiting_is_dropped() {
        let scheduler = Scheduler::start().unwrap();
        let (sender, receiver) = unbounded::<()>();
        scheduler.after(Duration::from_secs(3600), move || drop(sender));
        drop(scheduler);
        assert!(receiver.recv().is_err());
    }
}
