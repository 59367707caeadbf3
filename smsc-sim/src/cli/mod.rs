//! The command line.

pub(crate) mod check;
pub(crate) mod control;
pub(crate) mod decode;
mod ending;
pub(crate) mod exec;
pub(crate) mod faults;
pub(crate) mod load;
mod log;
mod remote;
pub(crate) mod send;
pub(crate) mod serve;
pub(crate) mod settings;
mod smsc;
pub(crate) mod tail;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Exit codes besides 0: what was asked for did not come out well; the command line, or a file that it names; a port cannot
/// be had; what should not happen.
pub(crate) const FAILED: u8 = 1;
pub(crate) const USAGE: u8 = 2;
pub(crate) const NO_PORT: u8 = 3;
pub(crate) const INTERNAL: u8 = 99;

/// A simulated SMSC for tests of SMPP 3.4 applications.
///
/// Without a command it serves. Any ESME may bind unless there are users. A flag counts before its variable of the
/// environment, and that before the file of --config.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
#[command(
    after_help = "Exit codes: 0 all is well; 1 what was asked for did not come out so; 2 the command line or the \
                        configuration is wrong; 3 a port cannot be had, or a simulator not be reached; 99 internal."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) serve: settings::Given,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Serve until SIGTERM or SIGINT.
    ///
    /// Prints one line when ready: `smsc-sim ready smpp=ADDR tls=ADDR|off http=ADDR|off seed=N`.
    Serve(Box<settings::Given>),
    /// Run a command beside a simulator of its own.
    ///
    /// The simulator listens on free ports, whatever the configuration says; the command finds them in SMSC_SIM_ADDR
    /// (HOST:PORT), SMSC_SIM_URL (smpp://HOST:PORT) and SMSC_SIM_HTTP (http://HOST:PORT). It ends with the command, and
    /// with its exit code; if that is 0, with 1 if --fail-on finds something.
    Exec(Box<exec::Exec>),
    /// Wait until a simulator is ready.
    Wait(control::Wait),
    /// Ask whether a simulator is ready, once: for HEALTHCHECK of a container.
    Healthcheck(remote::Remote),
    /// Show the messages that came in, or wait for some.
    ///
    /// Exits with 1 if --wait ends without as many as --count.
    Messages(control::Messages),
    /// Send a message from a mobile, and tell how the ESME answered it.
    ///
    /// Exits with 1 if it refused it, or if there is none to send it to.
    Mo(control::Mo),
    /// Bring a message to a final state, with its receipt, or send its receipt again.
    Receipt(control::Receipt),
    /// Show the connections of ESMEs, or end one.
    Sessions(control::Sessions),
    /// Show, add and remove rules: what the simulator does otherwise than the standard says.
    Rules(faults::Rules),
    /// Make a connection slow, dribbling or deaf.
    #[command(arg_required_else_help = true)]
    Toxic(faults::Toxic),
    /// Have the network behave otherwise: healthy, flaky, throttled, slow, dead, flapping, stale-bind or hostile.
    Profile(faults::Profile),
    /// Have things go wrong by chance, in place of what went wrong before.
    Chaos(faults::Chaos),
    /// Forget messages, sessions and counts, so that the next test begins anew.
    Reset(control::Reset),
    /// Show PDUs as they come and go, a line each, without passwords.
    ///
    /// `>` is what the simulator sent, `<` what it received. It ends with the simulator.
    Tail(tail::Tail),
    /// Move the clock on.
    Clock(control::Clock),
    /// Show what PDUs in hexadecimal say, a line of JSON each.
    ///
    /// Exits with 0 if all could be decoded, with 1 if not.
    Decode(decode::Decode),
    /// Submit a text to any SMSC, and say what became of it.
    ///
    /// Exits with 0 if all of it was accepted (delivered, with --wait-receipt), with 1 if not, with 3 if there is no
    /// connection or bind.
    Send(Box<send::Send>),
    /// Submit many messages to any SMSC, and say how it took them.
    ///
    /// Exits with 0 if all were accepted, with 1 if not, with 3 if there is no connection or bind. Ctrl-C ends it with the
    /// figures so far.
    Load(Box<load::Load>),
    /// Tell what is wrong with a file of configuration.
    Check(check::Check),
}

pub(crate) fn complain(message: &str, code: u8) -> ExitCode {
    eprintln!("smsc-sim: {message}");
    ExitCode::from(code)
}
