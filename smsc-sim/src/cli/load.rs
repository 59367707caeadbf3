//! `smsc-sim load`: so many messages, as fast as they may go, and how the SMSC took them.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use hdrhistogram::Histogram;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use smpp::client::Client;
use smpp::driver::Error;
use smpp::pdu::SubmitSm;
use smpp::session::{BindKind, Rate};
use smpp::sms::{Profile, Receipt, Splitter};
use smpp::value::CommandStatus;
use smsc_sim::duration;

use super::send::{address, status_name};
use super::smsc::{Smsc, number, rate};
use super::{FAILED, INTERNAL, NO_PORT, USAGE, complain};

#[derive(Args)]
pub(crate) struct Load {
    #[command(flatten)]
    pub(crate) smsc: Smsc,
    /// How many submit_sm to send; 1000 unless this or --duration is said. Each part of a long text is one.
    #[arg(long, value_name = "N")]
    pub(crate) count: Option<u64>,
    /// How long to send.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) duration: Option<Duration>,
    /// How many requests may be unanswered at a time, for each bind.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) window: u32,
    /// How many submit_sm a second at most, over all binds; as many as the SMSC answers unless said.
    #[arg(long, value_name = "N/s", value_parser = rate)]
    pub(crate) rate: Option<u32>,
    /// How many binds.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) binds: u32,
    /// What is sent, with weights, of short, long (3 parts), ucs2 and long-ucs2 (3 parts): short=8,long=1,ucs2=1.
    ///
    /// What is left of --count when a long text does not fit any more is sent short.
    #[arg(long, value_name = "MIX", default_value = "short=1")]
    pub(crate) mix: Mix,
    /// Ask for receipts, and wait for those that are missing at the end, at most --timeout.
    #[arg(long)]
    pub(crate) receipts: bool,
    /// Who it is from.
    #[arg(long, value_name = "ADDRESS", default_value = "12345")]
    pub(crate) from: String,
    /// Who gets it: this number, with as many numbers after it as there are digits # at its end.
    #[arg(long, value_name = "NUMBER", default_value = "4179123####")]
    pub(crate) to: String,
    /// The outcome as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Kinds of messages, with weights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mix(Vec<(Kind, u64)>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Short,
    Long,
    Ucs2,
    LongUcs2,
}

impl FromStr for Mix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let one = |part: &str| {
            let (name, weight) = part.split_once('=').unwrap_or((part, "1"));
            let kind = match name {
                "short" => Kind::Short,
                "long" => Kind::Long,
                "ucs2" => Kind::Ucs2,
                "long-ucs2" => Kind::LongUcs2,
                _ => return Err(format!("unknown kind `{name}`, expected short, long, ucs2, long-ucs2")),
            };
            let weight = number::<u32>(weight).ok_or_else(|| format!("a weight is a whole number, not `{weight}`"))?;
            Ok((kind, weight.into()))
        };
        let kinds = text.split(',').map(one).collect::<Result<Vec<_>, _>>()?;
        match kinds.iter().map(|(_, weight)| weight).sum::<u64>() {
            0 => Err("at least one weight is more than 0".to_owned()),
            _ => Ok(Self(kinds)),
        }
    }
}

impl Mix {
    /// The kind of the n-th message: the same in every run, and well mixed.
    fn kind(&self, n: u64) -> Kind {
        let total: u64 = self.0.iter().map(|(_, weight)| weight).sum();
        let mut at = (n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33) % total.max(1);
        for &(kind, weight) in &self.0 {
            if at < weight {
                return kind;
            }
            at -= weight;
        }
        Kind::Short
    }
}

impl Kind {
    fn parts(self) -> u64 {
        match self {
            Self::Short | Self::Ucs2 => 1,
            Self::Long | Self::LongUcs2 => 3,
        }
    }

    fn text(self) -> String {
        match self {
            Self::Short => "A short message".to_owned(),
            Self::Long => "A long message. ".repeat(25),
            Self::Ucs2 => "Привет, мир".to_owned(),
            Self::LongUcs2 => "Привет, мир. ".repeat(13),
        }
    }
}

/// What all binds share.
struct Run {
    /// How many may still be sent.
    left: AtomicU64,
    messages: AtomicU64,
    sent: AtomicU64,
    answered: AtomicU64,
    receipts: AtomicU64,
    deadline: Option<Instant>,
    tally: Mutex<Tally>,
}

