//! One struct per command.

use proc_macro2::TokenStream;
use quote::quote;
use smpp_spec::{Command, FieldType, Kind, Origin, Tlv};

use super::fields::{Fields, conversions, field_doc, field_spec, field_type, table};
use super::structure::structure;
use super::{Context, doc, hex, ident, local, number, pascal, tlv, upper, with};

pub(super) fn module(cx: &Context<'_>) -> TokenStream {
    let structures = cx.spec.structures.iter().filter(|s| cx.is_mine(&s.meta)).map(|s| structure(cx, s));
    let pdus = cx.spec.commands.iter().filter(|c| cx.is_mine(&c.meta)).map(|c| pdu(cx, c));
    quote! {
        /// The PDUs of this specification, and the structures in them.
        #[allow(dead_code, unused_mut, unused_variables)]
        pub mod pdu {
            #(#structures)*
            #(#pdus)*
        }
    }
}

fn pdu(cx: &Context<'_>, command: &Command) -> TokenStream {
    let smpp = cx.smpp;
    let row = Fields { fields: &command.fields, table: table(&command.meta.name), first: 0 };
    let (name, table, spec) = (pascal(&command.meta.name), &row.table, upper(&command.meta.name));
    let docs = doc(&command.meta, &facts(command));
    let specs = command.fields.iter().map(|field| field_spec(cx, field));
    let count = number(command.fields.len() as u64);
    let table_doc = format!("The mandatory fields of `{}`.", command.meta.name);
    let members = row.stored().map(|field| {
        let (docs, field_name, ty) = (field_doc(field), ident(&field.meta.name), field_type(cx, field));
        quote!(#docs pub #field_name: #ty,)
    });
    let access = |field: &str| {
        let field = ident(field);
        quote!(self.#field)
    };
    let (reader, writer, cursor) = (local("reader"), local("writer"), local("cursor"));
    let first_room = |octets: usize| {
        // A multiple of 16 is zeroed with whole registers.
        let octets = (HEADER_LENGTH + octets).next_multiple_of(16);
        quote!(#writer.first_room::<#octets>())
    };
    let (encode, visit) = (row.encode(&access, &first_room), row.visit(&access));
    let (decode, literal) = (row.decode(cx), row.literal(cx));
    let (borrow, own) = (conversions(&row, &access, "as_borrowed"), conversions(&row, &access, "into_owned"));
    let comma = (!literal.is_empty()).then(|| quote!(,));
    let setters = setters(cx, &row);
    let accessors = tlv_accessors(cx, command);
    let (default_derive, default) = default(cx, command, &row);
    let (debug_derive, debug) = debug(cx, command, &row);
    let request = command.response.as_ref().filter(|_| command.kind == Kind::Request).map(|response| {
        let response = pascal(response);
        quote!(impl #smpp::codec::Request for #name<'_> { type Response = #response<'static>; })
    });
    let stored: Vec<_> = row.stored().map(|field| ident(&field.meta.name)).collect();
    let others = (!stored.is_empty()).then(|| quote!(, ..Self::default()));
    quote! {
        #[doc = #table_doc]
        pub(super) static #table: [#smpp::codec::FieldSpec; #count] = [#(#specs),*];
        #docs
        #[derive(Clone, PartialEq, Eq #default_derive #debug_derive)]
        pub struct #name<'a> {
            #(#members)*
            /// The TLVs, in the order of the wire.
            pub tlvs: #smpp::codec::Tlvs<'a>,
        }
        impl<'a> #name<'a> {
            /// `command_id`.
            pub const ID: #smpp::codec::CommandId = super::command::#spec.id;
            #setters
            /// The same PDU with other TLVs.
            #[inline]
            pub fn with_tlvs(mut self, tlvs: #smpp::codec::Tlvs<'a>) -> Self {
                self.tlvs = tlvs;
                self
            }
            #accessors
            /// The same PDU, borrowing from this one.
            pub fn as_borrowed(&self) -> #name<'_> {
                #name { #borrow #comma tlvs: self.tlvs.as_borrowed() }
            }
            /// The same PDU with octets of its own.
            pub fn into_owned(self) -> #name<'static> {
                #name { #own #comma tlvs: self.tlvs.into_owned() }
            }
        }
        impl #smpp::codec::Command for #name<'_> {
            const SPEC: &'static #smpp::codec::CommandSpec = &super::command::#spec;
            #[inline(always)]
            fn encode_body(&self, #writer: &mut #smpp::codec::Writer<'_>) -> Result<(), #smpp::EncodeError> {
                #encode
                #writer.tlvs(&self.tlvs)
            }
            fn visit_fields(&self, #cursor: &mut #smpp::codec::Cursor<'_>) { #visit }
            #[inline]
            fn tlvs(&self) -> &#smpp::codec::Tlvs<'_> { &self.tlvs }
        }
        impl<'a> #smpp::codec::HasTlvs<'a> for #name<'a> {
            fn tlvs_mut(&mut self) -> &mut #smpp::codec::Tlvs<'a> { &mut self.tlvs }
        }
        impl<'a> #smpp::codec::Decode<'a> for #name<'a> {
            #[inline(always)]
            fn decode_body(mut #reader: #smpp::codec::Reader<'a, '_>) -> Result<Self, #smpp::codec::Failed> {
                #decode
                let tlvs = #reader.tlvs()?;
                Ok(Self { #literal #comma tlvs })
            }
            fn without_body(tlvs: #smpp::codec::Tlvs<'a>) -> Self { Self { tlvs #others } }
        }
        impl #smpp::codec::DecodeOwned for #name<'static> {
            fn decode_owned(
                decoder: &mut #smpp::codec::Decoder,
                frame: #smpp::codec::Frame<'_>,
            ) -> Result<Self, #smpp::DecodeError> {
                decoder.decode_as::<#name<'_>>(frame).map(#name::into_owned)
            }
        }
        #request
        #default
        #debug
        #smpp::__pdu_serde!(#smpp, #name, [#(#stored),*]);
    }
}

