//! What the attributes of a service understand, and the checks of single values.

use std::time::Duration;

use proc_macro2::{Span, TokenStream};
use syn::{LitInt, LitStr};

use crate::args::{Args, Known, Text};
use crate::errors::Errors;
use micro_expand::{ATTEMPTS, CONCURRENCY, Idempotency, TOPIC_FORM};

pub(super) const SERVICE: Known = Known {
    attribute: "#[micro::service]",
    options: &[
        ("package", "package = \"ledger.v1\""),
        ("name", "name = \"Ledger\""),
        ("crate", "crate = path"),
    ],
    later: &["account", "auth", "concurrency", "http", "internal", "timeout", "version"],
};

pub(super) const HANDLER: Known = Known {
    attribute: "#[micro::handler]",
    options: &[
        ("name", "name = \"Total\""),
        ("readonly", "readonly"),
        ("idempotent", "idempotent"),
        ("timeout", "timeout = \"2s\""),
    ],
    later: &[
        "account",
        "auth",
        "cache",
        "compress",
        "concurrency",
        "hedge",
        "http",
        "limit",
        "retry",
        "scopes",
    ],
};

pub(super) const SUBSCRIBER: Known = Known {
    attribute: "#[micro::subscriber]",
    options: &[
        ("topic", "topic = \"greeter.said\""),
        ("queue", "queue = \"ledger\""),
        ("attempts", "attempts = 5"),
        ("concurrency", "concurrency = 16"),
        ("name", "name = \"OnSaid\""),
        ("crate", "crate = path"),
    ],
    later: &["ack_wait", "auth", "backoff", "batch", "dead_letter", "dedupe", "filter", "order", "timeout"],
};

/// The options of one `#[micro::handler]`.
#[derive(Default)]
pub(super) struct Handler {
    pub(super) name: Option<LitStr>,
    pub(super) idempotency: Idempotency,
    pub(super) timeout: Option<Duration>,
}

impl Handler {
    /// Reads the options, reporting what is wrong with them.
    pub(super) fn parse(tokens: TokenStream, errors: &mut Errors) -> Handler {
        let args = Args::parse(tokens, &HANDLER, errors);
        let name = args.text("name", errors).filter(|name| is_identifier(name, errors));
        let readonly = args.flag("readonly", errors);
        let idempotent = args.flag("idempotent", errors);
        let idempotency = match (readonly, idempotent) {
            (Some(_), Some(second)) => {
                errors.at(second, "`readonly` already says more than `idempotent`: leave one of them out");
                Idempotency::Readonly
            }
            (Some(_), None) => Idempotency::Readonly,
            (None, Some(_)) => Idempotency::Idempotent,
            (None, None) => Idempotency::Unknown,
        };
        let timeout = args.text("timeout", errors).and_then(|text| timeout(&text, errors));
        Handler { name, idempotency, timeout }
    }
}

/// The options of one `#[micro::subscriber]`, but for `crate`.
pub(super) struct Subscriber {
    pub(super) name: Option<LitStr>,
    /// Always there, unless a mistake was reported.
    pub(super) topic: Option<Text>,
    pub(super) queue: Option<Text>,
    pub(super) attempts: Option<LitInt>,
    pub(super) concurrency: Option<LitInt>,
}

impl Subscriber {
    /// Reads the options of an attribute that stands at `place`, reporting what is wrong with them.
    pub(super) fn read(args: &Args, place: Span, errors: &mut Errors) -> Subscriber {
        if args.position("topic").is_none() {
            errors
                .at(place, "a subscriber names its topic: `#[micro::subscriber(topic = \"greeter.said\")]`");
        }
        Subscriber {
            name: args.text("name", errors).filter(|name| is_identifier(name, errors)),
            topic: args.constant("topic", errors).filter(|topic| is_topic("topic", topic, errors)),
            queue: args.constant("queue", errors).filter(|queue| is_topic("queue", queue, errors)),
            attempts: args.number("attempts", ATTEMPTS, errors),
            concurrency: args.number("concurrency", CONCURRENCY, errors),
        }
    }
}

