//! The short way through an expression: what controls mostly do, done without CEL's interpreter.
//!
//! An expression is translated once, where all of it is of the kinds below. Running the
//! translation gives an answer only where everything that is read on the way is known and of the
//! type it is used as. At anything else (an unknown, an absent attribute that is not asked for with
//! `has`, a type that does not fit, a function's fault, an expression that is not of these kinds)
//! it gives none, and the interpreter runs the expression from its start. Unknown values, errors
//! and how they are absorbed therefore have one home, and it is not here. What is here must read
//! the same attributes in the same order, and come to the same answer, as the interpreter does;
//! tests compare the two over every case of every control and over generated resources.

use std::cmp::Ordering;

use cel::common::ast::{CallExpr, ComprehensionExpr, Expr, IdedExpr, LiteralValue, operators};

use super::expression::{CONTAINED, DAYS_SINCE, DIFFERS, EQUALS, SIZE, Variables, whole_days};
use super::functions::{FUNCTIONS, Function};
use super::tree::Tree;
use super::value::FUEL;
use crate::model::resource::escape;

/// Most places in the item that one run looks at. Beyond it, finding a place again takes longer
/// than it saves.
const PLACES: usize = 256;

/// A translated expression.
#[derive(Debug)]
pub(super) enum Code {
    Bool(bool),
    Int(i64),
    Text(Box<str>),
    /// A list of texts, as it stands in the source.
    Texts(Vec<Box<str>>),
    Resource,
    Resources,
    Parameters,
    Account,
    Region,
    Now,
    /// The element that a comprehension is at, counted from the outermost.
    Element(usize),
    Field(Box<Code>, Key),
    At(Box<Code>, Box<Code>),
    Has(Box<Code>, Key),
    Not(Box<Code>),
    And(Box<Code>, Box<Code>),
    Or(Box<Code>, Box<Code>),
    Choose(Box<Code>, Box<Code>, Box<Code>),
    Equal(Box<Code>, Box<Code>),
    In(Box<Code>, Box<Code>),
    /// Whether how the first compares to the second is one of these.
    Compare(Box<Code>, Box<Code>, &'static [Ordering]),
    Size(Box<Code>),
    StartsWith(Box<Code>, Box<str>),
    EndsWith(Box<Code>, Box<str>),
    DaysSince(Box<Code>),
    All(Box<Code>, Box<Code>),
    Exists(Box<Code>, Box<Code>),
    /// `size(list.filter(x, …))`.
    Count(Box<Code>, Box<Code>),
    Call(&'static Function, Vec<Code>),
}

/// The name of a member as it stands in the source.
#[derive(Debug)]
pub(super) struct Key {
    /// The same for the same name within one expression, so that places are found without comparing
    /// texts.
    number: usize,
    name: Box<str>,
}

/// Translates an expression that `rewrite` has been over; `None` where some part has no short way.
pub(super) fn translate(ast: &IdedExpr) -> Option<Code> {
    Translation { elements: Vec::new(), keys: Vec::new() }.code(ast)
}

struct Translation<'a> {
    /// Names of the elements that comprehensions around are at, outermost first.
    elements: Vec<&'a str>,
    /// Names of members met so far, by number.
    keys: Vec<&'a str>,
}

impl<'a> Translation<'a> {
    fn key(&mut self, name: &'a str) -> Key {
        let known = self.keys.iter().position(|key| *key == name);
        let number = known.unwrap_or(self.keys.len());
        if known.is_none() {
            self.keys.push(name);
        }
        Key { number, name: name.into() }
    }

    fn code(&mut self, ast: &'a IdedExpr) -> Option<Code> {
        match &ast.expr {
            Expr::Literal(literal) => match literal {
                LiteralValue::Boolean(value) => Some(Code::Bool(*value.inner())),
                LiteralValue::Int(value) => Some(Code::Int(*value.inner())),
                LiteralValue::String(text) => Some(Code::Text(text.inner().into())),
                _ => None,
            },
            Expr::Ident(name) => self.name(name),
            Expr::Select(select) => {
                let of = self.boxed(&select.operand)?;
                let key = self.key(&select.field);
                Some(if select.test { Code::Has(of, key) } else { Code::Field(of, key) })
            }
            Expr::List(list) if list.optional_indices.is_empty() => {
                let text = |element: &IdedExpr| match &element.expr {
                    Expr::Literal(LiteralValue::String(text)) => Some(text.inner().into()),
                    _ => None,
                };
                list.elements.iter().map(text).collect::<Option<_>>().map(Code::Texts)
            }
            Expr::Call(call) => self.call(call),
            Expr::Comprehension(comprehension) => self.comprehension(comprehension),
            _ => None,
        }
    }

