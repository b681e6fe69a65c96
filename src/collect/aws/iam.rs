//! IAM: the root user, users, groups, roles, policies, the password policy, server certificates.
//!
//! Two calls tell nearly all of it, however many users there are: `GetAccountAuthorizationDetails`
//! and the credential report.

mod authorization;
mod credential_report;
mod reconcile;
mod report_call;

use aws_sdk_iam::Client;
use aws_sdk_iam::operation::list_server_certificates::ListServerCertificatesOutput;
use aws_sdk_iam::types::{
    AssignmentStatusType, PasswordPolicy, ServerCertificateMetadata, SummaryKeyType, VirtualMfaDevice,
};
use futures::future::{BoxFuture, FutureExt as _, join};

use super::account;
use super::time::rfc3339;
use crate::collect::call::Site;
use crate::collect::operation::{Miss, Operation};
use crate::collect::{Collected, Collector, Provided, Reach};
use crate::model::attr::{Attr, State};
use crate::model::gap::GapCode;
use crate::model::resource::account::{Account, AccountSummary};
use crate::model::resource::iam::{AccountPasswordPolicy, Group, Policy, Role, ServerCertificate, User};
use crate::model::resource::{Place, Resource, TypedResource};
use crate::model::scan::Population;
use report_call::{ReportAnswer, credential_report};

static GET_ACCOUNT_SUMMARY: Operation = Operation::new("iam", "GetAccountSummary", "iam:GetAccountSummary");
static GET_ACCOUNT_AUTHORIZATION_DETAILS: Operation =
    Operation::new("iam", "GetAccountAuthorizationDetails", "iam:GetAccountAuthorizationDetails");
static GET_ACCOUNT_PASSWORD_POLICY: Operation =
    Operation::new("iam", "GetAccountPasswordPolicy", "iam:GetAccountPasswordPolicy").absent(&["NoSuchEntity"]);
static LIST_VIRTUAL_MFA_DEVICES: Operation =
    Operation::new("iam", "ListVirtualMFADevices", "iam:ListVirtualMFADevices");
static LIST_SERVER_CERTIFICATES: Operation =
    Operation::new("iam", "ListServerCertificates", "iam:ListServerCertificates");

static REPORT: &[&Operation] = &[&report_call::GENERATE_CREDENTIAL_REPORT, &report_call::GET_CREDENTIAL_REPORT];
static DETAILS: &[&Operation] = &[&GET_ACCOUNT_AUTHORIZATION_DETAILS];

static PROVIDES: &[Provided] = &[
    provided(Account::TYPE, None, &[]),
    provided(Account::TYPE, Some("summary"), &[&GET_ACCOUNT_SUMMARY]),
    provided(Account::TYPE, Some("root"), REPORT),
    provided(Account::TYPE, Some("credential_report_time"), REPORT),
    provided(Account::TYPE, Some("root_virtual_mfa_devices"), &[&LIST_VIRTUAL_MFA_DEVICES]),
    // Joined from users, groups, roles and policies; `--service iam` and the preflight find it here.
    provided(Account::TYPE, Some("administrators"), DETAILS),
    provided(User::TYPE, None, DETAILS),
    provided(User::TYPE, Some("password"), REPORT),
    provided(User::TYPE, Some("mfa_active"), REPORT),
    provided(User::TYPE, Some("access_keys"), REPORT),
    provided(User::TYPE, Some("credential_report_time"), REPORT),
    provided(Group::TYPE, None, DETAILS),
    provided(Role::TYPE, None, DETAILS),
    provided(Policy::TYPE, None, DETAILS),
    provided(AccountPasswordPolicy::TYPE, None, &[&GET_ACCOUNT_PASSWORD_POLICY]),
    provided(ServerCertificate::TYPE, None, &[&LIST_SERVER_CERTIFICATES]),
];

const fn provided(
    r#type: &'static str,
    attribute: Option<&'static str>,
    operations: &'static [&'static Operation],
) -> Provided {
    Provided { r#type, attribute, operations }
}

/// Collects IAM, once per account.
pub struct Iam;

impl Collector for Iam {
    fn service(&self) -> &'static str {
        "iam"
    }

    fn reach(&self) -> Reach {
        Reach::Global
    }

    fn provides(&self) -> &'static [Provided] {
        PROVIDES
    }

    fn collect<'a>(&'a self, site: Site<'a>) -> BoxFuture<'a, Collected> {
        collect(site).boxed()
    }
}

