//! The files that describe a set of methods: collected, held against one another, closed.

use std::collections::{BTreeMap, BTreeSet};

use prost_reflect::{DescriptorPool, FileDescriptor};
use prost_types::FileDescriptorProto;

use crate::error::{Error, Result};
use crate::message::Descriptor;
use crate::message::options::FILE;
use crate::spec::Spec;

use super::merge::Package;
use super::options::{self, Timeouts};
use super::{file_name, service, split};

/// Where the files of protobuf's own types are. Every crate that embeds descriptors has its own copy of them, as of the
/// file of our options.
const WELL_KNOWN: &str = "google/protobuf/";

/// Files of descriptors that need no others.
#[derive(Debug)]
pub(crate) struct DescriptorSet {
    pool: DescriptorPool,
    contracts: Vec<&'static str>,
    /// The names of the files that were made of code.
    made: Vec<String>,
}

impl DescriptorSet {
    /// Lists the full names of the contracts the set was made for, sorted. The files may hold more.
    pub(crate) fn contracts(&self) -> &[&'static str] {
        &self.contracts
    }

    /// Encodes the set as a `google.protobuf.FileDescriptorSet`, options of others' making included. A file comes
    /// after those it imports.
    pub(crate) fn encode(&self) -> Vec<u8> {
        self.pool.encode_to_vec()
    }

    /// Returns every file.
    pub(super) fn files(&self) -> impl Iterator<Item = FileDescriptor> + '_ {
        self.pool.files()
    }

    /// Returns the files that were made of code: one a package, or two where its services are apart.
    pub(super) fn made(&self) -> impl Iterator<Item = FileDescriptor> + '_ {
        self.made.iter().filter_map(|name| self.pool.get_file_by_name(name))
    }
}

/// Describes the contracts of methods that can be called; subscribers are left out.
///
/// # Errors
///
/// `failed precondition` for what cannot stand in one set of files: two different messages, or files, of one name,
/// with the methods that reach them; packages that need one another.
pub(crate) fn descriptor_set<'a>(specs: impl IntoIterator<Item = &'a Spec>) -> Result<DescriptorSet> {
    documented(specs, &BTreeMap::new())
}

/// Describes contracts as [`descriptor_set`] does, with the documentation of those that are code. That of methods is
/// in their `Spec`s.
///
/// # Errors
///
/// As [`descriptor_set`].
pub(super) fn documented<'a>(
    specs: impl IntoIterator<Item = &'a Spec>,
    docs: &BTreeMap<&'static str, &'static str>,
) -> Result<DescriptorSet> {
    let mut contracts = BTreeMap::<&'static str, Vec<&Spec>>::new();
    for spec in specs.into_iter().filter(|spec| spec.topic.is_none()) {
        contracts.entry(spec.contract).or_default().push(spec);
    }
    let mut files = Files::default();
    for spec in contracts.values().flatten() {
        files.add_message(&(spec.request)(), spec.path)?;
        files.add_message(&(spec.reply)(), spec.path)?;
    }
    for (contract, methods) in &contracts {
        files.add_contract(contract, methods, docs.get(contract).copied().unwrap_or_default())?;
    }
    let (pool, made) = files.finish()?;
    Ok(DescriptorSet { pool, contracts: contracts.into_keys().collect(), made })
}

/// What was collected so far.
#[derive(Default)]
struct Files {
    /// Files as they were generated, by name.
    whole: BTreeMap<String, FileDescriptor>,
    /// Files made here, by package.
    packages: BTreeMap<String, Package>,
    /// Where each full name is defined.
    defined: BTreeMap<String, Definition>,
    /// What the methods of files made here say of themselves.
    timeouts: Timeouts,
}

struct Definition {
    file: String,
    /// What needed it first.
    needed_by: String,
}

impl Files {
    fn add_message(&mut self, message: &Descriptor, needed_by: &str) -> Result<()> {
        self.add_file(&message.reflect().parent_file(), needed_by, &mut BTreeSet::new())
    }

