pub mod acme {
    smpp::include_spec!("spec/tag_of_the_standard.yaml");
}

fn main() {}
