//! What may take its time, apart from the thread that serves everybody.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::problem::Problem;
use super::{Shared, State};
use crate::SmscSim;

impl State {
    /// Asks the simulator for something that is done soon.
    pub(super) async fn ask<T: Send + 'static>(
        self: &Shared,
        question: impl FnOnce(&SmscSim) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let permit = Arc::clone(&self.asks).try_acquire_owned().map_err(|_| Problem::busy())?;
        let this = Arc::clone(self);
        let answer = tokio::task::spawn_blocking(move || {
            let answer = question(&this.sim);
            drop(permit);
            answer
        });
        self.unless_stopped(answer).await
    }

    /// Asks the simulator for something that waits for others. It is told when nobody waits for the answer any more.
    pub(super) async fn wait<T: Send + 'static>(
        self: &Shared,
        question: impl FnOnce(&SmscSim, &dyn Fn() -> bool) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let permit = Arc::clone(&self.waits).try_acquire_owned().map_err(|_| Problem::busy())?;
        let gone = Gone { state: Arc::clone(self), is_so: Arc::default() };
        let (this, is_gone) = (Arc::clone(self), Arc::clone(&gone.is_so));
        let answer = tokio::task::spawn_blocking(move || {
            let answer = question(&this.sim, &|| is_gone.load(Ordering::SeqCst));
            drop(permit);
            answer
        });
        let answer = self.unless_stopped(answer).await;
        drop(gone);
        answer
    }

    async fn unless_stopped<T>(&self, answer: tokio::task::JoinHandle<T>) -> Result<T, Problem> {
        let mut stopping = self.stopping.clone();
        tokio::select! {
            biased;
            answer = answer => answer.map_err(|_| Problem::internal()),
            _ = stopping.wait_for(|&is_so| is_so) => Err(Problem::stopping()),
        }
    }
}

/// Tells who waits when this is dropped, with the connection for instance, that nobody is there any more.
struct Gone {
    state: Shared,
    is_so: Arc<AtomicBool>,
}

impl Drop for Gone {
    fn drop(&mut self) {
        self.is_so.store(true, Ordering::SeqCst);
        self.state.sim.engine.wake_waiters();
    }
}
