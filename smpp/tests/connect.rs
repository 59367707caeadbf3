//! How a client gets its connection.

mod client_fixture;

use std::io;
use std::net::{Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use smpp::driver::{Addresses, Connector, Error};

use client_fixture::*;

/// The error of an attempt that fails.
fn error(addresses: impl Into<Addresses>, timeout: Duration) -> io::Error {
    match Connector::new(addresses).timeout(timeout).connect() {
        Ok(transport) => panic!("connected to {:?}", transport.peer_addr()),
        Err(error) => error,
    }
}

/// A port at which nobody listens.
fn closed() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// A port that does not answer: its queue is full, so the system drops what asks for a connection.
struct Silent {
    address: SocketAddr,
    _listener: TcpListener,
    _queue: Vec<TcpStream>,
}

impl Silent {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let mut queue = Vec::new();
        loop {
            match TcpStream::connect_timeout(&address, Duration::from_millis(300)) {
                Ok(stream) => queue.push(stream),
                Err(error) => {
                    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
                    return Self { address, _listener: listener, _queue: queue };
                }
            }
            assert!(queue.len() < 10_000, "the queue of a listener has an end");
        }
    }
}

#[test]
fn over_ipv6() {
    let fixture = fixture_at((Ipv6Addr::LOCALHOST, 0));
    let port = fixture.server.local_addr().port();
    for addresses in
        [Addresses::from(format!("[::1]:{port}")), ("::1", port).into(), (Ipv6Addr::LOCALHOST, port).into()]
    {
        let client = esme().connect(addresses).unwrap();
        client.bind_transceiver().unwrap();
        assert!(client.peer_addr().unwrap().is_ipv6());
        client.unbind().unwrap();
    }
}

#[test]
fn by_host_name() {
    let fixture = fixture();
    let port = fixture.server.local_addr().port();
    esme().connect(format!("localhost:{port}")).unwrap().bind_transceiver().unwrap();
    esme().connect(("localhost", port)).unwrap().bind_transceiver().unwrap();
    // The name is kept, and looked up by each attempt.
    let connector = Connector::new(("localhost", port));
    for _ in 0..3 {
        esme().over(connector.connect().unwrap()).unwrap().bind_transceiver().unwrap();
    }
}

#[test]
fn the_next_address_is_tried() {
    let fixture = fixture();
    let (closed, open) = (closed(), fixture.server.local_addr());
    let client = esme().connect([closed, open]).unwrap();
    assert_eq!(client.peer_addr(), Some(open));
    client.bind_transceiver().unwrap();
}

#[test]
fn nobody_listens() {
    let (one, two) = (closed(), closed());
    let error = error([one, two], PATIENCE);
    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    let text = error.to_string();
    assert!(text.contains(&format!("{one}: ")) && text.contains(&format!("{two}: ")), "{text}");
    assert!(matches!(esme().connect(one), Err(Error::Io(error)) if error.kind() == io::ErrorKind::ConnectionRefused));
}

#[test]
fn a_host_name_that_is_unknown() {
    let begin = Instant::now();
    // RFC 6761: there is never such a name.
    let unknown = error("smsc.invalid:2775", PATIENCE);
    assert!(matches!(unknown.kind(), io::ErrorKind::NotFound | io::ErrorKind::TimedOut), "{unknown:?}");
    assert!(unknown.to_string().contains("smsc.invalid:2775"), "{unknown}");
    assert!(begin.elapsed() < PATIENCE + Duration::from_secs(5));
    // Another one is tried all the same.
    let fixture = fixture();
    let addresses = [Addresses::from("smsc.invalid:2775"), fixture.server.local_addr().into()];
    esme().connect(addresses).unwrap().bind_transceiver().unwrap();
}

#[test]
fn an_address_that_does_not_answer_ends_by_the_deadline() {
    let silent = Silent::new();
    let begin = Instant::now();
    let timeout = Duration::from_millis(200);
    let error = error([silent.address, silent.address], timeout);
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert_eq!(error.to_string().matches(&silent.address.to_string()).count(), 2, "{error}");
    let took = begin.elapsed();
    assert!(took >= timeout && took < timeout + Duration::from_secs(5), "{took:?}");
}

#[test]
fn an_address_that_does_not_answer_leaves_time_for_the_next() {
    let (silent, fixture) = (Silent::new(), fixture());
    let open = fixture.server.local_addr();
    let builder = esme().connect_timeout(Duration::from_secs(2));
    let client = builder.connect([silent.address, open]).unwrap();
    assert_eq!(client.peer_addr(), Some(open));
    client.bind_transceiver().unwrap();
}

#[test]
fn a_text_that_is_no_address_is_an_error_before_anything_is_tried() {
    let fixture = fixture();
    for text in ["", "smsc", "smsc:smpp", "::1:2775", "smpp://localhost:2775"] {
        let error = error([fixture.server.local_addr().to_string().as_str(), text], PATIENCE);
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        assert!(error.to_string().contains(&format!("`{text}`")), "{error}");
    }
    assert!(fixture.server.sessions().is_empty());
}
