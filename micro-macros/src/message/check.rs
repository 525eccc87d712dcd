//! Checks of numbers and names that tokens suffice for. What a oneof inside a message takes is checked by the
//! compiler, in constant data.

use std::collections::BTreeMap;

use proc_macro2::Span;

use crate::errors::Errors;

use super::model::{Field, Model, Reserved, Shape, Value, numbers};

/// The last number a field may have.
pub(super) const LAST: u32 = 536_870_911;

/// Reports what is wrong with the numbers and names of `model`.
pub(super) fn check(model: &Model, errors: &mut Errors) {
    match &model.shape {
        Shape::Message(fields) => {
            tags(fields, &numbers(fields), &model.reserved, errors);
            names(
                fields.iter().map(|field| (field.name.as_str(), field.ident.span())),
                &model.reserved,
                errors,
            );
        }
        Shape::Oneof(variants) => oneof(variants, errors),
        Shape::Enumeration { values, .. } => {
            let all = values.iter().map(|value| (value.name.as_str(), value.ident.span()));
            names(all, &model.reserved, errors);
            enumeration(values, &model.reserved, errors);
        }
    }
}

fn tags(fields: &[Field], numbers: &[i64], reserved: &Reserved, errors: &mut Errors) {
    let mut used: BTreeMap<i64, &Field> = BTreeMap::new();
    for (field, &number) in fields.iter().zip(numbers) {
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
            tags(variants, &numbers(variants), &Reserved::default(), errors);
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

fn is_reserved(number: i64, reserved: &Reserved) -> bool {
    reserved.numbers.iter().any(|&(first, last)| (i64::from(first)..=i64::from(last)).contains(&number))
}
