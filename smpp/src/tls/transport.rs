//! A connection of TLS, read by one thread while another writes.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

use rustls::{Connection, SupportedCipherSuite};

use super::handshake::explain;
use crate::driver::{Halves, Transport, WRITE_TICK};

/// A connection whose handshake is done.
pub(crate) struct TlsStream {
    shared: Shared,
}

/// What the reader, the writer and whoever closes share.
///
/// # Locking
///
/// rustls keeps one state for both directions, and whoever uses it takes `connection` for as long as it takes to open or
/// seal some records, never across IO. So the reader waits for the peer without any lock, and a writer that the peer
/// holds up does not keep it from reading.
///
/// `outgoing` is what makes records go to the socket in the order in which they were sealed: whoever takes records out
/// of the connection holds it until they are written, across the write. That is the writer, which blocks for one tick at
/// most, and whoever closes; it tries the lock for a moment, and without it closes without a word. The reader never takes it:
/// what rustls wants to say when it reads (the answer to a key update, an alert) goes out with the next record or
/// with the goodbye.
///
/// `goodbye` lets the second of two who close at the same time wait for the first, which takes no longer than a tick of its
/// own. The order is `goodbye`, `outgoing`, `connection`.
struct Shared {
    connection: Mutex<Connection>,
    outgoing: Mutex<Outgoing>,
    /// Whether goodbye was said.
    goodbye: Mutex<bool>,
    socket: TcpStream,
}

/// Sealed, and not yet taken by the socket.
struct Outgoing {
    ciphertext: Vec<u8>,
    /// So much of it is with the socket.
    sent: usize,
    records: VecDeque<Record>,
    /// How many may still be sealed.
    left: u64,
    closed: bool,
}

struct Record {
    /// Octets that it carries.
    plain: usize,
    /// Where it ends in the ciphertext.
    end: usize,
}

/// The most a record carries.
const MAX_FRAGMENT: usize = 16_384;

/// Records that are sealed for one write.
const RECORDS_PER_WRITE: usize = 4;

/// Octets that are asked of the socket at a time: two full records.
const READ_SIZE: usize = 2 * (MAX_FRAGMENT + 256);

/// How long the goodbye waits for a write that is under way, and for a peer that takes nothing.
const GOODBYE_TICK: Duration = Duration::from_millis(10);

impl TlsStream {
    pub(super) fn new(connection: Connection, socket: TcpStream) -> Self {
        let left = records_left(&connection);
        let outgoing = Outgoing { ciphertext: Vec::new(), sent: 0, records: VecDeque::new(), left, closed: false };
        let (connection, outgoing) = (Mutex::new(connection), Mutex::new(outgoing));
        Self { shared: Shared { connection, outgoing, goodbye: Mutex::new(false), socket } }
    }
}

/// TLS 1.3 changes its keys when they are worn. With 1.2 rustls closes the connection then, and drops what it is given;
/// so the writer stops short of that.
fn records_left(connection: &Connection) -> u64 {
    match connection.negotiated_cipher_suite() {
        Some(SupportedCipherSuite::Tls12(suite)) => suite.common.confidentiality_limit.saturating_sub(SPARE_RECORDS),
        _ => u64::MAX,
    }
}

/// For what is sealed besides data: the end of the handshake, alerts, close_notify.
const SPARE_RECORDS: u64 = 1000;

impl Transport for TlsStream {
    fn peer_addr(&self) -> Option<SocketAddr> {
        self.shared.socket.peer_addr().ok()
    }

    fn socket(&self) -> Option<TcpStream> {
        self.shared.socket.try_clone().ok()
    }

    fn split(self: Box<Self>) -> io::Result<Halves> {
        self.shared.socket.set_write_timeout(Some(WRITE_TICK))?;
        let shared = Arc::new(self.shared);
        let reader =
            Reader { shared: Arc::clone(&shared), ciphertext: vec![0; READ_SIZE], start: 0, end: 0, failure: None };
        let writer = Writer { shared: Arc::clone(&shared) };
        let shutdown = Arc::new(move |how| shared.shutdown(how));
        Ok(Halves { reader: Box::new(reader), writer: Box::new(writer), shutdown })
    }
}

impl fmt::Debug for TlsStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsStream").field("peer_addr", &self.peer_addr()).finish_non_exhaustive()
    }
}

impl Shared {
    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shutdown(&self, how: Shutdown) {
        let mut goodbye = self.goodbye.lock().unwrap_or_else(PoisonError::into_inner);
        if how != Shutdown::Read && !*goodbye {
            *goodbye = true;
            let outgoing = self.try_outgoing();
            if let Some(mut outgoing) = outgoing {
                outgoing.closed = true;
                // A peer that is gone, or takes nothing, is closed without a word.
                let _ = self.say_goodbye(&mut outgoing);
            }
        }
        drop(goodbye);
        // It fails if the peer was quicker.
        let _ = self.socket.shutdown(how);
    }

