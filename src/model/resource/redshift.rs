//! Amazon Redshift.

use schemars::JsonSchema;
use serde::Serialize;

use super::TypedResource;

/// A provisioned cluster. Its name is the cluster identifier.
///
/// Source: Redshift API Reference, `Cluster` of `DescribeClusters`.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Cluster {
    /// State (`ClusterStatus`): `available`, `paused`, `deleting`, ….
    pub cluster_status: Option<String>,
    /// Whether it has a public IP address (`PubliclyAccessible`).
    pub publicly_accessible: Option<bool>,
    /// Whether its data is encrypted (`Encrypted`).
    pub encrypted: Option<bool>,
    /// The KMS key, where its data is encrypted with one (`KmsKeyId`).
    pub kms_key_id: Option<String>,
    /// When it was made, RFC 3339 UTC (`ClusterCreateTime`).
    pub cluster_create_time: Option<String>,
}

impl TypedResource for Cluster {
    const TYPE: &'static str = "AWS::Redshift::Cluster";
}
