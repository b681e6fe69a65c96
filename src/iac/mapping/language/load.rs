//! Loading mapping files: from the binary, or from text.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use include_dir::{Dir, include_dir};
use serde_json::Value as Json;

use super::check;
use super::compile::{Compiler, Shared};
use super::kind::Kind;
use super::model::Entry;
use crate::iac::unit::Language;
use crate::model::resource::type_info;

/// The directory of the mapping files, one a type, by service.
static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/iac/mapping/types");

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
#[derive(Debug)]
pub(crate) struct TypeMapping {
    /// The kinds of the type's attributes.
    pub(crate) kind: Kind,
    /// From Terraform.
    pub(crate) terraform: Vec<Entry>,
    /// From `CloudFormation`.
    pub(crate) cloudformation: Vec<Entry>,
}

impl TypeMapping {
    /// The entries of a language.
    pub(crate) fn entries(&self, language: Language) -> &[Entry] {
        match language {
            Language::Terraform => &self.terraform,
            Language::Cloudformation => &self.cloudformation,
        }
    }
}

/// How resources are made of blocks: the mapping files, compiled.
#[derive(Debug)]
pub struct Mappings {
    /// By type.
    pub(crate) by_type: BTreeMap<String, TypeMapping>,
    /// What the rules share.
    pub(crate) shared: Shared,
}

impl Mappings {
    /// The mappings in the binary, read once.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, in all files, sorted by file.
    pub fn load() -> Result<&'static Self, Vec<MappingError>> {
        static LOADED: OnceLock<Result<Mappings, Vec<MappingError>>> = OnceLock::new();
        let files = || {
            let mut files: Vec<(String, &str)> = FILES
                .dirs()
                .flat_map(Dir::files)
                .map(|file| (file.path().display().to_string(), file.contents_utf8().unwrap_or_default()))
                .collect();
            files.sort();
            files
        };
        let loaded = LOADED.get_or_init(|| {
            let files = files();
            let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), *text)).collect();
            Self::of(&files)
        });
        loaded.as_ref().map_err(Clone::clone)
    }

    /// The mapping of one file alone.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn parse(name: &str, text: &str) -> Result<Self, Vec<MappingError>> {
        Self::of(&[(name, text)])
    }

    /// The mappings of these files: name and text.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, in all files, sorted.
    pub fn of(files: &[(&str, &str)]) -> Result<Self, Vec<MappingError>> {
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
        let mut by_type: BTreeMap<String, TypeMapping> = BTreeMap::new();
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
            if by_type.insert(document.info.name.to_owned(), of_type).is_some() {
                wrong.push(error(file, format!("{} has a mapping already", document.info.name)));
            }
        }
        if wrong.is_empty() {
            Ok(Self { by_type, shared })
        } else {
            wrong.sort();
            Err(wrong)
        }
    }

    /// The types that are made of code.
    pub fn types(&self) -> impl Iterator<Item = &str> {
        self.by_type.keys().map(String::as_str)
    }

    /// The attributes of a type that the mapping tells in a language: in every kind of block it is made
    /// of. Empty where it is not made of that language.
    #[must_use]
    pub fn mapped_attributes(&self, r#type: &str, language: Language) -> BTreeSet<String> {
        let Some(mapping) = self.by_type.get(r#type) else { return BTreeSet::new() };
        let names =
            |entry: &Entry| -> BTreeSet<String> { entry.attributes.iter().map(|(name, _)| name.to_string()).collect() };
        let mut entries = mapping.entries(language).iter().map(names);
        let first = entries.next().unwrap_or_default();
        entries.fold(first, |all, next| all.intersection(&next).cloned().collect())
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
