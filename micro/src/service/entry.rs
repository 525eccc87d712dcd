//! What `#[micro::main]` runs: flags, logs, runtime, the user's function, its error.

use std::fmt::Debug;
use std::future::ready;
use std::pin::Pin;
use std::process::ExitCode;
use std::time::Duration;

use crate::broker;
use crate::client::Client;
use crate::config::{self, Settings, Sources};
use crate::contract;
use crate::error::Result;
use crate::layer::BoxFuture;
use crate::logs::{self, Ring};
use crate::metrics::{self, Prometheus};
use crate::otlp::{self, Otlp};
use crate::registry::{Defaults, Handle};

use super::Service;
use super::lifecycle::flush;

/// How long blocking work may hold the process up once `main` has returned.
const LINGER: Duration = Duration::from_secs(1);

/// The package `#[micro::main]` stands in.
#[derive(Clone, Copy, Debug)]
pub struct Package {
    /// Its name, as cargo spells it.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
}

/// Where what a program observes of itself goes.
#[derive(Clone, Debug, Default)]
pub struct Telemetry {
    pub(super) ring: Option<Ring>,
    pub(super) metrics: Option<Prometheus>,
    pub(super) otlp: Option<Otlp>,
}

impl Telemetry {
    /// Begins to export what a program without a service does. A service says itself who it is.
    fn start(&self, package: Package) {
        if let Some(otlp) = &self.otlp {
            otlp.start(package.name, package.version, "");
        }
    }
}

/// What the function marked `#[micro::main]` may take.
#[diagnostic::on_unimplemented(
    message = "`#[micro::main]` cannot pass a `{Self}`",
    label = "neither `micro::Service` nor `micro::Client`",
    note = "write `async fn main(service: micro::Service) -> Result<()>`, take a `micro::Client`, or take nothing"
)]
pub trait Start: Sized {
    /// Whether the command line is read. A program that takes nothing may have flags of its own.
    const READS_FLAGS: bool = true;

    /// Makes the argument.
    fn open(beginning: Beginning) -> BoxFuture<'static, Result<Self>>;

    /// Returns the broker that has to be waited for when the function has returned: what was published may still be
    /// on its way.
    fn broker(&self) -> Option<broker::Handle> {
        None
    }
}

impl Start for () {
    const READS_FLAGS: bool = false;

    fn open(beginning: Beginning) -> BoxFuture<'static, Result<Self>> {
        let Beginning { package, telemetry, .. } = beginning;
        telemetry.start(package);
        Box::pin(ready(Ok(())))
    }
}

impl Start for Service {
    fn open(beginning: Beginning) -> BoxFuture<'static, Result<Self>> {
        let Beginning { package, sources, telemetry } = beginning;
        Box::pin(async move {
            let metrics = metrics::automatic(&Settings::load(&sources)?);
            Ok(Service::automatic(package, sources, Telemetry { metrics, ..telemetry }))
        })
    }
}

impl Start for Client {
    fn open(beginning: Beginning) -> BoxFuture<'static, Result<Self>> {
        let Beginning { package, sources, telemetry } = beginning;
        Box::pin(async move {
            telemetry.start(package);
            let settings = Settings::load(&sources)?;
            let defaults = Defaults::new(settings.local_registry_dir.value);
            let registry = Handle::open(&settings.registry.value, &defaults).await?;
            Client::builder()
                .registry(registry)
                .broker_uri(settings.broker.value)
                .source(settings.name.value)
                .timeout(settings.timeout.value)
                .message_limit(settings.message_limit.value)
                .connect_timeout(settings.connect_timeout.value)
                .open()
                .await
        })
    }

    fn broker(&self) -> Option<broker::Handle> {
        Some(Client::broker(self).clone())
    }
}

/// What the function marked `#[micro::main]` may return.
#[diagnostic::on_unimplemented(
    message = "`#[micro::main]` cannot return `{Self}`",
    label = "neither `()` nor a `Result<(), E>`",
    note = "write `async fn main(service: micro::Service) -> micro::Result<()>`"
)]
pub trait Ending {
    /// Returns the text of the error, if it is one.
    fn failure(self) -> Option<String>;
}

