//! From the model to tokens. One module per kind of item.

mod command;
mod fields;
mod pdu;
mod structure;
mod tlv;
mod value;
mod vendor;

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{format_ident, quote};
use smpp_spec::{Meta, Origin, Spec, Values, type_name};

/// All of a specification: the standard's items, or only those that a vendor file adds to them.
pub(crate) fn spec(smpp: &TokenStream, spec: &Spec, is_standard: bool) -> TokenStream {
    let cx = Context { smpp, spec, origin: if is_standard { Origin::Standard } else { Origin::Vendor } };
    let values = value::module(&cx);
    let tlvs = tlv::module(&cx);
    let pdus = pdu::module(&cx);
    let commands = command::module(&cx);
    let rest = if is_standard { command::pdu_enum(&cx) } else { vendor::rest(&cx) };
    let protocol = protocol(&cx);
    quote!(#values #tlvs #pdus #commands #rest #protocol)
}

/// A const and not a static, so that `&[acme::PROTOCOL]` is `'static` also inside a function.
fn protocol(cx: &Context<'_>) -> TokenStream {
    let smpp = cx.smpp;
    let name = &cx.spec.name;
    quote! {
        /// What this specification says, as tables.
        #[allow(dead_code)]
        pub const PROTOCOL: &#smpp::codec::Protocol =
            &#smpp::codec::Protocol { name: #name, commands: command::ALL, tlvs: tlv::ALL, values: value::ALL };
    }
}

/// What every emitter needs to know.
pub(crate) struct Context<'s> {
    /// The path of the `smpp` crate.
    pub(crate) smpp: &'s TokenStream,
    pub(crate) spec: &'s Spec,
    /// Whose items are emitted.
    pub(crate) origin: Origin,
}

impl<'s> Context<'s> {
    /// Whether the item is one of those that are emitted.
    fn is_mine(&self, meta: &Meta) -> bool {
        meta.origin == self.origin
    }

    /// The path of a module of the specification that an item comes from, seen from another module of this one.
    fn module(&self, origin: Origin, module: &str) -> TokenStream {
        let (smpp, module) = (self.smpp, ident(module));
        match origin {
            Origin::Standard => quote!(#smpp::#module),
            Origin::Vendor => quote!(super::#module),
        }
    }

    /// The type of an enumeration or bit field, seen from another module.
    fn values_type(&self, values: &Values) -> TokenStream {
        let (name, origin) = self.values_origin(values);
        let (module, name) = (self.module(origin, "value"), pascal(name));
        quote!(#module::#name)
    }

    /// The table of an enumeration or bit field, seen from another module.
    fn values_table(&self, values: &Values) -> TokenStream {
        let (name, origin) = self.values_origin(values);
        self.values_table_named(name, origin)
    }

    fn values_table_named(&self, name: &str, origin: Origin) -> TokenStream {
        let (module, name) = (self.module(origin, "value"), upper(name));
        quote!(&#module::#name)
    }

    fn values_origin<'v>(&self, values: &'v Values) -> (&'v str, Origin) {
        let (name, found) = match values {
            Values::Enum(name) => (name, self.spec.enums.iter().find(|e| e.meta.name == *name).map(|e| &e.meta)),
            Values::BitField(name) => {
                (name, self.spec.bit_fields.iter().find(|b| b.meta.name == *name).map(|b| &b.meta))
            }
        };
        (name, found.map_or(self.origin, |meta| meta.origin))
    }

    fn enum_origin(&self, name: &str) -> Origin {
        self.spec.enums.iter().find(|e| e.meta.name == name).map_or(self.origin, |e| e.meta.origin)
    }

    /// A status of the standard or of the vendor, as a value that a table can hold.
    fn status(&self, name: &str) -> TokenStream {
        let smpp = self.smpp;
        let statuses = self.spec.enums.iter().filter(|e| e.meta.name == "command_status");
        let found = statuses.flat_map(|e| &e.values).find(|value| value.meta.name == name);
        let number = hex(found.and_then(|value| value.ranges.first()).map_or(0, |range| *range.start()), 4);
        quote!(#smpp::value::CommandStatus(#number))
    }

    fn command_id(&self, name: &str) -> TokenStream {
        let smpp = self.smpp;
        let id = self.spec.commands.iter().find(|command| command.meta.name == name).map_or(0, |command| command.id);
        let id = hex(u64::from(id), 4);
        quote!(#smpp::codec::CommandId(#id))
    }
}

/// `source_addr` as an identifier.
fn ident(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}

/// A variable of the generated code that no field can shadow, even one of the same name.
fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// `source_addr` as the name of a type: `SourceAddr`.
fn pascal(name: &str) -> Ident {
    ident(&type_name(name))
}

/// `source_addr` as the name of a static: `SOURCE_ADDR`.
fn upper(name: &str) -> Ident {
    ident(&name.to_ascii_uppercase())
}

fn with(name: &str) -> Ident {
    format_ident!("with_{name}")
}

/// `u8`, `u16`, `u32` or `u64`.
fn uint(size: u8) -> Ident {
    format_ident!("u{}", u32::from(size) * 8)
}

/// A number as the standard prints it.
fn hex(value: u64, size: u8) -> Literal {
    let width = usize::from(size) * 2;
    let text = format!("0x{value:0width$X}");
    text.parse().unwrap_or_else(|_| Literal::u64_unsuffixed(value))
}

/// A number without a suffix, as one would write it by hand.
fn number(value: impl Into<u64>) -> Literal {
    Literal::u64_unsuffixed(value.into())
}

/// The documentation of an item: its own line, then what else there is to say.
fn doc(meta: &Meta, more: &str) -> TokenStream {
    let own = if meta.doc.is_empty() { format!("`{}`.", meta.name) } else { meta.doc.clone() };
    let section = if meta.section.is_empty() { String::new() } else { format!("Section {}.", meta.section) };
    let more = [more, &section].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    if more.is_empty() { quote!(#[doc = #own]) } else { quote!(#[doc = #own] #[doc = ""] #[doc = #more]) }
}

/// "1 octet", "3 octets".
fn octets(count: u32) -> String {
    if count == 1 { "1 octet".to_owned() } else { format!("{count} octets") }
}
