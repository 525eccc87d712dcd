//! The front for `build.rs`: which files, from where, to where.

use std::env;
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::Error;
use crate::{Result, source, tree, write};

/// The variable by which `micro::include_proto!()` finds the tree of the package it stands in.
const VARIABLE: &str = "MICRO_CODEGEN";

/// Whether this process, a build script, has written the tree that `micro::include_proto!()` finds.
static WRITTEN: AtomicBool = AtomicBool::new(false);

/// Options of a build. Setters never fail; [`compile`](Builder::compile) does.
#[derive(Clone, Debug)]
pub struct Builder {
    files: Vec<PathBuf>,
    includes: Vec<PathBuf>,
    out_dir: Option<PathBuf>,
    micro_path: String,
    ignored: Vec<String>,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Builder {
            files: Vec::new(),
            includes: Vec::new(),
            out_dir: None,
            micro_path: "::micro".to_owned(),
            ignored: Vec::new(),
        }
    }

    /// Adds a `.proto` file.
    pub fn file(mut self, path: impl AsRef<Path>) -> Self {
        self.files.push(path.as_ref().to_owned());
        self
    }

    /// Adds a directory in which imports are looked up, in the order given.
    ///
    /// Without any, it is for each file the nearest directory called `proto` above it
    /// (`proto` for `proto/greeter/v1/greeter.proto`), and the file's own directory when there is none.
    pub fn include(mut self, directory: impl AsRef<Path>) -> Self {
        self.includes.push(directory.as_ref().to_owned());
        self
    }

    /// Sets the directory that gets `mod.rs`. Default `$OUT_DIR/micro`.
    pub fn out_dir(mut self, directory: impl AsRef<Path>) -> Self {
        self.out_dir = Some(directory.as_ref().to_owned());
        self
    }

    /// Sets the path of the crate `micro` for a crate that renamed it. Default `::micro`.
    pub fn micro_path(mut self, path: impl Into<String>) -> Self {
        self.micro_path = path.into();
        self
    }

    /// Leaves a custom option to other tools, by its full name: `.ignore_option("google.api.http")`.
    ///
    /// micro reads `google.api.http` and the options of package `micro` as addressed to itself. It enforces none of
    /// them yet, so each is an error where it is set, in imported files too, until it is named here. For a contract
    /// with HTTP rules for a gateway that is right: micro makes no HTTP routes of them. Options of other packages,
    /// such as `buf.validate.field`, are never read and need not be named.
    pub fn ignore_option(mut self, name: impl Into<String>) -> Self {
        self.ignored.push(name.into());
        self
    }

    /// Writes the tree, if it changed, and tells cargo when to run again and where the tree is.
    ///
    /// There is one tree a package: a second call would replace the first, so it is refused. A call with
    /// [`out_dir`](Builder::out_dir) writes elsewhere and is not counted.
    ///
    /// # Errors
    ///
    /// As [`compile`](crate::compile).
    pub fn compile(self) -> Result<()> {
        let out_dir = match &self.out_dir {
            Some(directory) => directory.clone(),
            None => match env::var_os("OUT_DIR") {
                Some(directory) => PathBuf::from(directory).join("micro"),
                None => {
                    let error = Error::new("OUT_DIR is not set");
                    return Err(error.help("call micro_codegen from build.rs, or set `.out_dir(…)`"));
                }
            },
        };
        if self.out_dir.is_none() {
            refuse_second(&WRITTEN)?;
        }
        let in_build_script = env::var_os("OUT_DIR").is_some();
        if in_build_script {
            // Said before anything can fail, so that mending a file runs the script again.
            tell(self.files.iter().map(|file| format!("cargo:rerun-if-changed={}", file.display())))?;
        }
        let (code, paths) = self.read_and_generate()?;
        let target = out_dir.join("mod.rs");
        write::if_changed(&target, &code)?;
        if self.out_dir.is_none() {
            WRITTEN.store(true, Ordering::Relaxed);
        }
        if in_build_script {
            let target = std::path::absolute(&target)
                .map_err(|error| Error::new(format!("cannot resolve {}: {error}", target.display())))?;
            let files = paths.iter().map(|path| format!("cargo:rerun-if-changed={}", path.display()));
            tell(files.chain([format!("cargo:rustc-env={VARIABLE}={}", target.display())]))?;
        }
        Ok(())
    }

    /// Returns what [`compile`](Builder::compile) would write.
    ///
    /// # Errors
    ///
    /// As [`compile`](crate::compile).
    pub fn generate(&self) -> Result<String> {
        Ok(self.read_and_generate()?.0)
    }

    fn read_and_generate(&self) -> Result<(String, Vec<PathBuf>)> {
        let mut includes = self.includes.clone();
        if includes.is_empty() {
            for file in &self.files {
                let directory = default_include(file);
                if !includes.contains(&directory) {
                    includes.push(directory);
                }
            }
        }
        let source = source::read(&self.files, &includes)?;
        let paths = source.paths();
        Ok((tree::generate(source, &self.micro_path, &self.ignored)?, paths))
    }
}

/// Refuses to write the tree once more.
fn refuse_second(written: &AtomicBool) -> Result<()> {
    if !written.load(Ordering::Relaxed) {
        return Ok(());
    }
    let error = Error::new("a package has one tree, and this call would replace that of an earlier one");
    Err(error.help("name all files in one call: `micro_codegen::compile([\"a.proto\", \"b.proto\"])`"))
}

/// Prints lines for cargo, which reads the standard output of build scripts.
fn tell(lines: impl Iterator<Item = String>) -> Result<()> {
    let mut out = io::stdout().lock();
    for line in lines {
        writeln!(out, "{line}").map_err(|error| Error::new(format!("cannot talk to cargo: {error}")))?;
    }
    Ok(())
}

fn default_include(file: &Path) -> PathBuf {
    let own = match file.parent() {
        Some(directory) if !directory.as_os_str().is_empty() => directory,
        _ => Path::new("."),
    };
    own.ancestors()
        .find(|directory| matches!(directory.components().next_back(), Some(Component::Normal(name)) if name == "proto"))
        .unwrap_or(own)
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_tree_is_refused_with_the_mend() {
        let written = AtomicBool::new(false);
        assert!(refuse_second(&written).is_ok());
        written.store(true, Ordering::Relaxed);
        let error = refuse_second(&written).unwrap_err().to_string();
        assert!(error.contains("one tree") && error.contains("in one call"), "{error}");
    }

    #[test]
    fn imports_are_looked_up_from_the_nearest_proto_directory() {
        for (file, expected) in [
            ("proto/greeter.proto", "proto"),
            ("proto/greeter/v1/greeter.proto", "proto"),
            ("../proto/ledger/proto/ledger.proto", "../proto/ledger/proto"),
            ("api/greeter.proto", "api"),
            ("greeter.proto", "."),
        ] {
            assert_eq!(default_include(Path::new(file)), Path::new(expected), "{file}");
        }
    }
}
