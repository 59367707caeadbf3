//! What a simulator is to be like, as a file of YAML says it.

mod apply;
mod form;
mod settings;
mod text;

use std::fmt;
use std::path::Path;

use smpp_spec::Diagnostic;

pub use form::{Config, LogForm};
pub use settings::{SETTINGS, Setting};

/// Keys whose values are shown nowhere.
const SECRETS: [&str; 2] = ["password", "token"];

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// [`ConfigError`] with every mistake in it, or if it cannot be read.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, ConfigError> {
        let path = path.as_ref();
        let shown = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => Self::from_yaml_named(&shown, &text),
            Err(error) => Err(ConfigError(format!("error: cannot read the configuration: {error}\n --> {shown}"))),
        }
    }

    /// Reads YAML. An empty text says nothing, which leaves everything as it is by default.
    ///
    /// ```
    /// use smsc_sim::{Config, SmscSim};
    ///
    /// let config = Config::from_yaml("
    /// seed: 42
    /// accounts:
    ///   - {system_id: alice, password: secret, bind: [trx], max_binds: 2}
    /// lifecycle: {mix: {DELIVRD: 95, UNDELIV: 5}, delay: uniform:1ms..3ms}
    /// ")?;
    /// let sim = SmscSim::builder().config(config).start()?;
    /// assert_eq!(sim.seed(), 42);
    ///
    /// let error = Config::from_yaml("lifecycle:\n  mx: {DELIVRD: 1}\n  delay: 5 fortnights\n").unwrap_err();
    /// assert!(error.to_string().contains("configuration:2:3"));
    /// assert!(error.to_string().contains("did you mean `mix`?"));
    /// assert!(error.to_string().contains("unknown unit ` fortnights`"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ConfigError`] with every mistake in it.
    pub fn from_yaml(text: &str) -> Result<Self, ConfigError> {
        Self::from_yaml_named("configuration", text)
    }

    /// The same, called `name` in messages.
    ///
    /// # Errors
    /// As [`from_yaml`](Self::from_yaml).
    pub fn from_yaml_named(name: &str, text: &str) -> Result<Self, ConfigError> {
        smpp_spec::from_yaml(name, text, &SECRETS).map_err(|mistakes| {
            let shown: Vec<_> = mistakes.iter().map(Diagnostic::to_string).collect();
            ConfigError(shown.join("\n\n"))
        })
    }

    /// The JSON Schema of the file, for editors: `smsc-sim check --schema` prints it, and it lies beside this crate as
    /// `smsc-sim.schema.json`. It cannot see everything that [`from_yaml`](Self::from_yaml) does.
    pub fn json_schema() -> String {
        let schema = schemars::schema_for!(Self);
        let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
        text.push('\n');
        text
    }
}

/// What is wrong with a configuration: every mistake, each with its place, the line, and what to do about it. Passwords and
/// tokens are not shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError(String);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}
