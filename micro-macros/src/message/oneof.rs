//! Prints a oneof: one variant at a time, each under its own number.

use proc_macro2::TokenStream;
use quote::quote;

use super::model::{Field, Model};

/// The name of the buffer's type parameter; a user's type must not be called so.
fn buffer() -> TokenStream {
    quote!(__MicroBuffer)
}

pub(super) fn expand(model: &Model, variants: &[Field]) -> TokenStream {
    let (derive, prost) = (model.derive(), model.prost());
    let (ident, buffer) = (&model.ident, buffer());
    let Some(first) = variants.first() else { return TokenStream::new() };
    let as_element = |variant: &Field| {
        let ty = &variant.ty;
        let marker = variant.marker(&derive);
        quote!(<#ty as #derive::Element<#marker>>)
    };
    let listed: Vec<u32> = variants.iter().filter_map(|variant| u32::try_from(variant.tag?.0).ok()).collect();
    let has_tags = listed.len() == variants.len();
    let number = |index: usize| match listed.get(index).filter(|_| has_tags) {
        Some(tag) => quote!(#tag),
        None => {
            let index = index as u32;
            quote!(base.wrapping_add(#index))
        }
    };
    // With numbers of their own the variants leave their place in the message to nobody: the field keeps one.
    let (span, listed) = match has_tags {
        true => (1, &listed[..]),
        false => (variants.len() as u32, &[][..]),
    };
    let (first_name, first_element) = (&first.ident, as_element(first));
    let names = variants.iter().map(|variant| &variant.name);
    let encode = variants.iter().enumerate().map(|(index, variant)| {
        let (name, number, element) = (&variant.ident, number(index), as_element(variant));
        quote!(Self::#name(value) => #element::encode(value, #number, buf),)
    });
    let length = variants.iter().enumerate().map(|(index, variant)| {
        let (name, number, element) = (&variant.ident, number(index), as_element(variant));
        quote!(Self::#name(value) => #element::encoded_len(value, #number),)
    });
    let merge = variants.iter().enumerate().map(|(index, variant)| {
        let (name, number, element) = (&variant.ident, number(index), as_element(variant));
        quote! {
            if number == #number {
                if let ::core::option::Option::Some(Self::#name(value)) = slot {
                    return #element::merge(value, wire_type, buf, context);
                }
                let mut value = #element::empty();
                #element::merge(&mut value, wire_type, buf, context)?;
                *slot = ::core::option::Option::Some(Self::#name(value));
                return ::core::result::Result::Ok(());
            }
        }
    });
    let describe = variants.iter().enumerate().map(|(index, variant)| {
        let Field { name, docs, ty, .. } = variant;
        let (number, marker) = (number(index), variant.marker(&derive));
        variant.described(quote!(fields.variant::<#ty, #marker>(oneof, #name, #number, #docs);))
    });
    quote! {
        #[automatically_derived]
        impl #derive::Oneof for #ident {
            const SPAN: u32 = #span;

            const NUMBERS: &'static [u32] = &[#(#listed),*];

            const NAMES: &'static [&'static str] = &[#(#names),*];

            const FINITE: bool = #first_element::FINITE;

            fn first() -> Self {
                Self::#first_name(#first_element::empty())
            }

            fn encode<#buffer: #prost::bytes::BufMut>(&self, base: u32, buf: &mut #buffer) {
                match self { #(#encode)* }
            }

            fn encoded_len(&self, base: u32) -> usize {
                match self { #(#length)* }
            }

            fn merge<#buffer: #prost::bytes::Buf>(
                slot: &mut ::core::option::Option<Self>,
                base: u32,
                number: u32,
                wire_type: #prost::encoding::WireType,
                buf: &mut #buffer,
                context: #prost::encoding::DecodeContext,
            ) -> ::core::result::Result<(), #prost::DecodeError> {
                #(#merge)*
                #prost::encoding::skip_field(wire_type, number, buf, context)
            }

            fn describe(
                fields: &mut #derive::Fields<'_>,
                name: &'static str,
                base: u32,
                docs: &'static str,
            ) {
                let oneof = fields.oneof(name, docs);
                #(#describe)*
            }
        }

        #derive::implement_oneof!(#ident);
    }
}
