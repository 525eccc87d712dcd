//! Checks of numbers and names that tokens suffice for. What a oneof inside a message takes is checked by the
//! compiler, in constant data.

use std::collections::BTreeMap;

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::{GenericArgument, Ident, PathArguments, Type};

use crate::errors::Errors;

use super::args::is_name;
use super::model::{Field, Model, Reserved, Shape, Value, numbers};

/// The last number a field may have.
const LAST: u32 = 536_870_911;

/// Reports what is wrong with the numbers and names of `model`.
pub(super) fn check(model: &Model, errors: &mut Errors) {
    spelling(model, errors);
    limits(model, errors);
    match &model.shape {
        Shape::Message(fields) => {
            tags(fields, &numbers(fields), &certain(fields), &model.reserved, errors);
            fields_alike(fields, errors);
            // A oneof may have a reserved name, as it is no field. Whether the rest are oneofs, the compiler knows.
            let plain = fields.iter().filter(|field| has_plain_type(field));
            let plain = plain.map(|field| (field.name.as_str(), field.ident.span()));
            names(plain, &model.reserved, errors);
        }
        Shape::Oneof(variants) => {
            oneof(variants, errors);
            fields_alike(variants, errors);
        }
        Shape::Enumeration { values, .. } => {
            let all = values.iter().map(|value| (value.name.as_str(), value.ident.span()));
            names(all, &model.reserved, errors);
            enumeration(values, &model.reserved, errors);
            values_alike(values, errors);
        }
    }
}

/// Tells which names protobuf cannot have.
fn spelling(model: &Model, errors: &mut Errors) {
    let mut check = |ident: &Ident, name: &str| {
        if !is_name(name) {
            errors.on(ident, format!("`{name}` is no protobuf name: use ASCII letters, digits and `_`"));
        }
    };
    match &model.shape {
        // A oneof is called as the field is.
        Shape::Oneof(_) => {}
        _ => check(&model.ident, &model.name),
    }
    match &model.shape {
        Shape::Message(fields) | Shape::Oneof(fields) => {
            fields.iter().for_each(|field| check(&field.ident, &field.ident.unraw().to_string()));
        }
        Shape::Enumeration { values, .. } => {
            values.iter().for_each(|value| check(&value.ident, &value.ident.unraw().to_string()));
        }
    }
}

/// Tells which reserved numbers nothing could have.
fn limits(model: &Model, errors: &mut Errors) {
    let (limits, message) = match &model.shape {
        Shape::Message(_) => {
            (1..=i64::from(LAST), "the reserved numbers of a message lie between 1 and 536870911")
        }
        Shape::Enumeration { .. } => (
            i64::from(i32::MIN)..=i64::from(i32::MAX),
            "the reserved numbers of an enumeration lie between -2147483648 and 2147483647",
        ),
        // It has no reserved numbers, which the parser says.
        Shape::Oneof(_) => return,
    };
    for range in &model.reserved.numbers {
        if !limits.contains(&range.first) || !limits.contains(&range.last) {
            errors.at(range.span, message);
        }
    }
}

/// Tells of each field whether its number is known here. That of a field whose type may be a oneof is only when it is
/// written, and that of the field after it neither: the variants may take several numbers, or have their own.
fn certain(fields: &[Field]) -> Vec<bool> {
    let mut counted = true;
    let mut is_certain = |field: &Field| {
        let begins = field.tag.is_some() || counted;
        counted = begins && has_plain_type(field);
        field.tag.is_some() || counted
    };
    fields.iter().map(&mut is_certain).collect()
}

/// Tells whether a field is no oneof, as far as the name of its type tells.
fn has_plain_type(field: &Field) -> bool {
    syn::parse2::<Type>(field.ty.clone()).is_ok_and(|ty| is_plain(&ty))
}

/// Tells whether a type is none of a oneof, as far as its name tells.
fn is_plain(ty: &Type) -> bool {
    const PLAIN: [&str; 11] =
        ["bool", "i32", "i64", "u32", "u64", "f32", "f64", "String", "Vec", "HashMap", "BTreeMap"];
    let Type::Path(path) = ty else { return false };
    let Some(last) = path.path.segments.last() else { return false };
    match &last.arguments {
        PathArguments::AngleBracketed(list) if last.ident == "Option" => match list.args.first() {
            Some(GenericArgument::Type(inner)) => is_plain(inner),
            _ => false,
        },
        _ => PLAIN.iter().any(|name| last.ident == name),
    }
}

