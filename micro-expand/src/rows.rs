//! Rows: how a method is called by a router that knows no types.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::quote;
use syn::Path;

/// How a method takes the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receiver {
    /// `&self`.
    Reference,
    /// `self: Arc<Self>`.
    Arc,
}

/// Describes a row of the table of methods, within an `impl` of the type or trait it belongs to.
pub struct Row<'a> {
    /// The path under which generated code reaches `micro`.
    pub micro: &'a Path,
    /// An expression for the method's `&'static Spec`.
    pub spec: TokenStream,
    /// The function, reached through `Self`.
    pub function: &'a proc_macro2::Ident,
    /// How the function takes the service.
    pub receiver: Receiver,
    /// Whether the function takes the context.
    pub context: bool,
    /// Whether the function may return any result, or exactly `micro::Result`.
    pub any_result: bool,
    /// The `#[cfg]` attributes of the method.
    pub cfgs: &'a [syn::Attribute],
    /// Where compilers point when the method does not fit.
    pub span: Span,
}

/// Prints one row.
///
/// Everything in it points at the method: a future that is not `Send` is reported there, not at the attribute.
pub fn row(row: &Row<'_>) -> TokenStream {
    let Row { micro, spec, function, cfgs, .. } = row;
    let this = match row.receiver {
        Receiver::Reference => quote!(&this),
        Receiver::Arc => quote!(this),
    };
    let (pattern, context) = match row.context {
        true => (quote!(ctx), quote!(&ctx,)),
        false => (quote!(_), quote!()),
    };
    let call = quote!(Self::#function(#this, #context request).await);
    let answer = match row.any_result {
        true => quote!(#micro::__private::HandlerResult::into_result(#call)),
        false => call,
    };
    let row_tokens = quote! {
        #micro::__private::Row::new(#spec, |this, ctx, request| {
            #micro::__private::answer(ctx, request, move |#pattern, request| async move { #answer })
        })
    };
    let row_tokens = at(row_tokens, row.span);
    quote!(#(#cfgs)* #row_tokens)
}

/// Moves tokens to where `span` stands, keeping how their names resolve, so that lints still see generated code.
pub(crate) fn at(tokens: TokenStream, span: Span) -> TokenStream {
    let move_one = |mut token: TokenTree| {
        if let TokenTree::Group(group) = &token {
            let mut moved = proc_macro2::Group::new(group.delimiter(), at(group.stream(), span));
            moved.set_span(group.span().located_at(span));
            return TokenTree::Group(moved);
        }
        token.set_span(token.span().located_at(span));
        token
    };
    tokens.into_iter().map(move_one).collect()
}
