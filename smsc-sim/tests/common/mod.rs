//! The program as users run it.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A running `smsc-sim`, ended when dropped.
pub(crate) struct Program {
    child: Child,
    pub(crate) addr: SocketAddr,
    #[allow(dead_code, reason = "not every test binary reads it")]
    pub(crate) ready: String,
}

impl Program {
    #[allow(dead_code, reason = "not every test binary starts it so")]
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_with(arguments, &[])
    }

    /// With variables in its environment as well.
    pub(crate) fn start_with(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_smsc-sim"))
            .args(["--listen", "127.0.0.1:0"])
            .args(if arguments.contains(&"--http") { &[][..] } else { &["--http", "127.0.0.1:0"] })
            .args(arguments)
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .expect("smsc-sim starts");
        let mut ready = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut ready).expect("a line");
        let addr = ready.split_whitespace().find_map(|word| word.strip_prefix("smpp=")).expect(&ready);
        Self { addr: addr.parse().expect(addr), ready: ready.trim_end().to_owned(), child }
    }

    /// Asks it to stop, and returns its exit code.
    #[allow(dead_code, reason = "not every test binary stops it")]
    pub(crate) fn terminate(mut self) -> Option<i32> {
        let killed = Command::new("kill").arg(self.child.id().to_string()).status().expect("kill runs");
        assert!(killed.success());
        self.child.wait().expect("it ends").code()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The top of the repository.
#[allow(dead_code, reason = "only the interop tests look there")]
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace").to_owned()
}
