//! Paths as they are shown: as given on the command line, with `/` between parts.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// A directory or file, with the path that it is shown by.
pub type Named = (PathBuf, String);

/// A path as it is shown: joined with `/`, without `.`, and without `x/..`.
#[must_use]
pub fn join_shown(base: &str, relative: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let absolute = base.starts_with('/');
    for part in base.split(['/', std::path::MAIN_SEPARATOR]).chain(relative.split(['/', std::path::MAIN_SEPARATOR])) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if absolute => {}
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    if absolute {
        format!("/{joined}")
    } else if joined.is_empty() {
        ".".to_owned()
    } else {
        joined
    }
}

/// What was seen so far, under whatever name.
#[derive(Debug, Default)]
pub struct Seen(HashSet<PathBuf>);

impl Seen {
    /// Those of the directories or files that were not seen before.
    pub fn new_of(&mut self, named: Vec<Named>) -> Vec<Named> {
        let real = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        named.into_iter().filter(|(path, _)| self.0.insert(real(path))).collect()
    }
}
