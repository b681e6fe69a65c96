//! What says which attribute is made of what in code.

pub mod mapping;
#[path = "../../src/iac/version.rs"]
mod version;
