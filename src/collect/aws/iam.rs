//! IAM: the root user, users, groups, roles, policies, the password policy, server certificates.
//!
//! Two calls tell nearly all of it, however many users there are: `GetAccountAuthorizationDetails`
//! and the credential report.

mod authorization;
mod credential_report;
mod reconcile;
mod report_call;
mod report_row;

use futures::future::{FutureExt as _, join};
use serde_json::{Value, json};

use crate::collect::api::document::{Document, Node};
use crate::collect::exchange::operation::{Api, Operation, Rate};
use crate::collect::inventory::service::{OwnType, tells};
use crate::collect::inventory::{
    AttributeValue, Collected, Count, Entry, Item, Listed, Own, Service, ServiceScope, Table,
};
use crate::collect::site::Site;
use crate::model::attr::State;
use crate::model::gap::GapCode;
use crate::model::resource::TypedResource as _;
use crate::model::resource::account::{Account, AccountSummary};
use crate::model::resource::iam::{AccountPasswordPolicy, Group, Policy, Role, ServerCertificate, User};
use report_call::{ReportAnswer, credential_report};

const API: Api = Api::new("iam", Rate::per_second("iam", 15.0));

static GET_ACCOUNT_SUMMARY: Operation = API.operation("GetAccountSummary").no_secrets().must(&["SummaryMap"]);
static GET_ACCOUNT_AUTHORIZATION_DETAILS: Operation = API
    .operation("GetAccountAuthorizationDetails")
    .no_secrets()
    .must(&["UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"]);
static GET_ACCOUNT_PASSWORD_POLICY: Operation =
    API.operation("GetAccountPasswordPolicy").no_secrets().must(&["PasswordPolicy"]).absent(&["NoSuchEntity"]);
/// The seed comes when a device is made, and not with a listing; were it to come, it is not kept.
static LIST_VIRTUAL_MFA_DEVICES: Operation = API
    .operation("ListVirtualMFADevices")
    .secrets(&["VirtualMFADevices.Base32StringSeed", "VirtualMFADevices.QRCodePNG"])
    .must(&["VirtualMFADevices"]);
static LIST_SERVER_CERTIFICATES: Operation =
    API.operation("ListServerCertificates").no_secrets().must(&["ServerCertificateMetadataList"]);

static REPORT: &[&Operation] = &[&report_call::GENERATE_CREDENTIAL_REPORT, &report_call::GET_CREDENTIAL_REPORT];
static DETAILS: &[&Operation] = &[&GET_ACCOUNT_AUTHORIZATION_DETAILS];

