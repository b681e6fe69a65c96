//! What a template deploys in one scenario.

use std::sync::Arc;

use super::node::Fault;
use super::scenario::Undecided;
use crate::iac::deployment::{Block, Ignore};
use crate::iac::value::{Unknown, Value};

/// What comes of a template in one scenario.
#[derive(Debug, Default)]
pub(super) struct Deployed {
    pub(super) blocks: Vec<Block>,
    pub(super) missing: Vec<Unknown>,
    pub(super) faults: Vec<Fault>,
    pub(super) ignores: Vec<Ignore>,
    /// The stacks in it: where each one's template is, and its parameters.
    pub(super) stacks: Vec<Stack>,
    pub(super) undecided: Vec<Undecided>,
    pub(super) steps: u64,
}

/// A nested stack.
#[derive(Debug)]
pub(super) struct Stack {
    pub(super) id: Arc<str>,
    /// The path or address of its template as far as it is known: what is not known of it is a space.
    pub(super) template: String,
    pub(super) parameters: Value,
}
