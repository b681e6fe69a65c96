//! The items of a scenario: one for each block that an entry names, or for each element of a list in it,
//! and one for each companion whose own block is not in the code.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::context::MappingContext;
use super::rule::{Cursor, ItemBuilder};
use super::value::{At, RuleValue, State};
use super::writer::Writer;
use crate::iac::deployment::{ACCOUNT, REGION};
use crate::iac::mapping::language::TypeMapping;
use crate::iac::mapping::language::kind::Kind;
use crate::iac::mapping::language::path::Path;
use crate::iac::mapping::language::rule::{Entry, Main, Relation, Rule};
use crate::iac::mapping::mapped::{Item, Provenance};
use crate::iac::mapping::resolve::{Found, Hit, elements, sameness, walk};
use crate::iac::value::Value;
use crate::model::attr::CaptureId;
use crate::model::gap::{Gap, GapCode};
use crate::model::resource::{Identity, Resource};
use crate::model::tree::Tree;

/// Makes the items of all types.
pub(crate) struct Items<'g, 'a> {
    pub(crate) context: &'g MappingContext<'a>,
    pub(crate) resources: Vec<Resource>,
    pub(crate) places: Vec<Provenance>,
    pub(crate) numbers: HashMap<Provenance, CaptureId>,
    pub(crate) made: BTreeMap<String, Item>,
}

impl<'g, 'a> Items<'g, 'a> {
    pub(crate) fn new(context: &'g MappingContext<'a>) -> Self {
        Self { context, resources: Vec::new(), places: Vec::new(), numbers: HashMap::new(), made: BTreeMap::new() }
    }

    /// The items of one type; gives how many.
    pub(crate) fn of_type(&mut self, name: &str, mapping: &TypeMapping, entries: &[Entry]) -> u64 {
        let before = self.resources.len();
        for entry in entries {
            for &block in entry.kinds.iter().flat_map(|kind| self.context.blocks.of_kind(kind)) {
                self.of_block(name, mapping, entry, block);
            }
        }
        self.orphans(name, mapping, entries);
        (self.resources.len() - before) as u64
    }

    fn of_block(&mut self, name: &str, mapping: &TypeMapping, entry: &Entry, block: usize) {
        let context = self.context;
        let maker = ItemBuilder { context, name: "", orphans: &[] };
        let whole = maker.at(block);
        let mut address = context.blocks.all[block].address.clone();
        if let Some(part) = entry.implicit.as_ref().or(entry.aspect.as_ref()) {
            address = format!("{address}/{part}");
        }
        let Some(items) = &entry.items else {
            return self.item(name, mapping, entry, &whole, address, (block, &[]));
        };
        let hits = match walk(items, &whole.value, "") {
            Found::Absent => return,
            Found::One(hit) => elements(hit),
            Found::Many(hits) => hits.into_iter().flat_map(elements).collect(),
        };
        for Hit { value, path } in hits {
            let id = format!("{address}/{path}");
            let cursor = Cursor { block: Some(block), value, path: Arc::from(path) };
            self.item(name, mapping, entry, &cursor, id, (block, &[]));
        }
    }

    /// Companions that no block of the code certainly has.
    fn orphans(&mut self, name: &str, mapping: &TypeMapping, entries: &[Entry]) {
        let context = self.context;
        let own: HashSet<&str> = entries.iter().flat_map(|entry| &entry.kinds).map(|kind| &**kind).collect();
        let mut settled: HashSet<usize> = HashSet::new();
        let mut alone: Vec<(usize, BTreeSet<usize>)> = Vec::new();
        for (at, entry) in entries.iter().enumerate() {
            let mut companions = BTreeSet::new();
            for &relation in &entry.relations {
                let orphans: HashSet<usize> = context.links(relation).orphans.iter().copied().collect();
                for &companion in
                    context.shared.relations[relation].kinds.iter().flat_map(|kind| context.blocks.of_kind(kind))
                {
                    if orphans.contains(&companion) {
                        if self.belongs(companion, relation) {
                            companions.insert(companion);
                        }
                    } else {
                        settled.insert(companion);
                    }
                }
            }
            alone.push((at, companions));
        }
        let mut seen = HashSet::new();
        for (at, companions) in alone {
            let mut groups: Vec<(Option<String>, Vec<usize>)> = Vec::new();
            for companion in companions {
                let kind = &context.blocks.all[companion].kind;
                if settled.contains(&companion) || own.contains(&**kind) || !seen.insert(companion) {
                    continue;
                }
                let owner = self.owner(&entries[at], companion);
                match groups.iter_mut().find(|(of, _)| of.is_some() && *of == owner) {
                    Some((_, group)) => group.push(companion),
                    None => groups.push((owner, vec![companion])),
                }
            }
            for (_, group) in groups {
                let address = context.blocks.all[group[0]].address.clone();
                self.item(name, mapping, &entries[at], &Cursor::nowhere(), address, (group[0], &group));
            }
        }
    }

