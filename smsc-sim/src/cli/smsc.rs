//! How the commands that are ESMEs reach an SMSC.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use smpp::client::{Client, ClientBuilder};
use smpp::driver::Error;
use smpp::session::{BindKind, Timers};
use smpp::tls::ClientTls;
use smsc_sim::{VendorSpec, duration};

#[derive(Args)]
pub(crate) struct Smsc {
    /// The SMSC: any, also one that is not simulated.
    #[arg(long, value_name = "HOST:PORT", env = "SMSC_SIM_ADDR", default_value = "127.0.0.1:2775")]
    pub(crate) addr: String,
    /// Who binds.
    #[arg(long, value_name = "ID", env = "SMSC_SIM_CLIENT_SYSTEM_ID", default_value = "smsc-sim")]
    pub(crate) system_id: String,
    /// The password; better in the environment, where other users of the machine do not see it.
    #[arg(long, value_name = "PASSWORD", env = "SMSC_SIM_CLIENT_PASSWORD", hide_env_values = true)]
    pub(crate) password: Option<String>,
    /// system_type of the bind, which some SMSCs ask for.
    #[arg(long, value_name = "TYPE", env = "SMSC_SIM_CLIENT_SYSTEM_TYPE")]
    pub(crate) system_type: Option<String>,
    /// How to bind: tx or trx; tx unless receipts are awaited.
    #[arg(long, value_name = "KIND", value_parser = kind)]
    pub(crate) bind: Option<BindKind>,
    /// Speak TLS.
    #[arg(long)]
    pub(crate) tls: bool,
    /// Trust the CAs in this PEM file, instead of those that the system trusts.
    #[arg(long, value_name = "FILE", requires = "tls")]
    pub(crate) tls_ca: Option<PathBuf>,
    /// The certificate to show if the SMSC asks for one, in PEM.
    #[arg(long, value_name = "FILE", requires_all = ["tls", "tls_key"])]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Its key, in PEM, not encrypted.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// The name that the SMSC's certificate must be for, if it is not the host.
    #[arg(long, value_name = "NAME", requires = "tls")]
    pub(crate) tls_server_name: Option<String>,
    /// How long to wait for the connection, and for each response.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    pub(crate) timeout: Duration,
    /// What a vendor adds to SMPP, in YAML; may be given several times.
    #[arg(long = "spec", value_name = "FILE", env = "SMSC_SIM_SPEC", value_delimiter = ',')]
    pub(crate) specs: Vec<VendorSpec>,
}

impl Smsc {
    /// Whether what it says goes together.
    pub(crate) fn check(&self) -> Result<(), String> {
        VendorSpec::check(&self.specs).map_err(|error| format!("--spec: {error}"))
    }

    /// A client that is not connected yet.
    pub(crate) fn client(&self) -> ClientBuilder {
        let timers = Timers { response: Some(self.timeout), ..Timers::default() };
        let mut builder = Client::builder()
            .system_id(&self.system_id)
            .password(self.password.as_deref().unwrap_or_default())
            .system_type(self.system_type.as_deref().unwrap_or_default())
            .connect_timeout(self.timeout)
            .timers(timers)
            .protocols(VendorSpec::protocols(&self.specs));
        if self.tls {
            let mut tls = ClientTls::new();
            if let Some(path) = &self.tls_ca {
                tls = tls.ca_file(path);
            }
            if let Some((certificate, key)) = self.tls_cert.as_ref().zip(self.tls_key.as_ref()) {
                tls = tls.client_certificate_files(certificate, key);
            }
            if let Some(name) = &self.tls_server_name {
                tls = tls.server_name(name);
            }
            builder = builder.tls(tls);
        }
        builder
    }

    /// Connects and binds, as a transceiver if receipts are wanted.
    pub(crate) fn bind(&self, builder: ClientBuilder, receipts: bool) -> Result<Client, Error> {
        let client = builder.connect(self.addr.as_str())?;
        let kind = self.bind.unwrap_or(if receipts { BindKind::Transceiver } else { BindKind::Transmitter });
        match kind {
            BindKind::Transmitter => drop(client.bind_transmitter()?),
            _ => drop(client.bind_transceiver()?),
        }
        Ok(client)
    }
}

fn kind(word: &str) -> Result<BindKind, String> {
    match word {
        "tx" => Ok(BindKind::Transmitter),
        "trx" => Ok(BindKind::Transceiver),
        _ => Err(format!("expected tx or trx, not `{word}`")),
    }
}

/// A whole number, without a sign.
pub(crate) fn number<N: std::str::FromStr>(text: &str) -> Option<N> {
    text.bytes().all(|octet| octet.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// A rate, such as `50/s`.
pub(crate) fn rate(text: &str) -> Result<u32, String> {
    let parsed = text.strip_suffix("/s").and_then(number).filter(|&rate| rate > 0);
    parsed.ok_or_else(|| format!("expected a number a second, such as 50/s, not `{text}`"))
}
