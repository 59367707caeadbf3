//! Both ends do anything in any order, over a link that delivers as it likes.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use smpp::codec::{Command, CommandId, CommandKind, Frame, Frames, HEADER_LENGTH, Header};
use smpp::pdu::*;
use smpp::session::{
    BindKind, CloseReason, Event, Inbound, Outstanding, Rate, Received, Retry, Role, SendError, SendOptions, Session,
    SessionConfig, SessionState, Timers,
};
use smpp::value::CommandStatus;
use smpp::{DecodeError, FrameError, command};

use super::harness::SECOND;

#[derive(Debug, Clone, Copy)]
enum End {
    Esme,
    Smsc,
}

#[derive(Debug, Clone)]
enum Step {
    Send(End, usize, Option<u32>, Option<u64>),
    Supply(End, u32),
    Unbind(End),
    /// So many octets, at most, of what is on its way.
    Deliver(End, usize),
    Answer(End, usize, Answer),
    /// A PDU that this end never sent: the index of a command, or an id of no command.
    Junk(End, Result<usize, u32>, u32, u32),
    Wait(u64),
    Timeout(End),
    /// The transport refuses what was fetched last, and the link ends.
    Broken(End),
    Close(End),
    Garbage(End),
}

#[derive(Debug, Clone, Copy)]
enum Answer {
    Ok,
    Status(u32),
    Undecodable,
    WrongResponse,
    TooLong,
    Forget,
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![Just(End::Esme), Just(End::Smsc)]
}

fn step() -> impl Strategy<Value = Step> {
    let number = prop_oneof![4 => Just(None), 1 => prop_oneof![0_u32..12, any::<u32>()].prop_map(Some)];
    let timeout = prop_oneof![3 => Just(None), 1 => (1_u64..20_000).prop_map(Some)];
    let answer = prop_oneof![
        6 => Just(Answer::Ok),
        3 => prop_oneof![Just(0x58), Just(0x14), 0_u32..0x100].prop_map(Answer::Status),
        1 => Just(Answer::Undecodable),
        1 => Just(Answer::WrongResponse),
        1 => Just(Answer::TooLong),
        1 => Just(Answer::Forget),
    ];
    let command = prop_oneof![
        6 => (0..command::ALL.len()).prop_map(Ok),
        1 => any::<u32>().prop_map(Err),
    ];
    prop_oneof![
        30 => (end(), 0_usize..36, number, timeout).prop_map(|(end, what, number, timeout)| Step::Send(end, what, number, timeout)),
        6 => (end(), prop_oneof![0_u32..12, any::<u32>()]).prop_map(|(end, number)| Step::Supply(end, number)),
        1 => end().prop_map(Step::Unbind),
        30 => (end(), prop_oneof![Just(usize::MAX), 0_usize..100]).prop_map(|(end, octets)| Step::Deliver(end, octets)),
        25 => (end(), any::<usize>(), answer).prop_map(|(end, which, answer)| Step::Answer(end, which, answer)),
        4 => (end(), command, 0_u32..12, prop_oneof![Just(0), Just(0x58), 0_u32..0x100])
            .prop_map(|(end, command, number, status)| Step::Junk(end, command, number, status)),
        8 => prop_oneof![0_u64..500, 0_u64..40_000].prop_map(Step::Wait),
        8 => end().prop_map(Step::Timeout),
        1 => prop_oneof![end().prop_map(Step::Broken), end().prop_map(Step::Close), end().prop_map(Step::Garbage)],
    ]
}

fn config() -> impl Strategy<Value = SessionConfig> {
    let timer = || prop_oneof![Just(None), (1_u64..60).prop_map(|seconds| Some(Duration::from_secs(seconds)))];
    let timers = (timer(), timer(), timer(), timer());
    let timers = timers.prop_map(|(session_init, enquire_link, inactivity, response)| Timers {
        session_init,
        enquire_link,
        inactivity,
        response,
    });
    let retries = (0_u64..4000, 0_u32..3);
    let rate = prop_oneof![Just(None), (1_u32..5, 1_u32..4).prop_map(Some)];
    (1_usize..5, timers, retries, rate, prop::bool::weighted(0.2), 0x7FFF_FFF0_u32..0x8000_0002).prop_map(
        |(window, timers, (pause, attempts), rate, supplied, first)| {
            let mut config = SessionConfig::default()
                .with_window(window)
                .with_timers(timers)
                .with_first_sequence_number(first)
                .with_supplied_sequence_numbers(supplied)
                .with_retry(
                    CommandStatus::ESME_RTHROTTLED,
                    Retry::after(Duration::from_millis(pause)).attempts(attempts),
                )
                .with_retry(CommandStatus::ESME_RMSGQFUL, Retry::after(SECOND).attempts(1));
            config.rate = rate.map(|(per_second, burst)| Rate::per_second(per_second).burst(burst));
            config
        },
    )
}

