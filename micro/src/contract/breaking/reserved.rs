//! Numbers and names that are kept from being used again.

use prost_types::{DescriptorProto, EnumDescriptorProto};

use super::report::Break;
use super::rule::Rule;

/// What a message or an enumeration reserves.
pub(super) struct Reserved<'a> {
    /// Both ends included, as wide as every number of either sort needs.
    ranges: Vec<(i64, i64)>,
    names: &'a [String],
}

impl<'a> Reserved<'a> {
    pub(super) fn of_message(message: &'a DescriptorProto) -> Reserved<'a> {
        let range = |range: &prost_types::descriptor_proto::ReservedRange| {
            (i64::from(range.start()), i64::from(range.end()) - 1)
        };
        Reserved { ranges: message.reserved_range.iter().map(range).collect(), names: &message.reserved_name }
    }

    /// Those of enumerations include their end, unlike those of messages.
    pub(super) fn of_enum(values: &'a EnumDescriptorProto) -> Reserved<'a> {
        let range = |range: &prost_types::enum_descriptor_proto::EnumReservedRange| {
            (i64::from(range.start()), i64::from(range.end()))
        };
        Reserved { ranges: values.reserved_range.iter().map(range).collect(), names: &values.reserved_name }
    }

    /// Returns what has still to be reserved when `name` with `number` is gone; `None` when nothing has.
    pub(super) fn missing(&self, name: &str, number: i32) -> Option<Missing> {
        let is_reserved =
            self.ranges.iter().any(|(first, last)| (*first..=*last).contains(&i64::from(number)));
        let number = (!is_reserved).then(|| number.to_string());
        let parts: Vec<String> = number.into_iter().chain(self.unreserved(name)).collect();
        (!parts.is_empty()).then_some(Missing(parts))
    }

    /// Returns the same for a name whose number is in use under another one.
    pub(super) fn missing_name(&self, name: &str) -> Option<Missing> {
        self.unreserved(name).map(|name| Missing(vec![name]))
    }

    fn unreserved(&self, name: &str) -> Option<String> {
        let is_reserved = self.names.iter().any(|reserved| reserved == name);
        (!is_reserved).then(|| format!("\"{name}\""))
    }

    /// Finds what `is` does not reserve any more. `place` is the type; what has a number or a name now is `used`.
    pub(super) fn compare(
        &self,
        is: &Reserved<'_>,
        place: &str,
        used: &[(i32, &str)],
        breaks: &mut Vec<Break>,
    ) {
        for (first, last) in self.ranges.iter().flat_map(|range| left(*range, &is.ranges)) {
            let taken = used.iter().find(|(number, _)| (first..=last).contains(&i64::from(*number)));
            let shown = if first == last { first.to_string() } else { format!("{first}-{last}") };
            breaks.push(removed(place, &shown, taken.map(|(_, name)| *name)));
        }
        for name in self.names.iter().filter(|name| !is.names.contains(name)) {
            let taken = used.iter().find(|(_, used)| used == name);
            breaks.push(removed(place, name, taken.map(|(_, name)| *name)));
        }
    }
}

/// What has still to be reserved of a field or a value that is gone. What is reserved already is not named again,
/// as neither language takes it twice.
pub(super) struct Missing(Vec<String>);

impl Missing {
    /// Says how to reserve it.
    pub(super) fn advice(&self) -> String {
        let statements: Vec<String> = self.0.iter().map(|part| format!("reserved {part};")).collect();
        format!(
            "write `{}` in a .proto, #[micro::message(reserved({}))] in Rust",
            statements.join(" "),
            self.0.join(", ")
        )
    }
}

fn removed(place: &str, what: &str, taken: Option<&str>) -> Break {
    Break::new(
        Rule::ReservedRemoved,
        format!("{place}.{what}"),
        match taken {
            Some(name) => {
                format!("was reserved and is used by `{name}`; take another number and name for that")
            }
            None => "is not reserved any more; put it back".to_owned(),
        },
        match taken {
            Some(_) => "those who still know what was retired read one as the other, also in stored messages",
            None => "nothing yet; once it is used again, those who still know what was retired misread it",
        },
    )
}

/// Returns the parts of a range that none of `others` covers.
fn left(range: (i64, i64), others: &[(i64, i64)]) -> Vec<(i64, i64)> {
    let mut parts = vec![range];
    for &(first, last) in others {
        let cut = |(from, to): (i64, i64)| [(from, to.min(first - 1)), (from.max(last + 1), to)];
        parts = parts.into_iter().flat_map(cut).filter(|(from, to)| from <= to).collect();
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_of_a_range_is_what_nothing_covers() {
        for (others, expected) in [
            (&[][..], &[(3, 9)][..]),
            (&[(1, 2), (10, 12)], &[(3, 9)]),
            (&[(5, 5)], &[(3, 4), (6, 9)]),
            (&[(1, 4), (8, 20)], &[(5, 7)]),
            (&[(3, 5), (6, 9)], &[]),
            (&[(1, 100)], &[]),
        ] {
            assert_eq!(left((3, 9), others), expected, "{others:?}");
        }
    }

    #[test]
    fn only_what_is_not_reserved_yet_is_asked_for() {
        let advice = |ranges: &[(i64, i64)], names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let reserved = Reserved { ranges: ranges.to_vec(), names: &names };
            reserved.missing("old", -2).map(|missing| missing.advice())
        };
        for (ranges, names, expected) in [
            (
                &[][..],
                &[][..],
                "write `reserved -2; reserved \"old\";` in a .proto, \
                 #[micro::message(reserved(-2, \"old\"))] in Rust",
            ),
            (
                &[(-3, -2)],
                &[],
                "write `reserved \"old\";` in a .proto, #[micro::message(reserved(\"old\"))] in Rust",
            ),
            (&[], &["old"], "write `reserved -2;` in a .proto, #[micro::message(reserved(-2))] in Rust"),
        ] {
            assert_eq!(advice(ranges, names).as_deref(), Some(expected));
        }
        assert_eq!(advice(&[(-2, -2)], &["old"]), None);
    }

    #[test]
    fn left_is_what_a_set_of_numbers_says() {
        for bits in 0..1_u32 << 10 {
            let others: Vec<(i64, i64)> = (0..10)
                .filter(|bit| (bits >> bit) & 1 == 1)
                .map(|bit| (bit, bit + i64::from(bits % 3)))
                .collect();
            let numbers: Vec<i64> =
                left((2, 7), &others).into_iter().flat_map(|(from, to)| from..=to).collect();
            let covered = |number: i64| others.iter().any(|(from, to)| (*from..=*to).contains(&number));
            assert_eq!(numbers, (2..=7).filter(|number| !covered(*number)).collect::<Vec<_>>(), "{others:?}");
        }
    }
}
