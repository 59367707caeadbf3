//! Who may bind, and what they may do.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use smpp::session::BindKind;
use smpp::value::CommandStatus;

use crate::setting::{SettingError, command_status};

/// An ESME that may bind, and its limits. `Debug` does not show its password.
///
/// Written as text, as the command line has it: `ID:PASSWORD`, and after commas any of `bind=KINDS` (`tx`, `rx`, `trx`, or
/// several with `+` between), `max-binds=N`, `window=N`, `over-window=STATUS`, `rate=N/s`, `over-rate=STATUS`,
/// `profile=NAME`.
///
/// ```
/// use smpp::session::BindKind;
/// use smsc_sim::Account;
///
/// let account: Account = "alice:secret,bind=tx+rx,max-binds=2,rate=50/s".parse()?;
/// assert_eq!((account.max_binds, account.rate), (Some(2), Some(50)));
/// assert!(!account.may_bind(BindKind::Transceiver));
/// let error = "alice:secret,max-bind=2".parse::<Account>().unwrap_err();
/// assert_eq!(error.to_string(), "unknown option `max-bind`, did you mean `max-binds`?");
/// # Ok::<(), smsc_sim::SettingError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Account {
    /// Its system_id, up to 15 characters.
    pub system_id: String,
    /// Its password, up to 8 characters.
    pub password: String,
    /// The binds that it may make; any if there are none here. Another one is answered ESME_RBINDFAIL.
    pub bind: Vec<BindKind>,
    /// How many sessions it may have at a time. One more is answered ESME_RALYBND.
    pub max_binds: Option<usize>,
    /// How many requests about messages may be unanswered in each of its sessions; any number unless said. One more is
    /// answered at once, and nothing is done about it.
    pub window: Option<usize>,
    /// How a request beyond the window is answered: ESME_RTHROTTLED unless said.
    pub over_window: CommandStatus,
    /// How many messages it may submit a second, over all its sessions: submit_sm, submit_multi and data_sm count as one
    /// each, and as many as in a second may come at once. 0 is none. It goes by the [`Clock`](crate::Clock).
    pub rate: Option<u32>,
    /// How a message beyond the rate is answered: ESME_RTHROTTLED unless said.
    pub over_rate: CommandStatus,
    /// The [carrier](crate::Carrier) that it is treated as, by its name; as all others unless said.
    pub profile: Option<String>,
}

impl Account {
    /// One without limits.
    pub fn new(system_id: impl Into<String>, password: impl Into<String>) -> Self {
        Self {
            system_id: system_id.into(),
            password: password.into(),
            bind: Vec::new(),
            max_binds: None,
            window: None,
            over_window: CommandStatus::ESME_RTHROTTLED,
            rate: None,
            over_rate: CommandStatus::ESME_RTHROTTLED,
            profile: None,
        }
    }

    /// The same with only these binds.
    pub fn with_bind(mut self, kinds: impl IntoIterator<Item = BindKind>) -> Self {
        self.bind = kinds.into_iter().collect();
        self
    }

    /// The same with at most so many sessions at a time.
    pub fn with_max_binds(mut self, max_binds: usize) -> Self {
        self.max_binds = Some(max_binds);
        self
    }

    /// The same with at most so many unanswered requests in a session.
    pub fn with_window(mut self, window: usize) -> Self {
        self.window = Some(window);
        self
    }

    /// The same with another answer to requests beyond the window.
    pub fn with_over_window(mut self, status: CommandStatus) -> Self {
        self.over_window = status;
        self
    }

    /// The same with at most so many messages a second.
    pub fn with_rate(mut self, per_second: u32) -> Self {
        self.rate = Some(per_second);
        self
    }

    /// The same with another answer to messages beyond the rate.
    pub fn with_over_rate(mut self, status: CommandStatus) -> Self {
        self.over_rate = status;
        self
    }

