//! Policy documents in every form that code has, with what is unknown in its place.

use super::*;
use crate::model::resource::Resource;
use serde_json::json;

/// A bucket with this policy; it is called `data`, and there is a role and a bucket without a name beside it.
fn bucket(policy: &serde_json::Value) -> Resource {
    let mapped = terraform(
        Mappings::built_in(),
        vec![
            block("aws_s3_bucket.b", &json!({"bucket": "data", "policy": policy})),
            block("aws_iam_role.app", &json!({"name": "app"})),
            block("aws_s3_bucket.unnamed", &json!({})),
        ],
    );
    of(&mapped, "aws_s3_bucket.b").clone()
}

fn statement(parts: &serde_json::Value) -> serde_json::Value {
    let mut statement = json!({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"});
    for (key, value) in parts.as_object().expect("parts") {
        statement[key] = value.clone();
    }
    json!({"$json": {"Version": "2012-10-17", "Statement": [statement]}})
}

/// What is unknown below the policy: pointer and text.
fn unknown(bucket: &Resource) -> Vec<(String, Option<String>)> {
    let unknown = bucket.unknown();
    let below = unknown.iter().filter_map(|(pointer, gap)| Some((pointer.strip_prefix("/policy")?, gap)));
    below.map(|(pointer, gap)| (pointer.to_owned(), gap.text.as_ref().map(ToString::to_string))).collect()
}

fn at(pointer: &str, text: Option<&str>) -> (String, Option<String>) {
    (pointer.to_owned(), text.map(ToOwned::to_owned))
}

#[test]
fn text_structure_and_text_with_unknown_parts_read_the_same() {
    let text = "{\"Statement\": {\"Effect\": \"Allow\", \"Principal\": {\"AWS\": \"123456789012\"}, \"Action\": \"s3:*\", \"Resource\": \"*\"}}";
    let plain = bucket(&json!(text));
    let structured = bucket(&json!({"$json": serde_json::from_str::<serde_json::Value>(text).expect("JSON")}));
    let map = bucket(&serde_json::from_str(text).expect("JSON"));
    assert_eq!(plain.attributes["policy"], structured.attributes["policy"]);
    assert_eq!(plain.attributes["policy"], map.attributes["policy"]);
    assert_eq!(plain.attributes["policy"]["statements"][0]["principal"]["aws"], json!(["123456789012"]));
    let partial = bucket(
        &json!({"$text": ["{\"Statement\": {\"Effect\": \"Allow\", \"Principal\": {\"AWS\": \"", {"$var": "var.who"},
        "\"}, \"Action\": ", {"$var": "var.what"}, ", \"Resource\": \"arn:aws:s3:::", {"$var": "var.where"}, "/*\"}}"]}),
    );
    assert_eq!(
        unknown(&partial),
        [
            at("/statements/0/actions", None),
            at("/statements/0/principal/aws", None),
            at("/statements/0/resources/0", Some("arn:aws:s3:::${var.where}/*")),
        ]
    );
}

#[test]
fn the_account_its_partition_and_what_the_code_makes_are_no_riddle() {
    let root = json!({"$text": ["arn:", {"$ref": "data.aws_partition.current.partition"}, ":iam::",
        {"$ref": "data.aws_caller_identity.current.account_id"}, ":root"]});
    let known = bucket(&statement(&json!({"Principal": {"AWS": root},
        "Resource": [{"$ref": "aws_s3_bucket.b.arn"}, {"$text": [{"$ref": "aws_s3_bucket.b.arn"}, "/*"]}]})));
    let first = &known.attributes["policy"]["statements"][0];
    assert_eq!(first["principal"]["aws"], json!(["arn:aws:iam::code:root"]));
    assert_eq!(first["resources"], json!(["arn:aws:s3:::data", "arn:aws:s3:::data/*"]));
    assert_eq!(unknown(&known), []);

    let made = bucket(&statement(&json!({"Principal": {"AWS": {"$ref": "aws_iam_role.app.arn"}},
        "Resource": {"$text": [{"$ref": "aws_s3_bucket.unnamed.arn"}, "/*"]}})));
    assert_eq!(
        unknown(&made),
        [
            at("/statements/0/principal/aws/0", Some("arn:aws:iam::code:role/aws_iam_role.app")),
            at("/statements/0/resources/0", Some("arn:aws:s3:::aws_s3_bucket.unnamed/*")),
        ]
    );
    let sub = cloudformation(
        Mappings::built_in(),
        vec![
            template("B", "AWS::S3::Bucket", &json!({})),
            template(
                "P",
                "AWS::S3::BucketPolicy",
                &json!({"Bucket": {"$ref": "B."}, "PolicyDocument": {"Statement": [{
            "Effect": "Allow", "Principal": {"AWS": {"$text": ["arn:aws:iam::", {"$ref": "AWS::AccountId."}, ":root"]}},
            "Action": ["s3:*"], "Resource": {"$text": ["arn:aws:s3:::", {"$ref": "B."}, "/*"]}}]}}),
            ),
        ],
    );
    let sub = of(&sub, "B");
    assert_eq!(sub.attributes["policy"]["statements"][0]["principal"]["aws"], json!(["arn:aws:iam::code:root"]));
    assert_eq!(
        sub.unknown()["/policy/statements/0/resources/0"].text.as_ref().and_then(|text| text.known()),
        Some("arn:aws:s3:::B/*")
    );
}

#[test]
fn the_arn_of_what_is_looked_up_or_not_in_the_code_names_one_resource() {
    let made = bucket(&statement(&json!({
        "Principal": {"AWS": [{"$ref": "aws_iam_role.gone.arn"}, {"$ref": "aws_iam_role.gone.unique_id"}]},
        "Resource": {"$ref": "data.aws_s3_bucket.logs.arn"},
        "Condition": {"ArnEquals": {"aws:SourceArn": {"$ref": "module.events.aws_sns_topic.t[0].arn"}}}})));
    assert_eq!(
        unknown(&made),
        [
            at("/statements/0/conditions/0/values/0", Some("arn:aws:sns::code:module.events.aws_sns_topic.t[0]")),
            at("/statements/0/principal/aws/0", Some("arn:aws:iam::code:role/aws_iam_role.gone")),
            at("/statements/0/principal/aws/1", Some("aws_iam_role.gone")),
            at("/statements/0/resources/0", Some("arn:aws:s3:::data.aws_s3_bucket.logs")),
        ]
    );
    let fragment = cloudformation(
        Mappings::built_in(),
        vec![template(
            "P",
            "AWS::S3::BucketPolicy",
            &json!({"Bucket": {"$ref": "Gone."}, "PolicyDocument": {"Statement": [{
                "Effect": "Deny", "Principal": {"AWS": {"$ref": "Parameter."}}, "Action": "s3:*",
                "Resource": [{"$ref": "Gone.Arn"}, {"$text": [{"$ref": "Gone.Arn"}, "/*"]}]}]}}),
        )],
    );
    assert_eq!(
        unknown(of(&fragment, "P")),
        [
            at("/statements/0/principal/aws", None),
            at("/statements/0/resources/0", Some("arn:aws:s3:::Gone")),
            at("/statements/0/resources/1", Some("arn:aws:s3:::Gone/*")),
        ]
    );
}

#[test]
fn the_arn_of_a_bucket_whose_name_is_known_in_part_is_a_text_of_that_part() {
    let mapped = terraform(
        Mappings::built_in(),
        vec![block(
            "aws_s3_bucket.b",
            &json!({"bucket": {"$text": [{"$var": "var.env"}, "-data"]},
                "policy": statement(&json!({"Resource": [{"$ref": "aws_s3_bucket.b.arn"}]}))}),
        )],
    );
    let texts = unknown(of(&mapped, "aws_s3_bucket.b"));
    assert_eq!(texts, [at("/statements/0/resources/0", Some("arn:aws:s3:::${var.env}-data"))]);
}

#[test]
fn each_part_that_is_unknown_is_unknown_in_its_place() {
    let var = || json!({"$var": "var.x"});
    for (parts, pointer) in [
        (json!({"Effect": var()}), "/statements/0/effect"),
        (json!({"Principal": var()}), "/statements/0/principal"),
        (json!({"Principal": {"Service": var()}}), "/statements/0/principal/service"),
        (json!({"Principal": {"AWS": ["1", var()]}}), "/statements/0/principal/aws/1"),
        (json!({"Action": var()}), "/statements/0/actions"),
        (json!({"Action": ["a:b", var()]}), "/statements/0/actions/1"),
        (json!({"Sid": var()}), "/statements/0/sid"),
        (json!({"Condition": var()}), "/statements/0/conditions"),
        (json!({"Condition": {"Bool": var()}}), "/statements/0/conditions/0"),
        (json!({"Condition": {"Bool": {"a": var()}}}), "/statements/0/conditions/0/values"),
        (json!({"Condition": {"Bool": {"a": ["x", var()]}}}), "/statements/0/conditions/0/values/1"),
    ] {
        let made = bucket(&statement(&parts));
        assert_eq!(unknown(&made), [at(pointer, None)], "{parts}");
        assert!(made.attributes["policy"]["statements"][0].members().is_some());
    }
    let one = bucket(&json!({"$json": {"Statement": [var(), {"Effect": "Deny", "Action": "*", "Resource": "*"}]}}));
    assert_eq!(unknown(&one), [at("/statements/0", None)]);
    assert_eq!(one.attributes["policy"]["statements"][1]["effect"], "Deny");
    assert_eq!(unknown(&bucket(&json!({"$json": {"Statement": var()}}))), [at("/statements", None)]);
    assert_eq!(unknown(&bucket(&var())), [at("", None)]);
}

#[test]
fn what_is_no_policy_is_unknown_and_none_is_none() {
    for wrong in [
        json!("no policy"),
        json!("{\"Statement\": [{\"Effect\": \"Allow\", \"Effect\": \"Deny\"}]}"),
        json!({"$json": {"Statment": []}}),
        json!({"$json": {"Statement": [{"Action": "*"}]}}),
        json!(5),
        json!({"$text": ["{\"Statement\": ", {"$var": "x"}]}),
    ] {
        let made = bucket(&wrong);
        assert!(made.unknown().contains_key("/policy"), "{wrong}: {:?}", made.attributes);
    }
    let empty = bucket(&json!(""));
    assert!(!empty.unknown().contains_key("/policy") && !empty.attributes.knows("policy"));
}

#[test]
fn an_expression_that_may_write_several_texts_is_not_taken_for_one() {
    let made = bucket(
        &json!({"$text": ["{\"Statement\": {\"Effect\": \"Allow\", \"Principal\": \"*\", \"Action\": \"s3:*\", \"Resource\": [\"arn:aws:s3:::",
        {"$var": "join(\"\\\",\\\"\", var.arns)"}, "\"]}}"]}),
    );
    assert_eq!(unknown(&made), [at("/statements/0/resources/0", None)]);
}

proptest::proptest! {
    #[test]
    fn hostile_policies_never_panic(text in "\\PC{0,40}", key in "(Statement|Principal|Condition|\\PC{0,8})") {
        let mut inner = serde_json::Map::new();
        inner.insert(key, json!([{"$var": text.clone()}, text.clone()]));
        bucket(&json!({"$json": {"Statement": [inner.clone(), {"Effect": "Allow", "Condition": {text.clone(): inner}}]}}));
        bucket(&json!({"$text": [text.clone(), {"$var": "x"}, text]}));
    }
}
