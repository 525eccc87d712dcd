//! Puts everything together: one tree of modules in one file.
//!
//! The tree stands in a module of its own, so that lints can be told to leave it alone and its root is a place
//! where paths end, whether or not a file has a package.

use syn::{Ident, Item, ItemMod, LitByteStr, Path, parse_quote};

use crate::error::Error;
use crate::options::{self, Methods};
use crate::services::Services;
use crate::source::Source;
use crate::write::MARK;
use crate::{Result, check, compact, descriptors, messages, names, tonic, wellknown};

/// The part of the version that generated code and library must share.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION_MAJOR"), ".", env!("CARGO_PKG_VERSION_MINOR"));

/// What a tree is made with.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The path of the library's crate.
    pub(crate) micro: String,
    /// Custom options for other tools.
    pub(crate) ignored: Vec<String>,
    /// Whether tonic's code stands beside ours.
    pub(crate) tonic: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { micro: "::micro".to_owned(), ignored: Vec::new(), tonic: false }
    }
}

/// Generates the tree.
pub(crate) fn generate(mut source: Source, settings: &Settings) -> Result<String> {
    let Settings { micro, ignored, .. } = settings;
    let micro: Path = syn::parse_str(micro)
        .map_err(|error| Error::new(format!("the path of micro, `{micro}`, is not a path: {error}")))?;
    // Checked as it was read: comments are about to be changed, and imports that nobody reaches to be left out.
    check::names(&source)?;
    let methods = Methods::read(&source, ignored)?;
    source.files = descriptors::canonical(std::mem::take(&mut source.files), &source.roots);

    let printed = quote::quote!(#micro).to_string().replace(' ', "");
    let mut items = root(&source, &methods, &micro)?;
    for (path, content) in messages::generate(&source.files, &printed)? {
        module(&mut items, &path)?.extend(content);
    }
    for file in source.files.iter().filter(|file| !wellknown::is_file(file.name())) {
        let services = Services::new(&source, file, &methods, &printed).generate()?;
        if !services.is_empty() {
            module(&mut items, &names::modules(file.package()))?.extend(services);
        }
    }
    if settings.tonic {
        // When all else is there: the modules of tonic's code are its own.
        for file in source.files.iter().filter(|file| !wellknown::is_file(file.name())) {
            for found in tonic::generate(&Services::new(&source, file, &methods, &printed))? {
                add_module(module(&mut items, &names::modules(file.package()))?, found, file.name())?;
            }
        }
    }

    let mut roots = source.roots.clone();
    roots.sort();
    roots.dedup();
    let head = format!("{MARK}{VERSION} from {}. Do not edit.\n\n", roots.join(", "));
    let tree = ItemMod { content: Some((syn::token::Brace::default(), items)), ..shell() };
    let file = syn::File {
        shebang: None,
        attrs: Vec::new(),
        items: vec![
            Item::Mod(tree),
            parse_quote! {
                #[allow(unreachable_pub, unused_imports)]
                pub use self::generated_by_micro::*;
            },
        ],
    };
    Ok(head + &compact::services(&prettyplease::unparse(&file), &printed))
}

/// Makes what stands above all packages: the guard of the version, the descriptors, and a line a message.
fn root(source: &Source, methods: &Methods, micro: &Path) -> Result<Vec<Item>> {
    let encoded = options::embed(descriptors::encode(&source.files), methods)?;
    let descriptors = LitByteStr::new(&encoded, proc_macro2::Span::call_site());
    let mut items: Vec<Item> = vec![
        parse_quote!(#micro::__private::codegen_version!(#VERSION);),
        parse_quote! {
            static POOL: #micro::__private::Pool = #micro::__private::Pool::new(#descriptors);
        },
    ];
    for file in source.files.iter().filter(|file| !wellknown::is_file(file.name())) {
        for (path, full_name) in messages::list(file) {
            let path: Path = syn::parse_str(&format!("self::{path}"))
                .map_err(|error| Error::new(format!("message {full_name} has no path in Rust: {error}")))?;
            items.push(parse_quote!(#micro::__private::prost_message!(#path, #full_name, POOL);));
        }
    }
    Ok(items)
}

fn shell() -> ItemMod {
    parse_quote! {
        #[allow(
            dead_code,
            deprecated,
            missing_docs,
            non_camel_case_types,
            non_snake_case,
            unreachable_pub,
            unused_imports,
            unused_qualifications,
            clippy::all,
            clippy::nursery,
            clippy::pedantic,
            rustdoc::bare_urls,
            rustdoc::broken_intra_doc_links,
            rustdoc::invalid_html_tags
        )]
        mod generated_by_micro {}
    }
}

/// Finds or makes the module at `path`. A package may share a module with the nested types of a message: package
/// `shop.order` with those of `shop.Order`.
fn module<'a>(items: &'a mut Vec<Item>, path: &[String]) -> Result<&'a mut Vec<Item>> {
    let Some((first, rest)) = path.split_first() else {
        return Ok(items);
    };
    let name: Ident = syn::parse_str(first)
        .map_err(|error| Error::new(format!("`{first}` cannot be a module: {error}")))?;
    let is_it =
        |item: &Item| matches!(item, Item::Mod(module) if module.ident == name && module.content.is_some());
    let position = match items.iter().position(is_it) {
        Some(position) => position,
        None => {
            items.push(Item::Mod(parse_quote!(pub mod #name {})));
            items.len() - 1
        }
    };
    match &mut items[position] {
        Item::Mod(found) => module(&mut found.content.get_or_insert_with(Default::default).1, rest),
        _ => Err(Error::new(format!("`{first}` is not a module"))),
    }
}

/// Adds a module that must not be there yet. `file` is whose service it is for.
fn add_module(items: &mut Vec<Item>, added: ItemMod, file: &str) -> Result<()> {
    let is_taken = |item: &Item| matches!(item, Item::Mod(module) if module.ident == added.ident);
    if items.iter().any(is_taken) {
        let error = format!(
            "the module `{}` of tonic's code for {file} is there already: of a package, or of a message with types inside",
            added.ident
        );
        return Err(Error::new(error).help("rename that, or leave `.tonic(true)` out"));
    }
    items.push(Item::Mod(added));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_of_tonic_is_not_mixed_with_another() {
        let mut items = Vec::new();
        let say: ItemMod = parse_quote!(
            pub mod say_server {}
        );
        add_module(&mut items, say.clone(), "say.proto").unwrap();
        let error = add_module(&mut items, say, "say.proto").unwrap_err().to_string();
        assert!(error.contains("`say_server`") && error.contains("rename"), "{error}");
    }

    #[test]
    fn modules_are_made_once() {
        let mut items = Vec::new();
        let path = |path: &[&str]| -> Vec<String> { path.iter().map(|part| (*part).to_owned()).collect() };
        module(&mut items, &path(&["shop", "v1"])).unwrap().push(parse_quote!(
            struct A;
        ));
        module(&mut items, &path(&["shop", "v1"])).unwrap().push(parse_quote!(
            struct B;
        ));
        module(&mut items, &path(&["shop", "r#async"])).unwrap();
        assert_eq!(items.len(), 1);
        let printed = quote::quote!(#(#items)*).to_string();
        assert_eq!(printed, "pub mod shop { pub mod v1 { struct A ; struct B ; } pub mod r#async { } }");
        assert!(module(&mut items, &path(&["a b"])).is_err());
    }
}
