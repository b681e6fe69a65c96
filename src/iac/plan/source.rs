//! The sources of a plan: where each block is written, and what is known of it there.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use super::Sources;
use super::address;
use super::complete;
use super::instances::{Instances, resource};
use super::saved::Snapshot;
use crate::iac::deployment::{Block, Code, Problem};
use crate::iac::terraform::{self, Options, SourceIndex};
use crate::iac::value::{Part, Reference, Unknown, Value};

/// The sources, read.
pub(super) struct Read {
    index: SourceIndex,
    /// The blocks as evaluated without the values of variables, and where to find them by address.
    blocks: Vec<Block>,
    by_address: HashMap<String, usize>,
}

impl Read {
    /// Reads the sources. What they are in is gone afterwards, if it was made for that.
    pub(super) fn of(sources: &Sources<'_>, code: &mut Code) -> Option<Self> {
        match sources {
            Sources::Directory { path, shown } => Some(Self::directory(path, shown, code)),
            Sources::Saved { shown, bytes } => match Snapshot::extract(bytes) {
                Ok(snapshot) => {
                    let read = Self::directory(snapshot.root(), "", code);
                    for key in &snapshot.left_out {
                        let key: String = key.chars().take(200).collect();
                        let message = format!("find the sources of the module `{key}`: its directory is elsewhere");
                        code.problems.push(Problem { file: (*shown).to_owned(), line: None, message });
                    }
                    Some(read)
                }
                Err(error) => {
                    let file = (*shown).to_owned();
                    code.problems.push(Problem { file, line: None, message: error.to_string() });
                    None
                }
            },
        }
    }

    fn directory(path: &Path, shown: &str, code: &mut Code) -> Self {
        let mut index = SourceIndex::of_directory(path, shown);
        code.files.append(&mut index.files);
        code.ignores.append(&mut index.ignores);
        code.problems.append(&mut index.problems);
        // What cannot be evaluated is still in the plan: only what the index could not read is missing.
        let options = Options { unknown_variables: true, ..Options::default() };
        let evaluated = terraform::read(path, shown, &options);
        let blocks: Vec<Block> = evaluated
            .deployments
            .into_iter()
            .flat_map(|deployment| deployment.scenarios)
            .flat_map(|scenario| scenario.blocks)
            .collect();
        let by_address = blocks.iter().enumerate().map(|(at, block)| (block.address.clone(), at)).collect();
        Self { index, blocks, by_address }
    }

    /// Gives a block of the plan its places, and what the sources know of its values. False where the
    /// sources do not have it.
    pub(super) fn attach(
        &self,
        block: &mut Block,
        left_out: &[Arc<str>],
        unwritten: &[Vec<Arc<str>>],
        instances: &Instances,
    ) -> bool {
        let parts = address::modules(&block.module).unwrap_or_default();
        let module = parts.iter().map(|(name, _)| format!("module.{name}")).collect::<Vec<_>>().join(".");
        let dot = usize::from(!block.module.is_empty());
        let local = resource(block.address.get(block.module.len() + dot..).unwrap_or_default()).to_owned();
        let Some(name) = local.split_once('.').map(|(_, name)| name) else { return false };
        let Some(found) = self.index.find(&module, &block.kind, name) else { return false };

        let keyless = if module.is_empty() { local.clone() } else { format!("{module}.{local}") };
        // The address of each call on the way, without the keys and with those of this instance.
        let mut calls: HashMap<String, String> = HashMap::new();
        let mut way = (String::new(), String::new());
        for (name, part) in &parts {
            let dot = if way.0.is_empty() { "" } else { "." };
            way = (format!("{}{dot}module.{name}", way.0), format!("{}{dot}{part}", way.1));
            calls.insert(way.0.clone(), way.1.clone());
        }
        block.place = found.place.clone();
        block.calls = found
            .calls
            .iter()
            .map(|(address, place)| (calls.get(address).unwrap_or(address).clone(), place.clone()))
            .collect();
        block.ignores = found.ignores.clone();
        for ignore in &mut block.ignores {
            if ignore.at == keyless {
                ignore.at.clone_from(&block.address);
            } else if let Some(address) = calls.get(&ignore.at) {
                ignore.at.clone_from(address);
            }
        }
        match self.evaluated(block, &module, &keyless) {
            Some(source) => {
                let move_to = Move { from: &source.module, to: &block.module, instances };
                let body = move_to.value(&source.body);
                complete::body(&mut block.body, &body, left_out);
                for path in unwritten {
                    complete::leave_out(&mut block.body, &body, path);
                }
                block.spans = complete::spans(&block.body, &body, &source.spans);
            }
            None => block.spans = unnumbered(&found.spans),
        }
        dynamic_spans(&block.body, &found.spans, &mut block.spans);
        true
    }

