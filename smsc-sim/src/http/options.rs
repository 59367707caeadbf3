//! What the HTTP side is to do.

use std::fmt;

/// What the HTTP side is to do. `Debug` does not show the token.
#[derive(Clone, Default)]
pub(crate) struct Options {
    /// Where to listen, `HOST:PORT`, if it is to listen at all.
    pub(crate) listen: Option<String>,
    /// Whether nothing may be changed.
    pub(crate) readonly: bool,
    /// What a request must show.
    pub(crate) token: Option<String>,
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("listen", &self.listen)
            .field("readonly", &self.readonly)
            .field("token", &self.token.as_ref().map(|_| "***"))
            .finish()
    }
}
