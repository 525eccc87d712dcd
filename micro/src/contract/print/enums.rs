//! Enums.

use prost_types::EnumDescriptorProto;

use super::Printer;
use super::body::Body;
use super::comments::below;
use super::messages::reserved_names;
use crate::contract::paths::ENUM_VALUES;

impl Printer<'_> {
    /// Prints the enum at `path`.
    pub(super) fn enumeration(&self, values: &EnumDescriptorProto, path: &[i32]) -> String {
        let mut body = Body::default();
        if let Some(options) = &values.options {
            if options.allow_alias() {
                body.close("option allow_alias = true;\n");
            }
            if options.deprecated() {
                body.close("option deprecated = true;\n");
            }
        }
        let ranges: Vec<String> =
            values.reserved_range.iter().map(|range| numbers(range.start(), range.end())).collect();
        if !ranges.is_empty() {
            body.close(&format!("reserved {};\n", ranges.join(", ")));
        }
        body.close(&reserved_names(&values.reserved_name));
        let mut listed = Body::default();
        for (index, value) in values.value.iter().enumerate() {
            let deprecated = value.options.as_ref().is_some_and(|options| options.deprecated());
            let options = if deprecated { " [deprecated = true]" } else { "" };
            let statement = format!("{} = {}{options};\n", value.name(), value.number());
            listed.close(&self.comments.before(&below(path, ENUM_VALUES, index), &statement));
        }
        body.apart(&listed.into_text());
        self.comments.before(path, &body.within(&format!("enum {}", values.name())))
    }
}

/// Writes a range of numbers, both ends included.
fn numbers(first: i32, last: i32) -> String {
    match last {
        last if first == last => first.to_string(),
        i32::MAX => format!("{first} to max"),
        last => format!("{first} to {last}"),
    }
}
