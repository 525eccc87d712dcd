//! Services in a crate without any prelude, without unsafe code, and with micro under another name: whatever
//! generated code takes for granted does not compile here.

#![no_implicit_prelude]
#![forbid(unsafe_code)]

use ::core::convert::From;
use ::core::default::Default;
use ::core::option::Option;
use ::core::option::Option::{None, Some};
use ::core::result::Result::{Err, Ok};
use ::std::boxed::Box;
use ::std::collections::BTreeMap;
use ::std::string::String;
use ::std::time::SystemTime;
use ::std::vec::Vec;

/// What was generated from `say.proto`.
#[allow(missing_docs)]
pub mod proto {
    ::m::include_proto!();
}

use self::proto::renamed::v1::{HelloReply, HelloRequest, Say};

/// Implements the generated trait.
#[derive(Default)]
pub struct Speaker;

#[::m::service(crate = ::m)]
impl Say for Speaker {
    async fn hello(&self, _: &::m::Context, request: HelloRequest) -> ::m::Result<HelloReply> {
        Ok(HelloReply { message: request.name })
    }

    async fn repeat(
        &self,
        _: &::m::Context,
        request: HelloRequest,
    ) -> ::m::Result<::m::Streaming<HelloReply>> {
        Ok(::m::Streaming::from_iter([HelloReply { message: request.name }]))
    }

    async fn r#type(
        &self,
        _: &::m::Context,
        mut requests: ::m::Streaming<HelloRequest>,
    ) -> ::m::Result<HelloReply> {
        let mut message = String::new();
        while let Some(request) = requests.next().await {
            message.push_str(&request?.name);
        }
        Ok(HelloReply { message })
    }

    async fn new(&self, _: &::m::Context, request: HelloRequest) -> ::m::Result<HelloReply> {
        Ok(HelloReply { message: request.name })
    }
}

/// Carries one number.
#[::m::message(crate = ::m)]
pub struct Number {
    /// The number.
    pub value: i64,
}

/// What can be wrong with a number.
pub enum NumberError {
    /// It does not fit.
    TooLarge,
}

impl From<NumberError> for ::m::Error {
    fn from(_: NumberError) -> Self {
        ::m::Error::out_of_range("too large")
    }
}

/// Notes a number.
#[::m::subscriber(topic = "renamed.number", crate = ::m)]
pub async fn note(_: Number) -> ::m::Result<()> {
    Ok(())
}

/// Adds, code first.
#[derive(Default)]
pub struct Adder;

#[::m::service(crate = ::m)]
impl Adder {
    /// Doubles a number.
    #[::m::handler(readonly)]
    async fn double(&self, number: Number) -> ::core::result::Result<Number, NumberError> {
        match number.value.checked_mul(2) {
            Some(value) => Ok(Number { value }),
            None => Err(NumberError::TooLarge),
        }
    }

    /// Hears a number.
    #[::m::subscriber(topic = "renamed.number")]
    async fn heard(&self, _: &::m::Context, _: Number) -> ::m::Result<()> {
        Ok(())
    }

    /// Counts down to zero.
    #[::m::handler]
    async fn count(
        self: ::std::sync::Arc<Self>,
        _: &::m::Context,
        number: Number,
    ) -> ::m::Result<::m::Streaming<Number>> {
        let numbers = ::core::iter::Iterator::map(0..=number.value, |value| Number { value });
        Ok(::m::Streaming::from_iter(numbers))
    }
}

/// How loud a thing is said.
#[::m::message(crate = ::m)]
pub enum Volume {
    /// As usual.
    Plain,
    /// For everyone to hear.
    Loud,
    /// What a later version knows.
    #[unknown]
    Other(i32),
}

/// To whom a thing is said.
#[::m::message(crate = ::m)]
pub enum Listener {
    /// To one.
    Person(String),
    /// To many.
    Crowd(Number),
}

/// Where a thing is said.
#[::m::message(crate = ::m)]
pub enum Place {
    /// In a hall.
    #[tag(20)]
    Hall(u32),
    /// Outside.
    #[tag(21)]
    Street(Box<Number>),
}

/// A field of every shape.
#[::m::message(crate = ::m, reserved(30, "old"))]
pub struct Speech {
    /// An enumeration.
    pub volume: Volume,
    /// A oneof.
    pub listener: Option<Listener>,
    /// A bare oneof.
    pub place: Place,
    /// A list of messages.
    pub numbers: Vec<Number>,
    /// A list of enumerations.
    pub volumes: Vec<Volume>,
    /// Bytes.
    pub raw: Vec<u8>,
    /// A map.
    pub named: BTreeMap<String, Volume>,
    /// A time.
    pub said: SystemTime,
    /// A time that may be absent.
    pub heard: Option<SystemTime>,
    /// The type itself.
    pub next: Option<Box<Self>>,
}

/// Types called as those of the prelude are.
pub mod namesakes {
    /// A message.
    #[::m::message(crate = ::m)]
    pub struct Result {
        /// A number.
        pub count: u32,
    }

    /// An enumeration.
    #[::m::message(crate = ::m)]
    pub enum Option {
        /// Numbered 0.
        None,
        /// Numbered 1.
        Some,
    }

    /// A oneof.
    #[::m::message(crate = ::m)]
    pub enum Vec {
        /// A number.
        Number(u32),
        /// A message.
        Ok(Result),
    }

    /// A message of them all.
    #[::m::message(crate = ::m)]
    pub struct String {
        /// A message.
        pub result: Result,
        /// An enumeration.
        pub option: Option,
        /// A oneof.
        pub vec: ::core::option::Option<Vec>,
    }
}
