//! Amazon `DynamoDB`.

use schemars::JsonSchema;
use serde::Serialize;

use super::TypedResource;
use crate::model::attr::Attr;

/// A table. Its id is its ARN. Each replica of a global table is a table of its own, in its own region.
///
/// Source: `DynamoDB` API Reference, `TableDescription` of `DescribeTable`.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Table {
    /// State (`TableStatus`): `ACTIVE`, `UPDATING`, `DELETING`, ….
    pub table_status: Option<String>,
    /// Whether it refuses to be deleted (`DeletionProtectionEnabled`).
    pub deletion_protection_enabled: Option<bool>,
    /// Encryption with a key in KMS (`SSEDescription`); absent where the key is one that `DynamoDB`
    /// owns. No table is without encryption.
    pub sse_description: Option<SseDescription>,
    /// Joined: who manages that key, `CUSTOMER`, or `AWS` for the AWS managed key `aws/dynamodb`
    /// (`KeyManager` of the key). A key of another account is always `CUSTOMER`. Absent where the
    /// table's key is not in KMS.
    pub kms_key_manager: Attr<String>,
    /// Backups (`DescribeContinuousBackups`).
    pub continuous_backups: Attr<ContinuousBackups>,
}

impl TypedResource for Table {
    const TYPE: &'static str = "AWS::DynamoDB::Table";
}

/// Encryption of a table with a key in KMS.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SseDescription {
    /// `ENABLED`, or `UPDATING` (`Status`).
    pub status: Option<String>,
    /// `KMS` (`SSEType`).
    pub sse_type: Option<String>,
    /// The KMS key (`KMSMasterKeyArn`). In code the key as written; absent there means the AWS managed
    /// key.
    pub kms_master_key_arn: Option<String>,
}

/// Backups of a table. Source: `ContinuousBackupsDescription`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ContinuousBackups {
    /// `ENABLED` or `DISABLED`
    /// (`PointInTimeRecoveryDescription.PointInTimeRecoveryStatus`).
    pub point_in_time_recovery_status: Option<String>,
    /// How many days back the table can be restored
    /// (`PointInTimeRecoveryDescription.RecoveryPeriodInDays`).
    pub recovery_period_in_days: Option<i64>,
}