    fn boxed(&mut self, ast: &'a IdedExpr) -> Option<Box<Code>> {
        self.code(ast).map(Box::new)
    }

    fn name(&self, name: &str) -> Option<Code> {
        if let Some(depth) = self.elements.iter().rposition(|element| *element == name) {
            return Some(Code::Element(depth));
        }
        match name {
            "resource" => Some(Code::Resource),
            "resources" => Some(Code::Resources),
            "parameters" => Some(Code::Parameters),
            "account" => Some(Code::Account),
            "region" => Some(Code::Region),
            "now" => Some(Code::Now),
            _ => None,
        }
    }

    fn call(&mut self, call: &'a CallExpr) -> Option<Code> {
        if let Some(target) = &call.target {
            return self.method(target, &call.func_name, &call.args);
        }
        let name = call.func_name.as_str();
        match call.args.as_slice() {
            [only] => match name {
                operators::LOGICAL_NOT => Some(Code::Not(self.boxed(only)?)),
                SIZE => match &only.expr {
                    Expr::Comprehension(filter) => self.count(filter),
                    _ => Some(Code::Size(self.boxed(only)?)),
                },
                _ => None,
            },
            [first, second] => {
                let compared: &[Ordering] = match name {
                    operators::LESS => &[Ordering::Less],
                    operators::LESS_EQUALS => &[Ordering::Less, Ordering::Equal],
                    operators::GREATER => &[Ordering::Greater],
                    operators::GREATER_EQUALS => &[Ordering::Greater, Ordering::Equal],
                    // `days_since` has the clock for its second argument.
                    DAYS_SINCE if matches!(self.code(second), Some(Code::Now)) => {
                        return Some(Code::DaysSince(self.boxed(first)?));
                    }
                    _ => &[],
                };
                let (first, second) = (self.boxed(first)?, self.boxed(second)?);
                match name {
                    operators::LOGICAL_AND => Some(Code::And(first, second)),
                    operators::LOGICAL_OR => Some(Code::Or(first, second)),
                    operators::INDEX => Some(Code::At(first, second)),
                    EQUALS => Some(Code::Equal(first, second)),
                    DIFFERS => Some(Code::Not(Box::new(Code::Equal(first, second)))),
                    CONTAINED => Some(Code::In(first, second)),
                    _ if !compared.is_empty() => Some(Code::Compare(first, second, compared)),
                    _ => None,
                }
            }
            [condition, yes, no] if name == operators::CONDITIONAL => {
                Some(Code::Choose(self.boxed(condition)?, self.boxed(yes)?, self.boxed(no)?))
            }
            _ => None,
        }
    }

    fn method(&mut self, target: &'a IdedExpr, name: &str, args: &'a [IdedExpr]) -> Option<Code> {
        if let Expr::Ident(namespace) = &target.expr
            && self.name(namespace).is_none()
        {
            let named = |function: &&Function| {
                function.params.len() == args.len()
                    && function.name.split_once('.').is_some_and(|(of, own)| of == namespace && own == name)
            };
            let function = FUNCTIONS.iter().find(named)?;
            let args = args.iter().map(|arg| self.code(arg)).collect::<Option<_>>()?;
            return Some(Code::Call(function, args));
        }
        // The interpreter takes the arguments before the target; a text in the source reads nothing.
        let [IdedExpr { expr: Expr::Literal(LiteralValue::String(part)), .. }] = args else { return None };
        let part = part.inner().into();
        match name {
            "startsWith" => Some(Code::StartsWith(self.boxed(target)?, part)),
            "endsWith" => Some(Code::EndsWith(self.boxed(target)?, part)),
            _ => None,
        }
    }

