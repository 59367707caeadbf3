//! The locks and threads of the driver: those of `std`, or, in the build that explores how threads can interleave
//! (`--cfg smpp_shuttle`), those of `shuttle`.

#[cfg(not(smpp_shuttle))]
pub(crate) use std::{
    sync::{Condvar, Mutex, MutexGuard},
    thread,
};

#[cfg(smpp_shuttle)]
pub(crate) use shuttle::{
    sync::{Condvar, Mutex, MutexGuard},
    thread,
};
