//! The link ends at every octet of a conversation that has everything in it.

use std::collections::BTreeMap;

use smpp::codec::{Command, Frames};
use smpp::pdu::*;
use smpp::session::{CloseReason, Event, Inbound, Received, Role, SendOptions, Session, SessionConfig, SessionState};
use smpp::value::CommandStatus;

use super::harness::*;

/// How a link ends, and who learns of it.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Loss {
    /// The write fails, and the other end reads the end of the stream.
    Noticed,
    /// What is written is lost without a word: only timers tell.
    Silent,
}

/// One end: its session, and what it and its peer know of the stream that it writes.
struct End {
    session: Session<u32>,
    /// Everything that was fetched to be written.
    stream: Vec<u8>,
    /// How much of it reaches the peer at most.
    limit: usize,
    /// How much of it has reached the peer.
    delivered: usize,
    /// How much of that the peer has made frames of.
    consumed: usize,
    /// What became of the requests: the token, and whether it was answered or else `written`.
    outcomes: BTreeMap<u32, Outcome>,
    sent: BTreeMap<u32, u32>,
    inbound: Vec<Inbound>,
    closed: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Outcome {
    Answered,
    Failed { written: bool },
}

struct Conversation {
    pair_now: std::time::Instant,
    esme: End,
    smsc: End,
    loss: Loss,
    is_cut: bool,
}

impl End {
    fn new(role: Role, now: std::time::Instant, limit: usize) -> Self {
        Self {
            session: Session::new(role, SessionConfig::default(), now),
            stream: Vec::new(),
            limit,
            delivered: 0,
            consumed: 0,
            outcomes: BTreeMap::new(),
            sent: BTreeMap::new(),
            inbound: Vec::new(),
            closed: 0,
        }
    }

    fn send<P: Command>(&mut self, now: std::time::Instant, pdu: &P, token: u32) {
        // Once the link is lost, nothing is taken any more, and there is nothing to tell of.
        if let Ok(number) = self.session.send(now, pdu, Some(token), SendOptions::default()) {
            assert_eq!(self.sent.insert(token, number), None);
        }
    }

    fn end(&mut self, token: Option<u32>, outcome: Outcome) {
        let token = token.expect("every request has one");
        assert!(self.sent.contains_key(&token), "{token} was never taken");
        assert_eq!(self.outcomes.insert(token, outcome), None, "{token} ends twice");
    }

    fn note(&mut self, received: Received<u32>) {
        match received {
            Received::Request(inbound) => self.inbound.push(inbound),
            Received::Response(request) => self.end(request.token, Outcome::Answered),
            Received::Handled | Received::OneWay(_) => {}
            other => panic!("{other:?}"),
        }
    }

    fn poll(&mut self) {
        while let Some(event) = self.session.poll() {
            assert_eq!(self.closed, 0, "{event:?} after the end");
            match event {
                Event::Failed { request, written } | Event::Expired { request, written } => {
                    self.end(request.token, Outcome::Failed { written });
                }
                Event::Closed(_) => self.closed += 1,
                Event::StateChanged { .. } => {}
                other => panic!("{other:?}"),
            }
        }
    }
}

impl Conversation {
    /// Up to so many octets go from the ESME, and from the SMSC, before the link is lost.
    fn new(limits: [usize; 2], loss: Loss) -> Self {
        let now = pair().now;
        let (esme, smsc) = (End::new(Role::Esme, now, limits[0]), End::new(Role::Smsc, now, limits[1]));
        Self { pair_now: now, esme, smsc, loss, is_cut: false }
    }

    /// Carries octets until there are no more.
    fn carry(&mut self) {
        while self.esme.session.output_len() + self.smsc.session.output_len() > 0 {
            self.carry_from(Role::Esme);
            self.carry_from(Role::Smsc);
        }
    }

    fn carry_from(&mut self, role: Role) {
        let Self { pair_now: now, esme, smsc, loss, is_cut } = self;
        let (from, to) = if role == Role::Esme { (esme, smsc) } else { (smsc, esme) };
        let octets = output(&mut from.session);
        let before = from.stream.len();
        from.stream.extend_from_slice(&octets);
        let arrives = if *is_cut { 0 } else { octets.len().min(from.limit - before) };
        from.delivered += arrives;
        while let Some(Ok(frame)) = Frames::new(&from.stream[from.consumed..from.delivered]).next() {
            from.consumed += frame.octets().len();
            let received = to.session.receive(*now, frame);
            to.note(received);
        }
        if arrives < octets.len() && !*is_cut {
            *is_cut = true;
            if *loss == Loss::Noticed {
                from.session.output_lost(octets.len() - arrives);
                from.session.close(CloseReason::Io(std::io::ErrorKind::BrokenPipe));
                to.session.close(CloseReason::PeerClosed);
            }
        }
        from.poll();
        to.poll();
    }

    /// Both answer all they were asked.
    fn answer(&mut self) {
        for end in [&mut self.esme, &mut self.smsc] {
            for inbound in end.inbound.drain(..).rev() {
                // Nobody can be answered any more once the link is lost.
                let _ = end.session.respond_status(self.pair_now, inbound, CommandStatus::ESME_ROK);
            }
        }
        self.carry();
    }

