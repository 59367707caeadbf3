//! Submits that the simulator answers in a second, beside a loop that answers anything; memory; lateness of delays. See
//! `benches/README.md`.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use smpp::codec::Encode;
use smpp::pdu::{BindTransceiver, SubmitSm};
use smsc_sim::SmscSim;
use smsc_sim::rules::{Hook, on};

fn main() {
    let is_to_measure = std::env::args().any(|argument| argument == "--bench");
    let (submits, sessions) = if is_to_measure { (300_000, 1000) } else { (1_000, 20) };
    println!("{:<12}{:>16}{:>16}{:>8}", "window", "floor, 1/s", "simulator, 1/s", "ratio");
    for window in [10, 1000] {
        let floor = rate(floor(), window, submits);
        let sim = simulator();
        let ours = rate(sim.addr(), window, submits);
        assert_eq!(sim.messages().len(), submits as usize);
        println!("{window:<12}{floor:>16.0}{ours:>16.0}{:>8.2}", ours / floor);
    }
    lateness(if is_to_measure { 10_000 } else { 100 });
    memory(submits, sessions);
}

/// One that remembers every message.
fn simulator() -> SmscSim {
    SmscSim::builder().max_messages(1_000_000).start().expect("a simulator")
}

/// What messages and sessions take, by the resident set of the process.
fn memory(submits: u32, sessions: usize) {
    let sim = simulator();
    let before = resident();
    rate(sim.addr(), 1000, submits);
    let after = resident();
    println!("memory of a stored message: {} octets", after.saturating_sub(before) / submits as usize);
    let streams: Vec<_> = (0..sessions).map(|_| bound(sim.addr())).collect();
    let bound = resident();
    println!("memory of a bound session: {} octets, both ends", bound.saturating_sub(after) / sessions);
    let busy = (streams.len() / 5).max(1);
    thread::scope(|scope| {
        for stream in streams.iter().take(busy) {
            scope.spawn(move || submit(stream, 10, 100));
        }
    });
    println!("{sessions} sessions bound, {busy} of them busy at once: every submit answered");
}

/// How much later than it should each of so many responses comes that wait at the same time, their times spread over two seconds.
fn lateness(responses: u32) {
    const DELAY: Duration = Duration::from_secs(3);
    let sim = simulator();
    let delay = if responses > 100 { DELAY } else { Duration::from_millis(1) };
    sim.rule(on(Hook::SubmitSm).delay(delay)).keep();
    let mut stream = bound(sim.addr());
    let mut writer = stream.try_clone().expect("a handle");
    let begin = Instant::now();
    let step = Duration::from_secs(2) / 10_000;
    let due = move |number: u32| step * number;
    let octets = message();
    let writing = thread::spawn(move || {
        let mut sent = Vec::new();
        for number in 0..responses {
            if let Some(left) = due(number).checked_sub(begin.elapsed()) {
                thread::sleep(left);
            }
            let mut octets = octets.clone();
            octets[12..16].copy_from_slice(&(number + 2).to_be_bytes());
            sent.push(begin.elapsed());
            writer.write_all(&octets).expect("written");
        }
        sent
    });
    let (mut buffer, mut filled, mut came) = (vec![0; 65_536], 0, Vec::new());
    while came.len() < responses as usize {
        let count = answers(&mut stream, &mut buffer, &mut filled);
        came.extend((0..count).map(|_| begin.elapsed()));
    }
    // All are delayed alike, and so they come in the order in which they were asked for.
    let sent = writing.join().expect("written");
    let mut late: Vec<_> = came.iter().zip(&sent).map(|(came, sent)| came.saturating_sub(*sent + delay)).collect();
    late.sort_unstable();
    let at = |part: usize| late[(late.len() - 1) * part / 1000].as_secs_f64() * 1000.0;
    println!(
        "lateness of {responses} delayed responses: p50 {:.3} ms, p99 {:.3} ms, p99.9 {:.3} ms",
        at(500),
        at(990),
        at(999)
    );
}

