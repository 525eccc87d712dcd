// Made by micro-codegen 0.1 from shop/v1/shop.proto, shop/v2/shop.proto. Do not edit.

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
    ::micro::__private::codegen_version!("0.1");
    static POOL: ::micro::__private::Pool = ::micro::__private::Pool::new(
    );
    ::micro::__private::prost_message!(
        self::shop::common::Money, "shop.common.Money", POOL
    );
    ::micro::__private::prost_message!(self::shop::v1::Order, "shop.v1.Order", POOL);
    ::micro::__private::prost_message!(
        self::shop::v1::order::Item, "shop.v1.Order.Item", POOL
    );
    ::micro::__private::prost_message!(
        self::shop::v1::GetOrder, "shop.v1.GetOrder", POOL
    );
    ::micro::__private::prost_message!(self::shop::v2::Order, "shop.v2.Order", POOL);
    pub mod shop {
        pub mod common {
            /// An amount of money.
            #[derive(Clone, PartialEq, Eq, Hash, ::micro::__private::prost::Message)]
            #[prost(prost_path = "::micro::__private::prost")]
            pub struct Money {
                /// The three letters of ISO 4217.
                #[prost(string, tag = "1")]
                pub currency: ::micro::__private::prost::alloc::string::String,
                #[prost(int64, tag = "2")]
                pub cents: i64,
            }
        }
        pub mod v1 {
            /// What somebody buys.
            ///
            ///    let order = Order::default();
            ///
            /// is not to be run.
            #[derive(Clone, PartialEq, ::micro::__private::prost::Message)]
            #[prost(prost_path = "::micro::__private::prost")]
            pub struct Order {
                #[prost(string, tag = "1")]
                pub id: ::micro::__private::prost::alloc::string::String,
                #[prost(enumeration = "order::State", tag = "2")]
                pub state: i32,
                #[prost(message, repeated, tag = "3")]
                pub items: ::micro::__private::prost::alloc::vec::Vec<order::Item>,
                #[prost(map = "string, message", tag = "4")]
                pub discounts: ::std::collections::HashMap<
                    ::micro::__private::prost::alloc::string::String,
                    super::common::Money,
                >,
                #[prost(message, optional, tag = "5")]
                pub placed: ::core::option::Option<
                    ::micro::__private::prost_types::Timestamp,
                >,
                #[prost(string, optional, tag = "6")]
                pub note: ::core::option::Option<
                    ::micro::__private::prost::alloc::string::String,
                >,
                #[prost(message, optional, tag = "9")]
                pub nickname: ::core::option::Option<
                    ::micro::__private::prost::alloc::string::String,
                >,
                /// An order that this one follows.
                #[prost(message, optional, boxed, tag = "10")]
                pub previous: ::core::option::Option<
                    ::micro::__private::prost::alloc::boxed::Box<Order>,
                >,
                #[prost(oneof = "order::Payment", tags = "7, 8")]
                pub payment: ::core::option::Option<order::Payment>,
            }
            /// Nested message and enum types in `Order`.
            pub mod order {
                #[allow(unused_imports)]
                use ::core::prelude::v1::*;
                /// One line of an order.
                #[derive(Clone, PartialEq, Eq, Hash, ::micro::__private::prost::Message)]
                #[prost(prost_path = "::micro::__private::prost")]
                pub struct Item {
                    #[prost(string, tag = "1")]
                    pub name: ::micro::__private::prost::alloc::string::String,
                    #[prost(uint32, tag = "2")]
                    pub count: u32,
                    #[prost(message, optional, tag = "3")]
                    pub price: ::core::option::Option<super::super::common::Money>,
                }
                /// How far it is.
                #[derive(
                    Clone,
                    Copy,
                    Debug,
                    PartialEq,
                    Eq,
                    Hash,
                    PartialOrd,
                    Ord,
                    ::micro::__private::prost::Enumeration
                )]
                #[prost(prost_path = "::micro::__private::prost")]
                #[repr(i32)]
                pub enum State {
                    Unspecified = 0,
                    Open = 1,
                    Paid = 2,
                }
                impl State {
                    /// String value of the enum field names used in the ProtoBuf definition.
                    ///
                    /// The values are not transformed in any way and thus are considered stable
                    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
                    pub fn as_str_name(&self) -> &'static str {
                        match self {
                            Self::Unspecified => "STATE_UNSPECIFIED",
                            Self::Open => "STATE_OPEN",
                            Self::Paid => "STATE_PAID",
                        }
                    }
                    /// Creates an enum from field names used in the ProtoBuf definition.
                    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
                        match value {
                            "STATE_UNSPECIFIED" => Some(Self::Unspecified),
                            "STATE_OPEN" => Some(Self::Open),
                            "STATE_PAID" => Some(Self::Paid),
                            _ => None,
                        }
                    }
                }
                #[derive(Clone, PartialEq, Eq, Hash, ::micro::__private::prost::Oneof)]
                #[prost(prost_path = "::micro::__private::prost")]
                pub enum Payment {
                    #[prost(string, tag = "7")]
                    Card(::micro::__private::prost::alloc::string::String),
                    #[prost(message, tag = "8")]
                    Cash(super::super::common::Money),
                }
            }
            #[derive(Clone, PartialEq, Eq, Hash, ::micro::__private::prost::Message)]
            #[prost(prost_path = "::micro::__private::prost")]
            pub struct GetOrder {
                #[prost(string, tag = "1")]
                pub id: ::micro::__private::prost::alloc::string::String,
            }
            /// Sells things.
            ///
            /// Politely.
            pub trait Shop: ::core::marker::Sized + ::core::marker::Send + ::core::marker::Sync + 'static {
                /// Looks an order up.
                fn get(&self, ctx: &::micro::Context, request: GetOrder) -> impl ::core::future::Future<Output = ::micro::Result<Order>> + ::core::marker::Send;
                /// Places an order.
                fn place(&self, ctx: &::micro::Context, request: Order) -> impl ::core::future::Future<Output = ::micro::Result<::micro::message::wrappers::StringValue>> + ::core::marker::Send;
                /// Deletes an order.
                fn forget(&self, ctx: &::micro::Context, request: ::micro::message::wrappers::StringValue) -> impl ::core::future::Future<Output = ::micro::Result<()>> + ::core::marker::Send;
                /// Follows orders.
                fn watch(&self, ctx: &::micro::Context, request: ::micro::__private::prost_types::Duration) -> impl ::core::future::Future<Output = ::micro::Result<::micro::Streaming<Order>>> + ::core::marker::Send;
                /// Answers `PlaceAll`.
                fn place_all(&self, ctx: &::micro::Context, request: ::micro::Streaming<Order>) -> impl ::core::future::Future<Output = ::micro::Result<super::common::Money>> + ::core::marker::Send;
                /// Answers `Talk`.
                fn talk(&self, ctx: &::micro::Context, request: ::micro::Streaming<GetOrder>) -> impl ::core::future::Future<Output = ::micro::Result<::micro::Streaming<order::Item>>> + ::core::marker::Send;
                #[doc(hidden)] fn ROW_of_get<'call>(call: &'call ::micro::__private::Incoming<Self>, message: &mut ::micro::__private::Arrived) -> ::micro::__private::Reply<'call> { match call.receive(message) { ::core::result::Result::Ok(message) => { call.answer(Self::get(&call.this, &call.ctx, message)) } ::core::result::Result::Err(error) => { ::core::result::Result::Err(error) } } }
                #[doc(hidden)] fn ROW_of_place<'call>(call: &'call ::micro::__private::Incoming<Self>, message: &mut ::micro::__private::Arrived) -> ::micro::__private::Reply<'call> { match call.receive(message) { ::core::result::Result::Ok(message) => { call.answer(Self::place(&call.this, &call.ctx, message)) } ::core::result::Result::Err(error) => { ::core::result::Result::Err(error) } } }
                #[doc(hidden)] fn ROW_of_forget<'call>(call: &'call ::micro::__private::Incoming<Self>, message: &mut ::micro::__private::Arrived) -> ::micro::__private::Reply<'call> { match call.receive(message) { ::core::result::Result::Ok(message) => { call.answer(Self::forget(&call.this, &call.ctx, message)) } ::core::result::Result::Err(error) => { ::core::result::Result::Err(error) } } }
                #[doc(hidden)] fn ROW_of_watch<'call>(call: &'call ::micro::__private::Incoming<Self>, message: &mut ::micro::__private::Arrived) -> ::micro::__private::Reply<'call> { match call.receive(message) { ::core::result::Result::Ok(message) => { call.answer(Self::watch(&call.this, &call.ctx, message)) } ::core::result::Result::Err(error) => { ::core::result::Result::Err(error) } } }
                #[doc(hidden)] fn ROW_of_place_all<'call>(call: &'call ::micro::__private::Incoming<Self>, message: &mut ::micro::__private::Arrived) -> ::micro::__private::Reply<'call> { match call.receive(message) { ::core::result::Result::Ok(message) => { call.answer(Self::place_all(&call.this, &call.ctx, message)) } ::core::result::Result::Err(error) => { ::core::result::Result::Err(error) } } }
                #[doc(hidden)] fn ROW_of_talk<'call>(call: &'call ::micro::__private::Incoming<Self>, message: &mut ::micro::__private::Arrived) -> ::micro::__private::Reply<'call> { match call.receive(message) { ::core::result::Result::Ok(message) => { call.answer(Self::talk(&call.this, &call.ctx, message)) } ::core::result::Result::Err(error) => { ::core::result::Result::Err(error) } } }
                #[doc(hidden)]
                #[allow(deprecated, non_upper_case_globals)]
                const ROWS_of_a_trait_generated_by_micro_codegen: &'static [::micro::__private::Row<Self>] = &[
                    ::micro::__private::Row::new(ShopClient::GET, Self::ROW_of_get),
                    ::micro::__private::Row::new(ShopClient::PLACE, Self::ROW_of_place),
                    ::micro::__private::Row::new(ShopClient::FORGET, Self::ROW_of_forget),
                    ::micro::__private::Row::new(ShopClient::WATCH, Self::ROW_of_watch),
                    ::micro::__private::Row::new(ShopClient::PLACE_ALL, Self::ROW_of_place_all),
                    ::micro::__private::Row::new(ShopClient::TALK, Self::ROW_of_talk),
                ];
                #[doc(hidden)]
                #[allow(non_upper_case_globals)]
                const CONTRACT_of_a_trait_generated_by_micro_codegen: &'static str = "shop.v1.Shop";
            }
            /// Calls `shop.v1.Shop`, wherever it is served.
            ///
            /// Sells things.
            ///
            /// Politely.
            #[allow(unreachable_pub)]
            #[derive(::core::clone::Clone, ::core::fmt::Debug)]
            pub struct ShopClient {
                target: ::micro::__private::Target,
            }
            #[allow(deprecated)]
            impl ::micro::client::TypedClient for ShopClient {
                const CONTRACT: &'static str = "shop.v1.Shop";
                const METHODS: &'static [&'static ::micro::Spec] = &[
                    Self::GET,
                    Self::PLACE,
                    Self::FORGET,
                    Self::WATCH,
                    Self::PLACE_ALL,
                    Self::TALK,
                ];
                fn from_target(target: ::micro::__private::Target) -> Self {
                    Self { target }
                }
            }
            #[allow(dead_code, deprecated, private_interfaces, unreachable_pub)]
            impl ShopClient {
                /// Makes a client of whatever can call: a `Client`, a `Context`, a `Service`.
                pub fn new(caller: &impl ::micro::client::Caller) -> Self {
                    Self {
                        target: ::micro::client::Caller::target(caller, "shop.v1.Shop"),
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
                /// Describes `Get`.
                pub const GET: &'static ::micro::Spec = &::micro::__private::spec::<GetOrder, Order>("/shop.v1.Shop/Get", "shop.v1.Shop").readonly().docs("Looks an order up.");
                /// Looks an order up.
                pub fn get(&self, request: GetOrder) -> ::micro::Call<Order> { self.target.call(Self::GET, request) }
                /// Describes `Place`.
                pub const PLACE: &'static ::micro::Spec = &::micro::__private::spec::<Order, ::micro::message::wrappers::StringValue>("/shop.v1.Shop/Place", "shop.v1.Shop").idempotent().docs("Places an order.");
                /// Places an order.
                pub fn place(&self, request: Order) -> ::micro::Call<::micro::message::wrappers::StringValue> { self.target.call(Self::PLACE, request) }
                /// Describes `Forget`.
                pub const FORGET: &'static ::micro::Spec = &::micro::__private::spec::<::micro::message::wrappers::StringValue, ()>("/shop.v1.Shop/Forget", "shop.v1.Shop").docs("Deletes an order.");
                /// Deletes an order.
                pub fn forget(&self, request: ::micro::message::wrappers::StringValue) -> ::micro::Call<()> { self.target.call(Self::FORGET, request) }
                /// Describes `Watch`.
                pub const WATCH: &'static ::micro::Spec = &::micro::__private::spec::<::micro::__private::prost_types::Duration, ::micro::Streaming<Order>>("/shop.v1.Shop/Watch", "shop.v1.Shop").docs("Follows orders.");
                /// Follows orders.
                pub fn watch(&self, request: ::micro::__private::prost_types::Duration) -> ::micro::Call<::micro::Streaming<Order>> { self.target.call(Self::WATCH, request) }
                /// Describes `PlaceAll`.
                pub const PLACE_ALL: &'static ::micro::Spec = &::micro::__private::spec::<::micro::Streaming<Order>, super::common::Money>("/shop.v1.Shop/PlaceAll", "shop.v1.Shop");
                /// Calls `PlaceAll`.
                pub fn place_all(&self, request: ::micro::Streaming<Order>) -> ::micro::Call<super::common::Money> { self.target.call(Self::PLACE_ALL, request) }
                /// Describes `Talk`.
                pub const TALK: &'static ::micro::Spec = &::micro::__private::spec::<::micro::Streaming<GetOrder>, ::micro::Streaming<order::Item>>("/shop.v1.Shop/Talk", "shop.v1.Shop").deprecated();
                /// Calls `Talk`.
                #[deprecated]
                pub fn talk(&self, request: ::micro::Streaming<GetOrder>) -> ::micro::Call<::micro::Streaming<order::Item>> { self.target.call(Self::TALK, request) }
            }
        }
        pub mod v2 {
            /// The order of the second version.
            #[derive(Clone, PartialEq, Eq, Hash, ::micro::__private::prost::Message)]
            #[prost(prost_path = "::micro::__private::prost")]
            pub struct Order {
                #[prost(string, tag = "1")]
                pub id: ::micro::__private::prost::alloc::string::String,
                #[prost(message, optional, tag = "2")]
                pub total: ::core::option::Option<super::common::Money>,
            }
            /// Sells more things.
            pub trait Shop: ::core::marker::Sized + ::core::marker::Send + ::core::marker::Sync + 'static {
                /// Answers `Upgrade`.
                fn upgrade(&self, ctx: &::micro::Context, request: super::v1::Order) -> impl ::core::future::Future<Output = ::micro::Result<Order>> + ::core::marker::Send;
                #[doc(hidden)] fn ROW_of_upgrade<'call>(call: &'call ::micro::__private::Incoming<Self>, message: &mut ::micro::__private::Arrived) -> ::micro::__private::Reply<'call> { match call.receive(message) { ::core::result::Result::Ok(message) => { call.answer(Self::upgrade(&call.this, &call.ctx, message)) } ::core::result::Result::Err(error) => { ::core::result::Result::Err(error) } } }
                #[doc(hidden)]
                #[allow(deprecated, non_upper_case_globals)]
                const ROWS_of_a_trait_generated_by_micro_codegen: &'static [::micro::__private::Row<Self>] = &[
                    ::micro::__private::Row::new(ShopClient::UPGRADE, Self::ROW_of_upgrade),
                ];
                #[doc(hidden)]
                #[allow(non_upper_case_globals)]
                const CONTRACT_of_a_trait_generated_by_micro_codegen: &'static str = "shop.v2.Shop";
            }
            /// Calls `shop.v2.Shop`, wherever it is served.
            ///
            /// Sells more things.
            #[allow(unreachable_pub)]
            #[derive(::core::clone::Clone, ::core::fmt::Debug)]
            pub struct ShopClient {
                target: ::micro::__private::Target,
            }
            #[allow(deprecated)]
            impl ::micro::client::TypedClient for ShopClient {
                const CONTRACT: &'static str = "shop.v2.Shop";
                const METHODS: &'static [&'static ::micro::Spec] = &[Self::UPGRADE];
                fn from_target(target: ::micro::__private::Target) -> Self {
                    Self { target }
                }
            }
            #[allow(dead_code, deprecated, private_interfaces, unreachable_pub)]
            impl ShopClient {
                /// Makes a client of whatever can call: a `Client`, a `Context`, a `Service`.
                pub fn new(caller: &impl ::micro::client::Caller) -> Self {
                    Self {
                        target: ::micro::client::Caller::target(caller, "shop.v2.Shop"),
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
                /// Describes `Upgrade`.
                pub const UPGRADE: &'static ::micro::Spec = &::micro::__private::spec::<super::v1::Order, Order>("/shop.v2.Shop/Upgrade", "shop.v2.Shop");
                /// Calls `Upgrade`.
                pub fn upgrade(&self, request: super::v1::Order) -> ::micro::Call<Order> { self.target.call(Self::UPGRADE, request) }
            }
        }
    }
}
#[allow(unreachable_pub, unused_imports)]
pub use self::generated_by_micro::*;
