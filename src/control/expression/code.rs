//! A syntax tree with its names resolved: what the evaluator runs.

use std::cmp::Ordering;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::super::diagnostic::nearest;
use super::super::functions::{FUNCTIONS, Function};
use super::ExpressionError;
use super::syntax::{Ask, Binary, Each, Kind, Literal, Logic, Syntax};
use crate::model::partial_text::{PartialText, TextPart};

/// Something to work out.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Code {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Box<str>),
    /// A list of texts, as it stands in the source.
    Texts(Vec<Box<str>>),
    List(Vec<Self>),
    Map(Vec<(Self, Self)>),
    Resource,
    Resources,
    Parameters,
    Account,
    Region,
    Now,
    /// The element that is being looked at, counted from the outermost.
    Element(usize),
    /// A name that no variable has. The check against the schemas refuses it where a control is loaded.
    Nothing(Box<str>),
    Field(Box<Self>, Key),
    At(Box<Self>, Box<Self>),
    Has(Box<Self>, Key),
    Not(Box<Self>),
    Negate(Box<Self>),
    And(Vec<Self>),
    Or(Vec<Self>),
    Choose(Box<[Self; 3]>),
    Equal(Box<Self>, Box<Self>),
    In(Box<Self>, Box<Self>),
    Compare(Comparison, Box<Self>, Box<Self>),
    Calculate(Calculation, Box<Self>, Box<Self>),
    Size(Box<Self>),
    /// `size(list.filter(x, …))`, without making the list.
    Count(Box<Self>, Box<Self>),
    Convert(Conversion, Box<Self>),
    Part(Part, Box<Self>, Box<Self>),
    DaysSince(Box<Self>),
    All(Box<Self>, Box<Self>),
    Exists(Box<Self>, Box<Self>),
    One(Box<Self>, Box<Self>),
    Filter(Box<Self>, Box<Self>),
    /// The list, which of its elements where not all, and what becomes of each.
    Mapped(Box<Self>, Option<Box<Self>>, Box<Self>),
    Call(Called, Vec<Self>),
}

/// A function that is called. Packed, it is its name and how many arguments it takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Called(pub(super) &'static Function);

impl Serialize for Called {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        (self.0.name, self.0.params.len()).serialize(to)
    }
}

impl<'de> Deserialize<'de> for Called {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let (name, count) = <(String, usize)>::deserialize(from)?;
        let named = |function: &&Function| function.name == name && function.params.len() == count;
        let function = FUNCTIONS.iter().find(named);
        function.map(Self).ok_or_else(|| serde::de::Error::custom(format!("there is no function {name}")))
    }
}

/// The name of a member as it stands in the source.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Key {
    /// The same for the same name within one expression, so that places are found without comparing
    /// texts.
    pub(super) number: usize,
    pub(super) name: Box<str>,
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    pub(super) fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

/// What is worked out of two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Calculation {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

/// What a value is turned into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Conversion {
    Bool,
    Int,
    Double,
    String,
    /// Nothing else: CEL's type checker wants to be told where it need not look.
    Dyn,
}

/// Where a text is to have another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Part {
    Start,
    End,
    Anywhere,
}

impl Part {
    /// Whether a text has another as this part of it.
    pub(super) fn is_in(self, text: &str, other: &str) -> bool {
        match self {
            Self::Start => text.starts_with(other),
            Self::End => text.ends_with(other),
            Self::Anywhere => text.contains(other),
        }
    }

