//! Running rules: what becomes of a block, in three states.

use std::sync::Arc;

use serde_json::Value as Json;

use super::context::MappingContext;
use super::transform;
use super::value::{At, RuleValue, State, unresolved, why};
use crate::iac::mapping::language::path::Path;
use crate::iac::mapping::language::rule::{Condition, Main, Move, Rule, Test};
use crate::iac::mapping::resolve::{Found, Hit, Link, Links, base, elements, walk};
use crate::iac::value::{Choice, Unknown, Value};
use crate::model::gap::{Gap, GapCode};
use crate::model::glob;

/// Where a rule looks.
#[derive(Clone)]
pub(crate) struct Cursor {
    /// The block; none where the item's own block is not in the code.
    pub(crate) block: Option<usize>,
    /// The value there.
    pub(crate) value: Value,
    /// Its path from the body of the block.
    pub(crate) path: Arc<str>,
}

impl Cursor {
    /// At the block that is not in the code.
    pub(crate) fn nowhere() -> Self {
        Self { block: None, value: Value::Null, path: Arc::from("") }
    }

    /// The place at a path of its block.
    fn place(&self, path: &str) -> Vec<At> {
        self.block.iter().map(|&block| At::new(block, path)).collect()
    }

    fn told(&self) -> Vec<At> {
        self.block.iter().map(|&block| At { block, path: Arc::clone(&self.path) }).collect()
    }
}

/// The making of one item.
pub(crate) struct ItemBuilder<'g, 'a> {
    pub(crate) context: &'g MappingContext<'a>,
    /// The item's name.
    pub(crate) name: &'g str,
    /// The companions that are judged by themselves, the block that they belong to not being in the
    /// code; none where that is there.
    pub(crate) orphans: &'g [usize],
}

/// An answer to a condition.
enum Answer {
    Yes,
    No,
    Open(Gap),
    Missing,
}

impl Answer {
    fn negate(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            open => open,
        }
    }
}

impl From<bool> for Answer {
    fn from(value: bool) -> Self {
        if value { Self::Yes } else { Self::No }
    }
}

impl ItemBuilder<'_, '_> {
    /// A cursor at the body of a block.
    pub(crate) fn at(&self, block: usize) -> Cursor {
        Cursor { block: Some(block), value: self.context.blocks.all[block].body.clone(), path: Arc::from("") }
    }

    /// What a rule makes at the cursor.
    pub(crate) fn make(&self, rule: &Rule, cursor: &Cursor) -> RuleValue {
        let made = self.moved(&rule.moves, rule, cursor);
        match &rule.default {
            Some(default) if made.is_absent() => RuleValue::json(default.clone(), made.told),
            _ => made,
        }
    }

    fn moved(&self, moves: &[Move], rule: &Rule, cursor: &Cursor) -> RuleValue {
        let Some((to, rest)) = moves.split_first() else {
            let made = self.main(&rule.main, cursor);
            return transform::apply(&rule.change, made, self.context);
        };
        match to {
            Move::At(path) => match self.find(path, cursor) {
                None => RuleValue::missing(),
                Some(Found::Absent) => RuleValue::absent(cursor.told()),
                Some(Found::One(hit)) => self.step(hit, rest, rule, cursor),
                Some(Found::Many(hits)) => match hits.into_iter().next() {
                    Some(hit) => self.step(hit, rest, rule, cursor),
                    None => RuleValue::absent(cursor.told()),
                },
            },
            Move::Related { relation, many, unknown_if_uncertain } => {
                let links = self.context.links(*relation);
                match cursor.block {
                    None => {
                        let own = self.orphans.iter().filter(|orphan| links.orphans.binary_search(orphan).is_ok());
                        let made = own.map(|orphan| self.companion(*orphan, rest, rule));
                        // What they do not say, another companion may.
                        let mut made = made.filter(|made| !made.is_absent() && !made.is_missing());
                        match made.next() {
                            None => RuleValue::missing(),
                            Some(first) if *many => list(std::iter::once(first).chain(made).collect()),
                            Some(first) => first,
                        }
                    }
                    Some(block) if *many => self.companions(block, links, unknown_if_uncertain.as_ref(), rest, rule),
                    Some(block) => self.one_companion(block, links, rest, rule),
                }
            }
            Move::Follow { targets, at } => self.follow(*targets, at, rest, rule, cursor),
        }
    }

