//! Calls of modules: their instances, their variables, local values and outputs.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use super::convert;
use super::evaluate::{Evaluator, Failure, Outcome};
use super::expand::circle;
use super::files::is_local;
use super::module::{Module, ModuleCall, is_self_contained};
use super::scope::{Children, Instance, Mode, Scope, Slot, address_of};
use super::syntax::{Expr, render};
use super::variables::Given;
use crate::iac::deployment::Ignore;
use crate::iac::display_path::join_shown;
use crate::iac::origin::{Origin, Position};
use crate::iac::value::{Unknown, Value};
use crate::model::gap::GapCode;

/// Most module calls that lead to a module.
const MODULE_DEPTH: usize = 32;

/// Looks a memo up, or evaluates it once. Who asks in a circle gets the unknown value of one.
fn memo(
    slots: &RefCell<HashMap<Arc<str>, Slot<Value>>>,
    name: &Arc<str>,
    text: &str,
    make: impl FnOnce() -> Value,
) -> Value {
    match slots.borrow().get(name) {
        Some(Slot::Done(value)) => return value.clone(),
        Some(Slot::Running) => return Value::Unknown(circle(text)),
        _ => {}
    }
    slots.borrow_mut().insert(name.clone(), Slot::Running);
    let value = make();
    slots.borrow_mut().insert(name.clone(), Slot::Done(value.clone()));
    value
}

/// A name of a module that no file which could be read declares.
fn undeclared(instance: &Instance, name: &str) -> Value {
    // No value that is given would decide it.
    let origin = Origin::input(&instance.address, &format!("undeclared {name}"));
    Value::unknown_from(GapCode::Unresolved, &format!("{name}: it is not declared"), origin)
}

