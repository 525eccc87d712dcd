//! The client of a contract: a struct around a target, a constant and a method for every endpoint.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;
use syn::Path;

use crate::docs::doc_attributes;
use crate::names::{constant, ident_at};
use crate::options::duration;
use crate::rows::at;
use crate::{Contract, Idempotency, Method, Topic};

/// Methods the client has itself; an endpoint of the same name gets a `_` at its end.
const OWN_METHODS: &[&str] = &["named", "new"];

/// Names the client of `contract`: `SayClient`.
pub fn client_ident(contract: &Contract) -> Ident {
    let name = contract.rust_name.strip_prefix("r#").unwrap_or(&contract.rust_name);
    Ident::new(&format!("{name}Client"), Span::call_site())
}

/// Names the constant that describes `method`: `HELLO`.
pub(crate) fn spec_const(method: &Method) -> Ident {
    ident_at(&constant(&method.rust_name), Span::call_site())
}

/// Prints the client of `contract`.
pub fn client(contract: &Contract) -> TokenStream {
    client_at(contract, &[])
}

/// Prints the client of `contract` with every method pointing at where it was written: `spans` are those of the
/// methods, in order; one that is missing points at the attribute or nowhere.
pub fn client_at(contract: &Contract, spans: &[Span]) -> TokenStream {
    let micro = &contract.micro;
    let name = client_ident(contract);
    let full_name = &contract.full_name;
    let mut docs = format!("Calls `{full_name}`, wherever it is served.");
    if !contract.docs.trim().is_empty() {
        docs = format!("{docs}\n\n{}", contract.docs.trim_end());
    }
    let docs = doc_attributes(&docs);
    let called = contract.methods.iter().filter(|method| method.topic.is_none());
    let methods = called.map(|method| {
        let (cfgs, constant) = (&method.cfgs, spec_const(method));
        quote!(#(#cfgs)* Self::#constant)
    });
    let spans = spans.iter().copied().chain(std::iter::repeat(Span::call_site()));
    let endpoints = contract.methods.iter().zip(spans).map(|(method, span)| endpoint(contract, method, span));
    quote! {
        #docs
        #[allow(unreachable_pub)]
        #[derive(::core::clone::Clone, ::core::fmt::Debug)]
        pub struct #name {
            target: #micro::__private::Target,
        }

        #[allow(deprecated)]
        impl #micro::client::TypedClient for #name {
            const CONTRACT: &'static str = #full_name;
            const METHODS: &'static [&'static #micro::Spec] = &[#(#methods),*];

            fn from_target(target: #micro::__private::Target) -> Self {
                Self { target }
            }
        }

        #[allow(dead_code, deprecated, private_interfaces, unreachable_pub)]
        impl #name {
            /// Makes a client of whatever can call: a `Client`, a `Context`, a `Service`.
            pub fn new(caller: &impl #micro::client::Caller) -> Self {
                Self { target: #micro::client::Caller::target(caller, #full_name) }
            }

            /// Calls only nodes of the service `service`.
            #[must_use]
            pub fn named(self, service: impl ::core::convert::Into<::std::string::String>) -> Self {
                Self { target: self.target.named(service) }
            }

            #(#endpoints)*
        }
    }
}

