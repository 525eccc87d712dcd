//! A descriptor set without what a contract does not depend on: where and how things are written.

use prost::DecodeError;
use prost::Message as _;
use prost::encoding::{DecodeContext, decode_key, skip_field};

/// The field of a file that holds comments and places.
const SOURCE_INFO: u32 = 9;

/// The files of a set, not looked into: options of others' making, which our types do not know, stay as they are.
#[derive(Clone, PartialEq, prost::Message)]
struct Files {
    #[prost(bytes = "vec", repeated, tag = "1")]
    file: Vec<Vec<u8>>,
}

/// Returns an encoded set without source info. The same set gives the same bytes.
pub(super) fn bare(set: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let mut files = Files::decode(set)?;
    for file in &mut files.file {
        *file = without_source_info(file)?;
    }
    Ok(files.encode_to_vec())
}

fn without_source_info(file: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let mut bare = Vec::with_capacity(file.len());
    let mut rest = file;
    while !rest.is_empty() {
        let field = rest;
        let (tag, wire_type) = decode_key(&mut rest)?;
        skip_field(wire_type, tag, &mut rest, DecodeContext::default())?;
        if tag != SOURCE_INFO {
            bare.extend_from_slice(&field[..field.len() - rest.len()]);
        }
    }
    Ok(bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    use prost_types::source_code_info::Location;
    use prost_types::{FileDescriptorProto, FileDescriptorSet, SourceCodeInfo};

    #[test]
    fn comments_go_and_everything_else_stays() {
        let location = Location { leading_comments: Some(" Said.".to_owned()), ..Location::default() };
        let with = FileDescriptorProto {
            name: Some("a.proto".to_owned()),
            syntax: Some("proto3".to_owned()),
            source_code_info: Some(SourceCodeInfo { location: vec![location] }),
            ..FileDescriptorProto::default()
        };
        let without = FileDescriptorProto { source_code_info: None, ..with.clone() };
        // Field 4321, of a type that `prost-types` has not heard of.
        let foreign = [0x8a, 0x8e, 0x02, 0x02, b'h', b'i'];
        let set = |file: &FileDescriptorProto| {
            let file = [&file.encode_to_vec()[..], &foreign].concat();
            Files { file: vec![file.clone(), file] }.encode_to_vec()
        };
        let found = bare(&set(&with)).unwrap();
        assert_eq!(found, set(&without));
        assert_eq!(bare(&found).unwrap(), found);
        assert_eq!(FileDescriptorSet::decode(&found[..]).unwrap().file, [without.clone(), without]);
    }

    #[test]
    fn what_is_no_set_is_an_error() {
        assert!(bare(&[0x0a, 0x05, 0x01]).is_err());
        assert!(bare(&[0x0a, 0x01, 0x7f]).is_err());
    }
}
