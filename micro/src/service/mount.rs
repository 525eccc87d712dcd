//! Which annotated blocks a service serves, and the values they are served by.

use std::any::TypeId;
use std::collections::BTreeMap;
use std::collections::btree_map;
use std::sync::Arc;
use std::time::Duration;

use crate::context::Home;
use crate::error::{Error, Result};

use super::Service;
use super::hooks::within;
use super::link::{Entry, Instance};
use super::row::Bound;

/// What the builder asked for.
#[derive(Default)]
pub(super) struct Wanted {
    /// The cargo package whose every block is wanted.
    pub(super) automatic: Option<String>,
    /// Further cargo packages whose every block is wanted.
    pub(super) linked: Vec<String>,
    /// Values given to `.handle`.
    pub(super) values: Vec<Given>,
    /// Values given to `.mount`.
    pub(super) mounted: Vec<Mounted>,
}

/// A value of a type that registered its blocks.
pub(super) struct Given {
    pub(super) of_type: TypeId,
    pub(super) type_name: &'static str,
    pub(super) instance: Instance,
}

/// A value that brings its methods along.
pub(super) struct Mounted {
    pub(super) type_name: &'static str,
    pub(super) bind: Bind,
}

type Bind = Box<dyn FnOnce(&Arc<Home>) -> Vec<Bound> + Send>;

/// The blocks of one type and the value that serves them.
struct Group {
    blocks: Vec<Entry>,
    instance: Option<Instance>,
}

/// Finds, makes and binds everything that is wanted. The methods come sorted by path.
///
/// # Errors
///
/// `failed precondition` with every mistake: what cannot be made, where it is written, and how to mend it.
pub(super) async fn mount(
    wanted: Wanted,
    table: &[Entry],
    service: &Service,
    home: &Arc<Home>,
    limit: Duration,
) -> Result<Vec<Bound>> {
    let mut mistakes = Vec::new();
    let mut groups = group(&wanted, table, &mut mistakes);
    for ((type_name, _), group) in &mut groups {
        if group.instance.is_none() {
            match make(type_name, &group.blocks, service, limit).await {
                Ok(instance) => group.instance = Some(instance),
                Err(mistake) => mistakes.push(mistake),
            }
        }
    }
    let mut served = Served::default();
    for ((type_name, _), group) in &groups {
        let Some(instance) = &group.instance else { continue };
        for block in &group.blocks {
            let owner = format!("{type_name} ({})", block.place());
            served.add(&owner, block.bind(instance, home), &mut mistakes);
        }
    }
    for mounted in wanted.mounted {
        served.add(mounted.type_name, (mounted.bind)(home), &mut mistakes);
    }
    if !mistakes.is_empty() {
        return Err(Error::failed_precondition(mistakes.join("\n")));
    }
    let subscribers = served.0.values().filter(|(bound, _)| bound.spec.topic.is_some()).count();
    let endpoints = served.0.len() - subscribers;
    tracing::debug!(types = groups.len(), endpoints, subscribers, "mounted");
    Ok(served.0.into_values().map(|(bound, _)| bound).collect())
}

