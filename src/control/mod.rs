//! Control files: load, lint, run.
pub mod functions;
pub mod tree;
