//! Tables of commands, and the enum of all PDUs.

use proc_macro2::TokenStream;
use quote::quote;
use smpp_spec::{BodyOnError, Command, Kind, State};

use super::fields::table;
use super::{Context, doc, hex, ident, pascal, upper};

pub(super) fn module(cx: &Context<'_>) -> TokenStream {
    let smpp = cx.smpp;
    let mine: Vec<_> = cx.spec.commands.iter().filter(|command| cx.is_mine(&command.meta)).collect();
    let all = mine.iter().map(|command| upper(&command.meta.name));
    let find = mine.iter().map(|command| {
        let (id, name) = (hex(command.id.into(), 4), upper(&command.meta.name));
        quote!(#id => Some(&#name),)
    });
    let specs = mine.iter().map(|command| spec(cx, command));
    quote! {
        /// The commands of this specification, as tables.
        #[allow(dead_code)]
        pub mod command {
            /// Every command.
            pub static ALL: &[&#smpp::codec::CommandSpec] = &[#(&#all),*];

            /// The command of this id.
            pub fn find(id: #smpp::codec::CommandId) -> Option<&'static #smpp::codec::CommandSpec> {
                match id.0 { #(#find)* _ => None }
            }

            #(#specs)*
        }
    }
}

fn spec(cx: &Context<'_>, command: &Command) -> TokenStream {
    let smpp = cx.smpp;
    let (name, table, raw, id) =
        (upper(&command.meta.name), table(&command.meta.name), &command.meta.name, hex(command.id.into(), 4));
    let kind = ident(match command.kind {
        Kind::Request => "Request",
        Kind::Response => "Response",
        Kind::OneWay => "OneWay",
        Kind::Nack => "Nack",
    });
    let counterpart = match command.response.as_ref().or(command.response_of.as_ref()) {
        Some(other) => {
            let id = cx.command_id(other);
            quote!(Some(#id))
        }
        None => quote!(None),
    };
    let body_on_error = ident(match command.body_on_error {
        BodyOnError::NotApplicable => "NotApplicable",
        BodyOnError::HeaderOnly => "HeaderOnly",
        BodyOnError::Omitted => "Omitted",
        BodyOnError::Unspecified => "Unspecified",
    });
    let [esme, smsc, accepted] = [&command.esme_may_issue_in, &command.smsc_may_issue_in, &command.accepted_in]
        .map(|states| states_of(cx, states));
    let mut tags: Vec<u16> = cx
        .spec
        .tlvs
        .iter()
        .filter(|tlv| tlv.allowed_in.as_ref().is_some_and(|commands| commands.contains(raw)))
        .map(|tlv| tlv.tag)
        .collect();
    tags.sort_unstable();
    let tags = tags.into_iter().map(|tag| hex(tag.into(), 2));
    let (since, section, text) = (&command.since, &command.meta.section, &command.meta.doc);
    let docs = doc(&command.meta, "");
    quote! {
        #docs
        pub static #name: #smpp::codec::CommandSpec = #smpp::codec::CommandSpec {
            name: #raw, id: #smpp::codec::CommandId(#id), kind: #smpp::codec::CommandKind::#kind,
            counterpart: #counterpart, esme_may_issue_in: #esme, smsc_may_issue_in: #smsc, accepted_in: #accepted,
            body_on_error: #smpp::codec::BodyOnError::#body_on_error, since: #since, section: #section, doc: #text,
            fields: &super::pdu::#table, tlvs: &[#(#tags),*],
        };
    }
}

fn states_of(cx: &Context<'_>, states: &[State]) -> TokenStream {
    let smpp = cx.smpp;
    let states = states.iter().map(|state| {
        let state = ident(match state {
            State::Open => "Open",
            State::BoundTx => "BoundTx",
            State::BoundRx => "BoundRx",
            State::BoundTrx => "BoundTrx",
        });
        quote!(#smpp::codec::State::#state)
    });
    quote!(#smpp::codec::States::of(&[#(#states),*]))
}

/// The enum of all PDUs of the standard, and the ids by name.
pub(super) fn pdu_enum(cx: &Context<'_>) -> TokenStream {
    let smpp = cx.smpp;
    let names: Vec<_> = cx.spec.commands.iter().map(|command| pascal(&command.meta.name)).collect();
    let variants = cx.spec.commands.iter().map(|command| {
        let (name, docs) = (pascal(&command.meta.name), doc(&command.meta, ""));
        quote!(#docs #name(pdu::#name<'a>),)
    });
    let ids = cx.spec.commands.iter().map(|command| {
        let (name, docs, id) = (upper(&command.meta.name), doc(&command.meta, ""), hex(command.id.into(), 4));
        quote!(#docs pub const #name: Self = Self(#id);)
    });
    let decode = cx.spec.commands.iter().map(|command| {
        let (name, id) = (pascal(&command.meta.name), hex(command.id.into(), 4));
        // Built in the place of the variant, not moved there.
        quote!(#id => match decoder.decode_plain(frame) {
            Some(pdu) => Ok(Pdu::#name(pdu)),
            None => decoder.decode_odd(frame).map(Pdu::#name),
        },)
    });
    quote! {
        impl #smpp::codec::CommandId { #(#ids)* }

        /// Any PDU: those of SMPP 3.4 by type, all else as octets.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Pdu<'a> {
            #(#variants)*
            /// A PDU that the standard does not have: a vendor's, or unknown.
            Other(#smpp::codec::RawPdu<'a>),
        }

        impl Pdu<'_> {
            /// What the standard says of the command; `None` for [`Pdu::Other`].
            pub fn spec(&self) -> Option<&'static #smpp::codec::CommandSpec> {
                match self {
                    #(Self::#names(_) => Some(<pdu::#names<'_> as #smpp::codec::Command>::SPEC),)*
                    Self::Other(_) => None,
                }
            }

            /// `command_id`.
            pub fn command_id(&self) -> #smpp::codec::CommandId {
                match self {
                    #(Self::#names(_) => pdu::#names::ID,)*
                    Self::Other(raw) => raw.command_id(),
                }
            }

            /// Shows every mandatory field to the cursor's visitor, in wire order.
            pub fn visit_fields(&self, cursor: &mut #smpp::codec::Cursor<'_>) {
                match self {
                    #(Self::#names(pdu) => #smpp::codec::Command::visit_fields(pdu, cursor),)*
                    Self::Other(_) => {}
                }
            }

            /// The TLVs; none of a PDU that is only known as octets.
            pub fn tlvs(&self) -> &#smpp::codec::Tlvs<'_> {
                match self {
                    #(Self::#names(pdu) => &pdu.tlvs,)*
                    Self::Other(_) => const { &#smpp::codec::Tlvs::EMPTY },
                }
            }

            /// The same PDU with octets of its own.
            pub fn into_owned(self) -> Pdu<'static> {
                match self {
                    #(Self::#names(pdu) => Pdu::#names(pdu.into_owned()),)*
                    Self::Other(raw) => Pdu::Other(raw.into_owned()),
                }
            }

            /// Appends the PDU to `out`, as a request or as a response with status 0.
            ///
            /// # Errors
            /// `EncodeError` if a field or TLV is outside its limits; `out` is then as it was.
            pub fn encode(&self, sequence_number: u32, out: &mut Vec<u8>) -> Result<(), #smpp::EncodeError> {
                self.encode_with_status(value::CommandStatus::ESME_ROK, sequence_number, out)
            }

            /// Appends the PDU to `out` with a `command_status`.
            ///
            /// # Errors
            /// `EncodeError` if a field or TLV is outside its limits; `out` is then as it was.
            pub fn encode_with_status(
                &self,
                status: value::CommandStatus,
                sequence_number: u32,
                out: &mut Vec<u8>,
            ) -> Result<(), #smpp::EncodeError> {
                match self {
                    #(Self::#names(pdu) => {
                        #smpp::codec::Encode::encode_with_status(pdu, status, sequence_number, out)
                    })*
                    Self::Other(raw) => raw.encode_with_status(status, sequence_number, out),
                }
            }
        }

        #(
            impl<'a> From<pdu::#names<'a>> for Pdu<'a> {
                fn from(pdu: pdu::#names<'a>) -> Self { Self::#names(pdu) }
            }
        )*

        /// Decodes a frame into the type that its `command_id` says.
        pub(crate) fn decode_pdu<'a>(
            decoder: &mut #smpp::codec::Decoder,
            frame: #smpp::codec::Frame<'a>,
        ) -> Result<Pdu<'a>, #smpp::DecodeError> {
            match frame.header().command_id.0 {
                #(#decode)*
                _ => decoder.decode_unknown(frame).map(Pdu::Other),
            }
        }
    }
}
