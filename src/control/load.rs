//! Loading control, policy and criteria files: from the binary, and from a directory that adds to
//! them or overrides them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};
use serde::de::DeserializeOwned;

use super::diagnostic::{Diagnostic, nearest};
use super::expression::Expression;
use super::schema;
use crate::model::control::{Control, ItemScope};
use crate::model::criterion::Criterion;
use crate::model::policy::Policy;

/// The control files in the binary.
static CONTROLS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/controls");
/// The policy files in the binary.
static POLICIES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/policies");
/// Largest control or policy file, in bytes.
const SIZE_LIMIT: u64 = 1 << 20;

/// A control with its expressions compiled and its paths checked.
pub struct LoadedControl {
    /// The file as the user would name it.
    pub file: String,
    /// The file's text.
    pub text: String,
    /// The control.
    pub control: Control,
    /// Who is in the population.
    pub when: Option<Expression>,
    /// What must be true.
    pub assert: Expression,
    /// Types and top-level attributes read; `None` for a listing alone.
    pub reads: BTreeSet<(String, Option<String>)>,
}

/// All controls and criteria in force.
pub struct Library {
    /// The 61 criteria, in the order of the file.
    pub criteria: Vec<Criterion>,
    /// Controls by id.
    pub controls: BTreeMap<String, LoadedControl>,
}

impl Library {
    /// The library in the binary, with the files of `directory` added; one with the same id
    /// overrides.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, in all files, sorted by file.
    pub fn load(directory: Option<&Path>) -> Result<Self, Vec<Diagnostic>> {
        let mut wrong = Vec::new();
        let mut criteria = Vec::new();
        let mut controls = BTreeMap::new();
        let mut sources = embedded(&CONTROLS, "controls");
        if let Some(directory) = directory {
            match from_disk(directory) {
                Ok(more) => sources.extend(more),
                Err(diagnostic) => wrong.push(diagnostic),
            }
        }
        let mut seen: BTreeMap<(String, bool), String> = BTreeMap::new();
        for Source { file, text, embedded } in sources {
            if file_stem(&file) == "criteria" {
                match parse::<Vec<Criterion>>(&file, &text) {
                    Ok(list) => criteria = list,
                    Err(diagnostic) => wrong.push(diagnostic),
                }
                continue;
            }
            match LoadedControl::parse(&file, &text) {
                Ok(loaded) => {
                    let key = (loaded.control.id.clone(), embedded);
                    if let Some(first) = seen.insert(key, file.clone()) {
                        let message = format!("the id `{}` is used twice", loaded.control.id);
                        let diagnostic = Diagnostic::new(&file, message).at_key(&text, "id");
                        wrong.push(diagnostic.help(format!("the other one is in {first}")));
                    }
                    controls.insert(loaded.control.id.clone(), loaded);
                }
                Err(diagnostics) => wrong.extend(diagnostics),
            }
        }
        let library = Self { criteria, controls };
        wrong.extend(library.dangling());
        if wrong.is_empty() {
            Ok(library)
        } else {
            wrong.sort();
            Err(wrong)
        }
    }

    /// Criteria that controls name and that do not exist.
    fn dangling(&self) -> Vec<Diagnostic> {
        let known: BTreeSet<&str> = self.criteria.iter().map(|criterion| criterion.id.as_str()).collect();
        let mut wrong = Vec::new();
        for loaded in self.controls.values() {
            for id in loaded.control.criteria.keys().filter(|id| !known.contains(id.as_str())) {
                let diagnostic = Diagnostic::new(&loaded.file, format!("there is no criterion `{id}`"))
                    .at_words(&loaded.text, &format!("{id}:"));
                wrong.push(match nearest(id, known.iter().copied()) {
                    Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                    None => diagnostic.help("the 61 criteria are listed by `tickmark controls list --criteria`"),
                });
            }
        }
        wrong
    }
}

impl LoadedControl {
    /// Reads one control file.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it: YAML, expressions, attribute paths.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<Diagnostic>> {
        let control: Control = parse(file, text).map_err(|diagnostic| vec![diagnostic])?;
        if file_stem(file) != control.id {
            let message = format!("the id `{}` is not the file's name", control.id);
            let diagnostic = Diagnostic::new(file, message).at_key(text, "id");
            return Err(vec![diagnostic.help("name the file after the id")]);
        }
        Self::compile(file, text, control)
    }

    /// Compiles a control that was read already: from `text` in `file`, or from the rules kept
    /// with a scan.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it: expressions, attribute paths.
    pub fn compile(file: &str, text: &str, control: Control) -> Result<Self, Vec<Diagnostic>> {
        let mut wrong = Vec::new();
        let mut compile = |key: &str, source: &str| match Expression::compile(source) {
            Ok(expression) => Some(expression),
            Err(error) => {
                let at = error.offset.map(|offset| format!(" (at character {})", offset + 1)).unwrap_or_default();
                wrong.push(
                    Diagnostic::new(file, format!("`{key}` is not a valid expression: {}{at}", error.message))
                        .at_key(text, key),
                );
                None
            }
        };
        let when = control.when.as_deref().map(|source| compile("when", source));
        let assert = compile("assert", &control.assert);
        if crate::model::resource::type_info(&control.resource).is_none() {
            let names = crate::model::resource::TYPES.iter().map(|info| info.name);
            let diagnostic = Diagnostic::new(file, format!("there is no resource type `{}`", control.resource))
                .at_key(text, "resource");
            wrong.push(match nearest(&control.resource, names) {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                None => diagnostic.help("`tickmark controls reference` lists them"),
            });
        }
        // A scoped control's own type is what its items are called; what is listed is what it reads.
        let mut reads = BTreeSet::new();
        if control.scope == ItemScope::Resource {
            reads.insert((control.resource.clone(), None));
        }
        for (key, expression) in [("when", when.as_ref().and_then(Option::as_ref)), ("assert", assert.as_ref())] {
            let Some(expression) = expression else { continue };
            let paths = schema::check(&control, expression);
            reads.extend(paths.reads);
            for error in paths.errors {
                let mut diagnostic = Diagnostic::new(file, format!("in `{key}`: {}", error.message));
                let at_word = text.lines().any(|line| line.contains(&error.word) && line.trim_start().starts_with(key));
                diagnostic =
                    if at_word { diagnostic.at_key(text, key) } else { diagnostic.at_words(text, &error.word) };
                wrong.push(match error.help {
                    Some(help) => diagnostic.help(help),
                    None => diagnostic,
                });
            }
        }
        let Some(assert) = assert else { return Err(wrong) };
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let when = when.flatten();
        Ok(Self { file: file.to_owned(), text: text.to_owned(), control, when, assert, reads })
    }
}