    /// What tells the block, not in the code, that a companion belongs to. Companions that are certainly
    /// of one block are one item, as they are where the block is there.
    fn owner(&self, entry: &Entry, companion: usize) -> Option<String> {
        let context = self.context;
        let body = &context.blocks.all[companion].body;
        let relations = entry.relations.iter().map(|relation| &context.shared.relations[*relation]);
        let mut paths = relations
            .filter(|relation| relation.kinds.contains(&context.blocks.all[companion].kind))
            .flat_map(|relation| relation.on.iter().map(move |path| (relation.targets, path)));
        paths.find_map(|(targets, path)| match walk(path, body, "") {
            Found::One(hit) => Some(format!("{targets} {}", sameness(&hit.value)?)),
            _ => None,
        })
    }

    /// Whether a companion is a companion in this relation. One that names no block here may belong to
    /// something else (to a role, and not to a user), or, where its kind can belong to several things and
    /// is an item of its own, to nothing (a policy attached to nobody). One that names no block anywhere,
    /// though all of its kind do, is incomplete, and judged for what it says.
    fn belongs(&self, companion: usize, relation: usize) -> bool {
        let context = self.context;
        if context.links(relation).names_one(companion) {
            return true;
        }
        let kind = &context.blocks.all[companion].kind;
        let relations = context.shared.relations.iter().enumerate();
        let mut of_kind = relations.filter(|(_, of)| of.kinds.contains(kind) && !of.on.is_empty());
        let targets = context.shared.relations[relation].targets;
        let optional = || of_kind.clone().any(|(_, of)| of.targets != targets);
        if context.shared.names.contains_key(kind) && optional() {
            return false;
        }
        // A list of what it belongs to may be empty.
        let body = &context.blocks.all[companion].body;
        let nobody = |(_, of): (usize, &Relation)| of.on.iter().all(|path| path.is_many() && names_nothing(path, body));
        if of_kind.clone().all(nobody) {
            return false;
        }
        !of_kind.any(|(other, _)| context.links(other).names_one(companion))
    }

