//! The SMPP 3.4 protocol as YAML, and the library that reads it.

mod check;
mod diagnostic;
mod load;
mod locate;
mod model;
mod resolve;
mod table;

pub use diagnostic::Diagnostic;
pub use load::{Loaded, load_file, load_standard, load_str, standard};
pub use model::*;

#[cfg(test)]
mod tests {
    #[test]
    fn the_standard_has_no_mistakes() {
        let loaded = super::load_standard();
        for diagnostic in &loaded.diagnostics {
            eprintln!("{diagnostic}\n");
        }
        assert!(loaded.diagnostics.is_empty());
        assert_eq!(loaded.spec.commands.len(), 27);
        assert_eq!(loaded.spec.tlvs.len(), 44);
    }
}
