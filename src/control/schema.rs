//! Checks the attribute paths of an expression against the typed resource schemas, and says which
//! attributes it reads.

use std::collections::BTreeSet;

use serde_json::Value;

use super::diagnostic::nearest;
use super::expression::Expression;
use super::expression::syntax::{Ask, Kind, Literal, Syntax};
use super::functions::FUNCTIONS;
use crate::model::control::{Control, ItemScope};
use crate::model::resource::{TYPES, schema, type_info};

/// The members every resource has besides its attributes.
pub(crate) const IDENTITY: [&str; 5] = ["type", "id", "name", "account", "region"];

/// A path that does not exist, with the nearest one that does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathError {
    /// What is wrong.
    pub message: String,
    /// What was probably meant.
    pub help: Option<String>,
    /// The word in the source that is wrong.
    pub word: String,
}

/// What an expression reads and what is wrong with its paths.
#[derive(Debug, Default)]
pub struct Paths {
    /// Types read, each with the top-level attribute; `None` for the listing alone.
    pub reads: BTreeSet<(String, Option<String>)>,
    /// Paths that do not exist.
    pub errors: Vec<PathError>,
}

/// Checks one expression of a control.
#[must_use]
pub fn check(control: &Control, expression: &Expression) -> Paths {
    let mut walk = Walk { control, paths: Paths::default() };
    walk.shape(&expression.syntax(), &mut Vec::new());
    walk.paths
}

/// What is known of a value's shape.
#[derive(Clone)]
enum Shape {
    Any,
    /// The map of lists by type.
    Resources,
    /// The list of a type.
    Listed(String),
    /// A value with a JSON Schema; the type it is the root of, where it is one.
    Schema(&'static Value, Option<String>),
    Parameters,
}

struct Walk<'a> {
    control: &'a Control,
    paths: Paths,
}

