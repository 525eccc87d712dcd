//! How rows get into a process: one type registers itself, for `#[micro::main]` and `.handle`; a type with
//! parameters is many types, which only `.mount(value)` can tell apart.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::Path;

use super::block::Block;
use crate::errors::Errors;

/// What is mounted.
pub(super) struct Mounting<'a> {
    /// The path of micro.
    pub(super) micro: &'a Path,
    /// The block the rows come from.
    pub(super) block: &'a Block,
    /// An expression for the contract's full name; empty when nothing in the block can be called.
    pub(super) contract: TokenStream,
    /// An expression for the rows.
    pub(super) rows: TokenStream,
    /// The documentation of a contract that is what the block says; none for one that comes from a `.proto`.
    pub(super) code_first: Option<&'a str>,
    /// The function that makes the service.
    pub(super) init: Option<Ident>,
}

impl Mounting<'_> {
    /// Prints the registration, or what `.mount` needs.
    pub(super) fn tokens(&self, errors: &mut Errors) -> TokenStream {
        let block = self.block;
        if let Some(lifetime) = block.generics.lifetimes().next() {
            errors.on(
                lifetime,
                "a service outlives every call, so it cannot borrow: own the value, or use an `Arc`",
            );
            return TokenStream::new();
        }
        match block.parameters().is_empty() {
            true => self.registration(),
            false => self.mount(errors),
        }
    }

    fn registration(&self) -> TokenStream {
        let Mounting { micro, contract, rows, .. } = self;
        let self_ty = &self.block.self_ty;
        let init = self.init.as_ref().map(|init| {
            quote! {
                .init(|service| ::std::boxed::Box::pin(async move {
                    ::core::result::Result::map_err(<#self_ty>::#init(service).await, ::core::convert::Into::into)
                }))
            }
        });
        let code_first = self.code_first.map(|docs| quote!(.code_first(#docs)));
        let register = register(micro, self_ty, contract, rows, quote!(#code_first #init));
        quote! {
            #[allow(deprecated)]
            const _: () = {
                #register
            };
        }
    }

    fn mount(&self, errors: &mut Errors) -> TokenStream {
        let Mounting { micro, contract, rows, .. } = self;
        if let Some(init) = &self.init {
            let message = "a type with parameters is made by you and handed over, `.mount(value)`: an `init` has no place";
            errors.on(init, message);
        }
        let self_ty = &self.block.self_ty;
        let (generics, _, clause) = self.block.generics.split_for_impl();
        quote! {
            impl #generics #micro::service::Mount for #self_ty #clause {
                const CONTRACT: &'static str = #contract;
                const ROWS: &'static [#micro::__private::Row<Self>] = #rows;
            }
        }
    }
}

/// Prints what puts the rows of a type into the link-time table, and `more` that is said of them. It stands within a
/// block, as it has an import.
pub(super) fn register(
    micro: &Path,
    of: &impl ToTokens,
    contract: &TokenStream,
    rows: &TokenStream,
    more: TokenStream,
) -> TokenStream {
    quote! {
        #[allow(unused_imports)]
        use #micro::__private::Fallback as _;

        #micro::__private::register! {
            #micro::__private::Registration::new::<#of>(
                ::core::env!("CARGO_PKG_NAME"),
                #contract,
                #rows,
                <#micro::__private::Probe<#of>>::CONSTRUCT,
                ::core::file!(),
                ::core::line!(),
            ) #more
        }
    }
}
