//! Early errors: what tokens alone can tell about a handler or a subscriber. Whether a type is a message, and which side
//! streams, is left to the types, so that aliases work.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{FnArg, Ident, Receiver as SynReceiver, ReturnType, Signature, Type};

use crate::errors::Errors;
use micro_expand::Receiver;

/// Which of the ways a handler or a subscriber is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// In a block of its own type.
    CodeFirst,
    /// As a method of a generated trait.
    ContractFirst,
    /// As a subscriber, in a block of its own type.
    Subscriber,
    /// As a subscriber that belongs to no type.
    Function,
}

/// How mistakes call things.
struct Words {
    subject: &'static str,
    /// What it takes.
    taken: &'static str,
    /// What one of it has.
    types: &'static str,
    /// What arrives at the same time.
    traffic: &'static str,
    /// What stands in place of `impl Trait`.
    named: &'static str,
}

const HANDLER: Words = Words {
    subject: "a handler",
    taken: "message",
    types: "an endpoint has one request and one reply: name the types",
    traffic: "calls run",
    named: "a stream is `micro::Streaming<T>`, a message has a name",
};

const SUBSCRIBER: Words = Words {
    subject: "a subscriber",
    taken: "event",
    types: "a subscriber has one event: name its type",
    traffic: "events come",
    named: "a message has a name",
};

impl Form {
    fn words(self) -> &'static Words {
        match self {
            Form::CodeFirst | Form::ContractFirst => &HANDLER,
            Form::Subscriber | Form::Function => &SUBSCRIBER,
        }
    }
}

/// What a good signature says.
pub(super) struct Shape {
    pub(super) receiver: Receiver,
    pub(super) context: bool,
    pub(super) request: Type,
    pub(super) result: Type,
}

/// Reads the signature of a handler or a subscriber. `None` when something is wrong with it, which is then reported, all
/// of it.
pub(super) fn shape(sig: &Signature, form: Form, parameters: &[Ident], errors: &mut Errors) -> Option<Shape> {
    let before = std::mem::take(errors);
    let mut check = Check { sig, form, parameters, errors: &mut *errors };
    check.qualifiers();
    let receiver = check.receiver();
    let arguments = check.arguments();
    let result = check.result();
    let good = errors.is_empty();
    errors.prepend(before);
    match (good, receiver, arguments, result) {
        (true, Some(receiver), Some((context, request)), Some(result)) => {
            Some(Shape { receiver, context, request, result })
        }
        _ => None,
    }
}

struct Check<'a> {
    sig: &'a Signature,
    form: Form,
    parameters: &'a [Ident],
    errors: &'a mut Errors,
}

