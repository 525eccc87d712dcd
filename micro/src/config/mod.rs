//! Configuration: every setting, its default, its names, and where its value came from.
//!
//! There is one table of settings, in [`Settings`]. A value comes from a flag, else from the environment, else
//! from code, else it is the default; [`Setting::origin`] says which. This module is the only place of the crate
//! that reads the environment and the command line.
//!
//! ```
//! use micro::config::{Origin, Settings, Sources};
//!
//! let sources = Sources::pairs([("MICRO_TIMEOUT", "300ms")]).flags(["--zone=eu-1"])?;
//! let settings = Settings::load(&sources)?;
//! assert_eq!(settings.timeout.value.as_millis(), 300);
//! assert_eq!(settings.timeout.origin, Origin::Environment("MICRO_TIMEOUT"));
//! assert_eq!(settings.zone.origin, Origin::Flag("--zone"));
//! assert_eq!(settings.drain.origin, Origin::Default);
//! # Ok::<(), micro::Error>(())
//! ```

mod cargo;
mod environment;
mod flags;
mod help;
mod kinds;
mod memory;
mod settings;
mod sources;

pub(crate) use memory::resident_memory;
pub use settings::{Explained, Origin, Setting, Settings};
pub use sources::Sources;

pub(crate) use cargo::{asked, package_directory};
pub(crate) use flags::Request;
pub(crate) use help::help;
pub(crate) use kinds::show_duration;

/// Finds the setting with a key.
pub(crate) fn key(key: &str) -> Option<&'static str> {
    settings::KEYS.iter().map(|known| known.key).find(|known| *known == key)
}
