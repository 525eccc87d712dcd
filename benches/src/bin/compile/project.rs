//! The projects that are compiled: one contract, written for each stack.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::AnyError;

/// What a project is written with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stack {
    ContractFirst,
    CodeFirst,
    Tonic,
}

impl Stack {
    pub(crate) const ALL: [Stack; 3] = [Stack::ContractFirst, Stack::CodeFirst, Stack::Tonic];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Stack::ContractFirst => "contract first",
            Stack::CodeFirst => "code first",
            Stack::Tonic => "tonic",
        }
    }
}

/// A package with a service of so many methods.
#[derive(Clone, Copy)]
pub(crate) struct Project {
    pub(crate) stack: Stack,
    pub(crate) methods: usize,
    pub(crate) messages: Messages,
}

/// What the methods of a service take and reply with.
#[derive(Clone, Copy)]
pub(crate) enum Messages {
    /// Each has a request and a reply of its own.
    Own,
    /// All have the same ones.
    Shared,
}

impl Messages {
    /// Lists what tells the messages of so many methods apart.
    fn tails(self, methods: usize) -> Vec<String> {
        let mut tails: Vec<String> = (0..methods).map(|index| self.tail(index)).collect();
        tails.dedup();
        tails
    }

    /// Returns what tells the messages of a method from others.
    fn tail(self, index: usize) -> String {
        match self {
            Messages::Own => index.to_string(),
            Messages::Shared => String::new(),
        }
    }
}

impl Project {
    /// Returns the same with another number of methods.
    pub(crate) fn with(self, methods: usize) -> Project {
        Project { methods, ..self }
    }

    /// Returns the name of the package and of its program.
    pub(crate) fn package(&self) -> String {
        format!("{}-{}", self.stack.name().replace(' ', "-"), self.methods)
    }

    fn directory(&self, scratch: &Path) -> PathBuf {
        scratch.join(self.package())
    }

    /// Changes the body of one handler.
    pub(crate) fn change(&self, scratch: &Path, by: u32) -> Result<(), AnyError> {
        fs::write(self.directory(scratch).join("src/main.rs"), self.program(by))?;
        Ok(())
    }

    fn write(&self, scratch: &Path, root: &Path) -> Result<(), AnyError> {
        let directory = self.directory(scratch);
        fs::create_dir_all(directory.join("src"))?;
        fs::write(directory.join("Cargo.toml"), self.manifest(root))?;
        if self.stack != Stack::CodeFirst {
            fs::create_dir_all(directory.join("proto"))?;
            fs::write(directory.join("proto/budget.proto"), self.proto())?;
            fs::write(directory.join("build.rs"), self.build_script())?;
        }
        self.change(scratch, 0)
    }

    fn manifest(&self, root: &Path) -> String {
        let root = root.display();
        let dependencies = match self.stack {
            Stack::ContractFirst => format!(
                "micro = {{ path = \"{root}/micro\" }}\n\n[build-dependencies]\nmicro-codegen = {{ path = \
                 \"{root}/micro-codegen\" }}\n"
            ),
            Stack::CodeFirst => format!("micro = {{ path = \"{root}/micro\" }}\n"),
            Stack::Tonic => "prost = \"0.14\"\ntokio = { version = \"1\", features = [\"macros\", \"rt-multi-thread\"] \
                             }\ntonic = \"0.14\"\ntonic-prost = \"0.14\"\n\n[build-dependencies]\nprotox = \"0.10\"\n\
                             tonic-prost-build = { version = \"0.14\", default-features = false, features = \
                             [\"transport\"] }\n"
                .to_owned(),
        };
        format!(
            "[package]\nname = \"{}\"\nversion = \"0.1.0\"\nedition = \"2024\"\npublish = false\n\n[dependencies]\n\
             {dependencies}",
            self.package()
        )
    }

    fn proto(&self) -> String {
        let mut text = "syntax = \"proto3\";\n\npackage budget.v1;\n\n".to_owned();
        for tail in self.messages.tails(self.methods) {
            for kind in ["Request", "Reply"] {
                let _ =
                    writeln!(text, "message {kind}{tail} {{\n  string text = 1;\n  int64 number = 2;\n}}\n");
            }
        }
        text.push_str("service Budget {\n");
        for index in 0..self.methods {
            let tail = self.messages.tail(index);
            let _ = writeln!(text, "  rpc Method{index}(Request{tail}) returns (Reply{tail});");
        }
        text.push_str("}\n");
        text
    }

