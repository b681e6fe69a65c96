//! The files of the code as they are on the disk, and which of them may be changed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::super::edit::Edit;
use crate::check::input;

/// Names of directories that hold code of others, or what tools make of one's own.
const FETCHED: [&str; 3] = [".terraform", ".terragrunt-cache", "node_modules"];
const GENERATED: [&str; 3] = ["cdk.out", "cdktf.out", ".aws-sam"];

/// The files that may be changed, each with its text.
pub(super) struct Texts {
    /// What was named, as it really is.
    roots: Vec<PathBuf>,
    files: BTreeMap<String, (PathBuf, String)>,
}

impl Texts {
    pub(super) fn new(paths: &[PathBuf]) -> Self {
        let real = |path: &PathBuf| input::root_module(path).unwrap_or(path).canonicalize().ok();
        Self { roots: paths.iter().filter_map(real).collect(), files: BTreeMap::new() }
    }

    /// Reads a file, if it may be changed. The error is the reason for which it may not.
    pub(super) fn open(&mut self, shown: &str) -> Result<(), String> {
        if self.files.contains_key(shown) {
            return Ok(());
        }
        let parts = || shown.split('/');
        if parts().any(|part| FETCHED.contains(&part)) {
            return Err("it is in a module that is not yours: set an argument of the call, or ask for one".to_owned());
        }
        if let Some(made) = parts().find(|part| GENERATED.contains(part)) {
            return Err(format!("its file is made by a tool ({made}): change what it is made of"));
        }
        let path = Path::new(shown).canonicalize().map_err(|_| "its file is not found".to_owned())?;
        if !self.roots.iter().any(|root| path.starts_with(root)) {
            return Err("its file lies outside of the paths that are named".to_owned());
        }
        let text = std::fs::read(&path).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let text = text.ok_or_else(|| "its file cannot be read as UTF-8".to_owned())?;
        self.files.insert(shown.to_owned(), (path, text));
        Ok(())
    }

    /// The text of a file that was opened.
    pub(super) fn text(&self, shown: &str) -> Option<&str> {
        self.files.get(shown).map(|(_, text)| text.as_str())
    }

    /// Where a file that was opened really is.
    pub(super) fn path(&self, shown: &str) -> Option<&Path> {
        self.files.get(shown).map(|(path, _)| path.as_path())
    }

    /// The files that have another text now.
    pub(super) fn edits(&self, changed: &BTreeMap<String, String>) -> Vec<Edit> {
        let edit = |(shown, after): (&String, &String)| {
            let (path, before) = self.files.get(shown)?;
            (before != after).then(|| Edit {
                shown: shown.clone(),
                path: path.clone(),
                before: before.clone(),
                after: after.clone(),
            })
        };
        changed.iter().filter_map(edit).collect()
    }
}
