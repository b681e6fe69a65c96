//! The language of mapping files.

#[path = "../../src/iac/mapping/language/mod.rs"]
pub mod language;
