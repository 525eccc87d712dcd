//! Enumerations and their values.

use prost_types::{EnumDescriptorProto, EnumValueDescriptorProto};

use super::index::{Index, Item};
use super::report::Break;
use super::reserved::Reserved;
use super::rule::Rule;

/// Compares all enumerations.
pub(super) fn compare(old: &Index<'_>, new: &Index<'_>, breaks: &mut Vec<Break>) {
    for (name, was) in &old.enums {
        let is = new.enums.get(name);
        if !was.counts(is) {
            continue;
        }
        match is {
            Some(is) => values(was, is, breaks),
            None if was.is_missed(new) => breaks.push(Break::new(
                Rule::EnumRemoved,
                &*was.full_name,
                "the enumeration is gone",
                "its values are numbers without a meaning, and code that uses it has no newer version",
            )),
            None => {}
        }
    }
}

fn values(was: &Item<'_, EnumDescriptorProto>, is: &Item<'_, EnumDescriptorProto>, breaks: &mut Vec<Break>) {
    let zero = zero(was, is);
    // One break for the value that has changed its meaning, not two.
    let told = zero.is_some().then(|| default(was.proto).number());
    breaks.extend(zero);
    for value in was.proto.value.iter().filter(|value| Some(value.number()) != told) {
        let broken = match named(is.proto, value.name()) {
            Some(same) if same.number() == value.number() => None,
            Some(other) => Some(renumbered(was, value, other)),
            None => lost(was, is, value),
        };
        breaks.extend(broken);
    }
    let used: Vec<(i32, &str)> = is.proto.value.iter().map(|value| (value.number(), value.name())).collect();
    Reserved::of_enum(was.proto).compare(&Reserved::of_enum(is.proto), &was.full_name, &used, breaks);
}

/// Compares what a field has that is not sent.
fn zero(was: &Item<'_, EnumDescriptorProto>, is: &Item<'_, EnumDescriptorProto>) -> Option<Break> {
    let (before, after) = (default(was.proto), default(is.proto));
    let number = before.number();
    let kept = number == after.number()
        && numbered(was.proto, number).any(|name| numbered(is.proto, number).any(|other| name == other));
    // Under a name that no value had, and with its own name gone, it is the same value.
    let renamed = (number, after.number()) == (0, 0)
        && named(was.proto, after.name()).is_none()
        && named(is.proto, before.name()).is_none();
    if kept || renamed {
        return None;
    }
    Some(Break::new(
        Rule::EnumZero,
        &*was.full_name,
        format!(
            "the value of a field that is not sent was {} = {number} and is {} = {}; keep it, and give the new value \
             a number of its own",
            before.name(),
            after.name(),
            after.number()
        ),
        format!(
            "what they do not send is read as {}, and what they do not get they read as {}",
            after.name(),
            before.name()
        ),
    ))
}

fn renumbered(
    was: &Item<'_, EnumDescriptorProto>,
    value: &EnumValueDescriptorProto,
    other: &EnumValueDescriptorProto,
) -> Break {
    let (from, to) = (value.number(), other.number());
    Break::new(
        Rule::ValueRenumbered,
        place(was, value),
        format!("was {from} and is {to}; write `= {from}` in a .proto, #[tag({from})] in Rust"),
        "they send the old number for it, which is another value now or none, and do not know the new one",
    )
}

/// Judges a value whose name is gone; `None` when it was removed with care.
fn lost(
    was: &Item<'_, EnumDescriptorProto>,
    is: &Item<'_, EnumDescriptorProto>,
    value: &EnumValueDescriptorProto,
) -> Option<Break> {
    let number = value.number();
    // Several names of one number: the others may still be there.
    let kept = numbered(was.proto, number).any(|name| numbered(is.proto, number).any(|other| name == other));
    let successor = numbered(is.proto, number).next();
    if let Some(successor) = successor.filter(|_| !kept) {
        let (rule, change, callers) = if named(was.proto, successor).is_some() {
            let change = format!("is gone, and its number {number} is that of {successor}");
            (Rule::ValueRemoved, change, "each of the two is read as the other, and nothing fails")
        } else {
            let change =
                format!("is called {successor}; give it its name back, or keep both with `allow_alias`");
            (
                Rule::ValueRenamed,
                change,
                "bytes are read as before; JSON has a name that the other side does not know",
            )
        };
        return Some(Break::new(rule, place(was, value), change, callers));
    }
    let reserved = Reserved::of_enum(is.proto);
    let missing = match kept {
        // The number is still in use, so its name alone can be reserved.
        true => reserved.missing_name(value.name())?,
        false => reserved.missing(value.name(), number)?,
    };
    Some(Break::new(
        Rule::ValueRemoved,
        place(was, value),
        format!("is gone, and its number or name can be used again by mistake; {}", missing.advice()),
        "what they send is a number, or in JSON a name, without a meaning; once it is used again, it is read as \
         something else",
    ))
}

/// Returns the value of a field that is not sent: the first, which in proto3 is 0.
fn default(values: &EnumDescriptorProto) -> EnumValueDescriptorProto {
    values.value.first().cloned().unwrap_or_default()
}

fn named<'a>(values: &'a EnumDescriptorProto, name: &str) -> Option<&'a EnumValueDescriptorProto> {
    values.value.iter().find(|value| value.name() == name)
}

/// Lists the names of a number: several with `allow_alias`.
fn numbered(values: &EnumDescriptorProto, number: i32) -> impl Iterator<Item = &str> {
    values.value.iter().filter(move |value| value.number() == number).map(EnumValueDescriptorProto::name)
}

fn place(was: &Item<'_, EnumDescriptorProto>, value: &EnumValueDescriptorProto) -> String {
    format!("{}.{}", was.full_name, value.name())
}
