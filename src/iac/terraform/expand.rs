//! Repeated blocks: `count`, `for_each`, `dynamic`; and the bodies of their instances.

use std::cell::{LazyCell, OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use super::convert::{self, BLOCK_MEMBER};
use super::evaluate::{Evaluator, is_open};
use super::functions;
use super::scope::{Binding, Evaluated, Expansion, Instance, Key, Keys, Mode, Repetition, Scope, Slot, quote};
use super::syntax::{Body, Expr, Lines, Nested, render};
use crate::iac::deployment::Uncertain;
use crate::iac::origin::{Origin, Position};
use crate::iac::value::{Choice, Reference, Unknown, Value, Ways};
use crate::model::gap::GapCode;

/// Deepest nesting of blocks.
const BLOCK_DEPTH: u32 = 64;

/// The attributes that [`Evaluator::data_attribute`] knows of some data sources.
const COMPUTED: &[&str] = &["json", "minified_json", "partition", "dns_suffix", "rendered"];

impl Evaluator<'_> {
    /// The instances that `count` or `for_each` makes; one if neither is there, and `enabled` does not
    /// leave it out.
    pub(super) fn keys(
        &self,
        count: Option<&Expr>,
        for_each: Option<&Expr>,
        enabled: Option<&Expr>,
        scope: &Scope<'_>,
    ) -> Keys {
        match (count, for_each, enabled) {
            (Some(count), ..) => self.count_keys(count, scope),
            (None, Some(for_each), _) => self.each_keys(for_each, scope),
            (None, None, Some(enabled)) => self.enabled_keys(enabled, scope),
            (None, None, None) => self.single(None),
        }
    }

    /// One instance without a key.
    fn single(&self, uncertain: Option<Uncertain>) -> Keys {
        self.take_instances(1);
        Keys::new(Mode::Single, vec![Key { text: None, repetition: Rc::default(), uncertain }])
    }

    /// One instance or none.
    fn enabled_keys(&self, enabled: &Expr, scope: &Scope<'_>) -> Keys {
        let value = self.value(enabled, scope);
        match &value {
            Value::Bool(false) => Keys::new(Mode::Single, Vec::new()),
            Value::Bool(true) => self.single(None),
            value => {
                let written = format!("enabled = {}", render(enabled));
                let why = reason_of(&written, Origin::of(value), value);
                self.single(Some(Uncertain::Condition(why)))
            }
        }
    }

    fn count_keys(&self, count: &Expr, scope: &Scope<'_>) -> Keys {
        let value = self.value(count, scope);
        let number = convert::number(&value).filter(|number| *number >= 0.0 && number.fract() == 0.0);
        let Some(number) = number else {
            let written = format!("count = {}", render(count));
            let reason = if is_open(&value) { written } else { format!("{written}: not a whole number") };
            let origin = Origin::of(&value);
            let index = convert::made_from("count.index", origin.element(Position::CountIndex), &[&value]);
            let repetition = Repetition { index: Some(index), each: None };
            return unknown_keys(Uncertain::Count(reason_of(&reason, origin, &value)), repetition);
        };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number from zero")]
        let number = number.min(1e12) as u64;
        if !self.take_instances(number) {
            let reason = format!("count = {}: more instances than are evaluated", render(count));
            let index = convert::unresolved("count.index");
            let uncertain = Uncertain::Count(reason_of(&reason, Origin::Unidentified, &Value::Null));
            return unknown_keys(uncertain, Repetition { index: Some(index), each: None });
        }
        let keys = (0..number)
            .map(|index| {
                #[expect(clippy::cast_precision_loss, reason = "no count is that large")]
                let repetition = Repetition { index: Some(Value::Number(index as f64)), each: None };
                Key { text: Some(Arc::from(index.to_string())), repetition: Rc::new(repetition), uncertain: None }
            })
            .collect();
        Keys::new(Mode::Count, keys)
    }

    fn each_keys(&self, for_each: &Expr, scope: &Scope<'_>) -> Keys {
        let value = self.value(for_each, scope);
        let written = format!("for_each = {}", render(for_each));
        let origin = LazyCell::new(|| Origin::of(&value));
        let unknown_each = |value: &Value| Repetition { index: None, each: Some(element_of("each", value, &origin)) };
        let length = match &value {
            Value::Map(members) => members.len(),
            Value::List(items) => items.len(),
            _ => 0,
        };
        if !self.take_instances(length as u64) {
            let reason =
                reason_of(&format!("{written}: more instances than are evaluated"), (*origin).clone(), &Value::Null);
            let repetition = unknown_each(&Value::Unknown(reason.clone()));
            return unknown_keys(Uncertain::ForEach(reason), repetition);
        }
        let mut keys: Vec<Key> = Vec::with_capacity(length);
        match &value {
            Value::Map(members) => {
                for (name, item) in members.iter().filter(|(name, _)| &***name != BLOCK_MEMBER) {
                    keys.push(known_key(name, item.clone()));
                }
            }
            Value::List(items) => {
                let mut seen: BTreeSet<Arc<str>> = BTreeSet::new();
                for item in items.iter() {
                    if let Some(name) = convert::scalar_text(item) {
                        if seen.insert(name.clone()) {
                            keys.push(known_key(&name, Value::Text(name.clone())));
                        }
                        continue;
                    }
                    let uncertain = Uncertain::ForEach(reason_of(&written, (*origin).clone(), item));
                    let repetition = Repetition { index: None, each: Some((item.clone(), item.clone())) };
                    keys.push(Key { text: None, repetition: Rc::new(repetition), uncertain: Some(uncertain) });
                }
                keys.sort_by(|one, other| one.text.cmp(&other.text));
            }
            value => {
                let reason = if is_open(value) { written } else { format!("{written}: not a map or set") };
                let uncertain = Uncertain::ForEach(reason_of(&reason, (*origin).clone(), value));
                return unknown_keys(uncertain, unknown_each(value));
            }
        }
        Keys::new(Mode::Each, keys)
    }

    /// Takes instances off what may be made; whether there were enough.
    pub(super) fn take_instances(&self, number: u64) -> bool {
        let left = self.instances.get();
        if number <= left {
            self.instances.set(left - number);
            return true;
        }
        // One is there in place of them.
        self.instances.set(left.saturating_sub(1));
        if left == 0 {
            self.over.set(true);
        }
        self.problem(
            &self.root_path,
            None,
            &format!("evaluate more than {} instances; what is over is taken for unknown", self.limits.instances),
        );
        false
    }

    /// The instances of a resource. The error is what a value that needs them is.
    pub(super) fn expansion(&self, instance: &Rc<Instance>, place: usize) -> Result<Rc<Expansion>, Arc<Unknown>> {
        let resource = &instance.module.resources[place];
        match instance.expansions.borrow().get(&place) {
            Some(Slot::Done(expansion)) => return Ok(expansion.clone()),
            Some(Slot::Running) => return Err(circle(&resource.address())),
            _ => {}
        }
        instance.expansions.borrow_mut().insert(place, Slot::Running);
        let keys = self.keys(
            resource.count.as_ref(),
            resource.for_each.as_ref(),
            resource.enabled.as_ref(),
            &Scope::of(instance),
        );
        let length = keys.all.len();
        let expansion = Rc::new(Expansion {
            owner: Rc::downgrade(instance),
            resource: place,
            address: instance.qualify(&resource.address()),
            keys,
            bodies: (0..length).map(|_| RefCell::default()).collect(),
            objects: (0..length).map(|_| OnceCell::new()).collect(),
        });
        instance.expansions.borrow_mut().insert(place, Slot::Done(expansion.clone()));
        Ok(expansion)
    }

    /// The evaluated body of an instance; `None` while it is being evaluated.
    pub(super) fn block_body(&self, expansion: &Expansion, at: usize) -> Option<Rc<Evaluated>> {
        match &*expansion.bodies.get(at)?.borrow() {
            Slot::Done(body) => return Some(body.clone()),
            Slot::Running => return None,
            Slot::Empty => {}
        }
        let instance = expansion.owner.upgrade()?;
        let resource = instance.resource(expansion.resource)?;
        expansion.bodies[at].replace(Slot::Running);
        let scope =
            Scope { instance: Some(&instance), repetition: Some(&expansion.keys.all[at].repetition), binding: None };
        let mut spans = BTreeMap::new();
        let members = self.body(&resource.body, &scope, resource.lines.file, "", &mut spans, 0);
        let body = Rc::new(Evaluated { value: Value::map(members), spans });
        expansion.bodies[at].replace(Slot::Done(body.clone()));
        Some(body)
    }

    /// An attribute of an instance as written; `None` if it is not written.
    pub(super) fn block_attribute(&self, expansion: &Expansion, at: usize, name: &str) -> Option<Value> {
        let instance = expansion.owner.upgrade()?;
        let resource = instance.resource(expansion.resource)?;
        if resource.data
            && let Some(value) = self.data_attribute(expansion, at, &resource.kind, name)
        {
            return Some(value);
        }
        let body = self.block_body(expansion, at)?;
        body.value.get(name).filter(|value| !value.is_null()).cloned()
    }

    /// The attributes of data sources that the code tells.
    fn data_attribute(&self, expansion: &Expansion, at: usize, kind: &str, name: &str) -> Option<Value> {
        match (kind, name) {
            ("aws_iam_policy_document", "json" | "minified_json") => {
                let body = self.block_body(expansion, at)?;
                let expression = Expr::Variable(Arc::from(expansion.address.as_str()));
                Some(self.bounded(super::policy_document::document(&body.value), &expression))
            }
            // The key is looked up by its alias, and the alias says whose it is.
            ("aws_kms_alias", "arn" | "target_key_arn" | "target_key_id")
            | ("aws_kms_key", "arn" | "id" | "key_id") => {
                let body = self.block_body(expansion, at)?;
                let by = if kind == "aws_kms_alias" { "name" } else { "key_id" };
                let alias = body.value.get(by)?.as_text().filter(|alias| alias.contains("alias/"))?;
                let own = Reference {
                    address: expansion.instance_address(at),
                    attribute: name.to_owned(),
                    whole: true,
                    instance: true,
                };
                let shown = format!("{}.{name} of {alias}", own.address);
                let origin = Origin::attribute(&own.address, name);
                let unknown = Unknown::new(GapCode::KnownAfterApply, &shown).from(origin).of(vec![own]);
                Some(Value::Unknown(Arc::new(unknown)))
            }
            ("aws_iam_policy", "arn" | "id") => {
                let body = self.block_body(expansion, at)?;
                if let Some(arn) = body.value.get("arn").filter(|arn| !arn.is_null()) {
                    return Some(arn.clone());
                }
                // By its name, as AWS's own are looked up. One of the account that is called so has another
                // account in its ARN, and the same name, by which it is told.
                let name = body.value.get("name").filter(|name| !name.is_null())?;
                match name {
                    Value::Text(name) => Some(Value::text(&format!("arn:aws:iam::aws:policy/{name}"))),
                    _ => None,
                }
            }
            // Other partitions are no place that this could be told of.
            ("aws_partition", "partition" | "id") => Some(Value::text("aws")),
            ("aws_partition", "dns_suffix") => Some(Value::text("amazonaws.com")),
            ("aws_service_principal", "name") => {
                let body = self.block_body(expansion, at)?;
                let service = body.value.get("service_name")?.as_text()?;
                Some(Value::text(&format!("{service}.amazonaws.com")))
            }
            ("template_file", "rendered") => {
                let body = self.block_body(expansion, at)?;
                let expression = Expr::Variable(Arc::from(expansion.address.as_str()));
                let Some(Value::Text(template)) = body.value.get("template") else {
                    return Some(convert::made_of(&expansion.address, &[body.value.get("template")?]));
                };
                let empty = Value::map(BTreeMap::new());
                let pieces = super::lower::parse_template(template).ok()?;
                self.render_template(&expression, &pieces, body.value.get("vars").unwrap_or(&empty)).ok()
            }
            _ => None,
        }
    }

    /// The name that a data source looks something up by, where that is all it is looked up by.
    pub(super) fn looked_up(&self, expansion: &Expansion, at: usize) -> Option<Arc<str>> {
        let instance = expansion.owner.upgrade()?;
        let resource = instance.resource(expansion.resource).filter(|resource| resource.data)?;
        let by = match &*resource.kind {
            "aws_s3_bucket" => "bucket",
            "aws_lambda_function" => "function_name",
            "aws_db_instance" => "db_instance_identifier",
            "aws_rds_cluster" | "aws_redshift_cluster" => "cluster_identifier",
            "aws_elasticache_replication_group" => "replication_group_id",
            "aws_opensearch_domain" => "domain_name",
            "aws_iam_user" => "user_name",
            "aws_iam_group" => "group_name",
            _ => "name",
        };
        match self.block_body(expansion, at)?.value.get(by)? {
            Value::Text(name) => Some(Arc::clone(name)),
            _ => None,
        }
    }

    /// A whole instance: a map of what is written, with the hidden member that tells of the rest.
    pub(super) fn block_object(&self, expansion: &Expansion, at: usize) -> Value {
        let own = Reference {
            address: expansion.instance_address(at),
            attribute: String::new(),
            whole: true,
            instance: true,
        };
        let origin = Origin::attribute(&own.address, "");
        let unknown = Unknown::new(GapCode::KnownAfterApply, &own.address.clone()).from(origin).of(vec![own]);
        let Some(body) = self.block_body(expansion, at) else {
            return Value::Unknown(Arc::new(unknown));
        };
        self.objects.set(true);
        let made = expansion.objects[at].get_or_init(|| {
            let mut members: BTreeMap<Arc<str>, Value> = match &body.value {
                Value::Map(members) => (**members).clone(),
                _ => BTreeMap::new(),
            };
            let instance = expansion.owner.upgrade();
            let resource = instance.as_ref().and_then(|instance| instance.resource(expansion.resource));
            if let Some(resource) = resource.filter(|resource| resource.data) {
                for name in COMPUTED {
                    if let Some(value) = self.data_attribute(expansion, at, &resource.kind, name) {
                        members.insert(Arc::from(*name), value);
                    }
                }
            }
            members.insert(Arc::from(BLOCK_MEMBER), Value::Unknown(Arc::new(unknown)));
            Value::map(members)
        });
        made.clone()
    }

    /// The arguments and nested blocks of a body, with the lines they are written in.
    fn body(
        &self,
        body: &Body,
        scope: &Scope<'_>,
        file: u32,
        path: &str,
        spans: &mut BTreeMap<String, (u32, u32)>,
        depth: u32,
    ) -> BTreeMap<Arc<str>, Value> {
        let mut members = BTreeMap::new();
        if depth > BLOCK_DEPTH {
            return members;
        }
        self.spend(8);
        for attribute in &body.attributes {
            let value = if self.spend(3) {
                self.value(&attribute.value, scope)
            } else {
                convert::unresolved(&format!("{}: the code takes too many steps", attribute.name))
            };
            if !value.is_null() {
                let value = if self.objects.get() { convert::plain(&value) } else { value };
                members.insert(attribute.name.clone(), value);
            }
            note(spans, file, || join(path, &attribute.name), attribute.lines);
        }
        let mut lists: BTreeMap<Arc<str>, Vec<Value>> = BTreeMap::new();
        for block in &body.blocks {
            if &*block.kind == "dynamic" {
                if let Some(kind) = block.labels.first() {
                    let list = lists.entry(kind.clone()).or_default();
                    self.dynamic(kind, block, scope, (file, path), spans, list, depth);
                }
                continue;
            }
            let list = lists.entry(block.kind.clone()).or_default();
            let path = format!("{}/{}", join(path, &block.kind), list.len());
            note(spans, file, || path.clone(), block.lines);
            list.push(Value::map(self.body(&block.body, scope, file, &path, spans, depth + 1)));
        }
        for (kind, list) in lists {
            if !list.is_empty() {
                members.insert(kind, Value::list(list));
            }
        }
        members
    }

    #[expect(clippy::too_many_arguments, reason = "one caller, which is this function's other half")]
    fn dynamic(
        &self,
        kind: &Arc<str>,
        block: &Nested,
        scope: &Scope<'_>,
        (file, path): (u32, &str),
        spans: &mut BTreeMap<String, (u32, u32)>,
        list: &mut Vec<Value>,
        depth: u32,
    ) {
        let Some(content) = block.body.blocks.iter().find(|block| &*block.kind == "content") else { return };
        let name: &str = match block.body.value("iterator") {
            Some(Expr::Variable(name) | Expr::Text(name)) => name,
            _ => kind,
        };
        let for_each = block.body.value("for_each").unwrap_or(&Expr::Null);
        let collection = self.value(for_each, scope);
        let items = self.items(&collection, for_each, scope);
        let written = format!("dynamic {kind}: for_each = {}", render(for_each));
        let at = |list: &Vec<Value>| format!("{}/{}", join(path, kind), list.len());
        // What a block is, of which it is not known whether there is any.
        let open = |element: (Value, Value), reason: &Unknown, spans: &mut BTreeMap<String, (u32, u32)>, path: &str| {
            let element = BTreeMap::from([(Arc::from("key"), element.0), (Arc::from("value"), element.1)]);
            let binding = Binding { name, value: Value::map(element), outer: scope.binding };
            let inner = Scope { binding: Some(&binding), ..*scope };
            let each = Value::map(self.body(&content.body, &inner, file, path, spans, depth + 1));
            let rest = functions::rest(reason);
            let Value::Unknown(unknown) = &rest else { return rest };
            let by = match &unknown.origin {
                Origin::Rest(of) => (**of).clone(),
                _ => Origin::Unidentified,
            };
            let ways = Ways { by, shown: written.clone(), choice: Choice::Repeated(each) };
            Value::Unknown(Arc::new((**unknown).clone().either(ways)))
        };
        let items = match items {
            Ok(Some(items)) => items,
            Ok(None) => {
                let path = at(list);
                note(spans, file, || path.clone(), block.lines);
                let origin = Origin::of(&collection);
                let reason = reason_of(&written, origin.clone(), &collection);
                list.push(open(element_of(name, &collection, &origin), &reason, spans, &path));
                return;
            }
            Err(_) => {
                note(spans, file, || at(list), block.lines);
                let reason = format!("{written}: not a collection");
                list.push(functions::rest(&reason_of(&reason, Origin::of(&collection), &collection)));
                return;
            }
        };
        for (key, value) in items {
            let path = format!("{}/{}", join(path, kind), list.len());
            if !self.spend(2) {
                list.push(functions::rest(&Unknown::new(GapCode::Unresolved, "the code takes too many steps")));
                return;
            }
            if let (Value::Unknown(unknown), true) = (&value, functions::is_rest(&value)) {
                note(spans, file, || path.clone(), content.lines);
                let element = element_of(name, &value, &unknown.origin);
                list.push(open(element, unknown, spans, &path));
                continue;
            }
            let element = BTreeMap::from([(Arc::from("key"), key), (Arc::from("value"), value)]);
            let binding = Binding { name, value: Value::map(element), outer: scope.binding };
            let inner = Scope { binding: Some(&binding), ..*scope };
            note(spans, file, || path.clone(), content.lines);
            list.push(Value::map(self.body(&content.body, &inner, file, &path, spans, depth + 1)));
        }
    }
}

