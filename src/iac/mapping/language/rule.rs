//! Rules of mapping files, as they are run.
//!
//! A rule moves to where it looks (a companion block, the block that a value refers to, a path),
//! makes something there by its main key, changes the values it made, and falls back on a default
//! where nothing was written.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::path::Path;
use super::version::Versions;

/// A rule.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Rule {
    /// Where it moves to first, in order.
    pub(crate) moves: Vec<Move>,
    /// What it makes there.
    pub(crate) main: Main,
    /// What becomes of the values made.
    pub(crate) change: Change,
    /// What stands in where nothing is written.
    pub(crate) default: Option<Json>,
}

impl Rule {
    /// A rule that makes this where it is, and changes nothing of it.
    pub(crate) fn of(main: Main) -> Self {
        Self { moves: Vec::new(), main, change: Change::default(), default: None }
    }
}

/// A move of the cursor.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Move {
    /// To the companions of the block.
    Related {
        /// The relation, by its number in the mappings.
        relation: usize,
        /// Whether all of them count, and make a list.
        many: bool,
        /// The attribute that is given as unknown, instead of the element as a whole, where it is
        /// not known whether a companion is there, or is of this block.
        unknown_if_uncertain: Option<Arc<str>>,
    },
    /// To the block that the value at a path refers to.
    Follow {
        /// The targets, by their number in the mappings.
        targets: usize,
        /// Where the value is.
        at: Path,
    },
    /// To what is at a path.
    At(Path),
}

/// What a rule makes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Main {
    /// The value at the first of these paths where one is written.
    Paths(Vec<Path>),
    /// A map.
    Object(Vec<(Arc<str>, Rule)>),
    /// A list with an element for each element at these paths.
    Each(Vec<Path>, Option<Box<Rule>>),
    /// What the first rule gives that gives something.
    First(Vec<Rule>),
    /// Lists one after the other.
    Concat(Vec<Rule>),
    /// A value that is always the same.
    Const(Json),
    /// Nothing.
    Absent,
    /// What cannot be known from code, and why.
    Unknown(Box<str>),
    /// What other code tells, and why this does not: the item is judged by what is here alone.
    ToldElsewhere(Box<str>),
    /// The item's name.
    SelfName,
    /// One rule or another.
    If(Box<Condition>, Option<Box<Rule>>, Option<Box<Rule>>),
    /// What another rule makes.
    Inner(Box<Rule>),
}

/// What becomes of values.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Change {
    /// Known scalars are translated, by their text.
    pub(crate) values: Option<Vec<(Box<str>, Json)>>,
    /// What a scalar becomes that `values` does not list.
    pub(crate) otherwise: Option<Json>,
    /// The form it is brought into.
    pub(crate) form: Option<Form>,
    /// A reference to one of these targets becomes the name of the item; by number in the mappings.
    pub(crate) link: Option<usize>,
    /// A reference to anything becomes this.
    pub(crate) assume_if_reference: Option<Json>,
    /// Which unknown values become a text that says what they are.
    pub(crate) as_text: Option<AsText>,
}

impl Change {
    /// Whether nothing is changed.
    pub(crate) fn is_none(&self) -> bool {
        self.values.is_none()
            && self.otherwise.is_none()
            && self.form.is_none()
            && self.link.is_none()
            && self.assume_if_reference.is_none()
            && self.as_text.is_none()
    }
}

/// Which unknown values become a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum AsText {
    /// References to anything.
    Reference,
    /// Whatever is written, for an argument that may not be nothing where it is.
    Written,
}

/// A form that `as` brings a value into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Form {
    /// A typed policy document.
    Policy,
    /// Text.
    Text,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// A truth value.
    Boolean,
    /// Text in lower case.
    Lower,
    /// Text in upper case.
    Upper,
    /// A list; a scalar becomes a list of one.
    List,
    /// A list of texts, sorted, each once.
    Set,
    /// What a Base64 text is the JSON of.
    Base64Json,
    /// What a text is the JSON of.
    Json,
    /// A range of addresses; that of a VPC or a subnet is known by its size.
    Range,
    /// Texts that say which secrets are written there: by known forms, by names and by entropy. What is not
    /// known is not written.
    Secrets,
    /// The same of a value that is nothing but a secret: whatever is written counts.
    Secret,
    /// Availability zones; those of which no more is known than that they differ become texts that do.
    Zones,
}

/// A condition.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Condition {
    /// Something about what a rule gives.
    Test(Box<Rule>, Test),
    /// The contrary.
    Not(Box<Self>),
    /// All of them.
    All(Vec<Self>),
    /// Any of them.
    Any(Vec<Self>),
}

/// What is asked of a value.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Test {
    /// Whether it is one of these.
    In(Vec<Json>),
    /// Whether it is written.
    Present(bool),
    /// Whether one of these patterns with `*` and `?` matches it.
    Matches(Vec<Box<str>>),
    /// Whether the versions that may be taken are among these.
    Version(Versions),
}

/// The companions of a kind of block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Relation {
    /// Their kinds.
    pub(crate) kinds: Vec<Arc<str>>,
    /// Where they name the block they belong to.
    pub(crate) on: Vec<Path>,
    /// What they may belong to, by number.
    pub(crate) targets: usize,
}

/// Blocks that a value may refer to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Targets {
    /// Their kinds.
    pub(crate) kinds: Vec<Arc<str>>,
    /// The attributes that name one.
    pub(crate) names: Vec<Path>,
}

/// Where items of a type come from.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Kinds of block.
    pub(crate) kinds: Vec<Arc<str>>,
    /// Where the item's name is.
    pub(crate) names: Vec<Path>,
    /// What the item is called that comes with the block, and is not the block itself.
    pub(crate) implicit: Option<Box<str>>,
    /// What the item is called where it is the block seen from another side.
    pub(crate) aspect: Option<Box<str>>,
    /// The list inside of the block whose elements are the items.
    pub(crate) items: Option<Path>,
    /// Which blocks give items.
    pub(crate) when: Option<Condition>,
    /// The attribute that is given as unknown where it is not known whether the block is there: of what is
    /// no item, and decides about others by being there.
    pub(crate) unknown_if_uncertain: Option<Arc<str>>,
    /// The attributes of the type.
    pub(crate) attributes: Vec<(Arc<str>, Rule)>,
    /// The relations to the block itself that the attributes use.
    pub(crate) relations: Vec<usize>,
}
