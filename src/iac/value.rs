//! A value in code: known, known in part, or unknown with the reason.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::origin::Origin;
use crate::model::gap::{Gap, GapCode};

/// A value in code.
///
/// An attribute that was not written, or was written as null (`AWS::NoValue` in `CloudFormation`), is
/// missing from its map or [`Value::Null`]: both mean absent.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    /// Nothing: the same as not written.
    #[default]
    Null,
    /// A truth value.
    Bool(bool),
    /// A number. Terraform's numbers are decimal; all that AWS takes fit a double.
    Number(f64),
    /// Text.
    Text(Arc<str>),
    /// Text of which parts are unknown, in order. Never without an unknown part.
    Template(Arc<[Part]>),
    /// Text that is the JSON of this value (`jsonencode`, a policy document), kept in its structure
    /// because parts of it are unknown, or because it was written so.
    Json(Arc<Self>),
    /// A list, tuple or set, or the nested blocks of one kind.
    List(Arc<Vec<Self>>),
    /// A map, an object, or a nested block.
    Map(Arc<BTreeMap<Arc<str>, Self>>),
    /// Not known.
    Unknown(Arc<Unknown>),
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// As written.
    Text(Arc<str>),
    /// Not known.
    Unknown(Arc<Unknown>),
}

/// Why a value is not known, and what is known of it all the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Unknown {
    /// [`GapCode::KnownAfterApply`] (AWS will tell), [`GapCode::Unresolved`] (the code does not tell)
    /// or [`GapCode::Sensitive`] (it is known, and must not be shown).
    pub code: GapCode,
    /// Where it comes from, which tells it from others.
    pub origin: Origin,
    /// For a reader: the expression as written (`aws_kms_key.main.arn`, `var.cidr`) or what was found wrong
    /// with it; bounded, and never a value. Nothing is decided by it.
    pub shown: String,
    /// The attributes of other blocks that it is made of.
    pub references: Vec<Reference>,
    /// It is text that may write quotation marks itself (`join("\",\"", var.arns)`): between quotation marks
    /// it may be more than one text.
    pub writes_quotes: bool,
    /// What it comes to in each way that something undecided can come out, where the code says it.
    pub ways: Option<Arc<Ways>>,
    /// It is an attribute of what a data source looks up by this name.
    pub looked_up: Option<Arc<str>>,
}

/// What an unknown value comes to in each way that something undecided can come out.
#[derive(Debug, Clone, PartialEq)]
pub struct Ways {
    /// Where that comes from: the collection of [`Choice::Repeated`], the condition of [`Choice::Either`].
    pub by: Origin,
    /// The same for a reader (`dynamic ingress: for_each = var.ports`, `var.encrypt`).
    pub shown: String,
    /// What is made in each way.
    pub choice: Choice,
}

/// The largest value that is kept as one of the ways, in parts.
const WAY_LIMIT: usize = 1_000;

/// What is made in each way.
#[derive(Debug, Clone, PartialEq)]
pub enum Choice {
    /// None, one or many elements of a list, each of them like this.
    Repeated(Value),
    /// The first where a condition holds, and the second where it does not.
    Either(Value, Value),
    /// One of these.
    OneOf(Vec<Value>),
}

/// An attribute of another block.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    /// Address of the block: with its module path, and with its instance key where that is known
    /// (`module.logs["eu"].aws_s3_bucket.this[0]`); the logical id in `CloudFormation`.
    pub address: String,
    /// The attribute (`arn`, `id`); empty where the block itself is meant, or `Ref` in
    /// `CloudFormation`.
    pub attribute: String,
    /// Whether the value *is* that attribute, and not something made of it.
    pub whole: bool,
    /// Whether the address is that of one instance. A plan names the resource, and not which of its
    /// instances.
    pub instance: bool,
}

impl Reference {
    /// The reference that *is* this attribute.
    #[must_use]
    pub fn to(address: &str, attribute: &str) -> Self {
        Self { address: address.to_owned(), attribute: attribute.to_owned(), whole: true, instance: true }
    }
}

/// The longest text for a reader that is kept, in bytes.
const SHOWN_LIMIT: usize = 200;

impl Unknown {
    /// A value that is not known, for this reason.
    #[must_use]
    pub fn new(code: GapCode, shown: &str) -> Self {
        let mut end = shown.len().min(SHOWN_LIMIT);
        while !shown.is_char_boundary(end) {
            end -= 1;
        }
        let mut kept = shown[..end].to_owned();
        if end < shown.len() {
            kept.push('…');
        }
        Self {
            code,
            origin: Origin::Unidentified,
            shown: kept,
            references: Vec::new(),
            writes_quotes: false,
            ways: None,
            looked_up: None,
        }
    }

    /// The same, which comes from here.
    #[must_use]
    pub fn from(mut self, origin: Origin) -> Self {
        self.origin = origin;
        self
    }

    /// The same, made of these attributes of other blocks.
    #[must_use]
    pub fn of(mut self, references: Vec<Reference>) -> Self {
        self.references = references;
        self
    }

