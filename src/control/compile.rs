//! Control files read and checked: their YAML, their expressions, the attributes that they name. The
//! build does this with the files of the program, and packs what comes out.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::diagnostic::{Diagnostic, nearest};
use super::expression::Expression;
use super::schema;
use crate::model::control::{Control, ItemScope, Laxer, Severity, Source};
use crate::model::criterion::Criterion;

/// Types and top-level attributes that a control reads; `None` for a listing alone.
pub type Reads = BTreeSet<(String, Option<String>)>;

/// What selects a control: all that is known of one before it is unpacked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Its id.
    pub id: String,
    /// How much a failed item matters.
    pub severity: Severity,
    /// Where it can be judged.
    pub sources: Vec<Source>,
    /// The resource type it is about.
    pub resource: String,
    /// What one item is.
    pub scope: ItemScope,
    /// The ids of the criteria it serves.
    pub criteria: BTreeSet<String>,
    /// Parameters with their default values.
    pub parameters: BTreeMap<String, Value>,
    /// Which way a parameter is laxer than its default.
    pub laxer: BTreeMap<String, Laxer>,
}

impl From<&Control> for Summary {
    fn from(control: &Control) -> Self {
        Self {
            id: control.id.clone(),
            severity: control.severity,
            sources: control.sources.clone(),
            resource: control.resource.clone(),
            scope: control.scope,
            criteria: control.criteria.keys().cloned().collect(),
            parameters: control.parameters.clone(),
            laxer: control.laxer.clone(),
        }
    }
}

/// A control with its expressions compiled and its paths checked.
pub(crate) struct Compiled {
    pub(crate) control: Control,
    pub(crate) when: Option<Expression>,
    pub(crate) assert: Expression,
    pub(crate) reads: Reads,
}

/// A file.
#[derive(Debug, Clone)]
pub(crate) struct SourceFile {
    /// As the user would name it.
    pub(crate) name: String,
    pub(crate) text: String,
}

/// What files of a directory hold.
#[derive(Default)]
pub(crate) struct Files {
    /// The criteria, where a file has them.
    pub(crate) criteria: Option<Vec<Criterion>>,
    /// The controls by id.
    pub(crate) controls: BTreeMap<String, (SourceFile, Compiled)>,
    /// Everything that is wrong.
    pub(crate) wrong: Vec<Diagnostic>,
}

impl Files {
    /// Reads control files, and a file of criteria where there is one.
    pub(crate) fn read(files: impl IntoIterator<Item = SourceFile>) -> Self {
        let mut all = Self::default();
        for source in files {
            let SourceFile { name, text } = &source;
            if file_stem(name) == "criteria" {
                match parse::<Vec<Criterion>>(name, text) {
                    Ok(list) => all.criteria = Some(list),
                    Err(diagnostic) => all.wrong.push(diagnostic),
                }
                continue;
            }
            match Compiled::parse(name, text) {
                Ok(compiled) => {
                    let id = compiled.control.id.clone();
                    if let Some((first, _)) = all.controls.get(&id) {
                        let diagnostic =
                            Diagnostic::new(name, format!("the id `{id}` is used twice")).at_key(text, "id");
                        all.wrong.push(diagnostic.help(format!("the other one is in {}", first.name)));
                    }
                    all.controls.insert(id, (source, compiled));
                }
                Err(diagnostics) => all.wrong.extend(diagnostics),
            }
        }
        all
    }
}

/// Criteria that a control names and that do not exist.
pub(crate) fn dangling<'a>(
    file: &str,
    text: &str,
    named: impl IntoIterator<Item = &'a String>,
    criteria: &[Criterion],
) -> Vec<Diagnostic> {
    let known = || criteria.iter().map(|criterion| criterion.id.as_str());
    let unknown = named.into_iter().filter(|id| !known().any(|known| known == id.as_str()));
    let wrong = |id: &String| {
        let diagnostic =
            Diagnostic::new(file, format!("there is no criterion `{id}`")).at_words(text, &format!("{id}:"));
        match nearest(id, known()) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
            None => diagnostic.help("the 61 criteria are listed by `tickmark controls list --criteria`"),
        }
    };
    unknown.map(wrong).collect()
}

impl Compiled {
    /// Reads one control file.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it: YAML, expressions, attribute paths.
    pub(crate) fn parse(file: &str, text: &str) -> Result<Self, Vec<Diagnostic>> {
        let control: Control = parse(file, text).map_err(|diagnostic| vec![diagnostic])?;
        if file_stem(file) != control.id {
            let message = format!("the id `{}` is not the file's name", control.id);
            let diagnostic = Diagnostic::new(file, message).at_key(text, "id");
            return Err(vec![diagnostic.help("name the file after the id")]);
        }
        Self::of(file, text, control)
    }

    /// Compiles a control that was read already: from `text` in `file`, or from the rules kept
    /// with a scan.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it: expressions, attribute paths.
    pub(crate) fn of(file: &str, text: &str, control: Control) -> Result<Self, Vec<Diagnostic>> {
        let mut wrong = Vec::new();
        let mut compile = |key: &str, source: &str| match Expression::compile(source) {
            Ok(expression) => Some(expression),
            Err(error) => {
                let at = match error.position(source) {
                    Some((1, column)) => format!(" (at character {column})"),
                    Some((line, column)) => format!(" (at character {column} of line {line})"),
                    None => String::new(),
                };
                let diagnostic =
                    Diagnostic::new(file, format!("`{key}` is not a valid expression: {}{at}", error.message))
                        .at_key(text, key);
                wrong.push(match error.help {
                    Some(help) => diagnostic.help(help),
                    None => diagnostic,
                });
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
        Ok(Self { control, when, assert, reads })
    }
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

/// The name of a file without its folder and what it ends in.
pub(crate) fn file_stem(file: &str) -> &str {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}
