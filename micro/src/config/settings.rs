//! The table of settings: key, type, names, default and meaning of each, once.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::address::Address;
use crate::error::{Error, Result};

use super::kinds::{self, Kind};
use super::sources::Sources;

/// Where a value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Origin {
    /// Nobody said anything.
    Default,
    /// The program itself, on the builder.
    Code,
    /// An environment variable.
    Environment(&'static str),
    /// A flag of the command line.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::Code => f.write_str("set in code"),
            Origin::Environment(name) => write!(f, "environment variable {name}"),
            Origin::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// A value and where it came from.
#[derive(Clone)]
#[non_exhaustive]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Where it came from.
    pub origin: Origin,
}

/// One line of [`Settings::explain`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explained {
    /// The setting's key: `connect_timeout`.
    pub key: &'static str,
    /// The value in the form it is written in, passwords hidden.
    pub value: String,
    /// Where it came from.
    pub origin: Origin,
}

/// What is known of a setting without its type.
pub(crate) struct Key {
    pub(crate) key: &'static str,
    pub(crate) flag: &'static str,
    pub(crate) env: &'static str,
    pub(crate) docs: &'static str,
    pub(crate) example: &'static str,
    pub(crate) bare: bool,
    pub(crate) default: fn(&Sources) -> String,
}

