//! HTTP services that rules ask: on threads of their own, so that nobody waits for a service but the request that it is
//! asked about.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::{Engine, lock};
use crate::rules::question::Question;
use crate::rules::verdict::Verdict;

/// The threads that ask. They are started by the first question, and end with the engine.
#[derive(Default)]
pub(super) struct Webhooks {
    queue: Mutex<Option<SyncSender<Call>>>,
}

/// It is told whether it may ask: there may be no room to wait for that.
type Call = Box<dyn FnOnce(bool) + Send>;

impl Engine {
    /// Asks a service, and goes on with the verdict that has what it says added.
    pub(super) fn ask(
        &self,
        question: Box<Question>,
        mut verdict: Verdict,
        go_on: impl FnOnce(&Self, Verdict) + Send + 'static,
    ) {
        let (this, asked) = (self.this.clone(), Instant::now());
        self.webhooks.call(Box::new(move |may| {
            let answer = if may { question.ask(asked) } else { None };
            let Some(engine) = this.upgrade() else { return };
            // Whoever has no room to wait is on the thread of the request, which holds the clock already.
            let _hold = may.then(|| engine.scheduler.hold());
            let added = answer.is_some_and(|answer| engine.book.add_answer(&mut verdict, &question, &answer).is_ok());
            if !added {
                engine.book.add_no_answer(&mut verdict, &question);
            }
            go_on(&engine, verdict);
        }));
    }
}

impl Engine {
    /// Forgets a session that was let in, and after all is not.
    pub(super) fn let_out(&self, session: u64) {
        let system_id = lock(&self.sessions).remove(&session).map(|bound| bound.system_id);
        if let Some(system_id) = system_id {
            lock(&self.peers).close(session, &system_id);
        }
    }
}

impl Webhooks {
    fn call(&self, call: Call) {
        let mut queue = lock(&self.queue);
        let sender = match &*queue {
            Some(sender) => sender.clone(),
            None => {
                let Ok(sender) = start() else {
                    drop(queue);
                    return call(false);
                };
                queue.insert(sender).clone()
            }
        };
        drop(queue);
        if let Err(TrySendError::Full(call) | TrySendError::Disconnected(call)) = sender.try_send(call) {
            call(false);
        }
    }
}

fn start() -> io::Result<SyncSender<Call>> {
    let (sender, receiver) = sync_channel(MAX_WAITING);
    let receiver = Arc::new(Mutex::new(receiver));
    for _ in 0..THREADS {
        let receiver = Arc::clone(&receiver);
        thread::Builder::new().name("smsc-sim-webhook".into()).spawn(move || run(&receiver))?;
    }
    Ok(sender)
}

fn run(receiver: &Mutex<Receiver<Call>>) {
    loop {
        let next = lock(receiver).recv();
        let Ok(call) = next else { return };
        call(true);
    }
}

impl Question {
    /// What the service says; `None` if there is no answer in time, or another than 200.
    fn ask(&self, asked: Instant) -> Option<String> {
        // Waiting for its turn is part of the time.
        let left = self.webhook.timeout.checked_sub(asked.elapsed()).filter(|left| *left > Duration::ZERO)?;
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            // A simulator asks nobody else than it was told to.
            .proxy(None)
            .timeout_global(Some(left))
            .build()
            .into();
        let request = agent.post(&self.webhook.url).header("content-type", "application/json");
        let mut response = request.send(&self.body).ok()?;
        if response.status().as_u16() != 200 {
            return None;
        }
        response.body_mut().with_config().limit(MAX_ANSWER).read_to_string().ok()
    }
}

/// Questions that are asked at the same time, and that wait for their turn.
const THREADS: usize = 8;
const MAX_WAITING: usize = 1000;

/// Octets of an answer.
const MAX_ANSWER: u64 = 65_536;
