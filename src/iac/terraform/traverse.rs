//! Names and the steps from them: `var.a`, `aws_kms_key.main["eu"].arn`, `module.logs[*].bucket`.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::convert::{self, BLOCK_MEMBER};
use super::evaluate::{Evaluator, Failure, Outcome, is_open};
use super::functions;
use super::scope::{Children, Expansion, Instance, Mode, Scope};
use super::syntax::{Expr, Step, render};
use crate::iac::origin::{Origin, Position};
use crate::iac::value::{Reference, Unknown, Value};
use crate::model::gap::GapCode;

/// How many references of a value are kept when it is read as an attribute. Its own comes first.
const PASSED_ON: usize = 7;

/// Longest path from a block that is kept, in bytes.
const PATH_LIMIT: usize = 200;

/// Where a traversal stands.
#[derive(Clone)]
enum Head {
    Value(Value),
    /// A part of an instance of a resource: the instance, and the path from it.
    Part(Value, Rc<Expansion>, usize, String),
    Block(Rc<Expansion>, usize),
    Blocks(Rc<Expansion>),
    Module(Rc<Children>, usize),
    Modules(Rc<Children>),
}

impl Evaluator<'_> {
    /// The value of a traversal; `root` and `steps` are parts of `expression`.
    pub(super) fn traverse(&self, expression: &Expr, root: &Expr, steps: &[Step], scope: &Scope<'_>) -> Outcome {
        let Expr::Variable(name) = root else {
            let value = self.evaluate(root, scope)?;
            return self.walk(Head::Value(value), steps, scope);
        };
        if let Some(value) = scope.bound(name) {
            return self.walk(Head::Value(value.clone()), steps, scope);
        }
        let Some(instance) = scope.instance else {
            return Err(Failure::new("only constants may stand here"));
        };
        let (head, rest) = self.head(name, steps, instance, scope, expression)?;
        self.walk(head, rest, scope)
    }

    /// What the first words of a traversal mean, and the steps that are left.
    fn head<'s>(
        &self,
        name: &Arc<str>,
        steps: &'s [Step],
        instance: &Rc<Instance>,
        scope: &Scope<'_>,
        expression: &Expr,
    ) -> Result<(Head, &'s [Step]), Failure> {
        let word = |place: usize| match steps.get(place) {
            Some(Step::Attribute(word)) => Ok(word),
            _ => Err(Failure::new("a name is missing")),
        };
        let value = |value: Value, used: usize| Ok((Head::Value(value), &steps[used..]));
        match &**name {
            "var" => value(self.variable(instance, word(0)?), 1),
            "local" => value(self.local(instance, word(0)?), 1),
            "each" => {
                let Some((key, item)) = scope.repetition.and_then(|repetition| repetition.each.as_ref()) else {
                    return Err(Failure::new("each stands only in what has for_each"));
                };
                match &**word(0)? {
                    "key" => value(key.clone(), 1),
                    "value" => value(item.clone(), 1),
                    _ => Err(Failure::new("each has key and value only")),
                }
            }
            "count" => match scope.repetition.and_then(|repetition| repetition.index.as_ref()) {
                Some(index) if &**word(0)? == "index" => value(index.clone(), 1),
                _ => Err(Failure::new("count.index stands only in what has count")),
            },
            "path" => {
                let path = match &**word(0)? {
                    // As a path from the working directory, which is the root module's.
                    "module" => self.path_from_root(instance),
                    "root" => ".".to_owned(),
                    // Where Terraform is called: not in the code.
                    word => return value(convert::input("", &format!("path.{word}")), steps.len()),
                };
                value(Value::text(&path), 1)
            }
            "terraform" | "tofu" => match &**word(0)? {
                "workspace" => match &self.workspace {
                    Some(name) => value(Value::text(name), 1),
                    None => value(convert::input("", "terraform.workspace"), steps.len()),
                },
                _ => value(convert::unresolved(&render(expression)), steps.len()),
            },
            "self" | "ephemeral" => value(convert::unresolved(&render(expression)), steps.len()),
            "module" => {
                let name = word(0)?;
                match instance.module.call(name) {
                    Some(place) => match self.children(instance, place) {
                        Ok(children) if children.keys.mode == Mode::Single => {
                            Ok((Head::Module(children, 0), &steps[1..]))
                        }
                        Ok(children) => Ok((Head::Modules(children), &steps[1..])),
                        Err(unknown) => value(Value::Unknown(unknown), 1),
                    },
                    None => value(convert::input(&instance.address, &format!("module.{name}")), 1),
                }
            }
            "data" => Ok(self.block_head(instance, true, word(0)?, word(1)?, &steps[2..])),
            "resource" => Ok(self.block_head(instance, false, word(0)?, word(1)?, &steps[2..])),
            _ => {
                let Some(Step::Attribute(second)) = steps.first() else {
                    return Err(Failure::new("it is not declared"));
                };
                Ok(self.block_head(instance, false, name, second, &steps[1..]))
            }
        }
    }

    fn block_head<'s>(
        &self,
        instance: &Rc<Instance>,
        data: bool,
        kind: &Arc<str>,
        name: &str,
        rest: &'s [Step],
    ) -> (Head, &'s [Step]) {
        let Some(place) = instance.module.resource(data, kind, name) else {
            let address = format!("{}{kind}.{name}", if data { "data." } else { "" });
            return (Head::Value(undeclared(instance, &address)), rest);
        };
        let head = match self.expansion(instance, place) {
            Ok(expansion) if expansion.keys.mode == Mode::Single => Head::Block(expansion, 0),
            Ok(expansion) => Head::Blocks(expansion),
            Err(unknown) => Head::Value(Value::Unknown(unknown)),
        };
        (head, rest)
    }

    fn path_from_root(&self, instance: &Instance) -> String {
        let root = std::fs::canonicalize(&self.root).unwrap_or_else(|_| self.root.clone());
        match instance.module.directory.strip_prefix(&root) {
            Ok(below) if below.as_os_str().is_empty() => ".".to_owned(),
            Ok(below) => below.to_string_lossy().into_owned(),
            Err(_) => instance.module.directory.to_string_lossy().into_owned(),
        }
    }

    fn walk(&self, mut head: Head, steps: &[Step], scope: &Scope<'_>) -> Outcome {
        let mut place = 0;
        while let Some(step) = steps.get(place) {
            place += 1;
            head = match step {
                Step::Attribute(name) => self.attribute(head, name)?,
                Step::Index(index) => {
                    let index = self.evaluate(index, scope)?;
                    self.index(head, &index)?
                }
                Step::AttributeSplat => {
                    let rest = &steps[place..];
                    let taken = rest.iter().take_while(|step| matches!(step, Step::Attribute(_))).count();
                    place += taken;
                    Head::Value(self.splat(head, &rest[..taken], scope)?)
                }
                Step::FullSplat => {
                    let rest = &steps[place..];
                    place = steps.len();
                    Head::Value(self.splat(head, rest, scope)?)
                }
            };
        }
        Ok(self.finish(head))
    }

    fn splat(&self, head: Head, steps: &[Step], scope: &Scope<'_>) -> Outcome {
        let heads: Vec<Head> = match head {
            Head::Blocks(expansion) => match expansion.keys.mode {
                // A list of unknown length, of which one element is known to look at.
                Mode::Unknown => return self.walk(Head::Block(expansion, 0), steps, scope).map(|value| open(&value)),
                // A map is not taken apart, as Terraform does not either.
                Mode::Each => vec![Head::Blocks(expansion)],
                _ => (0..expansion.keys.all.len()).map(|place| Head::Block(expansion.clone(), place)).collect(),
            },
            Head::Modules(children) => match children.keys.mode {
                Mode::Unknown => return self.walk(Head::Module(children, 0), steps, scope).map(|value| open(&value)),
                Mode::Each => vec![Head::Modules(children)],
                _ => (0..children.keys.all.len()).map(|place| Head::Module(children.clone(), place)).collect(),
            },
            Head::Value(Value::Null) => Vec::new(),
            Head::Value(Value::List(items)) => items.iter().cloned().map(Head::Value).collect(),
            Head::Part(Value::List(items), expansion, at, path) => items
                .iter()
                .enumerate()
                .map(|(index, item)| Head::Part(item.clone(), expansion.clone(), at, below(&path, &index.to_string())))
                .collect(),
            // The attribute of each element of a list that is not known: it is that attribute, of some.
            Head::Value(Value::Unknown(_)) => {
                return self.walk(head, steps, scope);
            }
            Head::Part(Value::Unknown(_) | Value::Template(_), ..) => {
                let value = self.finish(head);
                return self.walk(Head::Value(value), steps, scope);
            }
            single => vec![single],
        };
        let mut values = Vec::with_capacity(heads.len());
        for head in heads {
            if !self.spend(2) {
                return Err(Failure::new("the code takes too many steps"));
            }
            values.push(self.walk(head, steps, scope)?);
        }
        Ok(Value::list(values))
    }

    fn attribute(&self, head: Head, name: &str) -> Result<Head, Failure> {
        match head {
            Head::Value(value) => member(&value, name).map(Head::Value),
            Head::Part(value, expansion, at, path) => {
                let path = below(&path, name);
                Ok(match value {
                    Value::Map(members) if members.get(name).is_some_and(|member| !member.is_null()) => {
                        Head::Part(members[name].clone(), expansion, at, path)
                    }
                    Value::Unknown(_) | Value::Template(_) => {
                        let whole = self.finish(Head::Part(value, expansion.clone(), at, String::new()));
                        let mut extended = extend(&whole, name);
                        if let Value::Unknown(unknown) = &mut extended {
                            let own = reference(&expansion, at, &path);
                            let mut changed = (**unknown).clone();
                            if !changed.origin.is_identified() {
                                changed.origin = origin(&expansion, at, &path);
                            }
                            changed.references.retain(|other| other.address != own.address);
                            changed.references.insert(0, own);
                            *unknown = Arc::new(changed);
                        }
                        Head::Value(extended)
                    }
                    // What is not written in a nested block.
                    _ => Head::Value(Value::Unknown(Arc::new(after_apply(&expansion, at, &path)))),
                })
            }
            Head::Block(expansion, at) => {
                let value = self.block_attribute(&expansion, at, name);
                if let Some(value) = value {
                    return Ok(Head::Part(value, expansion, at, name.to_owned()));
                }
                let looked_up = self.looked_up(&expansion, at);
                let unknown = Unknown { looked_up, ..after_apply(&expansion, at, name) };
                Ok(Head::Value(Value::Unknown(Arc::new(unknown))))
            }
            Head::Blocks(expansion) => match expansion.keys.mode {
                Mode::Unknown => self.attribute(Head::Block(expansion, 0), name),
                Mode::Each => {
                    // `aws_x.y.key` is the instance with that key.
                    let index = Value::text(name);
                    self.index(Head::Blocks(expansion), &index)
                }
                _ => Err(Failure::new("it is a list of instances")),
            },
            Head::Module(children, at) => Ok(Head::Value(self.module_output(&children, at, name)?)),
            Head::Modules(children) => match children.keys.mode {
                Mode::Unknown => Ok(Head::Value(self.module_output(&children, 0, name)?)),
                Mode::Each => {
                    let index = Value::text(name);
                    self.index(Head::Modules(children), &index)
                }
                _ => Err(Failure::new("it is a list of instances")),
            },
        }
    }

    fn index(&self, head: Head, index: &Value) -> Result<Head, Failure> {
        match head {
            Head::Value(value) => element(&value, index).map(Head::Value),
            Head::Part(Value::List(items), expansion, at, path) => {
                let Some(number) = whole_number(index) else {
                    return element(&Value::List(items), index).map(Head::Value);
                };
                let path = below(&path, &number.to_string());
                Ok(match items.get(number) {
                    Some(item) => Head::Part(item.clone(), expansion, at, path),
                    None => Head::Value(Value::Unknown(Arc::new(after_apply(&expansion, at, &path)))),
                })
            }
            Head::Part(value, expansion, at, path) => match convert::scalar_text(index) {
                Some(name) => self.attribute(Head::Part(value, expansion, at, path), &name),
                None => Ok(Head::Value(convert::made_by("[]", "", &[&value, index]))),
            },
            Head::Block(expansion, at) => match (index, expansion.keys.mode) {
                (Value::Text(name), _) => self.attribute(Head::Block(expansion.clone(), at), name),
                _ => Err(Failure::new("it has no count")),
            },
            Head::Blocks(expansion) => match place_of(&expansion.keys, index) {
                Some(Ok(place)) => Ok(Head::Block(expansion, place)),
                Some(Err(failure)) => Err(failure),
                None => {
                    let own = Reference {
                        address: expansion.address.clone(),
                        attribute: String::new(),
                        whole: true,
                        instance: false,
                    };
                    let code = code_of(index);
                    let unknown = Unknown::new(code, &format!("{}[…]", local_address(&expansion))).of(vec![own]);
                    Ok(Head::Value(Value::Unknown(Arc::new(unknown))))
                }
            },
            Head::Module(children, at) => match index {
                Value::Text(name) => self.attribute(Head::Module(children.clone(), at), name),
                _ => Err(Failure::new("it has no count")),
            },
            Head::Modules(children) => match place_of(&children.keys, index) {
                Some(Ok(place)) => Ok(Head::Module(children, place)),
                Some(Err(failure)) => Err(failure),
                None => Ok(Head::Value(convert::made_of(&format!("{}[…]", children.address), &[index]))),
            },
        }
    }

    /// The value that a traversal ends with.
    fn finish(&self, head: Head) -> Value {
        match head {
            Head::Value(value) => value,
            Head::Part(value, expansion, at, path) => refer(value, &expansion, at, &path),
            Head::Block(expansion, at) => self.block_object(&expansion, at),
            Head::Blocks(expansion) => match expansion.keys.mode {
                Mode::Unknown => {
                    let code = expansion.keys.code();
                    let own = Reference {
                        address: expansion.address.clone(),
                        attribute: String::new(),
                        whole: true,
                        instance: true,
                    };
                    let origin = Origin::attribute(&expansion.address, "");
                    Value::Unknown(Arc::new(Unknown::new(code, &local_address(&expansion)).from(origin).of(vec![own])))
                }
                _ => collect(&expansion.keys, |place| self.block_object(&expansion, place)),
            },
            Head::Module(children, at) => self.module_object(&children, at),
            Head::Modules(children) => match children.keys.mode {
                Mode::Unknown => {
                    let origin = Origin::input(&children.scope, &children.address);
                    Value::unknown_from(children.keys.code(), &children.address, origin)
                }
                _ => collect(&children.keys, |place| self.module_object(&children, place)),
            },
        }
    }
}

