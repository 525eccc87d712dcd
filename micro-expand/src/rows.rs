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
    /// It answers a call.
    Handler,
    /// It says whether an event was handled.
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

/// A row as it is printed.
pub struct PrintedRow {
    /// The function that calls the method; it belongs into the `impl` or trait. Each has a body of its own: as closures of
    /// one body, the compiler would look at all of them for each of them.
    pub function: TokenStream,
    /// The expression for the row itself.
    pub row: TokenStream,
}

/// Prints one row.
///
/// Everything in it points at the method: a future that is not `Send` is reported there, not at the attribute. What a
/// subscriber says of its own types points at these.
pub fn row(row: &Row<'_>) -> PrintedRow {
    let Row { micro, function, cfgs, span, .. } = row;
    let here = Span::call_site().located_at(*span);
    let micro = at(quote!(#micro), *span);
    let name = function.to_string();
    let caller = Ident::new(&format!("ROW_of_{}", name.strip_prefix("r#").unwrap_or(&name)), here);
    // A function that belongs to no type may be called as one of the variables is: they do not hide it.
    let local = |name: &str| Ident::new(name, Span::mixed_site().located_at(*span));
    let (call, message, error) = (local("call"), local("message"), local("error"));
    let spec = match row.answer {
        Answer::Handler | Answer::Event => at(row.spec.clone(), *span),
        Answer::Subscriber { .. } => row.spec.clone(),
    };
    let receive = match row.answer {
        Answer::Handler => quote_spanned!(here=> receive),
        Answer::Event | Answer::Subscriber { .. } => quote_spanned!(here=> event),
    };

    let path = match row.receiver {
        Receiver::Reference | Receiver::Arc => quote_spanned!(here=> Self::),
        Receiver::Nothing => quote!(),
    };
    let service = match row.receiver {
        Receiver::Reference => quote_spanned!(here=> &#call.this,),
        Receiver::Arc => quote_spanned!(here=> ::core::clone::Clone::clone(&#call.this),),
        Receiver::Nothing => quote!(),
    };
    let context = row.context.then(|| quote_spanned!(here=> &#call.ctx,));
    let check = match row.answer {
        Answer::Handler | Answer::Event => quote!(),
        Answer::Subscriber { result } => {
            quote_spanned!(here=> #micro::__private::assert_subscriber_result::<#result>();)
        }
    };
    let function = quote_spanned! {here=>
        #(#cfgs)*
        #[doc(hidden)]
        fn #caller<'call>(
            #call: &'call #micro::__private::Incoming<Self>,
            #message: &mut #micro::__private::Arrived,
        ) -> #micro::__private::Reply<'call> {
            #check
            match #call.#receive(#message) {
                ::core::result::Result::Ok(#message) => {
                    #call.answer(#path #function(#service #context #message))
                }
                ::core::result::Result::Err(#error) => ::core::result::Result::Err(#error),
            }
        }
    };
    let row = quote_spanned! {here=>
        #(#cfgs)*
        #micro::__private::Row::new(#spec, Self::#caller)
    };
    PrintedRow { function, row }
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
