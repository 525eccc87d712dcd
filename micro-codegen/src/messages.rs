//! Messages and enums: prost-build writes them, with every path going through micro.

use std::collections::{BTreeMap, HashMap};

use prost_build::{Config, Module};
use prost_types::{DescriptorProto, FileDescriptorProto};
use syn::{Item, ItemMod, parse_quote};

use crate::error::Error;
use crate::{Result, names, stand_ins, wellknown};

/// Generates the messages and enums of `files`, by module.
pub(crate) fn generate(
    files: &[FileDescriptorProto],
    micro: &str,
) -> Result<BTreeMap<Vec<String>, Vec<Item>>> {
    let mut parsed = BTreeMap::new();
    for (module, code) in printed(files, stand_ins::of(files), micro)? {
        let file = syn::parse_file(&code)
            .map_err(|error| Error::new(format!("prost-build made bad code for module {module}: {error}")))?;
        let mut items = file.items;
        import_prelude(&mut items);
        parsed.insert(module.parts().map(str::to_owned).collect(), items);
    }
    Ok(parsed)
}

/// Has prost-build print the messages and enums of `files`, by module.
fn printed(
    files: &[FileDescriptorProto],
    stand_ins: Vec<FileDescriptorProto>,
    micro: &str,
) -> Result<HashMap<Module, String>> {
    let mut config = Config::new();
    config.prost_path(format!("{micro}::__private::prost"));
    config.prost_types_path(format!("{micro}::__private::prost_types"));
    for file in files.iter().filter(|file| wellknown::is_file(file.name())) {
        for (proto, rust) in wellknown::externs(file, micro) {
            config.extern_path(proto, rust);
        }
    }
    let aside = Module::from_parts([stand_ins::MODULE]);
    // The well-known files go along: prost-build looks into the types of fields, wherever they are defined.
    let requests = files
        .iter()
        .map(|file| (Module::from_protobuf_package_name(file.package()), file.clone()))
        .chain(stand_ins.into_iter().map(|file| (aside.clone(), file)));
    let mut modules = config
        .generate(requests.collect())
        .map_err(|error| Error::new(format!("prost-build cannot generate the messages: {error}")))?;
    modules.remove(&aside);
    Ok(modules)
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

#[cfg(test)]
mod tests {
    use super::*;

    use std::fmt::Write as _;
    use std::fs;
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    use crate::source::Inputs;

    fn read(proto: &str) -> Vec<FileDescriptorProto> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.proto");
        fs::write(&path, format!("syntax = \"proto3\";\npackage a.v1;\n{proto}")).unwrap();
        Inputs { files: vec![path], ..Inputs::default() }.read().unwrap().files
    }

    #[test]
    fn stand_ins_change_nothing_but_the_time() {
        let files = read(
            "import \"google/protobuf/timestamp.proto\";
             import \"google/protobuf/struct.proto\";
             message Empty {}
             message Numbers { int32 a = 1; optional bool b = 2; Kind c = 3; Empty d = 4; }
             enum Kind { KIND_NONE = 0; }
             message Words { string a = 1; bytes b = 2; Numbers c = 3; }
             message Reals { double a = 1; Numbers b = 2; }
             message Both { Words a = 1; Reals b = 2; }
             message Many { repeated int32 a = 1; }
             message ManyMessages { repeated Numbers a = 1; }
             message Named { map<string, Numbers> a = 1; }
             message One { oneof a { Numbers b = 1; Reals c = 2; } }
             message OneWord { oneof a { Words b = 1; int64 c = 2; } }
             message Itself { Itself a = 1; }
             message There { Back a = 1; }
             message Back { Inner a = 1; message Inner { There a = 1; } }
             message AboveItself { Itself a = 1; int32 b = 2; }
             message Known { google.protobuf.Timestamp a = 1; }
             message Anything { google.protobuf.Struct a = 1; }
             message Outer { message Inner { int32 a = 1; message Inner { string a = 1; } } Inner a = 1; }",
        );
        let plain = printed(&files, Vec::new(), "::micro").unwrap();
        let with = printed(&files, stand_ins::of(&files), "::micro").unwrap();
        let texts = |modules: &HashMap<Module, String>| -> BTreeMap<String, String> {
            modules.iter().map(|(module, code)| (module.to_string(), code.clone())).collect()
        };
        assert_eq!(texts(&plain), texts(&with));
        let code: String = plain.into_values().collect();
        for derives in [
            "Clone, Copy, PartialEq, Eq, Hash, ",
            "Clone, PartialEq, Eq, Hash, ",
            "Clone, Copy, PartialEq, ::",
        ] {
            assert!(code.contains(derives), "{derives:?} is in no message:\n{code}");
        }
    }

    #[test]
    fn messages_that_hold_one_another_in_many_ways_take_no_time() {
        let mut proto = "message M0 { string a = 1; }\n".to_owned();
        for index in 1..100 {
            let held = index - 1;
            writeln!(
                proto,
                "message M{index} {{ M{held} a = 1; oneof o {{ M{held} b = 2; M{held} c = 3; }} }}"
            )
            .unwrap();
        }
        let files = read(&proto);
        let (sender, receiver) = mpsc::channel();
        // By every way there is, it would take longer than anybody waits: 3 to the power of 99 steps.
        thread::spawn(move || sender.send(generate(&files, "::micro").is_ok()));
        assert_eq!(receiver.recv_timeout(Duration::from_secs(60)), Ok(true));
    }
}
