//! The locks and threads of a link: those of `std`, or, in the tests that explore how its threads can interleave
//! (`--cfg smpp_shuttle`), those of `shuttle`.

#[cfg(not(all(test, smpp_shuttle)))]
pub(crate) use self::real::*;

#[cfg(all(test, smpp_shuttle))]
pub(crate) use self::explored::*;

#[cfg(not(all(test, smpp_shuttle)))]
mod real {
    pub(crate) use std::sync::{Condvar, Mutex, MutexGuard, atomic};
    pub(crate) use std::{thread, thread_local};

    pub(crate) use crossbeam_channel::{Receiver, Sender, unbounded};
}

#[cfg(all(test, smpp_shuttle))]
mod explored {
    use std::sync::{LockResult, PoisonError};
    use std::time::Duration;

    use shuttle::rand::{Rng, thread_rng};
    use shuttle::sync;
    pub(crate) use shuttle::sync::mpsc::{Receiver, Sender, channel as unbounded};
    pub(crate) use shuttle::sync::{Mutex, MutexGuard, atomic};
    pub(crate) use shuttle::thread_local;

    pub(crate) mod thread {
        pub(crate) use shuttle::thread::*;
        pub(crate) use std::thread::panicking;
    }

    /// There is no time: a wait that may take none ends at once, a short one may, and others end only when they are woken.
    #[derive(Debug, Default)]
    pub(crate) struct Condvar(sync::Condvar);

    #[derive(Debug, Clone, Copy)]
    pub(crate) struct WaitTimeoutResult(bool);

    type Waited<'a, T> = LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)>;

    impl Condvar {
        pub(crate) fn new() -> Self {
            Self::default()
        }

        pub(crate) fn notify_one(&self) {
            self.0.notify_one();
        }

        pub(crate) fn notify_all(&self) {
            self.0.notify_all();
        }

        pub(crate) fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
            self.0.wait(guard)
        }

        pub(crate) fn wait_while<'a, T>(
            &self,
            guard: MutexGuard<'a, T>,
            condition: impl FnMut(&mut T) -> bool,
        ) -> LockResult<MutexGuard<'a, T>> {
            self.0.wait_while(guard, condition)
        }

        pub(crate) fn wait_timeout<'a, T>(&self, guard: MutexGuard<'a, T>, timeout: Duration) -> Waited<'a, T> {
            if is_over(timeout) {
                return Ok((guard, WaitTimeoutResult(true)));
            }
            in_time(self.wait(guard))
        }

        pub(crate) fn wait_timeout_while<'a, T>(
            &self,
            mut guard: MutexGuard<'a, T>,
            timeout: Duration,
            mut condition: impl FnMut(&mut T) -> bool,
        ) -> Waited<'a, T> {
            if is_over(timeout) {
                let timed_out = condition(&mut guard);
                return Ok((guard, WaitTimeoutResult(timed_out)));
            }
            in_time(self.wait_while(guard, condition))
        }
    }

    /// Longer waits are for what must come.
    const SHORT: Duration = Duration::from_secs(1);

    fn is_over(timeout: Duration) -> bool {
        timeout.is_zero() || timeout <= SHORT && thread_rng().gen_bool(0.5)
    }

    fn in_time<T>(waited: LockResult<MutexGuard<'_, T>>) -> Waited<'_, T> {
        match waited {
            Ok(guard) => Ok((guard, WaitTimeoutResult(false))),
            Err(poisoned) => Err(PoisonError::new((poisoned.into_inner(), WaitTimeoutResult(false)))),
        }
    }

    impl WaitTimeoutResult {
        pub(crate) fn timed_out(self) -> bool {
            self.0
        }
    }
}
