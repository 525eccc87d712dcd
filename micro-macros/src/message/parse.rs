//! Reads the annotated item into a [`Model`], taking out the attributes that only this macro knows.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Expr, Fields, Ident, Lit, Meta, UnOp, Variant};

use crate::docs::docs;
use crate::env::Env;
use crate::errors::Errors;

use super::args::Options;
use super::model::{Encoding, Field, Model, Shape, Value};

/// Reads `input`; `None` when it is so wrong that no code can be made of it.
pub(super) fn model(
    input: &mut DeriveInput,
    options: Options,
    env: &Env,
    errors: &mut Errors,
) -> Option<Model> {
    let ident = input.ident.clone();
    let name = options.name.as_ref().map_or_else(|| ident.unraw().to_string(), |name| name.value());
    let shape = match &mut input.data {
        Data::Struct(data) => message(&ident, &mut data.fields, errors),
        Data::Enum(data) => enumeration_or_oneof(&ident, &name, data.variants.iter_mut().collect(), errors),
        Data::Union(data) => {
            errors.on(data.union_token, "`#[micro::message]` goes on a struct or an enum");
            None
        }
    }?;
    if !input.generics.params.is_empty() {
        errors.on(
            &input.generics,
            "a message cannot be generic, as its descriptor names one type: write a message for each type",
        );
        return None;
    }
    if let Shape::Oneof(_) = shape {
        for option in options.given.iter().filter(|option| *option != "crate") {
            errors.on(
                option,
                format!("`{option}` is for messages and enumerations; a oneof has no name of its own"),
            );
        }
    }
    Some(Model {
        ident,
        package: options.package.map_or_else(|| env.proto_package(), |package| package.value()),
        name,
        docs: docs(&input.attrs),
        deprecated: is_deprecated(&input.attrs),
        micro: options.micro,
        reserved: options.reserved,
        shape,
    })
}

fn message(ident: &Ident, fields: &mut Fields, errors: &mut Errors) -> Option<Shape> {
    if let Fields::Unnamed(unnamed) = &mut *fields {
        errors.on(&unnamed, format!("a message has named fields: `struct {ident} {{ value: … }}`"));
        for field in &mut unnamed.unnamed {
            Marks::take(&mut field.attrs, &mut Errors::default());
        }
        return None;
    }
    let read = |field: &mut syn::Field| {
        let marks = Marks::take(&mut field.attrs, errors);
        marks.refuse_unknown(errors);
        let name = field.ident.clone()?;
        Some(Field {
            name: name.unraw().to_string(),
            ident: name,
            ty: without_self(field.ty.to_token_stream(), ident),
            tag: marks.tag,
            encoding: marks.encoding.map_or(Encoding::Plain, |(encoding, _)| encoding),
            docs: marks.docs,
            deprecated: marks.deprecated,
        })
    };
    Some(Shape::Message(fields.iter_mut().filter_map(read).collect()))
}

fn enumeration_or_oneof(
    ident: &Ident,
    name: &str,
    variants: Vec<&mut Variant>,
    errors: &mut Errors,
) -> Option<Shape> {
    if variants.is_empty() {
        errors.on(ident, "an enum of a message needs at least one variant");
        return None;
    }
    let mut marked = Vec::new();
    for variant in variants {
        let mut marks = Marks::take(&mut variant.attrs, errors);
        // Payloads have attributes too; an encoding may stand there.
        for field in &mut variant.fields {
            let inner = Marks::take(&mut field.attrs, errors);
            marks.encoding = marks.encoding.or(inner.encoding);
            marks.tag = marks.tag.or(inner.tag);
        }
        marked.push((&*variant, marks));
    }
    let mut sound = true;
    for (variant, marks) in &marked {
        if marks.unknown.is_some() && one_payload(variant).is_none() {
            errors.on(variant, "`#[unknown]` marks a variant that holds the number: `Other(i32)`");
            sound = false;
        } else if !matches!(variant.fields, Fields::Unit) && one_payload(variant).is_none() {
            errors.on(
                variant,
                "a variant of a oneof carries one value: `Name(Type)`; put several into a message of their own",
            );
            sound = false;
        }
    }
    if !sound {
        return None;
    }
    let is_unit = |(variant, marks): &&(&Variant, Marks)| {
        matches!(variant.fields, Fields::Unit) || marks.unknown.is_some()
    };
    match marked.iter().filter(is_unit).count() {
        0 => Some(oneof(ident, marked, errors)),
        units if units == marked.len() => enumeration(ident, name, marked, errors),
        _ => {
            errors.on(
                ident,
                "the variants of this enum are either all units (an enumeration) or all carry one value (a oneof)",
            );
            None
        }
    }
}