/// A block that no file which could be read declares.
fn undeclared(instance: &Instance, block: &str) -> Value {
    let own = Reference { address: instance.qualify(block), attribute: String::new(), whole: true, instance: false };
    let origin = Origin::attribute(&own.address, "");
    Value::Unknown(Arc::new(Unknown::new(GapCode::Unresolved, block).from(origin).of(vec![own])))
}

/// All instances: a list by `count`, a map by `for_each`.
fn collect(keys: &super::scope::Keys, value: impl Fn(usize) -> Value) -> Value {
    if keys.mode == Mode::Each {
        let mut members = BTreeMap::new();
        for (place, key) in keys.all.iter().enumerate() {
            if let Some((Value::Text(name), _)) = &key.repetition.each {
                members.insert(name.clone(), value(place));
            } else {
                // An instance whose key is not known: neither are the members then.
                return convert::made_of(
                    "for_each",
                    &[&key.repetition.each.as_ref().map_or(Value::Null, |each| each.0.clone())],
                );
            }
        }
        return Value::map(members);
    }
    Value::list((0..keys.all.len()).map(value).collect())
}

/// The place of the instance with this key; `None` if that is not known.
fn place_of(keys: &super::scope::Keys, index: &Value) -> Option<Result<usize, Failure>> {
    if keys.mode == Mode::Unknown {
        return Some(Ok(0));
    }
    if is_open(index) {
        return (keys.all.len() == 1 && keys.mode == Mode::Count).then_some(Ok(0));
    }
    let text = match keys.mode {
        Mode::Each => convert::scalar_text(index).map(|key| super::scope::quote(&key)),
        _ => whole_number(index).map(|number| Arc::from(number.to_string())),
    };
    let found = text.as_ref().and_then(|text| keys.places.get(text));
    match found {
        Some(place) => Some(Ok(*place)),
        // It may be the instance whose key is not known.
        None if keys.all.iter().any(|key| key.text.is_none()) => None,
        None => Some(Err(Failure::new("there is no such instance"))),
    }
}

