//! Control files: load, lint, run.
pub mod tree;
