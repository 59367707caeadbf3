//! Flag before environment before file: all by the table of settings.

use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};
use smsc_sim::Config;
use smsc_sim::config::{SETTINGS, Setting};

/// What the command line and the environment say.
pub(crate) struct Given {
    file: Option<(PathBuf, ValueSource)>,
    values: Vec<(&'static Setting, Vec<String>, ValueSource)>,
}

impl Args for Given {
    fn augment_args(command: Command) -> Command {
        let file = Arg::new("config")
            .short('c')
            .long("config")
            .value_name("FILE")
            .env("SMSC_SIM_CONFIG")
            .value_parser(clap::value_parser!(PathBuf))
            .help("A file of configuration, in YAML: see `smsc-sim check --schema`; SMSC_SIM_CONFIG_YAML may hold it itself");
        SETTINGS.iter().fold(command.arg(file), |command, setting| command.arg(arg(setting)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// Values are text here: they are read by the table, which shows no passwords.
fn arg(setting: &'static Setting) -> Arg {
    let (first, _) = setting.help.split_once("\n\n").unwrap_or((setting.help, ""));
    let default = match setting.default {
        "" => String::new(),
        default => format!(" [default: {default}]"),
    };
    let mut arg = Arg::new(setting.flag)
        .long(setting.flag)
        .env(setting.env)
        .hide_env_values(true)
        .action(ArgAction::Append)
        .help(format!("{first}{default}"))
        .long_help(format!("{}{default}", setting.help));
    if let Some(short) = setting.short {
        arg = arg.short(short);
    }
    match setting.is_switch() {
        true => arg.value_name("on|off").num_args(0..=1).require_equals(true).default_missing_value("on"),
        false => arg.value_name(setting.value),
    }
}

impl FromArgMatches for Given {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let source = |id: &str| matches.value_source(id).unwrap_or(ValueSource::CommandLine);
        let file = matches.get_one::<PathBuf>("config").map(|path| (path.clone(), source("config")));
        let values = |setting: &'static Setting| {
            let values = matches.get_many::<String>(setting.flag)?.cloned().collect();
            Some((setting, values, source(setting.flag)))
        };
        Ok(Self { file, values: SETTINGS.iter().filter_map(values).collect() })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Given {
    /// All of it as one configuration; or all that is wrong with it.
    pub(crate) fn config(&self) -> Result<Config, String> {
        let (mut config, mut mistakes) = match self.base() {
            Ok(config) => (config, Vec::new()),
            Err(mistakes) => (Config::default(), vec![mistakes]),
        };
        for from in [ValueSource::EnvVariable, ValueSource::CommandLine] {
            for (setting, values, _) in self.values.iter().filter(|(_, _, source)| *source == from) {
                // An empty variable is none; and a URL in SMSC_SIM_HTTP says where another simulator is, as `exec` does.
                let is_none = |value: &String| value.is_empty() || (setting.flag == "http" && value.contains("://"));
                if from == ValueSource::EnvVariable && values.iter().all(is_none) {
                    continue;
                }
                if let Err(error) = setting.set(&mut config, values) {
                    let name = match from {
                        ValueSource::EnvVariable => setting.env.to_owned(),
                        _ => format!("--{}", setting.flag),
                    };
                    mistakes.push(format!("{name}: {error}"));
                }
            }
            if from == ValueSource::EnvVariable {
                mistakes.extend(aliases(&mut config).err());
            }
        }
        if mistakes.is_empty()
            && let Err(error) = config.check()
        {
            mistakes.push(error.to_string());
        }
        if mistakes.is_empty() { Ok(config) } else { Err(mistakes.join("\n")) }
    }

    /// Whether the command line itself says it.
    pub(crate) fn is_flag(&self, flag: &str) -> bool {
        self.values.iter().any(|(setting, _, source)| setting.flag == flag && *source == ValueSource::CommandLine)
    }

    fn base(&self) -> Result<Config, String> {
        let inline = std::env::var("SMSC_SIM_CONFIG_YAML").ok().filter(|text| !text.trim().is_empty());
        match (&self.file, inline) {
            (Some((_, ValueSource::EnvVariable)), Some(_)) => {
                Err("SMSC_SIM_CONFIG and SMSC_SIM_CONFIG_YAML are both set: one of them says it all".to_owned())
            }
            (Some((path, _)), _) => Config::from_file(path).map_err(|error| error.to_string()),
            (None, Some(yaml)) => {
                Config::from_yaml_named("SMSC_SIM_CONFIG_YAML", &yaml).map_err(|error| error.to_string())
            }
            (None, None) => Ok(Config::default()),
        }
    }
}

/// SMSC_PORT and WEB_PORT, as the image of smscsim has them: the ports of --listen and --http.
fn aliases(config: &mut Config) -> Result<(), String> {
    let port = |name: &str| match std::env::var(name).ok().filter(|value| !value.is_empty()) {
        None => Ok(None),
        Some(value) => match value.parse::<u16>() {
            Ok(port) => Ok(Some(port)),
            Err(_) => Err(format!("{name}: a port is a number up to 65535, not `{value}`")),
        },
    };
    if let Some(port) = port("SMSC_PORT")? {
        let host = config.listen().and_then(|addr| addr.rsplit_once(':')).map_or("127.0.0.1", |(host, _)| host);
        config.set_listen(format!("{host}:{port}"));
    }
    if let Some(port) = port("WEB_PORT")? {
        let host = config.http_listen().and_then(|addr| addr.rsplit_once(':')).map_or("127.0.0.1", |(host, _)| host);
        config.set_http_listen(format!("{host}:{port}"));
    }
    Ok(())
}