    fn step(&self, hit: Hit, rest: &[Move], rule: &Rule, cursor: &Cursor) -> RuleValue {
        if let Some(unknown) = why(&hit.value)
            && matches!(hit.value, Value::Unknown(_))
        {
            let gap = unknown.gap();
            return RuleValue::unknown(gap, cursor.place(&hit.path));
        }
        let value = match hit.value {
            // Nested blocks are lists; `at` means the first of them.
            Value::List(_) => match elements(hit).into_iter().next() {
                None => return RuleValue::absent(cursor.told()),
                Some(first) => return self.step(first, rest, rule, cursor),
            },
            value => value,
        };
        let next = Cursor { block: cursor.block, value, path: Arc::from(hit.path.as_str()) };
        self.moved(rest, rule, &next)
    }

    /// What the rest of a rule makes of a companion. That it is there is told by it as a whole.
    fn companion(&self, companion: usize, rest: &[Move], rule: &Rule) -> RuleValue {
        let mut made = self.moved(rest, rule, &self.at(companion));
        if !matches!(made.state, State::Value(_) | State::Missing) {
            let whole = At::new(companion, "");
            if !made.told.contains(&whole) {
                made.told.push(whole);
            }
        }
        made
    }

    /// Why it is not known whether a companion of the block is there, where the block being there does
    /// not settle it.
    fn doubt(&self, companion: usize, block: usize) -> Option<Gap> {
        let (companion, block) = (&self.context.blocks.all[companion], &self.context.blocks.all[block]);
        let why = companion.uncertain.as_ref()?;
        // One for each of the blocks is there where they are.
        let each = why.is_for_each_of(base(&block.address));
        let same =
            block.module == companion.module && block.uncertain.as_ref().is_some_and(|own| each || own.is_same(why));
        (!same).then(|| why.unknown().gap())
    }

    fn one_companion(&self, block: usize, links: &Links, rest: &[Move], rule: &Rule) -> RuleValue {
        match links.definite(block, &self.context.blocks).as_slice() {
            [] => match links.doubtful(block, &self.context.blocks).first() {
                None => match self.context.more_of(block) {
                    Some(gap) => RuleValue::unknown(gap.clone(), Vec::new()),
                    None => RuleValue::absent(Vec::new()),
                },
                Some((companion, gap)) => RuleValue::unknown(gap.clone(), vec![At::new(*companion, "")]),
            },
            [one] => match self.doubt(*one, block) {
                Some(gap) => RuleValue::unknown(gap, vec![At::new(*one, "")]),
                None => self.companion(*one, rest, rule),
            },
            several => {
                let made: Vec<RuleValue> = several.iter().map(|one| self.companion(*one, rest, rule)).collect();
                let certain = several.iter().all(|one| self.doubt(*one, block).is_none());
                let first = made[0].known();
                let told: Vec<At> = made.iter().flat_map(|made| made.told.iter().cloned()).collect();
                if certain && first.is_some() && made.iter().all(|made| made.known() == first) {
                    return RuleValue { state: made.into_iter().next().map_or(State::Absent, |made| made.state), told };
                }
                let names: Vec<&str> =
                    several.iter().take(3).map(|one| self.context.blocks.all[*one].address.as_str()).collect();
                RuleValue::unknown(unresolved(format!("{} set it, each in its way", names.join(" and "))), told)
            }
        }
    }

    fn companions(
        &self,
        block: usize,
        links: &Links,
        uncertain: Option<&Arc<str>>,
        rest: &[Move],
        rule: &Rule,
    ) -> RuleValue {
        let definite = links.definite(block, &self.context.blocks);
        let mut items = Vec::new();
        let mut add = |companion: usize, doubt: Option<Gap>| {
            let made = self.companion(companion, rest, rule);
            let Some(gap) = doubt else {
                items.extend(made.into_elements());
                return;
            };
            for element in made.into_elements() {
                items.push(in_doubt(element, uncertain, &gap));
            }
        };
        for &companion in &definite {
            add(companion, self.doubt(companion, block));
        }
        for (companion, gap) in links.doubtful(block, &self.context.blocks) {
            if !definite.contains(&companion) {
                add(companion, Some(gap));
            }
        }
        if let Some(gap) = links.more(block) {
            items.push(RuleValue::unknown(gap, Vec::new()));
        }
        if let Some(gap) = self.context.more_of(block) {
            items.push(RuleValue::unknown(gap.clone(), Vec::new()));
        }
        if items.is_empty() && definite.is_empty() {
            return RuleValue::absent(Vec::new());
        }
        RuleValue { state: State::List(items), told: Vec::new() }
    }

