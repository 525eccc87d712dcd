//! The programs of these tests on one host: services, and what follows the registry.

use std::path::{Path, PathBuf};
use std::process::Command;

use micro_tests::netns::Host;
use micro_tests::{Process, workspace};

/// A host with a directory of its own for what `local:` keeps.
pub(crate) struct Place<'a> {
    host: &'a Host,
    directory: tempfile::TempDir,
}

impl<'a> Place<'a> {
    pub(crate) fn on(host: &'a Host) -> Self {
        Place { host, directory: tempfile::tempdir().unwrap() }
    }

    /// A directory that nobody else uses.
    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The machine itself.
    pub(crate) fn host(&self) -> &Host {
        self.host
    }

    /// A command that runs `program` here.
    pub(crate) fn command(&self, program: impl AsRef<Path>) -> Command {
        self.host.command(program, self.directory())
    }

    /// A Python script of these tests, which leaves nothing behind in the sources.
    pub(crate) fn script(&self, python: &Path, name: &str) -> Command {
        let mut command = self.command(python);
        command.arg("-B").arg(scripts().join(name));
        command
    }

    /// A service with the registry that a service has by default.
    pub(crate) fn default_service(&self, name: &str) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_service_child"));
        command.args(["--name", name]).env_remove("MICRO_REGISTRY");
        command
    }

    /// A service on `ip` that is announced in `registry`.
    pub(crate) fn service(&self, name: &str, registry: &str, ip: &str) -> Command {
        let address = if ip.contains(':') { format!("[{ip}]:0") } else { format!("{ip}:0") };
        let mut command = self.default_service(name);
        command.args(["--registry", registry, "--address", &address, "--insecure"]);
        command
    }
}

fn scripts() -> PathBuf {
    workspace().join("tests/tests/registry_mdns")
}

/// A service that has been announced.
pub(crate) struct Served {
    pub(crate) process: Process,
    pub(crate) id: String,
    /// `host:port`, as it is announced.
    pub(crate) address: String,
}

/// Starts a service and waits until it says that it serves.
pub(crate) fn serve(command: &mut Command) -> Served {
    let mut process = Process::spawn(command);
    let (id, address) = process.wait_for("the service to serve", |line| {
        let event: serde_json::Value = serde_json::from_str(line).ok()?;
        let field = |name: &str| event[name].as_str().map(str::to_owned);
        (field("message")? == "serving").then_some((field("node")?, field("address")?))
    });
    Served { process, id, address }
}

/// A process that follows everything its registry tells.
pub(crate) struct Watcher {
    process: Process,
}

impl Watcher {
    /// Starts one and waits until it knows what there is.
    pub(crate) fn start(place: &Place<'_>, uri: &str) -> Watcher {
        let mut command = place.command(env!("CARGO_BIN_EXE_discovery_child"));
        command.arg(uri).arg(place.directory().join("micro/registry"));
        let mut process = Process::spawn(&mut command);
        process.wait_for_line("watching");
        Watcher { process }
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Waits until it sees the node and returns the line that says so.
    pub(crate) fn put(&mut self, id: &str) -> String {
        self.process.wait_for_line(&format!("put {id} "))
    }

    /// Waits until it sees the node leave.
    pub(crate) fn gone(&mut self, id: &str) {
        let line = format!("gone {id}");
        self.process.wait_for(&line, |seen| (seen == line).then_some(()));
    }

    /// Gives an order and returns the answer, which begins with `answer`.
    pub(crate) fn ask(&mut self, order: &str, answer: &str) -> String {
        self.process.say(order);
        let begins =
            |line: &str| (line.starts_with(answer) || line.starts_with("refused")).then(|| line.to_owned());
        self.process.wait_for(order, begins)
    }

    /// Everything it said while it was waited for.
    pub(crate) fn output(&self) -> String {
        self.process.output()
    }
}
