//! A service as a process: flags, environment, logs, signals.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use micro::prelude::*;
use micro::registry::{Event, Handle, Local, Query, Watch};
use micro::{Client, Code};
use micro_tests::bell::Rang;
use micro_tests::kinds::{KindsClient, text};
use micro_tests::{Process, address, isolated};
use tokio::sync::mpsc;

fn child(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = isolated(env!("CARGO_BIN_EXE_service_child"), directory);
    command.args(arguments);
    command
}

/// Opens the registry that a child in `directory` uses by default.
async fn registry(directory: &Path) -> Result<Handle> {
    Ok(Local::open(directory.join("micro/registry")).await?.into())
}

async fn serve(directory: &Path, arguments: &[&str]) -> Result<(Process, Handle, KindsClient)> {
    let mut process = Process::spawn(&mut child(directory, arguments));
    process.wait_for("the address", |line| line.contains("serving").then(|| address(line)).flatten());
    let registry = registry(directory).await?;
    let client = Client::builder().registry(registry.clone()).open().await?;
    Ok((process, registry, KindsClient::new(&client)))
}

async fn until(watch: &mut Watch, what: &str, is: impl Fn(&Event) -> bool) {
    let seen = async {
        loop {
            match watch.next().await {
                Ok(event) if is(&event) => return,
                Ok(_) => {}
                Err(error) => panic!("waiting for {what}: {error:?}"),
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), seen)
        .await
        .unwrap_or_else(|_| panic!("no {what} within a minute"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_annotated_in_the_package_is_served_and_found_by_name() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let (process, registry, kinds) = serve(directory.path(), &["--zone", "eu-1"]).await?;
    assert_eq!(kinds.unary(text("hi")).await?.text, "hi");
    let nodes = registry.lookup(&Query::service("micro-tests")).await?;
    assert_eq!(nodes.len(), 1);
    assert_eq!((nodes[0].zone.as_str(), nodes[0].version.as_str()), ("eu-1", env!("CARGO_PKG_VERSION")));
    assert!(nodes[0].serves("tests.Kinds") && nodes[0].endpoints.len() >= 4);
    assert_eq!(nodes[0].wires, ["grpc", "json"]);
    assert!(nodes[0].addresses[0].is_loopback());
    process.terminate();
    process.success();
    assert!(registry.lookup(&Query::all()).await?.is_empty(), "it deregistered");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_terminated_service_announces_it_refuses_what_is_new_and_finishes_what_runs() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let (process, registry, kinds) = serve(directory.path(), &[]).await?;
    let (sender, requests) = Streaming::channel(1);
    sender.send(text("a")).await?;
    let mut replies = kinds.echo(requests).await?;
    assert_eq!(replies.next().await.expect("the call has begun")?.text, "a");
    let mut watch = registry.watch(&Query::service("micro-tests")).await?;
    process.terminate();
    until(&mut watch, "draining node", |event| match event {
        Event::Put(node) => node.is_draining(),
        Event::All(nodes) => nodes.iter().any(|node| node.is_draining()),
        _ => false,
    })
    .await;
    // Whoever comes now is told that nothing ran, as soon as the refusal has begun.
    let refused = async {
        loop {
            match kinds.unary(text("late")).await {
                Ok(_) => tokio::task::yield_now().await,
                Err(error) => return error,
            }
        }
    };
    let error = tokio::time::timeout(Duration::from_secs(60), refused).await.expect("it goes on serving");
    assert_eq!(error.code(), Code::Unavailable, "{error:?}");
    assert!(error.outcome().is_safe_to_retry(), "{error:?}");
    sender.send(text("b")).await?;
    assert_eq!(replies.next().await.expect("it goes on")?.text, "b");
    drop(sender);
    assert!(replies.next().await.is_none(), "it ends well");
    process.success();
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_signal_ends_the_process_at_once() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let (mut process, _, kinds) = serve(directory.path(), &["--drain=1h"]).await?;
    let mut replies = kinds.split(text("a,hang")).await?;
    assert_eq!(replies.next().await.expect("a word")?.text, "a");
    process.signal("INT");
    process.wait_for_line("told to stop");
    process.signal("INT");
    let (status, output) = process.wait();
    assert!(!status.success() && output.contains("second signal"), "{status}\n{output}");
    Ok(())
}

#[test]
fn help_lists_every_setting_and_ends_well() {
    let directory = tempfile::tempdir().unwrap();
    let output = Process::spawn(&mut child(directory.path(), &["--help"])).success();
    for part in
        ["--address", "MICRO_ADDRESS", "127.0.0.1:0", "--drain", "30s", "--registry", "local:", "MICRO_LOG"]
    {
        assert!(output.contains(part), "{part}: {output}");
    }
    let output = Process::spawn(&mut child(directory.path(), &["--version"])).success();
    assert_eq!(output.trim(), format!("micro-tests {}", env!("CARGO_PKG_VERSION")));
}

#[test]
fn bad_flags_and_variables_end_the_process_with_the_mend() {
    let directory = tempfile::tempdir().unwrap();
    let (status, output) = Process::spawn(&mut child(directory.path(), &["--adress=127.0.0.1:1"])).wait();
    assert_eq!(status.code(), Some(2), "{output}");
    assert!(output.contains("did you mean --address?"), "{output}");
    let (status, output) = Process::spawn(child(directory.path(), &[]).env("MICRO_DRAIN", "soon")).wait();
    assert_eq!(status.code(), Some(2), "{output}");
    assert!(
        output.contains("MICRO_DRAIN") && output.contains("`drain`") && output.contains("5s"),
        "{output}"
    );
    let (status, output) = Process::spawn(&mut child(directory.path(), &["--registry=etcd://h:1"])).wait();
    assert!(!status.success(), "{output}");
    assert!(output.contains("etcd") && output.contains("local:"), "{output}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logs_are_json_off_a_terminal_and_as_loud_as_told() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let mut process = Process::spawn(child(directory.path(), &[]).env("MICRO_LOG", "info"));
    let line = process.wait_for_line("serving");
    let event: serde_json::Value = serde_json::from_str(&line).expect("a line of JSON");
    assert_eq!((&event["level"], &event["service"]), (&"INFO".into(), &"micro-tests".into()), "{line}");
    process.terminate();
    process.success();

    let quiet = Process::spawn(child(directory.path(), &[]).env("MICRO_LOG", "off"));
    let registry = registry(directory.path()).await?;
    let mut watch = registry.watch(&Query::service("micro-tests")).await?;
    until(&mut watch, "node", |event| match event {
        Event::Put(_) => true,
        Event::All(nodes) => !nodes.is_empty(),
        _ => false,
    })
    .await;
    quiet.terminate();
    assert_eq!(quiet.success(), "");
    Ok(())
}

/// Hears who is at the door.
struct Porter(mpsc::UnboundedSender<String>);

#[micro::service(package = "tests")]
impl Porter {
    #[micro::subscriber(topic = "house.rang")]
    async fn on_rang(&self, rang: Rang) -> Result<()> {
        self.0.send(rang.door).map_err(|_| Error::internal("nobody listens"))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_program_published_arrives_although_it_has_ended() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let (heard, mut hearing) = mpsc::unbounded_channel();
    let porter = Service::new("porter").handle(Porter(heard)).registry(registry(directory.path()).await?);
    let porter = porter.start().await?;
    for _ in 0..5 {
        Process::spawn(&mut isolated(env!("CARGO_BIN_EXE_bell_child"), directory.path())).success();
        let rang = tokio::time::timeout(Duration::from_secs(60), hearing.recv()).await;
        assert_eq!(rang.expect("nobody rang").as_deref(), Some("front"));
    }
    porter.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_may_have_flags_of_its_own() -> Result<()> {
    let directory = tempfile::tempdir()?;
    // Behind `--`, beside ours.
    let (process, registry, _) =
        serve(directory.path(), &["--zone", "eu-1", "--", "--colour", "red"]).await?;
    assert_eq!(registry.lookup(&Query::service("micro-tests")).await?[0].zone, "eu-1");
    process.terminate();
    process.success();

    // Or all of them, even those that are called like ours.
    let mut command = isolated(env!("CARGO_BIN_EXE_own_flags_child"), directory.path());
    let mut process = Process::spawn(command.args(["--colour", "red", "--zone", "mine", "--help"]));
    process.wait_for("the address", |line| line.contains("serving").then(|| address(line)).flatten());
    let nodes = registry.lookup(&Query::service("own-flags")).await?;
    assert_eq!(nodes[0].metadata["arguments"], "--colour red --zone mine --help");
    assert_eq!(nodes[0].zone, "");
    process.terminate();
    process.success();
    Ok(())
}