    /// Adds a file and those it imports. `seen` are the names already looked at in the file's pool.
    fn add_file(
        &mut self,
        file: &FileDescriptor,
        needed_by: &str,
        seen: &mut BTreeSet<String>,
    ) -> Result<()> {
        let name = file.name();
        if self.whole.get(name).is_some_and(|known| known == file) || !seen.insert(name.to_owned()) {
            return Ok(());
        }
        let proto = file.file_descriptor_proto();
        if name == file_name(file.package_name()) && proto.service.is_empty() {
            self.add_selection(file, needed_by)?;
        } else {
            match self.whole.get(name) {
                Some(known) => same(known.file_descriptor_proto(), proto, needed_by)?,
                None => {
                    self.define_all(file, needed_by)?;
                    self.whole.insert(name.to_owned(), file.clone());
                }
            }
        }
        for import in file.dependencies() {
            self.add_file(&import, needed_by, seen)?;
        }
        Ok(())
    }

    /// Adds annotated types of a package to the one file they share.
    fn add_selection(&mut self, file: &FileDescriptor, needed_by: &str) -> Result<()> {
        let package = file.package_name();
        if let Err(name) = self.package(package).add(file.file_descriptor_proto()) {
            let full_name = joined(package, &name);
            let first = self.defined.get(&full_name).map_or("", |known| known.needed_by.as_str());
            return Err(Error::failed_precondition(format!(
                "two different types are called {full_name}: {first} needs one, {needed_by} the other; rename one: \
                 #[micro::message(name = \"…\")]"
            )));
        }
        self.define_all(file, needed_by)
    }

    fn add_contract(&mut self, contract: &str, methods: &[&Spec], docs: &str) -> Result<()> {
        if let Some(service) = service::find(contract, methods)? {
            return self.add_file(&service.parent_file(), contract, &mut BTreeSet::new());
        }
        let (package, name) = split(contract);
        let file = file_name(package);
        // Contracts are added once each, so what is there already is a type.
        if self.defined.get(contract).is_some_and(|known| known.file == file) {
            return Err(Error::failed_precondition(format!(
                "the contract and a message are both called {contract}; rename one: #[micro::service(name = \"…\")] or \
                 #[micro::message(name = \"…\")]"
            )));
        }
        self.define(contract, &file, contract)?;
        let timeouts: Timeouts = methods.iter().filter_map(|spec| options::timeout(spec)).collect();
        let import = match timeouts.is_empty() {
            true => None,
            false => {
                self.add_file(&options::file()?, contract, &mut BTreeSet::new())?;
                Some(FILE.to_owned())
            }
        };
        self.timeouts.extend(timeouts);
        let messages = methods.iter().flat_map(|spec| [(spec.request)(), (spec.reply)()]);
        let files = messages.map(|message| message.reflect().parent_file().name().to_owned()).chain(import);
        let docs_of_methods = methods.iter().map(|spec| spec.docs);
        self.package(package).add_service(service::describe(name, methods), files, docs, docs_of_methods);
        Ok(())
    }

    fn package(&mut self, package: &str) -> &mut Package {
        self.packages.entry(package.to_owned()).or_insert_with(|| Package::new(package))
    }

    /// Notes what a file defines at its top; what is within a message has the message's name before its own.
    fn define_all(&mut self, file: &FileDescriptor, needed_by: &str) -> Result<()> {
        let name = file.name();
        for message in file.messages() {
            self.define(message.full_name(), name, needed_by)?;
        }
        for values in file.enums() {
            self.define(values.full_name(), name, needed_by)?;
        }
        for service in file.services() {
            self.define(service.full_name(), name, needed_by)?;
        }
        Ok(())
    }

    fn define(&mut self, full_name: &str, file: &str, needed_by: &str) -> Result<()> {
        match self.defined.get(full_name) {
            None => {
                let definition = Definition { file: file.to_owned(), needed_by: needed_by.to_owned() };
                self.defined.insert(full_name.to_owned(), definition);
                Ok(())
            }
            Some(known) if known.file == file => Ok(()),
            Some(known) => Err(Error::failed_precondition(format!(
                "two things are called {full_name}: one in {}, which {} needs, the other in {file}, which {needed_by} \
                 needs; rename one",
                known.file, known.needed_by
            ))),
        }
    }

