//! The options in the parentheses of an attribute: `name`, `name = value`.
//!
//! An option is known, or known to come later, or a mistake. None is ever ignored.

use std::ops::RangeInclusive;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Ident, Lit, LitInt, LitStr, Path, Token};

use crate::errors::Errors;

/// One option, as it was written.
struct Arg {
    name: Ident,
    value: Value,
}

enum Value {
    None,
    Literal(Lit),
    Path(Path),
    Other(TokenStream),
}

/// A text the compiler knows.
pub(crate) enum Text {
    /// Written out.
    Literal(LitStr),
    /// A constant.
    Path(Path),
}

/// What an attribute understands.
pub(crate) struct Known {
    /// The attribute, as the user knows it: `#[micro::handler]`.
    pub(crate) attribute: &'static str,
    /// Its options, with the form they are written in.
    pub(crate) options: &'static [(&'static str, &'static str)],
    /// Options that will exist; using one is a mistake until something enforces it.
    pub(crate) later: &'static [&'static str],
}

/// The options of one attribute.
#[derive(Default)]
pub(crate) struct Args(Vec<Arg>);

impl Args {
    /// Reads `tokens`, reporting what is not understood.
    pub(crate) fn parse(tokens: TokenStream, known: &Known, errors: &mut Errors) -> Args {
        let parsed = match parse_all.parse2(tokens) {
            Ok(parsed) => parsed,
            Err(error) => {
                errors.add(error);
                return Args::default();
            }
        };
        let mut args: Vec<Arg> = Vec::new();
        for arg in parsed {
            let name = arg.name.to_string();
            if args.iter().any(|earlier| earlier.name == arg.name) {
                errors.on(&arg.name, format!("`{name}` is given twice"));
            } else if known.options.iter().any(|(option, _)| *option == name) {
                args.push(arg);
            } else if known.later.contains(&name.as_str()) {
                let message = format!(
                    "`{name}` is not enforced yet; leave it out: an option that does nothing would only look safe"
                );
                errors.on(&arg.name, message);
            } else {
                let attribute = known.attribute;
                let options: Vec<String> =
                    known.options.iter().map(|(_, form)| format!("`{form}`")).collect();
                let options = options.join(", ");
                errors.on(&arg.name, format!("unknown option `{name}`; `{attribute}` knows {options}"));
            }
        }
        Args(args)
    }

    /// Takes an option that has no value, telling where it stands.
    pub(crate) fn flag(&self, name: &str, errors: &mut Errors) -> Option<Span> {
        let arg = self.get(name)?;
        if !matches!(arg.value, Value::None) {
            errors.on(&arg.value, format!("`{name}` takes no value"));
        }
        Some(arg.name.span())
    }

    /// Takes an option whose value is a text.
    pub(crate) fn text(&self, name: &str, errors: &mut Errors) -> Option<LitStr> {
        let arg = self.get(name)?;
        match &arg.value {
            Value::Literal(Lit::Str(text)) => Some(text.clone()),
            Value::None => {
                errors.on(&arg.name, format!("`{name}` needs a value: `{name} = \"…\"`"));
                None
            }
            value => {
                errors.on(value, format!("the value of `{name}` is a text: `{name} = \"…\"`"));
                None
            }
        }
    }

    /// Takes an option whose value is a text, written out or a constant.
    pub(crate) fn constant(&self, name: &str, errors: &mut Errors) -> Option<Text> {
        let arg = self.get(name)?;
        match &arg.value {
            Value::Literal(Lit::Str(text)) => Some(Text::Literal(text.clone())),
            Value::Path(path) => Some(Text::Path(path.clone())),
            Value::None => {
                errors.on(&arg.name, format!("`{name}` needs a value: `{name} = \"…\"`"));
                None
            }
            value => {
                let constant = name.to_uppercase();
                let message = format!(
                    "the value of `{name}` is a text or the path of one: `{name} = \"…\"`, `{name} = {constant}`"
                );
                errors.on(value, message);
                None
            }
        }
    }

    /// Takes an option whose value is a number in `range`.
    pub(crate) fn number(
        &self,
        name: &str,
        range: RangeInclusive<u64>,
        errors: &mut Errors,
    ) -> Option<LitInt> {
        let arg = self.get(name)?;
        if let Value::Literal(Lit::Int(literal)) = &arg.value
            && let Ok(number) = literal.base10_parse::<u64>()
            && range.contains(&number)
        {
            return Some(LitInt::new(&number.to_string(), literal.span()));
        }
        let (least, most) = (range.start(), range.end());
        let message = format!("the value of `{name}` is a number from {least} to {most}: `{name} = 5`");
        match &arg.value {
            Value::None => errors.on(&arg.name, message),
            value => errors.on(value, message),
        }
        None
    }

