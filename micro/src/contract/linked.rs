//! The contracts of a package's annotated blocks, as text.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::message::Place;
use crate::message::options::FILE;
use crate::service::link::Entry;
use crate::spec::Spec;

use super::print::{Names, Options, print};
use super::{service, set};

/// What a file of ours begins with. It is how one is told from a file that somebody wrote, so committed files have it:
/// another one is another format. What follows in [`HEADER`] may be said in other words.
pub(super) const MARK: &str = "// Written by micro from annotated Rust";

/// The first line of a file of ours.
pub(super) const HEADER: &str =
    "// Written by micro from annotated Rust: change the code, then run its test with UPDATE_CONTRACT=1.\n";

/// What is linked of a package.
#[derive(Debug, Default)]
pub(super) struct Linked {
    /// The contracts that are code, a file a protobuf package, or two where its services are apart; sorted by package.
    pub(super) files: Vec<Text>,
    /// Whether one of the files imports that of our options.
    pub(super) options: bool,
    /// The contracts that come from a `.proto`, sorted, with its name as far as it is known.
    pub(super) generated: Vec<(&'static str, Option<String>)>,
}

/// A file as it is written.
#[derive(Debug)]
pub(super) struct Text {
    /// Its name: `ledger.v1.proto`.
    pub(super) name: String,
    pub(super) text: String,
}

/// Tells whether a block is written in a cargo package.
pub(super) fn is_of(block: &Entry, package: &str) -> bool {
    block.package().replace('-', "_") == package.replace('-', "_")
}

/// Describes what the annotated blocks of a cargo package can be called by. Blocks with type parameters are in no
/// table, and subscribers are no part of a contract.
///
/// # Errors
///
/// `failed precondition` for two blocks or two types of one name, with both places, and as
/// [`descriptor_set`](set::descriptor_set).
pub(super) fn read(table: &[Entry], package: &str) -> Result<Linked> {
    let mut contracts = BTreeMap::<&'static str, Vec<Entry>>::new();
    for block in table.iter().filter(|block| is_of(block, package) && is_called(block)) {
        contracts.entry(block.contract()).or_default().push(*block);
    }
    let mut linked = Linked::default();
    let (mut specs, mut docs) = (Vec::new(), BTreeMap::new());
    for (contract, blocks) in contracts {
        let Some(code_first) = blocks.iter().find_map(|block| block.code_first()) else {
            let specs: Vec<&Spec> = blocks.iter().flat_map(methods).collect();
            let found = service::find(contract, &specs)?;
            linked.generated.push((contract, found.map(|service| service.parent_file().name().to_owned())));
            continue;
        };
        if let [first, second, ..] = blocks.as_slice() {
            let (mut first, mut second) = (described(first), described(second));
            if first > second {
                std::mem::swap(&mut first, &mut second);
            }
            return Err(Error::failed_precondition(format!(
                "two blocks have the contract {contract}: {first} and {second}; give one another name: \
                 #[micro::service(name = \"…\")]"
            )));
        }
        specs.extend(blocks.iter().flat_map(methods));
        docs.insert(contract, code_first);
    }
    one_type_a_name(&specs)?;
    let set = set::documented(specs.iter().copied(), &docs)?;
    let mut names = Names::default();
    set.files().for_each(|file| names.add(file.file_descriptor_proto()));
    let made: Vec<String> = set.made().map(|file| file.name().to_owned()).collect();
    let name = |name: &str| match made.iter().any(|made| made == name) {
        true => name.strip_prefix("micro/").unwrap_or(name).to_owned(),
        false => name.to_owned(),
    };
    for file in set.made() {
        linked.options |= file.file_descriptor_proto().dependency.iter().any(|import| import == FILE);
        let text = print(file.file_descriptor_proto(), &names, &Options::of(&file), HEADER, name);
        linked.files.push(Text { name: name(file.name()), text });
    }
    Ok(linked)
}

/// Tells whether a block has methods that are called, and not only subscribers or a constructor.
pub(super) fn is_called(block: &Entry) -> bool {
    !methods(block).is_empty()
}

/// Lists the methods of a block that are called.
fn methods(block: &Entry) -> Vec<&'static Spec> {
    block.specs().into_iter().filter(|spec| spec.topic.is_none()).collect()
}

