//! Holds the generated code to what was reviewed: a change of the generator shows as a diff.
//!
//! All of the output for a small vendor file is in `tests/snapshot/acme.rs`; `generated-code.md` of the repository lays
//! excerpts beside their YAML. `UPDATE=1 cargo test -p smpp-derive` writes both anew.

use std::path::{Path, PathBuf};

use proc_macro2::TokenTree;
use quote::quote;
use smpp_spec::Loaded;
use syn::{File, ImplItem, Item, Type};

use crate::emit;

#[test]
fn all_of_a_vendor_file() {
    let text = unparse(&vendor());
    let header = "// What `include_spec!` makes of acme.yaml. Written by `UPDATE=1 cargo test -p smpp-derive`.\n\n";
    holds(&package().join("tests/snapshot/acme.rs"), &format!("{header}{text}"));
}

#[test]
fn yaml_beside_rust() {
    let path = repository().join("generated-code.md");
    let (standard, vendor) = (emitted(&smpp_spec::load_standard(), true), vendor());
    let old = std::fs::read_to_string(&path).unwrap();
    let mut new = String::new();
    let mut lines = old.lines();
    while let Some(line) = lines.next() {
        new.extend([line, "\n"]);
        // A comment says what the code block after it holds.
        let Some(excerpt) = line.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->")) else { continue };
        let (language, code) = match excerpt.split_once(": ") {
            Some(("standard", wanted)) => ("rust", rust(&standard, wanted)),
            Some(("vendor", wanted)) => ("rust", rust(&vendor, wanted)),
            Some((file, item)) => ("yaml", yaml(&repository().join(file), item)),
            None => panic!("what is `{excerpt}`?"),
        };
        assert_eq!(lines.next(), Some(format!("```{language}").as_str()), "{excerpt}");
        lines.by_ref().find(|line| *line == "```").unwrap();
        new.push_str(&format!("```{language}\n{code}```\n"));
    }
    holds(&path, &new);
}

#[track_caller]
fn holds(path: &Path, text: &str) {
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, text).unwrap();
    }
    let old = std::fs::read_to_string(path).unwrap_or_default();
    let changed = old.lines().zip(text.lines()).position(|(old, new)| old != new);
    assert!(
        old == text,
        "{} is stale from line {} on: see `UPDATE=1 cargo test -p smpp-derive` and git diff",
        path.display(),
        changed.unwrap_or_else(|| old.lines().count().min(text.lines().count())) + 1
    );
}

fn vendor() -> File {
    let path = package().join("tests/snapshot/acme.yaml");
    emitted(&smpp_spec::load_file(path), false)
}

fn emitted(loaded: &Loaded, is_standard: bool) -> File {
    assert_eq!(loaded.diagnostics, []);
    syn::parse2(emit::spec(&quote!(smpp), &loaded.spec, is_standard)).unwrap()
}

/// The text of it, with the space after `///` that a documentation comment has and an attribute has not.
fn unparse(file: &File) -> String {
    let text = prettyplease::unparse(file);
    let line = |line: &str| match line.split_once("///") {
        Some((indent, doc)) if indent.trim().is_empty() && !doc.is_empty() && !doc.starts_with(' ') => {
            format!("{indent}/// {doc}\n")
        }
        _ => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

/// The lines of an item, `commands.query_sm`, with the name of its section above them.
fn yaml(path: &Path, item: &str) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let mut out = String::new();
    let mut lines = text.lines().peekable();
    for (depth, key) in item.split('.').enumerate() {
        let key = format!("{}{key}:", "  ".repeat(depth));
        let line = lines.find(|line| line.starts_with(&key));
        out.extend([line.unwrap_or_else(|| panic!("no {item}")), "\n"]);
    }
    let indent = "  ".repeat(item.split('.').count());
    while let Some(line) = lines.next_if(|line| line.starts_with(&indent)) {
        out.extend([line, "\n"]);
    }
    out
}

/// The items called so, `pdu::QuerySm, command::QUERY_SM`, each with all its `impl` blocks; with a third name, only that
/// method.
fn rust(file: &File, wanted: &str) -> String {
    let blocks = wanted.split(", ").map(|path| {
        let names: Vec<&str> = path.split("::").collect();
        let items = match names[..] {
            [module, name] => {
                inside(&file.items, module).iter().filter(|item| belongs_to(item, name)).cloned().collect()
            }
            [module, name, method] => method_of(inside(&file.items, module), name, method),
            _ => panic!("what is `{path}`?"),
        };
        assert!(!items.is_empty(), "no {path}");
        unparse(&File { shebang: None, frontmatter: None, attrs: Vec::new(), items })
    });
    blocks.collect::<Vec<_>>().join("\n")
}

fn inside<'f>(items: &'f [Item], module: &str) -> &'f [Item] {
    let found = items.iter().find_map(|item| match item {
        Item::Mod(item) if item.ident == module => item.content.as_ref(),
        _ => None,
    });
    found.map_or_else(|| panic!("no module {module}"), |(_, items)| items)
}

fn belongs_to(item: &Item, name: &str) -> bool {
    match item {
        Item::Struct(item) => item.ident == name,
        Item::Enum(item) => item.ident == name,
        Item::Trait(item) => item.ident == name,
        Item::Static(item) => item.ident == name,
        Item::Mod(item) => item.ident == name,
        Item::Impl(item) => {
            is_type(&item.self_ty, name)
                || item.trait_.as_ref().is_some_and(|(path, _)| path.segments.last().unwrap().ident == name)
        }
        // `smpp::__wire_integer!(smpp, AddrSubunit, u8, ADDR_SUBUNIT);`
        Item::Macro(item) => match item.mac.tokens.clone().into_iter().nth(2) {
            Some(TokenTree::Ident(ident)) => ident == name,
            _ => false,
        },
        _ => false,
    }
}

fn method_of(items: &[Item], name: &str, method: &str) -> Vec<Item> {
    let is_method = |item: &ImplItem| matches!(item, ImplItem::Fn(function) if function.sig.ident == method);
    let impls = items.iter().filter_map(|item| match item {
        Item::Impl(item) if item.trait_.is_none() && is_type(&item.self_ty, name) => Some(item),
        _ => None,
    });
    let with_method = impls.filter(|item| item.items.iter().any(is_method)).cloned().map(|mut item| {
        item.items.retain(is_method);
        Item::Impl(item)
    });
    with_method.collect()
}

fn is_type(ty: &Type, name: &str) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().unwrap().ident == name)
}

fn package() -> PathBuf {
    env!("CARGO_MANIFEST_DIR").into()
}

fn repository() -> PathBuf {
    package().join("..")
}
