//! What an expansion reads of the world around it, as a parameter: tests give their own.

/// Holds what is known of the package that is compiled.
pub(crate) struct Env {
    /// The package's name: `my-ledger`.
    pub(crate) package: String,
}

impl Env {
    /// Reads the package from the environment cargo gives the compiler.
    pub(crate) fn read() -> Env {
        Env { package: std::env::var("CARGO_PKG_NAME").unwrap_or_else(|_| "main".to_owned()) }
    }

    /// Returns the protobuf package of code-first contracts: `my_ledger`.
    pub(crate) fn proto_package(&self) -> String {
        self.package.replace('-', "_")
    }
}
