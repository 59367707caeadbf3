pub mod acme {
    smpp::include_spec!("spec/unknown_key.yaml");
}

fn main() {}
