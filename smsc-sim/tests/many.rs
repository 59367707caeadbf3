//! Many sessions at once.

mod raw;

use std::thread;

use raw::{Raw, submit};
use smpp::pdu::EnquireLink;
use smpp::value::CommandStatus;
use smsc_sim::SmscSim;

/// File descriptors that the process may have; far more than enough where the system does not tell.
fn descriptors() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(usize::MAX)
}

#[test]
fn a_thousand_sessions_are_idle_while_two_hundred_are_busy() {
    const SUBMITS: u32 = 50;
    // Both ends are in this process, and a simulator keeps several handles of a socket: `ulimit -n 20000` gives room for all.
    let idle = ((descriptors().saturating_sub(100)) / 8).min(1200) * 5 / 6;
    let busy = idle / 5;
    if idle < 1000 {
        println!("only {idle} sessions idle and {busy} busy: `ulimit -n` is too low for more");
    }
    assert!(busy > 0, "{} file descriptors are too few", descriptors());
    let sim = SmscSim::builder().max_messages(20_000).start().unwrap();
    let mut sessions: Vec<_> = (0..idle + busy).map(|_| Raw::bound(sim.addr(), "esme")).collect();
    assert_eq!(sim.sessions().len(), idle + busy);
    let (of_busy, of_idle) = sessions.split_at_mut(busy);
    thread::scope(|scope| {
        for esme in of_busy {
            scope.spawn(move || {
                for number in 2..2 + SUBMITS {
                    esme.send(&submit(0), number);
                }
                for number in 2..2 + SUBMITS {
                    esme.expect_submitted(number);
                }
            });
        }
    });
    assert_eq!(sim.messages().len(), busy * SUBMITS as usize);
    for esme in of_idle {
        esme.send(&EnquireLink::default(), 2);
    }
    for esme in sessions.iter_mut().skip(busy) {
        esme.expect_status(0x8000_0015, 2, CommandStatus::ESME_ROK);
    }
    let stats = sim.stats();
    assert_eq!(stats.get("sessions", &[("system_id", "esme")]) as usize, idle + busy);
    assert_eq!(stats.get("session_closes_total", &[]), 0);
}
