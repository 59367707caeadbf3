//! TLVs: a type for each, its table, and the accessors of the PDUs that may carry it.

use proc_macro2::TokenStream;
use quote::quote;
use smpp_spec::{Origin, Tlv, TlvType};

use super::{Context, doc, hex, ident, number, octets, pascal, uint, upper, with};

pub(super) fn module(cx: &Context<'_>) -> TokenStream {
    let smpp = cx.smpp;
    let mine: Vec<_> = cx.spec.tlvs.iter().filter(|tlv| cx.is_mine(&tlv.meta)).collect();
    let all = mine.iter().map(|tlv| upper(&tlv.meta.name));
    let types = mine.iter().map(|tlv| tlv_type(cx, tlv));
    let find = mine.iter().map(|tlv| {
        let (tag, table) = (hex(tlv.tag.into(), 2), upper(&tlv.meta.name));
        quote!(#tag => Some(&#table),)
    });
    let accepts = mine.iter().map(|tlv| {
        let (tag, min, max) = (hex(tlv.tag.into(), 2), number(tlv.min), number(tlv.max));
        if tlv.min == tlv.max { quote!(#tag => len == #min,) } else { quote!(#tag => (#min..=#max).contains(&len),) }
    });
    quote! {
        /// The TLVs (optional parameters) of this specification.
        #[allow(dead_code)]
        pub mod tlv {
            /// Every TLV.
            pub static ALL: &[&#smpp::codec::TlvSpec] = &[#(&#all),*];

            /// The TLV of this tag.
            pub fn find(tag: u16) -> ::core::option::Option<&'static #smpp::codec::TlvSpec> {
                match tag { #(#find)* _ => None }
            }

            /// Whether a TLV of this tag may have this many octets; so says also a tag that is not of this specification.
            #[inline(always)]
            pub fn accepts(tag: u16, len: usize) -> bool {
                match tag { #(#accepts)* _ => true }
            }

            #(#types)*
        }
    }
}

fn tlv_type(cx: &Context<'_>, tlv: &Tlv) -> TokenStream {
    let smpp = cx.smpp;
    let (name, table, raw, tag) =
        (pascal(&tlv.meta.name), upper(&tlv.meta.name), &tlv.meta.name, hex(tlv.tag.into(), 2));
    let value = value_type(cx, tlv);
    let docs = doc(&tlv.meta, &facts(tlv));
    let kind = ident(match tlv.ty {
        TlvType::Integer { .. } => "Integer",
        TlvType::COctetString => "COctetString",
        TlvType::OctetString => "OctetString",
        TlvType::Empty => "Empty",
    });
    let (min, max, section, text) = (number(tlv.min), number(tlv.max), &tlv.meta.section, &tlv.meta.doc);
    let accepted = tlv.accept_lengths.iter().map(|&len| number(len));
    let allowed = match &tlv.allowed_in {
        None => quote!(None),
        Some(commands) => {
            let ids = commands.iter().map(|command| cx.command_id(command));
            quote!(Some(&[#(#ids),*]))
        }
    };
    let repeatable = tlv.repeatable;
    let values = match &tlv.ty {
        TlvType::Integer { values: Some(values), .. } => {
            let table = cx.values_table(values);
            quote!(Some(#table))
        }
        _ => quote!(None),
    };
    let range = match &tlv.range {
        Some(range) => {
            let (low, high) = (number(*range.start()), number(*range.end()));
            quote!(Some((#low, #high)))
        }
        None => quote!(None),
    };
    let first_octet = match &tlv.first_octet {
        Some(name) => {
            let table = cx.values_table_named(name, cx.enum_origin(name));
            quote!(Some(#table))
        }
        None => quote!(None),
    };
    let table_doc = format!("What the specification says of `{raw}`.");
    quote! {
        #docs
        #[derive(Debug, Clone, Copy)]
        pub enum #name {}
        impl #smpp::codec::Tlv for #name {
            const SPEC: &'static #smpp::codec::TlvSpec = &#table;
            type Value<'a> = #value;
        }
        #[doc = #table_doc]
        pub static #table: #smpp::codec::TlvSpec = #smpp::codec::TlvSpec {
            name: #raw, tag: #tag, kind: #smpp::codec::TlvKind::#kind, min: #min, max: #max,
            accept_lengths: &[#(#accepted),*], allowed_in: #allowed, repeatable: #repeatable,
            values: #values, range: #range, first_octet: #first_octet, section: #section, doc: #text,
        };
    }
}

/// The accessors of one TLV: in an `impl` block of the PDU (`pub`), or in a trait.
pub(super) fn accessors(cx: &Context<'_>, tlv: &Tlv, in_trait: bool) -> TokenStream {
    let smpp = cx.smpp;
    let (get, set, name) = (ident(&tlv.meta.name), with(&tlv.meta.name), pascal(&tlv.meta.name));
    let visibility = (!in_trait).then(|| quote!(pub));
    let (area, area_mut) = if in_trait {
        (quote!(#smpp::codec::Command::tlvs(self)), quote!(#smpp::codec::HasTlvs::tlvs_mut(&mut self)))
    } else {
        (quote!(self.tlvs), quote!(self.tlvs))
    };
    let get_doc = doc(&tlv.meta, &facts(tlv));
    let set_doc =
        format!("The same PDU with {} `{}`.", if tlv.repeatable { "another" } else { "the TLV" }, tlv.meta.name);
    let (value_here, value_in) = (value_type_for(cx, tlv, &quote!('_)), value_type_for(cx, tlv, &quote!('v)));
    let tlv_type = match tlv.meta.origin {
        Origin::Standard => quote!(#smpp::tlv::#name),
        Origin::Vendor => quote!(super::tlv::#name),
    };
    let lifetime = match tlv.ty {
        TlvType::COctetString | TlvType::OctetString => Some(quote!(<'v>)),
        _ => None,
    };
    let getter = match tlv.ty {
        TlvType::Empty => quote! {
            #get_doc
            #visibility fn #get(&self) -> bool { #area.get::<#tlv_type>().is_some() }
        },
        _ if tlv.repeatable => quote! {
            #get_doc
            #visibility fn #get(&self) -> impl Iterator<Item = #value_here> { #area.get_all::<#tlv_type>() }
        },
        _ => quote! {
            #get_doc
            #visibility fn #get(&self) -> Option<#value_here> { #area.get::<#tlv_type>() }
        },
    };
    let verb = ident(if tlv.repeatable { "push" } else { "set" });
    let (parameter, argument) = match &tlv.ty {
        TlvType::Empty => (None, quote!(())),
        TlvType::Integer { values: None, .. } => (Some(quote!(value: #value_here)), quote!(value)),
        _ => (Some(quote!(value: impl Into<#value_in>)), quote!(value.into())),
    };
    quote! {
        #getter
        #[doc = #set_doc]
        #[inline]
        #visibility fn #set #lifetime(mut self, #parameter) -> Self {
            #area_mut.#verb::<#tlv_type>(#argument);
            self
        }
    }
}

/// The Rust type of the value, with the lifetime `'a` where it has one.
fn value_type(cx: &Context<'_>, tlv: &Tlv) -> TokenStream {
    value_type_for(cx, tlv, &quote!('a))
}

fn value_type_for(cx: &Context<'_>, tlv: &Tlv, lifetime: &TokenStream) -> TokenStream {
    let smpp = cx.smpp;
    match &tlv.ty {
        TlvType::Integer { values: Some(values), .. } => cx.values_type(values),
        TlvType::Integer { size, values: None } => {
            let integer = uint(*size);
            quote!(#integer)
        }
        TlvType::COctetString => quote!(#smpp::codec::COctetString<#lifetime>),
        TlvType::OctetString => quote!(#smpp::codec::OctetString<#lifetime>),
        TlvType::Empty => quote!(()),
    }
}

fn facts(tlv: &Tlv) -> String {
    let size = if tlv.min == tlv.max { octets(tlv.max) } else { format!("{} to {}", tlv.min, octets(tlv.max)) };
    let kind = match tlv.ty {
        TlvType::Integer { .. } => "integer",
        TlvType::COctetString => "C-octet string (the NUL counts)",
        TlvType::OctetString => "octet string",
        TlvType::Empty => return format!("Tag 0x{:04X}, no value.", tlv.tag),
    };
    let repeatable = if tlv.repeatable { ", may be repeated" } else { "" };
    format!("Tag 0x{:04X}, {kind}, {size}{repeatable}.", tlv.tag)
}
