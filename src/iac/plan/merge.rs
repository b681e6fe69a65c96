//! `after`, `after_unknown` and `after_sensitive` of a change, and what the author wrote, made one value.
//!
//! What is marked unknown is unknown only if the author wrote it. An argument that nobody wrote, and that
//! the provider computes, is marked unknown just the same (`server_side_encryption_configuration` of every
//! new `aws_s3_bucket`); in the sources of the same estate it is not there. So it is not there here: the
//! mapping knows what the provider, or AWS, makes of what is not written.
//!
//! `configuration` tells what was written, but for `dynamic` blocks. Nested blocks that such a block makes
//! stand in `after`; where its `for_each` is unknown they are unknown *as a whole*. So is what the provider
//! computes when it is left out. `computed` names the latter: what is a list, unknown as a whole and not
//! named there is a `dynamic` block. What is named there was not written, unless the plan shows a reference
//! that its configuration does not (`relevant_attributes`), as that of a `dynamic` block; only the sources
//! tell then. Of what is unknown *inside* a block that is not in `configuration` nothing can be said, and it
//! stays unknown.
//!
//! `data.aws_iam_policy_document.x.json` is unknown as a whole as soon as one ARN in it is; its arguments stand in
//! the plan all the same, with only that ARN unknown. The document is made of them, and so is what it is made of.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::sync::Arc;

use super::computed;
use super::configuration::{Body, Leaf, Written};
use super::document::Inner;
use super::json::Mask;
use super::reference::{Found, References, Scope, longest};
use crate::iac::origin::{Digester, Origin};
use crate::iac::terraform::policy_document;
use crate::iac::value::{Reference, Unknown, Value};
use crate::model::gap::GapCode;

/// The instance whose value is made.
pub(super) struct Instance<'c> {
    /// Where its arguments are written, and the parts of the address of its module instance; `None`
    /// where the plan's configuration does not have it.
    pub(super) scope: Option<Scope<'c>>,
    /// `module.a["x"]`, `module.b`.
    pub(super) modules: Arc<[String]>,
    /// Its own key, as written in its address.
    pub(super) key: Option<Arc<str>>,
    /// It is a data source: what its arguments are made of is never taken for the whole of them, for
    /// `"${aws_s3_bucket.a.arn}/*"` is listed as the plain ARN is.
    pub(super) in_document: bool,
}

/// The most references of an expression that are shown.
const SHOWN_LIMIT: usize = 8;

/// The most nested blocks of one kind among which the one that a value belongs to is looked for.
const BLOCK_LIMIT: usize = 128;

/// What is written at a place in the body.
#[derive(Clone)]
enum At<'c> {
    /// Nothing is known of it.
    Unsaid,
    /// Nothing.
    Absent,
    /// These expressions, one of which it is, or (not `exact`) is a part of.
    Leaves { leaves: Vec<&'c Leaf>, exact: bool },
    /// One of these blocks.
    Blocks(Vec<&'c Body>),
}

impl At<'_> {
    /// What is written for the member `name`.
    fn member(&self, name: &str) -> Self {
        match self {
            Self::Unsaid | Self::Absent => Self::Unsaid,
            Self::Leaves { leaves, .. } => Self::Leaves { leaves: leaves.clone(), exact: false },
            Self::Blocks(bodies) => {
                let mut leaves = Vec::new();
                let mut blocks = Vec::new();
                for body in bodies {
                    if blocks.len() > BLOCK_LIMIT {
                        return Self::Unsaid;
                    }
                    match body.get(name) {
                        Some(Written::Leaf(leaf)) => leaves.push(leaf),
                        Some(Written::Blocks(nested)) => blocks.extend(nested.iter().take(BLOCK_LIMIT + 1)),
                        None => {}
                    }
                }
                if blocks.len() > BLOCK_LIMIT {
                    return Self::Unsaid;
                }
                match (leaves.is_empty(), blocks.is_empty()) {
                    (true, true) => Self::Absent,
                    (true, false) => Self::Blocks(blocks),
                    (false, _) => Self::Leaves { exact: leaves.len() == bodies.len(), leaves },
                }
            }
        }
    }

    /// What is written for each of the elements of a list that has so many.
    fn element(&self, count: usize) -> Self {
        match self {
            Self::Unsaid | Self::Absent => Self::Unsaid,
            Self::Leaves { leaves, exact } => Self::Leaves { leaves: leaves.clone(), exact: *exact && count == 1 },
            // More blocks than are written: the others come from a `dynamic` block.
            Self::Blocks(bodies) if bodies.len() < count => Self::Unsaid,
            Self::Blocks(bodies) => Self::Blocks(bodies.clone()),
        }
    }
}

