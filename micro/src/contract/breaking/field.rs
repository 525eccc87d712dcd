//! Two versions of one field.

use prost_types::FieldDescriptorProto;
use prost_types::field_descriptor_proto::{Label, Type};

use super::index::Index;
use super::oneofs::oneof;
use super::report::Break;
use super::rule::Rule;
use super::types::{ValueType, effect, is_packable};

/// One version of a field.
#[derive(Clone, Copy)]
pub(super) struct Version<'a> {
    pub(super) index: &'a Index<'a>,
    pub(super) field: &'a FieldDescriptorProto,
    pub(super) proto2: bool,
}

/// What a field holds.
enum Shape<'a> {
    One(ValueType<'a>),
    Many(ValueType<'a>),
    Map(ValueType<'a>, ValueType<'a>),
}

impl<'a> Version<'a> {
    /// Returns the type of the field, of one value of many.
    pub(super) fn value_type(self) -> ValueType<'a> {
        ValueType { sort: self.field.r#type(), name: self.index.now(self.field.type_name()) }
    }

    /// Writes the field as a `.proto` does.
    pub(super) fn shown(self) -> String {
        let (name, number) = (self.field.name(), self.field.number());
        match self.shape() {
            Shape::One(value) if self.field.proto3_optional() => {
                format!("`optional {value} {name} = {number}`")
            }
            Shape::One(value) => format!("`{value} {name} = {number}`"),
            Shape::Many(value) => format!("`repeated {value} {name} = {number}`"),
            Shape::Map(key, value) => format!("`map<{key}, {value}> {name} = {number}`"),
        }
    }

    pub(super) fn is_map(self) -> bool {
        matches!(self.shape(), Shape::Map(..))
    }

    fn shape(self) -> Shape<'a> {
        if self.field.label() != Label::Repeated {
            return Shape::One(self.value_type());
        }
        let Some(entry) = self.index.entry(self.field) else { return Shape::Many(self.value_type()) };
        let half = |number| {
            let field = entry.field.iter().find(|field| field.number() == number);
            // An entry without one of its halves cannot be written; it has no type that another could have.
            field.map_or(ValueType { sort: Type::Group, name: "" }, |field| {
                Version { field, ..self }.value_type()
            })
        };
        Shape::Map(half(1), half(2))
    }

    fn is_required(self) -> bool {
        self.field.label() == Label::Required
    }

    /// Tells whether "not sent" differs from the default.
    fn has_presence(self) -> bool {
        self.proto2
            || self.field.proto3_optional()
            || self.field.oneof_index.is_some()
            || matches!(self.field.r#type(), Type::Message | Type::Group)
    }

    fn json_name(self) -> String {
        self.field.json_name.clone().unwrap_or_else(|| derived_json_name(self.field.name()))
    }
}

/// Compares two versions of the field at `place`, whose numbers are the same.
pub(super) fn compare(place: &str, was: Version<'_>, is: Version<'_>, breaks: &mut Vec<Break>) {
    let mut found =
        |rule, change: String, callers: &str| breaks.push(Break::new(rule, place, change, callers));
    let versions = || format!("was {} and is {}", was.shown(), is.shown());
    match (was.shape(), is.shape()) {
        (Shape::One(old), Shape::One(new)) | (Shape::Many(old), Shape::Many(new)) => {
            if let Some(effect) = effect(old, new) {
                found(Rule::FieldRetyped, format!("{}, {}", versions(), effect.encoding), &effect.callers);
            }
        }
        (Shape::Map(old_key, old_value), Shape::Map(key, value)) => {
            for (part, effect) in [("keys", effect(old_key, key)), ("values", effect(old_value, value))] {
                if let Some(effect) = effect {
                    let change = format!("{}; its {part} have another type, {}", versions(), effect.encoding);
                    found(Rule::FieldRetyped, change, &effect.callers);
                }
            }
        }
        (Shape::Map(..), Shape::Many(_)) | (Shape::Many(_), Shape::Map(..)) => found(
            Rule::FieldCardinality,
            versions(),
            "JSON has a list where they expect an object, or the other way round; other bytes than those of entries \
             fail to decode or are read as garbage",
        ),
        (Shape::One(old), _) => found(Rule::FieldCardinality, versions(), grown(old)),
        (_, Shape::One(new)) => found(Rule::FieldCardinality, versions(), shrunk(new)),
    }
    if was.is_required() != is.is_required() {
        let (change, callers) = match is.is_required() {
            true => ("must be sent now", "what they send without it fails to decode"),
            false => ("need not be sent any more", "what they get without it fails to decode"),
        };
        found(Rule::FieldCardinality, change.to_owned(), callers);
    }
    // Coming into a oneof, or leaving it, is a break of its own, which includes this one.
    let stays_out = oneof(was.field).is_none() && oneof(is.field).is_none();
    let single = matches!((was.shape(), is.shape()), (Shape::One(_), Shape::One(_)));
    if single && stays_out && was.has_presence() && !is.has_presence() {
        found(
            Rule::FieldPresence,
            format!("{}: one that is not sent can no longer be told from one at its default", versions()),
            "what they set to the default counts as not set, and they get nothing where it was sent",
        );
    }
    if was.field.name() == is.field.name() && was.json_name() != is.json_name() {
        found(
            Rule::FieldJsonName,
            format!("was called {:?} in JSON and is called {:?}", was.json_name(), is.json_name()),
            "in JSON they send what nobody knows, and miss what they expect",
        );
    }
    if single && was.field.default_value() != is.field.default_value() {
        found(
            Rule::FieldDefault,
            format!("its default was {:?} and is {:?}", was.field.default_value(), is.field.default_value()),
            "one that is not sent is read as another value than was meant",
        );
    }
}

/// Says what comes of one value that became many.
fn grown(value: ValueType<'_>) -> &'static str {
    match value.sort {
        Type::Message | Type::Group => {
            "they get several messages as one, merged; JSON has a list where they expect one"
        }
        sort if is_packable(sort) => {
            "they get nothing, or the whole message fails to decode; JSON has a list"
        }
        _ => "they get the last of several values; JSON has a list where they expect one value",
    }
}

/// Says what comes of many values that became one.
fn shrunk(value: ValueType<'_>) -> &'static str {
    match value.sort {
        Type::Message | Type::Group => {
            "of several messages that they send one arrives, merged; a list in JSON is refused"
        }
        sort if is_packable(sort) => "what they send is lost or fails to decode; a list in JSON is refused",
        _ => "of several values that they send the last arrives; a list in JSON is refused",
    }
}

/// Makes the name in JSON that a field has by default: `item_id` is `itemId`.
fn derived_json_name(name: &str) -> String {
    let mut json = String::with_capacity(name.len());
    let mut upper = false;
    for letter in name.chars() {
        match letter {
            '_' => upper = true,
            letter if upper => {
                json.push(letter.to_ascii_uppercase());
                upper = false;
            }
            letter => json.push(letter),
        }
    }
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_json_follow_protobufs_rule() {
        for (name, json) in
            [("item_id", "itemId"), ("_a", "A"), ("a__b", "aB"), ("a_1", "a1"), ("aB_", "aB"), ("", "")]
        {
            assert_eq!(derived_json_name(name), json);
        }
    }
}
