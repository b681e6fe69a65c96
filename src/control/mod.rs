//! Control files: load, lint, run; the evaluator of their language and its functions.

pub mod cases;
mod compile;
pub mod diagnostic;
pub mod expression;
pub mod functions;
pub mod judge;
pub mod lint;
pub mod load;
pub mod schema;
