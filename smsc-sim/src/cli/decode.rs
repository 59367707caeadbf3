//! `smsc-sim decode`.

use std::io::Write;
use std::process::ExitCode;

use clap::Args;
use smpp::codec::Frame;
use smsc_sim::VendorSpec;
use smsc_sim::decode::{Options, decode_lines, parse_hex};

use super::{FAILED, USAGE, complain};

#[derive(Args)]
pub(crate) struct Decode {
    /// The letter of the standard: whatever deviates is refused.
    #[arg(long)]
    pub(crate) strict: bool,
    /// Lines for a person, with offsets.
    #[arg(long)]
    pub(crate) text: bool,
    /// What a vendor adds to SMPP, in YAML; may be given several times.
    #[arg(long = "spec", value_name = "FILE", env = "SMSC_SIM_SPEC", value_delimiter = ',')]
    pub(crate) specs: Vec<VendorSpec>,
    /// PDUs in hexadecimal, blanks allowed; without any, each line of standard input holds one or several.
    #[arg(value_name = "HEX")]
    pub(crate) hex: Vec<String>,
}

pub(crate) fn run(arguments: &Decode) -> ExitCode {
    if let Err(error) = VendorSpec::check(&arguments.specs) {
        return complain(&format!("--spec: {error}"), USAGE);
    }
    let protocols = VendorSpec::protocols(&arguments.specs);
    let options = Options { text: arguments.text, strict: arguments.strict, protocols };
    let (mut out, mut complaints) = (std::io::stdout().lock(), std::io::stderr().lock());
    let decoded = if arguments.hex.is_empty() {
        decode_lines(std::io::stdin().lock(), &mut out, &mut complaints, options)
    } else {
        let lines = hex_lines(&arguments.hex);
        decode_lines(lines.as_bytes(), &mut out, &mut complaints, options)
    };
    match decoded {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(FAILED),
        // Nobody is left to tell.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::from(FAILED),
        Err(error) => {
            let _ = writeln!(complaints, "smsc-sim: {error}");
            ExitCode::from(FAILED)
        }
    }
}

/// If one of several arguments is a whole PDU, each is a line of its own; else a PDU was given in pieces.
fn hex_lines(arguments: &[String]) -> String {
    let is_whole = |argument: &String| parse_hex(argument).is_ok_and(|octets| Frame::exact(&octets).is_ok());
    arguments.join(if arguments.iter().any(is_whole) { "\n" } else { " " })
}
