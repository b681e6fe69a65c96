//! Amazon EKS.

use schemars::JsonSchema;
use serde::Serialize;

use super::TypedResource;

/// A Kubernetes cluster. Its id is its ARN, its name the cluster's name.
///
/// Source: EKS API Reference, `Cluster` of `DescribeCluster`.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Cluster {
    /// State (`status`): `CREATING`, `ACTIVE`, `DELETING`, `FAILED`, `UPDATING`, `PENDING`.
    pub status: Option<String>,
    /// Version of Kubernetes (`version`).
    pub version: Option<String>,
    /// Its network, and who reaches its API endpoint (`resourcesVpcConfig`).
    pub resources_vpc_config: Option<VpcConfig>,
    /// What is encrypted with a KMS key of the account (`encryptionConfig`); empty where nothing is.
    pub encryption_config: Vec<EncryptionConfig>,
}

impl TypedResource for Cluster {
    const TYPE: &'static str = "AWS::EKS::Cluster";
}

/// Who reaches the API endpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct VpcConfig {
    /// Whether it is reached from the internet (`endpointPublicAccess`); in code true where nothing
    /// is written.
    pub endpoint_public_access: Option<bool>,
    /// Whether it is reached from the VPC without leaving it (`endpointPrivateAccess`).
    pub endpoint_private_access: Option<bool>,
    /// The address ranges that reach the public endpoint (`publicAccessCidrs`); in code `0.0.0.0/0`
    /// where nothing is written. An empty list means the same.
    pub public_access_cidrs: Vec<String>,
}

/// What is encrypted, and with which key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EncryptionConfig {
    /// What is encrypted (`resources`); `secrets` is all that there is.
    pub resources: Vec<String>,
    /// The key (`provider`).
    pub provider: Option<Provider>,
}

/// The key that something is encrypted with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Provider {
    /// ARN of the KMS key (`keyArn`).
    pub key_arn: Option<String>,
}
