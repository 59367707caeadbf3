//! What the codec costs, beside the least that it could cost.
//!
//! [`floor`] is the least: the same PDUs encoded and decoded by hand. [`cases`] holds what is measured, by instructions
//! in `benches/instructions.rs` and by the clock in `benches/codec.rs`. [`callgrind`] counts.

pub mod callgrind;
pub mod cases;
pub mod floor;
