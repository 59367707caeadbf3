//! Vendor specifications that are read while the program runs.

mod common;
mod web;

use std::path::Path;

use serde_json::Value;
use smpp::client::Client;
use smpp::codec::{Decoder, Frame, Protocol};
use smpp::driver::Error;
use smpp::pdu::SubmitSm;
use smpp::value::CommandStatus;
use smsc_sim::rules::{Hook, TlvMatch, on};
use smsc_sim::{Config, SmscSim, VendorSpec};

// The macro makes items to be used from anywhere.
#[allow(missing_docs, unreachable_pub)]
mod made_at_compile_time {
    pub mod acme {
        smpp::include_spec!("../tests/user-crate/spec/acme.yaml");
    }
    pub mod second {
        smpp::include_spec!("../tests/user-crate/spec/2nd-centre.yaml");
    }
    pub mod field {
        smpp::include_spec!("../smpp/tests/data/acme.yaml");
    }
    pub mod dlt {
        smpp::include_spec!("../smpp/tests/data/dlt.yaml");
    }
    pub mod snapshot {
        smpp::include_spec!("../smpp-derive/tests/snapshot/acme.yaml");
    }
    pub mod example {
        smpp::include_spec!("../smpp/examples/vendor_tlvs.yaml");
    }
}
use made_at_compile_time::{acme, dlt, example, field, second, snapshot};

fn load(path: &str) -> VendorSpec {
    VendorSpec::load(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path))
        .unwrap_or_else(|error| panic!("{error}"))
}

/// Item by item, for a difference that can be read.
#[track_caller]
fn assert_same(made: &Protocol, read: &Protocol) {
    assert_eq!(read.name, made.name);
    let same = |read: Vec<String>, made: Vec<String>| {
        assert_eq!(read.len(), made.len());
        for (read, made) in read.iter().zip(&made) {
            assert_eq!(read, made);
        }
    };
    let all = |protocol: &Protocol| {
        let mut items: Vec<_> = protocol.values.iter().map(|item| format!("{item:?}")).collect();
        items.extend(protocol.tlvs.iter().map(|item| format!("{item:?}")));
        items.extend(protocol.commands.iter().map(|item| format!("{item:?}")));
        items
    };
    same(all(read), all(made));
}

#[test]
fn the_tables_are_those_that_the_macro_makes() {
    for (path, made) in [
        ("tests/user-crate/spec/acme.yaml", acme::PROTOCOL),
        ("tests/user-crate/spec/2nd-centre.yaml", second::PROTOCOL),
        ("smpp/tests/data/acme.yaml", field::PROTOCOL),
        ("smpp/tests/data/dlt.yaml", dlt::PROTOCOL),
        ("smpp-derive/tests/snapshot/acme.yaml", snapshot::PROTOCOL),
        ("smpp/examples/vendor_tlvs.yaml", example::PROTOCOL),
    ] {
        let spec = load(path);
        assert!(!spec.protocol().tlvs.is_empty() || !spec.protocol().commands.is_empty(), "{path}");
        assert_same(made, spec.protocol());
    }
}

#[test]
fn a_file_is_made_into_tables_once() {
    let path = "tests/user-crate/spec/acme.yaml";
    let (one, other) = (load(path), load(path));
    assert!(std::ptr::eq(one.protocol(), other.protocol()));
    let protocols = VendorSpec::protocols(&[one.clone(), load("smpp/tests/data/dlt.yaml")]);
    assert_eq!(protocols.len(), 2);
    assert!(std::ptr::eq(protocols, VendorSpec::protocols(&[other, load("smpp/tests/data/dlt.yaml")])));
    assert_eq!(VendorSpec::protocols(&[one]).len(), 1);
}

