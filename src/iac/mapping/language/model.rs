//! What a mapping file may say: the form of the YAML. The JSON Schema for editors and the reference page
//! are made of it.

use std::fmt;

use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value as Json;

use super::form::{Ordered, Texts, given, texts};
use super::rule::Form;

/// A mapping file: how one type of resource is made of blocks of code.
///
/// It is `src/iac/mapping/types/<service>/<type>.yaml`. What several entries have in common is said once,
/// by `never_in_code`, or by YAML's anchors and merge keys (`<<: *member`).
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    /// The `CloudFormation` name of the type.
    pub(crate) r#type: String,
    /// Attributes that AWS alone tells: every entry that has no rule for one gives it as absent.
    #[serde(default)]
    pub(crate) never_in_code: Vec<String>,
    /// Where items come from in Terraform, a resource, a data source (`data.…`) or a published module.
    #[serde(default)]
    pub(crate) terraform: Vec<FileEntry>,
    /// Where items come from in `CloudFormation`.
    #[serde(default)]
    pub(crate) cloudformation: Vec<FileEntry>,
}

/// An entry: what one kind of block makes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Entry")]
pub(crate) struct FileEntry {
    /// The kind of block, or the kinds.
    pub(crate) block: Texts,
    /// The page that the defaults come from, an https address.
    pub(crate) source: String,
    /// Where the item's name is: the first of these paths that is a known text. Others refer to the block
    /// by it, too.
    #[serde(default)]
    pub(crate) name: Option<Texts>,
    /// What the item is called where it comes with the block and is not the block itself: the group of a VPC.
    pub(crate) implicit: Option<String>,
    /// What the item is called where it is the block seen from another side, beside the item that the block
    /// itself is: the secrets that are written in it.
    pub(crate) aspect: Option<String>,
    /// A list inside of the block, each element of which is an item.
    pub(crate) items: Option<String>,
    /// Which blocks make an item. One of which it is not known makes one.
    pub(crate) when: Option<FileCondition>,
    /// The attribute that is unknown where it is not known whether the block is there: of what is no item,
    /// and decides about others by being there.
    pub(crate) unknown_if_uncertain: Option<String>,
    /// A rule for each attribute. What no rule tells is unknown.
    pub(crate) attributes: Ordered<FileRule>,
}

/// A rule: a path alone, several paths of which the first that is written counts, or a map of keys.
///
/// A map moves first, by `related`, `every`, `follow` and `at`, in that order. It has one main key that
/// says what is made there: `path`, `object`, `each`, `first`, `concat`, `const`, `absent`, `unknown`,
/// `told_elsewhere`, `self`, `if`, or `value` with another rule. The other keys say what becomes of the
/// values made.
#[derive(Debug, Clone, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Rule")]
pub(crate) enum FileRule {
    /// The value at a path, or at the first of several.
    Paths(Texts),
    /// A map of keys.
    Map(Box<RuleKeys>),
}

impl<'de> Deserialize<'de> for FileRule {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = FileRule;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a rule: a path, a list of paths, or a map")
            }

            fn visit_str<E: Error>(self, path: &str) -> Result<FileRule, E> {
                Ok(FileRule::Paths(Texts::One(path.to_owned())))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<FileRule, A::Error> {
                texts(list).map(FileRule::Paths)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<FileRule, A::Error> {
                RuleKeys::deserialize(MapAccessDeserializer::new(map)).map(|keys| FileRule::Map(Box::new(keys)))
            }
        }
        from.deserialize_any(Reader)
    }
}

