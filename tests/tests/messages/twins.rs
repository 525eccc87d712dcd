//! The wire bytes of annotated types equal those of twins written for prost, on random values.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

use super::{from_proto, proto_of};

#[micro::message]
#[derive(Clone, Debug, PartialEq)]
enum Color {
    Red,
    Green,
    #[tag(5)]
    Blue,
    #[tag(-1)]
    Below,
    #[unknown]
    Other(i32),
}

fn color(number: i32) -> Color {
    match number {
        0 => Color::Red,
        1 => Color::Green,
        5 => Color::Blue,
        -1 => Color::Below,
        other => Color::Other(other),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
enum ColorTwin {
    Red = 0,
    Green = 1,
    Blue = 5,
    Below = -1,
}

#[micro::message]
#[derive(Clone, Debug, PartialEq)]
struct Leaf {
    name: String,
    count: i64,
}

#[derive(Clone, PartialEq, prost::Message)]
struct LeafTwin {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(int64, tag = "2")]
    count: i64,
}

fn leaf() -> impl Strategy<Value = (Leaf, LeafTwin)> {
    (".{0,5}", any::<i64>())
        .prop_map(|(name, count)| (Leaf { name: name.clone(), count }, LeafTwin { name, count }))
}

#[micro::message]
#[derive(Clone, Debug, PartialEq)]
struct Scalars {
    flag: bool,
    int32: i32,
    int64: i64,
    uint32: u32,
    uint64: u64,
    float: f32,
    double: f64,
    #[encoding(sint)]
    sint32: i32,
    #[encoding(sint)]
    sint64: i64,
    #[encoding(fixed)]
    fixed32: u32,
    #[encoding(fixed)]
    fixed64: u64,
    #[encoding(fixed)]
    sfixed32: i32,
    #[encoding(fixed)]
    sfixed64: i64,
    text: String,
    raw: Vec<u8>,
    shared: Bytes,
    color: Color,
    #[tag(2000)]
    far: u32,
    r#type: u32,
    #[tag(30)]
    back: u32,
}

#[derive(Clone, PartialEq, prost::Message)]
struct ScalarsTwin {
    #[prost(bool, tag = "1")]
    flag: bool,
    #[prost(int32, tag = "2")]
    int32: i32,
    #[prost(int64, tag = "3")]
    int64: i64,
    #[prost(uint32, tag = "4")]
    uint32: u32,
    #[prost(uint64, tag = "5")]
    uint64: u64,
    #[prost(float, tag = "6")]
    float: f32,
    #[prost(double, tag = "7")]
    double: f64,
    #[prost(sint32, tag = "8")]
    sint32: i32,
    #[prost(sint64, tag = "9")]
    sint64: i64,
    #[prost(fixed32, tag = "10")]
    fixed32: u32,
    #[prost(fixed64, tag = "11")]
    fixed64: u64,
    #[prost(sfixed32, tag = "12")]
    sfixed32: i32,
    #[prost(sfixed64, tag = "13")]
    sfixed64: i64,
    #[prost(string, tag = "14")]
    text: String,
    #[prost(bytes = "vec", tag = "15")]
    raw: Vec<u8>,
    #[prost(bytes = "bytes", tag = "16")]
    shared: Bytes,
    #[prost(enumeration = "ColorTwin", tag = "17")]
    color: i32,
    #[prost(uint32, tag = "2000")]
    far: u32,
    #[prost(uint32, tag = "2001")]
    r#type: u32,
    #[prost(uint32, tag = "30")]
    back: u32,
}

/// Makes numbers that are often at, or near, their default.
fn number<T: Arbitrary + Default + Clone + 'static>() -> impl Strategy<Value = T> {
    prop_oneof![1 => Just(T::default()), 3 => any::<T>()]
}

fn color_number() -> impl Strategy<Value = i32> {
    prop_oneof![3 => -2..7_i32, 1 => any::<i32>()]
}

