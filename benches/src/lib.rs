//! What the codec and texts cost, beside the least that the codec could cost and beside other crates.
//!
//! [`floor`] is the least: the same PDUs encoded and decoded by hand. [`cases`] holds what is measured of the codec, by
//! instructions in `benches/instructions.rs` and by the clock in `benches/codec.rs`; [`texts`] what is measured of texts,
//! in `benches/texts.rs` and `benches/codec.rs`. [`callgrind`] counts.

pub mod callgrind;
pub mod cases;
pub mod floor;
pub mod texts;
