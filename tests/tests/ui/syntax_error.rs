pub mod acme {
    smpp::include_spec!("spec/syntax_error.yaml");
}

fn main() {}
