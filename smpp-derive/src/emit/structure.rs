//! The structures that occur in lists.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use smpp_spec::{Field, FieldType, Structure, Variant};

use super::fields::{Fields, conversions, field_doc, field_spec, field_type, lifetime, table};
use super::{Context, doc, hex, ident, local, number, pascal, uint};

/// A structure: a struct when it has one form, an enum when a discriminant tells several apart.
pub(super) fn structure(cx: &Context<'_>, s: &Structure) -> TokenStream {
    let smpp = cx.smpp;
    let table = table(&s.meta.name);
    let docs = doc(&s.meta, "");
    let mut all: Vec<&Field> = s.discriminant.iter().collect();
    let mut rows = Vec::new();
    for variant in &s.variants {
        rows.push(Fields { fields: &variant.fields, table: table.clone(), first: all.len() });
        all.extend(&variant.fields);
    }
    let specs = all.iter().map(|field| field_spec(cx, field));
    let count = number(all.len() as u64);
    let body = match &s.discriminant {
        Some(discriminant) => tagged(cx, s, discriminant, &rows),
        None => plain(cx, s, &rows[0]),
    };
    let serde = element_serde(cx, s, &rows);
    let text = format!("The fields of `{}`.", s.meta.name);
    quote! {
        #[doc = #text]
        pub static #table: [#smpp::codec::FieldSpec; #count] = [#(#specs),*];
        #docs
        #[derive(Debug, Clone, PartialEq, Eq)]
        #body
        #serde
    }
}

