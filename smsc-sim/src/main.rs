//! The simulator as a program.

mod cli;

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use cli::{Cli, Command, Decode, Serve};
use smpp::codec::Frame;
use smsc_sim::decode::{Options, decode_lines, parse_hex};
use smsc_sim::{Account, Builder, SmscSim, VendorSpec};

/// Exit codes besides 0: a PDU could not be decoded; the command line, or a file that it names; the port cannot be had.
const FAILED: u8 = 1;
const USAGE: u8 = 2;
const NO_PORT: u8 = 3;
const INTERNAL: u8 = 99;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match cli.command {
        Some(Command::Decode(arguments)) => decode(&arguments),
        Some(Command::Send(arguments)) => cli::send::run(&arguments),
        Some(Command::Load(arguments)) => cli::load::run(&arguments),
        Some(Command::Serve(arguments)) => serve(*arguments),
        None => serve(cli.serve),
    }
}

fn serve(arguments: Serve) -> ExitCode {
    let mut builder = SmscSim::builder()
        .system_id(arguments.system_id)
        .dlr_delay(arguments.dlr_delay)
        .dlr_mix(arguments.dlr_mix)
        .max_validity(arguments.max_validity)
        .message_id(arguments.msgid)
        .receipt_id(arguments.dlr_id)
        .receipt(arguments.receipt)
        .receipt_retry(arguments.receipt_retry.unwrap_or_default())
        .max_messages(arguments.max_messages);
    if let Some(seed) = arguments.seed {
        builder = builder.seed(seed);
    }
    builder = arguments.specs.into_iter().fold(builder, Builder::spec);
    let mut accounts: Vec<Account> = Vec::new();
    for account in arguments.users.into_iter().flat_map(|users| users.0) {
        if accounts.iter().any(|other| other.system_id == account.system_id) {
            return complain(&format!("--user: `{}` is there twice", account.system_id), USAGE);
        }
        accounts.push(account);
    }
    builder = accounts.into_iter().fold(builder, Builder::account);
    // The signal must find someone who waits for it, whenever it comes.
    let (sender, stopped) = crossbeam_channel::bounded(1);
    if let Err(error) = ctrlc::set_handler(move || _ = sender.try_send(())) {
        return complain(&format!("cannot handle signals: {error}"), INTERNAL);
    }
    let tls = match arguments.tls.load() {
        Ok(tls) => tls,
        Err(error) => return complain(&format!("TLS: {error}"), USAGE),
    };
    let no_port = |addr: &str, error| complain(&format!("cannot listen on {addr}: {error}"), NO_PORT);
    let sim = match builder.listen(arguments.listen.as_str()) {
        Ok(sim) => sim,
        Err(error) => return no_port(&arguments.listen, error),
    };
    let mut files = Vec::new();
    if let Some((addr, tls)) = tls {
        files.extend(arguments.tls.tls_ca_out.zip(tls.ca_pem().map(str::to_owned)));
        if let Err(error) = sim.listen_tls(tls, addr.as_str()) {
            return no_port(&addr, error);
        }
    }
    files.extend(arguments.ports_file.map(|path| (path, ports(&sim))));
    for (path, content) in files {
        if let Err(error) = write_whole(&path, &content) {
            return complain(&format!("cannot write {}: {error}", path.display()), INTERNAL);
        }
    }
    let tls = sim.tls_addr().map_or_else(|| "off".to_owned(), |addr| addr.to_string());
    // Whoever reads it may have gone; that is no reason not to serve.
    let _ = writeln!(std::io::stdout(), "smsc-sim ready smpp={} tls={tls} http=off seed={}", sim.addr(), sim.seed());
    let _ = std::io::stdout().flush();
    let _ = stopped.recv();
    sim.stop(Duration::from_secs(5));
    ExitCode::SUCCESS
}

/// The bound addresses as JSON.
fn ports(sim: &SmscSim) -> String {
    let tls = sim.tls_addr().map(|addr| format!(",\"tls\":\"{addr}\"")).unwrap_or_default();
    format!("{{\"smpp\":\"{}\"{tls}}}\n", sim.addr())
}

/// The file is whole as soon as it has its name.
fn write_whole(path: &Path, content: &str) -> std::io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    std::fs::write(&name, content)?;
    std::fs::rename(&name, path)
}

fn decode(arguments: &Decode) -> ExitCode {
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

fn complain(message: &str, code: u8) -> ExitCode {
    eprintln!("smsc-sim: {message}");
    ExitCode::from(code)
}
