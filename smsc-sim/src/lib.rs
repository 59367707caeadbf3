//! A simulated SMSC.

pub mod decode;
mod scheduler;
mod store;

pub use store::Message;
