//! The other end of a link, by hand.

use std::io::{Read, Write};
use std::net::Shutdown;

use crate::codec::{Command, CommandId, Decoder, Encode, Header, Leniency};
use crate::driver::{FrameBuffer, Pipe, ShutdownHandle, Transport};
use crate::pdu::*;
use crate::protocol::{Pdu, value::CommandStatus};

/// The other end of a link, by hand.
pub(super) struct Peer {
    buffer: FrameBuffer,
    reader: Box<dyn Read + Send>,
    writer: Box<dyn Write + Send>,
    shutdown: ShutdownHandle,
    /// The messages that came, by name.
    pub(super) seen: Vec<String>,
}

impl Peer {
    pub(super) fn new(pipe: Pipe) -> Self {
        let halves = Box::new(pipe).split().unwrap();
        let buffer = FrameBuffer::new(70_000);
        let (reader, writer, shutdown) = (halves.reader, halves.writer, halves.shutdown);
        Self { buffer, reader, writer, shutdown, seen: Vec::new() }
    }

    /// The next PDU, and which message it is if it is one; `None` at the end of the stream.
    pub(super) fn read(&mut self) -> Option<(Header, String)> {
        loop {
            if let Some(frame) = self.buffer.next_frame().unwrap() {
                let name = match Decoder::new(Leniency::DEFAULT).decode(frame).unwrap() {
                    Pdu::SubmitSm(pdu) => pdu.destination_addr.to_str_lossy().into_owned(),
                    _ => String::new(),
                };
                let header = frame.header();
                if header.command_id == CommandId::SUBMIT_SM {
                    self.seen.push(name.clone());
                }
                return Some((header, name));
            }
            if self.buffer.fill(&mut *self.reader).unwrap() == 0 {
                return None;
            }
        }
    }

    /// Fails unnoticed once the link is gone.
    pub(super) fn send<P: Command>(&mut self, pdu: &P, status: CommandStatus, sequence_number: u32) {
        let mut octets = Vec::new();
        pdu.encode_with_status(status, sequence_number, &mut octets).unwrap();
        let _ = self.writer.write_all(&octets);
    }

    /// Answers a request as an SMSC would; anything else is none.
    pub(super) fn answer(&mut self, header: Header, name: &str) {
        let (ok, number) = (CommandStatus::ESME_ROK, header.sequence_number);
        match header.command_id {
            CommandId::BIND_TRANSCEIVER => self.send(&BindTransceiverResp::default(), ok, number),
            CommandId::SUBMIT_SM => self.send(&SubmitSmResp::default().with_message_id(name), ok, number),
            CommandId::ENQUIRE_LINK => self.send(&EnquireLinkResp::default(), ok, number),
            CommandId::UNBIND => self.send(&UnbindResp::default(), ok, number),
            _ => {}
        }
    }

    /// Lets the ESME in. No if it is gone.
    pub(super) fn bind(&mut self) -> bool {
        let bind = self.read();
        bind.is_some_and(|(header, name)| {
            self.answer(header, &name);
            header.command_id == CommandId::BIND_TRANSCEIVER
        })
    }

    /// Answers so many PDUs, or all there are. No if they have ended.
    pub(super) fn serve(&mut self, count: usize) -> bool {
        for _ in 0..count {
            let Some((header, name)) = self.read() else { return false };
            self.answer(header, &name);
        }
        true
    }

    /// Answers everything until the end, and tells which messages came.
    pub(super) fn serve_all(mut self) -> Vec<String> {
        self.serve(usize::MAX);
        self.seen
    }

    /// Answers nothing any more, and tells which messages came in all.
    pub(super) fn ignore_all(mut self) -> Vec<String> {
        while self.read().is_some() {}
        self.seen
    }

    pub(super) fn shutdown(&self, how: Shutdown) {
        (self.shutdown)(how);
    }
}