/// A session, and the books that are kept about it.
struct Side {
    session: Session<u32>,
    config: SessionConfig,
    /// What it wrote and the peer has not read.
    wire: Vec<u8>,
    /// What of it stands in `wire` counts as written.
    fetched_last: usize,
    state: SessionState,
    /// Tokens of the requests that are not over, and whether they count for the window.
    open: BTreeMap<u32, bool>,
    next_token: u32,
    inbound: VecDeque<Inbound>,
    /// Requests that came in, and answers that went out, by sequence number.
    asked: BTreeMap<u32, usize>,
    answered: BTreeMap<u32, usize>,
    over: bool,
    /// How often what happened.
    seen: BTreeMap<&'static str, usize>,
}

impl Side {
    fn new(role: Role, config: SessionConfig, now: Instant) -> Self {
        Self {
            session: Session::new(role, config.clone(), now),
            config,
            wire: Vec::new(),
            fetched_last: 0,
            state: SessionState::Open,
            open: BTreeMap::new(),
            next_token: 0,
            inbound: VecDeque::new(),
            asked: BTreeMap::new(),
            answered: BTreeMap::new(),
            over: false,
            seen: BTreeMap::new(),
        }
    }

    fn send(&mut self, now: Instant, what: usize, sequence_number: Option<u32>, timeout: Option<u64>) {
        let options = SendOptions { sequence_number, timeout: timeout.map(Duration::from_millis) };
        // Mostly what its role may send.
        let what = match self.session.role() {
            _ if what < 9 => what,
            Role::Esme => 9 + what % 4,
            Role::Smsc => 13 + what % 3,
        };
        match what {
            0 => self.send_pdu(now, &BindTransmitter::default(), options),
            1 => self.send_pdu(now, &BindReceiver::default(), options),
            2 => self.send_pdu(now, &BindTransceiver::default(), options),
            3 => self.send_pdu(now, &EnquireLink::default(), options),
            4 => self.send_pdu(now, &Outbind::default(), options),
            5 => self.send_pdu(now, &AlertNotification::default(), options),
            6 => self.send_pdu(now, &SubmitSm::default().with_source_addr("x".repeat(30)), options),
            7 => self.send_pdu(now, &DeliverSm::default().with_source_addr("x".repeat(30)), options),
            9 if self.session.bound_as().is_none() => self.send_pdu(now, &BindTransceiver::default(), options),
            8 | 13 => self.send_pdu(now, &DataSm::default().with_message_payload("text"), options),
            9 => self.send_pdu(now, &QuerySm::default(), options),
            10..13 => self.send_pdu(now, &SubmitSm::default().with_short_message("text"), options),
            _ => self.send_pdu(now, &DeliverSm::default().with_short_message("text"), options),
        }
    }

    fn send_pdu<P: Command>(&mut self, now: Instant, pdu: &P, options: SendOptions) {
        let token = self.next_token;
        let (room, state) = (self.session.window_room(), self.session.state());
        let before = (self.session.output_len(), self.session.outstanding(), self.session.next_sequence_number());
        let waiting = self.session.waiting_for_retry();
        match self.session.send(now, pdu, Some(token), options) {
            Ok(number) => {
                assert!(options.sequence_number.is_none_or(|own| own == number));
                self.next_token += 1;
                let is_control = matches!(P::SPEC.id, CommandId::ENQUIRE_LINK | CommandId::UNBIND);
                let counts = !is_control && BindKind::of_request(P::SPEC.id).is_none();
                if P::SPEC.kind == CommandKind::Request {
                    self.open.insert(token, counts);
                    assert!(!counts || room > 0 || waiting > 0, "{} without room", P::SPEC.name);
                }
            }
            Err(error) => {
                match error {
                    SendError::Paused { until } => {
                        self.see("Paused");
                        assert!(until > now, "{until:?}");
                    }
                    SendError::WindowFull { .. } => {
                        self.see("WindowFull");
                        assert!(self.session.window_is_full());
                    }
                    SendError::SequenceInUse(number) => assert_eq!(options.sequence_number, Some(number)),
                    SendError::State { state: told, .. } => assert_eq!(told, state),
                    SendError::NoSequenceNumber => assert!(self.session.wants_sequence_number()),
                    _ => {}
                }
                if waiting == 0 && error != SendError::NoSequenceNumber {
                    let after = (self.session.output_len(), self.session.outstanding(), before.2);
                    assert_eq!(after, before, "{error}");
                }
            }
        }
    }