/// Checks the options of one `#[micro::init]`: it has none.
pub(super) fn init(tokens: TokenStream, errors: &mut Errors) {
    if !tokens.is_empty() {
        errors.on(tokens, "`#[micro::init]` takes no options");
    }
}

/// Tells whether a text is a protobuf name; reports it when not.
pub(super) fn is_identifier(text: &LitStr, errors: &mut Errors) -> bool {
    let fine = identifier(&text.value());
    if !fine {
        errors.on(text, "a name on the wire is letters, digits and `_`, and begins with no digit");
    }
    fine
}

/// Tells whether a text can be the name of a topic, or of a queue; reports it when not. A constant's text is for the
/// compiler to check.
fn is_topic(what: &str, text: &Text, errors: &mut Errors) -> bool {
    let Text::Literal(literal) = text else { return true };
    let fine = micro_expand::is_topic(&literal.value());
    if !fine {
        errors.on(literal, format!("a {what} is {TOPIC_FORM}"));
    }
    fine
}

/// Reads a timeout; reports what is none.
fn timeout(text: &LitStr, errors: &mut Errors) -> Option<Duration> {
    match micro_expand::timeout(&text.value()) {
        Ok(timeout) => Some(timeout),
        Err(why) => {
            errors.on(text, format!("the value of `timeout` {why}: `timeout = \"2s\"`"));
            None
        }
    }
}

/// Tells whether a text is a protobuf package; reports it when not.
pub(super) fn is_package(text: &LitStr, errors: &mut Errors) -> bool {
    let fine = text.value().split('.').all(identifier);
    if !fine {
        errors.on(text, "a package is names joined by dots, such as `ledger.v1`");
    }
    fine
}

fn identifier(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    fn mistakes(tokens: TokenStream) -> String {
        let mut errors = Errors::default();
        let args = Args::parse(tokens, &SUBSCRIBER, &mut errors);
        Subscriber::read(&args, Span::call_site(), &mut errors);
        errors.into_tokens().to_string()
    }

    #[test]
    fn a_timeout_is_a_duration() {
        let read = |tokens| {
            let mut errors = Errors::default();
            let handler = Handler::parse(tokens, &mut errors);
            (handler.timeout, errors.into_tokens().to_string())
        };
        assert_eq!(
            read(quote!(timeout = "300ms", readonly)),
            (Some(Duration::from_millis(300)), String::new())
        );
        assert_eq!(read(quote!(readonly)), (None, String::new()));
        for (tokens, part) in [
            (quote!(timeout = "2"), "the value of `timeout` is not a duration"),
            (quote!(timeout = "0s"), "the value of `timeout` is no time at all"),
            (quote!(timeout = "9000h"), "the value of `timeout` is longer than a year"),
            (quote!(timeout = 2), "the value of `timeout` is a text"),
            (quote!(timeout), "`timeout` needs a value"),
        ] {
            let (timeout, errors) = read(tokens);
            assert!(timeout.is_none() && errors.contains(part), "{errors}");
        }
    }

    #[test]
    fn a_topic_is_parts_joined_by_dots() {
        for fine in ["a", "greeter.said"] {
            assert_eq!(mistakes(quote!(topic = #fine, queue = #fine)), "", "{fine}");
        }
        for wrong in ["", "a..b", "a b"] {
            assert!(mistakes(quote!(topic = #wrong)).contains("a topic is 1 to 255 of"), "{wrong}");
            assert!(
                mistakes(quote!(topic = "a", queue = #wrong)).contains("a queue is 1 to 255 of"),
                "{wrong}"
            );
        }
    }

    #[test]
    fn a_topic_is_needed_and_may_be_a_constant() {
        assert!(mistakes(quote!(queue = "a")).contains("a subscriber names its topic"));
        assert_eq!(mistakes(quote!(topic = topics::SAID, queue = Self::QUEUE)), "");
    }

    #[test]
    fn what_is_not_enforced_yet_is_no_option() {
        for later in SUBSCRIBER.later {
            let option = syn::Ident::new(later, Span::call_site());
            let text = mistakes(quote!(topic = "a", #option = "b"));
            assert!(text.contains("is not enforced yet"), "{later}: {text}");
        }
    }
}
