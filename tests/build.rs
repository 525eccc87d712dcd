//! Generates code for every `.proto` under `proto/`, and for those whose output `micro-codegen` holds as golden
//! files: what is golden compiles.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const DIRECTORIES: [&str; 3] = ["proto", "../micro-codegen/tests/golden/proto", "../proto"];

fn main() -> io::Result<()> {
    let mut builder = micro_codegen::builder();
    for directory in DIRECTORIES {
        // A file added later is seen as well.
        #[allow(clippy::print_stdout, reason = "cargo reads the standard output of build scripts")]
        {
            println!("cargo:rerun-if-changed={directory}");
        }
        let mut files = Vec::new();
        if Path::new(directory).is_dir() {
            find(Path::new(directory), &mut files)?;
        }
        files.sort();
        builder = files.iter().fold(builder.include(directory), |builder, file| builder.file(file));
    }
    builder.compile().unwrap();
    Ok(())
}

fn find(directory: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            find(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            files.push(path);
        }
    }
    Ok(())
}
