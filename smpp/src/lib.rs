//! SMPP 3.4.
extern crate self as smpp;
pub mod codec;
mod error;
#[path = "sample.rs"]
pub mod protocol;
mod validate { 
  use crate::codec::*; use crate::DecodeError;
  pub fn findings<P: Command>(_h: Header, _p: &P, _v: &'static [&'static Protocol]) -> Vec<DecodeError> { vec![] }
  pub fn missing_body(_f: Frame<'_>) -> Option<DecodeError> { None }
}
pub fn validate() {}
pub use error::{DecodeError, DecodeErrorKind, EncodeError, EncodeErrorKind, ErrorClass, FrameError};
pub use protocol::{pdu, tlv};
