//! The hostile catalogue: our own client comes out of it, and one that does not is found out.

mod raw;

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use raw::{PATIENCE, Raw, submit};
use smpp::client::{Client, ClientBuilder, Rebind};
use smpp::codec::Encode;
use smpp::pdu::*;
use smpp::session::{BindKind, Direction};
use smpp::value::*;
use smsc_sim::rules::{Hook, Profile, Rule, on};
use smsc_sim::{Clock, HostileCase, HostileOutcome, SmscSim};

fn hostile() -> SmscSim {
    SmscSim::builder().profile(Profile::Hostile).clock(Clock::manual()).start().unwrap()
}

/// A client that binds again at once, whatever happens, and takes all messages.
fn client(system_id: &str) -> ClientBuilder {
    let rebind = Rebind::default().delays(Duration::from_millis(1), Duration::from_millis(5)).final_statuses([]);
    let client = Client::builder().system_id(system_id).rebind(rebind);
    client.on_deliver_sm(|_| CommandStatus::ESME_ROK).on_data_sm(|_| CommandStatus::ESME_ROK)
}

/// It submits until the walk is over. Returns what came of it.
fn walked(sim: &SmscSim, client: &Client, system_id: &str) -> smsc_sim::HostileReport {
    let is_done = Arc::new(AtomicBool::new(false));
    let submits = std::thread::spawn({
        let (client, is_done) = (client.clone(), Arc::clone(&is_done));
        move || {
            while !is_done.load(Ordering::Relaxed) {
                let _ = client.submit_sm(&submit(0));
            }
        }
    });
    let report = sim.wait_hostile(system_id, PATIENCE).unwrap();
    is_done.store(true, Ordering::Relaxed);
    client.disconnect();
    submits.join().unwrap();
    report
}

#[test]
fn our_client_comes_out_of_every_case() {
    let sim = hostile();
    let client = client("alice").start(BindKind::Transceiver, sim.addr()).unwrap();
    let report = walked(&sim, &client, "alice");
    assert!(report.is_done && report.is_ok(), "{report}");
    assert_eq!(report.runs.len(), HostileCase::all().len());
    assert_eq!(sim.hostile_reports(), std::slice::from_ref(&report));
    for run in report.runs.iter().filter(|run| run.case.name() != "close") {
        assert!(run.pdus.iter().any(|pdu| pdu.is_sent), "{}", run.case);
    }
    // Where framing is lost it closes, and it says so.
    for case in ["command_length_zero", "command_length_8", "command_length_2_gib", "command_length_4_gib", "http_text"]
    {
        assert_eq!(report.run(case).unwrap().note, "closed", "{case}");
    }
}

#[test]
fn a_client_that_only_transmits_is_given_what_it_can_have() {
    let sim = hostile();
    let client = client("alice").start(BindKind::Transmitter, sim.addr()).unwrap();
    let is_there = |case: &str| {
        sim.hostile_report("alice")
            .is_some_and(|report| report.run(case).is_some_and(|run| run.outcome != HostileOutcome::NotRun))
    };
    let mut attempts = 0;
    while !is_there("close") || !is_there("submit_resp_other_command") {
        let _ = client.submit_sm(&submit(0));
        attempts += 1;
        assert!(attempts < 1_000_000, "{}", sim.hostile_report("alice").unwrap());
    }
    let report = sim.hostile_report("alice").unwrap();
    let not_run: Vec<_> = report.runs.iter().filter(|run| run.outcome == HostileOutcome::NotRun).collect();
    assert!(not_run.iter().any(|run| run.case.name() == "data_sm") && !report.is_done, "{report}");
    let is_odd = |run: &&smsc_sim::HostileRun| !matches!(run.outcome, HostileOutcome::Ok | HostileOutcome::NotRun);
    assert_eq!(report.runs.iter().find(is_odd), None, "{report}");
}

#[test]
fn a_report_is_a_table_and_json_without_passwords() {
    let sim = hostile();
    let mut esme = Raw::connect(sim.addr());
    esme.send(&BindTransceiver::default().with_system_id("me").with_password("verysec"), 1);
    esme.expect_status(0x8000_0009, 1, CommandStatus::ESME_ROK);
    let (enquire_link, _) = esme.next().unwrap();
    assert_eq!(enquire_link.command_id.0, 0x15);
    esme.send(&EnquireLinkResp::default(), enquire_link.sequence_number);
    // The next case waits for a submit_sm.
    esme.send(&submit(0), 2);
    esme.expect_status(0x8000_0004, 2, CommandStatus::ESME_RSYSERR);
    let report = sim.hostile_report("me").unwrap();
    let table = report.to_string();
    assert!(table.contains("\n  bind_resp_no_body          ok       \n"), "{table}");
    assert!(table.ends_with(&format!("1 ok, {} not run", HostileCase::all().len() - 1)), "{table}");
    let json = serde_json::to_value(&report).unwrap();
    let run = json["runs"].as_array().unwrap().iter().find(|run| run["case"] == "bind_resp_no_body").unwrap();
    assert_eq!(run["outcome"], "ok");
    assert_eq!(run["pdus"][0]["hex"], "00000010800000090000000000000001");
    assert!(run["pdus"][0]["text"].as_str().unwrap().starts_with("bind_transceiver_resp 1 ESME_ROK"), "{run}");
    assert!(run["pdus"][2]["text"].as_str().unwrap().starts_with("enquire_link_resp "), "{run}");
    assert!(!json.to_string().contains("verysec") && !json.to_string().contains("76657279736563"), "{json}");
}

