//! IAM, keys and secrets.

use super::*;
use serde_json::json;

fn hcl(blocks: Vec<Block>) -> Mapped {
    terraform(Mappings::built_in(), blocks)
}

fn cfn(blocks: Vec<Block>) -> Mapped {
    cloudformation(Mappings::built_in(), blocks)
}

fn document(action: &str) -> serde_json::Value {
    json!({"$json": {"Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}})
}

fn length(resource: &Resource, attribute: &str) -> usize {
    resource.attributes[attribute].as_array().map_or(usize::MAX, <[_]>::len)
}

#[test]
fn what_a_user_has_is_told_by_many_blocks() {
    let user = || json!({"$ref": "aws_iam_user.u.name"});
    let mapped = hcl(vec![
        block("aws_iam_user.u", &json!({"name": "u"})),
        block("aws_iam_user.alone", &json!({"name": "alone"})),
        block("aws_iam_user_policy.p", &json!({"user": user(), "policy": document("s3:*")})),
        block(
            "aws_iam_user_policy_attachment.p",
            &json!({"user": user(), "policy_arn": {"$ref": "aws_iam_policy.p.arn"}}),
        ),
        block(
            "aws_iam_policy_attachment.p",
            &json!({"users": ["u", "other"], "policy_arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}),
        ),
        block("aws_iam_policy.p", &json!({"name": "p", "policy": document("s3:*")})),
        block(
            "aws_iam_user_group_membership.m",
            &json!({"user": user(), "groups": [{"$ref": "aws_iam_group.g.name"}]}),
        ),
        block("aws_iam_group_membership.m", &json!({"users": [user()], "group": "elsewhere", "name": "m"})),
        block("aws_iam_group.g", &json!({"name": "admins"})),
        block("aws_iam_access_key.a", &json!({"user": user()})),
        block("aws_iam_access_key.b", &json!({"user": "u", "status": "Inactive"})),
    ]);
    let user = of(&mapped, "aws_iam_user.u");
    assert_eq!(user.attributes["groups"], json!(["admins", "elsewhere"]));
    assert_eq!(length(user, "inline_policies"), 1);
    assert_eq!(user.attributes["attached_policies"][0]["policy_name"], "p");
    assert_eq!(user.attributes["attached_policies"][1]["policy_arn"], "arn:aws:iam::aws:policy/ReadOnlyAccess");
    assert_eq!(user.attributes["access_keys"], json!([{"active": true}, {"active": false}]));
    let alone = of(&mapped, "aws_iam_user.alone");
    for attribute in ["groups", "inline_policies", "attached_policies", "access_keys"] {
        assert_eq!(length(alone, attribute), 0, "{attribute}");
    }
    assert!(alone.unknown().contains_key("/mfa_active"), "code does not tell it");
}

#[test]
fn a_group_carries_the_documents_of_its_policies() {
    let group = || json!({"$ref": "aws_iam_group.g.name"});
    let mapped = hcl(vec![
        block("aws_iam_group.g", &json!({"name": "g"})),
        block("aws_iam_group_policy.a", &json!({"group": group(), "policy": document("a:*")})),
        block(
            "aws_iam_group_policy_attachment.b",
            &json!({"group": group(), "policy_arn": {"$ref": "aws_iam_policy.b.arn"}}),
        ),
        block("aws_iam_policy.b", &json!({"policy": document("b:*")})),
        block(
            "aws_iam_group_policy_attachment.c",
            &json!({"group": group(), "policy_arn": "arn:aws:iam::aws:policy/X"}),
        ),
    ]);
    let group = of(&mapped, "aws_iam_group.g");
    assert_eq!(group.attributes["policies"][0]["statements"][0]["actions"], json!(["a:*"]));
    assert_eq!(group.attributes["policies"][1]["statements"][0]["actions"], json!(["b:*"]));
    assert!(group.unknown().contains_key("/policies/2"), "AWS's own document is not in the code");
    assert_eq!(length(group, "policies"), 3);
}

#[test]
fn a_templates_group_carries_policies_however_they_are_attached() {
    let document = |action: &str| json!({"Statement": {"Effect": "Allow", "Action": action, "Resource": "*"}});
    let mapped = cfn(vec![
        template(
            "G",
            "AWS::IAM::Group",
            &json!({"Policies": [{"PolicyName": "p", "PolicyDocument": document("a:*")}]}),
        ),
        template("P", "AWS::IAM::Policy", &json!({"Groups": [{"$ref": "G"}], "PolicyDocument": document("b:*")})),
        template(
            "M",
            "AWS::IAM::ManagedPolicy",
            &json!({"Groups": [{"$ref": "G"}], "PolicyDocument": document("c:*")}),
        ),
        template("N", "AWS::IAM::ManagedPolicy", &json!({"PolicyDocument": document("d:*")})),
    ]);
    let actions: Vec<&Tree> = of(&mapped, "G").attributes["policies"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|policy| &policy["statements"][0]["actions"][0])
        .collect();
    assert_eq!(actions, ["a:*", "b:*", "c:*"]);
    // A policy that is attached to nothing belongs to no user, group or role.
    let orphans: Vec<&str> = mapped.items.iter().filter(|(_, item)| item.orphan).map(|(id, _)| id.as_str()).collect();
    assert_eq!(orphans, Vec::<&str>::new());
}

#[test]
fn every_policy_that_is_written_is_one() {
    let mapped = hcl(vec![
        block("aws_iam_policy.a", &json!({"name": "a", "policy": document("a:*")})),
        block("aws_iam_role_policy.b", &json!({"role": "r", "policy": document("b:*")})),
        block(
            "aws_iam_role.r",
            &json!({"name": "r", "assume_role_policy": document("sts:AssumeRole"),
                "inline_policy": [{"name": "c", "policy": document("c:*")}, {"name": "empty"}]}),
        ),
        block("aws_ssoadmin_permission_set_inline_policy.d", &json!({"inline_policy": document("d:*")})),
        Block {
            kind: "data.aws_iam_policy_document".into(),
            ..block("data.aws_iam_policy_document.e", &json!({"policy": document("e:*")}))
        },
    ]);
    let policies: Vec<(&str, &str)> = mapped
        .resources
        .iter()
        .filter(|resource| resource.identity.r#type == "AWS::IAM::Policy")
        .map(|resource| (resource.identity.id.as_str(), resource.attributes["kind"].as_str().unwrap_or_default()))
        .collect();
    assert_eq!(
        policies,
        [
            ("aws_iam_policy.a", "managed"),
            ("aws_iam_role_policy.b", "inline"),
            ("aws_ssoadmin_permission_set_inline_policy.d", "inline"),
            ("data.aws_iam_policy_document.e", "managed"),
            ("aws_iam_role.r/inline_policy/0", "inline")
        ]
    );
    let role = of(&mapped, "aws_iam_role.r");
    assert_eq!(role.attributes["assume_role_policy_document"]["statements"][0]["actions"], json!(["sts:AssumeRole"]));
    assert_eq!(length(role, "inline_policies"), 3);
}

#[test]
fn a_password_policy_has_awss_defaults() {
    let mapped = hcl(vec![block("aws_iam_account_password_policy.p", &json!({"max_password_age": 0}))]);
    let policy = of(&mapped, "aws_iam_account_password_policy.p");
    assert_eq!(policy.attributes["minimum_password_length"], 6);
    assert_eq!(policy.attributes["require_symbols"], false);
    assert_eq!(policy.attributes["expire_passwords"], false);
    assert!(!policy.attributes.knows("max_password_age") && !policy.unknown().contains_key("/max_password_age"));
}

#[test]
fn a_replica_key_rotates_as_its_primary_does() {
    let mapped = hcl(vec![
        block("aws_kms_key.k", &json!({"enable_key_rotation": true, "multi_region": true})),
        block("aws_kms_replica_key.r", &json!({"primary_key_arn": {"$ref": "aws_kms_key.k.arn"}})),
        block("aws_kms_replica_key.s", &json!({"primary_key_arn": "arn:aws:kms:us-east-1:1:key/mrk-1"})),
        block("aws_kms_external_key.e", &json!({})),
    ]);
    assert_eq!(of(&mapped, "aws_kms_replica_key.r").attributes["key_rotation"]["key_rotation_enabled"], true);
    assert!(of(&mapped, "aws_kms_replica_key.s").unknown().contains_key("/key_rotation"));
    assert_eq!(of(&mapped, "aws_kms_key.k").attributes["key_metadata"]["multi_region_key_type"], "PRIMARY");
    assert_eq!(of(&mapped, "aws_kms_external_key.e").attributes["key_metadata"]["origin"], "EXTERNAL");
}

#[test]
fn a_key_of_a_custom_store_comes_from_there() {
    let mapped = hcl(vec![
        block("aws_kms_key.hsm", &json!({"custom_key_store_id": {"$ref": "aws_kms_custom_key_store.s.id"}})),
        block("aws_kms_key.xks", &json!({"custom_key_store_id": "cks-1", "xks_key_id": "x"})),
        block("aws_kms_key.off", &json!({"is_enabled": false})),
    ]);
    let metadata = |id: &str| of(&mapped, &format!("aws_kms_key.{id}")).attributes["key_metadata"].clone();
    assert_eq!(metadata("hsm")["origin"], "AWS_CLOUDHSM");
    assert_eq!(metadata("xks")["origin"], "EXTERNAL_KEY_STORE");
    assert_eq!(metadata("off")["key_state"], "Disabled");
}

#[test]
fn a_secret_rotates_where_a_schedule_names_it() {
    let mapped = hcl(vec![
        block("aws_secretsmanager_secret.a", &json!({"name": "a"})),
        block(
            "aws_secretsmanager_secret_rotation.a",
            &json!({"secret_id": {"$ref": "aws_secretsmanager_secret.a.id"}, "rotation_rules": [{"automatically_after_days": 30}]}),
        ),
        block("aws_secretsmanager_secret.b", &json!({"name": "b"})),
    ]);
    assert_eq!(of(&mapped, "aws_secretsmanager_secret.a").attributes["rotation_enabled"], true);
    assert_eq!(of(&mapped, "aws_secretsmanager_secret.a").attributes["rotation_days"], 30);
    assert_eq!(of(&mapped, "aws_secretsmanager_secret.b").attributes["rotation_enabled"], false);

    let mapped = cfn(vec![
        template("S", "AWS::SecretsManager::Secret", &json!({})),
        template("A", "AWS::SecretsManager::SecretTargetAttachment", &json!({"SecretId": {"$ref": "S"}})),
        template("R", "AWS::SecretsManager::RotationSchedule", &json!({"SecretId": {"$ref": "A"}})),
        template("T", "AWS::SecretsManager::Secret", &json!({})),
    ]);
    assert_eq!(of(&mapped, "S").attributes["rotation_enabled"], true, "by way of its attachment to a database");
    assert_eq!(of(&mapped, "T").attributes["rotation_enabled"], false);
}

#[test]
fn a_log_group_without_retention_keeps_for_ever() {
    let mapped = hcl(vec![block(
        "aws_cloudwatch_log_group.a",
        &json!({"name": "a", "kms_key_id": {"$ref": "aws_kms_key.k.arn"}}),
    )]);
    let group = of(&mapped, "aws_cloudwatch_log_group.a");
    assert!(!group.attributes.knows("retention_in_days") && !group.unknown().contains_key("/retention_in_days"));
    assert_eq!(group.attributes["kms_key_id"], "${aws_kms_key.k.arn}");
    assert_eq!(group.attributes["log_group_class"], "STANDARD");
}

#[test]
fn a_policy_that_can_only_be_a_users_is_one_without_a_name_of_the_user_too() {
    let mapped = hcl(vec![block("aws_iam_user_policy.p", &json!({"policy": document("s3:*")}))]);
    assert_eq!(mapped.items.len(), 2, "the policy, and the user that has it: {:?}", mapped.items);
    let user = mapped.resources.iter().find(|item| item.identity.r#type == "AWS::IAM::User").expect("a user");
    assert_eq!(length(user, "inline_policies"), 1);
    let mapped = cfn(vec![template("P", "AWS::IAM::UserPolicy", &json!({"PolicyDocument": {"Statement": []}}))]);
    assert!(mapped.items.values().any(|item| item.orphan));
    let attached = hcl(vec![block("aws_iam_policy_attachment.a", &json!({"roles": ["r"], "policy_arn": "arn:x"}))]);
    assert!(attached.resources.iter().all(|item| item.identity.r#type != "AWS::IAM::User"));
}

#[test]
fn a_policy_attached_to_nobody_is_no_user_and_no_group() {
    for attachment in [
        json!({"policy_arn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
        json!({"policy_arn": "x", "users": [], "groups": []}),
    ] {
        let mapped = terraform(Mappings::built_in(), vec![block("aws_iam_policy_attachment.a", &attachment)]);
        let types: Vec<&str> = mapped.resources.iter().map(|resource| resource.identity.r#type.as_str()).collect();
        assert!(!types.contains(&"AWS::IAM::User") && !types.contains(&"AWS::IAM::Group"), "{types:?}");
    }
    let named = json!({"policy_arn": "x", "users": ["somebody"]});
    let mapped = terraform(Mappings::built_in(), vec![block("aws_iam_policy_attachment.a", &named)]);
    assert!(mapped.resources.iter().any(|resource| resource.identity.r#type == "AWS::IAM::User"));
}
