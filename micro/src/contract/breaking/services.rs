//! Services and their methods.

use prost_types::method_options::IdempotencyLevel;
use prost_types::{MethodDescriptorProto, ServiceDescriptorProto};

use crate::spec::Kind;

use super::index::{Index, Item};
use super::report::Break;
use super::rule::Rule;

/// Compares all services.
pub(super) fn compare(old: &Index<'_>, new: &Index<'_>, breaks: &mut Vec<Break>) {
    for (name, was) in &old.services {
        match new.services.get(name) {
            Some(is) => methods(old, new, was, is.proto, breaks),
            None => breaks.push(Break::new(
                Rule::ServiceRemoved,
                &*was.full_name,
                "the service is gone; serve it until nobody calls it",
                "every call to it fails as unimplemented, and no node is found for it",
            )),
        }
    }
}

fn methods(
    old: &Index<'_>,
    new: &Index<'_>,
    was: &Item<'_, ServiceDescriptorProto>,
    is: &ServiceDescriptorProto,
    breaks: &mut Vec<Break>,
) {
    for method in &was.proto.method {
        let place = format!("{}.{}", was.full_name, method.name());
        match is.method.iter().find(|is| is.name() == method.name()) {
            Some(is) => versions(&place, (old, method), (new, is), breaks),
            None => breaks.push(Break::new(
                Rule::MethodRemoved,
                place,
                "the method is gone; serve it until nobody calls it",
                "every call to it fails as unimplemented",
            )),
        }
    }
}

fn versions(
    place: &str,
    (old, was): (&Index<'_>, &MethodDescriptorProto),
    (new, is): (&Index<'_>, &MethodDescriptorProto),
    breaks: &mut Vec<Break>,
) {
    let mut found =
        |rule, change: String, callers: &str| breaks.push(Break::new(rule, place, change, callers));
    let (before, after) = (kind(was), kind(is));
    if before != after {
        let change = format!("was {} and is {}; add a method beside it", words(before), words(after));
        found(
            Rule::MethodKind,
            change,
            "calls fail, or end after one message: both sides send and expect another number of messages",
        );
    }
    for (rule, what, before, after) in [
        (Rule::MethodRequest, "takes", old.now(was.input_type()), new.now(is.input_type())),
        (Rule::MethodReply, "answers with", old.now(was.output_type()), new.now(is.output_type())),
    ] {
        if before != after {
            found(
                rule,
                format!("{what} {after} in place of {before}; add a method beside it"),
                "the fields of one message are read as those of the other, by their numbers; what does not fit is \
                 lost or fails to decode",
            );
        }
    }
    // A promise may grow: those who do not know it rely on less.
    if let Some(callers) = weakened(level(was), level(is)) {
        let change = format!("was {} and is {}", level(was).as_str_name(), level(is).as_str_name());
        found(Rule::MethodIdempotency, change, callers);
    }
}

fn kind(method: &MethodDescriptorProto) -> Kind {
    Kind::of(method.client_streaming(), method.server_streaming())
}

fn words(kind: Kind) -> String {
    kind.as_str().replace('_', " ")
}

fn level(method: &MethodDescriptorProto) -> IdempotencyLevel {
    method
        .options
        .as_ref()
        .map_or(IdempotencyLevel::IdempotencyUnknown, |options| options.idempotency_level())
}

/// Says what callers rely on that is promised no longer.
fn weakened(was: IdempotencyLevel, is: IdempotencyLevel) -> Option<&'static str> {
    use IdempotencyLevel::{IdempotencyUnknown, Idempotent, NoSideEffects};
    match (was, is) {
        (NoSideEffects, Idempotent) => {
            Some("they call it as if it changed nothing: by GET, ahead of need, from caches")
        }
        (NoSideEffects | Idempotent, IdempotencyUnknown) => {
            Some("they repeat calls that failed, and what the method does is done twice")
        }
        _ => None,
    }
}
