//! `smsc-sim serve`.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use smsc_sim::{Config, SmscSim};

use super::ending::Ending;
use super::log::LogOptions;
use super::settings::Given;
use super::{FAILED, INTERNAL, NO_PORT, USAGE, complain};

/// How long sessions have to say that they have heard unbind.
pub(super) const STOP: Duration = Duration::from_secs(5);

pub(crate) fn run(given: &Given) -> ExitCode {
    // The signal must find someone who waits for it, whenever it comes.
    let (sender, stopped) = crossbeam_channel::bounded(1);
    if let Err(error) = ctrlc::set_handler(move || _ = sender.try_send(())) {
        return complain(&format!("cannot handle signals: {error}"), INTERNAL);
    }
    let config = match given.config() {
        Ok(config) => config,
        Err(mistakes) => return complain(&mistakes, USAGE),
    };
    let (exit_after, ending) = (config.exit_after(), Ending::of(&config));
    let log = match LogOptions::of(&config) {
        Ok(log) => log,
        Err(message) => return complain(&message, FAILED),
    };
    let listen = config.listen().unwrap_or("127.0.0.1:2775").to_owned();
    let http = config.http_listen().unwrap_or("127.0.0.1:12775").to_owned();
    let (sim, _) = match start(config, &listen, &http) {
        Ok(started) => started,
        Err((message, code)) => return complain(&message, code),
    };
    let log = log.start(&sim);
    // Whoever reads it may have gone; that is no reason not to serve.
    let _ = writeln!(std::io::stdout(), "{}", ready(&sim));
    let _ = std::io::stdout().flush();
    match exit_after {
        Some(time) => _ = stopped.recv_timeout(time),
        None => _ = stopped.recv(),
    }
    let code = ending.tell(&sim);
    sim.stop(STOP);
    if let Some(log) = log {
        log.end();
    }
    ExitCode::from(code)
}

/// Starts on these addresses, and writes the files that were asked for. Returns the token of the HTTP side too.
pub(super) fn start(config: Config, listen: &str, http: &str) -> Result<(SmscSim, Option<String>), (String, u8)> {
    let tls = match config.tls_listen() {
        Some(addr) => Some((addr.to_owned(), config.tls().map_err(|error| (format!("TLS: {error}"), USAGE))?)),
        None => None,
    };
    let (ca_out, ports_file) = (config.tls_ca_out().cloned(), config.ports_file().cloned());
    let token = config.http_token().map(str::to_owned);
    let mut builder = SmscSim::builder().http_readonly(config.http_readonly());
    if http != "off" {
        builder = builder.http(http);
    }
    if let Some(token) = &token {
        builder = builder.http_token(token.as_str());
    }
    if http != "off" && token.is_none() && !is_loopback(http) {
        eprintln!("smsc-sim: whoever reaches {http} can change everything here: there is no --http-token");
    }
    let no_port = |addr: &str, error| (format!("cannot listen on {addr}: {error}"), NO_PORT);
    let sim = builder.config(config).listen(listen).map_err(|error| no_port(listen, error))?;
    let mut files = Vec::new();
    if let Some((addr, tls)) = tls {
        files.extend(ca_out.zip(tls.ca_pem().map(str::to_owned)));
        sim.listen_tls(tls, addr.as_str()).map_err(|error| no_port(&addr, error))?;
    }
    files.extend(ports_file.map(|path| (path, ports(&sim))));
    for (path, content) in files {
        write_whole(&path, &content).map_err(|error| (format!("cannot write {}: {error}", path.display()), FAILED))?;
    }
    Ok((sim, token))
}

fn is_loopback(addr: &str) -> bool {
    let host = addr.rsplit_once(':').map_or(addr, |(host, _)| host).trim_matches(['[', ']']);
    host == "localhost" || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

fn ready(sim: &SmscSim) -> String {
    let shown = |addr: Option<std::net::SocketAddr>| addr.map_or_else(|| "off".to_owned(), |addr| addr.to_string());
    let (tls, http) = (shown(sim.tls_addr()), shown(sim.http_addr()));
    format!("smsc-sim ready smpp={} tls={tls} http={http} seed={}", sim.addr(), sim.seed())
}

/// The bound addresses as JSON.
fn ports(sim: &SmscSim) -> String {
    let mut ports = serde_json::Map::new();
    ports.insert("smpp".into(), sim.addr().to_string().into());
    for (name, addr) in [("tls", sim.tls_addr()), ("http", sim.http_addr())] {
        ports.extend(addr.map(|addr| (name.to_owned(), addr.to_string().into())));
    }
    format!("{}\n", serde_json::Value::Object(ports))
}

/// The file is whole as soon as it has its name.
pub(super) fn write_whole(path: &Path, content: &str) -> std::io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    std::fs::write(&name, content)?;
    std::fs::rename(&name, path)
}
