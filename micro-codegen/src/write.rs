//! Files on disk: written only when their content changed, since an untouched file keeps its time and cargo builds
//! nothing that does not need it; only over files that were written here, or by nobody; and whole or not at all.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::Result;
use crate::error::Error;

/// How the first line of every file begins that is written here. No other file is ever overwritten or deleted.
pub(crate) const MARK: &str = "// Made by micro-codegen ";

/// What stands where a file belongs.
pub(crate) enum Found {
    Nothing,
    /// The very content, but perhaps for the ends of its lines, which git may have changed.
    Same,
    /// Another content, which may be replaced.
    Other(String),
}

/// Looks at the file at `path`.
///
/// # Errors
///
/// When it was not written here, or cannot be read.
pub(crate) fn look(path: &Path, content: &str) -> Result<Found> {
    let current = match fs::read(path) {
        Ok(current) => current,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) => return Err(Error::new(format!("cannot read {}: {error}", path.display()))),
    };
    if current == content.as_bytes() {
        return Ok(Found::Same);
    }
    // There is nothing to lose in an empty file, and one holds the place of a module that is not made yet.
    if !current.is_empty() && !current.starts_with(MARK.as_bytes()) {
        let error = Error::new(format!("{} was not written by micro-codegen", path.display()));
        return Err(error.help("what others wrote is left alone: move it away, or choose another directory"));
    }
    let current = String::from_utf8_lossy(&current).replace("\r\n", "\n");
    Ok(if current == content { Found::Same } else { Found::Other(current) })
}

/// Makes `path` hold `content`, along with the directories above it.
pub(crate) fn if_changed(path: &Path, content: &str) -> Result<()> {
    if let Found::Same = look(path, content)? {
        return Ok(());
    }
    let failed = |why: String| Err(Error::new(format!("cannot write {}: {why}", path.display())));
    // Said also where the system would let it pass, as it lets root.
    if fs::metadata(path).is_ok_and(|file| file.permissions().readonly()) {
        return failed("it is read-only".to_owned());
    }
    // What it leads to, or would, is not known to have been written here.
    if fs::symlink_metadata(path).is_ok_and(|file| file.is_symlink()) {
        return failed("it is a symbolic link".to_owned());
    }
    replace(path, content).or_else(|error| failed(error.to_string()))
}

/// Puts a new file in place of what is at `path`, so that nobody ever finds, or is left with, a part of it.
fn replace(path: &Path, content: &str) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(directory)?;
    let mut builder = tempfile::Builder::new();
    // The mask of the process makes of it what it makes of any file; the default is for secrets.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.prefix(".micro-codegen-").tempfile_in(directory)?;
    file.write_all(content.as_bytes())?;
    if let Ok(current) = fs::metadata(path) {
        file.as_file().set_permissions(current.permissions())?;
    }
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Lists the files beside `path` that were written here and are not made any more.
pub(crate) fn leftovers(path: &Path) -> Result<Vec<PathBuf>> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let failed = |error: io::Error| Error::new(format!("cannot read {}: {error}", directory.display()));
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let other = entry.path();
        let is_file = entry.file_type().map_err(failed)?.is_file();
        if is_file && other.extension().is_some_and(|end| end == "rs") && other != path && is_marked(&other)?
        {
            found.push(other);
        }
    }
    found.sort();
    Ok(found)
}

/// Deletes what [`leftovers`] lists.
pub(crate) fn clear(path: &Path) -> Result<()> {
    for other in leftovers(path)? {
        fs::remove_file(&other)
            .map_err(|error| Error::new(format!("cannot delete {}: {error}", other.display())))?;
    }
    Ok(())
}

fn is_marked(path: &Path) -> Result<bool> {
    let content =
        fs::read(path).map_err(|error| Error::new(format!("cannot read {}: {error}", path.display())))?;
    Ok(content.starts_with(MARK.as_bytes()))
}
