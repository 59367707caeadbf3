pub mod acme {
    smpp::include_spec!("spec/unknown_enumeration.yaml");
}

fn main() {}