/// How a client with faults treats what a case sends, known by its command_id.
#[derive(Clone, Copy, PartialEq)]
enum Fault {
    Mute,
    Late,
    Nacks,
    Closes,
    Deaf,
}

/// A client with faults, octet by octet, which moves the time on where it makes the simulator wait.
struct Faulty<'a> {
    sim: &'a SmscSim,
    faults: &'a [(u32, Fault)],
    stream: TcpStream,
    number: u32,
    /// What it is at.
    fault: Option<Fault>,
}

const SYNC: u32 = 0xABCD;

impl Faulty<'_> {
    /// Binds and goes on until it leaves or is thrown out; whether it was, by an end without a word, which is the last case.
    fn converse(sim: &SmscSim, faults: &[(u32, Fault)]) -> bool {
        let stream = TcpStream::connect(sim.addr()).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut faulty = Faulty { sim, faults, stream, number: 2, fault: None };
        match faulty.go() {
            Ok(()) => false,
            Err(error) if error.kind() == ErrorKind::WouldBlock => panic!("{}", sim.hostile_report("faulty").unwrap()),
            Err(error) => error.kind() == ErrorKind::UnexpectedEof,
        }
    }

    fn go(&mut self) -> std::io::Result<()> {
        let bind = BindTransceiver::default().with_system_id("faulty").with_interface_version(0x34);
        self.stream.write_all(&bind.to_octets(1).unwrap())?;
        loop {
            let mut header = [0; 16];
            self.stream.read_exact(&mut header)?;
            let [length, id, status, number] =
                [0, 4, 8, 12].map(|at| u32::from_be_bytes(header[at..at + 4].try_into().unwrap()));
            if length == 0 {
                // It does not find out that it cannot know where anything begins.
                self.sim.advance(Duration::from_secs(10));
            } else if !(16..70_000).contains(&length) {
                return Ok(());
            }
            if length > 0 {
                self.stream.read_exact(&mut vec![0; length as usize - 16])?;
                if !self.treat(id, status, number)? {
                    return Ok(());
                }
            }
        }
    }

    /// Whether it stays.
    fn treat(&mut self, id: u32, status: u32, number: u32) -> std::io::Result<bool> {
        if let Some((_, fault)) = self.faults.iter().find(|(of, _)| *of == id) {
            self.fault = Some(*fault);
            match fault {
                Fault::Mute | Fault::Late => {}
                Fault::Nacks => self.respond(0x8000_0000, 3, number)?,
                Fault::Closes => return Ok(false),
                Fault::Deaf => self.sim.advance(Duration::from_secs(10)),
            }
            return Ok(true);
        }
        match id {
            0x15 => {
                let fault = self.fault.take();
                if fault == Some(Fault::Late) {
                    self.sim.advance(Duration::from_secs(6));
                }
                self.respond(0x8000_0015, 0, number)?;
                if fault == Some(Fault::Mute) {
                    self.stream.write_all(&EnquireLink::default().to_octets(SYNC).unwrap())?;
                }
            }
            // What it has answered before has been seen.
            0x8000_0015 if number == SYNC => self.sim.advance(Duration::from_secs(10)),
            0x05 | 0x103 => self.respond(id | 0x8000_0000, 0, number)?,
            0x8000_0009 if status != 0 => return Ok(false),
            0x8000_0009 | 0x8000_0004 | 0x8000_0008 => self.submit()?,
            id if id & 0x8000_0000 == 0 && !matches!(id, 0x0B | 0x102) => self.respond(0x8000_0000, 3, number)?,
            _ => {}
        }
        Ok(true)
    }

    fn submit(&mut self) -> std::io::Result<()> {
        self.number += 1;
        self.stream.write_all(&submit(0).to_octets(self.number).unwrap())
    }

    fn respond(&mut self, id: u32, status: u32, number: u32) -> std::io::Result<()> {
        let body: &[u8] = if matches!(id, 0x8000_0005 | 0x8000_0103) { &[0] } else { &[] };
        let words = [16 + body.len() as u32, id, status, number].map(u32::to_be_bytes).concat();
        self.stream.write_all(&[&words, body].concat())
    }
}

