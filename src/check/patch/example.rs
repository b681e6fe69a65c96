//! The examples of patches: each fails, and is mended by the patch that it stands beside.

use chrono::DateTime;

use super::{Scope, patch};
use crate::check::{self, Request};
use crate::evidence::error::Failure;
use crate::evidence::rules::Rules;
use crate::iac::mapping::Mappings;
use crate::model::patch::Change;
use crate::model::scan::ScanSelection;

/// What is wrong with the patches of a control: an entry of a type that no mapping knows, an example that does
/// not fail, or that the patch does not mend. Empty where all is well.
///
/// # Errors
///
/// If no temporary folder can be made or written.
pub fn unmended_examples(rules: &Rules, control: &str) -> Result<Vec<String>, Failure> {
    let mut wrong = Vec::new();
    let Some(patch) = rules.controls.get(control).and_then(|loaded| loaded.control.patch.as_ref()) else {
        return Ok(wrong);
    };
    let known = |kind: &str| Mappings::built_in().knows(kind);
    for (kind, change) in &patch.terraform {
        if !known(kind) {
            wrong.push(format!("{kind}: no mapping knows this type"));
            continue;
        }
        let why = tried(rules, control, "main.tf", &terraform(kind, change))?;
        wrong.extend(why.map(|why| format!("{kind}: {why}")));
    }
    for (kind, change) in &patch.cloudformation {
        if !known(kind) {
            wrong.push(format!("{kind}: no mapping knows this type"));
            continue;
        }
        let yaml = template(kind, change);
        let why = tried(rules, control, "template.yaml", &yaml)?;
        wrong.extend(why.map(|why| format!("{kind} in YAML: {why}")));
        match serde_saphyr::from_str::<serde_json::Value>(&yaml) {
            Ok(value) => {
                let json = serde_json::to_string_pretty(&value).unwrap_or_default();
                let why = tried(rules, control, "template.json", &json)?;
                wrong.extend(why.map(|why| format!("{kind} in JSON: {why}")));
            }
            Err(error) => wrong.push(format!("{kind}: the example is not YAML without tags: {error}")),
        }
    }
    Ok(wrong)
}

/// The file of an example of Terraform: its body in a block, or as it is where it has whole blocks.
fn terraform(kind: &str, change: &Change) -> String {
    let body = change.example.as_deref().unwrap_or_default();
    if body.contains("resource \"") {
        return body.to_owned();
    }
    let body = indented(body, "  ");
    if kind.contains('/') {
        return format!("module \"example\" {{\n  source = \"{kind}\"\n{body}}}\n");
    }
    format!("resource \"{kind}\" \"example\" {{\n{body}}}\n")
}

fn indented(text: &str, by: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        out.push_str(&format!("{by}{line}\n"));
    }
    out
}

/// The template of an example: its properties in a resource, or as it is where it has whole resources.
fn template(kind: &str, change: &Change) -> String {
    let body = change.example.as_deref().unwrap_or_default();
    if body.starts_with("Resources:") {
        return body.to_owned();
    }
    let properties = indented(body, "      ");
    let head = if properties.is_empty() { "" } else { "    Properties:\n" };
    format!("Resources:\n  Example:\n    Type: {kind}\n{head}{properties}")
}

/// What is wrong when the patches of a control are tried on a file.
fn tried(rules: &Rules, control: &str, name: &str, text: &str) -> Result<Option<String>, Failure> {
    let folder = tempfile::tempdir().map_err(Failure::io("make a temporary folder"))?;
    let file = folder.path().join(name);
    std::fs::write(&file, text).map_err(Failure::io("write an example"))?;
    let asked = ScanSelection { controls: vec![control.to_owned()], ..ScanSelection::default() };
    let request = Request { paths: vec![folder.path().to_owned()], asked, ..Request::default() };
    let code = check::read(&request)?;
    let patched = patch(&code, &request, rules, DateTime::UNIX_EPOCH, Scope::default())?;
    let fixes = &patched.fixes;
    if let Some(problem) = code.problems.first() {
        return Ok(Some(format!("the example cannot be read: could not {}", problem.message)));
    }
    if let Some(left) = fixes.unpatched.first() {
        return Ok(Some(format!("the example is not mended: {}", left.reason)));
    }
    if fixes.patched.is_empty() {
        return Ok(Some("the control does not fail on the example".to_owned()));
    }
    Ok(None)
}
