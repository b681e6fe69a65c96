//! The language on small mappings, and the real mappings on blocks.

mod builtin;
mod databases;
mod edge;
mod groups;
mod hostile;
mod identities;
mod language;
mod links;
mod network;
mod policies;
mod s3;
mod services;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;
use crate::iac::unit::{Block, Language, Place};
use crate::iac::value::{Part, Reference, Unknown, Value};
use crate::model::gap::GapCode;

/// The mapping files: name and text.
pub(super) fn files() -> Vec<(String, String)> {
    let types = concat!(env!("CARGO_MANIFEST_DIR"), "/src/iac/mapping/types");
    let list = |path: &std::path::Path| -> Vec<std::path::PathBuf> {
        let entries = std::fs::read_dir(path).expect("lists the mappings");
        entries.map(|entry| entry.expect("lists the mappings").path()).collect()
    };
    let files = list(types.as_ref()).into_iter().flat_map(|service| list(&service));
    let read = |path: std::path::PathBuf| {
        (path.display().to_string(), std::fs::read_to_string(&path).expect("reads a mapping"))
    };
    files.map(read).collect()
}

/// A block at this address with this body, one line for each: the block on ten lines that begin at ten
/// times its place, its arguments on those that follow.
pub(super) fn block(address: &str, body: &serde_json::Value) -> Block {
    let last = address.rsplit('.').nth(1).unwrap_or(address);
    let kind = last.split('[').next().unwrap_or(last);
    let (module, own) = match address.rfind("aws_") {
        Some(_) => {
            let parts: Vec<&str> = address.split('.').collect();
            let at = parts.iter().position(|part| part.starts_with("aws_")).unwrap_or_default();
            (parts[..at].join("."), parts[at..].join("."))
        }
        None => (String::new(), address.to_owned()),
    };
    let key = own.split_once('[').and_then(|(_, key)| key.strip_suffix(']')).map(Arc::from);
    let mut spans = BTreeMap::new();
    if let Some(members) = body.as_object() {
        for (line, key) in (2_u32..).zip(members.keys()) {
            spans.insert(key.clone(), (line, line));
        }
    }
    Block {
        address: address.to_owned(),
        kind: Arc::from(kind),
        module: Arc::from(module.as_str()),
        key,
        body: value(body),
        place: Place { file: Arc::from("main.tf"), line: 1, end_line: 9 },
        calls: Vec::new(),
        spans,
        ignores: Vec::new(),
        change: None,
        uncertain: None,
        provider: None,
    }
}

/// A resource of a template.
pub(super) fn template(id: &str, kind: &str, body: &serde_json::Value) -> Block {
    Block { kind: Arc::from(kind), ..block(id, body) }
}

/// A value of JSON, in which `{"$ref": "address.attribute"}` is a reference to one instance,
/// `{"$some": …}` one that does not say which, `{"$var": "var.x"}` a variable without a value,
/// `{"$text": [..]}` a text made of parts and `{"$json": …}` the JSON text of something.
pub(super) fn value(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Array(items) => Value::list(items.iter().map(value).collect()),
        serde_json::Value::Object(members) => {
            if let Some((key, inner)) = members.iter().next().filter(|_| members.len() == 1) {
                match key.as_str() {
                    "$text" => {
                        let parts = inner.as_array().expect("parts").iter().map(|part| match value(part) {
                            Value::Text(text) => Part::Text(text),
                            Value::Unknown(unknown) => Part::Unknown(unknown),
                            other => panic!("{other:?}"),
                        });
                        return Value::Template(parts.collect());
                    }
                    "$json" => return Value::Json(Arc::new(value(inner))),
                    "$ref" | "$some" | "$var" => {
                        return Value::Unknown(Arc::new(unknown(key, inner.as_str().expect("text"))));
                    }
                    _ => {}
                }
            }
            Value::map(members.iter().map(|(key, member)| (Arc::from(key.as_str()), value(member))).collect())
        }
        scalar => Value::from_json(scalar),
    }
}

fn unknown(form: &str, text: &str) -> Unknown {
    if form == "$var" {
        return Unknown::new(GapCode::Unresolved, text);
    }
    let (address, attribute) = text.rsplit_once('.').unwrap_or((text, ""));
    Unknown::new(GapCode::KnownAfterApply, text).of(vec![Reference {
        address: address.to_owned(),
        attribute: attribute.to_owned(),
        whole: true,
        instance: form == "$ref",
    }])
}

pub(super) fn unit(language: Language) -> Unit {
    Unit { path: "x".to_owned(), language, worlds: Vec::new(), missing: Vec::new(), before: Vec::new() }
}

pub(super) fn terraform(mappings: &Mappings, blocks: Vec<Block>) -> Mapped {
    map(&unit(Language::Terraform), &World { assumptions: Vec::new(), blocks }, mappings)
}

pub(super) fn cloudformation(mappings: &Mappings, blocks: Vec<Block>) -> Mapped {
    map(&unit(Language::Cloudformation), &World { assumptions: Vec::new(), blocks }, mappings)
}

/// The resource with this id.
#[track_caller]
pub(super) fn of<'a>(mapped: &'a Mapped, id: &str) -> &'a Resource {
    let ids = || mapped.resources.iter().map(|resource| resource.identity.id.as_str()).collect::<Vec<_>>();
    mapped.resources.iter().find(|resource| resource.identity.id == id).unwrap_or_else(|| panic!("{id} in {:?}", ids()))
}

/// The places that told these attributes: index of the block and first line.
pub(super) fn told(mapped: &Mapped, resource: &Resource, pointers: &[&str]) -> Vec<(usize, Option<u32>)> {
    let captures = resource.captures_for(pointers.iter().copied());
    let place = |capture: &u64| mapped.places[usize::try_from(*capture).expect("a place")];
    captures.iter().map(place).map(|told| (told.block, told.lines.map(|lines| lines.0))).collect()
}