    /// Takes `crate = path`, or the default `::micro`.
    pub(crate) fn micro(&self, errors: &mut Errors) -> Path {
        let default = || syn::parse_quote!(::micro);
        let Some(arg) = self.get("crate") else { return default() };
        match &arg.value {
            Value::Path(path) => path.clone(),
            Value::Literal(Lit::Str(text)) => match text.parse_with(Path::parse_mod_style) {
                Ok(path) => path,
                Err(_) => {
                    errors.on(text, "the value of `crate` is the path of micro: `crate = my::micro`");
                    default()
                }
            },
            _ => {
                errors.on(&arg.name, "the value of `crate` is the path of micro: `crate = my::micro`");
                default()
            }
        }
    }

    /// Returns where the option `name` stands, if it was given.
    pub(crate) fn position(&self, name: &str) -> Option<Span> {
        self.get(name).map(|arg| arg.name.span())
    }

    fn get(&self, name: &str) -> Option<&Arg> {
        self.0.iter().find(|arg| arg.name == name)
    }
}

fn parse_all(input: ParseStream<'_>) -> syn::Result<Vec<Arg>> {
    let mut args = Vec::new();
    while !input.is_empty() {
        let name = Ident::parse_any(input)?;
        let value = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            if input.peek(Lit) {
                Value::Literal(input.parse()?)
            } else if input.peek(Ident::peek_any) || input.peek(Token![::]) {
                Value::Path(input.call(Path::parse_mod_style)?)
            } else {
                Value::Other(input.parse::<syn::Expr>()?.into_token_stream())
            }
        } else if input.peek(syn::token::Paren) {
            Value::Other(input.parse::<proc_macro2::Group>()?.into_token_stream())
        } else {
            Value::None
        };
        args.push(Arg { name, value });
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(args)
}

impl ToTokens for Text {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Text::Literal(literal) => literal.to_tokens(tokens),
            Text::Path(path) => path.to_tokens(tokens),
        }
    }
}

impl ToTokens for Value {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Value::None => {}
            Value::Literal(literal) => literal.to_tokens(tokens),
            Value::Path(path) => path.to_tokens(tokens),
            Value::Other(other) => other.to_tokens(tokens),
        }
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    const KNOWN: Known = Known {
        attribute: "#[micro::handler]",
        options: &[("name", "name = \"…\""), ("readonly", "readonly"), ("crate", "crate = path")],
        later: &["timeout"],
    };

    fn mistakes(tokens: TokenStream) -> String {
        let mut errors = Errors::default();
        let args = Args::parse(tokens, &KNOWN, &mut errors);
        args.flag("readonly", &mut errors);
        args.text("name", &mut errors);
        args.micro(&mut errors);
        errors.into_tokens().to_string()
    }

    #[test]
    fn known_options_pass() {
        assert_eq!(mistakes(quote!(name = "Total", readonly, crate = m)), "");
        assert_eq!(mistakes(quote!()), "");
    }

    #[test]
    fn an_unknown_option_is_told_the_known_ones() {
        let text = mistakes(quote!(nam = "Total"));
        assert!(text.contains("unknown option `nam`"), "{text}");
        assert!(text.contains("`readonly`"), "{text}");
    }

    #[test]
    fn every_mistake_is_reported() {
        let text = mistakes(quote!(timeout = "5s", readonly = true, name = 3, name = "x"));
        for part in ["not enforced yet", "takes no value", "is a text", "given twice"] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn a_constant_text_is_written_out_or_named() {
        let read = |tokens| {
            let mut errors = Errors::default();
            let args = Args::parse(tokens, &KNOWN, &mut errors);
            let text = args.constant("name", &mut errors).map(|text| text.into_token_stream().to_string());
            (text, errors.into_tokens().to_string())
        };
        assert_eq!(read(quote!(name = "a.b")), (Some("\"a.b\"".to_owned()), String::new()));
        assert_eq!(read(quote!(name = topics::SAID)), (Some("topics :: SAID".to_owned()), String::new()));
        assert_eq!(read(quote!(readonly)), (None, String::new()));
        for (tokens, part) in
            [(quote!(name), "needs a value"), (quote!(name = 3), "is a text or the path of one")]
        {
            let (text, errors) = read(tokens);
            assert!(text.is_none() && errors.contains(part), "{errors}");
        }
    }

    #[test]
    fn a_number_keeps_its_range_and_loses_its_type() {
        let read = |tokens| {
            let mut errors = Errors::default();
            let args = Args::parse(tokens, &KNOWN, &mut errors);
            let number = args.number("name", 1..=1000, &mut errors).map(|number| number.to_string());
            (number, errors.into_tokens().to_string())
        };
        assert_eq!(read(quote!(name = 1_000_u32)), (Some("1000".to_owned()), String::new()));
        for tokens in [
            quote!(name),
            quote!(name = 0),
            quote!(name = 1001),
            quote!(name = -1),
            quote!(name = "5"),
            quote!(name = N),
        ] {
            let (number, errors) = read(tokens);
            assert!(number.is_none() && errors.contains("is a number from 1 to 1000"), "{errors}");
        }
    }

    #[test]
    fn micro_may_be_elsewhere() {
        let mut errors = Errors::default();
        let args = Args::parse(quote!(crate = a::b), &KNOWN, &mut errors);
        let path = args.micro(&mut errors);
        assert_eq!(quote!(#path).to_string(), "a :: b");
    }
}
