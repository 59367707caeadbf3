//! What is said when a simulator ends: a report, and whether something has failed.

use std::path::PathBuf;

use serde_json::{Value, json};
use smsc_sim::{Config, Message, ReceiptState, SmscSim};

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
            if let Err(error) = write_whole(path, &format!("{report:#}\n")) {
                fail(&format!("cannot write {}: {error}", path.display()));
            }
        }
        code
    }
}

/// Whether there is a receipt that the ESME has not taken.
fn is_unacked(message: &Message) -> bool {
    !matches!(message.receipt, ReceiptState::None | ReceiptState::Delivered)
}
