//! Instructions and heap allocations of texts beside other crates, as a table. See `benches/README.md`.

use std::hint::black_box;
use std::process::ExitCode;

use smpp_benches::callgrind::{self, Ask, Callgrind};
use smpp_benches::texts::{CASES, Letters, Side, TARGET, Text, Work};

fn main() -> ExitCode {
    if let Some(ask) = Ask::of_arguments() {
        run(&ask);
        return ExitCode::SUCCESS;
    }
    if !callgrind::is_to_measure() {
        return each_once();
    }
    match table() {
        Ok(0) => ExitCode::SUCCESS,
        Ok(missed) => {
            eprintln!("\n{missed} missed the target");
            ExitCode::FAILURE
        }
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}

fn run(ask: &Ask) {
    let case = CASES.iter().find(|known| known.name == ask.case);
    let side = Side::ALL.into_iter().find(|side| side.name() == ask.side);
    let text = Text::of(case.map_or(Letters::Gsm, |case| case.text));
    let nothing: Work = |_| {};
    let work = black_box(case.zip(side).and_then(|(case, side)| case.work(side)).unwrap_or(nothing));
    for _ in 0..ask.iterations {
        work(black_box(&text));
    }
}

fn each_once() -> ExitCode {
    for case in CASES {
        let text = Text::of(case.text);
        Side::ALL.into_iter().filter_map(|side| case.work(side)).for_each(|work| work(&text));
        println!("{}: ok", case.name);
    }
    ExitCode::SUCCESS
}

/// Prints the table and counts where we are not fast enough.
fn table() -> Result<usize, String> {
    let callgrind = Callgrind::new()?;
    let mut missed = 0;
    println!("Instructions per operation, and heap allocations per operation of ours.\n");
    print!("{:<34}", "case");
    Side::ALL.into_iter().for_each(|side| print!("{:>14}", side.name()));
    println!("{:>10}{:>12}{:>8}{:>13}", "faster by", "over floor", "most", "allocations");
    for case in CASES {
        print!("{:<34}", case.name);
        let (mut floor, mut fastest_peer, mut ours) = (None, None, 0);
        for side in Side::ALL {
            let Some(_) = case.work(side) else {
                print!("{:>14}", if side.is_peer() { "cannot" } else { "" });
                continue;
            };
            let instructions = callgrind.instructions(case.name, side.name(), side.iterations())?;
            print!("{instructions:>14}");
            match side {
                Side::Ours => ours = instructions,
                Side::Floor => floor = Some(instructions),
                _ if side.is_peer() => {
                    fastest_peer = Some(fastest_peer.map_or(instructions, |least: u64| least.min(instructions)))
                }
                _ => {}
            }
        }
        let text = Text::of(case.text);
        let allocations = callgrind::allocations(|| (case.ours)(&text));
        let factor = fastest_peer.map(|peer| peer as f64 / ours as f64);
        let over_floor = floor.map(|floor| ours as f64 / floor as f64);
        let is_over = over_floor.zip(case.over_floor).is_some_and(|(ratio, most)| ratio > most);
        let is_missed = is_over || factor.is_some_and(|factor| factor < TARGET);
        missed += usize::from(is_missed);
        println!(
            "{:>10}{:>12}{:>8}{allocations:>13}{}",
            factor.map_or_else(String::new, |factor| format!("{factor:.1}")),
            over_floor.map_or_else(String::new, |ratio| format!("{ratio:.2}")),
            case.over_floor.map_or_else(String::new, |most| format!("{most:.2}")),
            if is_missed { "  MISSED" } else { "" },
        );
    }
    Ok(missed)
}
