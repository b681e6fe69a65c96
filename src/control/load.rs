//! Loading controls, criteria and policies: from the binary, where the build packed them, and from a
//! directory that adds to them or overrides them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::compile::{Compiled, Files, SourceFile, dangling};
use super::diagnostic::Diagnostic;
use super::expression::Expression;
use crate::model::control::Control;
use crate::model::criterion::Criterion;
use crate::model::packed::Packed;
use crate::model::policy::Policy;

pub use super::compile::{Reads, Summary, parse};

/// What the build made of the control and policy files.
mod built_in {
    /// A control file: its name, its text, and, as JSON, the control, who is in its population and what
    /// must be true.
    pub(super) struct File {
        pub(super) name: &'static str,
        pub(super) text: &'static str,
        pub(super) control: &'static str,
        pub(super) when: &'static str,
        pub(super) assert: &'static str,
    }

    include!(concat!(env!("OUT_DIR"), "/controls.rs"));
}

/// Largest control or policy file, in bytes.
const SIZE_LIMIT: u64 = 1 << 20;

/// A control with its expressions compiled and its paths checked. One of the program's own is unpacked
/// when it is first looked at.
pub struct LoadedControl {
    /// The file as the user would name it.
    pub file: Cow<'static, str>,
    /// The file's text.
    pub text: Cow<'static, str>,
    /// What selects it.
    pub summary: Summary,
    /// The control.
    pub control: Packed<Control>,
    /// Who is in the population.
    pub when: Packed<Option<Expression>>,
    /// What must be true.
    pub assert: Packed<Expression>,
    /// Types and top-level attributes read; `None` for a listing alone.
    pub reads: Reads,
}

/// All controls and criteria in force.
pub struct Library {
    /// The 61 criteria, in the order of the file.
    pub criteria: Packed<Vec<Criterion>>,
    /// Controls by id.
    pub controls: BTreeMap<String, LoadedControl>,
}

impl Library {
    /// The library in the binary.
    ///
    /// # Panics
    ///
    /// When what the build packed cannot be read, which the build itself checks.
    #[must_use]
    pub fn built_in() -> Self {
        let summaries: Vec<(Summary, Reads)> =
            serde_json::from_str(built_in::SUMMARIES).expect("the build packed it as this type");
        let loaded = |(file, (summary, reads)): (&built_in::File, (Summary, Reads))| {
            let loaded = LoadedControl {
                file: Cow::Borrowed(file.name),
                text: Cow::Borrowed(file.text),
                control: Packed::new(file.control),
                when: Packed::new(file.when),
                assert: Packed::new(file.assert),
                summary,
                reads,
            };
            (loaded.summary.id.clone(), loaded)
        };
        Self {
            criteria: Packed::new(built_in::CRITERIA),
            controls: built_in::CONTROLS.iter().zip(summaries).map(loaded).collect(),
        }
    }

    /// The library in the binary, with the files of `directory` added; one with the same id
    /// overrides.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, in all files, sorted by file.
    pub fn load(directory: Option<&Path>) -> Result<Self, Vec<Diagnostic>> {
        let mut library = Self::built_in();
        let Some(directory) = directory else { return Ok(library) };
        let files = Files::read(from_disk(directory).map_err(|diagnostic| vec![diagnostic])?);
        let mut wrong = files.wrong;
        let mut own: Vec<String> = files.controls.keys().cloned().collect();
        for (id, (source, compiled)) in files.controls {
            library.controls.insert(id, LoadedControl::of(source, compiled));
        }
        if let Some(criteria) = files.criteria {
            library.criteria = criteria.into();
            own = library.controls.keys().cloned().collect();
        }
        for loaded in own.iter().filter_map(|id| library.controls.get(id)) {
            wrong.extend(dangling(&loaded.file, &loaded.text, &loaded.summary.criteria, &library.criteria));
        }
        if wrong.is_empty() {
            Ok(library)
        } else {
            wrong.sort();
            Err(wrong)
        }
    }
}

