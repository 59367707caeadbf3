//! `smsc-sim exec`: a command beside a simulator of its own.

use std::ffi::OsString;
use std::process::{Command, ExitCode};

use clap::Args;

use super::ending::Ending;
use super::log::LogOptions;
use super::serve::{STOP, start};
use super::settings::Given;
use super::{FAILED, INTERNAL, USAGE, complain};

#[derive(Args)]
pub(crate) struct Exec {
    #[command(flatten)]
    given: Given,
    /// The command and its arguments, after `--`.
    #[arg(last = true, required = true, value_name = "CMD")]
    command: Vec<OsString>,
}

pub(crate) fn run(exec: &Exec) -> ExitCode {
    let (sender, signals) = crossbeam_channel::bounded(1);
    if let Err(error) = ctrlc::set_handler(move || _ = sender.try_send(())) {
        return complain(&format!("cannot handle signals: {error}"), INTERNAL);
    }
    let config = match exec.given.config() {
        Ok(config) => config,
        Err(mistakes) => return complain(&mistakes, USAGE),
    };
    let ending = Ending::of(&config);
    let log = match LogOptions::of(&config) {
        Ok(log) => log,
        Err(message) => return complain(&message, FAILED),
    };
    // A test next to another must not meet it on its port.
    let free = "127.0.0.1:0";
    let listen = config.listen().filter(|_| exec.given.is_flag("listen")).unwrap_or(free).to_owned();
    let http =
        config.http_listen().filter(|http| exec.given.is_flag("http") || *http == "off").unwrap_or(free).to_owned();
    let (sim, token) = match start(config, &listen, &http) {
        Ok(started) => started,
        Err((message, code)) => return complain(&message, code),
    };
    let log = log.start(&sim);
    let Some((program, arguments)) = exec.command.split_first() else { return complain("no command", USAGE) };
    let mut command = Command::new(program);
    command.args(arguments).env("SMSC_SIM_ADDR", sim.addr().to_string());
    command.env("SMSC_SIM_URL", format!("smpp://{}", sim.addr())).env("SMSC_SIM_SEED", sim.seed().to_string());
    match sim.http_addr() {
        Some(addr) => command.env("SMSC_SIM_HTTP", format!("http://{addr}")),
        None => command.env_remove("SMSC_SIM_HTTP"),
    };
    if let Some(token) = token {
        command.env("SMSC_SIM_HTTP_TOKEN", token);
    }
    if let Some(addr) = sim.tls_addr() {
        command.env("SMSC_SIM_TLS_ADDR", addr.to_string());
    }
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return complain(&format!("cannot run {}: {error}", program.display()), USAGE),
    };
    let id = child.id().to_string();
    let (done, ended) = crossbeam_channel::bounded(1);
    std::thread::spawn(move || done.send(child.wait()));
    let status = loop {
        crossbeam_channel::select! {
            recv(ended) -> status => break status,
            // Ctrl-C in a terminal reaches the command as well; twice asked is no harm.
            recv(signals) -> _ => {
                if let Err(error) = Command::new("kill").args(["-TERM", &id]).status() {
                    eprintln!("smsc-sim: the command is not told to end: cannot run kill: {error}");
                }
            }
        }
    };
    let code = match status {
        Ok(Ok(status)) => code(status),
        _ => return complain("cannot tell how the command ended", INTERNAL),
    };
    if code != 0 {
        eprint!("smsc-sim: the command ended with {code}; {} messages\n{}", sim.messages().len(), sim.tail());
    }
    // The code of the command says more than what is found besides.
    let found = ending.tell(&sim);
    sim.stop(STOP);
    if let Some(log) = log {
        log.end();
    }
    ExitCode::from(if code == 0 { found } else { code })
}

/// The exit code; that of a shell if a signal ended it.
fn code(status: std::process::ExitStatus) -> u8 {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return u8::try_from(128 + signal).unwrap_or(u8::MAX);
    }
    status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)
}
