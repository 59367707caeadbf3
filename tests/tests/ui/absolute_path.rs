//! A path that would hold on one machine only.

pub mod acme {
    smpp::include_spec!("/spec/acme.yaml");
}

fn main() {}
