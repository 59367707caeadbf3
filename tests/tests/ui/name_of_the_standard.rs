pub mod acme {
    smpp::include_spec!("spec/name_of_the_standard.yaml");
}

fn main() {}
