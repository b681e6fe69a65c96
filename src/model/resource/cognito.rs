//! Amazon Cognito.

use schemars::JsonSchema;
use serde::Serialize;

use super::TypedResource;

/// A user pool. Its id is its ARN, its name the pool's name.
///
/// Source: Cognito user pools API Reference, `UserPoolType` of `DescribeUserPool`.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct UserPool {
    /// `ON` (everybody), `OPTIONAL` (who chose it) or `OFF` (`MfaConfiguration`); in code `OFF` where
    /// nothing is written.
    pub mfa_configuration: Option<String>,
}

impl TypedResource for UserPool {
    const TYPE: &'static str = "AWS::Cognito::UserPool";
}