    /// The block with this address in the sources, or the one that stands for instances that cannot be
    /// told from the sources alone.
    fn evaluated(&self, block: &Block, module: &str, keyless: &str) -> Option<&Block> {
        let own = block.key.as_ref().map(|key| format!("[{key}]")).unwrap_or_default();
        let local = keyless.get(module.len() + usize::from(!module.is_empty())..).unwrap_or_default();
        let prefix = |module: &str| if module.is_empty() { String::new() } else { format!("{module}.") };
        let candidates = [
            block.address.clone(),
            format!("{}{local}", prefix(&block.module)),
            format!("{}{local}{own}", prefix(module)),
            keyless.to_owned(),
        ];
        candidates.iter().find_map(|address| self.by_address.get(address)).and_then(|at| self.blocks.get(*at))
    }
}

/// Takes references of the sources, where the instances of a module may be unknown, to those of the plan.
struct Move<'m> {
    from: &'m str,
    to: &'m str,
    instances: &'m Instances,
}

impl Move<'_> {
    fn value(&self, value: &Value) -> Value {
        match value {
            Value::Unknown(unknown) => Value::Unknown(self.unknown(unknown)),
            Value::Template(parts) => Value::Template(
                parts
                    .iter()
                    .map(|part| match part {
                        Part::Text(text) => Part::Text(Arc::clone(text)),
                        Part::Unknown(unknown) => Part::Unknown(self.unknown(unknown)),
                    })
                    .collect(),
            ),
            Value::Json(inner) => Value::Json(Arc::new(self.value(inner))),
            Value::List(items) => Value::list(items.iter().map(|item| self.value(item)).collect()),
            Value::Map(members) => {
                Value::map(members.iter().map(|(name, member)| (Arc::clone(name), self.value(member))).collect())
            }
            value => value.clone(),
        }
    }

    fn unknown(&self, unknown: &Arc<Unknown>) -> Arc<Unknown> {
        if unknown.references.is_empty() {
            return Arc::clone(unknown);
        }
        let mut moved = Unknown::clone(unknown);
        for reference in &mut moved.references {
            self.reference(reference);
        }
        Arc::new(moved)
    }

    fn reference(&self, reference: &mut Reference) {
        if self.from != self.to && !self.from.is_empty() && !self.instances.has(&reference.address) {
            let inside = reference.address.strip_prefix(self.from).and_then(|rest| rest.strip_prefix('.'));
            if let Some(inside) = inside {
                reference.address = format!("{}.{inside}", self.to);
            }
        }
        let meant = self.instances.meant(&reference.address).map(str::to_owned);
        reference.instance = meant.is_some();
        if let Some(meant) = meant {
            reference.address = meant;
        }
    }
}

/// The most elements of a list that are given lines.
const ELEMENT_LIMIT: usize = 128;

/// The lines of arguments that are in no numbered block: which block is which is not known.
fn unnumbered(spans: &BTreeMap<String, (u32, u32)>) -> BTreeMap<String, (u32, u32)> {
    let numbered = |path: &str| path.split('/').any(|step| step.bytes().all(|byte| byte.is_ascii_digit()));
    spans.iter().filter(|(path, _)| !numbered(path)).map(|(path, lines)| (path.clone(), *lines)).collect()
}

/// Gives the nested blocks that a `dynamic` block makes its lines: in the sources it stands there once
/// (`ingress`, `ingress/cidr_blocks`), in the body of the plan it is as many (`ingress/0/cidr_blocks`).
fn dynamic_spans(body: &Value, written: &BTreeMap<String, (u32, u32)>, spans: &mut BTreeMap<String, (u32, u32)>) {
    let Value::Map(members) = body else { return };
    for (name, member) in members.iter() {
        let (Value::List(items), Some(lines)) = (member, written.get(&**name)) else { continue };
        spans.entry(name.to_string()).or_insert(*lines);
        let static_too = written.contains_key(&format!("{name}/0"));
        if static_too || items.len() > ELEMENT_LIMIT || !items.iter().all(|item| matches!(item, Value::Map(_))) {
            continue;
        }
        let prefix = format!("{name}/");
        let inside: Vec<(&str, (u32, u32))> = written
            .range(prefix.clone()..)
            .map_while(|(path, lines)| Some((path.strip_prefix(&prefix)?, *lines)))
            .collect();
        for at in 0..items.len() {
            spans.entry(format!("{name}/{at}")).or_insert(*lines);
            for (rest, lines) in &inside {
                spans.entry(format!("{name}/{at}/{rest}")).or_insert(*lines);
            }
        }
    }
}
