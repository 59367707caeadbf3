pub mod acme {
    smpp::include_spec!("spec/response_missing.yaml");
}

fn main() {}
