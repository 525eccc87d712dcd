//! What a method adds to the generated code: three lines on each side, whatever its kind and its names.

use std::fmt::Write as _;
use std::fs;

const KINDS: [(&str, &str); 4] = [("", ""), ("", "stream "), ("stream ", ""), ("stream ", "stream ")];

/// Generates a service of so many methods with long names. Returns how many lines of code the trait with its rows has,
/// and how many the client.
fn lines(methods: usize) -> (usize, usize) {
    let mut proto =
        "syntax = \"proto3\";\npackage budget.v1;\nmessage RequestWithALongName {}\nmessage ReplyWithALongName {}\n\
         service Budget {\n"
            .to_owned();
    for (index, (request, reply)) in (0..methods).zip(KINDS.into_iter().cycle()) {
        let name = format!("AMethodWhoseNameSaysAtLengthWhatItIsFor{index}");
        writeln!(
            proto,
            "  // Says (what) \"it\" does.\n  rpc {name}({request}RequestWithALongName) returns ({reply}ReplyWithALongName) \
             {{ option idempotency_level = NO_SIDE_EFFECTS; }}"
        )
        .unwrap();
    }
    proto.push_str("}\n");
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("budget.proto");
    fs::write(&file, proto).unwrap();

    let code = micro_codegen::builder().file(file).generate().unwrap();
    let (_, service) = code.split_once("pub trait Budget").unwrap();
    let (server, client) = service.split_once("pub struct BudgetClient").unwrap();
    let count = |text: &str| {
        let is_code = |line: &&str| !line.trim().is_empty() && !line.trim().starts_with("//");
        text.lines().filter(is_code).count()
    };
    (count(server), count(client))
}

#[test]
fn a_method_adds_three_lines_a_side() {
    let ((server, client), (more_server, more_client)) = (lines(4), lines(104));
    assert!(
        more_server - server <= 3 * 100,
        "a method adds {} lines to the server",
        (more_server - server) / 100
    );
    assert!(
        more_client - client <= 3 * 100,
        "a method adds {} lines to the client",
        (more_client - client) / 100
    );
    assert!(more_server > server && more_client > client, "nothing is counted");
}
