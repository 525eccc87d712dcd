//! `cargo xtask test`: every check there is, in the order in which a failure is cheapest to find.

use crate::python;
use crate::steps::{Steps, exists};

/// What the command line asked for.
#[derive(Clone, Copy, Default)]
pub(crate) struct Options {
    require_all: bool,
    quick: bool,
}

impl Options {
    /// Reads the options after `test`.
    ///
    /// # Errors
    ///
    /// For an option that is not known.
    pub(crate) fn parse(arguments: &[&str]) -> Result<Options, String> {
        let mut options = Options::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            match *argument {
                "--quick" => options.quick = true,
                "--require=all" => options.require_all = true,
                "--require" if rest.next() == Some(&"all") => options.require_all = true,
                other => return Err(format!("unknown option {other:?}\n\n{}", crate::USAGE)),
            }
        }
        if options.quick && options.require_all {
            return Err("--quick leaves things out, --require all forbids that".to_owned());
        }
        Ok(options)
    }
}

/// Every feature of `micro` that changes what is compiled, on top of what the workspace's tests turn on.
const FEATURE_RUNS: [&str; 3] = [
    // Nothing but the defaults, as a first user has it.
    "test --package micro --lib",
    // The generator without tonic's code.
    "test --package micro-codegen",
    // The other way of collecting annotated services has to pass the same tests.
    "test --package micro-tests --features inventory --test mounting --test mounting_init --test mounting_unmade \
     --test service_process",
];

/// Runs everything.
///
/// # Errors
///
/// When a step failed, or was not run although everything was required.
pub(crate) fn run(options: Options) -> Result<(), String> {
    let mut steps = Steps::default();
    steps.cargo("fmt --all --check");
    steps.cargo("clippy --workspace --all-targets -- -D warnings");
    if !options.quick {
        steps.cargo("clippy --package micro --all-features --all-targets -- -D warnings");
    }

    match python::prepare(&mut steps) {
        Ok(python) => steps.set("MICRO_TEST_PYTHON", python.display().to_string()),
        Err(why) => steps.not_run("foreign-client tests (Python grpcio) and JSON against json_format", &why),
    }
    for (tool, what) in [
        ("avahi-browse", "discovery beside avahi"),
        ("curl", "JSON over HTTP by curl"),
        ("dbus-daemon", "discovery beside avahi"),
        ("go", "foreign-client tests (Go's grpc-go, grpcurl)"),
        ("node", "foreign-client tests (Node's grpc-js)"),
        ("npm", "foreign-client tests (Node's grpc-js)"),
        ("protoc", "protoc-gen-micro under Debian's protoc, Go's stubs"),
        ("unshare", "discovery across network namespaces"),
    ] {
        if !exists(tool) {
            steps.not_run(what, &format!("{tool} is missing"));
        }
    }
    if options.require_all {
        steps.set("MICRO_TEST_REQUIRE", "all");
    }

    // Library, binary, integration, UI, golden, architecture, end-to-end, foreign-client and doc tests.
    steps.cargo("test --workspace --no-fail-fast");
    if !options.quick {
        for arguments in FEATURE_RUNS {
            steps.cargo(arguments);
        }
        steps.cargo("test --package micro --all-features --no-fail-fast");
        // What other systems use to watch the local registry's directory, on this one.
        let mut portable =
            std::process::Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        portable.args([
            "test",
            "--package",
            "micro",
            "--lib",
            "--target-dir",
            "target/portable",
            "registry::local",
        ]);
        portable.env("RUSTFLAGS", "--cfg micro_portable_watch");
        steps.run("cargo test --package micro --lib registry::local (portable watch)", portable);
    }
    steps.finish(options.require_all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_and_unknown_ones_refused() {
        let options = Options::parse(&["--require", "all"]).unwrap();
        assert!(options.require_all && !options.quick);
        assert!(Options::parse(&["--require=all"]).unwrap().require_all);
        assert!(Options::parse(&["--require", "some"]).is_err());
        assert!(Options::parse(&["--fast"]).is_err());
        assert!(Options::parse(&["--quick", "--require=all"]).is_err());
    }
}