impl Ending for () {
    fn failure(self) -> Option<String> {
        None
    }
}

impl<E: Debug> Ending for std::result::Result<(), E> {
    fn failure(self) -> Option<String> {
        self.err().map(|error| format!("{error:?}"))
    }
}

/// What a program begins with.
pub struct Beginning {
    package: Package,
    sources: Sources,
    telemetry: Telemetry,
}

/// How the user's function ended.
struct Ended {
    failure: Option<String>,
    broker: Option<broker::Handle>,
}

/// The user's function between its argument and its end, their types forgotten.
type Program = Box<dyn FnOnce(Beginning) -> Pin<Box<dyn Future<Output = Ended>>>>;

/// Runs a program.
// As little as can be is about the user's types: that part is compiled with every program, anew each time.
pub fn main<A, F, Fut>(package: Package, run: F) -> ExitCode
where
    A: Start + 'static,
    F: FnOnce(A) -> Fut + 'static,
    Fut: Future<Output: Ending> + 'static,
{
    let program = |beginning: Beginning| -> Pin<Box<dyn Future<Output = Ended>>> {
        Box::pin(async move {
            match A::open(beginning).await {
                Ok(argument) => {
                    let broker = argument.broker();
                    Ended { failure: run(argument).await.failure(), broker }
                }
                Err(error) => Ended { failure: Some(format!("{error:?}")), broker: None },
            }
        })
    };
    launch(package, A::READS_FLAGS, Box::new(program))
}

fn launch(package: Package, reads_flags: bool, program: Program) -> ExitCode {
    let mut sources = Sources::environment();
    if reads_flags {
        match sources.read_flags(Sources::arguments()) {
            Ok(None) => {}
            Ok(Some(request)) => return answer(request, package, &sources),
            Err(error) => return refuse(error.message()),
        }
    }
    let settings = match Settings::load(&sources) {
        Ok(settings) => settings,
        Err(error) => return refuse(error.message()),
    };
    let ring = settings.debug.value.then(|| Ring::new(settings.log_records.value));
    let otlp = match otlp::automatic(&settings) {
        Ok(otlp) => otlp,
        Err(error) => return refuse(error.message()),
    };
    if let Err(error) = logs::set_up(&settings.log.value, ring.as_ref(), otlp.as_ref()) {
        return refuse(error.message());
    }
    let telemetry = Telemetry { ring, metrics: None, otlp: otlp.clone() };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("cannot start the runtime: {error}")),
    };
    let failure = runtime.block_on(async {
        let Ended { failure, broker } = program(Beginning { package, sources, telemetry }).await;
        if let Some(broker) = broker {
            // As long as publishing may take.
            flush(&broker, settings.timeout.value).await;
        }
        if let Some(otlp) = &otlp {
            otlp.flush(LINGER).await;
        }
        failure
    });
    runtime.shutdown_timeout(LINGER);
    match failure {
        None => ExitCode::SUCCESS,
        Some(text) => fail(&text),
    }
}

#[allow(clippy::print_stdout, reason = "it was asked for")]
fn answer(request: config::Request, package: Package, sources: &Sources) -> ExitCode {
    match request {
        config::Request::Help => print!("{}", config::help(package.name, package.version, sources)),
        config::Request::Version => println!("{} {}", package.name, package.version),
        config::Request::Describe => match contract::describe(package.name) {
            Ok(text) => print!("{text}"),
            Err(error) => return fail(&format!("{error:?}")),
        },
    }
    ExitCode::SUCCESS
}

#[allow(clippy::print_stderr, reason = "logs may not be there yet, and a failing program says why")]
fn fail(text: &str) -> ExitCode {
    eprintln!("error: {text}");
    ExitCode::FAILURE
}

/// Ends a program that was started wrongly: exit code 2, as is the custom.
#[allow(clippy::print_stderr, reason = "logs are not there yet")]
fn refuse(text: &str) -> ExitCode {
    eprintln!("error: {text}");
    ExitCode::from(2)
}
