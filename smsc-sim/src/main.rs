//! The simulator as a program.

mod cli;

use std::process::ExitCode;

use clap::Parser;
use cli::{Cli, Command, check, control, decode, exec, faults, load, send, serve, tail};

fn main() -> ExitCode {
    let cli = Cli::parse();
    match cli.command {
        Some(Command::Decode(arguments)) => decode::run(&arguments),
        Some(Command::Check(arguments)) => check::run(&arguments),
        Some(Command::Exec(arguments)) => exec::run(&arguments),
        Some(Command::Wait(arguments)) => control::wait(&arguments),
        Some(Command::Healthcheck(remote)) => control::healthcheck(&remote),
        Some(Command::Messages(arguments)) => control::messages(&arguments),
        Some(Command::Mo(arguments)) => control::mo(&arguments),
        Some(Command::Receipt(arguments)) => control::receipt(&arguments),
        Some(Command::Sessions(arguments)) => control::sessions(&arguments),
        Some(Command::Rules(arguments)) => faults::rules(&arguments),
        Some(Command::Toxic(arguments)) => faults::toxic(&arguments),
        Some(Command::Profile(arguments)) => faults::profile(&arguments),
        Some(Command::Chaos(arguments)) => faults::chaos(&arguments),
        Some(Command::Reset(arguments)) => control::reset(&arguments),
        Some(Command::Tail(arguments)) => tail::run(&arguments),
        Some(Command::Send(arguments)) => send::run(&arguments),
        Some(Command::Load(arguments)) => load::run(&arguments),
        Some(Command::Clock(arguments)) => control::clock(&arguments),
        Some(Command::Serve(given)) => serve::run(&given),
        None => serve::run(&cli.serve),
    }
}