impl Evaluator<'_> {
    /// Whether the bounds of steps or instances are reached.
    pub(super) fn exhausted(&self) -> bool {
        self.over.get()
    }

    /// A local value.
    pub(super) fn local(&self, instance: &Rc<Instance>, name: &Arc<str>) -> Value {
        memo(&instance.locals, name, &format!("local.{name}"), || match instance.module.locals.get(name) {
            Some(expression) => self.value(expression, &Scope::of(instance)),
            None => undeclared(instance, &format!("local.{name}")),
        })
    }

    /// The value of a variable.
    pub(super) fn variable(&self, instance: &Rc<Instance>, name: &Arc<str>) -> Value {
        let text = format!("var.{name}");
        memo(&instance.variables, name, &text, || {
            let value = self.make_variable(instance, name, &text);
            let sensitive = instance.module.variables.get(name).is_some_and(|variable| variable.sensitive);
            hide(value, sensitive, &text)
        })
    }

    /// The value of a variable that its module says to be no secret (`nonsensitive(var.x)`), though it is marked
    /// sensitive. What was secret before it was given to the variable stays so.
    pub(super) fn unmarked_variable(&self, instance: &Rc<Instance>, name: &Arc<str>) -> Value {
        // Who asks in a circle gets the value of one.
        match self.variable(instance, name) {
            Value::Unknown(unknown) if unknown.code != GapCode::Sensitive => Value::Unknown(unknown),
            _ => self.make_variable(instance, name, &format!("var.{name}")),
        }
    }

    fn make_variable(&self, instance: &Rc<Instance>, name: &Arc<str>, text: &str) -> Value {
        let Some(variable) = instance.module.variables.get(name) else {
            return undeclared(instance, text);
        };
        if self.exhausted() {
            return convert::unresolved(&format!("{text}: the code takes too many steps"));
        }
        let constant = |expression: &Expr| self.value(expression, &Scope::EMPTY);
        let given = match &instance.caller {
            Some((caller, place, repetition)) => caller.upgrade().and_then(|caller| {
                let argument = caller.call(*place)?.arguments.get(name)?;
                let scope = Scope { instance: Some(&caller), repetition: Some(repetition), binding: None };
                Some(self.value(argument, &scope))
            }),
            None => self.given.get(name).map(|given| match given {
                Given::Unknown => convert::input(&instance.address, text),
                Given::Value(expression) => constant(expression),
                Given::Text(text) if variable.kind.is_scalar() => Value::text(text),
                Given::Text(text) if variable.kind == super::types::Type::Any => Value::text(text),
                Given::Text(written) => match super::lower::parse_expression(written) {
                    Ok(expression) => constant(&expression),
                    Err(error) => convert::unresolved(&format!("{text}: {}", error.message)),
                },
            }),
        };
        let given = given.filter(|given| variable.nullable || !given.is_null());
        let value = match (given, &variable.default) {
            (Some(value), _) => value,
            (None, Some(default)) => constant(default),
            (None, None) => return convert::input(&instance.address, text),
        };
        match variable.kind.convert(&value, &constant) {
            // The same is not kept twice, for it can be large and passed to many modules.
            Ok(converted) if converted == value => self.bounded(value, &Expr::Variable(Arc::from(text))),
            Ok(converted) => self.bounded(converted, &Expr::Variable(Arc::from(text))),
            Err(message) => convert::unresolved(&format!("{text}: {message}")),
        }
    }

    /// The instances of a called module. The error is what a value that needs them is.
    pub(super) fn children(&self, instance: &Rc<Instance>, place: usize) -> Result<Rc<Children>, Arc<Unknown>> {
        let call = &instance.module.calls[place];
        let address = format!("module.{}", call.name);
        match instance.children.borrow().get(&place) {
            Some(Slot::Done(children)) => return Ok(children.clone()),
            Some(Slot::Running) => return Err(circle(&address)),
            _ => {}
        }
        instance.children.borrow_mut().insert(place, Slot::Running);
        let keys = self.keys(call.count.as_ref(), call.for_each.as_ref(), call.enabled.as_ref(), &Scope::of(instance));
        let found = self.find_module(instance, call);
        let mut instances = Vec::new();
        match found {
            Ok(module) => {
                for key in &keys.all {
                    let address: Arc<str> =
                        Arc::from(instance.qualify(&address_of(&format!("module.{}", call.name), key.text.as_deref())));
                    let place_of_call = instance.module.place(call.lines);
                    let mut calls = instance.calls.clone();
                    calls.push((address.to_string(), place_of_call));
                    self.spend(10 * (instance.ignores.len() + call.ignores.len()) as u64);
                    let mut ignores = instance.ignores.clone();
                    ignores.extend(
                        call.ignores.iter().map(|number| Ignore {
                            at: address.to_string(),
                            ..instance.module.ignores[*number].clone()
                        }),
                    );
                    instances.push(Rc::new(Instance {
                        module: module.clone(),
                        address,
                        key: if instance.key.is_empty() {
                            call.name.to_string()
                        } else {
                            format!("{}.{}", instance.key, call.name)
                        },
                        depth: instance.depth + 1,
                        caller: Some((Rc::downgrade(instance), place, key.repetition.clone())),
                        calls,
                        ignores,
                        uncertain: key.uncertain.clone().or_else(|| instance.uncertain.clone()),
                        providers: providers(instance, call),
                        ..Instance::default()
                    }));
                }
            }
            Err(message) => {
                let shown = instance.module.place(call.lines);
                self.problem(&shown.file, Some(call.source_line), &message);
                let expression = format!("{}: could not {message}", instance.qualify(&address));
                let mut references = Vec::new();
                for argument in call.arguments.values() {
                    self.value(argument, &Scope::of(instance)).add_references(&mut references);
                }
                let unknown = Unknown::new(GapCode::Unresolved, &expression).of(references);
                let mut missing = self.missing.borrow_mut();
                // What a published module makes, its call tells.
                let is_told = call.source.as_deref().and_then(super::module::published).is_some();
                if !is_told && !is_self_contained(call) && !missing.contains(&unknown) {
                    missing.push(unknown);
                }
            }
        }
        let children = Rc::new(Children { keys, instances, address, scope: instance.address.clone() });
        instance.children.borrow_mut().insert(place, Slot::Done(children.clone()));
        Ok(children)
    }

    /// The module that is called. The error fits after "could not".
    fn find_module(&self, instance: &Rc<Instance>, call: &ModuleCall) -> Result<Arc<Module>, String> {
        let name = &call.name;
        if self.exhausted() {
            return Err(format!("follow module `{name}`: the code takes too many steps"));
        }
        let evaluated = call.source_expression.as_ref().map(|source| self.value(source, &Scope::of(instance)));
        let source = match (&call.source, &evaluated) {
            (Some(source), _) | (None, Some(Value::Text(source))) => &**source,
            _ => return Err(format!("find module `{name}`: its source is not known")),
        };
        if instance.depth >= MODULE_DEPTH {
            return Err(format!("follow module `{name}`: it is called through more than {MODULE_DEPTH} modules"));
        }
        let (directory, shown): (PathBuf, String) = if is_local(source) {
            (instance.module.directory.join(source.replace('\\', "/")), join_shown(&instance.module.shown, source))
        } else {
            let key = if instance.key.is_empty() { name.to_string() } else { format!("{}.{name}", instance.key) };
            let found = self.manifest.find(&key, source, call.version.as_deref());
            let directory = found.map_err(|why| format!("find module `{name}` ({source}): {why}"))?;
            (self.manifest.path(directory), join_shown(&self.root_path, &directory.to_string_lossy()))
        };
        let real =
            std::fs::canonicalize(&directory).map_err(|error| format!("find module `{name}` at {shown}: {error}"))?;
        let mut caller = instance.caller.as_ref().and_then(|caller| caller.0.upgrade());
        let mut circle = instance.module.directory == real;
        while let Some(outer) = caller {
            circle = circle || outer.module.directory == real;
            caller = outer.caller.as_ref().and_then(|caller| caller.0.upgrade());
        }
        if circle {
            return Err(format!("follow module `{name}`: it calls itself"));
        }
        let module = self.loader.borrow_mut().load(&directory, &shown)?;
        if module.files.is_empty() {
            return Err(format!("find module `{name}` at {shown}: there is no configuration in it"));
        }
        Ok(module)
    }

    /// An output of a module instance.
    pub(super) fn module_output(&self, children: &Children, at: usize, name: &str) -> Outcome {
        let text = format!("{}.{name}", children.address);
        let Some(instance) = children.instances.get(at) else {
            let key = children.keys.all.get(at).and_then(|key| key.text.as_deref());
            let own = Origin::input(&children.scope, &address_of(&children.address, key));
            // One stands for all of them; which one is meant is not known.
            let own = if children.keys.mode == Mode::Unknown { own.element(Position::EachValue) } else { own };
            let origin = own.element(Position::At(Arc::from(name)));
            return Ok(Value::unknown_from(GapCode::Unresolved, &text, origin));
        };
        let name: Arc<str> = Arc::from(name);
        let Some(output) = instance.module.outputs.get(&name) else {
            if instance.module.unread.is_empty() {
                return Err(Failure(format!("{} has no output `{name}`", children.address)));
            }
            let origin = Origin::input(&instance.address, &format!("output.{name}"));
            return Ok(Value::unknown_from(GapCode::Unresolved, &text, origin));
        };
        Ok(memo(&instance.outputs, &name, &text, || {
            hide(self.value(&output.value, &Scope::of(instance)), output.sensitive, &render(&output.value))
        }))
    }

    /// All outputs of a module instance.
    pub(super) fn module_object(&self, children: &Children, at: usize) -> Value {
        let Some(instance) = children.instances.get(at) else {
            return convert::unresolved(&children.address);
        };
        let mut members = BTreeMap::new();
        for name in instance.module.outputs.keys() {
            if let Ok(value) = self.module_output(children, at, name) {
                members.insert(name.clone(), value);
            }
        }
        Value::map(members)
    }
}

fn hide(value: Value, sensitive: bool, expression: &str) -> Value {
    if sensitive { convert::sensitive(&value, expression) } else { value }
}

/// The provider configurations of a called module by their names there.
fn providers(instance: &Instance, call: &ModuleCall) -> HashMap<Arc<str>, Arc<str>> {
    let resolve = |name: &Arc<str>| instance.providers.get(name).unwrap_or(name).clone();
    // Configurations without an alias are inherited where none are passed.
    let mut names: HashMap<Arc<str>, Arc<str>> = instance
        .providers
        .iter()
        .filter(|(name, _)| !name.contains('.'))
        .map(|(name, resolved)| (name.clone(), resolved.clone()))
        .collect();
    names.extend(call.providers.iter().map(|(inner, outer)| (inner.clone(), resolve(outer))));
    names
}
