//! Binds that fail, ten thousand times: no thread, no socket, no memory is left of them.
//!
//! cloudhopper#45, #9, go-smpp#79: a thread was left of each.

#![cfg(target_os = "linux")]

mod client_fixture;

use std::fs;
use std::thread;
use std::time::Instant;

use smpp::client::Client;

use client_fixture::*;

/// What this process holds.
#[derive(Debug)]
struct Held {
    threads: usize,
    descriptors: usize,
    /// In memory, in octets.
    resident: usize,
}

fn held() -> Held {
    let statm = fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = statm.split(' ').nth(1).unwrap().parse().unwrap();
    Held {
        threads: fs::read_dir("/proc/self/task").unwrap().count(),
        descriptors: fs::read_dir("/proc/self/fd").unwrap().count(),
        resident: pages * 4096,
    }
}

#[test]
fn ten_thousand_failed_binds_leave_nothing_behind() {
    let fixture = fixture();
    let fail = |times: usize| {
        for _ in 0..times {
            let client = fixture.connect(Client::builder().system_id("leaker").password("wrong"));
            assert!(client.bind_transceiver().is_err());
            drop(client);
        }
        for _ in 0..times {
            fixture.closed.recv_timeout(PATIENCE).unwrap();
        }
        assert!(fixture.server.sessions().is_empty());
    };
    let idle = held();
    // What is taken once (arenas, caches) is taken by then.
    fail(2000);
    let begin = held();
    fail(10_000);
    // The last threads may be on their way out.
    let patience = Instant::now() + PATIENCE;
    let mut end = held();
    while (end.threads, end.descriptors) != (idle.threads, idle.descriptors) && Instant::now() < patience {
        thread::yield_now();
        end = held();
    }
    assert_eq!((end.threads, end.descriptors), (idle.threads, idle.descriptors));
    let grown = end.resident.saturating_sub(begin.resident);
    assert!(grown < 1 << 20, "{grown} octets more after 10,000 binds: {begin:?}, {end:?}");
}