fn scalars() -> impl Strategy<Value = (Scalars, ScalarsTwin)> {
    let plain = (
        any::<bool>(),
        number::<i32>(),
        number::<i64>(),
        number::<u32>(),
        number::<u64>(),
        number::<f32>(),
        number::<f64>(),
    );
    let other = (
        number::<i32>(),
        number::<i64>(),
        number::<u32>(),
        number::<u64>(),
        number::<i32>(),
        number::<i64>(),
    );
    let rest = (".{0,9}", vec(any::<u8>(), 0..9), vec(any::<u8>(), 0..9), color_number());
    (plain, other, rest, number::<u32>(), number::<u32>(), number::<u32>()).prop_map(
        |(plain, other, (text, raw, shared, number), far, r#type, back)| {
            let (flag, int32, int64, uint32, uint64, float, double) = plain;
            let (sint32, sint64, fixed32, fixed64, sfixed32, sfixed64) = other;
            let shared = Bytes::from(shared);
            let ours = Scalars {
                flag,
                int32,
                int64,
                uint32,
                uint64,
                float,
                double,
                sint32,
                sint64,
                fixed32,
                fixed64,
                sfixed32,
                sfixed64,
                text: text.clone(),
                raw: raw.clone(),
                shared: shared.clone(),
                color: color(number),
                far,
                r#type,
                back,
            };
            let twin = ScalarsTwin {
                flag,
                int32,
                int64,
                uint32,
                uint64,
                float,
                double,
                sint32,
                sint64,
                fixed32,
                fixed64,
                sfixed32,
                sfixed64,
                text,
                raw,
                shared,
                color: number,
                far,
                r#type,
                back,
            };
            (ours, twin)
        },
    )
}

