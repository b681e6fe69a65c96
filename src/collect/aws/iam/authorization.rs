//! Users, groups, roles and policies, from `GetAccountAuthorizationDetails`.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_iam::operation::get_account_authorization_details::GetAccountAuthorizationDetailsOutput as Page;
use aws_sdk_iam::types::{
    AttachedPolicy as SdkAttached, GroupDetail, ManagedPolicyDetail, PolicyDetail, RoleDetail, Tag, UserDetail,
};

use super::super::time::rfc3339;
use super::GET_ACCOUNT_AUTHORIZATION_DETAILS as OPERATION;
use super::reconcile;
use super::report_call::ReportAnswer;
use crate::collect::Collected;
use crate::collect::call::{Listing, Site};
use crate::model::attr::{Attr, State};
use crate::model::gap::{Gap, GapCode};
use crate::model::iam_policy::{PolicyDocument, PolicyError};
use crate::model::resource::iam::{AttachedPolicy, Group, Policy, Role, User};
use crate::model::resource::{Place, Resource, TypedResource};

/// The listing of everything that may do something.
pub(super) struct Details {
    listing: Listing<Page>,
}

impl Details {
    pub(super) fn new(listing: Listing<Page>) -> Self {
        Self { listing }
    }

    /// Adds the resources of the wanted types, and how they were counted.
    pub(super) fn collected(&self, site: &Site<'_>, report: Option<&ReportAnswer>, all: &mut Collected) {
        let of_users = || self.users(site, report);
        let kinds: [(&str, &dyn Fn() -> Vec<Resource>); 4] = [
            (User::TYPE, &of_users),
            (Group::TYPE, &|| self.groups(site)),
            (Role::TYPE, &|| self.roles(site)),
            (Policy::TYPE, &|| self.policies(site)),
        ];
        for (r#type, resources) in kinds {
            if site.needs.wants_type(r#type) {
                let resources = resources();
                all.populations.push(self.listing.population(site, r#type, resources.len()));
                all.resources.extend(resources);
            }
        }
    }

    fn user_details(&self) -> impl Iterator<Item = &UserDetail> {
        self.listing.pages.iter().flat_map(Page::user_detail_list)
    }

    fn group_details(&self) -> impl Iterator<Item = &GroupDetail> {
        self.listing.pages.iter().flat_map(Page::group_detail_list)
    }

    fn role_details(&self) -> impl Iterator<Item = &RoleDetail> {
        self.listing.pages.iter().flat_map(Page::role_detail_list)
    }

    fn managed_policies(&self) -> impl Iterator<Item = &ManagedPolicyDetail> {
        self.listing.pages.iter().flat_map(Page::policies)
    }

    fn users(&self, site: &Site<'_>, report: Option<&ReportAnswer>) -> Vec<Resource> {
        let listed = self.user_details().map(|detail| reconcile::Listed {
            arn: detail.arn().unwrap_or_default(),
            name: detail.user_name().unwrap_or_default(),
            created: detail.create_date().map(aws_smithy_types::DateTime::secs),
            user: user(detail),
        });
        reconcile::users(listed.collect(), self.listing.gap().as_ref(), report)
            .into_iter()
            .map(|user| user.into_resource(site, &self.listing.captures))
            .collect()
    }

    fn groups(&self, site: &Site<'_>) -> Vec<Resource> {
        let gap = self.listing.gap();
        let managed: HashMap<&str, &ManagedPolicyDetail> =
            self.managed_policies().filter_map(|policy| Some((policy.arn()?, policy))).collect();
        let mut resources = Vec::new();
        for detail in self.group_details() {
            let place = place(site, detail.arn(), detail.group_name());
            resources.push(Resource::new(place, &group(detail, &managed, gap.as_ref()), &self.listing.captures));
        }
        resources
    }

    fn roles(&self, site: &Site<'_>) -> Vec<Resource> {
        self.role_details()
            .map(|detail| {
                Resource::new(place(site, detail.arn(), detail.role_name()), &role(detail), &self.listing.captures)
            })
            .collect()
    }

    fn policies(&self, site: &Site<'_>) -> Vec<Resource> {
        let captures = &self.listing.captures;
        let mut resources: Vec<Resource> = self
            .managed_policies()
            .filter(|detail| !is_aws_managed(detail.arn().unwrap_or_default()))
            .map(|detail| {
                // Emulators leave the name out; the ARN ends in it.
                let name = detail.policy_name().or_else(|| detail.arn()?.rsplit('/').next());
                Resource::new(place(site, detail.arn(), name), &managed(detail), captures)
            })
            .collect();
        let mut add = |arn: Option<&str>, name: Option<&str>, policies: &[PolicyDetail]| {
            let (arn, owner) = (arn.unwrap_or_default(), name.unwrap_or_default());
            for detail in policies {
                let name = detail.policy_name().unwrap_or_default();
                let (id, name) = (inline_id(arn, name), format!("{owner}/{name}"));
                resources.push(Resource::new(place(site, Some(&id), Some(&name)), &inline(arn, detail), captures));
            }
        };
        for detail in self.user_details() {
            add(detail.arn(), detail.user_name(), detail.user_policy_list());
        }
        for detail in self.group_details() {
            add(detail.arn(), detail.group_name(), detail.group_policy_list());
        }
        for detail in self.role_details() {
            add(detail.arn(), detail.role_name(), detail.role_policy_list());
        }
        resources
    }
}

fn place<'a>(site: &Site<'a>, arn: Option<&'a str>, name: Option<&'a str>) -> Place<'a> {
    Place { id: arn.unwrap_or_default(), name: name.unwrap_or_default(), account: site.account, region: site.region }
}

