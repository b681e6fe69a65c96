//! Paths of mapping files.
//!
//! `a.b` steps into maps, and into the first element of a list, because nested blocks are lists;
//! `a[].b` goes on at every element, `a[1]` at one; `a["x.y"]` is a key with other characters in it;
//! `^` in front goes to the body of the block, wherever the cursor is; `.` alone is the cursor.

use std::fmt::Write as _;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Most steps that a path has.
const STEP_LIMIT: usize = 32;

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Step {
    /// To a member of a map.
    Key(Arc<str>),
    /// To one element of a list.
    Index(usize),
    /// To each element of a list.
    All,
}

/// A path, taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Path {
    /// Whether it starts at the body of the block.
    pub(crate) from_body: bool,
    /// Its steps.
    pub(crate) steps: Vec<Step>,
}

impl Path {
    /// Reads a path; the error is what is wrong with it.
    pub(crate) fn parse(source: &str) -> Result<Self, String> {
        if source == "." {
            return Ok(Self { from_body: false, steps: Vec::new() });
        }
        let wrong = |what: &str| Err(format!("the path `{source}` {what}"));
        let (from_body, rest) = match source.strip_prefix('^') {
            Some("") => return Ok(Self { from_body: true, steps: Vec::new() }),
            Some(rest) => match rest.strip_prefix('.') {
                Some(rest) => (true, rest),
                None => return wrong("needs a dot after `^`"),
            },
            None => (false, source),
        };
        let mut steps = Vec::new();
        let mut rest = rest;
        // A path may begin with brackets, but otherwise begins with a key.
        let mut key_expected = !rest.starts_with('[');
        loop {
            if key_expected {
                let end = rest.find(['.', '[']).unwrap_or(rest.len());
                let key = &rest[..end];
                if key.is_empty() || !key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | ':')) {
                    return wrong("has a step that is no name");
                }
                steps.push(Step::Key(Arc::from(key)));
                rest = &rest[end..];
            } else if let Some(bracket) = rest.strip_prefix('[') {
                let (step, after) = match bracket.strip_prefix('"') {
                    Some(quoted) => match quoted.split_once("\"]") {
                        Some((key, after)) => (Step::Key(Arc::from(key)), after),
                        None => return wrong("has a quoted key without end"),
                    },
                    None => match bracket.split_once(']') {
                        Some(("", after)) => (Step::All, after),
                        Some((number, after)) => match number.parse() {
                            Ok(number) => (Step::Index(number), after),
                            Err(_) => return wrong("has an index that is no number"),
                        },
                        None => return wrong("has a bracket without end"),
                    },
                };
                steps.push(step);
                rest = after;
            } else {
                return wrong("has something other than a dot between steps");
            }
            if steps.len() > STEP_LIMIT {
                return wrong("has too many steps");
            }
            if rest.is_empty() {
                return Ok(Self { from_body, steps });
            }
            key_expected = false;
            if let Some(after) = rest.strip_prefix('.') {
                rest = after;
                key_expected = true;
            }
        }
    }

    /// Whether it may lead to more than one place.
    pub(crate) fn is_many(&self) -> bool {
        self.steps.contains(&Step::All)
    }
}

impl std::fmt::Display for Path {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = String::new();
        if self.from_body {
            text.push('^');
        }
        for step in &self.steps {
            match step {
                Step::Key(key) if key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | ':')) => {
                    if !text.is_empty() {
                        text.push('.');
                    }
                    text.push_str(key);
                }
                // A quoted key after `^` or another step; a dot in between would ask for a name.
                Step::Key(key) => write!(text, "[\"{key}\"]")?,
                Step::Index(index) => write!(text, "[{index}]")?,
                Step::All => text.push_str("[]"),
            }
        }
        if text.starts_with("^[") {
            text.insert(1, '.');
        }
        f.write_str(if text.is_empty() { "." } else { &text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_no_path_is_refused() {
        for wrong in ["", "a..b", "a[", "a[x]", "a[\"b", "^a", "a b", "a]", ".a", "a."] {
            assert!(Path::parse(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn a_path_survives_being_written(source in "(\\^\\.)?[a-z_]{1,5}(\\.[a-z:-]{1,4}|\\[\\]|\\[[0-9]{1,3}\\]|\\[\"[a-z. ]{1,4}\"\\]){0,5}") {
            let path = Path::parse(&source).expect("a path");
            prop_assert_eq!(Path::parse(&path.to_string()), Ok(path));
        }
    }
}
