//! Enumerations and bit fields: newtypes over integers, so that unknown values survive.

use proc_macro2::TokenStream;
use quote::quote;
use smpp_spec::{BitField, Direction, Enum, Part, Value, extension_trait};

use super::{Context, doc, hex, number, octets, pascal, uint, upper, with};

pub(super) fn module(cx: &Context<'_>) -> TokenStream {
    let smpp = cx.smpp;
    let mine = |e: &&Enum| cx.is_mine(&e.meta);
    let enums = cx.spec.enums.iter().filter(mine).map(|e| if e.size == 0 { strings(cx, e) } else { integers(cx, e) });
    let extended: Vec<_> = cx.spec.enums.iter().filter(|e| !cx.is_mine(&e.meta) && extends(cx, e)).collect();
    let extensions = extended.iter().map(|e| extension(cx, e));
    let bit_fields = cx.spec.bit_fields.iter().filter(|b| cx.is_mine(&b.meta)).map(|b| bit_field(cx, b));
    let names = cx.spec.enums.iter().filter(mine).chain(extended.iter().copied()).map(|e| &e.meta.name);
    let bit_names = cx.spec.bit_fields.iter().filter(|b| cx.is_mine(&b.meta)).map(|b| &b.meta.name);
    let all = names.chain(bit_names).map(|name| upper(name));
    quote! {
        /// The enumerations and bit fields of this specification.
        #[allow(dead_code)]
        pub mod value {
            /// Every enumeration and bit field.
            pub static ALL: &[&#smpp::codec::ValuesSpec] = &[#(&#all),*];
            #(#enums)*
            #(#extensions)*
            #(#bit_fields)*
        }
    }
}

/// An enumeration of integers.
fn integers(cx: &Context<'_>, e: &Enum) -> TokenStream {
    let smpp = cx.smpp;
    let (name, table, integer) = (pascal(&e.meta.name), upper(&e.meta.name), uint(e.size));
    let docs =
        doc(&e.meta, &format!("{}; values that are not named here are kept as they are.", octets(e.size.into())));
    let consts = consts(&e.values, e.size);
    let spec = table_of(cx, e, &e.values);
    quote! {
        #docs
        #[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct #name(pub #integer);
        impl #name { #(#consts)* }
        #smpp::__wire_integer!(#smpp, #name, #integer, #table);
        #spec
    }
}

/// An enumeration of strings.
fn strings(cx: &Context<'_>, e: &Enum) -> TokenStream {
    let smpp = cx.smpp;
    let name = pascal(&e.meta.name);
    let docs = doc(&e.meta, "Other strings may occur.");
    let consts = e.values.iter().map(|value| {
        let (docs, const_name) = (doc(&value.meta, ""), upper(&value.meta.name));
        let text = proc_macro2::Literal::byte_string(value.text.as_deref().unwrap_or_default().as_bytes());
        quote!(#docs pub const #const_name: #smpp::codec::COctetString<'static> =
            #smpp::codec::COctetString::borrowed(#text);)
    });
    let spec = table_of(cx, e, &e.values);
    quote! {
        #docs
        #[derive(Debug, Clone, Copy)]
        pub enum #name {}
        impl #name { #(#consts)* }
        #spec
    }
}

fn extends(cx: &Context<'_>, e: &Enum) -> bool {
    e.values.iter().any(|value| cx.is_mine(&value.meta))
}

/// The values that a vendor adds to an enumeration of the standard.
fn extension(cx: &Context<'_>, e: &Enum) -> TokenStream {
    let smpp = cx.smpp;
    let target = pascal(&e.meta.name);
    let name = super::ident(&extension_trait(&cx.spec.name, &e.meta.name));
    let mine: Vec<_> = e.values.iter().filter(|value| cx.is_mine(&value.meta)).cloned().collect();
    let spec = table_of(cx, e, &mine);
    if e.size == 0 {
        return spec;
    }
    let singles = || mine.iter().filter_map(|value| Some((value, single(value)?)));
    let declared = singles().map(|(value, _)| {
        let (docs, const_name) = (doc(&value.meta, ""), upper(&value.meta.name));
        quote!(#docs const #const_name: #smpp::value::#target;)
    });
    let defined = singles().map(|(value, number)| {
        let (const_name, number) = (upper(&value.meta.name), hex(number, e.size));
        quote!(const #const_name: #smpp::value::#target = #smpp::value::#target(#number);)
    });
    let docs = format!("Values of `{target}` that this specification adds: `{target}::NAME` with this trait in scope.");
    quote! {
        #[doc = #docs]
        pub trait #name { #(#declared)* }
        impl #name for #smpp::value::#target { #(#defined)* }
        #spec
    }
}

fn bit_field(cx: &Context<'_>, b: &BitField) -> TokenStream {
    let smpp = cx.smpp;
    let (name, table, integer) = (pascal(&b.meta.name), upper(&b.meta.name), uint(b.size));
    let module = super::ident(&b.meta.name);
    let docs = doc(&b.meta, &format!("{}.", octets(b.size.into())));
    let masked = || b.parts.iter().filter(|part| part.mask != 0);
    let accessors = masked().map(|part| {
        let (get, set, part_type) = (super::ident(&part.meta.name), with(&part.meta.name), pascal(&part.meta.name));
        let (mask, docs) = (hex(part.mask, b.size), doc(&part.meta, &format!("Mask 0x{:02X}.", part.mask)));
        let set_doc = format!("The same with another [`{get}`](Self::{get}).");
        quote! {
            #docs
            pub const fn #get(self) -> #module::#part_type {
                #module::#part_type(self.0 & #mask)
            }
            #[doc = #set_doc]
            pub const fn #set(self, #get: #module::#part_type) -> Self {
                Self(self.0 & !#mask | #get.0 & #mask)
            }
        }
    });
    let part_types = masked().map(|part| part_type(cx, b, part));
    let parts = b.parts.iter().map(|part| {
        let (part_name, mask, entries) = (&part.meta.name, hex(part.mask, b.size), entries(cx, &part.values, b.size));
        quote!(#smpp::codec::PartSpec { name: #part_name, mask: #mask, values: &[#(#entries),*] })
    });
    let (raw_name, size, section, text) = (&b.meta.name, number(b.size), &b.meta.section, &b.meta.doc);
    let module_doc = format!("The parts of [`{name}`].");
    let table_doc = format!("The parts of `{raw_name}`, as a table.");
    quote! {
        #docs
        #[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct #name(pub #integer);
        impl #name { #(#accessors)* }
        #smpp::__wire_integer!(#smpp, #name, #integer, #table);
        #[doc = #table_doc]
        pub static #table: #smpp::codec::ValuesSpec = #smpp::codec::ValuesSpec {
            name: #raw_name, size: #size, values: &[], parts: &[#(#parts),*], section: #section, doc: #text,
        };
        #[doc = #module_doc]
        pub mod #module {
            #(#part_types)*
        }
    }
}

fn part_type(cx: &Context<'_>, b: &BitField, part: &Part) -> TokenStream {
    let smpp = cx.smpp;
    let (name, integer) = (pascal(&part.meta.name), uint(b.size));
    let docs = doc(&part.meta, &format!("The bits 0x{:02X}, not shifted.", part.mask));
    let consts = consts(&part.values, b.size);
    let raw = &part.meta.name;
    let table = upper(&b.meta.name);
    quote! {
        #docs
        #[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct #name(pub #integer);
        impl #name { #(#consts)* }
        #smpp::__part!(#smpp, #name, super::#table, #raw);
    }
}

/// The table of an enumeration, with these of its values.
fn table_of(cx: &Context<'_>, e: &Enum, values: &[Value]) -> TokenStream {
    let smpp = cx.smpp;
    let (table, name, size) = (upper(&e.meta.name), &e.meta.name, number(e.size));
    let (section, text) = (&e.meta.section, &e.meta.doc);
    let entries = entries(cx, values, e.size);
    let docs = format!("The values of `{name}`, as a table.");
    quote! {
        #[doc = #docs]
        pub static #table: #smpp::codec::ValuesSpec = #smpp::codec::ValuesSpec {
            name: #name, size: #size, values: &[#(#entries),*], parts: &[], section: #section, doc: #text,
        };
    }
}

/// An entry for each value and each block of values.
fn entries(cx: &Context<'_>, values: &[Value], size: u8) -> Vec<TokenStream> {
    let smpp = cx.smpp;
    let mut out = Vec::new();
    for value in values {
        let (name, text) = (value.meta.name.to_ascii_uppercase(), &value.meta.doc);
        let reserved = value.reserved.then(|| quote!(.reserved()));
        let direction = match value.direction {
            None => None,
            Some(Direction::Submit) => Some(quote!(.submit_only())),
            Some(Direction::Deliver) => Some(quote!(.deliver_only())),
        };
        if let Some(string) = &value.text {
            out.push(quote!(#smpp::codec::ValueSpec::string(#name, #string, #text) #reserved));
        }
        for range in &value.ranges {
            let (low, high) = (hex(*range.start(), size), hex(*range.end(), size));
            out.push(quote!(#smpp::codec::ValueSpec::new(#name, #low, #high, #text) #reserved #direction));
        }
    }
    out
}

/// An associated const for each value that is one number.
fn consts(values: &[Value], size: u8) -> impl Iterator<Item = TokenStream> {
    values.iter().filter(|value| !value.reserved).filter_map(move |value| {
        let (docs, name, number) = (doc(&value.meta, ""), upper(&value.meta.name), hex(single(value)?, size));
        Some(quote!(#docs pub const #name: Self = Self(#number);))
    })
}

fn single(value: &Value) -> Option<u64> {
    match value.ranges.as_slice() {
        [range] if range.start() == range.end() => Some(*range.start()),
        _ => None,
    }
}
