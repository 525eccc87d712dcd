//! Comments become documentation. What rustdoc would take for Rust to run is marked as text, since a comment in
//! a `.proto` is for readers of every language.

use std::collections::{BTreeMap, BTreeSet};

use prost_types::source_code_info::Location;
use prost_types::{DescriptorProto, EnumDescriptorProto, FileDescriptorProto, SourceCodeInfo};

use crate::check::{ENUM_VALUE, FILE_ENUM, FILE_MESSAGE};
use crate::check::{MESSAGE_ENUM, MESSAGE_FIELD, MESSAGE_NESTED, MESSAGE_ONEOF};
use crate::services::{METHOD, REPLY, SERVICE};

/// Makes every comment of a file fit for rustdoc.
pub(crate) fn clean(file: &mut FileDescriptorProto) {
    locate(file);
    let plain = file.source_code_info.as_ref().map(plain_methods).unwrap_or_default();
    for location in file.source_code_info.iter_mut().flat_map(|info| &mut info.location) {
        // Detached comments belong to nothing, and how they are told apart is a matter of taste.
        location.leading_detached_comments.clear();
        // Behind a method with a block, protoc takes the comment within the braces and protox the one after them.
        if matches!(location.path[..], [SERVICE, _, METHOD, _]) && !plain.contains(&location.path) {
            location.trailing_comments = None;
        }
        let comments = [&mut location.leading_comments, &mut location.trailing_comments];
        for text in comments.into_iter().flatten() {
            *text = without_code(text);
        }
    }
}

/// Lists the paths of the methods that end by `);`, and so have no block.
fn plain_methods(info: &SourceCodeInfo) -> BTreeSet<Vec<i32>> {
    // A span is line, column, end column; or, over several lines, line, column, end line, end column.
    let end = |location: &Location| match location.span[..] {
        [line, _, column] | [_, _, line, column] => Some((line, column)),
        _ => None,
    };
    let mut ends = BTreeMap::new();
    for location in &info.location {
        if let ([SERVICE, _, METHOD, _, REPLY], Some((line, column))) = (&location.path[..], end(location)) {
            ends.insert(&location.path[..4], (line, column.saturating_add(2)));
        }
    }
    let is_plain =
        |location: &&Location| ends.get(&location.path[..]).is_some_and(|ends| end(location) == Some(*ends));
    info.location.iter().filter(is_plain).map(|location| location.path.clone()).collect()
}

/// Gives a location to all that prost-build asks for the comments of. It panics where one is missing, as some compilers
/// and whatever strips comments leave them out.
fn locate(file: &mut FileDescriptorProto) {
    let Some(info) = &mut file.source_code_info else { return };
    let mut paths = Vec::new();
    for (index, message) in (0..).zip(&file.message_type) {
        add_message(&mut paths, vec![FILE_MESSAGE, index], message);
    }
    for (index, value) in (0..).zip(&file.enum_type) {
        add_enum(&mut paths, vec![FILE_ENUM, index], value);
    }
    let located: BTreeSet<&[i32]> = info.location.iter().map(|location| &location.path[..]).collect();
    paths.retain(|path| !located.contains(&path[..]));
    info.location.extend(paths.into_iter().map(|path| Location { path, ..Location::default() }));
}

fn add_message(paths: &mut Vec<Vec<i32>>, path: Vec<i32>, message: &DescriptorProto) {
    let step = |kind: i32, index: i32| [&path[..], &[kind, index]].concat();
    paths.extend((0..).zip(&message.field).map(|(index, _)| step(MESSAGE_FIELD, index)));
    paths.extend((0..).zip(&message.oneof_decl).map(|(index, _)| step(MESSAGE_ONEOF, index)));
    for (index, nested) in (0..).zip(&message.nested_type) {
        add_message(paths, step(MESSAGE_NESTED, index), nested);
    }
    for (index, value) in (0..).zip(&message.enum_type) {
        add_enum(paths, step(MESSAGE_ENUM, index), value);
    }
    paths.push(path);
}

