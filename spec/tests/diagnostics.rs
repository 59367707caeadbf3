//! Broken files and what is said about them; good files, about which nothing is.

use std::path::{Path, PathBuf};

use smpp_spec::{Origin, TlvType, Values, load_file, load_str};

/// Every `broken/*.yaml` has the exact diagnostics beside it; `UPDATE=1 cargo test -p smpp-spec` rewrites them.
#[test]
fn broken_files_are_reported_exactly() {
    let mut files: Vec<PathBuf> = std::fs::read_dir(dir("broken")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    assert!(files.len() >= 20);
    let mut stale = Vec::new();
    for path in files {
        let name = path.file_name().unwrap().to_str().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let loaded = load_str(&format!("spec/{name}"), &text);
        assert!(!loaded.diagnostics.is_empty(), "{name} is not broken");
        let shown: Vec<String> = loaded.diagnostics.iter().map(|diagnostic| format!("{diagnostic}\n")).collect();
        let shown = shown.join("\n");
        let expected = path.with_extension("stderr");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&expected, &shown).unwrap();
        } else if std::fs::read_to_string(&expected).unwrap_or_default() != shown {
            stale.push(format!("{name}:\n{shown}"));
        }
    }
    assert!(stale.is_empty(), "changed, see `UPDATE=1 cargo test -p smpp-spec` and git diff:\n{}", stale.join("\n"));
}

fn dir(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

#[test]
fn the_good_file_is_good() {
    let loaded = load_file(dir("good").join("acme.yaml"));
    for diagnostic in &loaded.diagnostics {
        eprintln!("{diagnostic}\n");
    }
    assert!(loaded.diagnostics.is_empty());
}