fn oneof(ident: &Ident, marked: Vec<(&Variant, Marks)>, errors: &mut Errors) -> Shape {
    let mut fields = Vec::new();
    for (variant, marks) in marked {
        if let Some((_, discriminant)) = &variant.discriminant {
            errors.on(discriminant, "the number of a variant of a oneof is its tag: `#[tag(3)]`");
        }
        let Some(payload) = one_payload(variant) else { continue };
        fields.push(Field {
            ident: variant.ident.clone(),
            name: snake(&variant.ident.unraw().to_string()),
            ty: without_self(payload.ty.to_token_stream(), ident),
            tag: marks.tag,
            encoding: marks.encoding.map_or(Encoding::Plain, |(encoding, _)| encoding),
            docs: marks.docs,
            deprecated: marks.deprecated,
        });
    }
    Shape::Oneof(fields)
}

fn enumeration(
    ident: &Ident,
    name: &str,
    marked: Vec<(&Variant, Marks)>,
    errors: &mut Errors,
) -> Option<Shape> {
    let prefix = snake(name).to_ascii_uppercase();
    let mut values = Vec::new();
    let mut unknown = None;
    let mut next = 0_i64;
    for (variant, marks) in marked {
        if let Some((_, span)) = marks.encoding {
            errors.at(span, "an enumeration has one encoding; take `#[encoding]` away");
        }
        if let Some(span) = marks.unknown {
            if unknown.replace(variant.ident.clone()).is_some() {
                errors.at(span, "`#[unknown]` is given twice; one variant catches all unknown numbers");
            }
            continue;
        }
        let written = variant.discriminant.as_ref().and_then(|(_, expression)| integer(expression));
        if let (Some((_, expression)), None) = (&variant.discriminant, written) {
            errors.on(expression, format!("`{}` needs a number of its own, written out", variant.ident));
        }
        let number = marks.tag.map(|(number, _)| number).or(written).unwrap_or(next);
        let Ok(number) = i32::try_from(number) else {
            errors.on(variant, "the number of an enumeration's variant is an i32");
            continue;
        };
        next = i64::from(number) + 1;
        let name = format!("{prefix}_{}", snake(&variant.ident.unraw().to_string()).to_ascii_uppercase());
        let Marks { docs, deprecated, .. } = marks;
        values.push(Value { ident: variant.ident.clone(), name, number, docs, deprecated });
    }
    if !values.iter().any(|value| value.number == 0) {
        // A number that could not be read is the mistake to tell, not what follows from it.
        if errors.is_empty() {
            errors.on(
                ident,
                "an enumeration needs a variant numbered 0: it is what an absent value is read as",
            );
        }
        return None;
    }
    Some(Shape::Enumeration { values, unknown })
}

fn one_payload(variant: &Variant) -> Option<&syn::Field> {
    match &variant.fields {
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => fields.unnamed.first(),
        _ => None,
    }
}

/// What stood in the attributes of a field or a variant.
struct Marks {
    tag: Option<(i64, Span)>,
    encoding: Option<(Encoding, Span)>,
    unknown: Option<Span>,
    docs: String,
    deprecated: bool,
}