#[micro::message]
#[derive(Clone, Debug, PartialEq)]
enum Choice {
    Words(String),
    Count(#[encoding(sint)] i64),
    Octets(Vec<u8>),
    Twig(Leaf),
    Hue(Color),
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum ChoiceTwin {
    #[prost(string, tag = "11")]
    Text(String),
    #[prost(sint64, tag = "12")]
    Number(i64),
    #[prost(bytes = "vec", tag = "13")]
    Raw(Vec<u8>),
    #[prost(message, tag = "14")]
    Leaf(LeafTwin),
    #[prost(enumeration = "ColorTwin", tag = "15")]
    Color(i32),
}

fn choice() -> impl Strategy<Value = (Choice, ChoiceTwin)> {
    prop_oneof![
        ".{0,5}".prop_map(|text| (Choice::Words(text.clone()), ChoiceTwin::Text(text))),
        number::<i64>().prop_map(|number| (Choice::Count(number), ChoiceTwin::Number(number))),
        vec(any::<u8>(), 0..5).prop_map(|raw| (Choice::Octets(raw.clone()), ChoiceTwin::Raw(raw))),
        leaf().prop_map(|(ours, twin)| (Choice::Twig(ours), ChoiceTwin::Leaf(twin))),
        color_number().prop_map(|number| (Choice::Hue(color(number)), ChoiceTwin::Color(number))),
    ]
}

type Text = String;

#[micro::message]
#[derive(Clone, Debug, PartialEq)]
struct Options {
    int32: Option<i32>,
    #[encoding(fixed)]
    fixed: Option<u64>,
    text: Option<Text>,
    raw: Option<Vec<u8>>,
    flag: Option<bool>,
    color: Option<Color>,
    leaf: Option<Leaf>,
    time: Option<SystemTime>,
    bare: Leaf,
    boxed: Box<Leaf>,
    choice: Option<Choice>,
    span: Duration,
    well_known: Option<prost_types::Timestamp>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct OptionsTwin {
    #[prost(int32, optional, tag = "1")]
    int32: Option<i32>,
    #[prost(fixed64, optional, tag = "2")]
    fixed: Option<u64>,
    #[prost(string, optional, tag = "3")]
    text: Option<String>,
    #[prost(bytes = "vec", optional, tag = "4")]
    raw: Option<Vec<u8>>,
    #[prost(bool, optional, tag = "5")]
    flag: Option<bool>,
    #[prost(enumeration = "ColorTwin", optional, tag = "6")]
    color: Option<i32>,
    #[prost(message, optional, tag = "7")]
    leaf: Option<LeafTwin>,
    #[prost(message, optional, tag = "8")]
    time: Option<prost_types::Timestamp>,
    #[prost(message, required, tag = "9")]
    bare: LeafTwin,
    #[prost(message, required, boxed, tag = "10")]
    boxed: Box<LeafTwin>,
    #[prost(oneof = "ChoiceTwin", tags = "11, 12, 13, 14, 15")]
    choice: Option<ChoiceTwin>,
    #[prost(message, required, tag = "16")]
    span: prost_types::Duration,
    #[prost(message, optional, tag = "17")]
    well_known: Option<prost_types::Timestamp>,
}

/// Makes times of the years protobuf knows, before and after the epoch.
fn time() -> impl Strategy<Value = (SystemTime, prost_types::Timestamp)> {
    (-62_135_596_800..=253_402_300_799_i64, 0..1_000_000_000_u32).prop_map(|(seconds, nanos)| {
        let whole = Duration::from_secs(seconds.unsigned_abs());
        let whole = if seconds < 0 { UNIX_EPOCH - whole } else { UNIX_EPOCH + whole };
        let time = whole + Duration::from_nanos(nanos.into());
        (time, prost_types::Timestamp { seconds, nanos: nanos as i32 })
    })
}

fn options() -> impl Strategy<Value = (Options, OptionsTwin)> {
    let scalars = (
        option::of(number::<i32>()),
        option::of(number::<u64>()),
        option::of(".{0,3}"),
        option::of(vec(any::<u8>(), 0..3)),
        option::of(any::<bool>()),
        option::of(color_number()),
    );
    let span = (0..315_576_000_000_u64, 0..1_000_000_000_u32);
    (scalars, option::of(leaf()), option::of(time()), leaf(), leaf(), option::of(choice()), span).prop_map(
        |((int32, fixed, text, raw, flag, number), leaf, time, bare, boxed, choice, (seconds, nanos))| {
            let (leaf, leaf_twin) = leaf.unzip();
            let (time, time_twin) = time.unzip();
            let (choice, choice_twin) = choice.unzip();
            let ours = Options {
                int32,
                fixed,
                text: text.clone(),
                raw: raw.clone(),
                flag,
                color: number.map(color),
                leaf,
                time,
                bare: bare.0,
                boxed: Box::new(boxed.0),
                choice,
                span: Duration::new(seconds, nanos),
                well_known: time_twin,
            };
            let twin = OptionsTwin {
                int32,
                fixed,
                text,
                raw,
                flag,
                color: number,
                leaf: leaf_twin,
                time: time_twin,
                bare: bare.1,
                boxed: Box::new(boxed.1),
                choice: choice_twin,
                span: prost_types::Duration { seconds: seconds as i64, nanos: nanos as i32 },
                well_known: time_twin,
            };
            (ours, twin)
        },
    )
}

#[micro::message]
#[derive(Clone, Debug, PartialEq)]
struct Many {
    flags: Vec<bool>,
    int32: Vec<i32>,
    #[encoding(sint)]
    sint64: Vec<i64>,
    #[encoding(fixed)]
    fixed32: Vec<u32>,
    doubles: Vec<f64>,
    texts: Vec<String>,
    raws: Vec<Vec<u8>>,
    colors: Vec<Color>,
    leaves: Vec<Leaf>,
    spans: Vec<Duration>,
    counts: BTreeMap<String, i64>,
    #[encoding(sint)]
    by_number: BTreeMap<i32, i32>,
    by_flag: BTreeMap<bool, Color>,
    by_id: BTreeMap<u64, Leaf>,
    one: HashMap<String, Vec<u8>>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct ManyTwin {
    #[prost(bool, repeated, tag = "1")]
    flags: Vec<bool>,
    #[prost(int32, repeated, tag = "2")]
    int32: Vec<i32>,
    #[prost(sint64, repeated, tag = "3")]
    sint64: Vec<i64>,
    #[prost(fixed32, repeated, tag = "4")]
    fixed32: Vec<u32>,
    #[prost(double, repeated, tag = "5")]
    doubles: Vec<f64>,
    #[prost(string, repeated, tag = "6")]
    texts: Vec<String>,
    #[prost(bytes = "vec", repeated, tag = "7")]
    raws: Vec<Vec<u8>>,
    #[prost(enumeration = "ColorTwin", repeated, tag = "8")]
    colors: Vec<i32>,
    #[prost(message, repeated, tag = "9")]
    leaves: Vec<LeafTwin>,
    #[prost(message, repeated, tag = "10")]
    spans: Vec<prost_types::Duration>,
    #[prost(btree_map = "string, int64", tag = "11")]
    counts: BTreeMap<String, i64>,
    #[prost(btree_map = "int32, sint32", tag = "12")]
    by_number: BTreeMap<i32, i32>,
    #[prost(btree_map = "bool, enumeration(ColorTwin)", tag = "13")]
    by_flag: BTreeMap<bool, i32>,
    #[prost(btree_map = "uint64, message", tag = "14")]
    by_id: BTreeMap<u64, LeafTwin>,
    #[prost(map = "string, bytes", tag = "15")]
    one: HashMap<String, Vec<u8>>,
}

fn many() -> impl Strategy<Value = (Many, ManyTwin)> {
    let numbers = (
        vec(any::<bool>(), 0..4),
        vec(any::<i32>(), 0..4),
        vec(any::<i64>(), 0..4),
        vec(any::<u32>(), 0..4),
        vec(any::<f64>(), 0..4),
    );
    let others = (
        vec(".{0,3}", 0..3),
        vec(vec(any::<u8>(), 0..3), 0..3),
        vec(color_number(), 0..4),
        vec(leaf(), 0..3),
        vec((0..9_i64, 0..9_i32), 0..3),
    );
    let maps = (
        btree_map(".{0,2}", number::<i64>(), 0..3),
        btree_map(number::<i32>(), number::<i32>(), 0..3),
        btree_map(any::<bool>(), color_number(), 0..3),
        btree_map(number::<u64>(), leaf(), 0..3),
        // The order of a hash map is its own: more than one entry could not be compared.
        option::of((".{0,2}", vec(any::<u8>(), 0..3))),
    );
    (numbers, others, maps).prop_map(|(numbers, others, maps)| {
        let (flags, int32, sint64, fixed32, doubles) = numbers;
        let (texts, raws, colors, leaves, spans) = others;
        let (counts, by_number, by_flag, by_id, one) = maps;
        let (leaves, leaf_twins): (Vec<Leaf>, Vec<LeafTwin>) = leaves.into_iter().unzip();
        let one: HashMap<String, Vec<u8>> = one.into_iter().collect();
        let ours = Many {
            flags: flags.clone(),
            int32: int32.clone(),
            sint64: sint64.clone(),
            fixed32: fixed32.clone(),
            doubles: doubles.clone(),
            texts: texts.clone(),
            raws: raws.clone(),
            colors: colors.iter().copied().map(color).collect(),
            leaves,
            spans: spans
                .iter()
                .map(|&(seconds, nanos)| Duration::new(seconds as u64, nanos as u32))
                .collect(),
            counts: counts.clone(),
            by_number: by_number.clone(),
            by_flag: by_flag.iter().map(|(&flag, &number)| (flag, color(number))).collect(),
            by_id: by_id.iter().map(|(&id, (leaf, _))| (id, leaf.clone())).collect(),
            one: one.clone(),
        };
        let twin = ManyTwin {
            flags,
            int32,
            sint64,
            fixed32,
            doubles,
            texts,
            raws,
            colors,
            leaves: leaf_twins,
            spans: spans
                .into_iter()
                .map(|(seconds, nanos)| prost_types::Duration { seconds, nanos })
                .collect(),
            counts,
            by_number,
            by_flag,
            by_id: by_id.into_iter().map(|(id, (_, twin))| (id, twin)).collect(),
            one,
        };
        (ours, twin)
    })
}

#[micro::message]
#[derive(Clone, Debug, PartialEq)]
struct Node {
    value: i32,
    next: Option<Box<Self>>,
    children: Vec<Node>,
    named: BTreeMap<String, Node>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct NodeTwin {
    #[prost(int32, tag = "1")]
    value: i32,
    #[prost(message, optional, boxed, tag = "2")]
    next: Option<Box<NodeTwin>>,
    #[prost(message, repeated, tag = "3")]
    children: Vec<NodeTwin>,
    #[prost(btree_map = "string, message", tag = "4")]
    named: BTreeMap<String, NodeTwin>,
}

fn twin_of(node: &Node) -> NodeTwin {
    NodeTwin {
        value: node.value,
        next: node.next.as_ref().map(|next| Box::new(twin_of(next))),
        children: node.children.iter().map(twin_of).collect(),
        named: node.named.iter().map(|(name, node)| (name.clone(), twin_of(node))).collect(),
    }
}

fn node() -> impl Strategy<Value = Node> {
    let leaf = number::<i32>().prop_map(|value| Node {
        value,
        next: None,
        children: Vec::new(),
        named: BTreeMap::new(),
    });
    leaf.prop_recursive(4, 16, 3, |inner| {
        (
            number::<i32>(),
            option::of(inner.clone().prop_map(Box::new)),
            vec(inner.clone(), 0..3),
            btree_map("[a-c]{0,1}", inner, 0..2),
        )
            .prop_map(|(value, next, children, named)| Node { value, next, children, named })
    })
}

/// Encodes both, compares, and reads each one's bytes as the other.
fn assert_twins<T, P>(ours: &T, twin: &P) -> Result<(), TestCaseError>
where
    T: micro::Message + PartialEq + std::fmt::Debug,
    P: prost::Message + Default + PartialEq + std::fmt::Debug,
{
    let bytes = proto_of(ours);
    prop_assert_eq!(&bytes, &twin.encode_to_vec());
    prop_assert_eq!(bytes.len(), prost::Message::encoded_len(ours));
    prop_assert_eq!(&from_proto::<T>(&bytes).unwrap(), ours);
    prop_assert_eq!(&P::decode(&bytes[..]).unwrap(), twin);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1_000) })]

    #[test]
    fn scalars_equal_their_twin((ours, twin) in scalars()) {
        assert_twins(&ours, &twin)?;
    }

    #[test]
    fn optional_fields_equal_their_twin((ours, twin) in options()) {
        assert_twins(&ours, &twin)?;
    }

    #[test]
    fn lists_and_maps_equal_their_twin((ours, twin) in many()) {
        assert_twins(&ours, &twin)?;
    }

    #[test]
    fn recursive_messages_equal_their_twin(ours in node()) {
        assert_twins(&ours, &twin_of(&ours))?;
    }

    /// Whatever comes, it is read or refused; what is read can be written.
    #[test]
    fn no_bytes_are_too_wrong_to_refuse(bytes in vec(any::<u8>(), 0..64)) {
        if let Ok(node) = from_proto::<Node>(&bytes) {
            proto_of(&node);
        }
        if let Ok(options) = from_proto::<Options>(&bytes) {
            proto_of(&options);
        }
        if let Ok(many) = from_proto::<Many>(&bytes) {
            proto_of(&many);
        }
    }
}
