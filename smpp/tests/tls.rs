//! TLS: who is trusted, and how handshakes fail.
#![cfg(feature = "tls")]

mod client_fixture;
mod tls_fixture;

use std::fmt::{self, Write as _};
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use rustls::version::{TLS12, TLS13};
use smpp::driver::{Connector, Error};
use smpp::pdu::BindTransceiverResp;
use smpp::server::Server;
use smpp::session::{CloseReason, Timers};
use smpp::tls::{ClientTls, ServerTls};

use client_fixture::*;
use tls_fixture::*;

fn server(tls: ServerTls) -> Fixture {
    fixture_of(|server| server.tls(tls), ("127.0.0.1", 0))
}

/// `localhost` with the port of a server.
fn localhost(fixture: &Fixture) -> (&'static str, u16) {
    ("localhost", fixture.server.local_addr().port())
}

/// The error of a connection that cannot be made.
fn refused(outcome: Result<smpp::client::Client, Error>) -> io::Error {
    match outcome {
        Err(Error::Io(error)) => error,
        other => panic!("{other:?}"),
    }
}

fn assert_bound(outcome: Result<smpp::client::Client, Error>) {
    let client = outcome.unwrap();
    client.bind_transceiver().unwrap();
    assert_eq!(client.submit_sm(&text("hello")).unwrap().message_id, "id-hello");
    client.unbind().unwrap();
}

#[test]
fn verified_by_the_named_ca() {
    let ca = Ca::new();
    let fixture = server(ca.server("localhost").server_tls());
    assert_bound(esme().tls(ca.trusted()).connect(localhost(&fixture)));
    // Of several that are trusted; and the dot of the DNS is no part of the name.
    let tls = Ca::new().trusted().ca_pem(&ca.pem).server_name("localhost.");
    assert_bound(esme().tls(tls).connect(localhost(&fixture)));
    // Beside the system's, whether there are any or not.
    assert_bound(esme().tls(ca.trusted().system_roots(true)).connect(localhost(&fixture)));
}

#[test]
fn a_certificate_that_signed_itself_is_trusted_by_name() {
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let fixture = server(ServerTls::from_pem(cert.pem(), signing_key.serialize_pem()));
    assert_bound(esme().tls(ClientTls::new().ca_pem(cert.pem())).connect(localhost(&fixture)));
}

#[test]
fn an_unknown_ca_is_refused() {
    let fixture = server(Ca::new().server("localhost").server_tls());
    let error = refused(esme().tls(Ca::new().trusted()).connect(localhost(&fixture)));
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    let text = error.to_string();
    assert!(text.contains("signed by nobody who is trusted") && text.contains("localhost"), "{text}");
    // The system does not know it either, if it knows any.
    let error = refused(esme().tls(ClientTls::new()).connect(localhost(&fixture)));
    assert!(matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::NotFound), "{error}");
}

#[test]
fn a_certificate_for_another_name_is_refused() {
    let ca = Ca::new();
    let fixture = server(ca.server("smsc.example.net").server_tls());
    let error = refused(esme().tls(ca.trusted()).connect(localhost(&fixture)));
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    assert!(error.to_string().contains("smsc.example.net"), "{error}");
    assert_bound(esme().tls(ca.trusted().server_name("smsc.example.net")).connect(localhost(&fixture)));
    let error = refused(esme().tls(ca.trusted().server_name("not a name")).connect(localhost(&fixture)));
    assert!(error.kind() == io::ErrorKind::InvalidInput && error.to_string().contains("`not a name`"), "{error}");
}

#[test]
fn an_ip_address_is_verified_as_such() {
    let ca = Ca::new();
    let fixture = server(ca.server("127.0.0.1").server_tls());
    assert_bound(esme().tls(ca.trusted()).connect(fixture.server.local_addr()));
    let fixture = server(ca.server("localhost").server_tls());
    let error = refused(esme().tls(ca.trusted()).connect(fixture.server.local_addr()));
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
}

#[test]
fn an_expired_certificate_is_refused() {
    let ca = Ca::new();
    let fixture = server(ca.expired_server("localhost").server_tls());
    let error = refused(esme().tls(ca.trusted()).connect(localhost(&fixture)));
    assert!(error.kind() == io::ErrorKind::InvalidData && error.to_string().contains("expired"), "{error}");
}

#[test]
fn the_server_is_asked_for_by_name() {
    let ca = Ca::new();
    let name_told = |tls: ClientTls, host: &str| {
        let config = ca.server("localhost").server_config(&[&TLS13]);
        let (address, server) = serve_one(config, |stream| stream.conn.server_name().map(str::to_owned));
        // Whether the certificate is right is not the question.
        let _ = Connector::new((host, address.port())).tls(tls).connect();
        server.join().ok().flatten()
    };
    assert_eq!(name_told(ca.trusted(), "localhost").as_deref(), Some("localhost"));
    assert_eq!(name_told(ca.trusted().server_name("localhost"), "127.0.0.1").as_deref(), Some("localhost"));
}

