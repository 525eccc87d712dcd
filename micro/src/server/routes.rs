//! The dispatch table: path to method.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use http::StatusCode;

use crate::error::{Error, Result};
use crate::layer::Endpoint;
use crate::meter::{self, Meter};
use crate::spec::Spec;
use crate::stats::{self, Stats};
use crate::wire::HttpStatus;

/// How many paths an error names.
const NAMED: usize = 8;

/// One method that is served.
#[derive(Clone)]
pub(crate) struct Route {
    pub(crate) spec: &'static Spec,
    pub(crate) endpoint: Arc<dyn Endpoint>,
    /// What is counted of its calls.
    pub(crate) stats: Arc<stats::Endpoint>,
    pub(crate) meter: meter::Series,
}

/// The methods a server answers, by path, and what is counted of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Routes {
    map: HashMap<&'static str, Route>,
    stats: Stats,
    meter: Meter,
}

impl Routes {
    /// Makes an empty table.
    pub(crate) fn new() -> Self {
        Routes::default()
    }

    /// Records what is added from now on by a meter.
    pub(crate) fn meter(mut self, meter: Meter) -> Self {
        self.meter = meter;
        self
    }

    /// Makes the route of a method that nobody reaches by its path: a subscriber.
    pub(crate) fn route(&self, spec: &'static Spec, endpoint: Arc<dyn Endpoint>) -> Route {
        Route { spec, endpoint, stats: self.stats.endpoint(spec), meter: self.meter.served(spec) }
    }

    /// Returns what is counted.
    pub(crate) fn stats(&self) -> &Stats {
        &self.stats
    }

    /// Adds a method.
    ///
    /// # Errors
    ///
    /// `already exists` when the path is taken.
    pub(crate) fn add(&mut self, spec: &'static Spec, endpoint: Arc<dyn Endpoint>) -> Result<()> {
        if let Some(taken) = self.map.get(spec.path) {
            let name = |spec: &Spec| format!("{} of {}", spec.method, spec.contract);
            let (first, second) = (name(taken.spec), name(spec));
            return Err(Error::already_exists(format!(
                "two methods have the path {}: {first} and {second}",
                spec.path
            )));
        }
        let route = self.route(spec, endpoint);
        self.map.insert(spec.path, route);
        Ok(())
    }

    /// Returns the method at `path`.
    pub(crate) fn get(&self, path: &str) -> Option<&Route> {
        self.map.get(path)
    }

    /// Lists the paths, sorted.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &'static str> {
        let mut paths: Vec<_> = self.map.keys().copied().collect();
        paths.sort_unstable();
        paths.into_iter()
    }

    /// Says that nothing is at `path`, and what is: the nearest first.
    pub(crate) fn unknown(&self, path: &str) -> Error {
        let mut known: Vec<_> = self.paths().collect();
        // Stable: what is equally near stays sorted.
        known.sort_by_key(|candidate| std::cmp::Reverse(nearness(candidate, path)));
        let mut end = path.len().min(100);
        while !path.is_char_boundary(end) {
            end -= 1;
        }
        let mut message = format!("there is no method {}", &path[..end]);
        message += match known.is_empty() {
            true => " here, nor any other",
            false => "; there is ",
        };
        message += &known[..known.len().min(NAMED)].join(", ");
        if known.len() > NAMED {
            message += &format!(" and {} more", known.len() - NAMED);
        }
        Error::unimplemented(message).with_source(HttpStatus(StatusCode::NOT_FOUND))
    }
}

/// Tells how near two paths are, in time that a peer cannot drive up: a common method name counts most (the
/// package was mistaken), then the length of the common beginning.
fn nearness(candidate: &str, path: &str) -> (bool, usize) {
    let method = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let common = candidate.bytes().zip(path.bytes()).take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count();
    let long_enough = path.len() <= 4 * candidate.len();
    (long_enough && method(candidate).eq_ignore_ascii_case(&method(path)), common)
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route").field("spec", self.spec).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::probe::{Probe, spec};
    use crate::spec::Kind;

    fn routes(paths: &[&'static str]) -> Routes {
        let mut routes = Routes::new();
        for path in paths {
            routes.add(spec(path, Kind::Unary), Arc::new(Probe)).unwrap();
        }
        routes
    }

    #[test]
    fn a_path_is_taken_once() {
        let mut routes = routes(&["/a.v1.B/C"]);
        let error = routes.add(spec("/a.v1.B/C", Kind::Unary), Arc::new(Probe)).unwrap_err();
        assert!(error.message().contains("/a.v1.B/C") && error.message().contains("C of a.v1.B"), "{error}");
    }

    #[test]
    fn an_unknown_path_names_what_exists_and_the_nearest_first() {
        let routes = routes(&["/a.v1.A/Hello", "/greeter.v1.Say/Goodbye", "/greeter.v1.Say/Hello"]);
        let error = routes.unknown("/greeter.v1.Say/Helo");
        assert_eq!(
            error.message(),
            "there is no method /greeter.v1.Say/Helo; there is /greeter.v1.Say/Hello, /greeter.v1.Say/Goodbye, /a.v1.A/Hello"
        );
        let error = routes.unknown("/Say/goodbye");
        assert!(error.message().contains("there is /greeter.v1.Say/Goodbye, "), "{error}");
        assert!(Routes::new().unknown("/x").message().ends_with("here, nor any other"));
    }

    #[test]
    fn the_list_of_what_exists_is_bounded() {
        let paths =
            ["/p.A/A", "/p.A/B", "/p.A/C", "/p.A/D", "/p.A/E", "/p.A/F", "/p.A/G", "/p.A/H", "/p.A/I"];
        let message = routes(&paths).unknown(&"/ä".repeat(10_000)).message().to_owned();
        assert!(message.ends_with("/p.A/H and 1 more") && message.len() < 400, "{message}");
    }
}
