pub mod acme {
    smpp::include_spec!("spec/value_too_big.yaml");
}

fn main() {}
