//! What a server puts around the transports of its sessions.

mod client_fixture;
#[cfg(feature = "tls")]
mod tls_fixture;

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use smpp::codec::Frames;
use smpp::driver::{Halves, Transport};

use client_fixture::*;

/// What went either way.
#[derive(Clone, Default)]
struct Record {
    read: Arc<Mutex<Vec<u8>>>,
    written: Arc<Mutex<Vec<u8>>>,
}

struct Recorded(Box<dyn Transport>, Record);

struct Half<T>(T, Arc<Mutex<Vec<u8>>>);

impl Transport for Recorded {
    fn peer_addr(&self) -> Option<SocketAddr> {
        self.0.peer_addr()
    }

    fn socket(&self) -> Option<TcpStream> {
        self.0.socket()
    }

    fn split(self: Box<Self>) -> io::Result<Halves> {
        let Halves { reader, writer, shutdown } = self.0.split()?;
        let (reader, writer) = (Box::new(Half(reader, self.1.read)), Box::new(Half(writer, self.1.written)));
        Ok(Halves { reader, writer, shutdown })
    }
}

impl<T: Read> Read for Half<T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.0.read(buffer)?;
        self.1.lock().unwrap().extend(&buffer[..count]);
        Ok(count)
    }
}

impl<T: Write> Write for Half<T> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let count = self.0.write(octets)?;
        self.1.lock().unwrap().extend(&octets[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn commands(octets: &Mutex<Vec<u8>>) -> Vec<u32> {
    let octets = octets.lock().unwrap();
    Frames::new(&octets).map(|frame| frame.unwrap().header().command_id.0).collect()
}

#[test]
fn a_transport_around_another_sees_every_octet() {
    let record = Record::default();
    let of_server = record.clone();
    let fixture = fixture_of(
        move |server| {
            server.transport(move |_, transport| {
                assert!(transport.socket().is_some_and(|socket| socket.peer_addr().ok() == transport.peer_addr()));
                Ok(Box::new(Recorded(transport, of_server.clone())))
            })
        },
        ("127.0.0.1", 0),
    );
    let (client, session) = fixture.bind(esme());
    assert_eq!(client.submit_sm(&text("short")).unwrap().message_id, "id-short");
    assert!(session.peer_addr().is_some());
    client.unbind().unwrap();
    session.wait_closed(PATIENCE);
    assert_eq!(commands(&record.read), [9, 4, 6]);
    assert_eq!(commands(&record.written), [0x8000_0009, 0x8000_0004, 0x8000_0006]);
}

#[test]
fn a_connection_whose_transport_fails_is_refused_and_leaves_nothing_behind() {
    let fixture = fixture_of(
        |server| server.transport(|_, _| Err(io::Error::other("not this one"))).max_connections(1),
        ("127.0.0.1", 0),
    );
    for _ in 0..3 {
        let mut socket = TcpStream::connect(fixture.server.local_addr()).unwrap();
        assert_eq!(socket.read(&mut [0]).unwrap(), 0);
    }
    // The connection is closed before its place is free again.
    let deadline = Instant::now() + PATIENCE;
    while !fixture.server.sessions().is_empty() {
        assert!(Instant::now() < deadline, "a session is left behind");
        std::thread::yield_now();
    }
}