    /// The same of a text of which parts are not known, where what is known tells.
    pub(super) fn is_in_partial(self, text: &PartialText, other: &str) -> Option<bool> {
        let known = |part: Option<&TextPart>| match part {
            Some(TextPart::Known(text)) => text.clone(),
            _ => String::new(),
        };
        match self {
            Self::Start => {
                let start = known(text.parts().first());
                if start.len() >= other.len() {
                    Some(start.starts_with(other))
                } else {
                    (!other.starts_with(&start)).then_some(false)
                }
            }
            Self::End => {
                let end = known(text.parts().last());
                if end.len() >= other.len() {
                    Some(end.ends_with(other))
                } else {
                    (!other.ends_with(&end)).then_some(false)
                }
            }
            Self::Anywhere => {
                let is_there = |part: &TextPart| matches!(part, TextPart::Known(text) if text.contains(other));
                text.parts().iter().any(is_there).then_some(true)
            }
        }
    }
}

/// What is made of one argument.
type OfOne = fn(Box<Code>) -> Code;

/// Functions that are not in [`FUNCTIONS`] and take one argument.
const GLOBAL: [(&str, OfOne); 7] = [
    ("size", Code::Size),
    ("days_since", Code::DaysSince),
    ("bool", |of| Code::Convert(Conversion::Bool, of)),
    ("int", |of| Code::Convert(Conversion::Int, of)),
    ("double", |of| Code::Convert(Conversion::Double, of)),
    ("string", |of| Code::Convert(Conversion::String, of)),
    ("dyn", |of| Code::Convert(Conversion::Dyn, of)),
];

/// Methods of a text, which take another.
const METHODS: [(&str, Part); 3] = [("startsWith", Part::Start), ("endsWith", Part::End), ("contains", Part::Anywhere)];

/// What the parser takes for more than a call.
const MACROS: [&str; 6] = ["has", "all", "exists", "exists_one", "filter", "map"];

/// Resolves the names of an expression.
pub(super) fn translate(syntax: &Syntax) -> Result<Code, ExpressionError> {
    Translation { elements: Vec::new(), keys: Vec::new() }.code(syntax)
}

struct Translation<'a> {
    /// Names of the elements that are being looked at, outermost first.
    elements: Vec<&'a str>,
    /// Names of members met so far, by number.
    keys: Vec<&'a str>,
}

type Translated<T> = Result<T, ExpressionError>;

impl<'a> Translation<'a> {
    fn key(&mut self, name: &'a str) -> Key {
        let known = self.keys.iter().position(|key| *key == name);
        let number = known.unwrap_or(self.keys.len());
        if known.is_none() {
            self.keys.push(name);
        }
        Key { number, name: name.into() }
    }

    fn boxed(&mut self, syntax: &'a Syntax) -> Translated<Box<Code>> {
        self.code(syntax).map(Box::new)
    }

    fn all(&mut self, parts: impl IntoIterator<Item = &'a Syntax>) -> Translated<Vec<Code>> {
        parts.into_iter().map(|part| self.code(part)).collect()
    }

    fn code(&mut self, syntax: &'a Syntax) -> Translated<Code> {
        Ok(match &syntax.kind {
            Kind::Literal(literal) => match literal {
                Literal::Null => Code::Null,
                Literal::Bool(value) => Code::Bool(*value),
                Literal::Int(value) => Code::Int(*value),
                Literal::Float(value) => Code::Float(*value),
                Literal::Text(text) => Code::Text(text.as_str().into()),
            },
            Kind::Name(name) => self.name(name),
            Kind::Member(of, name) => Code::Field(self.boxed(of)?, self.key(name)),
            Kind::Has(of, name) => Code::Has(self.boxed(of)?, self.key(name)),
            Kind::Index(of, index) => match &index.kind {
                Kind::Literal(Literal::Text(name)) => Code::Field(self.boxed(of)?, self.key(name)),
                _ => Code::At(self.boxed(of)?, self.boxed(index)?),
            },
            Kind::List(parts) => {
                let text = |part: &Syntax| match &part.kind {
                    Kind::Literal(Literal::Text(text)) => Some(text.as_str().into()),
                    _ => None,
                };
                match parts.iter().map(text).collect() {
                    Some(texts) => Code::Texts(texts),
                    None => Code::List(self.all(parts)?),
                }
            }
            Kind::Map(entries) => {
                let entries = entries.iter().map(|(key, value)| Ok((self.code(key)?, self.code(value)?)));
                Code::Map(entries.collect::<Translated<_>>()?)
            }
            Kind::Not(of) => Code::Not(self.boxed(of)?),
            Kind::Negate(of) => Code::Negate(self.boxed(of)?),
            Kind::Chain(Logic::And, parts) => Code::And(self.all(parts)?),
            Kind::Chain(Logic::Or, parts) => Code::Or(self.all(parts)?),
            Kind::Choose(parts) => {
                let [condition, yes, no] = &**parts;
                Code::Choose(Box::new([self.code(condition)?, self.code(yes)?, self.code(no)?]))
            }
            Kind::Binary(binary, left, right) => binary_code(*binary, self.boxed(left)?, self.boxed(right)?),
            Kind::Call { target: None, name, args } => self.function(syntax.at, name, args)?,
            Kind::Call { target: Some(target), name, args } => self.method(syntax.at, target, name, args)?,
            Kind::Each(each) => self.each(each)?,
        })
    }

