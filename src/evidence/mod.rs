//! What every use case needs of evidence: the rules in force, the store and its key, the end of a scan
//! with its seal, and the seam between the store and the seal.

pub mod error;
mod records;
pub mod rules;
pub(crate) mod sealing;
pub(crate) mod stores;
