//! `HashMap<K, V>` and `BTreeMap<K, V>`: repeated entries of a key (1) and a value (2), each left out at its default.

use std::collections::{BTreeMap, HashMap};

use bytes::{Buf, BufMut};
use prost::DecodeError;
use prost::encoding::{self, DecodeContext, WireType};

use super::{Element, Field, Key, Plain};
use crate::message::types::Fields;

fn entry_len<K: Key, V: Element<E>, E>(key: &K, value: &V) -> usize {
    let key = if <K as Element>::is_default(key) { 0 } else { <K as Element>::encoded_len(key, 1) };
    let value = if value.is_default_entry() { 0 } else { value.encoded_len(2) };
    key + value
}

fn encode_entry<K: Key, V: Element<E>, E, B: BufMut>(key: &K, value: &V, number: u32, buf: &mut B) {
    encoding::encode_key(number, WireType::LengthDelimited, buf);
    encoding::encode_varint(entry_len::<K, V, E>(key, value) as u64, buf);
    if !<K as Element>::is_default(key) {
        <K as Element>::encode(key, 1, buf);
    }
    if !value.is_default_entry() {
        value.encode(2, buf);
    }
}

macro_rules! maps {
    ($($map:ident, $module:ident;)*) => {$(
        impl<K: Key, V: Element<E>, E> Field<E> for $map<K, V> {
            fn empty() -> Self {
                $map::new()
            }

            fn encode<B: BufMut>(&self, base: u32, buf: &mut B) {
                for (key, value) in self {
                    encode_entry::<K, V, E, B>(key, value, base, buf);
                }
            }

            fn encoded_len(&self, base: u32) -> usize {
                let entry = |(key, value)| {
                    let length = entry_len::<K, V, E>(key, value);
                    encoding::key_len(base) + encoding::encoded_len_varint(length as u64) + length
                };
                self.iter().map(entry).sum()
            }

            fn merge<B: Buf>(
                &mut self,
                _: u32,
                _: u32,
                wire_type: WireType,
                buf: &mut B,
                context: DecodeContext,
            ) -> Result<(), DecodeError> {
                encoding::wire_type::check_wire_type(WireType::LengthDelimited, wire_type)?;
                encoding::$module::merge_with_default(
                    |wire_type, key: &mut K, buf: &mut B, context| {
                        <K as Element<Plain>>::merge(key, wire_type, buf, context)
                    },
                    |wire_type, value: &mut V, buf: &mut B, context| value.merge(wire_type, buf, context),
                    V::empty(),
                    self,
                    buf,
                    context,
                )
            }

            fn describe(fields: &mut Fields<'_>, name: &'static str, base: u32, docs: &'static str) {
                fields.map::<K, V, E>(name, base, docs);
            }
        }
    )*};
}

maps! {
    HashMap, hash_map;
    BTreeMap, btree_map;
}