    /// `None` if a write is held up: then it ends now, wherever it is. One that is just about to end is waited for.
    fn try_outgoing(&self) -> Option<MutexGuard<'_, Outgoing>> {
        let end = Instant::now() + GOODBYE_TICK;
        loop {
            match self.outgoing.try_lock() {
                Ok(outgoing) => return Some(outgoing),
                Err(TryLockError::Poisoned(poisoned)) => return Some(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) if Instant::now() >= end => return None,
                Err(TryLockError::WouldBlock) => thread::sleep(GOODBYE_TICK / 10),
            }
        }
    }

    fn say_goodbye(&self, outgoing: &mut Outgoing) -> io::Result<()> {
        if !outgoing.records.is_empty() {
            // Whoever gave the data up counts it as never written, so it must not arrive after all.
            return Ok(());
        }
        let mut connection = self.connection();
        connection.send_close_notify();
        outgoing.collect(&mut connection)?;
        drop(connection);
        self.socket.set_write_timeout(Some(GOODBYE_TICK))?;
        while !outgoing.rest().is_empty() {
            outgoing.send(&self.socket)?;
        }
        Ok(())
    }
}

impl Outgoing {
    /// Takes what rustls has to say. Everything goes into a vector, which takes it all.
    fn collect(&mut self, connection: &mut Connection) -> io::Result<()> {
        while connection.wants_write() {
            connection.write_tls(&mut self.ciphertext)?;
        }
        Ok(())
    }

    fn seal(&mut self, connection: &mut Connection, octets: &[u8]) -> io::Result<()> {
        for plain in octets.chunks(MAX_FRAGMENT).take(RECORDS_PER_WRITE) {
            if self.left == 0 && self.records.is_empty() {
                tracing::warn!("SMPP over TLS 1.2: the keys are worn out, the connection has to be made anew");
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            if self.left == 0 {
                break;
            }
            self.left -= 1;
            connection.writer().write_all(plain)?;
            self.collect(connection)?;
            self.records.push_back(Record { plain: plain.len(), end: self.ciphertext.len() });
        }
        Ok(())
    }

    fn rest(&self) -> &[u8] {
        self.ciphertext.get(self.sent..).unwrap_or_default()
    }

    /// Writes once, and returns how many octets of data are in the records that are with the socket since.
    fn send(&mut self, mut socket: &TcpStream) -> io::Result<usize> {
        let count = socket.write(self.rest())?;
        if count == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.sent += count;
        let mut plain = 0;
        while self.records.front().is_some_and(|record| record.end <= self.sent) {
            plain += self.records.pop_front().map_or(0, |record| record.plain);
        }
        if self.rest().is_empty() {
            self.ciphertext.clear();
            self.sent = 0;
        }
        Ok(plain)
    }
}

struct Reader {
    shared: Arc<Shared>,
    /// From the socket; what is between `start` and `end` has not been opened.
    ciphertext: Vec<u8>,
    start: usize,
    end: usize,
    /// To be told when everything before it was read.
    failure: Option<io::Error>,
}

/// A peer that closes is at its end, with close_notify or without.
impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            if let Some(count) = self.open(buffer)? {
                return Ok(count);
            }
            if let Some(failure) = self.failure.take() {
                return Err(failure);
            }
            self.end = (&self.shared.socket).read(&mut self.ciphertext)?;
            self.start = 0;
            if self.end == 0 {
                return Ok(0);
            }
        }
    }
}

impl Reader {
    /// Opens records until the buffer is full or there are no more. `None` if nothing came of it, `Some(0)` if the peer
    /// has said goodbye.
    fn open(&mut self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        let mut connection = self.shared.connection();
        let mut count = 0;
        loop {
            match connection.reader().read(&mut buffer[count..]) {
                // At the end rustls says 0, after goodbye.
                Ok(0) => return Ok(Some(count)),
                Ok(plain) => count += plain,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let mut unopened = &self.ciphertext[self.start..self.end];
                    if unopened.is_empty() {
                        return Ok(Some(count).filter(|count| *count > 0));
                    }
                    let before = unopened.len();
                    connection.read_tls(&mut unopened)?;
                    self.start += before - unopened.len();
                    if let Err(error) = connection.process_new_packets() {
                        let error = explain(error);
                        tracing::warn!(%error, peer = ?self.shared.socket.peer_addr().ok(), "SMPP over TLS");
                        self.failure = Some(error);
                        self.end = self.start;
                    }
                }
                Err(error) => return Err(error),
            }
            if count == buffer.len() {
                return Ok(Some(count));
            }
        }
    }
}

/// After a write that took only some of what it was given, or none, the next must begin with the rest: some of that may
/// be sealed already.
struct Writer {
    shared: Arc<Shared>,
}

