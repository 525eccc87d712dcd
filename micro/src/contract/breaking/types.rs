//! What a value written as one type is when it is read as another.

use std::fmt;

use prost_types::field_descriptor_proto::Type;

/// The type of a field, of a map's keys or of its values.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct ValueType<'a> {
    pub(super) sort: Type,
    /// The full name of a message or an enumeration; empty for scalars.
    pub(super) name: &'a str,
}

impl fmt::Display for ValueType<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.name.is_empty() {
            return f.write_str(self.name);
        }
        f.write_str(self.sort.as_str_name().trim_start_matches("TYPE_").to_lowercase().as_str())
    }
}

/// What comes of a change of type.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Effect {
    /// How much the encodings have in common.
    pub(super) encoding: &'static str,
    /// What old callers see.
    pub(super) callers: String,
}

/// Compares two types; `None` for one and the same.
pub(super) fn effect(was: ValueType<'_>, is: ValueType<'_>) -> Option<Effect> {
    if was == is {
        return None;
    }
    let (from, to) = (Form::of(was.sort), Form::of(is.sort));
    let effect = |encoding, callers: &str| Some(Effect { encoding, callers: callers.to_owned() });
    if from.wire() != to.wire() {
        return effect(
            "which is encoded differently",
            "the value is lost, or the whole message fails to decode, in both directions",
        );
    }
    if from == to {
        return Some(Effect {
            encoding: "which is encoded alike and means something else",
            callers: within(from, was, is),
        });
    }
    match (from, to) {
        (Form::Text, Form::Bytes) | (Form::Bytes, Form::Text) => effect(
            "which is encoded alike and means something else",
            "bytes that are not UTF-8 fail to decode as text, and JSON has base64 on one side",
        ),
        (Form::Message, Form::Bytes) | (Form::Bytes, Form::Message) => effect(
            "which is encoded alike as long as the bytes are those of the message",
            "other bytes fail to decode or are read as garbage, and JSON has base64 on one side",
        ),
        (Form::Message, Form::Text) | (Form::Text, Form::Message) => {
            effect("of which one cannot hold the other", "the message fails to decode or is read as garbage")
        }
        _ => effect(
            "of which the same bytes are another value",
            "every value is read as garbage, in both directions, and nothing fails",
        ),
    }
}

/// How values are encoded; types of one form read each other's bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Varint,
    Zigzag,
    Fixed32,
    Float,
    Fixed64,
    Double,
    Text,
    Bytes,
    Message,
    Group,
}

impl Form {
    fn of(sort: Type) -> Form {
        match sort {
            Type::Int32 | Type::Int64 | Type::Uint32 | Type::Uint64 | Type::Bool | Type::Enum => Form::Varint,
            Type::Sint32 | Type::Sint64 => Form::Zigzag,
            Type::Fixed32 | Type::Sfixed32 => Form::Fixed32,
            Type::Float => Form::Float,
            Type::Fixed64 | Type::Sfixed64 => Form::Fixed64,
            Type::Double => Form::Double,
            Type::String => Form::Text,
            Type::Bytes => Form::Bytes,
            Type::Message => Form::Message,
            Type::Group => Form::Group,
        }
    }

    /// Returns the wire type, by which a reader tells what it does not expect.
    fn wire(self) -> u8 {
        match self {
            Form::Varint | Form::Zigzag => 0,
            Form::Fixed64 | Form::Double => 1,
            Form::Text | Form::Bytes | Form::Message => 2,
            Form::Group => 3,
            Form::Fixed32 | Form::Float => 5,
        }
    }
}

