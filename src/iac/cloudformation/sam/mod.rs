//! SAM: the resources that AWS's serverless transform makes of `AWS::Serverless::…`.
//!
//! What it makes is described in "AWS SAM generated resources" of the SAM developer guide. Made here is
//! what controls look at; each block stands where the serverless resource is written, and the one that
//! it is above all has its logical id.

mod api;
mod function;
pub(super) mod globals;
mod policy;
mod role;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::deployed::Deployed;
use super::evaluate::Evaluator;
use crate::iac::deployment::{Block, Place, Site};
use crate::iac::origin::Origin;
use crate::iac::value::{Reference, Unknown, Value};
use crate::model::gap::GapCode;

/// The APIs that functions have events of without naming one: the transform makes one of each kind.
#[derive(Debug, Default)]
pub(super) struct Implicit {
    /// The function whose event is the first of a REST API.
    rest: Option<Place>,
    /// The same of an HTTP API.
    http: Option<Place>,
}

impl Implicit {
    /// Makes the APIs.
    pub(super) fn apis(&mut self, evaluator: &mut Evaluator<'_>, file: &Arc<str>, out: &mut Deployed) {
        let made = [(self.rest.take(), "Api", "ServerlessRestApi"), (self.http.take(), "HttpApi", "ServerlessHttpApi")];
        for (place, section, id) in made {
            let Some(place) = place else { continue };
            let template = evaluator.template;
            let globals = template.globals.as_ref().and_then(|globals| globals.get(section));
            // The lines are those of the function: only where they are globals' are they known better.
            let (body, spans) = match globals {
                Some(node) => evaluator.body(node),
                None => (Value::Null, BTreeMap::new()),
            };
            let mut body = match body {
                Value::Map(members) => BTreeMap::clone(&members),
                _ => BTreeMap::new(),
            };
            if section == "Api" {
                body.insert(Arc::from("StageName"), Value::text("Prod"));
            }
            let block = Block {
                address: id.to_owned(),
                kind: Arc::from(format!("AWS::Serverless::{section}")),
                module: Arc::from(""),
                key: None,
                body: Value::map(body),
                place: Place { file: Arc::clone(file), ..place },
                calls: Vec::new(),
                spans,
                ignores: Vec::new(),
                change: None,
                uncertain: None,
                site: Site::default(),
                elsewhere: None,
            };
            expand(&block, &mut Self::default(), out);
        }
    }
}

/// Makes of a serverless resource what the transform makes of it.
pub(super) fn expand(block: &Block, implicit: &mut Implicit, out: &mut Deployed) {
    match block.kind.strip_prefix("AWS::Serverless::") {
        Some("Function") => function::expand(block, implicit, out),
        Some("Api") => api::rest(block, out),
        Some("HttpApi") => api::http(block, out),
        Some("SimpleTable") => table(block, out),
        Some("LayerVersion") => {
            let mut made = Draft::new(block, &block.address, "AWS::Lambda::LayerVersion");
            made.take_all();
            out.blocks.push(made.block());
        }
        _ => {
            let expression = format!("{} {}, which the transform expands", block.kind, block.address);
            out.missing.push(Unknown::new(GapCode::Unresolved, &expression));
        }
    }
}

/// `AWS::Serverless::SimpleTable`: a table with one key, which pays by request unless told otherwise.
fn table(block: &Block, out: &mut Deployed) {
    let mut made = Draft::new(block, &block.address, "AWS::DynamoDB::Table");
    for name in ["TableName", "SSESpecification", "PointInTimeRecoverySpecification", "ProvisionedThroughput"] {
        made.take(name, name);
    }
    made.take_tags();
    if block.body.get("ProvisionedThroughput").is_none() {
        made.set("BillingMode", Value::text("PAY_PER_REQUEST"));
    }
    let key = block.body.get("PrimaryKey");
    let part = |name: &str, default: &str| match key {
        None => Value::text(default),
        Some(Value::Map(members)) => members.get(name).cloned().unwrap_or_else(|| Value::text(default)),
        Some(other) => other.clone(),
    };
    let name = part("Name", "id");
    let kind = match part("Type", "String") {
        Value::Text(kind) => Value::text(match &*kind {
            "Number" => "N",
            "Binary" => "B",
            _ => "S",
        }),
        other => other,
    };
    made.set(
        "AttributeDefinitions",
        Value::list(vec![object([("AttributeName", name.clone()), ("AttributeType", kind)])]),
    );
    let schema = object([("AttributeName", name), ("KeyType", Value::text("HASH"))]);
    made.set("KeySchema", Value::list(vec![schema]));
    out.blocks.push(made.block());
}

