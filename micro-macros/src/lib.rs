//! The attributes of `micro`. Use them through the crate `micro`, which re-exports and pairs them with the version
//! they print for.
//!
//! This file holds entry points only. Everything else works on `proc_macro2` tokens and an [`Env`](env::Env), so that
//! expansions are made and compared in process by ordinary tests.

mod args;
mod attributes;
mod docs;
mod env;
mod errors;
mod function;
#[cfg(test)]
mod golden;
mod main_fn;
mod message;
mod service;

use proc_macro::{Literal, TokenStream, TokenTree};

use env::Env;

/// Serves an `impl` block: the trait of a contract generated from a `.proto`, or a type of your own.
///
/// **Contract first.** On `impl Say for Greeter`, where `micro-codegen` made the trait `Say`, every method of the
/// trait is an endpoint; events come to those whose `.proto` says `option (micro.topic)`.
///
/// ```text
/// #[micro::service]
/// impl Say for Greeter {
///     async fn hello(&self, ctx: &Context, request: HelloRequest) -> Result<HelloReply> { … }
/// }
/// ```
///
/// **Code first.** On `impl Ledger`, methods marked [`#[micro::handler]`](macro@handler) are endpoints, and events come
/// to those marked [`#[micro::subscriber]`](macro@subscriber); the rest stays what it is. A typed client of the
/// endpoints, here `LedgerClient`, appears beside the block. The documentation of the block is that of the contract.
///
/// ```text
/// #[micro::service(package = "ledger.v1")]
/// impl Ledger {
///     #[micro::handler(readonly)]
///     async fn total(&self, request: TotalRequest) -> Result<Total> { … }
/// }
/// ```
///
/// A type that implements `Default`, or has an [`#[micro::init]`](macro@init), is mounted by
/// [`#[micro::main]`](macro@main) in its own package. Any other is handed over: `.handle(Greeter::new(…))`. A block with generic
/// parameters is mounted by `.mount(value)`; there is one such block a type.
///
/// # Options
///
/// - `package = "ledger.v1"` (code first): the protobuf package; default the crate's name, `-` written `_`.
/// - `name = "Ledger"` (code first): the contract's name within the package; default the type's name. A second block
///   on one type needs it.
/// - `crate = path`: where `micro` is found; default `::micro`.
#[proc_macro_attribute]
pub fn service(args: TokenStream, item: TokenStream) -> TokenStream {
    service::expand(args.into(), item.into(), &Env::read()).into()
}

/// Marks a method of a code-first [`#[micro::service]`](macro@service) block as an endpoint.
///
/// The method is `async fn name(&self, ctx: &Context, request: Request) -> Result<Reply>`. `ctx` may be left out,
/// `&self` may be `self: Arc<Self>`, the error may be a type of your own that converts into `micro::Error`. `Request`
/// and `Reply` are messages, or `micro::Streaming` of messages: that decides the kind of call. The documentation, and
/// `#[deprecated]`, are part of the contract.
///
/// # Options
///
/// - `name = "Total"`: the method's name on the wire; default the function's name in `UpperCamel`.
/// - `readonly`: calling changes nothing. Part of the method's `Spec`, announced with the endpoint.
/// - `idempotent`: calling twice has the effect of calling once. Announced like `readonly`.
/// - `timeout = "2s"`: how long a call may take, a stream to its last message; default no limit but the caller's. A whole
///   number and one of `ns`, `us`, `ms`, `s`, `m`, `h`, at most a year. The service ends what takes longer, as `deadline
///   exceeded`; the typed client waits as long, where its caller asks for nothing else.
///
/// In a `.proto` they are `idempotency_level` and `option (micro.timeout) = "2s"`.
#[proc_macro_attribute]
pub fn handler(args: TokenStream, item: TokenStream) -> TokenStream {
    attributes::expand_alone("handler", args.into(), item.into()).into()
}

