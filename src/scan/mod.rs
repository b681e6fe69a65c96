//! A scan of AWS, from a session to sealed verdicts: which controls are run and what has to be
//! collected for them, the pipeline, and where the captures go.

pub(crate) mod pipeline;
mod scanner;
pub(crate) mod sink;

pub use scanner::{Scanner, scan_through};
