//! The front for `build.rs` and for tests: which files, from where, to where.

use std::collections::BTreeSet;
use std::env;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::Error;
use crate::source::Inputs;
use crate::tree::{self, Settings};
use crate::{Result, committed};

/// The variable by which `micro::include_proto!()` finds the tree of the package it stands in.
const VARIABLE: &str = "MICRO_CODEGEN";

/// The files that this process, a build script, has made.
static MADE: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// Options of a build. Setters never fail; [`compile`](Builder::compile) does.
#[derive(Clone, Debug)]
pub struct Builder {
    inputs: Inputs,
    out_dir: Option<PathBuf>,
    settings: Settings,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Builder { inputs: Inputs::default(), out_dir: None, settings: Settings::default() }
    }

    /// Adds a `.proto` file.
    pub fn file(mut self, path: impl AsRef<Path>) -> Self {
        self.inputs.files.push(path.as_ref().to_owned());
        self
    }

    /// Adds a directory in which imports are looked up, in the order given.
    ///
    /// Without any, it is for each file the nearest directory called `proto` above it
    /// (`proto` for `proto/greeter/v1/greeter.proto`), and the file's own directory when there is none.
    pub fn include(mut self, directory: impl AsRef<Path>) -> Self {
        self.inputs.includes.push(directory.as_ref().to_owned());
        self
    }

    /// Has `protoc` read the files. Default `false`: protox does, and nothing has to be installed.
    ///
    /// It is the program that the variable `PROTOC` names, else the one on the `PATH`. What is generated is the same, but for
    /// a comment `/* … */` at the end of a line: to protoc it belongs to what stands before it, to protox to what follows.
    pub fn protoc(mut self, yes: bool) -> Self {
        self.inputs.protoc = yes;
        self
    }

    /// Reads a descriptor set in place of `.proto` files: an encoded `google.protobuf.FileDescriptorSet`, as
    /// `protoc --include_imports --include_source_info --descriptor_set_out=…` and `buf build -o …` write it.
    ///
    /// The files to generate are those [named](Builder::file), by path or as they are imported, else all that the set
    /// holds. Without the set's source info, comments are lost, and errors do not say where. Of files in an edition, what
    /// proto3 has as well is taken; the rest is an error. A second call replaces the first.
    pub fn descriptor_set(mut self, path: impl AsRef<Path>) -> Self {
        self.inputs.set = Some(path.as_ref().to_owned());
        self
    }

    /// Sets the directory that gets `mod.rs`. Default `$OUT_DIR/micro`.
    ///
    /// One inside the package is for code that is committed; see [`assert_fresh`](Builder::assert_fresh).
    pub fn out_dir(mut self, directory: impl AsRef<Path>) -> Self {
        self.out_dir = Some(directory.as_ref().to_owned());
        self
    }

    /// Sets the path of the crate `micro` for a crate that renamed it. Default `::micro`.
    pub fn micro_path(mut self, path: impl Into<String>) -> Self {
        self.settings.micro = path.into();
        self
    }

    /// Adds tonic's own client and server of every service beside ours, in the modules `say_client` and `say_server` of
    /// the package, with the same messages. Default `false`.
    ///
    /// Needs the feature `tonic`, and the crates `tonic` and `tonic-prost`, of version 0.14, in the manifest of the crate
    /// that has the code. With the feature `tonic` of `micro`, `tonic::Status` and `micro::Error` are made of each other.
    ///
    /// ```text
    /// use proto::greeter::v1::{HelloRequest, say_client::SayClient, say_server::SayServer};
    ///
    /// // What is written for tonic answers on the port of a service, beside its handlers.
    /// let said = HttpService::of(SayServer::new(Greeter));
    /// micro::Service::new("greeter").http("/greeter.v1.Say/", said).handle(Ledger).run().await?;
    ///
    /// // A client of tonic calls what micro serves.
    /// let mut say = SayClient::connect("http://127.0.0.1:8080").await?;
    /// let reply = say.hello(HelloRequest { name: "Ann".into() }).await.map_err(micro::Error::from)?;
    /// ```
    ///
    /// What is mounted so is not announced under its contract: a typed client of ours calls it by address,
    /// `say.hello(request).to("127.0.0.1:8080")`.
    ///
    /// A method called like a function that every client of tonic has, `New` or `Connect`, is an error.
    pub fn tonic(mut self, yes: bool) -> Self {
        self.settings.tonic = yes;
        self
    }

    /// Leaves a custom option to other tools, by its full name: `.ignore_option("google.api.http")`.
    ///
    /// micro reads `google.api.http` and the options of package `micro` as addressed to itself. One that it does not
    /// [enforce](crate#options) yet is an error where it is set, in imported files too, until it is named here. For a
    /// contract with HTTP rules for a gateway that is right: micro makes no HTTP routes of them. One that it does enforce,
    /// named here, is not read. Options of other packages, such as `buf.validate.field`, are never read and need not be
    /// named.
    pub fn ignore_option(mut self, name: impl Into<String>) -> Self {
        self.settings.ignored.push(name.into());
        self
    }

    /// Writes the tree, if it changed, and tells cargo when to run again and where the tree is.
    ///
    /// There is one tree a package that `micro::include_proto!()` includes: a second call would replace the first, so it is
    /// refused. A call with [`out_dir`](Builder::out_dir) writes elsewhere, and no two of a build script to one place. What
    /// it writes outside of `OUT_DIR` is a module like any other; what it writes there is included when there is no tree
    /// without `out_dir`.
    ///
    /// A build script writes into `OUT_DIR` only. Code it is told to put elsewhere is held fresh, as
    /// [`check`](Builder::check) does it, and written only under `UPDATE_GENERATED=1 cargo build`.
    ///
    /// # Errors
    ///
    /// As [`compile`](crate::compile), and for a file in the way that was not written here: none such is overwritten.
    pub fn compile(self) -> Result<()> {
        let out_dir = env::var_os("OUT_DIR").map(PathBuf::from);
        let directory = match (&self.out_dir, &out_dir) {
            (Some(directory), _) => directory.clone(),
            (None, Some(out_dir)) => out_dir.join("micro"),
            (None, None) => {
                let error = Error::new("OUT_DIR is not set");
                return Err(error.help("call micro_codegen from build.rs, or set `.out_dir(…)`"));
            }
        };
        let target = absolute(&directory.join("mod.rs"))?;
        let once = self.out_dir.is_none() || is_build_script();
        if once {
            refuse_second(&MADE, &target)?;
        }
        let is_inside = out_dir.as_ref().is_some_and(|out_dir| target.starts_with(out_dir));
        let held = is_build_script() && !is_inside;
        if out_dir.is_some() {
            // Said before anything can fail, so that mending a file runs the script again.
            self.tell_inputs()?;
        }
        if held {
            // So does an edit of what is held, and a file that appears beside it.
            let places = [&target, &directory].into_iter();
            tell(places.map(|path| format!("cargo:rerun-if-changed={}", path.display())))?;
        }
        let (code, paths) = self.read_and_generate()?;
        if held {
            hold(&directory.join("mod.rs"), &code, "build")?;
        } else {
            committed::write(&target, &code)?;
        }
        if once {
            made(&MADE).insert(target.clone());
        }
        if let Some(out_dir) = &out_dir {
            // A tree that has its place by default is the one to include, whichever call comes last.
            let default = absolute(&out_dir.join("micro").join("mod.rs"))?;
            let included = is_inside && (target == default || !made(&MADE).contains(&default));
            let variable = included.then(|| format!("cargo:rustc-env={VARIABLE}={}", target.display()));
            let files = paths.iter().map(|path| format!("cargo:rerun-if-changed={}", path.display()));
            tell(files.chain(variable))?;
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

    /// Holds committed code against what would be made now. Nothing is written, whatever the environment says.
    ///
    /// # Errors
    ///
    /// Names the files that are stale, missing, or left there by an earlier version, with the command that mends it. As
    /// [`compile`](Builder::compile), and without an [`out_dir`](Builder::out_dir).
    pub fn check(&self) -> Result<()> {
        committed::check(&self.committed()?, &self.generate()?, &command("test"))
    }

    /// Holds committed code fresh, for a `#[test]`: [checks](Builder::check) it, or writes it when `UPDATE_GENERATED=1` is
    /// set, and then deletes what earlier versions wrote there, too. What others wrote is never touched.
    ///
    /// ```no_run
    /// micro_codegen::builder().file("proto/greeter.proto").out_dir("src/generated").assert_fresh();
    /// ```
    ///
    /// The code is a module like any other. The crate needs no build script, and nothing is written while it is packaged:
    ///
    /// ```text
    /// #[rustfmt::skip]
    /// mod generated;
    /// ```
    ///
    /// A test is compiled together with its crate, so one beside the code cannot bring it up to date once it does not
    /// compile. Where that is to be expected, put the test into a package of its own, with no dependency but
    /// `micro-codegen`.
    ///
    /// # Panics
    ///
    /// With the text of [`check`](Builder::check)'s error, or what keeps the code from being written.
    #[track_caller]
    pub fn assert_fresh(&self) {
        let held = self.committed().and_then(|target| hold(&target, &self.generate()?, "test"));
        if let Err(error) = held {
            panic!("{error}");
        }
    }

    /// Returns the file that is committed.
    fn committed(&self) -> Result<PathBuf> {
        match &self.out_dir {
            Some(directory) => Ok(directory.join("mod.rs")),
            None => {
                let error = Error::new("no code is committed: every build makes what lies in OUT_DIR");
                Err(error.help("set the directory that is committed, `.out_dir(\"src/generated\")`"))
            }
        }
    }

    fn read_and_generate(&self) -> Result<(String, Vec<PathBuf>)> {
        let source = self.inputs.read()?;
        let paths = source.paths();
        Ok((tree::generate(source, &self.settings)?, paths))
    }

    fn tell_inputs(&self) -> Result<()> {
        let files = self.inputs.watched().into_iter();
        let files = files.map(|path| format!("cargo:rerun-if-changed={}", path.display()));
        let variables = [Some(committed::UPDATE), self.inputs.variable()].into_iter().flatten();
        tell(files.chain(variables.map(|name| format!("cargo:rerun-if-env-changed={name}"))))
    }
}

/// Holds `target` fresh, or writes it when that is asked for; `cargo` is the subcommand that comes here.
fn hold(target: &Path, code: &str, cargo: &str) -> Result<()> {
    match committed::asked()? {
        true => committed::write(target, code),
        false => committed::check(target, code, &command(cargo)),
    }
}

/// Writes the cargo command that comes to this place again.
fn command(cargo: &str) -> String {
    match env::var("CARGO_PKG_NAME") {
        Ok(package) => format!("cargo {cargo} --package {package}"),
        Err(_) => format!("cargo {cargo}"),
    }
}

/// Tells whether this process is a build script: tests of a package that has one know its `OUT_DIR`, too.
fn is_build_script() -> bool {
    env::var_os("OUT_DIR").is_some() && env::var_os("CARGO_CFG_TARGET_ARCH").is_some()
}

fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path)
        .map_err(|error| Error::new(format!("cannot resolve {}: {error}", path.display())))
}