#[test]
fn a_client_with_faults_is_found_out() {
    let sim = hostile();
    let faults = [
        (0x103, Fault::Mute),
        (0x102, Fault::Nacks),
        (0x0B, Fault::Late),
        (0x0999, Fault::Closes),
        (0x8000_0000, Fault::Deaf),
        (0x06, Fault::Deaf),
    ];
    while !Faulty::converse(&sim, &faults) {}
    // The end of the connection is seen a moment later.
    let report = loop {
        let report = sim.hostile_report("faulty").unwrap();
        if report.run("close").unwrap().outcome != HostileOutcome::NotRun {
            break report;
        }
        std::thread::yield_now();
    };
    let expected = [
        ("data_sm", HostileOutcome::Mute),
        ("alert_notification", HostileOutcome::Bad),
        ("outbind_when_bound", HostileOutcome::Late),
        ("unknown_request", HostileOutcome::Closed),
        ("submit_nack", HostileOutcome::Deaf),
        ("nack_sequence_zero", HostileOutcome::Deaf),
        ("command_length_zero", HostileOutcome::Deaf),
        ("unbind", HostileOutcome::Mute),
    ];
    for run in report.runs.iter().filter(|run| run.outcome != HostileOutcome::NotRun) {
        let expected = expected.iter().find(|(case, _)| *case == run.case.name());
        assert_eq!(run.outcome, expected.map_or(HostileOutcome::Ok, |(_, outcome)| *outcome), "{}\n{report}", run.case);
    }
    for (case, outcome) in expected {
        assert_eq!(report.run(case).unwrap().outcome, outcome, "{case}");
    }
}

#[test]
fn every_case_can_be_had_by_a_rule() {
    // What each sends in a walk is to leave by a rule too.
    let sim = hostile();
    let walking = client("alice").start(BindKind::Transceiver, sim.addr()).unwrap();
    let walk = walked(&sim, &walking, "alice");
    for case in HostileCase::all() {
        let hooks = [Hook::Bind, Hook::SubmitSm];
        let hook = if case.name().contains("bind_resp") { hooks[0] } else { hooks[1] };
        let written = format!("{{when: {{pdu: {hook}}}, pick: {{nth: 1}}, then: [{{hostile: {case}}}]}}");
        let config = smsc_sim::Config::from_yaml(&format!("rules: [{written}]")).expect(&written);
        let sim = SmscSim::builder().config(config).clock(Clock::manual()).trace(1000).start().unwrap();
        let client = client("alice").start(BindKind::Transceiver, sim.addr()).unwrap();
        assert!(client.wait_bound(PATIENCE), "{case}");
        let first = client.submit_sm(&submit(0));
        // Bound, or bound again, it goes on, whatever has happened.
        let mut attempts = 0;
        while client.submit_sm(&submit(0)).is_err() {
            attempts += 1;
            assert!(attempts < 1000 && client.wait_bound(PATIENCE), "{case}: {first:?}");
        }
        let rule = &sim.rules()[0];
        assert_eq!((rule.hits, rule.rule.then.len()), (1, 1), "{case}");
        let sent = walk.run(case.name()).unwrap().pdus.iter().find(|pdu| pdu.is_sent && !pdu.hex.is_empty());
        let is_it = |octets: &[u8]| {
            let hex: String = octets.iter().map(|octet| format!("{octet:02x}")).collect();
            // But for the sequence_number of what is answered.
            sent.is_none_or(|sent| {
                let length = usize::from_str_radix(&sent.hex[..8], 16).unwrap();
                let first = &sent.hex[..length.clamp(16, sent.hex.len() / 2) * 2];
                hex.len() >= first.len() && hex[..24] == first[..24] && hex[32..].starts_with(&first[32..])
            })
        };
        let mut traced = sim.pdus().into_iter().filter(|pdu| pdu.direction == Direction::Sent);
        assert!(traced.any(|pdu| is_it(&pdu.octets)), "{case}: {sent:?}");
        let refused = case.name().starts_with("submit_resp_error") || case.name() == "submit_nack";
        assert_eq!(first.as_ref().is_err_and(|error| error.command_status().is_some()), refused, "{case}: {first:?}");
        client.disconnect();
    }
    let wrong = on(Hook::QuerySm).hostile("submit_resp_tlv".parse().unwrap());
    assert!(SmscSim::builder().start().unwrap().add_rule(wrong).is_err());
    let error = serde_json::from_str::<Rule>(r#"{"when":{"pdu":"submit_sm"},"then":{"hostile":"unbnd"}}"#).unwrap_err();
    assert!(error.to_string().contains("did you mean `unbind`?"), "{error}");
}
