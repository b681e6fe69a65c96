//! Values on the way through an expression, and what can be asked of two of them.
//!
//! Each question fails with the gap where its answer hangs on something unknown.

use std::cmp::Ordering;
use std::rc::Rc;
use std::sync::Arc;

use super::code::{Calculation, Conversion};
use super::trace::Place;
use crate::model::gap::{Gap, GapCode};
use crate::model::tree::Tree;

/// Why there is no value.
#[derive(Debug, Clone)]
pub(super) enum Fault {
    /// It hangs on something that could not be read.
    Unknown(Arc<Gap>),
    /// Nothing is there, at this place of the item.
    Absent(u32),
    /// Nothing is there, outside the item.
    Missing(Box<str>),
    /// The expression is wrong.
    Invalid(Box<str>),
    /// The fuel is used up. Nothing absorbs this.
    Exhausted,
}

/// A value, or why there is none.
pub(super) type Step<T> = Result<T, Fault>;

pub(super) fn invalid<T>(message: impl Into<String>) -> Step<T> {
    Err(Fault::Invalid(message.into().into()))
}

fn unknown<T>(gap: &Arc<Gap>) -> Step<T> {
    Err(Fault::Unknown(Arc::clone(gap)))
}

impl Fault {
    /// The reason that a reader is shown; `pointer` writes a place.
    pub(super) fn gap(self, pointer: impl FnOnce(u32) -> String) -> Gap {
        match self {
            Self::Unknown(gap) => Arc::unwrap_or_clone(gap),
            Self::Absent(place) => Gap::new(GapCode::AttributeAbsent, pointer(place)),
            Self::Missing(what) => Gap::new(GapCode::AttributeAbsent, what),
            Self::Invalid(message) => Gap::new(GapCode::ExpressionError, message),
            Self::Exhausted => Gap::new(GapCode::FuelExhausted, ""),
        }
    }
}

/// A value.
#[derive(Debug, Clone)]
pub(super) enum Value<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'a str),
    /// A list of texts in the source.
    Texts(&'a [Box<str>]),
    /// A part of the item or of the parameters.
    In(&'a Tree, Place),
    /// What a function returned, and other texts that were made.
    Made(Tree),
    List(Rc<[Self]>),
    Map(Rc<[(Self, Self)]>),
}

/// A value without regard to where it comes from.
#[derive(Clone, Copy)]
pub(super) enum View<'v> {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'v str),
    List(Items<'v>),
    Map(Members<'v>),
    Unknown(&'v Arc<Gap>),
}

/// The elements of a list.
#[derive(Clone, Copy)]
pub(super) enum Items<'v> {
    Texts(&'v [Box<str>]),
    Trees(&'v [Tree]),
    Values(&'v [Value<'v>]),
}

/// The members of a map.
#[derive(Clone, Copy)]
pub(super) enum Members<'v> {
    Tree(&'v Tree),
    Values(&'v [(Value<'v>, Value<'v>)]),
}

impl<'v> From<&'v Tree> for View<'v> {
    fn from(tree: &'v Tree) -> Self {
        match tree {
            Tree::Null => Self::Null,
            Tree::Bool(value) => Self::Bool(*value),
            Tree::Int(value) => Self::Int(*value),
            Tree::Float(value) => Self::Float(*value),
            Tree::Str(text) => Self::Text(text),
            Tree::List(items) => Self::List(Items::Trees(items)),
            Tree::Map(_) => Self::Map(Members::Tree(tree)),
            Tree::Unknown(gap) => Self::Unknown(gap),
        }
    }
}

impl Value<'_> {
    pub(super) fn view(&self) -> View<'_> {
        match self {
            Self::Null => View::Null,
            Self::Bool(value) => View::Bool(*value),
            Self::Int(value) => View::Int(*value),
            Self::Float(value) => View::Float(*value),
            Self::Text(text) => View::Text(text),
            Self::Texts(texts) => View::List(Items::Texts(texts)),
            Self::In(tree, _) => View::from(*tree),
            Self::Made(tree) => View::from(tree),
            Self::List(items) => View::List(Items::Values(items)),
            Self::Map(entries) => View::Map(Members::Values(entries)),
        }
    }

    /// Its truth value.
    pub(super) fn truth(&self) -> Step<bool> {
        match self.view() {
            View::Bool(value) => Ok(value),
            other => other.refuse("a bool"),
        }
    }

    pub(super) fn text(&self) -> Step<&str> {
        match self.view() {
            View::Text(text) => Ok(text),
            other => other.refuse("a text"),
        }
    }

    /// The tree of it, as functions take them.
    pub(super) fn into_tree(self) -> Step<Tree> {
        Ok(match self {
            Self::Null => Tree::Null,
            Self::Bool(value) => Tree::Bool(value),
            Self::Int(value) => Tree::Int(value),
            Self::Float(value) => Tree::Float(value),
            Self::Text(text) => Tree::Str(text.into()),
            Self::Texts(texts) => Tree::List(texts.iter().map(|text| Tree::Str((**text).into())).collect()),
            Self::In(tree, _) => tree.clone(),
            Self::Made(tree) => tree,
            Self::List(items) => Tree::List(items.iter().cloned().map(Value::into_tree).collect::<Step<_>>()?),
            Self::Map(_) => return invalid("a map written in the expression cannot be passed to a function"),
        })
    }
}

