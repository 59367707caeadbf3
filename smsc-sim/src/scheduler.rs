//! The one queue that everything waits in which is to happen later. Readers never sleep.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use crate::clock::{Clock, Running};

type Job = Box<dyn FnOnce() + Send>;

/// Runs jobs at their time, on a thread of its own, in order; those of the same time in the order they came.
///
/// Two locks. `queue` is held to look at the queue, never while a job runs. `passing` is read by whoever does something that
/// must not be torn apart by the time that passes meanwhile (a request is answered, and only then is its delivery put
/// into the queue), and written by [`advance`](Self::advance), which so finds every such thing done or not begun. Jobs do
/// not take it: they run while it is written.
#[derive(Debug)]
pub(crate) struct Scheduler {
    shared: Arc<Shared>,
    passing: RwLock<()>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    clock: Running,
    queue: Mutex<Queue>,
    /// What `moved` and `now` of the queue are, in nanoseconds: everything that happens asks for the time, most of it without
    /// the lock. Written under it.
    moved: AtomicU64,
    stands_at: AtomicU64,
    /// For the thread: there is something new. For `advance`: the thread has nothing left to do.
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    jobs: BTreeMap<Timer, Job>,
    next: u64,
    /// How far time was moved by hand.
    moved: Duration,
    /// Where a manual clock stands: at the time of the job that runs, or at `moved`.
    now: Duration,
    /// Whether a job runs.
    busy: bool,
    /// Who sleeps until something changes: waking nobody costs a system call as well.
    sleepers: usize,
    stopped: bool,
}

/// A job that waits: its time, counted from the start, and a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Timer {
    at: Duration,
    number: u64,
}

impl Scheduler {
    pub(crate) fn start(clock: Clock) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            clock: clock.start(),
            queue: Mutex::default(),
            moved: AtomicU64::new(0),
            stands_at: AtomicU64::new(0),
            changed: Condvar::new(),
        });
        let of_thread = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("smsc-sim-timers".into()).spawn(move || of_thread.run())?;
        Ok(Self { shared, passing: RwLock::new(()), thread: Some(thread) })
    }

    /// The time of day.
    pub(crate) fn now(&self) -> SystemTime {
        self.shared.clock.time_of_day(self.elapsed())
    }

    /// How long it is since the start.
    pub(crate) fn elapsed(&self) -> Duration {
        if self.shared.clock.manual {
            return Duration::from_nanos(self.shared.stands_at.load(Ordering::Acquire));
        }
        self.shared.clock.elapsed().saturating_add(Duration::from_nanos(self.shared.moved.load(Ordering::Acquire)))
    }

    /// Until this is dropped [`advance`](Self::advance) waits. Nobody may hold two.
    pub(crate) fn hold(&self) -> RwLockReadGuard<'_, ()> {
        self.passing.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs the job after the delay. If the scheduler is dropped before, it never runs.
    pub(crate) fn after(&self, delay: Duration, job: impl FnOnce() + Send + 'static) -> Timer {
        let mut queue = self.shared.lock();
        let at = self.shared.now(&queue).saturating_add(delay);
        self.shared.push(&mut queue, at, Box::new(job))
    }

    /// Runs the job at a time of day; at once if that is over.
    pub(crate) fn at(&self, time: SystemTime, job: impl FnOnce() + Send + 'static) -> Timer {
        let mut queue = self.shared.lock();
        let at = self.shared.clock.when(time);
        self.shared.push(&mut queue, at, Box::new(job))
    }

    /// Forgets a job, if it has not begun.
    pub(crate) fn cancel(&self, timer: Timer) {
        let job = self.shared.lock().jobs.remove(&timer);
        // What the job holds may do anything when it is dropped: not under the lock.
        drop(job);
    }

    /// How many jobs wait.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.shared.lock().jobs.len()
    }

    /// Moves the time on, and returns when everything has been done that is due by then, in order, with what followed
    /// from it.
    pub(crate) fn advance(&self, by: Duration) {
        let _alone = self.passing.write().unwrap_or_else(PoisonError::into_inner);
        let mut queue = self.shared.lock();
        queue.moved = queue.moved.saturating_add(by);
        self.shared.moved.store(nanoseconds(queue.moved), Ordering::Release);
        let until = self.shared.limit(&queue);
        self.shared.wake(&queue);
        while !queue.stopped && (queue.busy || queue.now < until || self.shared.is_due(&queue, until)) {
            queue = self.shared.sleep(queue, None);
        }
    }
}