async fn collect(site: Site<'_>) -> Collected {
    let client = super::client!(site, aws_sdk_iam, "iam", site.home);
    // The report is waited for while all else is read; both the root user and the users need it.
    let ((report, listed), (account, rest)) = join(
        join(wanted_report(site, &client).boxed(), wanted_details(site, &client).boxed()),
        join(
            wanted_account(site, &client).boxed(),
            join(wanted_password_policy(site, &client).boxed(), wanted_certificates(site, &client).boxed()),
        ),
    )
    .await;
    let mut all = Collected::default();
    if let Some(mut account) = account {
        if let Some(report) = &report {
            account.root = report.root();
            account.credential_report_time = report.time();
        }
        let (resource, population) = account::known(&site, &account);
        all.resources.push(resource);
        all.populations.push(population);
    }
    if let Some(listed) = listed {
        listed.collected(&site, report.as_ref(), &mut all);
    }
    for part in [rest.0, rest.1].into_iter().flatten() {
        all.resources.extend(part.0);
        all.populations.push(part.1);
    }
    all
}

async fn wanted_report(site: Site<'_>, client: &Client) -> Option<ReportAnswer> {
    let of_account = ["root", "credential_report_time"].iter().any(|key| site.needs.wants(Account::TYPE, key));
    let of_users = ["password", "mfa_active", "access_keys", "credential_report_time"]
        .iter()
        .any(|key| site.needs.wants(User::TYPE, key));
    if of_account || of_users { Some(credential_report(site, client).await) } else { None }
}

