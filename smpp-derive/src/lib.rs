//! The macro behind `smpp::include_spec!`: reads a specification in YAML and writes the Rust for it.
//!
//! Users depend on `smpp`, not on this crate. The YAML is read and checked by `smpp-spec`; `emit` turns the model
//! into tokens. What comes out is described, YAML beside Rust, in `generated-code.md` of the repository.

mod emit;
mod input;
#[cfg(test)]
mod snapshot;

use proc_macro::TokenStream;
use proc_macro2::Span;
use quote::quote;
use syn::LitStr;

use input::{Input, Source};

/// `include_spec! { [path::to::smpp] "spec/acme.yaml" }`, or `[crate] builtin` for SMPP 3.4 itself.
#[proc_macro]
pub fn include_spec(tokens: TokenStream) -> TokenStream {
    let Input { smpp, source } = syn::parse_macro_input!(tokens as Input);
    let (loaded, span, is_standard) = match &source {
        Source::Builtin => (smpp_spec::load_standard(), Span::call_site(), true),
        Source::File(path) if std::path::Path::new(&path.value()).is_absolute() => {
            let message = "the path must be relative to the folder of Cargo.toml, so that it holds on other machines";
            return syn::Error::new(path.span(), message).into_compile_error().into();
        }
        Source::File(path) => {
            let root = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
            let text = std::fs::read_to_string(std::path::Path::new(&root).join(path.value()));
            let loaded = match text {
                Ok(text) => smpp_spec::load_str(&path.value(), &text),
                Err(error) => return cannot_read(path, &error),
            };
            (loaded, path.span(), false)
        }
    };
    let tracked = match &source {
        Source::Builtin => None,
        Source::File(path) => {
            let relative = format!("/{}", path.value());
            Some(quote!(
                const _: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), #relative));
            ))
        }
    };
    let errors = (!loaded.diagnostics.is_empty()).then(|| {
        let all: Vec<_> = loaded.diagnostics.iter().map(ToString::to_string).collect();
        syn::Error::new(span, format!("the specification has mistakes\n\n{}", all.join("\n\n"))).into_compile_error()
    });
    let code = emit::spec(&smpp, &loaded.spec, is_standard);
    quote!(#errors #tracked #code).into()
}

fn cannot_read(path: &LitStr, error: &std::io::Error) -> TokenStream {
    let message = format!(
        "cannot read the specification: {error}\n --> {}\n  = help: the path is relative to the folder of Cargo.toml",
        path.value()
    );
    syn::Error::new(path.span(), message).into_compile_error().into()
}