fn code_of(value: &Value) -> GapCode {
    match value {
        Value::Unknown(unknown) => unknown.code,
        _ => GapCode::KnownAfterApply,
    }
}

fn whole_number(value: &Value) -> Option<usize> {
    let number = convert::number(value)?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be a small whole number")]
    (number >= 0.0 && number.fract() == 0.0 && number < 1e9).then_some(number as usize)
}

/// The address as it is written in its own module.
fn local_address(expansion: &Expansion) -> String {
    let instance = expansion.owner.upgrade();
    instance
        .and_then(|instance| instance.resource(expansion.resource).map(super::module::Resource::address))
        .unwrap_or_else(|| expansion.address.clone())
}

fn reference(expansion: &Expansion, at: usize, path: &str) -> Reference {
    let key = expansion.keys.all.get(at);
    Reference {
        address: expansion.instance_address(at),
        attribute: path.to_owned(),
        whole: true,
        instance: expansion.keys.mode != Mode::Each || key.is_some_and(|key| key.text.is_some()),
    }
}

/// What tells an attribute of an instance from others.
fn origin(expansion: &Expansion, at: usize, path: &str) -> Origin {
    let key = expansion.keys.all.get(at);
    match expansion.keys.mode {
        // A longer path was cut.
        _ if path.len() > PATH_LIMIT => Origin::Unidentified,
        Mode::Each if key.is_none_or(|key| key.text.is_none()) => Origin::Unidentified,
        // One stands for all of them; which one is meant is not known.
        Mode::Unknown => {
            let any = Origin::attribute(&expansion.address, "").element(Position::EachValue);
            any.element(Position::At(Arc::from(path)))
        }
        _ => Origin::attribute(&expansion.instance_address(at), path),
    }
}

