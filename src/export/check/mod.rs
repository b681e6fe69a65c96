//! What a check of code came to, in the formats that people and other tools read: one file per
//! format, one trait. Pure functions of a [`Check`]; the text of the checked files comes from a
//! closure, and only the format for people asks for it.

mod excerpt;
mod finding;
#[cfg(test)]
mod fixture;
mod form;
mod github;
mod gitlab;
mod human;
mod json;
mod json_v1;
mod junit;
mod markdown;
mod redact;
mod sarif;
mod standing;
mod text;

pub use form::{ReadError, read};
pub use text::plain;

use std::sync::Arc;

use crate::model::check::Check;
use crate::model::check_form::CheckForm;

/// Why a check could not be written in a format.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// It could not be written as JSON.
    #[error("write JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// It could not be written as XML.
    #[error("write XML: {0}")]
    Xml(#[from] quick_junit::SerializeError),
}

/// What a format is given beside the check.
#[derive(Clone, Copy)]
pub struct Look<'a> {
    /// Whether to colour what people read, by ANSI escapes.
    pub colour: bool,
    /// Whether to show also what is silent, not applicable, or was not run.
    pub explain: bool,
    /// Whether a baseline was used: without one, nothing is called new.
    pub baseline: bool,
    /// The text of a file, by its name in [`crate::model::check::Location::file`]; none where it cannot be had.
    pub sources: &'a dyn Fn(&str) -> Option<Arc<str>>,
    /// Whether a line of a file (from 1) holds something that is marked sensitive, and must not be shown.
    pub sensitive: &'a dyn Fn(&str, u32) -> bool,
}

impl Look<'static> {
    /// No colour, no explanation, no baseline, no text of any file.
    #[must_use]
    pub fn plain() -> Self {
        Self { colour: false, explain: false, baseline: false, sources: &|_| None, sensitive: &|_, _| false }
    }
}

impl std::fmt::Debug for Look<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Look")
            .field("colour", &self.colour)
            .field("explain", &self.explain)
            .field("baseline", &self.baseline)
            .finish_non_exhaustive()
    }
}

/// One format.
pub trait CheckFormat: Sync {
    /// Its name, as `--format` takes it.
    fn name(&self) -> &'static str;

    /// The check in this format, ending in a line break.
    ///
    /// # Errors
    ///
    /// When the format's writer fails.
    fn render(&self, check: &Check, look: &Look<'_>) -> Result<String, RenderError>;

    /// What belongs on the page that the place of work keeps for the run (`$GITHUB_STEP_SUMMARY`), as
    /// Markdown; none where the format knows no such page.
    fn summary(&self, _check: &Check, _look: &Look<'_>) -> Option<String> {
        None
    }
}

/// Every format. A new one is a file and a line here.
pub static CHECK_FORMATS: &[&dyn CheckFormat] = &[
    &human::Human,
    &json::Json,
    &json_v1::JsonV1,
    &sarif::Sarif,
    &junit::Junit,
    &github::Github,
    &gitlab::Gitlab,
    &markdown::Markdown,
];

/// The JSON Schema of the contract `tickmark.check/2`.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(CheckForm).to_value()
}

/// The JSON Schema of the contract `tickmark.check/1`, which goes away with the next version.
#[must_use]
pub fn schema_v1() -> serde_json::Value {
    schemars::schema_for!(Check).to_value()
}

#[cfg(test)]
mod tests {
    use super::fixture::{PLANTED, look, rich, with_look};
    use super::*;

    #[test]
    fn names_are_unique_and_every_format_ends_its_last_line() {
        let mut names: Vec<&str> = CHECK_FORMATS.iter().map(|format| format.name()).collect();
        for format in CHECK_FORMATS {
            let text = look(|look| format.render(&rich(), look)).expect("renders");
            assert!(text.ends_with('\n'), "{}", format.name());
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), CHECK_FORMATS.len());
    }

    #[test]
    fn no_format_shows_a_planted_secret() {
        let check = rich();
        let mut asked = false;
        for format in CHECK_FORMATS {
            for (colour, explain) in [(false, false), (true, true)] {
                with_look(|look| {
                    let look = Look { colour, explain, ..*look };
                    let mut text = format.render(&check, &look).expect("renders");
                    text.push_str(&format.summary(&check, &look).unwrap_or_default());
                    for secret in PLANTED {
                        assert!(!text.contains(secret), "{} shows {secret}:\n{text}", format.name());
                    }
                    asked |= text.contains("master_password");
                });
            }
        }
        assert!(asked, "the line with a secret on it is among those that are shown");
    }

    #[test]
    fn no_format_for_eyes_lets_a_hostile_name_change_the_page() {
        let check = rich();
        for format in CHECK_FORMATS.iter().filter(|format| ["human", "github", "markdown"].contains(&format.name())) {
            let text = look(|look| {
                let mut text = format.render(&check, look)?;
                text.push_str(&format.summary(&check, look).unwrap_or_default());
                Ok::<_, RenderError>(text)
            })
            .expect("renders");
            for wrong in ['\u{1b}', '\u{202e}', '\u{2066}', '\u{7}', '\r'] {
                assert!(!text.contains(wrong), "{} lets {wrong:?} through", format.name());
            }
            let forged = text.lines().find(|line| line.trim_start().starts_with("::error file=forged"));
            assert_eq!(forged, None, "{}", format.name());
        }
    }

    #[test]
    fn nothing_found_is_said_in_every_format() {
        let check = fixture::clean();
        for format in CHECK_FORMATS {
            let text = format.render(&check, &Look::plain()).expect("renders");
            assert!(!text.trim().is_empty(), "{}", format.name());
        }
    }
}
