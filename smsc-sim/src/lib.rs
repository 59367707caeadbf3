//! A simulated SMSC.

pub mod decode;
