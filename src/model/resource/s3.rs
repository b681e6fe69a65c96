//! Amazon S3: general purpose buckets.

use schemars::JsonSchema;
use serde::Serialize;

use super::TypedResource;
use super::public_access_block::PublicAccessBlock;
use crate::model::attr::Attr;
use crate::model::iam_policy::PolicyDocument;

/// A general purpose bucket. Its id is its ARN, its region the one it lies in; `unknown` where AWS
/// did not tell the region. Directory buckets and access points are not among them.
///
/// Source: S3 API Reference. Each setting has an operation of its own, made in the bucket's region;
/// a bucket in a region that the scan does not look at keeps its place with each setting unknown.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Bucket {
    /// When it was made, RFC 3339 UTC (`CreationDate` of `ListBuckets`).
    pub creation_date: Option<String>,
    /// The bucket's own Block Public Access (`GetPublicAccessBlock`); absent where it has none,
    /// which means that all four are off.
    pub public_access_block: Attr<PublicAccessBlock>,
    /// Joined: the Block Public Access of the account that the bucket is in.
    pub account_public_access_block: Attr<PublicAccessBlock>,
    /// The bucket policy (`GetBucketPolicy`); absent where it has none.
    pub policy: Attr<PolicyDocument>,
    /// The access control list (`GetBucketAcl`). In code absent where none is given, which means
    /// that the owner alone is granted anything.
    pub acl: Attr<AccessControlList>,
    /// Who owns objects, and so whether ACLs count (`GetBucketOwnershipControls`); absent where
    /// none is set, which means that ACLs count.
    pub ownership_controls: Attr<OwnershipControls>,
    /// Default encryption (`GetBucketEncryption`). Absent means that of every bucket since
    /// January 2023: SSE-S3.
    pub encryption: Attr<Encryption>,
    /// Versioning and MFA delete (`GetBucketVersioning`).
    pub versioning: Attr<Versioning>,
    /// Server access logging (`GetBucketLogging`); absent where it is off.
    pub logging: Attr<Logging>,
    /// Lifecycle rules (`GetBucketLifecycleConfiguration`); absent where it has none.
    pub lifecycle: Attr<Lifecycle>,
    /// Joined: whether another bucket of its region delivers its server access log here, or a trail
    /// its events.
    pub is_log_target: Attr<bool>,
    /// Joined: whether `CloudTrail` trails that are logging record every read and every write of
    /// the bucket's objects as data events.
    pub has_data_events: Attr<bool>,
}

impl TypedResource for Bucket {
    const TYPE: &'static str = "AWS::S3::Bucket";
}

/// An access control list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AccessControlList {
    /// What is granted to whom (`Grants`).
    pub grants: Vec<Grant>,
}

/// One entry of an access control list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Grant {
    /// To whom (`Grantee`).
    pub grantee: Grantee,
    /// `READ`, `WRITE`, `READ_ACP`, `WRITE_ACP` or `FULL_CONTROL` (`Permission`).
    pub permission: Option<String>,
}

/// To whom an access control list grants. Names and e-mail addresses are not kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Grantee {
    /// `CanonicalUser`, `AmazonCustomerByEmail` or `Group` (`xsi:type`).
    pub r#type: Option<String>,
    /// Canonical user id of an account (`ID`).
    pub id: Option<String>,
    /// A predefined group (`URI`): `http://acs.amazonaws.com/groups/global/AllUsers` is everyone,
    /// `…/AuthenticatedUsers` everyone with any AWS account, `…/s3/LogDelivery` the log writer.
    pub uri: Option<String>,
}

/// Who owns objects.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OwnershipControls {
    /// `BucketOwnerEnforced` (ACLs have no effect), `BucketOwnerPreferred` or `ObjectWriter`
    /// (`Rules[0].ObjectOwnership`; S3 takes one rule).
    pub object_ownership: Option<String>,
}

