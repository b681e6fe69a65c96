//! Amazon Elastic File System.

use schemars::JsonSchema;
use serde::Serialize;

use super::TypedResource;
use crate::model::attr::Attr;

/// A file system. Its id is its ARN, its name the file system id.
///
/// Source: EFS API Reference, `FileSystemDescription` of `DescribeFileSystems`.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct FileSystem {
    /// State (`LifeCycleState`): `available`, `creating`, `deleting`, ….
    pub life_cycle_state: Option<String>,
    /// Whether it is encrypted (`Encrypted`). That is decided when it is made.
    pub encrypted: Option<bool>,
    /// The KMS key, where it is encrypted (`KmsKeyId`).
    pub kms_key_id: Option<String>,
    /// The availability zone of a One Zone file system (`AvailabilityZoneName`); absent for a
    /// Regional one.
    pub availability_zone_name: Option<String>,
    /// Automatic backups (`DescribeBackupPolicy`); absent where no policy was ever set.
    pub backup_policy: Attr<BackupPolicy>,
}

impl TypedResource for FileSystem {
    const TYPE: &'static str = "AWS::EFS::FileSystem";
}

/// Automatic backups of a file system.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BackupPolicy {
    /// `ENABLED`, `ENABLING`, `DISABLED` or `DISABLING` (`Status`).
    pub status: Option<String>,
}
