//! What a pair of `.proto` files cannot show; the pairs are in `tests/tests/contract_breaks.rs`.

use prost_types::field_descriptor_proto::Type;
use prost_types::{
    EnumDescriptorProto, EnumValueDescriptorProto, FileDescriptorProto, OneofDescriptorProto,
    ServiceDescriptorProto,
};

use crate::contract::descriptor_set;
use crate::error::Code;
use crate::message::Message;
use crate::spec::{Kind, Spec};

use super::sample::{field, file, message, set, things};
use super::{Break, compare};

/// What callers have.
mod before {
    /// What is lent.
    #[micro::message(package = "shelf.v1")]
    pub(super) struct Book {
        title: String,
        pages: u32,
        lent: Option<String>,
    }

    #[micro::message(package = "shelf.v1")]
    pub(super) enum Cover {
        Unknown,
        Soft,
    }

    #[micro::message(package = "shelf.v1")]
    pub(super) struct Bound {
        cover: Cover,
        book: Book,
    }
}

/// What the code has become.
mod after {
    #[micro::message(package = "shelf.v1")]
    pub(super) struct Book {
        pages: u32,
        title: String,
        lent: String,
    }

    #[micro::message(package = "shelf.v1")]
    pub(super) enum Cover {
        Unknown,
        Hard,
        Soft,
    }

    #[micro::message(package = "shelf.v1")]
    pub(super) struct Bound {
        cover: Cover,
        book: Book,
    }
}

/// What callers have, with a package that nothing but a field has a use for.
mod with_details {
    #[micro::message(package = "people.v1")]
    pub(super) struct Person {
        name: String,
    }

    #[micro::message(package = "shelf.v1")]
    pub(super) enum Mood {
        Unknown,
        Glad,
    }

    #[micro::message(package = "shelf.v1")]
    pub(super) struct Details {
        mood: Mood,
    }

    #[micro::message(package = "shelf.v1")]
    pub(super) struct Loan {
        title: String,
        reader: Person,
        details: Details,
    }
}

/// The same with the fields taken out, and their numbers and names kept.
mod without_details {
    #[micro::message(package = "shelf.v1", reserved(2..=3, "reader", "details"))]
    pub(super) struct Loan {
        title: String,
    }
}

/// The same with nothing kept.
mod careless {
    #[micro::message(package = "shelf.v1")]
    pub(super) struct Loan {
        title: String,
    }
}

fn code_first<T: Message>(kind: Kind) -> Vec<u8> {
    let spec = Spec::new::<T, ()>("/shelf.v1.Shelf/Put", "shelf.v1.Shelf", kind);
    descriptor_set([&spec]).unwrap().encode()
}

fn names(breaks: &[Break]) -> Vec<String> {
    breaks.iter().map(Break::name).collect()
}

#[test]
fn a_contract_that_is_code_is_compared_too() {
    let old = code_first::<before::Bound>(Kind::Unary);
    let new = code_first::<after::Bound>(Kind::ClientStreaming);
    assert_eq!(
        names(&compare(&old, &new).unwrap()),
        [
            "field-presence:shelf.v1.Book.lent",
            "field-renumbered:shelf.v1.Book.pages",
            "field-renumbered:shelf.v1.Book.title",
            "value-renumbered:shelf.v1.Cover.COVER_SOFT",
            "method-kind:shelf.v1.Shelf.Put",
        ]
    );
    assert!(compare(&old, &old).unwrap().is_empty());
}

#[test]
fn a_field_that_is_reserved_takes_its_types_and_their_package_along() {
    let old = code_first::<with_details::Loan>(Kind::Unary);
    let new = code_first::<without_details::Loan>(Kind::Unary);
    assert_eq!(names(&compare(&old, &new).unwrap()), Vec::<String>::new());
    let careless = code_first::<careless::Loan>(Kind::Unary);
    assert_eq!(
        names(&compare(&old, &careless).unwrap()),
        ["field-removed:shelf.v1.Loan.details", "field-removed:shelf.v1.Loan.reader"]
    );
}

#[test]
fn what_is_there_for_options_is_not_compared() {
    let mut rules = file("rules.v1", vec![message("Rule", &[("longest", 1, Type::Int32)])]);
    let mut rule = field(("rule", 50_001, Type::Message));
    (rule.type_name, rule.extendee) =
        (Some(".rules.v1.Rule".to_owned()), Some(".google.protobuf.FieldOptions".to_owned()));
    rules.extension.push(rule);
    let thing = || file("store.v1", vec![message("Thing", &[])]);
    let importing = FileDescriptorProto { dependency: vec![rules.name().to_owned()], ..thing() };
    let mut changed = rules.clone();
    changed.message_type[0].field[0] = field(("longest", 2, Type::String));
    for old in [vec![rules.clone(), thing()], vec![rules, importing]] {
        for new in [vec![thing()], vec![changed.clone(), thing()]] {
            assert!(compare(&set(old.clone()), &set(new)).unwrap().is_empty());
        }
    }
}