fn add_enum(paths: &mut Vec<Vec<i32>>, path: Vec<i32>, value: &EnumDescriptorProto) {
    let values = (0..).zip(&value.value);
    paths.extend(values.map(|(index, _)| [&path[..], &[ENUM_VALUE, index]].concat()));
    paths.push(path);
}

/// The comments of a file, by the path of what they stand at: a search for each would take long in a large file.
pub(crate) struct Docs<'a>(BTreeMap<&'a [i32], &'a Location>);

impl<'a> Docs<'a> {
    /// Finds the comments of a file.
    pub(crate) fn of(info: Option<&'a SourceCodeInfo>) -> Self {
        let mut found = BTreeMap::new();
        for location in info.into_iter().flat_map(|info| &info.location) {
            found.entry(location.path.as_slice()).or_insert(location);
        }
        Docs(found)
    }

    /// Returns the documentation of what stands at `path`: the comment above, then the one behind.
    pub(crate) fn at(&self, path: &[i32]) -> String {
        let Some(location) = self.0.get(path) else { return String::new() };
        let comments = [location.leading_comments.as_deref(), location.trailing_comments.as_deref()];
        let texts: Vec<String> =
            comments.into_iter().flatten().map(unindented).filter(|text| !text.is_empty()).collect();
        texts.join("\n\n")
    }
}

/// Takes the space after the comment sign off every line, and empty lines off both ends.
fn unindented(comment: &str) -> String {
    let lines: Vec<&str> =
        comment.lines().map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end()).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

fn without_code(comment: &str) -> String {
    // How the open block of code begins, and whether it stands in a list or a quote.
    let mut open: Option<(&str, bool)> = None;
    let mut out = String::with_capacity(comment.len());
    for line in comment.lines() {
        let (before, content) = line.split_at(micro_expand::signs(line));
        let mark = ["```", "~~~"].into_iter().find(|mark| content.starts_with(mark));
        let marks = &content[..content.len() - content.trim_start_matches(['`', '~']).len()];
        match (open, mark) {
            (None, Some(mark)) => {
                open = Some((mark, !before.trim().is_empty()));
                out.push_str(&format!("{}{marks}text", shallow(before)));
            }
            (Some((opened, nested)), Some(mark)) if opened == mark => {
                open = None;
                // What is nested ends at its own depth.
                let before = if nested { before.to_owned() } else { shallow(before) };
                out.push_str(&format!("{before}{marks}"));
            }
            (Some(_), _) => out.push_str(line),
            (None, None) if content.is_empty() => {}
            (None, None) => out.push_str(&format!("{}{content}", shallow(before))),
        }
        out.push('\n');
    }
    out
}

