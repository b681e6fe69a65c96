//! Checks the attribute paths of an expression against the typed resource schemas, and says which
//! attributes it reads.

use std::collections::BTreeSet;

use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, operators};
use serde_json::Value;

use super::diagnostic::nearest;
use super::expression::{Expression, children};
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
    walk.shape(expression.ast(), &mut Vec::new());
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
    fn shape(&mut self, ast: &IdedExpr, bound: &mut Vec<(String, Shape)>) -> Shape {
        match &ast.expr {
            Expr::Ident(name) => self.variable(name, bound),
            Expr::Select(select) => {
                if let Some(name) = function_name(ast)
                    && FUNCTIONS.iter().any(|function| function.name == name)
                {
                    return Shape::Any;
                }
                let operand = self.shape(&select.operand, bound);
                self.member(&operand, &select.field)
            }
            Expr::Call(call) if call.func_name == operators::INDEX => self.index(call, bound),
            Expr::Call(call) => {
                self.call(call, bound);
                Shape::Any
            }
            Expr::Comprehension(comprehension) => {
                let range = self.shape(&comprehension.iter_range, bound);
                let element = element(&range);
                let depth = bound.len();
                bound.push((comprehension.iter_var.clone(), element));
                bound.push((comprehension.accu_var.clone(), Shape::Any));
                for part in [
                    &comprehension.accu_init,
                    &comprehension.loop_cond,
                    &comprehension.loop_step,
                    &comprehension.result,
                ] {
                    self.shape(part, bound);
                }
                bound.truncate(depth);
                Shape::Any
            }
            _ => {
                for child in children(ast) {
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
            (name, _) if name.starts_with('@') => Shape::Any,
            (name, _) => {
                let known = ["resource", "resources", "parameters", "account", "region", "now"];
                let help = nearest(name, known).map(|near| format!("did you mean `{near}`?"));
                self.wrong(name, format!("there is no variable `{name}`"), help)
            }
        }
    }

    fn index(&mut self, call: &CallExpr, bound: &mut Vec<(String, Shape)>) -> Shape {
        let [operand, index] = call.args.as_slice() else { return Shape::Any };
        let shape = self.shape(operand, bound);
        match (&shape, &index.expr) {
            (Shape::Resources, Expr::Literal(LiteralValue::String(name))) => {
                let name = name.inner();
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
            (Shape::Schema(..), Expr::Literal(LiteralValue::String(key))) => self.member(&shape, key.inner()),
            _ => {
                self.shape(index, bound);
                element(&shape)
            }
        }
    }

    fn call(&mut self, call: &CallExpr, bound: &mut Vec<(String, Shape)>) {
        if let Some(target) = &call.target {
            let namespaced = function_name(target).map(|prefix| format!("{prefix}.{}", call.func_name));
            match namespaced {
                Some(name) if is_namespace(&name) => {
                    if !FUNCTIONS.iter().any(|function| function.name == name) {
                        let near = nearest(&name, FUNCTIONS.iter().map(|function| function.name));
                        let help = near.map(|near| format!("did you mean `{near}`?"));
                        self.wrong(&name, format!("there is no function `{name}`"), help);
                    }
                }
                _ => {
                    self.shape(target, bound);
                }
            }
        }
        for arg in &call.args {
            self.shape(arg, bound);
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

/// `policy` of `policy.f(x)`: a plain name.
fn function_name(ast: &IdedExpr) -> Option<String> {
    match &ast.expr {
        Expr::Ident(name) => Some(name.clone()),
        Expr::Select(select) if !select.test => {
            function_name(&select.operand).map(|prefix| format!("{prefix}.{}", select.field))
        }
        _ => None,
    }
}

fn is_namespace(name: &str) -> bool {
    let prefix = name.split('.').next().unwrap_or_default();
    FUNCTIONS.iter().any(|function| function.name.split('.').next() == Some(prefix))
}
