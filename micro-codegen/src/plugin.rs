//! The front for `protoc`: a request on standard input, a response on standard output.

use std::collections::BTreeMap;

use prost_types::compiler::code_generator_response::{Feature, File};
use prost_types::compiler::{CodeGeneratorRequest, CodeGeneratorResponse};
use protox::prost::Message;

use crate::error::Error;
use crate::source::Source;
use crate::{Result, tree};

/// Answers an encoded `CodeGeneratorRequest` with an encoded `CodeGeneratorResponse` that holds `mod.rs`.
///
/// The one parameter is `micro_path=::renamed` (`--micro_opt`), as [`Builder::micro_path`](crate::Builder::micro_path).
/// What is wrong with the files is an answer, too.
///
/// # Errors
///
/// When `request` cannot be decoded.
pub fn respond(request: &[u8]) -> Result<Vec<u8>> {
    let request = CodeGeneratorRequest::decode(request)
        .map_err(|error| Error::new(format!("this is not a request of protoc: {error}")))?;
    let mut response = CodeGeneratorResponse {
        supported_features: u64::try_from(Feature::Proto3Optional as i32).ok(),
        ..CodeGeneratorResponse::default()
    };
    match generate(request) {
        Ok(code) => {
            let file = File { name: Some("mod.rs".to_owned()), content: Some(code), ..File::default() };
            response.file.push(file);
        }
        Err(error) => response.error = Some(error.to_string()),
    }
    Ok(response.encode_to_vec())
}

fn generate(request: CodeGeneratorRequest) -> Result<String> {
    let mut micro = "::micro";
    for parameter in request.parameter().split(',').map(str::trim).filter(|parameter| !parameter.is_empty()) {
        match parameter.split_once('=') {
            Some(("micro_path", path)) => micro = path,
            _ => {
                let error = Error::new(format!("unknown parameter `{parameter}`"));
                return Err(error.help("known: micro_path=<path of the crate micro>"));
            }
        }
    }
    let micro = micro.to_owned();
    let source =
        Source { files: request.proto_file, roots: request.file_to_generate, on_disk: BTreeMap::new() };
    tree::generate(source, &micro)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_it_does_not_know_is_an_answer() {
        let request = CodeGeneratorRequest { parameter: Some("grpc".to_owned()), ..Default::default() };
        let response = respond(&request.encode_to_vec()).unwrap();
        let response = CodeGeneratorResponse::decode(&response[..]).unwrap();
        assert!(
            response.error().contains("`grpc`") && response.error().contains("micro_path"),
            "{response:?}"
        );
        assert!(respond(b"\xff\xff\xff").is_err());
    }
}
