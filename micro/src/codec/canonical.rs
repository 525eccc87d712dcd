//! Mends two gaps of prost-reflect's mapping. `FloatValue` and `DoubleValue` hand a NaN or an infinity to the format,
//! which JSON has no number for; the canonical form is a text, as it is for plain fields. And an `Any` that holds an
//! `Any` is opened as it is written, with no end to how deep that goes.

use std::fmt::Display;

use serde::ser::{Error as _, Impossible, SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

/// How many lists and maps may stand inside one another. JSON nested more deeply is not read either.
const DEPTH: usize = 128;

/// Passes everything on to the serializer it holds, except numbers that are not finite.
pub(super) struct Canonical<S> {
    inner: S,
    /// In how many lists and maps this stands.
    depth: usize,
}

impl<S> Canonical<S> {
    /// Begins at the outermost value.
    pub(super) fn new(inner: S) -> Self {
        Canonical { inner, depth: 0 }
    }
}

/// A value whose parts are to be passed on likewise.
struct Part<'a, T: ?Sized> {
    value: &'a T,
    depth: usize,
}

impl<T: Serialize + ?Sized> Serialize for Part<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.depth > DEPTH {
            return Err(S::Error::custom("the message is nested too deeply"));
        }
        self.value.serialize(Canonical { inner: serializer, depth: self.depth })
    }
}

fn spelled(number: f64) -> Option<&'static str> {
    if number.is_finite() {
        return None;
    }
    Some(if number.is_nan() {
        "NaN"
    } else if number > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    })
}

macro_rules! pass {
    ($($method:ident($type:ty);)*) => {$(
        fn $method(self, value: $type) -> Result<Self::Ok, Self::Error> {
            self.inner.$method(value)
        }
    )*};
}

/// What no message is made of.
const FOREIGN: &str = "not a part of a message";

impl<S: Serializer> Serializer for Canonical<S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Canonical<S::SerializeSeq>;
    type SerializeTuple = Impossible<S::Ok, S::Error>;
    type SerializeTupleStruct = Impossible<S::Ok, S::Error>;
    type SerializeTupleVariant = Impossible<S::Ok, S::Error>;
    type SerializeMap = Canonical<S::SerializeMap>;
    type SerializeStruct = Impossible<S::Ok, S::Error>;
    type SerializeStructVariant = Impossible<S::Ok, S::Error>;

    pass! {
        serialize_bool(bool);
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
        serialize_char(char);
        serialize_str(&str);
        serialize_bytes(&[u8]);
    }

    fn serialize_f32(self, value: f32) -> Result<Self::Ok, Self::Error> {
        match spelled(value.into()) {
            Some(text) => self.inner.serialize_str(text),
            None => self.inner.serialize_f32(value),
        }
    }

    fn serialize_f64(self, value: f64) -> Result<Self::Ok, Self::Error> {
        match spelled(value) {
            Some(text) => self.inner.serialize_str(text),
            None => self.inner.serialize_f64(value),
        }
    }

    fn serialize_none(self) -> Result<Self::Ok, Self::Error> {
        self.inner.serialize_none()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Self::Ok, Self::Error> {
        let depth = self.depth;
        self.inner.serialize_some(&Part { value, depth })
    }

    fn serialize_unit(self) -> Result<Self::Ok, Self::Error> {
        self.inner.serialize_unit()
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<Self::Ok, Self::Error> {
        self.inner.serialize_unit_struct(name)
    }

    fn serialize_unit_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
    ) -> Result<Self::Ok, Self::Error> {
        self.inner.serialize_unit_variant(name, index, variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<Self::Ok, Self::Error> {
        let depth = self.depth;
        self.inner.serialize_newtype_struct(name, &Part { value, depth })
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Self::Ok, Self::Error> {
        let depth = self.depth + 1;
        self.inner.serialize_newtype_variant(name, index, variant, &Part { value, depth })
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Self::SerializeSeq, Self::Error> {
        let depth = self.depth + 1;
        self.inner.serialize_seq(length).map(|inner| Canonical { inner, depth })
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Self::Error> {
        Err(Self::Error::custom(FOREIGN))
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, Self::Error> {
        Err(Self::Error::custom(FOREIGN))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Self::Error> {
        Err(Self::Error::custom(FOREIGN))
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Self::SerializeMap, Self::Error> {
        let depth = self.depth + 1;
        self.inner.serialize_map(length).map(|inner| Canonical { inner, depth })
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeStruct, Self::Error> {
        Err(Self::Error::custom(FOREIGN))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Self::Error> {
        Err(Self::Error::custom(FOREIGN))
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<Self::Ok, Self::Error> {
        self.inner.collect_str(value)
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

impl<S: SerializeSeq> SerializeSeq for Canonical<S> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Self::Error> {
        self.inner.serialize_element(&Part { value, depth: self.depth })
    }

    fn end(self) -> Result<Self::Ok, Self::Error> {
        self.inner.end()
    }
}

impl<S: SerializeMap> SerializeMap for Canonical<S> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Self::Error> {
        self.inner.serialize_key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Self::Error> {
        self.inner.serialize_value(&Part { value, depth: self.depth })
    }

    fn end(self) -> Result<Self::Ok, Self::Error> {
        self.inner.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: &impl Serialize) -> String {
        serde_json::to_string(&Part { value, depth: 0 }).unwrap()
    }

    #[test]
    fn numbers_that_json_lacks_are_spelled() {
        assert_eq!(
            written(&vec![1.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY]),
            r#"[1.5,"NaN","Infinity","-Infinity"]"#
        );
        let map = std::collections::BTreeMap::from([("a", Some(f32::NAN)), ("b", None)]);
        assert_eq!(written(&map), r#"{"a":"NaN","b":null}"#);
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| {
            let mut value = serde_json::Value::Null;
            for _ in 0..depth {
                value = serde_json::Value::Array(vec![value]);
            }
            serde_json::to_string(&Part { value: &value, depth: 0 })
        };
        assert_eq!(nested(DEPTH).unwrap().len(), 2 * DEPTH + "null".len());
        assert!(nested(DEPTH + 1).unwrap_err().to_string().contains("nested too deeply"));
    }
}
