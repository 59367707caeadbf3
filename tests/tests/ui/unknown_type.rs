pub mod acme {
    smpp::include_spec!("spec/unknown_type.yaml");
}

fn main() {}
