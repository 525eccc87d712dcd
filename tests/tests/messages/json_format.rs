//! Our JSON equals that of Python's `json_format`, in both directions, on random messages and on odd inputs.

use std::process::Command;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use fastrand::Rng;
use micro::Message;
use prost_types::value::Kind;
use prost_types::{Any, FieldMask, ListValue, Struct, Timestamp, Value};
use serde_json::json;

use super::proto::everything::v1::everything::Choice;
use super::proto::everything::v1::{Everything, Leaf};
use super::{annotated_everything, from_json, from_proto, json_of, proto_of};

const MESSAGES: usize = 200;

/// Texts on which readers of JSON may disagree.
const INPUTS: &[&str] = &[
    "{}",
    r#"{"int32Value": 5, "int64Value": "5", "uint64Value": 18446744073709551615}"#,
    r#"{"int32_value": 5, "int64_value": 5}"#,
    r#"{"int32Value": "12"}"#,
    r#"{"int32Value": 1.0}"#,
    r#"{"int32Value": 1.5}"#,
    r#"{"int32Value": 2147483648}"#,
    r#"{"uint32Value": -1}"#,
    r#"{"flag": "true"}"#,
    r#"{"flag": 1}"#,
    r#"{"text": 5}"#,
    r#"{"doubleValue": "NaN", "floatValue": "-Infinity"}"#,
    r#"{"doubleValue": "1.5"}"#,
    r#"{"floatValue": 1e39}"#,
    r#"{"raw": "-_8"}"#,
    r#"{"raw": "+/8="}"#,
    r#"{"color": "COLOR_RED", "colors": [7, "COLOR_BELOW", 99]}"#,
    r#"{"color": "COLOR_NONE"}"#,
    r#"{"unknownField": 1}"#,
    r#"{"leaf": {"unknownField": 1}}"#,
    r#"{"int32Value": null, "text": null, "leaf": null, "texts": null, "counts": null, "maybeInt32": null}"#,
    r#"{"texts": [null]}"#,
    r#"{"value": null}"#,
    r#"{"value": [null, 1, "x", {"a": false}]}"#,
    r#"{"chosenText": "a", "chosenLeaf": {}}"#,
    r#"{"chosenNull": null}"#,
    r#"{"maybeInt32": 0, "maybeText": "", "maybeColor": 0}"#,
    r#"{"counts": {"a": "1"}, "leavesByNumber": {"-3": {}}, "colorsByTruth": {"true": "COLOR_RED"}}"#,
    r#"{"leavesByNumber": {"x": {}}}"#,
    r#"{"time": "2024-02-29T12:00:00Z"}"#,
    r#"{"time": "2024-02-29T12:00:00.123456789+01:00"}"#,
    r#"{"time": "2024-02-30T12:00:00Z"}"#,
    r#"{"time": "yesterday"}"#,
    r#"{"span": "1.5s"}"#,
    r#"{"span": "-0.000000001s"}"#,
    r#"{"span": "1.5"}"#,
    r#"{"mask": "a.someField,b"}"#,
    r#"{"any": {"@type": "type.googleapis.com/everything.v1.Leaf", "name": "x"}}"#,
    r#"{"any": {"name": "x", "@type": "type.googleapis.com/everything.v1.Leaf"}}"#,
    r#"{"any": {"@type": "type.googleapis.com/google.protobuf.Duration", "value": "3s"}}"#,
    r#"{"any": {"@type": "type.googleapis.com/nobody.Knows"}}"#,
    r#"{"wrappedInt64": "3", "wrappedDouble": "NaN", "wrappedBool": false, "wrappedText": "", "wrappedRaw": ""}"#,
    r#"{"wrappedInt64": null}"#,
    r#"{"empty": {}}"#,
    r#"{"empty": {"a": 1}}"#,
    r#"{"text": "#,
];

fn integer(rng: &mut Rng) -> i64 {
    let any = rng.i64(..);
    [0, 1, -1, i64::MAX, i64::MIN, any][rng.usize(..6)]
}

fn double(rng: &mut Rng) -> f64 {
    let any = f64::from_bits(rng.u64(..));
    [0.0, 1.0, -1.5, 0.1, 1e300, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, any, any][rng.usize(..10)]
}

fn float(rng: &mut Rng) -> f32 {
    let any = f32::from_bits(rng.u32(..));
    [0.0, 2.0, -1.5, 0.1, 1e30, f32::NAN, f32::INFINITY, f32::NEG_INFINITY, any, any][rng.usize(..10)]
}

fn text(rng: &mut Rng) -> String {
    let length = rng.usize(..6);
    (0..length)
        .map(|_| *rng.choice(&['a', 'Z', '"', '\\', '\n', '\u{0}', 'é', '🦀', '<']).unwrap_or(&'x'))
        .collect()
}

fn raw(rng: &mut Rng) -> Vec<u8> {
    let length = rng.usize(..7);
    (0..length).map(|_| rng.u8(..)).collect()
}

fn color(rng: &mut Rng) -> i32 {
    [0, 1, 7, -2, 99, -7][rng.usize(..6)]
}