    fn answer(&mut self, now: Instant, which: usize, answer: Answer) {
        if self.inbound.is_empty() {
            return;
        }
        let inbound = self.inbound.swap_remove_back(which % self.inbound.len()).unwrap();
        let (number, id) = (inbound.sequence_number(), inbound.response_id());
        let closed = self.session.close_reason().is_some();
        self.fetch();
        let before = self.wire.len();
        let sent = match answer {
            Answer::Ok => self.session.respond_status(now, inbound, CommandStatus::ESME_ROK),
            Answer::Status(status) => self.session.respond_status(now, inbound, CommandStatus(status)),
            Answer::Undecodable => {
                let mut garbage =
                    Header { command_id: SubmitSm::ID, command_length: 17, ..HEADER }.to_octets().to_vec();
                garbage.push(1);
                let error: DecodeError =
                    smpp::codec::Decoder::default().decode(Frame::exact(&garbage).unwrap()).unwrap_err();
                self.session.reject(now, inbound, &error)
            }
            Answer::WrongResponse => {
                let sent = self.session.respond(now, inbound, CommandStatus::ESME_ROK, &CancelSmResp::default());
                assert!(!matches!(sent, Err(SendError::Encode(_))), "{sent:?}");
                Ok(())
            }
            Answer::TooLong => {
                let response = SubmitSmResp::default().with_message_id("x".repeat(100));
                assert!(self.session.respond(now, inbound, CommandStatus::ESME_ROK, &response).is_err());
                Ok(())
            }
            Answer::Forget => {
                self.session.forget(now, inbound);
                Ok(())
            }
        };
        assert!(sent.is_ok() || closed, "{sent:?}");
        self.fetch();
        let answers = Frames::new(&self.wire[before..]).map(|frame| frame.unwrap().header());
        let answers: Vec<_> = answers.filter(|header| header.command_id != UnbindResp::ID).collect();
        let expected = usize::from(!closed && !matches!(answer, Answer::Forget));
        assert_eq!(answers.len(), expected, "{answers:?}");
        assert!(answers.iter().all(|header| (header.sequence_number, header.command_id) == (number, id)));
    }

    /// Moves what the session has to say to the wire.
    fn fetch(&mut self) {
        let mut octets = Vec::new();
        self.session.take_output(&mut octets);
        for frame in Frames::new(&octets) {
            let header = frame.unwrap().header();
            if header.command_id.is_response() {
                *self.answered.entry(header.sequence_number).or_default() += 1;
            }
        }
        self.fetched_last = octets.len();
        self.wire.extend_from_slice(&octets);
    }

    fn receive(&mut self, now: Instant, frame: Frame<'_>) {
        let header = frame.header();
        if !header.command_id.is_response() {
            *self.asked.entry(header.sequence_number).or_default() += 1;
        }
        match self.session.receive(now, frame) {
            Received::Request(inbound) => {
                self.see("Request");
                assert_eq!(inbound.sequence_number(), header.sequence_number);
                self.inbound.push_back(inbound);
            }
            Received::Response(request) => {
                self.see("Response");
                self.is_over(&request);
            }
            Received::Mismatch(request) => {
                self.see("Mismatch");
                if request.token.is_some() {
                    self.is_over(&request);
                }
            }
            Received::Retrying(status) => {
                self.see("Retrying");
                assert_eq!(header.command_status, status);
                assert!(self.config.retries.iter().any(|(known, retry)| *known == status && retry.attempts > 0));
            }
            Received::Refused(_) => self.see("Refused"),
            Received::Handled | Received::OneWay(_) | Received::Stray(_) => {}
        }
    }

