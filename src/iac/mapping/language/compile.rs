//! Mapping files compiled into rules. Everything that is wrong is said at once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::form::{Ordered, Texts};
use super::model::{FileCondition, FileEntry, FileRule, Follow, Reference, Related, RuleKeys, SelfKey};
use super::path::Path;
use super::rule::{AsText, Change, Condition, Entry, Main, Move, Relation, Rule, Targets, Test};
use super::version::Versions;

/// Deepest nesting of rules.
const DEPTH_LIMIT: usize = 24;

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

/// Compiles the entries of one file.
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

    /// The kinds and names of an entry, for the links of others; compiled before any rule.
    pub(crate) fn head(&mut self, entry: &FileEntry, at: &str) -> Option<(Vec<Arc<str>>, Vec<Path>)> {
        let names = match &entry.name {
            None => Vec::new(),
            Some(paths) => self.paths(paths, &format!("{at}.name"))?,
        };
        Some((kinds(&entry.block), names))
    }

    /// An entry. What it has no rule for of the attributes that are never in code is absent.
    pub(crate) fn entry(&mut self, entry: &FileEntry, never_in_code: &[String], at: &str) -> Option<Entry> {
        let (kinds, names) = self.head(entry, at)?;
        // For whoever reads the file; that it is there is all that a program can check.
        if !entry.source.starts_with("https://") {
            return self.wrong(at, "an entry needs its `source`, an https address");
        }
        if entry.implicit.is_some() && entry.items.is_some() {
            return self.wrong(&format!("{at}.implicit"), "there can be no `items` beside it");
        }
        let items = match &entry.items {
            None => None,
            Some(path) => Some(self.path(path, &format!("{at}.items"))?),
        };
        let mut scope = Scope { kinds: &kinds, own: &kinds, names: &names, depth: 0, used: &mut Vec::new() };
        let when = match &entry.when {
            None => None,
            Some(when) => Some(self.condition(when, &format!("{at}.when"), &mut scope)?),
        };
        let mut used = Vec::new();
        let mut scope = Scope { kinds: &kinds, own: &kinds, names: &names, depth: 0, used: &mut used };
        let mut attributes = self.members(&entry.attributes, &format!("{at}.attributes"), &mut scope)?;
        let never = never_in_code.iter().filter(|name| !entry.attributes.has(name));
        attributes.extend(never.map(|name| (Arc::from(name.as_str()), Rule::of(Main::Absent))));
        used.sort_unstable();
        used.dedup();
        let unknown_if_uncertain = match &entry.unknown_if_uncertain {
            None => None,
            Some(attribute) if entry.attributes.has(attribute) => Some(Arc::from(attribute.as_str())),
            Some(_) => {
                return self.wrong(&format!("{at}.unknown_if_uncertain"), "an attribute of the entry is expected");
            }
        };
        if entry.aspect.is_some() && (entry.items.is_some() || entry.implicit.is_some()) {
            return self.wrong(&format!("{at}.aspect"), "there can be no `items` or `implicit` beside it");
        }
        let implicit = entry.implicit.as_deref().map(Box::from);
        let aspect = entry.aspect.as_deref().map(Box::from);
        Some(Entry { kinds, names, implicit, aspect, items, when, unknown_if_uncertain, attributes, relations: used })
    }

    fn members(
        &mut self,
        members: &Ordered<FileRule>,
        at: &str,
        scope: &mut Scope<'_>,
    ) -> Option<Vec<(Arc<str>, Rule)>> {
        let mut rules = Vec::with_capacity(members.0.len());
        for (name, rule) in &members.0 {
            let below = format!("{at}.{name}");
            if name.contains('.') {
                self.wrong::<()>(&below, "a name has no dots; nest with `object`");
                continue;
            }
            if let Some(rule) = self.rule(rule, &below, scope) {
                rules.push((Arc::from(name.as_str()), rule));
            }
        }
        (rules.len() == members.0.len()).then_some(rules)
    }

    fn rules(&mut self, list: &[FileRule], at: &str, scope: &mut Scope<'_>) -> Option<Vec<Rule>> {
        let rules: Vec<Rule> = list
            .iter()
            .enumerate()
            .filter_map(|(index, item)| self.rule(item, &format!("{at}[{index}]"), scope))
            .collect();
        (rules.len() == list.len()).then_some(rules)
    }

    fn rule(&mut self, rule: &FileRule, at: &str, scope: &mut Scope<'_>) -> Option<Rule> {
        if scope.depth > DEPTH_LIMIT {
            return self.wrong(at, "rules are nested too deeply");
        }
        let keys = match rule {
            FileRule::Paths(paths) => return Some(Rule::of(Main::Paths(self.paths(paths, at)?))),
            FileRule::Map(keys) => keys,
        };
        // Below a move, another kind of block is what relations are relations to.
        let mut there: Option<Vec<Arc<str>>> = None;
        let mut moves = Vec::new();
        if let Some(related) = &keys.related {
            moves.push(self.related(related, &format!("{at}.related"), scope)?);
            there = Some(kinds(&related.block));
        }
        if let Some(every) = &keys.every {
            moves.push(self.every(every, keys.many));
            there = Some(kinds(every));
        } else if keys.many.is_some() {
            return self.wrong(at, "`many` goes with `every`, or inside of `related`");
        }
        if let Some(follow) = &keys.follow {
            moves.push(self.follow(follow, &format!("{at}.follow"))?);
            there = Some(kinds(&follow.block));
        }
        if let Some(path) = &keys.at {
            moves.push(Move::At(self.path(path, &format!("{at}.at"))?));
        }
        let kinds = there.as_deref().unwrap_or(scope.kinds);
        let mut inner =
            Scope { kinds, own: scope.own, names: scope.names, depth: scope.depth + 1, used: &mut *scope.used };
        if keys.default_from.as_ref().is_some_and(|page| !page.starts_with("https://")) {
            return self.wrong(at, "`default_from` is an https address");
        }
        let main = self.main(keys, at, &mut inner)?;
        let change = self.change(keys, at)?;
        Some(Rule { moves, main, change, default: keys.default.clone() })
    }

    fn main(&mut self, keys: &RuleKeys, at: &str, scope: &mut Scope<'_>) -> Option<Main> {
        // `each` takes `object` or `value` for its elements.
        let object = keys.object.as_ref().filter(|_| keys.each.is_none());
        let value = keys.value.as_ref().filter(|_| keys.each.is_none());
        let there = [
            ("path", keys.path.is_some()),
            ("object", object.is_some()),
            ("each", keys.each.is_some()),
            ("first", keys.first.is_some()),
            ("concat", keys.concat.is_some()),
            ("const", keys.r#const.is_some()),
            ("absent", keys.absent.is_some()),
            ("unknown", keys.unknown.is_some()),
            ("told_elsewhere", keys.told_elsewhere.is_some()),
            ("self", keys.own.is_some()),
            ("if", keys.r#if.is_some()),
            ("value", value.is_some()),
        ];
        let main: Vec<&str> = there.iter().filter(|(_, there)| *there).map(|(key, _)| *key).collect();
        let [key] = main[..] else {
            return if main.is_empty() {
                let all: Vec<&str> = there.iter().map(|(key, _)| *key).collect();
                self.wrong(at, format!("a rule needs one of {}", all.join(", ")))
            } else {
                self.wrong(at, format!("a rule has one main key, and this has {}", main.join(" and ")))
            };
        };
        if keys.r#if.is_none() && (keys.then.is_some() || keys.r#else.is_some()) {
            return self.wrong(at, "`then` and `else` go with `if`");
        }
        let below = format!("{at}.{key}");
        if let Some(paths) = &keys.path {
            return Some(Main::Paths(self.paths(paths, &below)?));
        }
        if let Some(paths) = &keys.each {
            return self.each(keys, paths, at, scope);
        }
        if let Some(members) = object {
            return Some(Main::Object(self.members(members, &below, scope)?));
        }
        if let Some(rules) = &keys.first {
            return Some(Main::First(self.rules(rules, &below, scope)?));
        }
        if let Some(rules) = &keys.concat {
            return Some(Main::Concat(self.rules(rules, &below, scope)?));
        }
        if let Some(json) = &keys.r#const {
            return Some(Main::Const(json.clone()));
        }
        if let Some(condition) = &keys.r#if {
            let condition = self.condition(condition, &below, scope)?;
            let mut side = |key: &str, rule: Option<&FileRule>| match rule {
                None => Some(None),
                Some(rule) => self.rule(rule, &format!("{at}.{key}"), scope).map(|rule| Some(Box::new(rule))),
            };
            let then = side("then", keys.then.as_deref())?;
            let otherwise = side("else", keys.r#else.as_deref())?;
            return Some(Main::If(Box::new(condition), then, otherwise));
        }
        if let Some(rule) = value {
            return self.rule(rule, &below, scope).map(|rule| Main::Inner(Box::new(rule)));
        }
        if let Some(SelfKey::Name) = keys.own {
            return Some(Main::SelfName);
        }
        let why = [&keys.absent, &keys.unknown, &keys.told_elsewhere].into_iter().flatten().next()?;
        if why.is_empty() {
            return self.wrong(&below, "the reason is expected");
        }
        Some(match key {
            "absent" => Main::Absent,
            "unknown" => Main::Unknown(why.as_str().into()),
            _ => Main::ToldElsewhere(why.as_str().into()),
        })
    }

    fn each(&mut self, keys: &RuleKeys, paths: &Texts, at: &str, scope: &mut Scope<'_>) -> Option<Main> {
        let paths = self.paths(paths, &format!("{at}.each"))?;
        let element = match (&keys.object, &keys.value) {
            (None, None) => None,
            (Some(_), Some(_)) => return self.wrong(at, "`each` takes `object` or `value`, not both"),
            (Some(members), None) => {
                Some(Rule::of(Main::Object(self.members(members, &format!("{at}.object"), scope)?)))
            }
            (None, Some(value)) => Some(self.rule(value, &format!("{at}.value"), scope)?),
        };
        Some(Main::Each(paths, element.map(Box::new)))
    }

    fn change(&mut self, keys: &RuleKeys, at: &str) -> Option<Change> {
        if keys.otherwise.is_some() && keys.values.is_none() {
            return self.wrong(at, "`otherwise` goes with `values`");
        }
        let values = keys.values.as_ref();
        Some(Change {
            values: values
                .map(|values| values.0.iter().map(|(text, json)| (text.as_str().into(), json.clone())).collect()),
            otherwise: keys.otherwise.clone(),
            form: keys.r#as,
            link: keys.link.as_ref().map(|link| self.shared.targets(kinds(link), None)),
            assume_if_reference: keys.assume_if_reference.clone(),
            as_text: keys.reference.map(|reference| match reference {
                Reference::Text => AsText::Reference,
                Reference::Written => AsText::Written,
            }),
        })
    }

    fn related(&mut self, related: &Related, at: &str, scope: &mut Scope<'_>) -> Option<Move> {
        let on = self.paths(&related.on, &format!("{at}.on"))?;
        let to = match &related.to {
            None if scope.kinds == scope.own => Some(scope.names.to_vec()),
            None => None,
            Some(to) => Some(self.paths(to, &format!("{at}.to"))?),
        };
        if related.unknown_if_uncertain.is_some() && !related.many {
            return self.wrong(at, "`unknown_if_uncertain` goes with `many`");
        }
        let targets = self.shared.targets(scope.kinds.to_vec(), to);
        let relation = self.shared.relation(Relation { kinds: kinds(&related.block), on, targets });
        if related.standalone && scope.kinds == scope.own {
            scope.used.push(relation);
        }
        let unknown_if_uncertain = related.unknown_if_uncertain.as_deref().map(Arc::from);
        Some(Move::Related { relation, many: related.many, unknown_if_uncertain })
    }

    /// All blocks of a kind, which nothing links to this one: settings of the account or the region.
    fn every(&mut self, every: &Texts, many: Option<bool>) -> Move {
        let targets = self.shared.targets(Vec::new(), Some(Vec::new()));
        let relation = self.shared.relation(Relation { kinds: kinds(every), on: Vec::new(), targets });
        Move::Related { relation, many: many.unwrap_or_default(), unknown_if_uncertain: None }
    }

    fn follow(&mut self, follow: &Follow, at: &str) -> Option<Move> {
        let path = self.path(&follow.at, &format!("{at}.at"))?;
        let to = match &follow.to {
            None => None,
            Some(to) => Some(self.paths(to, &format!("{at}.to"))?),
        };
        let targets = self.shared.targets(kinds(&follow.block), to);
        Some(Move::Follow { targets, at: path })
    }

    fn condition(&mut self, condition: &FileCondition, at: &str, scope: &mut Scope<'_>) -> Option<Condition> {
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
        let FileCondition { path, of, is, r#in, present, matches, version, not, all, any } = condition;
        let subjects = usize::from(path.is_some()) + usize::from(of.is_some());
        let tests = [is.is_some(), r#in.is_some(), present.is_some(), matches.is_some(), version.is_some()];
        let tests = tests.into_iter().filter(|there| *there).count();
        match (not, all, any, subjects, tests) {
            (Some(inner), None, None, 0, 0) => {
                let inner = self.condition(inner, &format!("{at}.not"), scope)?;
                Some(Condition::Not(Box::new(inner)))
            }
            (None, Some(list), None, 0, 0) => self.conditions(list, &format!("{at}.all"), scope).map(Condition::All),
            (None, None, Some(list), 0, 0) => self.conditions(list, &format!("{at}.any"), scope).map(Condition::Any),
            (None, None, None, 1, 1) => {
                let subject = match (path, of) {
                    (_, Some(rule)) => self.rule(rule, &format!("{at}.of"), scope)?,
                    (Some(paths), _) => Rule::of(Main::Paths(self.paths(paths, &format!("{at}.path"))?)),
                    (None, None) => return None,
                };
                let test = self.test(condition, at)?;
                Some(Condition::Test(Box::new(subject), test))
            }
            (None, None, None, 1, _) => {
                self.wrong(at, "a condition has one of `is`, `in`, `present`, `matches` and `version`")
            }
            _ => self.wrong(at, "a condition has one of `path`, `of`, `not`, `all` and `any`"),
        }
    }

    fn conditions(&mut self, list: &[FileCondition], at: &str, scope: &mut Scope<'_>) -> Option<Vec<Condition>> {
        let each = list.iter().enumerate();
        each.map(|(index, condition)| self.condition(condition, &format!("{at}[{index}]"), scope)).collect()
    }

    fn test(&mut self, condition: &FileCondition, at: &str) -> Option<Test> {
        let FileCondition { is, r#in, present, matches, version, .. } = condition;
        if let Some(json) = is {
            return Some(Test::In(vec![json.clone()]));
        }
        if let Some(list) = r#in {
            return Some(Test::In(list.clone()));
        }
        if let Some(present) = present {
            return Some(Test::Present(*present));
        }
        if let Some(patterns) = matches {
            return Some(Test::Matches(patterns.all().iter().map(|pattern| pattern.as_str().into()).collect()));
        }
        match Versions::of(version.as_ref()?.all()) {
            Ok(versions) => Some(Test::Version(versions)),
            Err(what) => self.wrong(at, what),
        }
    }

    fn paths(&mut self, paths: &Texts, at: &str) -> Option<Vec<Path>> {
        paths.all().iter().map(|path| self.path(path, at)).collect()
    }

    fn path(&mut self, path: &str, at: &str) -> Option<Path> {
        match Path::parse(path) {
            Ok(path) => Some(path),
            Err(what) => self.wrong(at, what),
        }
    }
}

fn kinds(texts: &Texts) -> Vec<Arc<str>> {
    texts.all().iter().map(|kind| Arc::from(kind.as_str())).collect()
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