    /// The same, which comes to these in each way that something undecided can come out. What is too large is
    /// not kept, and nothing of what must not be shown.
    #[must_use]
    pub fn either(mut self, ways: Ways) -> Self {
        if self.code == GapCode::Sensitive {
            return self;
        }
        let mut left = WAY_LIMIT;
        let small = match &ways.choice {
            Choice::Repeated(each) => each.is_within(&mut left),
            Choice::Either(one, other) => one.is_within(&mut left) && other.is_within(&mut left),
            Choice::OneOf(all) => all.iter().all(|one| one.is_within(&mut left)),
        };
        self.ways = small.then(|| Arc::new(ways));
        self
    }

    /// The text that stands for it where a text is due, the same for the same value.
    #[must_use]
    pub fn placeholder(&self) -> String {
        // What is shown of two values may be the same where it was cut.
        if self.shown.len() >= SHOWN_LIMIT
            && let Some(tag) = self.origin.tag()
        {
            return format!("${{{} #{tag}}}", self.shown);
        }
        format!("${{{}}}", self.shown)
    }

    /// The gap that this is in a resource.
    #[must_use]
    pub fn gap(&self) -> Gap {
        match self.origin.wanted() {
            // It is not named twice.
            Some(wanted) if wanted.starts_with(&format!("{} ", self.shown)) => Gap::new(self.code, wanted),
            Some(wanted) => Gap::new(self.code, format!("{}: {wanted}", self.shown)),
            None => Gap::new(self.code, self.shown.clone()),
        }
    }
}

impl Value {
    /// A text.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::Text(Arc::from(text))
    }

    /// Adds what the unknown parts of it refer to.
    pub fn add_references(&self, references: &mut Vec<Reference>) {
        match self {
            Self::Unknown(unknown) => references.extend(unknown.references.iter().cloned()),
            Self::Template(parts) => {
                for part in parts.iter() {
                    if let Part::Unknown(unknown) = part {
                        references.extend(unknown.references.iter().cloned());
                    }
                }
            }
            Self::List(items) => items.iter().for_each(|item| item.add_references(references)),
            Self::Map(members) => members.values().for_each(|member| member.add_references(references)),
            Self::Json(inner) => inner.add_references(references),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) => {}
        }
    }

    /// A list.
    #[must_use]
    pub fn list(items: Vec<Self>) -> Self {
        Self::List(Arc::new(items))
    }

    /// A map.
    #[must_use]
    pub fn map(members: BTreeMap<Arc<str>, Self>) -> Self {
        Self::Map(Arc::new(members))
    }

    /// A value that is not known, for this reason.
    #[must_use]
    pub fn unknown(code: GapCode, shown: &str) -> Self {
        Self::Unknown(Arc::new(Unknown::new(code, shown)))
    }

    /// A value that is not known for this reason, and comes from here.
    #[must_use]
    pub fn unknown_from(code: GapCode, shown: &str, origin: Origin) -> Self {
        Self::Unknown(Arc::new(Unknown::new(code, shown).from(origin)))
    }

    /// The member `key` of a map; `None` where it is not written or this is no map.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map(members) => members.get(key),
            _ => None,
        }
    }

    /// The text, where it is all known.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether it is nothing.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether it has no more parts than are left, those of its ways included.
    fn is_within(&self, left: &mut usize) -> bool {
        let Some(less) = left.checked_sub(1) else { return false };
        *left = less;
        match self {
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) | Self::Template(_) => true,
            Self::Json(value) => value.is_within(left),
            Self::List(items) => items.iter().all(|item| item.is_within(left)),
            Self::Map(members) => members.values().all(|member| member.is_within(left)),
            Self::Unknown(unknown) => match unknown.ways.as_deref().map(|ways| &ways.choice) {
                None => true,
                Some(Choice::Repeated(each)) => each.is_within(left),
                Some(Choice::Either(one, other)) => one.is_within(left) && other.is_within(left),
                Some(Choice::OneOf(all)) => all.iter().all(|one| one.is_within(left)),
            },
        }
    }

    /// Whether no part of it, however deep, is unknown.
    #[must_use]
    pub fn is_known(&self) -> bool {
        match self {
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) => true,
            Self::Template(_) | Self::Unknown(_) => false,
            Self::Json(value) => value.is_known(),
            Self::List(items) => items.iter().all(Self::is_known),
            Self::Map(members) => members.values().all(Self::is_known),
        }
    }

    /// The value of a JSON value, all of it known.
    #[must_use]
    pub fn from_json(json: &serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(truth) => Self::Bool(*truth),
            serde_json::Value::Number(number) => Self::Number(number.as_f64().unwrap_or(f64::NAN)),
            serde_json::Value::String(text) => Self::text(text),
            serde_json::Value::Array(items) => Self::list(items.iter().map(Self::from_json).collect()),
            serde_json::Value::Object(members) => Self::map(
                members.iter().map(|(key, value)| (Arc::from(key.as_str()), Self::from_json(value))).collect(),
            ),
        }
    }
}
