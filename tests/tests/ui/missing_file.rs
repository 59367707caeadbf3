pub mod acme {
    smpp::include_spec!("spec/amce.yaml");
}

fn main() {}