/// Says what becomes of values within one form.
fn within(form: Form, was: ValueType<'_>, is: ValueType<'_>) -> String {
    if matches!(form, Form::Message | Form::Group) {
        return "the fields of one message are read as those of the other, by their numbers; what does not fit is \
                lost or fails to decode"
            .to_owned();
    }
    let either = |sort: Type| (was.sort == sort) != (is.sort == sort);
    let mut effects = Vec::new();
    if was.sort == Type::Enum && is.sort == Type::Enum {
        effects.push("a number means what the other enumeration calls it, and JSON has the other's names");
    }
    if either(Type::Bool) {
        effects.push("every number but 0 is read as true, and JSON has `true` where a number is expected");
    }
    if either(Type::Enum) {
        effects.push("JSON has a name where a number is expected, and a number without a name is possible");
    }
    if is_wide(was.sort) != is_wide(is.sort) {
        effects
            .push("what does not fit into 32 bits is cut off, and JSON has text where a number is expected");
    }
    if is_unsigned(was.sort) != is_unsigned(is.sort) && !either(Type::Bool) {
        effects.push("a negative number is read as a large one, and a large one as negative");
    }
    effects.join("; ")
}

fn is_wide(sort: Type) -> bool {
    use Type::{Fixed64, Int64, Sfixed64, Sint64, Uint64};
    matches!(sort, Int64 | Uint64 | Sint64 | Fixed64 | Sfixed64)
}

fn is_unsigned(sort: Type) -> bool {
    matches!(sort, Type::Uint32 | Type::Uint64 | Type::Fixed32 | Type::Fixed64 | Type::Bool)
}

/// Tells whether many values of a type are packed into one field on the wire.
pub(super) fn is_packable(sort: Type) -> bool {
    !matches!(sort, Type::String | Type::Bytes | Type::Message | Type::Group)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Type; 18] = [
        Type::Double,
        Type::Float,
        Type::Int64,
        Type::Uint64,
        Type::Int32,
        Type::Fixed64,
        Type::Fixed32,
        Type::Bool,
        Type::String,
        Type::Group,
        Type::Message,
        Type::Bytes,
        Type::Uint32,
        Type::Enum,
        Type::Sfixed32,
        Type::Sfixed64,
        Type::Sint32,
        Type::Sint64,
    ];

    fn typed(sort: Type) -> ValueType<'static> {
        ValueType {
            sort,
            name: if matches!(sort, Type::Message | Type::Enum | Type::Group) { "a.B" } else { "" },
        }
    }

    #[test]
    fn every_change_of_type_says_what_callers_see() {
        for was in ALL {
            for is in ALL {
                let effect = effect(typed(was), typed(is));
                assert_eq!(effect.is_none(), was == is, "{was:?} {is:?}");
                if let Some(effect) = effect {
                    assert!(!effect.callers.is_empty(), "{was:?} {is:?}");
                }
            }
        }
    }

    #[test]
    fn what_is_read_is_told_by_the_encoding() {
        for (was, is, text) in [
            (Type::Int32, Type::String, "lost"),
            (Type::Int64, Type::Fixed64, "lost"),
            (Type::Int32, Type::Sint32, "garbage"),
            (Type::Float, Type::Fixed32, "garbage"),
            (Type::Int32, Type::Int64, "cut off"),
            (Type::Int32, Type::Uint32, "negative"),
            (Type::Bool, Type::Uint64, "true"),
            (Type::Enum, Type::Int32, "name"),
            (Type::String, Type::Bytes, "UTF-8"),
            (Type::Message, Type::Bytes, "garbage"),
            (Type::Message, Type::Group, "lost"),
        ] {
            for (was, is) in [(was, is), (is, was)] {
                let effect = effect(typed(was), typed(is)).unwrap();
                assert!(effect.callers.contains(text), "{was:?} {is:?}: {}", effect.callers);
            }
        }
    }

    #[test]
    fn types_of_one_sort_are_told_apart_by_name() {
        let message = |name| ValueType { sort: Type::Message, name };
        assert_eq!(effect(message("a.B"), message("a.B")), None);
        assert!(effect(message("a.B"), message("a.C")).unwrap().callers.contains("by their numbers"));
        let values = |name| ValueType { sort: Type::Enum, name };
        assert!(effect(values("a.B"), values("a.C")).unwrap().callers.contains("other enumeration"));
        assert_eq!(
            (typed(Type::Sfixed32).to_string(), message("a.B").to_string()),
            ("sfixed32".into(), "a.B".into())
        );
    }
}