/// Collects the wanted blocks by type, sorted by the type's name.
fn group(
    wanted: &Wanted,
    table: &[Entry],
    mistakes: &mut Vec<String>,
) -> BTreeMap<(&'static str, TypeId), Group> {
    let mut groups = BTreeMap::<_, Group>::new();
    let mut add = |block: Entry, instance: Option<&Instance>| {
        let key = (block.type_name(), block.of_type());
        let group = groups.entry(key).or_insert(Group { blocks: Vec::new(), instance: None });
        if let Some(instance) = instance {
            group.instance = Some(instance.clone());
        }
        // A block is wanted once, whichever way it is asked for. Its place is its identity.
        if !group
            .blocks
            .iter()
            .any(|known| known.place() == block.place() && known.contract() == block.contract())
        {
            group.blocks.push(block);
        }
    };
    for given in &wanted.values {
        let blocks: Vec<_> = table.iter().filter(|block| block.of_type() == given.of_type).collect();
        if blocks.is_empty() {
            mistakes.push(format!(
                "{} was given to .handle, but has no block marked #[micro::service]; mark one, or use .mount for a \
                 type with parameters",
                given.type_name
            ));
        }
        for block in blocks {
            add(*block, Some(&given.instance));
        }
    }
    let is_of = |block: &Entry, package: &str| block.package().replace('-', "_") == package.replace('-', "_");
    for package in wanted.automatic.iter().chain(&wanted.linked) {
        for block in table.iter().filter(|block| is_of(block, package)) {
            add(*block, None);
        }
    }
    for package in &wanted.linked {
        if !table.iter().any(|block| is_of(block, package)) {
            let mut known: Vec<&str> = table.iter().map(|block| block.package()).collect();
            known.sort_unstable();
            known.dedup();
            mistakes.push(format!(
                "nothing annotated is linked from the package {package:?}; linked are: {}; a crate that is never named \
                 in the source is left out by the linker: write `use {} as _;`",
                if known.is_empty() { "none".to_owned() } else { known.join(", ") },
                package.replace('-', "_"),
            ));
        }
    }
    for group in groups.values_mut() {
        group.blocks.sort_by_key(|block| (block.contract(), block.place()));
    }
    groups
}

/// Makes the value of a type by `#[micro::init]`, else by `Default`.
async fn make(
    type_name: &str,
    blocks: &[Entry],
    service: &Service,
    limit: Duration,
) -> Result<Instance, String> {
    let inits: Vec<_> = blocks.iter().filter(|block| block.has_init()).collect();
    if let [first, second, ..] = inits.as_slice() {
        return Err(format!(
            "{type_name} has two #[micro::init], in {} and {}; keep one",
            first.place(),
            second.place()
        ));
    }
    if let Some(block) = inits.first() {
        let what = format!("#[micro::init] of {type_name} ({})", block.place());
        let made = within(limit, what, block.init(service)).await;
        return made.map_err(|error| format!("{error:?}"));
    }
    blocks.iter().find_map(|block| block.construct()).ok_or_else(|| {
        let places: Vec<String> = blocks.iter().map(|block| block.place()).collect();
        format!(
            "{type_name} is marked #[micro::service] ({}) but cannot be made; do one of: derive Default for it; write \
             `#[micro::init] async fn new(service: &Service) -> Result<Self>` in the block; make it yourself and add \
             `.handle(value)` to the service",
            places.join(", ")
        )
    })
}

