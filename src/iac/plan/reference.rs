//! What an expression refers to, followed through variables and outputs of modules to the blocks.
//!
//! A plan lists the references of an expression, and not the expression: `aws_s3_bucket.a.arn` and
//! `"${aws_s3_bucket.a.arn}/*"` are listed alike, and `aws_s3_bucket.a[each.key].arn` loses its index and
//! its attribute (<https://github.com/hashicorp/terraform/issues/30826>). Locals are not in it at all.
//! What is found here says so: [`Found::single`] is a guess, made only where nothing else stands in the
//! expression; the address is that of an instance only where the plan has an instance at it.

use std::sync::Arc;

use super::address::{self, Step};
use super::configuration::{Call, Configuration, Leaf, Written};
use super::instances::Instances;
use crate::iac::value::Reference;

/// The most references that are followed for one value.
const FUEL: u32 = 64;

/// The deepest chain of variables and outputs.
const DEPTH: u32 = 24;

/// What an expression refers to.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The attributes of other blocks, in the order they were met, each once.
    pub(super) references: Vec<Reference>,
    /// It refers to one attribute and to nothing else, so that it may be it.
    pub(super) single: bool,
    /// An instance is picked by `each.key`, `each.value` or `count.index` of the block that is this many
    /// module calls deep: as deep as the expression for the block that it stands in, less for the call
    /// of a module.
    pub(super) key_of: Option<usize>,
}

/// Where an expression stands.
#[derive(Clone, Copy)]
pub(super) struct Scope<'c> {
    /// Index of the module.
    pub(super) module: usize,
    /// What `each.value` is taken from: the `for_each` of the block around it.
    pub(super) for_each: Option<&'c Leaf>,
}

/// Follows references in a configuration.
pub(super) struct References<'c> {
    configuration: &'c Configuration,
    /// The instances that the plan has.
    instances: &'c Instances,
}

/// A walk over the references of one expression.
struct Walk {
    fuel: u32,
    /// The parts of the address of the module instance that the walk is in.
    path: Vec<String>,
    /// Address and attribute.
    found: Vec<(String, String)>,
    /// Something else than blocks is in the expression.
    other: bool,
    /// `each.key` or `count.index` is in it.
    key: bool,
    key_of: Option<usize>,
}

impl<'c> References<'c> {
    pub(super) fn new(configuration: &'c Configuration, instances: &'c Instances) -> Self {
        Self { configuration, instances }
    }

