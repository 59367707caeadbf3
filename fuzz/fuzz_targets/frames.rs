//! A stream is cut into the same PDUs whatever pieces it arrives in.
//!
//! The first octet is a number of pieces, that many octets their lengths; what follows is the stream.

#![no_main]

use libfuzzer_sys::fuzz_target;
use smpp::FrameError;
use smpp::codec::{Frame, Frames, HEADER_LENGTH};

/// Less than the largest PDU, so that the limit is met often.
const MAX_COMMAND_LENGTH: u32 = 300;

fuzz_target!(|data: &[u8]| {
    let Some((&pieces, rest)) = data.split_first() else { return };
    let (lengths, stream) = rest.split_at(rest.len().min(pieces.into()));

    let whole = cut(stream);
    assert_eq!(whole, cut_pieces(stream, lengths), "cut at {lengths:?}");

    let (pdus, left, error) = whole;
    assert_eq!([pdus.concat(), left.clone()].concat(), stream, "no octet is lost or made up");
    for pdu in &pdus {
        let frame = Frame::exact(pdu).unwrap();
        assert_eq!(frame.header().command_length as usize, pdu.len());
        assert_eq!(frame.header().to_octets(), pdu[..HEADER_LENGTH]);
        assert_eq!(frame.body(), &pdu[HEADER_LENGTH..]);
    }
    match error {
        Some(error) => {
            assert!(!(HEADER_LENGTH as u32..=MAX_COMMAND_LENGTH).contains(&error.command_length));
            assert_eq!(left[..4], error.command_length.to_be_bytes());
        }
        None => assert!(left.len() < MAX_COMMAND_LENGTH as usize, "a whole PDU was left"),
    }
});

/// The PDUs, what is left, and why it stops.
type Cut = (Vec<Vec<u8>>, Vec<u8>, Option<FrameError>);

fn cut(octets: &[u8]) -> Cut {
    let mut frames = Frames::new(octets).with_max_command_length(MAX_COMMAND_LENGTH);
    let (mut pdus, mut error) = (Vec::new(), None);
    for frame in frames.by_ref() {
        match frame {
            Ok(frame) => pdus.push(frame.octets().to_vec()),
            Err(found) => error = Some(found),
        }
    }
    assert!(frames.next().is_none(), "the end is the end");
    (pdus, frames.remainder().to_vec(), error)
}

/// The same as a reader does it: what is left stays in the buffer until more comes.
fn cut_pieces(mut stream: &[u8], lengths: &[u8]) -> Cut {
    let (mut all, mut buffer) = (Vec::new(), Vec::new());
    let mut lengths = lengths.iter().map(|&length| usize::from(length));
    while !stream.is_empty() {
        let (piece, rest) = stream.split_at(stream.len().min(lengths.next().unwrap_or(stream.len())));
        stream = rest;
        buffer.extend_from_slice(piece);
        let (pdus, left, error) = cut(&buffer);
        all.extend(pdus);
        buffer = left;
        if error.is_some() {
            buffer.extend_from_slice(stream);
            return (all, buffer, error);
        }
    }
    (all, buffer, None)
}
