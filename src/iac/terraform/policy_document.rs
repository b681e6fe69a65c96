//! What the data source `aws_iam_policy_document` computes: the one data source that asks nothing of
//! AWS, so that its result is as known as its arguments.
//!
//! Behaviour as of version 5.100 of the AWS provider: sources first, then the statements written here,
//! then overrides, each replacing in place the statement of the same non-blank `sid`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::value::{Part, Value};
use super::functions::{Writer, derived, json_of, rest, to_text};
use crate::model::gap::GapCode;

#[cfg(test)]
mod tests;

/// The version that the data source writes where none is given.
const VERSION: &str = "2012-10-17";

/// How many statements are kept; AWS's largest policies hold far fewer.
const STATEMENT_LIMIT: usize = 10_000;

/// The elements of a statement.
const ELEMENTS: [&str; 9] =
    ["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition"];

type Members = BTreeMap<Arc<str>, Value>;

/// The attribute `json` of the data source with this body: a [`Value::Json`] with what is unknown kept
/// in its place, or unknown where the provider would give an error.
///
/// A source document that is unknown is one unknown element of `Statement`. An unknown override may
/// replace any statement that has a `sid`, so these are unknown then.
pub(crate) fn document(body: &Value) -> Value {
    let Value::Map(body) = body else {
        return derived("data.aws_iam_policy_document", std::slice::from_ref(body));
    };
    match merged(body) {
        Ok(document) => Value::Json(Arc::new(document)),
        Err(why) => Value::unknown(GapCode::Unresolved, why),
    }
}

/// What a document that nothing uses is judged by: the document as the argument `policy`, if it can be
/// one of an identity. Those of resources and of trust name principals, and what they belong to decides.
pub(crate) fn unused(body: &Value) -> Option<Value> {
    let policy = document(body);
    let Value::Json(inner) = &policy else { return None };
    let Some(Value::List(statements)) = inner.get("Statement") else { return None };
    let of_identity = |statement: &Value| match statement {
        Value::Map(members) => !members.contains_key("Principal") && !members.contains_key("NotPrincipal"),
        _ => false,
    };
    (!statements.is_empty() && statements.iter().all(of_identity))
        .then(|| Value::map(BTreeMap::from([(Arc::from("policy"), policy)])))
}

/// A document while it is put together.
#[derive(Default)]
struct Document {
    version: Value,
    id: Value,
    statements: Vec<Value>,
}

fn merged(body: &Members) -> Result<Value, &'static str> {
    let mut all = Document::default();
    let mut sids = BTreeSet::new();
    for source in documents(body, ["source_json", "source_policy_documents"]) {
        let source = read(&source)?;
        for sid in source.statements.iter().filter_map(sid) {
            if !sids.insert(Arc::clone(sid)) {
                return Err("source policy documents with two statements of one sid");
            }
        }
        all.merge(source)?;
    }
    all.merge(written(body)?)?;
    for replacing in documents(body, ["override_json", "override_policy_documents"]) {
        if let Value::Unknown(_) | Value::Template(_) = &replacing
            && json_of(&replacing).is_none()
        {
            let unknown = derived("aws_iam_policy_document with an unknown override", std::slice::from_ref(&replacing));
            for statement in &mut all.statements {
                if has_sid(statement) {
                    *statement = unknown.clone();
                }
            }
        }
        all.merge(read(&replacing)?)?;
    }
    Ok(all.finish())
}

