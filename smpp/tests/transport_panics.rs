//! A transport from outside that panics ends its session, and nothing else.

use std::io::{self, Read, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crossbeam_channel::{Sender, unbounded};
use smpp::client::{Client, Rebind};
use smpp::driver::{Error, Halves, Pipe, Transport, pipe};
use smpp::pdu::SubmitSm;
use smpp::server::{BindRequest, Handler, Server, SessionHandle};
use smpp::session::CloseReason;
use smpp::value::CommandStatus;

const PATIENCE: Duration = Duration::from_secs(20);

struct Smsc;

impl Handler for Smsc {
    fn bind(&self, _: &SessionHandle, _: &BindRequest<'_>) -> CommandStatus {
        CommandStatus::ESME_ROK
    }
}

#[derive(Debug, PartialEq)]
enum Seen {
    Connection,
    ReaderEnded,
}

/// Panics at the second write; its reader takes its time to end.
struct Panics(Pipe, Sender<Seen>);

struct SlowReader(Box<dyn Read + Send>, Sender<Seen>);

struct PanickingWriter(Box<dyn Write + Send>, usize);

impl Transport for Panics {
    fn split(self: Box<Self>) -> io::Result<Halves> {
        let Halves { reader, writer, shutdown } = Box::new(self.0).split()?;
        let (reader, writer) = (SlowReader(reader, self.1), PanickingWriter(writer, 0));
        Ok(Halves { reader: Box::new(reader), writer: Box::new(writer), shutdown })
    }
}

impl Read for SlowReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.0.read(buffer)?;
        if count == 0 {
            std::thread::sleep(Duration::from_millis(200));
            self.1.send(Seen::ReaderEnded).unwrap();
        }
        Ok(count)
    }
}

impl Write for PanickingWriter {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.1 += 1;
        assert!(self.1 < 2, "as the test wants it");
        self.0.write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[test]
fn next_session_waits_for_the_reader_of_one_whose_writer_panicked() {
    let server = Server::builder(Smsc).listen("127.0.0.1:0").unwrap();
    let (seen, events) = unbounded();
    let connects = AtomicUsize::new(0);
    let client = Client::builder()
        .rebind(Rebind::default().delays(Duration::ZERO, Duration::ZERO))
        .connect_by(move || {
            let (here, there) = pipe(4096);
            server.serve(there).map_err(io::Error::other)?;
            seen.send(Seen::Connection).unwrap();
            if connects.fetch_add(1, Ordering::Relaxed) > 0 {
                return Ok(Box::new(here) as Box<dyn Transport>);
            }
            Ok(Box::new(Panics(here, seen.clone())))
        })
        .unwrap();
    client.bind_transceiver().unwrap();
    let outcome = client.submit_sm(&SubmitSm::default());
    assert!(matches!(outcome, Err(Error::Disconnected { reason: CloseReason::Io(_), .. })), "{outcome:?}");
    for expected in [Seen::Connection, Seen::ReaderEnded, Seen::Connection] {
        assert_eq!(events.recv_timeout(PATIENCE).unwrap(), expected);
    }
    assert!(client.wait_bound(PATIENCE));
    client.unbind().unwrap();
}
