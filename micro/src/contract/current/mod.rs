//! Committed contracts held against the code: what `assert_current!` calls.

mod diff;
mod file;
mod numbers;

#[cfg(test)]
mod tests;

use std::io;
use std::path::{Component, Path, PathBuf};

use crate::config;
use crate::message::options::FILE as OPTIONS_FILE;
use crate::service::link::Entry;
#[cfg(feature = "inventory")]
use crate::service::link_inventory::registrations;
#[cfg(not(feature = "inventory"))]
use crate::service::link_linkme::registrations;

use super::linked::{self, Linked, Text, is_of};

/// The file that a contract with options imports.
const OPTIONS: &str = micro_macros::options_proto!();

/// The variable that has contracts written.
const UPDATE: &str = "UPDATE_CONTRACT";

/// Holds the annotated blocks of a cargo package against the committed files. `built_in` is where the package was
/// compiled; cargo says where it is when the test runs.
///
/// # Panics
///
/// When they say different things, with the difference and the command that writes the files.
#[track_caller]
pub fn assert_current(package: &str, built_in: &str, place: &str) {
    let root = config::package_directory().unwrap_or_else(|| built_in.into());
    let table: Vec<Entry> = registrations().collect();
    let checked = config::asked(UPDATE)
        .map_err(|error| error.message().to_owned())
        .and_then(|update| check(&table, &Asked { package, root: &root, place, update }));
    if let Err(why) = checked {
        panic!("{why}");
    }
}

/// What a test asks for.
struct Asked<'a> {
    /// The cargo package.
    package: &'a str,
    /// Its directory.
    root: &'a Path,
    /// The directory of the contracts, or the one file, below `root`.
    place: &'a str,
    /// Whether what differs is written.
    update: bool,
}

/// A contract and the file it is committed in.
struct Compared {
    /// The file, below the package's directory.
    path: PathBuf,
    text: String,
    committed: Option<String>,
    /// What has another number than before.
    moved: Vec<String>,
}

impl Compared {
    fn read(asked: &Asked<'_>, path: PathBuf, text: Text) -> Result<Compared, String> {
        let committed =
            file::read(&asked.root.join(&path)).map_err(|why| format!("{} {why}", path.display()))?;
        let moved = committed.as_ref().map(|committed| numbers::moved(committed, &text.text));
        Ok(Compared { path, text: text.text, committed, moved: moved.unwrap_or_default() })
    }

    /// Looks for the file of our options where compilers of `contract` do. One that is there is whoever's it is: it may
    /// be of a later version.
    fn options(asked: &Asked<'_>, contract: &Path) -> Result<Option<Compared>, String> {
        let path = contract.with_file_name("").join(OPTIONS_FILE);
        let committed =
            file::read(&asked.root.join(&path)).map_err(|why| format!("{} {why}", path.display()))?;
        let missing = || Compared { path, text: OPTIONS.to_owned(), committed: None, moved: Vec::new() };
        Ok(committed.is_none().then(missing))
    }

    /// Compares by lines: how they end is for git to say.
    fn is_current(&self) -> bool {
        self.committed.as_ref().is_some_and(|committed| committed.lines().eq(self.text.lines()))
    }

    /// Says what keeps the file from being written, whoever asks for it.
    fn obstacles(&self) -> Vec<String> {
        let mut obstacles = self.moved.clone();
        if self.committed.as_ref().is_some_and(|committed| !file::is_ours(committed)) {
            obstacles.push(format!(
                "{} was not written by micro, which leaves the files of others alone; move it away first",
                self.path.display()
            ));
        }
        obstacles
    }

    fn difference(&self, package: &str) -> String {
        let path = self.path.display().to_string();
        let shown = diff::unified(
            (path.as_str(), self.committed.as_deref().unwrap_or_default()),
            ("what the code says", self.text.as_str()),
        );
        let what = match self.committed {
            Some(_) => format!("{path} is not what the code of `{package}` says"),
            None => format!("{path} is missing: the contract of `{package}` is not whole without it"),
        };
        let obstacles: String = self.obstacles().iter().map(|obstacle| format!("{obstacle}\n")).collect();
        format!("{what}\n\n{obstacles}{}{shown}", if obstacles.is_empty() { "" } else { "\n" })
    }
}

