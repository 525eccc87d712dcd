//! Services: descriptors become the model that `micro-expand` prints as trait, rows and client.

use prost_types::method_options::IdempotencyLevel;
use prost_types::{FileDescriptorProto, MethodDescriptorProto, ServiceDescriptorProto};
use syn::{Item, Type, parse_quote};

use crate::docs::Docs;
use crate::error::{Error, Place};
use crate::options::Methods;
use crate::source::Source;
use crate::{Result, names, wellknown};

/// What the services of a file are printed with.
pub(crate) struct Services<'a> {
    source: &'a Source,
    pub(crate) file: &'a FileDescriptorProto,
    /// What the options of the methods say.
    methods: &'a Methods,
    pub(crate) micro: &'a str,
    pub(crate) docs: Docs<'a>,
}

/// Field numbers of `FileDescriptorProto.service`, `ServiceDescriptorProto.method` and the types of a method:
/// the steps of a path into `SourceCodeInfo`.
pub(crate) const SERVICE: i32 = 6;
pub(crate) const METHOD: i32 = 2;
const REQUEST: i32 = 2;
pub(crate) const REPLY: i32 = 3;

impl<'a> Services<'a> {
    /// Prepares the services of `file`. `micro` is the path of the library's crate.
    pub(crate) fn new(
        source: &'a Source,
        file: &'a FileDescriptorProto,
        methods: &'a Methods,
        micro: &'a str,
    ) -> Self {
        Services { source, file, methods, micro, docs: Docs::of(file.source_code_info.as_ref()) }
    }

    /// Generates the trait and the client of every service in the file.
    pub(crate) fn generate(&self) -> Result<Vec<Item>> {
        let mut items = Vec::new();
        for (index, service) in (0..).zip(&self.file.service) {
            items.extend(self.service(service, index)?);
        }
        Ok(items)
    }

    /// Returns the place of what stands at `path` in the file.
    pub(crate) fn place(&self, path: &[i32]) -> Place {
        self.source.place(self.file, path)
    }

    fn service(&self, service: &ServiceDescriptorProto, index: i32) -> Result<Vec<Item>> {
        let package = self.file.package();
        let mut methods = Vec::new();
        for (position, method) in (0..).zip(&service.method) {
            methods.push(self.method(method, &[SERVICE, index, METHOD, position])?);
        }
        let contract = micro_expand::Contract {
            rust_name: names::camel(service.name()),
            full_name: match package {
                "" => service.name().to_owned(),
                package => format!("{package}.{}", service.name()),
            },
            docs: self.docs.at(&[SERVICE, index]),
            methods,
            micro: parse(self.micro)?,
        };
        let mut tokens = micro_expand::service_trait(&contract);
        tokens.extend(micro_expand::client(&contract));
        let mut items = syn::parse2::<syn::File>(tokens)
            .map_err(|error| Error::new(format!("cannot expand service {}: {error}", contract.full_name)))?
            .items;
        if service.options.as_ref().is_some_and(|options| options.deprecated()) {
            for item in &mut items {
                match item {
                    Item::Trait(item) => item.attrs.push(parse_quote!(#[deprecated])),
                    Item::Struct(item) => item.attrs.push(parse_quote!(#[deprecated])),
                    _ => {}
                }
            }
        }
        Ok(items)
    }

    fn method(&self, method: &MethodDescriptorProto, path: &[i32; 4]) -> Result<micro_expand::Method> {
        let idempotency = match method.options.as_ref().map(|options| options.idempotency_level()) {
            Some(IdempotencyLevel::NoSideEffects) => micro_expand::Idempotency::Readonly,
            Some(IdempotencyLevel::Idempotent) => micro_expand::Idempotency::Idempotent,
            Some(IdempotencyLevel::IdempotencyUnknown) | None => micro_expand::Idempotency::Unknown,
        };
        let [a, b, c, d] = *path;
        let said = self.methods.of(self.file.name(), [b, d]);
        Ok(micro_expand::Method {
            rust_name: names::method(method.name()),
            name: method.name().to_owned(),
            docs: self.docs.at(path),
            request: self.side(method.input_type(), method.client_streaming(), &[a, b, c, d, REQUEST])?,
            reply: self.side(method.output_type(), method.server_streaming(), &[a, b, c, d, REPLY])?,
            idempotency,
            cfgs: Vec::new(),
            deprecated: method.options.as_ref().is_some_and(|options| options.deprecated()),
            timeout: said.and_then(|said| said.timeout),
            topic: said.and_then(|said| said.topic.clone()),
        })
    }

    /// Returns the type of one side of a method.
    fn side(&self, full_name: &str, streaming: bool, path: &[i32]) -> Result<Type> {
        let message = match wellknown::of_method(full_name, self.micro) {
            None => names::relative(self.file.package(), full_name),
            Some(Ok(known)) => known,
            Some(Err(allowed)) => {
                let name = full_name.trim_start_matches('.');
                let error = Error::new(format!("`{name}` cannot be the request or reply of a method"));
                return Err(error.at([self.place(path)]).help(allowed));
            }
        };
        match streaming {
            true => parse(&format!("{}::Streaming<{message}>", self.micro)),
            false => parse(&message),
        }
    }
}

fn parse<T: syn::parse::Parse>(code: &str) -> Result<T> {
    syn::parse_str(code).map_err(|error| Error::new(format!("`{code}` is not Rust: {error}")))
}
