//! An ESME that sends what a test tells it to, octet by octet.

#![allow(dead_code, reason = "no test file uses all of it")]

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use smpp::Pdu;
use smpp::codec::{Decoder, Encode, Header};
use smpp::driver::FrameBuffer;
use smpp::pdu::*;
use smpp::value::CommandStatus;
use smsc_sim::SmscSim;

/// Far longer than anything takes; only a test that fails waits for it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Raw {
    stream: TcpStream,
    buffer: FrameBuffer,
}

impl Raw {
    pub(crate) fn connect(addr: SocketAddr) -> Self {
        Self::of(TcpStream::connect(addr).expect("a connection"))
    }

    /// One that the simulator has connected to.
    pub(crate) fn of(stream: TcpStream) -> Self {
        // Every write is a segment of its own: nothing waits for an acknowledgement.
        stream.set_nodelay(true).expect("no delay");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        Self { stream, buffer: FrameBuffer::new(65_536) }
    }

    /// A transceiver, bound with sequence number 1.
    pub(crate) fn bound(addr: SocketAddr, system_id: &'static str) -> Self {
        let mut raw = Self::connect(addr);
        raw.send(&BindTransceiver::default().with_system_id(system_id).with_interface_version(0x34), 1);
        raw.expect_status(0x8000_0009, 1, CommandStatus::ESME_ROK);
        raw
    }

    pub(crate) fn write(&mut self, octets: &[u8]) {
        self.stream.write_all(octets).expect("written");
    }

    pub(crate) fn send(&mut self, pdu: &impl Encode, sequence_number: u32) {
        self.write(&pdu.to_octets(sequence_number).expect("encoded"));
    }

    /// Another handle to write with.
    pub(crate) fn writer(&self) -> TcpStream {
        self.stream.try_clone().expect("a handle")
    }

    /// The next PDU; `None` at the end, be it a reset.
    pub(crate) fn next_or_end(&mut self) -> Option<(Header, Pdu<'static>)> {
        self.next_or_error().unwrap_or_default()
    }

    /// The next PDU; `None` at the end in good order, or [`ConnectionReset`](std::io::ErrorKind::ConnectionReset).
    pub(crate) fn next_or_error(&mut self) -> Result<Option<(Header, Pdu<'static>)>, std::io::ErrorKind> {
        loop {
            if let Some(frame) = self.buffer.next_frame().expect("a frame") {
                let pdu = Decoder::default().decode(frame).expect("a PDU").into_owned();
                return Ok(Some((frame.header(), pdu)));
            }
            match self.buffer.fill(&mut self.stream) {
                Ok(0) => return Ok(None),
                Ok(_) => {}
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return Err(error.kind()),
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// The next PDU; `None` at the end.
    pub(crate) fn next(&mut self) -> Option<(Header, Pdu<'static>)> {
        loop {
            if let Some(frame) = self.buffer.next_frame().expect("a frame") {
                let pdu = Decoder::default().decode(frame).expect("a PDU").into_owned();
                return Some((frame.header(), pdu));
            }
            if self.buffer.fill(&mut self.stream).expect("the simulator says something") == 0 {
                return None;
            }
        }
    }

    /// How reading fails, if it does rather than end.
    pub(crate) fn read_error(&mut self) -> Option<std::io::Error> {
        loop {
            match self.buffer.fill(&mut self.stream) {
                Ok(0) => return None,
                Ok(_) => {}
                Err(error) => return Some(error),
            }
        }
    }

    /// In how many pieces the next octets come, so many at least.
    pub(crate) fn pieces(&mut self, octets: usize) -> usize {
        let (mut count, mut pieces) = (0, 0);
        while count < octets {
            count += self.buffer.fill(&mut self.stream).expect("the simulator says something");
            pieces += 1;
        }
        pieces
    }

    /// The next PDU must be this, with this status.
    #[track_caller]
    pub(crate) fn expect_status(&mut self, id: u32, sequence_number: u32, status: CommandStatus) -> Pdu<'static> {
        let (header, pdu) = self.next().expect("the link is up");
        assert_eq!((header.command_id.0, header.sequence_number, header.command_status), (id, sequence_number, status));
        pdu
    }

    /// The next PDU must be the response to a submit_sm. Returns the message_id.
    #[track_caller]
    pub(crate) fn expect_submitted(&mut self, sequence_number: u32) -> String {
        match self.expect_status(0x8000_0004, sequence_number, CommandStatus::ESME_ROK) {
            Pdu::SubmitSmResp(response) => response.message_id.to_str_lossy().into_owned(),
            other => panic!("{other:?}"),
        }
    }

    /// The next PDU must be a deliver_sm. Returns its sequence number, too.
    #[track_caller]
    pub(crate) fn expect_deliver_sm(&mut self) -> (u32, DeliverSm<'static>) {
        match self.next().expect("the link is up") {
            (header, Pdu::DeliverSm(pdu)) => (header.sequence_number, pdu),
            (_, other) => panic!("{other:?}"),
        }
    }

    /// Answers a deliver_sm.
    pub(crate) fn answer(&mut self, sequence_number: u32, status: CommandStatus) {
        let mut octets = Vec::new();
        DeliverSmResp::default().encode_with_status(status, sequence_number, &mut octets).expect("encoded");
        self.write(&octets);
    }

    /// What was sent before has been handled, and whatever is due has been handed to the session: so the next PDU is the
    /// answer to this, or it was not expected.
    #[track_caller]
    pub(crate) fn hears_nothing(&mut self, sim: &SmscSim) {
        // Unlike an enquire_link, which the session answers when it reads it, this is handled in its turn.
        self.send(&QuerySm::default().with_message_id("none"), 0xABCC);
        let (header, _) = self.next().expect("the link is up");
        assert_eq!((header.command_id.0, header.sequence_number), (0x8000_0003, 0xABCC));
        sim.advance(Duration::ZERO);
        self.send(&EnquireLink::default(), 0xABCD);
        self.expect_status(0x8000_0015, 0xABCD, CommandStatus::ESME_ROK);
    }
}

pub(crate) fn submit(registered_delivery: u8) -> SubmitSm<'static> {
    SubmitSm::default()
        .with_source_addr("12345")
        .with_destination_addr("4179123456")
        .with_registered_delivery(registered_delivery)
        .with_short_message("hello")
}