fn endpoint(contract: &Contract, method: &Method, span: Span) -> TokenStream {
    let description = description(contract, method, span);
    if method.topic.is_some() {
        return description;
    }
    let micro = &contract.micro;
    let Method { request, reply, cfgs, .. } = method;
    let constant = spec_const(method);
    let docs = match method.docs.trim() {
        "" => doc_attributes(&format!("Calls `{}`.", method.name)),
        _ => doc_attributes(&method.docs),
    };
    // At the method as well: it is where a type that is no message is reported.
    let (call, call_end) = (at(quote!(#micro::Call<), span), at(quote!(>), span));
    let body = at(quote!(self.target.call(Self::#constant, request)), span);
    let deprecated = method.deprecated.then(|| quote!(#[deprecated]));
    let name = method.rust_name.strip_prefix("r#").unwrap_or(&method.rust_name);
    let name = match OWN_METHODS.contains(&name) {
        true => Ident::new(&format!("{name}_"), span),
        false => ident_at(name, span),
    };
    quote! {
        #description

        #docs
        #(#cfgs)*
        #deprecated
        pub fn #name(&self, request: #request) -> #call #reply #call_end {
            #body
        }
    }
}

/// Prints the constant that describes a method.
fn description(contract: &Contract, method: &Method, span: Span) -> TokenStream {
    let micro = &contract.micro;
    let Method { request, reply, cfgs, .. } = method;
    let (path, full_name) = (contract.path(method), &contract.full_name);
    let constant = spec_const(method);
    let promise = match method.idempotency {
        Idempotency::Unknown => quote!(),
        Idempotency::Readonly => quote!(.readonly()),
        Idempotency::Idempotent => quote!(.idempotent()),
    };
    let warning = method.deprecated.then(|| quote!(.deprecated()));
    let timeout = method.timeout.map(duration).map(|timeout| quote!(.timeout(#timeout)));
    let topic = method.topic.as_ref().map(|topic| subscription(micro, topic));
    let text = method.docs.trim();
    let text = (!text.is_empty()).then(|| quote!(.docs(#text)));
    let (spec, types, docs) = match &method.topic {
        None => (quote!(spec::), quote!(<#request, #reply>), format!(" Describes `{}`.", method.name)),
        Some(Topic { topic, .. }) => {
            let docs = format!(
                " Describes `{}`, which gets the events of `{topic}` and is not called.",
                method.name
            );
            (quote!(event_spec::), quote!(<#request>), docs)
        }
    };
    let spec = at(quote!(#micro::__private::#spec), span);
    let spec_end = at(quote!((#path, #full_name) #promise #warning #timeout #topic #text), span);
    quote! {
        #[doc = #docs]
        #(#cfgs)*
        pub const #constant: &'static #micro::Spec = &#spec #types #spec_end;
    }
}

/// Prints what a method of a generated trait is subscribed to.
fn subscription(micro: &Path, topic: &Topic) -> TokenStream {
    let Topic { topic, queue, attempts, concurrency } = topic;
    let queue = queue.as_ref().map(|queue| quote!(.queue(#queue)));
    let attempts = attempts.map(Literal::u32_unsuffixed).map(|attempts| quote!(.attempts(#attempts)));
    let concurrency = concurrency.map(Literal::u32_unsuffixed).map(|events| quote!(.concurrency(#events)));
    quote!(.topic(#micro::__private::Topic::new(#topic) #queue #attempts #concurrency))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn say() -> Contract {
        let method = |rust_name: &str, name: &str| Method {
            rust_name: rust_name.to_owned(),
            name: name.to_owned(),
            docs: String::new(),
            request: syn::parse_quote!(HelloRequest),
            reply: syn::parse_quote!(::micro::Streaming<HelloReply>),
            idempotency: Idempotency::Readonly,
            cfgs: Vec::new(),
            deprecated: false,
            timeout: None,
            topic: None,
        };
        Contract {
            rust_name: "Say".to_owned(),
            full_name: "greeter.v1.Say".to_owned(),
            docs: "Greets.".to_owned(),
            methods: vec![method("hello", "Hello"), method("type", "Type"), method("new", "New")],
            micro: syn::parse_quote!(::micro),
        }
    }

    /// A contract of one method that is called and one that gets events.
    pub(crate) fn listener() -> Contract {
        let mut contract = say();
        contract.methods.truncate(2);
        contract.methods[0].timeout = Some(std::time::Duration::from_millis(1500));
        let topic = Topic {
            topic: "greeter.said".to_owned(),
            queue: Some("ears".to_owned()),
            attempts: None,
            concurrency: Some(7),
        };
        contract.methods[1] = Method {
            rust_name: "on_said".to_owned(),
            name: "OnSaid".to_owned(),
            request: syn::parse_quote!(Said),
            reply: syn::parse_quote!(()),
            idempotency: Idempotency::Idempotent,
            topic: Some(topic),
            ..contract.methods[1].clone()
        };
        contract
    }

    #[test]
    fn the_client_has_a_constant_and_a_method_for_every_endpoint() {
        let tokens = client(&say());
        let file: syn::File = syn::parse2(tokens.clone()).expect("the client parses");
        let Some(syn::Item::Impl(methods)) = file.items.last() else { panic!("an impl comes last") };
        assert_eq!(methods.items.len(), 2 + 2 * 3);
        let text = tokens.to_string();
        assert!(text.contains("pub const HELLO"), "{text}");
        assert!(text.contains("\"/greeter.v1.Say/Hello\""), "{text}");
        assert!(text.contains(". readonly ()"), "{text}");
        assert!(text.contains("pub fn r#type"), "{text}");
    }

    #[test]
    fn an_endpoint_called_new_does_not_replace_the_constructor() {
        assert!(client(&say()).to_string().contains("pub fn new_ (& self"));
    }

    #[test]
    fn what_the_options_say_is_part_of_the_description() {
        let text = client(&listener()).to_string();
        assert!(
            text.contains(". readonly () . timeout (:: core :: time :: Duration :: from_millis (1500)) ;"),
            "{text}"
        );
        let topic = ". idempotent () . topic (:: micro :: __private :: Topic :: new (\"greeter.said\") . queue (\"ears\") \
                     . concurrency (7)) ;";
        assert!(text.contains(topic), "{text}");
    }

    #[test]
    fn what_gets_events_is_described_and_not_called() {
        let text = client(&listener()).to_string();
        assert!(
            text.contains("= & :: micro :: __private :: event_spec :: < Said > (\"/greeter.v1.Say/OnSaid\""),
            "{text}"
        );
        assert!(text.contains("[& 'static :: micro :: Spec] = & [Self :: HELLO] ;"), "{text}");
        assert!(!text.contains("fn on_said"), "{text}");
    }
}
