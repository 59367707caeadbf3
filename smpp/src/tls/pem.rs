//! Certificates and keys in PEM.

use std::borrow::Cow;
use std::fmt;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::pki_types::pem::{Error, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Where PEM comes from. It is read each time it is needed.
#[derive(Clone)]
pub(super) enum Source {
    File(PathBuf),
    Octets(Arc<[u8]>),
}

/// A certificate with those that lead up to its CA, and its key.
#[derive(Debug, Clone)]
pub(super) struct Identity {
    pub(super) certificates: Source,
    pub(super) key: Source,
}

/// What certificates are trusted for being signed by.
pub(super) fn add_roots(roots: &mut RootCertStore, sources: &[Source]) -> io::Result<()> {
    for source in sources {
        for certificate in source.certificates()? {
            roots.add(certificate).map_err(|error| source.invalid(format_args!("is no CA certificate: {error}")))?;
        }
    }
    Ok(())
}

impl Identity {
    pub(super) fn load(&self) -> io::Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)> {
        Ok((self.certificates.certificates()?, self.key.key()?))
    }

    /// When certificate and key, each readable by itself, cannot be used together.
    pub(super) fn unusable(&self, error: &rustls::Error) -> io::Error {
        self.certificates.invalid(format_args!("cannot be used with the key in {}: {error}", self.key))
    }
}

impl Source {
    /// At least one.
    fn certificates(&self) -> io::Result<Vec<CertificateDer<'static>>> {
        let octets = self.octets()?;
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&octets).collect();
        let certificates = certificates.map_err(|error| self.invalid(format_args!("is not sound PEM: {error}")))?;
        if certificates.is_empty() {
            return Err(self.invalid(format_args!("holds no certificate in PEM")));
        }
        Ok(certificates)
    }

    fn key(&self) -> io::Result<PrivateKeyDer<'static>> {
        PrivateKeyDer::from_pem_slice(&self.octets()?).map_err(|error| match error {
            Error::NoItemsFound => self.invalid(format_args!("holds no private key in PEM that is not encrypted")),
            error => self.invalid(format_args!("is not sound PEM: {error}")),
        })
    }

    fn octets(&self) -> io::Result<Cow<'_, [u8]>> {
        match self {
            Self::File(path) => {
                let read = fs::read(path).map(Cow::Owned);
                read.map_err(|error| io::Error::new(error.kind(), format!("{self} cannot be read: {error}")))
            }
            Self::Octets(octets) => Ok(Cow::Borrowed(octets)),
        }
    }

    fn invalid(&self, fault: fmt::Arguments<'_>) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidInput, format!("{self} {fault}"))
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "`{}`", path.display()),
            Self::Octets(octets) => write!(f, "PEM of {} octets", octets.len()),
        }
    }
}

/// A key is not shown.
impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