/// An attribute that is not written: AWS tells it.
fn after_apply(expansion: &Expansion, at: usize, path: &str) -> Unknown {
    let key = expansion.keys.all.get(at).and_then(|key| key.text.as_deref());
    let address = super::scope::address_of(&local_address(expansion), key);
    Unknown::new(GapCode::KnownAfterApply, &format!("{address}.{path}"))
        .from(origin(expansion, at, path))
        .of(vec![reference(expansion, at, path)])
}

/// A value as read from an attribute of a block: where it is not known, it is that attribute all the
/// same, so that blocks can be joined by it.
fn refer(value: Value, expansion: &Expansion, at: usize, path: &str) -> Value {
    let own = reference(expansion, at, path);
    match &value {
        Value::Unknown(unknown) => {
            let others = unknown.references.iter().filter(|other| **other != own).take(PASSED_ON).cloned();
            let references = std::iter::once(own.clone()).chain(others).collect();
            let origin =
                if unknown.origin.is_identified() { unknown.origin.clone() } else { origin(expansion, at, path) };
            Value::Unknown(Arc::new(Unknown { origin, references, ..(**unknown).clone() }))
        }
        Value::Template(_) => {
            let key = expansion.keys.all.get(at).and_then(|key| key.text.as_deref());
            let address = super::scope::address_of(&local_address(expansion), key);
            let made = convert::made_from(&format!("{address}.{path}"), origin(expansion, at, path), &[&value]);
            let Value::Unknown(made) = made else { return value };
            let mut references = vec![own];
            references.extend(made.references.iter().take(PASSED_ON).cloned());
            Value::Unknown(Arc::new(Unknown { references, ..(*made).clone() }))
        }
        _ => value,
    }
}

