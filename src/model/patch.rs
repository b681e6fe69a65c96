//! A patch: the change of code that puts a failed item right, as data in a control file. Values are literals
//! or parameters of the control; nothing that the code does not have (a key, a bucket for logs) is made up.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How code is changed so that the control holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields)]
pub struct Patch {
    /// By resource type of Terraform (`aws_s3_bucket`), or source of a published module.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub terraform: BTreeMap<String, Change>,
    /// By resource type of `CloudFormation`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub cloudformation: BTreeMap<String, Change>,
    /// Why there is no patch, for what no entry names. One sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub none: Option<String>,
}

/// What is changed in a block of one type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// Values by path from the body (`metadata_options.http_tokens`). A part of the path that is not there is
    /// made, but for `name[*]`, each nested block or list item that is there, and `name?`, what is there. `{{ parameters.days }}` is a
    /// parameter of the control. `{$set: …, $keep: [VALUE, …]}` leaves these values as they are written, and
    /// `$keep: true` whatever is.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub set: BTreeMap<String, Value>,
    /// Values that are set in place of a companion where the block itself has the first part of one of these
    /// paths: an older way to write the same.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub inline: BTreeMap<String, Value>,
    /// An argument with which a block does not decide by itself, and is not changed: the cluster that an instance
    /// is a member of does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unless: Option<String>,
    /// A block of its own that belongs to this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub companion: Option<Companion>,
    /// What the change does to what is deployed, where a reader would not expect it. One sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caution: Option<String>,
    /// The change is made only where the control is asked for by name: what is deployed loses its data by it, or
    /// others can no longer use it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ask: bool,
    /// The body of a block that fails, and is mended by this change: arguments of Terraform, or properties as
    /// YAML. An empty body where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub example: Option<String>,
}

/// A block that belongs to another: changed where it is there, else made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Companion {
    /// Its resource type.
    pub block: String,
    /// Its arguments that name the other block, each with the attribute of it (`bucket: id`; for
    /// `CloudFormation` `Ref`, or an attribute of `Fn::GetAtt`).
    pub refer: BTreeMap<String, String>,
    /// Values by path. In a text, `{{ block.arn }}` is an attribute of the other block. `{$json: …}` is a text
    /// of JSON.
    pub set: BTreeMap<String, Value>,
    /// Where it is there, and `set` is made of the other block: an item for a list in it, by path. For Terraform
    /// the first name is an argument made by `jsonencode`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub append: BTreeMap<String, Value>,
    /// Further values for a block that is made.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub also: BTreeMap<String, Value>,
}