/// Default encryption.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Encryption {
    /// The rules (`ServerSideEncryptionConfiguration.Rules`); S3 takes one.
    pub rules: Vec<EncryptionRule>,
}

/// A rule of default encryption.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EncryptionRule {
    /// `AES256`, `aws:kms` or `aws:kms:dsse` (`ApplyServerSideEncryptionByDefault.SSEAlgorithm`).
    /// Absent where the rule does not say, and SSE-S3 it is.
    pub sse_algorithm: Option<String>,
    /// The KMS key (`ApplyServerSideEncryptionByDefault.KMSMasterKeyID`); absent means the AWS
    /// managed key where the algorithm is a KMS one.
    pub kms_master_key_id: Option<String>,
    /// Whether a bucket key spares calls to KMS (`BucketKeyEnabled`).
    pub bucket_key_enabled: Option<bool>,
}

/// Versioning.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Versioning {
    /// `Enabled` or `Suspended` (`Status`); absent where it never was on.
    pub status: Option<String>,
    /// `Enabled` or `Disabled` (`MfaDelete`); absent where it never was set.
    pub mfa_delete: Option<String>,
}

/// Server access logging.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Logging {
    /// Name of the bucket that the log is delivered to (`TargetBucket`).
    pub target_bucket: String,
    /// What the log's object keys begin with (`TargetPrefix`).
    pub target_prefix: String,
}

/// Lifecycle rules.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Lifecycle {
    /// The rules (`Rules`).
    pub rules: Vec<LifecycleRule>,
}

/// A lifecycle rule.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LifecycleRule {
    /// Its name (`ID`).
    pub id: Option<String>,
    /// `Enabled` or `Disabled` (`Status`).
    pub status: Option<String>,
    /// The object key prefix that it is for (`Prefix`, `Filter.Prefix` or `Filter.And.Prefix`).
    pub prefix: Option<String>,
    /// When current objects expire (`Expiration`).
    pub expiration: Option<Expiration>,
    /// When they move to another storage class (`Transitions`).
    pub transitions: Vec<Transition>,
    /// When versions that are no longer current expire (`NoncurrentVersionExpiration`).
    pub noncurrent_version_expiration: Option<NoncurrentVersionExpiration>,
    /// When such versions move to another storage class (`NoncurrentVersionTransitions`).
    pub noncurrent_version_transitions: Vec<NoncurrentVersionTransition>,
    /// Days after which a multipart upload that was not completed is given up
    /// (`AbortIncompleteMultipartUpload.DaysAfterInitiation`).
    pub abort_incomplete_multipart_upload_days: Option<i64>,
}

/// When current objects expire.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Expiration {
    /// Days after they were made (`Days`).
    pub days: Option<i64>,
    /// On this day, RFC 3339 UTC (`Date`).
    pub date: Option<String>,
    /// Whether only delete markers with nothing behind them go (`ExpiredObjectDeleteMarker`): that
    /// alone expires no object.
    pub expired_object_delete_marker: Option<bool>,
}

/// When objects move to another storage class.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Transition {
    /// Days after they were made (`Days`).
    pub days: Option<i64>,
    /// On this day, RFC 3339 UTC (`Date`).
    pub date: Option<String>,
    /// Where to (`StorageClass`): `GLACIER`, `GLACIER_IR` and `DEEP_ARCHIVE` are archives.
    pub storage_class: Option<String>,
}

/// When versions that are no longer current expire.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NoncurrentVersionExpiration {
    /// Days after they ceased to be current (`NoncurrentDays`).
    pub noncurrent_days: Option<i64>,
    /// How many of them are kept all the same (`NewerNoncurrentVersions`).
    pub newer_noncurrent_versions: Option<i64>,
}

/// When versions that are no longer current move to another storage class.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NoncurrentVersionTransition {
    /// Days after they ceased to be current (`NoncurrentDays`).
    pub noncurrent_days: Option<i64>,
    /// Where to (`StorageClass`).
    pub storage_class: Option<String>,
}
