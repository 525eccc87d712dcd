//! Prints a message: its encoding by prost's trait, and its description.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};

use super::check::name_is_reserved;
use super::model::{Field, Model, numbers};

pub(super) fn expand(model: &Model, fields: &[Field], sound: bool) -> TokenStream {
    let derive = model.derive();
    let constants = constants(fields, &derive);
    let assertion = sound.then(|| assertion(model, fields, &derive));
    let encoding = encoding(model, fields, &derive);
    let description = description(model, fields, &derive);
    quote! {
        #constants
        #assertion
        #encoding
        #description
    }
}

/// Makes `<Type as Field<Encoding>>`.
fn as_field(field: &Field, derive: &TokenStream) -> TokenStream {
    let ty = &field.ty;
    let marker = field.marker(derive);
    quote!(<#ty as #derive::Field<#marker>>)
}

fn number(index: usize) -> proc_macro2::Ident {
    format_ident!("NUMBER_{}", index)
}

/// Counts on from the last field, by as many numbers as its type takes.
fn constants(fields: &[Field], derive: &TokenStream) -> TokenStream {
    let constant = |(index, field): (usize, &Field)| {
        let name = number(index);
        let value = match (field.tag, index.checked_sub(1)) {
            (Some((tag, _)), _) => {
                let tag = u32::try_from(tag).unwrap_or(1);
                quote!(#tag)
            }
            (None, None) => quote!(1u32),
            (None, Some(last)) => {
                let (base, last) = (number(last), as_field(&fields[last], derive));
                quote!(#base + #last::SPAN)
            }
        };
        quote!(const #name: u32 = #value;)
    };
    fields.iter().enumerate().map(constant).collect()
}

fn assertion(model: &Model, fields: &[Field], derive: &TokenStream) -> TokenStream {
    let taken = fields.iter().enumerate().map(|(index, field)| {
        let (base, field) = (number(index), as_field(field, derive));
        quote!(#derive::Numbers { base: #base, span: #field::SPAN, listed: #field::NUMBERS })
    });
    let reserved = model.reserved.ranges::<u32>();
    let message = format!(
        "the tags of `{}` clash, or one is reserved or out of range: a oneof takes a number for each of its variants; \
         give it or the field after it a `#[tag(n)]`",
        model.ident
    );
    let named = fields.iter().map(|field| {
        let (name, field) = (&field.name, as_field(field, derive));
        quote!((#name, #field::NAMES))
    });
    let reserved_names = &model.reserved.names;
    // Only what is no field, a oneof, may be called so.
    let is_reserved = |field: &&Field| reserved_names.contains(&field.name);
    let called_so = fields.iter().filter(is_reserved).map(|field| {
        let (message, of) = (name_is_reserved(&field.name), as_field(field, derive));
        quote_spanned!(field.ident.span()=> const _: () = ::core::assert!(!#of::NAMES.is_empty(), #message);)
    });
    let clash = format!(
        "two fields of `{}` have one name, or a reserved one: the variants of a oneof are fields of the message; \
         rename one",
        model.ident
    );
    let ident = &model.ident;
    quote_spanned! {model.ident.span()=>
        const _: () = ::core::assert!(#derive::distinct(&[#(#taken),*], &#reserved), #message);
        const _: () = ::core::assert!(#derive::named_once(&[#(#named),*], &[#(#reserved_names),*]), #clash);
        #(#called_so)*
        const _: () = ::core::assert!(<#ident as #derive::Message>::FINITE);
    }
}

fn encoding(model: &Model, fields: &[Field], derive: &TokenStream) -> TokenStream {
    let (ident, prost) = (&model.ident, model.prost());
    let type_name = ident.to_string();
    let numbers = numbers(fields);
    let mut sorted: Vec<(usize, &Field)> = fields.iter().enumerate().collect();
    sorted.sort_by_key(|(index, _)| numbers[*index]);
    let encode = sorted.iter().map(|&(index, field)| {
        let (name, base, field) = (&field.ident, number(index), as_field(field, derive));
        quote!(#field::encode(&self.#name, #base, buf);)
    });
    let length = sorted.iter().map(|&(index, field)| {
        let (name, base, field) = (&field.ident, number(index), as_field(field, derive));
        quote!(+ #field::encoded_len(&self.#name, #base))
    });
    let merge = sorted.iter().map(|&(index, field)| {
        let (member, name, base, ty) = (&field.ident, &field.name, number(index), &field.ty);
        let marker = field.marker(derive);
        quote! {
            if #derive::owns::<#ty, #marker>(#base, tag) {
                return #derive::at(
                    #type_name,
                    #name,
                    <#ty as #derive::Field<#marker>>::merge(
                        &mut self.#member,
                        #base,
                        tag,
                        wire_type,
                        buf,
                        context,
                    ),
                );
            }
        }
    });
    quote! {
        #[automatically_derived]
        impl #prost::Message for #ident {
            fn encode_raw(&self, buf: &mut impl #prost::bytes::BufMut) {
                #(#encode)*
            }

            fn merge_field(
                &mut self,
                tag: u32,
                wire_type: #prost::encoding::WireType,
                buf: &mut impl #prost::bytes::Buf,
                context: #prost::encoding::DecodeContext,
            ) -> ::core::result::Result<(), #prost::DecodeError> {
                #(#merge)*
                #prost::encoding::skip_field(wire_type, tag, buf, context)
            }

            fn encoded_len(&self) -> usize {
                0usize #(#length)*
            }

            fn clear(&mut self) {
                *self = <Self as #derive::Message>::empty();
            }
        }
    }
}

fn description(model: &Model, fields: &[Field], derive: &TokenStream) -> TokenStream {
    let Model { ident, package, name, docs, deprecated, .. } = model;
    let full_name = model.full_name();
    let micro = &model.micro;
    let reserved = model.reserved.ranges::<u32>();
    let reserved_names = &model.reserved.names;
    let empty = fields.iter().map(|field| {
        let (name, field) = (&field.ident, as_field(field, derive));
        quote!(#name: #field::empty())
    });
    let describe = fields.iter().enumerate().map(|(index, field)| {
        let (name, docs, base, of) = (&field.name, &field.docs, number(index), as_field(field, derive));
        field.described(quote!(#of::describe(fields, #name, #base, #docs);))
    });
    // A cycle of constants is reported here: at the name of the type.
    let finite = fields.iter().map(|field| {
        let (ty, marker) = (&field.ty, field.marker(derive));
        quote_spanned!(ident.span()=> && <#ty as #derive::Field<#marker>>::FINITE)
    });
    let finite = quote_spanned!(ident.span()=> const FINITE: bool = true #(#finite)*;);
    quote! {
        #[automatically_derived]
        impl #derive::Message for #ident {
            const NAME: &'static str = #full_name;

            #finite

            fn empty() -> Self {
                Self { #(#empty),* }
            }

            fn descriptor() -> #micro::message::Descriptor {
                static CELL: #derive::DescriptorCell = #derive::DescriptorCell::new();
                CELL.describe::<Self>()
            }

            fn register(types: &mut #derive::Types) {
                types.add_message::<Self>(
                    &#derive::MessageInfo {
                        package: #package,
                        name: #name,
                        docs: #docs,
                        deprecated: #deprecated,
                        place: ::core::concat!(::core::file!(), ":", ::core::line!()),
                        reserved: &#reserved,
                        reserved_names: &[#(#reserved_names),*],
                    },
                    |fields| { #(#describe)* },
                );
            }
        }
    }
}
