//! Instructions and heap allocations per operation, as a table. See `benches/README.md`.
//!
//! Each case runs in a process of its own under callgrind, once with N iterations and once with 2N; the difference, less
//! that of an empty loop, is what N operations take. That needs no symbols, and what the process does before and after
//! cancels out.

use std::hint::black_box;
use std::process::{Command, ExitCode};

use smpp::Pdu;
use smpp::codec::Tlvs;
use smpp::pdu::SubmitSm;
use smpp_benches::cases::{Bench, CASES};

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let has = |flag| arguments.iter().any(|argument| argument == flag);
    match &arguments[..] {
        [flag, case, side, iterations] if flag == RUN => {
            run(work(case, side), iterations.parse().unwrap_or(0));
            return ExitCode::SUCCESS;
        }
        _ => {}
    }
    // `cargo bench` says --bench, `cargo test` does not, and both may be given --test.
    if has("--test") || !has("--bench") {
        return each_once();
    }
    match table() {
        Ok(0) => ExitCode::SUCCESS,
        Ok(missed) => {
            eprintln!("\n{missed} over the target");
            ExitCode::FAILURE
        }
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}

/// Tells this process that it is the one which is measured: case, side, iterations.
const RUN: &str = "--run";
const FLOOR: &str = "floor";
const OURS: &str = "ours";
const EMPTY: &str = "empty";

/// Enough for the noise of a process, some ten instructions, not to be seen.
const ITERATIONS: u64 = 1000;

type Work = fn(&mut Bench);

fn work(case: &str, side: &str) -> Work {
    let case = CASES.iter().find(|known| known.name == case);
    match (case, side) {
        (Some(case), FLOOR) => case.floor,
        (Some(case), OURS) => case.ours.unwrap_or(case.floor),
        _ => |_| {},
    }
}

fn run(work: Work, iterations: u64) {
    let mut bench = Bench::new();
    let work = black_box(work);
    for _ in 0..iterations {
        work(black_box(&mut bench));
    }
}

fn each_once() -> ExitCode {
    for case in CASES {
        run(case.floor, 1);
        run(case.ours.unwrap_or(case.floor), 1);
        println!("{}: ok", case.name);
    }
    ExitCode::SUCCESS
}

/// Prints the table and counts what is over its target.
fn table() -> Result<usize, String> {
    let empty = total(EMPTY, EMPTY)?;
    let mut missed = 0;
    println!("Instructions per operation, and heap allocations per operation of ours.\n");
    println!("{:<28}{:>7}{:>7}{:>7}{:>8}{:>13}", "case", "floor", "ours", "ratio", "target", "allocations");
    for case in CASES {
        let floor = per_operation(total(case.name, FLOOR)?, empty);
        let Some(ours) = case.ours else {
            println!("{:<28}{floor:>7}", case.name);
            continue;
        };
        let allocations = allocations(ours);
        let ours = per_operation(total(case.name, OURS)?, empty);
        let is_missed = case.target.is_some_and(|target| ours > target) || allocations != 0.0;
        missed += usize::from(is_missed);
        println!(
            "{:<28}{floor:>7}{ours:>7}{:>7.2}{:>8}{allocations:>13}{}",
            case.name,
            ours as f64 / floor as f64,
            case.target.map_or_else(String::new, |target| target.to_string()),
            if is_missed { "  MISSED" } else { "" },
        );
    }
    println!();
    missed += size("SubmitSm", size_of::<SubmitSm<'_>>(), Some(200));
    size("Pdu", size_of::<Pdu<'_>>(), None);
    size("Tlvs", size_of::<Tlvs<'_>>(), None);
    Ok(missed)
}

fn size(name: &str, octets: usize, target: Option<usize>) -> usize {
    let is_missed = target.is_some_and(|target| octets > target);
    let target = target.map_or_else(String::new, |target| format!(" (target {target})"));
    println!("size of {name}: {octets} octets{target}{}", if is_missed { "  MISSED" } else { "" });
    usize::from(is_missed)
}

fn per_operation(total: u64, empty: u64) -> u64 {
    (total.saturating_sub(empty) + ITERATIONS / 2) / ITERATIONS
}

fn allocations(work: Work) -> f64 {
    let mut bench = Bench::new();
    work(&mut bench);
    let counted = allocation_counter::measure(|| {
        for _ in 0..ITERATIONS {
            work(&mut bench);
        }
    });
    counted.count_total as f64 / ITERATIONS as f64
}

/// Instructions of [`ITERATIONS`] iterations.
fn total(case: &str, side: &str) -> Result<u64, String> {
    let once = collected(case, side, ITERATIONS)?;
    let twice = collected(case, side, 2 * ITERATIONS)?;
    Ok(twice.saturating_sub(once))
}

/// Instructions of a whole process, out of callgrind's last words: `Collected : 123456`.
fn collected(case: &str, side: &str, iterations: u64) -> Result<u64, String> {
    let itself = std::env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(itself)
        .args([RUN, case, side, &iterations.to_string()])
        .output()
        .map_err(|error| format!("valgrind does not start ({error}). {INSTALL}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let count = said.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok());
    count.filter(|_| output.status.success()).ok_or_else(|| format!("callgrind counted nothing:\n{said}"))
}

const INSTALL: &str = "Instructions are counted by callgrind, a tool of valgrind: apt-get install valgrind, dnf install \
    valgrind or pacman -S valgrind. `cargo bench -p smpp-benches --bench codec` measures time without it.";
