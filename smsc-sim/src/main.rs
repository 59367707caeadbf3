//! The simulator as a program.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use smpp::codec::Frame;
use smsc_sim::decode::{Options, decode_lines, parse_hex};
use smsc_sim::{Account, SmscSim};

/// Exit codes besides 0: a PDU could not be decoded; (2, by clap: the command line); the port cannot be had.
const FAILED: u8 = 1;
const NO_PORT: u8 = 3;
const INTERNAL: u8 = 99;

/// A simulated SMSC for tests of SMPP 3.4 applications.
///
/// Without a command it serves. Any ESME may bind unless there are users.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: Serve,
}

#[derive(Subcommand)]
enum Command {
    /// Serve until SIGTERM or SIGINT.
    ///
    /// Prints one line when ready: `smsc-sim ready smpp=ADDR tls=off http=off`.
    Serve(Serve),
    /// Show what PDUs in hexadecimal say, a line of JSON each.
    ///
    /// Exits with 0 if all could be decoded, with 1 if not.
    Decode(Decode),
}

#[derive(Args)]
struct Serve {
    /// Where to listen; port 0 is any free port.
    #[arg(short, long, value_name = "ADDR", env = "SMSC_SIM_LISTEN", default_value = "127.0.0.1:2775")]
    listen: String,
    /// An ESME that may bind; may be given several times (in the environment: separated by commas).
    #[arg(short, long = "user", value_name = "ID:PASSWORD", env = "SMSC_SIM_USERS", value_delimiter = ',')]
    #[arg(value_parser = account)]
    users: Vec<Account>,
    /// What the simulator calls itself.
    #[arg(long, value_name = "ID", env = "SMSC_SIM_SYSTEM_ID", default_value = "smsc-sim")]
    system_id: String,
    /// From a submission to its receipt: `500ms`, `2s`, `1m`.
    #[arg(long, value_name = "TIME", env = "SMSC_SIM_DLR_DELAY", default_value = "0s", value_parser = duration)]
    dlr_delay: Duration,
    /// How many messages are kept.
    #[arg(long, value_name = "N", env = "SMSC_SIM_MAX_MESSAGES", default_value_t = 5000)]
    max_messages: usize,
    /// A file to write the bound addresses to, as JSON, when ready.
    #[arg(long, value_name = "FILE", env = "SMSC_SIM_PORTS_FILE")]
    ports_file: Option<PathBuf>,
}

#[derive(Args)]
struct Decode {
    /// The letter of the standard: whatever deviates is refused.
    #[arg(long)]
    strict: bool,
    /// Lines for a person, with offsets.
    #[arg(long)]
    text: bool,
    /// PDUs in hexadecimal, blanks allowed; without any, each line of standard input holds one or several.
    #[arg(value_name = "HEX")]
    hex: Vec<String>,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match cli.command {
        Some(Command::Decode(arguments)) => decode(&arguments),
        Some(Command::Serve(arguments)) => serve(arguments),
        None => serve(cli.serve),
    }
}

fn serve(arguments: Serve) -> ExitCode {
    let mut builder = SmscSim::builder()
        .system_id(arguments.system_id)
        .dlr_delay(arguments.dlr_delay)
        .max_messages(arguments.max_messages);
    for Account { system_id, password } in arguments.users {
        builder = builder.user(system_id, password);
    }
    // The signal must find someone who waits for it, whenever it comes.
    let (sender, stopped) = crossbeam_channel::bounded(1);
    if let Err(error) = ctrlc::set_handler(move || _ = sender.try_send(())) {
        return complain(&format!("cannot handle signals: {error}"), INTERNAL);
    }
    let sim = match builder.listen(arguments.listen.as_str()) {
        Ok(sim) => sim,
        Err(error) => return complain(&format!("cannot listen on {}: {error}", arguments.listen), NO_PORT),
    };
    if let Some(path) = &arguments.ports_file {
        if let Err(error) = write_ports(path, sim.addr()) {
            return complain(&format!("cannot write {}: {error}", path.display()), INTERNAL);
        }
    }
    // Whoever reads it may have gone; that is no reason not to serve.
    let _ = writeln!(std::io::stdout(), "smsc-sim ready smpp={} tls=off http=off", sim.addr());
    let _ = std::io::stdout().flush();
    let _ = stopped.recv();
    sim.stop(Duration::from_secs(5));
    ExitCode::SUCCESS
}

/// The file is whole as soon as it has its name.
fn write_ports(path: &std::path::Path, addr: SocketAddr) -> std::io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    std::fs::write(&name, format!("{{\"smpp\":\"{addr}\"}}\n"))?;
    std::fs::rename(&name, path)
}

fn decode(arguments: &Decode) -> ExitCode {
    let options = Options { text: arguments.text, strict: arguments.strict };
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

fn account(text: &str) -> Result<Account, String> {
    let (system_id, password) = text.split_once(':').ok_or("expected ID:PASSWORD")?;
    match (system_id.len(), password.len()) {
        (1..=15, 0..=8) => Ok(Account { system_id: system_id.to_owned(), password: password.to_owned() }),
        (1..=15, _) => Err("a password has at most 8 characters (section 5.2.2)".to_owned()),
        _ => Err("a system_id has 1 to 15 characters (section 5.2.1)".to_owned()),
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..digits].parse().map_err(|_| "expected a number and a unit, such as 500ms".to_owned())?;
    match &text[digits..] {
        "ms" => Ok(Duration::from_millis(number)),
        "s" => Ok(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs).ok_or_else(|| "too long".to_owned()),
        unit => Err(format!("unknown unit `{unit}`, expected ms, s or m")),
    }
}
