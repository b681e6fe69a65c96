//! Plans as Terraform 1.11 and the AWS provider 5.100 made them, and small ones by hand for what those do
//! not have.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::iac::deployment::{Block, Change};
use crate::iac::value::{Reference, Value};

/// `terraform show -json` of the estate in `tests/fixtures/plan/estate`.
pub(super) const ESTATE: &[u8] = include_bytes!("../../../tests/fixtures/plan/estate/plan.json");

/// What stands in the variable `password` of the estate.
const PLANTED: &str = "planted-hunter2";

fn blocks(bytes: &[u8]) -> Vec<Block> {
    let mut code = read("plan.json", bytes, None);
    assert_eq!(code.problems, []);
    code.deployments.remove(0).scenarios.remove(0).blocks
}

pub(super) fn block<'b>(blocks: &'b [Block], address: &str) -> &'b Block {
    blocks.iter().find(|block| block.address == address).unwrap_or_else(|| panic!("no {address}"))
}

/// The value at a path like `rule/0/status`, through JSON too.
pub(super) fn at<'v>(value: &'v Value, path: &str) -> &'v Value {
    path.split('/').fold(value, |value, step| match value {
        Value::List(items) => items.get(step.parse::<usize>().unwrap()).unwrap_or(&Value::Null),
        Value::Json(inner) => inner.get(step).unwrap_or(&Value::Null),
        value => value.get(step).unwrap_or(&Value::Null),
    })
}

pub(super) fn unknown<'v>(value: &'v Value, path: &str) -> &'v Unknown {
    match at(value, path) {
        Value::Unknown(unknown) => unknown,
        other => panic!("{path} is {other:?}"),
    }
}

pub(super) fn reference(address: &str, attribute: &str, whole: bool, instance: bool) -> Reference {
    Reference { address: address.to_owned(), attribute: attribute.to_owned(), whole, instance }
}

/// A plan by hand: its resource changes, and the root module of its configuration.
pub(super) fn plan(changes: &serde_json::Value, root_module: &serde_json::Value) -> Vec<u8> {
    json!({
        "format_version": "1.2",
        "resource_changes": changes,
        "configuration": {"root_module": root_module},
    })
    .to_string()
    .into_bytes()
}

pub(super) fn change(
    address: &str,
    actions: &[&str],
    after: &serde_json::Value,
    unknown: &serde_json::Value,
) -> serde_json::Value {
    let (kind, name) = address.split_once('.').unwrap();
    json!({
        "address": address, "mode": "managed", "type": kind, "name": name,
        "change": {"actions": actions, "before": null, "after": after, "after_unknown": unknown, "after_sensitive": {}},
    })
}

#[test]
fn every_managed_instance_is_a_block_and_data_sources_are_none() {
    let blocks = blocks(ESTATE);
    let mut addresses: Vec<&str> = blocks.iter().map(|block| block.address.as_str()).collect();
    addresses.sort_unstable();
    assert_eq!(
        addresses,
        [
            "aws_db_instance.main",
            "aws_ebs_volume.many[0]",
            "aws_ebs_volume.many[1]",
            "aws_iam_policy.combined",
            "aws_iam_policy.keyed[\"s3:Get*\"]",
            "aws_iam_policy.keyed[\"s3:Put*\"]",
            "aws_iam_policy.read",
            "aws_kms_key.main",
            "aws_s3_bucket.plain",
            "aws_s3_bucket_policy.plain",
            "aws_s3_bucket_server_side_encryption_configuration.plain",
            "aws_security_group.peer",
            "aws_security_group.unknown_rules",
            "aws_security_group.web",
            "aws_sns_topic.west",
            "aws_ssm_parameter.secret",
            "aws_volume_attachment.many[0]",
            "aws_volume_attachment.many[1]",
            "module.logs[\"eu\"].aws_s3_bucket.this",
            "module.logs[\"eu\"].aws_s3_bucket_server_side_encryption_configuration.this",
            "module.logs[\"us\"].aws_s3_bucket.this",
            "module.logs[\"us\"].aws_s3_bucket_server_side_encryption_configuration.this",
        ]
    );
    let keyed = block(&blocks, "aws_iam_policy.keyed[\"s3:Get*\"]");
    assert_eq!((keyed.key.as_deref(), &*keyed.module), (Some("\"s3:Get*\""), ""));
    assert_eq!(block(&blocks, "aws_ebs_volume.many[1]").key.as_deref(), Some("1"));
    let nested = block(&blocks, "module.logs[\"eu\"].aws_s3_bucket.this");
    assert_eq!((nested.key.as_deref(), &*nested.module), (None, "module.logs[\"eu\"]"));
    assert_eq!((&*nested.kind, nested.change), ("aws_s3_bucket", Some(Change::Made)));
    assert_eq!(block(&blocks, "aws_sns_topic.west").elsewhere.as_deref(), Some("us-west-2"));
    assert_eq!(block(&blocks, "aws_s3_bucket.plain").elsewhere, None);
}

