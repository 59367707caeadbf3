pub mod acme {
    smpp::include_spec!("spec/name_of_rust.yaml");
}

fn main() {}