    /// One item, whose primary block this is; and the companions that it is of alone.
    fn item(
        &mut self,
        r#type: &str,
        mapping: &TypeMapping,
        entry: &Entry,
        cursor: &Cursor,
        id: String,
        (block, orphans): (usize, &[usize]),
    ) {
        let context = self.context;
        let orphan = !orphans.is_empty();
        let name = named(&entry.names, cursor, context).unwrap_or_else(|| id.clone());
        let maker = ItemBuilder { context, name: &name, orphans };
        let holds = entry.when.as_ref().filter(|_| !orphan).map_or(Ok(true), |when| maker.holds(when, cursor));
        let open = match holds {
            Ok(true) => None,
            Ok(false) => return,
            // What comes with a block is as AWS makes it, or another block says how it is.
            Err(gap) => entry.implicit.is_some().then_some(gap),
        };
        let doubt = context.blocks.all[block].uncertain.as_ref().filter(|_| !orphan);
        let whole = || vec![At::new(block, "")];
        let tell = |(name, rule): &(Arc<str>, Rule)| {
            let uncertain = doubt.filter(|_| entry.unknown_if_uncertain.as_ref() == Some(name));
            let always = matches!(rule.main, Main::Const(_) | Main::SelfName | Main::Absent);
            let gap = uncertain.map(|why| why.unknown().gap()).or_else(|| open.clone().filter(|_| !always));
            let made = gap.map_or_else(|| attribute(&maker, rule, cursor), |gap| RuleValue::unknown(gap, whole()));
            (Arc::clone(name), made)
        };
        let made: Vec<(Arc<str>, RuleValue)> = entry.attributes.iter().map(tell).collect();
        if orphan && made.iter().all(|(_, made)| matches!(made.state, State::Missing)) {
            return;
        }
        let outside =
            |made: &RuleValue| matches!(&made.state, State::Unknown(gap) if gap.code == GapCode::OutsideScope);
        let partial = made.iter().any(|(_, made)| outside(made));
        // What is so of every block of the kind is so of the one that is not in the code.
        let always = |(name, made): (Arc<str>, RuleValue)| {
            let rule = entry.attributes.iter().find(|(of, _)| *of == name).map(|(_, rule)| rule);
            match rule {
                Some(Rule { moves, main: Main::Const(json), .. }) if orphan && moves.is_empty() => {
                    (name, RuleValue::json(json.clone(), Vec::new()))
                }
                _ => (name, made),
            }
        };
        let made: Vec<(Arc<str>, RuleValue)> = made.into_iter().map(always).collect();
        let missing = format!("the {} it belongs to is not in the code", entry.kinds[0]);
        let mut writer = Writer {
            blocks: context.blocks.all,
            places: &mut self.places,
            numbers: &mut self.numbers,
            sources: BTreeMap::new(),
            missing: Gap::new(GapCode::OutsideScope, missing),
        };
        let primary = writer.place(&At { block, path: Arc::clone(&cursor.path) });
        writer.sources.insert(String::new(), vec![primary]);
        let mut attributes: BTreeMap<Arc<str>, Tree> = BTreeMap::new();
        let Kind::Object(kinds) = &mapping.kind else { return };
        let mut left: BTreeSet<&str> = kinds.keys().map(|name| &**name).collect();
        for (name, made) in made {
            left.remove(&*name);
            let Some((kind, list)) = kinds.get(&*name) else { continue };
            if let Some(written) = writer.write(made, kind, *list, &format!("/{name}")) {
                attributes.insert(name, written);
            }
        }
        for name in left {
            let gap = Gap::new(GapCode::Unsupported, "the mapping does not tell it");
            attributes.insert(Arc::from(name), Tree::from(gap));
        }
        let sources = writer.sources;
        let id = if self.made.contains_key(&id) { format!("{id} ({type})") } else { id };
        let elsewhere = context.blocks.all[block].elsewhere.as_deref();
        let identity = Identity {
            r#type: r#type.to_owned(),
            id: id.clone(),
            name,
            account: ACCOUNT.to_owned(),
            region: elsewhere.unwrap_or(REGION).to_owned(),
        };
        self.made.insert(id, Item { block, orphan, partial });
        self.resources.push(Resource { identity, attributes: Tree::from(attributes), sources });
    }
}

/// An attribute; unknown where the item is an element of a list that is not known itself.
fn attribute(maker: &ItemBuilder<'_, '_>, rule: &Rule, cursor: &Cursor) -> RuleValue {
    if let (Value::Unknown(unknown), Some(block)) = (&cursor.value, cursor.block) {
        return RuleValue::unknown(unknown.gap(), vec![At { block, path: Arc::clone(&cursor.path) }]);
    }
    maker.make(rule, cursor)
}

/// Whether nothing is written at a path, known or not.
fn names_nothing(path: &Path, body: &Value) -> bool {
    match walk(path, body, "") {
        Found::Absent => true,
        Found::Many(hits) => hits.is_empty(),
        Found::One(_) => false,
    }
}

/// The first name that is a known text.
fn named(names: &[Path], cursor: &Cursor, context: &MappingContext<'_>) -> Option<String> {
    let block = cursor.block?;
    names.iter().find_map(|path| {
        let start = if path.from_body { &context.blocks.all[block].body } else { &cursor.value };
        match walk(path, start, "") {
            Found::One(Hit { value: Value::Text(text), .. }) => Some(text.to_string()),
            _ => None,
        }
    })
}