#[test]
fn what_the_provider_computes_and_nobody_wrote_is_not_there() {
    let blocks = blocks(ESTATE);
    let bucket = &block(&blocks, "aws_s3_bucket.plain").body;
    assert_eq!(at(bucket, "bucket"), &Value::text("estate-plain"));
    for computed in ["server_side_encryption_configuration", "versioning", "policy", "acl", "arn", "id", "tags"] {
        assert_eq!(bucket.get(computed), None, "{computed}");
    }
    let database = &block(&blocks, "aws_db_instance.main").body;
    assert_eq!(at(database, "publicly_accessible"), &Value::Bool(false));
    for computed in ["storage_encrypted", "backup_retention_period", "restore_to_point_in_time"] {
        assert_eq!(database.get(computed), None, "{computed}");
    }
}

#[test]
fn what_was_written_and_is_unknown_says_what_it_refers_to() {
    let blocks = blocks(ESTATE);
    let policy = &block(&blocks, "aws_s3_bucket_policy.plain").body;
    let policy = unknown(policy, "policy");
    assert_eq!((policy.code, policy.shown.as_str()), (GapCode::KnownAfterApply, "aws_s3_bucket.plain.arn"));
    let rule = &block(&blocks, "aws_s3_bucket_server_side_encryption_configuration.plain").body;
    assert_eq!(unknown(rule, "bucket").references, [reference("aws_s3_bucket.plain", "id", true, true)]);
    // A local: the plan does not have them.
    let key = unknown(rule, "rule/0/apply_server_side_encryption_by_default/0/kms_master_key_id");
    assert_eq!((key.shown.as_str(), key.references.len()), ("local.key_arn", 0));
    let volume = unknown(&block(&blocks, "aws_volume_attachment.many[1]").body, "volume_id");
    assert_eq!(volume.references, [reference("aws_ebs_volume.many", "", true, false)]);
}

#[test]
fn references_are_followed_through_variables_and_outputs_of_modules() {
    let blocks = blocks(ESTATE);
    let rule = &block(&blocks, "module.logs[\"us\"].aws_s3_bucket_server_side_encryption_configuration.this").body;
    let bucket = reference("module.logs[\"us\"].aws_s3_bucket.this", "id", true, true);
    assert_eq!(unknown(rule, "bucket").references, [bucket]);
    let key = unknown(rule, "rule/0/apply_server_side_encryption_by_default/0/kms_master_key_id");
    assert_eq!(key.references, [reference("aws_kms_key.main", "arn", true, true)]);
    let topic = unknown(&block(&blocks, "aws_sns_topic.west").body, "kms_master_key_id");
    assert_eq!(topic.references, [reference("module.logs[\"eu\"].aws_s3_bucket.this", "arn", true, true)]);
}

#[test]
fn nested_blocks_of_a_dynamic_block_are_there() {
    let blocks = blocks(ESTATE);
    let known = &block(&blocks, "aws_security_group.web").body;
    assert_eq!(at(known, "ingress/0/from_port"), &Value::Number(22.0));
    assert_eq!(at(known, "ingress/1/cidr_blocks/0"), &Value::text("0.0.0.0/0"));
    // The block is made of an unknown list: that there is a rule is known, and nothing that is in it.
    let open = &block(&blocks, "aws_security_group.unknown_rules").body;
    assert_eq!(unknown(open, "ingress/0/from_port").code, GapCode::KnownAfterApply);
    assert_eq!(unknown(open, "ingress/0/cidr_blocks").code, GapCode::KnownAfterApply);
}

