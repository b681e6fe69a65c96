//! AWS Backup.

use schemars::JsonSchema;
use serde::Serialize;

use super::TypedResource;

/// A backup vault. Its id is its ARN.
///
/// Source: AWS Backup Developer Guide, `BackupVaultListMember` of `ListBackupVaults`.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct BackupVault {
    /// `BACKUP_VAULT`, or `LOGICALLY_AIR_GAPPED_BACKUP_VAULT` (`VaultType`).
    pub vault_type: Option<String>,
    /// Whether AWS Backup Vault Lock keeps its recovery points from being deleted or given a shorter
    /// life (`Locked`).
    pub locked: Option<bool>,
    /// When the lock can no longer be taken off, RFC 3339 UTC (`LockDate`); absent where it can be, by
    /// those whose permissions allow it.
    pub lock_date: Option<String>,
    /// Days that recovery points are kept at least (`MinRetentionDays`).
    pub min_retention_days: Option<i64>,
    /// Days that recovery points are kept at most (`MaxRetentionDays`).
    pub max_retention_days: Option<i64>,
    /// The KMS key that encrypts its backups (`EncryptionKeyArn`). In code the key as written, and
    /// `alias/aws/backup` where none is.
    pub encryption_key_arn: Option<String>,
    /// `AWS_OWNED_KMS_KEY` or `CUSTOMER_MANAGED_KMS_KEY` (`EncryptionKeyType`).
    pub encryption_key_type: Option<String>,
}

impl TypedResource for BackupVault {
    const TYPE: &'static str = "AWS::Backup::BackupVault";
}
