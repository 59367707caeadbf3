pub mod acme {
    smpp::include_spec!("spec/not_snake_case.yaml");
}

fn main() {}