/// What became of what was sent.
struct Tally {
    /// From when a request is handed to the link to its response, in microseconds.
    latency: Histogram<u64>,
    statuses: BTreeMap<u32, u64>,
    timeouts: u64,
    /// The first failure that is no status.
    failure: Option<String>,
}

pub(crate) fn run(arguments: &Load) -> ExitCode {
    if let Err(error) = arguments.smsc.check() {
        return complain(&error, USAGE);
    }
    if arguments.receipts && arguments.smsc.bind == Some(BindKind::Transmitter) {
        return complain("--receipts: receipts do not come to a transmitter; --bind trx", USAGE);
    }
    if arguments.rate.is_some_and(|rate| rate < arguments.binds) {
        return complain("--rate: at least 1/s for each bind", USAGE);
    }
    // The longest that 3 digits of a histogram can tell of: more than an hour.
    let Ok(latency) = Histogram::new_with_bounds(1, 3_600_000_000, 3) else {
        return complain("no histogram", INTERNAL);
    };
    // How often the user has asked it to stop: the second time, nothing is awaited any more.
    let stops = Arc::new(AtomicU64::new(0));
    let told = Arc::clone(&stops);
    if let Err(error) = ctrlc::set_handler(move || _ = told.fetch_add(1, Ordering::Relaxed)) {
        return complain(&format!("cannot handle signals: {error}"), INTERNAL);
    }
    let count = arguments.count.or_else(|| arguments.duration.is_none().then_some(1000));
    let tally = Tally { latency, statuses: BTreeMap::new(), timeouts: 0, failure: None };
    let mut run = Run {
        left: AtomicU64::new(count.unwrap_or(u64::MAX)),
        messages: AtomicU64::new(0),
        sent: AtomicU64::new(0),
        answered: AtomicU64::new(0),
        receipts: AtomicU64::new(0),
        deadline: None,
        tally: Mutex::new(tally),
    };
    run.deadline = arguments.duration.map(|time| Instant::now() + time);
    let run = Arc::new(run);
    let mut clients = Vec::new();
    for place in 0..arguments.binds {
        match connect(arguments, &run, place) {
            Ok(client) => clients.push(client),
            Err(Error::Encode(error)) => return complain(&error.to_string(), USAGE),
            Err(error) => return complain(&format!("{}: bind {}: {error}", arguments.smsc.addr, place + 1), NO_PORT),
        }
    }
    let bar = bar(count);
    let begin = Instant::now();
    let mut took = Duration::ZERO;
    thread::scope(|scope| {
        let senders: Vec<_> =
            clients.iter().map(|client| scope.spawn(|| send(arguments, &run, client, &stops))).collect();
        while senders.iter().any(|sender| !sender.is_finished()) {
            show(&bar, &run);
            thread::sleep(Duration::from_millis(20));
        }
        await_rest(arguments, &run, &clients, &stops, &bar);
        took = begin.elapsed();
    });
    bar.finish_and_clear();
    for client in &clients {
        if stops.load(Ordering::Relaxed) > 1 || client.unbind().is_err() {
            client.disconnect();
        }
    }
    report(arguments, &run, took, stops.load(Ordering::Relaxed) > 0)
}

fn connect(arguments: &Load, run: &Arc<Run>, place: u32) -> Result<Client, Error> {
    let receipts = Arc::clone(run);
    let mut builder = arguments
        .smsc
        .client()
        .window(arguments.window as usize)
        // Whoever waits for room looks up now and then whether there is still something to wait for.
        .send_timeout(Duration::from_millis(100))
        .on_deliver_sm(move |incoming| match Receipt::of(incoming.pdu()) {
            Some(_) => {
                receipts.receipts.fetch_add(1, Ordering::Relaxed);
                CommandStatus::ESME_ROK
            }
            None => CommandStatus::ESME_RX_T_APPN,
        });
    if let Some(rate) = arguments.rate {
        let share = rate / arguments.binds + u32::from(place < rate % arguments.binds);
        builder = builder.rate(Rate::per_second(share).burst(share / 100));
    }
    arguments.smsc.bind(builder, arguments.receipts)
}

