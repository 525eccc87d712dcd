// Made by micro-codegen 0.1 from words/v1/words.proto. Do not edit.

#[allow(
    dead_code,
    deprecated,
    missing_docs,
    non_camel_case_types,
    non_snake_case,
    unreachable_pub,
    unused_imports,
    unused_qualifications,
    clippy::all,
    clippy::nursery,
    clippy::pedantic,
    rustdoc::bare_urls,
    rustdoc::broken_intra_doc_links,
    rustdoc::invalid_html_tags
)]
mod generated_by_micro {
    ::renamed::__private::codegen_version!("0.1");
    static POOL: ::renamed::__private::Pool = ::renamed::__private::Pool::new(
    );
    ::renamed::__private::prost_message!(self::words::v1::Type, "words.v1.Type", POOL);
    ::renamed::__private::prost_message!(
        self::words::v1::r#type::Match, "words.v1.Type.Match", POOL
    );
    ::renamed::__private::prost_message!(
        self::words::v1::Result, "words.v1.Result", POOL
    );
    pub mod words {
        pub mod v1 {
            #[derive(Clone, PartialEq, Eq, Hash, ::renamed::__private::prost::Message)]
            #[prost(prost_path = "::renamed::__private::prost")]
            pub struct Type {
                #[prost(string, tag = "1")]
                pub r#type: ::renamed::__private::prost::alloc::string::String,
                #[prost(bool, tag = "2")]
                pub self_: bool,
                #[prost(message, optional, tag = "3")]
                pub r#match: ::core::option::Option<r#type::Match>,
            }
            /// Nested message and enum types in `Type`.
            pub mod r#type {
                #[derive(
                    Clone,
                    Copy,
                    PartialEq,
                    Eq,
                    Hash,
                    ::renamed::__private::prost::Message
                )]
                #[prost(prost_path = "::renamed::__private::prost")]
                pub struct Match {
                    #[prost(int32, tag = "1")]
                    pub r#async: i32,
                }
            }
            #[derive(Clone, PartialEq, Eq, Hash, ::renamed::__private::prost::Message)]
            #[prost(prost_path = "::renamed::__private::prost")]
            pub struct Result {
                #[prost(message, optional, tag = "1")]
                pub ok: ::core::option::Option<Type>,
            }
            /// Has methods that are words of Rust.
            pub trait Move: ::core::marker::Sized + ::core::marker::Send + ::core::marker::Sync + 'static {
                /// Answers `Type`.
                fn r#type(&self, ctx: &::renamed::Context, request: Type) -> impl ::core::future::Future<Output = ::renamed::Result<Result>> + ::core::marker::Send;
                /// Answers `Self`.
                fn self_(&self, ctx: &::renamed::Context, request: Type) -> impl ::core::future::Future<Output = ::renamed::Result<Result>> + ::core::marker::Send;
                /// Answers `New`.
                fn new(&self, ctx: &::renamed::Context, request: Type) -> impl ::core::future::Future<Output = ::renamed::Result<Result>> + ::core::marker::Send;
                /// Answers `Async`.
                fn r#async(&self, ctx: &::renamed::Context, request: r#type::Match) -> impl ::core::future::Future<Output = ::renamed::Result<::renamed::Streaming<Result>>> + ::core::marker::Send;
                #[doc(hidden)] fn ROW_of_type<'call>(call: &'call ::renamed::__private::Incoming<Self>, message: &mut ::renamed::__private::Arrived) -> ::renamed::__private::Reply<'call> { match call.receive(message) { ::core::result::Result::Ok(message) => { call.answer(Self::r#type(&call.this, &call.ctx, message)) } ::core::result::Result::Err(error) => { ::core::result::Result::Err(error) } } }
                #[doc(hidden)] fn ROW_of_self_<'call>(call: &'call ::renamed::__private::Incoming<Self>, message: &mut ::renamed::__private::Arrived) -> ::renamed::__private::Reply<'call> { match call.receive(message) { ::core::result::Result::Ok(message) => { call.answer(Self::self_(&call.this, &call.ctx, message)) } ::core::result::Result::Err(error) => { ::core::result::Result::Err(error) } } }
                #[doc(hidden)] fn ROW_of_new<'call>(call: &'call ::renamed::__private::Incoming<Self>, message: &mut ::renamed::__private::Arrived) -> ::renamed::__private::Reply<'call> { match call.receive(message) { ::core::result::Result::Ok(message) => { call.answer(Self::new(&call.this, &call.ctx, message)) } ::core::result::Result::Err(error) => { ::core::result::Result::Err(error) } } }
                #[doc(hidden)] fn ROW_of_async<'call>(call: &'call ::renamed::__private::Incoming<Self>, message: &mut ::renamed::__private::Arrived) -> ::renamed::__private::Reply<'call> { match call.receive(message) { ::core::result::Result::Ok(message) => { call.answer(Self::r#async(&call.this, &call.ctx, message)) } ::core::result::Result::Err(error) => { ::core::result::Result::Err(error) } } }
                #[doc(hidden)]
                #[allow(deprecated, non_upper_case_globals)]
                const ROWS_of_a_trait_generated_by_micro_codegen: &'static [::renamed::__private::Row<Self>] = &[
                    ::renamed::__private::Row::new(MoveClient::TYPE, Self::ROW_of_type),
                    ::renamed::__private::Row::new(MoveClient::SELF, Self::ROW_of_self_),
                    ::renamed::__private::Row::new(MoveClient::NEW, Self::ROW_of_new),
                    ::renamed::__private::Row::new(MoveClient::ASYNC, Self::ROW_of_async),
                ];
                #[doc(hidden)]
                #[allow(non_upper_case_globals)]
                const CONTRACT_of_a_trait_generated_by_micro_codegen: &'static str = "words.v1.Move";
            }
            /// Calls `words.v1.Move`, wherever it is served.
            ///
            /// Has methods that are words of Rust.
            #[allow(unreachable_pub)]
            #[derive(::core::clone::Clone, ::core::fmt::Debug)]
            pub struct MoveClient {
                target: ::renamed::__private::Target,
            }
            #[allow(deprecated)]
            impl ::renamed::client::TypedClient for MoveClient {
                const CONTRACT: &'static str = "words.v1.Move";
                const METHODS: &'static [&'static ::renamed::Spec] = &[
                    Self::TYPE,
                    Self::SELF,
                    Self::NEW,
                    Self::ASYNC,
                ];
                fn from_target(target: ::renamed::__private::Target) -> Self {
                    Self { target }
                }
            }
            #[allow(dead_code, deprecated, private_interfaces, unreachable_pub)]
            impl MoveClient {
                /// Makes a client of whatever can call: a `Client`, a `Context`, a `Service`.
                pub fn new(caller: &impl ::renamed::client::Caller) -> Self {
                    Self {
                        target: ::renamed::client::Caller::target(
                            caller,
                            "words.v1.Move",
                        ),
                    }
                }
                /// Calls only nodes of the service `service`.
                #[must_use]
                pub fn named(
                    self,
                    service: impl ::core::convert::Into<::std::string::String>,
                ) -> Self {
                    Self {
                        target: self.target.named(service),
                    }
                }
                /// Describes `Type`.
                pub const TYPE: &'static ::renamed::Spec = &::renamed::__private::spec::<Type, Result>("/words.v1.Move/Type", "words.v1.Move");
                /// Calls `Type`.
                pub fn r#type(&self, request: Type) -> ::renamed::Call<Result> { self.target.call(Self::TYPE, request) }
                /// Describes `Self`.
                pub const SELF: &'static ::renamed::Spec = &::renamed::__private::spec::<Type, Result>("/words.v1.Move/Self", "words.v1.Move");
                /// Calls `Self`.
                pub fn self_(&self, request: Type) -> ::renamed::Call<Result> { self.target.call(Self::SELF, request) }
                /// Describes `New`.
                pub const NEW: &'static ::renamed::Spec = &::renamed::__private::spec::<Type, Result>("/words.v1.Move/New", "words.v1.Move");
                /// Calls `New`.
                pub fn new_(&self, request: Type) -> ::renamed::Call<Result> { self.target.call(Self::NEW, request) }
                /// Describes `Async`.
                pub const ASYNC: &'static ::renamed::Spec = &::renamed::__private::spec::<r#type::Match, ::renamed::Streaming<Result>>("/words.v1.Move/Async", "words.v1.Move");
                /// Calls `Async`.
                pub fn r#async(&self, request: r#type::Match) -> ::renamed::Call<::renamed::Streaming<Result>> { self.target.call(Self::ASYNC, request) }
            }
            /// Serves `words.v1.Old`.
            #[deprecated]
            pub trait Old: ::core::marker::Sized + ::core::marker::Send + ::core::marker::Sync + 'static {
                #[doc(hidden)]
                #[allow(deprecated, non_upper_case_globals)]
                const ROWS_of_a_trait_generated_by_micro_codegen: &'static [::renamed::__private::Row<Self>] = &[];
                #[doc(hidden)]
                #[allow(non_upper_case_globals)]
                const CONTRACT_of_a_trait_generated_by_micro_codegen: &'static str = "words.v1.Old";
            }
            /// Calls `words.v1.Old`, wherever it is served.
            #[allow(unreachable_pub)]
            #[derive(::core::clone::Clone, ::core::fmt::Debug)]
            #[deprecated]
            pub struct OldClient {
                target: ::renamed::__private::Target,
            }
            #[allow(deprecated)]
            impl ::renamed::client::TypedClient for OldClient {
                const CONTRACT: &'static str = "words.v1.Old";
                const METHODS: &'static [&'static ::renamed::Spec] = &[];
                fn from_target(target: ::renamed::__private::Target) -> Self {
                    Self { target }
                }
            }
            #[allow(dead_code, deprecated, private_interfaces, unreachable_pub)]
            impl OldClient {
                /// Makes a client of whatever can call: a `Client`, a `Context`, a `Service`.
                pub fn new(caller: &impl ::renamed::client::Caller) -> Self {
                    Self {
                        target: ::renamed::client::Caller::target(caller, "words.v1.Old"),
                    }
                }
                /// Calls only nodes of the service `service`.
                #[must_use]
                pub fn named(
                    self,
                    service: impl ::core::convert::Into<::std::string::String>,
                ) -> Self {
                    Self {
                        target: self.target.named(service),
                    }
                }
            }
        }
    }
}
#[allow(unreachable_pub, unused_imports)]
pub use self::generated_by_micro::*;