    fn is_over(&mut self, request: &Outstanding<u32>) {
        let token = request.token.expect("requests of the session's own are nobody's business");
        assert!(self.open.remove(&token).is_some(), "{token} ends twice");
    }

    fn see(&mut self, what: &'static str) {
        *self.seen.entry(what).or_default() += 1;
    }

    fn settle(&mut self) {
        while let Some(event) = self.session.poll() {
            assert!(!self.over, "{event:?} after the end");
            match event {
                Event::StateChanged { from, to } => {
                    use SessionState::{BoundRx, BoundTrx, BoundTx, Closed, Open, Outbound, Unbinding};
                    assert_eq!(from, self.state);
                    let allowed = match from {
                        Open => matches!(to, Outbound | BoundTx | BoundRx | BoundTrx | Closed),
                        Outbound => matches!(to, BoundTx | BoundRx | BoundTrx | Closed),
                        BoundTx | BoundRx | BoundTrx => matches!(to, Unbinding | Closed),
                        Unbinding => to == Closed,
                        Closed => false,
                    };
                    assert!(allowed, "{from} to {to}");
                    self.state = to;
                }
                Event::Expired { request, .. } => {
                    self.see("Expired");
                    self.is_over(&request);
                }
                Event::Failed { request, .. } => {
                    self.see("Failed");
                    self.is_over(&request);
                }
                Event::Throttled { status, .. } => {
                    self.see("Throttled");
                    assert!(self.config.retries.iter().any(|(known, _)| *known == status));
                }
                Event::Closed(reason) => {
                    assert_eq!(self.session.close_reason(), Some(reason));
                    self.over = true;
                }
            }
        }
    }

    /// What must be so at any time.
    fn check(&self) {
        let session = &self.session;
        assert_eq!(session.state(), self.state);
        assert_eq!(session.close_reason().is_some(), self.over);
        assert_eq!(self.state == SessionState::Closed, self.over);
        assert!(session.bound_as().is_some() || !self.state.is_bound());
        assert!(session.peak_outstanding() >= session.outstanding());
        assert_eq!(session.window_is_full(), session.window_room() == 0);
        if self.over {
            assert!(self.open.is_empty(), "{:?}", self.open);
            assert_eq!((session.outstanding(), session.poll_timeout()), (0, None));
            return;
        }
        assert!(session.outstanding() >= self.open.len());
        let counted = self.open.values().filter(|&&counts| counts).count();
        match session.waiting_for_retry() {
            0 => {
                let (room, free) = (session.window_room(), self.config.window - counted);
                assert!(room <= free && (room > 0 || counted > 0), "{room} of {free}");
                assert!(room == free || self.seen.contains_key("Throttled"), "{room} of {free}");
            }
            waiting => assert!(session.window_room() == 0 && waiting <= counted && counted <= self.config.window),
        }
        assert_eq!(session.unanswered(), self.inbound.len());
        // Nothing that was not asked is answered, and nothing twice: neither by an answer, nor by a generic_nack.
        for (number, answers) in &self.answered {
            assert!(self.asked.get(number).is_some_and(|asked| answers <= asked), "{number}: {answers} answers");
        }
    }
}

const HEADER: Header = Header {
    command_length: 16,
    command_id: GenericNack::ID,
    command_status: CommandStatus::ESME_ROK,
    sequence_number: 1,
};

struct Two {
    now: Instant,
    esme: Side,
    smsc: Side,
}

impl Two {
    fn new(esme: SessionConfig, smsc: SessionConfig) -> Self {
        let now = Instant::now();
        Self { now, esme: Side::new(Role::Esme, esme, now), smsc: Side::new(Role::Smsc, smsc, now) }
    }

    fn side(&mut self, end: End) -> &mut Side {
        match end {
            End::Esme => &mut self.esme,
            End::Smsc => &mut self.smsc,
        }
    }

    /// Nobody does anything any more, but the timers run: with a response timer that ends every request.
    fn time_out(&mut self) {
        for end in [End::Esme, End::Smsc] {
            let has_timer = self.side(end).config.timers.response.is_some();
            for _ in 0..2000 {
                if !has_timer || self.side(end).open.is_empty() {
                    break;
                }
                let next = self.side(end).session.poll_timeout().expect("requests expire");
                self.now = self.now.max(next);
                self.step(Step::Timeout(end));
                self.side(end).fetch();
            }
            let open = &self.side(end).open;
            assert!(open.is_empty() || !has_timer, "{open:?}");
        }
    }

