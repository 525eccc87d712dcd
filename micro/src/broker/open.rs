//! Opening a broker by URI: the one file that names the backends.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::layer::BoxFuture;
use crate::registry;

use super::{Handle, Http, Memory};

/// What a URI leaves to whoever opens it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Defaults {
    /// The registry that `http:` finds subscribers by.
    pub registry: registry::Handle,
}

impl Defaults {
    /// Makes the defaults.
    pub fn new(registry: registry::Handle) -> Self {
        Defaults { registry }
    }
}

/// One built-in backend.
struct Row {
    scheme: &'static str,
    example: &'static str,
    open: for<'a> fn(rest: &'a str, defaults: &'a Defaults) -> BoxFuture<'a, Result<Handle>>,
}

const ROWS: &[Row] = &[
    Row { scheme: "http", example: "http: or http:?allow=10.0.0.0/8", open: open_http },
    Row { scheme: "memory", example: "memory:", open: open_memory },
];

fn open_http<'a>(rest: &'a str, defaults: &'a Defaults) -> BoxFuture<'a, Result<Handle>> {
    Box::pin(async move { Http::open(rest, defaults.registry.clone()).map(Handle::from) })
}

fn open_memory<'a>(rest: &'a str, _: &'a Defaults) -> BoxFuture<'a, Result<Handle>> {
    Box::pin(async move {
        if !rest.is_empty() {
            return Err(Error::invalid_argument(
                "memory: takes no name; to share one, clone a `broker::Memory` and pass it in code",
            ));
        }
        Ok(Handle::from(Memory::new()))
    })
}

type Open = Arc<dyn Fn(String) -> BoxFuture<'static, Result<Handle>> + Send + Sync>;

/// The schemes a broker URI may have: the built-in ones and those that are added.
#[derive(Clone, Default)]
pub struct Schemes {
    added: BTreeMap<String, Open>,
}

impl Schemes {
    /// Knows the built-in schemes.
    pub fn new() -> Self {
        Schemes::default()
    }

    /// Adds a scheme; `open` gets the whole URI. One added under a built-in name goes before it.
    pub fn add<F, Fut>(&mut self, scheme: impl Into<String>, open: F)
    where
        F: Fn(String) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Handle>> + Send + 'static,
    {
        let open = move |uri| -> BoxFuture<'static, Result<Handle>> { Box::pin(open(uri)) };
        self.added.insert(scheme.into(), Arc::new(open));
    }

    /// Opens a broker: `scheme:`, `scheme:rest` or `scheme://rest`.
    ///
    /// # Errors
    ///
    /// `invalid argument` for an unknown scheme, listing those that are known; otherwise the backend's own.
    pub async fn open(&self, uri: &str, defaults: &Defaults) -> Result<Handle> {
        let (scheme, rest) = uri.split_once(':').unwrap_or((uri, ""));
        if let Some(open) = self.added.get(scheme) {
            return open(uri.to_owned()).await;
        }
        match ROWS.iter().find(|row| row.scheme == scheme) {
            Some(row) => (row.open)(rest.strip_prefix("//").unwrap_or(rest), defaults).await,
            None => Err(self.unknown(uri)),
        }
    }

    fn unknown(&self, uri: &str) -> Error {
        let built_in: Vec<_> = ROWS.iter().map(|row| row.example).collect();
        let added: Vec<_> = self.added.keys().map(|scheme| format!("{scheme}:")).collect();
        let added = if added.is_empty() { String::new() } else { format!("; added: {}", added.join(", ")) };
        let why = match registry::scheme_of(uri) {
            Some(scheme) => format!("no broker has the scheme {scheme:?}"),
            None => "the URI of a broker begins with its scheme and a colon".to_owned(),
        };
        Error::invalid_argument(format!(
            "{why}; built in: {}{added}; no feature of micro adds another, a backend of your own joins by \
             `.broker(…)` or `.broker_scheme(…)` on the builder",
            built_in.join(", ")
        ))
    }
}

impl fmt::Debug for Schemes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(ROWS.iter().map(|row| row.scheme)).entries(self.added.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn defaults() -> Defaults {
        Defaults::new(registry::Memory::new().into())
    }

    #[tokio::test]
    async fn opens_what_is_built_in() {
        for memory in ["memory", "memory:", "memory://"] {
            assert_eq!(Handle::open(memory, &defaults()).await.unwrap().name(), "memory:");
        }
        for http in [
            "http",
            "http:",
            "http://",
            "http:?allow=any",
            "http://?allow=10.0.0.0/8,fd00::/8&wait=60&limit=1000",
            "http:?",
        ] {
            assert_eq!(Handle::open(http, &defaults()).await.unwrap().name(), "http:", "{http}");
        }
    }

    #[tokio::test]
    async fn what_is_wrong_is_named_without_what_may_be_secret() {
        for (uri, part) in [
            ("http://user:hunter2@host:80", "found by the registry"),
            ("http:?allow=hunter2", "10.0.0.0/8"),
            ("http:?wait=0", "wait"),
            ("http:?limit=hunter2", "limit"),
            ("http:?token=hunter2", "\"token\""),
            ("memory:hunter2", "clone"),
            ("nats://user:hunter2@host", "\"nats\""),
            ("user:hunter2@host:80", "\"user\""),
            ("hunter2@host:80", "begins with its scheme"),
            ("hunter2", "begins with its scheme"),
        ] {
            let error = Handle::open(uri, &defaults()).await.unwrap_err();
            assert!(error.message().contains(part) && !error.message().contains("hunter2"), "{uri}: {error}");
        }
    }

    #[tokio::test]
    async fn an_unknown_scheme_says_what_there_is() {
        let mut schemes = Schemes::new();
        schemes.add("tree", |_| async { Ok(Memory::new().into()) });
        let error = schemes.open("nats:", &defaults()).await.unwrap_err();
        for part in ["\"nats\"", "http:", "memory:", "added: tree:", ".broker_scheme("] {
            assert!(error.message().contains(part), "{part}: {error}");
        }
        assert!(schemes.open("tree://x", &defaults()).await.is_ok());
    }
}
