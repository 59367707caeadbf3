use smpp::session::{BindKind, SessionConfig};
use smpp::value::CommandStatus;

use super::harness::*;

#[test]
fn windows_of_any_size() {
    for window in [1, 2, 100, 100_000] {
        let mut pair = pair_with(SessionConfig::default().with_window(window), SessionConfig::default());
        pair.bind(BindKind::Transmitter, CommandStatus::ESME_ROK);
        let mut token = 0;
        while pair.submit(token).is_ok() {
            token += 1;
        }
        assert_eq!(token as usize, window);
        let requests = requests(pair.at_smsc());
        for inbound in requests {
            pair.smsc.respond_status(pair.now, inbound, CommandStatus::ESME_RTHROTTLED).unwrap();
        }
        assert_eq!(answered(&pair.at_esme()).len(), window);
    }
}