    fn follow(&self, targets: usize, at: &Path, rest: &[Move], rule: &Rule, cursor: &Cursor) -> RuleValue {
        let hit = match self.find(at, cursor) {
            None => return RuleValue::missing(),
            Some(Found::Absent) => return RuleValue::absent(cursor.told()),
            Some(Found::One(hit)) => hit,
            Some(Found::Many(hits)) => match hits.into_iter().next() {
                Some(hit) => hit,
                None => return RuleValue::absent(cursor.told()),
            },
        };
        let told = cursor.place(&hit.path);
        let Some(from) = cursor.block else { return RuleValue::missing() };
        let links = self.context.targets(targets).links(&hit.value, from, &self.context.blocks, &[]);
        match links.first() {
            None => RuleValue::absent(told),
            Some(Link::To(block)) => {
                let mut made = self.companion(*block, rest, rule);
                made.told.extend(told);
                made
            }
            Some(_) => {
                let gap = match (why(&hit.value), &hit.value) {
                    (Some(unknown), _) => unknown.gap(),
                    (None, Value::Text(text)) => unresolved(format!("{text} is not in the code")),
                    (None, _) => unresolved("what is referred to is not in the code"),
                };
                RuleValue::unknown(gap, told)
            }
        }
    }

    /// Where a path leads; nothing where it starts at a block that is not in the code.
    fn find(&self, path: &Path, cursor: &Cursor) -> Option<Found> {
        let block = cursor.block?;
        if path.from_body {
            return Some(walk(path, &self.context.blocks.all[block].body, ""));
        }
        Some(walk(path, &cursor.value, &cursor.path))
    }

    fn main(&self, main: &Main, cursor: &Cursor) -> RuleValue {
        match main {
            Main::Paths(paths) => self.paths(paths, cursor),
            Main::Object(members) => self.object(members, cursor),
            Main::Each(paths, rule) => self.each(paths, rule.as_deref(), cursor),
            Main::First(rules) => self.first(rules, cursor),
            Main::Concat(rules) => self.concat(rules, cursor),
            Main::Const(_) | Main::SelfName | Main::Unknown(_) | Main::ToldElsewhere(_) if cursor.block.is_none() => {
                RuleValue::missing()
            }
            Main::Const(json) => RuleValue::json(json.clone(), Vec::new()),
            Main::Absent => RuleValue::absent(Vec::new()),
            Main::Unknown(why) => RuleValue::unknown(unresolved(&**why), cursor.told()),
            Main::ToldElsewhere(why) => RuleValue::unknown(Gap::new(GapCode::OutsideScope, &**why), cursor.told()),
            Main::SelfName => RuleValue::json(Json::from(self.name), Vec::new()),
            Main::If(condition, then, otherwise) => {
                self.choose(condition, then.as_deref(), otherwise.as_deref(), cursor)
            }
            Main::Inner(rule) => self.make(rule, cursor),
        }
    }

    fn paths(&self, paths: &[Path], cursor: &Cursor) -> RuleValue {
        let Some(block) = cursor.block else { return RuleValue::missing() };
        for path in paths {
            match self.find(path, cursor) {
                None | Some(Found::Absent) => {}
                Some(Found::One(hit)) => return RuleValue::value(hit.value, At::new(block, &hit.path)),
                Some(Found::Many(hits)) => {
                    let items = hits.into_iter().map(|hit| RuleValue::value(hit.value, At::new(block, &hit.path)));
                    return RuleValue { state: State::List(items.collect()), told: Vec::new() };
                }
            }
        }
        RuleValue::absent(cursor.told())
    }

    fn object(&self, members: &[(Arc<str>, Rule)], cursor: &Cursor) -> RuleValue {
        let made: Vec<(Arc<str>, RuleValue)> =
            members.iter().map(|(name, rule)| (Arc::clone(name), self.make(rule, cursor))).collect();
        if cursor.block.is_none() && made.iter().all(|(_, made)| made.is_missing()) {
            return RuleValue::missing();
        }
        RuleValue { state: State::Map(made), told: cursor.told() }
    }