impl Write for Writer {
    /// Counts what is in records that the socket has taken whole: of a record that has left in part the peer cannot read
    /// anything. So a peer that takes less than a record within a tick has taken nothing yet.
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let begin = Instant::now();
        let shared = &*self.shared;
        let mut outgoing = shared.outgoing.lock().unwrap_or_else(PoisonError::into_inner);
        if outgoing.closed {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        if outgoing.records.is_empty() {
            outgoing.seal(&mut shared.connection(), octets)?;
        } else if outgoing.records.iter().map(|record| record.plain).sum::<usize>() > octets.len() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "a write was not continued"));
        }
        while !outgoing.records.is_empty() {
            let plain = outgoing.send(&shared.socket)?;
            if plain > 0 {
                return Ok(plain);
            }
            if begin.elapsed() >= WRITE_TICK {
                return Err(io::ErrorKind::TimedOut.into());
            }
        }
        Ok(0)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use rustls::crypto::ring;
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
    use rustls::version::{TLS12, TLS13};
    use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection};
    use rustls::{StreamOwned, SupportedProtocolVersion};

    use super::*;

    /// Ours, and a server that reads and checks that nothing is missing.
    fn pair(
        version: &'static SupportedProtocolVersion,
    ) -> (TlsStream, thread::JoinHandle<StreamOwned<ServerConnection, TcpStream>>) {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let provider = Arc::new(ring::default_provider());
        let key = PrivateKeyDer::from_pem_slice(made.signing_key.serialize_pem().as_bytes()).unwrap();
        let certificate = CertificateDer::from_pem_slice(made.cert.pem().as_bytes()).unwrap();
        let server = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let server = server.with_protocol_versions(&[version]).unwrap().with_no_client_auth();
        let server = Arc::new(server.with_single_cert(vec![certificate.clone()], key).unwrap());
        let mut roots = RootCertStore::empty();
        roots.add(certificate).unwrap();
        let client = ClientConfig::builder_with_provider(provider).with_protocol_versions(&[version]).unwrap();
        let client = Arc::new(client.with_root_certificates(roots).with_no_client_auth());

        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut socket = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let server = thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            let mut connection = ServerConnection::new(server).unwrap();
            while connection.is_handshaking() {
                connection.complete_io(&mut socket).unwrap();
            }
            StreamOwned::new(connection, socket)
        });
        let name = ServerName::try_from("localhost").unwrap();
        let mut connection = ClientConnection::new(client, name).unwrap();
        while connection.is_handshaking() {
            connection.complete_io(&mut socket).unwrap();
        }
        (TlsStream::new(connection.into(), socket), server)
    }

    #[test]
    fn worn_keys_of_tls_1_2_end_the_connection_before_anything_is_dropped() {
        let (mut stream, server) = pair(&TLS12);
        let outgoing = stream.shared.outgoing.get_mut().unwrap();
        // That of AES-GCM.
        assert_eq!(outgoing.left, (1 << 24) - SPARE_RECORDS);
        outgoing.left = 2;
        let mut halves = Box::new(stream).split().unwrap();
        // The second write wants two records and gets one.
        assert_eq!(halves.writer.write(b"first").unwrap(), 5);
        assert_eq!(halves.writer.write(&[7; 20_000]).unwrap(), MAX_FRAGMENT);
        let error = halves.writer.write(b"none").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionAborted);
        (halves.shutdown)(Shutdown::Write);
        let mut received = Vec::new();
        server.join().unwrap().read_to_end(&mut received).unwrap();
        assert!(received.starts_with(b"first") && received.len() == 5 + MAX_FRAGMENT);
        assert_eq!(pair(&TLS13).0.shared.outgoing.get_mut().unwrap().left, u64::MAX);
    }

    #[test]
    fn what_was_sealed_is_neither_sealed_twice_nor_told_before_it_left() {
        let (stream, server) = pair(&TLS13);
        let mut halves = Box::new(stream).split().unwrap();
        let octets: Vec<u8> = (0_u32..).flat_map(u32::to_be_bytes).take(30_000_000).collect();
        let mut server = server.join().unwrap();
        let mut written = 0;
        // Until the buffers of both sockets are full, in the midst of some record.
        let error = loop {
            match halves.writer.write(&octets[written..]) {
                Ok(count) => written += count,
                Err(error) => break error,
            }
        };
        assert!(matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut), "{error}");
        assert!(halves.writer.write(&[0]).is_err_and(|error| error.kind() == io::ErrorKind::InvalidInput));
        let reader = thread::spawn(move || {
            let mut received = Vec::new();
            server.read_to_end(&mut received).unwrap();
            received
        });
        while written < octets.len() {
            match halves.writer.write(&octets[written..]) {
                Ok(count) => written += count,
                Err(error) => assert!(matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)),
            }
        }
        (halves.shutdown)(Shutdown::Write);
        assert!(reader.join().unwrap() == octets);
        assert_eq!(halves.writer.write(b"more").unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }
}
