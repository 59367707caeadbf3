//! `smsc-sim check`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use smsc_sim::Config;

use super::USAGE;

#[derive(Args)]
pub(crate) struct Check {
    /// Files of configuration.
    #[arg(value_name = "FILE", required_unless_present = "schema")]
    files: Vec<PathBuf>,
    /// Print the JSON Schema of the file instead, for editors.
    #[arg(long, conflicts_with = "files")]
    schema: bool,
}

pub(crate) fn run(check: &Check) -> ExitCode {
    if check.schema {
        print!("{}", Config::json_schema());
        return ExitCode::SUCCESS;
    }
    let mut code = ExitCode::SUCCESS;
    for file in &check.files {
        let checked = Config::from_file(file).and_then(|config| config.check());
        match checked {
            Ok(()) => println!("{}: ok", file.display()),
            Err(error) => {
                eprintln!("{error}");
                code = ExitCode::from(USAGE);
            }
        }
    }
    code
}