impl Document {
    fn merge(&mut self, new: Self) -> Result<(), &'static str> {
        if !absent(&new.id) {
            self.id = new.id;
        }
        self.version = match (std::mem::take(&mut self.version), new.version) {
            (old, Value::Null) => old,
            (Value::Null, new) => new,
            (Value::Text(old), Value::Text(new)) => Value::Text(old.max(new)),
            (old @ Value::Text(_), unknown) | (unknown, old) => derived("version", &[old, unknown]),
        };
        let mut places: BTreeMap<Arc<str>, usize> = BTreeMap::new();
        for (at, statement) in self.statements.iter().enumerate() {
            if let Some(sid) = sid(statement) {
                places.entry(Arc::clone(sid)).or_insert(at);
            }
        }
        for statement in new.statements {
            let place = sid(&statement).and_then(|sid| {
                let next = self.statements.len();
                let place = *places.entry(Arc::clone(sid)).or_insert(next);
                (place < next).then_some(place)
            });
            match place.and_then(|place| self.statements.get_mut(place)) {
                Some(old) => *old = statement,
                None => self.statements.push(statement),
            }
        }
        if self.statements.len() > STATEMENT_LIMIT { Err("a policy document with too many statements") } else { Ok(()) }
    }

    fn finish(self) -> Value {
        let mut members = Members::new();
        put(&mut members, "Version", self.version);
        put(&mut members, "Id", self.id);
        if !self.statements.is_empty() {
            put(&mut members, "Statement", Value::list(self.statements));
        }
        Value::map(members)
    }
}

fn put(members: &mut Members, name: &str, value: Value) {
    if !absent(&value) {
        members.insert(Arc::from(name), value);
    }
}

/// Null, and the empty text, which the provider takes for not written.
fn absent(value: &Value) -> bool {
    value.is_null() || value.as_text() == Some("")
}

/// The known `Sid` of a statement, if it has one.
fn sid(statement: &Value) -> Option<&Arc<str>> {
    match statement.get("Sid") {
        Some(Value::Text(sid)) if !sid.is_empty() => Some(sid),
        _ => None,
    }
}

/// Whether it has a `Sid`, known or not, or may have one.
fn has_sid(statement: &Value) -> bool {
    matches!(statement, Value::Unknown(_)) || statement.get("Sid").is_some_and(|sid| !absent(sid))
}

/// The documents of these arguments, in order. Null and empty ones count for nothing.
fn documents(body: &Members, names: [&str; 2]) -> Vec<Value> {
    let mut found = Vec::new();
    for value in names.into_iter().filter_map(|name| body.get(name)) {
        match value {
            Value::List(items) => found.extend(items.iter().cloned()),
            other => found.push(other.clone()),
        }
    }
    found.retain(|value| !absent(value));
    found
}

/// A document as text, kept in its structure, or not known.
fn read(source: &Value) -> Result<Document, &'static str> {
    let Some(json) = json_of(source) else {
        return match source {
            Value::Unknown(unknown) => Ok(Document { statements: vec![rest(unknown)], ..Document::default() }),
            Value::Template(parts) => {
                let expression = parts.iter().find_map(|part| match part {
                    Part::Unknown(unknown) => Some(unknown.shown.as_str()),
                    Part::Text(_) => None,
                });
                let unknown = derived(expression.unwrap_or("a policy document"), std::slice::from_ref(source));
                let Value::Unknown(unknown) = unknown else { return Err("a policy document") };
                Ok(Document { statements: vec![rest(&unknown)], ..Document::default() })
            }
            _ => Err("a source or override policy document that is not JSON"),
        };
    };
    let statements = match json {
        Value::Map(ref members) => match members.get("Statement") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::List(items)) => items.as_ref().clone(),
            Some(Value::Unknown(unknown)) => vec![rest(unknown)],
            Some(one @ Value::Map(_)) => vec![one.clone()],
            Some(_) => return Err("a source or override policy document whose Statement is no list"),
        },
        Value::Unknown(ref unknown) => vec![rest(unknown)],
        _ => return Err("a source or override policy document that is no object"),
    };
    let member = |name| json.get(name).cloned().unwrap_or_default();
    let statements = statements.into_iter().map(kept).collect();
    Ok(Document { version: member("Version"), id: member("Id"), statements })
}

