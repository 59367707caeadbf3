//! SMPP 3.4.
extern crate self as smpp;
pub mod codec;
mod error;
mod protocol;
mod validate {
    use crate::DecodeError;
    use crate::codec::*;
    pub fn findings<P: Command>(_h: Header, _p: &P, _v: &'static [&'static Protocol]) -> Vec<DecodeError> {
        vec![]
    }
    pub fn missing_body(_f: Frame<'_>) -> Option<DecodeError> {
        None
    }
}
pub fn validate() {}
pub use error::{DecodeError, DecodeErrorKind, EncodeError, EncodeErrorKind, ErrorClass, FrameError};
pub use protocol::{PROTOCOL, Pdu, command, pdu, tlv, value};

#[doc(hidden)]
pub use smpp_derive::include_spec as __include_spec;

/// Reads a vendor's specification and defines its TLVs, values and commands.
#[macro_export]
macro_rules! include_spec {
    ($source:tt) => {
        $crate::__include_spec! { [$crate] $source }
    };
}
