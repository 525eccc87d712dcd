//! The test of a package: its contract against the baseline that is committed beside it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::config;
use crate::contract::descriptor_set;
use crate::contract::linked::is_of;
use crate::service::link::Entry;
#[cfg(feature = "inventory")]
use crate::service::link_inventory::registrations;
#[cfg(not(feature = "inventory"))]
use crate::service::link_linkme::registrations;

use super::allow::allow;
use super::bare::bare;
use super::{compare, lock};

/// The variable that asks for the baseline to be moved.
const UPDATE: &str = "UPDATE_CONTRACT_LOCK";

/// Fails a test when the contract of the package breaks callers of the baseline. The contract is what the annotated
/// services of the package that are linked into the test serve.
///
/// - `assert_compatible!()` compares with `proto/contract.lock`;
/// - `assert_compatible!("path/of/the.lock")` with another file, seen from the directory of the package's Cargo.toml;
/// - `allow = ["field-removed:ledger.v1.Entry.amount"]` after that lets breaks pass, each by its name.
///
/// `UPDATE_CONTRACT_LOCK=1 cargo test` writes the baseline in place of failing, when there is none or when nothing
/// breaks that is not allowed. Nothing else writes it.
///
/// # Panics
///
/// With one message a break; for permissions that allow nothing; when there is no baseline, or it is cut off,
/// corrupted, in conflict, or of a later version of micro; when no service of the package is linked into the test.
#[doc(hidden)]
#[macro_export]
macro_rules! __assert_compatible {
    () => {
        $crate::__assert_compatible!("proto/contract.lock", allow = [])
    };
    (allow = [$($allow:expr),* $(,)?] $(,)?) => {
        $crate::__assert_compatible!("proto/contract.lock", allow = [$($allow),*])
    };
    ($path:expr $(,)?) => {
        $crate::__assert_compatible!($path, allow = [])
    };
    ($path:expr, allow = [$($allow:expr),* $(,)?] $(,)?) => {
        $crate::__private::assert_compatible(
            ::core::env!("CARGO_PKG_NAME"),
            ::core::env!("CARGO_MANIFEST_DIR"),
            $path,
            &[$($allow),*],
        )
    };
}

/// Compares the linked services of a cargo package with the baseline at `path`. `built_in` is where the package was
/// compiled; cargo says where it is when the test runs.
///
/// # Panics
///
/// As the macro says.
#[track_caller]
pub fn assert_compatible(package: &str, built_in: &str, path: impl AsRef<Path>, allowed: &[&str]) {
    let directory = config::package_directory().unwrap_or_else(|| built_in.into());
    let baseline = Baseline {
        path: directory.join(&path),
        shown: path.as_ref().display().to_string(),
        command: format!("{UPDATE}=1 cargo test -p {package}"),
    };
    let held = config::asked(UPDATE)
        .map_err(|error| error.message().to_owned())
        .and_then(|update| baseline.hold(&current(package)?, allowed, update));
    if let Err(why) = held {
        panic!("{why}");
    }
}

/// Describes what the services of a package serve.
fn current(package: &str) -> Result<Vec<u8>, String> {
    let mut blocks: Vec<Entry> = registrations().filter(|block| is_of(block, package)).collect();
    // The linker has no order of its own; the file must not depend on it.
    blocks.sort_by_cached_key(|block| (block.contract(), block.place()));
    let set = descriptor_set(blocks.iter().flat_map(|block| block.specs()));
    let set = set.map_err(|error| format!("the contract cannot be described: {error:?}"))?;
    if set.contracts().is_empty() {
        return Err(format!(
            "no service of the package `{package}` that can be called is linked into this test, so there is no contract; put \
             the test into the package that annotates its services with #[micro::service], and write `use {} as _;` \
             when it stands under tests/",
            package.replace('-', "_")
        ));
    }
    bare(&set.encode()).map_err(|error| format!("the contract cannot be described: {error}"))
}