#[test]
fn a_policy_document_that_is_read_later_is_known_but_for_its_arns() {
    let blocks = blocks(ESTATE);
    let policy = at(&block(&blocks, "aws_iam_policy.read").body, "policy");
    assert_eq!(at(policy, "Statement/1/Action"), &Value::text("*"));
    assert_eq!(at(policy, "Statement/1/Condition/Bool/aws:MultiFactorAuthPresent"), &Value::text("true"));
    // `"${aws_s3_bucket.plain.arn}/*"` is listed as the ARN alone is: it is not said to be the whole.
    let resource = unknown(policy, "Statement/0/Resource");
    assert_eq!(resource.references, [reference("aws_s3_bucket.plain", "arn", false, true)]);

    let combined = at(&block(&blocks, "aws_iam_policy.combined").body, "policy");
    assert_eq!(at(combined, "Statement/1/Sid"), &Value::text("Admin"));
    assert_eq!(at(combined, "Statement/2/Sid"), &Value::text("List"));

    let keyed = at(&block(&blocks, "aws_iam_policy.keyed[\"s3:Put*\"]").body, "policy");
    assert_eq!(at(keyed, "Statement/0/Action"), &Value::text("s3:Put*"));
}

#[test]
fn nothing_sensitive_is_kept() {
    let code = read("plan.json", ESTATE, None);
    assert!(String::from_utf8_lossy(ESTATE).contains(PLANTED));
    assert!(!format!("{code:?}").contains(PLANTED));
    let blocks = &code.deployments[0].scenarios[0].blocks;
    let password = unknown(&block(blocks, "aws_db_instance.main").body, "password");
    assert_eq!((password.code, password.shown.as_str()), (GapCode::Sensitive, "var.password"));
    assert_eq!(unknown(&block(blocks, "aws_ssm_parameter.secret").body, "value").code, GapCode::Sensitive);
    // What is sensitive by its nature and was not written is not there all the same.
    assert_eq!(block(blocks, "aws_db_instance.main").body.get("password_wo"), None);
}

#[test]
fn sensitive_parts_of_maps_and_lists_are_masked_and_the_rest_is_not() {
    let mut secret = change(
        "aws_lambda_function.a",
        &["update"],
        &json!({"environment": [{"variables": {"TOKEN": "s3cret", "MODE": "prod"}}], "layers": ["s3cret", "b"], "odd": "s3cret"}),
        &json!({}),
    );
    secret["change"]["after_sensitive"] =
        json!({"environment": [{"variables": {"TOKEN": true}}], "layers": [true, false], "odd": {"shape": true}});
    let blocks = blocks(&plan(&json!([secret]), &json!({})));
    let body = &blocks[0].body;
    assert_eq!(unknown(body, "environment/0/variables/TOKEN").code, GapCode::Sensitive);
    assert_eq!(at(body, "environment/0/variables/MODE"), &Value::text("prod"));
    assert_eq!(unknown(body, "layers/0").code, GapCode::Sensitive);
    assert_eq!(at(body, "layers/1"), &Value::text("b"));
    // A mask that has not the shape of the value masks all of it.
    assert_eq!(unknown(body, "odd").code, GapCode::Sensitive);
    assert!(!format!("{body:?}").contains("s3cret"));
}

#[test]
fn only_what_is_there_after_the_plan_is_a_block() {
    let made = |actions: &[&str]| change("aws_sqs_queue.a", actions, &json!({"name": "a"}), &json!({}));
    let mut deposed = made(&["delete"]);
    deposed["deposed"] = json!("b4d5d6c7");
    let changes = json!([
        made(&["no-op"]),
        made(&["create"]),
        made(&["update"]),
        made(&["delete", "create"]),
        made(&["create", "delete"]),
        made(&["read"]),
        made(&["delete"]),
        made(&["forget"]),
        deposed,
    ]);
    let blocks = blocks(&plan(&changes, &json!({})));
    let done: Vec<_> = blocks.iter().map(|block| block.change.unwrap()).collect();
    assert_eq!(done, [Change::None, Change::Made, Change::Made, Change::Made, Change::Made, Change::None]);
}

