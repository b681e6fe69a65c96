//! The language on small mappings, and the real mappings on blocks.

mod addresses;
mod builtin;
mod code;
mod databases;
mod edge;
mod form;
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
use crate::iac::deployment::{Block, Language, Place, Site, Uncertain};
use crate::iac::origin::{Origin, Position};
use crate::iac::value::{Part, Reference, Unknown, Value};
use crate::model::gap::GapCode;
use crate::model::resource::Resource;
use crate::model::tree::Tree;

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
        body: value_in(&module, body),
        place: Place { file: Arc::from("main.tf"), line: 1, end_line: 9 },
        calls: Vec::new(),
        spans,
        ignores: Vec::new(),
        change: None,
        uncertain: None,
        site: Site::default(),
        elsewhere: None,
    }
}

/// A resource of a template.
pub(super) fn template(id: &str, kind: &str, body: &serde_json::Value) -> Block {
    Block { kind: Arc::from(kind), ..block(id, body) }
}

/// A value of JSON, with the variables of a module. In it `{"$ref": "address.attribute"}` is a reference to
/// one instance, `{"$some": …}` one that does not say which, `{"$var": "var.x"}` a variable without a value,
/// `{"$text": [..]}` a text made of parts and `{"$json": …}` the JSON text of something.
fn value_in(module: &str, json: &serde_json::Value) -> Value {
    let value = |json: &serde_json::Value| value_in(module, json);
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
                        let unknown = unknown(module, key, inner.as_str().expect("text"));
                        return Value::Unknown(Arc::new(unknown));
                    }
                    _ => {}
                }
            }
            Value::map(members.iter().map(|(key, member)| (Arc::from(key.as_str()), value(member))).collect())
        }
        scalar => Value::from_json(scalar),
    }
}

fn unknown(module: &str, form: &str, text: &str) -> Unknown {
    if form == "$var" {
        let writes_quotes = text.contains('"');
        return Unknown { writes_quotes, ..Unknown::new(GapCode::Unresolved, text).from(origin(module, text)) };
    }
    let (address, attribute) = text.rsplit_once('.').unwrap_or((text, ""));
    let origin = if form == "$ref" { Origin::attribute(address, attribute) } else { Origin::Unidentified };
    Unknown::new(GapCode::KnownAfterApply, text).from(origin).of(vec![Reference {
        address: address.to_owned(),
        attribute: attribute.to_owned(),
        whole: true,
        instance: form == "$ref",
    }])
}

/// Where what is spelled so comes from.
fn origin(module: &str, text: &str) -> Origin {
    if let Some((number, "Fn::GetAZs")) = text.strip_prefix("Fn::Select ").and_then(|rest| rest.split_once(" of ")) {
        return Origin::Zones(Arc::from("AWS::Region")).element(Position::At(Arc::from(number)));
    }
    if let Some(of) = text.strip_prefix("length(").and_then(|rest| rest.strip_suffix(')')) {
        return origin(module, of).length();
    }
    if let Some((of, number)) = text.strip_suffix(']').and_then(|rest| rest.rsplit_once('[')) {
        return origin(module, of).element(Position::At(Arc::from(number)));
    }
    match text {
        "uuid()" => Origin::Fresh,
        "an element" => Origin::Unidentified,
        data if data.starts_with("data.") => {
            let (address, path) = data.rsplit_once('.').expect("an attribute");
            Origin::attribute(address, path)
        }
        block if block.starts_with("aws_") => Origin::attribute(block, ""),
        name => Origin::input(if module.is_empty() { "module.tested" } else { module }, name),
    }
}

/// The block, of which it is not known whether it is there: as its argument says.
pub(super) fn uncertain(block: Block, why: &str) -> Block {
    let unknown = |of: &str| Arc::new(Unknown::new(GapCode::Unresolved, why).from(origin("", of)));
    let uncertain = match why.split_once(" = ") {
        Some(("for_each", of)) => Uncertain::ForEach(unknown(of)),
        Some(("count", of)) => Uncertain::Count(unknown(of)),
        _ => Uncertain::Condition(unknown(why)),
    };
    Block { uncertain: Some(uncertain), ..block }
}

pub(super) fn deployment(language: Language) -> Deployment {
    Deployment {
        path: "x".to_owned(),
        language,
        scenarios: Vec::new(),
        missing: Vec::new(),
        unread: Vec::new(),
        before: Vec::new(),
    }
}

pub(super) fn terraform(mappings: &Mappings, blocks: Vec<Block>) -> Mapped {
    map(&deployment(Language::Terraform), &Scenario { part: 0, assumptions: Vec::new(), blocks }, mappings)
}

pub(super) fn cloudformation(mappings: &Mappings, blocks: Vec<Block>) -> Mapped {
    map(&deployment(Language::Cloudformation), &Scenario { part: 0, assumptions: Vec::new(), blocks }, mappings)
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