/// Where the baseline is, and what is said about it.
struct Baseline {
    path: PathBuf,
    /// The path as it was written, the same on every machine.
    shown: String,
    /// What makes or moves it.
    command: String,
}

impl Baseline {
    /// Compares; writes the file when that is asked for and allowed.
    fn hold(&self, now: &[u8], allowed: &[&str], update: bool) -> Result<(), String> {
        let Baseline { shown, command, .. } = self;
        let file = match fs::read(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound && update => return self.write(now),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(format!(
                    "there is no {shown}, which the contract is compared with; make and commit it: {command}"
                ));
            }
            Err(error) => return Err(format!("{shown} cannot be read: {error}")),
        };
        let old = lock::read(&file).map_err(|damage| format!("{shown} {damage}"))?;
        let breaks = compare(old, now).map_err(|error| format!("{shown}: {error:?}"))?;
        let (left, mut problems) = allow(breaks, allowed);
        problems.extend(left.iter().map(ToString::to_string));
        if problems.is_empty() {
            return if update && old != now { self.write(now) } else { Ok(()) };
        }
        if !left.is_empty() {
            problems.push(format!(
                "{} of the contract would break callers of {shown}. Mend them, or allow them by name in the macro of \
                 this test and then move the baseline: {command}",
                if left.len() == 1 { "1 change".to_owned() } else { format!("{} changes", left.len()) }
            ));
        }
        Err(format!("\n{}", problems.join("\n\n")))
    }

    fn write(&self, now: &[u8]) -> Result<(), String> {
        replace(&self.path, &lock::write(now))
            .map_err(|error| format!("{} cannot be written: {error}", self.shown))
    }
}

