//! Amazon RDS. Its API lists the instances and clusters of Aurora, Neptune and `DocumentDB` too, and
//! so do these types.

use schemars::JsonSchema;
use serde::Serialize;

use super::TypedResource;
use crate::model::attr::Attr;

/// A DB instance. Its id is its ARN, its name the DB instance identifier.
///
/// Source: RDS API Reference, `DBInstance` of `DescribeDBInstances`.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct DbInstance {
    /// Database engine (`Engine`): `postgres`, `mysql`, `aurora-postgresql`, `docdb`, ….
    pub engine: Option<String>,
    /// Version of the engine (`EngineVersion`).
    pub engine_version: Option<String>,
    /// State (`DBInstanceStatus`): `available`, `stopped`, `deleting`, ….
    pub db_instance_status: Option<String>,
    /// Identifier of the DB cluster it is a member of (`DBClusterIdentifier`): Aurora, Neptune,
    /// `DocumentDB`, Multi-AZ DB clusters. What the cluster decides is then told by
    /// [`Self::cluster`], not here.
    pub db_cluster_identifier: Option<String>,
    /// The instance it is a read replica of (`ReadReplicaSourceDBInstanceIdentifier`).
    pub read_replica_source_db_instance_identifier: Option<String>,
    /// The cluster it is a read replica of (`ReadReplicaSourceDBClusterIdentifier`).
    pub read_replica_source_db_cluster_identifier: Option<String>,
    /// Whether it has a public IP address where its subnet can be reached (`PubliclyAccessible`).
    pub publicly_accessible: Option<bool>,
    /// Whether its storage is encrypted (`StorageEncrypted`).
    pub storage_encrypted: Option<bool>,
    /// The KMS key, where its storage is encrypted (`KmsKeyId`).
    pub kms_key_id: Option<String>,
    /// Days that automated backups are kept; 0 is off (`BackupRetentionPeriod`).
    pub backup_retention_period: Option<i64>,
    /// Whether a standby in another availability zone takes over (`MultiAZ`).
    pub multi_az: Option<bool>,
    /// Whether it refuses to be deleted (`DeletionProtection`).
    pub deletion_protection: Option<bool>,
    /// The logs that are exported to `CloudWatch` Logs (`EnabledCloudwatchLogsExports`), sorted.
    pub enabled_cloudwatch_logs_exports: Vec<String>,
    /// Whether IAM identities can log in (`IAMDatabaseAuthenticationEnabled`).
    pub iam_database_authentication_enabled: Option<bool>,
    /// Whether minor versions are applied in the maintenance window (`AutoMinorVersionUpgrade`).
    pub auto_minor_version_upgrade: Option<bool>,
    /// When it was made, RFC 3339 UTC (`InstanceCreateTime`).
    pub instance_create_time: Option<String>,
    /// Joined: the cluster it is a member of; absent where it is in none.
    pub cluster: Attr<DbCluster>,
}

impl TypedResource for DbInstance {
    const TYPE: &'static str = "AWS::RDS::DBInstance";
}

/// A DB cluster. Its id is its ARN, its name the DB cluster identifier.
///
/// Source: RDS API Reference, `DBCluster` of `DescribeDBClusters`.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct DbCluster {
    /// Database engine (`Engine`).
    pub engine: Option<String>,
    /// Version of the engine (`EngineVersion`).
    pub engine_version: Option<String>,
    /// State (`Status`).
    pub status: Option<String>,
    /// Whether its storage is encrypted (`StorageEncrypted`).
    pub storage_encrypted: Option<bool>,
    /// The KMS key, where its storage is encrypted (`KmsKeyId`).
    pub kms_key_id: Option<String>,
    /// Days that automated backups are kept (`BackupRetentionPeriod`).
    pub backup_retention_period: Option<i64>,
    /// Whether it has instances in more than one availability zone (`MultiAZ`).
    pub multi_az: Option<bool>,
    /// Whether it refuses to be deleted (`DeletionProtection`).
    pub deletion_protection: Option<bool>,
    /// The logs that are exported to `CloudWatch` Logs (`EnabledCloudwatchLogsExports`), sorted.
    pub enabled_cloudwatch_logs_exports: Vec<String>,
    /// Whether IAM identities can log in (`IAMDatabaseAuthenticationEnabled`).
    pub iam_database_authentication_enabled: Option<bool>,
    /// When it was made, RFC 3339 UTC (`ClusterCreateTime`).
    pub cluster_create_time: Option<String>,
}

impl TypedResource for DbCluster {
    const TYPE: &'static str = "AWS::RDS::DBCluster";
}

/// A DB snapshot that somebody took (`SnapshotType` `manual`), of this account. Automated snapshots
/// cannot be shared. Its id is its ARN, its name the DB snapshot identifier.
///
/// Sources: RDS API Reference, `DBSnapshot` of `DescribeDBSnapshots`; `DBClusterSnapshot` of
/// `DescribeDBClusterSnapshots`, which lists those of Aurora, `DocumentDB` and Neptune.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct DbSnapshot {
    /// Identifier of the instance it was taken of (`DBInstanceIdentifier`), where it is one of an
    /// instance.
    pub db_instance_identifier: Option<String>,
    /// Identifier of the cluster it was taken of (`DBClusterIdentifier`), where it is one of a cluster.
    pub db_cluster_identifier: Option<String>,
    /// Database engine (`Engine`).
    pub engine: Option<String>,
    /// Whether it is encrypted (`Encrypted`, `StorageEncrypted` of one of a cluster).
    pub encrypted: Option<bool>,
    /// `manual` (`SnapshotType`).
    pub snapshot_type: Option<String>,
    /// When it was taken, RFC 3339 UTC (`SnapshotCreateTime`).
    pub snapshot_create_time: Option<String>,
    /// Who may use it (`DescribeDBSnapshotAttributes`, `DescribeDBClusterSnapshotAttributes`).
    pub snapshot_attributes: Attr<SnapshotAttributes>,
}

impl TypedResource for DbSnapshot {
    const TYPE: &'static str = "AWS::RDS::DBSnapshot";
}

/// Who may use a snapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SnapshotAttributes {
    /// The accounts that may copy or restore it (attribute `restore`), sorted; `all` is everyone.
    pub restore: Option<Vec<String>>,
}