#[test]
fn every_mistake_is_reported_with_its_place() {
    let text = "extends: smpp34
tlvs:
  acme_campaign: {tag: 0x1406, type: c_octect_string, max: 65, allowed_in: any, doc: Campaign.}
  acme_colour: {tag: 0x1407, type: integer, size: 1, allowed_in: [submit_ms], doc: Colour.}
";
    let error = VendorSpec::parse("acme.yaml", text).unwrap_err();
    let said = error.to_string();
    assert_eq!(error.diagnostics().len(), 2, "{said}");
    for wanted in ["acme.yaml:3:38", "did you mean `c_octet_string`?", "acme.yaml:4:", "did you mean `submit_sm`?"] {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    let missing = "no/such/file.yaml".parse::<VendorSpec>().unwrap_err().to_string();
    assert!(missing.contains("no/such/file.yaml") && missing.contains("cannot read"), "{missing}");
}

#[test]
fn tlvs_of_a_vendor_are_shown_by_name() {
    let spec = load("tests/user-crate/spec/acme.yaml");
    let tlv = spec.protocol().tlvs.iter().find(|tlv| tlv.min <= 2 && tlv.max >= 2).expect("one of two octets");
    let octets = tlv.tag.to_be_bytes();
    let pdu = [&[0, 0, 0, 22, 0, 0, 0, 0x15, 0, 0, 0, 0, 0, 0, 0, 1][..], &octets, &[0, 2, 0x31, 0x32]].concat();
    let frame = Frame::exact(&pdu).unwrap();
    let mut decoder = Decoder::default().with_protocols(VendorSpec::protocols(std::slice::from_ref(&spec)));
    assert!(smpp::view::json(frame, &mut decoder).contains(&format!("\"name\":\"{}\"", tlv.name)));
    assert!(!smpp::view::json(frame, &mut Decoder::default()).contains(tlv.name));
}

#[test]
fn a_vendors_request_is_answered_by_its_response() {
    let spec = load("tests/user-crate/spec/acme.yaml");
    let sim = SmscSim::builder().spec(spec).start().unwrap();
    let protocols: &'static [&'static Protocol] = &[acme::PROTOCOL];
    let client = Client::builder().protocols(protocols).connect(sim.addr()).unwrap();
    client.bind_transceiver().unwrap();
    let response = client.request(&acme::pdu::AcmePing::default().with_acme_nonce(7)).unwrap();
    assert_eq!(response, acme::pdu::AcmePingResp::default());
    client.unbind().unwrap();
}

#[test]
fn a_request_that_no_specification_has_is_refused() {
    let sim = SmscSim::builder().start().unwrap();
    let protocols: &'static [&'static Protocol] = &[acme::PROTOCOL];
    let client = Client::builder().protocols(protocols).connect(sim.addr()).unwrap();
    client.bind_transceiver().unwrap();
    let error = client.request(&acme::pdu::AcmePing::default()).unwrap_err();
    assert!(matches!(error, Error::Refused { command_status: CommandStatus::ESME_RINVCMDID, .. }), "{error:?}");
}

#[test]
fn decode_names_what_a_vendor_file_says() {
    let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/user-crate/spec/acme.yaml");
    let spec = spec.to_str().unwrap();
    // acme_ping.
    let pdu = "00000014 00010200 00000000 00000001 00000007";
    let decode = |arguments: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_smsc-sim")).args(arguments).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, out) = decode(&["decode", "--spec", spec, pdu]);
    assert!(code == Some(0) && out.contains(r#""command":"acme_ping""#) && out.contains(r#""acme_nonce":7"#), "{out}");
    let (code, out) = decode(&["decode", pdu]);
    assert!(code == Some(1) && out.contains("unknown_command_id"), "{out}");
    let (code, _) = decode(&["decode", "--spec", "no/such/file.yaml", pdu]);
    assert_eq!(code, Some(2));
}

const ACME: &str = "tests/user-crate/spec/acme.yaml";

/// A client that knows what the vendor adds.
fn client(addr: std::net::SocketAddr) -> Client {
    let protocols: &'static [&'static Protocol] = &[acme::PROTOCOL];
    let client = Client::builder().protocols(protocols).on_deliver_sm(|_| CommandStatus::ESME_ROK);
    let client = client.connect(addr).unwrap();
    client.bind_transceiver().unwrap();
    client
}

/// A message with the TLV acme_campaign.
fn of_campaign(campaign: &[u8]) -> SubmitSm<'static> {
    let mut pdu = SubmitSm::default().with_destination_addr("41791").with_short_message("hi");
    let octets = [campaign, &[0]].concat();
    pdu.tlvs.push_raw(0x1409, &octets);
    pdu
}

