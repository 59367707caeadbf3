pub mod acme {
    smpp::include_spec!("spec/wrong_kind.yaml");
}

fn main() {}
