//! What an annotated type is, once read.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Ident, Path};

/// A message, an enumeration or a oneof.
pub(super) struct Model {
    /// The Rust type.
    pub(super) ident: Ident,
    /// The protobuf package; empty for none.
    pub(super) package: String,
    /// The protobuf name within the package.
    pub(super) name: String,
    pub(super) docs: String,
    pub(super) deprecated: bool,
    /// Where `micro` is found.
    pub(super) micro: Path,
    pub(super) reserved: Reserved,
    pub(super) shape: Shape,
}

pub(super) enum Shape {
    Message(Vec<Field>),
    Enumeration { values: Vec<Value>, unknown: Option<Ident> },
    Oneof(Vec<Field>),
}

/// A field of a message, or a variant of a oneof.
pub(super) struct Field {
    pub(super) ident: Ident,
    /// The protobuf name.
    pub(super) name: String,
    /// The type, or the variant's payload.
    pub(super) ty: TokenStream,
    /// The number that was written, and where.
    pub(super) tag: Option<(i64, Span)>,
    pub(super) encoding: Encoding,
    pub(super) docs: String,
    pub(super) deprecated: bool,
}

/// A variant of an enumeration.
pub(super) struct Value {
    pub(super) ident: Ident,
    /// The protobuf name.
    pub(super) name: String,
    pub(super) number: i32,
    pub(super) docs: String,
    pub(super) deprecated: bool,
}

/// How the numbers in a field are written.
#[derive(Clone, Copy)]
pub(super) enum Encoding {
    Plain,
    Sint,
    Fixed,
}

/// Numbers and names that must not be used again.
#[derive(Default)]
pub(super) struct Reserved {
    /// No two of them meet.
    pub(super) numbers: Vec<Range>,
    pub(super) names: Vec<String>,
}

impl Reserved {
    /// Prints the ranges as an array of pairs of `T`. Those that a `T` cannot hold are mistakes, and left out.
    pub(super) fn ranges<T: TryFrom<i64> + ToTokens>(&self) -> TokenStream {
        let pair = |range: &Range| {
            let (first, last) = (T::try_from(range.first).ok()?, T::try_from(range.last).ok()?);
            Some(quote!((#first, #last)))
        };
        let pairs = self.numbers.iter().filter_map(pair);
        quote!([#(#pairs),*])
    }
}

/// Numbers from one to another, both included.
#[derive(Clone, Copy)]
pub(super) struct Range {
    pub(super) first: i64,
    pub(super) last: i64,
    /// Where it is written.
    pub(super) span: Span,
}

impl Range {
    pub(super) fn contains(self, number: i64) -> bool {
        (self.first..=self.last).contains(&number)
    }

    /// Returns the smallest number that is in both.
    pub(super) fn common(self, other: Range) -> Option<i64> {
        let first = self.first.max(other.first);
        (self.contains(first) && other.contains(first)).then_some(first)
    }
}

impl Model {
    /// Returns the path of what generated code calls.
    pub(super) fn derive(&self) -> TokenStream {
        let micro = &self.micro;
        quote!(#micro::__private::derive)
    }

    /// Returns the path of prost.
    pub(super) fn prost(&self) -> TokenStream {
        let micro = &self.micro;
        quote!(#micro::__private::prost)
    }

    /// Returns the full protobuf name.
    pub(super) fn full_name(&self) -> String {
        match self.package.as_str() {
            "" => self.name.clone(),
            package => format!("{package}.{}", self.name),
        }
    }
}

impl Field {
    /// Prints how the field, whose base number is known, is described to `fields`; `describe` adds it there.
    pub(super) fn described(&self, describe: TokenStream) -> TokenStream {
        match self.deprecated {
            true => quote!(fields.deprecated(|fields| { #describe });),
            false => describe,
        }
    }

    /// Returns the marker type of the field's encoding.
    pub(super) fn marker(&self, derive: &TokenStream) -> TokenStream {
        match self.encoding {
            Encoding::Plain => quote!(#derive::Plain),
            Encoding::Sint => quote!(#derive::Sint),
            Encoding::Fixed => quote!(#derive::Fixed),
        }
    }
}

/// Returns the numbers of fields as far as tokens tell: a oneof may take more than the one that is assumed here.
pub(super) fn numbers(fields: &[Field]) -> Vec<i64> {
    let mut last = 0_i64;
    let mut next = |field: &Field| {
        last = field.tag.map_or(last.saturating_add(1), |(number, _)| number);
        last
    };
    fields.iter().map(&mut next).collect()
}
