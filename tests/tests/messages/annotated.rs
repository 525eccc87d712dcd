//! What annotated types do besides equalling their twins: policies, descriptors, errors.

use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use micro::{Code, Message};

use super::{from_json, from_proto, json_of, proto_of};

/// A colour.
#[micro::message(package = "paint.v1", reserved(7, 9..=11, -3..=-2, 2147483647, "COLOR_OLD"))]
#[derive(Debug, PartialEq)]
enum Color {
    /// No colour at all.
    None,
    DarkRed,
}

#[micro::message]
#[derive(Debug, PartialEq)]
enum Mood {
    Calm,
    Wild,
    #[unknown]
    Other(i32),
}

/// Who buys.
#[micro::message]
#[derive(Debug, PartialEq)]
enum Buyer {
    /// By name.
    Person(String),
    Museum(i64),
}

#[micro::message]
#[derive(Debug, PartialEq)]
enum Place {
    #[tag(20)]
    Wall(u32),
    #[tag(12)]
    Cellar(u32),
}

/// A picture.
///
/// In two paragraphs.
#[micro::message(package = "paint.v1", name = "Picture", reserved(30, 50..=60, "old_name"))]
#[derive(Debug, PartialEq)]
struct Painting {
    /// What it is called.
    title_text: String,
    color: Color,
    #[tag(4)]
    buyer: Option<Buyer>,
    place: Option<Place>,
    price: Option<i64>,
    /** How long it is framed.
     * Twice is once. */
    frame: Option<prost_types::Duration>,
    colors: HashMap<String, Color>,
    r#type: u32,
}

fn painting() -> Painting {
    Painting {
        title_text: "Sea".into(),
        color: Color::DarkRed,
        buyer: Some(Buyer::Museum(7)),
        place: Some(Place::Cellar(5)),
        price: Some(0),
        frame: Some(prost_types::Duration { seconds: 1, nanos: 0 }),
        colors: [("a".to_owned(), Color::DarkRed)].into(),
        r#type: 3,
    }
}

#[test]
fn the_descriptor_says_what_the_type_says() {
    assert_eq!(Painting::NAME, "paint.v1.Picture");
    let descriptor = Painting::descriptor();
    let message = descriptor.reflect();
    let mut fields: Vec<(u32, String)> =
        message.fields().map(|field| (field.number(), field.name().to_owned())).collect();
    fields.sort();
    let expected = [
        (1, "title_text"),
        (2, "color"),
        (4, "person"),
        (5, "museum"),
        // Place keeps the 6 free, as its variants have numbers of their own.
        (7, "price"),
        (8, "frame"),
        (9, "colors"),
        (10, "type"),
        (12, "cellar"),
        (20, "wall"),
    ];
    assert_eq!(fields, expected.map(|(number, name)| (number, name.to_owned())));
    assert_eq!(message.reserved_names().collect::<Vec<_>>(), ["old_name"]);
    assert_eq!(message.reserved_ranges().collect::<Vec<_>>(), [30..31, 50..61]);
    let oneofs: Vec<(String, bool)> =
        message.oneofs().map(|oneof| (oneof.name().to_owned(), oneof.is_synthetic())).collect();
    assert_eq!(
        oneofs,
        [("buyer".to_owned(), false), ("place".to_owned(), false), ("_price".to_owned(), true)]
    );
    let color = message.get_field_by_name("color").unwrap().kind();
    let color = color.as_enum().unwrap();
    assert_eq!(color.reserved_names().collect::<Vec<_>>(), ["COLOR_OLD"]);
    assert_eq!(color.reserved_ranges().collect::<Vec<_>>(), [7..=7, 9..=11, -3..=-2, i32::MAX..=i32::MAX]);
    assert_eq!(message.get_field_by_name("frame").unwrap().kind().as_message().unwrap().name(), "Duration");
}

/// `place` has numbers of its own and leaves the 1 to `count`.
#[micro::message]
#[derive(Debug, PartialEq)]
struct Stand {
    place: Option<Place>,
    #[tag(1)]
    count: u32,
}