impl<'v> View<'v> {
    /// What kind of value it is, for a reader.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a bool",
            Self::Int(_) | Self::Float(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
            Self::Unknown(_) => "unknown",
        }
    }

    /// The fault of a value that is of another kind than it must be.
    pub(super) fn refusal(self, wanted: &str) -> Fault {
        match self {
            Self::Unknown(gap) => Fault::Unknown(Arc::clone(gap)),
            other => Fault::Invalid(format!("expected {wanted}, found {}", other.kind()).into()),
        }
    }

    pub(super) fn refuse<T>(self, wanted: &str) -> Step<T> {
        Err(self.refusal(wanted))
    }

    /// The first gap in it.
    fn gap(self) -> Option<&'v Arc<Gap>> {
        match self {
            Self::Unknown(gap) => Some(gap),
            Self::List(Items::Trees(items)) => items.iter().find_map(Tree::first_gap),
            Self::List(Items::Values(items)) => items.iter().find_map(|item| item.view().gap()),
            Self::Map(Members::Tree(tree)) => tree.first_gap(),
            Self::Map(Members::Values(entries)) => entries.iter().find_map(|(_, value)| value.view().gap()),
            Self::List(Items::Texts(_))
            | Self::Null
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Float(_)
            | Self::Text(_) => None,
        }
    }

    fn decided(self) -> Step<Self> {
        self.gap().map_or(Ok(self), unknown)
    }

    /// Whether two values of which no part is unknown are the same. Numbers are compared by what they
    /// count, and values of different kinds differ.
    fn same(self, other: Self) -> bool {
        match (self, other) {
            (Self::Text(one), Self::Text(other)) => one == other,
            (Self::Bool(one), Self::Bool(other)) => one == other,
            (Self::Null, Self::Null) => true,
            (Self::List(one), Self::List(other)) => {
                one.len() == other.len() && (0..one.len()).all(|index| one.get(index).same(other.get(index)))
            }
            (Self::Map(one), Self::Map(other)) => {
                one.len() == other.len()
                    && one.entries().all(|(key, value)| other.get(key).is_some_and(|theirs| value.same(theirs)))
            }
            _ => self.numbers(other) == Some(Ordering::Equal),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "CEL compares a whole number to another one as doubles")]
    fn numbers(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(one), Self::Int(other)) => Some(one.cmp(&other)),
            (Self::Float(one), Self::Float(other)) => one.partial_cmp(&other),
            (Self::Int(one), Self::Float(other)) => (one as f64).partial_cmp(&other),
            (Self::Float(one), Self::Int(other)) => one.partial_cmp(&(other as f64)),
            _ => None,
        }
    }

    /// How many characters, elements or members, as far as that is known.
    pub(super) fn size(self) -> Step<Range> {
        Ok(match self {
            Self::Text(text) => Range::of_length(text.chars().count()),
            Self::List(items) => {
                let mut range = Range::of(0);
                for index in 0..items.len() {
                    match items.get(index) {
                        View::Unknown(gap) => range.any_number(gap),
                        _ => range.one_more(),
                    }
                }
                range
            }
            Self::Map(members) => {
                let mut range = Range::of(0);
                for (_, value) in members.entries() {
                    match value {
                        View::Unknown(gap) => range.perhaps_one_more(gap),
                        _ => range.one_more(),
                    }
                }
                range
            }
            other => return other.refuse("a list, a map or a text"),
        })
    }

    /// Whether two values are the same, where what is known of them decides it; the gap where not. Numbers
    /// are compared by what they count, and values of different kinds differ.
    fn compared(self, other: Self) -> Result<bool, Arc<Gap>> {
        match (self, other) {
            (Self::Unknown(gap), _) | (_, Self::Unknown(gap)) => Err(Arc::clone(gap)),
            (Self::List(one), Self::List(other)) => one.compared(other),
            (Self::Map(one), Self::Map(other)) => one.compared(other),
            _ => Ok(self.same(other)),
        }
    }
}

