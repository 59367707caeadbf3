//! Instructions and heap allocations per operation of the codec, as a table. See `benches/README.md`.

use std::hint::black_box;
use std::process::ExitCode;

use smpp::Pdu;
use smpp::codec::Tlvs;
use smpp::pdu::SubmitSm;
use smpp_benches::callgrind::{self, Ask, Callgrind};
use smpp_benches::cases::{Bench, CASES};

fn main() -> ExitCode {
    if let Some(ask) = Ask::of_arguments() {
        run(work(&ask.case, &ask.side), ask.iterations);
        return ExitCode::SUCCESS;
    }
    if !callgrind::is_to_measure() {
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

const FLOOR: &str = "floor";
const OURS: &str = "ours";

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
    let callgrind = Callgrind::new()?;
    let mut missed = 0;
    println!("Instructions per operation, and heap allocations per operation of ours.\n");
    println!("{:<28}{:>7}{:>7}{:>7}{:>8}{:>13}", "case", "floor", "ours", "ratio", "target", "allocations");
    for case in CASES {
        let floor = callgrind.instructions(case.name, FLOOR, ITERATIONS)?;
        let Some(work) = case.ours else {
            println!("{:<28}{floor:>7}", case.name);
            continue;
        };
        let mut bench = Bench::new();
        let allocations = callgrind::allocations(|| work(&mut bench));
        let ours = callgrind.instructions(case.name, OURS, ITERATIONS)?;
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