impl Marks {
    /// Reads the attributes and takes out those that are ours.
    fn take(attributes: &mut Vec<Attribute>, errors: &mut Errors) -> Marks {
        let (docs, deprecated) = (docs(attributes), is_deprecated(attributes));
        let mut marks = Marks { tag: None, encoding: None, unknown: None, docs, deprecated };
        attributes.retain(|attribute| {
            let path = attribute.path();
            if path.is_ident("tag") {
                if marks.tag.is_some() {
                    errors.on(attribute, "`#[tag]` is given twice");
                }
                marks.tag = read_tag(attribute, errors).or(marks.tag);
            } else if path.is_ident("encoding") {
                marks.encoding = read_encoding(attribute, errors);
            } else if path.is_ident("unknown") {
                marks.unknown = Some(attribute.span());
            } else if path.is_ident("cfg") {
                errors.on(attribute, "a part of a message cannot be conditional: its contract would be, too");
            } else {
                return true;
            }
            false
        });
        marks
    }

    fn refuse_unknown(&self, errors: &mut Errors) {
        if let Some(span) = self.unknown {
            errors.at(span, "`#[unknown]` is for a variant of an enumeration");
        }
    }
}

fn read_tag(attribute: &Attribute, errors: &mut Errors) -> Option<(i64, Span)> {
    if let Meta::List(list) = &attribute.meta
        && let Ok(expression) = syn::parse2::<Expr>(list.tokens.clone())
        && let Some(number) = integer(&expression)
    {
        return Some((number, expression.span()));
    }
    errors.on(attribute, "write `#[tag(3)]`, with the number you want");
    None
}

fn read_encoding(attribute: &Attribute, errors: &mut Errors) -> Option<(Encoding, Span)> {
    let encoding = match attribute.parse_args::<Ident>() {
        Ok(name) if name == "sint" => Encoding::Sint,
        Ok(name) if name == "fixed" => Encoding::Fixed,
        _ => {
            errors.on(attribute, "write `#[encoding(sint)]` or `#[encoding(fixed)]`");
            return None;
        }
    };
    Some((encoding, attribute.span()))
}

/// Reads a literal integer, which may be negative.
fn integer(expression: &Expr) -> Option<i64> {
    match expression {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(number) => number.base10_parse().ok(),
            _ => None,
        },
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => integer(&unary.expr).map(|number| -number),
        Expr::Group(group) => integer(&group.expr),
        _ => None,
    }
}

/// Tells whether the compiler warns of a use.
fn is_deprecated(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| attribute.path().is_ident("deprecated"))
}

/// Writes `Self` out, for the places that have none.
fn without_self(tokens: TokenStream, ident: &Ident) -> TokenStream {
    let token = |token: TokenTree| match token {
        TokenTree::Ident(word) if word == "Self" => {
            let mut ident = ident.clone();
            ident.set_span(word.span());
            TokenTree::Ident(ident)
        }
        TokenTree::Group(group) => {
            let mut inner = Group::new(group.delimiter(), without_self(group.stream(), ident));
            inner.set_span(group.span());
            TokenTree::Group(inner)
        }
        other => other,
    };
    tokens.into_iter().map(token).collect()
}

/// Writes `SomeName` as `some_name` and `HTTPServer` as `http_server`.
fn snake(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::with_capacity(name.len() + 4);
    for (index, letter) in letters.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| letters[before]);
        let after = letters.get(index + 1);
        let starts = letter.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase()
                    || before.is_ascii_digit()
                    || (before.is_uppercase() && after.is_some_and(|after| after.is_lowercase()))
            });
        if starts {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_where_words_begin() {
        for (name, expected) in [
            ("PlainText", "plain_text"),
            ("HTTPServer", "http_server"),
            ("V2Beta", "v2_beta"),
            ("X", "x"),
            ("a_b", "a_b"),
        ] {
            assert_eq!(snake(name), expected);
        }
    }
}