/// Id of a policy that is embedded in the user, group or role with this ARN.
fn inline_id(owner: &str, name: &str) -> String {
    format!("{owner}/inline/{name}")
}

/// Whether AWS wrote the policy: its ARN has `aws` in the place of the account.
fn is_aws_managed(arn: &str) -> bool {
    arn.split(':').nth(4) == Some("aws")
}

fn user(detail: &UserDetail) -> User {
    User {
        path: detail.path().map(ToOwned::to_owned),
        user_id: detail.user_id().map(ToOwned::to_owned),
        create_date: detail.create_date().and_then(rfc3339),
        groups: sorted(detail.group_list().to_vec()),
        inline_policies: names(detail.user_policy_list()),
        attached_policies: attached(detail.attached_managed_policies()),
        permissions_boundary: detail
            .permissions_boundary()
            .and_then(|boundary| boundary.permissions_boundary_arn())
            .map(ToOwned::to_owned),
        tags: tags(detail.tags()),
        ..User::default()
    }
}

fn group(detail: &GroupDetail, managed: &HashMap<&str, &ManagedPolicyDetail>, gap: Option<&Gap>) -> Group {
    let attached = attached(detail.attached_managed_policies());
    let mut embedded: Vec<&PolicyDetail> = detail.group_policy_list().iter().collect();
    embedded.sort_by_key(|policy| policy.policy_name());
    let inline = embedded.into_iter().map(|policy| document(policy.policy_document()));
    let documents = attached.iter().map(|policy| match managed.get(policy.policy_arn.as_str()) {
        Some(detail) if is_aws_managed(&policy.policy_arn) => {
            read(default_document(detail), PolicyDocument::parse_aws_managed)
        }
        Some(detail) => document(default_document(detail)),
        None => Attr::unknown(gap.cloned().unwrap_or_else(|| {
            let why = format!("the answer does not hold the attached policy {}", policy.policy_arn);
            OPERATION.gap(GapCode::MalformedResponse, why)
        })),
    });
    Group {
        path: detail.path().map(ToOwned::to_owned),
        group_id: detail.group_id().map(ToOwned::to_owned),
        create_date: detail.create_date().and_then(rfc3339),
        inline_policies: names(detail.group_policy_list()),
        policies: Attr::known(inline.chain(documents).collect()),
        attached_policies: attached,
    }
}

