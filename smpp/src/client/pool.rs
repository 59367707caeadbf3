//! Several binds as one sender.

use std::io;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Client;
use crate::codec::Request;
use crate::driver::{Attempt, Bell, Error, Link, Pending, Stats};
use crate::pdu::{DataSm, DataSmResp, SubmitMulti, SubmitMultiResp, SubmitSm, SubmitSmResp};
use crate::session::SendOptions;
use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::thread;

/// Several clients as one: each request goes over the next of them that can take it at once.
///
/// Clients that are full, throttled, being bound again, bound as receiver, or over are passed by; when none can take a
/// request, sending waits for the first that can. What one of them has taken is its own: if its link is lost, its requests
/// in flight fail, and it is the caller who knows whether to send them again. Order is kept over none of the links
/// together, only over each.
///
/// ```no_run
/// # use smpp::{client::{Client, Pool}, pdu::SubmitSm, session::BindKind};
/// let client = || Client::builder().system_id("alice").password("secret").start(BindKind::Transmitter, "127.0.0.1:2775");
/// let pool = Pool::new([client()?, client()?, client()?]);
/// let submit = SubmitSm::default().with_destination_addr("4179123456").with_short_message("hello");
/// println!("message_id {}", pool.submit_sm(&submit)?.message_id);
/// pool.unbind();
/// # Ok::<(), smpp::driver::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Pool {
    clients: Arc<[Client]>,
    bell: Arc<Bell>,
    next: Arc<AtomicUsize>,
    send_timeout: Option<Duration>,
}

impl Pool {
    /// These clients as one. A client is in one pool at a time: the last that it was given to.
    pub fn new(clients: impl IntoIterator<Item = Client>) -> Self {
        let (clients, bell) = (clients.into_iter().collect::<Arc<[_]>>(), Arc::<Bell>::default());
        clients.iter().for_each(|client| client.handle.link.set_bell(&bell));
        Self { clients, bell, next: Arc::default(), send_timeout: Some(Duration::from_secs(60)) }
    }

    /// How long sending may wait for a client that can take the request: 60 s unless set, `None` for ever.
    pub fn send_timeout(self, timeout: impl Into<Option<Duration>>) -> Self {
        Self { send_timeout: timeout.into(), ..self }
    }

    /// The clients.
    pub fn clients(&self) -> &[Client] {
        &self.clients
    }

    /// Submits a message (section 4.4) and waits for the response.
    ///
    /// # Errors
    /// Those of [`request`](Self::request).
    pub fn submit_sm(&self, pdu: &SubmitSm<'_>) -> Result<SubmitSmResp<'static>, Error> {
        self.request(pdu)
    }

    /// Submits a message to several destinations (section 4.5) and waits for the response.
    ///
    /// # Errors
    /// Those of [`request`](Self::request).
    pub fn submit_multi(&self, pdu: &SubmitMulti<'_>) -> Result<SubmitMultiResp<'static>, Error> {
        self.request(pdu)
    }

    /// Sends data (section 4.7) and waits for the response.
    ///
    /// # Errors
    /// Those of [`request`](Self::request).
    pub fn data_sm(&self, pdu: &DataSm<'_>) -> Result<DataSmResp<'static>, Error> {
        self.request(pdu)
    }

    /// Sends any request and waits for its response.
    ///
    /// # Errors
    /// Those of [`send`](Self::send) and of [`Pending::wait`].
    pub fn request<P: Request<Response: Send>>(&self, pdu: &P) -> Result<P::Response, Error> {
        self.send(pdu)?.wait()
    }

    /// Sends any request, without waiting for its response. Blocks only while no client can take it.
    ///
    /// # Errors
    /// [`Error::Encode`]; [`Error::NotSent`] if no client could take it in time; if none ever will, what the last one says.
    /// Nothing was sent.
    pub fn send<P: Request<Response: Send>>(&self, pdu: &P) -> Result<Pending<P::Response>, Error> {
        let deadline = self.send_timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let begun = Instant::now();
        let mut cause = None;
        let attempt = || match self.attempt(pdu) {
            Attempt::Sent(pending) => Ok(Ok(pending)),
            Attempt::Later(until, error) => {
                cause = Some(error);
                Err(until)
            }
            Attempt::Failed(error) => Ok(Err(error)),
        };
        match self.bell.until(deadline, attempt) {
            Some(outcome) => outcome,
            None => Err(Error::not_sent(begun.elapsed(), cause)),
        }
    }

    /// Sends any request and never blocks.
    ///
    /// # Errors
    /// Those of [`send`](Self::send), and what keeps the last client that was asked from taking it now, such as
    /// [`Error::WindowFull`].
    pub fn try_send<P: Request<Response: Send>>(&self, pdu: &P) -> Result<Pending<P::Response>, Error> {
        match self.attempt(pdu) {
            Attempt::Sent(pending) => Ok(pending),
            Attempt::Later(_, error) | Attempt::Failed(error) => Err(error),
        }
    }

    /// What each client has done so far.
    pub fn stats(&self) -> Vec<Stats> {
        self.clients.iter().map(Client::stats).collect()
    }

    /// Unbinds all clients at the same time, and waits until their links are closed. The outcomes stand in the order of the
    /// clients.
    pub fn unbind(&self) -> Vec<Result<(), Error>> {
        self.each(Client::unbind)
    }

    /// [Drains](Client::drain) all clients at the same time. The outcomes stand in the order of the clients.
    pub fn drain(&self, timeout: Duration) -> Vec<Result<usize, Error>> {
        self.each(|client| client.drain(timeout))
    }

    fn each<R: Send>(&self, act: impl Fn(&Client) -> R + Sync) -> Vec<R> {
        let act = &act;
        // In a callback, no client may wait for this very callback.
        let inside = &Link::current();
        thread::scope(|scope| {
            let act = |client| move || Link::inside(inside.clone(), || act(client));
            let threads: Vec<_> = self.clients.iter().map(|client| scope.spawn(act(client))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
        })
    }

    /// Asks each client once, from the next on.
    fn attempt<P: Request<Response: Send>>(&self, pdu: &P) -> Attempt<P::Response> {
        let first = self.next.fetch_add(1, Ordering::Relaxed);
        let mut later: Option<(Option<Instant>, Error)> = None;
        let mut failed = Error::Io(io::Error::new(io::ErrorKind::InvalidInput, "the pool has no clients"));
        for index in 0..self.clients.len() {
            let client = &self.clients[first.wrapping_add(index) % self.clients.len()];
            match client.handle.link.attempt(pdu, SendOptions::default()) {
                Attempt::Sent(pending) => return Attempt::Sent(pending),
                Attempt::Later(until, error) => {
                    let earlier = later.and_then(|(earlier, _)| earlier);
                    later = Some((earlier.into_iter().chain(until).min(), error));
                }
                // That is the same over each of them.
                Attempt::Failed(error @ Error::Encode(_)) => return Attempt::Failed(error),
                Attempt::Failed(error) => failed = error,
            }
        }
        match later {
            Some((until, error)) => Attempt::Later(until, error),
            None => Attempt::Failed(failed),
        }
    }
}
