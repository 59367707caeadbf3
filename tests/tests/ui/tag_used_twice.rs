pub mod acme {
    smpp::include_spec!("spec/tag_used_twice.yaml");
}

fn main() {}
