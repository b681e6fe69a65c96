//! Control files: load, lint, run; the CEL environment and its functions.

pub mod cases;
pub mod diagnostic;
mod direct;
pub mod expression;
pub mod functions;
pub mod judge;
pub mod lint;
pub mod load;
pub mod schema;
pub mod tree;
mod value;
