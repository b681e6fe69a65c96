//! Mapping files read into rules. Everything that is wrong is said at once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::model::{AsText, Change, Condition, Entry, Form, Main, Move, Relation, Rule, Targets, Test};
use super::path::Path;

/// Deepest nesting of rules.
const DEPTH_LIMIT: usize = 24;

/// The keys of a rule of which there is exactly one.
const MAIN_KEYS: [&str; 11] =
    ["path", "object", "each", "first", "concat", "const", "absent", "unknown", "outside", "self", "if"];
/// All other keys of a rule.
const OTHER_KEYS: [&str; 16] = [
    "value",
    "then",
    "else",
    "related",
    "follow",
    "every",
    "many",
    "at",
    "default",
    "default_from",
    "values",
    "otherwise",
    "as",
    "link",
    "known_if_reference",
    "reference",
];

/// What the rules of all files share.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Shared {
    /// Where items of a kind of block have their names.
    pub(crate) names: BTreeMap<Arc<str>, Vec<Path>>,
    /// Every relation that a rule uses.
    pub(crate) relations: Vec<Relation>,
    /// Every set of targets that a rule uses.
    pub(crate) targets: Vec<Targets>,
}

impl Shared {
    fn relation(&mut self, relation: Relation) -> usize {
        number(&mut self.relations, relation)
    }

    /// The number of the targets of these kinds, told by these names or, where none are given, by
    /// those of their entries.
    fn targets(&mut self, kinds: Vec<Arc<str>>, names: Option<Vec<Path>>) -> usize {
        let mut names = names.unwrap_or_else(|| {
            let own = kinds.iter().filter_map(|kind| self.names.get(kind)).flatten();
            own.cloned().collect()
        });
        for id in ["id", "arn"] {
            names.push(Path::parse(id).expect("a name is a path"));
        }
        let mut seen = BTreeSet::new();
        names.retain(|path| seen.insert(path.to_string()));
        number(&mut self.targets, Targets { kinds, names })
    }
}

fn number<T: PartialEq>(list: &mut Vec<T>, item: T) -> usize {
    if let Some(at) = list.iter().position(|known| *known == item) {
        return at;
    }
    list.push(item);
    list.len() - 1
}

/// Reads the entries of one language.
pub(crate) struct Compiler<'a> {
    pub(crate) shared: &'a mut Shared,
    pub(crate) wrong: Vec<String>,
}