fn leaf(rng: &mut Rng) -> Leaf {
    Leaf { name: text(rng), count_of_all: integer(rng) }
}

fn time(rng: &mut Rng) -> Timestamp {
    let nanos = [0, 5, 5_000, 5_000_000, 999_999_999][rng.usize(..5)];
    Timestamp { seconds: rng.i64(-62_135_596_800..=253_402_300_799), nanos }
}

fn span(rng: &mut Rng) -> prost_types::Duration {
    let sign = [-1, 1][rng.usize(..2)];
    let nanos = [0, 5, 5_000, 5_000_000, 999_999_999][rng.usize(..5)];
    let seconds = [0, 1, rng.i64(0..315_576_000_000)][rng.usize(..3)];
    prost_types::Duration { seconds: seconds * i64::from(sign), nanos: nanos * sign }
}

fn value(rng: &mut Rng, depth: usize) -> Value {
    let kind = match rng.usize(..if depth == 0 { 4 } else { 6 }) {
        0 => Kind::NullValue(0),
        // A number that JSON has no form for is an error on both sides.
        1 => Kind::NumberValue(Some(double(rng)).filter(|number| number.is_finite()).unwrap_or(2.5)),
        2 => Kind::StringValue(text(rng)),
        3 => Kind::BoolValue(rng.bool()),
        4 => Kind::StructValue(structure(rng, depth - 1)),
        _ => Kind::ListValue(list(rng, depth - 1)),
    };
    Value { kind: Some(kind) }
}

fn structure(rng: &mut Rng, depth: usize) -> Struct {
    Struct { fields: (0..rng.usize(..3)).map(|_| (text(rng), value(rng, depth))).collect() }
}

fn list(rng: &mut Rng, depth: usize) -> ListValue {
    ListValue { values: (0..rng.usize(..3)).map(|_| value(rng, depth)).collect() }
}

fn any(rng: &mut Rng) -> Any {
    let (name, value) = match rng.usize(..3) {
        0 => ("everything.v1.Leaf", proto_of(&leaf(rng))),
        1 => ("google.protobuf.Timestamp", proto_of(&time(rng))),
        // Nothing with a map: the order of its entries inside an `Any` is the writer's own.
        _ => ("google.protobuf.Value", proto_of(&value(rng, 0))),
    };
    Any { type_url: format!("type.googleapis.com/{name}"), value }
}

/// Makes a value half of the time.
fn maybe<T>(rng: &mut Rng, make: impl FnOnce(&mut Rng) -> T) -> Option<T> {
    rng.bool().then(|| make(rng))
}

fn several<T>(rng: &mut Rng, mut make: impl FnMut(&mut Rng) -> T) -> Vec<T> {
    let length = rng.usize(..4);
    (0..length).map(|_| make(rng)).collect()
}

fn everything(rng: &mut Rng) -> Everything {
    let mut message = scalars(rng);
    message.leaf = maybe(rng, leaf);
    message.maybe_int32 = maybe(rng, |rng| integer(rng) as i32);
    message.maybe_text = maybe(rng, text);
    message.maybe_color = maybe(rng, color);
    message.int64_list = several(rng, integer);
    message.double_list = several(rng, double);
    message.texts = several(rng, text);
    message.raws = several(rng, raw);
    message.colors = several(rng, color);
    message.leaves = several(rng, leaf);
    message.counts = several(rng, |rng| (text(rng), integer(rng))).into_iter().collect();
    message.leaves_by_number = several(rng, |rng| (integer(rng) as i32, leaf(rng))).into_iter().collect();
    message.colors_by_truth = several(rng, |rng| (rng.bool(), color(rng))).into_iter().collect();
    message.raws_by_number = several(rng, |rng| (integer(rng) as u64, raw(rng))).into_iter().collect();
    message.choice = match rng.usize(..4) {
        0 => Some(Choice::ChosenText(text(rng))),
        1 => Some(Choice::ChosenLeaf(leaf(rng))),
        2 => Some(Choice::ChosenNull(0)),
        _ => None,
    };
    message.time = maybe(rng, time);
    message.span = maybe(rng, span);
    message.mask = maybe(rng, |_| FieldMask { paths: vec!["leaf.count_of_all".into(), "text".into()] });
    message.structure = maybe(rng, |rng| structure(rng, 3));
    message.value = maybe(rng, |rng| value(rng, 3));
    message.list = maybe(rng, |rng| list(rng, 3));
    message.any = maybe(rng, any);
    message.empty = maybe(rng, |_| ());
    message.times = several(rng, time);
    message.wrapped_bool = maybe(rng, |rng| rng.bool());
    message.wrapped_int64 = maybe(rng, integer);
    message.wrapped_uint64 = maybe(rng, |rng| integer(rng) as u64);
    message.wrapped_float = maybe(rng, float);
    message.wrapped_double = maybe(rng, double);
    message.wrapped_text = maybe(rng, text);
    message.wrapped_raw = maybe(rng, raw);
    message
}