#[test]
fn both_versions_are_spoken() {
    let ca = Ca::new();
    for version in [&TLS12, &TLS13] {
        let config = ca.server("127.0.0.1").server_config(&[version]);
        let (address, server) = serve_one(config, |mut stream| {
            answer_bind(&mut stream);
            stream.conn.protocol_version()
        });
        let client = esme().tls(ca.trusted()).connect(address).unwrap();
        client.bind_transceiver().unwrap();
        assert_eq!(server.join().unwrap(), Some(version.version));
    }
}

/// The only request that comes is a bind.
fn answer_bind(stream: &mut Stream) {
    let mut header = [0; 16];
    stream.read_exact(&mut header).unwrap();
    let length = u32::from_be_bytes(header[..4].try_into().unwrap());
    io::copy(&mut stream.take(u64::from(length) - 16), &mut io::sink()).unwrap();
    let sequence_number = u32::from_be_bytes(header[12..].try_into().unwrap());
    stream
        .write_all(&smpp::codec::Encode::to_octets(&BindTransceiverResp::default(), sequence_number).unwrap())
        .unwrap();
    stream.flush().unwrap();
}

#[test]
fn certificates_of_clients() {
    let (ca, client_ca) = (Ca::new(), Ca::new());
    let tls = || ca.server("localhost").server_tls().client_ca_pem(&client_ca.pem);
    let shows = |identity: Identity| ca.trusted().client_certificate_pem(identity.certificate, identity.key);
    for (optional, tls) in [(false, tls()), (true, tls().client_certificate_optional())] {
        let fixture = server(tls);
        let outcome = |tls: ClientTls| {
            // TLS 1.3 tells the client only after it has taken the handshake to be over.
            let client = esme().tls(tls).connect(localhost(&fixture))?;
            client.bind_transceiver().map(|_| client)
        };
        assert_bound(outcome(shows(client_ca.client())).and_then(|client| {
            client.unbind()?;
            esme().tls(shows(client_ca.client())).connect(localhost(&fixture))
        }));
        assert_eq!(outcome(ca.trusted()).is_ok(), optional);
        for wrong in [Ca::new().client(), client_ca.server("localhost")] {
            let error = outcome(shows(wrong)).unwrap_err();
            let by_tls = CloseReason::Io(io::ErrorKind::InvalidData);
            assert!(
                matches!(error, Error::Disconnected { reason, .. } if reason == by_tls),
                "{optional} {error:?} {}",
                WARNINGS.lock().unwrap()
            );
        }
    }
}

/// Runs itself: the system's roots are those that the environment names.
#[test]
fn the_roots_of_the_system_are_trusted() {
    const ADDRESS: &str = "SMPP_TEST_TLS_ADDRESS";
    if let Ok(address) = std::env::var(ADDRESS) {
        return assert_bound(esme().tls(ClientTls::new()).connect(address));
    }
    let (ca, folder) = (Ca::new(), Folder::new("system-roots"));
    let fixture = server(ca.server("localhost").server_tls());
    let run = |roots: &Ca| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["the_roots_of_the_system_are_trusted", "--exact"]).env_remove("SSL_CERT_DIR");
        command.env("SSL_CERT_FILE", folder.file("roots.pem", &roots.pem));
        command.env(ADDRESS, format!("localhost:{}", localhost(&fixture).1)).output().unwrap()
    };
    let output = run(&ca);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let output = run(&Ca::new());
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).contains("signed by nobody who is trusted"), "{output:?}");
}

