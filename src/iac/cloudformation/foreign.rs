//! The directives of other tools in the `Metadata` of a template's resources.

use std::sync::Arc;

use super::node::Node;
use super::tree;
use crate::iac::deployment::Place;
use crate::iac::suppressions::{Covers, Foreign, Tool};

/// What stands in a template that has some.
pub(in crate::iac) const WORDS: &[&str] = &["checkov", "SuppressedRules", "rules_to_suppress"];

/// Most directives read of a resource.
const LIMIT: usize = 1000;

/// Longest reason kept, in characters.
const REASON: usize = 500;

/// The directives of a template, resource by resource.
pub(in crate::iac) fn read(file: &Arc<str>, text: &str) -> Vec<Foreign> {
    if !WORDS.iter().any(|word| text.contains(word)) {
        return Vec::new();
    }
    let Ok((root, _)) = tree(file, text) else { return Vec::new() };
    let resources = root.get("Resources").and_then(Node::members).unwrap_or_default();
    let mut found = Vec::new();
    for resource in resources {
        let Some(metadata) = resource.value.get("Metadata") else { continue };
        let covers = Covers::Resource { first: resource.line, last: resource.end_line };
        let foreign = |tool, node: &Node, rule: Arc<str>, reason: Option<Arc<str>>| Foreign {
            tool,
            place: Place { file: Arc::clone(file), line: node.line, end_line: node.end_line.max(node.line) },
            rule: Some(rule.to_string()),
            reason: reason.map(|reason| reason.chars().take(REASON).collect()),
            until: None,
            covers,
            unusable: None,
        };
        let scalar = |node: &Node, key: &str| node.get(key).and_then(Node::scalar);
        for item in items(metadata.get("checkov").and_then(|ours| ours.get("skip"))) {
            if let Some(id) = scalar(item, "id") {
                found.push(foreign(Tool::Checkov, item, id, scalar(item, "comment")));
            }
        }
        for item in items(metadata.get("guard").and_then(|ours| ours.get("SuppressedRules"))) {
            if let Some(id) = item.scalar() {
                found.push(foreign(Tool::CfnGuard, item, id, None));
            }
        }
        for item in items(metadata.get("cfn_nag").and_then(|ours| ours.get("rules_to_suppress"))) {
            if let Some(id) = scalar(item, "id") {
                found.push(foreign(Tool::CfnNag, item, id, scalar(item, "reason")));
            }
        }
    }
    found
}

fn items(node: Option<&Node>) -> impl Iterator<Item = &Node> {
    node.and_then(Node::items).unwrap_or_default().iter().take(LIMIT)
}
