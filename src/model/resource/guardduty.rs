//! `GuardDuty`.

use schemars::JsonSchema;
use serde::Serialize;

use super::TypedResource;
use crate::model::attr::Attr;

/// A detector: `GuardDuty` in one region. A region without one has `GuardDuty` off.
///
/// Source: `GuardDuty` API Reference, `ListDetectors` and `GetDetector`.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Detector {
    /// `ENABLED` or `DISABLED` (`Status` of `GetDetector`).
    pub status: Attr<String>,
    /// How often updated findings are published: `FIFTEEN_MINUTES`, `ONE_HOUR`, `SIX_HOURS`
    /// (`FindingPublishingFrequency`).
    pub finding_publishing_frequency: Attr<String>,
    /// Its features (`Features`), sorted by name.
    pub features: Attr<Vec<DetectorFeature>>,
    /// This account's findings of severity 7 and above, critical ones (9 and above) included, that
    /// are not archived (`ListFindings` with `severity` at least 7 and `service.archived` false,
    /// then `GetFindings`). Where the listing broke off, an unknown element stands for the rest.
    pub findings: Attr<Vec<Attr<GuardDutyFinding>>>,
}

impl TypedResource for Detector {
    const TYPE: &'static str = "AWS::GuardDuty::Detector";
}

/// A feature of a detector. Source: `DetectorFeatureConfigurationResult`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct DetectorFeature {
    /// Its name (`Name`).
    pub name: Option<String>,
    /// `ENABLED` or `DISABLED` (`Status`).
    pub status: Option<String>,
}

/// A finding. Source: `GuardDuty` API Reference, `Finding`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct GuardDutyFinding {
    /// Its id (`Id`).
    pub id: Option<String>,
    /// Its ARN (`Arn`).
    pub arn: Option<String>,
    /// Its type, `UnauthorizedAccess:EC2/SSHBruteForce` (`Type`).
    pub r#type: Option<String>,
    /// Its title (`Title`).
    pub title: Option<String>,
    /// Its severity: 7.0 to 8.9 is high, 9.0 and above critical (`Severity`).
    pub severity: Option<f64>,
    /// When it was first raised, RFC 3339 UTC (`CreatedAt`).
    pub created_at: Option<String>,
    /// When it was last seen again, RFC 3339 UTC (`UpdatedAt`).
    pub updated_at: Option<String>,
    /// Whether it is archived (`Service.Archived`).
    pub archived: Option<bool>,
    /// The account it is about (`AccountId`).
    pub account_id: Option<String>,
    /// What kind of resource it is about (`Resource.ResourceType`).
    pub resource_type: Option<String>,
}
