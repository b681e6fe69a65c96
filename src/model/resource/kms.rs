//! AWS Key Management Service.

use schemars::JsonSchema;
use serde::Serialize;

use super::TypedResource;
use crate::model::attr::Attr;
use crate::model::iam_policy::PolicyDocument;

/// A KMS key. Its id is its ARN, its name the key id.
///
/// Source: KMS API Reference. `ListKeys` tells only that it exists.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Key {
    /// What kind of key it is and how it stands (`DescribeKey`).
    pub key_metadata: Attr<KeyMetadata>,
    /// Automatic rotation (`GetKeyRotationStatus`). Asked only of keys that can rotate and whose
    /// rotation the customer decides; absent for the others.
    pub key_rotation: Attr<KeyRotation>,
    /// The key policy (`GetKeyPolicy`, policy `default`, the only one a key has).
    pub policy: Attr<PolicyDocument>,
}

impl TypedResource for Key {
    const TYPE: &'static str = "AWS::KMS::Key";
}

/// What kind of key it is and how it stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct KeyMetadata {
    /// `CUSTOMER`, or `AWS` for AWS managed keys, whose rotation and policy AWS decides
    /// (`KeyManager`). In code `CUSTOMER`.
    pub key_manager: Option<String>,
    /// `Enabled`, `Disabled`, `PendingDeletion`, `PendingReplicaDeletion`, `PendingImport`,
    /// `Creating`, `Updating` or `Unavailable` (`KeyState`). In code `Enabled`, or `Disabled`
    /// where it says so.
    pub key_state: Option<String>,
    /// `SYMMETRIC_DEFAULT`, or an asymmetric or HMAC kind such as `RSA_2048`, `ECC_NIST_P256`,
    /// `HMAC_256` (`KeySpec`).
    pub key_spec: Option<String>,
    /// `ENCRYPT_DECRYPT`, `SIGN_VERIFY`, `GENERATE_VERIFY_MAC` or `KEY_AGREEMENT` (`KeyUsage`).
    pub key_usage: Option<String>,
    /// Where the key material comes from (`Origin`): `AWS_KMS`, `EXTERNAL` (imported),
    /// `AWS_CLOUDHSM` or `EXTERNAL_KEY_STORE` (custom key stores).
    pub origin: Option<String>,
    /// The custom key store that holds it, where one does (`CustomKeyStoreId`).
    pub custom_key_store_id: Option<String>,
    /// Whether it is a multi-Region key (`MultiRegion`).
    pub multi_region: Option<bool>,
    /// `PRIMARY` or `REPLICA`, where it is (`MultiRegionConfiguration.MultiRegionKeyType`).
    pub multi_region_key_type: Option<String>,
    /// When it was made, RFC 3339 UTC (`CreationDate`).
    pub creation_date: Option<String>,
    /// When it will be deleted, RFC 3339 UTC, where that is scheduled (`DeletionDate`).
    pub deletion_date: Option<String>,
    /// Its description (`Description`).
    pub description: Option<String>,
}

/// Automatic rotation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct KeyRotation {
    /// Whether it is on (`KeyRotationEnabled`).
    pub key_rotation_enabled: bool,
    /// Days between rotations (`RotationPeriodInDays`), where it is on.
    pub rotation_period_in_days: Option<i64>,
    /// When it rotates next, RFC 3339 UTC (`NextRotationDate`).
    pub next_rotation_date: Option<String>,
}
