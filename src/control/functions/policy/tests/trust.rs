use super::*;

const OWN: &str = "111111111111";
const TRUSTED: &str = "222222222222";

fn trust(principal: &Value, condition: &Value) -> Value {
    json!([{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", "Condition": condition}])
}

#[track_caller]
fn external(statements: &Value, unknown: &[&str]) -> Option<Vec<String>> {
    let trusted = Tree::known(&json!([TRUSTED]));
    list(external_trusts_without_id, &[policy(statements, unknown), Tree::Str(OWN.into()), trusted])
}

#[test]
fn other_accounts_are_listed_and_ours_services_and_providers_are_not() {
    for (principal, expected) in [
        (json!({"AWS": "333333333333"}), vec!["333333333333"]),
        (json!({"AWS": "arn:aws:iam::333333333333:root"}), vec!["333333333333"]),
        (
            json!({"AWS": ["arn:aws:iam::333333333333:role/a", "arn:aws:iam::333333333333:user/b", "444444444444"]}),
            vec!["333333333333", "444444444444"],
        ),
        (json!({"AWS": ["111111111111", "arn:aws:iam::222222222222:root"]}), vec![]),
        (json!({"Service": "ec2.amazonaws.com"}), vec![]),
        (json!({"Federated": "arn:aws:iam::333333333333:saml-provider/x"}), vec![]),
        (json!({"Service": "ec2.amazonaws.com", "AWS": "333333333333"}), vec!["333333333333"]),
        (json!({"AWS": "AROAEXAMPLEEXAMPLE0001"}), vec![]),
        (json!("*"), vec!["*"]),
    ] {
        assert_eq!(
            external(&trust(&principal, &json!({})), &[]),
            Some(expected.iter().map(ToString::to_string).collect()),
            "{principal}"
        );
    }
    assert_eq!(
        external(&trust(&json!({"AWS": "somebody"}), &json!({})), &[]),
        None,
        "a principal that names no account"
    );
    let other = json!([{"Effect": "Allow", "Principal": {"AWS": "333333333333"}, "Action": "sts:TagSession"}]);
    assert_eq!(external(&other, &[]), Some(vec![]));
}

#[test]
fn the_account_that_code_will_be_applied_to_is_ours_in_code() {
    for principal in ["arn:aws:iam::code:root", "code", "arn:aws:iam::code:role/aws_iam_role.app"] {
        let statements = policy(&trust(&json!({"AWS": principal}), &json!({})), &[]);
        let arguments = [statements, Tree::Str("code".into()), Tree::known(&json!([]))];
        assert_eq!(list(external_trusts_without_id, &arguments), Some(vec![]), "{principal}");
    }
}

#[test]
fn an_external_id_mfa_or_the_organisation_guards_a_trust() {
    let guarded = |condition: &Value| external(&trust(&json!({"AWS": "333333333333"}), condition), &[]) == Some(vec![]);
    for (condition, expected) in [
        (json!({"StringEquals": {"sts:ExternalId": "abc123"}}), true),
        (json!({"StringLike": {"STS:externalid": "abc*"}}), true),
        (json!({"StringLike": {"sts:ExternalId": "*"}}), false),
        (json!({"StringEqualsIfExists": {"sts:ExternalId": "abc123"}}), false),
        (json!({"StringNotEquals": {"sts:ExternalId": "abc123"}}), false),
        (json!({"StringEquals": {"sts:ExternalId": []}}), false),
        (json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}), true),
        (json!({"Bool": {"aws:MultiFactorAuthPresent": true}}), true),
        (json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}), false),
        (json!({"Bool": {"aws:MultiFactorAuthPresent": "false"}}), false),
        (json!({"Bool": {"aws:MultiFactorAuthPresent": ["true", "false"]}}), false),
        (json!({"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}), true),
        (json!({"NumericGreaterThan": {"aws:MultiFactorAuthAge": "3600"}}), false),
        (json!({"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}), true),
        (json!({"StringLike": {"aws:PrincipalOrgID": "*"}}), false),
        (json!({"StringEquals": {"aws:PrincipalTag/x": "y"}}), false),
    ] {
        assert_eq!(guarded(&condition), expected, "{condition}");
    }
    let with_deny = |condition: &Value| {
        json!([{"Effect": "Allow", "Principal": {"AWS": "333333333333"}, "Action": "sts:AssumeRole"},
               {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole", "Condition": condition}])
    };
    for (condition, expected) in [
        (json!({"StringNotEquals": {"sts:ExternalId": "abc123"}}), true),
        (json!({"Null": {"sts:ExternalId": "true"}}), true),
        (json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}), true),
        (json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-a1"}}), true),
        (json!({"Bool": {"aws:MultiFactorAuthPresent": "false"}}), false),
        (json!({"StringNotEquals": {"sts:ExternalId": "abc123", "aws:PrincipalOrgID": "o-a1"}}), false),
    ] {
        assert_eq!(external(&with_deny(&condition), &[]) == Some(vec![]), expected, "{condition}");
    }
}

#[test]
fn a_wildcard_held_to_accounts_by_condition_means_those_accounts() {
    let arn = |account: &str| json!({"ArnLike": {"aws:PrincipalArn": format!("arn:aws:iam::{account}:role/*")}});
    assert_eq!(external(&trust(&json!("*"), &arn("333333333333")), &[]), Some(vec!["333333333333".to_owned()]));
    assert_eq!(external(&trust(&json!({"AWS": "*"}), &arn(OWN)), &[]), Some(vec![]));
    assert_eq!(external(&trust(&json!("*"), &arn("*")), &[]), Some(vec!["*".to_owned()]));
}

#[test]
fn unknown_trust_matters_only_where_it_could_decide() {
    let other = trust(&json!({"AWS": ["333333333333", OWN]}), &json!({}));
    assert_eq!(external(&other, &["/statements/0/conditions"]), None);
    assert_eq!(external(&other, &["/statements/0/principal/aws/1"]), Some(vec!["333333333333".to_owned()]));
    assert_eq!(external(&other, &["/statements/0/principal/aws/0"]), None);
    let guarded = trust(&json!({"AWS": "333333333333"}), &json!({"StringEquals": {"sts:ExternalId": "abc123"}}));
    assert_eq!(external(&guarded, &["/statements/0/principal"]), Some(vec![]));
    assert_eq!(external(&guarded, &["/statements/0/conditions/0/values"]), Some(vec![]));
    let pattern = trust(&json!({"AWS": "333333333333"}), &json!({"StringLike": {"sts:ExternalId": "abc*"}}));
    assert_eq!(external(&pattern, &["/statements/0/conditions/0/values"]), None, "it may be any id");
    let gap = || Tree::Unknown(std::sync::Arc::new(Gap::new(GapCode::AccessDenied, "")));
    let own = || Tree::Str(OWN.into());
    assert_eq!(list(external_trusts_without_id, &[policy(&other, &[]), own(), gap()]), None);
    assert_eq!(list(external_trusts_without_id, &[policy(&guarded, &[]), gap(), gap()]), Some(vec![]));
    let ours = trust(&json!({"AWS": OWN}), &json!({}));
    assert_eq!(list(external_trusts_without_id, &[policy(&ours, &[]), own(), gap()]), Some(vec![]));
}

#[track_caller]
fn mfa(policies: &[Tree]) -> Option<bool> {
    ask(requires_mfa, &[Tree::List(policies.into())])
}

#[test]
fn a_group_gives_nothing_without_mfa_where_it_denies_or_withholds() {
    let reads = || policy(&json!([{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]), &[]);
    let deny = |change: &Value| {
        let mut deny = json!({"Effect": "Deny", "Resource": "*",
            "NotAction": ["iam:CreateVirtualMFADevice", "iam:EnableMFADevice", "iam:GetUser", "iam:ListMFADevices",
                          "iam:ListVirtualMFADevices", "iam:ResyncMFADevice", "sts:GetSessionToken"],
            "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}});
        let members = deny.as_object_mut().expect("an object");
        for (key, value) in change.as_object().expect("an object") {
            if value.is_null() {
                members.remove(key);
            } else {
                members.insert(key.clone(), value.clone());
            }
        }
        policy(&json!([deny]), &[])
    };
    for (change, expected) in [
        (json!({}), true),
        (json!({"NotAction": null, "Action": "*"}), true),
        (json!({"Condition": {"NumericGreaterThanIfExists": {"aws:MultiFactorAuthAge": "3600"}}}), true),
        (json!({"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}}), false),
        (json!({"Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}}), false),
        (json!({"NotAction": "iam:*"}), false),
        (json!({"NotAction": ["iam:GetUser", "s3:*"]}), false),
        (json!({"NotAction": null, "Action": "iam:*"}), false),
        (json!({"Resource": "arn:aws:s3:::b"}), false),
    ] {
        assert_eq!(mfa(&[reads(), deny(&change)]), Some(expected), "{change}");
    }
    assert_eq!(mfa(&[]), Some(true), "it gives nothing at all");
    assert_eq!(mfa(&[reads()]), Some(false));
    let withheld = policy(
        &json!([{"Effect": "Allow", "Action": "s3:*", "Resource": "*",
        "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}]),
        &[],
    );
    assert_eq!(mfa(std::slice::from_ref(&withheld)), Some(true));
    assert_eq!(mfa(&[withheld.clone(), reads()]), Some(false));
    let self_service = policy(
        &json!([{"Effect": "Allow", "Action": ["iam:ListMFADevices", "iam:EnableMFADevice"], "Resource": "*"}]),
        &[],
    );
    assert_eq!(mfa(&[withheld.clone(), self_service]), Some(true));
    let gap = Tree::Unknown(std::sync::Arc::new(Gap::new(GapCode::AccessDenied, "")));
    assert_eq!(mfa(&[withheld, gap.clone()]), None);
    assert_eq!(mfa(&[reads(), gap.clone()]), None);
    assert_eq!(mfa(&[deny(&json!({})), gap]), Some(true), "the Deny reaches whatever the other one allows");
}
