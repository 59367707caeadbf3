//! Fields in a row, whether of a PDU or of a list element: how they are written, read and shown.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use smpp_spec::{Accept, Field, FieldType, Structure};
use syn::Lifetime;

use super::{Context, doc, ident, local, number, octets, pascal, uint, upper};

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
pub(super) fn lifetime(s: &Structure, name: &str) -> Option<TokenStream> {
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
