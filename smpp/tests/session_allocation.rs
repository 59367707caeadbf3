//! Once its buffers have grown, a session allocates nothing for a PDU, neither for sending it nor for its response.

use std::time::{Duration, Instant};

use smpp::codec::Frames;
use smpp::pdu::{BindTransmitter, SubmitSm, SubmitSmResp};
use smpp::session::{Rate, Received, Retry, Role, SendOptions, Session, SessionConfig};
use smpp::value::CommandStatus;

struct Pair {
    esme: Session<u32>,
    smsc: Session<u32>,
    there: Vec<u8>,
    back: Vec<u8>,
    now: Instant,
    next: u32,
}

impl Pair {
    /// Sends what waits on either side, and answers it. Returns how many responses came.
    fn exchange(&mut self) -> usize {
        self.esme.take_output(&mut self.there);
        for frame in Frames::new(&self.there) {
            let Received::Request(inbound) = self.smsc.receive(self.now, frame.unwrap()) else { panic!("a request") };
            let response = SubmitSmResp::default().with_message_id("1234567890");
            match inbound.spec().id {
                SubmitSm::ID => self.smsc.respond(self.now, inbound, CommandStatus::ESME_ROK, &response),
                _ => self.smsc.respond_status(self.now, inbound, CommandStatus::ESME_ROK),
            }
            .unwrap();
        }
        self.smsc.take_output(&mut self.back);
        let responses = Frames::new(&self.back).map(|frame| self.esme.receive(self.now, frame.unwrap()));
        responses.filter(|received| matches!(received, Received::Response(_))).count()
    }

    fn burst(&mut self) {
        let submit = SubmitSm::default().with_destination_addr("4179123456").with_short_message("hello");
        for token in 0..10 {
            let timeout = (token % 2 == 0).then_some(Duration::from_secs(3));
            let options = SendOptions { timeout, sequence_number: None };
            if self.esme.wants_sequence_number() {
                self.esme.supply_sequence_number(self.next);
                self.next += 1;
            }
            self.esme.send(self.now, &submit, Some(token), options).unwrap();
        }
        assert_eq!(self.exchange(), 10);
        self.now += Duration::from_millis(1);
        self.esme.handle_timeout(self.now);
    }
}

#[test]
fn nothing_per_pdu() {
    steady(SessionConfig::default());
}

/// What is kept of requests, so that they can be sent again, is kept in the same place again and again.
#[test]
fn nothing_for_rate_retries_and_supplied_numbers() {
    let retry = Retry::after(Duration::from_secs(1)).attempts(3);
    let config = SessionConfig::default().with_retry(CommandStatus::ESME_RTHROTTLED, retry);
    steady(config.with_rate(Rate::per_second(1_000_000)).with_supplied_sequence_numbers(true));
}

fn steady(config: SessionConfig) {
    let now = Instant::now();
    let mut pair = Pair {
        esme: Session::new(Role::Esme, config, now),
        smsc: Session::new(Role::Smsc, SessionConfig::default(), now),
        there: Vec::new(),
        back: Vec::new(),
        now,
        next: 1,
    };
    pair.esme.supply_sequence_number(0x1000_0000);
    pair.esme.send(now, &BindTransmitter::default(), Some(0), SendOptions::default()).unwrap();
    assert_eq!(pair.exchange(), 1);
    (0..10).for_each(|_| pair.burst());
    let allocated = allocation_counter::measure(|| (0..1000).for_each(|_| pair.burst()));
    assert_eq!(allocated.count_total, 0, "{allocated:?}");
}