#[test]
fn a_oneof_with_numbers_of_its_own_leaves_its_place_to_others() {
    let stand = Stand { place: Some(Place::Cellar(5)), count: 3 };
    assert_eq!(json_of(&stand), r#"{"count":3,"cellar":5}"#);
    assert_eq!(from_proto::<Stand>(&proto_of(&stand)).unwrap(), stand);
}

/// `buyer` was a text, and is a oneof now: its name is none of a field.
#[micro::message(reserved(1, "buyer"))]
#[derive(Debug, PartialEq)]
struct Sale {
    #[tag(2)]
    buyer: Option<Buyer>,
}

#[test]
fn a_oneof_may_be_called_as_a_field_was() {
    let sale = Sale { buyer: Some(Buyer::Museum(7)) };
    assert_eq!(json_of(&sale), r#"{"museum":"7"}"#);
    assert_eq!(from_proto::<Sale>(&proto_of(&sale)).unwrap(), sale);
}

#[test]
fn documentation_becomes_comments() {
    let descriptor = Painting::descriptor();
    let file = descriptor.reflect().parent_file_descriptor_proto();
    let locations = &file.source_code_info.as_ref().unwrap().location;
    let comments: Vec<&str> =
        locations.iter().filter_map(|location| location.leading_comments.as_deref()).collect();
    for expected in [
        " A picture.\n\n In two paragraphs.\n",
        " What it is called.\n",
        " How long it is framed.\n Twice is once.\n",
        " By name.\n",
        " No colour at all.\n",
    ] {
        assert!(comments.contains(&expected), "{expected:?} is not in {comments:?}");
    }
}

#[test]
fn annotated_messages_are_canonical_json_too() {
    let json = json_of(&painting());
    let expected = r#"{"titleText":"Sea","color":"COLOR_DARK_RED","museum":"7","price":"0","frame":"1s",
        "colors":{"a":"COLOR_DARK_RED"},"cellar":5,"type":3}"#;
    let value = |json: &str| serde_json::from_str::<serde_json::Value>(json).unwrap();
    assert_eq!(value(&json), value(expected));
    assert_eq!(from_json::<Painting>(&json).unwrap(), painting());
    assert_eq!(
        from_json::<Painting>(r#"{"title_text":"Sea","color":1,"type":null}"#).unwrap(),
        Painting { title_text: "Sea".into(), color: Color::DarkRed, ..Painting::empty() }
    );
}

#[test]
fn what_did_not_arrive_is_at_its_default() {
    let empty = from_proto::<Painting>(b"").unwrap();
    assert_eq!(empty, Painting::empty());
    assert_eq!((empty.color, empty.price, empty.buyer), (Color::None, None, None));
}

#[test]
fn clearing_makes_empty() {
    let mut cleared = painting();
    prost::Message::clear(&mut cleared);
    assert_eq!(cleared, Painting::empty());
}

#[micro::message]
#[derive(Debug, PartialEq)]
struct Moods {
    color: Color,
    mood: Mood,
    all: Vec<Mood>,
}

#[test]
fn unknown_numbers_become_zero_unless_a_variant_catches_them() {
    let moods = from_proto::<Moods>(&[0x08, 9, 0x10, 9, 0x1a, 2, 1, 9]).unwrap();
    assert_eq!(
        moods,
        Moods { color: Color::None, mood: Mood::Other(9), all: vec![Mood::Wild, Mood::Other(9)] }
    );
    assert_eq!(proto_of(&moods), [0x10, 9, 0x1a, 2, 1, 9]);
    assert_eq!(json_of(&moods), r#"{"mood":9,"all":["MOOD_WILD",9]}"#);
}

#[test]
fn lists_are_read_packed_and_unpacked() {
    let mixed = [0x18, 1, 0x1a, 1, 0, 0x18, 1];
    assert_eq!(from_proto::<Moods>(&mixed).unwrap().all, [Mood::Wild, Mood::Calm, Mood::Wild]);
}

#[micro::message]
#[derive(Debug, PartialEq)]
struct Bare {
    buyer: Buyer,
    time: SystemTime,
    span: Duration,
    inner: Inner,
    raw: bytes::Bytes,
}

#[micro::message]
#[derive(Debug, PartialEq)]
struct Inner {}

#[test]
fn bare_oneofs_times_and_messages_are_always_sent() {
    let empty = Bare::empty();
    assert_eq!((&empty.buyer, empty.time), (&Buyer::Person(String::new()), UNIX_EPOCH));
    let bytes = proto_of(&empty);
    assert_eq!(bytes, [0x0a, 0, 0x1a, 0, 0x22, 0, 0x2a, 0]);
    assert_eq!(from_proto::<Bare>(&bytes).unwrap(), empty);
    // The last variant on the wire counts.
    assert_eq!(from_proto::<Bare>(&[0x0a, 0, 0x10, 5]).unwrap().buyer, Buyer::Museum(5));
}

#[micro::message]
#[derive(Debug)]
struct Deep {
    next: Option<Box<Deep>>,
    text: String,
}

#[test]
fn errors_say_where() {
    let error = from_proto::<Deep>(&[0x0a, 3, 0x12, 1, 0xff]).unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument);
    for part in ["micro_tests.Deep", "Deep.next", "Deep.text"] {
        assert!(error.message().contains(part), "{part} is not in {error}");
    }
    let error = from_json::<Deep>(r#"{"next":{"txt":""}}"#).unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument);
    for part in ["micro_tests.Deep", "'txt'", "line 1 column"] {
        assert!(error.message().contains(part), "{part} is not in {error}");
    }
    let error = from_proto::<Bare>(&[0x22, 2, 0x08, 0x80]).unwrap_err();
    assert!(error.message().contains("Bare.span"), "{error}");
    let negative = proto_of(&prost_types::Duration { seconds: -1, nanos: 0 });
    let error = from_proto::<Bare>(&[&[0x22, negative.len() as u8][..], &negative[..]].concat()).unwrap_err();
    assert!(error.message().contains("negative duration"), "{error}");
}

#[test]
fn depth_is_bounded() {
    let mut bytes = Vec::new();
    for _ in 0..200 {
        let length = bytes.len();
        let mut outer = vec![0x0a];
        prost::encoding::encode_varint(length as u64, &mut outer);
        outer.append(&mut bytes);
        bytes = outer;
    }
    let error = from_proto::<Deep>(&bytes).unwrap_err();
    assert!(error.message().contains("recursion limit"), "{error}");
    let json = r#"{"next":"#.repeat(200) + "{}" + &"}".repeat(200);
    assert_eq!(from_json::<Deep>(&json).unwrap_err().code(), Code::InvalidArgument);
}

mod elsewhere {
    /// Shares its name with another; only the package tells them apart.
    #[micro::message(package = "elsewhere.v1")]
    #[derive(Debug, PartialEq)]
    pub(super) struct Inner {
        pub(super) leaf: crate::proto::everything::v1::Leaf,
    }
}

#[micro::message]
#[derive(Debug, PartialEq)]
struct Mixed {
    ours: Inner,
    theirs: elsewhere::Inner,
    all: Option<crate::proto::everything::v1::Everything>,
}

#[test]
fn generated_and_annotated_messages_mix() {
    let leaf = crate::proto::everything::v1::Leaf { name: "n".into(), count_of_all: 2 };
    let mixed = Mixed { ours: Inner {}, theirs: elsewhere::Inner { leaf }, all: None };
    let json = json_of(&mixed);
    assert_eq!(json, r#"{"ours":{},"theirs":{"leaf":{"name":"n","countOfAll":"2"}}}"#);
    assert_eq!(from_json::<Mixed>(&json).unwrap(), mixed);
    assert_eq!(from_proto::<Mixed>(&proto_of(&mixed)).unwrap(), mixed);
}
