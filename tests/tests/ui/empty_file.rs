pub mod acme {
    smpp::include_spec!("spec/empty_file.yaml");
}

fn main() {}
