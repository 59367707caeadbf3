//! What no ESME would send, and how the others do meanwhile.

mod raw;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use raw::{PATIENCE, Raw, submit};
use smpp::Pdu;
use smpp::codec::Encode;
use smpp::pdu::{BindTransceiver, DestAddress, EnquireLink, SubmitMulti};
use smpp::value::CommandStatus;
use smsc_sim::{EventKind, SmscSim};

/// A session that was there before has not noticed anything, and another one can begin.
fn undisturbed(sim: &SmscSim, before: &mut Raw) {
    before.send(&EnquireLink::default(), 0xABC);
    before.expect_status(0x8000_0015, 0xABC, CommandStatus::ESME_ROK);
    before.send(&submit(0), 0xABD);
    before.expect_submitted(0xABD);
    Raw::bound(sim.addr(), "new");
}

/// Octets of the process in memory; `None` where the system does not tell.
fn resident() -> Option<usize> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    statm.split_whitespace().nth(1)?.parse::<usize>().ok().map(|pages| pages * 4096)
}

/// Nothing of what was done since is kept, give or take what an allocator holds on to.
fn grew_little(before: Option<usize>) {
    if let (Some(before), Some(after)) = (before, resident()) {
        let grew = after.saturating_sub(before);
        assert!(grew < 64 << 20, "{grew} octets more than before");
    }
}

/// A generic_nack that says that the length is wrong, and the end.
fn refused(addr: SocketAddr, octets: &[u8]) {
    let mut raw = Raw::connect(addr);
    raw.write(octets);
    let (header, _) = raw.next().expect("an answer");
    assert_eq!((header.command_id.0, header.command_status), (0x8000_0000, CommandStatus::ESME_RINVCMDLEN));
    assert!(raw.next().is_none());
}

