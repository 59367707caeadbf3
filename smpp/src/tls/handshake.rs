//! From a TCP connection to one of TLS.

use std::fmt;
use std::io::{self, Read};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use rustls::{AlertDescription, CertificateError, Connection, InvalidMessage};

use super::transport::TlsStream;

/// How long the peer is given to take the alert that tells it why the handshake failed.
const LINGER: Duration = Duration::from_millis(500);

/// Both sides alike. Blocks until it is done or the deadline is over, however slowly the peer sends.
pub(super) fn handshake(mut connection: Connection, socket: TcpStream, deadline: Instant) -> io::Result<TlsStream> {
    socket.set_nodelay(true)?;
    while connection.is_handshaking() || connection.wants_write() {
        let left = left(deadline)?;
        let writes = connection.wants_write();
        let moved = if writes {
            socket.set_write_timeout(Some(left))?;
            connection.write_tls(&mut &socket)
        } else {
            socket.set_read_timeout(Some(left))?;
            connection.read_tls(&mut &socket)
        };
        match moved {
            Ok(0) => return Err(interrupted(io::ErrorKind::UnexpectedEof.into())),
            Ok(_) if writes => continue,
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(interrupted(error)),
        }
        if let Err(error) = connection.process_new_packets() {
            tell(&mut connection, &socket, deadline);
            return Err(explain(error));
        }
    }
    socket.set_read_timeout(None)?;
    Ok(TlsStream::new(connection, socket))
}

fn left(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }.map_err(interrupted)
}

/// Sends the alert. What the peer has sent meanwhile is read: closing with something unread would take the alert away from
/// it.
fn tell(connection: &mut Connection, mut socket: &TcpStream, deadline: Instant) {
    let end = deadline.min(Instant::now() + LINGER);
    let result = (|| {
        while connection.wants_write() {
            socket.set_write_timeout(Some(left(end)?))?;
            connection.write_tls(&mut socket)?;
        }
        socket.shutdown(Shutdown::Write)?;
        loop {
            socket.set_read_timeout(Some(left(end)?))?;
            if socket.read(&mut [0; 1024])? == 0 {
                return io::Result::Ok(());
            }
        }
    })();
    // It is a courtesy; the error that counts is another.
    drop(result);
}

/// What the socket says, in the words of whoever waits for the handshake.
fn interrupted(error: io::Error) -> io::Error {
    let text = match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
            return io::Error::new(io::ErrorKind::TimedOut, "the TLS handshake was not done in time");
        }
        io::ErrorKind::UnexpectedEof => "the peer closed the connection during the TLS handshake",
        _ => "TLS handshake",
    };
    io::Error::new(error.kind(), Fault { text, error })
}

/// What rustls says, in the words of whoever has to mend it.
pub(super) fn explain(error: rustls::Error) -> io::Error {
    let text = match &error {
        rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
            "the certificate of the peer is signed by nobody who is trusted"
        }
        rustls::Error::InvalidCertificate(_) => "the certificate of the peer is not taken",
        rustls::Error::NoCertificatesPresented => "the peer shows no certificate",
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            "what came is not TLS, the peer may speak plain SMPP here"
        }
        rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => "the peer wants to see a certificate",
        rustls::Error::AlertReceived(_) => "the peer objects",
        _ => "TLS failed",
    };
    io::Error::new(io::ErrorKind::InvalidData, Fault { text, error })
}

/// An error, and what it means.
#[derive(Debug)]
struct Fault<E> {
    text: &'static str,
    error: E,
}

impl<E: fmt::Display> fmt::Display for Fault<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.text, self.error)
    }
}

impl<E: std::error::Error + 'static> std::error::Error for Fault<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}