    fn each(&self, paths: &[Path], rule: Option<&Rule>, cursor: &Cursor) -> RuleValue {
        let Some(block) = cursor.block else { return RuleValue::missing() };
        let mut items = Vec::new();
        for path in paths {
            let hits = match self.find(path, cursor) {
                None | Some(Found::Absent) => continue,
                Some(Found::One(hit)) => {
                    if let (Value::Unknown(unknown), [_]) = (&hit.value, paths) {
                        return RuleValue::unknown(unknown.gap(), vec![At::new(block, &hit.path)]);
                    }
                    elements(hit)
                }
                Some(Found::Many(hits)) => hits.into_iter().flat_map(elements).collect(),
            };
            for hit in hits {
                let at = At::new(block, &hit.path);
                // What refers to another block is one thing, whatever its value; anything else that is
                // not known may be any number of things.
                if let Value::Unknown(unknown) = &hit.value
                    && !unknown.references.iter().any(|reference| reference.whole)
                {
                    items.push(RuleValue::unknown(unknown.gap(), vec![at]));
                    continue;
                }
                let Some(rule) = rule else {
                    items.push(RuleValue::value(hit.value, at));
                    continue;
                };
                let inner = Cursor { block: Some(block), value: hit.value, path: Arc::clone(&at.path) };
                let made = self.make(rule, &inner);
                if !made.is_absent() {
                    items.push(made);
                }
            }
        }
        // No nested block and an empty list of them are the same to Terraform.
        if items.is_empty() {
            return RuleValue::absent(cursor.told());
        }
        RuleValue { state: State::List(items), told: Vec::new() }
    }

    fn first(&self, rules: &[Rule], cursor: &Cursor) -> RuleValue {
        let mut told = Vec::new();
        let mut missing = false;
        for rule in rules {
            let mut made = self.make(rule, cursor);
            match made.state {
                State::Absent => told.append(&mut made.told),
                State::Missing => missing = true,
                _ => return made,
            }
        }
        if missing { RuleValue::missing() } else { RuleValue::absent(told) }
    }

    fn concat(&self, rules: &[Rule], cursor: &Cursor) -> RuleValue {
        let mut items = Vec::new();
        let mut told = Vec::new();
        let mut missing = !rules.is_empty();
        for rule in rules {
            let made = self.make(rule, cursor);
            if made.is_missing() {
                continue;
            }
            missing = false;
            if made.is_absent() {
                told.extend(made.told.iter().cloned());
            }
            items.extend(made.into_elements());
        }
        if missing {
            return RuleValue::missing();
        }
        RuleValue { state: State::List(items), told }
    }

    fn choose(
        &self,
        condition: &Condition,
        then: Option<&Rule>,
        otherwise: Option<&Rule>,
        cursor: &Cursor,
    ) -> RuleValue {
        let side =
            |rule: Option<&Rule>| rule.map_or_else(|| RuleValue::absent(Vec::new()), |rule| self.make(rule, cursor));
        let mut told = Vec::new();
        let answer = self.answer(condition, cursor, &mut told);
        let mut made = match answer {
            Answer::Yes => side(then),
            Answer::No => side(otherwise),
            Answer::Missing => return RuleValue::missing(),
            Answer::Open(gap) => {
                let (yes, no) = (side(then), side(otherwise));
                match (yes.known(), no.known()) {
                    (Some(one), Some(other)) if one == other => yes,
                    _ => RuleValue::unknown(gap, Vec::new()),
                }
            }
        };
        made.told.extend(told);
        made
    }

    /// Whether a condition holds at the cursor; the error says why that is not known.
    pub(crate) fn holds(&self, condition: &Condition, cursor: &Cursor) -> Result<bool, Gap> {
        match self.answer(condition, cursor, &mut Vec::new()) {
            Answer::Yes | Answer::Missing => Ok(true),
            Answer::No => Ok(false),
            Answer::Open(gap) => Err(gap),
        }
    }

    fn answer(&self, condition: &Condition, cursor: &Cursor, told: &mut Vec<At>) -> Answer {
        match condition {
            Condition::Not(inner) => self.answer(inner, cursor, told).negate(),
            Condition::All(list) => {
                let mut open = Answer::Yes;
                for inner in list {
                    match self.answer(inner, cursor, told) {
                        Answer::Yes => {}
                        Answer::No => return Answer::No,
                        other => open = other,
                    }
                }
                open
            }
            Condition::Any(list) => {
                let mut open = Answer::No;
                for inner in list {
                    match self.answer(inner, cursor, told) {
                        Answer::Yes => return Answer::Yes,
                        Answer::No => {}
                        other => open = other,
                    }
                }
                open
            }
            Condition::Test(subject, test) => {
                let made = self.make(subject, cursor);
                told.extend(made.told.iter().cloned());
                answer(&made, test)
            }
        }
    }
}

