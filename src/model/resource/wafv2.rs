//! AWS WAF.

use schemars::JsonSchema;
use serde::Serialize;

use super::TypedResource;
use crate::model::attr::Attr;

/// A web ACL, regional or of `CloudFront` (which AWS keeps in `us-east-1`). Its id is its ARN, its
/// name the web ACL's name.
///
/// Source: AWS WAF API Reference, `WebACLSummary` of `ListWebACLs`.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct WebAcl {
    /// `REGIONAL` or `CLOUDFRONT` (the scope that `ListWebACLs` was asked for).
    pub scope: Option<String>,
    /// Where its log goes (`GetLoggingConfiguration`); absent where it does not log.
    pub logging_configuration: Attr<LoggingConfiguration>,
}

impl TypedResource for WebAcl {
    const TYPE: &'static str = "AWS::WAFv2::WebACL";
}

/// Where a log goes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LoggingConfiguration {
    /// ARNs of the log group, Firehose stream or bucket (`LogDestinationConfigs`).
    pub log_destination_configs: Vec<String>,
}