    fn step(&mut self, step: Step) {
        let now = self.now;
        match step {
            Step::Send(end, what, number, timeout) => self.side(end).send(now, what, number, timeout),
            Step::Supply(end, number) => {
                let side = self.side(end);
                if side.session.wants_sequence_number() {
                    side.session.supply_sequence_number(number);
                    assert!(!side.session.wants_sequence_number() && side.session.next_sequence_number() == number);
                }
            }
            Step::Unbind(end) => drop(self.side(end).session.unbind(now)),
            Step::Deliver(from, octets) => {
                let (from, to) = match from {
                    End::Esme => (&mut self.esme, &mut self.smsc),
                    End::Smsc => (&mut self.smsc, &mut self.esme),
                };
                from.fetch();
                let arrived = from.wire.len().min(octets);
                let mut taken = 0;
                while let Ok(Some((frame, _))) = Frame::split(&from.wire[taken..arrived], 70_000) {
                    taken += frame.octets().len();
                    to.receive(now, frame);
                }
                from.wire.drain(..taken);
            }
            Step::Answer(end, which, answer) => self.side(end).answer(now, which, answer),
            Step::Junk(end, command, sequence_number, status) => {
                let command_id = command.map_or_else(CommandId, |index| command::ALL[index].id);
                let header = Header { command_id, sequence_number, command_status: CommandStatus(status), ..HEADER };
                self.side(end).receive(now, Frame::exact(&header.to_octets()).unwrap());
            }
            Step::Wait(milliseconds) => self.now += Duration::from_millis(milliseconds),
            Step::Timeout(end) => {
                let side = self.side(end);
                side.session.handle_timeout(now);
                let next = side.session.poll_timeout();
                assert!(next.is_none_or(|next| next > now), "due {:?} ago", next.map(|next| now - next));
            }
            Step::Broken(end) => {
                let side = self.side(end);
                side.fetch();
                side.session.output_lost(side.fetched_last / 2);
                side.session.close(CloseReason::Io(std::io::ErrorKind::ConnectionReset));
            }
            Step::Close(end) => self.side(end).session.close(CloseReason::PeerClosed),
            Step::Garbage(end) => {
                let side = self.side(end);
                *side.asked.entry(0).or_default() += 1;
                side.session.receive_broken(FrameError::new(u32::MAX, 70_000), &[0xFF; HEADER_LENGTH]);
            }
        }
        for side in [&mut self.esme, &mut self.smsc] {
            side.settle();
            side.check();
        }
    }
}

#[test]
fn whatever_happens_the_books_are_right() {
    let steps = prop::collection::vec(step(), 1..150);
    let runs = (config(), config(), prop::bool::weighted(0.9), steps);
    let seen = RefCell::new(BTreeMap::new());
    let mut runner =
        TestRunner::new(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() });
    runner
        .run(&runs, |(esme, smsc, bound, steps)| {
            let mut two = Two::new(esme, smsc);
            let bind = [
                Step::Supply(End::Esme, 5),
                Step::Send(End::Esme, 2, None, None),
                Step::Deliver(End::Esme, usize::MAX),
                Step::Answer(End::Smsc, 0, Answer::Ok),
                Step::Deliver(End::Smsc, usize::MAX),
            ];
            let bind = bind.into_iter().filter(|_| bound);
            bind.chain(steps).for_each(|step| two.step(step));
            two.time_out();
            two.step(Step::Close(End::Esme));
            two.step(Step::Close(End::Smsc));
            assert!(two.esme.over && two.smsc.over);
            for (what, count) in two.esme.seen.into_iter().chain(two.smsc.seen) {
                *seen.borrow_mut().entry(what).or_insert(0) += count;
            }
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
    // Or it would show nothing.
    let seen = seen.into_inner();
    for what in [
        "Response",
        "Request",
        "Retrying",
        "Mismatch",
        "Refused",
        "Expired",
        "Failed",
        "Throttled",
        "Paused",
        "WindowFull",
    ] {
        assert!(seen.get(what).is_some_and(|&count| count > 0), "{what} in {seen:?}");
    }
}
