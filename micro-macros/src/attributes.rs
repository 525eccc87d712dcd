//! Attributes on methods: found by `#[micro::service]`, which puts them back with a hidden mark.
//!
//! The service attribute sees tokens, not what names mean. A handler whose attribute it does not recognise, because
//! the import was renamed or it hides in `cfg_attr`, would silently be no endpoint. So an attribute without the mark
//! is an error, raised where the compiler resolved it.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Meta};

/// What stands in the parentheses of an attribute that a service block has read.
const MARK: &str = "read_by_the_service_block";

/// What an attribute on a method says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// The method is an endpoint.
    Handler,
    /// Events come to the method.
    Subscriber,
    /// The function makes the service.
    Init,
}

impl Mark {
    /// Reads the mark of `attribute`, by the last name of its path.
    pub(crate) fn of(attribute: &Attribute) -> Option<Mark> {
        let name = &attribute.path().segments.last()?.ident;
        match () {
            () if name == "handler" => Some(Mark::Handler),
            () if name == "subscriber" => Some(Mark::Subscriber),
            () if name == "init" => Some(Mark::Init),
            () => None,
        }
    }
}

/// Tells whether a service block has read an attribute, by its options.
pub(crate) fn is_read(args: &TokenStream) -> bool {
    args.to_string() == MARK
}

/// Expands an attribute that stands on a function, for its own part.
pub(crate) fn expand_alone(name: &str, args: TokenStream, item: TokenStream) -> TokenStream {
    if is_read(&args) {
        return item;
    }
    let message = format!(
        "`#[micro::{name}]` only works inside an impl block marked `#[micro::service]`, written `#[micro::{name}]` or \
         `#[{name}]`: the block does not see a renamed import, nor what `cfg_attr` holds (use `#[cfg]` on the method)"
    );
    let error = syn::Error::new(proc_macro2::Span::call_site(), message).to_compile_error();
    quote!(#item #error)
}

/// Takes the options out of `attribute`, leaving the mark in their place.
pub(crate) fn take_args(attribute: &mut Attribute) -> syn::Result<TokenStream> {
    let path = attribute.path().clone();
    let mark: TokenStream = MARK.parse().unwrap_or_default();
    let marked: Attribute = syn::parse_quote!(#[#path(#mark)]);
    match std::mem::replace(&mut attribute.meta, marked.meta) {
        Meta::Path(_) => Ok(TokenStream::new()),
        Meta::List(list) => Ok(list.tokens),
        Meta::NameValue(pair) => {
            Err(syn::Error::new_spanned(pair, "options stand in parentheses: `(name = \"…\")`"))
        }
    }
}

/// Copies the `#[cfg]` attributes.
pub(crate) fn cfgs(attributes: &[Attribute]) -> Vec<Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_read_by_the_block_leaves_the_function_alone() {
        let item = quote!(
            async fn total(&self) {}
        );
        let mark: TokenStream = MARK.parse().unwrap();
        assert_eq!(expand_alone("handler", mark, item.clone()).to_string(), item.to_string());
    }

    #[test]
    fn an_attribute_outside_a_block_is_an_error_and_keeps_the_function() {
        let text = expand_alone(
            "handler",
            quote!(readonly),
            quote!(
                async fn total(&self) -> u8 {
                    3
                }
            ),
        )
        .to_string();
        assert!(text.contains("only works inside an impl block"), "{text}");
        assert!(text.starts_with("async fn total"), "{text}");
    }
}
