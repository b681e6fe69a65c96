//! Tables of policies and what they mean. Policies are written as AWS spells them.

mod federated;
mod grants;
mod partial;
mod public;
mod transport;
mod trust;

use std::collections::BTreeMap;

use super::*;
use crate::model::gap::{Gap, GapCode};
use crate::model::iam_policy::PolicyDocument;
use proptest::prelude::*;
use serde_json::{Value, json};

type Call = fn(&[Tree]) -> Result<Tree, Fault>;

/// The tree of a policy of these statements, parts of it unknown.
pub(super) fn policy(statements: &Value, unknown: &[&str]) -> Tree {
    let document = json!({"Version": "2012-10-17", "Statement": statements});
    let parsed = PolicyDocument::parse(&document.to_string()).unwrap_or_else(|error| panic!("{error}: {document}"));
    let unknown: BTreeMap<String, Gap> =
        unknown.iter().map(|at| ((*at).to_owned(), Gap::new(GapCode::KnownAfterApply, ""))).collect();
    Tree::with_unknown(&serde_json::to_value(parsed).expect("plain data"), &unknown)
}

/// Yes, no, or nothing where it is unknown.
#[track_caller]
pub(super) fn ask(call: Call, arguments: &[Tree]) -> Option<bool> {
    match call(arguments) {
        Ok(Tree::Bool(answer)) => Some(answer),
        Err(Fault::Unknown(_)) => None,
        other => panic!("{other:?}"),
    }
}

/// The listed texts, or nothing where it is unknown.
#[track_caller]
pub(super) fn list(call: Call, arguments: &[Tree]) -> Option<Vec<String>> {
    match call(arguments) {
        Ok(Tree::List(items)) => Some(items.iter().map(|item| item.as_str().expect("text").to_owned()).collect()),
        Err(Fault::Unknown(_)) => None,
        other => panic!("{other:?}"),
    }
}

#[test]
fn no_policy_grants_and_refuses_nothing() {
    for none in [Tree::Null, policy(&json!([]), &[])] {
        let one = std::slice::from_ref(&none);
        assert_eq!(ask(allows_public, one), Some(false));
        assert_eq!(ask(denies_insecure_transport, one), Some(false));
        assert_eq!(ask(allows_admin, one), Some(false));
        assert_eq!(ask(allows_passrole_wildcard, one), Some(false));
        assert_eq!(list(public_statements, one), Some(vec![]));
        assert_eq!(list(service_wildcards, one), Some(vec![]));
        assert_eq!(list(escalations, one), Some(vec![]));
    }
}

#[test]
fn what_is_not_a_policy_document_is_an_error() {
    for wrong in [
        json!("{}"),
        json!({}),
        json!({"Statement": []}),
        json!({"statements": [3]}),
        json!({"statements": [{}]}),
        json!({"statements": [{"effect": "allow"}]}),
        json!({"statements": [{"effect": "Allow", "actions": 3}]}),
        json!({"statements": [{"effect": "Allow", "principal": "*"}]}),
        json!({"statements": [{"effect": "Allow", "conditions": [{}]}]}),
    ] {
        let answer = allows_public(&[Tree::known(&wrong)]);
        assert!(matches!(answer, Err(Fault::Invalid(_))), "{wrong}: {answer:?}");
    }
}

#[test]
fn the_account_of_an_arn_is_found() {
    for (arn, account) in [
        ("arn:aws:iam::123456789012:role/x", "123456789012"),
        ("arn:aws-us-gov:sqs:us-gov-west-1:123456789012:q", "123456789012"),
        ("123456789012", "123456789012"),
        ("arn:aws:s3:::bucket", ""),
        ("12345678901", ""),
        ("arn:aws:iam::*:root", ""),
        ("", ""),
    ] {
        assert_eq!(account_of(&[Tree::Str(arn.into())]), Ok(Tree::Str(account.into())), "{arn}");
    }
}

proptest! {
    /// What is answered with a part unknown must be the answer whatever the part turns out to be.
    #[test]
    fn an_answer_given_in_spite_of_an_unknown_part_does_not_depend_on_it(
        pick in prop::collection::vec((0_usize..4, 0_usize..4, 0_usize..4, 0_usize..5, any::<bool>()), 1..4),
        hide in (0_usize..3, 0_usize..6),
    ) {
        let principals = [json!("*"), json!({"AWS": "*"}), json!({"AWS": "arn:aws:iam::123456789012:root"}),
            json!({"Service": "sns.amazonaws.com"})];
        let actions = ["*", "s3:*", "s3:GetObject", "iam:PassRole"];
        let resources = ["*", "arn:aws:s3:::b", "arn:aws:s3:::b/*", "arn:aws:iam::123456789012:role/*"];
        let conditions = [json!({}), json!({"Bool": {"aws:SecureTransport": "false"}}),
            json!({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}), json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}),
            json!({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}})];
        let statements: Vec<Value> = pick.iter().map(|&(who, action, resource, condition, allow)| json!({
            "Effect": if allow { "Allow" } else { "Deny" }, "Principal": principals[who], "Action": actions[action],
            "Resource": resources[resource], "Condition": conditions[condition]})).collect();
        let known = policy(&json!(statements), &[]);
        let parts = ["", "/actions", "/resources", "/principal", "/conditions", "/effect"];
        let at = format!("/statements/{}{}", hide.0 % statements.len(), parts[hide.1]);
        let hidden = policy(&json!(statements), &[&at]);
        for call in [allows_public as Call, denies_insecure_transport, allows_admin, allows_passrole_wildcard] {
            let full = ask(call, std::slice::from_ref(&known));
            prop_assert!(full.is_some());
            let partial = ask(call, std::slice::from_ref(&hidden));
            prop_assert!(partial.is_none() || partial == full, "{at} of {statements:?}: {partial:?} {full:?}");
        }
        for call in [public_statements as Call, service_wildcards, escalations] {
            let full = list(call, std::slice::from_ref(&known)).expect("all is known");
            match list(call, std::slice::from_ref(&hidden)) {
                None => {}
                Some(certain) if certain.is_empty() => prop_assert!(full.is_empty(), "{at} of {statements:?}"),
                Some(certain) => prop_assert!(certain.iter().all(|entry| full.contains(entry))),
            }
        }
    }

    #[test]
    fn hostile_policies_never_panic(text in "\\PC{0,60}", key in "(aws:SourceIp|aws:SourceArn|\\PC{0,20})") {
        let tree = policy(&json!([{"Effect": "Allow", "Principal": {"AWS": text.clone()}, "Action": text.clone(),
            "Resource": text.clone(), "Condition": {text.clone(): {key: text.clone()}}},
            {"Effect": "Deny", "Principal": "*", "NotAction": text.clone(), "NotResource": text}]), &[]);
        for call in [allows_public as Call, denies_insecure_transport, allows_admin, service_wildcards, escalations] {
            drop(call(std::slice::from_ref(&tree)));
        }
        drop(requires_mfa(&[Tree::List([tree.clone()].into())]));
        drop(external_trusts_without_id(&[tree, Tree::Str("1".into()), Tree::List([].into())]));
    }
}
