//! The hostile catalogue: our own client comes out of it, and one that does not is found out.

mod raw;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use raw::{PATIENCE, submit};
use smpp::client::{Client, Rebind};
use smpp::session::BindKind;
use smpp::value::*;
use smsc_sim::rules::Profile;
use smsc_sim::{Clock, HostileCase, SmscSim};

fn hostile() -> SmscSim {
    SmscSim::builder().profile(Profile::Hostile).clock(Clock::manual()).start().unwrap()
}

fn rebinding(system_id: &str) -> smpp::client::ClientBuilder {
    let rebind = Rebind::default().delays(Duration::from_millis(1), Duration::from_millis(5)).final_statuses([]);
    Client::builder()
        .system_id(system_id)
        .rebind(rebind)
        .on_deliver_sm(|_| CommandStatus::ESME_ROK)
        .on_data_sm(|_| CommandStatus::ESME_ROK)
}

#[test]
fn our_client_comes_out_of_every_case() {
    let sim = hostile();
    let client = rebinding("alice").start(BindKind::Transceiver, sim.addr()).unwrap();
    let is_done = Arc::new(AtomicBool::new(false));
    let submits = std::thread::spawn({
        let (client, is_done) = (client.clone(), Arc::clone(&is_done));
        move || {
            while !is_done.load(Ordering::Relaxed) {
                let _ = client.submit_sm(&submit(0));
            }
        }
    });
    let report = sim.wait_hostile("alice", PATIENCE).unwrap();
    is_done.store(true, Ordering::Relaxed);
    client.disconnect();
    submits.join().unwrap();
    assert!(report.is_done && report.is_ok(), "{report}");
    assert_eq!(report.runs.len(), HostileCase::all().len());
}
