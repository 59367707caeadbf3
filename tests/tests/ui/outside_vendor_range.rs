pub mod acme {
    smpp::include_spec!("spec/outside_vendor_range.yaml");
}

fn main() {}
