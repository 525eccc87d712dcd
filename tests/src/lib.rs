//! What the tests of several crates share: processes that are always ended, tools that may be missing, a
//! registry directory of one's own, the example programs.

pub mod bell;
pub mod http;
pub mod kinds;
pub mod netns;
mod process;
mod tools;

pub use process::{Process, address, isolated};
pub use tools::{build_examples, example, grpcurl, not_run, python, stubs, tool, workspace};
