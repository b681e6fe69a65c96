//! The type constraints of variables: reading them, and converting values to them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::convert::{self, BLOCK_MEMBER};
use super::syntax::Expr;
use crate::iac::value::Value;

/// A type constraint.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Type {
    Any,
    Text,
    Number,
    Bool,
    List(Box<Self>),
    Set(Box<Self>),
    Map(Box<Self>),
    Tuple(Vec<Self>),
    Object(BTreeMap<Arc<str>, Member>),
}

/// A member of an object type.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Member {
    pub(super) kind: Type,
    pub(super) optional: bool,
    /// The value of an optional member that is not there.
    pub(super) default: Option<Expr>,
}

impl Type {
    /// Whether values of it are written as they are in `-var` and the environment.
    pub(super) fn is_scalar(&self) -> bool {
        matches!(self, Self::Text | Self::Number | Self::Bool)
    }

    /// Reads a constraint. What cannot be read constrains nothing.
    pub(super) fn read(expression: &Expr) -> Self {
        match expression {
            Expr::Variable(name) => Self::named(name),
            // The old way to write it, and JSON's.
            Expr::Text(text) => match &**text {
                "list" => Self::List(Box::new(Self::Any)),
                "map" => Self::Map(Box::new(Self::Any)),
                text => super::lower::parse_expression(text)
                    .ok()
                    .filter(|parsed| !matches!(parsed, Expr::Text(_)))
                    .map_or(Self::Any, |parsed| Self::read(&parsed)),
            },
            Expr::Call(call) => match (&*call.name, call.arguments.as_slice()) {
                ("list", [inner]) => Self::List(Box::new(Self::read(inner))),
                ("set", [inner]) => Self::Set(Box::new(Self::read(inner))),
                ("map", [inner]) => Self::Map(Box::new(Self::read(inner))),
                ("tuple", [Expr::List(items)]) => Self::Tuple(items.iter().map(Self::read).collect()),
                ("object", [Expr::Object(members)]) => {
                    Self::Object(members.iter().filter_map(|(key, kind)| Self::member(key, kind)).collect())
                }
                _ => Self::Any,
            },
            _ => Self::Any,
        }
    }

    fn named(name: &str) -> Self {
        match name {
            "string" => Self::Text,
            "number" => Self::Number,
            "bool" => Self::Bool,
            "list" => Self::List(Box::new(Self::Any)),
            "set" => Self::Set(Box::new(Self::Any)),
            "map" => Self::Map(Box::new(Self::Any)),
            _ => Self::Any,
        }
    }

    fn member(key: &Expr, kind: &Expr) -> Option<(Arc<str>, Member)> {
        let (Expr::Text(name) | Expr::Variable(name)) = key else { return None };
        let member = match kind {
            Expr::Call(call) if &*call.name == "optional" => Member {
                kind: call.arguments.first().map_or(Self::Any, Self::read),
                optional: true,
                default: call.arguments.get(1).cloned(),
            },
            kind => Member { kind: Self::read(kind), optional: false, default: None },
        };
        Some((name.clone(), member))
    }

    /// What a reader calls it.
    fn name(&self) -> &'static str {
        match self {
            Self::Any => "value",
            Self::Text => "string",
            Self::Number => "number",
            Self::Bool => "bool",
            Self::List(_) => "list",
            Self::Set(_) => "set",
            Self::Map(_) => "map",
            Self::Tuple(_) => "tuple",
            Self::Object(_) => "object",
        }
    }

    /// The value as one of this type. `constant` evaluates the defaults of optional members.
    /// The error says what type it is not.
    pub(super) fn convert(&self, value: &Value, constant: &dyn Fn(&Expr) -> Value) -> Result<Value, String> {
        let wrong = || Err(format!("not a {}", self.name()));
        match (self, value) {
            (Self::Any, _)
            | (_, Value::Null | Value::Unknown(_))
            | (Self::Text, Value::Text(_) | Value::Template(_) | Value::Json(_)) => Ok(value.clone()),
            (Self::Number | Self::Bool, Value::Template(_)) => Ok(convert::made_by(self.name(), self.name(), &[value])),
            (Self::Text, Value::Bool(_) | Value::Number(_)) => {
                convert::scalar_text(value).map_or_else(wrong, |text| Ok(Value::Text(text)))
            }
            (Self::Number, _) => convert::number(value).map_or_else(wrong, |number| Ok(Value::Number(number))),
            (Self::Bool, _) => convert::truth(value).map_or_else(wrong, |truth| Ok(Value::Bool(truth))),
            (Self::List(inner), Value::List(items)) => {
                Ok(Value::list(items.iter().map(|item| inner.convert(item, constant)).collect::<Result<_, _>>()?))
            }
            (Self::Set(inner), Value::List(items)) => {
                let items = items.iter().map(|item| inner.convert(item, constant)).collect::<Result<Vec<_>, _>>()?;
                Ok(Value::list(unique(items)))
            }
            (Self::Tuple(kinds), Value::List(items)) if kinds.len() == items.len() => Ok(Value::list(
                kinds
                    .iter()
                    .zip(items.iter())
                    .map(|(kind, item)| kind.convert(item, constant))
                    .collect::<Result<_, _>>()?,
            )),
            (Self::Map(inner), Value::Map(members)) => {
                let mut converted = BTreeMap::new();
                for (key, member) in members.iter() {
                    let member =
                        if &**key == BLOCK_MEMBER { member.clone() } else { inner.convert(member, constant)? };
                    converted.insert(key.clone(), member);
                }
                Ok(Value::map(converted))
            }
            (Self::Object(kinds), Value::Map(members)) => {
                let mut converted = BTreeMap::new();
                let block = members.get(BLOCK_MEMBER);
                if let Some(block) = block {
                    converted.insert(Arc::from(BLOCK_MEMBER), block.clone());
                }
                for (name, kind) in kinds {
                    let given = members.get(name).filter(|given| !given.is_null());
                    let value = match (given, &kind.default) {
                        (Some(given), _) => kind.kind.convert(given, constant)?,
                        (None, Some(default)) => kind.kind.convert(&constant(default), constant)?,
                        // What a whole resource does not say is known after apply.
                        (None, None) if block.is_some() => continue,
                        (None, None) if kind.optional || members.contains_key(name) => Value::Null,
                        (None, None) => return Err(format!("without the member `{name}`")),
                    };
                    converted.insert(name.clone(), value);
                }
                Ok(Value::map(converted))
            }
            _ => wrong(),
        }
    }
}

/// The items of a set: known scalars once each and sorted, then the rest as they come.
pub(super) fn unique(items: Vec<Value>) -> Vec<Value> {
    let mut texts: BTreeMap<Arc<str>, Value> = BTreeMap::new();
    let mut rest: Vec<Value> = Vec::new();
    for item in items {
        match &item {
            Value::Text(text) => {
                texts.insert(text.clone(), item);
            }
            // An unknown item may be the same as another. Only one that certainly is, is left out.
            other => {
                if rest.len() > 1_000 || !rest.iter().any(|kept| kept.is_same(other)) {
                    rest.push(item);
                }
            }
        }
    }
    rest.sort_by(|one, other| match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.total_cmp(other),
        _ => std::cmp::Ordering::Equal,
    });
    texts.into_values().chain(rest).collect()
}
