//! The resources of a template in one scenario.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::deployed::{Deployed, Stack};
use super::evaluate::{Entry, Evaluator};
use super::node::{Fault, Node};
use super::sam;
use super::scenario::Assumptions;
use super::suppress::ignores;
use super::template::Template;
use crate::iac::deployment::{Block, Place, Site, Uncertain};
use crate::iac::value::{Part, Unknown, Value};
use crate::model::gap::GapCode;

/// Most resources of one template. AWS takes 500.
const RESOURCE_LIMIT: usize = 20_000;

/// Evaluates the resources of a template.
pub(super) fn deploy(template: &Template, scenario: &Assumptions, file: &Arc<str>) -> Deployed {
    let mut evaluator = Evaluator::new(template, scenario);
    let mut out = Deployed::default();
    let mut entries = Vec::new();
    for member in &template.resources {
        if &*member.key == "Fn::Transform" {
            out.missing.push(Unknown::new(GapCode::Unresolved, "resources of Fn::Transform"));
        } else if let Err(unknown) = evaluator.entries(std::slice::from_ref(member), &mut entries) {
            out.missing.push(Unknown::clone(&unknown));
        }
    }
    if entries.len() > RESOURCE_LIMIT {
        entries.truncate(RESOURCE_LIMIT);
        out.faults.push(Fault { line: None, message: format!("read more than {RESOURCE_LIMIT} resources") });
    }
    let mut implicit = sam::Implicit::default();
    for entry in &entries {
        one(&mut evaluator, entry, file, &mut implicit, &mut out);
    }
    implicit.apis(&mut evaluator, file, &mut out);
    if evaluator.exhausted() {
        let message = "evaluate all of the template: it takes too many steps".to_owned();
        out.faults.push(Fault { line: None, message });
    }
    out.undecided = std::mem::take(&mut evaluator.undecided);
    out.steps = evaluator.steps;
    out
}

fn one(
    evaluator: &mut Evaluator<'_>,
    entry: &Entry,
    file: &Arc<str>,
    implicit: &mut sam::Implicit,
    out: &mut Deployed,
) {
    let kind = entry.node.get("Type").and_then(Node::text).filter(|kind| !kind.is_empty());
    let Some(kind) = kind else {
        let id: String = entry.key.chars().take(100).collect();
        out.faults.push(Fault::at(entry.line, format!("read the resource {id:?}: it has no Type")));
        return;
    };
    // What CDK says of itself; its condition would split the scenarios by region.
    if kind == "AWS::CDK::Metadata" {
        return;
    }
    let bindings = std::mem::replace(&mut evaluator.bindings, entry.bindings.clone());
    resource(evaluator, entry, kind, file, implicit, out);
    evaluator.bindings = bindings;
}

fn resource(
    evaluator: &mut Evaluator<'_>,
    entry: &Entry,
    kind: &str,
    file: &Arc<str>,
    implicit: &mut sam::Implicit,
    out: &mut Deployed,
) {
    let kind = if evaluator.bindings.is_empty() { kind.to_owned() } else { evaluator.bound(kind) };
    let place = Place { file: Arc::clone(file), line: entry.line, end_line: entry.end_line };
    let directives = ignores(entry.node.get("Metadata"), file, &entry.key);
    out.ignores.extend(directives.iter().cloned());
    let uncertain = match entry.node.get("Condition").map(|condition| evaluator.truth(condition)) {
        Some(Ok(false)) => return,
        Some(Ok(true)) | None => None,
        Some(Err(unknown)) => Some(Uncertain::Condition(unknown)),
    };
    let (body, spans) = match entry.node.get("Properties") {
        Some(node) => evaluator.body(node),
        None => (Value::Null, BTreeMap::new()),
    };
    let body = match body {
        Value::Map(_) | Value::Unknown(_) => body,
        Value::Null => Value::map(BTreeMap::new()),
        _ => {
            let message = format!("read the resource {:?}: its Properties are not a map", &*entry.key);
            out.faults.push(Fault::at(entry.line, message));
            Value::unknown(GapCode::Unresolved, "Properties that are not a map")
        }
    };
    let block = Block {
        address: entry.key.to_string(),
        kind: Arc::from(kind.as_str()),
        module: Arc::from(""),
        key: None,
        body,
        place,
        calls: Vec::new(),
        spans,
        ignores: directives,
        change: None,
        uncertain,
        site: Site::default(),
        elsewhere: None,
    };
    if kind.starts_with("AWS::Serverless::") {
        sam::expand(&block, implicit, out);
        return;
    }
    if kind == "AWS::CloudFormation::Stack" {
        out.stacks.push(stack(&block, &entry.node));
    } else if kind.ends_with("::MODULE") {
        out.missing.push(Unknown::new(GapCode::Unresolved, &format!("module {kind}")));
    }
    out.blocks.push(block);
}

/// The nested stack that a resource makes. CDK says in its metadata which file the template is; what
/// is deployed has the address of a bucket.
fn stack(block: &Block, node: &Node) -> Stack {
    let asset = node.get("Metadata").and_then(|metadata| metadata.get("aws:asset:path")).and_then(Node::text);
    let url = || match block.body.get("TemplateURL") {
        Some(Value::Text(text)) => text.to_string(),
        Some(Value::Template(parts)) => parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => text,
                Part::Unknown(_) => " ",
            })
            .collect(),
        _ => String::new(),
    };
    Stack {
        id: Arc::from(block.address.as_str()),
        template: asset.map_or_else(url, str::to_owned),
        parameters: block.body.get("Parameters").cloned().unwrap_or_default(),
    }
}
