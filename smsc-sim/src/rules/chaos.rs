//! Chaos in one line.

use std::fmt;
use std::str::FromStr;

use smpp::value::CommandStatus;

use super::keys::{as_text, serde_as_written};
use super::{Action, Hook, Moment, Rule, on};
use crate::line::Close;
use crate::setting::{SettingError, command_status, status_name};

/// What goes wrong now and then, each with its probability: `submit_sm=ESME_RTHROTTLED@5%,bind=ESME_RBINDFAIL@1%,close@0.1%`.
///
/// Before the `@` stands what happens: a command_status, `close` (a reset before the response) or `no_response`; in front of
/// that, with `=` between, the hook; where there is none, at submit_sm, submit_multi and data_sm. The first that happens
/// counts. `off`, or nothing, is none.
///
/// ```
/// use smsc_sim::rules::Chaos;
///
/// let chaos: Chaos = "submit_sm=ESME_RTHROTTLED@5%,close@0.1%".parse()?;
/// assert_eq!(chaos.to_string(), "submit_sm=ESME_RTHROTTLED@5%,close@0.1%");
/// let error = "submit=close@1%".parse::<Chaos>().unwrap_err();
/// assert!(error.to_string().contains("unknown PDU `submit`"));
/// # Ok::<(), smsc_sim::SettingError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, schemars::JsonSchema)]
#[schemars(with = "String")]
pub struct Chaos {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq)]
struct Part {
    hook: Option<Hook>,
    what: What,
    /// In percent.
    percent: f64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum What {
    Status(CommandStatus),
    Close,
    NoResponse,
}

impl Chaos {
    /// The rules that it stands for.
    pub(crate) fn rules(&self) -> Vec<Rule> {
        let rule = |(number, part): (usize, &Part)| {
            let mut rule = on(part.hook.unwrap_or(Hook::SubmitSm));
            if part.hook.is_none() {
                rule = rule.and_on(Hook::SubmitMulti).and_on(Hook::DataSm);
            }
            let action = match part.what {
                What::Status(status) => Action::Status(status),
                What::Close => Action::Close { how: Close::Reset, when: Moment::Before },
                What::NoResponse => Action::NoResponse { accept: false },
            };
            rule.name(format!("chaos-{number}")).priority(PRIORITY).probability(part.percent / 100.0).then(action)
        };
        (1..).zip(&self.parts).map(rule).collect()
    }
}

/// After every rule that was written, before profiles.
const PRIORITY: i32 = -900;

impl FromStr for Chaos {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        if text.is_empty() || text == "off" {
            return Ok(Self::default());
        }
        let part = |part: &str| {
            let form =
                || SettingError::new(format!("expected PDU=STATUS@PERCENT%, such as submit_sm=88@5%, not `{part}`"));
            let (what, percent) = part.split_once('@').ok_or_else(form)?;
            let number = percent.strip_suffix('%').ok_or_else(form)?;
            let is_plain = !number.is_empty() && number.bytes().all(|octet| octet.is_ascii_digit() || octet == b'.');
            let percent = number.parse().ok().filter(|percent| is_plain && (0.0..=100.0).contains(percent));
            let percent = percent.ok_or_else(|| SettingError::new(format!("`{number}` is no number from 0 to 100")))?;
            let (hook, what) = match what.split_once('=') {
                Some((hook, what)) => (Some(hook.parse::<Hook>()?), what),
                None => (None, what),
            };
            let what = match what {
                "close" => What::Close,
                "no_response" => What::NoResponse,
                status => What::Status(command_status(status)?),
            };
            Ok(Part { hook, what, percent })
        };
        let chaos = Self { parts: text.split(',').map(part).collect::<Result<_, SettingError>>()? };
        chaos.rules().iter().try_for_each(Rule::check)?;
        Ok(chaos)
    }
}

impl fmt::Display for Chaos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.parts.is_empty() {
            return f.write_str("off");
        }
        for (place, Part { hook, what, percent }) in self.parts.iter().enumerate() {
            f.write_str(if place > 0 { "," } else { "" })?;
            if let Some(hook) = hook {
                write!(f, "{hook}=")?;
            }
            match what {
                What::Status(status) => f.write_str(&status_name(*status))?,
                What::Close => f.write_str("close")?,
                What::NoResponse => f.write_str("no_response")?,
            }
            write!(f, "@{percent}%")?;
        }
        Ok(())
    }
}

as_text!(Chaos);
serde_as_written!(Chaos);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chaos_is_rules() {
        let chaos: Chaos =
            "submit_sm=ESME_RTHROTTLED@5%,bind=13@1%,close@0.1%,unbind=no_response@100%".parse().unwrap();
        let rules: Vec<_> = chaos.rules().iter().map(|rule| serde_json::to_string(rule).unwrap()).collect();
        assert_eq!(
            rules[0],
            r#"{"name":"chaos-1","pick":{"probability":0.05},"priority":-900,"then":{"status":"ESME_RTHROTTLED"},"when":{"pdu":"submit_sm"}}"#
        );
        assert!(rules[2].contains(r#""pdu":["submit_sm","submit_multi","data_sm"]"#), "{}", rules[2]);
        assert_eq!(chaos.to_string().parse::<Chaos>().unwrap(), chaos);
        assert_eq!("off".parse::<Chaos>().unwrap().to_string(), "off");
        for (text, wanted) in [
            ("submit_sm=88", "expected PDU=STATUS@PERCENT%"),
            ("submit_sm=88@5", "expected PDU=STATUS@PERCENT%"),
            ("submit_sm=88@101%", "`101` is no number from 0 to 100"),
            ("submit_sm=88@-1%", "`-1` is no number"),
            ("submit_ms=88@1%", "did you mean `submit_sm`?"),
            ("ESME_RTHROTLED@1%", "did you mean `ESME_RTHROTTLED`?"),
            ("mo=88@1%", "`status` has no meaning at mo"),
        ] {
            let error = text.parse::<Chaos>().unwrap_err().to_string();
            assert!(error.contains(wanted), "{text}: {error}");
        }
    }
}
