//! The `impl` block, its functions' bodies unread.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Generics, Ident, ImplItem, Path, Token, Type, braced, token};

use crate::function::Function;

/// An `impl` block.
pub(super) struct Block {
    pub(super) attrs: Vec<Attribute>,
    unsafety: Option<Token![unsafe]>,
    pub(super) impl_token: Token![impl],
    pub(super) generics: Generics,
    /// The trait, in a contract-first block.
    pub(super) contract: Option<Path>,
    for_token: Option<Token![for]>,
    pub(super) self_ty: Type,
    brace: token::Brace,
    inner: Vec<Attribute>,
    pub(super) items: Vec<Item>,
}

/// An item of the block.
pub(super) enum Item {
    /// A function or method.
    Function(Box<Function>),
    /// Anything else, as it was written.
    Other(Box<ImplItem>),
}

impl Block {
    /// Returns the functions.
    pub(super) fn functions(&mut self) -> impl Iterator<Item = &mut Function> {
        self.items.iter_mut().filter_map(|item| match item {
            Item::Function(function) => Some(&mut **function),
            Item::Other(_) => None,
        })
    }

    /// Names the type and constant parameters: with any of them the type is not one type.
    pub(super) fn parameters(&self) -> Vec<Ident> {
        let types = self.generics.type_params().map(|parameter| parameter.ident.clone());
        let consts = self.generics.const_params().map(|parameter| parameter.ident.clone());
        types.chain(consts).collect()
    }
}

impl Parse for Block {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let unsafety = input.parse()?;
        let Ok(impl_token) = input.parse::<Token![impl]>() else {
            return Err(input.error(
                "`#[micro::service]` goes on an `impl` block: `impl Say for Greeter` with a trait generated from a \
                 .proto, or `impl Ledger` with methods marked `#[micro::handler]` or `#[micro::subscriber]`",
            ));
        };
        let mut generics: Generics = match input.peek(Token![<]) {
            true => input.parse()?,
            false => Generics::default(),
        };
        let first: Type = input.parse()?;
        let for_token: Option<Token![for]> = input.parse()?;
        let (contract, self_ty) = match (for_token, first) {
            (None, self_ty) => (None, self_ty),
            (Some(_), Type::Path(path)) if path.qself.is_none() => (Some(path.path), input.parse()?),
            (Some(_), other) => {
                return Err(syn::Error::new_spanned(other, "expected the trait of a contract"));
            }
        };
        generics.where_clause = input.parse()?;
        let content;
        let brace = braced!(content in input);
        let inner = content.call(Attribute::parse_inner)?;
        let mut items = Vec::new();
        while !content.is_empty() {
            items.push(match Function::is_next(&content) {
                true => Item::Function(Box::new(content.parse()?)),
                false => Item::Other(Box::new(content.parse()?)),
            });
        }
        Ok(Block { attrs, unsafety, impl_token, generics, contract, for_token, self_ty, brace, inner, items })
    }
}

impl ToTokens for Block {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Block { attrs, unsafety, impl_token, generics, contract, for_token, self_ty, .. } = self;
        let clause = &generics.where_clause;
        tokens.extend(quote! {
            #(#attrs)* #unsafety #impl_token #generics #contract #for_token #self_ty #clause
        });
        self.brace.surround(tokens, |tokens| {
            let inner = &self.inner;
            tokens.extend(quote!(#(#inner)*));
            for item in &self.items {
                match item {
                    Item::Function(function) => function.to_tokens(tokens),
                    Item::Other(other) => other.to_tokens(tokens),
                }
            }
        });
    }
}
