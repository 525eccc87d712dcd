//! What became of packages: a package that moves is one break, not one for everything in it.

use std::collections::{BTreeMap, BTreeSet};

use prost_types::FileDescriptorSet;

use super::index::is_own;
use super::report::Break;
use super::rule::Rule;

/// What became of the packages of the old version. Those that are not named stayed.
#[derive(Default)]
pub(super) struct Packages<'a> {
    moved: BTreeMap<&'a str, &'a str>,
    gone: BTreeSet<&'a str>,
}

/// What a package defines at its top: which sort of thing, and its name.
type Symbols<'a> = BTreeSet<(&'static str, &'a str)>;

impl<'a> Packages<'a> {
    /// Compares the packages of two versions.
    pub(super) fn compare(
        old: &'a FileDescriptorSet,
        new: &'a FileDescriptorSet,
        breaks: &mut Vec<Break>,
    ) -> Packages<'a> {
        let (old, new) = (symbols(old), symbols(new));
        let mut packages = Packages::default();
        for (&package, symbols) in old.iter().filter(|(package, _)| !new.contains_key(*package)) {
            // Where it is now cannot have been there before: `v1` was not moved when only `v2` is left.
            let home = new.iter().find(|(other, there)| {
                !old.contains_key(*other)
                    && there.is_superset(symbols)
                    && !packages.moved.values().any(|taken| taken == *other)
            });
            match home {
                Some((&other, _)) => {
                    packages.moved.insert(package, other);
                    breaks.push(moved(package, other));
                }
                None => {
                    packages.gone.insert(package);
                    breaks.push(removed(package, symbols));
                }
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

fn symbols(set: &FileDescriptorSet) -> BTreeMap<&str, Symbols<'_>> {
    let mut packages = BTreeMap::<&str, Symbols<'_>>::new();
    for file in set.file.iter().filter(|file| is_own(file)) {
        let messages = file.message_type.iter().map(|message| ("message", message.name()));
        let enums = file.enum_type.iter().map(|values| ("enum", values.name()));
        let services = file.service.iter().map(|service| ("service", service.name()));
        let mut symbols = messages.chain(enums).chain(services).peekable();
        // A file that only passes on what it imports is no package.
        if symbols.peek().is_some() {
            packages.entry(file.package()).or_default().extend(symbols);
        }
    }
    packages
}

fn moved(package: &str, other: &str) -> Break {
    let was = shown(package);
    Break::new(
        Rule::PackageMoved,
        was,
        format!("the package is called {} now; serve both until nobody calls the old one", shown(other)),
        format!("every call to {was} fails as unimplemented, and no node is found for its contracts"),
    )
}

fn removed(package: &str, symbols: &Symbols<'_>) -> Break {
    let names: Vec<String> = symbols.iter().map(|(sort, name)| format!("{sort} {name}")).collect();
    Break::new(
        Rule::PackageRemoved,
        shown(package),
        format!("the package is gone, and with it {}", names.join(", ")),
        "every call to its services fails as unimplemented, and what holds its messages in an `Any` cannot be read",
    )
}

/// Names a package; that of files without one is `(no package)`.
fn shown(package: &str) -> &str {
    if package.is_empty() { "(no package)" } else { package }
}
