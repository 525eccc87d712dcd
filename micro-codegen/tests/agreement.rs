//! Where protox and protoc differ in what they make of the same text: it is evened out, and the code is the same.

mod tools;

use std::fs;
use std::path::PathBuf;

use micro_codegen::Builder;

/// A file in a directory of its own, which is deleted with it.
struct Proto(#[allow(dead_code, reason = "kept for its drop")] tempfile::TempDir, PathBuf);

impl Proto {
    fn new(content: impl AsRef<[u8]>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("odd.proto");
        fs::write(&path, content).unwrap();
        Proto(directory, path)
    }

    fn builder(&self) -> Builder {
        micro_codegen::builder().file(&self.1)
    }
}

/// Generates the code of `content` by protox, and by protoc if it is there: it must be the same.
fn code(content: &str) -> String {
    let proto = Proto::new(content);
    let by_protox = proto.builder().generate().unwrap();
    if tools::protoc("protoc beside protox").is_some() {
        let by_protoc = proto.builder().protoc(true).generate().unwrap();
        let differs = by_protox.lines().zip(by_protoc.lines()).find(|(protox, protoc)| protox != protoc);
        assert!(by_protox == by_protoc, "protox and protoc differ: {differs:?}");
    }
    by_protox
}

#[test]
fn what_stands_behind_a_method_with_a_block_is_no_documentation() {
    let code = code(
        "syntax = \"proto3\";
package odd.v1;
message A {} // Behind a message.
service Odd { // Within a service.
  rpc P(A) returns (A); // Behind one that ends at once.
  rpc M(A) returns (A) {} // Behind an empty block.
  // Above a block.
  rpc R(A) returns (A) { // Within a block.
  }
  rpc Q(A) returns (A) { option deprecated = true; } // Behind a block.
}
",
    );
    for kept in ["Within a service.", "Behind one that ends at once.", "Above a block."] {
        assert!(code.contains(kept), "{kept:?} is not in {code}");
    }
    for lost in ["Behind a message.", "Behind an empty block.", "Within a block.", "Behind a block."] {
        assert!(!code.contains(lost), "{lost:?} is in {code}");
    }
}

#[test]
fn a_comment_that_is_not_utf_8_is_found_in_whatever_file_it_stands() {
    if tools::protoc("protoc beside protox").is_none() {
        return;
    }
    let import = b"syntax = \"proto3\";\npackage odd.v1;\n// caf\xe9\nmessage Odd {}\n";
    let proto = Proto::new(import);
    let top = proto.1.with_file_name("top.proto");
    fs::write(&top, "syntax = \"proto3\";\nimport \"odd.proto\";\n").unwrap();
    for file in [&proto.1, &top] {
        for by_protoc in [true, false] {
            let builder = micro_codegen::builder().file(file).protoc(by_protoc);
            let error = builder.generate().unwrap_err().to_string();
            for part in ["not UTF-8", "odd.proto:3:7", "save it as UTF-8"] {
                assert!(error.contains(part), "{part:?} is not in {error}");
            }
        }
    }
}

#[test]
fn defaults_that_are_no_whole_numbers_are_written_one_way() {
    let code = code(
        "syntax = \"proto2\";
package odd.v1;
message Odd {
  optional double a = 1 [default = 1e100];
  optional double b = 2 [default = 3.141592653589793];
  optional float c = 3 [default = 1e30];
  optional float d = 4 [default = 0.1];
  optional double e = 5 [default = -inf];
  optional float f = 6 [default = nan];
  optional double g = 7 [default = -1];
  optional float h = 8 [default = 1e-7];
  optional int64 i = 9 [default = -7];
  optional string j = 10 [default = \"1e5\"];
}
",
    );
    for default in ["1e100", "3.141592653589793", "1e30", "0.1", "-inf", "nan", "-1.0", "1e-7", "-7", "1e5"] {
        let default = format!("default = \"{default}\"");
        assert!(code.contains(&default), "{default} is not in {code}");
    }
}