#[test]
fn without_a_configuration_what_is_unknown_stays_so() {
    let changes = json!([change(
        "aws_s3_bucket.a",
        &["create"],
        &json!({}),
        &json!({"acl": true, "logging": [{"bucket": true}]})
    )]);
    let bytes = json!({"format_version": "1.0", "resource_changes": changes}).to_string();
    let blocks = blocks(bytes.as_bytes());
    assert_eq!(unknown(&blocks[0].body, "acl").shown, "acl");
    assert_eq!(unknown(&blocks[0].body, "logging/0/bucket").shown, "logging.0.bucket");
}

#[test]
fn what_a_deleted_companion_had_set_is_not_there_any_more() {
    let bucket = change(
        "aws_s3_bucket.a",
        &["no-op"],
        &json!({"id": "a", "bucket": "a", "versioning": [{"enabled": true}], "policy": "{}", "request_payer": "Requester"}),
        &json!({}),
    );
    let mut companion = change("aws_s3_bucket_versioning.a", &["delete"], &json!(null), &json!({}));
    companion["change"]["before"] = json!({"bucket": "a"});
    let policy = change("aws_s3_bucket_policy.b", &["no-op"], &json!({"bucket": "b", "policy": "{}"}), &json!({}));
    let config = |expressions: serde_json::Value| json!({"resources": [{"mode": "managed", "type": "aws_s3_bucket", "name": "a", "expressions": expressions}]});
    let changes = json!([bucket, companion, policy]);
    let read = blocks(&plan(&changes, &config(json!({"bucket": {"constant_value": "a"}}))));
    assert_eq!(read[0].body.get("versioning"), None);
    // The policy of another bucket, and what has no companion, stay.
    assert_eq!(at(&read[0].body, "policy"), &Value::text("{}"));
    assert_eq!(at(&read[0].body, "request_payer"), &Value::text("Requester"));
    // As does what the author wrote.
    let read = blocks(&plan(&changes, &config(json!({"versioning": [{"enabled": {"constant_value": true}}]}))));
    assert_eq!(at(&read[0].body, "versioning/0/enabled"), &Value::Bool(true));
}

#[test]
fn an_empty_list_is_there_only_if_it_was_written() {
    let made = change(
        "aws_eks_cluster.a",
        &["create"],
        &json!({"written": [], "block": [], "nested": [{"inner": []}]}),
        &json!({}),
    );
    let config = json!({"resources": [{
        "mode": "managed", "type": "aws_eks_cluster", "name": "a",
        "expressions": {"written": {"constant_value": []}, "nested": [{}]},
    }]});
    let read = blocks(&plan(&json!([made]), &config));
    assert_eq!(at(&read[0].body, "written"), &Value::list(Vec::new()));
    assert_eq!(read[0].body.get("block"), None);
    assert_eq!(at(&read[0].body, "nested/0"), &Value::map(std::collections::BTreeMap::new()));
}

/// The reference of `bucket`, whose expression refers to these.
fn bucket_refers(references: &serde_json::Value, others: &[&str], root_module: &serde_json::Value) -> Unknown {
    let mut changes = vec![change("aws_s3_bucket_policy.a", &["create"], &json!({}), &json!({"bucket": true}))];
    changes.extend(others.iter().map(|address| change(address, &["create"], &json!({}), &json!({}))));
    let mut config = json!({"resources": [{
        "mode": "managed", "type": "aws_s3_bucket_policy", "name": "a",
        "expressions": {"bucket": {"references": references}},
        "for_each_expression": {"references": ["aws_s3_bucket.all"]},
    }]});
    for (name, value) in root_module.as_object().unwrap() {
        config[name] = value.clone();
    }
    let read = blocks(&plan(&json!(changes), &config));
    unknown(&read[0].body, "bucket").clone()
}