/// Subscribes a function to a topic: the events published on it are its arguments.
///
/// It stands on a method of a [`#[micro::service]`](macro@service) block of a type of your own, beside handlers or
/// without any, or on a function that belongs to no type. Both are subscribed when their service starts;
/// [`#[micro::main]`](macro@main) finds them as it finds services.
///
/// ```text
/// #[micro::subscriber(topic = "greeter.said", queue = "ledger")]
/// async fn on_said(&self, ctx: &Context, event: Said) -> Result<()> { … }
///
/// #[micro::subscriber(topic = "greeter.said")]
/// async fn print(event: Said) -> Result<()> { … }
/// ```
///
/// `ctx` may be left out, `&self` may be `self: Arc<Self>`, the error may be a type of your own that converts into
/// `micro::Error`. An event whose subscriber fails comes again, up to the number of attempts, where the broker can.
/// A `micro::broker::Delivery<Said>` in place of the message leaves it to the function to say what becomes of the
/// event.
///
/// # Options
///
/// - `topic = "greeter.said"`: the topic; needed. A constant may be named instead: `topic = SAID`.
/// - `queue = "ledger"`: the queue, of which one member gets an event; by default every subscriber gets it. A
///   constant may be named instead.
/// - `attempts = 5`: how often an event is tried in all, 1 to 1000; default 5.
/// - `concurrency = 16`: how many events the subscriber works on at once, 1 to 10000; default 16.
/// - `name = "OnSaid"`: the subscriber's name within its contract; default the function's name in `UpperCamel`.
/// - `crate = path` (functions): where `micro` is found; default `::micro`.
///
/// A method of a `.proto` is subscribed by the same options, `option (micro.topic) = "greeter.said"` and so on.
#[proc_macro_attribute]
pub fn subscriber(args: TokenStream, item: TokenStream) -> TokenStream {
    service::subscriber::expand(args.into(), item.into(), &Env::read()).into()
}

/// Marks the function of a [`#[micro::service]`](macro@service) block that makes the service when the process starts.
///
/// The function is `async fn name(service: &Service) -> Result<Self>`. It wins over `Default`. A contract-first type
/// gets it in a block of its own: `#[micro::service] impl Greeter { #[micro::init] async fn open(…) … }`.
#[proc_macro_attribute]
pub fn init(args: TokenStream, item: TokenStream) -> TokenStream {
    attributes::expand_alone("init", args.into(), item.into()).into()
}

/// Makes a type a message: a struct, an enumeration, or a oneof.
///
/// Field numbers follow the order of declaration; `#[tag(n)]` sets one. Nothing is derived but the message itself.
/// Documentation, and `#[deprecated]`, are part of the contract; documentation that a macro makes, such as
/// `#[doc = include_str!(…)]`, is not.
///
/// # Options
///
/// - `package = "ledger.v1"`, `name = "Total"`: the protobuf name; defaults the crate's name and the type's.
/// - `reserved(3, 5..=7, "old")`: numbers and names that must not be used again, each given once. Of an
///   enumeration `E` they are those of values: any `i32`, and `"E_OLD"`.
/// - `crate = path`: where `micro` is found; default `::micro`.
#[proc_macro_attribute]
pub fn message(args: TokenStream, item: TokenStream) -> TokenStream {
    message::expand(args.into(), item.into()).into()
}

/// Prints the text of `micro/options.proto`, which lies in a crate that the library does not depend on.
#[doc(hidden)]
#[proc_macro]
pub fn options_proto(_: TokenStream) -> TokenStream {
    TokenTree::from(Literal::string(micro_expand::OPTIONS_PROTO)).into()
}

/// Starts the process: reads flags and environment, sets up logs, and runs the function.
///
/// The function is `async`, named `main`, and takes what it needs: a `Service` with this package's annotated services
/// mounted, a `Client`, or nothing. It returns `Result<()>` or nothing; an error is printed and the process ends
/// with a failure.
///
/// ```text
/// #[micro::main]
/// async fn main(service: micro::Service) -> micro::Result<()> {
///     service.run().await
/// }
/// ```
///
/// # Options
///
/// - `crate = path`: where `micro` is found; default `::micro`.
#[proc_macro_attribute]
pub fn main(args: TokenStream, item: TokenStream) -> TokenStream {
    main_fn::expand(args.into(), item.into()).into()
}
