//! The account itself: what several services tell of it, put together by the plan.

use schemars::JsonSchema;
use serde::Serialize;

use super::TypedResource;
use super::public_access_block::PublicAccessBlock;
use crate::model::attr::Attr;

/// The AWS account. Its id is `AWS::::Account:` and the account id, its name the account id, its
/// region `global`: every collector that tells something of it names it so.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Account {
    /// Partition of the account (`aws`, `aws-us-gov`, `aws-cn`, …), from the caller's ARN.
    pub partition: Option<String>,
    /// What IAM counts and knows of the root user now (`iam:GetAccountSummary`).
    pub summary: Attr<AccountSummary>,
    /// The root user as the credential report describes it (`iam:GetCredentialReport`), as of
    /// [`Self::credential_report_time`].
    pub root: Attr<RootUser>,
    /// When AWS made the credential report, RFC 3339 UTC (`GeneratedTime`): the time of the
    /// evidence in [`Self::root`]. AWS makes a new one at most every four hours.
    pub credential_report_time: Attr<String>,
    /// Serial numbers of the virtual MFA devices assigned to the root user, sorted
    /// (`iam:ListVirtualMFADevices`, matched on the ARN of the user that each is assigned to).
    pub root_virtual_mfa_devices: Attr<Vec<String>>,
    /// The security alternate contact (`account:GetAlternateContact`); absent where none is set.
    pub security_contact: Attr<AlternateContact>,
    /// The organisation (`organizations:DescribeOrganization`); absent where the account is in none.
    pub organization: Attr<Organization>,
    /// Ids of the accounts that are known to belong to the organisation, sorted: to the management
    /// account AWS lists them all (`organizations:ListAccounts`); a member account is told of the
    /// management account alone, and knows of itself (`organizations:DescribeOrganization`). Absent
    /// where the account is in no organisation.
    pub organization_accounts: Attr<Vec<String>>,
    /// The account's S3 Block Public Access (`s3control:GetPublicAccessBlock`); absent where none
    /// is set, which means that all four are off.
    pub s3_public_access_block: Attr<PublicAccessBlock>,
    /// Joined: the principals that hold administrator access, sorted: ARNs of users and roles with
    /// the AWS managed policy `AdministratorAccess`, or with a customer-managed or inline policy
    /// that allows every action on every resource, attached to themselves or to a group of theirs.
    pub administrators: Attr<Vec<String>>,
}

impl TypedResource for Account {
    const TYPE: &'static str = "AWS::::Account";
}

/// What IAM knows of the account without delay.
///
/// Source: IAM API Reference, `SummaryMap` of `GetAccountSummary`. A key that AWS did not return is
/// absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AccountSummary {
    /// Whether the root user has an MFA device (`AccountMFAEnabled`).
    pub account_mfa_enabled: Option<bool>,
    /// Whether the root user has an access key (`AccountAccessKeysPresent`).
    pub account_access_keys_present: Option<bool>,
    /// Whether the root user has a password (`AccountPasswordPresent`); not so where an
    /// organisation manages root access centrally and has removed it.
    pub account_password_present: Option<bool>,
    /// Whether the root user has a signing certificate (`AccountSigningCertificatesPresent`).
    pub account_signing_certificates_present: Option<bool>,
    /// Number of users (`Users`).
    pub users: Option<i64>,
    /// Number of groups (`Groups`).
    pub groups: Option<i64>,
    /// Number of roles (`Roles`).
    pub roles: Option<i64>,
    /// Number of customer-managed policies (`Policies`).
    pub policies: Option<i64>,
    /// Number of server certificates (`ServerCertificates`).
    pub server_certificates: Option<i64>,
}

/// The root user's row, `<root_account>`, of the credential report.
///
/// Source: IAM User Guide, "Generate credential reports for your AWS account". A time is absent
/// where the report says `N/A` or `no_information`: never used, or not since AWS keeps track.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct RootUser {
    /// The cell `password_enabled` as AWS wrote it: `true`, `false`, or `not_supported` where the
    /// partition has no root password to report on (AWS `GovCloud`).
    pub password_enabled: String,
    /// When the password was last used, RFC 3339 UTC (`password_last_used`).
    pub password_last_used: Attr<String>,
    /// Whether an MFA device is active (`mfa_active`).
    pub mfa_active: Attr<bool>,
    /// The access keys (`access_key_1_…`, `access_key_2_…`) that exist, active or not.
    pub access_keys: Attr<Vec<super::iam::AccessKey>>,
}

/// An alternate contact. The telephone number is not kept here.
///
/// Source: Account Management API Reference, `AlternateContact`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AlternateContact {
    /// Name of the person or team (`Name`).
    pub name: Option<String>,
    /// Title (`Title`).
    pub title: Option<String>,
    /// E-mail address (`EmailAddress`).
    pub email_address: Option<String>,
}

/// The organisation that the account belongs to.
///
/// Source: Organizations API Reference, `Organization` of `DescribeOrganization`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Organization {
    /// Its id (`Id`), `o-…`.
    pub id: Option<String>,
    /// `ALL`, or `CONSOLIDATED_BILLING` where only bills are shared (`FeatureSet`).
    pub feature_set: Option<String>,
    /// Account id of the management account (`MasterAccountId`).
    pub master_account_id: Option<String>,
}
