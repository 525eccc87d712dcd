//! Contract files on disk: only ours are replaced, and never by half.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::contract::linked::MARK;

/// Reads what is committed; `None` where there is no file.
///
/// # Errors
///
/// What keeps it from being read. A file of bytes that are no text is not one of ours.
pub(super) fn read(path: &Path) -> Result<Option<String>, String> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            Err("is not UTF-8 text, so micro has not written it: move it away".to_owned())
        }
        Err(error) => Err(format!("cannot be read: {error}")),
    }
}

/// Tells whether a text begins as ours do.
pub(super) fn is_ours(text: &str) -> bool {
    text.starts_with(MARK)
}

/// Lists the `.proto` files in a directory that begin as ours do, sorted; none where there is no directory.
///
/// # Errors
///
/// What keeps the directory from being read. A file in it that cannot be read is not listed.
pub(super) fn ours(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut ours = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let is_proto = path.extension().is_some_and(|extension| extension == "proto");
        if is_proto && read(&path).is_ok_and(|text| text.is_some_and(|text| is_ours(&text))) {
            ours.push(path);
        }
    }
    ours.sort();
    Ok(ours)
}

/// Writes a file beside its place, and then puts it there: who reads it meanwhile has the old text or the new one.
///
/// # Errors
///
/// What keeps it from being written. The old file is still there then.
pub(super) fn write(path: &Path, text: &str) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(directory)?;
    // Two tests may write the same contract at once.
    let beside = directory.join(format!(".contract-{:016x}.tmp", fastrand::u64(..)));
    let written = fs::write(&beside, text).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // It may not even be there; what failed first is what counts.
        let _ = fs::remove_file(&beside);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::contract::linked::HEADER;

    #[test]
    fn a_file_is_replaced_whole_and_nothing_is_left_beside_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("deep/er/a.proto");
        assert_eq!(read(&path), Ok(None));
        write(&path, "one").unwrap();
        write(&path, "two").unwrap();
        assert_eq!(read(&path), Ok(Some("two".to_owned())));
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_cannot_be_put_there_leaves_nothing_behind() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.proto");
        fs::create_dir_all(path.join("in the way")).unwrap();
        assert!(write(&path, "text").is_err());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
        assert!(read(&path).unwrap_err().contains("cannot be read"));
    }

    #[test]
    fn only_what_begins_like_ours_is_ours() {
        assert!(
            is_ours(&format!("{HEADER}syntax = \"proto3\";\n")) && is_ours(&HEADER.replace('\n', "\r\n"))
        );
        assert!(is_ours("// Written by micro from annotated Rust, in the words of another version.\n"));
        assert!(!is_ours("syntax = \"proto3\";\n") && !is_ours(""));
        assert!(!is_ours("// Written by micro and then by hand.\n"));
    }
}