/// Makes values of changes.
pub(super) struct Merge<'c, 'm> {
    pub(super) references: &'m References<'c>,
    pub(super) documents: &'m Documents<'c>,
    pub(super) instance: &'m Instance<'c>,
    /// The path of the value that is made, for those that are not written.
    path: Vec<Arc<str>>,
    /// The arguments of the body that are unknown, and were taken for not written.
    pub(super) left_out: Vec<Arc<str>>,
    /// What is not in the configuration, and was taken for a `dynamic` block over an unknown collection.
    pub(super) unwritten: Vec<Vec<Arc<str>>>,
    /// Type of the resource whose body is made.
    kind: Option<&'m str>,
    /// Something in the plan refers to what nothing in its configuration refers to.
    may_be_dynamic: bool,
}

impl<'c, 'm> Merge<'c, 'm> {
    pub(super) fn new(
        references: &'m References<'c>,
        documents: &'m Documents<'c>,
        instance: &'m Instance<'c>,
    ) -> Self {
        Self {
            references,
            documents,
            instance,
            path: Vec::new(),
            left_out: Vec::new(),
            unwritten: Vec::new(),
            kind: None,
            may_be_dynamic: false,
        }
    }

    /// The same for a resource of this type. `may_be_dynamic` says that the plan has a reference which
    /// its configuration does not show, as those of `dynamic` blocks.
    pub(super) fn of_type(self, kind: &'m str, may_be_dynamic: bool) -> Self {
        Self { kind: Some(kind), may_be_dynamic, ..self }
    }

    /// The body of a block whose arguments are written in `written`.
    pub(super) fn body(&mut self, after: Value, unknown: &Mask, sensitive: &Mask, written: Option<&'c Body>) -> Value {
        let at = written.map_or(At::Unsaid, |body| At::Blocks(vec![body]));
        let members = match after {
            Value::Map(members) => Arc::unwrap_or_clone(members),
            _ => BTreeMap::new(),
        };
        self.map(members, unknown, sensitive, &at)
    }

    /// The value; `None` where there is none.
    fn value(&mut self, value: Value, unknown: &Mask, sensitive: &Mask, at: &At<'c>) -> Option<Value> {
        match (&value, unknown, sensitive) {
            (Value::Null, Mask::None, _) => None,
            (_, Mask::None, Mask::None) => Some(value),
            (_, Mask::AllOfList, sensitive) if matches!(at, At::Absent) && !sensitive.is_all() => self.dynamic(),
            (_, Mask::All | Mask::AllOfList, _) if matches!(at, At::Absent) => None,
            (_, _, Mask::All) => Some(self.masked(GapCode::Sensitive, at)),
            (Value::Map(_) | Value::Null, Mask::Map(_) | Mask::None, Mask::Map(_) | Mask::None) => {
                let members = match value {
                    Value::Map(members) => Arc::unwrap_or_clone(members),
                    _ => BTreeMap::new(),
                };
                Some(self.map(members, unknown, sensitive, at))
            }
            (Value::List(_) | Value::Null, Mask::List(_) | Mask::None, Mask::List(_) | Mask::None) => {
                let items = match value {
                    Value::List(items) => Arc::unwrap_or_clone(items),
                    _ => Vec::new(),
                };
                Some(self.list(items, unknown, sensitive, at))
            }
            // Unknown as a whole, or the masks do not have the shape of the value: nothing of it is shown.
            (_, Mask::All | Mask::AllOfList, _) | (_, _, Mask::None) => Some(self.masked(GapCode::KnownAfterApply, at)),
            _ => Some(self.masked(GapCode::Sensitive, at)),
        }
    }

    /// What is unknown as a whole and is not in the configuration: nested blocks that a `dynamic` block
    /// makes of an unknown collection, or what the provider computes where nothing is written.
    fn dynamic(&mut self) -> Option<Value> {
        let (Some(kind), false) = (self.kind, self.instance.in_document) else { return None };
        if computed::is_computed(kind, &self.path) && !self.may_be_dynamic {
            return None;
        }
        self.unwritten.push(self.path.clone());
        Some(Value::unknown_from(GapCode::KnownAfterApply, &self.path.join("."), Origin::Unidentified))
    }

    fn map(&mut self, members: BTreeMap<Arc<str>, Value>, unknown: &Mask, sensitive: &Mask, at: &At<'c>) -> Value {
        let mut made = BTreeMap::new();
        // What is unknown is left out of `after`.
        if let Mask::Map(masks) = unknown {
            for (name, mask) in masks {
                if !members.contains_key(name) {
                    let value = self.member(name, Value::Null, mask, sensitive, at);
                    made.extend(value.map(|value| (Arc::clone(name), value)));
                }
            }
        }
        for (name, value) in members {
            let value = self.member(&name, value, unknown.member(&name), sensitive, at);
            made.extend(value.map(|value| (name, value)));
        }
        Value::map(made)
    }

