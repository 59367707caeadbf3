//! What the simulator shows to clients that speak TLS.

use std::io;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use smpp::tls::ServerTls;

/// What the simulator shows to clients that speak TLS, and whether they must show something.
///
/// ```
/// use smpp::client::Client;
/// use smpp::tls::ClientTls;
/// use smsc_sim::{SmscSim, Tls};
///
/// let tls = Tls::self_signed([])?;
/// let trusted = ClientTls::new().ca_pem(tls.ca_pem().unwrap_or_default());
/// let sim = SmscSim::builder().tls(tls).start()?;
/// let port = sim.tls_addr().map_or(0, |addr| addr.port());
/// let client = Client::builder().system_id("alice").tls(trusted).connect(("localhost", port))?;
/// client.bind_transceiver()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Tls {
    pub(crate) server: ServerTls,
    ca: Option<String>,
}

/// Since when the certificate is good: clocks differ.
const BEFORE: Duration = Duration::from_secs(24 * 60 * 60);

/// How long the certificate is good: some clients take none that is good for years.
const AFTER: Duration = Duration::from_secs(365 * 24 * 60 * 60);

impl Tls {
    /// With a certificate made here and now, for `localhost`, 127.0.0.1, ::1, and these names or IP addresses. Nothing but
    /// the memory of this process holds its key; that of the CA which signed it is already gone.
    ///
    /// # Errors
    /// If one of the names cannot stand in a certificate.
    pub fn self_signed(names: impl IntoIterator<Item = String>) -> io::Result<Self> {
        let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into_iter().chain(names);
        made(names.collect()).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))
    }

    /// With a certificate and key in PEM files.
    pub fn from_files(certificates: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        ServerTls::from_files(certificates, key).into()
    }

    /// Clients must show a certificate that a CA in this PEM file has signed.
    pub fn client_ca_file(self, path: impl Into<PathBuf>) -> Self {
        Self { server: self.server.client_ca_file(path), ..self }
    }

    /// The CA that clients are to trust, in PEM, if the certificate was made here.
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca.as_deref()
    }

    /// Reads the files, to find out what is wrong with them.
    ///
    /// # Errors
    /// The text names the file.
    pub fn check(&self) -> io::Result<()> {
        self.server.check()
    }
}

impl From<ServerTls> for Tls {
    fn from(server: ServerTls) -> Self {
        Self { server, ca: None }
    }
}

/// A CA of its own signs the certificate: many a client takes no certificate that is its own CA, or no CA for a server.
fn made(names: Vec<String>) -> Result<Tls, rcgen::Error> {
    let now = SystemTime::now();
    let params = |names: Vec<String>, name: &str| {
        let mut params = CertificateParams::new(names)?;
        params.distinguished_name.push(DnType::CommonName, name);
        (params.not_before, params.not_after) = ((now - BEFORE).into(), (now + AFTER).into());
        Ok::<_, rcgen::Error>(params)
    };
    let ca_key = KeyPair::generate()?;
    let mut ca = params(Vec::new(), "smsc-sim CA")?;
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let ca_pem = ca.self_signed(&ca_key)?.pem();

    let key = KeyPair::generate()?;
    let mut server = params(names, "smsc-sim")?;
    server.use_authority_key_identifier_extension = true;
    server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let certificate = server.signed_by(&key, &Issuer::new(ca, ca_key))?.pem();
    Ok(Tls { server: ServerTls::from_pem(certificate, key.serialize_pem()), ca: Some(ca_pem) })
}