/// The methods by path, and who has them.
#[derive(Default)]
struct Served(BTreeMap<&'static str, (Bound, String)>);

impl Served {
    fn add(&mut self, owner: &str, methods: Vec<Bound>, mistakes: &mut Vec<String>) {
        for bound in methods {
            match self.0.entry(bound.spec.path) {
                btree_map::Entry::Vacant(entry) => {
                    entry.insert((bound, owner.to_owned()));
                }
                btree_map::Entry::Occupied(entry) => mistakes.push(format!(
                    "two methods have the path {}: one of {} and one of {owner}; give one block another name, as in \
                     #[micro::service(name = \"…\")], or one function, as in #[micro::subscriber(name = \"…\")]",
                    entry.key(),
                    entry.get().1,
                )),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::future::ready;

    use crate::service::link::{Fallback as _, Probe, Registration};
    use crate::service::row::Row;
    use crate::service::unopened::unopened;
    use crate::spec::{Kind, Spec};

    const PING: &Spec = &Spec::new::<(), ()>("/a.v1.A/Ping", "a.v1.A", Kind::Unary);
    const PONG: &Spec = &Spec::new::<(), ()>("/b.v1.B/Pong", "b.v1.B", Kind::Unary);

    #[derive(Default)]
    struct First;
    #[derive(Default)]
    struct Second;
    struct Unmade;

    const fn row<T>(spec: &'static Spec) -> Row<T> {
        Row::new(spec, |call, _| call.answer(ready(Ok::<(), Error>(()))))
    }

    const FIRST_PING: &[Row<First>] = &[row(PING)];
    const FIRST_PONG: &[Row<First>] = &[row(PONG)];
    const SECOND_PING: &[Row<Second>] = &[row(PING)];
    const UNMADE_PONG: &[Row<Unmade>] = &[row(PONG)];

    static FIRST: Entry =
        &Registration::new::<First>("one", "a.v1.A", FIRST_PING, <Probe<First>>::CONSTRUCT, "a.rs", 1);
    static MORE: Entry =
        &Registration::new::<First>("one", "b.v1.B", FIRST_PONG, <Probe<First>>::CONSTRUCT, "a.rs", 9);
    static SECOND: Entry =
        &Registration::new::<Second>("my-two", "a.v1.A", SECOND_PING, <Probe<Second>>::CONSTRUCT, "b.rs", 2);
    static UNMADE: Entry =
        &Registration::new::<Unmade>("three", "b.v1.B", UNMADE_PONG, <Probe<Unmade>>::CONSTRUCT, "c.rs", 3);

    async fn paths(wanted: Wanted) -> Result<Vec<&'static str>, String> {
        let home = Arc::new(Home { service: "x".to_owned(), client: unopened("test") });
        let table = [UNMADE, SECOND, MORE, FIRST];
        let mounted = mount(wanted, &table, &Service::new("x"), &home, Duration::from_secs(5)).await;
        mounted
            .map(|bound| bound.into_iter().map(|bound| bound.spec.path).collect())
            .map_err(|error| error.message().to_owned())
    }

    fn packages(packages: &[&str]) -> Wanted {
        Wanted { linked: packages.iter().map(|package| (*package).to_owned()).collect(), ..Wanted::default() }
    }

    fn given<T: Send + Sync + 'static>(value: T) -> Given {
        Given { of_type: TypeId::of::<T>(), type_name: std::any::type_name::<T>(), instance: Arc::new(value) }
    }

    #[tokio::test]
    async fn only_what_is_wanted_is_mounted() {
        assert_eq!(paths(Wanted::default()).await.unwrap(), [""; 0]);
        let automatic = Wanted { automatic: Some("one".into()), ..Wanted::default() };
        assert_eq!(paths(automatic).await.unwrap(), ["/a.v1.A/Ping", "/b.v1.B/Pong"]);
        assert_eq!(paths(packages(&["my_two"])).await.unwrap(), ["/a.v1.A/Ping"]);
        let handled = Wanted { values: vec![given(Unmade)], ..Wanted::default() };
        assert_eq!(paths(handled).await.unwrap(), ["/b.v1.B/Pong"]);
    }

    #[tokio::test]
    async fn a_type_that_cannot_be_made_is_named_with_its_place_and_three_mends() {
        let message = paths(packages(&["three"])).await.unwrap_err();
        for text in ["Unmade", "c.rs:3", "derive Default", "#[micro::init]", ".handle(value)"] {
            assert!(message.contains(text), "{text}: {message}");
        }
        // Given as a value it needs no constructor.
        let both = Wanted { values: vec![given(Unmade)], ..packages(&["three"]) };
        assert_eq!(paths(both).await.unwrap(), ["/b.v1.B/Pong"]);
    }

    #[tokio::test]
    async fn a_path_served_twice_names_both() {
        let message = paths(packages(&["one", "my-two"])).await.unwrap_err();
        for text in ["/a.v1.A/Ping", "First (a.rs:1)", "Second (b.rs:2)"] {
            assert!(message.contains(text), "{text}: {message}");
        }
    }

    #[tokio::test]
    async fn strangers_are_named() {
        let message = paths(packages(&["fore-ign"])).await.unwrap_err();
        for text in ["\"fore-ign\"", "my-two, one, three", "use fore_ign as _;"] {
            assert!(message.contains(text), "{text}: {message}");
        }
        let message = paths(Wanted { values: vec![given(7_u8)], ..Wanted::default() }).await.unwrap_err();
        assert!(message.contains("u8") && message.contains("#[micro::service]"), "{message}");
    }
}
