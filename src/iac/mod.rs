//! Terraform and `CloudFormation` → resources, with the lines they come from.
//!
//! Each form of code has a reader that gives [`deployment::Deployment`]s: blocks with evaluated bodies, in which
//! each value is known, known in part, or unknown with its reason. The mappings (data, in
//! `src/iac/mapping/`) make of these blocks the same resources that collectors make of AWS's answers.
//!
//! Nothing here is ever run, downloaded or asked of a network: code is data.

pub mod cloudformation;
pub mod deployment;
pub mod display_path;
pub mod edit;
pub mod exclude;
pub mod foreign;
mod identity;
mod ignore;
pub mod mapping;
pub mod origin;
pub mod plan;
mod reparse;
pub mod replaced;
mod secrets;
pub mod suppressions;
pub mod terraform;
pub mod value;
mod version;
pub mod walk;
