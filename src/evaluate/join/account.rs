//! What is joined into the account: who administers it.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::Join;
use crate::control::functions::{FUNCTIONS, Fault};
use crate::evaluate::inventory::Inventory;
use crate::model::attr::CaptureId;
use crate::model::gap::{Gap, GapCode};
use crate::model::resource::account::Account;
use crate::model::resource::iam::{Group, Policy, Role, User};
use crate::model::resource::{Resource, TypedResource};
use crate::model::tree::Tree;

pub(super) static JOINS: &[Join] = &[Join {
    into: Account::TYPE,
    attribute: "administrators",
    needs: &[
        (User::TYPE, Some("groups")),
        (User::TYPE, Some("inline_policies")),
        (User::TYPE, Some("attached_policies")),
        (Group::TYPE, Some("inline_policies")),
        (Group::TYPE, Some("attached_policies")),
        (Role::TYPE, Some("inline_policies")),
        (Role::TYPE, Some("attached_policies")),
        (Policy::TYPE, Some("document")),
    ],
    apply: administrators,
}];

/// The types that hold or give administrator access.
const MADE_OF: [&str; 4] = [User::TYPE, Group::TYPE, Role::TYPE, Policy::TYPE];

/// Whether something holds administrator access; or the gap that keeps us from saying.
type Holds = Result<bool, Gap>;

