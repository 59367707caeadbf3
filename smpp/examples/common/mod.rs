//! Where the SMSC of an example is.

use smpp::driver::{Addresses, Error};
use smsc_sim::{Builder, SmscSim};

/// The SMSC at the address that the command line gives, as `host:port`; without one, this simulator, which runs for as
/// long as it is held.
pub(crate) fn smsc(simulator: Builder) -> Result<(Addresses, Option<SmscSim>), Error> {
    match std::env::args().nth(1) {
        Some(address) => Ok((address.into(), None)),
        None => simulator.start().map(|sim| (sim.addr().into(), Some(sim))),
    }
}
