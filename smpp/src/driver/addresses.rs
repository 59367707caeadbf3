//! Where to connect to.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

/// What to connect to, in order of preference: one host, or several of the same SMSC.
///
/// Made by `into()` from `"host:port"`, `"[::1]:2775"`, a [`SocketAddr`], a host and a port, or an array, slice or vector
/// of any of these. A host name is kept as it is and looked up by each [`connect`](super::Connector::connect) anew, so
/// that a change in the DNS is seen; it stands for all the addresses it has.
///
/// A text that is no address is found out by the attempt to connect, which then fails with
/// [`InvalidInput`](io::ErrorKind::InvalidInput).
///
/// ```
/// use smpp::driver::Addresses;
///
/// let addresses = Addresses::from(["smsc1.example.net:2775", "[2001:db8::1]:2775"]);
/// assert_eq!(addresses.to_string(), "smsc1.example.net:2775, [2001:db8::1]:2775");
/// assert_eq!(Addresses::from(("smsc1.example.net", 2775)), "smsc1.example.net:2775".into());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses {
    places: Vec<Place>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// Nothing has to be looked up.
    Socket(SocketAddr),
    Name {
        host: String,
        port: u16,
    },
    Malformed {
        text: String,
        fault: &'static str,
    },
}

impl Addresses {
    /// All of them, if there is one and each can be one.
    pub(super) fn places(&self) -> io::Result<&[Place]> {
        let invalid = |text| Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        for place in &self.places {
            if let Place::Malformed { text, fault } = place {
                return invalid(format!("`{text}` is no address to connect to: {fault}"));
            }
        }
        if self.places.is_empty() { invalid("no address to connect to".to_owned()) } else { Ok(&self.places) }
    }
}

/// Separated by commas.
impl fmt::Display for Addresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, place) in self.places.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { ", " })?;
            place.fmt(f)?;
        }
        Ok(())
    }
}

impl Place {
    fn parse(text: &str) -> Self {
        if let Ok(address) = text.parse() {
            return Self::socket(address, text);
        }
        let malformed = |fault| Self::malformed(text, fault);
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => match rest.split_once("]:") {
                Some(parts) => parts,
                None => return malformed("expected [address]:port"),
            },
            None => match text.rsplit_once(':') {
                Some((host, _)) if host.contains(':') && !host.contains('/') => {
                    return malformed("an IPv6 address stands in brackets");
                }
                Some(parts) => parts,
                None => return malformed("expected host:port"),
            },
        };
        // The parser of numbers would take a sign.
        match port.parse() {
            Ok(number) if !port.starts_with('+') => Self::new(host, number, text),
            _ => malformed("the port is not a number from 1 to 65535"),
        }
    }

    fn new(host: &str, port: u16, text: &str) -> Self {
        if let Ok(ip) = host.parse::<IpAddr>() {
            return Self::socket((ip, port).into(), text);
        }
        match name_fault(host) {
            _ if port == 0 => Self::malformed(text, PORT_0),
            Some(fault) => Self::malformed(text, fault),
            None => Self::Name { host: host.to_owned(), port },
        }
    }

    fn socket(address: SocketAddr, text: &str) -> Self {
        if address.port() == 0 { Self::malformed(text, PORT_0) } else { Self::Socket(address) }
    }

    fn malformed(text: &str, fault: &'static str) -> Self {
        Self::Malformed { text: text.to_owned(), fault }
    }
}

const PORT_0: &str = "nobody can be reached at port 0";

/// Whether a host is a name, or an IPv6 address with the name of an interface, is for the resolver to say; this only finds
/// what cannot be either.
fn name_fault(host: &str) -> Option<&'static str> {
    let interface = host.split_once('%').filter(|(address, _)| address.parse::<Ipv6Addr>().is_ok());
    let name = interface.map_or(host, |(_, interface)| interface);
    match name {
        "" => Some("the host is empty"),
        name if name.len() > 253 => Some("a host name has at most 253 characters"),
        name if name.contains("//") => Some("expected host:port, not a URL"),
        name if name.contains(|c: char| c.is_whitespace() || c.is_control() || "/@[]:%".contains(c)) => {
            Some("the host has a character that no host name has")
        }
        _ => None,
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(address) => address.fmt(f),
            Self::Name { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Name { host, port } => write!(f, "{host}:{port}"),
            Self::Malformed { text, .. } => f.write_str(text),
        }
    }
}

impl From<Place> for Addresses {
    fn from(place: Place) -> Self {
        Self { places: vec![place] }
    }
}

/// `"host:port"` or `"[::1]:2775"`.
impl From<&str> for Addresses {
    fn from(text: &str) -> Self {
        Place::parse(text).into()
    }
}