/// A whole number that may be known in part: how large it is at least and at most.
#[derive(Debug, Clone)]
pub(super) struct Range {
    least: i64,
    /// Nothing where it has no bound.
    most: Option<i64>,
    /// Why it is not known, where it is not.
    gap: Option<Arc<Gap>>,
}

impl Range {
    /// A number that is known.
    pub(super) fn of(number: i64) -> Self {
        Self { least: number, most: Some(number), gap: None }
    }

    fn of_length(length: usize) -> Self {
        Self::of(i64::try_from(length).unwrap_or(i64::MAX))
    }

    /// One more of what is counted.
    pub(super) fn one_more(&mut self) {
        self.least = self.least.saturating_add(1);
        self.most = self.most.map(|most| most.saturating_add(1));
    }

    /// One more, or none.
    pub(super) fn perhaps_one_more(&mut self, gap: &Arc<Gap>) {
        self.most = self.most.map(|most| most.saturating_add(1));
        self.gap = Some(Arc::clone(gap));
    }

    /// Any number more.
    pub(super) fn any_number(&mut self, gap: &Arc<Gap>) {
        self.most = None;
        self.gap = Some(Arc::clone(gap));
    }

    /// Both together.
    pub(super) fn plus(&self, other: &Self) -> Step<Self> {
        let add = |one: i64, other: i64| one.checked_add(other).ok_or(Fault::Invalid("the number is too large".into()));
        let most = self.most.zip(other.most).map(|(one, other)| add(one, other)).transpose()?;
        Ok(Self { least: add(self.least, other.least)?, most, gap: self.gap.clone().or_else(|| other.gap.clone()) })
    }

    /// The number, where it is known.
    pub(super) fn exact(&self) -> Step<i64> {
        self.gap.as_ref().map_or(Ok(self.least), unknown)
    }

    /// What is asked of how it lies to another one, where all that is possible comes to the same.
    pub(super) fn decide(&self, other: &Self, holds: impl Fn(Ordering) -> bool) -> Step<bool> {
        let below = |one: &Self, other: &Self| other.most.is_none_or(|most| one.least < most);
        let meets =
            self.most.is_none_or(|most| other.least <= most) && other.most.is_none_or(|most| self.least <= most);
        let possible =
            [(below(self, other), Ordering::Less), (meets, Ordering::Equal), (below(other, self), Ordering::Greater)];
        let mut answers = possible.into_iter().filter(|(possible, _)| *possible).map(|(_, ordering)| holds(ordering));
        let first = answers.next().unwrap_or(false);
        match self.gap.as_ref().or(other.gap.as_ref()) {
            Some(gap) if answers.any(|answer| answer != first) => unknown(gap),
            _ => Ok(first),
        }
    }
}

impl<'v> Items<'v> {
    pub(super) fn len(self) -> usize {
        match self {
            Self::Texts(texts) => texts.len(),
            Self::Trees(trees) => trees.len(),
            Self::Values(values) => values.len(),
        }
    }

    fn get(self, index: usize) -> View<'v> {
        match self {
            Self::Texts(texts) => View::Text(&texts[index]),
            Self::Trees(trees) => View::from(&trees[index]),
            Self::Values(values) => values[index].view(),
        }
    }

    /// The first unknown element, and where it is.
    pub(super) fn unknown_element(self) -> Option<(usize, &'v Arc<Gap>)> {
        (0..self.len()).find_map(|index| match self.get(index) {
            View::Unknown(gap) => Some((index, gap)),
            _ => None,
        })
    }

    /// Whether two lists are the same, as [`View::compared`].
    fn compared(self, other: Items<'_>) -> Result<bool, Arc<Gap>> {
        let unknown = self.unknown_element().map(|(_, gap)| gap);
        let theirs = other.unknown_element().map(|(_, gap)| gap);
        let Some(gap) = unknown.or(theirs) else {
            if self.len() != other.len() {
                return Ok(false);
            }
            return all((0..self.len()).map(|index| self.get(index).compared(other.get(index))));
        };
        // A list that is known holds no fewer elements than are known of the other.
        let known =
            |items: Items<'_>| (0..items.len()).filter(|at| !matches!(items.get(*at), View::Unknown(_))).count();
        let is_longer =
            (theirs.is_none() && known(self) > other.len()) || (unknown.is_none() && known(other) > self.len());
        // Up to the first unknown element, and behind the last one, it is clear which lies to which.
        let shorter = self.len().min(other.len());
        let from_start = differ((0..shorter).map(|index| (self.get(index), other.get(index))));
        let last = |items: usize, index: usize| items - 1 - index;
        let from_end =
            differ((0..shorter).map(|index| (self.get(last(self.len(), index)), other.get(last(other.len(), index)))));
        if is_longer || from_start || from_end { Ok(false) } else { Err(Arc::clone(gap)) }
    }
}

