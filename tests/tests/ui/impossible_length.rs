pub mod acme {
    smpp::include_spec!("spec/impossible_length.yaml");
}

fn main() {}
