use proptest::prelude::*;
use serde_json::json;

use super::super::super::value::{Reference, Unknown};
use super::super::functions::is_rest;
use super::*;

/// A body in which a text `?name` is unknown with this expression, and `json:…` is text.
fn body(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::String(text) => match text.strip_prefix('?') {
            Some(name) => unknown(name),
            None => Value::text(text),
        },
        serde_json::Value::Array(items) => Value::list(items.iter().map(body).collect()),
        serde_json::Value::Object(members) => {
            Value::map(members.iter().map(|(name, member)| (Arc::from(name.as_str()), body(member))).collect())
        }
        other => Value::from_json(other),
    }
}

fn unknown(name: &str) -> Value {
    let reference = Reference { address: name.to_owned(), attribute: "json".to_owned(), whole: true, instance: true };
    Value::Unknown(Arc::new(Unknown::new(GapCode::KnownAfterApply, name).of(vec![reference])))
}

fn computed(json: &serde_json::Value) -> Value {
    match document(&body(json)) {
        Value::Json(document) => document.as_ref().clone(),
        other => panic!("{other:?}"),
    }
}

fn known(json: &serde_json::Value) -> Value {
    Value::from_json(json)
}

#[test]
fn arguments_become_a_policy_as_the_provider_writes_it() {
    let document = computed(&json!({"statement": [
        {
            "sid": "One",
            "actions": ["s3:Get*", "s3:Put*", "s3:Get*"],
            "resources": ["arn:aws:s3:::b/&{aws:username}/*", "arn:aws:s3:::b"],
            "principals": [
                {"type": "AWS", "identifiers": ["*"]},
                {"type": "Service", "identifiers": ["a.amazonaws.com", "b.amazonaws.com"]},
                {"type": "AWS", "identifiers": ["arn:aws:iam::111122223333:root"]},
            ],
            "condition": [
                {"test": "StringEquals", "variable": "aws:&{x}", "values": ["b", "c", "a", "&{z}"]},
                {"test": "StringEquals", "variable": "aws:&{x}", "values": ["d"]},
                {"test": "Bool", "variable": "aws:SecureTransport", "values": ["false"]},
                {"test": "Null", "variable": "w", "values": []},
            ],
        },
        {
            "effect": "Deny",
            "not_actions": ["iam:&{x}"],
            "not_resources": ["*"],
            "actions": [],
            "not_principals": [{"type": "*", "identifiers": ["*"]}],
        },
    ]}));
    assert_eq!(
        document,
        known(&json!({
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "One",
                    "Effect": "Allow",
                    "Action": ["s3:Put*", "s3:Get*"],
                    "Resource": ["arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b"],
                    "Principal": {
                        "AWS": ["*", "arn:aws:iam::111122223333:root"],
                        "Service": ["b.amazonaws.com", "a.amazonaws.com"],
                    },
                    "Condition": {
                        "StringEquals": {"aws:&{x}": ["b", "c", "a", "${z}", "d"]},
                        "Bool": {"aws:SecureTransport": "false"},
                        "Null": {"w": []},
                    },
                },
                {"Effect": "Deny", "NotAction": "iam:&{x}", "NotResource": "*", "NotPrincipal": "*"},
            ],
        }))
    );
}

#[test]
fn a_star_of_type_aws_is_not_the_star_alone() {
    let principal = |blocks: serde_json::Value| {
        let document = computed(&json!({"statement": [{"principals": blocks}]}));
        match document.get("Statement") {
            Some(Value::List(items)) => items[0].get("Principal").cloned(),
            _ => None,
        }
    };
    assert_eq!(principal(json!([{"type": "*", "identifiers": ["*"]}])), Some(Value::text("*")));
    assert_eq!(principal(json!([{"type": "AWS", "identifiers": ["*"]}])), Some(known(&json!({"AWS": "*"}))));
    assert_eq!(
        principal(json!([{"type": "*", "identifiers": ["*"]}, {"type": "AWS", "identifiers": ["b", "c"]}])),
        Some(known(&json!({"*": "*", "AWS": ["c", "b"]})))
    );
}

#[test]
fn no_statement_is_a_document_with_a_version_alone() {
    assert_eq!(computed(&json!({})), known(&json!({"Version": "2012-10-17"})));
    assert_eq!(
        computed(&json!({"version": "2008-10-17", "policy_id": "x"})),
        known(&json!({"Version": "2008-10-17", "Id": "x"}))
    );
}

#[test]
fn sources_come_first_and_overrides_replace_by_sid() {
    let first = json!({"Statement": [
        {"Sid": "One", "Effect": "Allow", "Action": "a"},
        {"Effect": "Allow", "Action": "b", "Foo": 1},
    ]});
    let second = json!({"Version": "2008-10-17", "Id": "x", "Statement": [{"Sid": "Obj", "Effect": "Allow"}]});
    let over = json!({"Statement": [
        {"Sid": "One", "Effect": "Deny", "Action": ["x:y"]},
        {"Sid": "", "Effect": "Allow", "Action": "z"},
        {"Sid": "New", "Effect": "Allow", "Action": "n"},
    ]});
    let document = computed(&json!({
        "source_policy_documents": [first.to_string(), null, second.to_string(), ""],
        "override_policy_documents": [over.to_string()],
        "policy_id": "me",
        "statement": [{"sid": "One", "actions": ["q:r"]}, {"actions": []}],
    }));
    assert_eq!(
        document,
        known(&json!({
            "Version": "2012-10-17",
            "Id": "me",
            "Statement": [
                {"Sid": "One", "Effect": "Deny", "Action": ["x:y"]},
                {"Effect": "Allow", "Action": "b"},
                {"Sid": "Obj", "Effect": "Allow"},
                {"Effect": "Allow"},
                {"Effect": "Allow", "Action": "z"},
                {"Sid": "New", "Effect": "Allow", "Action": "n"},
            ],
        }))
    );
}

