//! tonic's own client and server beside ours, for what is written for tonic. `tonic-build` prints them; names and types
//! are ours.

use proc_macro2::TokenStream;
use prost_types::{MethodDescriptorProto, ServiceDescriptorProto};
use syn::{Item, ItemMod};
use tonic_build::CodeGenBuilder;

use crate::error::Error;
use crate::services::{METHOD, SERVICE, Services};
use crate::{Result, names, wellknown};

/// What encodes tonic's messages.
const CODEC: &str = "tonic_prost::ProstCodec";

/// Functions that every client of tonic has. A method of the same name would stand there twice.
const TAKEN: [&str; 8] = [
    "accept_compressed",
    "connect",
    "max_decoding_message_size",
    "max_encoding_message_size",
    "new",
    "send_compressed",
    "with_interceptor",
    "with_origin",
];

/// Prints the client and the server of every service in the file, each in a module of its own.
pub(crate) fn generate(services: &Services<'_>) -> Result<Vec<ItemMod>> {
    let mut modules = Vec::new();
    for (index, service) in (0..).zip(&services.file.service) {
        let service = Service::read(services, service, index)?;
        let builder = CodeGenBuilder::new();
        for tokens in [builder.generate_client(&service, ""), builder.generate_server(&service, "")] {
            let file = syn::parse2::<syn::File>(tokens).map_err(|error| {
                Error::new(format!("tonic-build made bad code for service {}: {error}", service.identifier))
            })?;
            modules.extend(file.items.into_iter().filter_map(|item| match item {
                Item::Mod(module) => Some(module),
                _ => None,
            }));
        }
    }
    Ok(modules)
}

/// A service as tonic-build asks for it.
struct Service {
    name: String,
    package: String,
    identifier: String,
    docs: Vec<String>,
    methods: Vec<Method>,
}

impl Service {
    fn read(services: &Services<'_>, service: &ServiceDescriptorProto, index: i32) -> Result<Service> {
        let mut methods = Vec::new();
        for (position, method) in (0..).zip(&service.method) {
            methods.push(Method::read(services, method, &[SERVICE, index, METHOD, position])?);
        }
        Ok(Service {
            name: names::camel(service.name()),
            package: services.file.package().to_owned(),
            identifier: service.name().to_owned(),
            docs: lines(&services.docs.at(&[SERVICE, index])),
            methods,
        })
    }
}

impl tonic_build::Service for Service {
    type Comment = String;
    type Method = Method;

    fn name(&self) -> &str {
        &self.name
    }

    fn package(&self) -> &str {
        &self.package
    }

    fn identifier(&self) -> &str {
        &self.identifier
    }

    fn methods(&self) -> &[Method] {
        &self.methods
    }

    fn comment(&self) -> &[String] {
        &self.docs
    }
}

/// A method as tonic-build asks for it.
struct Method {
    name: String,
    identifier: String,
    docs: Vec<String>,
    streams: (bool, bool),
    deprecated: bool,
    types: (TokenStream, TokenStream),
}

impl Method {
    fn read(services: &Services<'_>, method: &MethodDescriptorProto, path: &[i32]) -> Result<Method> {
        let name = names::snake(method.name());
        if TAKEN.contains(&name.as_str()) {
            let error = Error::new(format!("every client of tonic has a function `{name}` already"));
            let help = "rename the method, or leave `.tonic(true)` out";
            return Err(error.at([services.place(path)]).help(help));
        }
        Ok(Method {
            name,
            identifier: method.name().to_owned(),
            docs: lines(&services.docs.at(path)),
            streams: (method.client_streaming(), method.server_streaming()),
            deprecated: method.options.as_ref().is_some_and(|options| options.deprecated()),
            types: (message(services, method.input_type())?, message(services, method.output_type())?),
        })
    }
}

impl tonic_build::Method for Method {
    type Comment = String;

    fn name(&self) -> &str {
        &self.name
    }

    fn identifier(&self) -> &str {
        &self.identifier
    }

    fn codec_path(&self) -> &str {
        CODEC
    }

    fn client_streaming(&self) -> bool {
        self.streams.0
    }

    fn server_streaming(&self) -> bool {
        self.streams.1
    }

    fn comment(&self) -> &[String] {
        &self.docs
    }

    fn deprecated(&self) -> bool {
        self.deprecated
    }

    fn request_response_name(&self, _: &str, _: bool) -> (TokenStream, TokenStream) {
        self.types.clone()
    }
}

/// Writes the type of a message as it is called from a module inside the package's.
fn message(services: &Services<'_>, full_name: &str) -> Result<TokenStream> {
    let path = match wellknown::of_method(full_name, services.micro) {
        None => format!("super::{}", names::relative(services.file.package(), full_name)),
        Some(Ok(known)) => known,
        Some(Err(allowed)) => return Err(Error::new(allowed)),
    };
    path.parse::<TokenStream>().map_err(|error| Error::new(format!("`{path}` is not Rust: {error}")))
}

fn lines(docs: &str) -> Vec<String> {
    docs.lines().map(str::to_owned).collect()
}
