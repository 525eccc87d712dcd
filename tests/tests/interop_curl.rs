//! JSON by curl, over HTTP/1.1 and HTTP/2 on the same port that speaks gRPC.

use std::path::{Path, PathBuf};
use std::process::Command;

use micro_tests::{Process, address, example, isolated, tool};
use serde_json::{Value, json};

/// A greeter, a curl and the place of the greeter's registry.
struct Curl {
    curl: PathBuf,
    at: String,
    _server: Process,
    _registry: tempfile::TempDir,
}

/// What curl got: protocol version, status and body.
#[derive(Debug)]
struct Answer {
    version: String,
    status: u16,
    headers: String,
    body: String,
}

impl Answer {
    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl Curl {
    fn new(program: &str, arguments: &[&str], why: &str) -> Option<Curl> {
        let curl = tool("curl", why)?;
        let registry = tempfile::tempdir().unwrap();
        let mut server = Process::spawn(isolated(example(program), registry.path()).args(arguments));
        let at = server.wait_for("the address of the server", address);
        Some(Curl { curl, at, _server: server, _registry: registry })
    }

    fn run(&self, path: &str, arguments: &[&str]) -> Answer {
        self.run_in(Path::new("."), path, arguments)
    }

    fn run_in(&self, directory: &Path, path: &str, arguments: &[&str]) -> Answer {
        let mut command = Command::new(&self.curl);
        command.args(["-sS", "--max-time", "20", "-D", "/dev/stderr"]).args(arguments);
        command.args(["-w", "\n%{http_version} %{http_code}"]).arg(format!("http://{}{path}", self.at));
        let output = command.current_dir(directory).output().unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        let headers = String::from_utf8_lossy(&output.stderr).to_lowercase();
        let (body, tail) = stdout.rsplit_once('\n').unwrap_or_else(|| panic!("{stdout}{headers}"));
        let (version, status) = tail.split_once(' ').unwrap();
        let status = status.parse().unwrap();
        Answer { version: version.to_owned(), status, headers, body: body.to_owned() }
    }
}

/// Arguments that say the body is JSON, and `more`.
fn json_body<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["-H", "content-type: application/json"];
    arguments.extend_from_slice(more);
    arguments
}

fn greeter(why: &str) -> Option<Curl> {
    Curl::new("hello", &["serve", "127.0.0.1:0"], why)
}

#[test]
fn json_is_answered_over_both_versions_of_http() {
    let Some(curl) = greeter("JSON by curl") else { return };
    for (flag, version) in [("--http1.1", "1.1"), ("--http2-prior-knowledge", "2")] {
        let answer = curl.run("/greeter.v1.Say/Hello", &json_body(&[flag, "-d", r#"{"name":"Zoë"}"#]));
        assert_eq!((answer.version.as_str(), answer.status), (version, 200), "{answer:?}");
        assert_eq!(answer.json()["message"], "Hello Zoë");
        assert!(answer.headers.contains("content-type: application/json"), "{answer:?}");
    }
}

#[test]
fn an_error_carries_code_id_and_message() {
    let Some(curl) = greeter("JSON errors by curl") else { return };
    let answer = curl.run("/greeter.v1.Say/Hello", &json_body(&["-d", "{}"]));
    let error = answer.json();
    assert_eq!(answer.status, 400, "{answer:?}");
    assert_eq!(error["code"], "INVALID_ARGUMENT");
    assert_eq!(error["id"], "greeter");
    assert_eq!(error["message"], "name must not be empty");
}

#[test]
fn bad_input_is_refused_with_the_mend() {
    let Some(curl) = greeter("bad JSON input by curl") else { return };
    let hello = "/greeter.v1.Say/Hello";
    let directory = tempfile::tempdir().unwrap();
    let large = format!(r#"{{"name":"{}"}}"#, "x".repeat(5 << 20));
    std::fs::write(directory.path().join("large.json"), large).unwrap();

    for flag in ["--http1.1", "--http2-prior-knowledge"] {
        let post = |path: &str, body: &str| curl.run(path, &json_body(&[flag, "-d", body]));

        let answer = post("/greeter.v1.Say/Shout", "{}");
        assert_eq!(answer.status, 404, "{answer:?}");
        assert!(answer.body.contains(hello), "{answer:?}");

        let answer = post(hello, r#"{"name":3}"#);
        assert_eq!((answer.status, &answer.json()["code"]), (400, &json!("INVALID_ARGUMENT")), "{answer:?}");
        assert!(answer.body.contains("greeter.v1.HelloRequest"), "{answer:?}");

        let answer = curl.run(hello, &[flag, "-d", "{}"]);
        assert_eq!(answer.status, 415, "{answer:?}");
        assert!(answer.body.contains("application/json"), "{answer:?}");

        let answer = curl.run(hello, &[flag]);
        assert_eq!(answer.status, 405, "{answer:?}");
        assert!(answer.headers.contains("allow: post"), "{answer:?}");
    }
    // HTTP/1.1 only: curl 7.88 takes the reset that follows a whole answer (RFC 9113, 8.1) for a failure.
    let body = json_body(&["--http1.1", "--data-binary", "@large.json"]);
    let answer = curl.run_in(directory.path(), hello, &body);
    assert_eq!(answer.status, 413, "{answer:?}");
}

#[test]
fn a_code_first_service_speaks_canonical_json() {
    let Some(curl) = Curl::new("ledger", &[], "JSON of a code-first service by curl") else { return };
    let entry = r#"{"account":"ann","cents":"9007199254740993","at":"2024-02-29T12:00:00.5Z"}"#;
    let answer = curl.run("/ledger.Ledger/Post", &json_body(&["-d", entry]));
    assert_eq!(
        answer.json(),
        json!({"account": "ann", "cents": "9007199254740993", "entries": 1}),
        "{answer:?}"
    );
    let answer = curl.run("/ledger.Ledger/Total", &json_body(&["-d", r#"{"account":"bob"}"#]));
    assert_eq!((answer.status, &answer.json()["code"]), (404, &json!("NOT_FOUND")), "{answer:?}");
}
