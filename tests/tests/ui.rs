//! What the compiler says about mistakes: in a vendor's file, and in code that uses one.
//!
//! Each `ui/*.rs` has the exact output beside it, with the YAML in `ui/spec`. `UPDATE=1 cargo test -p smpp-tests --test ui`
//! writes the outputs anew.

use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn compile_errors() {
    if std::env::var_os("UPDATE").is_some() {
        return update();
    }
    place_specs();
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}

/// Runs this test again with trybuild's own word for it.
fn update() {
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "compile_errors"])
        .env_remove("UPDATE")
        .env("TRYBUILD", "overwrite")
        .status()
        .unwrap();
    assert!(status.success());
}

/// Copies the YAML to where `include_spec!` looks for it: trybuild compiles the cases as binaries of a package of its own
/// making, whose Cargo.toml is in the target directory.
fn place_specs() {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui/spec");
    let to = target_directory().join("tests/trybuild").join(env!("CARGO_PKG_NAME")).join("spec");
    std::fs::create_dir_all(&to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

/// As trybuild finds it, so that it is the same wherever that is.
fn target_directory() -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--format-version=1"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["target_directory"].as_str().unwrap().into()
}
