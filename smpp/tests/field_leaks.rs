//! What other clients leave behind. Alone in its file, since it counts what the whole process has.

#![cfg(target_os = "linux")]

mod scripted;

use std::thread;
use std::time::{Duration, Instant};

use smpp::driver::Error;
use smpp::pdu::*;
use smpp::session::{CloseReason, Timers};
use smpp::value::CommandStatus;

use scripted::*;

/// The process's descriptors and threads.
fn held() -> (usize, usize) {
    let count = |directory| std::fs::read_dir(directory).unwrap().count();
    (count("/proc/self/fd"), count("/proc/self/task"))
}

/// twitter-archive/cloudhopper-smpp#45, RestComm/cloudhopper-smpp#9, fiorix/go-smpp#79: a monitor, or a goroutine, outlives
/// each failed bind. Whichever way the bind fails.
#[test]
fn cloudhopper_45_and_go_smpp_79_something_outlives_each_failed_bind() {
    const ROUNDS: usize = 100;
    let (listener, address) = listen();
    let smsc = thread::spawn(move || {
        for round in 0..ROUNDS {
            let mut smsc = accept(&listener);
            let number = smsc.expect(BindTransceiver::ID);
            match round % 4 {
                0 => smsc.write(&frame(BindTransceiverResp::ID, 0x0D, number, b"")),
                1 => smsc.write(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
                // No answer at all.
                2 => assert!(smsc.next().is_none()),
                _ => continue,
            }
            while smsc.next().is_some() {}
        }
    });
    let mut before = held();
    for round in 0..ROUNDS {
        if round == 8 {
            // What is set up once is there by now.
            before = settled(before);
        }
        let patience = if round % 4 == 2 { Duration::from_millis(100) } else { PATIENCE };
        let timers = Timers { response: Some(patience), ..Timers::default() };
        let client = esme().timers(timers).connect(address).unwrap();
        let error = client.bind_transceiver().unwrap_err();
        match (round % 4, &error) {
            (0, Error::Refused { command_status: CommandStatus::ESME_RBINDFAIL, .. })
            | (1, Error::Disconnected { reason: CloseReason::Frame(_), .. })
            | (2, Error::Timeout { written: true })
            | (3, Error::Disconnected { .. }) => {}
            _ => panic!("{error:?}"),
        }
        // Some are closed, the others dropped.
        if round % 8 < 4 {
            client.disconnect();
        }
    }
    smsc.join().unwrap();
    let after = settled(before);
    // The scripted SMSC had a thread, and a listener.
    assert!(after.0 <= before.0 && after.1 <= before.1, "{before:?} became {after:?}");
}

/// What is held once there is no more than this, or when that does not come about: the last threads may be on their way
/// out.
fn settled(wanted: (usize, usize)) -> (usize, usize) {
    let begin = Instant::now();
    loop {
        let now = held();
        if now.0 <= wanted.0 && now.1 <= wanted.1 || begin.elapsed() > Duration::from_secs(5) {
            return now;
        }
        thread::yield_now();
    }
}