    /// The same, treated as the [carrier](crate::Builder::carrier) of this name.
    pub fn with_profile(mut self, name: impl Into<String>) -> Self {
        self.profile = Some(name.into());
        self
    }

    /// Whether it may bind in this way.
    pub fn may_bind(&self, kind: BindKind) -> bool {
        self.bind.is_empty() || self.bind.contains(&kind)
    }

    /// Several, with commas between: what has an `=` before any `:` is an option of the one before.
    ///
    /// # Errors
    /// [`SettingError`] about the first that is none, or that is there twice.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, SettingError> {
        let mut accounts: Vec<Self> = Vec::new();
        for part in text.split(',') {
            let is_option = part.find('=').is_some_and(|equals| !part[..equals].contains(':'));
            match accounts.last_mut().filter(|_| is_option) {
                Some(account) => account.set(part)?,
                None => accounts.push(Self::parse_name(part)?),
            }
        }
        let is_twice = |(place, account): (usize, &Self)| {
            accounts[..place].iter().any(|other| other.system_id == account.system_id)
        };
        match accounts.iter().enumerate().find(|&one| is_twice(one)) {
            Some((_, account)) => Err(SettingError::new(format!("`{}` is there twice", account.system_id))),
            None => Ok(accounts),
        }
    }

    fn parse_name(text: &str) -> Result<Self, SettingError> {
        let (system_id, password) =
            text.split_once(':').ok_or_else(|| SettingError::new("expected ID:PASSWORD; one of them has no colon"))?;
        match (system_id.len(), password.len()) {
            (1..=15, 0..=8) => Ok(Self::new(system_id, password)),
            (1..=15, _) => Err(SettingError::new("a password has at most 8 characters (section 5.2.2)")),
            _ => Err(SettingError::new("a system_id has 1 to 15 characters (section 5.2.1)")),
        }
    }

    fn set(&mut self, option: &str) -> Result<(), SettingError> {
        let (key, value) = option.split_once('=').unwrap_or((option, ""));
        match key {
            "bind" => self.bind = value.split('+').map(kind).collect::<Result<_, _>>()?,
            "max-binds" => self.max_binds = Some(number(key, value, value)?),
            "window" => self.window = Some(number(key, value, value)?),
            "over-window" => self.over_window = command_status(value)?,
            "rate" => self.rate = Some(number(key, value, value.strip_suffix("/s").unwrap_or(""))?),
            "over-rate" => self.over_rate = command_status(value)?,
            "profile" => self.profile = Some(value.to_owned()),
            _ => {
                return Err(SettingError::unknown(
                    "option",
                    key,
                    &["bind", "max-binds", "window", "over-window", "rate", "over-rate", "profile"],
                ));
            }
        }
        Ok(())
    }
}

impl FromStr for Account {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        match <[Self; 1]>::try_from(Self::parse_list(text)?) {
            Ok([account]) => Ok(account),
            Err(_) => Err(SettingError::new("expected one account, and this is more than one account")),
        }
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { system_id, password: _, bind, max_binds, window, over_window, rate, over_rate, profile } = self;
        f.debug_struct("Account")
            .field("system_id", system_id)
            .field("bind", bind)
            .field("max_binds", max_binds)
            .field("window", window)
            .field("over_window", over_window)
            .field("rate", rate)
            .field("over_rate", over_rate)
            .field("profile", profile)
            .finish_non_exhaustive()
    }
}

pub(crate) fn kind(word: &str) -> Result<BindKind, SettingError> {
    match word {
        "tx" => Ok(BindKind::Transmitter),
        "rx" => Ok(BindKind::Receiver),
        "trx" => Ok(BindKind::Transceiver),
        _ => Err(SettingError::unknown("kind of bind", word, &["tx", "rx", "trx"])),
    }
}

