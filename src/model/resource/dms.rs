//! AWS Database Migration Service.

use schemars::JsonSchema;
use serde::Serialize;

use super::TypedResource;

/// A replication instance. Its id is its ARN, its name the replication instance identifier.
///
/// Source: DMS API Reference, `ReplicationInstance` of `DescribeReplicationInstances`.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct ReplicationInstance {
    /// State (`ReplicationInstanceStatus`): `available`, `creating`, `deleting`, ….
    pub replication_instance_status: Option<String>,
    /// Whether it has a public IP address (`PubliclyAccessible`).
    pub publicly_accessible: Option<bool>,
    /// The KMS key that encrypts its storage (`KmsKeyId`).
    pub kms_key_id: Option<String>,
    /// When it was made, RFC 3339 UTC (`InstanceCreateTime`).
    pub instance_create_time: Option<String>,
}

impl TypedResource for ReplicationInstance {
    const TYPE: &'static str = "AWS::DMS::ReplicationInstance";
}