impl Check<'_> {
    /// Prints the signature that is expected.
    fn expected(&self) -> String {
        let name = &self.sig.ident;
        let arguments = match self.form {
            Form::CodeFirst | Form::ContractFirst => {
                "(&self, ctx: &Context, request: Request) -> Result<Reply>"
            }
            Form::Subscriber => "(&self, ctx: &Context, event: Event) -> Result<()>",
            Form::Function => "(ctx: &Context, event: Event) -> Result<()>",
        };
        let hint = match self.form {
            Form::ContractFirst => "",
            _ => ", where `ctx` may be left out",
        };
        format!("expected `async fn {name}{arguments}`{hint}")
    }

    fn qualifiers(&mut self) {
        let name = &self.sig.ident;
        let expected = self.expected();
        let future =
            matches!(&self.sig.output, ReturnType::Type(_, result) if matches!(**result, Type::ImplTrait(_)));
        if self.sig.asyncness.is_none() && !(self.form == Form::ContractFirst && future) {
            self.errors.on(self.sig.fn_token, format!("`{name}` is not async; {expected}"));
        }
        if let Some(token) = &self.sig.unsafety {
            self.errors.on(token, format!("`{name}` is unsafe; {expected}"));
        }
        if let Some(token) = &self.sig.constness {
            self.errors.on(token, format!("`{name}` is const; {expected}"));
        }
        if let Some(abi) = &self.sig.abi {
            self.errors.on(abi, format!("`{name}` is extern; {expected}"));
        }
        if self.form != Form::ContractFirst && !self.sig.generics.params.is_empty() {
            let message = format!("`{name}` is generic, but {}; {expected}", self.form.words().types);
            self.errors.on(&self.sig.generics.params, message);
        }
    }

    fn receiver(&mut self) -> Option<Receiver> {
        let name = &self.sig.ident;
        let expected = self.expected();
        if self.form == Form::Function {
            return Some(Receiver::Nothing);
        }
        let Some(FnArg::Receiver(receiver)) = self.sig.inputs.first() else {
            self.errors.on(name, format!("`{name}` does not take `&self`; {expected}"));
            return None;
        };
        let found = match kind(receiver) {
            Ok(Receiver::Arc) if self.form == Form::ContractFirst => {
                self.errors.on(receiver, format!("the generated trait takes `&self`; {expected}"));
                return None;
            }
            Ok(receiver) => return Some(receiver),
            Err(found) => found,
        };
        let traffic = self.form.words().traffic;
        let message = format!(
            "`{name}` takes {found}, but {traffic} at the same time: take `&self` or `self: Arc<Self>`, and keep what \
             changes behind a lock; {expected}"
        );
        self.errors.on(receiver, message);
        None
    }

    /// Tells whether there is a context, and the type of the request.
    fn arguments(&mut self) -> Option<(bool, Type)> {
        let name = self.sig.ident.clone();
        let expected = self.expected();
        let Words { subject, taken, .. } = self.form.words();
        let sig = self.sig;
        let arguments: Vec<&Type> = sig.inputs.iter().filter_map(typed).collect();
        if let Some(extra) = arguments.get(2) {
            self.errors.on(extra, format!("too many arguments: {subject} takes one {taken}; {expected}"));
            return None;
        }
        let (context, request) = match (self.form, arguments.as_slice()) {
            (_, []) => {
                let message =
                    format!("`{name}` takes no {taken}; for an empty one write `_: ()`; {expected}");
                self.errors.on(&name, message);
                return None;
            }
            (_, [only]) if is_context(only) => {
                let message =
                    format!("`{name}` takes no {taken}; for an empty one write `_: ()`; {expected}");
                self.errors.on(only, message);
                return None;
            }
            (Form::CodeFirst | Form::Subscriber | Form::Function, [only]) => (None, *only),
            (Form::ContractFirst, [only]) => {
                self.errors.on(only, format!("`{name}` does not take `ctx: &Context`; {expected}"));
                return None;
            }
            (_, [first, second, ..]) => (Some(*first), *second),
        };
        if let Some(first) = context {
            if is_context(request) && !is_context(first) {
                self.errors.on(request, format!("the context comes first, then the {taken}; {expected}"));
                return None;
            }
            if let Some(found) = no_context(first) {
                self.errors.on(first, format!("the context is `&micro::Context`, found {found}; {expected}"));
                return None;
            }
        }
        if let Type::Reference(_) = request {
            let message = format!("{subject} takes its {taken} by value, found a reference; {expected}");
            self.errors.on(request, message);
            return None;
        }
        self.wire_type(request, &format!("the {taken}"))?;
        Some((context.is_some(), request.clone()))
    }

    fn result(&mut self) -> Option<Type> {
        let name = &self.sig.ident;
        let expected = self.expected();
        let sig = self.sig;
        let ReturnType::Type(_, result) = &sig.output else {
            self.errors.on(name, format!("`{name}` does not return a `Result`; {expected}"));
            return None;
        };
        if let Type::Tuple(tuple) = &**result {
            let message = format!("`{name}` does not return a `Result`; {expected}");
            self.errors.on(tuple, message);
            return None;
        }
        if !(self.form == Form::ContractFirst && self.sig.asyncness.is_none()) {
            self.wire_type(result, "the result")?;
        }
        Some((**result).clone())
    }

    /// Looks through a type that is named again elsewhere: by the row, and for a handler of code first by the client,
    /// which stands outside of the block.
    fn wire_type(&mut self, ty: &Type, what: &str) -> Option<()> {
        let expected = self.expected();
        let mut found = Found { parameters: self.parameters, impl_trait: None, own: None, parameter: None };
        found.visit_type(ty);
        if let Some(span) = found.impl_trait {
            let named = self.form.words().named;
            let message = format!("{what} is `impl Trait`; {named}; {expected}");
            self.errors.at(span, message);
            return None;
        }
        if self.form != Form::CodeFirst {
            return Some(());
        }
        if let Some(span) = found.own {
            let message =
                "`Self` cannot be named outside of the block, where the client stands: write the type's name";
            self.errors.at(span, message);
            return None;
        }
        if let Some(parameter) = found.parameter {
            let message = format!(
                "{what} depends on the parameter `{parameter}`, but an endpoint has one request and one reply"
            );
            self.errors.on(parameter, message);
            return None;
        }
        Some(())
    }
}

