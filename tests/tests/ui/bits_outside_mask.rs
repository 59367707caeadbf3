pub mod acme {
    smpp::include_spec!("spec/bits_outside_mask.yaml");
}

fn main() {}
