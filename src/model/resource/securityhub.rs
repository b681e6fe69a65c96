//! Security Hub CSPM.

use schemars::JsonSchema;
use serde::Serialize;

use super::TypedResource;
use crate::model::attr::Attr;

/// The hub: Security Hub in one region. A region without one has it off.
///
/// Source: Security Hub API Reference, `DescribeHub`.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Hub {
    /// Since when, RFC 3339 UTC (`SubscribedAt`).
    pub subscribed_at: Option<String>,
    /// Whether new controls of enabled standards are switched on by themselves
    /// (`AutoEnableControls`).
    pub auto_enable_controls: Option<bool>,
    /// `SECURITY_CONTROL` for one finding per control, `STANDARD_CONTROL` for one per standard
    /// (`ControlFindingGenerator`).
    pub control_finding_generator: Option<String>,
    /// In code only: whether switching the hub on switches the default standards on
    /// (`EnableDefaultStandards`). AWS does not tell it afterwards.
    pub enable_default_standards: Option<bool>,
    /// Its standards (`GetEnabledStandards`), sorted by ARN.
    pub enabled_standards: Attr<Vec<StandardsSubscription>>,
    /// This account's critical and high findings of this region with record state `ACTIVE` and
    /// workflow status `NEW` (`GetFindings`, asked in the region itself). Where the listing broke
    /// off, an unknown element stands for the rest.
    pub open_findings: Attr<Vec<Attr<Finding>>>,
}

impl TypedResource for Hub {
    const TYPE: &'static str = "AWS::SecurityHub::Hub";
}

/// A standard that is switched on. Source: Security Hub API Reference, `StandardsSubscription`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct StandardsSubscription {
    /// The standard (`StandardsArn`).
    pub standards_arn: Option<String>,
    /// `READY`, `PENDING`, `INCOMPLETE`, `FAILED`, `DELETING` (`StandardsStatus`).
    pub standards_status: Option<String>,
    /// Why it is so, where AWS says (`StandardsStatusReason.StatusReasonCode`).
    pub status_reason_code: Option<String>,
}

/// A finding of Security Hub. As a resource of its own: one that a control of Security Hub raised
/// which a loaded control of ours names, with record state `ACTIVE`; the second source. Its id is
/// the finding's, its name the title, its region the one the finding is about, wherever it was
/// read: where a home region aggregates, the findings of linked regions are read there.
///
/// Source: Security Hub API Reference, `AwsSecurityFinding` of `GetFindings`. Times RFC 3339 UTC.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// The finding's id (`Id`).
    pub id: Option<String>,
    /// Its title (`Title`).
    pub title: Option<String>,
    /// The security control that raised it, `S3.5` (`Compliance.SecurityControlId`).
    pub security_control_id: Option<String>,
    /// `PASSED`, `FAILED`, `WARNING`, `NOT_AVAILABLE` (`Compliance.Status`).
    pub compliance_status: Option<String>,
    /// `NEW`, `NOTIFIED`, `SUPPRESSED`, `RESOLVED` (`Workflow.Status`).
    pub workflow_status: Option<String>,
    /// `ACTIVE` or `ARCHIVED` (`RecordState`).
    pub record_state: Option<String>,
    /// `INFORMATIONAL`, `LOW`, `MEDIUM`, `HIGH`, `CRITICAL` (`Severity.Label`).
    pub severity_label: Option<String>,
    /// What it is about (`Resources[].Id`): ARNs, or `AWS::::Account:` and the account's id.
    pub resource_ids: Vec<String>,
    /// What raised it (`GeneratorId`).
    pub generator_id: Option<String>,
    /// The product that raised it (`ProductName`).
    pub product_name: Option<String>,
    /// When the problem was first seen (`FirstObservedAt`).
    pub first_observed_at: Option<String>,
    /// When the finding was made (`CreatedAt`).
    pub created_at: Option<String>,
    /// When it was last changed (`UpdatedAt`).
    pub updated_at: Option<String>,
    /// The account it is about (`AwsAccountId`).
    pub aws_account_id: Option<String>,
}

impl TypedResource for Finding {
    const TYPE: &'static str = "AWS::SecurityHub::Finding";
}
