//! Texts that are put together, of which parts may be unknown.

use std::sync::Arc;

use crate::iac::origin::Origin;
use crate::iac::value::{Part, Reference, Unknown, Value};
use crate::model::gap::GapCode;

/// The longest text made, in bytes; what would be longer is unknown.
pub(super) const TEXT_LIMIT: usize = 1024 * 1024;

/// What an unknown part counts for, so that a text has no more than some thousands of them.
const UNKNOWN_LENGTH: usize = 256;

/// A piece of the text that `Fn::Sub` takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece<'t> {
    /// As written.
    Text(&'t str),
    /// The name between `${` and `}`.
    Name(&'t str),
}

/// Takes the text of `Fn::Sub` apart. `${!name}` stands for `${name}` itself.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let Some(length) = rest[start..].find('}') else { break };
        let name = &rest[start + 2..start + length];
        if let Some(literal) = name.strip_prefix('!') {
            out.push(Piece::Text(&rest[..start]));
            out.push(Piece::Text("${"));
            out.push(Piece::Text(literal));
            out.push(Piece::Text("}"));
        } else {
            out.push(Piece::Text(&rest[..start]));
            out.push(Piece::Name(name.trim()));
        }
        rest = &rest[start + length + 1..];
    }
    out.push(Piece::Text(rest));
    out
}

/// A text in the making.
#[derive(Debug, Default)]
pub(super) struct Text {
    parts: Vec<Part>,
    open: String,
    length: usize,
}

impl Text {
    /// Puts text at the end.
    pub(super) fn push(&mut self, text: &str) {
        self.length = self.length.saturating_add(text.len());
        if self.length <= TEXT_LIMIT {
            self.open.push_str(text);
        }
    }

    /// Puts at the end what is not known.
    pub(super) fn push_unknown(&mut self, unknown: &Arc<Unknown>) {
        self.length = self.length.saturating_add(UNKNOWN_LENGTH);
        if self.length <= TEXT_LIMIT {
            self.settle();
            self.parts.push(Part::Unknown(Arc::clone(unknown)));
        }
    }

    /// Puts a value at the end, as `CloudFormation` makes text of it.
    pub(super) fn push_value(&mut self, value: &Value) {
        match value {
            Value::Null => {}
            Value::Bool(truth) => self.push(if *truth { "true" } else { "false" }),
            Value::Number(number) => self.push(&number.to_string()),
            Value::Text(text) => self.push(text),
            Value::Template(parts) => self.push_parts(parts),
            Value::Unknown(unknown) => self.push_unknown(unknown),
            Value::Json(_) | Value::List(_) | Value::Map(_) => {
                self.push_unknown(&Arc::new(derived("a list or map made text", &[value])));
            }
        }
    }

    fn push_parts(&mut self, parts: &[Part]) {
        for part in parts {
            match part {
                Part::Text(text) => self.push(text),
                Part::Unknown(unknown) => self.push_unknown(unknown),
            }
        }
    }

    fn settle(&mut self) {
        if !self.open.is_empty() {
            self.parts.push(Part::Text(Arc::from(self.open.as_str())));
            self.open.clear();
        }
    }

    /// How long it is, in bytes.
    pub(super) fn len(&self) -> usize {
        self.length
    }

    /// The value that it is.
    pub(super) fn value(mut self) -> Value {
        if self.length > TEXT_LIMIT {
            return Value::unknown(GapCode::Unresolved, "a text longer than one megabyte");
        }
        if self.parts.is_empty() && !self.open.contains("{{resolve:") {
            return Value::Text(Arc::from(self.open.as_str()));
        }
        self.settle();
        let mut parts = resolved(self.parts);
        match parts.as_slice() {
            [] => Value::text(""),
            [Part::Text(text)] => Value::Text(Arc::clone(text)),
            [Part::Unknown(unknown)] => Value::Unknown(Arc::clone(unknown)),
            _ => Value::Template(Arc::from(std::mem::take(&mut parts))),
        }
    }
}

/// A dynamic reference that has begun and has not ended yet.
struct Begun {
    /// It as written so far.
    written: String,
    /// What it is made of.
    references: Vec<Reference>,
    /// The parts that it is, in case that it never ends: then it is text, or a piece of one.
    parts: Vec<Part>,
}

