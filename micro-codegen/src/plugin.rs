//! The front for `protoc`: a request on standard input, a response on standard output.

use prost_types::compiler::code_generator_response::{Feature, File};
use prost_types::compiler::{CodeGeneratorRequest, CodeGeneratorResponse};
use protox::prost::Message;

use crate::Result;
use crate::error::Error;
use crate::source::Source;
use crate::tree::{self, Settings};

/// Answers an encoded `CodeGeneratorRequest` with an encoded `CodeGeneratorResponse` that holds `mod.rs`.
///
/// The parameters (`--micro_opt`) are `micro_path=::renamed`, as
/// [`Builder::micro_path`](crate::Builder::micro_path), `ignore_option=google.api.http`, as
/// [`Builder::ignore_option`](crate::Builder::ignore_option), as often as needed, and `tonic=true`, as
/// [`Builder::tonic`](crate::Builder::tonic). What is wrong with the files is an answer, too. A request for no
/// file is answered with none.
///
/// All files of a request make one tree. buf asks once a directory unless its template says otherwise, and
/// would keep the first answer only:
///
/// ```yaml
/// # buf.gen.yaml
/// version: v2
/// plugins:
///   - local: protoc-gen-micro
///     out: src/generated
///     strategy: all
/// ```
///
/// # Errors
///
/// When `request` cannot be decoded.
pub fn respond(request: &[u8]) -> Result<Vec<u8>> {
    let decoded = CodeGeneratorRequest::decode(request).map_err(|error| {
        let error = Error::new(format!("this is not a request of protoc: {error}"));
        error
            .help("if protoc made it, a source file may not be UTF-8, perhaps in a comment: save it as UTF-8")
    })?;
    let mut response = CodeGeneratorResponse {
        supported_features: u64::try_from(Feature::Proto3Optional as i32).ok(),
        ..CodeGeneratorResponse::default()
    };
    match generate(decoded, request) {
        Ok(code) => {
            let file =
                |code| File { name: Some("mod.rs".to_owned()), content: Some(code), ..File::default() };
            response.file.extend(code.map(file));
        }
        Err(error) => response.error = Some(error.to_string()),
    }
    Ok(response.encode_to_vec())
}

/// Generates the tree of a request, none when no file is asked for. `encoded` is the same request, with what decoding
/// drops: custom options and editions.
fn generate(request: CodeGeneratorRequest, encoded: &[u8]) -> Result<Option<String>> {
    let settings = settings(request.parameter())?;
    if request.file_to_generate.is_empty() {
        return Ok(None);
    }
    tree::generate(Source::of_request(encoded, request.file_to_generate)?, &settings).map(Some)
}

/// Reads the parameters, which protoc joins by commas.
fn settings(parameters: &str) -> Result<Settings> {
    let mut settings = Settings::default();
    for parameter in parameters.split(',').map(str::trim).filter(|parameter| !parameter.is_empty()) {
        match parameter.split_once('=') {
            Some(("micro_path", path)) => settings.micro = path.to_owned(),
            Some(("ignore_option", name)) => settings.ignored.push(name.to_owned()),
            Some(("tonic", "true")) => settings.tonic = true,
            Some(("tonic", "false")) => settings.tonic = false,
            _ => {
                let error = Error::new(format!("unknown parameter `{parameter}`"));
                return Err(error.help(
                    "known: micro_path=<path of the crate micro>, ignore_option=<full name of a custom option>, \
                     tonic=<true or false>",
                ));
            }
        }
    }
    Ok(settings)
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
