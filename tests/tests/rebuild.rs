//! Editing the YAML, and nothing else, rebuilds the crate that includes it.

use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn editing_the_yaml_rebuilds_the_crate() {
    let user = UserCrate::new("rebuild");

    user.write_spec("acme_mark: {tag: 0x1401, type: empty, allowed_in: any, doc: A mark.}");
    user.build();
    assert_eq!(user.run(), "acme_mark 0x1401\n");

    assert!(user.build().is_fresh, "nothing changed, and it was compiled again");

    user.write_spec("acme_mark: {tag: 0x1402, type: empty, allowed_in: any, doc: A mark.}");
    assert!(!user.build().is_fresh, "another tag");
    assert_eq!(user.run(), "acme_mark 0x1402\n");

    user.write_spec(
        "acme_mark: {tag: 0x1402, type: empty, allowed_in: any, doc: A mark.}
  acme_size: {tag: 0x1403, type: integer, size: 4, allowed_in: any, doc: A size.}",
    );
    assert!(!user.build().is_fresh, "another TLV");
    assert_eq!(user.run(), "acme_mark 0x1402\nacme_size 0x1403\n");

    user.write_spec("acme_mark: {tag: 0x1402, type: nothing, allowed_in: any, doc: A mark.}");
    assert!(user.fails_to_build().contains("unknown type `nothing`"));

    user.write_spec("acme_mark: {tag: 0x1404, type: empty, allowed_in: any, doc: A mark.}");
    user.build();
    assert_eq!(user.run(), "acme_mark 0x1404\n", "a mistake that was mended");
}

/// The tests of the workspace run with all features; this is a crate that asks for none.
#[test]
fn a_vendor_file_needs_no_feature() {
    let user = UserCrate::new("featureless");
    let yaml = Path::new(env!("CARGO_MANIFEST_DIR")).join("user-crate/spec/acme.yaml");
    std::fs::copy(yaml, user.dir.join("spec/acme.yaml")).unwrap();
    user.build();
    assert!(user.run().starts_with("acme_flag 0x1400\n"));
}

/// A crate that prints what its vendor file says, in the temporary folder of the target directory.
struct UserCrate {
    name: &'static str,
    dir: PathBuf,
}

struct Built {
    /// Whether there was nothing to compile.
    is_fresh: bool,
}

impl UserCrate {
    fn new(name: &'static str) -> Self {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        for folder in ["src", "spec"] {
            std::fs::create_dir_all(dir.join(folder)).unwrap();
        }
        let manifest = format!(
            "[package]\nname = \"acme-{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
            [dependencies]\nsmpp = {{ path = {:?} }}\n\n\
            # No member of the workspace whose target directory this is in.\n[workspace]\n",
            workspace.join("smpp")
        );
        std::fs::write(dir.join("Cargo.toml"), manifest).unwrap();
        // The versions that are on this machine already.
        std::fs::copy(workspace.join("Cargo.lock"), dir.join("Cargo.lock")).unwrap();
        std::fs::write(dir.join("src/main.rs"), MAIN).unwrap();
        Self { name, dir }
    }

    fn write_spec(&self, tlvs: &str) {
        let spec = format!("extends: smpp34\ntlvs:\n  {tlvs}\n");
        std::fs::write(self.dir.join("spec/acme.yaml"), spec).unwrap();
    }

    #[track_caller]
    fn build(&self) -> Built {
        let output = self.cargo_build().output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let messages = String::from_utf8(output.stdout).unwrap();
        let messages = messages.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let is_ours = |message: &serde_json::Value| {
            message["reason"] == "compiler-artifact" && message["target"]["name"] == format!("acme-{}", self.name)
        };
        let artifact = messages.into_iter().find(is_ours).unwrap();
        Built { is_fresh: artifact["fresh"].as_bool().unwrap() }
    }

    fn fails_to_build(&self) -> String {
        let output = self.cargo_build().output().unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stdout).unwrap()
    }

    fn cargo_build(&self) -> Command {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.args(["build", "--offline", "--message-format=json"]).current_dir(&self.dir);
        // The dependencies are compiled once for all runs of these tests.
        command.env("CARGO_TARGET_DIR", self.target()).env_remove("RUSTFLAGS");
        command
    }

    #[track_caller]
    fn run(&self) -> String {
        let program = self.target().join("debug").join(format!("acme-{}{}", self.name, std::env::consts::EXE_SUFFIX));
        let output = Command::new(program).output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    }

    fn target(&self) -> PathBuf {
        Path::new(env!("CARGO_TARGET_TMPDIR")).join("target")
    }
}

const MAIN: &str = r#"
mod acme {
    smpp::include_spec!("spec/acme.yaml");
}

fn main() {
    for tlv in acme::tlv::ALL {
        println!("{} 0x{:04X}", tlv.name, tlv.tag);
    }
}
"#;
