//! Opening a registry by URI: the one file that names the backends.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::layer::BoxFuture;

use super::{Handle, Local, Mdns, Memory, Merged};

/// What a URI may leave out.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Defaults {
    /// The directory of `local:` without a path.
    pub local_dir: PathBuf,
}

impl Defaults {
    /// Makes the defaults.
    pub fn new(local_dir: impl Into<PathBuf>) -> Self {
        Defaults { local_dir: local_dir.into() }
    }
}

/// One built-in backend.
struct Row {
    scheme: &'static str,
    example: &'static str,
    open: for<'a> fn(rest: &'a str, defaults: &'a Defaults) -> BoxFuture<'a, Result<Handle>>,
}

const ROWS: &[Row] = &[
    Row { scheme: "local", example: "local: or local:/some/directory", open: open_local },
    Row { scheme: "mdns", example: "mdns: or mdns:eth0", open: open_mdns },
    Row { scheme: "memory", example: "memory:", open: open_memory },
];

fn open_local<'a>(rest: &'a str, defaults: &'a Defaults) -> BoxFuture<'a, Result<Handle>> {
    let directory = if rest.is_empty() { defaults.local_dir.clone() } else { PathBuf::from(rest) };
    Box::pin(async move { Local::open(directory).await.map(Handle::from) })
}

fn open_mdns<'a>(rest: &'a str, _: &'a Defaults) -> BoxFuture<'a, Result<Handle>> {
    Box::pin(async move { Mdns::from_uri(rest).map(Handle::from) })
}

fn open_memory<'a>(rest: &'a str, _: &'a Defaults) -> BoxFuture<'a, Result<Handle>> {
    Box::pin(async move {
        if !rest.is_empty() {
            return Err(Error::invalid_argument(format!(
                "memory: takes no name (found {rest:?}); to share one, clone a `registry::Memory` and pass it in code"
            )));
        }
        Ok(Handle::from(Memory::new()))
    })
}

type Open = Arc<dyn Fn(String) -> BoxFuture<'static, Result<Handle>> + Send + Sync>;

/// The schemes a registry URI may have: the built-in ones and those that are added.
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

    /// Opens a registry: `scheme:`, `scheme:rest` or `scheme://rest`. Several are merged when their schemes are
    /// joined, as in `mdns+local:`: each is opened as its scheme alone would be, and where several tell as much of a
    /// node, the first one counts.
    ///
    /// # Errors
    ///
    /// `invalid argument` for an unknown scheme, listing those that are known; otherwise the backend's own.
    pub async fn open(&self, uri: &str, defaults: &Defaults) -> Result<Handle> {
        let (scheme, rest) = uri.split_once(':').unwrap_or((uri, ""));
        if !scheme.contains('+') || self.added.contains_key(scheme) {
            return self.open_one(uri, defaults).await;
        }
        if !rest.strip_prefix("//").unwrap_or(rest).is_empty() {
            return Err(Error::invalid_argument(format!(
                "{scheme}: takes nothing behind the colon, as nobody could tell which registry it is for; merge them \
                 in code by `registry::Merged::new(…)`"
            )));
        }
        let mut merged: Option<Handle> = None;
        for scheme in scheme.split('+') {
            let next = self.open_one(&format!("{scheme}:"), defaults).await?;
            merged = Some(match merged {
                None => next,
                Some(before) => Merged::new(before, next).into(),
            });
        }
        merged.ok_or_else(|| self.unknown(uri))
    }

    async fn open_one(&self, uri: &str, defaults: &Defaults) -> Result<Handle> {
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
        let why = match scheme_of(uri) {
            Some(scheme) => format!("no registry has the scheme {scheme:?}"),
            None => "the URI of a registry begins with its scheme and a colon".to_owned(),
        };
        Error::invalid_argument(format!(
            "{why}; built in: {}{added}; joined by + they are merged, as in mdns+local:; no feature of micro adds \
             another, a backend of your own joins by `.registry(…)` or `.scheme(…)` on the builder",
            built_in.join(", ")
        ))
    }
}

/// Returns the scheme of a URI, if it has one: the only part of it that errors repeat, as the rest may hold a password.
pub(crate) fn scheme_of(uri: &str) -> Option<&str> {
    let (scheme, _) = uri.split_once(':')?;
    let fits = |c: char| c.is_ascii_alphanumeric() || "+.-".contains(c);
    (scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(fits)).then_some(scheme)
}

impl fmt::Debug for Schemes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(ROWS.iter().map(|row| row.scheme)).entries(self.added.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn defaults() -> (tempfile::TempDir, Defaults) {
        let directory = tempfile::tempdir().unwrap();
        let defaults = Defaults::new(directory.path().join("nodes"));
        (directory, defaults)
    }

    #[tokio::test]
    async fn opens_what_is_built_in() {
        let (directory, defaults) = defaults();
        for memory in ["memory", "memory:", "memory://"] {
            assert_eq!(Handle::open(memory, &defaults).await.unwrap().name(), "memory:");
        }
        let local = Handle::open("local:", &defaults).await.unwrap();
        assert_eq!(local.name(), format!("local:{}", defaults.local_dir.display()));
        let other = directory.path().join("other");
        for uri in [format!("local:{}", other.display()), format!("local://{}", other.display())] {
            assert_eq!(
                Handle::open(&uri, &defaults).await.unwrap().name(),
                format!("local:{}", other.display())
            );
        }
    }

    #[tokio::test]
    async fn an_unknown_scheme_says_what_there_is_and_keeps_secrets() {
        let (_directory, defaults) = defaults();
        let mut schemes = Schemes::new();
        schemes.add("tree", |_| async { Ok(Memory::new().into()) });
        let error = schemes.open("etcd://root:hunter2@host", &defaults).await.unwrap_err();
        for part in ["\"etcd\"", "local:", "memory:", "added: tree:", ".scheme("] {
            assert!(error.message().contains(part), "{part}: {error}");
        }
        assert!(!error.message().contains("hunter2"));
        assert!(schemes.open("tree://x", &defaults).await.is_ok());
    }

    #[tokio::test]
    async fn schemes_that_are_joined_are_merged() {
        let (_directory, defaults) = defaults();
        let merged = Handle::open("mdns+local:", &defaults).await.unwrap();
        assert_eq!(merged.name(), format!("mdns+local:{}", defaults.local_dir.display()));
        let capability = merged.capability();
        assert!(capability.remote && capability.loopback && !capability.expires);
        let mut schemes = Schemes::new();
        schemes.add("tree", |_| async { Ok(Memory::new().into()) });
        schemes.add("svn+ssh", |_| async { Ok(Memory::new().into()) });
        let three = schemes.open("tree+memory+local", &defaults).await.unwrap();
        assert_eq!(three.name().matches('+').count(), 2);
        assert_eq!(schemes.open("svn+ssh://host", &defaults).await.unwrap().name(), "memory:");
        for (uri, why) in [
            ("mdns+etcd:", "\"etcd\""),
            ("mdns+:", "begins with its scheme"),
            ("local+memory:/x", "behind the colon"),
        ] {
            let error = schemes.open(uri, &defaults).await.unwrap_err();
            assert!(error.message().contains(why), "{uri}: {error}");
        }
    }

    #[tokio::test]
    async fn memory_has_no_names() {
        let (_directory, defaults) = defaults();
        let error = Handle::open("memory://shared", &defaults).await.unwrap_err();
        assert!(error.message().contains("clone"), "{error}");
    }
}