/// Tells whether a method of a trait looks like a handler, right or wrong: it is async, or takes the context.
pub(super) fn is_meant_as_handler(sig: &Signature) -> bool {
    sig.asyncness.is_some() || sig.inputs.iter().filter_map(typed).any(is_context)
}

fn typed(argument: &FnArg) -> Option<&Type> {
    match argument {
        FnArg::Typed(argument) => Some(&*argument.ty),
        FnArg::Receiver(_) => None,
    }
}

/// Reads how the service is taken; what is wrong otherwise.
fn kind(receiver: &SynReceiver) -> Result<Receiver, &'static str> {
    if receiver.colon_token.is_none() {
        return match (&receiver.reference, receiver.mutability.is_some()) {
            (Some(_), false) => Ok(Receiver::Reference),
            (Some(_), true) => Err("`&mut self`"),
            (None, _) => Err("`self` by value"),
        };
    }
    match &*receiver.ty {
        Type::Reference(reference) if reference.mutability.is_none() => Ok(Receiver::Reference),
        Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Arc") => {
            Ok(Receiver::Arc)
        }
        _ => Err("a `self` of another type"),
    }
}

/// Tells whether a type is written like the context: a reference, or a value, of a type called `Context`.
fn is_context(ty: &Type) -> bool {
    match ty {
        Type::Reference(reference) => is_context(&reference.elem),
        Type::Path(path) => path.path.segments.last().is_some_and(|last| last.ident == "Context"),
        _ => false,
    }
}

/// Says why a type cannot be the context. A reference to some other name may be an alias: the row tells.
fn no_context(ty: &Type) -> Option<String> {
    let reference = match ty {
        Type::Reference(reference) => reference,
        _ => return Some(format!("`{}` by value", text(ty))),
    };
    if reference.mutability.is_some() {
        return Some(format!("`{}`", text(ty)));
    }
    const NEVER: &[&str] = &[
        "bool", "char", "f32", "f64", "i128", "i16", "i32", "i64", "i8", "isize", "str", "String", "u128",
        "u16", "u32", "u64", "u8", "usize", "Vec",
    ];
    let never = match &*reference.elem {
        Type::Path(path) => {
            path.path.segments.last().is_some_and(|last| NEVER.iter().any(|never| last.ident == never))
        }
        _ => true,
    };
    never.then(|| format!("`{}`", text(ty)))
}

fn text(ty: &Type) -> String {
    quote::quote!(#ty)
        .to_string()
        .replace("& ", "&")
        .replace(" :: ", "::")
        .replace(" < ", "<")
        .replace(" >", ">")
}

/// What is looked for in a type.
struct Found<'a> {
    parameters: &'a [Ident],
    impl_trait: Option<Span>,
    own: Option<Span>,
    parameter: Option<Ident>,
}

impl<'ast> Visit<'ast> for Found<'_> {
    fn visit_type_impl_trait(&mut self, ty: &'ast syn::TypeImplTrait) {
        self.impl_trait.get_or_insert(ty.span());
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if let Some(first) = path.segments.first().filter(|_| path.leading_colon.is_none()) {
            if first.ident == "Self" {
                self.own.get_or_insert(first.ident.span());
            }
            if self.parameters.contains(&first.ident) {
                self.parameter.get_or_insert_with(|| first.ident.clone());
            }
        }
        visit::visit_path(self, path);
    }
}
