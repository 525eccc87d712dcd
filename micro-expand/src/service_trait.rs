//! The trait of a contract: what a service implements, with the rows hidden in it.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use crate::client::{client_ident, spec_const};
use crate::docs::doc_attributes;
use crate::names::{ident, ident_at};
use crate::rows::{Answer, PrintedRow, Receiver, Row, row};
use crate::{Contract, Method, Topic};

/// The associated constant that holds the rows.
///
/// The name is a sentence because it is an error message: putting `#[micro::service]` on an `impl` of any other
/// trait fails with "cannot find associated constant `ROWS_of_a_trait_generated_by_micro_codegen` in trait …".
pub const ROWS_CONST: &str = "ROWS_of_a_trait_generated_by_micro_codegen";

/// The associated constant that holds the contract's full name.
pub const CONTRACT_CONST: &str = "CONTRACT_of_a_trait_generated_by_micro_codegen";

/// Prints the trait of `contract`.
pub fn service_trait(contract: &Contract) -> TokenStream {
    let micro = &contract.micro;
    let name = ident(&contract.rust_name);
    let full_name = &contract.full_name;
    let docs = match contract.docs.trim() {
        "" => doc_attributes(&format!("Serves `{full_name}`.")),
        docs => doc_attributes(docs),
    };
    let methods = contract.methods.iter().map(|method| declaration(contract, method));
    let rows: Vec<PrintedRow> = contract.methods.iter().map(|method| trait_row(contract, method)).collect();
    let functions = rows.iter().map(|row| &row.function);
    let rows = rows.iter().map(|row| &row.row);
    let rows_const = Ident::new(ROWS_CONST, Span::call_site());
    let contract_const = Ident::new(CONTRACT_CONST, Span::call_site());
    quote! {
        #docs
        pub trait #name: ::core::marker::Sized + ::core::marker::Send + ::core::marker::Sync + 'static {
            #(#methods)*

            #(#functions)*

            #[doc(hidden)]
            #[allow(deprecated, non_upper_case_globals)]
            const #rows_const: &'static [#micro::__private::Row<Self>] = &[#(#rows),*];

            #[doc(hidden)]
            #[allow(non_upper_case_globals)]
            const #contract_const: &'static str = #full_name;
        }
    }
}

fn declaration(contract: &Contract, method: &Method) -> TokenStream {
    let micro = &contract.micro;
    let Method { request, reply, cfgs, .. } = method;
    let name = ident(&method.rust_name);
    let (argument, purpose) = match &method.topic {
        None => ("request", format!("Answers `{}`.", method.name)),
        Some(Topic { topic, .. }) => ("event", format!("Handles an event of `{topic}`.")),
    };
    let argument = ident(argument);
    let docs = match method.docs.trim() {
        "" => doc_attributes(&purpose),
        docs => doc_attributes(docs),
    };
    quote! {
        #docs
        #(#cfgs)*
        fn #name(
            &self,
            ctx: &#micro::Context,
            #argument: #request,
        ) -> impl ::core::future::Future<Output = #micro::Result<#reply>> + ::core::marker::Send;
    }
}

fn trait_row(contract: &Contract, method: &Method) -> PrintedRow {
    let client = client_ident(contract);
    let spec = spec_const(method);
    row(&Row {
        micro: &contract.micro,
        spec: quote!(#client::#spec),
        function: &ident_at(&method.rust_name, Span::call_site()),
        receiver: Receiver::Reference,
        context: true,
        answer: match method.topic {
            None => Answer::Handler,
            Some(_) => Answer::Event,
        },
        cfgs: &method.cfgs,
        span: Span::call_site(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tests::{listener, say};

    #[test]
    fn the_trait_declares_the_method_and_hides_its_row() {
        let tokens = service_trait(&say());
        let item: syn::ItemTrait = syn::parse2(tokens.clone()).expect("the trait parses");
        assert_eq!(item.items.len(), 2 * 3 + 2);
        let text = tokens.to_string();
        assert!(text.contains(ROWS_CONST), "{text}");
        assert!(text.contains("Row :: new (SayClient :: HELLO , Self :: ROW_of_hello)"), "{text}");
        assert!(text.contains("fn r#type"), "{text}");
    }

    #[test]
    fn a_method_with_a_topic_takes_events() {
        let text = service_trait(&listener()).to_string();
        assert!(text.contains("\" Handles an event of `greeter.said`.\""), "{text}");
        assert!(text.contains("event : Said"), "{text}");
        assert!(text.contains("match call . event (message)"), "{text}");
        assert!(text.contains("Self :: on_said (& call . this , & call . ctx , message)"), "{text}");
    }
}
