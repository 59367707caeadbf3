//! Vendor specifications that are read while the program runs.

use std::path::Path;

use smpp::client::Client;
use smpp::codec::{Decoder, Frame, Protocol};
use smpp::driver::Error;
use smpp::value::CommandStatus;
use smsc_sim::{SmscSim, VendorSpec};

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
