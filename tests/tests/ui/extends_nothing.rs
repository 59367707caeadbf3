pub mod acme {
    smpp::include_spec!("spec/extends_nothing.yaml");
}

fn main() {}
