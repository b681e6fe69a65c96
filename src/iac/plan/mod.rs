//! Terraform's plans: the JSON of `terraform show -json`, alone or with the sources it was made from.
//!
//! A plan says what every resource comes to, whatever variables and modules it went through, and which of
//! its values only AWS will tell. It does not say where anything is written, and of a value that is
//! unknown it keeps none of the parts that are known; the sources do, and a saved plan file carries them.
//!
//! No text of the plan itself is kept for excerpts, for secrets stand in it in clear: only what a resource was
//! is, for comparing verdicts.

mod address;
mod blocks;
mod carried;
mod complete;
mod computed;
mod configuration;
mod document;
mod instances;
mod json;
mod merge;
mod reference;
mod saved;
mod sites;
mod source;
mod text;

use serde::de::DeserializeSeed as _;

use super::deployment::{Block, Change, Code, Deployment, Language, Past, Problem, Scenario};
use super::origin::Origin;
use super::value::{Unknown, Value};
use crate::model::gap::GapCode;

use document::Document;
use json::{Names, ValueSeed};
pub use saved::is_saved;

/// The sources that a plan was made from.
#[derive(Debug, Clone, Copy)]
pub enum Sources<'s> {
    /// The directory of the root module, and the path that it is shown by.
    Directory {
        /// Where it is.
        path: &'s std::path::Path,
        /// The path as given on the command line.
        shown: &'s str,
    },
    /// The saved plan file that the JSON was made from: it holds the sources of every module. Files in
    /// it are shown by their paths from the root module's directory.
    Saved {
        /// Its path as given on the command line.
        shown: &'s str,
        /// What is in it.
        bytes: &'s [u8],
    },
}

/// Whether these bytes are a plan as JSON, in any encoding that [`read`] takes: an object that has
/// `format_version` and `resource_changes` or `planned_values`. No more is read than it takes to tell.
#[must_use]
pub fn looks_like(bytes: &[u8]) -> bool {
    text::decode(bytes).is_ok_and(|text| document::looks_like(&text))
}

/// Reads a plan. `shown` is its path as given on the command line.
///
/// With its sources each block stands where it is written, with the calls of modules that lead to it and
/// the directives beside it; without, at its lines in the plan.
#[must_use]
pub fn read(shown: &str, bytes: &[u8], sources: Option<&Sources<'_>>) -> Code {
    let mut code = Code::default();
    let mut problem = |line: Option<u32>, message: String| {
        code.problems.push(Problem { file: shown.to_owned(), line, message });
    };
    if is_saved(bytes) {
        let message = format!(
            "read the plan: it is a saved plan file, whose values only Terraform can read; \
             run `terraform show -json {shown} > plan.json` and give both"
        );
        problem(None, message);
        return code;
    }
    let text = match text::decode(bytes) {
        Ok(text) => text,
        Err(error) => {
            let line = match error {
                text::TextError::NotUtf8 { line } => Some(line),
                text::TextError::TooLong | text::TextError::NotUtf16 => None,
            };
            problem(line, error.to_string());
            return code;
        }
    };
    let document = match Document::parse(&text) {
        Ok(document) => document,
        Err(error) => {
            let line = u32::try_from(error.line()).ok().filter(|line| *line > 0);
            problem(line, format!("parse the plan: {}", without_position(&error)));
            return code;
        }
    };
    if let Err(reason) = check(&document) {
        problem(Some(1), reason);
        return code;
    }
    let mut missing = unfinished(&document);
    let sources = sources.map(|given| (given, source::Read::of(given, &mut code)));
    let read = blocks::read(shown, &text, &document, sources.as_ref().and_then(|(_, read)| read.as_ref()));
    if let (false, Some((given, Some(_)))) = (read.found, &sources) {
        let (Sources::Directory { shown: file, .. } | Sources::Saved { shown: file, .. }) = given;
        let message = format!("find any resource of {shown} in these sources: they are not those of this plan");
        code.problems.push(Problem { file: (*file).to_owned(), line: None, message });
    }
    let unread = |problem: &Problem| Unknown::new(GapCode::Unresolved, &problem.message).from(Origin::Problem);
    missing.extend(read.problems.iter().map(unread));
    code.problems.extend(read.problems);
    code.deployments.push(Deployment {
        path: shown.to_owned(),
        language: Language::Terraform,
        scenarios: vec![Scenario { part: 0, assumptions: Vec::new(), blocks: read.blocks }],
        missing,
        unread: Vec::new(),
        before: read.before,
    });
    code
}

/// Plans as things stand before them: what they leave alone, and what they change, replace or give up as it
/// was.
#[must_use]
pub fn before(code: &Code) -> Code {
    let names = Names::default();
    let was = |past: &Past| {
        let body = ValueSeed(&names).deserialize(&mut serde_json::Deserializer::from_str(&past.body)).ok()?;
        matches!(body, Value::Map(_)).then(|| Block { body, ..past.block.clone() })
    };
    let deployment = |deployment: &Deployment| {
        let planned = || deployment.scenarios.iter().flat_map(|scenario| &scenario.blocks);
        planned().any(|block| block.change.is_some()).then(|| {
            let stays = planned().filter(|block| block.change == Some(Change::None)).cloned();
            let blocks = stays.chain(deployment.before.iter().filter_map(was)).collect();
            let scenarios = vec![Scenario { part: 0, assumptions: Vec::new(), blocks }];
            let (path, missing) = (deployment.path.clone(), deployment.missing.clone());
            Deployment {
                path,
                language: deployment.language,
                scenarios,
                missing,
                unread: Vec::new(),
                before: Vec::new(),
            }
        })
    };
    Code { deployments: code.deployments.iter().filter_map(deployment).collect(), ..Code::default() }
}

/// Whether it is a plan in a format that is known.
fn check(document: &Document<'_>) -> Result<(), String> {
    let Some(format) = &document.format else {
        return Err("read it as a plan: it has no `format_version`; `terraform show -json` writes one".to_owned());
    };
    if format.split('.').next() != Some("1") {
        let shown: String = format.chars().take(20).collect();
        return Err(format!(
            "read the plan: its format_version is `{shown}`, and only 1.x is known (Terraform 1.1.1 and later write it)"
        ));
    }
    if document.changes.is_none() && !document.has_planned {
        let what = if document.has_values {
            "it is a state; run `terraform show -json` on a saved plan"
        } else {
            "it has no `resource_changes`"
        };
        return Err(format!("read it as a plan: {what}"));
    }
    Ok(())
}

/// What the plan itself says is left out of it.
fn unfinished(document: &Document<'_>) -> Vec<Unknown> {
    let mut missing = Vec::new();
    if document.errored {
        missing.push("the plan broke off with an error (`errored`): resources are missing from it");
    }
    if document.complete == Some(false) && !document.errored {
        missing.push("the plan is not complete (`-target`, or deferred actions): resources are missing from it");
    }
    missing.into_iter().map(|reason| Unknown::new(GapCode::Unresolved, reason)).collect()
}

/// The message of a JSON error without the line and column, which are shown beside it, and without the
/// value that it stumbled over, which may be a secret.
fn without_position(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
    if error.is_data() {
        let expected = message.rsplit_once(", expected ").map_or("what plans have here", |(_, expected)| expected);
        return format!("expected {expected}");
    }
    message.to_owned()
}

#[cfg(test)]
mod source_tests;
#[cfg(test)]
mod tests;
