pub mod acme {
    smpp::include_spec!("spec/response_without_high_bit.yaml");
}

fn main() {}
