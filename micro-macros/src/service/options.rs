//! What the attributes of a service understand, and the checks of single values.

use proc_macro2::TokenStream;
use syn::LitStr;

use crate::args::{Args, Known};
use crate::errors::Errors;
use micro_expand::Idempotency;

pub(super) const SERVICE: Known = Known {
    attribute: "#[micro::service]",
    options: &[
        ("package", "package = \"ledger.v1\""),
        ("name", "name = \"Ledger\""),
        ("crate", "crate = path"),
    ],
    later: &["account", "auth", "concurrency", "http", "internal", "timeout", "version"],
};

const HANDLER: Known = Known {
    attribute: "#[micro::handler]",
    options: &[("name", "name = \"Total\""), ("readonly", "readonly"), ("idempotent", "idempotent")],
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
        "timeout",
    ],
};

/// The options of one `#[micro::handler]`.
#[derive(Default)]
pub(super) struct Handler {
    pub(super) name: Option<LitStr>,
    pub(super) idempotency: Idempotency,
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
        Handler { name, idempotency }
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
