//! The side that is connected to.

use std::fmt;
use std::fs;
use std::io;
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime};

use rustls::crypto::ring;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection};

use super::handshake::handshake;
use super::pem::{Identity, Source, add_roots};
use super::transport::TlsStream;

/// How a server speaks TLS: who it is, and whether ESMEs must show a certificate.
///
/// Files are read when the server begins to listen, and again once one of them has changed: connections made after that
/// get the new certificate. If the new files cannot be used the old ones stay in force, and `tracing` tells so.
#[derive(Clone)]
pub struct ServerTls {
    identity: Identity,
    client_cas: Vec<Source>,
    optional: bool,
}

impl ServerTls {
    /// With a certificate, followed by those that lead up to its CA, and its key, both in PEM (the key not encrypted;
    /// PKCS#8, PKCS#1 or SEC1).
    pub fn from_files(certificates: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        Self::new(Source::File(certificates.into()), Source::File(key.into()))
    }

    /// The same with PEM that is at hand.
    pub fn from_pem(certificates: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> Self {
        Self::new(Source::Octets(certificates.as_ref().into()), Source::Octets(key.as_ref().into()))
    }

    fn new(certificates: Source, key: Source) -> Self {
        Self { identity: Identity { certificates, key }, client_cas: Vec::new(), optional: false }
    }

    /// Asks ESMEs for a certificate that one of the CAs in a PEM file has signed; one that has none is turned away. May be
    /// called several times.
    pub fn client_ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.client_cas.push(Source::File(path.into()));
        self
    }

    /// The same with PEM that is at hand.
    pub fn client_ca_pem(mut self, pem: impl AsRef<[u8]>) -> Self {
        self.client_cas.push(Source::Octets(pem.as_ref().into()));
        self
    }

    /// Lets ESMEs in that show no certificate. One that shows a wrong one is still turned away.
    pub fn client_certificate_optional(mut self) -> Self {
        self.optional = true;
        self
    }

    /// Reads the certificates and keys, to find out early what is wrong with them.
    ///
    /// # Errors
    /// The text names the file and what is wrong with it.
    pub fn check(&self) -> io::Result<()> {
        self.config().map(drop)
    }

    /// Reads what is to be read.
    pub(crate) fn load(self) -> io::Result<Acceptor> {
        let stamps = self.stamps();
        let config = Arc::new(self.config()?);
        Ok(Acceptor { tls: self, loaded: Mutex::new(Loaded { config, stamps }) })
    }

    fn config(&self) -> io::Result<ServerConfig> {
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?;
        let builder = if self.client_cas.is_empty() {
            builder.with_no_client_auth()
        } else {
            let mut roots = RootCertStore::empty();
            add_roots(&mut roots, &self.client_cas)?;
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            let verifier = if self.optional { verifier.allow_unauthenticated() } else { verifier };
            builder.with_client_cert_verifier(verifier.build().map_err(io::Error::other)?)
        };
        let (certificates, key) = self.identity.load()?;
        builder.with_single_cert(certificates, key).map_err(|error| self.identity.unusable(&error))
    }

    /// What tells whether a file has changed.
    fn stamps(&self) -> Vec<Option<(SystemTime, u64)>> {
        let stamp = |source: &Source| match source {
            Source::File(path) => {
                let metadata = fs::metadata(path).ok()?;
                Some((metadata.modified().ok()?, metadata.len()))
            }
            Source::Octets(_) => None,
        };
        [&self.identity.certificates, &self.identity.key].into_iter().chain(&self.client_cas).map(stamp).collect()
    }
}

/// Without keys.
impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { identity, client_cas, optional } = self;
        f.debug_struct("ServerTls")
            .field("identity", identity)
            .field("client_cas", client_cas)
            .field("optional", optional)
            .finish()
    }
}

/// A [`ServerTls`] with everything read.
#[derive(Debug)]
pub(crate) struct Acceptor {
    tls: ServerTls,
    /// The lock is held while files are read, which happens once they have changed.
    loaded: Mutex<Loaded>,
}

#[derive(Debug)]
struct Loaded {
    config: Arc<ServerConfig>,
    stamps: Vec<Option<(SystemTime, u64)>>,
}

impl Acceptor {
    /// Makes a connection that was accepted one of TLS.
    pub(crate) fn accept(&self, socket: TcpStream, deadline: Instant) -> io::Result<TlsStream> {
        let connection = ServerConnection::new(self.config()).map_err(io::Error::other)?;
        handshake(connection.into(), socket, deadline)
    }

    fn config(&self) -> Arc<ServerConfig> {
        let stamps = self.tls.stamps();
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if loaded.stamps != stamps {
            // A certificate that is renewed before its key does not go with it: that is tried again when the key changes.
            loaded.stamps = stamps;
            match self.tls.config() {
                Ok(config) => loaded.config = Arc::new(config),
                Err(error) => tracing::warn!(%error, "SMPP over TLS: changed files cannot be used, the old ones stay"),
            }
        }
        Arc::clone(&loaded.config)
    }
}
