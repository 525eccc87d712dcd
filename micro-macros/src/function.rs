//! A function, its body unread: what is half written in a body must not keep the rest from expanding, and reading
//! bodies is most of what parsing costs.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, LitStr, Signature, Token, Visibility};

/// A function or method.
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) defaultness: Option<Token![default]>,
    pub(crate) sig: Signature,
    /// The braces and what they hold, or a semicolon.
    pub(crate) body: TokenTree,
}

impl Function {
    /// Parses a function that stands alone.
    pub(crate) fn parse_tokens(tokens: TokenStream) -> syn::Result<Function> {
        syn::parse2(tokens)
    }

    /// Tells whether a function comes next.
    pub(crate) fn is_next(input: ParseStream<'_>) -> bool {
        let ahead = input.fork();
        let start = Attribute::parse_outer(&ahead).is_ok()
            && ahead.parse::<Visibility>().is_ok()
            && ahead.parse::<Option<Token![default]>>().is_ok();
        if !start {
            return false;
        }
        loop {
            let skipped = if ahead.peek(Token![const]) {
                ahead.parse::<Token![const]>().is_ok()
            } else if ahead.peek(Token![async]) {
                ahead.parse::<Token![async]>().is_ok()
            } else if ahead.peek(Token![unsafe]) {
                ahead.parse::<Token![unsafe]>().is_ok()
            } else if ahead.peek(Token![extern]) {
                ahead.parse::<Token![extern]>().is_ok() && ahead.parse::<Option<LitStr>>().is_ok()
            } else {
                return ahead.peek(Token![fn]);
            };
            if !skipped {
                return false;
            }
        }
    }
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        Ok(Function {
            attrs: input.call(Attribute::parse_outer)?,
            vis: input.parse()?,
            defaultness: input.parse()?,
            sig: input.parse()?,
            body: input.parse()?,
        })
    }
}

impl ToTokens for Function {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Function { attrs, vis, defaultness, sig, body } = self;
        tokens.extend(quote!(#(#attrs)* #vis #defaultness #sig #body));
    }
}
