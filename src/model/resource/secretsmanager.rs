//! Secrets Manager.

use schemars::JsonSchema;
use serde::Serialize;

use super::TypedResource;

/// A secret's metadata; its value is never read.
///
/// Source: Secrets Manager API Reference, `SecretListEntry` of `ListSecrets`.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Secret {
    /// Whether rotation is turned on (`RotationEnabled`).
    pub rotation_enabled: Option<bool>,
    /// Days between rotations (`RotationRules.AutomaticallyAfterDays`), where set in days.
    pub rotation_days: Option<i64>,
    /// The rotation schedule (`RotationRules.ScheduleExpression`), where set so.
    pub rotation_schedule: Option<String>,
    /// When it last rotated with success, RFC 3339 UTC (`LastRotatedDate`).
    pub last_rotated_date: Option<String>,
    /// When it rotates next, RFC 3339 UTC, end of that day (`NextRotationDate`).
    pub next_rotation_date: Option<String>,
    /// The day it was last read, RFC 3339 UTC, truncated to the day by AWS (`LastAccessedDate`).
    pub last_accessed_date: Option<String>,
    /// When it was made, RFC 3339 UTC (`CreatedDate`).
    pub created_date: Option<String>,
    /// The region it was made in, where it is replicated (`PrimaryRegion`): in any other region it is
    /// a replica, which takes its value, and so its rotation, from there.
    pub primary_region: Option<String>,
    /// The service that manages it (`OwningService`): such a secret is rotated by that service.
    pub owning_service: Option<String>,
    /// The KMS key (`KmsKeyId`); absent means the AWS managed key.
    pub kms_key_id: Option<String>,
}

impl TypedResource for Secret {
    const TYPE: &'static str = "AWS::SecretsManager::Secret";
}
