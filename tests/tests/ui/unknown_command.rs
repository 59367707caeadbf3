pub mod acme {
    smpp::include_spec!("spec/unknown_command.yaml");
}

fn main() {}
