//! Which oneof of the old message is which of the new one. The name of a oneof is on no wire and not in JSON, so
//! one that is only renamed is the same.

use std::collections::{BTreeMap, BTreeSet};

use prost_types::{DescriptorProto, FieldDescriptorProto};

/// The new index of each old oneof that is still there.
pub(super) struct Oneofs(BTreeMap<i32, i32>);

impl Oneofs {
    pub(super) fn of(was: &DescriptorProto, is: &DescriptorProto) -> Oneofs {
        let (mut old, mut new) = (members(was), members(is));
        let mut same = BTreeMap::new();
        let mut found = |old: &mut Members, new: &mut Members, from: i32, to: i32| {
            old.remove(&from);
            new.remove(&to);
            same.insert(from, to);
        };
        for from in old.keys().copied().collect::<Vec<_>>() {
            let to = new.keys().copied().find(|to| name(is, *to) == name(was, from));
            if let Some(to) = to {
                found(&mut old, &mut new, from, to);
            }
        }
        // Renamed: the one that has most of its fields.
        while let Some((_, from, to)) = closest(&old, &new) {
            found(&mut old, &mut new, from, to);
        }
        Oneofs(same)
    }

    /// Says how a field has moved; `None` for one that has not.
    pub(super) fn moved(
        &self,
        (was, old): (&FieldDescriptorProto, &DescriptorProto),
        (is, new): (&FieldDescriptorProto, &DescriptorProto),
    ) -> Option<(String, &'static str)> {
        let (from, to) = (oneof(was), oneof(is));
        match (from, to) {
            (None, None) => None,
            (Some(from), Some(to)) if self.0.get(&from) == Some(&to) => None,
            (Some(from), Some(to)) => Some((
                format!("it was in the oneof `{}` and is in `{}`", name(old, from), name(new, to)),
                "what was never set together with it now is, or the other way round: one of the two is lost",
            )),
            (Some(from), None) => Some((
                format!("it has left the oneof `{}`", name(old, from)),
                "they get it beside another field of the oneof and lose one of the two",
            )),
            (None, Some(to)) => Some((
                format!("it has come into the oneof `{}`", name(new, to)),
                match members(new).get(&to).is_some_and(|members| members.len() > 1) {
                    true => "when they set it beside another field of the oneof, one of the two is lost",
                    false => "nothing yet; with a second field in the oneof, what they set together is lost",
                },
            )),
        }
    }
}

/// The numbers of the fields of each oneof.
type Members = BTreeMap<i32, BTreeSet<i32>>;

fn members(message: &DescriptorProto) -> Members {
    let mut members = Members::new();
    for field in &message.field {
        if let Some(oneof) = oneof(field) {
            members.entry(oneof).or_default().insert(field.number());
        }
    }
    members
}

/// Finds the old and the new oneof with the most fields in common, if any have one.
fn closest(old: &Members, new: &Members) -> Option<(usize, i32, i32)> {
    let pairs = old
        .iter()
        .flat_map(|(from, was)| new.iter().map(move |(to, is)| (was.intersection(is).count(), *from, *to)));
    pairs.filter(|(common, ..)| *common > 0).max()
}

/// Returns the oneof of a field, other than the one that stands for `optional`.
pub(super) fn oneof(field: &FieldDescriptorProto) -> Option<i32> {
    field.oneof_index.filter(|_| !field.proto3_optional())
}

fn name(message: &DescriptorProto, oneof: i32) -> &str {
    let declared = usize::try_from(oneof).ok().and_then(|at| message.oneof_decl.get(at));
    declared.map_or("", |oneof| oneof.name())
}
