//! Sequence numbers: counted by the client, from a generator of one's own, from a file that outlives the process, and
//! given for a single request.
//!
//! ```sh
//! cargo run -p smpp --example sequence_numbers
//! cargo run -p smpp --example sequence_numbers -- 127.0.0.1:2775
//! ```

mod common;

use std::path::Path;
use std::time::{Duration, Instant};
use std::{fs, io, thread};

use smpp::client::{Client, ClientBuilder};
use smpp::driver::{Addresses, Error, FileSequence, SequenceGenerator};
use smpp::pdu::{EnquireLink, SubmitSm};
use smpp::session::SendOptions;
use smsc_sim::SmscSim;

/// Every number that is divisible by ten: a generator may do what it likes, to ask a database for instance.
struct Tens {
    last: u32,
}

impl SequenceGenerator for Tens {
    /// An error would fail the request that needs the number, and nothing else.
    fn next_sequence_number(&mut self) -> io::Result<u32> {
        self.last = if self.last >= 0x7FFF_FFF0 { 10 } else { self.last + 10 };
        Ok(self.last)
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (smsc, _sim) = common::smsc(SmscSim::builder().user("alice", "secret"))?;
    let builder = || Client::builder().system_id("alice").password("secret");

    // By itself a client counts from 1, as section 3.2 has it, and after 0x7FFFFFFF from 1 again. The bind is the first.
    assert_eq!(numbers(builder(), &smsc, "counted")?, [2, 3, 4711, 4]);

    assert_eq!(numbers(builder().sequence_generator(Tens { last: 0 }), &smsc, "generated")?, [20, 30, 4711, 40]);

    // The numbers of a file go on after a restart, and after a crash as well.
    let directory = std::env::temp_dir().join(format!("smpp-sequence-numbers-{}", std::process::id()));
    fs::create_dir_all(&directory)?;
    let path = directory.join("sequence");
    let mut before = 0;
    for run in ["from a file", "from the file after a restart"] {
        let generator = open(&path)?;
        let numbers = numbers(builder().sequence_generator(generator), &smsc, run)?;
        assert!(numbers[0] > before, "{numbers:?} after {before}");
        before = numbers[3];
    }
    // Nobody writes to the file any more once it can be opened.
    drop(open(&path)?);
    fs::remove_dir_all(&directory)?;
    Ok(())
}

/// Opens the file. One generator has it at a time, and the one before may be about to end.
fn open(path: &Path) -> io::Result<FileSequence> {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        match FileSequence::open(path) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && Instant::now() < deadline => {
                thread::sleep(Duration::from_millis(5));
            }
            outcome => return outcome,
        }
    }
}

/// Binds, sends some requests and unbinds. Returns the numbers that the requests had.
fn numbers(builder: ClientBuilder, smsc: &Addresses, how: &str) -> Result<[u32; 4], Error> {
    let client = builder.connect(smsc.clone())?;
    client.bind_transmitter()?;
    let submit = SubmitSm::default().with_destination_addr("4178481818").with_short_message("test sms");
    let given = SendOptions { sequence_number: Some(4711), ..SendOptions::default() };
    let pending = [
        client.send(&submit)?,
        client.send(&submit)?,
        // A number for this request alone; the generator is not asked.
        client.send_with(&submit, given)?,
    ];
    let [first, second, third] = pending.each_ref().map(|pending| pending.sequence_number());
    pending.into_iter().try_for_each(|pending| pending.wait().map(drop))?;
    let enquire = client.send(&EnquireLink::default())?;
    let numbers = [first, second, third, enquire.sequence_number()];
    enquire.wait()?;
    println!("{how}: {numbers:?}");
    client.unbind()?;
    Ok(numbers)
}
