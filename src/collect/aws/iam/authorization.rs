//! Users, groups, roles and policies, from `GetAccountAuthorizationDetails`.

use std::collections::{BTreeMap, HashMap};

use chrono::DateTime;

use super::GET_ACCOUNT_AUTHORIZATION_DETAILS as OPERATION;
use super::reconcile;
use super::report_call::ReportAnswer;
use crate::collect::api::document::{Document, Node};
use crate::collect::exchange::answer::Listing;
use crate::collect::inventory::{Collected, Count, Item};
use crate::collect::site::Site;
use crate::model::attr::{Attr, State};
use crate::model::gap::{Gap, GapCode};
use crate::model::iam_policy::{PolicyDocument, PolicyError};
use crate::model::resource::TypedResource as _;
use crate::model::resource::iam::{AttachedPolicy, Group, Policy, Role, User};

/// The listing of everything that may do something.
pub(super) struct Details {
    listing: Listing<Document>,
}

/// The items that are there, and the ids of those that are gone.
type Present = (Vec<Item>, Vec<String>);

impl Details {
    pub(super) fn new(listing: Listing<Document>) -> Self {
        Self { listing }
    }

    /// The items of the wanted types, and how they were counted.
    pub(super) fn collected(&self, site: &Site<'_>, report: Option<&ReportAnswer>) -> Collected {
        let of_users = || self.users(site, report);
        let kinds: [(&'static str, &dyn Fn() -> Present); 4] = [
            (User::TYPE, &of_users),
            (Group::TYPE, &|| (self.groups(), Vec::new())),
            (Role::TYPE, &|| (self.roles(), Vec::new())),
            (Policy::TYPE, &|| (self.policies(), Vec::new())),
        ];
        let mut all = Collected::default();
        for (r#type, items) in kinds {
            if site.needs.wants_type(r#type) {
                let mut count = Count::of(site, r#type, &self.listing);
                let (items, gone) = items();
                for item in items {
                    count.add(item, &[]);
                }
                for id in gone {
                    count.gone(id);
                }
                all.extend(count.done());
            }
        }
        all
    }

    /// The users, and the ARNs of those that are gone.
    fn users(&self, site: &Site<'_>, report: Option<&ReportAnswer>) -> Present {
        let details = self.listing.items("UserDetailList").into_iter();
        let listed = details.map(|detail| reconcile::Listed {
            arn: detail.str_of("Arn").unwrap_or_default(),
            name: detail.str_of("UserName").unwrap_or_default(),
            created: detail.str_of("CreateDate").and_then(seconds),
            user: user(detail),
        });
        let together = reconcile::users(listed.collect(), self.listing.gap().as_ref(), report, site.now);
        (together.found.into_iter().map(reconcile::Found::into_item).collect(), together.gone)
    }

    fn groups(&self) -> Vec<Item> {
        let gap = self.listing.gap();
        let policies = self.listing.items("Policies").into_iter();
        let managed: HashMap<&str, Node<'_>> =
            policies.filter_map(|policy| Some((policy.str_of("Arn")?, policy))).collect();
        let details = self.listing.items("GroupDetailList").into_iter();
        details
            .map(|detail| {
                let typed = group(detail, &managed, gap.as_ref());
                Item::new(detail.str_of("Arn"), detail.str_of("GroupName"), &typed)
            })
            .collect()
    }

    fn roles(&self) -> Vec<Item> {
        let details = self.listing.items("RoleDetailList").into_iter();
        details.map(|detail| Item::new(detail.str_of("Arn"), detail.str_of("RoleName"), &role(detail))).collect()
    }

    fn policies(&self) -> Vec<Item> {
        let mut items: Vec<Item> = self
            .listing
            .items("Policies")
            .into_iter()
            .filter(|detail| !is_aws_managed(detail.str_of("Arn").unwrap_or_default()))
            .map(|detail| {
                // Emulators leave the name out; the ARN ends in it.
                let arn = detail.str_of("Arn");
                let name = detail.str_of("PolicyName").or_else(|| arn?.rsplit('/').next());
                Item::new(arn, name, &managed(detail))
            })
            .collect();
        for (owners, name, policies) in [
            ("UserDetailList", "UserName", "UserPolicyList"),
            ("GroupDetailList", "GroupName", "GroupPolicyList"),
            ("RoleDetailList", "RoleName", "RolePolicyList"),
        ] {
            for owner in self.listing.items(owners) {
                items.extend(owner.list(policies).map(|policy| embedded(owner, name, policy)));
            }
        }
        items
    }
}

/// A policy that is embedded in its owner, whose name is in the member `named`. It is named by both;
/// where AWS names one of them not, it cannot be told from others.
fn embedded(owner: Node<'_>, named: &str, policy: Node<'_>) -> Item {
    let arn = owner.str_of("Arn").filter(|arn| !arn.is_empty());
    let name = policy.str_of("PolicyName").filter(|name| !name.is_empty());
    let id = arn.zip(name).map(|(arn, name)| inline_id(arn, name));
    let shown = format!("{}/{}", owner.str_of(named).unwrap_or_default(), name.unwrap_or_default());
    Item::new(id, Some(shown), &inline(arn, policy))
}

/// Id of a policy that is embedded in the user, group or role with this ARN.
fn inline_id(owner: &str, name: &str) -> String {
    format!("{owner}/inline/{name}")
}

/// Whether AWS wrote the policy: its ARN has `aws` in the place of the account.
fn is_aws_managed(arn: &str) -> bool {
    arn.split(':').nth(4) == Some("aws")
}

/// Seconds since the epoch of a time in RFC 3339.
fn seconds(time: &str) -> Option<i64> {
    DateTime::parse_from_rfc3339(time).ok().map(|time| time.timestamp())
}

fn user(detail: Node<'_>) -> User {
    User {
        path: detail.text("Path"),
        user_id: detail.text("UserId"),
        create_date: detail.text("CreateDate"),
        groups: sorted(detail.texts("GroupList")),
        inline_policies: names(detail, "UserPolicyList"),
        attached_policies: attached(detail),
        permissions_boundary: detail.get("PermissionsBoundary").text("PermissionsBoundaryArn"),
        tags: tags(detail),
        ..User::default()
    }
}

fn group(detail: Node<'_>, managed: &HashMap<&str, Node<'_>>, gap: Option<&Gap>) -> Group {
    let attached = attached(detail);
    let mut embedded: Vec<Node<'_>> = detail.list("GroupPolicyList").collect();
    embedded.sort_by_key(|policy| policy.str_of("PolicyName"));
    let inline = embedded.into_iter().map(|policy| document(policy.str_of("PolicyDocument")));
    let documents = attached.iter().map(|policy| match managed.get(policy.policy_arn.as_str()) {
        Some(detail) if is_aws_managed(&policy.policy_arn) => {
            read(default_document(*detail), PolicyDocument::parse_aws_managed)
        }
        Some(detail) => document(default_document(*detail)),
        None => Attr::unknown(gap.cloned().unwrap_or_else(|| {
            let why = format!("the answer does not hold the attached policy {}", policy.policy_arn);
            OPERATION.gap(GapCode::MalformedResponse, why)
        })),
    });
    Group {
        path: detail.text("Path"),
        group_id: detail.text("GroupId"),
        create_date: detail.text("CreateDate"),
        inline_policies: names(detail, "GroupPolicyList"),
        policies: Attr::known(inline.chain(documents).collect()),
        attached_policies: attached,
    }
}

fn role(detail: Node<'_>) -> Role {
    Role {
        path: detail.text("Path"),
        role_id: detail.text("RoleId"),
        create_date: detail.text("CreateDate"),
        assume_role_policy_document: document(detail.str_of("AssumeRolePolicyDocument")),
        inline_policies: names(detail, "RolePolicyList"),
        attached_policies: attached(detail),
        permissions_boundary: detail.get("PermissionsBoundary").text("PermissionsBoundaryArn"),
        role_last_used: detail.get("RoleLastUsed").text("LastUsedDate"),
        organization_accounts: Attr::default(),
        tags: tags(detail),
    }
}

fn managed(detail: Node<'_>) -> Policy {
    Policy {
        kind: "managed".to_owned(),
        owner_arn: None,
        path: detail.text("Path"),
        default_version_id: detail.text("DefaultVersionId"),
        attachment_count: detail.number("AttachmentCount"),
        permissions_boundary_usage_count: detail.number("PermissionsBoundaryUsageCount"),
        create_date: detail.text("CreateDate"),
        update_date: detail.text("UpdateDate"),
        document: document(default_document(detail)),
    }
}

fn inline(owner: Option<&str>, detail: Node<'_>) -> Policy {
    Policy {
        kind: "inline".to_owned(),
        owner_arn: owner.map(str::to_owned),
        document: document(detail.str_of("PolicyDocument")),
        ..Policy::default()
    }
}

/// The document of the version in force. Other versions grant nothing.
fn default_document(detail: Node<'_>) -> Option<&str> {
    detail.list("PolicyVersionList").find(|version| version.flag("IsDefaultVersion") == Some(true))?.str_of("Document")
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

/// Names of the policies in a list of embedded ones.
fn names(owner: Node<'_>, policies: &str) -> Vec<String> {
    sorted(owner.list(policies).filter_map(|policy| policy.text("PolicyName")).collect())
}

fn attached(owner: Node<'_>) -> Vec<AttachedPolicy> {
    let attached = owner.list("AttachedManagedPolicies").map(|policy| AttachedPolicy {
        policy_name: policy.text("PolicyName").unwrap_or_default(),
        policy_arn: policy.text("PolicyArn").unwrap_or_default(),
    });
    let mut attached: Vec<AttachedPolicy> = attached.collect();
    attached.sort_by(|a, b| a.policy_arn.cmp(&b.policy_arn));
    attached
}

fn tags(owner: Node<'_>) -> BTreeMap<String, String> {
    owner.list("Tags").filter_map(|tag| Some((tag.text("Key")?, tag.text("Value").unwrap_or_default()))).collect()
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort_unstable();
    names
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ADMIN: &str = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C\
        %22Action%22%3A%22*%22%2C%22Resource%22%3A%22*%22%7D%5D%7D";
    const NOTHING: &str = "%7B%22Statement%22%3A%5B%5D%7D";

    fn version(id: &str, document: &str, in_force: bool) -> Value {
        json!({"VersionId": id, "Document": document, "IsDefaultVersion": in_force})
    }

    fn details(lists: Value) -> Document {
        Document::of("iam", "GetAccountAuthorizationDetails", lists)
    }

    fn first<'a>(details: &'a Document, list: &str) -> Node<'a> {
        details.root().list(list).next().expect("one at least")
    }

    /// The documents of a group with this embedded policy, and these managed ones.
    fn documents_of_group(embedded: &Value, managed: &[(&str, Option<&str>)]) -> Vec<Attr<PolicyDocument>> {
        let attached: Vec<Value> = managed.iter().map(|(arn, _)| json!({"PolicyArn": arn})).collect();
        let policies = managed.iter().filter_map(|(arn, document)| {
            Some(json!({"Arn": arn, "PolicyVersionList": [version("v1", (*document)?, true)]}))
        });
        let details = details(json!({
            "GroupDetailList": [{
                "Arn": "arn:aws:iam::123456789012:group/g",
                "GroupPolicyList": embedded,
                "AttachedManagedPolicies": attached,
            }],
            "Policies": policies.collect::<Vec<_>>(),
        }));
        let managed: HashMap<&str, Node<'_>> =
            details.root().list("Policies").map(|policy| (policy.str_of("Arn").expect("an ARN"), policy)).collect();
        group(first(&details, "GroupDetailList"), &managed, None).policies.value().expect("known").clone()
    }

    #[test]
    fn the_version_in_force_counts_and_no_other() {
        let details = details(json!({"Policies": [
            {
                "Arn": "arn:aws:iam::123456789012:policy/p",
                "DefaultVersionId": "v2",
                "PolicyVersionList": [version("v1", ADMIN, false), version("v2", NOTHING, true)],
            },
            {"PolicyVersionList": [version("v1", ADMIN, false)]},
            {"PolicyVersionList": [{"VersionId": "v1", "Document": ADMIN}]},
        ]}));
        let documents: Vec<Attr<PolicyDocument>> =
            details.root().list("Policies").map(|policy| managed(policy).document).collect();
        assert_eq!(documents[0].value().map(|document| document.statements.len()), Some(0));
        for none in &documents[1..] {
            assert!(matches!(none.state, State::Unknown(_)));
        }
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
        let embedded = json!([{"PolicyName": "i", "PolicyDocument": NOTHING}]);
        let policies = documents_of_group(&embedded, &[(aws, Some(ADMIN)), ("arn:aws:iam::aws:policy/Other", None)]);
        assert_eq!(policies[0].value().map(|document| document.statements.len()), Some(0));
        assert_eq!(policies[1].value().map(|document| document.statements.len()), Some(1));
        assert!(matches!(policies[2].state, State::Unknown(_)));
    }

    #[test]
    fn a_policy_of_awss_own_may_be_larger_than_any_of_a_customer() {
        let large = format!(r#"{{"Id": "{}", "Statement": []}}"#, "x".repeat(100 * 1024));
        let of_group = |arn: &str| documents_of_group(&json!([]), &[(arn, Some(large.as_str()))]).remove(0);
        assert!(of_group("arn:aws:iam::aws:policy/ReadOnlyAccess").value().is_some());
        assert!(matches!(of_group("arn:aws:iam::123456789012:policy/own").state, State::Unknown(_)));
    }

    #[test]
    fn an_embedded_policy_is_named_by_its_owner_and_without_one_it_has_no_id() {
        let details = details(json!({"RoleDetailList": [
            {
                "Arn": "arn:aws:iam::123456789012:role/r",
                "RoleName": "r",
                "RolePolicyList": [{"PolicyName": "p", "PolicyDocument": NOTHING}, {"PolicyDocument": NOTHING}],
            },
            {"RoleName": "r", "RolePolicyList": [{"PolicyName": "p", "PolicyDocument": NOTHING}]},
        ]}));
        let items: Vec<Item> = details
            .root()
            .list("RoleDetailList")
            .flat_map(|role| role.list("RolePolicyList").map(move |policy| embedded(role, "RoleName", policy)))
            .collect();
        assert_eq!(items[0].id.as_deref(), Some("arn:aws:iam::123456789012:role/r/inline/p"));
        assert_eq!(items[0].name, "r/p");
        assert_eq!((&items[1].id, &items[2].id), (&None, &None));
    }
}