#[test]
fn the_old_arguments_of_one_document_are_read() {
    let one = |sid: &str| json!({"Statement": [{"Sid": sid, "Effect": "Deny"}]}).to_string();
    let document = computed(&json!({
        "source_json": one("a"), "override_json": one("b"), "statement": [{"sid": "b"}],
    }));
    let expected = json!({"Version": "2012-10-17", "Statement": [
        {"Sid": "a", "Effect": "Deny"}, {"Sid": "b", "Effect": "Deny"},
    ]});
    assert_eq!(document, known(&expected));
}

#[test]
fn two_statements_of_one_sid_are_an_error_of_the_provider() {
    let same = json!({"statement": [{"sid": "a"}, {"sid": "a"}]});
    assert!(matches!(document(&body(&same)), Value::Unknown(_)));
    let one = json!({"Statement": [{"Sid": "a", "Effect": "Deny"}]}).to_string();
    let same = json!({"source_policy_documents": [one, one]});
    assert!(matches!(document(&body(&same)), Value::Unknown(_)));
    let wrong = json!({"source_policy_documents": ["{"]});
    assert!(matches!(document(&body(&wrong)), Value::Unknown(_)));
}

#[test]
fn an_unknown_source_is_one_unknown_statement_and_the_others_stay() {
    let document = computed(&json!({
        "source_policy_documents": ["?data.x.y.json"],
        "statement": [{"actions": ["*"], "resources": ["*"]}],
    }));
    let Some(Value::List(statements)) = document.get("Statement") else { panic!("{document:?}") };
    assert!(is_rest(&statements[0]));
    assert_eq!(statements[1], known(&json!({"Effect": "Allow", "Action": "*", "Resource": "*"})));
}

#[test]
fn an_unknown_override_leaves_only_statements_without_sid_known() {
    let document = computed(&json!({
        "override_policy_documents": ["?var.more"],
        "statement": [{"sid": "a", "actions": ["x"]}, {"actions": ["y"]}],
    }));
    let Some(Value::List(statements)) = document.get("Statement") else { panic!("{document:?}") };
    assert!(matches!(statements[0], Value::Unknown(_)));
    assert_eq!(statements[1], known(&json!({"Effect": "Allow", "Action": "y"})));
    assert!(is_rest(&statements[2]));
}

#[test]
fn a_source_with_unknown_parts_keeps_its_structure() {
    let inner = Value::Json(Arc::new(body(&json!({"Statement": [{"Effect": "Allow", "Resource": "?aws_x.y.arn"}]}))));
    let document =
        document(&Value::map([(Arc::from("source_policy_documents"), Value::list(vec![inner]))].into_iter().collect()));
    let Value::Json(document) = document else { panic!("{document:?}") };
    let Some(Value::List(statements)) = document.get("Statement") else { panic!("{document:?}") };
    assert_eq!(statements[0].get("Resource"), Some(&unknown("aws_x.y.arn")));
    assert_eq!(statements[0].get("Effect"), Some(&Value::text("Allow")));
}

#[test]
fn unknown_arguments_stay_in_their_places() {
    let document = computed(&json!({"statement": [{
        "effect": "?var.effect",
        "actions": "?var.actions",
        "resources": ["?aws_x.y.arn", "arn:b"],
        "principals": [{"type": "AWS", "identifiers": ["?aws_x.z.arn"]}],
        "condition": "?var.conditions",
    }, "?dynamic"]}));
    let Some(Value::List(statements)) = document.get("Statement") else { panic!("{document:?}") };
    let first = &statements[0];
    assert_eq!(first.get("Effect"), Some(&unknown("var.effect")));
    assert!(first.get("Action").is_some_and(is_rest));
    assert_eq!(first.get("Resource"), Some(&Value::list(vec![Value::text("arn:b"), unknown("aws_x.y.arn")])));
    assert_eq!(first.get("Principal").and_then(|principal| principal.get("AWS")), Some(&unknown("aws_x.z.arn")));
    assert!(matches!(first.get("Condition"), Some(Value::Unknown(_))));
    assert_eq!(statements[1], unknown("dynamic"));
}

#[test]
fn an_unknown_body_is_an_unknown_document() {
    assert!(matches!(document(&unknown("x")), Value::Unknown(_)));
}

fn any_body() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(|truth| json!(truth)),
        any::<f64>().prop_map(|number| json!(number)),
        "[?]?[a-z&{}*\"]{0,6}".prop_map(|text| json!(text)),
        Just(json!("{\"Statement\":[{\"Sid\":\"a\"}]}")),
    ];
    leaf.prop_recursive(5, 64, 4, |inner| {
        let name = prop::sample::select(vec![
            "statement",
            "sid",
            "effect",
            "actions",
            "resources",
            "principals",
            "type",
            "identifiers",
            "condition",
            "test",
            "variable",
            "values",
            "version",
            "source_policy_documents",
            "override_policy_documents",
            "source_json",
            "override_json",
            "policy_id",
            "not_principals",
            "Statement",
            "Sid",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| json!(items)),
            prop::collection::btree_map(name.prop_map(str::to_owned), inner, 0..6).prop_map(|members| json!(members)),
        ]
    })
}

proptest! {
    #[test]
    fn no_body_makes_it_panic(json in any_body()) {
        let made = document(&body(&json));
        let kept = matches!(made, Value::Json(_) | Value::Unknown(_));
        prop_assert!(kept);
    }
}
