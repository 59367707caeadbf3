//! TLS, for client and server: feature `tls`.
//!
//! SMPP 3.4 knows nothing of it; operators offer it at a port of its own (3550 is registered), where the connection
//! begins with the handshake of TLS. Versions 1.2 and 1.3 are spoken.
//!
//! A client verifies whom it talks to, by the certificates that the system trusts:
//!
//! ```no_run
//! use smpp::client::Client;
//! use smpp::tls::ClientTls;
//!
//! let client = Client::builder().system_id("alice").tls(ClientTls::new()).connect("smsc.example.net:3550")?;
//! # Ok::<(), smpp::driver::Error>(())
//! ```
//!
//! or by a CA that the operator names, to whom it may have to show a certificate of its own:
//!
//! ```
//! use smpp::tls::ClientTls;
//!
//! let tls = ClientTls::new()
//!     .ca_file("operator-ca.pem")
//!     .client_certificate_files("alice.pem", "alice.key")
//!     .server_name("smsc.operator.example");
//! ```
//!
//! There is no way to take any certificate whatever. A simulator with a certificate that it signed itself is trusted by
//! naming that very certificate as CA.
//!
//! # Files
//!
//! Files are read by each attempt to connect, so that a link that is made again after months uses a certificate that was
//! renewed meanwhile; a file that is wrong makes the attempt fail before anything is sent. A server reads its files
//! when it begins to listen, and again when one of them has changed.
//!
//! # The end of a connection
//!
//! Either side tells the other with close_notify before it closes. A peer that closes without it has closed all the
//! same: PDUs tell their own length, so one that was cut off is noticed.
//!
//! Trouble of a connection that is up, such as an alert of the peer or a record that was tampered with, ends the link
//! with [`CloseReason::Io`](crate::session::CloseReason::Io) of kind [`InvalidData`](std::io::ErrorKind::InvalidData); `tracing`
//! tells what it was. A server that speaks TLS 1.3 refuses a client's certificate only after the client has taken the
//! handshake to be over: connecting succeeds then, and the link ends in this way.

mod client;
mod handshake;
mod pem;
mod server;
mod transport;

pub use client::ClientTls;
pub use server::ServerTls;

pub(crate) use client::Dialer;
pub(crate) use server::Acceptor;
