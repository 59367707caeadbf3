//! The side that connects.

use std::fmt;
use std::io;
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use super::handshake::handshake;
use super::pem::{Identity, Source, add_roots};
use super::transport::TlsStream;

/// How a client speaks TLS: whom it trusts, and who it is.
///
/// Unless told otherwise it trusts what the system trusts, on Unix also what the environment variables SSL_CERT_FILE and
/// SSL_CERT_DIR name; the certificate must be for the host that was asked for, by name or by IP address; and it shows
/// none itself.
#[derive(Clone, Default)]
pub struct ClientTls {
    cas: Vec<Source>,
    system_roots: Option<bool>,
    identity: Option<Identity>,
    server_name: Option<String>,
}

impl ClientTls {
    /// Trusts the system's roots.
    pub fn new() -> Self {
        Self::default()
    }

    /// Trusts the certificates in a PEM file, instead of the system's roots: those of CAs, or that of the very server.
    /// May be called several times.
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.cas.push(Source::File(path.into()));
        self
    }

    /// The same with PEM that is at hand.
    pub fn ca_pem(mut self, pem: impl AsRef<[u8]>) -> Self {
        self.cas.push(Source::Octets(pem.as_ref().into()));
        self
    }

    /// Whether the system's roots are trusted: unless set, if no CA is named.
    pub fn system_roots(mut self, trusted: bool) -> Self {
        self.system_roots = Some(trusted);
        self
    }

    /// The certificate to show to a server that asks for one, followed by those that lead up to its CA, and its key, both
    /// in PEM (the key not encrypted; PKCS#8, PKCS#1 or SEC1).
    pub fn client_certificate_files(mut self, certificates: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        let (certificates, key) = (Source::File(certificates.into()), Source::File(key.into()));
        self.identity = Some(Identity { certificates, key });
        self
    }

    /// The same with PEM that is at hand.
    pub fn client_certificate_pem(mut self, certificates: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> Self {
        let octets = |pem: &[u8]| Source::Octets(pem.into());
        self.identity = Some(Identity { certificates: octets(certificates.as_ref()), key: octets(key.as_ref()) });
        self
    }

    /// The name that the server's certificate must be for, and that the server is asked for (SNI); the host that is
    /// connected to unless set. An IP address is verified too, but not asked for.
    pub fn server_name(mut self, name: impl Into<String>) -> Self {
        self.server_name = Some(name.into());
        self
    }

    /// Reads the certificates and keys, to find out early what is wrong with them.
    ///
    /// # Errors
    /// The text names the file and what is wrong with it.
    pub fn check(&self) -> io::Result<()> {
        self.load().map(drop)
    }

    /// Reads what is to be read.
    pub(crate) fn load(&self) -> io::Result<Dialer> {
        let mut roots = RootCertStore::empty();
        if self.system_roots.unwrap_or(self.cas.is_empty()) {
            add_system_roots(&mut roots, self.cas.is_empty())?;
        }
        add_roots(&mut roots, &self.cas)?;
        if roots.is_empty() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "no certificate is trusted: name a CA"));
        }
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_root_certificates(roots);
        let config = match &self.identity {
            None => builder.with_no_client_auth(),
            Some(identity) => {
                let (certificates, key) = identity.load()?;
                let made = builder.with_client_auth_cert(certificates, key);
                made.map_err(|error| identity.unusable(&error))?
            }
        };
        let server_name = self.server_name.as_deref().map(parse_name).transpose()?;
        Ok(Dialer { config: Arc::new(config), server_name })
    }
}

/// Without keys.
impl fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cas, system_roots, identity, server_name } = self;
        f.debug_struct("ClientTls")
            .field("cas", cas)
            .field("system_roots", system_roots)
            .field("identity", identity)
            .field("server_name", server_name)
            .finish()
    }
}

fn add_system_roots(roots: &mut RootCertStore, needed: bool) -> io::Result<()> {
    let found = rustls_native_certs::load_native_certs();
    // Systems carry certificates that no verifier takes any more.
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added > 0 || !needed {
        return Ok(());
    }
    let mut text = "the system trusts no certificate: name a CA".to_owned();
    for error in found.errors {
        text = format!("{text}; {error}");
    }
    Err(io::Error::new(io::ErrorKind::NotFound, text))
}

/// A certificate is for a name without the dot that may end it in the DNS.
fn parse_name(name: &str) -> io::Result<ServerName<'static>> {
    ServerName::try_from(name.strip_suffix('.').unwrap_or(name).to_owned()).map_err(|error| {
        io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("`{name}` is no name that a certificate can be for: {error}"),
        )
    })
}

/// A [`ClientTls`] with everything read.
#[derive(Debug)]
pub(crate) struct Dialer {
    config: Arc<ClientConfig>,
    server_name: Option<ServerName<'static>>,
}

impl Dialer {
    /// Makes a connection to `host`, a name or an IP address, one of TLS.
    pub(crate) fn connect(&self, host: &str, socket: TcpStream, deadline: Instant) -> io::Result<TlsStream> {
        let name = match &self.server_name {
            Some(name) => name.clone(),
            None => parse_name(host)?,
        };
        let connection = ClientConnection::new(Arc::clone(&self.config), name).map_err(io::Error::other)?;
        handshake(connection.into(), socket, deadline)
    }
}