/// The keys of a rule.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleKeys {
    /// Moves to the companions of the block: blocks that name it.
    pub(crate) related: Option<Related>,
    /// Moves to all blocks of a kind, which nothing links to this one: settings of the account or the region.
    pub(crate) every: Option<Texts>,
    /// With `every`: whether all of them count, and make a list.
    pub(crate) many: Option<bool>,
    /// Moves to the block that a value refers to.
    pub(crate) follow: Option<Follow>,
    /// Moves to a path. A nested block is the first of its list.
    pub(crate) at: Option<String>,

    /// The value at the first of these paths where one is written.
    pub(crate) path: Option<Texts>,
    /// A map, with a rule for each member.
    pub(crate) object: Option<Ordered<FileRule>>,
    /// A list with an element for each element at these paths; `object` or `value` says what becomes of each.
    pub(crate) each: Option<Texts>,
    /// What the first of these rules gives that gives something.
    pub(crate) first: Option<Vec<FileRule>>,
    /// The lists of these rules one after the other.
    pub(crate) concat: Option<Vec<FileRule>>,
    /// A value that is always the same.
    #[serde(default, deserialize_with = "given")]
    pub(crate) r#const: Option<Json>,
    /// Nothing, for the reason given: AWS says that there is none.
    pub(crate) absent: Option<String>,
    /// What cannot be known from code, for the reason given.
    pub(crate) unknown: Option<String>,
    /// What other code tells, for the reason given: the item is judged by what is here alone.
    pub(crate) told_elsewhere: Option<String>,
    /// The name of the item.
    #[serde(rename = "self")]
    pub(crate) own: Option<SelfKey>,
    /// A condition: `then` is made where it holds, `else` where it does not, both where it is not known and
    /// both are the same.
    pub(crate) r#if: Option<Box<FileCondition>>,
    /// What is made where the condition holds; nothing where this is left out.
    pub(crate) then: Option<Box<FileRule>>,
    /// What is made where the condition does not hold; nothing where this is left out.
    pub(crate) r#else: Option<Box<FileRule>>,
    /// Another rule, at the place that this one moved to; of each element, with `each`.
    pub(crate) value: Option<Box<FileRule>>,

    /// What stands in where nothing is written.
    pub(crate) default: Option<Json>,
    /// Where the default comes from, where it is not the page of the entry.
    pub(crate) default_from: Option<String>,
    /// Known scalars are translated, by their text.
    pub(crate) values: Option<Ordered<Json>>,
    /// What a scalar becomes that `values` does not list.
    #[serde(default, deserialize_with = "given")]
    pub(crate) otherwise: Option<Json>,
    /// The form that the value is brought into.
    pub(crate) r#as: Option<Form>,
    /// A reference to a block of one of these kinds becomes the name of its item.
    pub(crate) link: Option<Texts>,
    /// What a reference to anything becomes: that it is there is enough.
    pub(crate) assume_if_reference: Option<Json>,
    /// Which unknown values become a text that says what they are.
    pub(crate) reference: Option<Reference>,
}

/// Companions: blocks that name the block of the entry.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Related {
    /// Their kind, or kinds.
    pub(crate) block: Texts,
    /// Where they name it.
    pub(crate) on: Texts,
    /// The attributes that they name it by, where it is not the name of the entry (`id` and `arn` always are).
    pub(crate) to: Option<Texts>,
    /// Whether all of them count, and make a list. Otherwise several that do not say the same are unknown.
    #[serde(default)]
    pub(crate) many: bool,
    /// With `many`: the member that is unknown, instead of the element as a whole, where it is not known
    /// whether a companion is there, or is of this block.
    pub(crate) unknown_if_uncertain: Option<String>,
    /// Whether a companion whose own block is not in the code is an item of its own.
    #[serde(default = "yes")]
    pub(crate) standalone: bool,
}

fn yes() -> bool {
    true
}

/// A block that a value refers to.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Follow {
    /// Its kind, or kinds.
    pub(crate) block: Texts,
    /// Where the value is.
    pub(crate) at: String,
    /// The attributes that the value names it by, where it is not the name of its entry.
    pub(crate) to: Option<Texts>,
}

/// A condition: a test of a value, or other conditions.
///
/// A value that is not known leaves the answer open.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Condition")]
pub(crate) struct FileCondition {
    /// The value at the first of these paths where one is written.
    pub(crate) path: Option<Texts>,
    /// What a rule gives.
    pub(crate) of: Option<FileRule>,

    /// Whether the value is this.
    #[serde(default, deserialize_with = "given")]
    pub(crate) is: Option<Json>,
    /// Whether the value is one of these.
    pub(crate) r#in: Option<Vec<Json>>,
    /// Whether a value is written.
    pub(crate) present: Option<bool>,
    /// Whether the text matches one of these patterns with `*` and `?`.
    pub(crate) matches: Option<Texts>,
    /// Of the version of a module: whether every version that may be taken is in one of these ranges, such
    /// as `">= 4, < 8"`. `newest` is where none is written, or nothing bounds it above. Where some that may
    /// be taken are and others are not, the answer is open.
    pub(crate) version: Option<Texts>,

    /// The contrary.
    pub(crate) not: Option<Box<Self>>,
    /// Whether all of them hold.
    pub(crate) all: Option<Vec<Self>>,
    /// Whether any of them holds.
    pub(crate) any: Option<Vec<Self>>,
}

/// What of the item itself a rule gives.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SelfKey {
    /// Its name.
    Name,
}

/// Which unknown values become a text.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Reference {
    /// References to anything.
    Text,
    /// Whatever is written, for an argument that may not be nothing where it is.
    Written,
}
