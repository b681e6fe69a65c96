//! AWS Systems Manager.

use schemars::JsonSchema;
use serde::Serialize;

use super::TypedResource;

/// A parameter of Parameter Store: its metadata, never its value. Its id is its ARN.
///
/// Source: Systems Manager API Reference, `ParameterMetadata` of `DescribeParameters`.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Parameter {
    /// Its full name, `/app/prod/db-password` (`Name`). It stands here besides the resource's name
    /// because code may leave part of it open.
    pub parameter_name: Option<String>,
    /// `String`, `StringList` or `SecureString` (`Type`).
    pub parameter_type: Option<String>,
    /// The KMS key of a `SecureString` (`KeyId`).
    pub key_id: Option<String>,
    /// When it was last changed, RFC 3339 UTC (`LastModifiedDate`).
    pub last_modified_date: Option<String>,
}

impl TypedResource for Parameter {
    const TYPE: &'static str = "AWS::SSM::Parameter";
}
