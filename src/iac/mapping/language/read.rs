//! Reading mapping files.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::check;
use super::compile::{Compiler, Shared};
use super::kind::Kind;
use super::model::{File, FileEntry};
use super::rule::Entry;
use crate::model::nearest::nearest;
use crate::model::resource::{TypeInfo, type_info};

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
                    // What comes with a block, or is seen in it, is not the block, and has none of its names.
                    for kind in kinds.into_iter().filter(|_| entry.implicit.is_none() && entry.aspect.is_none()) {
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
                let Some(entry) = compiler.entry(entry, &document.file.never_in_code, &at) else { continue };
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
    info: &'static TypeInfo,
    file: File,
}

impl Document {
    /// The entries of both languages, with where they are.
    fn entries(&self) -> impl Iterator<Item = (String, &FileEntry)> {
        let lists = [("terraform", &self.file.terraform), ("cloudformation", &self.file.cloudformation)];
        lists.into_iter().flat_map(|(language, list)| {
            list.iter().enumerate().map(move |(index, entry)| (format!("{language}[{index}]"), entry))
        })
    }
}

fn document(name: &str, text: &str) -> Result<Document, MappingError> {
    // `on` and `yes` are words of AWS, and no truth values.
    let options = serde_saphyr::options! { strict_booleans: true };
    let file: File = serde_saphyr::from_str_with_options(text, options).map_err(|failed| unreadable(name, &failed))?;
    let Some(info) = type_info(&file.r#type) else {
        return Err(error(name, format!("there is no resource type `{}`", file.r#type)));
    };
    let parts: Vec<&str> = info.name.split("::").skip(1).filter(|part| !part.is_empty()).collect();
    let wanted = format!("{}.yaml", parts.join("/").to_lowercase());
    if !std::path::Path::new(name).ends_with(&wanted) && !name.is_empty() {
        return Err(error(name, format!("the mapping of {} is called {wanted}", info.name)));
    }
    Ok(Document { info, file })
}

/// What the reader of YAML says; of a key that there is not, the line and the nearest that there is.
fn unreadable(file: &str, failed: &serde_saphyr::Error) -> MappingError {
    let serde_saphyr::Error::SerdeUnknownField { field, expected, location } = failed.without_snippet() else {
        return error(file, failed.to_string());
    };
    let near = nearest(field, expected.iter().copied());
    let help =
        near.map_or_else(|| format!("there are {}", expected.join(", ")), |near| format!("did you mean `{near}`?"));
    error(file, format!("line {}: there is no key `{field}` here; {help}", location.line()))
}
