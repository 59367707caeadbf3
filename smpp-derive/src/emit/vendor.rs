//! What a vendor's specification adds to the PDUs of the standard.

use proc_macro2::TokenStream;
use quote::quote;
use smpp_spec::Tlv;

use super::{Context, pascal, tlv};

/// A trait for each TLV, for exactly the PDUs that may carry it.
pub(super) fn rest(cx: &Context<'_>) -> TokenStream {
    let traits = cx.spec.tlvs.iter().filter(|tlv| cx.is_mine(&tlv.meta)).map(|tlv| accessor_trait(cx, tlv));
    quote! {
        /// Accessors of the TLVs of this specification, on the PDUs that may carry them: `use …::ext::*;`.
        #[allow(dead_code, unused_imports)]
        pub mod ext { #(#traits)* }
    }
}

fn accessor_trait(cx: &Context<'_>, tlv: &Tlv) -> TokenStream {
    let smpp = cx.smpp;
    let name = pascal(&format!("has_{}", tlv.meta.name));
    let docs = format!("PDUs that may carry the TLV `{}`.", tlv.meta.name);
    let accessors = tlv::accessors(cx, tlv, true);
    let allowed = |command: &str| tlv.allowed_in.as_ref().is_none_or(|commands| commands.iter().any(|c| c == command));
    let impls = cx.spec.commands.iter().filter(|command| allowed(&command.meta.name)).map(|command| {
        let (module, pdu) = (cx.module(command.meta.origin, "pdu"), pascal(&command.meta.name));
        quote!(impl<'a> #name<'a> for #module::#pdu<'a> {})
    });
    quote! {
        #[doc = #docs]
        pub trait #name<'a>: #smpp::codec::HasTlvs<'a> + Sized { #accessors }
        #(#impls)*
    }
}
