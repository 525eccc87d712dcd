//! Contracts as a program tells them: `--describe`.

use std::collections::BTreeMap;

use crate::error::Result;
use crate::service::link::Entry;
#[cfg(feature = "inventory")]
use crate::service::link_inventory::registrations;
#[cfg(not(feature = "inventory"))]
use crate::service::link_linkme::registrations;

use super::linked::{self, is_called, is_of};

/// Describes what the annotated services of a cargo package are called by, as `.proto`. It is what `--describe` prints
/// of a program with [`#[micro::main]`](macro@crate::main).
///
/// Contracts that are code stand there in full, a file a protobuf package; where there are several, each has a comment
/// with its name before it. Of contracts that come from a `.proto` a comment says which file that is, and of those of
/// other cargo packages that are linked, whether they are served or not, which package. A service whose type has
/// parameters is not found, as it is in no table.
///
/// # Errors
///
/// `failed precondition` for what no contract can be made of, such as two types of one name, with both places.
pub fn describe(package: &str) -> Result<String> {
    let table: Vec<Entry> = registrations().collect();
    described(&table, package)
}

pub(super) fn described(table: &[Entry], package: &str) -> Result<String> {
    let linked = linked::read(table, package)?;
    let mut parts: Vec<String> = match linked.files.as_slice() {
        [file] => vec![file.text.clone()],
        files => files.iter().map(|file| format!("// {}:\n\n{}", file.name, file.text)).collect(),
    };
    let comment = |(contract, file): &(&str, Option<String>)| match file {
        Some(file) => format!("// {contract} comes from {file}.\n"),
        None => format!("// {contract} comes from a .proto of the package.\n"),
    };
    if !linked.generated.is_empty() {
        parts.push(linked.generated.iter().map(comment).collect());
    }
    let elsewhere: BTreeMap<&str, String> = table
        .iter()
        .filter(|block| !is_of(block, package) && is_called(block))
        .map(|block| (block.contract(), elsewhere(block)))
        .collect();
    if !elsewhere.is_empty() {
        parts.push(elsewhere.into_values().collect());
    }
    if parts.is_empty() {
        parts.push(format!("// Nothing in the package {package} is called: it has no annotated handlers.\n"));
    }
    Ok(parts.join("\n"))
}

/// Says where the contract of another package is to be had.
fn elsewhere(block: &Entry) -> String {
    let (contract, package) = (block.contract(), block.package());
    let place = match block.code_first() {
        Some(_) => "whose test with micro::contract::assert_current!() writes its .proto",
        None => "and comes from a .proto of that",
    };
    format!("// {contract} is of the linked package {package}, {place}.\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::contract::sample;

    #[test]
    fn one_package_is_told_as_its_file_is_written() {
        assert_eq!(described(&[sample::LEDGER, sample::EARS], "sam-ple").unwrap(), sample::LEDGER_PROTO);
    }

    #[test]
    fn several_packages_and_files_of_others_are_told_apart() {
        let text = described(&[sample::LEDGER, sample::GREETER, sample::AUDIT], "sam-ple").unwrap();
        assert!(text.starts_with("// audit.v1.proto:\n\n"), "{text}");
        assert!(text.contains(&format!("\n}}\n\n// sample.v1.proto:\n\n{}", sample::LEDGER_PROTO)), "{text}");
        assert!(text.ends_with("\n}\n\n// greeter.v1.Say comes from a .proto of the package.\n"), "{text}");
    }

    #[test]
    fn nothing_is_told_to_be_nothing() {
        for table in [&[][..], &[sample::EARS]] {
            let text = described(table, "un-known").unwrap();
            assert!(text.starts_with("// Nothing in the package un-known"), "{text}");
        }
    }

    #[test]
    fn what_is_linked_of_other_packages_is_named_with_where_it_is_written() {
        let text = described(&[sample::LEDGER, sample::GREETER, sample::EARS], "un-known").unwrap();
        assert_eq!(
            text,
            "// greeter.v1.Say is of the linked package sam-ple, and comes from a .proto of that.\n\
             // sample.v1.Ledger is of the linked package sam-ple, whose test with \
             micro::contract::assert_current!() writes its .proto.\n"
        );
        let own = described(&[sample::LEDGER], "sam-ple").unwrap();
        assert!(!own.contains("linked package"), "{own}");
    }
}
