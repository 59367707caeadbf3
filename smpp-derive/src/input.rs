//! What stands between the braces.

use proc_macro2::TokenStream;
use syn::parse::{Parse, ParseStream};
use syn::{Ident, LitStr, bracketed};

pub(crate) struct Input {
    /// The path of the `smpp` crate where the macro is used.
    pub(crate) smpp: TokenStream,
    pub(crate) source: Source,
}

pub(crate) enum Source {
    /// SMPP 3.4 itself.
    Builtin,
    /// A vendor's file, relative to the folder of the user's Cargo.toml.
    File(LitStr),
}

impl Parse for Input {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let inside;
        bracketed!(inside in input);
        let smpp = inside.parse()?;
        let source = if input.peek(Ident) {
            let word: Ident = input.parse()?;
            if word != "builtin" {
                return Err(syn::Error::new(word.span(), "expected the path of a YAML file in quotes"));
            }
            Source::Builtin
        } else {
            Source::File(input.parse()?)
        };
        Ok(Self { smpp, source })
    }
}
