//! Amazon `OpenSearch` Service. Its API lists domains of `Elasticsearch` too, and so does this type.

use schemars::JsonSchema;
use serde::Serialize;

use super::TypedResource;

/// A domain. Its id is its ARN.
///
/// Source: `OpenSearch` Service API Reference, `DomainStatus` of `DescribeDomains`.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Domain {
    /// `OpenSearch_2.19`, `Elasticsearch_7.10`, … (`EngineVersion`).
    pub engine_version: Option<String>,
    /// How its endpoint is reached (`DomainEndpointOptions`).
    pub domain_endpoint_options: Option<DomainEndpointOptions>,
    /// Encryption at rest (`EncryptionAtRestOptions`).
    pub encryption_at_rest_options: Option<EncryptionAtRestOptions>,
}

impl TypedResource for Domain {
    const TYPE: &'static str = "AWS::OpenSearchService::Domain";
}

/// How a domain's endpoint is reached.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DomainEndpointOptions {
    /// Whether plain HTTP is refused (`EnforceHTTPS`).
    pub enforce_https: Option<bool>,
    /// The oldest version of TLS taken, and its ciphers (`TLSSecurityPolicy`):
    /// `Policy-Min-TLS-1-0-2019-07`, `Policy-Min-TLS-1-2-2019-07`, `Policy-Min-TLS-1-2-PFS-2023-10`,
    /// `Policy-Min-TLS-1-2-RFC9151-FIPS-2024-08`. Unknown in code that leaves it to the service.
    pub tls_security_policy: Option<String>,
}

/// Encryption of a domain at rest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EncryptionAtRestOptions {
    /// Whether it is on (`Enabled`).
    pub enabled: Option<bool>,
    /// The KMS key, where it is (`KmsKeyId`).
    pub kms_key_id: Option<String>,
}
