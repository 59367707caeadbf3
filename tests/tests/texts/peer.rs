//! Asking the other packages.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::reason::Reason;

/// Something that a peer is asked, and what we make of it.
pub(crate) struct Question {
    pub(crate) about: String,
    pub(crate) request: Value,
    /// Null for what is refused.
    pub(crate) ours: Value,
}

/// The peer says of everything what we say, but for what is listed.
pub(crate) fn agrees(peer: &str, questions: Vec<Question>, differences: &[(impl AsRef<str>, Reason)]) {
    let answers = ask(peer, &questions);
    assert_eq!(answers.len(), questions.len());
    assert!(questions.len() > differences.len(), "nothing that {peer} could agree on");
    let found: BTreeMap<&str, (&Value, &Value)> = (questions.iter().zip(&answers))
        .filter(|(question, theirs)| question.ours != without_reason(theirs))
        .map(|(question, theirs)| (&question.about[..], (theirs, &question.ours)))
        .collect();
    let mut wrong = Vec::new();
    for (about, (theirs, ours)) in &found {
        let reason = differences.iter().find(|(listed, _)| listed.as_ref() == *about).map(|(_, reason)| reason);
        if !reason.is_some_and(|reason| reason.holds(theirs, ours)) {
            wrong.push(format!("{about}: listed for {reason:?}\n  {peer}: {theirs}\n  ours: {ours}"));
        }
    }
    let gone = differences.iter().filter(|(about, _)| !found.contains_key(about.as_ref()));
    wrong
        .extend(gone.map(|(about, reason)| format!("{}: {peer} agrees, and is listed for {reason:?}", about.as_ref())));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is refused, however that is said.
fn without_reason(answer: &Value) -> Value {
    if answer.get("refused").is_some() { Value::Null } else { answer.clone() }
}

/// What the peer answers to each question.
fn ask(peer: &str, questions: &[Question]) -> Vec<Value> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace");
    let setup = Command::new(top.join("tests/interop/setup.sh")).output().expect("setup.sh runs");
    assert!(setup.status.success(), "{}", String::from_utf8_lossy(&setup.stderr));
    let mut python = Command::new(top.join("target/interop/venv/bin/python"))
        .args([top.join("tests/interop/texts.py").as_os_str(), peer.as_ref()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python starts");
    let requests: Vec<_> = questions.iter().map(|question| &question.request).collect();
    let octets = serde_json::to_vec(&requests).expect("JSON");
    // texts.py reads everything before it says anything.
    python.stdin.take().expect("piped").write_all(&octets).expect("python reads");
    let output = python.wait_with_output().expect("it ends");
    assert!(output.status.success(), "texts.py {peer}: {}", output.status);
    serde_json::from_slice(&output.stdout).expect("JSON")
}