fn role(detail: &RoleDetail) -> Role {
    Role {
        path: detail.path().map(ToOwned::to_owned),
        role_id: detail.role_id().map(ToOwned::to_owned),
        create_date: detail.create_date().and_then(rfc3339),
        assume_role_policy_document: document(detail.assume_role_policy_document()),
        inline_policies: names(detail.role_policy_list()),
        attached_policies: attached(detail.attached_managed_policies()),
        permissions_boundary: detail
            .permissions_boundary()
            .and_then(|boundary| boundary.permissions_boundary_arn())
            .map(ToOwned::to_owned),
        role_last_used: detail.role_last_used().and_then(|used| used.last_used_date()).and_then(rfc3339),
        organization_accounts: Attr::default(),
        tags: tags(detail.tags()),
    }
}

fn managed(detail: &ManagedPolicyDetail) -> Policy {
    Policy {
        kind: "managed".to_owned(),
        owner_arn: None,
        path: detail.path().map(ToOwned::to_owned),
        default_version_id: detail.default_version_id().map(ToOwned::to_owned),
        attachment_count: detail.attachment_count().map(i64::from),
        permissions_boundary_usage_count: detail.permissions_boundary_usage_count().map(i64::from),
        create_date: detail.create_date().and_then(rfc3339),
        update_date: detail.update_date().and_then(rfc3339),
        document: document(default_document(detail)),
    }
}

fn inline(owner: &str, detail: &PolicyDetail) -> Policy {
    Policy {
        kind: "inline".to_owned(),
        owner_arn: Some(owner.to_owned()),
        document: document(detail.policy_document()),
        ..Policy::default()
    }
}

/// The document of the version in force. Other versions grant nothing.
fn default_document(detail: &ManagedPolicyDetail) -> Option<&str> {
    detail.policy_version_list().iter().find(|version| version.is_default_version())?.document()
}

/// A document that is not there or does not parse is unknown: it may grant anything.
fn document(text: Option<&str>) -> Attr<PolicyDocument> {
    read(text, PolicyDocument::parse)
}

/// The typed form of a document by this way to read it; unknown where it cannot be read.
fn read(text: Option<&str>, parse: fn(&str) -> Result<PolicyDocument, PolicyError>) -> Attr<PolicyDocument> {
    let state = match text.map(parse) {
        Some(Ok(document)) => State::Known(document),
        Some(Err(error)) => State::Unknown(OPERATION.gap(GapCode::MalformedResponse, format!("could not {error}"))),
        None => State::Unknown(OPERATION.gap(GapCode::MalformedResponse, "the policy came without its document")),
    };
    Attr { state, captures: Vec::new() }
}

fn names(policies: &[PolicyDetail]) -> Vec<String> {
    sorted(policies.iter().filter_map(|policy| policy.policy_name().map(ToOwned::to_owned)).collect())
}

fn attached(policies: &[SdkAttached]) -> Vec<AttachedPolicy> {
    let mut attached: Vec<AttachedPolicy> = policies
        .iter()
        .map(|policy| AttachedPolicy {
            policy_name: policy.policy_name().unwrap_or_default().to_owned(),
            policy_arn: policy.policy_arn().unwrap_or_default().to_owned(),
        })
        .collect();
    attached.sort_by(|a, b| a.policy_arn.cmp(&b.policy_arn));
    attached
}

fn tags(tags: &[Tag]) -> BTreeMap<String, String> {
    tags.iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect()
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort_unstable();
    names
}

#[cfg(test)]
mod tests {
    use aws_sdk_iam::types::PolicyVersion;

    use super::*;

    const ADMIN: &str = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C\
        %22Action%22%3A%22*%22%2C%22Resource%22%3A%22*%22%7D%5D%7D";
    const NOTHING: &str = "%7B%22Statement%22%3A%5B%5D%7D";