    /// `all` and `exists`, by the shape their macros give them.
    fn comprehension(&mut self, each: &'a ComprehensionExpr) -> Option<Code> {
        let Expr::Call(step) = &each.loop_step.expr else { return None };
        let [IdedExpr { expr: Expr::Ident(accumulated), .. }, body] = step.args.as_slice() else { return None };
        let returns_it = matches!(&each.result.expr, Expr::Ident(name) if *name == each.accu_var);
        if *accumulated != each.accu_var || !returns_it || each.iter_var2.is_some() || step.target.is_some() {
            return None;
        }
        let starts = match &each.accu_init.expr {
            Expr::Literal(LiteralValue::Boolean(value)) => *value.inner(),
            _ => return None,
        };
        let all = match (step.func_name.as_str(), starts) {
            (operators::LOGICAL_AND, true) => true,
            (operators::LOGICAL_OR, false) => false,
            _ => return None,
        };
        let over = self.boxed(&each.iter_range)?;
        self.elements.push(&each.iter_var);
        let body = self.boxed(body);
        self.elements.pop();
        Some(if all { Code::All(over, body?) } else { Code::Exists(over, body?) })
    }

    /// The length of what `filter` keeps, by the shape its macro gives it.
    fn count(&mut self, each: &'a ComprehensionExpr) -> Option<Code> {
        let Expr::Call(step) = &each.loop_step.expr else { return None };
        let empty = matches!(&each.accu_init.expr, Expr::List(list) if list.elements.is_empty());
        let [condition, added, kept] = step.args.as_slice() else { return None };
        let is = |ast: &IdedExpr, wanted: &str| matches!(&ast.expr, Expr::Ident(name) if name == wanted);
        let adds_itself = matches!(&added.expr, Expr::Call(add) if add.func_name == operators::ADD
            && matches!(add.args.as_slice(), [to, IdedExpr { expr: Expr::List(list), .. }]
                if is(to, &each.accu_var)
                    && matches!(list.elements.as_slice(), [element] if is(element, &each.iter_var))));
        let plain = step.func_name == operators::CONDITIONAL && each.iter_var2.is_none();
        if !(empty && plain && adds_itself && is(kept, &each.accu_var) && is(&each.result, &each.accu_var)) {
            return None;
        }
        let over = self.boxed(&each.iter_range)?;
        self.elements.push(&each.iter_var);
        let condition = self.boxed(condition);
        self.elements.pop();
        Some(Code::Count(over, condition?))
    }
}

/// Where in the item a value stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Not in it: what parameters hold is not traced.
    Nowhere,
    /// A place that has a number.
    Known(u32),
    /// An element of the list at that place, which gets a number when something in it is read.
    Element(u32, u32),
}

/// The last step to a place.
#[derive(Clone, Copy)]
enum Token<'a> {
    Root,
    Key(&'a Key),
    /// A member whose name was worked out.
    Name(&'a str),
    Index(u32),
}

impl Token<'_> {
    fn is(self, other: Self) -> bool {
        match (self, other) {
            (Self::Key(one), Self::Key(other)) => one.number == other.number,
            (Self::Index(one), Self::Index(other)) => one == other,
            _ => self.name().is_some_and(|name| other.name() == Some(name)),
        }
    }

    fn name(&self) -> Option<&str> {
        match self {
            Self::Key(key) => Some(&key.name),
            Self::Name(name) => Some(name),
            Self::Root | Self::Index(_) => None,
        }
    }
}

/// A place that was looked at.
struct Seen<'a> {
    /// The number of the place above.
    above: u32,
    token: Token<'a>,
    /// What stands there; `None` where it is absent, and for elements, which are not looked up.
    value: Option<&'a Tree>,
}

