//! How a connection is made.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{RecvTimeoutError, bounded};

use super::Transport;
use super::addresses::{Addresses, Place};
#[cfg(feature = "tls")]
use crate::tls::{ClientTls, Dialer};

/// Makes connections to an SMSC, as often as one is wanted.
///
/// ```no_run
/// use std::time::Duration;
/// use smpp::client::Client;
/// use smpp::driver::Connector;
///
/// let connector = Connector::new(["smsc1.example.net:2775", "smsc2.example.net:2775"]).timeout(Duration::from_secs(5));
/// let client = Client::builder().system_id("alice").over(connector.connect()?)?;
/// # Ok::<(), smpp::driver::Error>(())
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Connector {
    addresses: Addresses,
    timeout: Duration,
    #[cfg(feature = "tls")]
    tls: Option<ClientTls>,
}

/// How long connecting may take unless something else is said.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Longer than anyone waits, and short enough to be added to any time.
const FOR_EVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);

impl Connector {
    /// Over TCP, within 10 s.
    pub fn new(addresses: impl Into<Addresses>) -> Self {
        Self {
            addresses: addresses.into(),
            timeout: CONNECT_TIMEOUT,
            #[cfg(feature = "tls")]
            tls: None,
        }
    }

    /// How long an attempt may take in all, looking up host names and the handshake of TLS included: 10 s unless set.
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Over TLS.
    #[cfg(feature = "tls")]
    pub fn tls(self, tls: ClientTls) -> Self {
        Self { tls: Some(tls), ..self }
    }

    /// Connects to the first address that can be connected to, handshake included. Each gets an equal part of the time that is left, so that
    /// one that does not answer leaves some to those after it.
    ///
    /// # Errors
    /// The text names every address tried and what was wrong with it. The kind is that of the attempt that got furthest,
    /// the last of those: [`NotFound`](io::ErrorKind::NotFound) if no host name is known,
    /// [`TimedOut`](io::ErrorKind::TimedOut) if time was up before a host was found or answered, else what the system
    /// says, for instance [`ConnectionRefused`](io::ErrorKind::ConnectionRefused); of TLS it is
    /// [`InvalidData`](io::ErrorKind::InvalidData) that one side does not take what the other says or shows.
    ///
    /// Nothing was tried if it is [`InvalidInput`](io::ErrorKind::InvalidInput), one of the addresses is malformed or there
    /// is none; or if the text is of a file of certificates, which is wrong or cannot be read.
    pub fn connect(&self) -> io::Result<Box<dyn Transport>> {
        let places = self.addresses.places()?;
        let deadline = Instant::now() + self.timeout.min(FOR_EVER);
        let attempt = Attempt {
            #[cfg(feature = "tls")]
            tls: self.tls.as_ref().map(ClientTls::load).transpose()?,
        };
        let mut failures = Vec::new();
        for (index, place) in places.iter().enumerate() {
            let deadline = share(deadline, places.len() - index);
            let sockets = match look_up(place, deadline) {
                Ok(sockets) => sockets,
                Err(error) => {
                    failures.push(Failure { stage: Stage::LookUp, at: place.to_string(), error });
                    continue;
                }
            };
            for (index, &socket) in sockets.iter().enumerate() {
                match attempt.connect(place, socket, share(deadline, sockets.len() - index)) {
                    Ok(transport) => return Ok(transport),
                    Err(failure) => failures.push(failure),
                }
            }
        }
        Err(Failures(failures).into())
    }

    /// Whether the addresses are well-formed.
    pub(crate) fn check(&self) -> io::Result<()> {
        self.addresses.places().map(drop)
    }
}

/// What an attempt needs besides addresses.
struct Attempt {
    #[cfg(feature = "tls")]
    tls: Option<Dialer>,
}

impl Attempt {
    fn connect(&self, place: &Place, socket: SocketAddr, deadline: Instant) -> Result<Box<dyn Transport>, Failure> {
        let failure = |stage, error| {
            let is_name = matches!(place, Place::Name { .. });
            Failure { stage, at: if is_name { format!("{place} ({socket})") } else { place.to_string() }, error }
        };
        // No time at all would be an error of the caller's.
        let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        let stream = TcpStream::connect_timeout(&socket, left).map_err(|error| failure(Stage::Connect, error))?;
        #[cfg(feature = "tls")]
        if let Some(tls) = &self.tls {
            let address = socket.ip().to_string();
            let host = match place {
                // The name of an interface is nothing to a certificate.
                Place::Name { host, .. } if !host.contains(':') => host,
                _ => &address,
            };
            let stream = tls.connect(host, stream, deadline).map_err(|error| failure(Stage::Tls, error))?;
            return Ok(Box::new(stream));
        }
        Ok(Box::new(stream))
    }
}

