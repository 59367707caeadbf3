//! Reading files and putting the pieces together.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::check::check;
use crate::diagnostic::{Diagnostic, Report, syntax_error};
use crate::locate::{Data, Document, Node, parse};
use crate::model::{Origin, Spec};
use crate::resolve::resolve;
use crate::table;

/// A specification that was loaded, with everything that is wrong with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Loaded {
    /// All that resolved: the standard, and on top of it what a vendor file adds. Items with a mistake in them are
    /// left out; everything that is in refers only to what is in.
    pub spec: Spec,
    /// Every mistake that was found, in the order of the file; empty when all is well.
    pub diagnostics: Vec<Diagnostic>,
    /// Every file that was read from disk; the built-in YAML is not among them.
    pub files: Vec<PathBuf>,
}

/// SMPP 3.4 as the built-in YAML describes it.
///
/// # Panics
///
/// When the built-in YAML has a mistake, which the tests of this crate rule out.
pub fn standard() -> &'static Spec {
    static STANDARD: LazyLock<Spec> = LazyLock::new(|| {
        let Loaded { spec, diagnostics, .. } = load_standard();
        assert!(diagnostics.is_empty(), "{}", show(&diagnostics));
        spec
    });
    &STANDARD
}

/// Loads the built-in description of SMPP 3.4, the same as [`standard`] but with any mistakes reported.
pub fn load_standard() -> Loaded {
    let (documents, reports) = standard_documents();
    let (mut spec, resolved) = resolve(documents, "smpp34");
    "Short Message Peer to Peer protocol, version 3.4.".clone_into(&mut spec.doc);
    let reports = reports.iter().cloned().chain(resolved).collect();
    Loaded { spec, diagnostics: diagnostics(reports, documents), files: Vec::new() }
}

/// Loads a vendor file. Never fails: what is wrong, be it that there is no such file, is in
/// [`Loaded::diagnostics`].
pub fn load_file(path: impl AsRef<Path>) -> Loaded {
    let path = path.as_ref();
    let shown = path.display().to_string();
    match std::fs::read_to_string(path) {
        Ok(text) => Loaded { files: vec![path.to_owned()], ..load_str(&shown, &text) },
        Err(error) => {
            let message = format!("cannot read the specification: {error}");
            let diagnostic = Diagnostic { message, path: shown, ..Diagnostic::default() };
            Loaded { spec: standard().clone(), diagnostics: vec![diagnostic], files: Vec::new() }
        }
    }
}

/// Loads the text of a vendor file; the path is only for messages, and for the name when the text gives none.
pub fn load_str(display_path: &str, text: &str) -> Loaded {
    let (standard_documents, _) = standard_documents();
    let file = standard_documents.len();
    let mut root = match parse(text, file) {
        Ok(root) if !matches!(root.data, Data::Null) => root,
        Ok(_) => return nothing(display_path),
        // The library has no better word for a text without any document.
        Err(_) if is_blank(text) => return nothing(display_path),
        Err(error) => {
            let diagnostics = vec![syntax_error(display_path, text, &error)];
            return Loaded { spec: standard().clone(), diagnostics, files: Vec::new() };
        }
    };
    let mut reports = check(&mut root, &table::FILE);
    if matches!(root.data, Data::Map(_)) && !root.has("extends") {
        let message = "the specification does not say what it extends";
        reports.push(Report::new(root.place, message).help("start it with `extends: smpp34`"));
    }
    let name = root.get("name").and_then(Node::text).map_or_else(|| stem(display_path), str::to_owned);
    let doc = root.get("doc").and_then(Node::text).unwrap_or_default().trim().to_owned();
    let mut documents = standard_documents.to_vec();
    documents.push(Document { path: display_path.to_owned(), text: text.to_owned(), origin: Origin::Vendor, root });
    let (mut spec, resolved) = resolve(&documents, &name);
    spec.doc = doc;
    reports.extend(resolved);
    Loaded { spec, diagnostics: diagnostics(reports, &documents), files: Vec::new() }
}

/// The trees of the built-in files, parsed and checked once.
fn standard_documents() -> (&'static [Document], &'static [Report]) {
    static DOCUMENTS: LazyLock<(Vec<Document>, Vec<Report>)> = LazyLock::new(|| {
        let mut reports = Vec::new();
        let documents = STANDARD_FILES.iter().enumerate().map(|(file, (path, text))| {
            let mut root = parse(text, file).unwrap_or_else(|error| panic!("{}", syntax_error(path, text, &error)));
            reports.extend(check(&mut root, &table::FILE));
            Document { path: (*path).to_owned(), text: (*text).to_owned(), origin: Origin::Standard, root }
        });
        (documents.collect(), reports)
    });
    (&DOCUMENTS.0, &DOCUMENTS.1)
}

/// Looks up where the mistakes are, and puts them in the order of the files.
fn diagnostics(mut reports: Vec<Report>, documents: &[Document]) -> Vec<Diagnostic> {
    reports.sort_by_key(|report| (report.place.file, report.place.number));
    // A parameter is looked at once by itself and once for every field that uses it.
    let mut unique: Vec<Report> = Vec::new();
    for report in reports {
        if !unique.iter().rev().any(|other| other.place == report.place && other.message == report.message) {
            unique.push(report);
        }
    }
    unique.into_iter().map(|report| report.into_diagnostic(documents)).collect()
}

fn nothing(path: &str) -> Loaded {
    let diagnostic = Diagnostic {
        message: "the specification is empty".into(),
        path: path.to_owned(),
        line: 1,
        column: 1,
        source_line: String::new(),
        width: 1,
        help: Some("start it with `extends: smpp34`".into()),
    };
    Loaded { spec: standard().clone(), diagnostics: vec![diagnostic], files: Vec::new() }
}

fn is_blank(text: &str) -> bool {
    text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'))
}

fn stem(path: &str) -> String {
    Path::new(path).file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

fn show(diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(|diagnostic| format!("{diagnostic}\n\n")).collect()
}

const STANDARD_FILES: [(&str, &str); 3] = [
    ("smpp34/values.yaml", include_str!("../smpp34/values.yaml")),
    ("smpp34/commands.yaml", include_str!("../smpp34/commands.yaml")),
    ("smpp34/tlvs.yaml", include_str!("../smpp34/tlvs.yaml")),
];
