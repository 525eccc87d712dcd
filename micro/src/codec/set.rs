//! The codecs a service answers and a client may ask for, found by name and by content type. This is the one place
//! where content types are understood.

use std::fmt;
use std::sync::Arc;

use super::{Codec, Encoding};

/// What is built in, by feature.
const BUILT_IN: &[fn() -> Encoding] = &[
    Encoding::proto,
    || Encoding::of(Arc::new(super::Json)),
    || Encoding::of(Arc::new(super::BytesField)),
    #[cfg(feature = "msgpack")]
    || Encoding::of(Arc::new(super::MessagePack)),
    #[cfg(feature = "cbor")]
    || Encoding::of(Arc::new(super::Cbor)),
];

/// A set of codecs. The default holds `proto`, `json` and `bytes`, and `msgpack` and `cbor` when their features are
/// on.
#[derive(Clone)]
pub struct Codecs(Vec<Encoding>);

impl Default for Codecs {
    fn default() -> Self {
        Codecs(BUILT_IN.iter().map(|make| make()).collect())
    }
}

impl Codecs {
    /// Adds a codec. One of the same name is replaced.
    pub fn add(&mut self, codec: impl Codec) {
        let encoding = Encoding::of(Arc::new(codec));
        match self.0.iter_mut().find(|known| known.name() == encoding.name()) {
            Some(known) => *known = encoding,
            None => self.0.push(encoding),
        }
    }

    /// Returns the codec `name`.
    pub fn by_name(&self, name: &str) -> Option<Encoding> {
        self.0.iter().find(|encoding| encoding.name() == name).cloned()
    }

    /// Returns the codec of a content type such as `application/json; charset=utf-8`.
    pub fn by_content_type(&self, content_type: &str) -> Option<Encoding> {
        let essence = essence(content_type);
        let known = |encoding: &&Encoding| {
            essence.strip_prefix("application/") == Some(encoding.name())
                || encoding.content_types().contains(&essence.as_str())
        };
        self.0.iter().find(known).cloned()
    }

    /// Returns the codec of a gRPC content type: `application/grpc` is `proto`, `application/grpc+json` is `json`.
    pub fn grpc_subtype(&self, content_type: &str) -> Option<Encoding> {
        if content_type == "application/grpc" {
            return self.by_name("proto");
        }
        let essence = essence(content_type);
        match essence.strip_prefix("application/grpc")? {
            "" => self.by_name("proto"),
            subtype => self.by_name(subtype.strip_prefix('+')?),
        }
    }

    /// Lists the names, as a node announces them.
    pub fn names(&self) -> Vec<&'static str> {
        self.0.iter().map(Encoding::static_name).collect()
    }

    /// Lists all content types, for errors that say what is known.
    pub fn content_types(&self) -> Vec<String> {
        let of = |encoding: &Encoding| {
            let own = format!("application/{}", encoding.name());
            let further: Vec<String> =
                encoding.content_types().iter().map(|further| (*further).to_owned()).collect();
            std::iter::once(own).chain(further)
        };
        self.0.iter().flat_map(of).collect()
    }
}

impl fmt::Debug for Codecs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Codecs").field(&self.names()).finish()
    }
}

/// Leaves parameters out and the case aside.
fn essence(content_type: &str) -> String {
    let essence = content_type.split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use ::bytes::Bytes;

    use super::*;
    use crate::codec::Dynamic;
    use crate::error::Result;
    use crate::message::Descriptor;

    fn name(encoding: Option<Encoding>) -> Option<String> {
        encoding.map(|encoding| encoding.name().to_owned())
    }

    #[test]
    fn content_types_are_understood_in_every_spelling() {
        let codecs = Codecs::default();
        for (content_type, expected) in [
            ("application/json", Some("json")),
            ("Application/JSON; charset=utf-8", Some("json")),
            ("application/x-protobuf", Some("proto")),
            ("application/protobuf", Some("proto")),
            ("application/proto", Some("proto")),
            ("application/octet-stream", Some("bytes")),
            ("text/html", None),
            ("json", None),
            ("", None),
        ] {
            assert_eq!(name(codecs.by_content_type(content_type)).as_deref(), expected, "{content_type}");
        }
    }

    #[test]
    fn grpc_subtypes_name_codecs() {
        let codecs = Codecs::default();
        for (content_type, expected) in [
            ("application/grpc", Some("proto")),
            ("application/grpc+proto", Some("proto")),
            ("application/grpc+json;x=y", Some("json")),
            ("application/grpc-web", None),
            ("application/grpc+zz", None),
            ("application/json", None),
        ] {
            assert_eq!(name(codecs.grpc_subtype(content_type)).as_deref(), expected, "{content_type}");
        }
    }

    struct Upper(&'static str);

    impl Codec for Upper {
        fn name(&self) -> &'static str {
            self.0
        }

        fn content_types(&self) -> &'static [&'static str] {
            &["text/upper"]
        }

        fn encode(&self, message: &Dynamic) -> Result<Bytes> {
            Ok(message.to_proto().to_ascii_uppercase().into())
        }

        fn decode(&self, bytes: Bytes, descriptor: &Descriptor) -> Result<Dynamic> {
            Dynamic::from_proto(descriptor, bytes.to_ascii_lowercase().into())
        }
    }

    #[test]
    fn an_added_codec_is_found_and_listed() {
        let mut codecs = Codecs::default();
        let before = codecs.names().len();
        codecs.add(Upper("upper"));
        assert_eq!(name(codecs.by_content_type("application/upper")).as_deref(), Some("upper"));
        assert_eq!(name(codecs.by_content_type("text/upper")).as_deref(), Some("upper"));
        assert!(codecs.content_types().contains(&"text/upper".to_owned()));
        assert!(codecs.grpc_subtype("application/grpc+upper").is_some());
        codecs.add(Upper("json"));
        assert_eq!(codecs.names().len(), before + 1);
    }
}