    fn version(id: &str, document: &str, in_force: bool) -> PolicyVersion {
        PolicyVersion::builder().version_id(id).document(document).is_default_version(in_force).build()
    }

    #[test]
    fn the_version_in_force_counts_and_no_other() {
        let policy = ManagedPolicyDetail::builder()
            .arn("arn:aws:iam::123456789012:policy/p")
            .default_version_id("v2")
            .policy_version_list(version("v1", ADMIN, false))
            .policy_version_list(version("v2", NOTHING, true))
            .build();
        let document = managed(&policy).document;
        assert_eq!(document.value().map(|document| document.statements.len()), Some(0));
        let none = ManagedPolicyDetail::builder().policy_version_list(version("v1", ADMIN, false)).build();
        assert!(matches!(managed(&none).document.state, State::Unknown(_)));
    }

    #[test]
    fn a_document_comes_percent_encoded_and_a_broken_one_is_unknown() {
        let known = document(Some(ADMIN));
        assert_eq!(known.value().map(|document| document.statements[0].actions.clone()), Some(vec!["*".to_owned()]));
        for text in [None, Some(""), Some("%7B"), Some("%zz"), Some("{\"Statement\":1}")] {
            let State::Unknown(gap) = document(text).state else { panic!("{text:?}") };
            assert_eq!(gap.code, GapCode::MalformedResponse);
        }
    }

    #[test]
    fn aws_managed_policies_are_told_by_their_arn_in_every_partition() {
        for partition in ["aws", "aws-cn", "aws-us-gov"] {
            assert!(is_aws_managed(&format!("arn:{partition}:iam::aws:policy/AdministratorAccess")));
        }
        assert!(!is_aws_managed("arn:aws:iam::123456789012:policy/aws"));
    }

    #[test]
    fn a_groups_policies_take_in_aws_managed_ones_and_one_that_did_not_come_is_unknown() {
        let aws = "arn:aws:iam::aws:policy/AdministratorAccess";
        let admin = ManagedPolicyDetail::builder().arn(aws).policy_version_list(version("v1", ADMIN, true)).build();
        let detail = GroupDetail::builder()
            .arn("arn:aws:iam::123456789012:group/g")
            .group_policy_list(PolicyDetail::builder().policy_name("i").policy_document(NOTHING).build())
            .attached_managed_policies(SdkAttached::builder().policy_arn(aws).build())
            .attached_managed_policies(SdkAttached::builder().policy_arn("arn:aws:iam::aws:policy/Other").build())
            .build();
        let group = group(&detail, &HashMap::from([(aws, &admin)]), None);
        let policies = group.policies.value().expect("known");
        assert_eq!(policies[0].value().map(|document| document.statements.len()), Some(0));
        assert_eq!(policies[1].value().map(|document| document.statements.len()), Some(1));
        assert!(matches!(policies[2].state, State::Unknown(_)));
    }

    #[test]
    fn a_policy_of_awss_own_may_be_larger_than_any_of_a_customer() {
        let large = format!(r#"{{"Id": "{}", "Statement": []}}"#, "x".repeat(100 * 1024));
        let group_with = |arn: &str| {
            let policy =
                ManagedPolicyDetail::builder().arn(arn).policy_version_list(version("v1", &large, true)).build();
            let detail = GroupDetail::builder()
                .arn("arn:aws:iam::123456789012:group/g")
                .attached_managed_policies(SdkAttached::builder().policy_arn(arn).build())
                .build();
            group(&detail, &HashMap::from([(arn, &policy)]), None).policies.value().expect("known")[0].clone()
        };
        assert!(group_with("arn:aws:iam::aws:policy/ReadOnlyAccess").value().is_some());
        assert!(matches!(group_with("arn:aws:iam::123456789012:policy/own").state, State::Unknown(_)));
    }
}