macro_rules! settings {
    ($(
        $(#[doc = $docs:literal])+
        $key:ident: $type:ty, $kind:ident, $flag:literal, $env:literal, $default:expr;
    )*) => {
        /// Every setting, resolved. The docs of the fields are what `--help` prints.
        #[derive(Clone)]
        #[non_exhaustive]
        pub struct Settings {
            $($(#[doc = $docs])+ pub $key: Setting<$type>,)*
        }

        /// Every setting, in the order of the table.
        pub(crate) const KEYS: &[Key] = &[$(Key {
            key: stringify!($key),
            flag: $flag,
            env: $env,
            docs: concat!($($docs),+),
            example: kinds::$kind.example,
            bare: kinds::$kind.bare,
            default: |sources| {
                let default: fn(&Sources) -> $type = $default;
                (kinds::$kind.show)(&default(sources))
            },
        }),*];

        impl Settings {
            /// Resolves every setting: flag, else environment, else code, else default.
            ///
            /// # Errors
            ///
            /// `invalid argument` naming every bad value: its key, where it came from, and an example.
            pub fn load(sources: &Sources) -> Result<Settings> {
                let mut mistakes = Vec::new();
                let mut keys = KEYS.iter();
                let settings = Settings {
                    $($key: resolve(sources, keys.next(), &kinds::$kind, $default, &mut mistakes),)*
                };
                match mistakes.is_empty() {
                    true => Ok(settings),
                    false => Err(Error::invalid_argument(mistakes.join("\n"))),
                }
            }

            /// Lists every setting with its value and where that came from.
            pub fn explain(&self) -> Vec<Explained> {
                vec![$(Explained {
                    key: stringify!($key),
                    value: (kinds::$kind.show)(&self.$key.value),
                    origin: self.$key.origin,
                }),*]
            }
        }
    };
}

settings! {
    /// The name under which the service is registered.
    name: String, TEXT, "--name", "MICRO_NAME", |_| String::new();
    /// The version announced with the service.
    version: String, TEXT, "--service-version", "MICRO_VERSION", |_| String::new();
    /// Where to listen; port 0 takes a free one. An address other machines can reach needs `insecure` too.
    address: Address, ADDRESS, "--address", "MICRO_ADDRESS", |_| loopback();
    /// The address announced in place of the one listened on. Without a port, or with port 0, the port listened on.
    advertise: Option<Address>, ADVERTISE, "--advertise", "MICRO_ADVERTISE", |_| None;
    /// Allows to listen without encryption on an address that other machines can reach.
    insecure: bool, SWITCH, "--insecure", "MICRO_INSECURE", |_| false;
    /// The registry: where nodes are announced and found.
    registry: String, URI, "--registry", "MICRO_REGISTRY", |_| "mdns+local:".to_owned();
    /// How long the registry keeps the node without a sign of life; a third of it is the pace of refreshing.
    registry_ttl: Duration, DURATION, "--registry-ttl", "MICRO_REGISTRY_TTL", |_| Duration::from_secs(15);
    /// The directory of the `local:` registry.
    local_registry_dir: PathBuf, DIRECTORY, "--local-registry-dir", "MICRO_LOCAL_REGISTRY_DIR", Sources::local_registry_dir;
    /// The broker: where events are published and subscribed to.
    broker: String, URI, "--broker", "MICRO_BROKER", |_| "http:".to_owned();
    /// How long a subscriber may take for one event before that counts as a failure.
    event_timeout: Duration, DURATION, "--event-timeout", "MICRO_EVENT_TIMEOUT", |_| Duration::from_secs(30);
    /// The zone the node runs in.
    zone: String, TEXT, "--zone", "MICRO_ZONE", |_| String::new();
    /// How long a unary call may take when neither it nor its caller says.
    timeout: Duration, DURATION, "--timeout", "MICRO_TIMEOUT", |_| Duration::from_secs(5);
    /// How long connecting to a node may take.
    connect_timeout: Duration, DURATION, "--connect-timeout", "MICRO_CONNECT_TIMEOUT", |_| Duration::from_secs(1);
    /// The largest message accepted.
    message_limit: usize, SIZE, "--message-limit", "MICRO_MESSAGE_LIMIT", |_| 4 << 20;
    /// The largest list of headers accepted.
    header_list_limit: usize, SIZE, "--header-list-limit", "MICRO_HEADER_LIST_LIMIT", |_| 16 << 10;
    /// How many headers a request may have.
    max_headers: usize, COUNT, "--max-headers", "MICRO_MAX_HEADERS", |_| 100;
    /// How many connections are served at once.
    max_connections: usize, COUNT, "--max-connections", "MICRO_MAX_CONNECTIONS", |_| 10_000;
    /// How many calls one connection may carry at once.
    max_streams: usize, COUNT, "--max-streams", "MICRO_MAX_STREAMS", |_| 1024;
    /// How long a connection may take to say what it speaks, and a request over HTTP/1 to send its head.
    handshake_timeout: Duration, DURATION, "--handshake-timeout", "MICRO_HANDSHAKE_TIMEOUT", |_| Duration::from_secs(10);
    /// How long the message of a call without deadline may take to arrive.
    body_timeout: Duration, DURATION, "--body-timeout", "MICRO_BODY_TIMEOUT", |_| Duration::from_secs(60);
    /// How long a connection may be silent before it is probed.
    keep_alive: Duration, DURATION, "--keep-alive", "MICRO_KEEP_ALIVE", |_| Duration::from_secs(20);
    /// How long a hook, a constructor or the registry may take while the service starts or stops.
    hook_timeout: Duration, DURATION, "--hook-timeout", "MICRO_HOOK_TIMEOUT", |_| Duration::from_secs(30);
    /// How long running calls may go on once the service stops.
    drain: Duration, DURATION, "--drain", "MICRO_DRAIN", |_| Duration::from_secs(30);
    /// Answers `/livez` and `/readyz`, and the gRPC health service.
    probes: bool, SWITCH, "--probes", "MICRO_PROBES", |_| true;
    /// How long a check of readiness may take.
    check_timeout: Duration, DURATION, "--check-timeout", "MICRO_CHECK_TIMEOUT", |_| Duration::from_secs(5);
    /// Answers `micro.debug.v1.Debug`: statistics, information, recent logs.
    debug: bool, SWITCH, "--debug", "MICRO_DEBUG", |_| true;
    /// Answers gRPC reflection.
    reflection: bool, SWITCH, "--reflection", "MICRO_REFLECTION", |_| true;
    /// Answers `/metrics`, where the feature `metrics` is compiled in.
    metrics: bool, SWITCH, "--metrics", "MICRO_METRICS", |_| true;
    /// The collector that traces and metrics are sent to by OTLP over gRPC, where the feature `otlp` is compiled in.
    otlp: String, COLLECTOR, "--otlp", "MICRO_OTLP", |_| String::new();
    /// How many of the latest log records are kept for `micro.debug.v1.Debug/Log`.
    log_records: usize, COUNT, "--log-records", "MICRO_LOG_RECORDS", |_| 1000;
    /// What is logged: levels, for everything or by module.
    log: String, LOG, "--log", "MICRO_LOG", |_| "info".to_owned();
}

impl Settings {
    /// Shows every setting, one a line: key, value, origin.
    pub fn explain_text(&self) -> String {
        let line = |row: Explained| format!("{:<20} {:<40} {}\n", row.key, row.value, row.origin);
        self.explain().into_iter().map(line).collect()
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.explain().into_iter().map(|row| (row.key, row.value))).finish()
    }
}

fn loopback() -> Address {
    std::net::SocketAddr::from(([127, 0, 0, 1], 0)).into()
}

fn resolve<T>(
    sources: &Sources,
    key: Option<&'static Key>,
    kind: &Kind<T>,
    default: fn(&Sources) -> T,
    mistakes: &mut Vec<String>,
) -> Setting<T> {
    if let Some((key, given)) = key.and_then(|key| Some((key, sources.get(key)?))) {
        match given.and_then(|(text, origin)| match (kind.parse)(&text) {
            Ok(value) => Ok(Setting { value, origin }),
            // A value that may hold a password is not repeated.
            Err(why) if text.contains('@') => Err((origin, why)),
            Err(why) => Err((origin, format!("{text:?} {why}"))),
        }) {
            Ok(setting) => return setting,
            Err((origin, why)) => mistakes
                .push(format!("setting `{}` ({origin}): {why}; an example: {}", key.key, kind.example)),
        }
    }
    Setting { value: default(sources), origin: Origin::Default }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_has_its_own_names_and_a_default_that_reads_back() {
        let sources = Sources::none();
        let mut names: Vec<&str> = KEYS.iter().flat_map(|key| [key.key, key.env, key.flag]).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        for key in KEYS {
            assert!(key.env.starts_with("MICRO_") && key.flag.starts_with("--"), "{}", key.key);
            let shown = (key.default)(&sources);
            if shown.is_empty() {
                continue;
            }
            let settings = Settings::load(&Sources::pairs([(key.env, shown.as_str())])).unwrap();
            let row = settings.explain().into_iter().find(|row| row.key == key.key).unwrap();
            assert_eq!((row.value, row.origin), (shown, Origin::Environment(key.env)));
        }
    }

    #[test]
    fn flags_win_over_the_environment_and_that_over_code() {
        let mut sources = Sources::pairs([("MICRO_ZONE", "env"), ("MICRO_NAME", "env")]);
        for key in ["zone", "name", "version"] {
            sources.set(key, "code");
        }
        let settings = Settings::load(&sources.flags(["--zone", "flag"]).unwrap()).unwrap();
        let zone = (settings.zone.value.as_str(), settings.zone.origin);
        let name = (settings.name.value.as_str(), settings.name.origin);
        let version = (settings.version.value.as_str(), settings.version.origin);
        assert_eq!(zone, ("flag", Origin::Flag("--zone")));
        assert_eq!(name, ("env", Origin::Environment("MICRO_NAME")));
        assert_eq!(version, ("code", Origin::Code));
    }

    #[test]
    fn errors_name_key_origin_and_an_example_all_at_once() {
        let sources = Sources::pairs([("MICRO_TIMEOUT", "5"), ("MICRO_ADDRESS", "here")]);
        let error = Settings::load(&sources.flags(["--drain=soon"]).unwrap()).unwrap_err();
        for text in
            ["`timeout`", "MICRO_TIMEOUT", "\"5\"", "5s", "`address`", "127.0.0.1:4000", "`drain`", "--drain"]
        {
            assert!(error.message().contains(text), "{text}: {error}");
        }
    }

    #[test]
    fn debug_and_explanation_hide_passwords() {
        let pairs = [("MICRO_REGISTRY", "etcd://a:hunter2@h:1"), ("MICRO_OTLP", "http://a:hunter2@h:4317")];
        let settings = Settings::load(&Sources::pairs(pairs)).unwrap();
        assert!(!format!("{settings:?}{}", settings.explain_text()).contains("hunter2"));
        assert_eq!(settings.registry.value, "etcd://a:hunter2@h:1");
        let otlp = KEYS.iter().find(|key| key.key == "otlp").unwrap();
        assert_eq!(otlp.example, "http://localhost:4317");
    }
}
