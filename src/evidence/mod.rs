//! What every use case needs of evidence: the rules in force, the store and its key, the end of a scan
//! with its seal; and what is made of a store: summary, history, report, package, verification.

pub mod error;
pub mod history;
pub mod package;
mod records;
pub mod report;
pub mod rules;
pub mod sealing;
pub mod stores;
pub mod summary;
pub mod verify;
