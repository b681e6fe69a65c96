//! Changes of code as it is written: text → stretches of it that are replaced. Every other byte stays, comments
//! and formatting too.
//!
//! An editor sets values, and makes what is not there. It replaces literals alone: where a value is made of
//! something else (a variable, a function), it refuses and says of what.

use std::ops::Range;

use serde_json::Value;

pub mod hcl;
pub mod hcl_list;
mod hcl_new;
mod json;
pub mod template;
mod template_new;
#[cfg(test)]
mod tests;
mod tree;
mod yaml;

/// A stretch of a text that is replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Splice {
    /// The stretch, in bytes.
    pub range: Range<usize>,
    /// What takes its place.
    pub text: String,
}

/// Why a change is not made; fits after "not patched: ".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal(pub String);

impl Refusal {
    fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// A value that is set.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// The value.
    pub value: Value,
    /// What may stay as it is written, beside the value itself.
    pub fine: Fine,
}

/// What may stay as it is written.
#[derive(Debug, Clone, PartialEq)]
pub enum Fine {
    /// These values.
    Values(Vec<Value>),
    /// Whatever is written.
    Anything,
}

impl From<Value> for Wanted {
    fn from(value: Value) -> Self {
        Self { value, fine: Fine::Values(Vec::new()) }
    }
}

impl Wanted {
    /// Whether a literal may stay.
    fn is_met_by(&self, written: &Value) -> bool {
        let fine = match &self.fine {
            Fine::Values(values) => values.iter().any(|value| is_same(written, value)),
            Fine::Anything => true,
        };
        fine || is_same(written, &self.value)
    }
}

/// A step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The member, argument or nested block of this name.
    Name(String),
    /// Each item of the list, or each nested block of the name before.
    Each,
    /// What has the name before, if it is there.
    There,
}

/// A path as a control file writes it: `a.b[*].c`, `a?.b`.
#[must_use]
pub fn path(text: &str) -> Vec<Step> {
    let step = |part: &str| {
        let (name, after) = match (part.strip_suffix("[*]"), part.strip_suffix('?')) {
            (Some(name), _) => (name, Some(Step::Each)),
            (None, Some(name)) => (name, Some(Step::There)),
            (None, None) => (part, None),
        };
        std::iter::once(Step::Name(name.to_owned())).chain(after)
    };
    text.split('.').flat_map(step).collect()
}

/// The text with stretches replaced. They do not overlap.
#[must_use]
pub fn apply(text: &str, splices: &[Splice]) -> String {
    let mut splices: Vec<&Splice> = splices.iter().collect();
    splices.sort_by_key(|splice| splice.range.start);
    let mut out = String::with_capacity(text.len() + 256);
    let mut at = 0;
    for splice in splices {
        out.push_str(text.get(at..splice.range.start).unwrap_or_default());
        out.push_str(&splice.text);
        at = splice.range.end.max(at);
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

/// The end of a line as the text has it.
fn newline(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if text[..at].ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

/// Where the line of an offset begins.
fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |end| end + 1)
}

/// Where the line of an offset ends: before its line end.
fn line_end(text: &str, at: usize) -> usize {
    let end = text[at..].find('\n').map_or(text.len(), |length| at + length);
    if text[at..end].ends_with('\r') { end - 1 } else { end }
}

/// The white space before an offset, where nothing else stands before it in its line.
fn indentation(text: &str, at: usize) -> Option<&str> {
    let before = &text[line_start(text, at)..at];
    before.chars().all(|c| c == ' ' || c == '\t').then_some(before)
}

/// Whether a written scalar is the wanted value: Terraform and `CloudFormation` take `"7"` for `7`.
fn is_same(written: &Value, wanted: &Value) -> bool {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) => Some(value.to_string()),
        Value::Number(number) => number.as_f64().map(|number| number.to_string()),
        _ => None,
    };
    match (text(written), text(wanted)) {
        (Some(written), Some(wanted)) => written == wanted,
        _ => written == wanted,
    }
}

/// A value for a reader.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
