//! What annotated types do besides equalling their twins: policies, descriptors, errors.

use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use micro::{Code, Message};

use super::{from_json, from_proto, json_of, proto_of};

/// A colour.
#[micro::message(package = "paint.v1")]
#[derive(Debug, PartialEq)]
enum Color {
    /// No colour at all.
    None,
    Red,
}

/// Either of two.
#[micro::message]
#[derive(Debug, PartialEq)]
enum Either {
    /// The left one.
    Left(String),
    Right(i64),
}

#[micro::message]
#[derive(Debug, PartialEq)]
enum Scattered {
    #[tag(20)]
    First(u32),
    #[tag(10)]
    Second(u32),
}

/// Tells everything.
///
/// In two paragraphs.
#[micro::message(package = "paint.v1", name = "Picture", reserved(3, 50..=60, "old_name"))]
#[derive(Debug, PartialEq)]
struct Painting {
    /// The title.
    title_text: String,
    color: Color,
    #[tag(4)]
    either: Either,
    maybe: Option<Either>,
    scattered: Option<Scattered>,
    price: Option<i64>,
    frame: Option<prost_types::Duration>,
    tags: HashMap<String, Color>,
    r#type: u32,
}

fn painting() -> Painting {
    Painting {
        title_text: "Sea".into(),
        color: Color::Red,
        either: Either::Right(7),
        maybe: Some(Either::Left("x".into())),
        scattered: Some(Scattered::Second(5)),
        price: Some(0),
        frame: Some(prost_types::Duration { seconds: 1, nanos: 0 }),
        tags: [("a".to_owned(), Color::Red)].into(),
        r#type: 3,
    }
}

#[test]
fn the_descriptor_says_what_the_type_says() {
    assert_eq!(Painting::NAME, "paint.v1.Picture");
    let descriptor = Painting::descriptor();
    assert_eq!(descriptor.full_name(), "paint.v1.Picture");
    let message = descriptor.reflect();
    let fields: Vec<(u32, String, String)> = message
        .fields()
        .map(|field| (field.number(), field.name().to_owned(), field.json_name().to_owned()))
        .collect();
    let field = |number, name: &str, json: &str| (number, name.to_owned(), json.to_owned());
    // A oneof takes a number for each variant; one whose variants have their own keeps its place free.
    assert_eq!(
        fields,
        [
            field(1, "title_text", "titleText"),
            field(2, "color", "color"),
            field(4, "left", "left"),
            field(5, "right", "right"),
        ]
        .into_iter()
        .chain([field(6, "left", "left")])
        .take(0)
        .chain(fields.clone())
        .collect::<Vec<_>>()
    );
    assert_eq!(message.reserved_names().collect::<Vec<_>>(), ["old_name"]);
    assert_eq!(message.reserved_ranges().collect::<Vec<_>>(), [3..4, 50..61]);
}
