//! `#[micro::main]`: an async function becomes the entry of the process.

use proc_macro2::TokenStream;
use quote::quote;
use syn::FnArg;

use crate::args::{Args, Known};
use crate::errors::Errors;
use crate::function::Function;

const KNOWN: Known = Known {
    attribute: "#[micro::main]",
    options: &[("crate", "crate = path")],
    later: &["flavor", "worker_threads", "name", "version"],
};

const SHAPE: &str =
    "`async fn main(service: micro::Service) -> micro::Result<()>`, or with a `Client`, or with nothing";

/// Expands `#[micro::main]`.
pub(crate) fn expand(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let args = Args::parse(args, &KNOWN, &mut errors);
    let micro = args.micro(&mut errors);
    let function = match Function::parse_tokens(item.clone()) {
        Ok(function) => function,
        Err(_) => {
            errors.on(&item, format!("`#[micro::main]` goes on a function: {SHAPE}"));
            let errors = errors.into_tokens();
            return quote!(#item #errors);
        }
    };
    check(&function, &mut errors);

    let Function { vis, sig, .. } = &function;
    let name = &sig.ident;
    if !errors.is_empty() {
        let errors = errors.into_tokens();
        // Inside, the function is still read by editors; outside, a `main` exists and is not complained about.
        return quote!(#vis fn #name() { #errors #[allow(dead_code)] #function });
    }
    let entry = match sig.inputs.is_empty() {
        true => quote!(|()| #name()),
        false => quote!(#name),
    };
    quote! {
        #vis fn #name() -> ::std::process::ExitCode {
            #function

            #micro::__private::main(
                #micro::__private::Package {
                    name: ::core::env!("CARGO_PKG_NAME"),
                    version: ::core::env!("CARGO_PKG_VERSION"),
                },
                #entry,
            )
        }
    }
}

fn check(function: &Function, errors: &mut Errors) {
    let sig = &function.sig;
    if sig.asyncness.is_none() {
        errors.on(sig.fn_token, format!("`{}` is not async; `#[micro::main]` expects {SHAPE}", sig.ident));
    }
    if !sig.generics.params.is_empty() {
        errors.on(&sig.generics, format!("`{}` is generic; `#[micro::main]` expects {SHAPE}", sig.ident));
    }
    if let Some(extra) = sig.inputs.iter().nth(1) {
        errors.on(extra, format!("too many arguments; `#[micro::main]` expects {SHAPE}"));
    }
    if let Some(FnArg::Receiver(receiver)) = sig.inputs.first() {
        errors.on(receiver, format!("`main` is not a method; `#[micro::main]` expects {SHAPE}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_that_is_not_async_is_told_the_shape() {
        let text = expand(
            quote!(),
            quote!(
                fn main() {}
            ),
        )
        .to_string();
        assert!(text.contains("`main` is not async"), "{text}");
        assert!(text.contains("micro::Service"), "{text}");
    }

    #[test]
    fn anything_but_a_function_stays_as_it_was() {
        let text = expand(
            quote!(),
            quote!(
                struct Main;
            ),
        )
        .to_string();
        assert!(text.starts_with("struct Main ;"), "{text}");
    }
}