    fn name(&self, name: &str) -> Code {
        if let Some(depth) = self.elements.iter().rposition(|element| *element == name) {
            return Code::Element(depth);
        }
        match name {
            "resource" => Code::Resource,
            "resources" => Code::Resources,
            "parameters" => Code::Parameters,
            "account" => Code::Account,
            "region" => Code::Region,
            "now" => Code::Now,
            _ => Code::Nothing(name.into()),
        }
    }

    fn function(&mut self, at: usize, name: &str, args: &'a [Syntax]) -> Translated<Code> {
        let Some((_, made)) = GLOBAL.iter().find(|(global, _)| *global == name) else {
            let known = GLOBAL.iter().map(|(name, _)| *name).chain(FUNCTIONS.iter().map(|function| function.name));
            return Err(no_function(at, name, known.chain(["has"])));
        };
        let [of] = args else { return Err(ExpressionError::at(at, format!("`{name}` takes 1 argument"))) };
        if name == "size" { self.size(of) } else { Ok(made(self.boxed(of)?)) }
    }

    fn size(&mut self, of: &'a Syntax) -> Translated<Code> {
        match &of.kind {
            Kind::Each(each) if each.ask == Ask::Filter => {
                let (over, body) = (self.boxed(&each.over)?, self.within(each, &each.body)?);
                Ok(Code::Count(over, body))
            }
            _ => Ok(Code::Size(self.boxed(of)?)),
        }
    }

    fn method(&mut self, at: usize, target: &'a Syntax, name: &str, args: &'a [Syntax]) -> Translated<Code> {
        if let Kind::Name(namespace) = &target.kind
            && let Some(code) = self.namespaced(at, namespace, name, args)?
        {
            return Ok(code);
        }
        match (name, args) {
            ("size", []) => self.size(target),
            ("size", _) => Err(ExpressionError::at(at, "`size` takes no argument here")),
            _ => {
                let Some((_, part)) = METHODS.iter().find(|(method, _)| *method == name) else {
                    return Err(no_function(
                        at,
                        name,
                        METHODS.iter().map(|(name, _)| *name).chain(MACROS).chain(["size"]),
                    ));
                };
                let [other] = args else { return Err(ExpressionError::at(at, format!("`{name}` takes 1 argument"))) };
                Ok(Code::Part(*part, self.boxed(target)?, self.boxed(other)?))
            }
        }
    }