    fn member(&mut self, name: &Arc<str>, value: Value, unknown: &Mask, outer: &Mask, at: &At<'c>) -> Option<Value> {
        let sensitive = outer.member(name);
        if *unknown == Mask::None && *sensitive == Mask::None {
            return match value {
                Value::List(_) | Value::Map(_) => tidy(value, &at.member(name)),
                value => Some(value),
            };
        }
        self.path.push(Arc::clone(name));
        let at = at.member(name);
        let value = self.value(value, unknown, sensitive, &at);
        if self.path.len() == 1 && value.is_none() && unknown.is_all() && !sensitive.is_all() {
            self.left_out.push(Arc::clone(name));
        }
        self.path.pop();
        value.and_then(|value| if is_empty(&value) { tidy(value, &at) } else { Some(value) })
    }

    fn list(&mut self, mut items: Vec<Value>, unknown: &Mask, sensitive: &Mask, at: &At<'c>) -> Value {
        if let Mask::List(masks) = unknown {
            items.resize(items.len().max(masks.len()), Value::Null);
        }
        let mut documents = self.documents_in(&items, unknown, sensitive, at).into_iter();
        let at = at.element(items.len());
        let made = items.into_iter().enumerate().map(|(position, item)| {
            let (unknown, sensitive) = (unknown.element(position), sensitive.element(position));
            if unknown.is_all()
                && *sensitive == Mask::None
                && let Some(document) = documents.next()
            {
                return document;
            }
            self.path.push(Arc::from(position.to_string()));
            let value = self.value(item, unknown, sensitive, &at);
            self.path.pop();
            // An element keeps its place.
            value.unwrap_or_default()
        });
        Value::list(made.collect())
    }

    /// The policy documents that the unknown elements of a list are, if each is one
    /// (`source_policy_documents`).
    fn documents_in(&self, items: &[Value], unknown: &Mask, sensitive: &Mask, at: &At<'c>) -> Vec<Value> {
        let (At::Leaves { leaves, .. }, Mask::None) = (at, sensitive) else { return Vec::new() };
        let open = (0..items.len()).filter(|position| unknown.element(*position).is_all()).count();
        let Some(found) = self.found(leaves) else { return Vec::new() };
        let documents: Vec<Value> = found
            .references
            .iter()
            .filter_map(|reference| self.documents.get(self.references, reference, &found, self.instance))
            .collect();
        if documents.len() == open && documents.len() == found.references.len() { documents } else { Vec::new() }
    }

    fn found(&self, leaves: &[&'c Leaf]) -> Option<Found> {
        let scope = self.instance.scope?;
        Some(self.references.of(leaves, scope, &self.instance.modules))
    }

    /// A value that is not known, or not shown.
    fn masked(&self, code: GapCode, at: &At<'c>) -> Value {
        let At::Leaves { leaves, exact } = at else {
            return Value::unknown_from(code, &self.path.join("."), hidden(code));
        };
        let found = self.found(leaves).unwrap_or_default();
        if code == GapCode::KnownAfterApply
            && found.single
            && let [reference] = &*found.references
            && let Some(document) = self.documents.get(self.references, reference, &found, self.instance)
        {
            return document;
        }
        let mut shown = String::new();
        let mut listed = Digester::new("references");
        for (place, reference) in leaves.iter().flat_map(|leaf| longest(&leaf.references)).enumerate() {
            listed.text(reference);
            if place < SHOWN_LIMIT {
                let comma = if shown.is_empty() { "" } else { ", " };
                write!(shown, "{comma}{reference}").expect("writing to a String cannot fail");
            }
        }
        if shown.is_empty() {
            shown = self.path.join(".");
        }
        let whole = found.single && *exact && !self.instance.in_document;
        let mut references = found.references;
        for reference in &mut references {
            reference.whole = whole;
        }
        let origin = match references.as_slice() {
            [one] if whole && one.instance => Origin::attribute(&one.address, &one.attribute),
            [] if code == GapCode::Sensitive && leaves.iter().all(|leaf| leaf.constant) => Origin::HiddenLiteral,
            [] => hidden(code),
            references => {
                for reference in references {
                    listed.text(&reference.address);
                    listed.text(&reference.attribute);
                }
                listed.listed()
            }
        };
        Value::Unknown(Arc::new(Unknown::new(code, &shown).from(origin).of(references)))
    }
}

/// The origin of what the plan says nothing of but that it is not known, or not shown.
fn hidden(code: GapCode) -> Origin {
    if code == GapCode::Sensitive { Origin::Hidden } else { Origin::Unidentified }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::List(items) => items.is_empty(),
        Value::Map(members) => members.is_empty(),
        _ => false,
    }
}

