//! The command line.

pub(crate) mod load;
pub(crate) mod send;
mod smsc;

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use smsc_sim::{
    Account, Delay, MessageIdForm, OutcomeMix, ReceiptForm, ReceiptIdForm, ReceiptRetry, SettingError, Tls, VendorSpec,
    duration,
};

/// A simulated SMSC for tests of SMPP 3.4 applications.
///
/// Without a command it serves. Any ESME may bind unless there are users.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) serve: Serve,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Serve until SIGTERM or SIGINT.
    ///
    /// Prints one line when ready: `smsc-sim ready smpp=ADDR tls=ADDR|off http=off seed=N`.
    Serve(Box<Serve>),
    /// Show what PDUs in hexadecimal say, a line of JSON each.
    ///
    /// Exits with 0 if all could be decoded, with 1 if not.
    Decode(Decode),
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
}

#[derive(Args)]
pub(crate) struct Serve {
    /// Where to listen; port 0 is any free port.
    #[arg(short, long, value_name = "ADDR", env = "SMSC_SIM_LISTEN", default_value = "127.0.0.1:2775")]
    pub(crate) listen: String,
    /// An ESME that may bind, and its limits; may be given several times, or several with commas between.
    ///
    /// KINDS are tx, rx, trx, or several with + between. Beyond N sessions a bind is answered ESME_RALYBND, beyond M messages
    /// a second a message is answered ESME_RTHROTTLED, or STATUS.
    #[arg(short, long = "user", env = "SMSC_SIM_USERS", hide_env_values = true)]
    #[arg(value_name = "ID:PASSWORD[,bind=KINDS][,max-binds=N][,rate=M/s][,over-rate=STATUS]")]
    #[arg(value_parser = accounts)]
    pub(crate) users: Vec<Accounts>,
    /// What the simulator calls itself.
    #[arg(long, value_name = "ID", env = "SMSC_SIM_SYSTEM_ID", default_value = "smsc-sim")]
    pub(crate) system_id: String,
    /// From the beginning of a delivery to its receipt.
    ///
    /// A time such as 500ms, 2s, 1m or 1h, or as chance has it: uniform:10ms..50ms, normal:40ms,10ms (mean and deviation),
    /// lognormal:20ms,0.5 (median and sigma).
    #[arg(long, value_name = "DELAY", env = "SMSC_SIM_DLR_DELAY", default_value = "0s")]
    pub(crate) dlr_delay: Delay,
    /// What becomes of messages, with weights: DELIVRD=95,UNDELIV=5.
    ///
    /// DELIVRD, EXPIRED, DELETED, UNDELIV, ACCEPTD, UNKNOWN, REJECTD; and ENROUTE, which expires with its validity.
    #[arg(long, value_name = "MIX", env = "SMSC_SIM_DLR_MIX", default_value = "DELIVRD=1")]
    pub(crate) dlr_mix: OutcomeMix,
    /// The validity of messages that ask for none, or for more.
    #[arg(long, value_name = "TIME", env = "SMSC_SIM_MAX_VALIDITY", default_value = "72h", value_parser = duration)]
    pub(crate) max_validity: Duration,
    /// How message_ids are written: decimal, hex, hex-upper, uuid or padded10.
    #[arg(long, value_name = "FORM", env = "SMSC_SIM_MSGID", default_value = "decimal")]
    pub(crate) msgid: MessageIdForm,
    /// How message_ids are written in receipts: same, decimal, hex or padded10.
    #[arg(long, value_name = "FORM", env = "SMSC_SIM_DLR_ID", default_value = "same")]
    pub(crate) dlr_id: ReceiptIdForm,
    /// How receipts are written: standard, no-tlv, tlv-only, no-sub or lowercase.
    #[arg(long, value_name = "FORM", env = "SMSC_SIM_RECEIPT", default_value = "standard")]
    pub(crate) receipt: ReceiptForm,
    /// When receipts that an ESME refuses are tried again; every=5s,max=10,on=ESME_RMSGQFUL+ESME_RX_T_APPN unless said.
    #[arg(long, value_name = "[every=TIME][,max=N][,on=STATUS+...]", env = "SMSC_SIM_RECEIPT_RETRY")]
    pub(crate) receipt_retry: Option<ReceiptRetry>,
    /// What chance begins with, to repeat a run; another one each time unless said.
    #[arg(long, value_name = "N", env = "SMSC_SIM_SEED")]
    pub(crate) seed: Option<u64>,
    /// How many messages are kept.
    ///
    /// The oldest go first, also those that are still on their way: what was to come of them, receipts too, does not.
    #[arg(long, value_name = "N", env = "SMSC_SIM_MAX_MESSAGES", default_value_t = 5000)]
    pub(crate) max_messages: usize,
    /// What a vendor adds to SMPP, in YAML; may be given several times.
    #[arg(long = "spec", value_name = "FILE", env = "SMSC_SIM_SPEC", value_delimiter = ',')]
    pub(crate) specs: Vec<VendorSpec>,
    #[command(flatten)]
    pub(crate) tls: TlsFlags,
    /// A file to write the bound addresses to, as JSON, when ready.
    #[arg(long, value_name = "FILE", env = "SMSC_SIM_PORTS_FILE")]
    pub(crate) ports_file: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct TlsFlags {
    /// Where to listen for TLS as well, for instance 127.0.0.1:3550; port 0 is any free port.
    ///
    /// Without --tls-cert the certificate is made at start, for localhost, 127.0.0.1, ::1 and the host of ADDR.
    #[arg(long, value_name = "ADDR", env = "SMSC_SIM_TLS_LISTEN")]
    pub(crate) tls_listen: Option<String>,
    /// The certificate to show, in PEM, followed by those that lead up to its CA; read anew when it changes.
    #[arg(long, value_name = "FILE", env = "SMSC_SIM_TLS_CERT", requires_all = ["tls_listen", "tls_key"])]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The key of the certificate, in PEM, not encrypted.
    #[arg(long, value_name = "FILE", env = "SMSC_SIM_TLS_KEY", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// ESMEs must show a certificate that a CA in this PEM file has signed.
    #[arg(long, value_name = "FILE", env = "SMSC_SIM_TLS_CLIENT_CA", requires = "tls_listen")]
    pub(crate) tls_client_ca: Option<PathBuf>,
    /// A file to write the CA to, in PEM, that has signed the certificate made at start: for clients to trust.
    #[arg(
        long,
        value_name = "FILE",
        env = "SMSC_SIM_TLS_CA_OUT",
        requires = "tls_listen",
        conflicts_with = "tls_cert"
    )]
    pub(crate) tls_ca_out: Option<PathBuf>,
}

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

impl TlsFlags {
    /// Where to listen and what to show, if TLS is wanted.
    pub(crate) fn load(&self) -> std::io::Result<Option<(String, Tls)>> {
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

/// The accounts of one argument.
#[derive(Clone)]
pub(crate) struct Accounts(pub(crate) Vec<Account>);

fn accounts(text: &str) -> Result<Accounts, SettingError> {
    Account::parse_list(text).map(Accounts)
}