fn check(table: &[Entry], asked: &Asked<'_>) -> Result<(), String> {
    let package = asked.package;
    if !table.iter().any(|block| is_of(block, package)) {
        return Err(format!(
            "nothing annotated of the package `{package}` is linked into this test, so there is no contract to hold \
             against the code; in a test of its own crate write `use {} as _;`",
            package.replace('-', "_")
        ));
    }
    let Linked { files, options, .. } = linked::read(table, package).map_err(|error| format!("{error:?}"))?;
    let paths = paths(&files, asked.place)?;
    let known = paths.clone();
    let mut differing = Vec::new();
    if let (true, Some(contract)) = (options, paths.first()) {
        differing.extend(Compared::options(asked, contract)?);
    }
    for (path, text) in paths.into_iter().zip(files) {
        let compared = Compared::read(asked, path, text)?;
        if !compared.is_current() {
            differing.push(compared);
        }
    }
    let mut told = left_over(asked, &known)?;
    if asked.update {
        update(&differing, asked)?;
        differing.clear();
    }
    told.extend(differing.iter().map(|compared| compared.difference(package)));
    if told.is_empty() {
        return Ok(());
    }
    if !differing.is_empty() {
        told.push(format!(
            "To write what the code says, and read the difference before it is committed:\n\n    {UPDATE}=1 cargo test \
             -p {package}\n"
        ));
    }
    Err(told.join("\n"))
}

/// Says which file each contract is committed in.
fn paths(files: &[Text], place: &str) -> Result<Vec<PathBuf>, String> {
    let place = Path::new(place);
    let one_file = is_file(place);
    match files {
        [_] if one_file => Ok(vec![place.to_owned()]),
        [_, _, ..] if one_file => {
            let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
            Err(format!(
                "the code has several protobuf packages, each with a file of its own: {}; name their directory in \
                 place of {}",
                names.join(", "),
                place.display()
            ))
        }
        files => Ok(files.iter().map(|file| place.join(&file.name)).collect()),
    }
}

/// Says which files of ours in the directory of the contracts are of no package of the code any more: callers go on
/// compiling them, and a contract under a new name is held against none of them.
///
/// A directory outside of the package may be that of other packages too, so nothing is said of it.
fn left_over(asked: &Asked<'_>, known: &[PathBuf]) -> Result<Vec<String>, String> {
    let place = Path::new(asked.place);
    let is_inside = place.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if !is_inside || is_file(place) {
        return Ok(Vec::new());
    }
    let directory = asked.root.join(place);
    let ours =
        file::ours(&directory).map_err(|error| format!("{} cannot be read: {error}", place.display()))?;
    let left = ours.iter().filter(|path| !known.iter().any(|known| asked.root.join(known) == **path));
    let told = |path: &PathBuf| {
        format!(
            "{} is of no package of the code any more; delete it, or, where another test of `{}` writes it, give each \
             of the two a directory of its own: assert_current!(\"…\")\n",
            path.strip_prefix(asked.root).unwrap_or(path).display(),
            asked.package
        )
    };
    Ok(left.map(told).collect())
}

/// Tells whether a place is one file, and no directory.
fn is_file(place: &Path) -> bool {
    place.extension().is_some_and(|extension| extension == "proto")
}

/// Writes what differs, or nothing.
fn update(differing: &[Compared], asked: &Asked<'_>) -> Result<(), String> {
    let obstacles: Vec<String> = differing.iter().flat_map(Compared::obstacles).collect();
    if !obstacles.is_empty() {
        let moved = match differing.iter().any(|compared| !compared.moved.is_empty()) {
            true => {
                "\nWhere nobody calls by the old number, take the line of the field out of the file and run it again.\n"
            }
            false => "",
        };
        return Err(format!("no contract was written:\n\n{}\n{moved}", obstacles.join("\n")));
    }
    for compared in differing {
        let path = asked.root.join(&compared.path);
        file::write(&path, &compared.text)
            .map_err(|error| format!("cannot write {}: {}", path.display(), explained(&error)))?;
    }
    Ok(())
}

fn explained(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            format!(
                "{error}; {UPDATE}=1 is for a directory that can be written to, the tests alone need none"
            )
        }
        _ => error.to_string(),
    }
}