#[test]
fn what_is_said_of_a_package_speaks_of_calls_where_it_had_a_service() {
    let service = ServiceDescriptorProto { name: Some("Store".to_owned()), ..Default::default() };
    let without = file("store.v1", vec![message("Thing", &[])]);
    let with = FileDescriptorProto { service: vec![service], ..without.clone() };
    let elsewhere = |file: &FileDescriptorProto| FileDescriptorProto {
        package: Some("shop.v1".to_owned()),
        ..file.clone()
    };
    for (version, serves) in [(with, true), (without, false)] {
        let old = set(vec![version.clone()]);
        for new in [Vec::new(), vec![elsewhere(&version)]] {
            let breaks = compare(&old, &set(new)).unwrap();
            assert_eq!(breaks.len(), 1);
            assert_eq!(breaks[0].callers().contains("unimplemented"), serves, "{}", breaks[0]);
        }
    }
}

#[test]
fn a_variant_with_another_number_is_told_as_it_can_be_mended() {
    let version = |number| {
        let mut thing = message("Thing", &[("name", number, Type::String), ("bytes", 9, Type::Bytes)]);
        thing.oneof_decl = vec![OneofDescriptorProto { name: Some("kind".to_owned()), options: None }];
        thing.field.iter_mut().for_each(|field| field.oneof_index = Some(0));
        set(vec![file("store.v1", vec![thing])])
    };
    let breaks = compare(&version(1), &version(2)).unwrap();
    assert_eq!(names(&breaks), ["field-renumbered:store.v1.Thing.name"]);
    let advice = "#[tag(1)], and #[tag] on the other variants of its oneof and on the field after that";
    assert!(breaks[0].change().contains(advice), "{}", breaks[0]);
}

#[test]
fn a_break_says_where_and_what_callers_see_and_how_to_allow_it() {
    let old = things(&[("name", 1, Type::String), ("count", 2, Type::Int32)]);
    let new = things(&[("name", 1, Type::String), ("count", 2, Type::Sint32)]);
    let breaks = compare(&old, &new).unwrap();
    let text = breaks[0].to_string();
    for part in [
        "store.v1.Thing.count",
        "`int32 count = 2`",
        "`sint32 count = 2`",
        "old callers: every value is read as garbage",
        "allow = [\"field-retyped:store.v1.Thing.count\"]",
    ] {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
    assert_eq!(breaks.len(), 1);
}

#[test]
fn a_package_that_has_moved_is_compared_where_it_is_now() {
    let types = |package: &str, sort| {
        let mut inner = message("Inner", &[("count", 1, sort)]);
        let zero =
            EnumValueDescriptorProto { name: Some("NONE".to_owned()), number: Some(0), ..Default::default() };
        inner.enum_type.push(EnumDescriptorProto {
            name: Some("E".to_owned()),
            value: vec![zero],
            ..Default::default()
        });
        let mut outer = message("Outer", &[("inner", 1, Type::Message), ("e", 2, Type::Enum)]);
        outer.field[0].type_name = Some(format!(".{package}.Inner"));
        outer.field[1].type_name = Some(format!(".{package}.Inner.E"));
        file(package, vec![inner, outer])
    };
    let old = set(vec![types("store.v1", Type::Int32), file("other.v1", vec![message("Outer", &[])])]);
    let new = set(vec![types("shop.v1", Type::String), file("other.v1", vec![message("Outer", &[])])]);
    assert_eq!(
        names(&compare(&old, &new).unwrap()),
        ["package-moved:store.v1", "field-retyped:store.v1.Inner.count"]
    );
}

#[test]
fn a_package_that_is_left_for_one_that_was_there_is_gone() {
    let version = |package| file(package, vec![message("Thing", &[("name", 1, Type::String)])]);
    let old = set(vec![version("store.v1"), version("store.v2")]);
    let breaks = compare(&old, &set(vec![version("store.v2")])).unwrap();
    assert_eq!(names(&breaks), ["package-removed:store.v1"]);
    assert!(breaks[0].change().contains("message Thing"), "{}", breaks[0]);
}

#[test]
fn what_google_publishes_is_not_compared() {
    let thing = || file("store.v1", vec![message("Thing", &[])]);
    let time = file("google.protobuf", vec![message("Timestamp", &[("seconds", 1, Type::Int64)])]);
    assert!(compare(&set(vec![time, thing()]), &set(vec![thing()])).unwrap().is_empty());
}

#[test]
fn what_is_no_contract_is_an_error() {
    let good = things(&[]);
    let mut editions = file("store.v1", Vec::new());
    editions.syntax = Some("editions".to_owned());
    let editions = set(vec![editions]);
    for (old, new, text) in [
        (&b"\x0a\x7f"[..], &good[..], "the old contract"),
        (&good, b"\x0a\x7f", "the new contract"),
        (&good, &editions, "store.v1.proto of the new contract is in editions syntax"),
    ] {
        let error = compare(old, new).unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument);
        assert!(error.message().contains(text), "{error}");
    }
}

#[test]
fn no_contract_that_can_be_read_stops_the_comparison() {
    let whole = code_first::<before::Bound>(Kind::Unary);
    let mut read = 0;
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut damaged = whole.clone();
            damaged[at] ^= 1 << bit;
            read += usize::from(compare(&whole, &damaged).is_ok());
            read += usize::from(compare(&damaged, &whole).is_ok());
        }
    }
    assert!(read > 0, "some changes make another set");
}