impl From<String> for Addresses {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl From<&String> for Addresses {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl From<(&str, u16)> for Addresses {
    fn from((host, port): (&str, u16)) -> Self {
        let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
        Place::new(bare, port, &format!("{host}:{port}")).into()
    }
}

impl From<(String, u16)> for Addresses {
    fn from((host, port): (String, u16)) -> Self {
        (host.as_str(), port).into()
    }
}

impl From<SocketAddr> for Addresses {
    fn from(address: SocketAddr) -> Self {
        Place::socket(address, &address.to_string()).into()
    }
}

impl From<&SocketAddr> for Addresses {
    fn from(address: &SocketAddr) -> Self {
        (*address).into()
    }
}

impl From<SocketAddrV4> for Addresses {
    fn from(address: SocketAddrV4) -> Self {
        SocketAddr::from(address).into()
    }
}

impl From<SocketAddrV6> for Addresses {
    fn from(address: SocketAddrV6) -> Self {
        SocketAddr::from(address).into()
    }
}

impl From<(IpAddr, u16)> for Addresses {
    fn from(address: (IpAddr, u16)) -> Self {
        SocketAddr::from(address).into()
    }
}

impl From<(Ipv4Addr, u16)> for Addresses {
    fn from(address: (Ipv4Addr, u16)) -> Self {
        SocketAddr::from(address).into()
    }
}

impl From<(Ipv6Addr, u16)> for Addresses {
    fn from(address: (Ipv6Addr, u16)) -> Self {
        SocketAddr::from(address).into()
    }
}

impl From<&Self> for Addresses {
    fn from(addresses: &Self) -> Self {
        addresses.clone()
    }
}

impl<T: Into<Self>> From<Vec<T>> for Addresses {
    fn from(addresses: Vec<T>) -> Self {
        addresses.into_iter().collect()
    }
}

impl<T: Into<Self>, const N: usize> From<[T; N]> for Addresses {
    fn from(addresses: [T; N]) -> Self {
        addresses.into_iter().collect()
    }
}

impl<T: Clone + Into<Self>, const N: usize> From<&[T; N]> for Addresses {
    fn from(addresses: &[T; N]) -> Self {
        addresses.iter().cloned().collect()
    }
}

impl<T: Clone + Into<Self>> From<&[T]> for Addresses {
    fn from(addresses: &[T]) -> Self {
        addresses.iter().cloned().collect()
    }
}

/// One after the other.
impl<T: Into<Self>> FromIterator<T> for Addresses {
    fn from_iter<I: IntoIterator<Item = T>>(addresses: I) -> Self {
        Self { places: addresses.into_iter().flat_map(|addresses| addresses.into().places).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(addresses: impl Into<Addresses>) -> Place {
        addresses.into().places.remove(0)
    }

    #[test]
    fn texts_that_are_addresses() {
        let v6: SocketAddr = "[::1]:2775".parse().unwrap();
        assert_eq!(place("127.0.0.1:2775"), Place::Socket(([127, 0, 0, 1], 2775).into()));
        assert_eq!(place(("127.0.0.1", 2775)), place("127.0.0.1:2775".to_owned()));
        for written in [place("[::1]:2775"), place(("::1", 2775)), place(("[::1]".to_owned(), 2775)), place(v6)] {
            assert_eq!(written, Place::Socket(v6));
        }
        assert_eq!(place("smsc:2775"), Place::Name { host: "smsc".into(), port: 2775 });
        assert_eq!(place("a_b.example.net.:1").to_string(), "a_b.example.net.:1");
        // Only the resolver knows the numbers of interfaces.
        assert_eq!(place("[fe80::1%eth0]:2775"), Place::Name { host: "fe80::1%eth0".into(), port: 2775 });
        assert_eq!(place("[fe80::1%eth0]:2775").to_string(), "[fe80::1%eth0]:2775");
        assert!(matches!(place("[fe80::1%2]:2775"), Place::Socket(_)));
    }

    #[test]
    fn lists_keep_their_order() {
        let one: SocketAddr = "10.0.0.1:1".parse().unwrap();
        let wanted = "10.0.0.1:1, b:2";
        assert_eq!(Addresses::from([Addresses::from(one), "b:2".into()]).to_string(), wanted);
        assert_eq!(Addresses::from(vec!["10.0.0.1:1", "b:2"]).to_string(), wanted);
        assert_eq!(Addresses::from(&["10.0.0.1:1".to_owned(), "b:2".to_owned()][..]).to_string(), wanted);
        assert_eq!(Addresses::from(&[("10.0.0.1", 1), ("b", 2)]).to_string(), wanted);
    }

    #[test]
    fn texts_that_are_none() {
        for (text, fault) in [
            ("", "expected host:port"),
            ("smsc", "expected host:port"),
            (":2775", "host is empty"),
            ("smsc:", "port"),
            ("smsc:+1", "port"),
            ("smsc:65536", "port"),
            ("smsc:smpp", "port"),
            ("smsc:0", "port 0"),
            ("127.0.0.1:0", "port 0"),
            ("::1:2775", "brackets"),
            ("[::1]", "[address]:port"),
            ("[::1]2775", "[address]:port"),
            ("a b:1", "character"),
            ("[a%b]:1", "character"),
            ("smpp://smsc:2775", "URL"),
        ] {
            let error = Addresses::from(text).places().unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
            let message = error.to_string();
            assert!(message.starts_with(&format!("`{text}`")) && message.contains(fault), "{message}");
        }
        let none: [&str; 0] = [];
        assert_eq!(Addresses::from(none).places().unwrap_err().to_string(), "no address to connect to");
        // One that is wrong is not passed over.
        assert!(Addresses::from(["127.0.0.1:2775", "oops"]).places().is_err());
    }
}