/// The policy with this id in the binary, or the policy in a file, with what it shares with another.
///
/// # Errors
///
/// What is wrong with it, or that there is none of that name.
pub fn policy(name_or_file: &str) -> Result<Policy, Diagnostic> {
    let mut policy = one_policy(name_or_file)?;
    let Some(other) = &policy.shares_with else { return Ok(policy) };
    let beside = Path::new(name_or_file).parent().map(|folder| folder.join(other)).filter(|file| file.is_file());
    let other = beside.map_or_else(|| other.clone(), |file| file.display().to_string());
    let shared = one_policy(&other)?;
    if shared.shares_with.is_some() {
        let diagnostic =
            Diagnostic::new(name_or_file, format!("`shares_with` names {other}, which shares with another"));
        return Err(diagnostic.help("name the policy that has the values"));
    }
    for (name, value) in shared.parameters {
        policy.parameters.entry(name).or_insert(value);
    }
    for (control, severity) in shared.severity {
        policy.severity.entry(control).or_insert(severity);
    }
    Ok(policy)
}

fn one_policy(name_or_file: &str) -> Result<Policy, Diagnostic> {
    let embedded = embedded(&POLICIES, "policies");
    if let Some(source) = embedded.iter().find(|source| file_stem(&source.file) == name_or_file) {
        return parse(&source.file, &source.text);
    }
    let text = read(Path::new(name_or_file)).map_err(|diagnostic| {
        let names: Vec<&str> = embedded.iter().map(|source| file_stem(&source.file)).collect();
        diagnostic.help(format!("built-in policies: {}", names.join(", ")))
    })?;
    parse(name_or_file, &text)
}

/// Reads a YAML file into a type; the parser's message shows the line.
///
/// # Errors
///
/// The parser's message as a diagnostic.
pub fn parse<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, Diagnostic> {
    serde_saphyr::from_str(text).map_err(|error| {
        let mut diagnostic = Diagnostic::new(file, error.to_string());
        diagnostic.line = error.location().and_then(|location| usize::try_from(location.line()).ok());
        diagnostic
    })
}

struct Source {
    file: String,
    text: String,
    embedded: bool,
}

fn embedded(dir: &Dir<'_>, name: &str) -> Vec<Source> {
    let mut files = Vec::new();
    let mut dirs = vec![dir];
    while let Some(dir) = dirs.pop() {
        dirs.extend(dir.dirs());
        files.extend(dir.files().filter(|file| is_yaml(file.path())).map(|file| Source {
            file: format!("{name}/{}", file.path().display()),
            text: file.contents_utf8().unwrap_or_default().to_owned(),
            embedded: true,
        }));
    }
    files.sort_by(|a, b| a.file.cmp(&b.file));
    files
}

fn from_disk(directory: &Path) -> Result<Vec<Source>, Diagnostic> {
    let failed = |path: &Path, error: std::io::Error| {
        Diagnostic::new(&path.display().to_string(), format!("could not read it: {error}"))
    };
    let mut files: Vec<PathBuf> = Vec::new();
    let mut dirs = vec![directory.to_owned()];
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(&dir).map_err(|error| failed(&dir, error))? {
            let entry = entry.map_err(|error| failed(&dir, error))?;
            let kind = entry.file_type().map_err(|error| failed(&entry.path(), error))?;
            if kind.is_dir() {
                dirs.push(entry.path());
            } else if is_yaml(&entry.path()) {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    files
        .into_iter()
        .map(|path| Ok(Source { file: path.display().to_string(), text: read(&path)?, embedded: false }))
        .collect()
}

fn read(path: &Path) -> Result<String, Diagnostic> {
    let failed = |why: String| Diagnostic::new(&path.display().to_string(), format!("could not read it: {why}"));
    let size = std::fs::metadata(path).map_err(|error| failed(error.to_string()))?.len();
    if size > SIZE_LIMIT {
        return Err(failed(format!("it is {size} bytes long; the limit is {SIZE_LIMIT}")));
    }
    std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
}

fn file_stem(file: &str) -> &str {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}
