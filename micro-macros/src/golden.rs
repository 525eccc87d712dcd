//! Golden expansions: every `golden/<case>.rs` is expanded in process and compared with `golden/<case>.expanded.rs`.
//!
//! `MICRO_BLESS=1 cargo test -p micro-macros` writes what is printed now; the diff is then read by a person.

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Attribute, Item, Meta};

use crate::env::Env;
use crate::service;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden")
}

/// Expands the attributes of micro in a file, which is read as part of the package `golden-package`.
fn expand(file: syn::File) -> String {
    let env = Env { package: "golden-package".to_owned() };
    let items: TokenStream = file.items.into_iter().map(|item| expand_item(item, &env)).collect();
    let file: syn::File = syn::parse2(items.clone()).unwrap_or_else(|error| panic!("{error} in {items}"));
    prettyplease::unparse(&file)
}

fn expand_item(mut item: Item, env: &Env) -> TokenStream {
    let attributes = match &mut item {
        Item::Impl(item) => &mut item.attrs,
        Item::Fn(item) => &mut item.attrs,
        _ => return quote!(#item),
    };
    let ours =
        |attribute: &Attribute| attribute.path().segments.first().is_some_and(|first| first.ident == "micro");
    let Some(position) = attributes.iter().position(ours) else { return quote!(#item) };
    let attribute = attributes.remove(position);
    let args = match &attribute.meta {
        Meta::List(list) => list.tokens.clone(),
        _ => TokenStream::new(),
    };
    match attribute.path().segments.last().map(|last| last.ident.to_string()).as_deref() {
        Some("service") => service::expand(args, item.into_token_stream(), env),
        Some("subscriber") => service::subscriber::expand(args, item.into_token_stream(), env),
        Some("main") => crate::main_fn::expand(args, item.into_token_stream()),
        other => panic!("no golden knows the attribute {other:?}"),
    }
}

#[test]
fn expansions_are_as_they_were_last_read() {
    let bless = std::env::var_os("MICRO_BLESS").is_some();
    let mut cases = 0;
    let mut stale = Vec::new();
    for entry in fs::read_dir(folder()).expect("the folder golden/ is there") {
        let path = entry.expect("its entries are readable").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        let Some(case) = name.strip_suffix(".rs").filter(|case| !case.ends_with(".expanded")) else {
            continue;
        };
        cases += 1;
        let source = fs::read_to_string(&path).expect("the case is readable");
        let printed = expand(syn::parse_file(&source).unwrap_or_else(|error| panic!("{name}: {error}")));
        let golden = folder().join(format!("{case}.expanded.rs"));
        if bless {
            fs::write(&golden, &printed).expect("the golden is writable");
        } else if fs::read_to_string(&golden).unwrap_or_default() != printed {
            stale.push(format!("{case}: now prints\n{printed}"));
        }
    }
    assert!(cases >= 4, "{cases} cases found");
    assert!(stale.is_empty(), "run with MICRO_BLESS=1 and read the difference\n{}", stale.join("\n"));
}
