//! Fields in a row, whether of a PDU or of a list element; and list elements.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use smpp_spec::{Accept, Field, FieldType, Structure, Variant};
use syn::Lifetime;

use super::{Context, doc, hex, ident, local, number, octets, pascal, uint, upper};

/// Most octets of fields that are written into one `codec::Room`: the longest body without octet string or list, that of
/// data_sm, takes 143.
const ROOM: u32 = 144;

/// A row of fields, and how the struct that holds them is reached.
pub(super) struct Fields<'s> {
    pub(super) fields: &'s [Field],
    /// The table of all fields, of which these are those from `first` on.
    pub(super) table: Ident,
    pub(super) first: usize,
}

impl Fields<'_> {
    /// The fields that have a place in the struct: all but the counts.
    pub(super) fn stored(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| !matches!(field.ty, FieldType::Count { .. }))
    }

    fn spec_of(&self, name: &str) -> TokenStream {
        let at = self.first + self.fields.iter().position(|field| field.meta.name == name).unwrap_or_default();
        let (table, at) = (&self.table, number(at as u64));
        quote!(&#table[#at])
    }

    /// Statements that write the fields. `access` gives the place of a field, `begin` is the call that makes the first
    /// room.
    pub(super) fn encode(
        &self,
        access: &dyn Fn(&str) -> TokenStream,
        begin: &dyn Fn(usize) -> TokenStream,
    ) -> TokenStream {
        let (room, left, writer) = (local("room"), local("left"), local("writer"));
        let begin = begin(self.room_from(0));
        let mut out = quote!(let mut #room = #begin;);
        let mut open = true;
        let mut taken = 0;
        let mut run: Vec<TokenStream> = Vec::new();
        for (at, field) in self.fields.iter().enumerate() {
            let (name, spec) = (ident(&field.meta.name), self.spec_of(&field.meta.name));
            let place = access(&field.meta.name);
            let size = most_octets(field);
            let unbounded = matches!(field.ty, FieldType::OctetString { .. } | FieldType::List { .. });
            if open && (taken + size > ROOM || unbounded) {
                flush(&mut out, &mut run);
                out.extend(quote! { let #left = #room.left(); #writer.end_room(#left); });
                (open, taken) = (false, 0);
            }
            if !open && size > 0 && size <= ROOM {
                let octets = self.room_from(at);
                out.extend(quote!(let mut #room = #writer.room::<#octets>();));
                open = true;
            }
            taken += size;
            match &field.ty {
                FieldType::Integer { size: 1, values, .. } => {
                    run.push(if values.is_some() { quote!(#place.0) } else { quote!(#place) });
                }
                FieldType::Integer { values, .. } => {
                    flush(&mut out, &mut run);
                    let number = if values.is_some() { quote!(#place.0) } else { quote!(#place) };
                    out.extend(quote!(#room.octets(#number.to_be_bytes());));
                }
                FieldType::Count { size, of } => {
                    let (counted, counted_spec, integer) = (access(of), self.spec_of(of), uint(*size));
                    let is_list = self
                        .fields
                        .iter()
                        .any(|other| other.meta.name == *of && matches!(other.ty, FieldType::List { .. }));
                    let check = ident(if is_list { "count_of" } else { "length_of" });
                    out.extend(quote!(let #name = #room.#check(#counted_spec, &#counted)? as #integer;));
                    if *size == 1 {
                        run.push(quote!(#name));
                    } else {
                        flush(&mut out, &mut run);
                        out.extend(quote!(#room.octets(#name.to_be_bytes());));
                    }
                }
                FieldType::COctetString { .. } if size > ROOM => {
                    out.extend(quote!(#writer.long_c_octet_string(#spec, &#place)?;));
                }
                FieldType::COctetString { lengths, .. } => {
                    flush(&mut out, &mut run);
                    let write = ident(if lengths.is_empty() { "c_octet_string" } else { "c_octet_string_of_lengths" });
                    out.extend(quote!(#room.#write(#spec, &#place)?;));
                }
                FieldType::OctetString { .. } => out.extend(quote!(#writer.octet_string(&#place);)),
                FieldType::List { .. } => out.extend(quote!(#writer.list(&#place)?;)),
            }
        }
        flush(&mut out, &mut run);
        if open {
            out.extend(quote! { let #left = #room.left(); #writer.end_room(#left); });
        }
        out
    }

    /// Octets that the fields from this one on can take, as far as they go into one room.
    fn room_from(&self, first: usize) -> usize {
        let mut octets = 0;
        for field in &self.fields[first..] {
            let unbounded = matches!(field.ty, FieldType::OctetString { .. } | FieldType::List { .. });
            if unbounded || octets + most_octets(field) > ROOM {
                break;
            }
            octets += most_octets(field);
        }
        octets as usize
    }

    /// Statements that read the fields into variables of their names.
    pub(super) fn decode(&self, cx: &Context<'_>) -> TokenStream {
        let (smpp, reader) = (cx.smpp, local("reader"));
        let mut out = TokenStream::new();
        let mut run: Vec<Ident> = Vec::new();
        let mut run_spec = TokenStream::new();
        let end_run = |out: &mut TokenStream, run: &mut Vec<Ident>, spec: &TokenStream| {
            if !run.is_empty() {
                out.extend(quote!(let [#(#run),*] = #reader.octets(#spec)?;));
                run.clear();
            }
        };
        for field in self.fields {
            let (name, spec) = (ident(&field.meta.name), self.spec_of(&field.meta.name));
            match &field.ty {
                FieldType::Integer { size: 1, .. } | FieldType::Count { size: 1, .. } => {
                    if run.is_empty() {
                        run_spec = spec;
                    }
                    run.push(name);
                    continue;
                }
                _ => end_run(&mut out, &mut run, &run_spec),
            }
            out.extend(match &field.ty {
                FieldType::Integer { size, .. } | FieldType::Count { size, .. } => {
                    let integer = uint(*size);
                    quote!(let #name = #integer::from_be_bytes(#reader.octets(#spec)?);)
                }
                FieldType::COctetString { lengths, .. } => {
                    let read = ident(if lengths.is_empty() { "c_octet_string" } else { "c_octet_string_of_lengths" });
                    quote!(let #name = #smpp::codec::COctetString::borrowed(#reader.#read(#spec)?);)
                }
                FieldType::OctetString { counted_by, .. } => {
                    let count = ident(counted_by);
                    quote!(let #name = #smpp::codec::OctetString::borrowed(#reader.octet_string(#spec, #count as usize)?);)
                }
                FieldType::List { counted_by, .. } => {
                    let count = ident(counted_by);
                    quote!(let #name = #reader.list(#count as usize)?;)
                }
            });
        }
        end_run(&mut out, &mut run, &run_spec);
        out
    }

    /// The inside of a struct literal, out of those variables.
    pub(super) fn literal(&self, cx: &Context<'_>) -> TokenStream {
        let members = self.stored().map(|field| {
            let name = ident(&field.meta.name);
            match &field.ty {
                FieldType::Integer { values: Some(values), .. } => {
                    let ty = cx.values_type(values);
                    quote!(#name: #ty(#name))
                }
                _ => quote!(#name),
            }
        });
        quote!(#(#members),*)
    }

    /// Statements that show the fields to a cursor.
    pub(super) fn visit(&self, access: &dyn Fn(&str) -> TokenStream) -> TokenStream {
        let cursor = local("cursor");
        self.fields
            .iter()
            .map(|field| {
                let (spec, place) = (self.spec_of(&field.meta.name), access(&field.meta.name));
                match &field.ty {
                    FieldType::Integer { .. } => quote!(#cursor.integer(#spec, #place);),
                    FieldType::Count { of, .. } => {
                        let counted = access(of);
                        quote!(#cursor.count(#spec, #counted.len());)
                    }
                    FieldType::COctetString { .. } => quote!(#cursor.c_octet_string(#spec, &#place);),
                    FieldType::OctetString { .. } => quote!(#cursor.octet_string(#spec, &#place);),
                    FieldType::List { .. } => quote!(#cursor.list(#spec, &#place);),
                }
            })
            .collect()
    }
}

/// Octets that a field can take in a room; an octet string or list takes none.
fn most_octets(field: &Field) -> u32 {
    match &field.ty {
        FieldType::Integer { size, .. } | FieldType::Count { size, .. } => u32::from(*size),
        FieldType::COctetString { max, .. } => *max,
        FieldType::OctetString { .. } | FieldType::List { .. } => 0,
    }
}

/// Writes the integers that have gathered.
fn flush(out: &mut TokenStream, run: &mut Vec<TokenStream>) {
    if !run.is_empty() {
        let room = local("room");
        out.extend(quote!(#room.octets([#(#run),*]);));
        run.clear();
    }
}

/// The Rust type of a field.
pub(super) fn field_type(cx: &Context<'_>, field: &Field) -> TokenStream {
    let smpp = cx.smpp;
    match &field.ty {
        FieldType::Integer { values: Some(values), .. } => cx.values_type(values),
        FieldType::Integer { size, .. } | FieldType::Count { size, .. } => {
            let integer = uint(*size);
            quote!(#integer)
        }
        FieldType::COctetString { .. } => quote!(#smpp::codec::COctetString<'a>),
        FieldType::OctetString { .. } => quote!(#smpp::codec::OctetString<'a>),
        FieldType::List { of, .. } => {
            let found = cx.spec.structures.iter().find(|s| s.meta.name == *of);
            let module = cx.module(found.map_or(cx.origin, |s| s.meta.origin), "pdu");
            let (element, lifetime) = (pascal(of), found.and_then(|s| lifetime(s, "'a")));
            quote!(#smpp::codec::List<'a, #module::#element #lifetime>)
        }
    }
}

/// `<'a>` for a structure that borrows octets; nothing for one whose fields are all integers, which must not have a
/// lifetime that it does not use.
fn lifetime(s: &Structure, name: &str) -> Option<TokenStream> {
    let is_integer = |field: &Field| matches!(field.ty, FieldType::Integer { .. } | FieldType::Count { .. });
    let borrows = !s.variants.iter().flat_map(|variant| &variant.fields).all(is_integer);
    let lifetime = Lifetime::new(name, Span::call_site());
    borrows.then(|| quote!(<#lifetime>))
}

/// Documentation of a field: what the YAML says, the wire type, the size, the section.
pub(super) fn field_doc(field: &Field) -> TokenStream {
    let facts = match &field.ty {
        FieldType::Integer { size, .. } | FieldType::Count { size, .. } => {
            format!("Integer, {}.", octets((*size).into()))
        }
        FieldType::COctetString { lengths, .. } if lengths.len() > 1 => {
            let lengths: Vec<_> = lengths.iter().map(ToString::to_string).collect();
            format!("C-octet string of {} octets, the NUL counted.", lengths.join(" or "))
        }
        FieldType::COctetString { max, .. } => format!("C-octet string, at most {} with the NUL.", octets(*max)),
        FieldType::OctetString { max, counted_by, .. } => {
            format!("Octet string, at most {}; `{counted_by}` is computed.", octets(*max))
        }
        FieldType::List { max, counted_by, .. } => format!("List, at most {max} elements; `{counted_by}` is computed."),
    };
    doc(&field.meta, &facts)
}

/// The entry of a field in the table of its PDU.
pub(super) fn field_spec(cx: &Context<'_>, field: &Field) -> TokenStream {
    let smpp = cx.smpp;
    let (name, wire_name) = (&field.meta.name, &field.wire_name);
    let new = quote!(#smpp::codec::FieldSpec);
    let mut out = match &field.ty {
        FieldType::Integer { size, .. } => {
            let size = number(*size);
            quote!(#new::integer(#name, #size))
        }
        FieldType::Count { size, .. } => {
            let size = number(*size);
            quote!(#new::count(#name, #size))
        }
        FieldType::COctetString { min, max, .. } => {
            let (min, max) = (number(*min), number(*max));
            quote!(#new::c_octet_string(#name, #min, #max))
        }
        FieldType::OctetString { min, max, .. } => {
            let (min, max) = (number(*min), number(*max));
            quote!(#new::octet_string(#name, #min, #max))
        }
        FieldType::List { min, max, of, .. } => {
            let origin = cx.spec.structures.iter().find(|s| s.meta.name == *of).map_or(cx.origin, |s| s.meta.origin);
            let (module, table) = (cx.module(origin, "pdu"), table(of));
            let (min, max) = (number(*min), number(*max));
            quote!(#new::list(#name, #min, #max, &#module::#table))
        }
    };
    match &field.ty {
        FieldType::Integer { values: Some(values), .. } => {
            let table = cx.values_table(values);
            out.extend(quote!(.values(#table)));
        }
        FieldType::COctetString { lengths, accept, values, .. } => {
            if !lengths.is_empty() {
                let lengths = lengths.iter().map(|&length| number(length));
                out.extend(quote!(.lengths(&[#(#lengths),*])));
            }
            match accept {
                Some(Accept::Max(max)) => {
                    let max = number(*max);
                    out.extend(quote!(.accept_max(#max)));
                }
                Some(Accept::Lengths(lengths)) => {
                    let lengths = lengths.iter().map(|&length| number(length));
                    out.extend(quote!(.accept_lengths(&[#(#lengths),*])));
                }
                None => {}
            }
            if let Some(values) = values {
                let table = cx.values_table_named(values, cx.enum_origin(values));
                out.extend(quote!(.values(#table)));
            }
        }
        _ => {}
    }
    if let Some(status) = &field.invalid {
        let status = cx.status(status);
        out.extend(quote!(.invalid(#status)));
    }
    if wire_name != name {
        out.extend(quote!(.wire_name(#wire_name)));
    }
    let (section, text) = (&field.meta.section, &field.meta.doc);
    out.extend(quote!(.doc(#section, #text)));
    out
}

/// The name of the table of a PDU's or structure's fields.
pub(super) fn table(name: &str) -> Ident {
    upper(&format!("{name}_fields"))
}

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

/// The inside of a struct literal: every field converted by a method, integers copied.
pub(super) fn conversions(row: &Fields<'_>, access: &dyn Fn(&str) -> TokenStream, method: &str) -> TokenStream {
    let method_name = ident(method);
    let members = row.stored().map(|field| {
        let (name, place) = (ident(&field.meta.name), access(&field.meta.name));
        match &field.ty {
            FieldType::Integer { .. } if is_local(&place) && method == "as_borrowed" => quote!(#name: *#place),
            FieldType::Integer { .. } => quote!(#name: #place),
            _ => quote!(#name: #place.#method_name()),
        }
    });
    quote!(#(#members),*)
}

/// Whether a place is a variable bound by a pattern, and not a member of `self`.
fn is_local(place: &TokenStream) -> bool {
    !place.to_string().starts_with("self")
}
