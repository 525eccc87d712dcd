//! Services and their methods.

use prost_types::{MethodDescriptorProto, ServiceDescriptorProto};

use super::Printer;
use super::body::{Body, quoted};
use super::comments::below;
use super::names::joined;
use crate::contract::paths::SERVICE_METHODS;
use crate::message::options::TIMEOUT;

impl Printer<'_> {
    /// Prints the service at `path`.
    pub(super) fn service(&self, service: &ServiceDescriptorProto, path: &[i32]) -> String {
        let full_name = joined(self.package, service.name());
        let mut body = Body::default();
        if service.options.as_ref().is_some_and(|options| options.deprecated()) {
            body.apart("option deprecated = true;\n");
        }
        for (index, method) in service.method.iter().enumerate() {
            let statement = self.method(method, &full_name);
            let statement = self.comments.before(&below(path, SERVICE_METHODS, index), &statement);
            match statement.lines().count() {
                1 => body.close(&statement),
                _ => body.apart(&statement),
            }
        }
        self.comments.before(path, &body.within(&format!("service {}", service.name())))
    }

    fn method(&self, method: &MethodDescriptorProto, service: &str) -> String {
        let scope = joined(service, method.name());
        let side = |type_name: &str, streams: bool| {
            let stream = if streams { "stream " } else { "" };
            format!("({stream}{})", self.names.refer(type_name, &scope, self.package))
        };
        let head = format!(
            "rpc {}{} returns {}",
            method.name(),
            side(method.input_type(), method.client_streaming()),
            side(method.output_type(), method.server_streaming())
        );
        let mut body = Body::default();
        if let Some(options) = &method.options {
            if options.deprecated() {
                body.close("option deprecated = true;\n");
            }
            if options.idempotency_level.is_some() {
                let level = options.idempotency_level().as_str_name();
                body.close(&format!("option idempotency_level = {level};\n"));
            }
        }
        if let Some(timeout) = self.options.timeout(&scope) {
            let name = self.names.refer(TIMEOUT, &scope, self.package);
            body.close(&format!("option ({name}) = {};\n", quoted(timeout)));
        }
        match body.is_empty() {
            true => format!("{head};\n"),
            false => body.within(&head),
        }
    }
}