/// Gives each account the list of its administrators. Who may be one and cannot be told, and the rest of a
/// listing that broke off, stand in it as unknown elements; where nobody certainly is one, the list is
/// unknown as a whole.
fn administrators(inventory: &mut Inventory) {
    let (holders, mut gaps) = holders(inventory);
    gaps.extend(MADE_OF.iter().filter_map(|r#type| inventory.listing_gap(r#type, None)));
    let captures: BTreeSet<CaptureId> = inventory
        .populations
        .iter()
        .filter(|population| MADE_OF.contains(&population.r#type.as_str()))
        .flat_map(|population| population.captures.iter().copied())
        .collect();
    let mut accounts = inventory.take(Account::TYPE);
    for account in &mut accounts {
        match gaps.last() {
            Some(gap) if holders.is_empty() => account.set_unknown("administrators", gap.clone()),
            rest => {
                let certain = holders.iter().map(|id| Tree::from(id.as_str()));
                let list: Vec<Tree> = certain.chain(rest.cloned().map(Tree::from)).collect();
                account.set_known("administrators", list, captures.iter().copied().collect::<Vec<_>>());
            }
        }
    }
    inventory.put(Account::TYPE, accounts);
}

/// Ids of the users and roles that hold administrator access, sorted, and why it cannot be told of others.
fn holders(inventory: &Inventory) -> (Vec<String>, Vec<Gap>) {
    let policies: HashMap<&str, Holds> = inventory
        .of_type(Policy::TYPE)
        .iter()
        .map(|policy| (policy.identity.id.as_str(), allows_admin(policy)))
        .collect();
    let groups: HashMap<&str, Holds> = inventory
        .of_type(Group::TYPE)
        .iter()
        .map(|group| (group.identity.name.as_str(), holds_itself(group, &policies)))
        .collect();
    let (mut holders, mut gaps) = (Vec::new(), Vec::new());
    for principal in inventory.of_type(User::TYPE).iter().chain(inventory.of_type(Role::TYPE)) {
        let through_groups = if principal.identity.r#type == User::TYPE {
            any(texts(principal, "groups", None).map(|names| {
                names
                    .iter()
                    .map(|name| groups.get(name.as_str()).cloned().unwrap_or_else(|| Err(unlisted("group", name))))
                    .collect()
            }))
        } else {
            Ok(false)
        };
        match either(holds_itself(principal, &policies), through_groups) {
            Ok(true) => holders.push(principal.identity.id.clone()),
            Ok(false) => {}
            Err(gap) => gaps.push(gap),
        }
    }
    holders.sort_unstable();
    holders.dedup();
    (holders, gaps)
}

/// Whether the policies on a user, group or role itself give administrator access.
fn holds_itself(resource: &Resource, policies: &HashMap<&str, Holds>) -> Holds {
    let of = |id: &str| policies.get(id).cloned().unwrap_or_else(|| Err(unlisted("policy", id)));
    let inline = any(texts(resource, "inline_policies", None)
        .map(|names| names.iter().map(|name| of(&format!("{}/inline/{name}", resource.identity.id))).collect()));
    let attached = any(texts(resource, "attached_policies", Some("policy_arn")).map(|arns| {
        arns.iter()
            .map(|arn| if let Some(name) = aws_managed(arn) { Ok(name == "AdministratorAccess") } else { of(arn) })
            .collect()
    }));
    either(inline, attached)
}

/// The name of an AWS managed policy, where the ARN is of one: it has `aws` for the account.
fn aws_managed(arn: &str) -> Option<&str> {
    let mut parts = arn.splitn(6, ':').skip(4);
    let (account, resource) = (parts.next()?, parts.next()?);
    if account == "aws" { resource.strip_prefix("policy/") } else { None }
}

fn allows_admin(policy: &Resource) -> Holds {
    let document = &policy.attributes["document"];
    if document.is_null() {
        return Err(Gap::new(GapCode::AttributeAbsent, format!("{} has no document", policy.identity.id)));
    }
    let function = FUNCTIONS.iter().find(|function| function.name == "policy.allows_admin").expect("it is registered");
    match (function.call)(std::slice::from_ref(document)) {
        Ok(answer) => Ok(answer == Tree::Bool(true)),
        Err(Fault::Unknown(gap)) => Err(Arc::unwrap_or_clone(gap)),
        Err(Fault::Invalid(why)) => Err(Gap::new(GapCode::ExpressionError, why)),
    }
}

/// The texts of a list attribute, or the member of its objects; the gap where any is unknown.
fn texts(resource: &Resource, attribute: &str, member: Option<&str>) -> Result<Vec<String>, Gap> {
    let list = &resource.attributes[attribute];
    if let Some(gap) = list.first_gap() {
        return Err(Gap::clone(gap));
    }
    let Some(items) = list.as_array() else { return Ok(Vec::new()) };
    let text = |item: &Tree| {
        let text = member.map_or(item, |member| &item[member]).as_str();
        text.map(ToOwned::to_owned).ok_or_else(|| {
            Gap::new(
                GapCode::MalformedResponse,
                format!("{attribute} of {} is not a list of names", resource.identity.id),
            )
        })
    };
    items.iter().map(text).collect()
}

fn unlisted(kind: &str, id: &str) -> Gap {
    Gap::new(GapCode::MalformedResponse, format!("the {kind} {id} is in use and not listed"))
}

/// Whether any of them holds it: one that does decides, whatever is unknown besides.
fn any(all: Result<Vec<Holds>, Gap>) -> Holds {
    all?.into_iter().fold(Ok(false), either)
}

fn either(one: Holds, other: Holds) -> Holds {
    match (one, other) {
        (Ok(true), _) | (_, Ok(true)) => Ok(true),
        (Err(gap), _) | (_, Err(gap)) => Err(gap),
        (Ok(false), Ok(false)) => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::attr::Attr;
    use crate::model::iam_policy::PolicyDocument;
    use crate::model::resource::ResourceId;
    use crate::model::resource::iam::AttachedPolicy;
    use crate::model::scan::{AccountScope, Population};

    const PREFIX: &str = "arn:aws:iam::123456789012:";

    fn resource<T: TypedResource>(id: &str, name: &str, typed: &T) -> Resource {
        Resource::new(ResourceId { id, name, account: "123456789012", region: "global" }, typed, &[1])
    }

    fn policy(id: &str, allows: &str) -> Resource {
        let text = json!({"Statement": {"Effect": "Allow", "Action": allows, "Resource": "*"}}).to_string();
        let document = Attr::known(PolicyDocument::parse(&text).expect("a policy"));
        resource(id, id, &Policy { document, ..Policy::default() })
    }

    fn attached(arn: &str) -> Vec<AttachedPolicy> {
        vec![AttachedPolicy { policy_name: "p".to_owned(), policy_arn: arn.to_owned() }]
    }

    fn user(name: &str, user: &User) -> Resource {
        resource(&format!("{PREFIX}user/{name}"), name, user)
    }

    fn joined(resources: Vec<Resource>, broken: Option<(&str, GapCode)>) -> Resource {
        let populations = MADE_OF.iter().map(|r#type| {
            let gap = broken.filter(|(name, _)| name == r#type).map(|(_, code)| Gap::new(code, ""));
            Population {
                account: "123456789012".to_owned(),
                region: "global".to_owned(),
                r#type: (*r#type).to_owned(),
                count: 0,
                counted_by: "iam:GetAccountAuthorizationDetails".to_owned(),
                pages: 1,
                complete: gap.is_none(),
                gap,
                gone: vec![],
                captures: vec![7],
            }
        });
        let scope = AccountScope {
            id: "123456789012".to_owned(),
            partition: "aws".to_owned(),
            caller_arn: String::new(),
            caller_id: String::new(),
            regions: vec![],
            regions_incomplete: None,
        };
        let mut all = resources;
        all.push(resource("AWS::::Account:123456789012", "123456789012", &Account::default()));
        let mut inventory = Inventory::new(scope, all, populations.collect());
        administrators(&mut inventory);
        inventory.take(Account::TYPE).remove(0)
    }

    #[test]
    fn administrators_are_found_by_every_way_to_become_one() {
        let aws = "arn:aws:iam::aws:policy/AdministratorAccess";
        let own = format!("{PREFIX}policy/own");
        let through_group = User { groups: vec!["g".to_owned()], ..User::default() };
        let plain = User { attached_policies: attached("arn:aws:iam::aws:policy/ReadOnlyAccess"), ..User::default() };
        let embedded = Role { inline_policies: vec!["all".to_owned()], ..Role::default() };
        let account = joined(
            vec![
                policy(&own, "*"),
                policy(&format!("{PREFIX}role/embedded/inline/all"), "*"),
                resource(
                    &format!("{PREFIX}group/g"),
                    "g",
                    &Group { attached_policies: attached(&own), ..Group::default() },
                ),
                user("through-group", &through_group),
                user("plain", &plain),
                user("direct", &User { attached_policies: attached(aws), ..User::default() }),
                resource(&format!("{PREFIX}role/embedded"), "embedded", &embedded),
            ],
            None,
        );
        let expected: Vec<String> =
            ["role/embedded", "user/direct", "user/through-group"].iter().map(|id| format!("{PREFIX}{id}")).collect();
        assert_eq!(account.attributes["administrators"], json!(expected));
        assert!(!account.unknown().contains_key("/administrators"));
        assert_eq!(account.captures_for(["/administrators"]), [1, 7]);
    }

    #[test]
    fn no_administrators_is_an_empty_list_and_not_absent() {
        let account = joined(vec![user("plain", &User::default())], None);
        assert_eq!(account.attributes["administrators"], json!([]));
    }

    #[test]
    fn a_listing_that_broke_makes_the_list_unknown() {
        for r#type in MADE_OF {
            let account = joined(vec![user("plain", &User::default())], Some((r#type, GapCode::AccessDenied)));
            assert_eq!(account.unknown()["/administrators"].code, GapCode::AccessDenied, "{type}");
        }
    }

    #[test]
    fn a_policy_that_cannot_be_read_makes_the_list_unknown_unless_another_decides() {
        let own = format!("{PREFIX}policy/own");
        let unread = Policy { document: Attr::unknown(Gap::new(GapCode::MalformedResponse, "")), ..Policy::default() };
        let unread = resource(&own, "own", &unread);
        let holder = User { attached_policies: attached(&own), ..User::default() };
        let account = joined(vec![unread.clone(), user("a", &holder)], None);
        assert_eq!(account.unknown()["/administrators"].code, GapCode::MalformedResponse);

        let mut both = attached(&own);
        both.extend(attached("arn:aws-cn:iam::aws:policy/AdministratorAccess"));
        let account = joined(vec![unread, user("a", &User { attached_policies: both, ..User::default() })], None);
        assert_eq!(account.attributes["administrators"], json!([format!("{PREFIX}user/a")]));
    }

    #[test]
    fn who_is_one_stays_in_the_list_beside_what_cannot_be_told() {
        let aws = "arn:aws:iam::aws:policy/AdministratorAccess";
        let mut doubtful = user("b", &User::default());
        doubtful.set_unknown("groups", Gap::new(GapCode::ServiceError, ""));
        let direct = user("a", &User { attached_policies: attached(aws), ..User::default() });
        let account = joined(vec![direct.clone(), doubtful], None);
        assert_eq!(account.attributes["administrators"][0], json!(format!("{PREFIX}user/a")));
        assert_eq!(account.unknown()["/administrators/1"].code, GapCode::ServiceError);
        let account = joined(vec![direct], Some((Role::TYPE, GapCode::AccessDenied)));
        assert_eq!(account.attributes["administrators"][0], json!(format!("{PREFIX}user/a")));
        assert_eq!(account.unknown()["/administrators/1"].code, GapCode::AccessDenied);
    }

    #[test]
    fn a_group_or_policy_that_is_in_use_and_not_listed_is_unknown() {
        let member = User { groups: vec!["nowhere".to_owned()], ..User::default() };
        let account = joined(vec![user("a", &member)], None);
        assert_eq!(account.unknown()["/administrators"].code, GapCode::MalformedResponse);
        let holder = User { attached_policies: attached(&format!("{PREFIX}policy/nowhere")), ..User::default() };
        let account = joined(vec![user("a", &holder)], None);
        assert_eq!(account.unknown()["/administrators"].code, GapCode::MalformedResponse);
    }

    #[test]
    fn a_user_whose_groups_are_unknown_makes_the_list_unknown() {
        let mut doubtful = user("a", &User::default());
        doubtful.set_unknown("groups", Gap::new(GapCode::ServiceError, ""));
        let account = joined(vec![doubtful], None);
        assert_eq!(account.unknown()["/administrators"].code, GapCode::ServiceError);
    }
}