    /// A function of a namespace; nothing where `namespace` is a variable, or none.
    fn namespaced(&mut self, at: usize, namespace: &str, name: &str, args: &'a [Syntax]) -> Translated<Option<Code>> {
        let is_in = |function: &&Function| function.name.split_once('.').is_some_and(|(of, _)| of == namespace);
        let is_named = |function: &&Function| function.name.split_once('.') == Some((namespace, name));
        let mut named = FUNCTIONS.iter().filter(is_named).peekable();
        if let Some(first) = named.peek() {
            let wanted: Vec<&str> = first.params.to_vec();
            let Some(function) = named.find(|function| function.params.len() == args.len()) else {
                let message = format!("`{namespace}.{name}` takes {}", wanted.join(", "));
                return Err(ExpressionError::at(at, message));
            };
            return Ok(Some(Code::Call(Called(function), self.all(args)?)));
        }
        let is_variable = !matches!(self.name(namespace), Code::Nothing(_));
        if is_variable || !FUNCTIONS.iter().any(|function| is_in(&function)) {
            return Ok(None);
        }
        Err(no_function(at, &format!("{namespace}.{name}"), FUNCTIONS.iter().map(|function| function.name)))
    }

    /// A part of an expression in which the element has its name.
    fn within(&mut self, each: &'a Each, part: &'a Syntax) -> Translated<Box<Code>> {
        self.elements.push(&each.variable);
        let code = self.boxed(part);
        self.elements.pop();
        code
    }

    fn each(&mut self, each: &'a Each) -> Translated<Code> {
        let over = self.boxed(&each.over)?;
        let only = each.only.as_ref().map(|only| self.within(each, only)).transpose()?;
        let body = self.within(each, &each.body)?;
        Ok(match each.ask {
            Ask::All => Code::All(over, body),
            Ask::Exists => Code::Exists(over, body),
            Ask::One => Code::One(over, body),
            Ask::Filter => Code::Filter(over, body),
            Ask::Map => Code::Mapped(over, only, body),
        })
    }
}

fn binary_code(binary: Binary, left: Box<Code>, right: Box<Code>) -> Code {
    match binary {
        Binary::Equal => Code::Equal(left, right),
        Binary::Differ => Code::Not(Box::new(Code::Equal(left, right))),
        Binary::In => Code::In(left, right),
        Binary::Less => Code::Compare(Comparison::Less, left, right),
        Binary::LessOrEqual => Code::Compare(Comparison::LessOrEqual, left, right),
        Binary::Greater => Code::Compare(Comparison::Greater, left, right),
        Binary::GreaterOrEqual => Code::Compare(Comparison::GreaterOrEqual, left, right),
        Binary::Add => Code::Calculate(Calculation::Add, left, right),
        Binary::Subtract => Code::Calculate(Calculation::Subtract, left, right),
        Binary::Multiply => Code::Calculate(Calculation::Multiply, left, right),
        Binary::Divide => Code::Calculate(Calculation::Divide, left, right),
        Binary::Remainder => Code::Calculate(Calculation::Remainder, left, right),
    }
}

fn no_function(at: usize, name: &str, known: impl IntoIterator<Item = &'static str>) -> ExpressionError {
    let mut error = ExpressionError::at(at, format!("there is no function `{name}`"));
    error.help = nearest(name, known).map(|near| format!("did you mean `{near}`?"));
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_of_a_text_may_tell_of_its_ends() {
        let mut text = PartialText::default();
        text.push("arn:aws:iam::");
        text.push_unknown("account", None);
        text.push("/ReadOnlyAccess");
        for (part, other, told) in [
            (Part::Start, "arn:", Some(true)),
            (Part::Start, "arn:aws-cn", Some(false)),
            (Part::Start, "arn:aws:iam::aws", None),
            (Part::End, "Access", Some(true)),
            (Part::End, "::aws:policy/AdministratorAccess", Some(false)),
            (Part::End, "::aws:policy/ReadOnlyAccess", None),
            (Part::Anywhere, "ReadOnly", Some(true)),
            (Part::Anywhere, "Administrator", None),
        ] {
            assert_eq!(part.is_in_partial(&text, other), told, "{part:?} {other}");
        }
        assert_eq!(Part::End.is_in_partial(&PartialText::default(), "x"), None);
        assert_eq!(Part::End.is_in_partial(&PartialText::default(), ""), Some(true));
    }
}
