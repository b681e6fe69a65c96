//! IAM: users, groups, roles, policies, the password policy, server certificates.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::TypedResource;
use crate::model::attr::Attr;
use crate::model::iam_policy::PolicyDocument;

/// A managed policy that is attached to a user, group or role.
///
/// Source: IAM API Reference, `AttachedPolicy`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AttachedPolicy {
    /// Its name (`PolicyName`).
    pub policy_name: String,
    /// Its ARN (`PolicyArn`). AWS managed policies have `aws` in the place of the account id.
    pub policy_arn: String,
}

/// An IAM user. The root user is never one.
///
/// Sources: IAM API Reference, `UserDetail` of `GetAccountAuthorizationDetails`; and the user's row
/// of the credential report (IAM User Guide, "Generate credential reports for your AWS account"),
/// which tells the state as of [`Self::credential_report_time`]. A user that one of the two names
/// and the other does not has unknown attributes rather than none.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct User {
    /// Path (`Path`), `/` where none was given.
    pub path: Option<String>,
    /// The unique id that is never used again (`UserId`), `AIDA…`.
    pub user_id: Option<String>,
    /// When it was made, RFC 3339 UTC (`CreateDate`).
    pub create_date: Option<String>,
    /// Names of the groups it is in, sorted (`GroupList`).
    pub groups: Vec<String>,
    /// Names of the policies embedded in the user itself, sorted (`UserPolicyList`). Each is an
    /// `AWS::IAM::Policy` too.
    pub inline_policies: Vec<String>,
    /// Managed policies attached to the user itself, sorted by ARN (`AttachedManagedPolicies`).
    pub attached_policies: Vec<AttachedPolicy>,
    /// ARN of the permissions boundary (`PermissionsBoundary`), where one is set.
    pub permissions_boundary: Option<String>,
    /// Tags (`Tags`). IAM does not tell `Owner` and `owner` apart as keys, but keeps the spelling.
    pub tags: BTreeMap<String, String>,
    /// The console password; absent where the user has none (`password_enabled` is false).
    pub password: Attr<Password>,
    /// Whether an MFA device of any kind is active (`mfa_active`).
    pub mfa_active: Attr<bool>,
    /// The access keys that exist, active or not, at most two.
    pub access_keys: Attr<Vec<AccessKey>>,
    /// When AWS made the credential report, RFC 3339 UTC (`GeneratedTime`): the time of what the
    /// report tells.
    pub credential_report_time: Attr<String>,
}

impl TypedResource for User {
    const TYPE: &'static str = "AWS::IAM::User";
}

/// A user's console password.
///
/// Source: IAM User Guide, "Generate credential reports for your AWS account".
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Password {
    /// When it was last used, RFC 3339 UTC (`password_last_used`); absent where never.
    pub last_used: Attr<String>,
    /// When it was last set, RFC 3339 UTC (`password_last_changed`).
    pub last_changed: Attr<String>,
}

/// An access key of a user or of the root user, as one slot of the credential report tells it.
///
/// Source: IAM User Guide, "Generate credential reports for your AWS account".
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AccessKey {
    /// Whether it can be used (`access_key_N_active`).
    pub active: Attr<bool>,
    /// When it was made or last changed, RFC 3339 UTC (`access_key_N_last_rotated`).
    pub last_rotated: Attr<String>,
    /// When it was last used, RFC 3339 UTC (`access_key_N_last_used_date`); absent where never.
    pub last_used_date: Attr<String>,
}

/// An IAM group.
///
/// Source: IAM API Reference, `GroupDetail` of `GetAccountAuthorizationDetails`.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Group {
    /// Path (`Path`), `/` where none was given.
    pub path: Option<String>,
    /// The unique id that is never used again (`GroupId`), `AGPA…`.
    pub group_id: Option<String>,
    /// When it was made, RFC 3339 UTC (`CreateDate`).
    pub create_date: Option<String>,
    /// Names of the policies embedded in the group, sorted (`GroupPolicyList`).
    pub inline_policies: Vec<String>,
    /// Managed policies attached to it, sorted by ARN (`AttachedManagedPolicies`).
    pub attached_policies: Vec<AttachedPolicy>,
    /// The documents of all its policies, inline ones first, then attached ones, AWS managed
    /// policies included. A document that AWS did not return, or that could not be parsed, is
    /// unknown.
    pub policies: Attr<Vec<Attr<PolicyDocument>>>,
}

impl TypedResource for Group {
    const TYPE: &'static str = "AWS::IAM::Group";
}