fn scalars(rng: &mut Rng) -> Everything {
    Everything {
        flag: rng.bool(),
        int32_value: integer(rng) as i32,
        int64_value: integer(rng),
        uint32_value: integer(rng) as u32,
        uint64_value: integer(rng) as u64,
        sint32_value: integer(rng) as i32,
        sint64_value: integer(rng),
        fixed32_value: integer(rng) as u32,
        fixed64_value: integer(rng) as u64,
        sfixed32_value: integer(rng) as i32,
        sfixed64_value: integer(rng),
        float_value: float(rng),
        double_value: double(rng),
        text: text(rng),
        raw: raw(rng),
        color: color(rng),
        ..Default::default()
    }
}

/// Reads JSON with every number as a double: `1` and `1.0` are the same there.
fn parsed(json: &str) -> serde_json::Value {
    fn even(value: &mut serde_json::Value) {
        match value {
            serde_json::Value::Number(number) => *value = json!(number.as_f64()),
            serde_json::Value::Array(values) => values.iter_mut().for_each(even),
            serde_json::Value::Object(map) => map.values_mut().for_each(even),
            _ => {}
        }
    }
    let mut value = serde_json::from_str(json).unwrap_or_else(|error| panic!("{error} in {json}"));
    even(&mut value);
    value
}

/// Asks Python about `messages`, as they are encoded and as we write them, and about `inputs`.
fn ask<M: Message>(python: &std::path::Path, messages: &[M], inputs: &[&str]) -> serde_json::Value {
    let directory = tempfile::tempdir().expect("there is room for stubs");
    micro_tests::stubs(
        python,
        &micro_tests::workspace().join("tests/proto"),
        "everything.proto",
        directory.path(),
    );
    let case =
        |message: &M| json!({ "proto": BASE64_STANDARD.encode(proto_of(message)), "json": json_of(message) });
    let asked = json!({ "messages": messages.iter().map(case).collect::<Vec<_>>(), "inputs": inputs });
    let cases = directory.path().join("cases.json");
    std::fs::write(&cases, asked.to_string()).expect("there is room for the cases");
    let script = micro_tests::workspace().join("tests/tests/messages/json_format.py");
    let output =
        Command::new(python).arg(script).arg(directory.path()).arg(&cases).output().expect("Python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("Python answers in json")
}

/// Holds what we write and read of `messages`, and of `inputs`, against what Python does.
fn compare<M: Message>(python: &std::path::Path, messages: &[M], inputs: &[&str]) {
    let answers = ask(python, messages, inputs);
    for (message, answer) in messages.iter().zip(answers["messages"].as_array().expect("a list")) {
        let (ours, theirs) = (json_of(message), answer["json"].as_str().expect("a text"));
        assert_eq!(parsed(&ours), parsed(theirs));
        assert_eq!(answer["same"], true, "Python read something else from {ours}");
        let read = from_json::<M>(theirs).unwrap_or_else(|error| panic!("{error} in {theirs}"));
        assert_eq!(parsed(&json_of(&read)), parsed(&ours));
    }
    assert_eq!(answers["messages"].as_array().map(Vec::len), Some(messages.len()));
    let mut disagreements = Vec::new();
    for (input, answer) in inputs.iter().zip(answers["inputs"].as_array().expect("a list")) {
        let ours = from_json::<M>(input).map(|message| parsed(&json_of(&message)));
        let theirs = answer["json"].as_str().map(parsed);
        if ours.as_ref().ok() != theirs.as_ref() {
            disagreements.push(format!("{input}: {ours:?}, but Python {theirs:?} {}", answer["why"]));
        }
    }
    assert_eq!(answers["inputs"].as_array().map(Vec::len), Some(inputs.len()));
    assert!(disagreements.is_empty(), "{}", disagreements.join("\n"));
}

#[test]
fn the_json_of_generated_messages_is_that_of_python() {
    let Some(python) = micro_tests::python("our JSON against Python's json_format") else { return };
    let mut rng = Rng::with_seed(20_240_229);
    let messages: Vec<Everything> = (0..MESSAGES).map(|_| everything(&mut rng)).collect();
    compare(&python, &messages, INPUTS);
}

#[test]
fn the_json_of_annotated_messages_is_that_of_python() {
    let Some(python) = micro_tests::python("our JSON against Python's json_format") else { return };
    let mut rng = Rng::with_seed(20_240_229);
    let twin = |_| {
        let mut message = everything(&mut rng);
        message.choice = message.choice.filter(|choice| !matches!(choice, Choice::ChosenNull(_)));
        let bytes = proto_of(&message);
        let twin = from_proto::<annotated_everything::Everything>(&bytes).expect("the bytes are the same");
        assert_eq!(parsed(&json_of(&twin)), parsed(&json_of(&message)));
        twin
    };
    let messages: Vec<annotated_everything::Everything> = (0..MESSAGES).map(twin).collect();
    let inputs: Vec<&str> = INPUTS.iter().copied().filter(|input| !input.contains("chosenNull")).collect();
    assert!(inputs.len() + 1 == INPUTS.len(), "only one input needs what the twin leaves out");
    compare(&python, &messages, &inputs);
}