/// A path with one more step.
fn below(path: &str, step: &str) -> String {
    if path.len() > PATH_LIMIT { path.to_owned() } else { format!("{path}.{step}") }
}

/// A list of unknown length with such elements.
fn open(value: &Value) -> Value {
    match value {
        Value::Unknown(_) => value.clone(),
        value => convert::made_of("a list of unknown length", &[value]),
    }
}

/// A part of an unknown value: unknown, and known by its path.
pub(super) fn extend(value: &Value, name: &str) -> Value {
    let Value::Unknown(unknown) = value else {
        return convert::made_by(&format!(".{name}"), name, &[value]);
    };
    let origin = unknown.origin.element(Position::At(Arc::from(name)));
    let mut extended = Unknown::new(unknown.code, &format!("{}.{name}", unknown.shown)).from(origin);
    extended.references = unknown
        .references
        .iter()
        .map(|reference| Reference {
            attribute: if reference.attribute.is_empty() { name.to_owned() } else { below(&reference.attribute, name) },
            ..reference.clone()
        })
        .collect();
    Value::Unknown(Arc::new(extended))
}

/// The member of a value.
fn member(value: &Value, name: &str) -> Outcome {
    match value {
        Value::Map(members) => match (members.get(name), members.get(BLOCK_MEMBER)) {
            (Some(member), None) => Ok(member.clone()),
            (Some(member), Some(_)) if !member.is_null() => Ok(member.clone()),
            (_, Some(block)) => Ok(extend(block, name)),
            (None, None) => Err(Failure(format!("there is no member `{name}`"))),
        },
        Value::Unknown(_) => Ok(extend(value, name)),
        Value::Null => Err(Failure::new("it is null")),
        Value::List(items) => match name.parse::<usize>().ok().and_then(|number| items.get(number)) {
            Some(item) => Ok(item.clone()),
            None => Err(Failure::new("it is a list")),
        },
        _ => Err(Failure::new("it has no members")),
    }
}

