//! What a simulator sent, and what Wireshark's dissector makes of it.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;

use smpp::codec::{DEFAULT_MAX_COMMAND_LENGTH, Frame};

/// Stands between clients and a simulator, and keeps what the simulator sends.
pub(crate) struct Recorder {
    pub(crate) addr: SocketAddr,
    streams: Streams,
}

/// What was sent over each connection.
type Streams = Arc<Mutex<Vec<Vec<u8>>>>;

impl Recorder {
    pub(crate) fn start(to: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let (addr, streams) = (listener.local_addr().unwrap(), Streams::default());
        let kept = Arc::clone(&streams);
        // It ends with the test.
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(to) else { continue };
                let place = {
                    let mut streams = kept.lock().unwrap();
                    streams.push(Vec::new());
                    streams.len() - 1
                };
                let (from_client, to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                thread::spawn(move || pass(from_client, to_server, |_| {}));
                let kept = Arc::clone(&kept);
                thread::spawn(move || {
                    pass(server, client, |octets| kept.lock().unwrap()[place].extend_from_slice(octets));
                });
            }
        });
        Self { addr, streams }
    }

    /// What the simulator has sent so far, over each connection.
    pub(crate) fn sent(&self) -> Vec<Vec<u8>> {
        self.streams.lock().unwrap().clone()
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, show: impl Fn(&[u8])) {
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        // Kept before it goes on: whoever has got it finds it here.
        show(&buffer[..count]);
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

/// The command_ids of the PDUs in streams.
pub(crate) fn command_ids(streams: &[Vec<u8>]) -> Vec<u32> {
    let mut ids = Vec::new();
    for stream in streams {
        let mut rest = &stream[..];
        while let Some((frame, after)) = Frame::split(rest, DEFAULT_MAX_COMMAND_LENGTH).unwrap() {
            ids.push(frame.header().command_id.0);
            rest = after;
        }
        assert!(rest.is_empty(), "half a PDU at the end");
    }
    ids
}

/// What tshark says of streams: the command_ids that it saw, and what it finds malformed or otherwise an error. `None` if
/// there is no tshark.
pub(crate) fn dissect(name: &str, streams: &[Vec<u8>]) -> Option<(Vec<u32>, Vec<String>)> {
    if Command::new("tshark").arg("--version").output().is_err() {
        eprintln!("!!! SKIPPED: tshark cannot be had, nothing was dissected");
        return None;
    }
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.pcap"));
    std::fs::write(&path, pcap(streams)).unwrap();
    let output = Command::new("tshark")
        .arg("-r")
        .arg(&path)
        .args(["-d", "tcp.port==2775,smpp", "-T", "fields", "-E", "occurrence=a", "-E", "separator=;"])
        .args(["-e", "smpp.command_id", "-e", "_ws.malformed", "-e", "_ws.expert.severity", "-e", "_ws.expert.message"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (mut ids, mut faults) = (Vec::new(), Vec::new());
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let columns: Vec<_> = line.split(';').collect();
        let id = |text: &str| u32::from_str_radix(text.trim_start_matches("0x"), 16).unwrap();
        ids.extend(columns[0].split(',').filter(|text| !text.is_empty()).map(id));
        // PI_ERROR of Wireshark.
        if !columns[1].is_empty() || columns[2].split(',').any(|severity| severity == "8388608") {
            faults.push(line.to_owned());
        }
    }
    Some((ids, faults))
}

/// The streams as a capture: each as the segments that a server on port 2775 sends to a client, over IPv4.
fn pcap(streams: &[Vec<u8>]) -> Vec<u8> {
    // Magic, version 2.4, no zone, no accuracy, no limit of length, LINKTYPE_RAW.
    let mut out = Vec::new();
    out.extend_from_slice(&0xA1B2_C3D4_u32.to_le_bytes());
    out.extend_from_slice(&[2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    out.extend_from_slice(&0x0004_0000_u32.to_le_bytes());
    out.extend_from_slice(&101_u32.to_le_bytes());
    for (stream, port) in streams.iter().zip(40_000_u16..) {
        let mut sequence = 1_u32;
        for segment in stream.chunks(1400) {
            let length = 40 + segment.len();
            out.extend_from_slice(&[0; 8]);
            out.extend_from_slice(&(length as u32).to_le_bytes());
            out.extend_from_slice(&(length as u32).to_le_bytes());
            // IPv4: no fragments, 64 hops, TCP, checksum not filled in, 10.0.0.1 to 10.0.0.2.
            out.extend_from_slice(&[0x45, 0]);
            out.extend_from_slice(&(length as u16).to_be_bytes());
            out.extend_from_slice(&[0, 0, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
            // TCP: PSH and ACK, no options, checksum not filled in.
            out.extend_from_slice(&2775_u16.to_be_bytes());
            out.extend_from_slice(&port.to_be_bytes());
            out.extend_from_slice(&sequence.to_be_bytes());
            out.extend_from_slice(&[0, 0, 0, 1, 0x50, 0x18, 0xFF, 0xFF, 0, 0, 0, 0]);
            out.extend_from_slice(segment);
            sequence += segment.len() as u32;
        }
    }
    out
}
