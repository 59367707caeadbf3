//! What stands between a session and its socket.

mod fault;

pub use fault::{Close, Mangle};
