//! The link-time table: every annotated block of every crate that is linked, whether anybody serves it or not.

use std::any::{Any, TypeId};
use std::pin::Pin;
use std::sync::Arc;

use crate::context::Home;
use crate::error::{Error, Result};
use crate::layer::BoxFuture;
use crate::service::Service;
use crate::service::row::{Bound, Row, bind};
use crate::spec::Spec;

/// A value of a service type, the type forgotten.
pub(crate) type Instance = Arc<dyn Any + Send + Sync>;

/// An asynchronous constructor: what `#[micro::init]` marks.
pub type Init<T> = for<'a> fn(&'a Service) -> Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// Where generated code begins: [`Registration::new`].
#[derive(Debug)]
pub struct Registration;

impl Registration {
    /// Describes an annotated block of the type `T`: the cargo package and the place it is written in, its
    /// contract and methods, and `T::default` if there is one.
    #[allow(clippy::new_ret_no_self, reason = "generated code names no type but the user's")]
    pub const fn new<T: Send + Sync + 'static>(
        package: &'static str,
        contract: &'static str,
        rows: &'static [Row<T>],
        construct: Option<fn() -> T>,
        file: &'static str,
        line: u32,
    ) -> Block<T> {
        Block { package, contract, rows, construct, code_first: None, init: None, file, line }
    }
}

/// One annotated block.
#[derive(Debug)]
pub struct Block<T: 'static> {
    package: &'static str,
    contract: &'static str,
    rows: &'static [Row<T>],
    construct: Option<fn() -> T>,
    code_first: Option<&'static str>,
    init: Option<Init<T>>,
    file: &'static str,
    line: u32,
}

impl<T: 'static> Block<T> {
    /// Says that the contract is what the block says, and how the block is documented.
    pub const fn code_first(mut self, docs: &'static str) -> Self {
        self.code_first = Some(docs);
        self
    }

    /// Adds what `#[micro::init]` marks.
    pub const fn init(mut self, init: Init<T>) -> Self {
        self.init = Some(init);
        self
    }
}

/// An annotated block, the type forgotten: what the table holds.
pub trait Registered: Sync {
    /// Returns the cargo package the block is written in, as cargo spells it.
    fn package(&self) -> &'static str;
    /// Returns the contract's full name; empty when the block holds only a constructor.
    fn contract(&self) -> &'static str;
    /// Returns the documentation of a contract that is what the block says; `None` for one from a `.proto`.
    fn code_first(&self) -> Option<&'static str>;
    /// Says where the block is written: `src/main.rs:12`.
    fn place(&self) -> String;
    /// Identifies the type.
    fn of_type(&self) -> TypeId;
    /// Names the type: `greeter::Greeter`.
    fn type_name(&self) -> &'static str;
    /// Tells whether the block has `#[micro::init]`.
    fn has_init(&self) -> bool;
    /// Makes a value by `Default`, if the type has it.
    fn construct(&self) -> Option<Instance>;
    /// Makes a value by `#[micro::init]`.
    fn init<'a>(&'a self, service: &'a Service) -> BoxFuture<'a, Result<Instance>>;
    /// Lists the methods.
    fn specs(&self) -> Vec<&'static Spec>;
    /// Binds the methods to a value; none when it is of another type.
    fn bind(&self, instance: &Instance, home: &Arc<Home>) -> Vec<Bound>;
}

impl<T: Send + Sync + 'static> Registered for Block<T> {
    fn package(&self) -> &'static str {
        self.package
    }

    fn contract(&self) -> &'static str {
        self.contract
    }

    fn code_first(&self) -> Option<&'static str> {
        self.code_first
    }

    fn place(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }

    fn of_type(&self) -> TypeId {
        TypeId::of::<T>()
    }

    fn type_name(&self) -> &'static str {
        std::any::type_name::<T>()
    }

    fn has_init(&self) -> bool {
        self.init.is_some()
    }

    fn construct(&self) -> Option<Instance> {
        self.construct.map(|construct| Arc::new(construct()) as Instance)
    }

    fn init<'a>(&'a self, service: &'a Service) -> BoxFuture<'a, Result<Instance>> {
        Box::pin(async move {
            match self.init {
                Some(init) => Ok(Arc::new(init(service).await?) as Instance),
                None => Err(Error::internal("the block has no #[micro::init]")),
            }
        })
    }

    fn specs(&self) -> Vec<&'static Spec> {
        self.rows.iter().map(|row| row.spec).collect()
    }

    fn bind(&self, instance: &Instance, home: &Arc<Home>) -> Vec<Bound> {
        match instance.clone().downcast::<T>() {
            Ok(this) => bind(self.rows, &this, home),
            Err(_) => Vec::new(),
        }
    }
}

/// What the table holds.
pub type Entry = &'static (dyn Registered + Sync);

/// Finds out whether `T` has a `Default`: an inherent constant, there only for types that have one, hides the
/// constant of [`Fallback`].
#[derive(Debug)]
pub struct Probe<T>(std::marker::PhantomData<T>);

impl<T: Default> Probe<T> {
    /// The constructor.
    pub const CONSTRUCT: Option<fn() -> T> = Some(T::default);
}

/// What [`Probe`] falls back to.
pub trait Fallback {
    /// The type in question.
    type Of;
    /// No constructor.
    const CONSTRUCT: Option<fn() -> Self::Of> = None;
}

impl<T> Fallback for Probe<T> {
    type Of = T;
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Bare;

    #[test]
    fn a_type_with_default_is_told_from_one_without() {
        assert!(<Probe<String>>::CONSTRUCT.is_some());
        assert!(<Probe<Bare>>::CONSTRUCT.is_none());
    }

    #[tokio::test]
    async fn a_block_forgets_its_type_and_remembers_its_constructor() {
        static BLOCK: Entry =
            &Registration::new::<String>("my-package", "a.v1.B", &[], <Probe<String>>::CONSTRUCT, "a.rs", 7);
        assert_eq!(
            (BLOCK.place(), BLOCK.package(), BLOCK.has_init()),
            ("a.rs:7".to_owned(), "my-package", false)
        );
        assert!(BLOCK.construct().unwrap().downcast::<String>().is_ok());
        static INIT: Entry = &Registration::new::<Bare>("p", "c", &[], <Probe<Bare>>::CONSTRUCT, "b.rs", 1)
            .init(|_| Box::pin(async { Ok(Bare) }));
        assert!(INIT.has_init() && INIT.construct().is_none());
        let instance = INIT.init(&Service::new("x")).await.unwrap();
        assert_eq!(INIT.of_type(), (*instance).type_id());
    }
}