/// A value on the way.
enum Value<'a> {
    Bool(bool),
    Int(i64),
    Text(&'a str),
    Texts(&'a [Box<str>]),
    In(&'a Tree, Place),
    /// What a function returned.
    Made(Tree),
}

/// No answer this way.
struct Leave;

type Step<T> = Result<T, Leave>;

/// What a run came to: the answer, and what was read in order, as
/// [`super::value::Scope::reads`] gives it.
pub(super) type Answer = (bool, Vec<(String, Option<Tree>)>);

/// Runs a translated expression; `None` where the interpreter has to.
pub(super) fn run(code: &Code, variables: &Variables<'_>) -> Option<Answer> {
    let mut run =
        Run { variables, places: Vec::with_capacity(16), reads: Vec::with_capacity(16), elements: Vec::new(), used: 0 };
    run.places.push(Seen { above: 0, token: Token::Root, value: None });
    let answer = run.truth(code).ok()?;
    Some((answer, run.told()))
}

struct Run<'a> {
    variables: &'a Variables<'a>,
    /// Places by number. The first is the item itself.
    places: Vec<Seen<'a>>,
    reads: Vec<(u32, Option<&'a Tree>)>,
    elements: Vec<(&'a Tree, Place)>,
    used: u64,
}

impl<'a> Run<'a> {
    fn value(&mut self, code: &'a Code) -> Step<Value<'a>> {
        Ok(match code {
            Code::Bool(value) => Value::Bool(*value),
            Code::Int(value) => Value::Int(*value),
            Code::Text(text) => Value::Text(text),
            Code::Texts(texts) => Value::Texts(texts),
            Code::Resource => Value::In(self.variables.resource.ok_or(Leave)?, Place::Known(0)),
            Code::Resources => Value::In(self.variables.resources.ok_or(Leave)?, Place::Known(0)),
            Code::Parameters => Value::In(self.variables.parameters, Place::Nowhere),
            Code::Account => Value::Text(self.variables.account),
            Code::Region => Value::Text(self.variables.region),
            Code::Now => Value::Int(self.variables.now),
            Code::Element(depth) => {
                let (tree, place) = *self.elements.get(*depth).ok_or(Leave)?;
                Value::In(tree, place)
            }
            Code::Field(of, field) => {
                let (tree, place) = self.node(of)?;
                let (child, place) = self.member(tree, place, Token::Key(field))?;
                Value::In(child.ok_or(Leave)?, place)
            }
            Code::Has(of, field) => {
                let (tree, place) = self.node(of)?;
                Value::Bool(self.member(tree, place, Token::Key(field))?.0.is_some())
            }
            Code::At(of, key) => {
                let (tree, place) = self.node(of)?;
                let key = match self.value(key)? {
                    Value::Text(text) => text,
                    Value::In(Tree::Str(text), _) => text,
                    _ => return Err(Leave),
                };
                let (child, place) = self.member(tree, place, Token::Name(key))?;
                Value::In(child.ok_or(Leave)?, place)
            }
            Code::Choose(condition, yes, no) => {
                let chosen = if self.truth(condition)? { yes } else { no };
                return self.value(chosen);
            }
            Code::Size(of) => Value::Int(self.size(of)?),
            Code::Count(over, condition) => Value::Int(self.count(over, condition)?),
            Code::DaysSince(time) => {
                let time = self.value(time)?;
                Value::Int(whole_days(time.text()?, self.variables.now).ok_or(Leave)?)
            }
            Code::Call(function, args) => {
                let args = args.iter().map(|arg| self.value(arg)?.into_tree()).collect::<Step<Vec<Tree>>>()?;
                Value::Made((function.call)(&args).map_err(|_| Leave)?)
            }
            truth => Value::Bool(self.truth(truth)?),
        })
    }

    fn truth(&mut self, code: &'a Code) -> Step<bool> {
        match code {
            Code::Not(of) => Ok(!self.truth(of)?),
            Code::And(first, second) => Ok(self.truth(first)? && self.truth(second)?),
            Code::Or(first, second) => Ok(self.truth(first)? || self.truth(second)?),
            Code::Equal(first, second) => {
                let (first, second) = (self.value(first)?, self.value(second)?);
                first.equals(&second)
            }
            Code::In(value, list) => {
                let (value, list) = (self.value(value)?, self.value(list)?);
                value.is_in(&list)
            }
            Code::Compare(first, second, wanted) => {
                let (first, second) = (self.value(first)?.int()?, self.value(second)?.int()?);
                Ok(wanted.contains(&first.cmp(&second)))
            }
            Code::StartsWith(text, part) => Ok(self.value(text)?.text()?.starts_with(&**part)),
            Code::EndsWith(text, part) => Ok(self.value(text)?.text()?.ends_with(&**part)),
            Code::All(over, body) => self.each(over, body, false).map(|met| !met),
            Code::Exists(over, body) => self.each(over, body, true),
            other => self.value(other)?.truth(),
        }
    }

    /// What a part of the item, or of the parameters, is.
    fn node(&mut self, code: &'a Code) -> Step<(&'a Tree, Place)> {
        match self.value(code)? {
            Value::In(tree, place) => Ok((tree, place)),
            _ => Err(Leave),
        }
    }

    /// Reads a member; `None` where it is absent.
    fn member(&mut self, tree: &'a Tree, place: Place, token: Token<'a>) -> Step<(Option<&'a Tree>, Place)> {
        let Tree::Map(map) = tree else { return Err(Leave) };
        let look_up = || token.name().and_then(|name| map.get(name));
        let (child, place) = match self.number(place)? {
            None => (look_up(), Place::Nowhere),
            Some(above) => {
                let at = self.place(above, token, look_up)?;
                let child = self.places[at as usize].value;
                self.reads.push((at, child));
                (child, Place::Known(at))
            }
        };
        self.burn(1)?;
        match child {
            Some(Tree::Unknown(_)) => return Err(Leave),
            Some(Tree::List(items)) => self.burn(items.len() as u64)?,
            _ => {}
        }
        Ok((child, place))
    }

    fn burn(&mut self, amount: u64) -> Step<()> {
        self.used += amount;
        if self.used > FUEL { Err(Leave) } else { Ok(()) }
    }

    /// The number of a place; `None` where it is not in the item.
    fn number(&mut self, place: Place) -> Step<Option<u32>> {
        match place {
            Place::Nowhere => Ok(None),
            Place::Known(number) => Ok(Some(number)),
            Place::Element(list, index) => self.place(list, Token::Index(index), || None).map(Some),
        }
    }

    /// The number of the place one step below another; one that is new gets what `look_up` finds there.
    fn place(&mut self, above: u32, token: Token<'a>, look_up: impl FnOnce() -> Option<&'a Tree>) -> Step<u32> {
        // A place is numbered after the one above it.
        let first = above as usize + 1;
        let below = self.places.get(first..).unwrap_or_default();
        let found = below.iter().position(|seen| seen.above == above && seen.token.is(token));
        let number = found.map_or(self.places.len(), |index| first + index);
        if found.is_none() {
            if number >= PLACES {
                return Err(Leave);
            }
            self.places.push(Seen { above, token, value: look_up() });
        }
        u32::try_from(number).map_err(|_| Leave)
    }

    /// Whether the body comes to `wanted` for some element; stops at the first.
    fn each(&mut self, over: &'a Code, body: &'a Code, wanted: bool) -> Step<bool> {
        let (items, place) = self.list(over)?;
        for (index, item) in items.iter().enumerate() {
            if self.of_element(item, place, index, body)? == wanted {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn count(&mut self, over: &'a Code, condition: &'a Code) -> Step<i64> {
        let (items, place) = self.list(over)?;
        let mut met = 0;
        for (index, item) in items.iter().enumerate() {
            met += i64::from(self.of_element(item, place, index, condition)?);
        }
        Ok(met)
    }

    fn list(&mut self, code: &'a Code) -> Step<(&'a [Tree], Option<u32>)> {
        let (tree, place) = self.node(code)?;
        let Tree::List(items) = tree else { return Err(Leave) };
        Ok((items, self.number(place)?))
    }

    fn of_element(&mut self, item: &'a Tree, list: Option<u32>, index: usize, body: &'a Code) -> Step<bool> {
        let index = u32::try_from(index).map_err(|_| Leave)?;
        self.elements.push((item, list.map_or(Place::Nowhere, |list| Place::Element(list, index))));
        let met = self.truth(body);
        self.elements.pop();
        met
    }

    fn size(&mut self, code: &'a Code) -> Step<i64> {
        let value = self.value(code)?;
        let length = match &value {
            Value::Texts(texts) => texts.len(),
            Value::In(Tree::List(items), _) | Value::Made(Tree::List(items)) => {
                if items.iter().any(|item| matches!(item, Tree::Unknown(_))) {
                    return Err(Leave);
                }
                items.len()
            }
            Value::In(Tree::Map(members), _) | Value::Made(Tree::Map(members)) => members.len(),
            text => text.text()?.chars().count(),
        };
        i64::try_from(length).map_err(|_| Leave)
    }

    /// What was read, each pointer once, without those that another read went through.
    fn told(self) -> Vec<(String, Option<Tree>)> {
        let mut told = Vec::with_capacity(self.reads.len());
        for (index, (place, value)) in self.reads.iter().enumerate() {
            let again = self.reads[..index].iter().any(|(earlier, _)| earlier == place);
            let stepping_stone = matches!(value, Some(Tree::Map(_)))
                && self.reads.get(index + 1).is_some_and(|(next, _)| self.is_below(*next, *place));
            if !again && !stepping_stone {
                told.push((self.pointer(*place), value.cloned()));
            }
        }
        told
    }

    fn is_below(&self, mut place: u32, above: u32) -> bool {
        while place > above {
            place = self.places[place as usize].above;
            if place == above {
                return true;
            }
        }
        false
    }

    fn pointer(&self, place: u32) -> String {
        let Seen { above, token, .. } = &self.places[place as usize];
        let mut pointer = if *above == 0 { String::with_capacity(48) } else { self.pointer(*above) };
        pointer.push('/');
        match token {
            Token::Root => {}
            Token::Index(index) => pointer.push_str(&index.to_string()),
            Token::Key(Key { name, .. }) if !name.contains(['~', '/']) => pointer.push_str(name),
            named => pointer.push_str(&escape(named.name().unwrap_or_default())),
        }
        pointer
    }
}

impl Value<'_> {
    fn text(&self) -> Step<&str> {
        match self {
            Value::Text(text) => Ok(text),
            Value::In(Tree::Str(text), _) | Value::Made(Tree::Str(text)) => Ok(text),
            _ => Err(Leave),
        }
    }

    fn int(&self) -> Step<i64> {
        match self {
            Value::Int(value) | Value::In(Tree::Int(value), _) | Value::Made(Tree::Int(value)) => Ok(*value),
            _ => Err(Leave),
        }
    }

    fn truth(&self) -> Step<bool> {
        match self {
            Value::Bool(value) | Value::In(Tree::Bool(value), _) | Value::Made(Tree::Bool(value)) => Ok(*value),
            _ => Err(Leave),
        }
    }

    /// Only values of the same scalar type are compared here.
    fn equals(&self, other: &Self) -> Step<bool> {
        if let (Ok(one), Ok(other)) = (self.text(), other.text()) {
            return Ok(one == other);
        }
        if let (Ok(one), Ok(other)) = (self.int(), other.int()) {
            return Ok(one == other);
        }
        Ok(self.truth()? == other.truth()?)
    }

    fn is_in(&self, list: &Self) -> Step<bool> {
        match list {
            Value::Texts(texts) => {
                let text = self.text()?;
                Ok(texts.iter().any(|item| **item == *text))
            }
            Value::In(Tree::List(items), _) => {
                let text = self.text()?;
                if items.iter().any(|item| item.as_str() == Some(text)) {
                    return Ok(true);
                }
                if items.iter().any(|item| item.first_gap().is_some()) { Err(Leave) } else { Ok(false) }
            }
            Value::In(Tree::Map(members), _) => match members.get(self.text()?) {
                Some(Tree::Unknown(_)) => Err(Leave),
                member => Ok(member.is_some()),
            },
            _ => Err(Leave),
        }
    }

    fn into_tree(self) -> Step<Tree> {
        Ok(match self {
            Value::Bool(value) => Tree::Bool(value),
            Value::Int(value) => Tree::Int(value),
            Value::Text(text) => Tree::Str(text.into()),
            Value::Texts(texts) => Tree::List(texts.iter().map(|text| Tree::Str((**text).into())).collect()),
            Value::In(Tree::Unknown(_), _) => return Err(Leave),
            Value::In(tree, _) => tree.clone(),
            Value::Made(tree) => tree,
        })
    }
}

#[cfg(test)]
mod tests;
