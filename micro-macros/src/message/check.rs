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
pub(super) const LAST: u32 = 536_870_911;

/// Reports what is wrong with the numbers and names of `model`.
pub(super) fn check(model: &Model, errors: &mut Errors) {
    spelling(model, errors);
    match &model.shape {
        Shape::Message(fields) => {
            tags(fields, &numbers(fields), &certain(fields), &model.reserved, errors);
            alike(fields, errors);
            names(
                fields.iter().map(|field| (field.name.as_str(), field.ident.span())),
                &model.reserved,
                errors,
            );
        }
        Shape::Oneof(variants) => {
            oneof(variants, errors);
            alike(variants, errors);
        }
        Shape::Enumeration { values, .. } => {
            let all = values.iter().map(|value| (value.name.as_str(), value.ident.span()));
            names(all, &model.reserved, errors);
            enumeration(values, &model.reserved, errors);
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

/// Tells of each field whether its number is known here. That of a field whose type may be a oneof is only when it is
/// written, and that of the field after it neither: the variants may take several numbers, or have their own.
fn certain(fields: &[Field]) -> Vec<bool> {
    let mut counted = true;
    let mut is_certain = |field: &Field| {
        let plain = syn::parse2::<Type>(field.ty.clone()).is_ok_and(|ty| is_plain(&ty));
        let begins = field.tag.is_some() || counted;
        counted = begins && plain;
        field.tag.is_some() || counted
    };
    fields.iter().map(&mut is_certain).collect()
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
            errors.at(span, format!("the name `{name}` is reserved; choose another"));
        }
    }
}

/// Reports fields whose names are one to protobuf.
fn alike(fields: &[Field], errors: &mut Errors) {
    let mut used: BTreeMap<String, &Field> = BTreeMap::new();
    for field in fields {
        if let Some(other) = used.insert(field.name.replace('_', "").to_ascii_lowercase(), field) {
            let (first, second) = (&other.name, &field.name);
            errors.on(
                &field.ident,
                format!(
                    "`{first}` and `{second}` are one name in protobuf, which tells neither case nor underscores \
                     apart; rename one"
                ),
            );
        }
    }
}

fn is_reserved(number: i64, reserved: &Reserved) -> bool {
    reserved.numbers.iter().any(|&(first, last)| (i64::from(first)..=i64::from(last)).contains(&number))
}
