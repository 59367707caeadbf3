const PATH: &str = "spec/acme.yaml";

pub mod a_constant {
    smpp::include_spec!(PATH);
}

pub mod a_number {
    smpp::include_spec!(34);
}

fn main() {}
