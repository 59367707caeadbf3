//! A simulated SMSC.
