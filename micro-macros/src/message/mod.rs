//! `#[micro::message]`: a struct becomes a message, an enum of units an enumeration, an enum of payloads a oneof.
//!
//! What a field is gets decided by its type, through the trait `Field` of the library; this side knows names, numbers
//! and documentation only.

mod args;
mod check;
mod enumeration;
mod model;
mod oneof;
mod parse;
mod structure;

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::env::Env;
use crate::errors::Errors;

use model::{Model, Shape};

/// Expands the attribute in the package that is compiled.
pub(crate) fn expand(args: TokenStream, item: TokenStream) -> TokenStream {
    expand_in(args, item, &Env::read())
}

/// Expands the attribute in the package of `env`. The item comes out whatever is wrong with it.
pub(crate) fn expand_in(args: TokenStream, item: TokenStream, env: &Env) -> TokenStream {
    let mut errors = Errors::default();
    let options = args::parse(args, &mut errors);
    let mut input: DeriveInput = match syn::parse2(item.clone()) {
        Ok(input) => input,
        Err(error) => {
            errors.at(error.span(), "`#[micro::message]` goes on a struct or an enum");
            let errors = errors.into_tokens();
            return quote!(#item #errors);
        }
    };
    let model = parse::model(&mut input, options, env, &mut errors);
    if let Some(model) = &model {
        check::check(model, &mut errors);
    }
    // With mistakes about, the code is still made: one mistake should not become twenty "not a message".
    let code = model.map(|model| print(&model, errors.is_empty()));
    let errors = errors.into_tokens();
    quote!(#input #code #errors)
}

fn print(model: &Model, sound: bool) -> TokenStream {
    let code = match &model.shape {
        Shape::Message(fields) => structure::expand(model, fields, sound),
        Shape::Enumeration { values, unknown } => enumeration::expand(model, values, unknown.as_ref()),
        Shape::Oneof(variants) => oneof::expand(model, variants),
    };
    quote! {
        #[allow(deprecated, unreachable_patterns, unused_qualifications, unused_variables, clippy::all, clippy::pedantic)]
        const _: () = { #code };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expands, and leaves all blanks out, which are the printer's affair.
    pub(super) fn expanded(args: TokenStream, item: TokenStream) -> String {
        let env = Env { package: "my-ledger".to_owned() };
        let tokens = expand_in(args, item, &env);
        let file = syn::parse2(tokens.clone()).unwrap_or_else(|error| panic!("{error} in {tokens}"));
        without_blanks(&prettyplease::unparse(&file))
    }

    fn without_blanks(text: &str) -> String {
        text.split_whitespace().collect()
    }

    #[track_caller]
    pub(super) fn assert_has(text: &str, parts: &[&str]) {
        for part in parts {
            assert!(text.contains(&without_blanks(part)), "{part} is not in {text}");
        }
    }

    /// Expands what is wrong, makes sure that the item is still there, and returns the messages.
    pub(super) fn mistakes(args: TokenStream, item: TokenStream) -> Vec<String> {
        let env = Env { package: "my-ledger".to_owned() };
        let expected: syn::DeriveInput = syn::parse2(item.clone()).expect("the item of a test is one");
        let file: syn::File = syn::parse2(expand_in(args, item, &env)).expect("an expansion is a file");
        let text = prettyplease::unparse(&file);
        assert!(text.contains(&expected.ident.to_string()), "{text}");
        // In the item, that is: messages may well speak of them.
        let kept = &file.items[0];
        let kept = quote!(#kept).to_string();
        for ours in ["# [tag", "# [encoding", "# [unknown"] {
            assert!(!kept.contains(ours), "{kept}");
        }
        let message = |item: &syn::Item| match item {
            syn::Item::Macro(item) if item.mac.path.segments.last()?.ident == "compile_error" => {
                item.mac.parse_body::<syn::LitStr>().ok().map(|text| text.value())
            }
            _ => None,
        };
        file.items.iter().filter_map(message).collect()
    }

    #[track_caller]
    pub(super) fn assert_mistake(item: TokenStream, expected: &str) {
        let found = mistakes(quote!(), item);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains(expected), "{found:?}");
    }

    #[test]
    fn numbers_follow_the_order_and_tags() {
        let text = expanded(
            quote!(),
            quote! {
                struct Total { cents: i64, #[tag(5)] #[encoding(sint)] delta: i32, r#type: Option<Choice> }
            },
        );
        assert_has(
            &text,
            &[
                "const NUMBER_0: u32 = 1u32;",
                "const NUMBER_1: u32 = 5u32;",
                "const NUMBER_2: u32 = NUMBER_1",
                "\"my_ledger.Total\"",
                "\"type\"",
                "derive::Sint",
            ],
        );
        assert!(!text.contains("#[tag(5)]"), "{text}");
    }

    #[test]
    fn nothing_the_user_may_have_written_is_derived() {
        let text = expanded(
            quote!(),
            quote!(
                struct A {
                    a: String,
                }
            ),
        );
        for foreign in ["Defaultfor", "Clonefor", "Debugfor", "PartialEqfor"] {
            assert!(!text.contains(foreign), "{text}");
        }
    }

    #[test]
    fn paths_go_through_the_given_crate() {
        let text = expanded(
            quote!(crate = my::framework, package = "a.v1", name = "B"),
            quote!(
                enum A {
                    Red,
                }
            ),
        );
        assert_has(
            &text,
            &["my::framework::__private::derive::Enumeration for A", "\"a.v1.B\"", "\"B_RED\""],
        );
        assert!(!text.contains("::micro"), "{text}");
    }

    #[test]
    fn types_may_say_self() {
        let text = expanded(
            quote!(),
            quote!(
                struct Node {
                    next: Option<Box<Self>>,
                    last: u32,
                }
            ),
        );
        assert_has(&text, &["const NUMBER_1: u32 = NUMBER_0", "Box<Node>"]);
    }

    #[test]
    fn a_clash_names_both() {
        assert_mistake(
            quote!(
                struct A {
                    #[tag(3)]
                    a: u32,
                    #[tag(3)]
                    b: u32,
                }
            ),
            "tag 3 is used twice: by `a` and `b`",
        );
        assert_mistake(
            quote!(
                struct A {
                    a: u32,
                    #[tag(1)]
                    b: u32,
                }
            ),
            "tag 1 is used twice: by `a` and `b`",
        );
        assert_mistake(
            quote!(
                enum A {
                    X,
                    #[tag(0)]
                    Y,
                }
            ),
            "number 0 is used twice: by `X` and `Y`",
        );
    }

    #[test]
    fn numbers_that_a_oneof_may_shift_are_left_to_the_compiler() {
        let found = mistakes(
            quote!(reserved(2)),
            quote!(
                struct A {
                    #[tag(7)]
                    a: Option<Choice>,
                    #[tag(1)]
                    b: u32,
                    c: Option<Choice>,
                    d: String,
                    #[tag(3)]
                    e: u32,
                }
            ),
        );
        assert!(found.is_empty(), "{found:?}");
        assert_mistake(
            quote!(
                struct A {
                    a: Option<Vec<u8>>,
                    b: std::string::String,
                    #[tag(2)]
                    c: Choice,
                }
            ),
            "tag 2 is used twice: by `b` and `c`",
        );
    }

    #[test]
    fn names_are_those_protobuf_can_have_and_tell_apart() {
        assert_mistake(
            quote!(
                struct A {
                    größe: u32,
                }
            ),
            "`größe` is no protobuf name: use ASCII letters, digits and `_`",
        );
        assert_mistake(
            quote!(
                struct Ä {
                    a: u32,
                }
            ),
            "`Ä` is no protobuf name",
        );
        assert_mistake(
            quote!(
                enum A {
                    X,
                    Ö,
                }
            ),
            "`Ö` is no protobuf name",
        );
        assert_mistake(
            quote!(
                enum A {
                    X(u32),
                    Ö(u32),
                }
            ),
            "`Ö` is no protobuf name",
        );
        assert_mistake(
            quote!(
                struct A {
                    some_a: u32,
                    someA: u32,
                }
            ),
            "`some_a` and `someA` are one name in protobuf",
        );
        let named = quote!(
            struct Ä {}
        );
        assert!(mistakes(quote!(name = "A"), named).is_empty());
    }

    #[test]
    fn what_is_reserved_stays_unused() {
        let args = quote!(reserved(3, 5..=7, "old"));
        let found = mistakes(
            args,
            quote!(
                struct A {
                    #[tag(3)]
                    a: u32,
                    #[tag(6)]
                    b: u32,
                    old: u32,
                    fine: u32,
                }
            ),
        );
        assert_eq!(found.len(), 4, "{found:?}");
        assert!(
            found[0].contains("tag 3 is reserved") && found[1].contains("tag 6 is reserved"),
            "{found:?}"
        );
        assert!(
            found[2].contains("tag 7 is reserved") && found[3].contains("the name `old` is reserved"),
            "{found:?}"
        );
        let text = expanded(
            quote!(reserved(3, 5..=7, "old")),
            quote!(
                struct A {
                    fine: u32,
                }
            ),
        );
        assert_has(&text, &["(3u32, 3u32), (5u32, 7u32)", "&[\"old\"]"]);
    }

    #[test]
    fn impossible_tags_are_refused() {
        for tag in [quote!(0), quote!(19_500), quote!(536870912), quote!(-1)] {
            assert_mistake(
                quote!(
                    struct A {
                        #[tag(#tag)]
                        a: u32,
                    }
                ),
                "a tag is a number from 1 to 536870911",
            );
        }
        assert_mistake(
            quote!(
                struct A {
                    #[tag = 3]
                    a: u32,
                }
            ),
            "write `#[tag(3)]`",
        );
        assert_mistake(
            quote!(
                struct A {
                    #[tag(3)]
                    #[tag(4)]
                    a: u32,
                }
            ),
            "`#[tag]` is given twice",
        );
        assert_mistake(
            quote!(
                struct A {
                    #[encoding(zigzag)]
                    a: i32,
                }
            ),
            "`#[encoding(sint)]` or `#[encoding(fixed)]`",
        );
    }

    #[test]
    fn shapes_that_are_no_message_are_refused_with_the_mend() {
        assert_mistake(
            quote!(
                struct A<T> {
                    a: T,
                }
            ),
            "a message cannot be generic",
        );
        assert_mistake(
            quote!(
                struct A(u32);
            ),
            "a message has named fields",
        );
        assert_mistake(quote!(union A { a: u32 }), "goes on a struct or an enum");
        assert_mistake(
            quote!(
                enum A {}
            ),
            "at least one variant",
        );
        assert_mistake(
            quote!(
                enum A {
                    X,
                    Y(u32),
                }
            ),
            "either all units",
        );
        assert_mistake(
            quote!(
                enum A {
                    X(u32),
                    Y { a: u32 },
                }
            ),
            "carries one value",
        );
        assert_mistake(
            quote!(
                enum A {
                    X = 1,
                }
            ),
            "a variant numbered 0",
        );
        assert_mistake(
            quote!(
                enum A {
                    X = B,
                }
            ),
            "a number of its own",
        );
        assert_mistake(
            quote!(
                enum A {
                    X,
                    #[unknown]
                    Y,
                }
            ),
            "holds the number",
        );
        assert_mistake(
            quote!(
                enum A {
                    #[tag(1)]
                    X(u32),
                    Y(u32),
                }
            ),
            "every variant of a oneof has a `#[tag]`, or none",
        );
        assert_mistake(
            quote!(
                struct A {
                    #[cfg(test)]
                    a: u32,
                }
            ),
            "cannot be conditional",
        );
    }

    #[test]
    fn what_is_neither_struct_nor_enum_comes_out_with_the_mistake() {
        let env = Env { package: "p".to_owned() };
        let text = expand_in(
            quote!(),
            quote!(
                fn a() {}
            ),
            &env,
        )
        .to_string();
        assert!(text.contains("fn a () { }") && text.contains("goes on a struct or an enum"), "{text}");
    }

    #[test]
    fn options_are_known_or_named() {
        let found = mistakes(
            quote!(pakage = "a", name = 3, reserved("a b")),
            quote!(
                struct A {}
            ),
        );
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[0].contains("unknown option `pakage`") && found[0].contains("`reserved("), "{found:?}");
        assert!(found[1].contains("`name` is a text") && found[2].contains("not a name"), "{found:?}");
    }

    #[test]
    fn the_description_says_where_a_type_is_written_and_what_is_deprecated() {
        let text = expanded(
            quote!(),
            quote! {
                #[deprecated]
                struct Total { cents: i64, #[deprecated] euros: i64 }
            },
        );
        let place = "place: ::core::concat!(::core::file!(), \":\", ::core::line!())";
        assert_has(&text, &["deprecated: true", place, "fields.deprecated(|fields| {"]);
        assert_eq!(text.matches("fields.deprecated").count(), 1, "{text}");
        let text = expanded(
            quote!(),
            quote!(
                enum Color {
                    Red,
                    #[deprecated]
                    Blue,
                }
            ),
        );
        assert_has(&text, &["deprecated: false", place, "deprecated_values: &[1i32]"]);
    }

    #[test]
    fn unknown_numbers_are_caught_where_a_variant_waits_for_them() {
        let text = expanded(
            quote!(),
            quote!(
                enum Color {
                    Red,
                    #[tag(5)]
                    DarkBlue,
                    #[unknown]
                    Other(i32),
                }
            ),
        );
        assert_has(
            &text,
            &["\"COLOR_DARK_BLUE\", 5i32", "number => Self::Other(number)", "Self::Other(number) => *number"],
        );
        let text = expanded(
            quote!(),
            quote!(
                enum Color {
                    Blue = 2,
                    Red = 0,
                }
            ),
        );
        assert_has(&text, &["_ => Self::Red"]);
    }

    #[test]
    fn a_oneof_takes_a_number_a_variant() {
        let text = expanded(
            quote!(),
            quote!(
                enum Choice {
                    PlainText(String),
                    Number(#[doc = ""] i64),
                }
            ),
        );
        assert_has(&text, &["const SPAN: u32 = 2u32;", "&[\"plain_text\", \"number\"]"]);
        let text = expanded(
            quote!(),
            quote!(
                enum Choice {
                    #[tag(7)]
                    A(String),
                    #[tag(9)]
                    B(i64),
                }
            ),
        );
        assert_has(&text, &["const SPAN: u32 = 1u32;", "&[7u32, 9u32]"]);
    }
}