/// Sends until nothing is left, the time is over, or the user or the link has enough.
fn send(arguments: &Load, run: &Arc<Run>, client: &Client, stops: &AtomicU64) {
    let splitter = Splitter::new(Profile::default());
    let (from_ton, from_npi, from) = address(&arguments.from);
    let template = SubmitSm::default()
        .with_source_addr_ton(from_ton)
        .with_source_addr_npi(from_npi)
        .with_source_addr(from)
        .with_registered_delivery(u8::from(arguments.receipts));
    let is_over =
        || stops.load(Ordering::Relaxed) > 0 || run.deadline.is_some_and(|deadline| Instant::now() >= deadline);
    while !is_over() {
        let n = run.messages.fetch_add(1, Ordering::Relaxed);
        let take = |parts| {
            let less = |left: u64| left.checked_sub(parts);
            run.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
        };
        let kind = match arguments.mix.kind(n) {
            kind if take(kind.parts()) => kind,
            _ if take(1) => Kind::Short,
            _ => return,
        };
        let to = destination(&arguments.to, n);
        let (ton, npi, addr) = address(&to);
        let template =
            template.as_borrowed().with_dest_addr_ton(ton).with_dest_addr_npi(npi).with_destination_addr(addr);
        let parts = match splitter.submit_sm(&template, kind.text().as_str()) {
            Ok(parts) => parts,
            Err(error) => return run.fail(&error),
        };
        for part in parts {
            let pending = loop {
                match client.send(&part) {
                    Ok(pending) => break pending,
                    Err(Error::NotSent { .. }) if !is_over() => {}
                    Err(Error::NotSent { .. }) => return,
                    Err(error) => return run.fail(&error),
                }
            };
            let (begin, run) = (Instant::now(), Arc::clone(run));
            run.sent.fetch_add(1, Ordering::Relaxed);
            pending.then(move |outcome| run.outcome(begin, outcome.map(drop)));
        }
    }
}

impl Run {
    fn fail(&self, error: &dyn std::error::Error) {
        let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        tally.failure.get_or_insert_with(|| error.to_string());
    }

    fn outcome(&self, begin: Instant, outcome: Result<(), Error>) {
        let microseconds = u64::try_from(begin.elapsed().as_micros()).unwrap_or(u64::MAX);
        let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        let status = match outcome {
            Ok(()) => Some(CommandStatus::ESME_ROK),
            Err(ref error) => error.command_status(),
        };
        match (status, outcome) {
            (Some(status), _) => {
                tally.latency.saturating_record(microseconds.max(1));
                *tally.statuses.entry(status.0).or_default() += 1;
                self.answered.fetch_add(1, Ordering::Relaxed);
            }
            (None, Err(Error::Timeout { .. })) => tally.timeouts += 1,
            (None, Err(error)) => _ = tally.failure.get_or_insert_with(|| error.to_string()),
            (None, Ok(())) => {}
        }
    }

    fn accepted(&self) -> u64 {
        let tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        tally.statuses.get(&0).copied().unwrap_or_default()
    }
}

/// Waits for the responses, and receipts if those were asked for, no longer than a response may take.
fn await_rest(arguments: &Load, run: &Run, clients: &[Client], stops: &AtomicU64, bar: &ProgressBar) {
    // A response that does not come is given up by the link itself; callbacks may run a little later than that.
    let deadline = Instant::now() + arguments.smsc.timeout + Duration::from_secs(1);
    let are_missing = || {
        let links = clients.iter().any(|client| client.outstanding() > 0 && client.close_reason().is_none());
        links || arguments.receipts && run.receipts.load(Ordering::Relaxed) < run.accepted()
    };
    while are_missing() && Instant::now() < deadline && stops.load(Ordering::Relaxed) < 2 {
        show(bar, run);
        thread::sleep(Duration::from_millis(5));
    }
}

/// The number that the digits `#` at the end stand for is the n-th.
fn destination(pattern: &str, n: u64) -> String {
    let fixed = pattern.trim_end_matches('#');
    match pattern.len() - fixed.len() {
        0 => fixed.to_owned(),
        digits => format!("{fixed}{:0digits$}", n % 10_u64.saturating_pow(digits.min(19) as u32)),
    }
}

