smpp::include_spec!("spec/acme.yaml");
smpp::include_spec!("spec/acme.yaml");

fn main() {}
