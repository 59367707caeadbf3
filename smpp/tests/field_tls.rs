//! What users of other clients asked for in vain: TLS. The test is named after the issues; tls.rs has the rest.
#![cfg(feature = "tls")]

mod client_fixture;
mod tls_fixture;

use smpp::client::Client;
use smpp::driver::Error;
use smpp::tls::ClientTls;

use client_fixture::*;
use tls_fixture::*;

/// python-smpplib/python-smpplib#107, opentelecoms-org/jsmpp#177, telenordigital/sms-smpp#118: no TLS, or nobody knows how,
/// or not with a certificate of the client. Who says nothing but that it be TLS has the server verified; a certificate
/// is shown to whoever asks; and what goes over the link is the same as ever.
#[test]
fn smpplib_107_tls_and_client_certificates() {
    let (ca, of_clients) = (Ca::new(), Ca::new());
    let tls = ca.server("localhost").server_tls().client_ca_pem(&of_clients.pem);
    let fixture = fixture_of(|server| server.tls(tls), ("127.0.0.1", 0));
    let address = ("localhost", fixture.server.local_addr().port());
    let shows = |identity: Identity| ca.trusted().client_certificate_pem(identity.certificate, identity.key);

    // Not to be trusted as far as the system knows.
    assert!(matches!(esme().tls(ClientTls::new()).connect(address), Err(Error::Io(_))));
    // No certificate, or one of somebody else: at the latest the bind does not come about.
    let binds = |client: Client| client.bind_transceiver().map(drop);
    for tls in [ca.trusted(), shows(ca.client())] {
        let outcome = esme().tls(tls).connect(address).and_then(binds);
        assert!(matches!(outcome, Err(Error::Io(_) | Error::Disconnected { .. })), "{outcome:?}");
    }
    assert!(fixture.bound.is_empty());

    let client = esme().tls(shows(of_clients.client())).connect(address).unwrap();
    client.bind_transceiver().unwrap();
    let session = fixture.bound.recv_timeout(PATIENCE).unwrap();
    let pending: Vec<_> = (0..10).map(|number| client.send(&text(&number.to_string())).unwrap()).collect();
    for (number, pending) in pending.into_iter().enumerate() {
        assert_eq!(pending.wait().unwrap().message_id, *format!("id-{number}"));
    }
    session.enquire_link().unwrap();
    client.unbind().unwrap();
}