/// The element of a value.
pub(super) fn element(value: &Value, index: &Value) -> Outcome {
    match (value, index) {
        // An element of a list that is not known stands for what each of them is, and is told from the others.
        (Value::Unknown(unknown), Value::Number(_)) => {
            let at = convert::scalar_text(index).unwrap_or_default();
            let origin = unknown.origin.element(Position::At(at.clone()));
            let mut element = Unknown::new(unknown.code, &format!("{}[{at}]", unknown.shown)).from(origin);
            element.references.clone_from(&unknown.references);
            Ok(Value::Unknown(Arc::new(element)))
        }
        (Value::Unknown(_), Value::Text(name)) => Ok(extend(value, name)),
        (_, index) if is_open(value) || is_open(index) => {
            // One of several that are all the same.
            if let Value::List(items) = value
                && let Some(first) = items.first()
                && items.iter().all(|item| item == first)
                && items.len() == 1
            {
                return Ok(first.clone());
            }
            Ok(convert::made_by("[]", "an element", &[value, index]))
        }
        (Value::List(items), _) => match whole_number(index) {
            Some(number) if items.iter().take(number + 1).any(functions::is_rest) => {
                Ok(convert::made_by("[]", "an element", &[value, index]))
            }
            Some(number) => items.get(number).cloned().ok_or_else(|| Failure::new("the list is shorter")),
            None => Err(Failure::new("the index is not a number")),
        },
        (Value::Map(_), index) => match convert::scalar_text(index) {
            Some(name) => member(value, &name),
            None => Err(Failure::new("the index is not a text")),
        },
        (Value::Null, _) => Err(Failure::new("it is null")),
        _ => Err(Failure::new("it has no elements")),
    }
}
