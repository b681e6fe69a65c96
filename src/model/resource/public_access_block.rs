//! The four settings of S3 Block Public Access, which an account and a bucket both carry.

use schemars::JsonSchema;
use serde::Serialize;

/// The four settings of S3 Block Public Access. Where both the account and the bucket carry them,
/// the stricter of the two is in force, setting by setting.
///
/// Source: S3 API Reference, `PublicAccessBlockConfiguration` of `s3:GetPublicAccessBlock` and of
/// `s3control:GetPublicAccessBlock`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PublicAccessBlock {
    /// Whether new public ACLs are refused (`BlockPublicAcls`).
    pub block_public_acls: Option<bool>,
    /// Whether public ACLs that exist are without effect (`IgnorePublicAcls`).
    pub ignore_public_acls: Option<bool>,
    /// Whether new public bucket policies are refused (`BlockPublicPolicy`).
    pub block_public_policy: Option<bool>,
    /// Whether a public bucket is open to the account and AWS services alone
    /// (`RestrictPublicBuckets`).
    pub restrict_public_buckets: Option<bool>,
}