/// Leaves out the empty lists and maps that a plan has for each nested block, and each set of values,
/// that nobody wrote: they are not in the sources of the same estate. Those that were written stay.
fn tidy(mut value: Value, at: &At<'_>) -> Option<Value> {
    if is_empty(&value) {
        return matches!(at, At::Leaves { exact: true, .. }).then_some(value);
    }
    match &mut value {
        Value::List(items) if items.iter().any(|item| matches!(item, Value::Map(_))) => {
            let at = at.element(items.len());
            for item in Arc::make_mut(items) {
                // An element keeps its place, though there be nothing in it.
                if let Value::Map(members) = item {
                    tidy_members(Arc::make_mut(members), &at);
                }
            }
        }
        Value::Map(members) => tidy_members(Arc::make_mut(members), at),
        _ => {}
    }
    Some(value)
}

fn tidy_members(members: &mut BTreeMap<Arc<str>, Value>, at: &At<'_>) {
    members.retain(|name, member| {
        if !matches!(member, Value::List(_) | Value::Map(_)) {
            return true;
        }
        let kept = tidy(std::mem::take(member), &at.member(name));
        let stays = kept.is_some();
        *member = kept.unwrap_or_default();
        stays
    });
}

/// The kind of data source whose documents are made.
pub(super) const DOCUMENT_KIND: &str = "aws_iam_policy_document";

/// How many documents may be made of one another.
const DOCUMENT_DEPTH: u32 = 16;

/// A data source that was not read yet.
pub(super) struct Pending<'c> {
    pub(super) instance: Instance<'c>,
    pub(super) change: Inner<'c>,
    pub(super) written: Option<&'c Body>,
}

enum Progress<'c> {
    Pending(Box<Pending<'c>>),
    /// Being made: it is made of itself.
    Open,
    Made(Made),
}

/// What became of a data source.
#[derive(Clone)]
enum Made {
    /// Its document.
    Document(Value),
    /// None can be made of it.
    Nothing,
    /// The plan does not have it.
    NoSource,
}

/// The documents of a plan by the address of their data source.
#[derive(Default)]
pub(super) struct Documents<'c> {
    states: RefCell<HashMap<String, Progress<'c>>>,
    depth: Cell<u32>,
}

impl<'c> Documents<'c> {
    pub(super) fn add(&self, address: String, pending: Pending<'c>) {
        self.states.borrow_mut().insert(address, Progress::Pending(Box::new(pending)));
    }

    /// The document that the value with this reference is, where it is one.
    pub(super) fn get(
        &self,
        references: &References<'c>,
        reference: &Reference,
        found: &Found,
        from: &Instance<'c>,
    ) -> Option<Value> {
        let address = &reference.address;
        if !address.contains(DOCUMENT_KIND) || !matches!(&*reference.attribute, "json" | "minified_json" | "") {
            return None;
        }
        match self.at(address, references) {
            // Which attribute is meant is hidden by an index only.
            Made::Document(document) if !reference.attribute.is_empty() || found.key_of.is_some() => {
                return Some(document);
            }
            Made::Document(_) | Made::Nothing => return None,
            Made::NoSource => {}
        }
        // `data.aws_iam_policy_document.x[each.key].json`: the instance with the key of the block that
        // the expression stands in.
        let level = found.key_of?;
        let key = match from.modules.get(level) {
            Some(part) => part.split_once('[')?.1.strip_suffix(']')?,
            None if level == from.modules.len() => from.key.as_deref()?,
            None => return None,
        };
        match self.at(&format!("{address}[{key}]"), references) {
            Made::Document(document) => Some(document),
            Made::Nothing | Made::NoSource => None,
        }
    }

    /// The document of the data source with this address.
    fn at(&self, address: &str, references: &References<'c>) -> Made {
        let pending = {
            let mut states = self.states.borrow_mut();
            let Some(state) = states.get_mut(address) else { return Made::NoSource };
            match state {
                Progress::Made(made) => return made.clone(),
                Progress::Open => return Made::Nothing,
                Progress::Pending(_) if self.depth.get() == DOCUMENT_DEPTH => return Made::Nothing,
                Progress::Pending(_) => match std::mem::replace(state, Progress::Open) {
                    Progress::Pending(pending) => *pending,
                    Progress::Open | Progress::Made(_) => return Made::Nothing,
                },
            }
        };
        self.depth.set(self.depth.get() + 1);
        let Pending { instance, change, written } = pending;
        let body =
            Merge::new(references, self, &instance).body(change.after, &change.unknown, &change.sensitive, written);
        // What makes no document is an error of the provider, or not known.
        let made = match policy_document::document(&body) {
            document @ Value::Json(_) => Made::Document(document),
            _ => Made::Nothing,
        };
        self.depth.set(self.depth.get() - 1);
        self.states.borrow_mut().insert(address.to_owned(), Progress::Made(made.clone()));
        made
    }
}
