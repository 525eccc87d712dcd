//! Files are written only when their content changed: an untouched file keeps its time, so cargo builds nothing
//! that does not need it.

use std::fs;
use std::path::Path;

use crate::Result;
use crate::error::Error;

/// Makes `path` hold `content`, along with the directories above it.
pub(crate) fn if_changed(path: &Path, content: &str) -> Result<()> {
    if fs::read(path).is_ok_and(|current| current == content.as_bytes()) {
        return Ok(());
    }
    let result = match path.parent() {
        Some(directory) => fs::create_dir_all(directory).and_then(|()| fs::write(path, content)),
        None => fs::write(path, content),
    };
    result.map_err(|error| Error::new(format!("cannot write {}: {error}", path.display())))
}