#[test]
fn a_reference_says_what_is_known_of_it() {
    let refers =
        |references: serde_json::Value, others: &[&str]| bucket_refers(&references, others, &json!({})).references;
    let all = ["aws_s3_bucket.all[\"x\"]", "aws_s3_bucket.all[\"y\"]", "aws_s3_bucket.one", "aws_s3_bucket.only[0]"];
    // Every attribute of the block that `for_each` goes over; which one only the key says.
    assert_eq!(
        refers(json!(["each.value.id", "each.value"]), &all),
        [reference("aws_s3_bucket.all", "id", true, false)]
    );
    assert_eq!(
        refers(json!(["aws_s3_bucket.all[\"x\"].id", "aws_s3_bucket.all[\"x\"]", "aws_s3_bucket.all"]), &all),
        [reference("aws_s3_bucket.all[\"x\"]", "id", true, true)]
    );
    // Of one instance alone there is no doubt which one is meant.
    assert_eq!(
        refers(json!(["aws_s3_bucket.only", "count.index"]), &all),
        [reference("aws_s3_bucket.only[0]", "", true, true)]
    );
    // Beside a key an attribute is a part of a text; beside a local it may be anything.
    assert_eq!(
        refers(json!(["aws_s3_bucket.one.id", "aws_s3_bucket.one", "each.key"]), &all),
        [reference("aws_s3_bucket.one", "id", false, true)]
    );
    assert_eq!(
        refers(json!(["local.x", "aws_s3_bucket.one.id", "aws_s3_bucket.one"]), &all),
        [reference("aws_s3_bucket.one", "id", false, true)]
    );
    // The side of a condition that has no instance is not the one.
    assert_eq!(
        refers(
            json!(["aws_s3_bucket.none[0].id", "aws_s3_bucket.none[0]", "aws_s3_bucket.one.id", "aws_s3_bucket.one"]),
            &all
        ),
        [reference("aws_s3_bucket.one", "id", true, true)]
    );
    assert_eq!(refers(json!(["module.none.id", "var.none", "][", "path.module"]), &all), []);
}

#[test]
fn references_that_go_in_circles_come_to_an_end() {
    let circle = json!({"module_calls": {"m": {
        "expressions": {"a": {"references": ["module.m.b"]}},
        "module": {"outputs": {"b": {"expression": {"references": ["var.a", "var.a.x", "module.m.b"]}}}},
    }}});
    let unknown = bucket_refers(&json!(["module.m.b"]), &[], &circle);
    assert_eq!(unknown.references, []);
}

#[test]
fn documents_that_are_made_of_each_other_come_to_an_end() {
    let document = |name: &str| {
        json!({
            "address": format!("data.aws_iam_policy_document.{name}"), "mode": "data",
            "type": "aws_iam_policy_document", "name": name,
            "change": {"actions": ["read"], "after": {}, "after_unknown": {"json": true, "source_policy_documents": [true]}},
        })
    };
    let config = |name: &str, other: &str| {
        json!({
            "mode": "data", "type": "aws_iam_policy_document", "name": name,
            "expressions": {"source_policy_documents": {"references": [format!("data.aws_iam_policy_document.{other}.json")]}},
        })
    };
    let policy = change("aws_iam_policy.p", &["create"], &json!({}), &json!({"policy": true}));
    let written = json!({
        "mode": "managed", "type": "aws_iam_policy", "name": "p",
        "expressions": {"policy": {"references": ["data.aws_iam_policy_document.a.json"]}},
    });
    let read = blocks(&plan(
        &json!([policy, document("a"), document("b")]),
        &json!({"resources": [written, config("a", "b"), config("b", "a")]}),
    ));
    assert!(!at(&read[0].body, "policy").is_known());
}