fn facts(command: &Command) -> String {
    let kind = match command.kind {
        Kind::Request => format!("Request; its response is `{}`.", command.response.as_deref().unwrap_or_default()),
        Kind::Response => format!("Response to `{}`.", command.response_of.as_deref().unwrap_or_default()),
        Kind::OneWay => "Not answered.".to_owned(),
        Kind::Nack => "Answers a PDU that cannot be answered otherwise; never answered.".to_owned(),
    };
    format!("command_id 0x{:08X}. {kind}", command.id)
}

fn setters(cx: &Context<'_>, row: &Fields<'_>) -> TokenStream {
    row.stored()
        .map(|field| {
            let (name, set, ty) = (ident(&field.meta.name), with(&field.meta.name), field_type(cx, field));
            let docs = format!("The same PDU with another [`{name}`](Self::{name}).");
            let (parameter, value) = match &field.ty {
                FieldType::Integer { values: None, .. } => (quote!(#ty), quote!(#name)),
                _ => (quote!(impl Into<#ty>), quote!(#name.into())),
            };
            quote! {
                #[doc = #docs]
                #[inline]
                pub fn #set(mut self, #name: #parameter) -> Self {
                    self.#name = #value;
                    self
                }
            }
        })
        .collect()
}

/// Accessors of the TLVs that the same specification lists for the command; a vendor's for a standard command are in
/// traits.
fn tlv_accessors(cx: &Context<'_>, command: &Command) -> TokenStream {
    let listed = |tlv: &&Tlv| {
        tlv.meta.origin == command.meta.origin
            && command.meta.origin == Origin::Standard
            && tlv.allowed_in.as_ref().is_some_and(|commands| commands.contains(&command.meta.name))
    };
    cx.spec.tlvs.iter().filter(listed).map(|tlv| tlv::accessors(cx, tlv, false)).collect()
}

fn default(cx: &Context<'_>, command: &Command, row: &Fields<'_>) -> (Option<TokenStream>, Option<TokenStream>) {
    let is_zero = |field: &&smpp_spec::Field| !matches!(field.ty, FieldType::Integer { default, .. } if default != 0);
    if row.stored().all(|field| is_zero(&field)) {
        return (Some(quote!(, Default)), None);
    }
    let name = pascal(&command.meta.name);
    let smpp = cx.smpp;
    let members = row.stored().map(|field| {
        let (field_name, ty) = (ident(&field.meta.name), field_type(cx, field));
        match &field.ty {
            FieldType::Integer { default, size, values } if *default != 0 => {
                let number = hex(*default, *size);
                if values.is_some() { quote!(#field_name: #ty(#number)) } else { quote!(#field_name: #number) }
            }
            _ => quote!(#field_name: Default::default()),
        }
    });
    let default = quote! {
        impl Default for #name<'_> {
            fn default() -> Self { Self { #(#members,)* tlvs: #smpp::codec::Tlvs::EMPTY } }
        }
    };
    (None, Some(default))
}

/// `Debug` that does not show passwords: nor the TLVs beside one, where a bind has it whose strings are padded.
fn debug(cx: &Context<'_>, command: &Command, row: &Fields<'_>) -> (Option<TokenStream>, Option<TokenStream>) {
    let is_secret = |field: &str| field.ends_with("password");
    if !row.stored().any(|field| is_secret(&field.meta.name)) {
        return (Some(quote!(, Debug)), None);
    }
    let (name, smpp) = (pascal(&command.meta.name), cx.smpp);
    let text = name.to_string();
    let members = row.stored().map(|field| {
        let (raw, field_name) = (&field.meta.name, ident(&field.meta.name));
        if is_secret(raw) {
            quote!(.field(#raw, &#smpp::codec::Hidden))
        } else {
            quote!(.field(#raw, &self.#field_name))
        }
    });
    let debug = quote! {
        impl std::fmt::Debug for #name<'_> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(#text)
                    #(#members)*
                    .field("tlvs", &format_args!("{} octets", self.tlvs.octets().len()))
                    .finish()
            }
        }
    };
    (None, Some(debug))
}

/// Octets of the header, which the first room begins with.
const HEADER_LENGTH: usize = 16;
