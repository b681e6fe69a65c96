//! Terraform and `OpenTofu` configuration.

#[allow(dead_code, unused_imports, reason = "the evaluator calls it")]
pub(crate) mod functions;
#[allow(dead_code, reason = "the evaluator calls it")]
pub(crate) mod policy_document;
