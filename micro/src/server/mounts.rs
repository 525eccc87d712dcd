//! HTTP services beside the calls: whole subtrees of paths, and single ones, that no wire sees.

use std::collections::BTreeMap;
use std::fmt;

use super::edge::HttpService;
use crate::error::{Error, Result};

/// HTTP services by path: one that ends in `/` takes everything below it, any other only itself.
#[derive(Clone, Default)]
pub(crate) struct Mounts(BTreeMap<String, HttpService>);

impl Mounts {
    /// Adds a service.
    ///
    /// # Errors
    ///
    /// `invalid argument` for what is no path, `already exists` for one that is taken.
    pub(crate) fn add(&mut self, path: String, service: HttpService) -> Result<()> {
        if !path.starts_with('/') || path.contains(['?', '#']) || path.chars().any(char::is_whitespace) {
            return Err(Error::invalid_argument(format!(
                "{path:?} is no path to mount at; it begins with a slash, and ends in one to take what is below"
            )));
        }
        match self.0.contains_key(&path) {
            true => Err(Error::already_exists(format!("two HTTP services are mounted at {path}"))),
            false => {
                self.0.insert(path, service);
                Ok(())
            }
        }
    }

    /// Returns the service of a path: the one with the longest path that fits.
    pub(crate) fn get(&self, path: &str) -> Option<&HttpService> {
        if self.0.is_empty() {
            return None;
        }
        if let Some(service) = self.0.get(path) {
            return Some(service);
        }
        // Nobody sends a path of many slashes for a good reason; the walk is bounded by the length of the head.
        let slashes = path.rmatch_indices('/').map(|(index, _)| &path[..=index]);
        slashes.into_iter().find_map(|prefix| self.0.get(prefix))
    }
}

impl fmt::Debug for Mounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::convert::Infallible;
    use std::future::{Ready, ready};
    use std::task::{Context, Poll};

    use crate::wire::HttpBody;

    #[derive(Clone)]
    struct Named(&'static str);

    impl tower_service::Service<http::Request<HttpBody>> for Named {
        type Response = http::Response<HttpBody>;
        type Error = Infallible;
        type Future = Ready<std::result::Result<Self::Response, Infallible>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<std::result::Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: http::Request<HttpBody>) -> Self::Future {
            let mut response = http::Response::new(HttpBody::empty());
            response.headers_mut().insert("name", http::HeaderValue::from_static(self.0));
            ready(Ok(response))
        }
    }

    async fn name(mounts: &Mounts, path: &str) -> Option<String> {
        let service = mounts.get(path)?;
        let response = service.answer(http::Request::new(HttpBody::empty())).await;
        Some(response.headers()["name"].to_str().unwrap().to_owned())
    }

    #[tokio::test]
    async fn the_longest_path_that_fits_answers() {
        let mut mounts = Mounts::default();
        for path in ["/livez", "/a/", "/a/b/"] {
            mounts.add(path.to_owned(), HttpService::of(Named(path))).unwrap();
        }
        for (path, expected) in [
            ("/livez", Some("/livez")),
            ("/livez/", None),
            ("/a", None),
            ("/a/", Some("/a/")),
            ("/a/x", Some("/a/")),
            ("/a/b/c/d", Some("/a/b/")),
            ("/", None),
            ("", None),
        ] {
            assert_eq!(name(&mounts, path).await.as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn a_path_is_whole_and_taken_once() {
        let mut mounts = Mounts::default();
        mounts.add("/a".to_owned(), HttpService::of(Named("a"))).unwrap();
        assert!(mounts.add("/a".to_owned(), HttpService::of(Named("b"))).is_err());
        for bad in ["", "a", "/a?b", "/a b"] {
            assert!(mounts.add(bad.to_owned(), HttpService::of(Named("b"))).is_err(), "{bad}");
        }
    }
}
