//! Who gets in by an identity provider.

use super::*;

fn by_web_identity(provider: &str, condition: &Value) -> Value {
    json!([{"Effect": "Allow", "Principal": {"Federated": provider}, "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": condition}])
}

fn oidc(address: &str) -> String {
    format!("arn:aws:iam::123456789012:oidc-provider/{address}")
}

#[track_caller]
fn open(statements: &Value, unknown: &[&str]) -> Option<bool> {
    ask(trusts_public, &[policy(statements, unknown)])
}

#[test]
fn a_shared_provider_has_to_be_asked_for_its_tenant() {
    const GITHUB: &str = "token.actions.githubusercontent.com";
    for (address, operator, claim, values, expected) in [
        (GITHUB, "StringLike", "sub", json!("repo:acme/app:*"), false),
        (GITHUB, "StringLike", "sub", json!("repo:acme/*"), false),
        (GITHUB, "StringEquals", "sub", json!("repo:acme/app:ref:refs/heads/main"), false),
        (GITHUB, "ForAnyValue:StringLike", "sub", json!("repo:acme/app:*"), false),
        (GITHUB, "StringEquals", "repository_owner", json!("acme"), false),
        (GITHUB, "StringLike", "repository", json!("acme/*"), false),
        (GITHUB, "StringLike", "sub", json!("repository_owner:acme:*"), false),
        (GITHUB, "StringLike", "sub", json!("*"), true),
        (GITHUB, "StringLike", "sub", json!("repo:*"), true),
        (GITHUB, "StringLike", "sub", json!("repo:*/app:*"), true),
        (GITHUB, "StringLike", "sub", json!("repo:acme*"), true),
        (GITHUB, "StringLike", "sub", json!("repo:acme?/app:*"), true),
        (GITHUB, "StringLike", "sub", json!("*:environment:prod"), true),
        (GITHUB, "StringEquals", "sub", json!("environment:prod"), true),
        (GITHUB, "StringLike", "sub", json!(["repo:acme/app:*", "repo:*"]), true),
        (GITHUB, "StringEquals", "aud", json!("sts.amazonaws.com"), true),
        (GITHUB, "StringLike", "aud", json!("*"), true),
        (GITHUB, "ForAllValues:StringLike", "sub", json!("repo:acme/app:*"), true),
        (GITHUB, "StringLikeIfExists", "sub", json!("repo:acme/app:*"), true),
        (GITHUB, "StringNotLike", "sub", json!("repo:evil/*"), true),
        (GITHUB, "StringEquals", "actor", json!("octocat"), true),
        (GITHUB, "StringEquals", "sub", json!([]), true),
        ("gitlab.com", "StringLike", "sub", json!("project_path:acme/*"), false),
        ("gitlab.com", "StringLike", "sub", json!("project_path:*"), true),
        ("gitlab.com", "StringEquals", "aud", json!("https://gitlab.com"), true),
        ("app.terraform.io", "StringLike", "sub", json!("organization:acme:project:*"), false),
        ("app.terraform.io", "StringLike", "sub", json!("organization:*:workspace:prod"), true),
        ("app.terraform.io", "StringEquals", "aud", json!("aws.workload.identity"), true),
        ("agent.buildkite.com", "StringLike", "sub", json!("organization:acme:pipeline:*"), false),
        ("agent.buildkite.com", "StringLike", "sub", json!("organization:acme*"), true),
        ("api.pulumi.com/oidc", "StringEquals", "aud", json!("acme"), false),
        ("oidc.vercel.com", "StringLike", "aud", json!("https://vercel.com/*"), true),
    ] {
        let statements = by_web_identity(&oidc(address), &json!({operator: {format!("{address}:{claim}"): values}}));
        assert_eq!(open(&statements, &[]), Some(expected), "{statements}");
    }
    assert_eq!(open(&by_web_identity(&oidc(GITHUB), &json!({})), &[]), Some(true));
    let guarded = json!({"StringLikeIfExists": {"token.actions.githubusercontent.com:sub": "repo:acme/*"},
        "Null": {"token.actions.githubusercontent.com:sub": "false"}});
    assert_eq!(open(&by_web_identity(&oidc(GITHUB), &guarded), &[]), Some(false));
    let range = json!({"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}});
    assert_eq!(open(&by_web_identity(&oidc(GITHUB), &range), &[]), Some(false));
}

#[test]
fn a_provider_of_one_tenant_tells_it_by_its_address() {
    for address in [
        "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE",
        "token.actions.githubusercontent.com/acme",
        "oidc.circleci.com/org/11111111-2222-3333-4444-555555555555",
        "api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc",
        "gitlab.acme.example",
    ] {
        assert_eq!(open(&by_web_identity(&oidc(address), &json!({})), &[]), Some(false), "{address}");
    }
}

#[test]
fn an_application_has_to_be_named_where_iam_knows_the_provider() {
    for (provider, key, values, expected) in [
        ("cognito-identity.amazonaws.com", "cognito-identity.amazonaws.com:aud", json!("us-east-1:pool"), false),
        ("cognito-identity.amazonaws.com", "cognito-identity.amazonaws.com:amr", json!("authenticated"), true),
        ("cognito-identity.amazonaws.com", "cognito-identity.amazonaws.com:aud", json!("*"), true),
        ("accounts.google.com", "accounts.google.com:aud", json!("app.apps.googleusercontent.com"), false),
        ("accounts.google.com", "accounts.google.com:email", json!("*@acme.example"), true),
        ("graph.facebook.com", "graph.facebook.com:app_id", json!("123456"), false),
        ("www.amazon.com", "graph.facebook.com:app_id", json!("123456"), true),
    ] {
        let statements = by_web_identity(provider, &json!({"StringLike": {key: values}}));
        assert_eq!(open(&statements, &[]), Some(expected), "{statements}");
        assert_eq!(open(&by_web_identity(provider, &json!({})), &[]), Some(true), "{provider}");
    }
}

#[test]
fn a_saml_assertion_has_to_be_made_for_somebody() {
    let saml = |condition: Value| {
        let statements = json!([{"Effect": "Allow", "Action": "sts:AssumeRoleWithSAML", "Condition": condition,
            "Principal": {"Federated": "arn:aws:iam::123456789012:saml-provider/idp"}}]);
        open(&statements, &[])
    };
    assert_eq!(saml(json!({"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}})), Some(false));
    assert_eq!(saml(json!({"StringLike": {"SAML:aud": "*"}})), Some(true));
    assert_eq!(saml(json!({})), Some(true));
}

#[test]
fn a_deny_and_an_action_that_takes_no_role_count() {
    let allow = by_web_identity("cognito-identity.amazonaws.com", &json!({}))[0].clone();
    let deny = |operator: &str, action: &str| {
        json!([allow, {"Effect": "Deny", "Principal": "*", "Action": action,
        "Condition": {operator: {"cognito-identity.amazonaws.com:aud": "us-east-1:pool"}}}])
    };
    assert_eq!(open(&deny("StringNotEquals", "sts:*"), &[]), Some(false));
    assert_eq!(open(&deny("StringEquals", "sts:*"), &[]), Some(true));
    assert_eq!(open(&deny("StringNotEquals", "sts:TagSession"), &[]), Some(true));
    let mut tags = allow;
    tags["Action"] = json!("sts:TagSession");
    assert_eq!(open(&json!([tags]), &[]), Some(false));
}

#[test]
fn an_unknown_provider_is_told_by_the_keys_and_else_open() {
    let by = |key: &str, value: &str| by_web_identity("arn", &json!({"StringLike": {key: value}}));
    let hidden = &["/statements/0/principal/federated"];
    let github = |value: &str| by("token.actions.githubusercontent.com:sub", value);
    assert_eq!(open(&github("repo:acme/*"), hidden), Some(false));
    assert_eq!(open(&github("repo:*"), hidden), Some(true));
    assert_eq!(open(&by("oidc.eks.eu-west-1.amazonaws.com/id/E:sub", "system:*"), hidden), Some(false));
    assert_eq!(open(&by("saml:aud", "https://signin.aws.amazon.com/saml"), hidden), Some(false));
    assert_eq!(open(&by_web_identity("arn", &json!({})), hidden), None);
    let github = by_web_identity(&oidc("token.actions.githubusercontent.com"), &json!({}));
    assert_eq!(open(&github, &["/statements/0/conditions"]), None);
    assert_eq!(open(&github, &["/statements/0/effect"]), None);
}
