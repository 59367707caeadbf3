//! An SMSC that does what a test tells it to, octet by octet, and a client bound to it.

#![allow(dead_code, reason = "no test file uses all of it")]

use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, unbounded};
use smpp::client::{Client, ClientBuilder, ClientEvent};
use smpp::codec::{CommandId, Encode, Frame, Header, RawPdu};
use smpp::driver::FrameBuffer;
use smpp::pdu::*;
use smpp::value::CommandStatus;

/// Far longer than anything takes; only a test that fails waits for it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The other end of a client's connection.
pub(crate) struct Smsc {
    pub(crate) stream: TcpStream,
    buffer: FrameBuffer,
}

impl Smsc {
    /// The header and the whole of the next PDU; `None` at the end.
    pub(crate) fn next(&mut self) -> Option<(Header, Vec<u8>)> {
        loop {
            if let Some(frame) = self.buffer.next_frame().unwrap() {
                return Some((frame.header(), frame.octets().to_vec()));
            }
            match self.buffer.fill(&mut self.stream) {
                Ok(0) => return None,
                Ok(_) => {}
                Err(error) => panic!("the client says nothing: {error}"),
            }
        }
    }

    /// The sequence number of the next PDU, which must be this.
    pub(crate) fn expect(&mut self, id: CommandId) -> u32 {
        let (header, _) = self.next().expect("the link is up");
        assert_eq!(header.command_id, id);
        header.sequence_number
    }

    /// The next PDU must answer the request with this sequence number, in this way.
    pub(crate) fn expect_answer(&mut self, id: CommandId, number: u32, status: CommandStatus) {
        let (header, _) = self.next().expect("the link is up");
        assert_eq!((header.command_id, header.sequence_number, header.command_status), (id, number, status));
    }

    pub(crate) fn write(&mut self, octets: &[u8]) {
        self.stream.write_all(octets).unwrap();
    }

    /// Sends a PDU.
    pub(crate) fn send(&mut self, pdu: &impl Encode, number: u32) {
        self.write(&pdu.to_octets(number).unwrap());
    }

    /// The link must still be up, and answer at once.
    pub(crate) fn still_answers(&mut self) {
        self.send(&EnquireLink::default(), 0xABCD);
        self.expect_answer(EnquireLinkResp::ID, 0xABCD, CommandStatus::ESME_ROK);
    }

    /// The client says nothing for so long, and does not close either.
    pub(crate) fn hears_nothing_for(&mut self, time: Duration) {
        assert!(self.buffer.next_frame().unwrap().is_none());
        self.stream.set_read_timeout(Some(time)).unwrap();
        match self.buffer.fill(&mut self.stream) {
            Ok(octets) => panic!("{octets} octets came"),
            Err(error) => {
                assert!(matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut))
            }
        }
        self.stream.set_read_timeout(Some(PATIENCE)).unwrap();
    }
}

pub(crate) fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

pub(crate) fn accept(listener: &TcpListener) -> Smsc {
    let (stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_nodelay(true).unwrap();
    Smsc { stream, buffer: FrameBuffer::new(100_000) }
}

/// The next connection, bound as transceiver.
pub(crate) fn accept_bind(listener: &TcpListener) -> Smsc {
    let mut smsc = accept(listener);
    let number = smsc.expect(BindTransceiver::ID);
    smsc.send(&BindTransceiverResp::default().with_system_id("scripted"), number);
    smsc
}

pub(crate) fn esme() -> ClientBuilder {
    Client::builder().system_id("esme").password("secret")
}

/// A client bound as transceiver, and the SMSC it is bound to.
pub(crate) fn bind(builder: ClientBuilder) -> (Client, Smsc) {
    let (listener, address) = listen();
    let client = thread::spawn(move || {
        let client = builder.connect(address).unwrap();
        client.bind_transceiver().unwrap();
        client
    });
    let smsc = accept_bind(&listener);
    (client.join().unwrap(), smsc)
}

/// The same, with what the client says.
pub(crate) fn bind_with_events(builder: ClientBuilder) -> (Client, Smsc, Receiver<ClientEvent>) {
    let (events_to, events) = unbounded();
    let (client, smsc) = bind(builder.events(events_to));
    (client, smsc, events)
}

pub(crate) fn bound() -> (Client, Smsc, Receiver<ClientEvent>) {
    bind_with_events(esme())
}

/// A PDU of whatever octets.
pub(crate) fn frame(id: CommandId, status: u32, number: u32, body: &[u8]) -> Vec<u8> {
    let mut octets = Vec::new();
    RawPdu::new(id, body).encode_with_status(CommandStatus(status), number, &mut octets).unwrap();
    octets
}

/// A PDU without its header.
pub(crate) fn body(pdu: &impl Encode) -> Vec<u8> {
    pdu.to_octets(1).unwrap()[16..].to_vec()
}

/// A deliver_sm with octets at its end that are not of the fields.
pub(crate) fn deliver_sm_with(tail: &[u8]) -> Vec<u8> {
    let sound = DeliverSm::default().with_source_addr("41").with_short_message("mo");
    frame(DeliverSm::ID, 0, 5, &[&body(&sound)[..], tail].concat())
}

/// A PDU out of its octets.
pub(crate) fn decode<'a, P: smpp::codec::Decode<'a>>(octets: &'a [u8]) -> P {
    smpp::codec::Decoder::default().decode_as(Frame::exact(octets).unwrap()).unwrap()
}
