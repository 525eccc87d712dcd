//! Prints an enumeration: the numbers of its variants, and its description.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Ident;

use super::model::{Model, Value};

pub(super) fn expand(model: &Model, values: &[Value], unknown: Option<&Ident>) -> TokenStream {
    let derive = model.derive();
    let Model { ident, package, name, docs, deprecated, .. } = model;
    let full_name = model.full_name();
    let reserved = model.reserved.ranges::<i32>();
    let reserved_names = &model.reserved.names;
    let Some(zero) = values.iter().find(|value| value.number == 0).map(|value| &value.ident) else {
        return TokenStream::new();
    };
    let to_number = values.iter().map(|Value { ident, number, .. }| quote!(Self::#ident => #number,));
    let from_number = values.iter().map(|Value { ident, number, .. }| quote!(#number => Self::#ident,));
    let kept = unknown.map(|unknown| quote!(Self::#unknown(number) => *number,));
    let caught = match unknown {
        Some(unknown) => quote!(number => Self::#unknown(number),),
        None => quote!(_ => Self::#zero,),
    };
    let described = values.iter().map(|Value { name, number, docs, .. }| quote!((#name, #number, #docs)));
    let outdated = values.iter().filter(|value| value.deprecated).map(|Value { number, .. }| quote!(#number));
    quote! {
        #[automatically_derived]
        impl #derive::Enumeration for #ident {
            const NAME: &'static str = #full_name;

            fn zero() -> Self {
                Self::#zero
            }

            fn number(&self) -> i32 {
                match self { #(#to_number)* #kept }
            }

            fn from_number(number: i32) -> Self {
                match number { #(#from_number)* #caught }
            }

            fn register(types: &mut #derive::Types) {
                types.add_enum::<Self>(&#derive::EnumInfo {
                    package: #package,
                    name: #name,
                    docs: #docs,
                    deprecated: #deprecated,
                    place: ::core::concat!(::core::file!(), ":", ::core::line!()),
                    values: &[#(#described),*],
                    deprecated_values: &[#(#outdated),*],
                    reserved: &#reserved,
                    reserved_names: &[#(#reserved_names),*],
                });
            }
        }

        #derive::implement_enumeration!(#ident);
    }
}