fn answer(made: &RuleValue, test: &Test) -> Answer {
    if made.is_missing() {
        return Answer::Missing;
    }
    if let Test::Present(wanted) = test {
        let there = match &made.state {
            State::Absent => Answer::No,
            State::List(items) => any_there(items.iter().filter(|item| !item.is_absent()).map(is_there)),
            State::Value(Value::List(items)) => {
                any_there(items.iter().filter(|item| !item.is_null()).map(|item| match item {
                    Value::Unknown(unknown) => value_is_there(unknown),
                    _ => Answer::Yes,
                }))
            }
            _ => is_there(made),
        };
        return if *wanted { there } else { there.negate() };
    }
    if made.is_absent() {
        return match test {
            Test::Version(versions) => Answer::from(versions.hold(None)),
            _ => Answer::No,
        };
    }
    if let Some(gap) = made.gap() {
        return same_in_every_way(made, test).unwrap_or(Answer::Open(gap));
    }
    answer_of_known(made, test)
}

/// The answer for something unknown that is the same whatever it comes to.
fn same_in_every_way(made: &RuleValue, test: &Test) -> Option<Answer> {
    let State::Value(Value::Unknown(unknown)) = &made.state else { return None };
    let all: Vec<&Value> = match &unknown.ways.as_deref()?.choice {
        Choice::Either(one, other) => vec![one, other],
        Choice::OneOf(all) => all.iter().collect(),
        Choice::Repeated(_) => return None,
    };
    let answers = all.into_iter().map(|value| {
        let state = if value.is_null() { State::Absent } else { State::Value(value.clone()) };
        answer(&RuleValue { state, told: Vec::new() }, test)
    });
    let mut yes = None;
    for answer in answers {
        let holds = match answer {
            Answer::Yes => true,
            Answer::No => false,
            Answer::Open(_) | Answer::Missing => return None,
        };
        if yes.is_some_and(|yes| yes != holds) {
            return None;
        }
        yes = Some(holds);
    }
    yes.map(Answer::from)
}

/// Whether there is any element, each being there or not.
fn any_there(elements: impl Iterator<Item = Answer>) -> Answer {
    let mut any = Answer::No;
    for element in elements {
        match element {
            Answer::Yes => return Answer::Yes,
            // It may stand for none.
            open => any = open,
        }
    }
    any
}

fn is_there(made: &RuleValue) -> Answer {
    match &made.state {
        State::Absent => Answer::No,
        State::Unknown(gap) => Answer::Open(gap.clone()),
        State::Value(Value::Unknown(unknown)) => value_is_there(unknown),
        _ => Answer::Yes,
    }
}

/// A reference to an attribute of another block has a value once that block is there.
fn value_is_there(unknown: &Unknown) -> Answer {
    let whole = unknown.references.iter().any(|reference| reference.whole);
    if whole { Answer::Yes } else { Answer::Open(unknown.gap()) }
}

fn answer_of_known(made: &RuleValue, test: &Test) -> Answer {
    match test {
        Test::In(list) => {
            let scalar = made.scalar();
            let known = made.known();
            let same = |wanted: &Json| match (&scalar, wanted) {
                (Some(own), Json::String(word)) => own == word,
                (Some(own), Json::Bool(truth)) => own.eq_ignore_ascii_case(if *truth { "true" } else { "false" }),
                (Some(own), Json::Number(number)) => *own == number.to_string(),
                _ => known.as_ref() == Some(wanted),
            };
            Answer::from(list.iter().any(same))
        }
        Test::Matches(patterns) => {
            let matched = |written: &str| patterns.iter().any(|pattern| glob::matches(pattern, written));
            Answer::from(made.scalar().is_some_and(|written| matched(&written)))
        }
        Test::Version(versions) => Answer::from(made.scalar().is_some_and(|written| versions.hold(Some(&written)))),
        Test::Present(_) => Answer::No,
    }
}

fn list(made: Vec<RuleValue>) -> RuleValue {
    let items = made.into_iter().flat_map(RuleValue::into_elements).collect();
    RuleValue { state: State::List(items), told: Vec::new() }
}

/// An element of which it is not known whether it is there: the attribute `uncertain` of it is unknown, or
/// all of it.
fn in_doubt(mut element: RuleValue, uncertain: Option<&Arc<str>>, gap: &Gap) -> RuleValue {
    if let (State::Map(members), Some(attribute)) = (&mut element.state, uncertain) {
        members.retain(|(name, _)| name != attribute);
        members.push((Arc::clone(attribute), RuleValue::unknown(gap.clone(), element.told.clone())));
        return element;
    }
    RuleValue::unknown(gap.clone(), element.told)
}
