//! The evaluator.
//!
//! Reading what is absent is one fault, reading what is unknown another. `&&`, `||`, `all` and
//! `exists` absorb a fault only where the rest decides the answer; of several that are left the last
//! one is the reason. Everything else passes a fault on.
//!
//! An unknown element of a list stands for any number of elements, none among them: it is also what
//! stands for the rest of a listing that broke off. An unknown member of a map may be absent.

use std::cmp::Ordering;
use std::rc::Rc;
use std::sync::Arc;

use super::super::functions::{Fault as Refusal, Function};
use super::code::{Calculation, Code, Comparison};
use super::trace::{ITEM, Place, Token, Trace};
use super::value::{
    Fault, Items, Range, Step, Value, View, calculate, compare, contained, convert, equal, invalid, negate,
};
use super::{Evaluated, Variables, whole_days};
use crate::model::gap::Gap;
use crate::model::tree::Tree;

/// How many reads, and elements looked at, one evaluation may take.
pub(super) const FUEL: u64 = 2_000_000;

/// Runs an expression.
pub(super) fn run(code: &Code, variables: &Variables<'_>) -> Evaluated {
    let mut run = Run { variables, trace: Trace::new(), elements: Vec::new(), used: 0 };
    let outcome = run.truth(code).map_err(|fault| fault.gap(|place| run.trace.pointer(place)));
    Evaluated { outcome, reads: run.trace.told() }
}

struct Run<'a> {
    variables: &'a Variables<'a>,
    trace: Trace<'a>,
    /// The elements that are being looked at, outermost first.
    elements: Vec<Value<'a>>,
    used: u64,
}

/// One side of a comparison.
enum Side<'a> {
    /// A whole number, as far as it is known.
    Number(Range),
    Other(Value<'a>),
}

impl<'a> Side<'a> {
    fn value(self) -> Step<Value<'a>> {
        match self {
            Self::Number(range) => range.exact().map(Value::Int),
            Self::Other(value) => Ok(value),
        }
    }
}

/// Whether the code counts something, so that the number may be known in part.
fn is_count(code: &Code) -> bool {
    match code {
        Code::Size(_) | Code::Count(..) => true,
        Code::Calculate(Calculation::Add, left, right) => is_count(left) || is_count(right),
        _ => false,
    }
}