/// Makes of what stands before a text what does not begin a block of code: with the one blank that prost-build adds
/// to a line of several, four after the comment sign would.
fn shallow(before: &str) -> String {
    let signs = before.trim_start();
    let blanks = &before[..before.len() - signs.len()];
    let blanks = if blanks.len() > 3 || blanks.contains('\t') { "   " } else { blanks };
    if signs.contains("     ") || signs.contains('\t') {
        let signs: String = signs.split_whitespace().map(|sign| format!("{sign} ")).collect();
        return format!("{blanks}{signs}");
    }
    format!("{blanks}{signs}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_marked_as_text() {
        assert_eq!(without_code(" Says:\n\n     let x = 1;\n"), " Says:\n\n   let x = 1;\n");
        assert_eq!(without_code(" Says:\n\n    let x = 1;\n     \n"), " Says:\n\n   let x = 1;\n\n");
        assert_eq!(without_code(" -     let x = 1;\n"), " - let x = 1;\n");
        assert_eq!(
            without_code(" ```go\n     x := 1\n ```\n after\n"),
            " ```text\n     x := 1\n ```\n after\n"
        );
        assert_eq!(without_code(" - one\n   two\n"), " - one\n   two\n");
        assert_eq!(
            without_code(" - ```rust\n   let x = 1;\n   ```\n > ```\n > x\n > ```\n"),
            " - ```text\n   let x = 1;\n   ```\n > ```text\n > x\n > ```\n"
        );
    }

    #[test]
    fn what_stands_behind_a_method_is_its_own_without_a_block_only() {
        let location = |path: &[i32], span: &[i32]| Location {
            path: path.to_vec(),
            span: span.to_vec(),
            trailing_comments: Some(" x\n".to_owned()),
            ..Location::default()
        };
        let info = SourceCodeInfo {
            location: vec![
                // `rpc P(A) returns (A); // x`
                location(&[6, 0, 2, 0], &[4, 2, 23]),
                location(&[6, 0, 2, 0, 3], &[4, 20, 21]),
                // `rpc M(A) returns (A) {} // x`
                location(&[6, 0, 2, 1], &[6, 2, 25]),
                location(&[6, 0, 2, 1, 3], &[6, 20, 21]),
                // The same over two lines, the second of which ends where the reply does.
                location(&[6, 0, 2, 2], &[7, 2, 8, 23]),
                location(&[6, 0, 2, 2, 3], &[7, 20, 21]),
                // Nothing is known of its reply.
                location(&[6, 0, 2, 3], &[9, 2, 23]),
            ],
        };
        let mut file = FileDescriptorProto { source_code_info: Some(info), ..FileDescriptorProto::default() };
        clean(&mut file);
        let docs = Docs::of(file.source_code_info.as_ref());
        assert_eq!(docs.at(&[6, 0, 2, 0]), "x");
        for method in 1..4 {
            assert_eq!(docs.at(&[6, 0, 2, method]), "", "{method}");
        }
    }

    #[test]
    fn what_has_no_location_gets_one_and_the_others_keep_their_comments() {
        use prost_types::{EnumValueDescriptorProto, FieldDescriptorProto, OneofDescriptorProto};

        let value = EnumDescriptorProto {
            value: vec![EnumValueDescriptorProto::default()],
            ..EnumDescriptorProto::default()
        };
        let message = DescriptorProto {
            field: vec![FieldDescriptorProto::default()],
            oneof_decl: vec![OneofDescriptorProto::default()],
            nested_type: vec![DescriptorProto::default()],
            enum_type: vec![value.clone()],
            ..DescriptorProto::default()
        };
        let known =
            Location { path: vec![4, 0], leading_comments: Some(" x\n".to_owned()), ..Location::default() };
        let mut file = FileDescriptorProto {
            message_type: vec![message],
            enum_type: vec![value],
            source_code_info: Some(SourceCodeInfo { location: vec![known] }),
            ..FileDescriptorProto::default()
        };
        clean(&mut file);
        let info = file.source_code_info.unwrap();
        let paths: BTreeSet<&[i32]> = info.location.iter().map(|location| &location.path[..]).collect();
        let expected: [&[i32]; 8] = [
            &[4, 0],
            &[4, 0, 2, 0],
            &[4, 0, 3, 0],
            &[4, 0, 4, 0],
            &[4, 0, 4, 0, 2, 0],
            &[4, 0, 8, 0],
            &[5, 0],
            &[5, 0, 2, 0],
        ];
        assert_eq!(paths, BTreeSet::from(expected));
        assert_eq!(info.location.len(), expected.len());
        assert_eq!(Docs::of(Some(&info)).at(&[4, 0]), "x");
    }

    #[test]
    fn both_comments_are_documentation() {
        let location = Location {
            path: vec![6, 0],
            leading_comments: Some(" Says things.\n\n Politely.\n".to_owned()),
            trailing_comments: Some(" Or not.\n".to_owned()),
            ..Location::default()
        };
        let info = SourceCodeInfo { location: vec![location] };
        let docs = Docs::of(Some(&info));
        assert_eq!(docs.at(&[6, 0]), "Says things.\n\nPolitely.\n\nOr not.");
        assert_eq!(docs.at(&[6, 1]), "");
        assert_eq!(Docs::of(None).at(&[6, 0]), "");
    }
}