fn bar(count: Option<u64>) -> ProgressBar {
    // It is not drawn where there is no terminal.
    let (bar, style) = match count {
        Some(count) => (ProgressBar::new(count), "{elapsed} {wide_bar} {pos}/{len} {per_sec}"),
        None => (ProgressBar::new_spinner(), "{elapsed} {pos} {per_sec}"),
    };
    match ProgressStyle::with_template(style) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn show(bar: &ProgressBar, run: &Run) {
    bar.set_position(run.answered.load(Ordering::Relaxed));
}

fn report(arguments: &Load, run: &Run, took: Duration, interrupted: bool) -> ExitCode {
    let tally = run.tally.lock().unwrap_or_else(PoisonError::into_inner);
    let [sent, answered, receipts] =
        [&run.sent, &run.answered, &run.receipts].map(|counter| counter.load(Ordering::Relaxed));
    let rate = answered as f64 / took.as_secs_f64().max(1e-6);
    let at = |quantile: f64| tally.latency.value_at_quantile(quantile) as f64 / 1000.0;
    let latency = [("p50", at(0.5)), ("p90", at(0.9)), ("p99", at(0.99)), ("p99.9", at(0.999)), ("max", at(1.0))];
    let name =
        |status: u32| status_name(CommandStatus(status)).map_or_else(|| format!("{status:#010x}"), str::to_owned);
    let mut out = std::io::stdout().lock();
    let lines = if arguments.json {
        let statuses: serde_json::Map<_, _> =
            tally.statuses.iter().map(|(&status, &count)| (name(status), count.into())).collect();
        let latency: serde_json::Map<_, _> =
            latency.iter().map(|&(name, value)| (name.to_owned(), json!(value))).collect();
        let report = json!({
            "sent": sent, "answered": answered, "statuses": statuses, "timeouts": tally.timeouts,
            "receipts": receipts, "seconds": took.as_secs_f64(), "per_second": rate, "latency_ms": latency,
            "interrupted": interrupted, "failure": tally.failure,
        });
        report.to_string()
    } else {
        let mut lines = vec![format!("{sent} sent, {answered} answered in {:.3} s: {rate:.0}/s", took.as_secs_f64())];
        lines.extend(tally.statuses.iter().map(|(&status, count)| format!("  {:24} {count}", name(status))));
        if tally.timeouts > 0 {
            lines.push(format!("  no response in time      {}", tally.timeouts));
        }
        if arguments.receipts {
            lines.push(format!("  receipts                 {receipts}"));
        }
        let latency: Vec<_> = latency.iter().map(|(name, value)| format!("{name} {value:.3} ms")).collect();
        lines.push(format!("latency: {}", latency.join(", ")));
        lines.extend(tally.failure.iter().map(|failure| format!("failed: {failure}")));
        lines.extend(interrupted.then(|| "interrupted".to_owned()));
        lines.join("\n")
    };
    // Whoever reads it may have gone; the exit code stays.
    let _ = writeln!(out, "{lines}");
    let accepted = tally.statuses.get(&0).copied().unwrap_or_default();
    let is_well = accepted == sent && tally.failure.is_none() && (!arguments.receipts || receipts >= accepted);
    if is_well { ExitCode::SUCCESS } else { ExitCode::from(FAILED) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mix_has_weights_and_keeps_to_them() {
        let mix: Mix = "short=8,long=1,ucs2=1".parse().unwrap();
        let count = |wanted| (0..10_000).filter(|&n| mix.kind(n) == wanted).count();
        assert_eq!(count(Kind::LongUcs2), 0);
        assert!((7_500..8_500).contains(&count(Kind::Short)), "{}", count(Kind::Short));
        assert!((700..1_300).contains(&count(Kind::Long)), "{}", count(Kind::Long));
        for (text, wanted) in [("shrt", "unknown kind"), ("short=-1", "a weight"), ("short=0", "at least one")] {
            assert!(text.parse::<Mix>().unwrap_err().contains(wanted), "{text}");
        }
    }

    #[test]
    fn texts_have_the_parts_that_are_counted() {
        let splitter = Splitter::new(Profile::default());
        for kind in [Kind::Short, Kind::Long, Kind::Ucs2, Kind::LongUcs2] {
            assert_eq!(splitter.cost(kind.text().as_str()).unwrap().segments as u64, kind.parts(), "{kind:?}");
        }
    }

    #[test]
    fn destinations_are_numbered() {
        assert_eq!(destination("4179##", 7), "417907");
        assert_eq!(destination("4179##", 123), "417923");
        assert_eq!(destination("4179", 123), "4179");
    }
}
