//! IAM Access Analyzer.

use schemars::JsonSchema;
use serde::Serialize;

use super::TypedResource;
use crate::model::attr::Attr;

/// An analyzer.
///
/// Source: Access Analyzer API Reference, `AnalyzerSummary` of `ListAnalyzers`.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Analyzer {
    /// `ACCOUNT` or `ORGANIZATION` for access from outside of it; others (`…_UNUSED_ACCESS`,
    /// `…_INTERNAL_ACCESS`) look for other things (`type`).
    pub analyzer_type: Option<String>,
    /// `ACTIVE`, `CREATING`, `DISABLED` or `FAILED` (`status`).
    pub status: Option<String>,
    /// When it was made, RFC 3339 UTC (`createdAt`).
    pub created_at: Option<String>,
    /// When it last looked at a resource, RFC 3339 UTC (`lastResourceAnalyzedAt`).
    pub last_resource_analyzed_at: Option<String>,
    /// Its findings of access from outside that are active, not archived and not resolved, oldest
    /// first (`ListFindingsV2` with status `ACTIVE`). Read for analyzers of external access alone.
    pub active_findings: Attr<Vec<Finding>>,
}

impl TypedResource for Analyzer {
    const TYPE: &'static str = "AWS::AccessAnalyzer::Analyzer";
}

/// A finding of access from outside.
///
/// Source: Access Analyzer API Reference, `FindingSummaryV2`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// Its id (`id`).
    pub id: String,
    /// When it was made, RFC 3339 UTC (`createdAt`).
    pub created_at: Option<String>,
    /// ARN of the resource that is open (`resource`).
    pub resource: Option<String>,
    /// `CloudFormation` type name of that resource (`resourceType`).
    pub resource_type: Option<String>,
    /// Account that owns it (`resourceOwnerAccount`).
    pub resource_owner_account: Option<String>,
}
