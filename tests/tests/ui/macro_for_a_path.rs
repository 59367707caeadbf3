pub mod a_path_put_together {
    smpp::include_spec!(concat!("spec/", "acme.yaml"));
}

pub mod nothing {
    smpp::include_spec!();
}

pub mod two_files {
    smpp::include_spec!("spec/acme.yaml", "spec/acme.yaml");
}

fn main() {}
