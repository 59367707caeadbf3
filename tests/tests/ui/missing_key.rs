pub mod acme {
    smpp::include_spec!("spec/missing_key.yaml");
}

fn main() {}