/// A statement of another document with the elements that the provider keeps.
fn kept(statement: Value) -> Value {
    let Value::Map(members) = &statement else { return statement };
    let mut made = Members::new();
    for (name, member) in members.iter() {
        if let Some(name) = ELEMENTS.iter().find(|element| element.eq_ignore_ascii_case(name)) {
            put(&mut made, name, member.clone());
        }
    }
    Value::map(made)
}

/// The nested blocks of one kind. A block that is written once may be a map.
fn blocks(body: &Members, name: &str) -> Vec<Value> {
    match body.get(name) {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::List(items)) => items.as_ref().clone(),
        Some(Value::Unknown(unknown)) => vec![rest(unknown)],
        Some(other) => vec![other.clone()],
    }
}

/// The document of the arguments themselves.
fn written(body: &Members) -> Result<Document, &'static str> {
    let version = body.get("version").filter(|version| !version.is_null()).cloned();
    let version = version.unwrap_or_else(|| Value::text(VERSION));
    let id = body.get("policy_id").cloned().unwrap_or_default();
    let mut sids = BTreeSet::new();
    let mut statements = Vec::new();
    for block in blocks(body, "statement") {
        let statement = match &block {
            Value::Map(members) => statement(members),
            Value::Unknown(_) => block.clone(),
            _ => return Err("a policy document whose statement is no block"),
        };
        if let Some(sid) = sid(&statement)
            && !sids.insert(Arc::clone(sid))
        {
            return Err("a policy document with two statements of one sid");
        }
        statements.push(statement);
    }
    Ok(Document { version, id, statements })
}

fn statement(block: &Members) -> Value {
    let mut made = Members::new();
    put(&mut made, "Sid", block.get("sid").cloned().unwrap_or_default());
    let effect = block.get("effect").filter(|effect| !absent(effect)).cloned();
    put(&mut made, "Effect", effect.unwrap_or_else(|| Value::text("Allow")));
    // The provider replaces policy variables everywhere but in actions and names of condition keys.
    for (argument, name, change) in [
        ("actions", "Action", plain as fn(&Value) -> Value),
        ("not_actions", "NotAction", plain),
        ("resources", "Resource", variables),
        ("not_resources", "NotResource", variables),
    ] {
        put(&mut made, name, texts(block.get(argument), change).shortest());
    }
    put(&mut made, "Principal", principals(&blocks(block, "principals")));
    put(&mut made, "NotPrincipal", principals(&blocks(block, "not_principals")));
    put(&mut made, "Condition", conditions(&blocks(block, "condition")));
    Value::map(made)
}

/// A list of texts of the policy.
#[derive(Default)]
struct Texts {
    items: Vec<Value>,
}

/// The texts of an argument, each changed by this.
fn texts(argument: Option<&Value>, change: fn(&Value) -> Value) -> Texts {
    let items = match argument {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::List(items)) => items.iter().filter(|item| !item.is_null()).map(change).collect(),
        Some(Value::Unknown(unknown)) => vec![rest(unknown)],
        Some(other) => vec![change(other)],
    };
    Texts { items }
}

impl Texts {
    /// As a set: without repetition, in the provider's order, which is from last to first.
    fn sorted(mut self) -> Self {
        self.items.sort_by(|left, right| match (left.as_text(), right.as_text()) {
            (Some(left), Some(right)) => right.cmp(left),
            (left, right) => right.is_some().cmp(&left.is_some()),
        });
        self.items.dedup();
        self
    }

    /// A list of one is that one; none is nothing.
    fn shortest(self) -> Value {
        self.sorted().in_order()
    }

    fn in_order(mut self) -> Value {
        match self.items.len() {
            0 => Value::Null,
            1 => self.items.remove(0),
            _ => Value::list(self.items),
        }
    }
}

/// A scalar as text.
fn plain(value: &Value) -> Value {
    to_text(value).unwrap_or_else(|_| {
        Value::unknown(GapCode::Unresolved, "a list or map in a policy document where a text is due")
    })
}

