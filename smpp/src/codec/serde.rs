//! `Serialize` and `Deserialize`, behind the feature `serde`.
//!
//! The macros are called for every generated type; without the feature they are empty, so that generated code is the
//! same either way.

#[cfg(not(feature = "serde"))]
mod absent {
    #[doc(hidden)]
    #[macro_export]
    macro_rules! __pdu_serde {
        ($($tokens:tt)*) => {};
    }

    #[doc(hidden)]
    #[macro_export]
    macro_rules! __element_serde {
        ($($tokens:tt)*) => {};
    }

    #[doc(hidden)]
    #[macro_export]
    macro_rules! __integer_serde {
        ($($tokens:tt)*) => {};
    }
}