#[test]
fn files_that_are_wrong_are_named() {
    let (ca, folder) = (Ca::new(), Folder::new("wrong-files"));
    let (one, two) = (ca.server("localhost"), ca.server("localhost"));
    let certificate = folder.file("certificate.pem", &one.certificate);
    let key = folder.file("key.pem", &one.key);
    let other_key = folder.file("other.pem", &two.key);
    let broken = folder.file("broken.pem", "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n");
    let cut = folder.file("cut.pem", &one.certificate[..60]);
    let missing = folder.file("missing.pem", "");
    std::fs::remove_file(&missing).unwrap();
    let cases = [
        (&missing, &key, io::ErrorKind::NotFound, &missing, "cannot be read"),
        (&certificate, &missing, io::ErrorKind::NotFound, &missing, "cannot be read"),
        (&key, &key, io::ErrorKind::InvalidInput, &key, "holds no certificate"),
        (&cut, &key, io::ErrorKind::InvalidInput, &cut, "is not sound PEM"),
        (&certificate, &certificate, io::ErrorKind::InvalidInput, &certificate, "holds no private key"),
        (&certificate, &other_key, io::ErrorKind::InvalidInput, &certificate, "cannot be used with the key in"),
    ];
    // Nothing is tried before all is read.
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let check = |error: io::Error, kind, path: &std::path::Path, fault: &str| {
        let text = error.to_string();
        let wanted = format!("`{}` {fault}", path.display());
        assert!(error.kind() == kind && text.contains(&wanted), "{wanted}: {text}");
    };
    for (certificate, key, kind, path, fault) in cases {
        let listened = Server::builder(Nobody).tls(ServerTls::from_files(certificate, key)).listen("127.0.0.1:0");
        let Err(Error::Io(error)) = listened else { panic!("{fault}") };
        check(error, kind, path, fault);
        let tls = ca.trusted().client_certificate_files(certificate, key);
        check(refused(esme().tls(tls).connect(nobody)), kind, path, fault);
    }
    for (path, kind, fault) in [
        (&missing, io::ErrorKind::NotFound, "cannot be read"),
        (&key, io::ErrorKind::InvalidInput, "holds no certificate"),
        (&broken, io::ErrorKind::InvalidInput, "is no CA certificate"),
    ] {
        check(refused(esme().tls(ClientTls::new().ca_file(path)).connect(nobody)), kind, path, fault);
        let tls = one.server_tls().client_ca_file(path);
        let Err(Error::Io(error)) = Server::builder(Nobody).tls(tls).listen("127.0.0.1:0") else { panic!("{fault}") };
        check(error, kind, path, fault);
    }
    let error = refused(esme().tls(ClientTls::new().system_roots(false)).connect(nobody));
    assert!(error.to_string().contains("name a CA"), "{error}");
}

#[test]
fn keys_are_not_shown() {
    let identity = Ca::new().client();
    let client = ClientTls::new().client_certificate_pem(&identity.certificate, &identity.key);
    let shown = format!("{:?} {:?} {:?}", identity.server_tls(), Connector::new("a:1").tls(client.clone()), client);
    assert!(shown.contains("PEM of") && !shown.contains("BEGIN"), "{shown}");
    for line in identity.key.lines() {
        let octets = format!("{:?}", line.as_bytes());
        assert!(!shown.contains(line) && !shown.contains(&octets[1..octets.len() - 1]), "{shown}");
    }
}

struct Nobody;

impl smpp::server::Handler for Nobody {}

#[test]
fn a_certificate_that_was_renewed_is_shown_from_then_on() {
    let (old, new, folder) = (Ca::new(), Ca::new(), Folder::new("renewed"));
    let write = |identity: &Identity| {
        (folder.file("certificate.pem", &identity.certificate), folder.file("key.pem", &identity.key))
    };
    let (certificate, key) = write(&old.server("localhost"));
    let fixture = server(ServerTls::from_files(&certificate, &key));
    assert_bound(esme().tls(old.trusted()).connect(localhost(&fixture)));
    // With one that is of no use the old one stays.
    folder.file("certificate.pem", "none");
    assert_bound(esme().tls(old.trusted()).connect(localhost(&fixture)));
    write(&new.server("localhost"));
    assert_bound(esme().tls(new.trusted()).connect(localhost(&fixture)));
    assert!(esme().tls(old.trusted()).connect(localhost(&fixture)).is_err());
    // The client reads its files anew as well.
    let ca = folder.file("ca.pem", &old.pem);
    let (_, port) = localhost(&fixture);
    let connector = Connector::new(("localhost", port)).tls(ClientTls::new().ca_file(ca));
    assert!(connector.connect().is_err());
    folder.file("ca.pem", &new.pem);
    assert_bound(esme().over(connector.connect().unwrap()));
}

#[test]
fn a_plain_client_at_a_tls_port_is_told_so() {
    let fixture = server(Ca::new().server("localhost").server_tls());
    let client = esme().connect(fixture.server.local_addr()).unwrap();
    let begin = Instant::now();
    assert!(matches!(client.bind_transceiver(), Err(Error::Disconnected { .. })));
    assert!(begin.elapsed() < Duration::from_secs(5));
    // What comes first is an alert, whose octets are no PDU.
    assert!(matches!(client.close_reason(), Some(CloseReason::Frame(_))), "{:?}", client.close_reason());
}

