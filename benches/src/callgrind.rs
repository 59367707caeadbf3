//! Instructions of an operation, counted by callgrind, and its heap allocations.
//!
//! What is counted runs in a process of its own, once with N iterations and once with 2N; the difference, less that of an
//! empty loop, is what N operations take. That needs no symbols, and what the process does before and after cancels out.
//! The process is the benchmark itself, started again with [`Ask::FLAG`].

use std::process::Command;

/// What a process that is counted has to do: one side of one case, so many times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// The name of the case.
    pub case: String,
    /// Whose work: of the floor, of a peer, ours.
    pub side: String,
    /// How many times.
    pub iterations: u64,
}

impl Ask {
    /// The first argument of a process that is counted; case, side and iterations follow.
    pub const FLAG: &str = "--run";

    /// What this process is asked to do; `None` if it is the one that was started by hand.
    pub fn of_arguments() -> Option<Self> {
        let mut arguments = std::env::args().skip(1);
        if arguments.next()? != Self::FLAG {
            return None;
        }
        let (case, side) = (arguments.next()?, arguments.next()?);
        Some(Self { case, side, iterations: arguments.next()?.parse().ok()? })
    }
}

/// Whether there is something to measure: `cargo bench` says `--bench`, `cargo test` does not, and both may be given
/// `--test`.
pub fn is_to_measure() -> bool {
    let has = |flag| std::env::args().any(|argument| argument == flag);
    has("--bench") && !has("--test")
}

/// Counts instructions.
#[derive(Debug, Clone, Copy)]
pub struct Callgrind {
    /// Instructions of an iteration that does nothing.
    empty: u64,
}

impl Callgrind {
    /// Learns what an iteration costs by itself. The process runs an empty loop for a case that it does not know.
    ///
    /// # Errors
    ///
    /// A text, if valgrind is not there or the process fails.
    pub fn new() -> Result<Self, String> {
        const ITERATIONS: u64 = 1000;
        Ok(Self { empty: difference("nothing", "nothing", ITERATIONS)? / ITERATIONS })
    }

    /// Instructions of one operation of `side` in `case`. The noise of a process is some ten instructions: `iterations`
    /// are to be enough for that not to be seen.
    ///
    /// # Errors
    ///
    /// A text, if the process fails.
    pub fn instructions(self, case: &str, side: &str, iterations: u64) -> Result<u64, String> {
        let all = difference(case, side, iterations)?;
        Ok((all.saturating_sub(self.empty * iterations) + iterations / 2) / iterations)
    }
}

/// Heap allocations of one operation.
pub fn allocations(mut work: impl FnMut()) -> f64 {
    const TIMES: u32 = 100;
    work();
    let counted = allocation_counter::measure(|| (0..TIMES).for_each(|_| work()));
    counted.count_total as f64 / f64::from(TIMES)
}

/// Instructions of so many iterations.
fn difference(case: &str, side: &str, iterations: u64) -> Result<u64, String> {
    let once = collected(case, side, iterations)?;
    Ok(collected(case, side, 2 * iterations)?.saturating_sub(once))
}

/// Instructions of a whole process, out of callgrind's last words: `Collected : 123456`.
fn collected(case: &str, side: &str, iterations: u64) -> Result<u64, String> {
    let itself = std::env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(itself)
        .args([Ask::FLAG, case, side, &iterations.to_string()])
        .output()
        .map_err(|error| format!("valgrind does not start ({error}). {INSTALL}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let count = said.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok());
    count.filter(|_| output.status.success()).ok_or_else(|| format!("callgrind counted nothing:\n{said}"))
}

const INSTALL: &str = "Instructions are counted by callgrind, a tool of valgrind: apt-get install valgrind, dnf install \
    valgrind or pacman -S valgrind. `cargo bench -p smpp-benches --bench codec` measures time without it.";
