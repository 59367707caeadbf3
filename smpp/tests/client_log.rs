//! What is logged, and what never is.

mod client_fixture;

use std::fmt::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use smpp::client::Client;
use smpp::driver::LinkConfig;
use smpp::pdu::*;
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
            for span in inside {
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
        let lines = log.lines.lock().unwrap().clone();
        let client_lines: Vec<_> = lines.iter().filter(|line| line.contains("name=\"spy\"")).collect();
        let has = |what: &str| client_lines.iter().any(|line| line.contains(what));
        assert!(has("state changed") && has("from=OPEN to=BOUND_TRX") && has("link closed"), "{lines:#?}");
        assert!(has("WARN") && has("request refused"), "{lines:#?}");
        for what in ["bind_transceiver", "submit_sm", "submit_sm_resp", "deliver_sm", "unbind"] {
            assert!(has(&format!("{what} (0x")), "{what}");
        }
        assert!(has("direction=Sent") && has("direction=Received") && has("4179"));
        let all = client_lines.iter().fold(String::new(), |all, line| all + line);
        for secret in ["secret", "attack", "throttle", "61747461636B"] {
            assert_eq!(all.contains(secret), shows && secret != "61747461636B", "{secret}");
        }
    }
}
