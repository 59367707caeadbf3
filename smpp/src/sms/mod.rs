//! What stands in a short message: pure functions over octets, no connection needed.

mod address;
mod message;
mod receipt;
mod time;

pub use address::Address;
pub use message::{Message, NotAMessage, TextField};
pub use receipt::{Receipt, stat};
pub use time::CivilTime;
