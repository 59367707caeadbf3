//! What is done about connections as such, and about what the session answers by itself: enquire_link and unbind.

use std::io;

use smpp::codec::Header;
use smpp::driver::Transport;
use smpp::server::SessionHandle;

use super::{Engine, lock};
use crate::draw::Chance;
use crate::line::{Line, Setting};

impl Engine {
    /// Someone has connected.
    pub(super) fn connected(
        &self,
        session: &SessionHandle,
        transport: Box<dyn Transport>,
        is_tls: bool,
    ) -> io::Result<Box<dyn Transport>> {
        let mut lines = lock(&self.lines);
        lines.count += 1;
        let chance = Chance::of_session(self.config.seed, "", lines.count);
        let setting = Setting { chance, most: self.config.trace, known: self.known, is_tls };
        let (line, transport) = Line::wrap(&self.this, session, transport, setting);
        lines.enter(&line);
        Ok(transport)
    }

    /// An enquire_link or unbind has come: whether the session is not to see it.
    pub(crate) fn control(&self, _line: &Line, _header: Header) -> bool {
        false
    }
}