impl Drop for Scheduler {
    fn drop(&mut self) {
        self.shared.lock().stopped = true;
        self.shared.changed.notify_all();
        // A job may hold what holds the scheduler: then this is its own thread, which ends by itself.
        if let Some(thread) = self.thread.take().filter(|thread| thread.thread().id() != std::thread::current().id()) {
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn run(&self) {
        let _ends = Ends(self);
        let mut queue = self.lock();
        let mut yields = 0;
        while !queue.stopped {
            let limit = self.limit(&queue);
            let next = queue.jobs.first_key_value().map(|(timer, _)| *timer);
            match next {
                Some(timer) if timer.at <= limit => {
                    // What is in the queue as of earlier than now was put there for now.
                    queue.now = queue.now.max(timer.at);
                    self.stands_at.store(nanoseconds(queue.now), Ordering::Release);
                    queue.busy = true;
                    let job = queue.jobs.pop_first();
                    drop(queue);
                    if let Some((_, job)) = job {
                        job();
                    }
                    queue = self.lock();
                    queue.busy = false;
                    yields = 0;
                }
                // More may be about to come: that is cheaper to wait for than to be woken for.
                _ if yields < YIELDS => {
                    yields += 1;
                    drop(queue);
                    std::thread::yield_now();
                    queue = self.lock();
                }
                _ => {
                    yields = 0;
                    queue.now = limit;
                    self.stands_at.store(nanoseconds(limit), Ordering::Release);
                    self.wake(&queue);
                    let next = next.filter(|_| !self.clock.manual);
                    queue = self.sleep(queue, next.map(|timer| timer.at - limit));
                }
            }
        }
    }

    /// What is due by then is to be run.
    fn limit(&self, queue: &Queue) -> Duration {
        self.clock.elapsed().saturating_add(queue.moved)
    }

    fn now(&self, queue: &Queue) -> Duration {
        if self.clock.manual { queue.now } else { self.limit(queue) }
    }

    /// Whether there is something to do until then.
    fn is_due(&self, queue: &Queue, until: Duration) -> bool {
        queue.jobs.first_key_value().is_some_and(|(timer, _)| timer.at <= until)
    }

    fn push(&self, queue: &mut Queue, at: Duration, job: Job) -> Timer {
        let timer = Timer { at, number: queue.next };
        queue.next += 1;
        let is_first = queue.jobs.first_key_value().is_none_or(|(first, _)| timer < *first);
        queue.jobs.insert(timer, job);
        if is_first {
            // What the thread waits for is no longer the next.
            self.wake(queue);
        }
        timer
    }

    fn sleep<'a>(&self, mut queue: MutexGuard<'a, Queue>, timeout: Option<Duration>) -> MutexGuard<'a, Queue> {
        queue.sleepers += 1;
        queue = match timeout {
            Some(timeout) => self.changed.wait_timeout(queue, timeout).unwrap_or_else(PoisonError::into_inner).0,
            None => self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner),
        };
        queue.sleepers -= 1;
        queue
    }

    fn wake(&self, queue: &Queue) {
        if queue.sleepers > 0 {
            self.changed.notify_all();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// How often the thread lets others run before it sleeps.
const YIELDS: u32 = 10;

/// However the thread ends, nobody waits for it.
struct Ends<'a>(&'a Shared);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.lock().stopped = true;
        self.0.changed.notify_all();
    }
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queue").field("jobs", &self.jobs.len()).field("now", &self.now).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use crossbeam_channel::unbounded;

    use super::*;

    const MILLISECOND: Duration = Duration::from_millis(1);

    #[test]
    fn jobs_run_in_the_order_of_their_times() {
        let scheduler = Scheduler::start(Clock::real()).unwrap();
        let (sender, receiver) = unbounded();
        for (delay, name) in [(30, "last"), (0, "first"), (10, "second"), (10, "third")] {
            let sender = sender.clone();
            scheduler.after(delay * MILLISECOND, move || sender.send(name).unwrap());
        }
        drop(sender);
        assert_eq!(receiver.iter().collect::<Vec<_>>(), ["first", "second", "third", "last"]);
    }

    #[test]
    fn what_is_still_waiting_is_dropped() {
        let scheduler = Scheduler::start(Clock::real()).unwrap();
        let (sender, receiver) = unbounded::<()>();
        scheduler.after(Duration::from_secs(3600), move || drop(sender));
        drop(scheduler);
        assert!(receiver.recv().is_err());
    }

    #[test]
    fn what_is_cancelled_does_not_run_and_takes_no_room() {
        let scheduler = Scheduler::start(Clock::manual()).unwrap();
        let (sender, receiver) = unbounded();
        let timer = scheduler.after(MILLISECOND, move || sender.send(()).unwrap());
        scheduler.cancel(timer);
        assert_eq!(scheduler.len(), 0);
        scheduler.advance(MILLISECOND);
        assert!(receiver.recv().is_err());
        scheduler.cancel(timer);
    }

    #[test]
    fn a_manual_clock_stands_still_and_does_what_is_due_before_advance_returns() {
        let scheduler = Arc::new(Scheduler::start(Clock::manual()).unwrap());
        let (sender, receiver) = unbounded();
        let begin = scheduler.now();
        let tell = {
            let (scheduler, sender) = (Arc::downgrade(&scheduler), sender.clone());
            move |name: &'static str| {
                let now = scheduler.upgrade().unwrap().now();
                sender.send((name, now.duration_since(begin).unwrap().as_millis())).unwrap();
            }
        };
        let (early, late) = (tell.clone(), tell.clone());
        let inner = Arc::downgrade(&scheduler);
        scheduler.after(20 * MILLISECOND, move || late("late"));
        scheduler.after(10 * MILLISECOND, move || {
            early("early");
            let (soon, never) = (early.clone(), early.clone());
            let scheduler = inner.upgrade().unwrap();
            scheduler.after(5 * MILLISECOND, move || soon("follows"));
            scheduler.after(11 * MILLISECOND, move || never("not yet"));
        });
        scheduler.advance(9 * MILLISECOND);
        assert!(receiver.is_empty());
        scheduler.advance(11 * MILLISECOND);
        assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [("early", 10), ("follows", 15), ("late", 20)]);
        scheduler.advance(MILLISECOND);
        assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [("not yet", 21)]);
        assert_eq!(scheduler.now(), begin + 21 * MILLISECOND);
    }

    #[test]
    fn what_is_due_now_needs_no_advance_but_advance_waits_for_it() {
        let scheduler = Scheduler::start(Clock::manual()).unwrap();
        let (sender, receiver) = unbounded();
        let later = sender.clone();
        scheduler.after(Duration::ZERO, move || sender.send(1).unwrap());
        assert_eq!(receiver.recv(), Ok(1));
        let past = scheduler.now() - MILLISECOND;
        scheduler.at(past, move || later.send(2).unwrap());
        scheduler.advance(Duration::ZERO);
        assert_eq!(receiver.try_recv(), Ok(2));
    }

    #[test]
    fn a_real_clock_can_be_moved_on_as_well() {
        let scheduler = Scheduler::start(Clock::real()).unwrap();
        let (sender, receiver) = unbounded();
        let begin = scheduler.now();
        scheduler.after(Duration::from_secs(3600), move || sender.send(()).unwrap());
        scheduler.advance(Duration::from_secs(3600));
        assert_eq!(receiver.try_recv(), Ok(()));
        assert!(scheduler.now() >= begin + Duration::from_secs(3600));
    }

    #[test]
    fn advance_waits_for_what_is_being_done() {
        let scheduler = Scheduler::start(Clock::manual()).unwrap();
        let (sender, receiver) = unbounded();
        let (begun, begins) = unbounded();
        std::thread::scope(|scope| {
            let hold = scheduler.hold();
            scope.spawn(|| {
                begun.send(()).unwrap();
                scheduler.advance(MILLISECOND);
                sender.send("moved").unwrap();
            });
            begins.recv().unwrap();
            assert_eq!(scheduler.elapsed(), Duration::ZERO);
            let sender = sender.clone();
            scheduler.after(MILLISECOND, move || sender.send("done").unwrap());
            drop(hold);
        });
        assert_eq!(receiver.try_iter().collect::<Vec<_>>(), ["done", "moved"]);
    }
}