impl<'v> Members<'v> {
    fn len(self) -> usize {
        match self {
            Self::Tree(Tree::Map(members)) => members.len(),
            Self::Tree(_) => 0,
            Self::Values(entries) => entries.len(),
        }
    }

    fn get(self, key: View<'_>) -> Option<View<'v>> {
        match (self, key) {
            (Self::Tree(tree), View::Text(key)) => tree.get(key).map(View::from),
            (Self::Tree(_), _) => None,
            (Self::Values(entries), key) => {
                entries.iter().find(|(known, _)| known.view().same(key)).map(|(_, value)| value.view())
            }
        }
    }

    /// Whether two maps are the same, as [`View::compared`]. An unknown member may be absent.
    fn compared(self, other: Members<'_>) -> Result<bool, Arc<Gap>> {
        let ours = self.entries().map(|(key, value)| match (value, other.get(key)) {
            (View::Unknown(gap), _) => Err(Arc::clone(gap)),
            (_, None) => Ok(false),
            (value, Some(theirs)) => value.compared(theirs),
        });
        let theirs = other.entries().filter(|(key, _)| self.get(*key).is_none()).map(|(_, value)| match value {
            View::Unknown(gap) => Err(Arc::clone(gap)),
            _ => Ok(false),
        });
        all(ours.chain(theirs))
    }

    fn entries(self) -> Box<dyn Iterator<Item = (View<'v>, View<'v>)> + 'v> {
        match self {
            Self::Tree(Tree::Map(members)) => {
                Box::new(members.iter().map(|(key, value)| (View::Text(key), View::from(value))))
            }
            Self::Tree(_) => Box::new(std::iter::empty()),
            Self::Values(entries) => Box::new(entries.iter().map(|(key, value)| (key.view(), value.view()))),
        }
    }
}

/// Whether two elements that lie to each other differ, before the first that is not known.
fn differ<'a, 'b>(pairs: impl Iterator<Item = (View<'a>, View<'b>)>) -> bool {
    pairs
        .take_while(|(one, other)| !matches!(one, View::Unknown(_)) && !matches!(other, View::Unknown(_)))
        .any(|(one, other)| one.compared(other) == Ok(false))
}

/// Whether all are true. A false one decides.
fn all(answers: impl Iterator<Item = Result<bool, Arc<Gap>>>) -> Result<bool, Arc<Gap>> {
    let mut open = None;
    for answer in answers {
        match answer {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(gap) => open = open.or(Some(gap)),
        }
    }
    open.map_or(Ok(true), Err)
}

/// `left == right`.
pub(super) fn equal(left: View<'_>, right: View<'_>) -> Step<bool> {
    match (left, right) {
        (View::Text(left), View::Text(right)) => Ok(left == right),
        _ => left.compared(right).map_err(Fault::Unknown),
    }
}

/// `value in container`.
pub(super) fn contained(value: View<'_>, container: View<'_>) -> Step<bool> {
    match container {
        View::List(items) => {
            let mut open = None;
            for index in 0..items.len() {
                match items.get(index).compared(value) {
                    Ok(true) => return Ok(true),
                    Ok(false) => {}
                    Err(gap) => open = open.or(Some(gap)),
                }
            }
            open.map_or(Ok(false), |gap| Err(Fault::Unknown(gap)))
        }
        View::Map(Members::Values(_)) if matches!(value, View::Null | View::List(_) | View::Map(_)) => {
            value.refuse("what can be a key")
        }
        View::Map(members) => match members.get(value.decided()?) {
            Some(View::Unknown(gap)) => unknown(gap),
            member => Ok(member.is_some()),
        },
        other => other.refuse("a list or a map"),
    }
}

