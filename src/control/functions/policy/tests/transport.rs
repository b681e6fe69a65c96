use super::*;

const INSECURE: &str = r#"{"Bool": {"aws:SecureTransport": "false"}}"#;

/// A policy that refuses plain HTTP, with these changes; null removes an element.
fn deny(change: &Value) -> Value {
    let mut deny = json!({"Effect": "Deny", "Principal": "*", "Action": "s3:*",
        "Resource": ["arn:aws:s3:::logs", "arn:aws:s3:::logs/*"],
        "Condition": serde_json::from_str::<Value>(INSECURE).expect("a condition")});
    let members = deny.as_object_mut().expect("an object");
    for (key, value) in change.as_object().expect("an object") {
        if value.is_null() {
            members.remove(key);
        } else {
            members.insert(key.clone(), value.clone());
        }
    }
    deny
}

#[track_caller]
fn refuses(statements: &Value, bucket: Option<&str>, unknown: &[&str]) -> Option<bool> {
    let mut arguments = vec![policy(statements, unknown)];
    arguments.extend(bucket.map(|bucket| Tree::Str(bucket.into())));
    ask(denies_insecure_transport, &arguments)
}

#[test]
fn a_refusal_must_reach_everyone_every_action_and_every_object() {
    for (change, expected) in [
        (json!({}), true),
        (json!({"Principal": {"AWS": "*"}}), true),
        (json!({"Action": "*"}), true),
        (json!({"Resource": "*"}), true),
        (json!({"Resource": "arn:aws:s3:::logs*"}), true),
        (json!({"Resource": "arn:aws:s3:::*"}), true),
        (json!({"Resource": ["arn:aws-us-gov:s3:::logs", "arn:aws-us-gov:s3:::logs/*"]}), true),
        (json!({"Action": null, "NotAction": "iam:*"}), true),
        (json!({"Condition": {"Bool": {"AWS:securetransport": [false]}}}), true),
        (json!({"Condition": {"BoolIfExists": {"aws:SecureTransport": "False"}}}), true),
        (json!({"Condition": {"StringEquals": {"aws:SecureTransport": "false"}}}), true),
        (json!({"Condition": {"StringEquals": {"aws:SecureTransport": "False"}}}), false),
        (json!({"Condition": {"StringNotEquals": {"aws:SecureTransport": "true"}}}), false),
        (json!({"Condition": null}), true),
        (json!({"Effect": "Allow"}), false),
        (json!({"Principal": {"AWS": "123456789012"}}), false),
        (json!({"Principal": null, "NotPrincipal": {"AWS": "123456789012"}}), false),
        (json!({"Action": "s3:GetObject"}), false),
        (json!({"Action": ["s3:Get*", "s3:Put*"]}), false),
        (json!({"Action": null, "NotAction": "s3:GetObject"}), false),
        (json!({"Resource": "arn:aws:s3:::logs"}), false),
        (json!({"Resource": "arn:aws:s3:::logs/*"}), false),
        (json!({"Resource": ["arn:aws:s3:::logs", "arn:aws:s3:::logs/private/*"]}), false),
        (json!({"Resource": ["arn:aws:s3:::logs", "arn:aws-cn:s3:::logs/*"]}), false),
        (json!({"Resource": null, "NotResource": "arn:aws:s3:::logs/public/*"}), false),
        (json!({"Condition": {"Bool": {"aws:SecureTransport": "true"}}}), false),
        (json!({"Condition": {"Bool": {"aws:SecureTransport": "false", "aws:PrincipalIsAWSService": "false"}}}), false),
        (json!({"Condition": {"NumericLessThan": {"s3:TlsVersion": "1.2"}}}), false),
        (json!({"Condition": {"NumericLessThanIfExists": {"s3:TlsVersion": "1.2"}}}), false),
        (json!({"Condition": {"Null": {"aws:SecureTransport": "true"}}}), false),
    ] {
        let statements = json!([deny(&change)]);
        assert_eq!(refuses(&statements, None, &[]), Some(expected), "{statements}");
        assert_eq!(refuses(&statements, Some("logs"), &[]), Some(expected), "{statements}");
    }
}

#[test]
fn two_statements_may_share_the_work() {
    let halves =
        json!([deny(&json!({"Resource": "arn:aws:s3:::logs"})), deny(&json!({"Resource": "arn:aws:s3:::logs/*"}))]);
    assert_eq!(refuses(&halves, None, &[]), Some(true));
    let weak = json!([
        deny(&json!({"Resource": "arn:aws:s3:::logs"})),
        deny(&json!({"Resource": "arn:aws:s3:::logs/*", "Action": "s3:GetObject"}))
    ]);
    assert_eq!(refuses(&weak, None, &[]), Some(false));
}

#[test]
fn all_but_another_bucket_takes_in_the_bucket_of_that_name() {
    let statements = json!([deny(&json!({"Resource": null, "NotResource": "arn:aws:s3:::other/*"}))]);
    assert_eq!(refuses(&statements, Some("logs"), &[]), Some(true));
    assert_eq!(refuses(&statements, None, &[]), Some(false), "the only bucket named is left out");
}

#[test]
fn another_buckets_name_does_not_count() {
    let statements = json!([deny(&json!({}))]);
    assert_eq!(refuses(&statements, Some("other"), &[]), Some(false));
    assert_eq!(refuses(&statements, Some("log"), &[]), Some(false));
    let name = Tree::Unknown(std::sync::Arc::new(Gap::new(GapCode::KnownAfterApply, "")));
    assert_eq!(
        ask(denies_insecure_transport, &[policy(&statements, &[]), name]),
        Some(true),
        "its own name by the policy"
    );
}

#[test]
fn an_unknown_part_matters_only_where_it_could_decide() {
    let statements = json!([deny(&json!({}))]);
    for at in ["/statements/0/resources", "/statements/0/actions", "/statements/0/conditions/0/values", "/statements/0"]
    {
        assert_eq!(refuses(&statements, Some("logs"), &[at]), None, "{at}");
    }
    let weak = json!([deny(&json!({"Action": "s3:GetObject"}))]);
    assert_eq!(refuses(&weak, Some("logs"), &["/statements/0/resources"]), Some(false));
    let beside = json!([deny(&json!({})), deny(&json!({}))]);
    assert_eq!(refuses(&beside, Some("logs"), &["/statements/0"]), Some(true), "the other one refuses");
}
