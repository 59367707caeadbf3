//! What is said when a simulator ends: a report, and whether something has failed.

use std::path::PathBuf;

use serde_json::{Value, json};
use smsc_sim::{Config, HostileOutcome, HostileReport, Message, ReceiptState, SmscSim};

use super::FAILED;
use super::serve::write_whole;

/// What was asked for.
pub(super) struct Ending {
    report: Option<PathBuf>,
    hostile: bool,
    unacked: bool,
}

impl Ending {
    pub(super) fn of(config: &Config) -> Self {
        let (hostile, unacked) = (config.fails_on_hostile(), config.fails_on_unacked());
        Self { report: config.report().cloned(), hostile, unacked }
    }

    /// Writes the report, and returns the exit code.
    pub(super) fn tell(&self, sim: &SmscSim) -> u8 {
        let mut code = 0;
        let mut fail = |why: &str| {
            eprintln!("smsc-sim: {why}");
            code = FAILED;
        };
        let reports = sim.hostile_reports();
        let unacked: Vec<_> = sim.messages().into_iter().filter(is_unacked).map(|message| message.id).collect();
        if self.hostile {
            if reports.is_empty() {
                fail("no ESME was taken through the hostile catalogue: --profile hostile, and one that binds");
            }
            for report in reports.iter().filter(|report| !report.is_ok()) {
                fail(&format!("{} did not come out well of the hostile catalogue\n{report}", report.system_id));
            }
        }
        if self.unacked && !unacked.is_empty() {
            fail(&format!("receipts that were not taken: of {}", unacked.join(", ")));
        }
        if let Some(path) = &self.report {
            let rule = |rule: smsc_sim::rules::RuleStatus| json!({"name": rule.name, "hits": rule.hits});
            let report = json!({
                "seed": sim.seed(),
                "messages": sim.messages().len(),
                "unacked": unacked,
                "rules": sim.rules().into_iter().map(rule).collect::<Vec<Value>>(),
                "hostile": reports,
            });
            let is_xml = path.extension().is_some_and(|extension| extension == "xml");
            let content = if is_xml { junit(&unacked, &reports) } else { format!("{report:#}\n") };
            if let Err(error) = write_whole(path, &content) {
                fail(&format!("cannot write {}: {error}", path.display()));
            }
        }
        code
    }
}

/// The form that CI systems read: a test case for receipts, and one for each hostile case of each ESME.
fn junit(unacked: &[String], reports: &[HostileReport]) -> String {
    let mut cases = Vec::new();
    let failure = (!unacked.is_empty()).then(|| format!("receipts that were not taken: of {}", unacked.join(", ")));
    cases.push(("receipts".to_owned(), "every receipt is taken".to_owned(), failure));
    for report in reports {
        for run in &report.runs {
            let what = || format!("{}: {}; a sound ESME: {}", run.outcome, run.note, run.sound);
            let failure = (run.outcome != HostileOutcome::Ok).then(what);
            cases.push((format!("hostile.{}", report.system_id), run.case.to_string(), failure));
        }
    }
    let failures = cases.iter().filter(|(_, _, failure)| failure.is_some()).count();
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"smsc-sim\" tests=\"{}\" failures=\"{failures}\">\n",
        cases.len()
    );
    for (class, name, failure) in cases {
        let case = format!("<testcase classname=\"{}\" name=\"{}\"", escaped(&class), escaped(&name));
        xml += &match failure {
            Some(failure) => format!("  {case}><failure message=\"{}\"/></testcase>\n", escaped(&failure)),
            None => format!("  {case}/>\n"),
        };
    }
    xml + "</testsuite>\n"
}

/// As it may stand in an attribute: XML has no way to write most control characters.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            c if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Whether there is a receipt that the ESME has not taken.
fn is_unacked(message: &Message) -> bool {
    !matches!(message.receipt, ReceiptState::None | ReceiptState::Delivered)
}
