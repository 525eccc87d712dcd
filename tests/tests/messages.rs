//! Messages and codecs from outside: annotated types against types by prost, and our JSON against Python's.

#[path = "messages/annotated.rs"]
mod annotated;
#[path = "messages/annotated_everything.rs"]
mod annotated_everything;
#[path = "messages/codecs.rs"]
mod codecs;
#[path = "messages/json_format.rs"]
mod json_format;
#[path = "messages/twins.rs"]
mod twins;

mod proto {
    ::micro::include_proto!();
}

/// Writes protobuf.
fn proto_of<T: micro::Message>(message: &T) -> Vec<u8> {
    prost::Message::encode_to_vec(message)
}

/// Reads protobuf.
fn from_proto<T: micro::Message>(bytes: &[u8]) -> micro::Result<T> {
    micro::codec::Encoding::proto().decode(bytes::Bytes::copy_from_slice(bytes))
}

/// Returns the built-in codec `name`.
fn codec(name: &str) -> micro::codec::Encoding {
    micro::codec::Codecs::default().by_name(name).expect("the codec is built in")
}

/// Writes canonical JSON.
fn json_of<T: micro::Message>(message: &T) -> String {
    let json = codec("json").encode(message).expect("the message can be written as json");
    String::from_utf8(json.to_vec()).expect("json is text")
}

/// Reads canonical JSON.
fn from_json<T: micro::Message>(json: &str) -> micro::Result<T> {
    codec("json").decode(bytes::Bytes::copy_from_slice(json.as_bytes()))
}