/// The elements of a list, to go over.
enum Elements<'a> {
    Texts(&'a [Box<str>]),
    /// A list in the item, with its place.
    In(&'a [Tree], Option<u32>),
    Made(Arc<[Tree]>),
    Values(Rc<[Value<'a>]>),
    Keys(Rc<[(Value<'a>, Value<'a>)]>),
}

impl<'a> Elements<'a> {
    fn len(&self) -> usize {
        match self {
            Self::Texts(texts) => texts.len(),
            Self::In(trees, _) => trees.len(),
            Self::Made(trees) => trees.len(),
            Self::Values(values) => values.len(),
            Self::Keys(entries) => entries.len(),
        }
    }

    fn get(&self, index: usize) -> Value<'a> {
        match self {
            Self::Texts(texts) => Value::Text(&texts[index]),
            Self::In(trees, list) => {
                let short = |size: usize| u32::try_from(size).unwrap_or(u32::MAX);
                let place = list.map_or(Place::Nowhere, |list| Place::Element {
                    list,
                    index: short(index),
                    items: short(trees.len()),
                });
                Value::In(&trees[index], place)
            }
            Self::Made(trees) => Value::Made(trees[index].clone()),
            Self::Values(values) => values[index].clone(),
            Self::Keys(entries) => entries[index].0.clone(),
        }
    }
}

impl<'a> Run<'a> {
    fn value(&mut self, code: &'a Code) -> Step<Value<'a>> {
        Ok(match code {
            Code::Null => Value::Null,
            Code::Bool(value) => Value::Bool(*value),
            Code::Int(value) => Value::Int(*value),
            Code::Float(value) => Value::Float(*value),
            Code::Text(text) => Value::Text(text),
            Code::Texts(texts) => Value::Texts(texts),
            Code::List(parts) => Value::List(parts.iter().map(|part| self.value(part)).collect::<Step<_>>()?),
            Code::Map(entries) => return self.map(entries),
            Code::Resource => variable(self.variables.resource, "resource")?,
            Code::Resources => variable(self.variables.resources, "resources")?,
            Code::Parameters => Value::In(self.variables.parameters, Place::Nowhere),
            Code::Account => Value::Text(self.variables.account),
            Code::Region => Value::Text(self.variables.region),
            Code::Now => Value::Int(self.variables.now),
            Code::Element(depth) => self.elements[*depth].clone(),
            Code::Nothing(name) => return invalid(format!("there is no variable `{name}`")),
            Code::Field(of, key) => {
                let of = self.value(of)?;
                self.member(of, &Token::Key(key))?
            }
            Code::At(of, index) => {
                let (of, index) = (self.value(of)?, self.value(index)?);
                self.at(of, &index)?
            }
            Code::Choose(parts) => {
                let [condition, yes, no] = &**parts;
                let chosen = if self.truth(condition)? { yes } else { no };
                return self.value(chosen);
            }
            Code::Negate(of) => negate(self.value(of)?.view())?,
            Code::Calculate(calculation, left, right) => {
                let (left, right) = (self.value(left)?, self.value(right)?);
                self.calculate(*calculation, &left, &right)?
            }
            Code::Size(_) | Code::Count(..) => match self.side(code)? {
                Side::Number(range) => Value::Int(range.exact()?),
                Side::Other(value) => value,
            },
            Code::Convert(conversion, of) => {
                let of = self.value(of)?;
                return convert(*conversion, of);
            }
            Code::DaysSince(time) => Value::Int(self.days_since(time)?),
            Code::Filter(over, body) => self.filter(over, body)?,
            Code::Mapped(over, only, body) => self.mapped(over, only.as_deref(), body)?,
            Code::Call(function, args) => self.call(function.0, args)?,
            truth => Value::Bool(self.truth(truth)?),
        })
    }

    fn truth(&mut self, code: &'a Code) -> Step<bool> {
        match code {
            Code::Not(of) => Ok(!self.truth(of)?),
            Code::And(parts) => self.chain(parts, false),
            Code::Or(parts) => self.chain(parts, true),
            Code::Equal(left, right) if is_count(left) || is_count(right) => {
                self.by_range(left, right, Ordering::is_eq, |left, right| equal(left.view(), right.view()))
            }
            Code::Equal(left, right) => {
                let (left, right) = (self.value(left)?, self.value(right)?);
                equal(left.view(), right.view())
            }
            Code::In(value, container) => {
                let (value, container) = (self.value(value)?, self.value(container)?);
                contained(value.view(), container.view())
            }
            Code::Compare(comparison, left, right) if is_count(left) || is_count(right) => {
                let comparison: Comparison = *comparison;
                self.by_range(
                    left,
                    right,
                    |ordering| comparison.holds(ordering),
                    |left, right| Ok(comparison.holds(compare(left.view(), right.view())?)),
                )
            }
            Code::Compare(comparison, left, right) => {
                let (left, right) = (self.value(left)?, self.value(right)?);
                Ok(comparison.holds(compare(left.view(), right.view())?))
            }
            Code::Has(of, key) => {
                let of = self.value(of)?;
                match self.member(of, &Token::Key(key)) {
                    Ok(_) => Ok(true),
                    Err(Fault::Absent(_) | Fault::Missing(_)) => Ok(false),
                    Err(fault) => Err(fault),
                }
            }
            Code::Part(part, text, other) => {
                // The text that is looked for is read first.
                let other = self.value(other)?;
                let other = other.text()?;
                match self.value(text).and_then(|text| Ok(part.is_in(text.text()?, other))) {
                    // What is known of a text may tell.
                    Err(Fault::Unknown(gap)) => {
                        let told = gap.text.as_deref().and_then(|text| part.is_in_partial(text, other));
                        told.ok_or(Fault::Unknown(gap))
                    }
                    decided => decided,
                }
            }
            Code::All(over, body) => self.any(over, body, false).map(|any| !any),
            Code::Exists(over, body) => self.any(over, body, true),
            Code::One(over, body) => self.count(over, body)?.decide(&Range::of(1), Ordering::is_eq),
            other => self.value(other)?.truth(),
        }
    }

    fn burn(&mut self, amount: usize) -> Step<()> {
        self.used += amount as u64;
        if self.used > FUEL { Err(Fault::Exhausted) } else { Ok(()) }
    }

    /// `&&` or `||`: whether a part comes to `decisive`, which answers for all of them.
    fn chain(&mut self, parts: &'a [Code], decisive: bool) -> Step<bool> {
        let mut open = None;
        for part in parts {
            match self.truth(part) {
                Ok(truth) if truth == decisive => return Ok(decisive),
                Ok(_) => {}
                Err(Fault::Exhausted) => return Err(Fault::Exhausted),
                Err(fault) => open = Some(fault),
            }
        }
        open.map_or(Ok(!decisive), Err)
    }

    /// One side of a comparison: a number as far as it is known, or something else.
    fn side(&mut self, code: &'a Code) -> Step<Side<'a>> {
        Ok(match code {
            Code::Size(of) => Side::Number(self.value(of)?.view().size()?),
            Code::Count(over, body) => Side::Number(self.count(over, body)?),
            Code::Calculate(Calculation::Add, left, right) if is_count(code) => {
                match (self.side(left)?, self.side(right)?) {
                    (Side::Number(left), Side::Number(right)) => Side::Number(left.plus(&right)?),
                    (left, right) => {
                        let (left, right) = (left.value()?, right.value()?);
                        Side::Other(self.calculate(Calculation::Add, &left, &right)?)
                    }
                }
            }
            other => match self.value(other)? {
                value if let View::Int(number) = value.view() => Side::Number(Range::of(number)),
                value => Side::Other(value),
            },
        })
    }

    /// Compares two sides of which one counts something: by what is known of the numbers, where both are
    /// numbers.
    fn by_range(
        &mut self,
        left: &'a Code,
        right: &'a Code,
        holds: impl Fn(Ordering) -> bool,
        otherwise: impl FnOnce(&Value<'a>, &Value<'a>) -> Step<bool>,
    ) -> Step<bool> {
        match (self.side(left)?, self.side(right)?) {
            (Side::Number(left), Side::Number(right)) => left.decide(&right, holds),
            (left, right) => otherwise(&left.value()?, &right.value()?),
        }
    }

    /// Whether the body comes to `wanted` for some element. An unknown element for which it does may stand
    /// for none.
    fn any(&mut self, over: &'a Code, body: &'a Code, wanted: bool) -> Step<bool> {
        let elements = self.elements(over)?;
        let mut open = None;
        for index in 0..elements.len() {
            let (element, open_for) = self.supposed(elements.get(index));
            match (self.of_element(element, body), open_for) {
                // It would be so of what is there; but it is not known that there is any.
                (Ok(truth), Some(gap)) if truth == wanted => open = Some(Fault::Unknown(gap)),
                (Ok(truth), None) if truth == wanted => return Ok(true),
                (Ok(_), _) => {}
                (Err(Fault::Exhausted), _) => return Err(Fault::Exhausted),
                (Err(fault), _) => open = Some(fault),
            }
        }
        open.map_or(Ok(false), Err)
    }

    /// An element, and why it may stand for none or for many, where it may. What a list hides is supposed
    /// to be as it would have to be.
    fn supposed(&self, element: Value<'a>) -> (Value<'a>, Option<Arc<Gap>>) {
        let View::Unknown(gap) = element.view() else { return (element, None) };
        let gap = Arc::clone(gap);
        let hidden = self.variables.hidden.iter().find(|(of, _)| Arc::ptr_eq(of, &gap));
        (hidden.map_or(element, |(_, tree)| Value::Made(tree.clone())), Some(gap))
    }

    /// For how many elements the body holds, as far as that is known.
    fn count(&mut self, over: &'a Code, body: &'a Code) -> Step<Range> {
        let elements = self.elements(over)?;
        let mut met = Range::of(0);
        for index in 0..elements.len() {
            let (element, open_for) = self.supposed(elements.get(index));
            match (self.of_element(element, body), open_for) {
                (Ok(false), _) => {}
                (Ok(true) | Err(Fault::Unknown(_)), Some(gap)) => met.any_number(&gap),
                (Ok(true), None) => met.one_more(),
                (Err(Fault::Unknown(gap)), _) => met.perhaps_one_more(&gap),
                (Err(fault), _) => return Err(fault),
            }
        }
        Ok(met)
    }

    /// The elements for which the body holds. One of which that is not known is unknown.
    fn filter(&mut self, over: &'a Code, body: &'a Code) -> Step<Value<'a>> {
        let elements = self.elements(over)?;
        let mut kept = Vec::new();
        for index in 0..elements.len() {
            let element = elements.get(index);
            match self.of_element(element.clone(), body) {
                Ok(true) => kept.push(element),
                Ok(false) => {}
                Err(Fault::Unknown(gap)) => kept.push(Value::Made(Tree::Unknown(gap))),
                Err(fault) => return Err(fault),
            }
        }
        Ok(Value::List(kept.into()))
    }

    /// What becomes of each element. Of an unknown one, and of one of which that is not known, an unknown
    /// one becomes.
    fn mapped(&mut self, over: &'a Code, only: Option<&'a Code>, body: &'a Code) -> Step<Value<'a>> {
        let elements = self.elements(over)?;
        let mut made = Vec::new();
        for index in 0..elements.len() {
            self.burn(1)?;
            let element = elements.get(index);
            self.elements.push(element.clone());
            let value = match only.map_or(Ok(true), |only| self.truth(only)) {
                Ok(true) => self.value(body).map(Some),
                Ok(false) => Ok(None),
                Err(fault) => Err(fault),
            };
            self.elements.pop();
            match (value, element.view()) {
                (Ok(None), _) => {}
                (Ok(Some(_)) | Err(Fault::Unknown(_)), View::Unknown(gap)) => {
                    made.push(Value::Made(Tree::Unknown(Arc::clone(gap))));
                }
                (Ok(Some(value)), _) => made.push(value),
                (Err(Fault::Unknown(gap)), _) => made.push(Value::Made(Tree::Unknown(gap))),
                (Err(fault), _) => return Err(fault),
            }
        }
        Ok(Value::List(made.into()))
    }

    fn of_element(&mut self, element: Value<'a>, body: &'a Code) -> Step<bool> {
        self.burn(1)?;
        self.elements.push(element);
        let truth = self.truth(body);
        self.elements.pop();
        truth
    }

    fn elements(&mut self, over: &'a Code) -> Step<Elements<'a>> {
        let list = self.value(over)?;
        self.elements_of(list)
    }

    fn elements_of(&mut self, list: Value<'a>) -> Step<Elements<'a>> {
        Ok(match list {
            Value::In(Tree::List(items), place) => Elements::In(items, self.trace.number(place)),
            Value::Texts(texts) => Elements::Texts(texts),
            Value::List(values) => Elements::Values(values),
            Value::Made(Tree::List(items)) => Elements::Made(items),
            Value::Map(entries) => Elements::Keys(entries),
            // Its unknown members would be left out.
            other => return other.view().refuse("a list"),
        })
    }

    /// Reads a member of a map.
    fn member(&mut self, of: Value<'a>, token: &Token<'a>) -> Step<Value<'a>> {
        self.burn(1)?;
        match of {
            Value::In(Tree::Map(members), place) => {
                let look_up = |token: &Token<'a>| token.name().and_then(|name| members.get(name));
                let (found, place, absent) = match self.trace.number(place) {
                    None => (look_up(token), Place::Nowhere, None),
                    Some(above) => {
                        let (at, found) = self.trace.read(above, token.clone(), look_up);
                        (found, Place::Known(at), Some(at))
                    }
                };
                match found {
                    Some(found) => self.found(found, place),
                    None => Err(absent.map_or_else(|| missing(token), Fault::Absent)),
                }
            }
            Value::Made(Tree::Map(members)) => match token.name().and_then(|name| members.get(name)) {
                Some(Tree::Unknown(gap)) => Err(Fault::Unknown(Arc::clone(gap))),
                Some(found) => Ok(Value::Made(found.clone())),
                None => Err(missing(token)),
            },
            Value::Map(entries) => {
                let key = View::Text(token.name().unwrap_or_default());
                entry(&entries, key).ok_or_else(|| no_entry(key))
            }
            other => other.view().refuse("a map"),
        }
    }

    /// What stands at a place that was read.
    fn found(&mut self, tree: &'a Tree, place: Place) -> Step<Value<'a>> {
        match tree {
            Tree::Unknown(gap) => return Err(Fault::Unknown(Arc::clone(gap))),
            Tree::List(items) => self.burn(items.len())?,
            _ => {}
        }
        Ok(Value::In(tree, place))
    }

    /// `of[index]`.
    fn at(&mut self, of: Value<'a>, index: &Value<'a>) -> Step<Value<'a>> {
        match (&of, index.view()) {
            (Value::Map(entries), key) => {
                self.burn(1)?;
                entry(entries, key).ok_or_else(|| no_entry(key))
            }
            (_, View::Text(name)) => {
                let name = match index {
                    Value::In(Tree::Str(text), _) | Value::Made(Tree::Str(text)) => Arc::clone(text),
                    _ => Arc::from(name),
                };
                self.member(of, &Token::Name(name))
            }
            (_, View::Int(index)) => self.element(&of, index),
            (_, other) => other.refuse("a text or a whole number"),
        }
    }

    /// Reads an element of a list by its index. Behind an unknown element nobody knows which is which.
    fn element(&mut self, of: &Value<'a>, index: i64) -> Step<Value<'a>> {
        self.burn(1)?;
        if let View::List(items) = of.view()
            && let Some((at, gap)) = items.unknown_element()
            && usize::try_from(index).is_ok_and(|index| at < index)
        {
            return Err(Fault::Unknown(Arc::clone(gap)));
        }
        let beyond = |length: usize| invalid(format!("there is no element {index} in a list of {length}"));
        let find = |length: usize| usize::try_from(index).ok().filter(|index| *index < length);
        match of {
            Value::In(Tree::List(items), place) => {
                let list = self.trace.number(*place);
                let Some(found) = find(items.len()) else {
                    let Some(list) = list else { return beyond(items.len()) };
                    let (at, _) = self.trace.read(list, Token::Index(index), |_| None);
                    return Err(Fault::Absent(at));
                };
                let Value::In(tree, place) = Elements::In(items, list).get(found) else { return beyond(items.len()) };
                self.trace.read_element(place, tree);
                self.found(tree, place)
            }
            Value::Texts(texts) => {
                find(texts.len()).map_or_else(|| beyond(texts.len()), |at| Ok(Value::Text(&texts[at])))
            }
            Value::List(values) => match find(values.len()).map(|at| &values[at]) {
                Some(value) => match value.view() {
                    View::Unknown(gap) => Err(Fault::Unknown(Arc::clone(gap))),
                    _ => Ok(value.clone()),
                },
                None => beyond(values.len()),
            },
            Value::Made(Tree::List(items)) => match find(items.len()).map(|at| &items[at]) {
                Some(Tree::Unknown(gap)) => Err(Fault::Unknown(Arc::clone(gap))),
                Some(tree) => Ok(Value::Made(tree.clone())),
                None => beyond(items.len()),
            },
            other => other.view().refuse("a list"),
        }
    }

    fn map(&mut self, entries: &'a [(Code, Code)]) -> Step<Value<'a>> {
        let mut made: Vec<(Value<'a>, Value<'a>)> = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let key = self.value(key)?;
            match key.view() {
                View::Text(_) | View::Int(_) | View::Bool(_) => {}
                other => return other.refuse("a text, a whole number or a bool for a key"),
            }
            if entry(&made, key.view()).is_some() {
                return invalid("a key stands twice in a map");
            }
            let value = self.value(value)?;
            made.push((key, value));
        }
        Ok(Value::Map(made.into()))
    }

    fn calculate(&mut self, calculation: Calculation, left: &Value<'a>, right: &Value<'a>) -> Step<Value<'a>> {
        let (View::List(one), View::List(other), Calculation::Add) = (left.view(), right.view(), calculation) else {
            return calculate(calculation, left, right);
        };
        self.burn(Items::len(one) + Items::len(other))?;
        let mut joined = Vec::with_capacity(one.len() + other.len());
        for list in [left, right] {
            let elements = self.elements_of(list.clone())?;
            joined.extend((0..elements.len()).map(|index| elements.get(index)));
        }
        Ok(Value::List(joined.into()))
    }

    fn days_since(&mut self, time: &'a Code) -> Step<i64> {
        let time = self.value(time)?;
        let text = match time.view() {
            View::Text(text) => text,
            other => return other.refuse("an RFC 3339 time"),
        };
        match whole_days(text, self.variables.now) {
            Some(days) => Ok(days),
            None => invalid(format!("`{text}` is not an RFC 3339 time")),
        }
    }

    fn call(&mut self, function: &'static Function, args: &'a [Code]) -> Step<Value<'a>> {
        let args = args.iter().map(|arg| self.value(arg)).collect::<Step<Vec<_>>>()?;
        let args = args.into_iter().map(Value::into_tree).collect::<Step<Vec<_>>>()?;
        match (function.call)(&args) {
            Ok(tree) => Ok(Value::Made(tree)),
            Err(Refusal::Unknown(gap)) => Err(Fault::Unknown(gap)),
            Err(Refusal::Invalid(message)) => invalid(message),
        }
    }
}

fn variable<'a>(tree: Option<&'a Tree>, name: &str) -> Step<Value<'a>> {
    match tree {
        Some(tree) => Ok(Value::In(tree, ITEM)),
        None => invalid(format!("there is no variable `{name}`")),
    }
}

/// The fault of a member that is not there, outside the item.
fn missing(token: &Token<'_>) -> Fault {
    Fault::Missing(format!("/{}", token.name().unwrap_or_default()).into())
}

/// The fault of a key that a map in the expression does not have.
fn no_entry(key: View<'_>) -> Fault {
    Fault::Missing(match key {
        View::Text(name) => name.into(),
        View::Int(number) => number.to_string().into(),
        View::Float(number) => number.to_string().into(),
        View::Bool(value) => value.to_string().into(),
        other => return other.refusal("a text, a whole number or a bool for a key"),
    })
}

/// The value of a key in a map that stands in the expression.
fn entry<'a>(entries: &[(Value<'a>, Value<'a>)], key: View<'_>) -> Option<Value<'a>> {
    let is_it = |known: &Value<'_>| equal(known.view(), key).unwrap_or(false);
    entries.iter().find(|(known, _)| is_it(known)).map(|(_, value)| value.clone())
}
