//! Rows: how a method is called by a router that knows no types.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::{Path, Type};

/// How a method takes the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receiver {
    /// `&self`.
    Reference,
    /// `self: Arc<Self>`.
    Arc,
    /// Not at all: it is a function that belongs to no type.
    Nothing,
}

/// What becomes of what a method returns.
#[derive(Clone, Copy)]
pub enum Answer<'a> {
    /// It answers a call. The method returns exactly `micro::Result`.
    Handler,
    /// It answers a call. The method may return any result.
    AnyHandler,
    /// It says whether an event was handled. The method returns exactly `micro::Result<()>`.
    Event,
    /// It says whether an event was handled. The method may return any result of nothing.
    Subscriber {
        /// The type the method returns.
        result: &'a Type,
    },
}

/// Describes a row of the table of methods, within an `impl` of the type or trait it belongs to.
pub struct Row<'a> {
    /// The path under which generated code reaches `micro`.
    pub micro: &'a Path,
    /// An expression for the method's `&'static Spec`.
    pub spec: TokenStream,
    /// The function, reached through `Self` unless it belongs to no type.
    pub function: &'a Ident,
    /// How the function takes the service.
    pub receiver: Receiver,
    /// Whether the function takes the context.
    pub context: bool,
    /// What becomes of what the function returns.
    pub answer: Answer<'a>,
    /// The `#[cfg]` attributes of the method.
    pub cfgs: &'a [syn::Attribute],
    /// Where compilers point when the method does not fit.
    pub span: Span,
}

/// Prints one row.
///
/// Everything in it points at the method: a future that is not `Send` is reported there, not at the attribute. What a
/// subscriber says of its own types points at these.
pub fn row(row: &Row<'_>) -> TokenStream {
    let Row { micro, function, cfgs, span, .. } = row;
    let here = Span::call_site().located_at(*span);
    let micro = at(quote!(#micro), *span);
    // A function that belongs to no type may be called as one of the variables is: they do not hide it.
    let local = |name: &str| Ident::new(name, Span::mixed_site().located_at(*span));
    let (this, ctx, request) = (local("this"), local("ctx"), local("request"));
    let spec = row.spec.clone();
    let (spec, message, answer) = match row.answer {
        Answer::Handler | Answer::AnyHandler => {
            (at(spec, *span), request.clone(), quote_spanned!(here=> answer))
        }
        Answer::Event => (at(spec, *span), local("event"), quote_spanned!(here=> consume)),
        Answer::Subscriber { .. } => (spec, local("event"), quote_spanned!(here=> consume)),
    };

    let (service, path, receiver) = match row.receiver {
        Receiver::Reference => (quote!(#this), quote_spanned!(here=> Self::), quote_spanned!(here=> &#this,)),
        Receiver::Arc => (quote!(#this), quote_spanned!(here=> Self::), quote_spanned!(here=> #this,)),
        Receiver::Nothing => (quote_spanned!(here=> _), quote!(), quote!()),
    };
    let (pattern, context) = match row.context {
        true => (quote!(#ctx), quote_spanned!(here=> &#ctx,)),
        false => (quote_spanned!(here=> _), quote!()),
    };
    let call = quote_spanned!(here=> #path #function(#receiver #context #message).await);
    let body = match row.answer {
        Answer::Handler | Answer::Event => call,
        Answer::AnyHandler => {
            quote_spanned!(here=> #micro::__private::HandlerResult::into_result(#call))
        }
        Answer::Subscriber { result } => {
            // Named before it is called: so a result that does not fit is reported at its type, not at the call.
            let into_result = local("into_result");
            quote_spanned! {here=>
                let #into_result = <#result as #micro::__private::SubscriberResult>::into_result;
                #into_result(#call)
            }
        }
    };
    quote_spanned! {here=>
        #(#cfgs)*
        #micro::__private::Row::new(#spec, |#service, #ctx, #request| {
            #micro::__private::#answer(#ctx, #request, move |#pattern, #message| async move { #body })
        })
    }
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