impl Walk<'_> {
    fn shape(&mut self, syntax: &Syntax, bound: &mut Vec<(String, Shape)>) -> Shape {
        match &syntax.kind {
            Kind::Name(name) => self.variable(name, bound),
            Kind::Member(of, name) | Kind::Has(of, name) => {
                let of = self.shape(of, bound);
                self.member(&of, name)
            }
            Kind::Index(of, index) => self.index(of, index, bound),
            Kind::Call { target, args, .. } => {
                // The functions of a namespace were checked when the expression was compiled.
                if let Some(target) = target.as_deref().filter(|target| !is_namespace(target)) {
                    self.shape(target, bound);
                }
                for arg in args {
                    self.shape(arg, bound);
                }
                Shape::Any
            }
            Kind::Each(each) => {
                let over = self.shape(&each.over, bound);
                bound.push((each.variable.clone(), element(&over)));
                for part in each.only.iter().chain([&each.body]) {
                    self.shape(part, bound);
                }
                bound.pop();
                if each.ask == Ask::Filter { over } else { Shape::Any }
            }
            _ => {
                for child in syntax.children() {
                    self.shape(child, bound);
                }
                Shape::Any
            }
        }
    }

    fn variable(&mut self, name: &str, bound: &[(String, Shape)]) -> Shape {
        if let Some((_, shape)) = bound.iter().rev().find(|(variable, _)| variable == name) {
            return shape.clone();
        }
        match (name, self.control.scope) {
            ("resource", ItemScope::Resource) => {
                self.read(&self.control.resource.clone(), None);
                root(&self.control.resource)
            }
            ("resources", ItemScope::Account | ItemScope::Region) => Shape::Resources,
            ("parameters", _) => Shape::Parameters,
            ("account" | "region" | "now", _) => Shape::Any,
            ("resource", _) => self.wrong(
                "resource",
                "a scoped control has no `resource`".into(),
                Some("use resources[\"TYPE\"]".into()),
            ),
            ("resources", _) => {
                let help = "set `scope: account` or `scope: region`, or use `resource`";
                self.wrong("resources", "only a scoped control has `resources`".into(), Some(help.into()))
            }
            (name, _) => {
                let known = ["resource", "resources", "parameters", "account", "region", "now"];
                let help = nearest(name, known).map(|near| format!("did you mean `{near}`?"));
                self.wrong(name, format!("there is no variable `{name}`"), help)
            }
        }
    }

    fn index(&mut self, of: &Syntax, index: &Syntax, bound: &mut Vec<(String, Shape)>) -> Shape {
        let shape = self.shape(of, bound);
        match (&shape, &index.kind) {
            (Shape::Resources, Kind::Literal(Literal::Text(name))) => {
                if type_info(name).is_none() {
                    let help = nearest(name, TYPES.iter().map(|info| info.name));
                    let help = help.map(|near| format!("did you mean `{near}`?"));
                    return self.wrong(name, format!("there is no resource type `{name}`"), help);
                }
                self.read(name, None);
                Shape::Listed(name.to_owned())
            }
            (Shape::Resources, _) => {
                self.wrong("resources", "`resources` is indexed with a type in quotes".into(), None)
            }
            (Shape::Schema(..), Kind::Literal(Literal::Text(key))) => self.member(&shape, key),
            _ => {
                self.shape(index, bound);
                element(&shape)
            }
        }
    }

    fn member(&mut self, shape: &Shape, field: &str) -> Shape {
        match shape {
            Shape::Any => Shape::Any,
            Shape::Parameters => {
                if !self.control.parameters.contains_key(field) {
                    let near = nearest(field, self.control.parameters.keys().map(String::as_str));
                    let help = near.map(|near| format!("did you mean `{near}`?"));
                    return self.wrong(field, format!("the control has no parameter `{field}`"), help);
                }
                Shape::Any
            }
            Shape::Resources => self.wrong(field, "`resources` is indexed: resources[\"TYPE\"]".into(), None),
            Shape::Listed(_) => self.wrong(field, format!("there is no `{field}` in a list"), None),
            Shape::Schema(schema, of) => {
                if let Some(name) = of {
                    if IDENTITY.contains(&field) {
                        return Shape::Any;
                    }
                    self.read(&name.clone(), Some(field));
                }
                let Some(object) = object_of(schema) else {
                    return self.wrong(field, format!("there is no `{field}` in a value that is no object"), None);
                };
                if let Some(member) = object.get("properties").and_then(|members| members.get(field)) {
                    return Shape::Schema(member, None);
                }
                if let Some(any) = object.get("additionalProperties").filter(|any| any.is_object()) {
                    return Shape::Schema(any, None);
                }
                if object.get("properties").is_none() {
                    return Shape::Any;
                }
                let names: Vec<&str> =
                    object["properties"].as_object().into_iter().flatten().map(|(k, _)| k.as_str()).collect();
                let help = nearest(field, names.iter().copied())
                    .map_or_else(|| format!("it has: {}", names.join(", ")), |near| format!("did you mean `{near}`?"));
                let whose = of.as_deref().map_or_else(String::new, |name| format!(" of {name}"));
                self.wrong(field, format!("there is no attribute `{field}`{whose}"), Some(help))
            }
        }
    }

    fn read(&mut self, r#type: &str, attribute: Option<&str>) {
        self.paths.reads.insert((r#type.to_owned(), attribute.map(ToOwned::to_owned)));
    }

    fn wrong(&mut self, word: &str, message: String, help: Option<String>) -> Shape {
        self.paths.errors.push(PathError { message, help, word: word.to_owned() });
        Shape::Any
    }
}

fn root(r#type: &str) -> Shape {
    schema(r#type).map_or(Shape::Any, |schema| Shape::Schema(schema, Some(r#type.to_owned())))
}

fn element(shape: &Shape) -> Shape {
    match shape {
        Shape::Listed(name) => root(name),
        Shape::Schema(schema, _) => {
            array_of(schema).and_then(|array| array.get("items")).map_or(Shape::Any, |items| Shape::Schema(items, None))
        }
        _ => Shape::Any,
    }
}

/// The alternative of a schema that is an object, looking through "or null".
pub(crate) fn object_of(schema: &Value) -> Option<&Value> {
    alternatives(schema).into_iter().find(|schema| {
        schema.get("properties").is_some()
            || schema.get("additionalProperties").is_some()
            || has_type(schema, "object")
            || schema == &&Value::Bool(true)
    })
}

/// The alternative of a schema that is a list, looking through "or null".
pub(crate) fn array_of(schema: &Value) -> Option<&Value> {
    alternatives(schema).into_iter().find(|schema| has_type(schema, "array"))
}

fn alternatives(schema: &Value) -> Vec<&Value> {
    let mut all = vec![schema];
    for key in ["anyOf", "oneOf", "allOf"] {
        if let Some(list) = schema.get(key).and_then(Value::as_array) {
            all.extend(list.iter().flat_map(alternatives));
        }
    }
    all
}

fn has_type(schema: &Value, name: &str) -> bool {
    match schema.get("type") {
        Some(Value::String(one)) => one == name,
        Some(Value::Array(some)) => some.iter().any(|one| one == name),
        _ => false,
    }
}

/// Whether this is the `policy` of `policy.allows_public(x)`.
fn is_namespace(target: &Syntax) -> bool {
    let Kind::Name(name) = &target.kind else { return false };
    FUNCTIONS.iter().any(|function| function.name.split_once('.').is_some_and(|(of, _)| of == name))
}