/// Keeps where something is written, if that is in the file of its block.
fn note(spans: &mut BTreeMap<String, (u32, u32)>, file: u32, path: impl FnOnce() -> String, lines: Lines) {
    if lines.file == file {
        spans.insert(path(), (lines.first, lines.last));
    }
}

/// A path with one more part, as JSON pointers have it but for the first slash.
pub(super) fn join(path: &str, name: &str) -> String {
    let name = if name.contains(['~', '/']) { name.replace('~', "~0").replace('/', "~1") } else { name.to_owned() };
    if path.is_empty() { name } else { format!("{path}/{name}") }
}

/// What is asked for while it is being evaluated.
pub(super) fn circle(expression: &str) -> Arc<Unknown> {
    Arc::new(Unknown::new(GapCode::Unresolved, &format!("{expression} depends on itself")))
}

fn known_key(name: &Arc<str>, item: Value) -> Key {
    let repetition = Repetition { index: None, each: Some((Value::Text(name.clone()), item)) };
    Key { text: Some(quote(name)), repetition: Rc::new(repetition), uncertain: None }
}

/// The key and the value of any element of a collection that is not known.
fn element_of(name: &str, collection: &Value, origin: &Origin) -> (Value, Value) {
    let key = convert::made_from(&format!("{name}.key"), origin.element(Position::EachKey), &[collection]);
    let item = match super::traverse::extend(collection, "*") {
        Value::Unknown(item) if matches!(collection, Value::Unknown(_)) => {
            Value::Unknown(Arc::new(Unknown { origin: origin.element(Position::EachValue), ..(*item).clone() }))
        }
        _ => convert::made_from(&format!("{name}.value"), origin.element(Position::EachValue), &[collection]),
    };
    (key, item)
}

fn unknown_keys(uncertain: Uncertain, repetition: Repetition) -> Keys {
    let key = Key { text: None, repetition: Rc::new(repetition), uncertain: Some(uncertain) };
    Keys::new(Mode::Unknown, vec![key])
}

/// Why the instances are not known that a value makes.
fn reason_of(shown: &str, origin: Origin, value: &Value) -> Arc<Unknown> {
    match convert::made_from(shown, origin.clone(), &[value]) {
        Value::Unknown(unknown) => unknown,
        _ => Arc::new(Unknown::new(GapCode::Unresolved, shown).from(origin)),
    }
}
