//! What stands between the braces.

use proc_macro2::TokenStream;
use syn::parse::{Parse, ParseStream};
use syn::{Ident, LitStr, Token, bracketed};

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
        let at = input.span();
        let source = if input.peek(LitStr) {
            let path = input.parse()?;
            input.parse::<Option<Token![,]>>()?;
            Source::File(path)
        } else if input.peek(Ident) && input.parse::<Ident>()? == "builtin" {
            Source::Builtin
        } else {
            return Err(syn::Error::new(at, "expected the path of a YAML file in quotes"));
        };
        Ok(Self { smpp, source })
    }
}
