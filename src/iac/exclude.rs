//! What is left out below a directory that was named, by patterns as `.gitignore` has them.

use globset::{GlobBuilder, GlobMatcher};

/// Patterns by which directories and files are left out.
///
/// A pattern without `/` is the name of a directory or file at any depth; one with `/` is a path below the
/// directory that was named. A `/` at its end is for directories alone. `*` and `?` stand for anything in a
/// name, `**` for any directories.
#[derive(Debug, Clone, Default)]
pub struct Exclude(Vec<Pattern>);

#[derive(Debug, Clone)]
struct Pattern {
    written: String,
    glob: GlobMatcher,
    by_name: bool,
    directories: bool,
}

/// Why a pattern cannot be used; fits after its text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("use the pattern `{pattern}`: {why}")]
pub struct WrongPattern {
    /// The pattern as written.
    pub pattern: String,
    /// What is wrong.
    pub why: String,
}

/// Something that a pattern left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The path as shown.
    pub path: String,
    /// The pattern as written.
    pub pattern: String,
    /// Whether it is a directory, with all that is in it.
    pub is_directory: bool,
}

impl LeftOut {
    /// Whether it is this file, as shown, or the directory that the file lies in.
    #[must_use]
    pub fn covers(&self, file: &str) -> bool {
        let rest = file.strip_prefix(self.path.as_str());
        rest.is_some_and(|rest| rest.is_empty() || (self.is_directory && rest.starts_with('/')))
    }
}

impl Exclude {
    /// The patterns as they are written.
    ///
    /// # Errors
    ///
    /// If one is empty, takes something back (`!`), leads upwards or is not a glob.
    pub fn of<'p>(patterns: impl IntoIterator<Item = &'p str>) -> Result<Self, WrongPattern> {
        patterns.into_iter().map(Pattern::of).collect::<Result<_, _>>().map(Self)
    }

    /// The pattern that leaves out an entry below the directory that was named: by its name, and by its path
    /// there, with `/` between parts.
    pub(super) fn matching(&self, name: &str, path: &str, is_directory: bool) -> Option<&str> {
        let fits = |pattern: &&Pattern| {
            (is_directory || !pattern.directories) && pattern.glob.is_match(if pattern.by_name { name } else { path })
        };
        self.0.iter().find(fits).map(|pattern| pattern.written.as_str())
    }

    /// Whether nothing is left out.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Pattern {
    fn of(written: &str) -> Result<Self, WrongPattern> {
        let wrong = |why: &str| WrongPattern { pattern: written.to_owned(), why: why.to_owned() };
        if written.starts_with('!') {
            return Err(wrong("a pattern leaves out and takes nothing back; name what is to be left out"));
        }
        let directories = written.ends_with('/');
        let inner = written.trim_end_matches('/').trim_start_matches("./");
        let path = inner.trim_start_matches('/');
        if path.is_empty() {
            return Err(wrong("it is empty"));
        }
        if path.split('/').any(|part| part == "..") {
            return Err(wrong("it leads out of the directory that is checked"));
        }
        let glob =
            GlobBuilder::new(path).literal_separator(true).build().map_err(|error| wrong(&error.kind().to_string()))?;
        Ok(Self {
            written: written.to_owned(),
            glob: glob.compile_matcher(),
            by_name: !inner.contains('/'),
            directories,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fits(pattern: &str, path: &str, is_directory: bool) -> bool {
        let exclude = Exclude::of([pattern]).expect("a pattern");
        let name = path.rsplit('/').next().expect("a name");
        exclude.matching(name, path, is_directory).is_some()
    }

    #[test]
    fn a_name_is_left_out_at_any_depth_and_a_path_where_it_is() {
        assert!(fits("examples", "a/b/examples", true) && fits("examples", "examples", true));
        assert!(fits("examples/", "a/examples", true) && !fits("examples/", "a/examples", false));
        assert!(fits("*.yaml", "a/b.yaml", false) && !fits("*.yaml", "a.yaml.txt", false));
        assert!(fits("a/b", "a/b", true) && !fits("a/b", "c/a/b", true));
        assert!(fits("/b", "b", true) && !fits("/b", "a/b", true));
        assert!(fits("./b/", "b", true) && !fits("a/*", "a/b/c", true));
        assert!(fits("a/**", "a/b/c", true) && fits("**/x/y", "a/x/y", true) && fits("**/x/y", "x/y", true));
        assert!(!fits("Examples", "examples", true));
    }

    #[test]
    fn what_is_no_pattern_is_refused_with_its_reason() {
        for (pattern, part) in
            [("!a", "takes nothing back"), ("", "empty"), ("/", "empty"), ("../a", "leads out"), ("a[", "")]
        {
            let error = Exclude::of([pattern]).expect_err(pattern);
            assert!(error.to_string().contains(part) && error.to_string().contains(pattern), "{error}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_patterns_never_panic(pattern in any::<String>(), path in any::<String>()) {
            if let Ok(exclude) = Exclude::of([pattern.as_str()]) {
                exclude.matching(&path, &path, true);
            }
        }
    }
}
