//! The options of `#[micro::message(…)]`. Unlike those of other attributes, one holds a list: `reserved(3, "old")`.

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Ident, LitInt, LitStr, Path, Token, parenthesized, parse_quote};

use crate::errors::Errors;

use super::model::{Range, Reserved};

/// What was given.
pub(super) struct Options {
    pub(super) package: Option<LitStr>,
    pub(super) name: Option<LitStr>,
    pub(super) micro: Path,
    pub(super) reserved: Reserved,
    /// The names of the options, for those that do not fit the item.
    pub(super) given: Vec<Ident>,
}

/// Reads the options, reporting what is not understood.
pub(super) fn parse(tokens: TokenStream, errors: &mut Errors) -> Options {
    let mut options = Options {
        package: None,
        name: None,
        micro: parse_quote!(::micro),
        reserved: Reserved::default(),
        given: Vec::new(),
    };
    let result = (|input: ParseStream<'_>| -> syn::Result<()> {
        while !input.is_empty() {
            option(input, &mut options, errors)?;
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(())
    })
    .parse2(tokens);
    if let Err(error) = result {
        errors.add(error);
    }
    options
}

fn option(input: ParseStream<'_>, options: &mut Options, errors: &mut Errors) -> syn::Result<()> {
    let name = Ident::parse_any(input)?;
    if options.given.contains(&name) {
        errors.on(&name, format!("`{name}` is given twice"));
    }
    match name.to_string().as_str() {
        "package" => {
            options.package = text(&name, input, errors)?;
            if let Some(package) = options.package.take_if(|package| !is_package(&package.value())) {
                errors.on(package, "the value of `package` is a protobuf package, such as `ledger.v1`");
            }
        }
        "name" => {
            options.name = text(&name, input, errors)?;
            if let Some(name) = options.name.take_if(|name| !is_name(&name.value())) {
                errors.on(name, "the value of `name` is a protobuf name, such as `Total`");
            }
        }
        "crate" => {
            input.parse::<Token![=]>()?;
            options.micro = match input.peek(LitStr) {
                true => input.parse::<LitStr>()?.parse_with(Path::parse_mod_style)?,
                false => input.call(Path::parse_mod_style)?,
            };
        }
        "reserved" => reserved(input, &mut options.reserved, errors)?,
        unknown => {
            errors.on(
                &name,
                format!(
                    "unknown option `{unknown}`; `#[micro::message]` knows `package = \"…\"`, `name = \"…\"`, \
                     `reserved(3, 5..=7, \"old\")`, `crate = path`"
                ),
            );
            // What follows belongs to the unknown option.
            while !input.is_empty() && !input.peek(Token![,]) {
                input.parse::<proc_macro2::TokenTree>()?;
            }
        }
    }
    options.given.push(name);
    Ok(())
}

fn text(name: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Option<LitStr>> {
    input.parse::<Token![=]>()?;
    if input.peek(LitStr) {
        return input.parse().map(Some);
    }
    let other: syn::Expr = input.parse()?;
    errors.on(other, format!("the value of `{name}` is a text: `{name} = \"…\"`"));
    Ok(None)
}

/// Reads `(3, 5..=7, "old")`. Which numbers there are depends on the shape, which is not known here.
fn reserved(input: ParseStream<'_>, reserved: &mut Reserved, errors: &mut Errors) -> syn::Result<()> {
    let list;
    parenthesized!(list in input);
    while !list.is_empty() {
        if list.peek(LitStr) {
            let name: LitStr = list.parse()?;
            let text = name.value();
            if !is_name(&text) {
                errors.on(&name, format!("{text:?} is not a name a field could have"));
            } else if reserved.names.contains(&text) {
                errors.on(&name, format!("`{text}` is reserved twice; once is enough"));
            } else {
                reserved.names.push(text);
            }
        } else {
            let range = range(&list)?;
            if range.last < range.first {
                errors.at(range.span, "write a range with its smaller number first: `5..=7`");
            } else if let Some(twice) = reserved.numbers.iter().find_map(|known| known.common(range)) {
                errors.at(range.span, format!("{twice} is reserved twice; once is enough"));
            } else {
                reserved.numbers.push(range);
            }
        }
        if !list.is_empty() {
            list.parse::<Token![,]>()?;
        }
    }
    Ok(())
}

/// Reads `3` or `5..=7`; the numbers may be negative.
fn range(list: ParseStream<'_>) -> syn::Result<Range> {
    let literal: LitInt = list.parse()?;
    let first: i64 = literal.base10_parse()?;
    let last = if list.peek(Token![..=]) {
        list.parse::<Token![..=]>()?;
        list.parse::<LitInt>()?.base10_parse()?
    } else if list.peek(Token![..]) {
        return Err(list.error("write a range with its last number: `5..=7`"));
    } else {
        first
    };
    Ok(Range { first, last, span: literal.span() })
}

fn is_package(text: &str) -> bool {
    text.split('.').all(is_name)
}

/// Tells whether protobuf can call a field, value or type so.
pub(super) fn is_name(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    text.bytes().next().is_some_and(letter) && text.bytes().all(|byte| letter(byte) || byte.is_ascii_digit())
}