impl Compiler<'_> {
    /// What is wrong, and where.
    fn wrong<T>(&mut self, at: &str, what: impl std::fmt::Display) -> Option<T> {
        self.wrong.push(format!("{at}: {what}"));
        None
    }

    /// The kinds and names of an entry, for the links of others; read before any rule.
    pub(crate) fn head(&mut self, entry: &Json, at: &str) -> Option<(Vec<Arc<str>>, Vec<Path>)> {
        let kinds = self.kinds(entry.get("block"), &format!("{at}.block"))?;
        let names = match entry.get("name") {
            None => Vec::new(),
            Some(list) => self.paths(list, &format!("{at}.name"))?,
        };
        Some((kinds, names))
    }

    /// An entry.
    pub(crate) fn entry(&mut self, entry: &Json, at: &str) -> Option<Entry> {
        let Some(map) = entry.as_object() else { return self.wrong(at, "an entry is a map") };
        let known = ["block", "source", "name", "part", "items", "when", "unsure", "attributes"];
        if let Some(key) = map.keys().find(|key| !known.contains(&key.as_str())) {
            return self.wrong(at, format!("there is no key `{key}` in an entry"));
        }
        let (kinds, names) = self.head(entry, at)?;
        // For whoever reads the file; that it is there is all that a program can check.
        let source = map.get("source").and_then(Json::as_str).filter(|source| source.starts_with("https://"));
        if source.is_none() {
            return self.wrong(at, "an entry needs its `source`, an https address");
        }
        let part = match map.get("part").map(Json::as_str) {
            None => None,
            Some(Some(part)) if !map.contains_key("items") => Some(part.into()),
            Some(_) => return self.wrong(&format!("{at}.part"), "a name is expected, and no `items` beside it"),
        };
        let items = match map.get("items") {
            None => None,
            Some(path) => Some(self.path(path, &format!("{at}.items"))?),
        };
        let mut scope = Scope { kinds: &kinds, own: &kinds, names: &names, depth: 0, used: &mut Vec::new() };
        let when = match map.get("when") {
            None => None,
            Some(when) => Some(self.condition(when, &format!("{at}.when"), &mut scope)?),
        };
        let Some(members) = map.get("attributes").and_then(Json::as_object) else {
            return self.wrong(at, "an entry needs `attributes`");
        };
        let mut used = Vec::new();
        let mut scope = Scope { kinds: &kinds, own: &kinds, names: &names, depth: 0, used: &mut used };
        let attributes = self.members(members, &format!("{at}.attributes"), &mut scope)?;
        used.sort_unstable();
        used.dedup();
        let unsure = match map.get("unsure").map(Json::as_str) {
            None => None,
            Some(Some(attribute)) if members.contains_key(attribute) => Some(Arc::from(attribute)),
            Some(_) => return self.wrong(&format!("{at}.unsure"), "an attribute of the entry is expected"),
        };
        Some(Entry { kinds, names, part, items, when, unsure, attributes, relations: used })
    }

    fn members(
        &mut self,
        members: &Map<String, Json>,
        at: &str,
        scope: &mut Scope<'_>,
    ) -> Option<Vec<(Arc<str>, Rule)>> {
        let mut rules = Vec::with_capacity(members.len());
        for (name, rule) in members {
            let below = format!("{at}.{name}");
            if name.contains('.') {
                self.wrong::<()>(&below, "a name has no dots; nest with `object`");
                continue;
            }
            if let Some(rule) = self.rule(rule, &below, scope) {
                rules.push((Arc::from(name.as_str()), rule));
            }
        }
        (rules.len() == members.len()).then_some(rules)
    }

    fn rules(&mut self, list: &Json, at: &str, scope: &mut Scope<'_>) -> Option<Vec<Rule>> {
        let Some(items) = list.as_array() else { return self.wrong(at, "a list of rules is expected") };
        let rules: Vec<Rule> = items
            .iter()
            .enumerate()
            .filter_map(|(index, item)| self.rule(item, &format!("{at}[{index}]"), scope))
            .collect();
        (rules.len() == items.len()).then_some(rules)
    }

    fn rule(&mut self, rule: &Json, at: &str, scope: &mut Scope<'_>) -> Option<Rule> {
        if scope.depth > DEPTH_LIMIT {
            return self.wrong(at, "rules are nested too deeply");
        }
        let map = match rule {
            Json::String(_) | Json::Array(_) => {
                let main = Main::Paths(self.paths(rule, at)?);
                return Some(Rule { moves: Vec::new(), main, change: Change::default(), default: None });
            }
            Json::Object(map) => map,
            _ => return self.wrong(at, "a rule is a path or a map"),
        };
        if let Some(key) =
            map.keys().find(|key| !MAIN_KEYS.contains(&key.as_str()) && !OTHER_KEYS.contains(&key.as_str()))
        {
            return self.wrong(at, format!("there is no key `{key}` in a rule"));
        }
        // Below a move, another kind of block is what relations are relations to.
        let mut there: Option<Vec<Arc<str>>> = None;
        let mut moves = Vec::new();
        if let Some(related) = map.get("related") {
            let (to, kinds) = self.related(related, &format!("{at}.related"), scope)?;
            moves.push(to);
            there = Some(kinds);
        }
        if let Some(every) = map.get("every") {
            let (to, kinds) = self.every(every, map.get("many"), &format!("{at}.every"))?;
            moves.push(to);
            there = Some(kinds);
        } else if map.contains_key("many") {
            return self.wrong(at, "`many` goes with `every`, or inside of `related`");
        }
        if let Some(follow) = map.get("follow") {
            let (to, kinds) = self.follow(follow, &format!("{at}.follow"))?;
            moves.push(to);
            there = Some(kinds);
        }
        if let Some(path) = map.get("at") {
            moves.push(Move::At(self.path(path, &format!("{at}.at"))?));
        }
        let kinds = there.as_deref().unwrap_or(scope.kinds);
        let mut inner =
            Scope { kinds, own: scope.own, names: scope.names, depth: scope.depth + 1, used: &mut *scope.used };
        let main = self.main(map, at, &mut inner)?;
        let change = self.change(map, at)?;
        let default = map.get("default").filter(|default| !default.is_null()).cloned();
        Some(Rule { moves, main, change, default })
    }

    fn main(&mut self, map: &Map<String, Json>, at: &str, scope: &mut Scope<'_>) -> Option<Main> {
        let mut keys: Vec<&str> = MAIN_KEYS.into_iter().filter(|key| map.contains_key(*key)).collect();
        // `each` takes `object` or `value` for its elements.
        let each = map.contains_key("each");
        if each {
            keys.retain(|key| *key != "object");
        }
        let value = map.get("value").filter(|_| !each);
        let [key] = keys[..] else {
            return match (keys.len(), value) {
                (0, Some(value)) => {
                    self.rule(value, &format!("{at}.value"), scope).map(|rule| Main::Inner(Box::new(rule)))
                }
                (0, None) => self.wrong(at, format!("a rule needs one of {}, value", MAIN_KEYS.join(", "))),
                _ => self.wrong(at, format!("a rule has one main key, and this has {}", keys.join(" and "))),
            };
        };
        if value.is_some() {
            return self.wrong(at, format!("`value` does not go with `{key}`"));
        }
        let content = &map[key];
        let below = format!("{at}.{key}");
        match key {
            "path" => Some(Main::Paths(self.paths(content, &below)?)),
            "object" => match content.as_object() {
                Some(members) => Some(Main::Object(self.members(members, &below, scope)?)),
                None => self.wrong(&below, "a map of rules is expected"),
            },
            "each" => {
                let paths = self.paths(content, &below)?;
                let element = match (map.get("object"), map.get("value")) {
                    (None, None) => None,
                    (Some(_), Some(_)) => return self.wrong(at, "`each` takes `object` or `value`, not both"),
                    (Some(Json::Object(members)), None) => {
                        let main = Main::Object(self.members(members, &format!("{at}.object"), scope)?);
                        Some(Rule { moves: Vec::new(), main, change: Change::default(), default: None })
                    }
                    (Some(_), None) => return self.wrong(at, "a map of rules is expected in `object`"),
                    (None, Some(value)) => Some(self.rule(value, &format!("{at}.value"), scope)?),
                };
                Some(Main::Each(paths, element.map(Box::new)))
            }
            "first" => Some(Main::First(self.rules(content, &below, scope)?)),
            "concat" => Some(Main::Concat(self.rules(content, &below, scope)?)),
            "const" => Some(Main::Const(content.clone())),
            "absent" => match content.as_str() {
                Some(why) if !why.is_empty() => Some(Main::Absent),
                _ => self.wrong(&below, "the reason is expected"),
            },
            "unknown" => match content.as_str() {
                Some(why) if !why.is_empty() => Some(Main::Unknown(why.into())),
                _ => self.wrong(&below, "the reason is expected"),
            },
            "outside" => match content.as_str() {
                Some(why) if !why.is_empty() => Some(Main::Outside(why.into())),
                _ => self.wrong(&below, "the reason is expected"),
            },
            "self" => match content.as_str() {
                Some("name") => Some(Main::SelfName),
                _ => self.wrong(&below, "`name` is expected"),
            },
            _ => {
                let condition = self.condition(content, &below, scope)?;
                let mut side = |key: &str| match map.get(key) {
                    None => Some(None),
                    Some(rule) => self.rule(rule, &format!("{at}.{key}"), scope).map(|rule| Some(Box::new(rule))),
                };
                let (then, otherwise) = (side("then")?, side("else")?);
                Some(Main::If(Box::new(condition), then, otherwise))
            }
        }
    }

    fn change(&mut self, map: &Map<String, Json>, at: &str) -> Option<Change> {
        let mut change = Change { otherwise: map.get("otherwise").cloned(), ..Change::default() };
        if let Some(values) = map.get("values") {
            let Some(values) = values.as_object() else {
                return self.wrong(at, "`values` is a map from texts");
            };
            change.values = Some(values.iter().map(|(text, json)| (text.as_str().into(), json.clone())).collect());
        }
        if change.otherwise.is_some() && change.values.is_none() {
            return self.wrong(at, "`otherwise` goes with `values`");
        }
        if let Some(name) = map.get("as") {
            match Form::ALL.into_iter().find(|(known, _)| Some(*known) == name.as_str()) {
                Some((_, form)) => change.form = Some(form),
                None => return self.wrong(at, format!("there is no form {name}")),
            }
        }
        if let Some(kinds) = map.get("link") {
            let kinds = self.kinds(Some(kinds), &format!("{at}.link"))?;
            change.link = Some(self.shared.targets(kinds, None));
        }
        change.known_if_reference = map.get("known_if_reference").cloned();
        match map.get("reference").map(Json::as_str) {
            None => {}
            Some(Some("text")) => change.as_text = Some(AsText::Reference),
            Some(Some("written")) => change.as_text = Some(AsText::Written),
            Some(_) => return self.wrong(at, "`reference` can be `text` or `written`"),
        }
        Some(change)
    }

    fn related(&mut self, json: &Json, at: &str, scope: &mut Scope<'_>) -> Option<(Move, Vec<Arc<str>>)> {
        let Some(map) = json.as_object() else { return self.wrong(at, "a map is expected") };
        let known = ["block", "on", "to", "many", "unsure", "orphan"];
        if let Some(key) = map.keys().find(|key| !known.contains(&key.as_str())) {
            return self.wrong(at, format!("there is no key `{key}` here"));
        }
        let kinds = self.kinds(map.get("block"), &format!("{at}.block"))?;
        let Some(on) = map.get("on") else { return self.wrong(at, "`on` is needed") };
        let on = self.paths(on, &format!("{at}.on"))?;
        let to = match map.get("to") {
            None if scope.kinds == scope.own => Some(scope.names.to_vec()),
            None => None,
            Some(to) => Some(self.paths(to, &format!("{at}.to"))?),
        };
        let many = match map.get("many") {
            None => false,
            Some(Json::Bool(many)) => *many,
            Some(_) => return self.wrong(at, "`many` is true or false"),
        };
        let unsure = match map.get("unsure") {
            None => None,
            Some(Json::String(attribute)) if many => Some(Arc::from(attribute.as_str())),
            Some(_) => return self.wrong(at, "`unsure` names an attribute, and goes with `many`"),
        };
        let alone = match map.get("orphan") {
            None => true,
            Some(Json::Bool(alone)) => *alone,
            Some(_) => return self.wrong(at, "`orphan` is true or false"),
        };
        let targets = self.shared.targets(scope.kinds.to_vec(), to);
        let relation = self.shared.relation(Relation { kinds: kinds.clone(), on, targets });
        if alone && scope.kinds == scope.own {
            scope.used.push(relation);
        }
        Some((Move::Related { relation, many, unsure }, kinds))
    }

    /// All blocks of a kind, which nothing links to this one: settings of the account or the region.
    fn every(&mut self, kinds: &Json, many: Option<&Json>, at: &str) -> Option<(Move, Vec<Arc<str>>)> {
        let kinds = self.kinds(Some(kinds), at)?;
        let many = match many {
            None => false,
            Some(Json::Bool(many)) => *many,
            Some(_) => return self.wrong(at, "`many` is true or false"),
        };
        let targets = self.shared.targets(Vec::new(), Some(Vec::new()));
        let relation = self.shared.relation(Relation { kinds: kinds.clone(), on: Vec::new(), targets });
        Some((Move::Related { relation, many, unsure: None }, kinds))
    }

    fn follow(&mut self, json: &Json, at: &str) -> Option<(Move, Vec<Arc<str>>)> {
        let Some(map) = json.as_object() else { return self.wrong(at, "a map is expected") };
        let known = ["block", "at", "to"];
        if let Some(key) = map.keys().find(|key| !known.contains(&key.as_str())) {
            return self.wrong(at, format!("there is no key `{key}` here"));
        }
        let kinds = self.kinds(map.get("block"), &format!("{at}.block"))?;
        let Some(path) = map.get("at") else { return self.wrong(at, "`at` is needed") };
        let path = self.path(path, &format!("{at}.at"))?;
        let to = match map.get("to") {
            None => None,
            Some(to) => Some(self.paths(to, &format!("{at}.to"))?),
        };
        let targets = self.shared.targets(kinds.clone(), to);
        Some((Move::Follow { targets, at: path }, kinds))
    }

    fn condition(&mut self, json: &Json, at: &str, scope: &mut Scope<'_>) -> Option<Condition> {
        let Some(map) = json.as_object() else { return self.wrong(at, "a condition is a map") };
        if scope.depth > DEPTH_LIMIT {
            return self.wrong(at, "conditions are nested too deeply");
        }
        let mut scope = Scope {
            kinds: scope.kinds,
            own: scope.own,
            names: scope.names,
            depth: scope.depth + 1,
            used: &mut *scope.used,
        };
        let scope = &mut scope;
        let mut several = |this: &mut Self, key: &str| -> Option<Vec<Condition>> {
            let Some(items) = map[key].as_array() else { return this.wrong(at, format!("`{key}` takes a list")) };
            let below = |index| format!("{at}.{key}[{index}]");
            items.iter().enumerate().map(|(index, item)| this.condition(item, &below(index), scope)).collect()
        };
        if map.len() == 1 {
            if map.contains_key("all") {
                return several(self, "all").map(Condition::All);
            }
            if map.contains_key("any") {
                return several(self, "any").map(Condition::Any);
            }
            if let Some(inner) = map.get("not") {
                let inner = self.condition(inner, &format!("{at}.not"), scope)?;
                return Some(Condition::Not(Box::new(inner)));
            }
        }
        let subject = match (map.get("path"), map.get("of")) {
            (Some(path), None) => {
                let main = Main::Paths(self.paths(path, &format!("{at}.path"))?);
                Rule { moves: Vec::new(), main, change: Change::default(), default: None }
            }
            (None, Some(rule)) => self.rule(rule, &format!("{at}.of"), scope)?,
            _ => return self.wrong(at, "a condition has `path`, `of`, `not`, `all` or `any`"),
        };
        let test = match (map.len(), map.get("is"), map.get("in"), map.get("present"), map.get("matches")) {
            (2, Some(json), None, None, None) => Test::In(vec![json.clone()]),
            (2, None, Some(Json::Array(list)), None, None) => Test::In(list.clone()),
            (2, None, None, Some(Json::Bool(present)), None) => Test::Present(*present),
            (2, None, None, None, Some(Json::String(pattern))) => Test::Matches(pattern.as_str().into()),
            _ => return self.wrong(at, "a condition has one of `is`, `in`, `present` and `matches`"),
        };
        Some(Condition::Test(Box::new(subject), test))
    }

    fn kinds(&mut self, json: Option<&Json>, at: &str) -> Option<Vec<Arc<str>>> {
        let texts: Option<Vec<Arc<str>>> = match json {
            Some(Json::String(kind)) => Some(vec![Arc::from(kind.as_str())]),
            Some(Json::Array(kinds)) if !kinds.is_empty() => {
                kinds.iter().map(|kind| kind.as_str().map(Arc::from)).collect()
            }
            _ => None,
        };
        match texts {
            Some(texts) => Some(texts),
            None => self.wrong(at, "a kind of block, or a list of them, is expected"),
        }
    }

    fn paths(&mut self, json: &Json, at: &str) -> Option<Vec<Path>> {
        match json {
            Json::Array(items) if !items.is_empty() => items.iter().map(|item| self.path(item, at)).collect(),
            json => self.path(json, at).map(|path| vec![path]),
        }
    }

    fn path(&mut self, json: &Json, at: &str) -> Option<Path> {
        let Some(text) = json.as_str() else { return self.wrong(at, "a path is expected") };
        match Path::parse(text) {
            Ok(path) => Some(path),
            Err(what) => self.wrong(at, what),
        }
    }
}

/// What rules at a place see.
struct Scope<'a> {
    /// The kinds of the block that the cursor is in.
    kinds: &'a [Arc<str>],
    /// The kinds of the entry.
    own: &'a [Arc<str>],
    /// Where the entry's names are.
    names: &'a [Path],
    depth: usize,
    /// Relations to the entry's own blocks.
    used: &'a mut Vec<usize>,
}
