//! Messages and enums: prost-build writes them, with every path going through micro.

use std::collections::BTreeMap;

use prost_build::{Config, Module};
use prost_types::{DescriptorProto, FileDescriptorProto};
use syn::{Item, ItemMod, parse_quote};

use crate::error::Error;
use crate::{Result, names, wellknown};

/// Generates the messages and enums of `files`, by module.
pub(crate) fn generate(
    files: &[FileDescriptorProto],
    micro: &str,
) -> Result<BTreeMap<Vec<String>, Vec<Item>>> {
    let mut config = Config::new();
    config.prost_path(format!("{micro}::__private::prost"));
    config.prost_types_path(format!("{micro}::__private::prost_types"));
    for file in files.iter().filter(|file| wellknown::is_file(file.name())) {
        for (proto, rust) in wellknown::externs(file, micro) {
            config.extern_path(proto, rust);
        }
    }
    // The well-known files go along: prost-build looks into the types of fields, wherever they are defined.
    let requests =
        files.iter().map(|file| (Module::from_protobuf_package_name(file.package()), file.clone()));
    let modules = config
        .generate(requests.collect())
        .map_err(|error| Error::new(format!("prost-build cannot generate the messages: {error}")))?;
    let mut parsed = BTreeMap::new();
    for (module, code) in modules {
        let file = syn::parse_file(&code)
            .map_err(|error| Error::new(format!("prost-build made bad code for module {module}: {error}")))?;
        let mut items = file.items;
        import_prelude(&mut items);
        parsed.insert(module.parts().map(str::to_owned).collect(), items);
    }
    Ok(parsed)
}

/// Imports the prelude where enums stand: what prost-build prints for them says `Some` and `None`, which mean
/// nothing in a crate under `no_implicit_prelude`. A glob, so that a message called `Some` goes first.
fn import_prelude(items: &mut Vec<Item>) {
    for item in items.iter_mut() {
        if let Item::Mod(ItemMod { content: Some((_, content)), .. }) = item {
            import_prelude(content);
        }
    }
    if items.iter().any(|item| matches!(item, Item::Enum(_))) {
        items.insert(
            0,
            parse_quote!(
                #[allow(unused_imports)]
                use ::core::prelude::v1::*;
            ),
        );
    }
}

/// Lists every message of a file as the path of its Rust type from the root of the tree, and its full name.
pub(crate) fn list(file: &FileDescriptorProto) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let modules = names::modules(file.package());
    for message in &file.message_type {
        add(&mut found, &modules, file.package(), message);
    }
    found
}

fn add(found: &mut Vec<(String, String)>, modules: &[String], outer: &str, message: &DescriptorProto) {
    // Map entries are messages on the wire only.
    if message.options.as_ref().is_some_and(|options| options.map_entry()) {
        return;
    }
    let full_name =
        if outer.is_empty() { message.name().to_owned() } else { format!("{outer}.{}", message.name()) };
    let mut path = modules.to_vec();
    path.push(names::camel(message.name()));
    found.push((path.join("::"), full_name.clone()));
    path.pop();
    path.push(names::snake(message.name()));
    for nested in &message.nested_type {
        add(found, &path, &full_name, nested);
    }
}
