//! What is logged, and what never is.

mod client_fixture;

use std::fmt::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::bounded;
use smpp::client::{Client, Rebind};
use smpp::driver::LinkConfig;
use smpp::pdu::*;
use smpp::session::Timers;
use smpp::value::CommandStatus;
use smpp::view::Views;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use client_fixture::*;

/// Keeps every line, with the spans it stands in.
#[derive(Clone, Default)]
struct Log {
    lines: Arc<Mutex<Vec<String>>>,
    spans: Arc<Mutex<Vec<String>>>,
    last: Arc<AtomicU64>,
}

thread_local! {
    static INSIDE: std::cell::RefCell<Vec<u64>> = const { std::cell::RefCell::new(Vec::new()) };
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("smpp")
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut line = Line(attributes.metadata().name().into());
        attributes.record(&mut line);
        self.spans.lock().unwrap().push(line.0);
        Id::from_u64(self.last.fetch_add(1, Ordering::SeqCst) + 1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(format!("{} {}", event.metadata().level(), event.metadata().target()));
        INSIDE.with_borrow(|inside| {
            let parent = event.parent().map(Id::into_u64);
            for span in parent.as_ref().map_or(&inside[..], std::slice::from_ref) {
                let spans = self.spans.lock().unwrap();
                write!(line.0, " [{}]", spans[*span as usize - 1]).unwrap();
            }
        });
        event.record(&mut line);
        self.lines.lock().unwrap().push(line.0);
    }

    fn enter(&self, span: &Id) {
        INSIDE.with_borrow_mut(|inside| inside.push(span.into_u64()));
    }

    fn exit(&self, _: &Id) {
        INSIDE.with_borrow_mut(|inside| inside.pop());
    }
}

impl Log {
    /// The first line since `from` that has all this in it, once there is one.
    fn wait_for(&self, from: usize, parts: &[&str]) -> String {
        let begin = Instant::now();
        loop {
            let lines = self.lines.lock().unwrap().clone();
            let found = lines.iter().skip(from).find(|line| parts.iter().all(|part| line.contains(part)));
            if let Some(line) = found {
                return line.clone();
            }
            assert!(begin.elapsed() < PATIENCE, "{parts:?}: {lines:#?}");
            thread::yield_now();
        }
    }
}

/// One process, one log: everything in one test.
#[test]
fn events_stand_in_the_span_of_their_link_and_tell_no_secrets() {
    let log = Log::default();
    tracing::subscriber::set_global_default(log.clone()).unwrap();
    let fixture = fixture();
    let body = || SubmitSm::default().with_destination_addr("4179").with_message_payload("attack at noon");
    for shows in [false, true] {
        log.lines.lock().unwrap().clear();
        let mut link = LinkConfig::default();
        if shows {
            link.views = Views::default().showing_passwords(true);
        }
        let builder = Client::builder().system_id("spy").password("secret").link(link);
        let (client, session) = fixture.bind(builder.on_deliver_sm(|_| CommandStatus::ESME_ROK));
        client.submit_sm(&body()).unwrap();
        // It answers with a refusal, not with the text.
        client.submit_sm(&text("throttle")).unwrap_err();
        session.deliver_sm(&DeliverSm::default().with_short_message("attack at dusk")).unwrap();
        session.send_raw(&[0, 0, 0, 16, 0, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 9]);
        client.enquire_link().unwrap();
        client.unbind().unwrap();
        assert!(fixture.closed.recv_timeout(PATIENCE).is_ok());
        drop(client);
        log.wait_for(0, &["name=\"spy\"", "link closed"]);
        let lines = log.lines.lock().unwrap().clone();
        let client_lines: Vec<_> = lines.iter().filter(|line| line.contains("name=\"spy\"")).collect();
        let has = |what: &str| client_lines.iter().any(|line| line.contains(what));
        assert!(has("state changed") && has("from=OPEN to=BOUND_TRX") && has("link closed"), "{lines:#?}");
        assert!(has("WARN") && has("request refused"), "{lines:#?}");
        assert!(client_lines.iter().all(|line| line.matches("[smpp ").count() == 1), "{client_lines:#?}");
        for what in ["bind_transceiver", "submit_sm", "submit_sm_resp", "deliver_sm", "unbind"] {
            assert!(has(&format!("{what} (0x")), "{what}");
        }
        assert!(has("direction=Sent") && has("direction=Received") && has("4179"));
        let all = client_lines.iter().fold(String::new(), |all, line| all + line);
        for secret in ["secret", "attack", "throttle", "61747461636B"] {
            assert_eq!(all.contains(secret), shows && secret != "61747461636B", "{secret}");
        }
    }
    log.lines.lock().unwrap().clear();
    what_goes_wrong_is_logged_when_it_happens(&log, &fixture);
}