#[test]
fn a_tls_client_at_a_plain_port_is_told_so() {
    let fixture = fixture();
    let begin = Instant::now();
    let error = refused(esme().tls(Ca::new().trusted()).connect(localhost(&fixture)));
    assert!(begin.elapsed() < Duration::from_secs(5));
    assert!(error.kind() == io::ErrorKind::InvalidData && error.to_string().contains("plain SMPP"), "{error}");
}

#[test]
fn a_server_that_says_nothing_ends_by_the_deadline() {
    // Connections wait in its queue.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let begin = Instant::now();
    let timeout = Duration::from_millis(200);
    let connector = Connector::new(listener.local_addr().unwrap()).tls(Ca::new().trusted()).timeout(timeout);
    let Err(error) = connector.connect() else { panic!("connected") };
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert!(error.to_string().contains("TLS handshake"), "{error}");
    assert!(begin.elapsed() >= timeout && begin.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_server_that_closes_during_the_handshake() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        // All of it, or closing would be a reset.
        assert!(stream.read(&mut [0; 4096]).unwrap() > 0);
    });
    let Err(error) = Connector::new(address).tls(Ca::new().trusted()).connect() else { panic!("connected") };
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    assert!(error.to_string().contains("during the TLS handshake"), "{error}");
    server.join().unwrap();
}

#[test]
fn a_client_that_stalls_holds_up_nobody() {
    let ca = Ca::new();
    let fixture = server(ca.server("localhost").server_tls());
    let silent: Vec<_> = (0..3).map(|_| TcpStream::connect(fixture.server.local_addr()).unwrap()).collect();
    assert_bound(esme().tls(ca.trusted()).connect(localhost(&fixture)));
    // Shutting down does not wait for their deadline, which is 5 s away.
    let begin = Instant::now();
    fixture.server.shutdown(PATIENCE);
    assert!(begin.elapsed() < Duration::from_secs(4));
    for mut stream in silent {
        assert!(is_closed(&mut stream));
    }
}

/// Waits for the end of what comes.
fn is_closed(stream: &mut TcpStream) -> bool {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    match io::copy(stream, &mut io::sink()) {
        Ok(_) => true,
        Err(error) => error.kind() == io::ErrorKind::ConnectionReset,
    }
}

#[test]
fn handshakes_are_counted_and_have_a_deadline() {
    let (ca, patience) = (Ca::new(), Duration::from_millis(300));
    let timers = Timers { session_init: Some(patience), ..Timers::default() };
    let tls = ca.server("localhost").server_tls();
    let fixture = fixture_of(|server| server.tls(tls).timers(timers).max_connections(1), ("127.0.0.1", 0));
    let begin = Instant::now();
    let mut first = TcpStream::connect(fixture.server.local_addr()).unwrap();
    let mut second = TcpStream::connect(fixture.server.local_addr()).unwrap();
    assert!(is_closed(&mut second), "one too many");
    assert!(is_closed(&mut first));
    assert!(begin.elapsed() >= patience && begin.elapsed() < Duration::from_secs(5));
    // Its place is free again, as soon as the server has let go of it.
    let connected = || esme().tls(ca.trusted()).connect(localhost(&fixture));
    let client = loop {
        match connected() {
            Ok(client) => break client,
            Err(error) => assert!(begin.elapsed() < PATIENCE, "{error}"),
        }
    };
    client.bind_transceiver().unwrap();
}

/// What was logged at warning level, all of this process.
static WARNINGS: Mutex<String> = Mutex::new(String::new());

struct Warnings;

impl tracing::Subscriber for Warnings {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() == tracing::Level::WARN
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        struct Text<'a>(&'a mut String);
        impl tracing::field::Visit for Text<'_> {
            fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn fmt::Debug) {
                write!(self.0, "{field}={value:?} ").unwrap();
            }
        }
        event.record(&mut Text(&mut WARNINGS.lock().unwrap()));
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

#[test]
fn a_handshake_that_fails_is_told() {
    tracing::subscriber::set_global_default(Warnings).unwrap();
    let told = |peer: &str, reason: &str| {
        let begin = Instant::now();
        loop {
            let warnings = WARNINGS.lock().unwrap().clone();
            if warnings.contains(peer) && warnings.contains(reason) {
                return;
            }
            assert!(begin.elapsed() < PATIENCE, "{warnings}");
            thread::yield_now();
        }
    };
    let fixture = server(Ca::new().server("localhost").server_tls());
    let mut http = TcpStream::connect(fixture.server.local_addr()).unwrap();
    http.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    told(&http.local_addr().unwrap().to_string(), "not TLS");
    assert!(is_closed(&mut http));
    assert!(esme().tls(Ca::new().trusted()).connect(localhost(&fixture)).is_err());
    told("127.0.0.1", "UnknownCA");
}
