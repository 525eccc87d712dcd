//! What the tests of several crates share: processes that are always ended, tools that may be missing, a
//! registry directory of one's own, the example programs, the pages of the documentation.

pub mod bell;
mod buf;
mod foreign;
mod go;
pub mod http;
pub mod kinds;
pub mod netns;
mod nobody;
mod node;
mod page;
mod plugin;
mod process;
mod project;
mod tools;

pub use buf::buf;
pub use foreign::{check_hello, check_ledger};
pub use go::go;
pub use nobody::nobody;
pub use node::node;
pub use page::{Block, blocks, files, page};
pub use plugin::plugin;
pub use process::{Process, address, isolated};
pub use project::{Project, run};
pub use tools::{build_examples, example, grpcurl, not_run, python, stubs, tool, workspace};