/// Not when some callback comes to be told of it: here one hangs all the time.
fn what_goes_wrong_is_logged_when_it_happens(log: &Log, fixture: &Fixture) {
    let wrong = fixture.connect(Client::builder().system_id("wrong").password("no"));
    wrong.bind_transceiver().unwrap_err();
    let peer = fixture.server.local_addr().to_string();
    log.wait_for(0, &["WARN", "name=\"wrong\"", "bind refused", "ESME_RINVPASWD", &peer]);
    log.wait_for(0, &["WARN", "role=Smsc", "bind refused", "ESME_RINVPASWD", "system_id=\"wrong\"", "peer="]);
    log.wait_for(0, &["DEBUG", "role=Smsc", "connection", "peer="]);
    drop(wrong);

    let (go, gone) = bounded::<()>(0);
    let timers = Timers { response: Some(Duration::from_millis(20)), ..Timers::default() };
    let mut link = LinkConfig::default();
    link.inbox = 1;
    let builder = Client::builder().system_id("stuck").password("secret").link(link).timers(timers);
    let builder = builder.rebind(Rebind::default().delays(Duration::ZERO, Duration::ZERO));
    let (client, session) = fixture.bind(builder.on_deliver_sm(move |_| {
        assert!(gone.recv().is_ok(), "asked for by a test");
        CommandStatus::ESME_ROK
    }));
    let stuck = "name=\"stuck\"";
    log.wait_for(0, &["INFO", stuck, "bound", "kind=Transceiver", "system_id=\"test-smsc\"", &peer]);
    log.wait_for(0, &["INFO", "role=Smsc", "bound", "kind=Transceiver", "system_id=\"stuck\"", "peer="]);
    let _hangs = session.send(&DeliverSm::default()).unwrap();
    let late = client.send(&text("hold")).unwrap();
    let number = format!("sequence_number={} ", late.sequence_number());
    late.wait().unwrap_err();
    log.wait_for(0, &["WARN", stuck, "request timed out", "command=\"submit_sm\"", &number, "written=true"]);
    fixture.held.recv_timeout(PATIENCE).unwrap().answer(CommandStatus::ESME_RSUBMITFAIL).unwrap();
    log.wait_for(0, &["WARN", stuck, "stray PDU", "submit_sm_resp", &number, "Late"]);
    while client.stats().inbox == 0 {}
    session.deliver_sm(&DeliverSm::default()).unwrap_err();
    log.wait_for(0, &["WARN", stuck, "inbox full"]);
    let from = log.lines.lock().unwrap().len();
    let failed = client.send(&text("close")).unwrap();
    failed.wait().unwrap_err();
    log.wait_for(from, &["WARN", stuck, "session lost", "failed=1"]);
    log.wait_for(from, &["DEBUG", stuck, "to=CLOSED"]);
    log.wait_for(from, &["INFO", stuck, "bound"]);
    drop(go);
    let panicked = log.wait_for(from, &["ERROR", stuck, "callback panicked", "deliver_sm"]);
    assert!(panicked.contains("asked for by a test"), "{panicked}");
    client.disconnect();
    log.wait_for(from, &["INFO", stuck, "link closed"]);
}