    fn build_script(&self) -> &'static str {
        match self.stack {
            Stack::Tonic => {
                "fn main() {\n    println!(\"cargo:rerun-if-changed=proto\");\n    let files = \
                 protox::compile([\"proto/budget.proto\"], [\"proto\"]).unwrap();\n    \
                 tonic_prost_build::configure().compile_fds(files).unwrap();\n}\n"
            }
            _ => "fn main() {\n    micro_codegen::compile([\"proto/budget.proto\"]).unwrap();\n}\n",
        }
    }

    fn program(&self, by: u32) -> String {
        let mut text = match self.stack {
            Stack::ContractFirst => {
                "use micro::prelude::*;\nuse proto::budget::v1::*;\n\nmod proto {\n    micro::include_proto!();\n}\n\n\
                 #[derive(Default)]\nstruct Handler;\n\n"
                    .to_owned()
            }
            Stack::CodeFirst => {
                let mut text = "use micro::prelude::*;\n\n#[derive(Default)]\nstruct Handler;\n\n".to_owned();
                for tail in self.messages.tails(self.methods) {
                    for kind in ["Request", "Reply"] {
                        let _ = writeln!(
                            text,
                            "#[micro::message]\n#[derive(Clone, Debug, Default, PartialEq)]\nstruct {kind}{tail} {{\n    \
                             text: String,\n    number: i64,\n}}\n"
                        );
                    }
                }
                text
            }
            Stack::Tonic => "use proto::budget_client::BudgetClient;\nuse proto::budget_server::{Budget, \
                             BudgetServer};\nuse proto::*;\nuse tonic::{Response, Status};\n\nmod proto {\n    \
                             tonic::include_proto!(\"budget.v1\");\n}\n\nstruct Handler;\n\n"
                .to_owned(),
        };
        text.push_str(match self.stack {
            Stack::ContractFirst => "#[micro::service]\nimpl Budget for Handler {\n",
            Stack::CodeFirst => "#[micro::service]\nimpl Handler {\n",
            // In two parts, as ours never need it.
            Stack::Tonic => concat!("#[tonic::async", "_trait]\nimpl Budget for Handler {\n"),
        });
        for index in 0..self.methods {
            // Only the first changes.
            let by = if index == 0 { by } else { 1 };
            let tail = self.messages.tail(index);
            let reply = format!("Reply{tail} {{ text: request.text, number: request.number + {by} }}");
            let _ = match self.stack {
                Stack::ContractFirst => writeln!(
                    text,
                    "    async fn method{index}(&self, _ctx: &Context, request: Request{tail}) -> Result<Reply{tail}> \
                     {{\n        Ok({reply})\n    }}\n"
                ),
                Stack::CodeFirst => writeln!(
                    text,
                    "    #[micro::handler]\n    async fn method{index}(&self, request: Request{tail}) -> \
                     Result<Reply{tail}> {{\n        Ok({reply})\n    }}\n"
                ),
                Stack::Tonic => writeln!(
                    text,
                    "    async fn method{index}(&self, request: tonic::Request<Request{tail}>) -> \
                     Result<Response<Reply{tail}>, Status> {{\n        let request = request.into_inner();\n        \
                     Ok(Response::new({reply}))\n    }}\n"
                ),
            };
        }
        text.push_str("}\n\n");
        self.calls(&mut text);
        text
    }

    /// Writes a client that calls every method, and `main`.
    fn calls(&self, text: &mut String) {
        text.push_str(match self.stack {
            Stack::ContractFirst => "async fn call_all(client: &BudgetClient) -> Result<()> {\n",
            Stack::CodeFirst => "async fn call_all(client: &HandlerClient) -> Result<()> {\n",
            Stack::Tonic => {
                "async fn call_all(client: &mut BudgetClient<tonic::transport::Channel>) -> Result<(), Status> {\n"
            }
        });
        for index in 0..self.methods {
            let tail = self.messages.tail(index);
            let _ = writeln!(text, "    client.method{index}(Request{tail}::default()).await?;");
        }
        text.push_str("    Ok(())\n}\n\n");
        text.push_str(match self.stack {
            Stack::ContractFirst => {
                "#[micro::main]\nasync fn main(service: micro::Service) -> Result<()> {\n    if \
                 std::env::args().count() > 100 {\n        \
                 call_all(&BudgetClient::new(&micro::Client::open().await?)).await?;\n    }\n    \
                 service.run().await\n}\n"
            }
            Stack::CodeFirst => {
                "#[micro::main]\nasync fn main(service: micro::Service) -> Result<()> {\n    if \
                 std::env::args().count() > 100 {\n        \
                 call_all(&HandlerClient::new(&micro::Client::open().await?)).await?;\n    }\n    \
                 service.run().await\n}\n"
            }
            Stack::Tonic => {
                "#[tokio::main]\nasync fn main() -> Result<(), Box<dyn std::error::Error>> {\n    if \
                 std::env::args().count() > 100 {\n        call_all(&mut \
                 BudgetClient::connect(\"http://127.0.0.1:4000\").await?).await?;\n    }\n    \
                 tonic::transport::Server::builder()\n        .add_service(BudgetServer::new(Handler))\n        \
                 .serve(\"127.0.0.1:0\".parse()?)\n        .await?;\n    Ok(())\n}\n"
            }
        });
    }
}

/// Writes a workspace of the projects, with the versions that `root` is locked to.
pub(crate) fn write(scratch: &Path, root: &Path, projects: &[Project]) -> Result<(), AnyError> {
    let members: Vec<String> = projects.iter().map(|project| format!("{:?}", project.package())).collect();
    let manifest = format!("[workspace]\nresolver = \"3\"\nmembers = [{}]\n", members.join(", "));
    fs::write(scratch.join("Cargo.toml"), manifest)?;
    fs::copy(root.join("Cargo.lock"), scratch.join("Cargo.lock"))?;
    for project in projects {
        project.write(scratch, root)?;
    }
    Ok(())
}
