//! Bringing what was made into the types of the schema, and into the form of a resource.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::placeholder;
use super::value::{At, RuleValue, State, below, json_of, number_json, number_text, unresolved, whole, why};
use crate::iac::deployment::Block;
use crate::iac::mapping::language::kind::Kind;
use crate::iac::mapping::mapped::Provenance;
use crate::iac::value::Value;
use crate::model::attr::CaptureId;
use crate::model::gap::Gap;
use crate::model::resource::escape;
use crate::model::tree::Tree;

/// Writes what was made as the attributes of a resource, and keeps what told them.
pub(crate) struct Writer<'a> {
    pub(crate) blocks: &'a [Block],
    pub(crate) places: &'a mut Vec<Provenance>,
    pub(crate) numbers: &'a mut HashMap<Provenance, CaptureId>,
    pub(crate) sources: BTreeMap<String, Vec<CaptureId>>,
    /// What stands in for what hangs on a block that is not in the code.
    pub(crate) missing: Gap,
}

impl Writer<'_> {
    /// The number of a place.
    pub(crate) fn place(&mut self, at: &At) -> CaptureId {
        let told = Provenance { block: at.block, lines: self.lines(at) };
        let next = self.places.len() as CaptureId;
        let number = *self.numbers.entry(told).or_insert(next);
        if number == next {
            self.places.push(told);
        }
        number
    }

    /// The lines of an argument; those of what is around it where its own are not known.
    fn lines(&self, at: &At) -> Option<(u32, u32)> {
        let spans = &self.blocks[at.block].spans;
        let mut path: &str = &at.path;
        loop {
            if path.is_empty() {
                return None;
            }
            if let Some(lines) = spans.get(path) {
                return Some(*lines);
            }
            path = path.rsplit_once('/').map_or("", |(above, _)| above);
        }
    }

    fn tell(&mut self, pointer: &str, told: &[At]) {
        if told.is_empty() {
            return;
        }
        let mut numbers: Vec<CaptureId> = told.iter().map(|at| self.place(at)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        match self.sources.get_mut(pointer) {
            None => {
                self.sources.insert(pointer.to_owned(), numbers);
            }
            Some(known) => {
                known.extend(numbers);
                known.sort_unstable();
                known.dedup();
            }
        }
    }

    /// The tree of it; `None` where it is absent. `list` says that it is a list that is never absent.
    pub(crate) fn write(&mut self, made: RuleValue, kind: &Kind, list: bool, pointer: &str) -> Option<Tree> {
        self.tell(pointer, &made.told);
        match made.state {
            State::Missing => Some(Tree::from(self.missing.clone())),
            State::Absent => list.then(|| Tree::from(Vec::new())),
            State::Unknown(gap) => Some(Tree::from(gap)),
            State::Json(json) => self.value(&Value::from_json(&json), &[], kind, pointer),
            State::Value(value) => self.value(&value, &made.told, kind, pointer),
            State::List(items) => {
                let inner = match kind {
                    Kind::List(inner) => inner,
                    Kind::Any => kind,
                    // A single block where lists of blocks are the code's habit.
                    _ => {
                        return match items.into_iter().next() {
                            Some(first) => self.write(first, kind, list, pointer),
                            None => None,
                        };
                    }
                };
                let items = items.into_iter().filter(|item| !item.is_absent()).enumerate();
                let written = items.map(|(index, item)| {
                    self.write(item, inner, false, &format!("{pointer}/{index}")).unwrap_or(Tree::Null)
                });
                Some(Tree::List(written.collect()))
            }
            State::Map(members) => match kind {
                Kind::List(inner) => {
                    let item = RuleValue { state: State::Map(members), told: Vec::new() };
                    let written = self.write(item, inner, false, &format!("{pointer}/0"));
                    Some(Tree::from(vec![written.unwrap_or(Tree::Null)]))
                }
                _ => Some(self.members(members, kind, pointer)),
            },
        }
    }

    fn members(&mut self, members: Vec<(Arc<str>, RuleValue)>, kind: &Kind, pointer: &str) -> Tree {
        let mut map: BTreeMap<Arc<str>, Tree> = BTreeMap::new();
        let mut left: Vec<&str> = match kind {
            Kind::Object(kinds) => kinds.iter().filter(|(_, (_, list))| *list).map(|(name, _)| &**name).collect(),
            _ => Vec::new(),
        };
        for (name, made) in members {
            left.retain(|other| *other != &*name);
            let (inner, list) = match kind {
                Kind::Object(kinds) => match kinds.get(&*name) {
                    Some((inner, list)) => (inner, *list),
                    None => continue,
                },
                Kind::Map(inner) => (&**inner, false),
                _ => (&Kind::Any, false),
            };
            if let Some(written) = self.write(made, inner, list, &format!("{pointer}/{}", escape(&name))) {
                map.insert(name, written);
            }
        }
        for name in left {
            map.insert(Arc::from(name), Tree::from(Vec::new()));
        }
        Tree::from(map)
    }

    /// A value of the code, which stands at `told`.
    fn value(&mut self, value: &Value, told: &[At], kind: &Kind, pointer: &str) -> Option<Tree> {
        if let Some(unknown) = why(value) {
            let gap = match value {
                Value::Template(parts) => placeholder::partial(parts, unknown.gap()),
                _ => unknown.gap(),
            };
            return Some(Tree::from(gap));
        }
        match (kind, value) {
            (_, Value::Null) => None,
            (Kind::List(inner), Value::List(items)) => Some(self.items(items, told, inner, pointer)),
            (Kind::Any, Value::List(items)) => Some(self.items(items, told, &Kind::Any, pointer)),
            (Kind::List(_), single) => Some(self.items(std::slice::from_ref(single), told, element_of(kind), pointer)),
            (_, Value::List(items)) => match items.as_slice() {
                [] => None,
                [first, ..] => self.value(first, &below(told, "0"), kind, pointer),
            },
            (Kind::Object(_) | Kind::Map(_) | Kind::Any, Value::Map(map)) => {
                let members = map.iter().map(|(name, member)| {
                    let told = below(told, name);
                    let state = if member.is_null() { State::Absent } else { State::Value(member.clone()) };
                    (Arc::clone(name), RuleValue { state, told })
                });
                Some(self.members(members.collect(), kind, pointer))
            }
            (Kind::Object(_) | Kind::Map(_), Value::Json(inner)) => self.value(inner, told, kind, pointer),
            (Kind::Text | Kind::Any, Value::Json(inner)) => match json_of(inner) {
                Some(json) => Some(Tree::from(json.to_string().as_str())),
                None => Some(Tree::from(unresolved("parts of the text are not known"))),
            },
            (Kind::Text | Kind::Any, Value::Text(text)) => Some(Tree::Str(Arc::clone(text))),
            (Kind::Text, Value::Number(number)) => Some(Tree::from(number_text(*number).as_str())),
            (Kind::Text, Value::Bool(truth)) => Some(Tree::from(truth.to_string().as_str())),
            (Kind::Boolean | Kind::Any, Value::Bool(truth)) => Some(Tree::from(*truth)),
            (Kind::Boolean, Value::Text(text)) if text.eq_ignore_ascii_case("true") => Some(Tree::from(true)),
            (Kind::Boolean, Value::Text(text)) if text.eq_ignore_ascii_case("false") => Some(Tree::from(false)),
            (Kind::Integer, Value::Number(number)) => match whole(*number) {
                Some(number) => Some(Tree::from(number)),
                None => Some(Tree::from(unresolved("the number is no whole number"))),
            },
            (Kind::Number | Kind::Any, Value::Number(number)) => Some(Tree::from(number_json(*number))),
            (Kind::Integer, Value::Text(text)) if text.trim().parse::<i64>().is_ok() => {
                text.trim().parse::<i64>().ok().map(Tree::from)
            }
            (Kind::Number, Value::Text(text)) if text.trim().parse::<f64>().is_ok() => {
                text.trim().parse::<f64>().ok().map(number_json).map(Tree::from)
            }
            _ => {
                let why = format!("the value is {}, and {} is expected", named(value), kind.named());
                Some(Tree::from(unresolved(why)))
            }
        }
    }

    fn items(&mut self, items: &[Value], told: &[At], inner: &Kind, pointer: &str) -> Tree {
        let mut written = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate().filter(|(_, item)| !item.is_null()) {
            let below_pointer = format!("{pointer}/{}", written.len());
            let told = below(told, &index.to_string());
            if !matches!(inner, Kind::Text | Kind::Integer | Kind::Number | Kind::Boolean) {
                self.tell(&below_pointer, &told);
            }
            written.push(self.value(item, &told, inner, &below_pointer).unwrap_or(Tree::Null));
        }
        Tree::from(written)
    }
}

fn element_of(kind: &Kind) -> &Kind {
    match kind {
        Kind::List(inner) => inner,
        other => other,
    }
}

impl Kind {
    fn named(&self) -> &'static str {
        match self {
            Self::Any => "anything",
            Self::Text => "text",
            Self::Integer => "a whole number",
            Self::Number => "a number",
            Self::Boolean => "true or false",
            Self::List(_) => "a list",
            Self::Object(_) | Self::Map(_) => "a block",
        }
    }
}

/// What a value is, without what it says.
fn named(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::Text(_) | Value::Template(_) | Value::Json(_) => "text",
        Value::List(_) => "a list",
        Value::Map(_) => "a block",
        Value::Unknown(_) => "unknown",
    }
}