/// When the first of so many has had its part of the time.
fn share(deadline: Instant, count: usize) -> Instant {
    let now = Instant::now();
    now + deadline.saturating_duration_since(now) / u32::try_from(count.max(1)).unwrap_or(u32::MAX)
}

fn look_up(place: &Place, deadline: Instant) -> io::Result<Vec<SocketAddr>> {
    match place {
        Place::Socket(address) => Ok(vec![*address]),
        // There is none by now.
        Place::Malformed { fault, .. } => Err(io::Error::new(io::ErrorKind::InvalidInput, *fault)),
        Place::Name { host, port } => {
            let at = (host.clone(), *port);
            resolve(deadline, move || at.to_socket_addrs().map(Iterator::collect))
        }
    }
}

/// The system's resolver cannot be told how long to take. So it runs on a thread of its own; when it takes too long the
/// thread is left to end when the resolver gives up.
fn resolve(
    deadline: Instant,
    resolver: impl FnOnce() -> io::Result<Vec<SocketAddr>> + Send + 'static,
) -> io::Result<Vec<SocketAddr>> {
    let (sender, receiver) = bounded(1);
    thread::Builder::new().name("smpp lookup".into()).spawn(move || {
        // Nobody may be waiting any more.
        let _ = sender.send(resolver());
    })?;
    match receiver.recv_deadline(deadline) {
        Ok(Ok(sockets)) if sockets.is_empty() => {
            Err(io::Error::new(io::ErrorKind::NotFound, "the host name has no address"))
        }
        Ok(Ok(sockets)) => Ok(sockets),
        Ok(Err(error)) => Err(io::Error::new(io::ErrorKind::NotFound, error)),
        Err(RecvTimeoutError::Timeout) => {
            Err(io::Error::new(io::ErrorKind::TimedOut, "the host name could not be looked up in time"))
        }
        Err(RecvTimeoutError::Disconnected) => Err(io::Error::other("the resolver panicked")),
    }
}

/// How far an attempt got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    LookUp,
    Connect,
    #[cfg(feature = "tls")]
    Tls,
}

#[derive(Debug)]
struct Failure {
    stage: Stage,
    at: String,
    error: io::Error,
}

/// At least one.
#[derive(Debug)]
struct Failures(Vec<Failure>);

impl Failures {
    fn most_telling(&self) -> Option<&Failure> {
        self.0.iter().max_by_key(|failure| failure.stage)
    }
}

impl fmt::Display for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Failure { at, error, .. }) in self.0.iter().enumerate() {
            write!(f, "{}{at}: {error}", if index == 0 { "cannot connect to " } else { "; " })?;
        }
        Ok(())
    }
}

impl std::error::Error for Failures {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.most_telling().map(|failure| &failure.error as _)
    }
}

impl From<Failures> for io::Error {
    fn from(failures: Failures) -> Self {
        let kind = failures.most_telling().map_or(io::ErrorKind::NotFound, |failure| failure.error.kind());
        Self::new(kind, failures)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resolver_that_takes_too_long_is_left() {
        let (release, held) = bounded::<()>(0);
        let outcome = resolve(Instant::now() + Duration::from_millis(20), move || {
            let _ = held.recv();
            Ok(Vec::new())
        });
        assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::TimedOut);
        drop(release);
    }

    #[test]
    fn the_error_is_that_of_the_attempt_that_got_furthest() {
        let failure = |stage, at: &str, kind: io::ErrorKind| Failure { stage, at: at.into(), error: kind.into() };
        let error = io::Error::from(Failures(vec![
            failure(Stage::Connect, "10.0.0.1:1", io::ErrorKind::TimedOut),
            failure(Stage::Connect, "10.0.0.2:1", io::ErrorKind::ConnectionRefused),
            failure(Stage::LookUp, "smsc:1", io::ErrorKind::NotFound),
        ]));
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        let message =
            "cannot connect to 10.0.0.1:1: timed out; 10.0.0.2:1: connection refused; smsc:1: entity not found";
        assert_eq!(error.to_string(), message);
    }

    #[test]
    fn each_gets_its_share() {
        let deadline = Instant::now() + Duration::from_secs(9);
        let third = share(deadline, 3).saturating_duration_since(Instant::now());
        assert!(third > Duration::from_millis(2900) && third <= Duration::from_secs(3), "{third:?}");
        assert!(share(Instant::now(), 3) <= Instant::now());
        assert_eq!(share(deadline, 1), deadline);
    }
}
