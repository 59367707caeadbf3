//! Texts that say by themselves what happens to a message.

use super::{Action, ReceiptFaults};
use crate::setting::{SettingError, command_status};

/// What a text asks for that begins with `#sim{…}`: any of `status=STATUS`, `delay=DELAY`, `dlr=STATE` or `dlr=STATE/ERR`, with
/// commas between. One that cannot be read is a text like any other.
///
/// `None` if there is nothing of the kind.
pub(crate) fn inband(text: &str) -> Option<Vec<Action>> {
    let (options, _) = text.strip_prefix("#sim{")?.split_once('}')?;
    parse(options).ok()
}

fn parse(options: &str) -> Result<Vec<Action>, SettingError> {
    let mut actions = Vec::new();
    // Commas stand within delays as well, as in `normal:2s,1s`: what has no `=` belongs to the option before.
    let mut parts: Vec<String> = Vec::new();
    for part in options.split(',') {
        match parts.last_mut().filter(|_| !part.contains('=')) {
            Some(before) => {
                before.push(',');
                before.push_str(part);
            }
            None => parts.push(part.to_owned()),
        }
    }
    for part in &parts {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        match key.trim() {
            "status" => actions.push(Action::Status(command_status(value)?)),
            "delay" => actions.push(Action::Delay(value.parse()?)),
            "dlr" => {
                let (state, err) = value.split_once('/').map_or((value, None), |(state, err)| (state, Some(err)));
                if err.is_some_and(|err| err.is_empty() || err.len() > 3 || !err.is_ascii()) {
                    return Err(SettingError::new("err has 1 to 3 characters"));
                }
                actions.push(Action::Receipt(ReceiptFaults {
                    state: Some(crate::outcome::state(state)?),
                    err: err.map(str::to_owned),
                    ..ReceiptFaults::default()
                }));
            }
            _ => return Err(SettingError::unknown("option", key, &["status", "delay", "dlr"])),
        }
    }
    Ok(actions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_in_a_text() {
        let written = |text: &str| inband(text).map(|actions| serde_json::to_string(&actions).unwrap());
        assert_eq!(
            written("#sim{status=88,delay=2s,dlr=UNDELIV/021} hello").unwrap(),
            r#"[{"status":"ESME_RTHROTTLED"},{"delay":"2s"},{"receipt":{"err":"021","state":"UNDELIV"}}]"#
        );
        assert_eq!(written("#sim{delay=normal:2s,1s}").unwrap(), r#"[{"delay":"normal:2s,1s"}]"#);
        for text in ["", "hello", " #sim{status=88}", "#sim{status=88", "#sim{statsu=88}", "#sim{}", "#sim{dlr=X}"] {
            assert_eq!(written(text), None, "{text}");
        }
    }
}