/// Answers every PDU of a request with a header and a message_id of one letter, and knows nothing else.
fn floor() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("an address");
    thread::spawn(move || {
        let Ok((mut stream, _)) = listener.accept() else { return };
        let _ = stream.set_nodelay(true);
        let (mut buffer, mut filled, mut out) = (vec![0; 65_536], 0, Vec::new());
        while let Ok(read @ 1..) = stream.read(&mut buffer[filled..]) {
            filled += read;
            let mut at = 0;
            while let Some(length) = length(&buffer[at..filled]) {
                out.extend_from_slice(&18_u32.to_be_bytes());
                out.push(0x80);
                out.extend_from_slice(&buffer[at + 5..at + 8]);
                out.extend_from_slice(&[0; 4]);
                out.extend_from_slice(&buffer[at + 12..at + 16]);
                out.extend_from_slice(b"1\0");
                at += length;
            }
            buffer.copy_within(at..filled, 0);
            filled -= at;
            if stream.write_all(&out).is_err() {
                return;
            }
            out.clear();
        }
    });
    addr
}

/// Submits answered in a second.
fn rate(addr: SocketAddr, window: u32, submits: u32) -> f64 {
    let stream = bound(addr);
    let begin = Instant::now();
    submit(&stream, window, submits);
    f64::from(submits) / begin.elapsed().as_secs_f64()
}

fn bound(addr: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(addr).expect("a connection");
    stream.set_nodelay(true).expect("no delay");
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout");
    let bind = BindTransceiver::default().with_system_id("load").with_interface_version(0x34);
    stream.write_all(&bind.to_octets(1).expect("a bind")).expect("written");
    answers(&mut stream, &mut vec![0; 65_536], &mut 0);
    stream
}

fn message() -> Vec<u8> {
    let pdu = SubmitSm::default()
        .with_source_addr("12345")
        .with_destination_addr("4179123456")
        .with_short_message("hello, this is a message of some length");
    pdu.to_octets(1).expect("a submit")
}

/// Keeps as many submits unanswered as the window is, until so many are answered.
fn submit(mut stream: &TcpStream, window: u32, submits: u32) {
    let octets = message();
    let (mut sent, mut answered, mut out) = (0, 0, Vec::new());
    let (mut buffer, mut filled) = (vec![0; 65_536], 0);
    while answered < submits {
        while sent < submits && sent - answered < window {
            sent += 1;
            let at = out.len();
            out.extend_from_slice(&octets);
            out[at + 12..at + 16].copy_from_slice(&(sent + 1).to_be_bytes());
        }
        stream.write_all(&out).expect("written");
        out.clear();
        answered += answers(&mut stream, &mut buffer, &mut filled);
    }
}

/// Reads once, and counts the PDUs that are whole.
fn answers(stream: &mut impl Read, buffer: &mut [u8], filled: &mut usize) -> u32 {
    let (mut at, mut count) = (0, 0);
    while count == 0 {
        let read = stream.read(&mut buffer[*filled..]).expect("an answer");
        assert!(read > 0, "the connection is open");
        *filled += read;
        while let Some(length) = length(&buffer[at..*filled]) {
            assert_eq!(buffer[at + 8..at + 12], [0; 4], "the answer is ESME_ROK");
            (at, count) = (at + length, count + 1);
        }
    }
    buffer.copy_within(at..*filled, 0);
    *filled -= at;
    count
}

/// How long the PDU is, if it is whole.
fn length(octets: &[u8]) -> Option<usize> {
    let length = u32::from_be_bytes(octets.get(..4)?.try_into().ok()?) as usize;
    (octets.len() >= length).then_some(length)
}

/// Octets of the process in memory; 0 where the system does not tell.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<usize>().ok());
    number.unwrap_or(0) * 1024
}