#[track_caller]
fn assert_refused<T: std::fmt::Debug>(result: Result<T, Error>, with: CommandStatus) {
    match result {
        Err(Error::Refused { command_status, .. }) => assert_eq!(command_status, with),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_a_vendor_adds_has_its_name_in_the_trace_and_over_http() {
    let sim = SmscSim::builder().spec(load(ACME)).http("127.0.0.1:0").start().unwrap();
    let client = client(sim.addr());
    client.submit_sm(&of_campaign(b"spring")).unwrap();
    client.request(&acme::pdu::AcmePing::default().with_acme_nonce(7)).unwrap();
    let told: Vec<_> = sim.pdus().iter().map(ToString::to_string).collect();
    assert!(told.iter().any(|line| line.contains("acme_campaign=\"spring\"")), "{told:#?}");
    assert!(told.iter().any(|line| line.contains("acme_ping ") && line.contains("acme_nonce=7")), "{told:#?}");
    assert!(told.iter().any(|line| line.contains("acme_ping_resp ")), "{told:#?}");

    let web = web::Web::of(&sim);
    let named = |pdu: &Value| {
        let tlvs = pdu["tlvs"].as_array().expect("TLVs").clone();
        assert_eq!((&tlvs[0]["name"], &tlvs[0]["value"]), (&"acme_campaign".into(), &"spring".into()));
    };
    named(&web.get("/api/v1/messages/latest").ok()["pdu"]);
    named(&web.get("/api/v1/pdus?command=submit_sm").ok()["pdus"][0]["pdu"]);
    let pings = web.get("/api/v1/pdus?command=acme_ping").ok();
    assert_eq!(pings["pdus"][0]["pdu"]["fields"]["acme_nonce"], 7);
    assert!(web.get("/metrics").body.contains("command=\"acme_ping\""));

    // And it can be said by name.
    let mo = r#"{"from": "41791", "to": "12345", "text": "hi", "tlvs": ["acme_label=hex:4100"]}"#;
    web.post("/api/v1/mo", mo).ok();
    let line = sim.pdus().iter().map(ToString::to_string).find(|line| line.contains("deliver_sm ")).unwrap();
    assert!(line.contains("acme_label=\"A\""), "{line}");
    let problem = web.post("/api/v1/mo", &mo.replace("acme_label", "acme_labell")).problem(400);
    assert!(problem["detail"].as_str().unwrap().contains("did you mean `acme_label`?"), "{problem}");
}

#[test]
fn rules_match_tlvs_and_commands_of_a_vendor_by_name() {
    let yaml = "
specs: [../tests/user-crate/spec/acme.yaml]
receipt: {tlvs: ['acme_label=hex:5200']}
rules:
  - when: {pdu: submit_sm, tlv: {name: acme_campaign, hex: '6f6c6400'}}
    then: [{status: ESME_RTHROTTLED}]
  - when: {pdu: vendor, command: acme_ping}
    pick: {nth: 2}
    then: [{status: 0x400}]
";
    let config = Config::from_yaml(yaml).unwrap();
    config.check().unwrap();
    let sim = SmscSim::builder().config(config).start().unwrap();
    let client = client(sim.addr());
    client.submit_sm(&of_campaign(b"new").with_registered_delivery(1)).unwrap();
    assert_refused(client.submit_sm(&of_campaign(b"old")), CommandStatus::ESME_RTHROTTLED);
    let ping = acme::pdu::AcmePing::default();
    client.request(&ping).unwrap();
    assert_refused(client.request(&ping), CommandStatus(0x400));
    client.request(&ping).unwrap();
    assert_eq!(sim.rules().iter().map(|rule| rule.hits).collect::<Vec<_>>(), [1, 1]);
    sim.wait_until(|message| message.receipt == smsc_sim::ReceiptState::Delivered, std::time::Duration::from_secs(20))
        .expect("a receipt");
    let told: Vec<_> = sim.pdus().iter().map(ToString::to_string).collect();
    assert!(told.iter().any(|line| line.contains("deliver_sm ") && line.contains("acme_label=\"R\"")), "{told:#?}");

    let guard = sim.rule(on(Hook::SubmitSm).tlv(TlvMatch::named("acme_campaign")).reply(CommandStatus::ESME_RSYSERR));
    assert_refused(client.submit_sm(&of_campaign(b"new")), CommandStatus::ESME_RSYSERR);
    drop(guard);
    client.submit_sm(&of_campaign(b"new")).unwrap();
}

#[test]
fn names_that_no_specification_has_are_told_with_what_could_be_meant() {
    for (yaml, wanted) in [
        ("rules: [{when: {pdu: submit_sm, tlv: {name: acme_campain}}, then: [{status: 8}]}]", "acme_campaign"),
        ("rules: [{when: {pdu: vendor, command: acme_pin}, then: [{status: 8}]}]", "acme_ping"),
        ("receipt: {tlvs: ['acme_labl=x']}", "acme_label"),
        ("profiles: {a: {receipt: {tlvs: ['acme_labl=x']}}}", "acme_label"),
    ] {
        let yaml = format!("specs: [../tests/user-crate/spec/acme.yaml]\n{yaml}\n");
        let config = Config::from_yaml(&yaml).unwrap();
        let error = config.check().unwrap_err().to_string();
        assert!(error.contains(&format!("did you mean `{wanted}`?")), "{error}");
        let error = SmscSim::builder().config(config).start().unwrap_err().to_string();
        assert!(error.contains(&format!("did you mean `{wanted}`?")), "{error}");
    }
    // What has no name anywhere.
    let error = Config::from_yaml("receipt: {tlvs: ['user_message_reference=hex:0']}").unwrap_err().to_string();
    assert!(error.contains("half an octet"), "{error}");
}

#[test]
fn specifications_that_do_not_agree_are_refused_with_both_their_names() {
    let one = "
extends: smpp34
tlvs:
  one_label: {tag: 0x1490, type: c_octet_string, max: 9, allowed_in: any, doc: A label.}
";
    let parse = |path: &str, text: &str| VendorSpec::parse(path, text).unwrap();
    let spec = parse("one.yaml", one);
    // The same twice, or something else, is no harm.
    let same = parse("copy.yaml", one);
    let other = parse("other.yaml", &one.replace("one_label", "other_label").replace("0x1490", "0x1491"));
    VendorSpec::check(&[spec.clone(), same, other, spec.clone()]).unwrap();
    for two in
        [one.replace("one_label", "two_label"), one.replace("max: 9", "max: 10"), one.replace("0x1490", "0x1492")]
    {
        let error =
            SmscSim::builder().spec(spec.clone()).spec(parse("two.yaml", &two)).start().unwrap_err().to_string();
        for wanted in ["one.yaml", "two.yaml", "one_label", "0x1490"] {
            assert!(error.contains(wanted), "{wanted}: {error}");
        }
    }
    let ping = |id: &str| {
        format!(
            "
extends: smpp34
commands:
  x_ping: {{id: 0x{id}, kind: request, doc: A ping., response: x_ping_resp, esme_may_issue_in: [BOUND_TX], fields: []}}
  x_ping_resp: {{id: 0x8{}, kind: response, doc: Its answer., smsc_may_issue_in: [BOUND_TX], fields: []}}
",
            &id[1..]
        )
    };
    let specs = [parse("one.yaml", &ping("00010200")), parse("two.yaml", &ping("00010201"))];
    let error = VendorSpec::check(&specs).unwrap_err().to_string();
    assert!(error.contains("one.yaml") && error.contains("two.yaml") && error.contains("x_ping"), "{error}");
}

#[test]
fn the_program_shows_and_matches_what_a_vendor_adds() {
    let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(ACME);
    let rules = "rules: [{when: {pdu: submit_sm, tlv: {name: acme_short}}, then: [{status: ESME_RSYSERR}]}]";
    let sim = common::Program::start_with(
        &["--spec", spec.to_str().unwrap(), "--user", "alice:secret"],
        &[("SMSC_SIM_CONFIG_YAML", rules)],
    );
    let send = |tlv: &str| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_smsc-sim"))
            .args(["send", "--addr", &sim.addr.to_string(), "--system-id", "alice", "--password", "secret"])
            .args(["--spec", spec.to_str().unwrap(), "--to", "41791", "--text", "hi", "--tlv", tlv])
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    assert_eq!(send("acme_campaign=spring").0, Some(0));
    let (code, said) = send("acme_short=7");
    assert!(code == Some(1) && said.contains("ESME_RSYSERR"), "{said}");
    let http = sim.ready.split_whitespace().find_map(|word| word.strip_prefix("http=")).unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_smsc-sim"))
        .args(["messages", "--json", "--http", http])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("\"name\":\"acme_campaign\"") && said.contains("spring"), "{said}");
    assert_eq!(sim.terminate(), Some(0));
}
