//! A session without threads: one loop that reads, answers and sends, on a socket of its own.

use std::io::Write;
use std::net::TcpStream;
use std::time::Instant;

use smpp::codec::{DecodeOwned, Decoder};
use smpp::driver::{FrameBuffer, Incoming, Reply};
use smpp::pdu::{BindTransceiver, DeliverSm, DeliverSmResp, SubmitSm, SubmitSmResp};
use smpp::server::{BindRequest, Handler, Server, SessionHandle};
use smpp::session::{CloseReason, Received, Role, SendOptions, Session, SessionConfig, SessionState};
use smpp::value::CommandStatus;

/// Sends one message back for each that it gets.
struct Echo;

impl Handler for Echo {
    fn bind(&self, _: &SessionHandle, _: &BindRequest<'_>) -> CommandStatus {
        CommandStatus::ESME_ROK
    }

    fn submit_sm(&self, session: &SessionHandle, request: &Incoming<'_, SubmitSm<'_>>) -> Reply<SubmitSmResp<'static>> {
        let back = DeliverSm::default().with_short_message(request.short_message.as_bytes());
        drop(session.try_send(&back).unwrap());
        Reply::ok(SubmitSmResp::default().with_message_id("1"))
    }
}

#[test]
fn bind_submit_receive_unbind() {
    let server = Server::builder(Echo).listen("127.0.0.1:0").unwrap();
    let mut stream = TcpStream::connect(server.local_addr()).unwrap();
    let mut session = Session::<&str>::new(Role::Esme, SessionConfig::default(), Instant::now());
    let (mut buffer, mut decoder, mut out) = (FrameBuffer::new(70_000), Decoder::default(), Vec::new());
    let mut log = Vec::new();

    session.send(Instant::now(), &BindTransceiver::default(), Some("bind"), SendOptions::default()).unwrap();
    while session.close_reason().is_none() {
        session.take_output(&mut out);
        stream.write_all(&out).unwrap();
        if buffer.fill(&mut stream).unwrap() == 0 {
            session.close(CloseReason::PeerClosed);
        }
        let now = Instant::now();
        while let Some(frame) = buffer.next_frame().unwrap() {
            match session.receive(now, frame) {
                Received::Response(request) if request.token == Some("bind") => {
                    let submit = SubmitSm::default().with_short_message("echo");
                    session.send(now, &submit, Some("submit"), SendOptions::default()).unwrap();
                }
                Received::Response(_) => {
                    let response = SubmitSmResp::decode_owned(&mut decoder, frame).unwrap();
                    log.push(format!("message_id {}", response.message_id));
                }
                Received::Request(inbound) => {
                    let pdu: DeliverSm<'_> = decoder.decode_as(frame).unwrap();
                    log.push(format!("short_message {}", pdu.short_message));
                    session.respond(now, inbound, CommandStatus::ESME_ROK, &DeliverSmResp::default()).unwrap();
                }
                Received::Handled => {}
                other => panic!("{other:?}"),
            }
        }
        if log.len() == 2 && session.state() == SessionState::BoundTrx {
            session.unbind(now).unwrap();
        }
    }
    log.sort();
    assert_eq!(log, ["message_id 1", "short_message echo"]);
    assert_eq!(session.close_reason(), Some(CloseReason::Unbound));
}
