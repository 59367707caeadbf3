//! What stands in a short message: pure functions over octets, no connection needed.

mod receipt;
mod time;

pub use receipt::{Receipt, stat};
pub use time::CivilTime;
