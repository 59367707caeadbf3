//! SMPP 3.4 itself, out of its description in YAML.

crate::include_spec!(builtin);