impl LoadedControl {
    /// Reads one control file.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it: YAML, expressions, attribute paths.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<Diagnostic>> {
        let compiled = Compiled::parse(file, text)?;
        Ok(Self::of(SourceFile { name: file.to_owned(), text: text.to_owned() }, compiled))
    }

    /// Compiles a control that was read already: from `text` in `file`, or from the rules kept
    /// with a scan.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it: expressions, attribute paths.
    pub fn compile(file: &str, text: &str, control: Control) -> Result<Self, Vec<Diagnostic>> {
        let compiled = Compiled::of(file, text, control)?;
        Ok(Self::of(SourceFile { name: file.to_owned(), text: text.to_owned() }, compiled))
    }

    fn of(source: SourceFile, compiled: Compiled) -> Self {
        Self {
            file: Cow::Owned(source.name),
            text: Cow::Owned(source.text),
            summary: Summary::from(&compiled.control),
            control: compiled.control.into(),
            when: compiled.when.into(),
            assert: compiled.assert.into(),
            reads: compiled.reads,
        }
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
    if let Some((_, json)) = built_in::POLICIES.iter().find(|(name, _)| *name == name_or_file) {
        return Ok(serde_json::from_str(json).expect("the build packed it as this type"));
    }
    let text = read(Path::new(name_or_file)).map_err(|diagnostic| {
        let names: Vec<&str> = built_in::POLICIES.iter().map(|(name, _)| *name).collect();
        diagnostic.help(format!("built-in policies: {}", names.join(", ")))
    })?;
    parse(name_or_file, &text)
}

fn from_disk(directory: &Path) -> Result<Vec<SourceFile>, Diagnostic> {
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
    files.into_iter().map(|path| Ok(SourceFile { name: path.display().to_string(), text: read(&path)? })).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_build_packed_is_what_the_files_say() {
        let library = Library::built_in();
        assert_eq!((library.criteria.len(), library.controls.len() > 100), (61, true));
        for (id, packed) in &library.controls {
            let read = LoadedControl::parse(&packed.file, &packed.text).unwrap_or_else(|wrong| panic!("{}", wrong[0]));
            assert_eq!(
                (&*packed.control, &packed.summary, &packed.reads),
                (&*read.control, &read.summary, &read.reads)
            );
            let code = |expression: &Expression| format!("{expression:?}");
            assert_eq!(code(&packed.assert), code(&read.assert), "{id}");
            assert_eq!((*packed.when).as_ref().map(code), (*read.when).as_ref().map(code), "{id}");
        }
        for name in ["nightly", "pre-merge"] {
            let text = std::fs::read_to_string(format!("policies/{name}.yaml")).expect("reads a policy");
            assert_eq!(one_policy(name), parse::<Policy>(name, &text), "{name}");
        }
    }

    #[test]
    fn a_file_of_a_directory_overrides_and_is_checked() {
        let directory = tempfile::tempdir().expect("a folder");
        let library = Library::built_in();
        let own = &library.controls["s3-versioning"];
        let file = directory.path().join("s3-versioning.yaml");
        std::fs::write(&file, own.text.replace("severity: ", "severity: critical # ")).expect("writes a file");
        let loaded = Library::load(Some(directory.path())).unwrap_or_else(|wrong| panic!("{}", wrong[0]));
        assert_eq!(loaded.controls.len(), library.controls.len());
        assert_eq!(loaded.controls["s3-versioning"].summary.severity.as_str(), "critical");
        let wrong = own.text.replace("criteria:\n", "criteria:\n  CC9.99: Nothing is said of it.\n");
        std::fs::write(&file, wrong).expect("writes a file");
        let wrong = Library::load(Some(directory.path())).err().expect("the criterion does not exist");
        assert!(wrong[0].to_string().contains("there is no criterion `CC9.99`"), "{}", wrong[0]);
    }
}
