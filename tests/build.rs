//! Generates code for every `.proto` under `proto/`, and for those whose output `micro-codegen` holds as
//! golden files: what is golden compiles. One of them is generated once more, for tonic as well.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const GOLDEN: &str = "../micro-codegen/tests/golden/proto";
const DIRECTORIES: [&str; 3] = ["proto", GOLDEN, "../proto"];

fn main() -> io::Result<()> {
    with_tonic();
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

/// Makes the tree of `tests/interop_tonic.rs`, apart from that of all others, whose tests need not compile
/// tonic's code.
fn with_tonic() {
    let out_dir = std::env::var_os("OUT_DIR").map(PathBuf::from).unwrap();
    let shop = Path::new(GOLDEN).join("shop/v1/shop.proto");
    micro_codegen::builder().file(shop).tonic(true).out_dir(out_dir.join("tonic")).compile().unwrap();
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
