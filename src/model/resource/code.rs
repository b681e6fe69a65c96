//! What is of the code alone, and of no resource of AWS.

use schemars::JsonSchema;
use serde::Serialize;

use super::TypedResource;

/// A block of code that takes text which AWS keeps in clear, or a secret as an argument: environment
/// variables, user data, a master password. Its id is its address.
///
/// It is made from code alone: what AWS answers does not tell whether the code holds it.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Block {
    /// The secrets that are written in it: the name that each is given to and what it looks like
    /// (`DB_PASSWORD: a password`), never a value. A reference to another block, a variable without a
    /// value and a value that is marked sensitive are not written.
    pub secrets: Option<Vec<String>>,
}

impl TypedResource for Block {
    const TYPE: &'static str = "AWS::::Code";
}