/// An IAM role.
///
/// Source: IAM API Reference, `RoleDetail` of `GetAccountAuthorizationDetails`.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Role {
    /// Path (`Path`), `/` where none was given. `/aws-service-role/…` is a service-linked role,
    /// `/aws-reserved/sso.amazonaws.com/…` one that IAM Identity Center keeps.
    pub path: Option<String>,
    /// The unique id that is never used again (`RoleId`), `AROA…`.
    pub role_id: Option<String>,
    /// When it was made, RFC 3339 UTC (`CreateDate`).
    pub create_date: Option<String>,
    /// The trust policy: who may assume it (`AssumeRolePolicyDocument`).
    pub assume_role_policy_document: Attr<PolicyDocument>,
    /// Names of the policies embedded in it, sorted (`RolePolicyList`).
    pub inline_policies: Vec<String>,
    /// Managed policies attached to it, sorted by ARN (`AttachedManagedPolicies`).
    pub attached_policies: Vec<AttachedPolicy>,
    /// ARN of the permissions boundary (`PermissionsBoundary`), where one is set.
    pub permissions_boundary: Option<String>,
    /// When it was last used, RFC 3339 UTC (`RoleLastUsed.LastUsedDate`); absent where it was not
    /// used within the 400 days that AWS keeps track of.
    pub role_last_used: Option<String>,
    /// Joined: the accounts that are known to belong to the organisation of the role's account.
    pub organization_accounts: Attr<Vec<String>>,
    /// Tags (`Tags`).
    pub tags: BTreeMap<String, String>,
}

impl TypedResource for Role {
    const TYPE: &'static str = "AWS::IAM::Role";
}

/// A policy that the account's owner wrote: customer-managed, attached or not, or embedded in a
/// user, group or role. AWS managed policies are not among them.
///
/// An inline policy has no ARN; its id is the ARN of its owner, `/inline/`, and its name.
///
/// Source: IAM API Reference, `ManagedPolicyDetail` and `PolicyDetail` of
/// `GetAccountAuthorizationDetails`.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Policy {
    /// `managed`, or `inline`.
    pub kind: String,
    /// ARN of the user, group or role that an inline policy is embedded in.
    pub owner_arn: Option<String>,
    /// Path of a managed policy (`Path`).
    pub path: Option<String>,
    /// The version of a managed policy in force (`DefaultVersionId`), `v1`.
    pub default_version_id: Option<String>,
    /// How many users, groups and roles a managed policy is attached to (`AttachmentCount`).
    pub attachment_count: Option<i64>,
    /// How many users and roles a managed policy is the boundary of
    /// (`PermissionsBoundaryUsageCount`).
    pub permissions_boundary_usage_count: Option<i64>,
    /// When a managed policy was made, RFC 3339 UTC (`CreateDate`).
    pub create_date: Option<String>,
    /// When a managed policy got its newest version, RFC 3339 UTC (`UpdateDate`).
    pub update_date: Option<String>,
    /// The document; of a managed policy, that of its default version.
    pub document: Attr<PolicyDocument>,
}

impl TypedResource for Policy {
    const TYPE: &'static str = "AWS::IAM::Policy";
}

/// What the account asks of the passwords of its users. An account without one has no such
/// resource.
///
/// Source: IAM API Reference, `PasswordPolicy` of `GetAccountPasswordPolicy`.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct AccountPasswordPolicy {
    /// Least number of characters (`MinimumPasswordLength`).
    pub minimum_password_length: Option<i64>,
    /// Whether a symbol is required (`RequireSymbols`).
    pub require_symbols: Option<bool>,
    /// Whether a digit is required (`RequireNumbers`).
    pub require_numbers: Option<bool>,
    /// Whether an upper-case letter is required (`RequireUppercaseCharacters`).
    pub require_uppercase_characters: Option<bool>,
    /// Whether a lower-case letter is required (`RequireLowercaseCharacters`).
    pub require_lowercase_characters: Option<bool>,
    /// Whether users may change their own passwords (`AllowUsersToChangePassword`).
    pub allow_users_to_change_password: Option<bool>,
    /// Whether passwords expire (`ExpirePasswords`).
    pub expire_passwords: Option<bool>,
    /// Days until a password expires (`MaxPasswordAge`); absent where none expires.
    pub max_password_age: Option<i64>,
    /// How many earlier passwords are refused (`PasswordReusePrevention`); absent where none is.
    pub password_reuse_prevention: Option<i64>,
    /// Whether an administrator must reset a password that expired (`HardExpiry`).
    pub hard_expiry: Option<bool>,
}

impl TypedResource for AccountPasswordPolicy {
    const TYPE: &'static str = "AWS::IAM::AccountPasswordPolicy";
}

/// A TLS certificate that is stored in IAM.
///
/// Source: IAM API Reference, `ServerCertificateMetadata` of `ListServerCertificates`.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct ServerCertificate {
    /// Path (`Path`); `/cloudfront/…` where it is for `CloudFront`.
    pub path: Option<String>,
    /// The unique id that is never used again (`ServerCertificateId`), `ASCA…`.
    pub server_certificate_id: Option<String>,
    /// When it was uploaded, RFC 3339 UTC (`UploadDate`).
    pub upload_date: Option<String>,
    /// When it ceases to be valid, RFC 3339 UTC (`Expiration`).
    pub expiration: Option<String>,
}

impl TypedResource for ServerCertificate {
    const TYPE: &'static str = "AWS::IAM::ServerCertificate";
}
