//! Two sessions against each other, in memory and in virtual time.

mod ends;
mod flow;
mod harness;
mod loss;
mod random;
mod responses;
mod sequence;
mod states;
mod timers;
mod unbound;
mod windows;
