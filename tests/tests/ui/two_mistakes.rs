pub mod acme {
    smpp::include_spec!("spec/two_mistakes.yaml");
}

fn main() {}