    /// What the expressions in `leaves` refer to, where they stand in the module instance that has these
    /// parts in its address (`module.a["x"]`, `module.b`).
    pub(super) fn of(&self, leaves: &[&'c Leaf], scope: Scope<'c>, instance: &[String]) -> Found {
        let path = instance.to_vec();
        let mut walk = Walk { fuel: FUEL, path, found: Vec::new(), other: false, key: false, key_of: None };
        for leaf in leaves {
            if walk.fuel == 0 {
                walk.other = true;
                break;
            }
            self.leaf(leaf, scope, &[], DEPTH, &mut walk);
        }
        // A block without an instance in the plan is not what is unknown: the other side of a condition
        // (`var.own ? aws_kms_key.own[0].arn : aws_kms_key.shared.arn`).
        if walk.found.iter().any(|(address, _)| self.instances.has_any(address)) {
            walk.found.retain(|(address, _)| self.instances.has_any(address));
        }
        // An attribute that is listed beside a key is part of a text with it: an index would have hidden it.
        let text = walk.key && walk.found.iter().any(|(_, attribute)| !attribute.is_empty());
        let single = walk.found.len() == 1 && !walk.other && !text;
        let references = walk
            .found
            .into_iter()
            .map(|(address, attribute)| match self.instances.meant(&address) {
                Some(meant) => Reference { address: meant.to_owned(), attribute, whole: single, instance: true },
                None => Reference { address, attribute, whole: single, instance: false },
            })
            .collect();
        Found { references, single, key_of: walk.key_of }
    }

    /// Follows one expression, of whose value `tail` is taken.
    fn leaf(&self, leaf: &'c Leaf, scope: Scope<'c>, tail: &[Step<'c>], depth: u32, walk: &mut Walk) {
        for reference in longest(&leaf.references) {
            if walk.fuel == 0 || depth == 0 {
                walk.other = true;
                return;
            }
            walk.fuel -= 1;
            match address::steps(reference) {
                Some(steps) => self.reference(&steps, scope, tail, depth - 1, walk),
                None => walk.other = true,
            }
        }
    }

    fn reference(&self, steps: &[Step<'c>], scope: Scope<'c>, tail: &[Step<'c>], depth: u32, walk: &mut Walk) {
        match steps {
            [Step::Name("var"), Step::Name(name), rest @ ..] => self.variable(name, rest, scope, tail, depth, walk),
            [Step::Name("module"), Step::Name(name), rest @ ..] => {
                let (index, rest) = index(rest);
                match rest {
                    [Step::Name(output), rest @ ..] => {
                        let part = part(&format!("module.{name}"), index);
                        self.output((name, output), part, scope, &joined(rest, tail), depth, walk);
                    }
                    _ => walk.other = true,
                }
            }
            [Step::Name("each"), Step::Name("value"), rest @ ..] => match scope.for_each {
                // The elements of the collection are followed; which of them it is, the key tells.
                Some(leaf) if !leaf.references.is_empty() => {
                    walk.key_of = Some(walk.path.len());
                    self.leaf(leaf, Scope { for_each: None, ..scope }, &joined(rest, tail), depth, walk);
                }
                _ => walk.other = true,
            },
            [Step::Name("each" | "count"), ..] => {
                walk.key = true;
                walk.key_of = Some(walk.path.len());
            }
            [Step::Name("local" | "path" | "terraform" | "self" | "var" | "module"), ..] => walk.other = true,
            [Step::Name("data"), Step::Name(kind), Step::Name(name), rest @ ..] => {
                walk.block(&format!("data.{kind}.{name}"), rest, tail);
            }
            [Step::Name(kind), Step::Name(name), rest @ ..] => walk.block(&format!("{kind}.{name}"), rest, tail),
            _ => walk.other = true,
        }
    }

    /// Follows a variable to the call of its module.
    fn variable(
        &self,
        name: &str,
        rest: &[Step<'c>],
        scope: Scope<'c>,
        tail: &[Step<'c>],
        depth: u32,
        walk: &mut Walk,
    ) {
        let caller = self.configuration.modules.get(scope.module).and_then(|module| module.parent.as_ref());
        let call = caller.and_then(|(parent, call)| {
            self.configuration
                .modules
                .get(*parent)
                .and_then(|module| module.calls.get(call))
                .map(|call| (*parent, call))
        });
        // A variable of the root module, and one that the call leaves to its default, is known.
        let Some((parent, call)) = call else {
            walk.other = true;
            return;
        };
        let Some(Written::Leaf(leaf)) = call.body.get(name) else {
            walk.other = true;
            return;
        };
        let here = walk.path.pop();
        let scope = Scope { module: parent, for_each: call.for_each.as_ref() };
        self.leaf(leaf, scope, &joined(rest, tail), depth, walk);
        walk.path.extend(here);
    }

    /// Follows an output of a module that is called where the walk is.
    fn output(
        &self,
        (name, output): (&str, &str),
        part: String,
        scope: Scope<'c>,
        tail: &[Step<'c>],
        depth: u32,
        walk: &mut Walk,
    ) {
        let call: Option<&'c Call> =
            self.configuration.modules.get(scope.module).and_then(|module| module.calls.get(name));
        let inner = call.and_then(|call| call.module);
        let leaf = inner.and_then(|inner| self.configuration.modules.get(inner)?.outputs.get(output));
        let (Some(inner), Some(leaf)) = (inner, leaf) else {
            walk.other = true;
            return;
        };
        walk.path.push(part);
        self.leaf(leaf, Scope { module: inner, for_each: None }, tail, depth, walk);
        walk.path.pop();
    }
}

impl Walk {
    /// Takes down a block that was reached, and which attribute of it.
    fn block(&mut self, resource: &str, rest: &[Step<'_>], tail: &[Step<'_>]) {
        let (index, rest) = index(rest);
        let mut address = self.path.join(".");
        if !address.is_empty() {
            address.push('.');
        }
        address.push_str(&part(resource, index));
        let attribute = match (rest, tail) {
            // The whole block was handed on, and one attribute of it taken at the end.
            ([], [Step::Name(attribute)]) => (*attribute).to_owned(),
            // What was taken at the end is a part of what was built of the block on the way.
            ([], _) => String::new(),
            (rest, _) => dotted(rest),
        };
        let found = (address, attribute);
        if !self.found.contains(&found) {
            self.found.push(found);
        }
    }
}

/// The index that the steps start with, and the other steps.
fn index<'s, 'c>(steps: &'s [Step<'c>]) -> (Option<&'c str>, &'s [Step<'c>]) {
    match steps {
        [Step::Index(index), rest @ ..] => (Some(index), rest),
        rest => (None, rest),
    }
}

fn part(name: &str, index: Option<&str>) -> String {
    index.map_or_else(|| name.to_owned(), |index| format!("{name}[{index}]"))
}

fn dotted(steps: &[Step<'_>]) -> String {
    let names: Vec<&str> = steps
        .iter()
        .map(|step| match step {
            Step::Name(name) | Step::Index(name) => *name,
        })
        .collect();
    names.join(".")
}

fn joined<'c>(first: &[Step<'c>], second: &[Step<'c>]) -> Vec<Step<'c>> {
    [first, second].concat()
}

/// The references without those that are only the beginning of another.
pub(super) fn longest(references: &[Arc<str>]) -> impl Iterator<Item = &Arc<str>> {
    let considered = &references[..references.len().min(FUEL as usize + 1)];
    considered
        .iter()
        .enumerate()
        .filter(move |(at, reference)| {
            !considered.iter().enumerate().any(|(other_at, other)| match other.strip_prefix(&***reference) {
                Some("") => other_at < *at,
                Some(more) => more.starts_with(['.', '[']),
                None => false,
            })
        })
        .map(|(_, reference)| reference)
}