fn tags(fields: &[Field], numbers: &[i64], certain: &[bool], reserved: &Reserved, errors: &mut Errors) {
    let mut used: BTreeMap<i64, &Field> = BTreeMap::new();
    let known = fields.iter().zip(numbers).zip(certain).filter(|(_, certain)| **certain);
    for ((field, &number), _) in known {
        let span = field.tag.map_or(field.ident.span(), |(_, span)| span);
        if !(1..=i64::from(LAST)).contains(&number) || (19_000..=19_999).contains(&number) {
            errors.at(span, format!("a tag is a number from 1 to {LAST}, without 19000 to 19999"));
            continue;
        }
        if is_reserved(number, reserved) {
            errors.at(span, format!("tag {number} is reserved; give `{}` another: `#[tag(n)]`", field.name));
        }
        if let Some(other) = used.insert(number, field) {
            // The one that was written is the one to change.
            let span = field.tag.or(other.tag).map_or(span, |(_, span)| span);
            let (first, second) = (&other.name, &field.name);
            errors.at(span, format!("tag {number} is used twice: by `{first}` and `{second}`"));
        }
    }
}

fn oneof(variants: &[Field], errors: &mut Errors) {
    if variants.iter().any(|variant| variant.tag.is_some()) {
        for variant in variants.iter().filter(|variant| variant.tag.is_none()) {
            errors.on(&variant.ident, "every variant of a oneof has a `#[tag]`, or none has");
        }
        let tagged = variants.iter().all(|variant| variant.tag.is_some());
        if tagged {
            let certain = vec![true; variants.len()];
            tags(variants, &numbers(variants), &certain, &Reserved::default(), errors);
        }
    }
}

fn enumeration(values: &[Value], reserved: &Reserved, errors: &mut Errors) {
    let mut used: BTreeMap<i32, &Value> = BTreeMap::new();
    for value in values {
        let number = value.number;
        if is_reserved(number.into(), reserved) {
            errors.on(&value.ident, format!("number {number} is reserved; give `{}` another", value.ident));
        }
        if let Some(other) = used.insert(number, value) {
            let (first, second) = (&other.ident, &value.ident);
            errors.on(&value.ident, format!("number {number} is used twice: by `{first}` and `{second}`"));
        }
    }
}

fn names<'a>(names: impl Iterator<Item = (&'a str, Span)>, reserved: &Reserved, errors: &mut Errors) {
    for (name, span) in names {
        if reserved.names.iter().any(|reserved| reserved == name) {
            errors.at(span, name_is_reserved(name));
        }
    }
}

/// Says that nothing can be called `name`.
pub(super) fn name_is_reserved(name: &str) -> String {
    format!("the name `{name}` is reserved; choose another")
}

fn fields_alike(fields: &[Field], errors: &mut Errors) {
    let key = |field: &Field| field.name.replace('_', "").to_ascii_lowercase();
    alike(fields.iter().map(|field| (key(field), field.name.clone(), &field.ident)), errors);
}

fn values_alike(values: &[Value], errors: &mut Errors) {
    let shown = |value: &Value| value.ident.unraw().to_string();
    alike(values.iter().map(|value| (upper_camel(&value.name), shown(value), &value.ident)), errors);
}

/// Reports names that are one to protobuf. Of each comes what protobuf compares, how it is shown, and where it
/// stands.
fn alike<'a>(names: impl Iterator<Item = (String, String, &'a Ident)>, errors: &mut Errors) {
    let mut used: BTreeMap<String, String> = BTreeMap::new();
    for (compared, second, ident) in names {
        if let Some(first) = used.insert(compared, second.clone()) {
            errors.on(
                ident,
                format!(
                    "`{first}` and `{second}` are one name in protobuf, which tells neither case nor underscores \
                     apart; rename one"
                ),
            );
        }
    }
}