#[test]
fn a_plan_is_read_in_every_encoding_that_shells_write() {
    let text = std::str::from_utf8(ESTATE).unwrap();
    let expected = format!("{:?}", blocks(ESTATE));
    let deployments = || std::iter::once(0xFEFF).chain(text.encode_utf16());
    let little: Vec<u8> = deployments().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = deployments().flat_map(u16::to_be_bytes).collect();
    for bytes in [&little[..], &big[..], &little[2..], &big[2..], &[&[0xEF, 0xBB, 0xBF], ESTATE].concat()] {
        assert!(looks_like(bytes));
        assert_eq!(format!("{:?}", blocks(bytes)), expected);
    }
}

#[test]
fn blocks_stand_at_their_lines_in_the_plan() {
    let changes = json!([change("aws_sqs_queue.a", &["create"], &json!({"name": "a"}), &json!({}))]);
    let text = serde_json::to_string_pretty(&json!({"format_version": "1.2", "resource_changes": changes})).unwrap();
    let blocks = blocks(text.as_bytes());
    let lines: Vec<&str> = text.lines().collect();
    let place = &blocks[0].place;
    assert_eq!((&*place.file, lines[place.line as usize - 1].trim()), ("plan.json", "{"));
    assert!(lines[place.line as usize].contains("\"address\""));
    assert_eq!(lines[place.end_line as usize - 1].trim(), "}");
}

