//! Reading mapping files.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::check;
use super::compile::{Compiler, Shared};
use super::kind::Kind;
use super::model::Entry;
use crate::model::resource::type_info;

/// What is wrong with a mapping file. The message fits after "could not".
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("read the mapping {file}: {message}")]
pub struct MappingError {
    /// The file.
    pub file: String,
    /// What is wrong, and where in it.
    pub message: String,
}

/// How one type is made.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct TypeMapping {
    /// The kinds of the type's attributes.
    pub(crate) kind: Kind,
    /// From Terraform.
    pub(crate) terraform: Vec<Entry>,
    /// From `CloudFormation`.
    pub(crate) cloudformation: Vec<Entry>,
}

/// Mapping files, compiled.
#[derive(Debug)]
pub(crate) struct Compiled {
    /// By type.
    pub(crate) types: BTreeMap<String, TypeMapping>,
    /// What the rules share.
    pub(crate) shared: Shared,
}

impl Compiled {
    /// Compiles files: name and text.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, in all files, sorted.
    pub(crate) fn of(files: &[(&str, &str)]) -> Result<Self, Vec<MappingError>> {
        let mut wrong = Vec::new();
        let mut documents = Vec::new();
        for (file, text) in files {
            match document(file, text) {
                Ok(document) => documents.push((*file, document)),
                Err(error) => wrong.push(error),
            }
        }
        let mut shared = Shared::default();
        for (file, document) in &documents {
            let mut compiler = Compiler { shared: &mut shared, wrong: Vec::new() };
            for (at, entry) in document.entries() {
                if let Some((kinds, names)) = compiler.head(entry, &at) {
                    for kind in kinds {
                        compiler.shared.names.entry(kind).or_insert_with(|| names.clone());
                    }
                }
            }
            wrong.extend(compiler.wrong.into_iter().map(|message| error(file, message)));
        }
        if !wrong.is_empty() {
            wrong.sort();
            return Err(wrong);
        }
        let mut types: BTreeMap<String, TypeMapping> = BTreeMap::new();
        for (file, document) in &documents {
            let mut compiler = Compiler { shared: &mut shared, wrong: Vec::new() };
            let kind = Kind::of((document.info.schema)().as_value());
            let mut of_type = TypeMapping { kind, terraform: Vec::new(), cloudformation: Vec::new() };
            let mut beside = Vec::new();
            for (at, entry) in document.entries() {
                let Some(entry) = compiler.entry(entry, &at) else { continue };
                beside.extend(check::entry(&entry, &of_type.kind, &at));
                if at.starts_with("terraform") {
                    let of_aws = |kind: &str| {
                        let kind = kind.strip_prefix("data.").unwrap_or(kind);
                        kind.starts_with("aws_") || kind.starts_with("terraform-aws-modules/")
                    };
                    if let Some(kind) = entry.kinds.iter().find(|kind| !of_aws(kind)) {
                        beside.push(format!("{at}: {kind} is no resource of the AWS provider"));
                    }
                    of_type.terraform.push(entry);
                } else {
                    of_type.cloudformation.push(entry);
                }
            }
            wrong.extend(compiler.wrong.into_iter().chain(beside).map(|message| error(file, message)));
            if types.insert(document.info.name.to_owned(), of_type).is_some() {
                wrong.push(error(file, format!("{} has a mapping already", document.info.name)));
            }
        }
        if wrong.is_empty() {
            Ok(Self { types, shared })
        } else {
            wrong.sort();
            Err(wrong)
        }
    }

    /// The types that have to do with each kind of block, as their own or as that of a companion: by
    /// their place in order.
    pub(crate) fn kinds(&self) -> BTreeMap<&str, Vec<usize>> {
        let mut kinds: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, mapping) in self.types.values().enumerate() {
            for entry in mapping.terraform.iter().chain(&mapping.cloudformation) {
                let companions = entry.relations.iter().flat_map(|relation| &self.shared.relations[*relation].kinds);
                for kind in entry.kinds.iter().chain(companions) {
                    let types = kinds.entry(kind).or_default();
                    if types.last() != Some(&at) {
                        types.push(at);
                    }
                }
            }
        }
        kinds
    }
}

fn error(file: &str, message: impl Into<String>) -> MappingError {
    MappingError { file: file.to_owned(), message: message.into() }
}

/// A file that was read, its type looked up.
struct Document {
    info: &'static crate::model::resource::TypeInfo,
    json: Json,
}

impl Document {
    /// The entries of both languages, with where they are.
    fn entries(&self) -> impl Iterator<Item = (String, &Json)> {
        ["terraform", "cloudformation"].into_iter().flat_map(|language| {
            let list = self.json.get(language).and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
            list.iter().enumerate().map(move |(index, entry)| (format!("{language}[{index}]"), entry))
        })
    }
}

fn document(file: &str, text: &str) -> Result<Document, MappingError> {
    // `on` and `yes` are words of AWS, and no truth values.
    let options = serde_saphyr::options! { strict_booleans: true };
    let json: Json =
        serde_saphyr::from_str_with_options(text, options).map_err(|failed| error(file, failed.to_string()))?;
    let Some(map) = json.as_object() else { return Err(error(file, "a mapping is a map")) };
    if let Some(key) = map.keys().find(|key| !["type", "terraform", "cloudformation"].contains(&key.as_str())) {
        return Err(error(file, format!("there is no key `{key}` in a mapping")));
    }
    for language in ["terraform", "cloudformation"] {
        if map.get(language).is_some_and(|entries| !entries.is_array()) {
            return Err(error(file, format!("`{language}` is a list of entries")));
        }
    }
    let Some(name) = map.get("type").and_then(Json::as_str) else { return Err(error(file, "`type` is missing")) };
    let Some(info) = type_info(name) else { return Err(error(file, format!("there is no resource type `{name}`"))) };
    let parts: Vec<&str> = name.split("::").skip(1).filter(|part| !part.is_empty()).collect();
    let wanted = format!("{}.yaml", parts.join("/").to_lowercase());
    if !std::path::Path::new(file).ends_with(&wanted) && !file.is_empty() {
        return Err(error(file, format!("the mapping of {name} is called {wanted}")));
    }
    Ok(Document { info, json })
}
