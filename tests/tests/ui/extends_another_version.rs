pub mod acme {
    smpp::include_spec!("spec/extends_another_version.yaml");
}

fn main() {}
