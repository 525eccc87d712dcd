//! What became of packages: a package that moves is one break, not one for everything in it.

use std::collections::{BTreeMap, BTreeSet};

use prost_types::FileDescriptorSet;

use super::index::is_compared;
use super::origin::Origin;
use super::report::Break;
use super::rule::Rule;

/// What became of the packages of the old version. Those that are not named stayed.
#[derive(Default)]
pub(super) struct Packages<'a> {
    moved: BTreeMap<&'a str, &'a str>,
    gone: BTreeSet<&'a str>,
}

/// What a package defines.
#[derive(Default)]
struct Defined<'a> {
    /// At its top: which sort of thing, and its name.
    symbols: BTreeSet<(&'static str, &'a str)>,
    /// Whether it is there for itself, and not only because something of it is imported.
    own: bool,
    serves: bool,
}

impl<'a> Packages<'a> {
    /// Compares the packages of two versions. That one is imported no more, or another in its place, is no break of
    /// its own: the fields that had its types are judged.
    pub(super) fn compare(
        (old, was): (&'a FileDescriptorSet, &Origin<'_>),
        (new, is): (&'a FileDescriptorSet, &Origin<'_>),
        breaks: &mut Vec<Break>,
    ) -> Packages<'a> {
        let (old, new) = (defined(old, was), defined(new, is));
        let mut packages = Packages::default();
        for (&package, was) in old.iter().filter(|(package, _)| !new.contains_key(*package)) {
            // Where it is now cannot have been there before: `v1` was not moved when only `v2` is left.
            let home = new.iter().find(|(other, is)| {
                !old.contains_key(*other)
                    && is.symbols.is_superset(&was.symbols)
                    && (was.own || !is.own)
                    && !packages.moved.values().any(|taken| taken == *other)
            });
            let found = match home {
                Some((&other, _)) => {
                    packages.moved.insert(package, other);
                    moved(package, other, was)
                }
                None => {
                    packages.gone.insert(package);
                    removed(package, was)
                }
            };
            if was.own {
                breaks.push(found);
            }
        }
        packages
    }

    /// Returns what an old package is called now; `None` for one that is gone.
    pub(super) fn now<'n>(&self, package: &'n str) -> Option<&'n str>
    where
        'a: 'n,
    {
        if self.gone.contains(package) {
            return None;
        }
        Some(self.moved.get(package).copied().unwrap_or(package))
    }
}

fn defined<'a>(set: &'a FileDescriptorSet, origin: &Origin<'_>) -> BTreeMap<&'a str, Defined<'a>> {
    let mut packages = BTreeMap::<&str, Defined<'_>>::new();
    for file in set.file.iter().filter(|file| is_compared(file)) {
        let messages = file.message_type.iter().map(|message| ("message", message.name()));
        let enums = file.enum_type.iter().map(|values| ("enum", values.name()));
        let services = file.service.iter().map(|service| ("service", service.name()));
        let mut symbols = messages.chain(enums).chain(services).peekable();
        // A file that only passes on what it imports is no package.
        if symbols.peek().is_some() {
            let package = packages.entry(file.package()).or_default();
            package.symbols.extend(symbols);
            package.own |= !origin.is_borrowed(file);
            package.serves |= !file.service.is_empty();
        }
    }
    packages
}

fn moved(package: &str, other: &str, was: &Defined<'_>) -> Break {
    let (package, other) = (shown(package), shown(other));
    let (change, callers) = match was.serves {
        true => (
            format!("the package is called {other} now; serve both until nobody calls the old one"),
            format!("every call to {package} fails as unimplemented, and no node is found for its contracts"),
        ),
        false => (
            format!("the package is called {other} now; give it its name back"),
            "what holds its messages in an `Any` has names that the other side does not know".to_owned(),
        ),
    };
    Break::new(Rule::PackageMoved, package, change, callers)
}

fn removed(package: &str, was: &Defined<'_>) -> Break {
    let names: Vec<String> = was.symbols.iter().map(|(sort, name)| format!("{sort} {name}")).collect();
    Break::new(
        Rule::PackageRemoved,
        shown(package),
        format!("the package is gone, and with it {}", names.join(", ")),
        match was.serves {
            true => {
                "every call to its services fails as unimplemented, and what holds its messages in an `Any` cannot be \
                 read"
            }
            false => {
                "what holds its messages in an `Any` or was stored cannot be read, and code that uses them has no newer \
                 version"
            }
        },
    )
}

/// Names a package; that of files without one is `(no package)`.
fn shown(package: &str) -> &str {
    if package.is_empty() { "(no package)" } else { package }
}
