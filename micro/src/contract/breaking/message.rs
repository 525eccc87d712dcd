//! Messages: which field is which, and what became of it.

use prost_types::field_descriptor_proto::Label;
use prost_types::{DescriptorProto, FieldDescriptorProto};

use super::field::{self, Version};
use super::index::{Index, Item, is_entry};
use super::oneofs::{Oneofs, oneof};
use super::report::Break;
use super::reserved::Reserved;
use super::rule::Rule;
use super::types::effect;

/// Compares all messages.
pub(super) fn compare(old: &Index<'_>, new: &Index<'_>, breaks: &mut Vec<Break>) {
    for (name, was) in old.messages.iter().filter(|(_, was)| !is_entry(was.proto)) {
        let is = new.messages.get(name);
        if !was.counts(is) {
            continue;
        }
        match is {
            Some(is) => Pair { old, new, was, is, oneofs: Oneofs::of(was.proto, is.proto) }.compare(breaks),
            None if was.is_missed(new) => breaks.push(Break::new(
                Rule::MessageRemoved,
                &*was.full_name,
                "the message is gone",
                "what holds it in an `Any` or was stored cannot be read, and code that uses it has no newer version",
            )),
            None => {}
        }
    }
}

/// Two versions of a message.
struct Pair<'a> {
    old: &'a Index<'a>,
    new: &'a Index<'a>,
    was: &'a Item<'a, DescriptorProto>,
    is: &'a Item<'a, DescriptorProto>,
    oneofs: Oneofs,
}

impl<'a> Pair<'a> {
    fn compare(&self, breaks: &mut Vec<Break>) {
        for field in &self.was.proto.field {
            let same_number = find(self.is.proto, |is| is.number() == field.number());
            let same_name = find(self.is.proto, |is| is.name() == field.name());
            match (same_number, same_name) {
                (Some(is), _) if is.name() == field.name() => self.versions(field, is, breaks),
                (taken, Some(is)) => breaks.push(self.renumbered(field, is, taken)),
                (Some(is), None) if self.is_renamed(field, is) => {
                    breaks.push(self.renamed(field, is));
                    self.versions(field, is, breaks);
                }
                (Some(is), None) => breaks.push(self.reused(field, is)),
                (None, None) => breaks.extend(self.removed(field)),
            }
        }
        for is in self.is.proto.field.iter().filter(|is| is.label() == Label::Required) {
            if find(self.was.proto, |was| was.number() == is.number() || was.name() == is.name()).is_none() {
                breaks.push(Break::new(
                    Rule::FieldRequired,
                    self.place(is),
                    format!("{} is new, and must be sent", self.version_is(is).shown()),
                    "they do not know it, so every message that they send fails to decode",
                ));
            }
        }
        let used: Vec<(i32, &str)> =
            self.is.proto.field.iter().map(|field| (field.number(), field.name())).collect();
        let (was, is) = (Reserved::of_message(self.was.proto), Reserved::of_message(self.is.proto));
        was.compare(&is, &self.was.full_name, &used, breaks);
    }

    /// Compares two fields that are one.
    fn versions(&self, was: &'a FieldDescriptorProto, is: &'a FieldDescriptorProto, breaks: &mut Vec<Break>) {
        let place = self.place(was);
        if let Some((change, callers)) = self.oneofs.moved((was, self.was.proto), (is, self.is.proto)) {
            breaks.push(Break::new(Rule::FieldOneof, &*place, change, callers));
        }
        field::compare(&place, self.version_was(was), self.version_is(is), breaks);
    }

    /// Tells whether the number has the same field under another name: one of the same type, which is not another
    /// field of the old message that has taken the number.
    fn is_renamed(&self, was: &'a FieldDescriptorProto, is: &'a FieldDescriptorProto) -> bool {
        let (old, new) = (self.version_was(was), self.version_is(is));
        find(self.was.proto, |field| field.name() == is.name()).is_none()
            && (effect(old.value_type(), new.value_type()).is_none() || (old.is_map() && new.is_map()))
    }

    fn renamed(&self, was: &'a FieldDescriptorProto, is: &'a FieldDescriptorProto) -> Break {
        Break::new(
            Rule::FieldRenamed,
            self.place(was),
            format!("is called `{}`; give it its name back, or add a field of that name", is.name()),
            "bytes are read as before; JSON and field masks have a name that the other side does not know",
        )
    }

    fn reused(&self, was: &'a FieldDescriptorProto, is: &'a FieldDescriptorProto) -> Break {
        Break::new(
            Rule::FieldReused,
            self.place(was),
            format!(
                "was {}, and its number is that of {}; give the new field a new number",
                self.version_was(was).shown(),
                self.version_is(is).shown()
            ),
            match effect(self.version_was(was).value_type(), self.version_is(is).value_type()) {
                Some(effect) => format!("each field is read as the other: {}", effect.callers),
                None => "each field is read as the other, and nothing fails".to_owned(),
            },
        )
    }

    fn renumbered(
        &self,
        was: &'a FieldDescriptorProto,
        is: &'a FieldDescriptorProto,
        taken: Option<&'a FieldDescriptorProto>,
    ) -> Break {
        let (from, to) = (was.number(), is.number());
        let others = match oneof(is) {
            Some(_) => ", and #[tag] on the other variants of its oneof and on the field after that",
            None => "",
        };
        Break::new(
            Rule::FieldRenumbered,
            self.place(was),
            format!(
                "was number {from} and is {to}; write `= {from}` in a .proto, #[tag({from})]{others} in Rust"
            ),
            match taken {
                Some(taken) => {
                    format!("what they send in it is read as `{}`, and they read that as this", taken.name())
                }
                None => "what they send in it is dropped, and they find nothing in it".to_owned(),
            },
        )
    }

    fn removed(&self, was: &'a FieldDescriptorProto) -> Option<Break> {
        let missing = Reserved::of_message(self.is.proto).missing(was.name(), was.number())?;
        Some(Break::new(
            Rule::FieldRemoved,
            self.place(was),
            format!(
                "{} is gone, and its number or name can be used again by mistake; {}",
                self.version_was(was).shown(),
                missing.advice()
            ),
            "what they send in it is dropped, and they find nothing in it; a field that uses the number or the name \
             again is read as this one",
        ))
    }

    fn version_was(&self, field: &'a FieldDescriptorProto) -> Version<'a> {
        Version { index: self.old, field, proto2: self.was.proto2 }
    }

    fn version_is(&self, field: &'a FieldDescriptorProto) -> Version<'a> {
        Version { index: self.new, field, proto2: self.is.proto2 }
    }

    fn place(&self, field: &FieldDescriptorProto) -> String {
        format!("{}.{}", self.was.full_name, field.name())
    }
}

fn find(
    message: &DescriptorProto,
    wanted: impl Fn(&FieldDescriptorProto) -> bool,
) -> Option<&FieldDescriptorProto> {
    message.field.iter().find(|field| wanted(field))
}
