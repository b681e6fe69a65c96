//! The sections of a template, found once, before it is evaluated in its scenarios.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::node::{Fault, Kind, Member, Node, number};
use super::sam::globals::with_globals;
use crate::iac::value::{Unknown, Value};
use crate::model::gap::GapCode;

/// The scope of pseudo parameters.
pub(super) const PSEUDO: &str = "AWS";

/// The section of conditions.
pub(super) const CONDITIONS: &str = "Conditions";

/// A template.
#[derive(Debug)]
pub(super) struct Template {
    pub(super) parameters: HashMap<Arc<str>, Parameter>,
    pub(super) mappings: HashMap<Arc<str>, Node>,
    pub(super) conditions: HashMap<Arc<str>, Node>,
    /// The members of `Resources`, loops over resources (`Fn::ForEach::…`) too. `Globals` of SAM are
    /// merged in.
    pub(super) resources: Vec<Member>,
    /// `Globals` of SAM.
    pub(super) globals: Option<Node>,
    /// Logical ids that are written out.
    pub(super) ids: HashSet<Arc<str>>,
    /// Whether a transform or a loop makes resources whose ids are not written out.
    pub(super) makes_ids: bool,
    /// What is in the deployed stack and not to be read here.
    pub(super) missing: Vec<Unknown>,
}

/// What is known of a parameter.
#[derive(Debug, Clone)]
pub(super) enum Parameter {
    /// Its value, given or by default.
    Known(Value),
    /// `NoEcho`: whatever its value, it is not to be shown.
    Sensitive,
    /// No value.
    Open {
        /// The values that it may have, where it says so.
        allowed: Vec<Arc<str>>,
        /// Whether it is certainly something, and of another stack: the id of a subnet, or an attribute
        /// of a resource that the parent stack makes.
        elsewhere: bool,
    },
}

/// What a parameter is given from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Given {
    /// A value.
    Value(String),
    /// One of several.
    OneOf(Vec<String>),
    /// Something that is not known: the default does not hold.
    Unknown {
        /// Whether it is certainly something, and of another stack.
        elsewhere: bool,
    },
}

impl Template {
    /// Finds the sections. Fails where there are no resources.
    pub(super) fn new(root: &Node, given: &BTreeMap<String, Given>) -> Result<Self, Fault> {
        let Some(sections) = root.members() else {
            return Err(Fault::at(root.line, "read a template: its top level is not a map"));
        };
        let section = |name: &str| sections.iter().find(|member| &*member.key == name).map(|member| &member.value);
        let Some(resources) = section("Resources") else {
            return Err(Fault::at(root.line, "read a template: it has no Resources"));
        };
        let Some(members) = resources.members() else {
            return Err(Fault::at(resources.line, "read a template: its Resources are not a map"));
        };

        let mut missing = Vec::new();
        let serverless = transforms(section("Transform"), &mut missing);
        let globals = section("Globals").filter(|_| serverless);
        let resources: Vec<Member> = match globals {
            Some(globals) => members.iter().map(|member| with_globals(member, globals)).collect(),
            None => members.to_vec(),
        };
        let ids: HashSet<_> = resources.iter().map(|member| Arc::clone(&member.key)).collect();
        let makes_ids = serverless || !missing.is_empty() || ids.iter().any(|id| id.starts_with("Fn::"));
        let mut parameters = HashMap::new();
        for member in section("Parameters").and_then(Node::members).unwrap_or_default() {
            parameters.insert(Arc::clone(&member.key), parameter(&member.value, given.get(&*member.key)));
        }
        let index = |name: &str| -> HashMap<Arc<str>, Node> {
            let members = section(name).and_then(Node::members).unwrap_or_default();
            members.iter().map(|member| (Arc::clone(&member.key), member.value.clone())).collect()
        };
        Ok(Self {
            parameters,
            mappings: index("Mappings"),
            conditions: index("Conditions"),
            resources,
            globals: globals.cloned(),
            ids,
            makes_ids,
            missing,
        })
    }
}

/// Whether the template is one of SAM's; notes the macros whose work is not known here.
fn transforms(node: Option<&Node>, missing: &mut Vec<Unknown>) -> bool {
    let Some(node) = node else { return false };
    let each: Vec<&Node> = match &node.kind {
        Kind::List(items) => items.iter().collect(),
        _ => vec![node],
    };
    let mut serverless = false;
    for transform in each {
        let name =
            transform.text().or_else(|| transform.get("Name").and_then(Node::text)).unwrap_or("that is not named");
        match name {
            "AWS::Serverless-2016-10-31" => serverless = true,
            // Loops and their like are done here; the other two add rotation functions, and hooks, and
            // change no resource that is written.
            "AWS::LanguageExtensions"
            | "AWS::SecretsManager-2020-07-23"
            | "AWS::SecretsManager-2024-09-16"
            | "AWS::CodeDeployBlueGreen" => {}
            _ => missing.push(Unknown::new(GapCode::Unresolved, &format!("transform {name}"))),
        }
    }
    serverless
}

fn parameter(node: &Node, given: Option<&Given>) -> Parameter {
    let is_true =
        |key: &str| node.get(key).and_then(Node::scalar).is_some_and(|text| text.eq_ignore_ascii_case("true"));
    if is_true("NoEcho") {
        return Parameter::Sensitive;
    }
    let kind = node.get("Type").and_then(Node::text).unwrap_or("String");
    match given {
        // Of an SSM parameter, the name is what is given, and not the value; that is never empty.
        _ if kind.starts_with("AWS::SSM::Parameter::Value<") => {
            return Parameter::Open { allowed: Vec::new(), elsewhere: true };
        }
        Some(Given::Value(text)) => return Parameter::Known(typed(kind, text)),
        Some(Given::OneOf(texts)) => {
            let allowed = texts.iter().map(|text| Arc::from(text.as_str())).collect();
            return Parameter::Open { allowed, elsewhere: false };
        }
        Some(Given::Unknown { elsewhere: true }) => return Parameter::Open { allowed: Vec::new(), elsewhere: true },
        Some(Given::Unknown { elsewhere: false }) => {}
        None => {
            if let Some(text) = node.get("Default").and_then(Node::scalar) {
                return Parameter::Known(typed(kind, &text));
            }
        }
    }
    let allowed = node.get("AllowedValues").and_then(Node::items).unwrap_or_default();
    let single = !kind.starts_with("List<") && kind != "CommaDelimitedList";
    let allowed = allowed.iter().filter(|_| single).filter_map(Node::scalar).collect();
    // AWS checks that what such a parameter names is there (`AWS::EC2::VPC::Id`).
    Parameter::Open { allowed, elsewhere: kind.contains("AWS::") }
}

/// The value of a parameter of this type.
fn typed(kind: &str, text: &str) -> Value {
    if kind == "CommaDelimitedList" || kind.starts_with("List<") {
        return Value::list(text.split(',').map(|item| Value::text(item.trim())).collect());
    }
    match number(text) {
        Some(number) if kind == "Number" => Value::Number(number),
        _ => Value::text(text),
    }
}
