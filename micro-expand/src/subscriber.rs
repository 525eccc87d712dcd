//! Subscribers: functions that events come to in place of calls. They have a row, as methods have, and no client.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Path, Type};

use crate::rows::{Answer, PrintedRow, Receiver, Row, at, row};

/// Describes a subscriber.
pub struct Subscriber {
    /// The function.
    pub function: Ident,
    /// How the function takes the service.
    pub receiver: Receiver,
    /// Whether the function takes the context.
    pub context: bool,
    /// The name within the contract: `OnSaid`.
    pub name: String,
    /// The documentation, as lines of Markdown; empty when there is none.
    pub docs: String,
    /// The type of the event: a message, or a `Delivery` of one.
    pub event: Type,
    /// The type of the result.
    pub result: Type,
    /// A constant text: the topic.
    pub topic: TokenStream,
    /// A constant text: the queue, if the subscriber is a member of one.
    pub queue: Option<TokenStream>,
    /// How often an event is tried, if not as often as usual.
    pub attempts: Option<TokenStream>,
    /// How many events are handled at once, if not as many as usual.
    pub concurrency: Option<TokenStream>,
    /// The `#[cfg]` attributes of the function.
    pub cfgs: Vec<Attribute>,
}

/// Prints the row of `subscriber` in `contract`, whose full name its path begins with.
pub fn subscriber_row(micro: &Path, contract: &str, subscriber: &Subscriber) -> PrintedRow {
    let Subscriber { function, receiver, context, result, cfgs, .. } = subscriber;
    row(&Row {
        micro,
        spec: spec(micro, contract, subscriber),
        function,
        receiver: *receiver,
        context: *context,
        answer: Answer::Subscriber { result },
        cfgs,
        span: function.span(),
    })
}

/// Prints the description. It points at the function, and at the user's own types and names where these stand.
fn spec(micro: &Path, contract: &str, subscriber: &Subscriber) -> TokenStream {
    let Subscriber { function, name, docs, event, topic, queue, attempts, concurrency, .. } = subscriber;
    let path = format!("/{contract}/{name}");
    let queue = queue.as_ref().map(|queue| quote!(.queue(#queue)));
    let attempts = attempts.as_ref().map(|attempts| quote!(.attempts(#attempts)));
    let concurrency = concurrency.as_ref().map(|concurrency| quote!(.concurrency(#concurrency)));
    let docs = docs.trim();
    let docs = (!docs.is_empty()).then(|| quote!(.docs(#docs)));

    // A constant that cannot be a topic is found by the compiler, in this call.
    let named = topic.span();
    let named_micro = at(quote!(#micro), named);
    let named = Span::call_site().located_at(named);
    let topic = quote_spanned!(named=> #named_micro::__private::Topic::new(#topic));

    let micro = at(quote!(#micro), function.span());
    let here = Span::call_site().located_at(function.span());
    quote_spanned! {here=>
        const {
            &#micro::__private::event_spec::<#event>(#path, #contract)
                .topic(#topic #queue #attempts #concurrency)
                #docs
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on_said() -> Subscriber {
        Subscriber {
            function: Ident::new("on_said", Span::call_site()),
            receiver: Receiver::Reference,
            context: true,
            name: "OnSaid".to_owned(),
            docs: String::new(),
            event: syn::parse_quote!(Said),
            result: syn::parse_quote!(Result<()>),
            topic: quote!("greeter.said"),
            queue: None,
            attempts: None,
            concurrency: None,
            cfgs: Vec::new(),
        }
    }

    fn printed(subscriber: &Subscriber) -> String {
        let printed = subscriber_row(&syn::parse_quote!(::micro), "ledger.v1.Ledger", subscriber);
        let function: syn::ItemFn = syn::parse2(printed.function).expect("the function is an item");
        let row: syn::Expr = syn::parse2(printed.row).expect("the row is an expression");
        quote!(#function #row).to_string()
    }

    #[test]
    fn options_that_were_not_given_are_not_printed() {
        let text = printed(&on_said());
        assert!(
            text.contains("event_spec :: < Said > (\"/ledger.v1.Ledger/OnSaid\" , \"ledger.v1.Ledger\")"),
            "{text}"
        );
        assert!(text.contains("Topic :: new (\"greeter.said\")) }"), "{text}");
        assert!(text.contains("Self :: on_said (& call . this , & call . ctx , message)"), "{text}");
    }

    #[test]
    fn options_follow_the_topic_and_docs_come_last() {
        let subscriber = Subscriber {
            docs: "Keeps what was said.".to_owned(),
            queue: Some(quote!("ledger")),
            attempts: Some(quote!(3)),
            concurrency: Some(quote!(7)),
            ..on_said()
        };
        let text = printed(&subscriber);
        let setters =
            ". queue (\"ledger\") . attempts (3) . concurrency (7)) . docs (\"Keeps what was said.\") }";
        assert!(text.contains(setters), "{text}");
    }

    #[test]
    fn a_function_of_no_service_is_called_by_its_name() {
        let subscriber = Subscriber { receiver: Receiver::Nothing, context: false, ..on_said() };
        let text = printed(&subscriber);
        assert!(text.contains("call . answer (on_said (message))"), "{text}");
    }
}
