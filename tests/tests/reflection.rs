//! Foreign tools that know no contract: they list, describe and call what is served by what reflection tells them.

use std::path::{Path, PathBuf};
use std::process::Command;

use micro_tests::http::exchange;
use micro_tests::kinds::{Kinds, start};
use micro_tests::{Process, address, example, grpcurl, isolated, python, workspace};

/// An example program that serves, and the place of its registry.
struct Served {
    at: String,
    _server: Process,
    _registry: tempfile::TempDir,
}

impl Served {
    fn hello() -> Served {
        Served::of("hello", &["serve", "127.0.0.1:0"])
    }

    fn ledger() -> Served {
        Served::of("ledger", &[])
    }

    fn of(program: &str, arguments: &[&str]) -> Served {
        let registry = tempfile::tempdir().unwrap();
        let mut server = Process::spawn(isolated(example(program), registry.path()).args(arguments));
        let at = server.wait_for("the address of the server", address);
        Served { at, _server: server, _registry: registry }
    }

    fn python(&self, python: &Path, which: &str) {
        let mut command = Command::new(python);
        command.arg(workspace().join("tests/interop/reflection.py")).args([&self.at, which]);
        let output = Process::spawn(&mut command).success();
        assert!(output.contains("all four kinds answered"), "{output}");
    }
}

/// grpcurl against one server.
struct Grpcurl {
    tool: PathBuf,
    served: Served,
}

impl Grpcurl {
    /// Runs it with `flags` before the address and `what` after it; returns its output with spaces made one.
    fn run(&self, flags: &[&str], what: &[&str]) -> String {
        let mut command = Command::new(&self.tool);
        command.args(["-plaintext", "-max-time", "20"]).args(flags).arg(&self.served.at).args(what);
        let output = command.output().unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        let (said, failed) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{command:?}\n{said}\n{failed}");
        said.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn call(&self, method: &str, messages: &str) -> String {
        self.run(&["-d", messages], &[method])
    }
}

#[test]
fn python_calls_a_contract_first_service_by_reflection_alone() {
    let Some(python) = python("Python's reflection client against a contract-first service") else { return };
    Served::hello().python(&python, "hello");
}

#[test]
fn python_calls_a_code_first_service_by_reflection_alone() {
    let Some(python) = python("Python's reflection client against a code-first service") else { return };
    Served::ledger().python(&python, "ledger");
}

#[test]
fn grpcurl_lists_describes_and_calls_a_contract_first_service() {
    let Some(tool) = grpcurl("grpcurl against a contract-first service") else { return };
    let grpcurl = Grpcurl { tool, served: Served::hello() };
    let listed = grpcurl.run(&[], &["list"]);
    for service in ["greeter.v1.Say", "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"] {
        assert!(listed.split(' ').any(|name| name == service), "{service}: {listed}");
    }
    let methods = grpcurl.run(&[], &["list", "greeter.v1.Say"]);
    assert_eq!(methods, "greeter.v1.Say.Chat greeter.v1.Say.Count greeter.v1.Say.Hello greeter.v1.Say.Sum");
    let described = grpcurl.run(&[], &["describe", "greeter.v1.Say"]);
    for text in [
        "rpc Chat ( stream .greeter.v1.Line ) returns ( stream .greeter.v1.Line );",
        "rpc Count ( .greeter.v1.CountRequest ) returns ( stream .greeter.v1.Number ) { option idempotency_level = \
         NO_SIDE_EFFECTS; }",
        "rpc Hello ( .greeter.v1.HelloRequest ) returns ( .greeter.v1.HelloReply );",
        "rpc Sum ( stream .greeter.v1.Number ) returns ( .greeter.v1.Number );",
    ] {
        assert!(described.contains(text), "{text}: {described}");
    }
    assert!(grpcurl.call("greeter.v1.Say/Hello", r#"{"name":"Zoë"}"#).contains(r#""message": "Hello Zoë""#));
    let counted = grpcurl.call("greeter.v1.Say/Count", r#"{"to":2}"#);
    assert_eq!(counted, r#"{ "value": "1" } { "value": "2" }"#);
    assert_eq!(grpcurl.call("greeter.v1.Say/Sum", r#"{"value":1}{"value":2}"#), r#"{ "value": "3" }"#);
    let lines = grpcurl.call("greeter.v1.Say/Chat", r#"{"text":"rain"}{"text":"sun"}"#);
    assert_eq!(lines, r#"{ "text": "rain, you say?" } { "text": "sun, you say?" }"#);
    let health = grpcurl.call("grpc.health.v1.Health/Check", r#"{"service":"greeter.v1.Say"}"#);
    assert_eq!(health, r#"{ "status": "SERVING" }"#);
}

#[test]
fn grpcurl_lists_describes_and_calls_a_code_first_service() {
    let Some(tool) = grpcurl("grpcurl against a code-first service") else { return };
    let grpcurl = Grpcurl { tool, served: Served::ledger() };
    let listed = grpcurl.run(&[], &["list"]);
    assert!(listed.split(' ').any(|name| name == "ledger.Ledger"), "{listed}");
    let described = grpcurl.run(&[], &["describe", "ledger.Ledger"]);
    for text in [
        "// Posts one entry and returns the new balance. rpc Post ( .ledger.Entry ) returns ( .ledger.Balance );",
        "rpc Total ( .ledger.AccountRequest ) returns ( .ledger.Balance ) { option idempotency_level = \
         NO_SIDE_EFFECTS; }",
        "rpc Import ( stream .ledger.Entry ) returns ( .ledger.Imported );",
        "rpc Follow ( stream .ledger.Entry ) returns ( stream .ledger.Balance );",
    ] {
        assert!(described.contains(text), "{text}: {described}");
    }
    let entry = grpcurl.run(&[], &["describe", "ledger.Entry"]);
    for text in ["string account = 1;", "int64 cents = 2;", "optional string memo = 3;", ".Timestamp at = 4;"]
    {
        assert!(entry.contains(text), "{text}: {entry}");
    }
    let posted = grpcurl.call("ledger.Ledger/Post", r#"{"account":"ann","cents":"9007199254740993"}"#);
    assert_eq!(posted, r#"{ "account": "ann", "cents": "9007199254740993", "entries": 1 }"#);
    let imported =
        grpcurl.call("ledger.Ledger/Import", r#"{"account":"bob","cents":1}{"account":"bob","cents":2}"#);
    assert_eq!(imported, r#"{ "entries": 2, "cents": { "bob": "3" } }"#);
    let statement = grpcurl.call("ledger.Ledger/Statement", r#"{"account":"bob"}"#);
    assert_eq!(statement.matches(r#""account": "bob""#).count(), 2, "{statement}");
    let followed =
        grpcurl.call("ledger.Ledger/Follow", r#"{"account":"eve","cents":1}{"account":"eve","cents":1}"#);
    assert_eq!(followed.matches(r#""account": "eve""#).count(), 2, "{followed}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_setting_switches_reflection_off() -> micro::Result<()> {
    let service = micro::Service::new("kinds").handle(Kinds).setting("reflection", false);
    let (service, _client) = start(service).await?;
    let at = service.local_addr().expect("a service that runs has a port");
    for version in ["v1", "v1alpha"] {
        let path = format!("/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo");
        let answer = exchange(at, "POST", &path, &["content-type: application/grpc"], b"").await;
        assert!(answer.head.contains("grpc-status: 12"), "{answer:?}");
    }
    service.stop().await
}
