//! `#[micro::subscriber]`: functions that events come to, in a service block or alone.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::Path;

use super::check::{self, Form};
use super::mounting;
use super::options;
use crate::args::{Args, Text};
use crate::attributes;
use crate::docs::docs;
use crate::env::Env;
use crate::errors::Errors;
use crate::function::Function;
use micro_expand::{PrintedRow, Subscriber};

/// Expands the attribute for its own part: on a function that belongs to no type.
///
/// The function is printed as it was written. What a service is to a method, a hidden type is to it; so it is mounted
/// as a service is.
pub(crate) fn expand(args: TokenStream, item: TokenStream, env: &Env) -> TokenStream {
    if attributes::is_read(&args) {
        return item;
    }
    let mut errors = Errors::default();
    let function = match Function::parse_tokens(item.clone()) {
        // A method, in a block that has not read the attribute.
        Ok(function) if function.sig.receiver().is_some() => {
            return attributes::expand_alone("subscriber", args, item);
        }
        Ok(function) => function,
        Err(_) => {
            let message = "`#[micro::subscriber]` goes on a method of a block marked `#[micro::service]`, or on a \
                           function: `async fn on_said(event: Said) -> Result<()>`";
            errors.on(&item, message);
            let errors = errors.into_tokens();
            return quote!(#item #errors);
        }
    };
    let args = Args::parse(args, &options::SUBSCRIBER, &mut errors);
    let micro = args.micro(&mut errors);
    let subscriber = read(&function, &args, Span::call_site(), Form::Function, &mut errors);
    let registration = match subscriber {
        Some((subscriber, _)) if errors.is_empty() => registration(&subscriber, &micro, env),
        _ => TokenStream::new(),
    };
    let errors = errors.into_tokens();
    quote!(#item #registration #errors)
}

/// Reads a function and the options of its attribute, which stands at `place`. Tells also where its name was written.
///
/// `None` when something is wrong with it, which is then reported.
pub(super) fn read(
    function: &Function,
    args: &Args,
    place: Span,
    form: Form,
    errors: &mut Errors,
) -> Option<(Subscriber, Span)> {
    let options = options::Subscriber::read(args, place, errors);
    let shape = check::shape(&function.sig, form, &[], errors)?;
    let ident = &function.sig.ident;
    let (name, named_at) = match &options.name {
        Some(name) => (name.value(), name.span()),
        None => (micro_expand::upper_camel(&ident.to_string()), ident.span()),
    };
    let text = |text: Text| quote!(#text);
    let subscriber = Subscriber {
        function: ident.clone(),
        receiver: shape.receiver,
        context: shape.context,
        name,
        docs: docs(&function.attrs),
        event: shape.request,
        result: shape.result,
        topic: text(options.topic?),
        queue: options.queue.map(text),
        attempts: options.attempts.map(|attempts| quote!(#attempts)),
        concurrency: options.concurrency.map(|concurrency| quote!(#concurrency)),
        cfgs: attributes::cfgs(&function.attrs),
    };
    Some((subscriber, named_at))
}

/// Prints the hidden type of a function, with its row and its place in the link-time table.
fn registration(subscriber: &Subscriber, micro: &Path, env: &Env) -> TokenStream {
    let function = subscriber.function.to_string();
    let function = function.strip_prefix("r#").unwrap_or(&function);
    let contract = format!("{}.{function}", env.proto_package());
    let PrintedRow { function: caller, row } = micro_expand::subscriber_row(micro, &contract, subscriber);
    // Nothing else in the block may be called as something is that the row names.
    let owner = Ident::new(&format!("Subscriber_{function}"), Span::call_site());
    let register = mounting::register(micro, &owner, &quote!(""), &quote!(<#owner>::ROWS), quote!());
    quote! {
        #[allow(dead_code, deprecated, non_camel_case_types, non_snake_case)]
        const _: () = {
            #[derive(::core::default::Default)]
            struct #owner;

            impl #owner {
                #caller

                const ROWS: &'static [#micro::__private::Row<Self>] = &[#row];
            }

            #register
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(args: TokenStream, item: TokenStream) -> String {
        expand(args, item, &Env { package: "my-ledger".to_owned() }).to_string()
    }

    #[test]
    fn a_function_stays_as_it_was_and_is_registered_beside() {
        let item = quote!(
            pub async fn on_said(event: Said) -> Result<()> {
                half.written
            }
        );
        let text = expanded(quote!(topic = "greeter.said", crate = m), item.clone());
        assert!(text.starts_with(&item.to_string()), "{text}");
        for part in [
            "(\"/my_ledger.on_said/OnSaid\" , \"my_ledger.on_said\")",
            "m :: __private :: register !",
            "Topic :: new (\"greeter.said\")",
        ] {
            assert!(text.contains(part), "`{part}` is not in: {text}");
        }
        assert!(!text.contains("compile_error"), "{text}");
    }

    #[test]
    fn a_function_may_be_called_as_a_keyword_is() {
        let text = expanded(
            quote!(topic = "a"),
            quote!(
                async fn r#move(event: Said) -> Result<()> {}
            ),
        );
        assert!(text.contains("\"/my_ledger.move/Move\"") && text.contains("Subscriber_move"), "{text}");
    }

    #[test]
    fn every_mistake_is_told_and_nothing_is_registered() {
        let text = expanded(
            quote!(topic = "a..b", attempts = 0),
            quote!(
                fn on_said(event: &Said) {
                    body
                }
            ),
        );
        for part in [
            "a topic is 1 to 255 of",
            "a number from 1 to 1000",
            "`on_said` is not async; expected `async fn on_said(ctx: &Context, event: Event) -> Result<()>`",
            "a subscriber takes its event by value",
            "`on_said` does not return a `Result`",
            "{ body }",
        ] {
            assert!(text.contains(part), "`{part}` is not in: {text}");
        }
        assert!(!text.contains("register !"), "{text}");
    }

    #[test]
    fn a_method_of_a_block_that_did_not_read_it_is_told_so() {
        let text = expanded(
            quote!(topic = "a"),
            quote!(
                async fn on_said(&self, event: Said) -> Result<()> {}
            ),
        );
        assert!(text.contains("only works inside an impl block marked"), "{text}");
        let text = expanded(
            quote!(topic = "a"),
            quote!(
                struct Said;
            ),
        );
        assert!(text.starts_with("struct Said ;") && text.contains("or on a function"), "{text}");
    }
}
