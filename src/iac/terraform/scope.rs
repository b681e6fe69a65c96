//! What names mean where an expression stands, and what was evaluated already.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::rc::{Rc, Weak};
use std::sync::Arc;

use super::module::{Module, ModuleCall, Resource};
use crate::iac::deployment::{Ignore, Place, Uncertain};
use crate::iac::value::Value;
use crate::model::gap::GapCode;

/// The names that an expression can use.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    /// The module instance; `None` where only constants may stand.
    pub(super) instance: Option<&'a Rc<Instance>>,
    /// The repetition that it stands in.
    pub(super) repetition: Option<&'a Repetition>,
    /// Names bound by `for`, by `dynamic`, or by a template's caller.
    pub(super) binding: Option<&'a Binding<'a>>,
}

impl<'a> Scope<'a> {
    /// Nothing but constants.
    pub(super) const EMPTY: Scope<'static> = Scope { instance: None, repetition: None, binding: None };

    /// The scope of a module instance.
    pub(super) fn of(instance: &'a Rc<Instance>) -> Self {
        Scope { instance: Some(instance), repetition: None, binding: None }
    }

    /// What a bound name stands for.
    pub(super) fn bound(&self, name: &str) -> Option<&'a Value> {
        let mut binding = self.binding;
        while let Some(found) = binding {
            if found.name == name {
                return Some(&found.value);
            }
            binding = found.outer;
        }
        None
    }
}

/// A name bound to a value.
pub(super) struct Binding<'a> {
    pub(super) name: &'a str,
    pub(super) value: Value,
    pub(super) outer: Option<&'a Self>,
}

/// Which instance of a repeated block it is.
#[derive(Debug, Clone, Default)]
pub(super) struct Repetition {
    /// `count.index`.
    pub(super) index: Option<Value>,
    /// `each.key` and `each.value`.
    pub(super) each: Option<(Value, Value)>,
}

/// How a block is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// It is not.
    Single,
    /// By `count`.
    Count,
    /// By `for_each`.
    Each,
    /// It is not known how often.
    Unknown,
}

/// One instance of a repeated block.
#[derive(Debug, Clone)]
pub(super) struct Key {
    /// As it stands between the brackets of an address; `None` without key, or with an unknown one.
    pub(super) text: Option<Arc<str>>,
    pub(super) repetition: Rc<Repetition>,
    /// Why it is not known whether this instance is there.
    pub(super) uncertain: Option<Uncertain>,
}

/// The instances of a repeated block.
#[derive(Debug)]
pub(super) struct Keys {
    pub(super) mode: Mode,
    pub(super) all: Vec<Key>,
    /// The place of each known key in `all`.
    pub(super) places: HashMap<Arc<str>, usize>,
}

impl Keys {
    /// Instances with these keys.
    pub(super) fn new(mode: Mode, keys: Vec<Key>) -> Self {
        let places = keys.iter().enumerate().filter_map(|(place, key)| Some((key.text.clone()?, place))).collect();
        Self { mode, all: keys, places }
    }

    /// Why it is not known how many instances there are.
    pub(super) fn code(&self) -> GapCode {
        let uncertain = self.all.first().and_then(|key| key.uncertain.as_ref());
        uncertain.map_or(GapCode::Unresolved, |uncertain| uncertain.unknown().code)
    }
}

/// What is evaluated once.
#[derive(Debug, Default)]
pub(super) enum Slot<T> {
    /// Not yet.
    #[default]
    Empty,
    /// It is being evaluated: who asks for it now asks in a circle.
    Running,
    Done(T),
}

/// A body that was evaluated.
#[derive(Debug)]
pub(super) struct Evaluated {
    /// A map.
    pub(super) value: Value,
    pub(super) spans: BTreeMap<String, (u32, u32)>,
}

/// The instances of a resource or data source in one module instance.
#[derive(Debug)]
pub(super) struct Expansion {
    pub(super) owner: Weak<Instance>,
    /// The place of the resource in its module.
    pub(super) resource: usize,
    /// With the module's address, without key.
    pub(super) address: String,
    pub(super) keys: Keys,
    pub(super) bodies: Vec<RefCell<Slot<Rc<Evaluated>>>>,
    pub(super) objects: Vec<OnceCell<Value>>,
}

impl Expansion {
    /// The address of one of the instances.
    pub(super) fn instance_address(&self, place: usize) -> String {
        address_of(&self.address, self.keys.all.get(place).and_then(|key| key.text.as_deref()))
    }
}

/// The instances of a called module.
#[derive(Debug)]
pub(super) struct Children {
    pub(super) keys: Keys,
    /// As many as keys; none if the module is not there.
    pub(super) instances: Vec<Rc<Instance>>,
    /// The local address of the call.
    pub(super) address: String,
    /// The address of the module instance that calls.
    pub(super) scope: Arc<str>,
}

/// A module as it is called: once, or one of several times.
#[derive(Debug, Default)]
pub(super) struct Instance {
    pub(super) module: Arc<Module>,
    /// Empty for the root module.
    pub(super) address: Arc<str>,
    /// The names of the calls, joined with `.`, as the manifest of modules has them.
    pub(super) key: String,
    /// How many calls lead to it.
    pub(super) depth: usize,
    /// Who calls it: the instance, the place of the call in its module, which repetition.
    pub(super) caller: Option<(Weak<Self>, usize, Rc<Repetition>)>,
    /// The module calls that lead to it, outermost first.
    pub(super) calls: Vec<(String, Place)>,
    /// The directives at these calls.
    pub(super) ignores: Vec<Ignore>,
    /// Why it is not known whether it is there.
    pub(super) uncertain: Option<Uncertain>,
    /// Provider configurations by their names here, as the root module calls them.
    pub(super) providers: HashMap<Arc<str>, Arc<str>>,
    pub(super) variables: RefCell<HashMap<Arc<str>, Slot<Value>>>,
    pub(super) locals: RefCell<HashMap<Arc<str>, Slot<Value>>>,
    pub(super) outputs: RefCell<HashMap<Arc<str>, Slot<Value>>>,
    pub(super) expansions: RefCell<HashMap<usize, Slot<Rc<Expansion>>>>,
    pub(super) children: RefCell<HashMap<usize, Slot<Rc<Children>>>>,
}

impl Instance {
    /// An address in this module instance, with the module's address before it.
    pub(super) fn qualify(&self, address: &str) -> String {
        if self.address.is_empty() { address.to_owned() } else { format!("{}.{address}", self.address) }
    }

    /// A resource of its module.
    pub(super) fn resource(&self, place: usize) -> Option<&Resource> {
        self.module.resources.get(place)
    }

    /// A call of its module.
    pub(super) fn call(&self, place: usize) -> Option<&ModuleCall> {
        self.module.calls.get(place)
    }
}

/// An address with its key.
pub(super) fn address_of(address: &str, key: Option<&str>) -> String {
    match key {
        Some(key) => format!("{address}[{key}]"),
        None => address.to_owned(),
    }
}

/// The text of a key of `for_each` between brackets: quoted as Terraform quotes it.
pub(super) fn quote(key: &str) -> Arc<str> {
    let mut quoted = String::with_capacity(key.len() + 2);
    quoted.push('"');
    for character in key.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    Arc::from(quoted)
}