async fn wanted_details(site: Site<'_>, client: &Client) -> Option<authorization::Details> {
    let wanted = [User::TYPE, Group::TYPE, Role::TYPE, Policy::TYPE].iter().any(|r#type| site.needs.wants_type(r#type));
    if !wanted {
        return None;
    }
    let stream = client
        .get_account_authorization_details()
        .max_items(1000)
        .into_paginator()
        .stop_on_duplicate_token(false)
        .send();
    Some(authorization::Details::new(site.pages(&GET_ACCOUNT_AUTHORIZATION_DETAILS, stream).await))
}

/// What IAM tells of the account, but for what the credential report does.
async fn wanted_account(site: Site<'_>, client: &Client) -> Option<Account> {
    if !site.needs.wants_type(Account::TYPE) {
        return None;
    }
    let summary = async {
        if !site.needs.wants(Account::TYPE, "summary") {
            return Attr::default();
        }
        let answer = site.call(&GET_ACCOUNT_SUMMARY, client.get_account_summary().send()).await;
        answer.into_attr().and_then(|output| match output.summary_map {
            Some(map) => State::Known(account_summary(|key| map.get(key).copied())),
            None => State::Unknown(GET_ACCOUNT_SUMMARY.gap(GapCode::MalformedResponse, "the answer holds no summary")),
        })
    };
    let devices = async {
        if !site.needs.wants(Account::TYPE, "root_virtual_mfa_devices") {
            return Attr::default();
        }
        let stream = client
            .list_virtual_mfa_devices()
            .assignment_status(AssignmentStatusType::Assigned)
            .max_items(1000)
            .into_paginator()
            .stop_on_duplicate_token(false)
            .send();
        let listing = site.pages(&LIST_VIRTUAL_MFA_DEVICES, stream).await;
        let root = format!("arn:{}:iam::{}:root", site.partition, site.account);
        listing.into_attr(|page| page.virtual_mfa_devices).and_then(|devices| of_root(&devices, &root))
    };
    let (summary, root_virtual_mfa_devices) = join(summary, devices).await;
    Some(Account { summary, root_virtual_mfa_devices, ..account::of(&site) })
}

type Part = (Vec<Resource>, Population);

async fn wanted_password_policy(site: Site<'_>, client: &Client) -> Option<Part> {
    if !site.needs.wants_type(AccountPasswordPolicy::TYPE) {
        return None;
    }
    let answer = site.call(&GET_ACCOUNT_PASSWORD_POLICY, client.get_account_password_policy().send()).await;
    let captures = answer.captures;
    let found = match answer.result {
        Ok(output) => output
            .password_policy
            .map(|policy| Some(password_policy(&policy)))
            .ok_or_else(|| GET_ACCOUNT_PASSWORD_POLICY.gap(GapCode::MalformedResponse, "the answer holds no policy")),
        Err(Miss::Absent | Miss::Gone) => Ok(None),
        Err(Miss::Gap(gap)) => Err(gap),
    };
    let gap = found.as_ref().err().cloned();
    let id = format!("{}:{}", AccountPasswordPolicy::TYPE, site.account);
    let place = Place { id: &id, name: site.account, account: site.account, region: site.region };
    let resources: Vec<Resource> =
        found.ok().flatten().iter().map(|policy| Resource::new(place, policy, &captures)).collect();
    let population = Population {
        account: site.account.to_owned(),
        region: site.region.to_owned(),
        r#type: AccountPasswordPolicy::TYPE.to_owned(),
        count: resources.len() as u64,
        counted_by: GET_ACCOUNT_PASSWORD_POLICY.label(),
        pages: 1,
        complete: gap.is_none(),
        gap,
        gone: Vec::new(),
        captures,
    };
    Some((resources, population))
}

async fn wanted_certificates(site: Site<'_>, client: &Client) -> Option<Part> {
    if !site.needs.wants_type(ServerCertificate::TYPE) {
        return None;
    }
    let stream =
        client.list_server_certificates().max_items(1000).into_paginator().stop_on_duplicate_token(false).send();
    let listing = site.pages(&LIST_SERVER_CERTIFICATES, stream).await;
    let resources: Vec<Resource> = listing
        .pages
        .iter()
        .flat_map(ListServerCertificatesOutput::server_certificate_metadata_list)
        .map(|metadata| {
            let place = Place {
                id: metadata.arn(),
                name: metadata.server_certificate_name(),
                account: site.account,
                region: site.region,
            };
            Resource::new(place, &certificate(metadata), &listing.captures)
        })
        .collect();
    let population = listing.population(&site, ServerCertificate::TYPE, resources.len());
    Some((resources, population))
}

fn account_summary(value: impl Fn(&SummaryKeyType) -> Option<i32>) -> AccountSummary {
    let truth = |key| value(&key).map(|value| value != 0);
    let count = |key| value(&key).map(i64::from);
    AccountSummary {
        account_mfa_enabled: truth(SummaryKeyType::AccountMfaEnabled),
        account_access_keys_present: truth(SummaryKeyType::AccountAccessKeysPresent),
        account_password_present: truth(SummaryKeyType::AccountPasswordPresent),
        account_signing_certificates_present: truth(SummaryKeyType::AccountSigningCertificatesPresent),
        users: count(SummaryKeyType::Users),
        groups: count(SummaryKeyType::Groups),
        roles: count(SummaryKeyType::Roles),
        policies: count(SummaryKeyType::Policies),
        server_certificates: count(SummaryKeyType::ServerCertificates),
    }
}

/// Serial numbers of the devices that are assigned to the root user. The name of a device tells
/// nothing: any user may call theirs `root-account-mfa-device`.
fn of_root(devices: &[VirtualMfaDevice], root: &str) -> State<Vec<String>> {
    let holder =
        |device: &VirtualMfaDevice| device.user().map(|user| user.arn().to_owned()).filter(|arn| !arn.is_empty());
    let mut serials: Vec<String> = devices
        .iter()
        .filter(|device| holder(device).as_deref() == Some(root))
        .map(|device| device.serial_number().to_owned())
        .collect();
    serials.sort_unstable();
    if serials.is_empty() && devices.iter().any(|device| holder(device).is_none()) {
        let why = "an assigned virtual MFA device came without the user that it is assigned to";
        return State::Unknown(LIST_VIRTUAL_MFA_DEVICES.gap(GapCode::MalformedResponse, why));
    }
    State::Known(serials)
}

fn password_policy(policy: &PasswordPolicy) -> AccountPasswordPolicy {
    AccountPasswordPolicy {
        minimum_password_length: policy.minimum_password_length().map(i64::from),
        require_symbols: Some(policy.require_symbols()),
        require_numbers: Some(policy.require_numbers()),
        require_uppercase_characters: Some(policy.require_uppercase_characters()),
        require_lowercase_characters: Some(policy.require_lowercase_characters()),
        allow_users_to_change_password: Some(policy.allow_users_to_change_password()),
        expire_passwords: Some(policy.expire_passwords()),
        // AWS says 0 as well as nothing where passwords do not expire or may be used again.
        max_password_age: policy.max_password_age().filter(|days| *days > 0).map(i64::from),
        password_reuse_prevention: policy.password_reuse_prevention().filter(|count| *count > 0).map(i64::from),
        hard_expiry: policy.hard_expiry(),
    }
}

fn certificate(metadata: &ServerCertificateMetadata) -> ServerCertificate {
    ServerCertificate {
        path: Some(metadata.path().to_owned()),
        server_certificate_id: Some(metadata.server_certificate_id().to_owned()),
        upload_date: metadata.upload_date().and_then(rfc3339),
        expiration: metadata.expiration().and_then(rfc3339),
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod mapping_tests {
    use aws_sdk_iam::types::User as SdkUser;
    use aws_smithy_types::DateTime;

    use super::*;

    #[test]
    fn no_password_policy_is_none_and_a_denied_read_is_a_gap() {
        assert_eq!(GET_ACCOUNT_PASSWORD_POLICY.judge(Some("NoSuchEntity"), Some(404), ""), Miss::Absent);
        for operation in PROVIDES.iter().flat_map(|provided| provided.operations) {
            for (code, expected) in [
                ("AccessDenied", GapCode::AccessDenied),
                ("ServiceFailure", GapCode::ServerError),
                ("Throttling", GapCode::Throttled),
                ("InvalidClientTokenId", GapCode::CredentialsRejected),
            ] {
                let status = if code == "ServiceFailure" { 500 } else { 403 };
                let Miss::Gap(gap) = operation.judge(Some(code), Some(status), "") else { panic!("{code}") };
                assert_eq!(gap.code, expected, "{} {code}", operation.name);
            }
        }
    }

    fn device(serial: &str, holder: Option<&str>) -> VirtualMfaDevice {
        let time = DateTime::from_secs(0);
        let user = holder.map(|arn| {
            let user = SdkUser::builder().arn(arn).path("/").user_name("").user_id("").create_date(time);
            user.build().expect("all members given")
        });
        VirtualMfaDevice::builder().serial_number(serial).set_user(user).build().expect("all members given")
    }

    #[test]
    fn a_virtual_device_is_the_roots_by_its_holder_and_not_by_its_name() {
        let root = "arn:aws:iam::123456789012:root";
        let named = "arn:aws:iam::123456789012:mfa/root-account-mfa-device";
        let of_a_user = device(named, Some("arn:aws:iam::123456789012:user/root"));
        assert_eq!(of_root(std::slice::from_ref(&of_a_user), root), State::Known(vec![]));
        let other = "arn:aws:iam::123456789012:mfa/phone";
        assert_eq!(of_root(&[of_a_user, device(other, Some(root))], root), State::Known(vec![other.to_owned()]));
        assert!(matches!(of_root(&[device(named, None)], root), State::Unknown(_)));
        let both = [device(named, None), device(other, Some(root))];
        assert_eq!(of_root(&both, root), State::Known(vec![other.to_owned()]));
        assert_eq!(of_root(&[], root), State::Known(vec![]));
    }

    #[test]
    fn a_summary_key_that_aws_left_out_is_absent_and_not_false() {
        let summary = account_summary(|key| (*key == SummaryKeyType::AccountMfaEnabled).then_some(1));
        assert_eq!(summary.account_mfa_enabled, Some(true));
        assert_eq!(summary.account_password_present, None);
    }

    #[test]
    fn a_reuse_prevention_or_age_of_nought_is_none() {
        let policy = PasswordPolicy::builder().max_password_age(0).password_reuse_prevention(0).build();
        let policy = password_policy(&policy);
        assert_eq!((policy.max_password_age, policy.password_reuse_prevention), (None, None));
        assert_eq!(policy.require_symbols, Some(false));
    }
}