/// A map with these members, without those that are nothing.
fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::map(
        members.into_iter().filter(|(_, value)| !value.is_null()).map(|(key, value)| (Arc::from(key), value)).collect(),
    )
}

/// A reference to what is made beside.
fn made(id: &str, attribute: &str) -> Value {
    let shown = if attribute.is_empty() { id.to_owned() } else { format!("{id}.{attribute}") };
    let unknown = Unknown::new(GapCode::KnownAfterApply, &shown).from(Origin::attribute(id, attribute));
    Value::Unknown(Arc::new(unknown.of(vec![Reference::to(id, attribute)])))
}

/// A block in the making.
struct Draft<'b> {
    source: &'b Block,
    address: String,
    kind: &'static str,
    body: BTreeMap<Arc<str>, Value>,
    spans: BTreeMap<String, (u32, u32)>,
}

impl<'b> Draft<'b> {
    fn new(source: &'b Block, address: &str, kind: &'static str) -> Self {
        Self { source, address: address.to_owned(), kind, body: BTreeMap::new(), spans: BTreeMap::new() }
    }

    /// Sets a property.
    fn set(&mut self, name: &str, value: Value) {
        if !value.is_null() {
            self.body.insert(Arc::from(name), value);
        }
    }

    /// Takes a property of the serverless resource over, with its lines.
    fn take(&mut self, from: &str, name: &str) {
        if let Some(value) = self.source.body.get(from) {
            self.set(name, value.clone());
            self.lines(from, name);
        }
    }

    fn take_all(&mut self) {
        if let Value::Map(members) = &self.source.body {
            self.body.clone_from(members);
            self.spans.clone_from(&self.source.spans);
        }
    }

    /// Tags are a map in SAM, and a list in `CloudFormation`.
    fn take_tags(&mut self) {
        let Some(tags) = self.source.body.get("Tags") else { return };
        let list = match tags {
            Value::Map(members) => Value::list(
                members
                    .iter()
                    .map(|(key, value)| object([("Key", Value::text(key)), ("Value", value.clone())]))
                    .collect(),
            ),
            other => other.clone(),
        };
        self.set("Tags", list);
        self.line("Tags", "Tags");
    }

    /// Gives a property the line of what it is made of.
    fn line(&mut self, from: &str, to: &str) {
        if let Some(lines) = self.source.spans.get(from) {
            self.spans.insert(to.to_owned(), *lines);
        }
    }

    /// Gives a property, and all inside it, the lines of what it is made of.
    fn lines(&mut self, from: &str, to: &str) {
        self.line(from, to);
        let prefix = format!("{from}/");
        for (path, lines) in self.source.spans.range(prefix.clone()..) {
            let Some(rest) = path.strip_prefix(&prefix) else { break };
            self.spans.insert(format!("{to}/{rest}"), *lines);
        }
    }

    /// The block. If it is not known what the serverless resource says, it is not known of this.
    fn block(self) -> Block {
        let body = match &self.source.body {
            Value::Unknown(unknown) => Value::Unknown(Arc::clone(unknown)),
            _ => Value::map(self.body),
        };
        Block { address: self.address, kind: Arc::from(self.kind), body, spans: self.spans, ..self.source.clone() }
    }
}