/// Writes a file beside its place and renames it, so that nobody finds half of one.
fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // Two tests may write the same baseline at once.
    let temporary = directory.join(format!(".{name}-{:016x}.tmp", fastrand::u64(..)));
    let written = fs::write(&temporary, content).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        _ = fs::remove_file(&temporary);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    use prost_types::field_descriptor_proto::Type::{Int64, String as Text};

    use crate::contract::breaking::sample::things;

    const ALLOWED: &str = "field-removed:store.v1.Thing.cents";

    /// A baseline that is not there yet, in a directory of its own.
    fn baseline() -> (tempfile::TempDir, Baseline) {
        let directory = tempfile::tempdir().unwrap();
        let baseline = Baseline {
            path: directory.path().join("proto/contract.lock"),
            shown: "proto/contract.lock".to_owned(),
            command: "UPDATE_CONTRACT_LOCK=1 cargo test -p store".to_owned(),
        };
        (directory, baseline)
    }

    fn first() -> Vec<u8> {
        things(&[("name", 1, Text), ("cents", 2, Int64)])
    }

    fn more() -> Vec<u8> {
        things(&[("name", 1, Text), ("cents", 2, Int64), ("place", 3, Text)])
    }

    fn less() -> Vec<u8> {
        things(&[("name", 1, Text)])
    }

    fn assert_says(result: Result<(), String>, texts: &[&str]) {
        let why = result.unwrap_err();
        for text in texts {
            assert!(why.contains(text), "{text:?} is not in: {why}");
        }
    }

    #[test]
    fn a_baseline_is_made_by_the_command_only() {
        let (directory, baseline) = baseline();
        let missing = baseline.hold(&first(), &[], false);
        assert_says(
            missing,
            &["there is no proto/contract.lock", "UPDATE_CONTRACT_LOCK=1 cargo test -p store"],
        );
        assert_eq!(
            fs::read_dir(directory.path()).unwrap().count(),
            0,
            "nothing is written without the command"
        );
        baseline.hold(&first(), &[], true).unwrap();
        baseline.hold(&first(), &[], false).unwrap();
        assert_eq!(lock::read(&fs::read(&baseline.path).unwrap()).unwrap(), first());
        let beside = fs::read_dir(directory.path().join("proto")).unwrap().count();
        assert_eq!(beside, 1, "what is written beside the file is gone");
    }

    #[test]
    fn what_is_added_is_free_and_moves_the_baseline_on_command() {
        let (_directory, baseline) = baseline();
        baseline.hold(&first(), &[], true).unwrap();
        baseline.hold(&more(), &[], false).unwrap();
        assert_eq!(lock::read(&fs::read(&baseline.path).unwrap()).unwrap(), first());
        baseline.hold(&more(), &[], true).unwrap();
        assert_eq!(lock::read(&fs::read(&baseline.path).unwrap()).unwrap(), more());
        assert_says(baseline.hold(&first(), &[], false), &["field-removed:store.v1.Thing.place"]);
    }

    #[test]
    fn a_break_stays_one_until_it_is_allowed_and_moved() {
        let (_directory, baseline) = baseline();
        baseline.hold(&first(), &[], true).unwrap();
        let told = ["1 change of the contract", "store.v1.Thing.cents", "old callers", ALLOWED];
        assert_says(baseline.hold(&less(), &[], false), &told);
        assert_says(baseline.hold(&less(), &[], true), &told);
        assert_eq!(lock::read(&fs::read(&baseline.path).unwrap()).unwrap(), first(), "it was not moved over");
        baseline.hold(&less(), &[ALLOWED], false).unwrap();
        baseline.hold(&less(), &[ALLOWED], true).unwrap();
        assert_says(baseline.hold(&less(), &[ALLOWED], false), &[ALLOWED, "remove it"]);
        baseline.hold(&less(), &[], false).unwrap();
    }

    #[test]
    fn a_damaged_baseline_is_told_and_never_written_over() {
        let (_directory, baseline) = baseline();
        baseline.hold(&first(), &[], true).unwrap();
        let whole = fs::read(&baseline.path).unwrap();
        let (short, mut changed) = (whole[..whole.len() - 1].to_vec(), whole.clone());
        *changed.last_mut().unwrap() ^= 1;
        let newer = String::from_utf8_lossy(&whole).replacen("lock 1 ", "lock 9 ", 1).into_bytes();
        for (damaged, text) in [
            (short, "is cut off"),
            (changed, "is corrupted"),
            (newer, "has format 9"),
            (b"<<<<<<< ours\n".to_vec(), "has the marks of a merge"),
            (Vec::new(), "is empty"),
            (lock::write(b"\x0a\x7f"), "no encoded google.protobuf.FileDescriptorSet"),
        ] {
            fs::write(&baseline.path, &damaged).unwrap();
            for update in [false, true] {
                assert_says(baseline.hold(&first(), &[], update), &["proto/contract.lock", text]);
                assert_eq!(fs::read(&baseline.path).unwrap(), damaged);
            }
        }
    }

    #[test]
    fn a_place_that_cannot_be_written_or_read_is_told() {
        let (directory, baseline) = baseline();
        // A file where the directory belongs, which no user may pass, root included.
        fs::write(directory.path().join("proto"), "").unwrap();
        assert_says(baseline.hold(&first(), &[], true), &["proto/contract.lock cannot be"]);
        fs::remove_file(directory.path().join("proto")).unwrap();
        fs::create_dir_all(&baseline.path).unwrap();
        assert_says(baseline.hold(&first(), &[], false), &["proto/contract.lock cannot be read"]);
        replace(&baseline.path, b"").unwrap_err();
        assert_eq!(
            fs::read_dir(directory.path().join("proto")).unwrap().count(),
            1,
            "half a file stays behind"
        );
    }

    #[test]
    fn a_package_without_services_has_nothing_to_compare() {
        let why = current("no-such-package").unwrap_err();
        assert!(why.contains("`no-such-package`") && why.contains("use no_such_package as _;"), "{why}");
    }
}