/// What the feature `serde` needs to know: nothing comes of it without.
fn element_serde(cx: &Context<'_>, s: &Structure, rows: &[Fields<'_>]) -> TokenStream {
    let (smpp, name, lifetime) = (cx.smpp, pascal(&s.meta.name), lifetime(s, "'_"));
    let names = |row: &Fields<'_>| -> Vec<Ident> { row.stored().map(|field| ident(&field.meta.name)).collect() };
    let Some(discriminant) = &s.discriminant else {
        let fields = names(&rows[0]);
        return quote!(#smpp::__element_serde!(#smpp, #name #lifetime, [#(#fields),*]););
    };
    let tag = ident(&discriminant.meta.name);
    let forms = s.variants.iter().zip(rows).map(|(variant, row)| {
        let (form, value, fields) = (pascal(&variant.meta.name), hex(variant.value, 8), names(row));
        quote!(#value => #form [#(#fields),*])
    });
    quote!(#smpp::__element_serde!(#smpp, #name #lifetime, #tag, { #(#forms),* });)
}

/// One form: a struct.
fn plain(cx: &Context<'_>, s: &Structure, row: &Fields<'_>) -> TokenStream {
    let smpp = cx.smpp;
    let (reader, writer, cursor) = (local("reader"), local("writer"), local("cursor"));
    let name = pascal(&s.meta.name);
    let members = row.stored().map(|field| {
        let (docs, field_name, ty) = (field_doc(field), ident(&field.meta.name), field_type(cx, field));
        quote!(#docs pub #field_name: #ty,)
    });
    let access = |field: &str| {
        let field = ident(field);
        quote!(self.#field)
    };
    let (encode, visit) = (row.encode(&access, &|octets| quote!(#writer.room::<#octets>())), row.visit(&access));
    let (decode, literal) = (row.decode(cx), row.literal(cx));
    let (borrow, own) = (conversions(row, &access, "as_borrowed"), conversions(row, &access, "into_owned"));
    let conversions = element_conversions(s, &quote!(#name { #borrow }), &quote!(#name { #own }));
    let (of_a, of_b) = (lifetime(s, "'a"), lifetime(s, "'b"));
    quote! {
        pub struct #name #of_a { #(#members)* }
        impl<'a> #smpp::codec::Element<'a> for #name #of_a {
            type Of<'b> = #name #of_b;
            fn decode(#reader: &mut #smpp::codec::Reader<'a, '_>) -> Result<Self, #smpp::codec::Failed> {
                #decode
                Ok(Self { #literal })
            }
            fn encode(&self, #writer: &mut #smpp::codec::Writer<'_>) -> Result<(), #smpp::EncodeError> {
                #encode
                Ok(())
            }
            fn visit_fields(&self, #cursor: &mut #smpp::codec::Cursor<'_>) { #visit }
            #conversions
        }
    }
}

/// The methods that change the lifetime of an element, out of what they return where it has one.
fn element_conversions(s: &Structure, borrow: &TokenStream, own: &TokenStream) -> TokenStream {
    let (name, borrowed, owned) = (pascal(&s.meta.name), lifetime(s, "'_"), lifetime(s, "'static"));
    if owned.is_none() {
        return quote! {
            fn as_borrowed(&self) -> Self { self.clone() }
            fn into_owned(self) -> Self { self }
        };
    }
    quote! {
        fn as_borrowed(&self) -> #name #borrowed { #borrow }
        fn into_owned(self) -> #name #owned { #own }
    }
}

/// Several forms: an enum.
fn tagged(cx: &Context<'_>, s: &Structure, discriminant: &Field, rows: &[Fields<'_>]) -> TokenStream {
    let smpp = cx.smpp;
    let (reader, writer, cursor) = (local("reader"), local("writer"), local("cursor"));
    let (name, table) = (pascal(&s.meta.name), table(&s.meta.name));
    let size = match discriminant.ty {
        FieldType::Integer { size, .. } => size,
        _ => 1,
    };
    let integer = uint(size);
    let forms: Vec<_> = s.variants.iter().zip(rows).collect();
    let bound = |field: &str| {
        let field = ident(field);
        quote!((*#field))
    };
    let owned = |field: &str| {
        let field = ident(field);
        quote!(#field)
    };
    let names = |row: &Fields<'_>| -> Vec<Ident> { row.stored().map(|field| ident(&field.meta.name)).collect() };
    let variants = forms.iter().map(|(variant, row)| {
        let (docs, form) = (doc(&variant.meta, ""), pascal(&variant.meta.name));
        let members = row.stored().map(|field| {
            let (docs, field_name, ty) = (field_doc(field), ident(&field.meta.name), field_type(cx, field));
            quote!(#docs #field_name: #ty,)
        });
        quote!(#docs #form { #(#members)* },)
    });
    let decode = forms.iter().map(|(variant, row)| {
        let (form, value) = (pascal(&variant.meta.name), hex(variant.value, size));
        let (decode, literal) = (row.decode(cx), row.literal(cx));
        quote!(#value => { #decode Ok(Self::#form { #literal }) })
    });
    let encode = forms.iter().map(|(variant, row)| {
        let (form, fields, value) = (pascal(&variant.meta.name), names(row), hex(variant.value, size));
        let begin = |octets: usize| {
            let octets = octets + usize::from(size);
            quote!({
                let mut room = #writer.room::<#octets>();
                room.octets((#value as #integer).to_be_bytes());
                room
            })
        };
        let encode = row.encode(&bound, &begin);
        quote!(Self::#form { #(#fields),* } => { #encode })
    });
    let visit = forms.iter().map(|(variant, row)| {
        let (form, fields, value) = (pascal(&variant.meta.name), names(row), hex(variant.value, size));
        let visit = row.visit(&bound);
        quote!(Self::#form { #(#fields),* } => { #cursor.integer(&#table[0], #value as #integer); #visit })
    });
    let convert = |method: &str| -> TokenStream {
        let conversion = |(variant, row): &(&Variant, &Fields<'_>)| {
            let (form, fields) = (pascal(&variant.meta.name), names(row));
            let conversions = conversions(row, &owned, method);
            quote!(Self::#form { #(#fields),* } => #name::#form { #conversions },)
        };
        forms.iter().map(conversion).collect()
    };
    let (borrow, own) = (convert("as_borrowed"), convert("into_owned"));
    let conversions = element_conversions(s, &quote!(match self { #borrow }), &quote!(match self { #own }));
    let (of_a, of_b) = (lifetime(s, "'a"), lifetime(s, "'b"));
    quote! {
        pub enum #name #of_a { #(#variants)* }
        impl<'a> #smpp::codec::Element<'a> for #name #of_a {
            type Of<'b> = #name #of_b;
            fn decode(#reader: &mut #smpp::codec::Reader<'a, '_>) -> Result<Self, #smpp::codec::Failed> {
                match #integer::from_be_bytes(#reader.octets(&#table[0])?) {
                    #(#decode)*
                    other => Err(#reader.unknown_form(&#table[0], u64::from(other))),
                }
            }
            fn encode(&self, #writer: &mut #smpp::codec::Writer<'_>) -> Result<(), #smpp::EncodeError> {
                match self { #(#encode)* }
                Ok(())
            }
            fn visit_fields(&self, #cursor: &mut #smpp::codec::Cursor<'_>) {
                match self { #(#visit)* }
            }
            #conversions
        }
    }
}