#[test]
fn what_cannot_be_read_is_a_problem_and_says_where() {
    let problem = |text: &str| {
        let code = read("plan.json", text.as_bytes(), None);
        assert_eq!(code.problems.len(), 1, "{text}");
        (code.problems[0].line, code.problems[0].message.clone(), code.deployments.len())
    };
    let (line, message, _) = problem("{\n\"format_version\": \"1.2\",\n\"resource_changes\": [}");
    assert_eq!((line, message.as_str()), (Some(3), "parse the plan: expected value"));
    let (_, message, deployments) = problem(r#"{"format_version": "2.0", "resource_changes": []}"#);
    assert!(message.contains("`2.0`") && deployments == 0, "{message}");
    let (_, message, _) = problem(r#"{"format_version": "0.1", "resource_changes": []}"#);
    assert!(message.contains("`0.1`"), "{message}");
    let (_, message, _) = problem(r#"{"format_version": "1.0", "values": {"root_module": {}}}"#);
    assert!(message.contains("it is a state"), "{message}");
    // One change that makes no sense: the rest is judged, and the deployment says that something is missing.
    let good = change("aws_sqs_queue.a", &["create"], &json!({}), &json!({"x": true}));
    let text = format!(
        "{{\"format_version\": \"1.2\",\n\"resource_changes\": [{good},\n{{\"address\": \"s3cret\", \"mode\": 7}}]}}"
    );
    let code = read("plan.json", text.as_bytes(), None);
    assert_eq!(code.problems[0].line, Some(3));
    assert!(!code.problems[0].message.contains("s3cret"));
    assert_eq!((code.deployments[0].scenarios[0].blocks.len(), code.deployments[0].missing.len()), (1, 1));
}

#[test]
fn an_error_never_quotes_what_it_stumbled_over() {
    for secret in ["s3cret", "s3cret, expected s3cret", "s3cret at line 3 s3cret", "\" s3cret"] {
        let changes = json!([{"address": "a.b", "mode": "managed", "type": "a", "name": "b", "change": secret}]);
        for bytes in [plan(&changes, &json!({})), plan(&json!(secret), &json!({})), plan(&json!([]), &json!(secret))] {
            let code = read("plan.json", &bytes, None);
            assert_eq!(code.problems.len(), 1);
            assert!(!format!("{:?} {:?}", code.problems, code.deployments).contains("s3cret"), "{:?}", code.problems);
        }
    }
}

#[test]
fn nesting_without_end_is_an_error_of_what_is_read_and_skipped_elsewhere() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let text = |after: &str, configuration: &str, planned: &str| {
        format!(
            "{{\"format_version\": \"1.2\", \"planned_values\": {planned}, \"configuration\": {configuration},
            \"resource_changes\": [{{\"address\": \"a.b\", \"mode\": \"managed\", \"type\": \"a\", \"name\": \"b\",
            \"change\": {{\"actions\": [\"create\"], \"after\": {after}, \"before\": {planned}}}}}]}}"
        )
    };
    let inside = format!("{{\"x\": {deep}}}");
    let problems = |text: String| read("plan.json", text.as_bytes(), None).problems;
    assert_eq!(problems(text("{}", "{}", &deep)), []);
    assert_eq!(
        problems(text(&inside, "{}", "{}"))[0].message,
        "read a resource change of the plan: recursion limit exceeded"
    );
    let module = format!("{{\"root_module\": {{\"resources\": {deep}}}}}");
    assert_eq!(problems(text("{}", &module, "{}")).len(), 1);
}

#[test]
fn many_blocks_of_one_kind_take_time_in_proportion() {
    let count = 20_000;
    let blocks_of = |block: serde_json::Value| serde_json::Value::Array(vec![block; count]);
    let made = change(
        "aws_x.a",
        &["create"],
        &json!({"rule": blocks_of(json!({"x": [{"y": []}]}))}),
        &json!({"rule": blocks_of(json!({"x": [{"z": true}]}))}),
    );
    let inner = json!({"x": blocks_of(json!({"z": {"references": ["aws_y.b.id"]}}))});
    let mut rules = vec![json!({}); count];
    rules[0] = inner;
    let config = json!({"resources": [
        {"mode": "managed", "type": "aws_x", "name": "a", "expressions": {"rule": rules}},
    ]});
    let started = std::time::Instant::now();
    let read = blocks(&plan(&json!([made]), &config));
    assert_eq!(unknown(&read[0].body, "rule/0/x/0/z").code, GapCode::KnownAfterApply);
    assert!(started.elapsed() < std::time::Duration::from_secs(20), "{:?}", started.elapsed());
}

#[test]
fn a_plan_that_is_not_all_of_it_says_so() {
    let missing = |extra: serde_json::Value| {
        let mut plan = json!({"format_version": "1.2", "resource_changes": []});
        for (name, value) in extra.as_object().unwrap() {
            plan[name] = value.clone();
        }
        read("plan.json", plan.to_string().as_bytes(), None).deployments[0].missing.len()
    };
    assert_eq!(missing(json!({})), 0);
    assert_eq!(missing(json!({"complete": true, "errored": false})), 0);
    assert_eq!(missing(json!({"errored": true})), 1);
    assert_eq!(missing(json!({"complete": false})), 1);
    let deferred = change("aws_sqs_queue.a", &["create"], &json!({}), &json!({}));
    assert_eq!(missing(json!({"deferred_changes": [{"reason": "x", "resource_change": deferred}]})), 1);
}

#[test]
fn a_plan_of_nothing_is_a_plan() {
    let nothing = br#"{"format_version": "1.2", "planned_values": {"root_module": {}}, "configuration": {}}"#;
    assert!(looks_like(nothing));
    assert!(blocks(nothing).is_empty());
}

#[test]
fn a_saved_plan_alone_says_what_to_do() {
    let saved = include_bytes!("../../../tests/fixtures/plan/estate/tfplan");
    assert!(is_saved(saved) && !looks_like(saved));
    let code = read("tfplan", saved, None);
    assert!(code.problems[0].message.contains("terraform show -json tfplan"), "{}", code.problems[0].message);
    assert!(code.deployments.is_empty());
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(!is_saved(&bytes) || !looks_like(&bytes));
        prop_assert!(read("x", &bytes, None).deployments.len() <= 1);
    }

    #[test]
    fn a_plan_with_a_byte_changed_never_panics(at in 0..ESTATE.len(), byte in any::<u8>()) {
        let mut bytes = ESTATE.to_vec();
        bytes[at] = byte;
        prop_assert!(read("x", &bytes, None).deployments.len() <= 1);
    }

    #[test]
    fn arbitrary_masks_and_expressions_never_panic_and_never_show_what_is_masked(
        after in json_value(),
        unknown in json_value(),
        sensitive in json_value(),
        expressions in json_value(),
    ) {
        let mut made = change("aws_x.a", &["create"], &json!({"a": after, "hidden": {"x": "s3cret"}}), &json!({"a": unknown}));
        made["change"]["after_sensitive"] = json!({"a": sensitive, "hidden": true});
        let config = json!({"resources": [
            {"mode": "managed", "type": "aws_x", "name": "a", "expressions": {"a": expressions}},
        ]});
        let code = read("x", &plan(&json!([made]), &config), None);
        let shown = format!("{code:?}");
        prop_assert!(!shown.contains("s3cret"));
    }
}

/// JSON as it may stand anywhere in a plan.
fn json_value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(|truth| json!(truth)),
        any::<i32>().prop_map(|number| json!(number)),
        "[a-z.\\[\\]\"0]{0,12}".prop_map(|text| json!(text)),
        Just(json!("var.x")),
        Just(json!("aws_x.a.id")),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(|items| json!(items)),
            proptest::collection::btree_map("references|constant_value|[a-c]", inner, 0..4)
                .prop_map(|members| json!(members)),
        ]
    })
}