/// How two numbers, texts or bools lie to each other.
pub(super) fn compare(left: View<'_>, right: View<'_>) -> Step<Ordering> {
    let (left, right) = (left.decided()?, right.decided()?);
    match (left, right) {
        (View::Text(left), View::Text(right)) => Ok(left.cmp(right)),
        (View::Bool(left), View::Bool(right)) => Ok(left.cmp(&right)),
        _ => match left.numbers(right) {
            Some(ordering) => Ok(ordering),
            None => invalid(format!("{} cannot be compared to {}", left.kind(), right.kind())),
        },
    }
}

/// What comes of an operator of arithmetic.
pub(super) fn calculate<'a>(calculation: Calculation, left: &Value<'a>, right: &Value<'a>) -> Step<Value<'a>> {
    let too_large = || Fault::Invalid("the number is too large".into());
    match (left.view(), right.view()) {
        (View::Unknown(gap), _) | (_, View::Unknown(gap)) => unknown(gap),
        (View::Int(one), View::Int(other)) => {
            if other == 0 && matches!(calculation, Calculation::Divide | Calculation::Remainder) {
                return invalid("a division by zero");
            }
            let value = match calculation {
                Calculation::Add => one.checked_add(other),
                Calculation::Subtract => one.checked_sub(other),
                Calculation::Multiply => one.checked_mul(other),
                Calculation::Divide => one.checked_div(other),
                Calculation::Remainder => one.checked_rem(other),
            };
            value.map(Value::Int).ok_or_else(too_large)
        }
        (View::Float(one), View::Float(other)) if calculation != Calculation::Remainder => {
            Ok(Value::Float(match calculation {
                Calculation::Add => one + other,
                Calculation::Subtract => one - other,
                Calculation::Multiply => one * other,
                Calculation::Divide | Calculation::Remainder => one / other,
            }))
        }
        (View::Text(one), View::Text(other)) if calculation == Calculation::Add => {
            Ok(Value::Made(Tree::Str(format!("{one}{other}").into())))
        }
        (one, other) => {
            let what = match calculation {
                Calculation::Add => "add",
                Calculation::Subtract => "subtract",
                Calculation::Multiply => "multiply",
                Calculation::Divide | Calculation::Remainder => "divide",
            };
            invalid(format!(
                "cannot {what} {} and {}; for numbers of two kinds there is double()",
                one.kind(),
                other.kind()
            ))
        }
    }
}

/// `-value`.
pub(super) fn negate<'a>(value: View<'_>) -> Step<Value<'a>> {
    match value {
        View::Int(value) => match value.checked_neg() {
            Some(value) => Ok(Value::Int(value)),
            None => invalid("the number is too large"),
        },
        View::Float(value) => Ok(Value::Float(-value)),
        other => other.refuse("a number"),
    }
}

/// A value as one of another type.
#[expect(clippy::cast_precision_loss, reason = "CEL turns a whole number into the nearest double")]
#[expect(clippy::cast_possible_truncation, reason = "a double within the bounds loses its fraction and no more")]
pub(super) fn convert(conversion: Conversion, value: Value<'_>) -> Step<Value<'_>> {
    let view = value.view();
    Ok(match (conversion, view) {
        (Conversion::Dyn, _)
        | (Conversion::Bool, View::Bool(_))
        | (Conversion::Int, View::Int(_))
        | (Conversion::Double, View::Float(_))
        | (Conversion::String, View::Text(_)) => value,
        (Conversion::Bool, View::Text("true" | "TRUE" | "True" | "t" | "1")) => Value::Bool(true),
        (Conversion::Bool, View::Text("false" | "FALSE" | "False" | "f" | "0")) => Value::Bool(false),
        (Conversion::Double, View::Int(number)) => Value::Float(number as f64),
        (Conversion::Int, View::Float(number)) if number > i64::MIN as f64 && number < i64::MAX as f64 => {
            Value::Int(number as i64)
        }
        (Conversion::Double, View::Text(text)) if text.parse::<f64>().is_ok() => {
            Value::Float(text.parse().unwrap_or_default())
        }
        (Conversion::Int, View::Text(text)) if text.parse::<i64>().is_ok() => {
            Value::Int(text.parse().unwrap_or_default())
        }
        (Conversion::String, View::Bool(value)) => made(&value),
        (Conversion::String, View::Int(value)) => made(&value),
        (Conversion::String, View::Float(value)) => made(&value),
        (Conversion::Bool, other) => return other.refuse("true or false"),
        (Conversion::Int | Conversion::Double, other) => return other.refuse("a number"),
        (Conversion::String, other) => return other.refuse("a text, a number or a bool"),
    })
}

fn made<'a>(value: &impl ToString) -> Value<'a> {
    Value::Made(Tree::Str(value.to_string().into()))
}
