//! Functions of the control language.
use std::sync::Arc;

use super::tree::Tree;
use crate::model::gap::Gap;

/// Why a function has no answer.
pub enum Fault {
    /// Something unknown kept it from being decided.
    Unknown(Arc<Gap>),
    /// The arguments make no sense.
    Invalid(String),
}

/// One function.
pub struct Function {
    /// Name with its namespace.
    pub name: &'static str,
    /// Parameter names.
    pub params: &'static [&'static str],
    /// What it returns.
    pub returns: &'static str,
    /// What it does.
    pub doc: &'static str,
    /// The function itself.
    pub call: fn(&[Tree]) -> Result<Tree, Fault>,
}

/// All functions.
pub static FUNCTIONS: &[Function] = &[];
