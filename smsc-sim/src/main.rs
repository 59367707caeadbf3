//! The simulator as a program.

use std::io::Write;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use smpp::codec::Frame;
use smsc_sim::decode::{Options, decode_lines, parse_hex};
use smsc_sim::{Account, SmscSim, Tls};

/// Exit codes besides 0: a PDU could not be decoded; the command line, or a file that it names; the port cannot be had.
const FAILED: u8 = 1;
const USAGE: u8 = 2;
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
    /// Prints one line when ready: `smsc-sim ready smpp=ADDR tls=ADDR|off http=off`.
    Serve(Box<Serve>),
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
    #[command(flatten)]
    tls: TlsFlags,
    /// A file to write the bound addresses to, as JSON, when ready.
    #[arg(long, value_name = "FILE", env = "SMSC_SIM_PORTS_FILE")]
    ports_file: Option<PathBuf>,
}

#[derive(Args)]
struct TlsFlags {
    /// Where to listen for TLS as well, for instance 127.0.0.1:3550; port 0 is any free port.
    ///
    /// Without --tls-cert the certificate is made at start, for localhost, 127.0.0.1, ::1 and the host of ADDR.
    #[arg(long, value_name = "ADDR", env = "SMSC_SIM_TLS_LISTEN")]
    tls_listen: Option<String>,
    /// The certificate to show, in PEM, followed by those that lead up to its CA; read anew when it changes.
    #[arg(long, value_name = "FILE", env = "SMSC_SIM_TLS_CERT", requires_all = ["tls_listen", "tls_key"])]
    tls_cert: Option<PathBuf>,
    /// The key of the certificate, in PEM, not encrypted.
    #[arg(long, value_name = "FILE", env = "SMSC_SIM_TLS_KEY", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// ESMEs must show a certificate that a CA in this PEM file has signed.
    #[arg(long, value_name = "FILE", env = "SMSC_SIM_TLS_CLIENT_CA", requires = "tls_listen")]
    tls_client_ca: Option<PathBuf>,
    /// A file to write the CA to, in PEM, that has signed the certificate made at start: for clients to trust.
    #[arg(
        long,
        value_name = "FILE",
        env = "SMSC_SIM_TLS_CA_OUT",
        requires = "tls_listen",
        conflicts_with = "tls_cert"
    )]
    tls_ca_out: Option<PathBuf>,
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
        Some(Command::Serve(arguments)) => serve(*arguments),
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
    let tls = match arguments.tls.load() {
        Ok(tls) => tls,
        Err(error) => return complain(&format!("TLS: {error}"), USAGE),
    };
    let no_port = |addr: &str, error| complain(&format!("cannot listen on {addr}: {error}"), NO_PORT);
    let mut sim = match builder.listen(arguments.listen.as_str()) {
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
    let _ = writeln!(std::io::stdout(), "smsc-sim ready smpp={} tls={tls} http=off", sim.addr());
    let _ = std::io::stdout().flush();
    let _ = stopped.recv();
    sim.stop(Duration::from_secs(5));
    ExitCode::SUCCESS
}

impl TlsFlags {
    /// Where to listen and what to show, if TLS is wanted.
    fn load(&self) -> std::io::Result<Option<(String, Tls)>> {
        let Some(addr) = &self.tls_listen else { return Ok(None) };
        let tls = match self.tls_cert.as_ref().zip(self.tls_key.as_ref()) {
            Some((certificate, key)) => Tls::from_files(certificate, key),
            None => Tls::self_signed(host(addr))?,
        };
        let tls = match &self.tls_client_ca {
            Some(path) => tls.client_ca_file(path),
            None => tls,
        };
        tls.check()?;
        Ok(Some((addr.clone(), tls)))
    }
}

/// The host of an address to listen on, if it is one to connect to.
fn host(addr: &str) -> Option<String> {
    let (host, _) = addr.rsplit_once(':')?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let is_any = host.is_empty() || host.parse().is_ok_and(|ip: IpAddr| ip.is_unspecified());
    (!is_any).then(|| host.to_owned())
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
