//! Terraform and `OpenTofu` configuration.

pub(crate) mod functions;
pub(crate) mod policy_document;
