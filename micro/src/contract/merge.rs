//! One file a package, put together from the many that messages described one by one come with. Services that would
//! make files import one another have a second file.
//!
//! A message brings along the types that it reaches, so the files of two messages of a package are two selections
//! from the same types. Comments refer to types by their place in the file, and move with them.

use std::collections::BTreeSet;

use prost_types::source_code_info::Location;
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FileDescriptorProto, ServiceDescriptorProto, SourceCodeInfo,
};

use super::paths::{FILE_ENUMS, FILE_MESSAGES, FILE_SERVICES, SERVICE_METHODS};
use super::{file_name, services_file_name};

/// What is made for one package, as far as it is known.
#[derive(Debug)]
pub(super) struct Package {
    types: Part,
    services: Part,
}

/// The types of a package, or its services.
#[derive(Debug)]
struct Part {
    file: FileDescriptorProto,
    imports: BTreeSet<String>,
    comments: Vec<Location>,
}

impl Package {
    pub(super) fn new(package: &str) -> Package {
        Package {
            types: Part::new(file_name(package), package),
            services: Part::new(services_file_name(package), package),
        }
    }

    /// Adds the types of another selection.
    ///
    /// # Errors
    ///
    /// The name, within the package, of a type that is known already and is another one.
    pub(super) fn add(&mut self, other: &FileDescriptorProto) -> Result<(), String> {
        let Part { file, imports, comments } = &mut self.types;
        imports.extend(other.dependency.iter().cloned());
        let theirs = other.source_code_info.as_ref().map_or(&[][..], |info| &info.location);
        for (from, message) in other.message_type.iter().enumerate() {
            let named = |known: &&DescriptorProto| known.name == message.name;
            if is_known(file.message_type.iter().find(named), message, message.name())? {
                continue;
            }
            let to = file.message_type.len();
            file.message_type.push(message.clone());
            comments.extend(moved(theirs, FILE_MESSAGES, from, to));
        }
        for (from, values) in other.enum_type.iter().enumerate() {
            let named = |known: &&EnumDescriptorProto| known.name == values.name;
            if is_known(file.enum_type.iter().find(named), values, values.name())? {
                continue;
            }
            let to = file.enum_type.len();
            file.enum_type.push(values.clone());
            comments.extend(moved(theirs, FILE_ENUMS, from, to));
        }
        Ok(())
    }

    /// Adds a service whose types are in `files`, with its documentation and that of its methods.
    pub(super) fn add_service<'a>(
        &mut self,
        service: ServiceDescriptorProto,
        files: impl IntoIterator<Item = String>,
        docs: &str,
        docs_of_methods: impl IntoIterator<Item = &'a str>,
    ) {
        let services = &mut self.services;
        services.imports.extend(files);
        let place = services.file.service.len() as i32;
        services.file.service.push(service);
        services.comment(vec![FILE_SERVICES, place], docs);
        for (method, docs) in docs_of_methods.into_iter().enumerate() {
            services.comment(vec![FILE_SERVICES, place, SERVICE_METHODS, method as i32], docs);
        }
    }

    /// Lists the files that the whole package needs as one file.
    pub(super) fn imports(&self) -> impl Iterator<Item = &str> {
        self.types.imports.iter().map(String::as_str).chain(self.imports_of_services())
    }

    /// Lists the files that its services need, other than that of its types.
    pub(super) fn imports_of_services(&self) -> impl Iterator<Item = &str> {
        let imports = self.services.imports.iter().map(String::as_str);
        imports.filter(move |import| *import != self.types.file.name())
    }

    /// Returns the whole package as one file.
    pub(super) fn finish(self) -> FileDescriptorProto {
        let Package { mut types, services } = self;
        types.file.service = services.file.service;
        types.imports.extend(services.imports);
        types.comments.extend(services.comments);
        types.finish()
    }

    /// Returns the package as two files, where one cannot be: its types, and its services.
    pub(super) fn finish_apart(self) -> [FileDescriptorProto; 2] {
        [self.types.finish(), self.services.finish()]
    }
}

