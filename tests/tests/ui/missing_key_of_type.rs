pub mod acme {
    smpp::include_spec!("spec/missing_key_of_type.yaml");
}

fn main() {}