/// Refuses to make `target` once more.
fn refuse_second(files: &Mutex<BTreeSet<PathBuf>>, target: &Path) -> Result<()> {
    if !made(files).contains(target) {
        return Ok(());
    }
    let error = Error::new(format!(
        "a place has one tree, and this call would replace that of an earlier one, {}",
        target.display()
    ));
    Err(error.help(
        "name all files in one call, `micro_codegen::compile([\"a.proto\", \"b.proto\"])`, or give each call another \
         `.out_dir(…)`",
    ))
}

/// Locks what has been made; a panic elsewhere leaves it as it was.
fn made(files: &Mutex<BTreeSet<PathBuf>>) -> MutexGuard<'_, BTreeSet<PathBuf>> {
    files.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Prints lines for cargo, which reads the standard output of build scripts.
fn tell(lines: impl Iterator<Item = String>) -> Result<()> {
    let mut out = io::stdout().lock();
    for line in lines {
        writeln!(out, "{line}").map_err(|error| Error::new(format!("cannot talk to cargo: {error}")))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_tree_is_refused_with_the_mend() {
        let files = Mutex::new(BTreeSet::new());
        let target = Path::new("/out/micro/mod.rs");
        assert!(refuse_second(&files, target).is_ok());
        made(&files).insert(target.to_owned());
        let error = refuse_second(&files, target).unwrap_err().to_string();
        for part in ["one tree", "/out/micro/mod.rs", "in one call", ".out_dir("] {
            assert!(error.contains(part), "{part:?} is not in {error}");
        }
        assert!(refuse_second(&files, Path::new("/out/other/mod.rs")).is_ok());
    }
}