/// The parts with each dynamic reference (`{{resolve:…}}`), which may itself have unknown parts, as
/// one unknown: AWS resolves it when the stack is deployed.
fn resolved(parts: Vec<Part>) -> Vec<Part> {
    const START: &str = "{{resolve:";
    if !parts.iter().any(|part| matches!(part, Part::Text(text) if text.contains(START))) {
        return parts;
    }
    let mut out: Vec<Part> = Vec::new();
    let mut begun: Option<Begun> = None;
    for part in parts {
        let text = match part {
            Part::Unknown(unknown) => {
                match &mut begun {
                    Some(begun) => {
                        begun.written.push_str("${");
                        begun.written.push_str(&unknown.shown);
                        begun.written.push('}');
                        begun.references.extend(unknown.references.iter().cloned().map(made_of));
                        begun.parts.push(Part::Unknown(unknown));
                    }
                    None => out.push(Part::Unknown(unknown)),
                }
                continue;
            }
            Part::Text(text) => text,
        };
        let mut rest = &*text;
        while !rest.is_empty() {
            if let Some(mut open) = begun.take() {
                let Some(end) = rest.find("}}") else {
                    open.written.push_str(rest);
                    open.parts.push(Part::Text(Arc::from(rest)));
                    begun = Some(open);
                    break;
                };
                open.written.push_str(&rest[..end + 2]);
                let secret = ["{{resolve:secretsmanager:", "{{resolve:ssm-secure:"];
                let sensitive = secret.iter().any(|start| open.written.starts_with(start));
                let code = if sensitive { GapCode::Sensitive } else { GapCode::Unresolved };
                // The value of a parameter of Systems Manager is never empty: it is something elsewhere.
                if open.written.starts_with("{{resolve:ssm:") {
                    open.references.push(Reference::to(&open.written, ""));
                }
                let before = rest[..end + 2].to_owned();
                open.parts.push(Part::Text(Arc::from(before)));
                let origin = Origin::made_by("resolve", &[&Value::Template(Arc::from(open.parts))]);
                out.push(Part::Unknown(Arc::new(Unknown::new(code, &open.written).from(origin).of(open.references))));
                rest = &rest[end + 2..];
            } else if let Some(start) = rest.find(START) {
                if start > 0 {
                    out.push(Part::Text(Arc::from(&rest[..start])));
                }
                begun = Some(Begun {
                    written: START.to_owned(),
                    references: Vec::new(),
                    parts: vec![Part::Text(Arc::from(START))],
                });
                rest = &rest[start + START.len()..];
            } else {
                out.push(Part::Text(Arc::from(rest)));
                break;
            }
        }
    }
    out.extend(begun.into_iter().flat_map(|begun| begun.parts));
    joined(out)
}

/// The parts with texts that follow one another made one.
fn joined(parts: Vec<Part>) -> Vec<Part> {
    let mut out: Vec<Part> = Vec::with_capacity(parts.len());
    for part in parts {
        match (out.last_mut(), &part) {
            (Some(Part::Text(before)), Part::Text(text)) => *before = Arc::from(format!("{before}{text}")),
            _ => out.push(part),
        }
    }
    out
}

/// The reference of something that is made of the attribute.
fn made_of(reference: Reference) -> Reference {
    Reference { whole: false, ..reference }
}

/// Most references kept of something that is made of many.
const REFERENCE_LIMIT: usize = 16;

/// What a function makes of these values, of which some are not known, and of nothing else.
pub(super) fn derived(function: &str, values: &[&Value]) -> Unknown {
    let mut unknowns = Vec::new();
    for value in values {
        collect(value, &mut unknowns, 0);
    }
    let code = [GapCode::Sensitive, GapCode::Unresolved]
        .into_iter()
        .find(|code| unknowns.iter().any(|unknown| unknown.code == *code))
        .unwrap_or(if unknowns.is_empty() { GapCode::Unresolved } else { GapCode::KnownAfterApply });
    // What is known beside it is not shown, and that there is more is.
    let more = if matches!(values, [Value::Unknown(_)]) { "" } else { "…" };
    let shown = match unknowns.first() {
        Some(first) => format!("{function} of {}{more}", first.shown),
        None => function.to_owned(),
    };
    let mut references: Vec<Reference> = Vec::new();
    for reference in unknowns.iter().flat_map(|unknown| &unknown.references) {
        let reference = made_of(reference.clone());
        if references.len() < REFERENCE_LIMIT && !references.contains(&reference) {
            references.push(reference);
        }
    }
    Unknown::new(code, &shown).from(Origin::made_by(function, values)).of(references)
}

fn collect(value: &Value, out: &mut Vec<Arc<Unknown>>, depth: usize) {
    if out.len() >= REFERENCE_LIMIT || depth > super::node::DEPTH_LIMIT {
        return;
    }
    match value {
        Value::Unknown(unknown) => out.push(Arc::clone(unknown)),
        Value::Template(parts) => {
            let unknown = parts.iter().filter_map(|part| match part {
                Part::Unknown(unknown) => Some(Arc::clone(unknown)),
                Part::Text(_) => None,
            });
            out.extend(unknown.take(REFERENCE_LIMIT));
        }
        Value::List(items) => items.iter().for_each(|item| collect(item, out, depth + 1)),
        Value::Map(members) => members.values().for_each(|member| collect(member, out, depth + 1)),
        Value::Json(inner) => collect(inner, out, depth + 1),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => {}
    }
}
