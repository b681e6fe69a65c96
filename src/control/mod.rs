//! Control files: load, lint, run; the CEL environment and its functions.

pub mod expression;
pub mod functions;
pub mod tree;
mod value;