    fn run(&mut self) {
        let now = self.pair_now;
        self.smsc.send(now, &Outbind::default(), 0);
        // It is never answered.
        self.smsc.sent.clear();
        self.carry();
        self.esme.send(now, &BindTransceiver::default().with_system_id("esme").with_password("secret"), 1);
        self.carry();
        self.answer();
        (2..6).for_each(|token| self.esme.send(now, &SubmitSm::default().with_short_message("submit"), token));
        (101..104).for_each(|token| self.smsc.send(now, &DeliverSm::default().with_short_message("deliver"), token));
        self.carry();
        self.esme.send(now, &QuerySm::default().with_message_id("1"), 6);
        self.carry();
        self.answer();
        // Asked for life by both timers.
        self.pair_now += 30 * SECOND;
        self.esme.session.handle_timeout(self.pair_now);
        self.smsc.session.handle_timeout(self.pair_now);
        self.carry();
        let now = self.pair_now;
        self.esme.send(now, &DataSm::default().with_message_payload("data"), 7);
        self.smsc.send(now, &DataSm::default().with_message_payload("data"), 104);
        self.carry();
        self.answer();
        self.esme.send(now, &SubmitSm::default(), 8);
        let _ = self.esme.session.unbind(now);
        self.carry();
        self.answer();
    }

    /// Lets the timers do the rest.
    fn time_out(&mut self) {
        let mut steps = 0;
        while let Some(next) =
            self.esme.session.poll_timeout().into_iter().chain(self.smsc.session.poll_timeout()).min()
        {
            assert!(next >= self.pair_now && steps < 100, "{next:?}");
            (self.pair_now, steps) = (next, steps + 1);
            self.esme.session.handle_timeout(next);
            self.smsc.session.handle_timeout(next);
            self.carry();
        }
        self.esme.poll();
        self.smsc.poll();
    }
}

/// Where in a stream the PDUs end, by sequence number: requests, or responses.
fn ends(stream: &[u8], responses: bool) -> BTreeMap<u32, usize> {
    let mut end = 0;
    let mut ends = BTreeMap::new();
    for header in headers(stream) {
        end += header.command_length as usize;
        if header.command_id.is_response() == responses {
            ends.insert(header.sequence_number, end);
        }
    }
    ends
}

/// Compares what a side was told with what its stream, and that of its peer, show.
fn check(side: &End, peer: &End, written: usize, context: &str) {
    let requests = ends(&side.stream, false);
    let answers = ends(&peer.stream[..peer.consumed], true);
    assert!(side.outcomes.keys().eq(side.sent.keys()), "{context}: {:?} of {:?}", side.outcomes, side.sent);
    for (token, number) in &side.sent {
        let expected = if answers.contains_key(number) {
            Outcome::Answered
        } else {
            Outcome::Failed { written: requests.get(number).is_some_and(|&end| end <= written) }
        };
        assert_eq!(side.outcomes[token], expected, "{context}: request {token}");
    }
    assert_eq!((side.session.outstanding(), side.session.waiting_for_retry()), (0, 0), "{context}");
}

fn full_length() -> [usize; 2] {
    let mut whole = Conversation::new([usize::MAX; 2], Loss::Noticed);
    whole.run();
    assert!(
        whole.esme.outcomes.values().chain(whole.smsc.outcomes.values()).all(|&outcome| outcome == Outcome::Answered)
    );
    assert_eq!((whole.esme.outcomes.len(), whole.smsc.outcomes.len()), (8, 4));
    assert_eq!(whole.esme.session.close_reason(), Some(CloseReason::Unbound));
    assert_eq!(whole.smsc.session.close_reason(), Some(CloseReason::PeerUnbound));
    [whole.esme.stream.len(), whole.smsc.stream.len()]
}

#[test]
fn the_link_is_lost_at_every_octet_of_a_conversation() {
    let length = full_length();
    assert!(length[0] > 350 && length[1] > 350, "{length:?}");
    for direction in [0, 1] {
        for at in 0..length[direction] {
            let mut limits = [usize::MAX; 2];
            limits[direction] = at;
            let mut lost = Conversation::new(limits, Loss::Noticed);
            lost.run();
            let context = format!("direction {direction}, octet {at}");
            assert!(lost.is_cut, "{context}");
            for (side, peer) in [(&lost.esme, &lost.smsc), (&lost.smsc, &lost.esme)] {
                check(side, peer, side.delivered, &context);
                assert_eq!((side.session.state(), side.closed), (SessionState::Closed, 1), "{context}");
            }
        }
    }
}

#[test]
fn the_link_falls_silent_at_every_octet_of_a_conversation() {
    let length = full_length();
    for direction in [0, 1] {
        for at in 0..length[direction] {
            let mut limits = [usize::MAX; 2];
            limits[direction] = at;
            let mut lost = Conversation::new(limits, Loss::Silent);
            lost.run();
            lost.time_out();
            let context = format!("direction {direction}, octet {at}");
            for (side, peer) in [(&lost.esme, &lost.smsc), (&lost.smsc, &lost.esme)] {
                // Nobody can know what was lost, so whatever was fetched may have arrived.
                check(side, peer, side.stream.len(), &context);
            }
            // An ESME that is not bound has no timer but that of its bind; when to give up is for its application.
            let esme = &lost.esme.session;
            assert!(esme.state() == SessionState::Closed || esme.bound_as().is_none(), "{context}");
            assert_eq!((lost.smsc.session.state(), lost.smsc.closed), (SessionState::Closed, 1), "{context}");
        }
    }
}
