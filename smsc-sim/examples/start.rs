//! How long a simulator takes to be there for a test, with HTTP and without: from asking for it to an answered bind.

use std::time::{Duration, Instant};

use smpp::client::Client;
use smsc_sim::SmscSim;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for http in [None, Some("127.0.0.1:0")] {
        let (mut started, mut bound) = (Vec::new(), Vec::new());
        for _ in 0..TIMES {
            let begin = Instant::now();
            let builder = SmscSim::builder();
            let sim = match http {
                Some(addr) => builder.http(addr),
                None => builder,
            };
            let sim = sim.start()?;
            started.push(begin.elapsed());
            Client::builder().connect(sim.addr())?.bind_transceiver()?;
            bound.push(begin.elapsed());
        }
        let name = if http.is_some() { "with HTTP" } else { "without HTTP" };
        println!("{name}: started {}, an ESME bound {}", shown(&mut started), shown(&mut bound));
    }
    Ok(())
}

fn shown(times: &mut [Duration]) -> String {
    times.sort_unstable();
    format!("after {:?} (median of {TIMES}; longest {:?})", times[TIMES / 2], times[TIMES - 1])
}

const TIMES: usize = 101;
