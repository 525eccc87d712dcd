//! The model: what is known of a contract before it becomes tokens.

use std::time::Duration;

/// Describes a contract: a name and its methods.
#[derive(Clone)]
pub struct Contract {
    /// The name of the trait, and of the client without its `Client`: `Say`.
    pub rust_name: String,
    /// The full protobuf name: `greeter.v1.Say`.
    pub full_name: String,
    /// The documentation, as lines of Markdown; empty when there is none.
    pub docs: String,
    /// The methods, in the order they were written.
    pub methods: Vec<Method>,
    /// The path under which generated code reaches `micro`; `::micro` unless the user renamed it.
    pub micro: syn::Path,
}

/// Describes a method.
#[derive(Clone)]
pub struct Method {
    /// The name in Rust: `hello`. A keyword is escaped when it is printed.
    pub rust_name: String,
    /// The name on the wire: `Hello`.
    pub name: String,
    /// The documentation, as lines of Markdown; empty when there is none.
    pub docs: String,
    /// The type of the argument: a message, or a `Streaming` of messages.
    pub request: syn::Type,
    /// The type of the reply: a message, or a `Streaming` of messages.
    pub reply: syn::Type,
    /// What is promised about calling twice.
    pub idempotency: Idempotency,
    /// The `#[cfg]` attributes, copied to everything that is made of the method.
    pub cfgs: Vec<syn::Attribute>,
    /// Whether callers are warned.
    pub deprecated: bool,
    /// How long a call may take; `None` where the method does not say.
    pub timeout: Option<Duration>,
    /// What the method is subscribed to; `None` for one that is called.
    pub topic: Option<Topic>,
}

/// What a method of a generated trait is subscribed to, and how it is treated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// The topic: `greeter.said`.
    pub topic: String,
    /// The queue, if the method is a member of one.
    pub queue: Option<String>,
    /// How often an event is tried, if not as often as usual.
    pub attempts: Option<u32>,
    /// How many events are handled at once, if not as many as usual.
    pub concurrency: Option<u32>,
}

/// What a method promises about being called twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Idempotency {
    /// Nothing is promised. The default.
    #[default]
    Unknown,
    /// The method changes nothing.
    Readonly,
    /// Calling twice has the effect of calling once.
    Idempotent,
}

impl Contract {
    /// Returns the path of `method` on every wire: `/greeter.v1.Say/Hello`.
    pub fn path(&self, method: &Method) -> String {
        format!("/{}/{}", self.full_name, method.name)
    }
}
