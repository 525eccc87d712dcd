//! `everything.v1.Everything` as annotated types: the same names, numbers and JSON as `everything.proto`, in the
//! forms that generated code does not know too (`SystemTime`, `Bytes`, `BTreeMap`, `Box`).
//!
//! One field is left out: `chosen_null` of the oneof. Its type `NullValue` is an enumeration that has one value and
//! means nothing but itself, which no Rust type asks for.

use std::collections::{BTreeMap, HashMap};
use std::time::SystemTime;

use bytes::Bytes;
use micro::message::wrappers::{
    BoolValue, BytesValue, DoubleValue, FloatValue, Int64Value, StringValue, UInt64Value,
};
use prost_types::{Any, FieldMask, ListValue, Struct, Timestamp, Value};

#[micro::message(package = "everything.v1")]
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Color {
    Unspecified,
    Red,
    #[tag(7)]
    DeepBlue,
    #[tag(-2)]
    Below,
    #[unknown]
    Other(i32),
}

#[micro::message(package = "everything.v1")]
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Leaf {
    name: String,
    count_of_all: i64,
}

#[micro::message]
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Choice {
    #[tag(50)]
    ChosenText(String),
    #[tag(51)]
    ChosenLeaf(Leaf),
}

#[micro::message(package = "everything.v1")]
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Everything {
    flag: bool,
    int32_value: i32,
    int64_value: i64,
    uint32_value: u32,
    uint64_value: u64,
    #[encoding(sint)]
    sint32_value: i32,
    #[encoding(sint)]
    sint64_value: i64,
    #[encoding(fixed)]
    fixed32_value: u32,
    #[encoding(fixed)]
    fixed64_value: u64,
    #[encoding(fixed)]
    sfixed32_value: i32,
    #[encoding(fixed)]
    sfixed64_value: i64,
    float_value: f32,
    double_value: f64,
    text: String,
    raw: Bytes,
    color: Color,
    leaf: Option<Box<Leaf>>,

    #[tag(20)]
    maybe_int32: Option<i32>,
    maybe_text: Option<String>,
    maybe_color: Option<Color>,

    #[tag(30)]
    int64_list: Vec<i64>,
    double_list: Vec<f64>,
    texts: Vec<String>,
    raws: Vec<Vec<u8>>,
    colors: Vec<Color>,
    leaves: Vec<Leaf>,

    #[tag(40)]
    counts: BTreeMap<String, i64>,
    leaves_by_number: HashMap<i32, Leaf>,
    colors_by_truth: HashMap<bool, Color>,
    raws_by_number: HashMap<u64, Vec<u8>>,

    choice: Option<Choice>,

    #[tag(60)]
    time: Option<Timestamp>,
    span: Option<prost_types::Duration>,
    mask: Option<FieldMask>,
    structure: Option<Struct>,
    value: Option<Value>,
    list: Option<ListValue>,
    any: Option<Any>,
    empty: Option<()>,
    times: Vec<SystemTime>,

    #[tag(70)]
    wrapped_bool: Option<BoolValue>,
    wrapped_int64: Option<Int64Value>,
    wrapped_uint64: Option<UInt64Value>,
    wrapped_float: Option<FloatValue>,
    wrapped_double: Option<DoubleValue>,
    wrapped_text: Option<StringValue>,
    wrapped_raw: Option<BytesValue>,
}