#[test]
fn http_on_the_smpp_port_is_a_length_that_cannot_be() {
    let sim = SmscSim::builder().start().unwrap();
    let mut before = Raw::bound(sim.addr(), "me");
    refused(sim.addr(), b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    refused(sim.addr(), b"POST /api/v1/reset HTTP/1.1\r\n\r\n");
    undisturbed(&sim, &mut before);
}

#[test]
fn a_giant_length_is_refused_before_anything_is_kept_for_it() {
    let sim = SmscSim::builder().start().unwrap();
    let mut before = Raw::bound(sim.addr(), "me");
    let resident = resident();
    for length in [0_u32, 15, 0x0100_0000, 0x7FFF_FFFF, 0xFFFF_FFFF] {
        refused(sim.addr(), &[length, 0x0000_0004, 0, 1].map(u32::to_be_bytes).concat());
    }
    grew_little(resident);
    undisturbed(&sim, &mut before);
}

#[test]
fn who_says_nothing_or_octet_by_octet_locks_nobody_out() {
    let sim = SmscSim::builder().start().unwrap();
    let mut before = Raw::bound(sim.addr(), "me");
    let bind = BindTransceiver::default().with_system_id("slow").to_octets(1).unwrap();
    // As many as may be unbound at a time, and half as many again.
    let mut slow: Vec<_> = (0..150).map(|_| TcpStream::connect(sim.addr()).unwrap()).collect();
    for (place, octet) in bind[..bind.len() - 1].iter().enumerate() {
        for stream in slow.iter_mut().skip(place % 3).step_by(3) {
            // Those that made room for others are closed.
            let _ = stream.write_all(&[*octet]);
        }
    }
    undisturbed(&sim, &mut before);
    let is_closed = |stream: &mut TcpStream| {
        stream.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
        !matches!(stream.read(&mut [0]), Err(error) if error.kind() == std::io::ErrorKind::WouldBlock)
    };
    let closed = slow.iter_mut().map(is_closed).filter(|closed| *closed).count();
    assert!(closed >= 50, "{closed}");
}

/// Connections that are opened and dropped: `SMSC_SIM_CONNECTIONS`, or a number that takes a second.
fn connections() -> usize {
    std::env::var("SMSC_SIM_CONNECTIONS").map_or(2_000, |count| count.parse().expect("a number"))
}

#[test]
fn connections_that_come_and_go_leave_nothing_behind() {
    let sim = SmscSim::builder().start().unwrap();
    let mut before = Raw::bound(sim.addr(), "me");
    let events = sim.subscribe();
    let resident = resident();
    for batch in 0..connections().div_ceil(50) {
        let streams: Vec<_> = (0..50)
            .map(|place| {
                let mut stream = TcpStream::connect(sim.addr()).unwrap();
                // Reset, so that no port stays in TIME_WAIT: there are not as many as connections.
                socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
                if (batch + place) % 2 == 0 {
                    stream.write_all(&[0, 0, 0]).unwrap();
                }
                stream
            })
            .collect();
        drop(streams);
        for _ in 0..50 {
            let closed = events.wait_for(|kind| matches!(kind, EventKind::SessionClosed { .. }), PATIENCE);
            assert!(closed.is_some(), "batch {batch}");
        }
    }
    let closed: u64 = sim.stats().get("session_closes_total", &[]);
    assert_eq!(closed as usize, connections().div_ceil(50) * 50);
    assert_eq!(sim.sessions().len(), 1);
    grew_little(resident);
    undisturbed(&sim, &mut before);
}

#[test]
fn a_flood_beyond_every_window_is_answered_request_by_request() {
    const FLOOD: u32 = 30_000;
    let sim = SmscSim::builder().max_messages(100).start().unwrap();
    let mut before = Raw::bound(sim.addr(), "me");
    let addr = sim.addr();
    let mut flood = Raw::bound(addr, "flood");
    let octets: Vec<u8> = (2..FLOOD + 2).flat_map(|number| submit(0).to_octets(number).unwrap()).collect();
    let mut answered = vec![false; FLOOD as usize + 2];
    let resident = resident();
    std::thread::scope(|scope| {
        let mut writer = flood.writer();
        scope.spawn(move || writer.write_all(&octets).unwrap());
        for _ in 0..FLOOD {
            let (header, pdu) = flood.next().expect("an answer");
            assert!(matches!(pdu, Pdu::SubmitSmResp(_)), "{pdu:?}");
            let allowed = [CommandStatus::ESME_ROK, CommandStatus::ESME_RMSGQFUL];
            assert!(allowed.contains(&header.command_status));
            assert!(!std::mem::replace(&mut answered[header.sequence_number as usize], true));
        }
    });
    assert_eq!(sim.messages().len(), 100);
    // The octets of the flood are the test's own, and were there before.
    grew_little(resident);
    undisturbed(&sim, &mut before);
}

#[cfg(feature = "cli")]
#[test]
fn killed_it_leaves_its_port_to_the_next_one() {
    use std::io::{BufRead, BufReader};
    use std::process::{Child, Command, Stdio};

    let start = |listen: &str| -> (Child, SocketAddr) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_smsc-sim"))
            .args(["--listen", listen])
            .env("SMSC_SIM_HTTP", "off")
            .stdout(Stdio::piped())
            .spawn()
            .expect("smsc-sim starts");
        let mut ready = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut ready).expect("a line");
        let addr = ready.split_whitespace().find_map(|word| word.strip_prefix("smpp=")).expect(&ready);
        (child, addr.parse().expect(addr))
    };
    let (mut first, addr) = start("127.0.0.1:0");
    let mut esme = Raw::bound(addr, "me");
    esme.send(&submit(1), 2);
    // SIGKILL: nothing is unbound, and the connections it had are still in the tables of the system.
    first.kill().unwrap();
    first.wait().unwrap();
    while let Some((header, _)) = esme.next_or_end() {
        assert_ne!(header.command_id.0, 0x0000_0006, "nobody was there to unbind");
    }
    let (mut second, again) = start(&addr.to_string());
    assert_eq!(again, addr);
    let mut esme = Raw::bound(addr, "me");
    esme.send(&submit(0), 2);
    // What was in memory is gone: ids begin anew.
    assert_eq!(esme.expect_submitted(2), "1");
    second.kill().unwrap();
    second.wait().unwrap();
}

#[test]
fn a_submit_multi_that_would_become_too_many_messages_is_refused_whole() {
    let members = (0..100).map(|number| format!("+4477{number:03}"));
    let sim = SmscSim::builder().distribution_list("all", members).start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    let list = || DestAddress::DistributionList { dl_name: "all".into() };
    for (lists, status, messages) in [(101, CommandStatus::ESME_RINVNUMDESTS, 0), (100, CommandStatus::ESME_ROK, 5000)]
    {
        esme.send(&SubmitMulti::default().with_dest_address((0..lists).map(|_| list()).collect::<Vec<_>>()), lists);
        esme.expect_status(0x8000_0021, lists, status);
        assert_eq!(sim.messages().len(), messages);
    }
}