/// A bucket, a trail and a table of which a block each is unknown as a whole, and nothing is written.
fn unknown_as_a_whole(relevant: &serde_json::Value) -> Vec<u8> {
    let resource = |kind: &str, block: &str| {
        json!({
            "address": format!("{kind}.a"), "mode": "managed", "type": kind, "name": "a",
            "change": {
                "actions": ["create"], "before": null, "after": {"name": "a"},
                "after_unknown": {block: true, "arn": true}, "after_sensitive": {block: [], "tags": {}},
            },
        })
    };
    let written = |kind: &str| {
        json!({"address": format!("{kind}.a"), "mode": "managed", "type": kind, "name": "a",
            "expressions": {"name": {"constant_value": "a"}}})
    };
    json!({
        "format_version": "1.2",
        "resource_changes": [resource("aws_cloudtrail", "event_selector"), resource("aws_dynamodb_table", "point_in_time_recovery")],
        "configuration": {"root_module": {"resources": [written("aws_cloudtrail"), written("aws_dynamodb_table")]}},
        "relevant_attributes": relevant,
    })
    .to_string()
    .into_bytes()
}

#[test]
fn a_block_that_is_unknown_as_a_whole_is_not_left_out() {
    let plain = blocks(&unknown_as_a_whole(&json!([])));
    let trail = block(&plain, "aws_cloudtrail.a");
    assert_eq!(unknown(&trail.body, "event_selector").code, GapCode::KnownAfterApply);
    assert_eq!(at(&trail.body, "arn"), &Value::Null, "what is no list is computed");
    // The provider computes it where nothing is written, and nothing in the plan is not accounted for.
    assert_eq!(at(&block(&plain, "aws_dynamodb_table.a").body, "point_in_time_recovery"), &Value::Null);
    let hidden = json!([{"resource": "aws_subnet.a[0]", "attribute": ["id"]}]);
    let hidden = blocks(&unknown_as_a_whole(&hidden));
    unknown(&block(&hidden, "aws_dynamodb_table.a").body, "point_in_time_recovery");
}

#[test]
fn what_decides_about_a_change_and_is_nowhere_written_is_in_a_dynamic_block() {
    let names = Names::default();
    let text = json!({"root_module": {"resources": [
        {"address": "aws_x.a", "mode": "managed", "type": "aws_x", "name": "a", "expressions": {
            "of": {"references": ["aws_y.b[0].id", "aws_y.b[0]", "aws_y.b"]}, "all": {"references": ["aws_z.c"]},
        }},
    ]}});
    let configuration = configuration::Configuration::parse(&text.to_string(), &names).expect("a configuration");
    let leaves_out =
        |address: &str, attribute: &str| configuration.leaves_out(&[(address.to_owned(), attribute.to_owned())]);
    assert!(!leaves_out("aws_y.b[0]", "id"));
    assert!(!leaves_out("module.m[\"k.x\"].aws_y.b", "id"));
    assert!(leaves_out("aws_y.b", "arn"));
    assert!(leaves_out("aws_w.d", "id"));
    assert!(!leaves_out("aws_z.c", "anything"), "the whole of it is used");
    assert!(!configuration.leaves_out(&[]));
}