    /// Puts the files into one pool, each after those it imports; returns the names of those that were made besides.
    fn finish(self) -> Result<(DescriptorPool, Vec<String>)> {
        let circled = circled(&self.packages);
        let mut made: Vec<FileDescriptorProto> = Vec::new();
        for (name, package) in self.packages {
            match circled.contains(&name) {
                true => made.extend(package.finish_apart()),
                false => made.push(package.finish()),
            }
        }
        if let Some(file) = made.iter().find(|file| self.whole.contains_key(file.name())) {
            return Err(Error::failed_precondition(format!(
                "a .proto is called {:?}, like the file that describes annotated types; rename it",
                file.name()
            )));
        }
        let made_names: Vec<String> = made.iter().map(|file| file.name().to_owned()).collect();
        let mut left = Vec::with_capacity(made.len() + self.whole.len());
        for file in made {
            let encoded = options::encode(&file, &self.timeouts)?;
            left.push(File { encoded, name: file.name().to_owned(), imports: file.dependency });
        }
        let generated = self.whole.into_values().map(|file| File {
            name: file.name().to_owned(),
            imports: file.file_descriptor_proto().dependency.clone(),
            encoded: file.encode_to_vec(),
        });
        left.extend(generated);
        let mut pool = DescriptorPool::new();
        while !left.is_empty() {
            let ready = |file: &File| file.imports.iter().all(|name| pool.get_file_by_name(name).is_some());
            let (now, later): (Vec<_>, Vec<_>) = left.into_iter().partition(ready);
            if now.is_empty() {
                let names: Vec<&str> = later.iter().map(|file| file.name.as_str()).collect();
                return Err(Error::failed_precondition(format!(
                    "files cannot import one another in a circle, and these would: {}; keep messages that need one \
                     another in one package",
                    names.join(", ")
                )));
            }
            for file in now {
                pool.decode_file_descriptor_proto(file.encoded.as_slice()).map_err(|error| {
                    Error::failed_precondition(format!("{} does not hold together", file.name))
                        .with_source(error)
                })?;
            }
            left = later;
        }
        Ok((pool, made_names))
    }
}

/// Finds the packages whose services need what needs their types, so that both cannot be in one file.
fn circled(packages: &BTreeMap<String, Package>) -> BTreeSet<String> {
    let imports: BTreeMap<String, Vec<&str>> =
        packages.iter().map(|(name, package)| (file_name(name), package.imports().collect())).collect();
    let is_circled = |(name, package): &(&String, &Package)| {
        let mut left: Vec<&str> = package.imports_of_services().collect();
        let mut seen: BTreeSet<&str> = left.iter().copied().collect();
        while let Some(file) = left.pop() {
            let needed = imports.get(file).into_iter().flatten().copied();
            left.extend(needed.filter(|file| seen.insert(*file)));
        }
        seen.contains(file_name(name).as_str())
    };
    packages.iter().filter(is_circled).map(|(name, _)| name.clone()).collect()
}

/// A file that is complete.
struct File {
    name: String,
    imports: Vec<String>,
    encoded: Vec<u8>,
}

/// Fails when two files of one name say different things, comments aside.
fn same(known: &FileDescriptorProto, new: &FileDescriptorProto, needed_by: &str) -> Result<()> {
    let bare = |file: &FileDescriptorProto| FileDescriptorProto { source_code_info: None, ..file.clone() };
    if new.name().starts_with(WELL_KNOWN) || new.name() == FILE || bare(known) == bare(new) {
        return Ok(());
    }
    Err(Error::failed_precondition(format!(
        "two different files are called {:?}, and {needed_by} needs the second; build both from one .proto",
        new.name()
    )))
}

fn joined(package: &str, name: &str) -> String {
    match package {
        "" => name.to_owned(),
        package => format!("{package}.{name}"),
    }
}