impl Part {
    fn new(file: String, package: &str) -> Part {
        Part {
            file: FileDescriptorProto {
                name: Some(file),
                package: Some(package.to_owned()).filter(|package| !package.is_empty()),
                syntax: Some("proto3".to_owned()),
                ..FileDescriptorProto::default()
            },
            imports: BTreeSet::new(),
            comments: Vec::new(),
        }
    }

    /// Adds a comment, unless it says nothing.
    fn comment(&mut self, path: Vec<i32>, docs: &str) {
        if !docs.is_empty() {
            self.comments.push(Location {
                path,
                span: vec![0, 0, 0],
                leading_comments: Some(docs.lines().map(comment_line).collect()),
                ..Location::default()
            });
        }
    }

    fn finish(mut self) -> FileDescriptorProto {
        self.imports.remove(self.file.name());
        self.file.dependency = self.imports.into_iter().collect();
        if !self.comments.is_empty() {
            self.file.source_code_info = Some(SourceCodeInfo { location: self.comments });
        }
        self.file
    }
}

/// Tells whether a type is there already.
fn is_known<T: PartialEq>(known: Option<&T>, new: &T, name: &str) -> Result<bool, String> {
    match known {
        Some(known) if known != new => Err(name.to_owned()),
        known => Ok(known.is_some()),
    }
}

/// Returns the comments on the type at `from`, for where it is now.
fn moved(comments: &[Location], kind: i32, from: usize, to: usize) -> impl Iterator<Item = Location> {
    let theirs = move |comment: &&Location| comment.path.starts_with(&[kind, from as i32]);
    comments.iter().filter(theirs).map(move |comment| {
        let mut comment = comment.clone();
        comment.path[1] = to as i32;
        comment
    })
}

/// Writes a line of documentation as it stands after `//`.
fn comment_line(line: &str) -> String {
    if line.is_empty() { "\n".to_owned() } else { format!(" {line}\n") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(name: &str) -> DescriptorProto {
        DescriptorProto { name: Some(name.to_owned()), ..DescriptorProto::default() }
    }

    fn selection(names: &[&str]) -> FileDescriptorProto {
        let comment = |(place, name): (usize, &&str)| Location {
            path: vec![FILE_MESSAGES, place as i32],
            span: vec![0, 0, 0],
            leading_comments: Some(format!(" On {name}.\n")),
            ..Location::default()
        };
        FileDescriptorProto {
            message_type: names.iter().map(|name| message(name)).collect(),
            source_code_info: Some(SourceCodeInfo {
                location: names.iter().enumerate().map(comment).collect(),
            }),
            ..FileDescriptorProto::default()
        }
    }

    #[test]
    fn selections_join_and_comments_stay_with_their_types() {
        let mut package = Package::new("p.v1");
        package.add(&selection(&["A", "B"])).unwrap();
        package.add(&selection(&["C", "B", "D"])).unwrap();
        let file = package.finish();
        let names: Vec<_> = file.message_type.iter().map(DescriptorProto::name).collect();
        assert_eq!(names, ["A", "B", "C", "D"]);
        for comment in &file.source_code_info.as_ref().unwrap().location {
            let name = names[comment.path[1] as usize];
            assert_eq!(comment.leading_comments(), format!(" On {name}.\n"));
        }
        assert_eq!((file.name(), file.package()), ("micro/p.v1.proto", "p.v1"));
    }

    #[test]
    fn two_types_of_one_name_are_noticed() {
        let mut package = Package::new("p.v1");
        package.add(&selection(&["A"])).unwrap();
        let mut other = selection(&["B", "A"]);
        other.message_type[1].reserved_name.push("old".to_owned());
        assert_eq!(package.add(&other), Err("A".to_owned()));
    }
}
