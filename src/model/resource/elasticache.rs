//! Amazon `ElastiCache`.

use schemars::JsonSchema;
use serde::Serialize;

use super::TypedResource;

/// A replication group of Valkey or Redis OSS. Its id is its ARN.
///
/// Source: `ElastiCache` API Reference, `ReplicationGroup` of `DescribeReplicationGroups`.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct ReplicationGroup {
    /// State (`Status`): `available`, `creating`, `deleting`, ….
    pub status: Option<String>,
    /// `valkey` or `redis` (`Engine`).
    pub engine: Option<String>,
    /// Whether encryption at rest was turned on (`AtRestEncryptionEnabled`). The service encrypts some
    /// groups for which it was not: see [`Self::storage_encryption_type`].
    pub at_rest_encryption_enabled: Option<bool>,
    /// How data at rest is encrypted in effect: `none`, `sse-elasticache` or `sse-kms`
    /// (`StorageEncryptionType`). Code does not tell it.
    pub storage_encryption_type: Option<String>,
    /// The KMS key, where data at rest is encrypted with one (`KmsKeyId`).
    pub kms_key_id: Option<String>,
    /// Whether connections are encrypted (`TransitEncryptionEnabled`).
    pub transit_encryption_enabled: Option<bool>,
    /// `required`, or `preferred` where plain connections are taken as well (`TransitEncryptionMode`).
    pub transit_encryption_mode: Option<String>,
    /// The global datastore it is a member of (`GlobalReplicationGroupInfo.GlobalReplicationGroupId`).
    pub global_replication_group_id: Option<String>,
}

impl TypedResource for ReplicationGroup {
    const TYPE: &'static str = "AWS::ElastiCache::ReplicationGroup";
}