/// Writes `SOME_NAME` as `SomeName`, which is what protoc compares of values. It leaves out the prefix of the
/// enumeration, which all of ours have.
fn upper_camel(name: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        first.into_iter().chain(letters.map(|letter| letter.to_ascii_lowercase())).collect::<String>()
    };
    name.split('_').map(word).collect()
}

fn is_reserved(number: i64, reserved: &Reserved) -> bool {
    reserved.numbers.iter().any(|range| range.contains(number))
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::super::tests::{assert_has, assert_mistake, expanded, mistakes};

    #[test]
    fn what_is_reserved_is_reserved_once() {
        for (args, expected) in [
            (quote!(reserved(3, 3..=5)), "3 is reserved twice; once is enough"),
            (quote!(reserved(6..=9, 4..=7)), "6 is reserved twice; once is enough"),
            (quote!(reserved("a", "b", "a")), "`a` is reserved twice; once is enough"),
        ] {
            for item in [
                quote!(
                    struct A {}
                ),
                quote!(
                    enum A {
                        None,
                    }
                ),
            ] {
                assert_eq!(mistakes(args.clone(), item), [expected]);
            }
        }
        let found = mistakes(
            quote!(reserved(4..=5, 3, 6..=7, "a", "A")),
            quote!(
                struct A {}
            ),
        );
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn what_is_reserved_is_a_number_that_could_be_used() {
        for (args, expected) in [
            (quote!(reserved(0)), "between 1 and 536870911"),
            (quote!(reserved(-1)), "between 1 and 536870911"),
            (quote!(reserved(7..=536870912)), "between 1 and 536870911"),
            (quote!(reserved(7..=5)), "its smaller number first"),
        ] {
            let item = quote!(
                struct A {}
            );
            let found = mistakes(args, item);
            assert!(found.len() == 1 && found[0].contains(expected), "{found:?}");
        }
        for args in [quote!(reserved(2147483648)), quote!(reserved(-2147483649..=-3))] {
            let item = quote!(
                enum A {
                    None,
                }
            );
            let found = mistakes(args, item);
            assert!(found.len() == 1 && found[0].contains("between -2147483648 and 2147483647"), "{found:?}");
        }
    }

    #[test]
    fn every_number_of_a_value_can_be_reserved() {
        let args = quote!(reserved(-7..=-5, 2147483647));
        let text = expanded(
            args.clone(),
            quote!(
                enum A {
                    None,
                }
            ),
        );
        assert_has(&text, &["(-7i32, -5i32), (2147483647i32, 2147483647i32)"]);
        let found = mistakes(
            args,
            quote!(
                enum A {
                    None,
                    Low = -6,
                }
            ),
        );
        assert_eq!(found, ["number -6 is reserved; give `Low` another"]);
    }

    #[test]
    fn a_reserved_name_is_refused_where_it_cannot_be_that_of_a_oneof() {
        let found = mistakes(
            quote!(reserved("why")),
            quote!(
                struct A {
                    why: Option<String>,
                }
            ),
        );
        assert_eq!(found, ["the name `why` is reserved; choose another"]);
        let field = quote!(
            struct A {
                why: Option<Why>,
            }
        );
        assert!(mistakes(quote!(reserved("why")), field.clone()).is_empty());
        let text = expanded(quote!(reserved("why")), field.clone());
        assert_has(&text, &["::NAMES.is_empty(), \"the name `why` is reserved; choose another\""]);
        assert!(!expanded(quote!(reserved("whom")), field).contains("::NAMES.is_empty()"));
    }

    #[test]
    fn values_that_are_one_to_protobuf_are_told_apart() {
        assert_mistake(
            quote!(
                enum Kind {
                    None,
                    HttpServer,
                    HTTPServer,
                }
            ),
            "`HttpServer` and `HTTPServer` are one name in protobuf",
        );
        assert_mistake(
            quote!(
                enum Version {
                    None,
                    V1_2,
                    V12,
                }
            ),
            "`V1_2` and `V12` are one name in protobuf",
        );
        // Words that begin elsewhere make another name of values, unlike of fields.
        let found = mistakes(
            quote!(),
            quote!(
                enum Part {
                    None,
                    AB,
                    A_B,
                }
            ),
        );
        assert!(found.is_empty(), "{found:?}");
    }
}