/// IAM, once per account.
pub static SERVICE: Service = Service {
    name: "iam",
    scope: ServiceScope::Global,
    tables: &[
        // One function for the account and its users: the credential report tells of both.
        Table::Own(Own {
            types: &[
                OwnType {
                    r#type: Account::TYPE,
                    listed_by: &[],
                    tells: &[
                        tells("summary", &[&GET_ACCOUNT_SUMMARY]),
                        tells("root", REPORT),
                        tells("credential_report_time", REPORT),
                        tells("root_virtual_mfa_devices", &[&LIST_VIRTUAL_MFA_DEVICES]),
                        // Joined from the details; `--service iam` and the preflight find it here.
                        tells("administrators", DETAILS),
                    ],
                },
                OwnType {
                    r#type: User::TYPE,
                    listed_by: DETAILS,
                    tells: &[
                        tells("password", REPORT),
                        tells("mfa_active", REPORT),
                        tells("access_keys", REPORT),
                        tells("credential_report_time", REPORT),
                    ],
                },
                OwnType { r#type: Group::TYPE, listed_by: DETAILS, tells: &[] },
                OwnType { r#type: Role::TYPE, listed_by: DETAILS, tells: &[] },
                OwnType { r#type: Policy::TYPE, listed_by: DETAILS, tells: &[] },
            ],
            collect: |site| identities(site).boxed(),
        }),
        Table::Own(Own {
            types: &[OwnType {
                r#type: AccountPasswordPolicy::TYPE,
                listed_by: &[&GET_ACCOUNT_PASSWORD_POLICY],
                tells: &[],
            }],
            collect: |site| password_policies(site).boxed(),
        }),
        Table::Listed(Listed {
            r#type: ServerCertificate::TYPE,
            operation: &LIST_SERVER_CERTIFICATES,
            input: |_| json!({"MaxItems": 1000}),
            items: "ServerCertificateMetadataList",
            read: |entry: &Entry<'_>| {
                Item::new(entry.str_of("Arn"), entry.str_of("ServerCertificateName"), &certificate(entry.node))
            },
            asks: &[],
        }),
    ],
};

/// The account and its root user, users, groups, roles and policies.
async fn identities(site: Site<'_>) -> Collected {
    // The report is waited for while all else is read; both the root user and the users need it.
    let ((report, details), (summary, devices)) = join(
        join(wanted_report(site).boxed(), wanted_details(site).boxed()),
        join(wanted_summary(site).boxed(), wanted_root_devices(site).boxed()),
    )
    .await;
    let mut all = Collected::default();
    if let Some(details) = details {
        all.extend(details.collected(&site, report.as_ref()));
    }
    all.account.extend([summary, devices].into_iter().flatten());
    if let Some(report) = report.filter(|_| site.needs.wants_type(Account::TYPE)) {
        all.account.push(AttributeValue::new("root", report.root()));
        all.account.push(AttributeValue::new("credential_report_time", report.time()));
    }
    all
}

async fn wanted_report(site: Site<'_>) -> Option<ReportAnswer> {
    let of_account = ["root", "credential_report_time"].iter().any(|key| site.needs.requires(Account::TYPE, key));
    let of_users = ["password", "mfa_active", "access_keys", "credential_report_time"]
        .iter()
        .any(|key| site.needs.requires(User::TYPE, key));
    if of_account || of_users { Some(credential_report(site).await) } else { None }
}

async fn wanted_details(site: Site<'_>) -> Option<authorization::Details> {
    let wanted = [User::TYPE, Group::TYPE, Role::TYPE, Policy::TYPE].iter().any(|r#type| site.needs.wants_type(r#type));
    if !wanted {
        return None;
    }
    let listing = site.list(&GET_ACCOUNT_AUTHORIZATION_DETAILS, json!({"MaxItems": 1000})).await;
    Some(authorization::Details::new(listing))
}

async fn wanted_summary(site: Site<'_>) -> Option<AttributeValue> {
    if !site.needs.requires(Account::TYPE, "summary") {
        return None;
    }
    let answer = site.ask(&GET_ACCOUNT_SUMMARY, Value::Null).await;
    Some(AttributeValue::new("summary", answer.read(|answer| State::Known(account_summary(answer.get("SummaryMap"))))))
}

async fn wanted_root_devices(site: Site<'_>) -> Option<AttributeValue> {
    if !site.needs.requires(Account::TYPE, "root_virtual_mfa_devices") {
        return None;
    }
    let input = json!({"AssignmentStatus": "Assigned", "MaxItems": 1000});
    let listing = site.list(&LIST_VIRTUAL_MFA_DEVICES, input).await;
    let root = format!("arn:{}:iam::{}:root", site.partition, site.account);
    let devices = |page: Document| page.root().list("VirtualMFADevices").map(virtual_device).collect();
    let devices = listing.into_attr(devices).and_then(|devices: Vec<VirtualDevice>| of_root(&devices, &root));
    Some(AttributeValue::new("root_virtual_mfa_devices", devices))
}

/// The password policy, where the account has one.
async fn password_policies(site: Site<'_>) -> Collected {
    let answer = site.ask(&GET_ACCOUNT_PASSWORD_POLICY, Value::Null).await;
    let mut count = Count::of_answer(&site, site.region, AccountPasswordPolicy::TYPE, &answer);
    if let Ok(document) = &answer.result {
        let id = format!("{}:{}", AccountPasswordPolicy::TYPE, site.account);
        let policy = password_policy(document.root().get("PasswordPolicy"));
        count.add(Item::new(Some(id), Some(site.account), &policy), &[]);
    }
    count.done()
}

fn account_summary(map: Node<'_>) -> AccountSummary {
    let count = |key: &str| map.value().get(key).and_then(Value::as_i64);
    let truth = |key: &str| count(key).map(|value| value != 0);
    AccountSummary {
        account_mfa_enabled: truth("AccountMFAEnabled"),
        account_access_keys_present: truth("AccountAccessKeysPresent"),
        account_password_present: truth("AccountPasswordPresent"),
        account_signing_certificates_present: truth("AccountSigningCertificatesPresent"),
        users: count("Users"),
        groups: count("Groups"),
        roles: count("Roles"),
        policies: count("Policies"),
        server_certificates: count("ServerCertificates"),
    }
}

/// A virtual MFA device that is assigned to someone.
struct VirtualDevice {
    serial: Option<String>,
    /// ARN of the user that it is assigned to.
    holder: Option<String>,
}

fn virtual_device(device: Node<'_>) -> VirtualDevice {
    let told = |text: Option<String>| text.filter(|text| !text.is_empty());
    VirtualDevice { serial: told(device.text("SerialNumber")), holder: told(device.get("User").text("Arn")) }
}

/// Serial numbers of the devices that are assigned to the root user. The name of a device tells
/// nothing: any user may call theirs `root-account-mfa-device`.
fn of_root(devices: &[VirtualDevice], root: &str) -> State<Vec<String>> {
    let unknown = |why: &str| State::Unknown(LIST_VIRTUAL_MFA_DEVICES.gap(GapCode::MalformedResponse, why));
    let of_root = devices.iter().filter(|device| device.holder.as_deref() == Some(root));
    let Some(mut serials) = of_root.map(|device| device.serial.clone()).collect::<Option<Vec<String>>>() else {
        return unknown("a virtual MFA device of the root user came without its serial number");
    };
    serials.sort_unstable();
    serials.dedup();
    if serials.is_empty() && devices.iter().any(|device| device.holder.is_none()) {
        return unknown("an assigned virtual MFA device came without the user that it is assigned to");
    }
    State::Known(serials)
}

/// A flag that AWS left out is left out here: the API Reference does not say that this means `false`.
fn password_policy(policy: Node<'_>) -> AccountPasswordPolicy {
    AccountPasswordPolicy {
        minimum_password_length: policy.number("MinimumPasswordLength"),
        require_symbols: policy.flag("RequireSymbols"),
        require_numbers: policy.flag("RequireNumbers"),
        require_uppercase_characters: policy.flag("RequireUppercaseCharacters"),
        require_lowercase_characters: policy.flag("RequireLowercaseCharacters"),
        allow_users_to_change_password: policy.flag("AllowUsersToChangePassword"),
        expire_passwords: policy.flag("ExpirePasswords"),
        // AWS says 0 as well as nothing where passwords do not expire or may be used again.
        max_password_age: policy.number("MaxPasswordAge").filter(|days| *days > 0),
        password_reuse_prevention: policy.number("PasswordReusePrevention").filter(|count| *count > 0),
        hard_expiry: policy.flag("HardExpiry"),
    }
}

fn certificate(metadata: Node<'_>) -> ServerCertificate {
    ServerCertificate {
        path: metadata.text("Path"),
        server_certificate_id: metadata.text("ServerCertificateId"),
        upload_date: metadata.text("UploadDate"),
        expiration: metadata.text("Expiration"),
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod mapping_tests {
    use super::*;
    use crate::collect::exchange::operation::NoValue;

    #[test]
    fn no_password_policy_is_none_and_a_denied_read_is_a_gap() {
        assert_eq!(GET_ACCOUNT_PASSWORD_POLICY.classify_error(Some("NoSuchEntity"), Some(404), ""), NoValue::Absent);
        for operation in SERVICE.provides().iter().flat_map(|provided| provided.operations) {
            for (code, expected) in [
                ("AccessDenied", GapCode::AccessDenied),
                ("ServiceFailure", GapCode::ServerError),
                ("Throttling", GapCode::Throttled),
                ("InvalidClientTokenId", GapCode::CredentialsRejected),
            ] {
                let status = if code == "ServiceFailure" { 500 } else { 403 };
                let NoValue::Gap(gap) = operation.classify_error(Some(code), Some(status), "") else {
                    panic!("{code}")
                };
                assert_eq!(gap.code, expected, "{} {code}", operation.name);
            }
        }
    }

    /// What devices tell of the root user, given by serial number and holder.
    fn told_of_root(told: &[(Option<&str>, Option<&str>)]) -> State<Vec<String>> {
        let device = |(serial, holder): &(Option<&str>, Option<&str>)| {
            let mut device = json!({});
            if let Some(serial) = serial {
                device["SerialNumber"] = json!(serial);
            }
            if let Some(holder) = holder {
                device["User"] = json!({"Arn": holder, "Path": "/", "UserName": "", "UserId": ""});
            }
            device
        };
        let told: Vec<Value> = told.iter().map(device).collect();
        let page = Document::of("iam", "ListVirtualMFADevices", json!({"VirtualMFADevices": told}));
        let devices: Vec<VirtualDevice> = page.root().list("VirtualMFADevices").map(virtual_device).collect();
        of_root(&devices, "arn:aws:iam::123456789012:root")
    }

    #[test]
    fn a_virtual_device_is_the_roots_by_its_holder_and_not_by_its_name() {
        let root = Some("arn:aws:iam::123456789012:root");
        let named = Some("arn:aws:iam::123456789012:mfa/root-account-mfa-device");
        let of_a_user = (named, Some("arn:aws:iam::123456789012:user/root"));
        let other = "arn:aws:iam::123456789012:mfa/phone";
        let known = State::Known(vec![other.to_owned()]);
        assert_eq!(told_of_root(&[of_a_user]), State::Known(vec![]));
        assert_eq!(told_of_root(&[of_a_user, (Some(other), root)]), known);
        assert!(matches!(told_of_root(&[(named, None)]), State::Unknown(_)));
        assert!(matches!(told_of_root(&[(named, Some(""))]), State::Unknown(_)));
        assert_eq!(told_of_root(&[(named, None), (Some(other), root)]), known);
        assert_eq!(told_of_root(&[(Some(other), root), (Some(other), root)]), known);
        assert!(matches!(told_of_root(&[(Some(other), root), (None, root)]), State::Unknown(_)));
        assert_eq!(told_of_root(&[]), State::Known(vec![]));
    }

    #[test]
    fn a_summary_key_that_aws_left_out_is_absent_and_not_false() {
        let summary = json!({"SummaryMap": {"AccountMFAEnabled": 1, "AccountAccessKeysPresent": 0, "Users": 3}});
        let answer = Document::of("iam", "GetAccountSummary", summary);
        let summary = account_summary(answer.root().get("SummaryMap"));
        assert_eq!(summary.account_mfa_enabled, Some(true));
        assert_eq!(summary.account_access_keys_present, Some(false));
        assert_eq!(summary.account_password_present, None);
        assert_eq!(summary.users, Some(3));
    }

    #[test]
    fn a_reuse_prevention_or_age_of_nought_is_none() {
        let policy = json!({"MaxPasswordAge": 0, "PasswordReusePrevention": 0, "RequireSymbols": false});
        let answer = Document::of("iam", "GetAccountPasswordPolicy", json!({"PasswordPolicy": policy}));
        let policy = password_policy(answer.root().get("PasswordPolicy"));
        assert_eq!((policy.max_password_age, policy.password_reuse_prevention), (None, None));
        assert_eq!(policy.require_symbols, Some(false));
        assert_eq!(policy.require_numbers, None, "a flag that was left out is not false");
    }
}