fn described(block: &Entry) -> String {
    format!("{} ({})", block.type_name(), block.place())
}

/// Fails for two types of one name, also where they say the same: sooner or later one of them is changed.
fn one_type_a_name(specs: &[&Spec]) -> Result<()> {
    let mut known = BTreeMap::<String, Place>::new();
    for message in specs.iter().flat_map(|spec| [(spec.request)(), (spec.reply)()]) {
        for (name, place) in message.places() {
            match known.get(name) {
                None => {
                    known.insert(name.to_owned(), *place);
                }
                Some(first) if first == place => {}
                Some(first) => {
                    return Err(Error::failed_precondition(Place::contradiction(name, first, place)));
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::contract::sample;

    fn files(table: &[Entry]) -> Vec<(String, String)> {
        read(table, "sam-ple").unwrap().files.into_iter().map(|file| (file.name, file.text)).collect()
    }

    #[test]
    fn each_package_has_a_file_with_what_is_called_and_what_that_reaches() {
        let files = files(&[sample::LEDGER, sample::EARS, sample::GREETER]);
        assert_eq!(files, [("sample.v1.proto".to_owned(), sample::LEDGER_PROTO.to_owned())]);
    }

    #[test]
    fn what_another_cargo_package_serves_is_left_out() {
        assert!(read(&[sample::LEDGER], "sample").unwrap().files.is_empty());
    }

    #[test]
    fn packages_import_one_another_by_the_names_they_are_written_under() {
        // In the order of the linker, which is none.
        let files = files(&[sample::AUDIT, sample::LEDGER]);
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["audit.v1.proto", "sample.v1.proto"]);
        assert!(files[0].1.contains("import \"sample.v1.proto\";\n"), "{}", files[0].1);
        assert!(files[0].1.contains("rpc Look(sample.v1.Entry) returns (Line);\n"), "{}", files[0].1);
        assert_eq!(files[1].1, sample::LEDGER_PROTO);
    }

    #[test]
    fn services_that_take_messages_of_one_another_have_files_of_their_own() {
        let files = files(&[sample::ORDERS, sample::CATALOG]);
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        let expected =
            ["catalog.v1.proto", "catalog.v1-services.proto", "orders.v1.proto", "orders.v1-services.proto"];
        assert_eq!(names, expected);
        assert!(!files[0].1.contains("import") && !files[0].1.contains("service"), "{}", files[0].1);
        let services = &files[3].1;
        for text in [
            "package orders.v1;\n",
            "import \"catalog.v1.proto\";\n",
            "import \"orders.v1.proto\";\n",
            "// Takes orders.\nservice Orders {\n",
            "rpc Place(catalog.v1.Item) returns (Order);\n",
        ] {
            assert!(services.contains(text), "{text} is not in: {services}");
        }
        // Alone, none needs a second file.
        assert_eq!(files_of(&sample::ORDERS), ["catalog.v1.proto", "orders.v1.proto"]);
    }

    fn files_of(block: &Entry) -> Vec<String> {
        files(&[*block]).into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn a_contract_from_a_proto_is_named_and_not_written() {
        let linked = read(&[sample::GREETER], "sam_ple").unwrap();
        assert!(linked.files.is_empty());
        assert_eq!(linked.generated, [("greeter.v1.Say", None)]);
    }

    #[test]
    fn two_types_of_one_name_are_told_with_both_places() {
        let error = read(&[sample::LEDGER, sample::TWIN], "sam-ple").unwrap_err();
        for text in ["sample.v1.Entry", "sample::Entry (", "twin::Entry (", "sample.rs:", " and ", "name = "]
        {
            assert!(error.message().contains(text), "{text}: {error}");
        }
    }

    #[test]
    fn two_blocks_of_one_contract_are_told_with_both_places() {
        for table in [[sample::LEDGER, sample::AGAIN], [sample::AGAIN, sample::LEDGER]] {
            let error = read(&table, "sam-ple").unwrap_err();
            let expected =
                "sample::Again (src/again.rs:3) and micro::contract::sample::Ledger (src/ledger.rs:12)";
            assert!(error.message().contains(expected) && error.message().contains("name = "), "{error}");
        }
    }
}
