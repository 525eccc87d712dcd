//! The comments of a file, found by what they stand on.

use std::collections::HashMap;

use prost_types::FileDescriptorProto;

/// The comments before declarations, by path.
#[derive(Debug)]
pub(super) struct Comments<'a>(HashMap<&'a [i32], &'a str>);

impl<'a> Comments<'a> {
    /// Collects the comments of a file.
    pub(super) fn of(file: &'a FileDescriptorProto) -> Comments<'a> {
        let locations = file.source_code_info.iter().flat_map(|info| &info.location);
        let comments =
            locations.filter_map(|place| Some((place.path.as_slice(), place.leading_comments.as_deref()?)));
        Comments(comments.collect())
    }

    /// Puts the comment on what is at `path` before its `statement`.
    pub(super) fn before(&self, path: &[i32], statement: &str) -> String {
        let comment = self.0.get(path).copied().unwrap_or_default();
        let mut text = String::with_capacity(comment.len() + statement.len());
        for line in comment.lines() {
            // A comment ends with its line, and some readers take more than a newline for the end of one.
            let line = line.replace(|letter: char| letter.is_control() && letter != '\t', " ");
            text.push_str(format!("//{line}").trim_end());
            text.push('\n');
        }
        text.push_str(statement);
        text
    }
}

/// Makes the path of a declaration within the one at `path`.
pub(super) fn below(path: &[i32], kind: i32, index: usize) -> Vec<i32> {
    // More than fit into an `i32` fit into no file.
    [path, &[kind, i32::try_from(index).unwrap_or(i32::MAX)]].concat()
}