/// The same with policy variables (`&{aws:username}`) as IAM writes them.
fn variables(value: &Value) -> Value {
    let value = plain(value);
    let mut writer = Writer::default();
    match &value {
        Value::Text(text) if text.contains("&{") => writer.push_str(&text.replace("&{", "${")),
        Value::Template(parts) => {
            for part in parts.iter() {
                match part {
                    Part::Text(text) => writer.push_str(&text.replace("&{", "${")),
                    Part::Unknown(unknown) => writer.push_unknown(unknown),
                }
            }
        }
        _ => return value,
    }
    writer.finish().unwrap_or_else(|_| Value::unknown(GapCode::Unresolved, "a text that is too long"))
}

/// A name of a member: what is unknown of it is written `${…}`.
fn name(value: Option<&Value>) -> Arc<str> {
    match value.map(plain) {
        None | Some(Value::Null) => Arc::from(""),
        Some(Value::Text(text)) => text,
        Some(Value::Unknown(unknown)) => Arc::from(unknown.placeholder()),
        Some(Value::Template(parts)) => {
            let text: String = parts
                .iter()
                .map(|part| match part {
                    Part::Text(text) => text.to_string(),
                    Part::Unknown(unknown) => unknown.placeholder(),
                })
                .collect();
            Arc::from(text)
        }
        Some(_) => Arc::from("${}"),
    }
}

/// An unknown block makes all of its kind unknown: it may widen whatever the others say.
fn unknown_block(blocks: &[Value]) -> Option<Value> {
    let open = blocks.iter().any(|block| !matches!(block, Value::Map(_)));
    open.then(|| {
        let named = blocks.iter().find_map(|block| match block {
            Value::Unknown(unknown) => Some(unknown.shown.as_str()),
            _ => None,
        });
        derived(named.unwrap_or("a block of a policy document"), blocks)
    })
}

fn principals(blocks: &[Value]) -> Value {
    if blocks.is_empty() {
        return Value::Null;
    }
    if let Some(unknown) = unknown_block(blocks) {
        return unknown;
    }
    let mut by_type: BTreeMap<Arc<str>, Texts> = BTreeMap::new();
    for block in blocks {
        if matches!(block.get("type"), Some(Value::Unknown(_) | Value::Template(_))) {
            return derived("principals of a type that is not known", blocks);
        }
        let identifiers = texts(block.get("identifiers"), variables).sorted();
        by_type.entry(name(block.get("type"))).or_default().items.extend(identifiers.items);
    }
    if let (1, Some(all)) = (by_type.len(), by_type.get("*"))
        && let [Value::Text(one)] = all.items.as_slice()
        && one.as_ref() == "*"
    {
        return Value::text("*");
    }
    Value::map(by_type.into_iter().map(|(kind, identifiers)| (kind, identifiers.in_order())).collect())
}

fn conditions(blocks: &[Value]) -> Value {
    if blocks.is_empty() {
        return Value::Null;
    }
    if let Some(unknown) = unknown_block(blocks) {
        return unknown;
    }
    let mut tests: BTreeMap<Arc<str>, BTreeMap<Arc<str>, Texts>> = BTreeMap::new();
    for block in blocks {
        let values = texts(block.get("values"), variables);
        let test = tests.entry(name(block.get("test"))).or_default();
        test.entry(name(block.get("variable"))).or_default().items.extend(values.items);
    }
    let keys = |variables: BTreeMap<Arc<str>, Texts>| {
        Value::map(
            variables
                .into_iter()
                .map(|(variable, values)| {
                    let values = if values.items.is_empty() { Value::list(Vec::new()) } else { values.in_order() };
                    (variable, values)
                })
                .collect(),
        )
    };
    Value::map(tests.into_iter().map(|(test, of)| (test, keys(of))).collect())
}