pub(crate) fn number<N: FromStr>(key: &str, value: &str, digits: &str) -> Result<N, SettingError> {
    let form = if key == "rate" { "a number a second, such as 50/s" } else { "a whole number" };
    let is_plain = digits.bytes().all(|octet| octet.is_ascii_digit());
    let parsed = digits.parse().ok().filter(|_| is_plain);
    parsed.ok_or_else(|| SettingError::new(format!("{key} is {form}, not `{value}`")))
}

/// What a rate leaves: as many as come in a second may be taken at once.
#[derive(Debug, Default)]
pub(crate) struct Bucket {
    /// When it will be full again.
    full: Duration,
}

impl Bucket {
    /// Takes one, if there is one.
    pub(crate) fn take(&mut self, rate: u32, now: Duration) -> bool {
        let Some(each) = Duration::from_secs(1).checked_div(rate) else { return false };
        let full = self.full.max(now) + each;
        // Divided, the parts of a second make a little less than one.
        let may = full - now <= Duration::from_secs(1);
        if may {
            self.full = full;
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_written_as_text() {
        let accounts = Account::parse_list("alice:secret,bob:,bind=trx,over-rate=ESME_RMSGQFUL,c=d:x=y:z").unwrap_err();
        assert!(accounts.to_string().starts_with("unknown option `c`, expected bind"), "{accounts}");
        let accounts = Account::parse_list(
            "alice:secret,bob:,bind=trx+tx,over-rate=0x14,rate=7/s,window=3,over-window=ESME_RMSGQFUL,cd:x=y:z",
        )
        .unwrap();
        let bob = Account::new("bob", "")
            .with_bind([BindKind::Transceiver, BindKind::Transmitter])
            .with_over_rate(CommandStatus::ESME_RMSGQFUL)
            .with_rate(7)
            .with_window(3)
            .with_over_window(CommandStatus::ESME_RMSGQFUL);
        assert_eq!(accounts, [Account::new("alice", "secret"), bob, Account::new("cd", "x=y:z")]);
        assert_eq!("a:,over-rate=88".parse::<Account>().unwrap().over_rate, CommandStatus::ESME_RTHROTTLED);
    }

    #[test]
    fn what_is_no_account_says_why() {
        for (text, wanted) in [
            ("nobody", "expected ID:PASSWORD; one of them has no colon"),
            ("bind=trx", "expected ID:PASSWORD"),
            ("alice:ninechars", "at most 8 characters"),
            (":x", "1 to 15 characters"),
            ("a:b,bind=tr", "unknown kind of bind `tr`, did you mean"),
            ("a:b,bind=", "unknown kind of bind ``"),
            ("a:b,max-binds=-1", "max-binds is a whole number, not `-1`"),
            ("a:b,window=ten", "window is a whole number, not `ten`"),
            ("a:b,over-window=", "unknown command_status ``"),
            ("a:b,rate=50", "rate is a number a second, such as 50/s, not `50`"),
            ("a:b,rate=x/s", "not `x/s`"),
            ("a:b,over-rate=ESME_RTHROTLED", "did you mean `ESME_RTHROTTLED`?"),
            ("a:b,over-rate=0x", "unknown command_status `0x`"),
            ("a:b,a:c", "`a` is there twice"),
            ("a:b,c:d", "more than one account"),
        ] {
            let error = text.parse::<Account>().unwrap_err().to_string();
            assert!(error.contains(wanted), "{text}: {error}");
        }
    }

    #[test]
    fn a_rate_lets_a_second_through_at_once_and_then_one_by_one() {
        let mut bucket = Bucket::default();
        let at = Duration::from_secs(100);
        let count = |bucket: &mut Bucket, now| (0..100).filter(|_| bucket.take(7, now)).count();
        assert_eq!(count(&mut bucket, at), 7);
        assert_eq!(count(&mut bucket, at + Duration::from_millis(100)), 0);
        assert_eq!(count(&mut bucket, at + Duration::from_millis(300)), 2);
        assert_eq!(count(&mut bucket, at + Duration::from_secs(10)), 7);
        assert!(!bucket.take(0, at + Duration::from_secs(100)));
    }
}
