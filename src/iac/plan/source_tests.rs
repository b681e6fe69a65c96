//! Plans beside their sources: places, calls, directives, and values that the plan does not keep.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::tests::{ESTATE, at, block, change, plan, reference, unknown};
use super::*;
use crate::iac::deployment::Block;
use crate::iac::value::{Part, Value};

/// `terraform plan -out` of the estate.
const SAVED: &[u8] = include_bytes!("../../../tests/fixtures/plan/estate/tfplan");

fn estate() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/plan/estate")
}

fn in_directory(bytes: &[u8], path: &Path) -> Code {
    read("plan.json", bytes, Some(&Sources::Directory { path, shown: "infra" }))
}

fn saved() -> Code {
    read("plan.json", ESTATE, Some(&Sources::Saved { shown: "tfplan", bytes: SAVED }))
}

fn blocks(code: &Code) -> &[Block] {
    assert_eq!(code.problems, []);
    &code.deployments[0].scenarios[0].blocks
}

/// What stands at these lines of a file that was read.
fn excerpt<'c>(code: &'c Code, file: &str, (first, last): (u32, u32)) -> Vec<&'c str> {
    let lines = code.files[file].lines().skip(first as usize - 1);
    lines.take((last - first + 1) as usize).map(str::trim).collect()
}

#[test]
fn blocks_stand_in_the_sources_with_the_calls_that_lead_to_them() {
    let code = in_directory(ESTATE, &estate());
    let blocks = blocks(&code);
    let bucket = block(blocks, "module.logs[\"eu\"].aws_s3_bucket.this");
    assert_eq!(&*bucket.place.file, "infra/modules/bucket/main.tf");
    let lines = excerpt(&code, &bucket.place.file, (bucket.place.line, bucket.place.end_line));
    assert_eq!(lines, ["resource \"aws_s3_bucket\" \"this\" {", "bucket = var.name", "}"]);
    let [(address, place)] = &*bucket.calls else { panic!("{:?}", bucket.calls) };
    assert_eq!(address, "module.logs[\"eu\"]");
    assert_eq!(excerpt(&code, &place.file, (place.line, place.line)), ["module \"logs\" {"]);
}

#[test]
fn arguments_have_their_lines_those_of_dynamic_blocks_too() {
    let code = in_directory(ESTATE, &estate());
    let blocks = blocks(&code);
    let line = |address: &str, path: &str| {
        let block = block(blocks, address);
        let lines = block.spans.get(path).unwrap_or_else(|| panic!("{path} of {address}: {:?}", block.spans));
        excerpt(&code, &block.place.file, *lines)[0]
    };
    assert_eq!(line("aws_security_group.peer", "ingress/0/from_port"), "from_port       = 443");
    for rule in ["ingress/0/cidr_blocks", "ingress/1/cidr_blocks"] {
        assert_eq!(line("aws_security_group.web", rule), "cidr_blocks = [\"0.0.0.0/0\"]");
    }
    assert_eq!(line("aws_s3_bucket_policy.plain", "policy"), "policy = jsonencode({");
}

#[test]
fn directives_stand_at_the_instances() {
    let code = in_directory(ESTATE, &estate());
    let web = block(blocks(&code), "aws_security_group.web");
    let [ignore] = &*web.ignores else { panic!("{:?}", web.ignores) };
    assert_eq!((ignore.control.as_str(), ignore.at.as_str()), ("sg-no-ssh-from-internet", "aws_security_group.web"));
    assert_eq!(code.ignores.len(), 1);
}

#[test]
fn a_policy_is_known_but_for_the_arn_in_it() {
    let code = in_directory(ESTATE, &estate());
    for policy in [
        at(&block(blocks(&code), "aws_s3_bucket_policy.plain").body, "policy"),
        at(&block(blocks(&code), "aws_iam_policy.read").body, "policy"),
    ] {
        assert_eq!(at(policy, "Statement/0/Action"), &Value::text("s3:GetObject"));
        let Value::Template(parts) = at(policy, "Statement/0/Resource") else { panic!("{policy:?}") };
        let [Part::Unknown(arn), Part::Text(rest)] = &**parts else { panic!("{parts:?}") };
        assert_eq!(
            (arn.references.clone(), &**rest),
            (vec![reference("aws_s3_bucket.plain", "arn", true, true)], "/*")
        );
    }
}

#[test]
fn the_sources_say_what_locals_and_indexes_hide() {
    let code = in_directory(ESTATE, &estate());
    let rule = &block(blocks(&code), "aws_s3_bucket_server_side_encryption_configuration.plain").body;
    let key = unknown(rule, "rule/0/apply_server_side_encryption_by_default/0/kms_master_key_id");
    assert_eq!(
        (key.code, key.references.clone()),
        (GapCode::KnownAfterApply, vec![reference("aws_kms_key.main", "arn", true, true)])
    );
    let volume = unknown(&block(blocks(&code), "aws_volume_attachment.many[1]").body, "volume_id");
    assert_eq!(volume.references, [reference("aws_ebs_volume.many[1]", "id", true, true)]);
    let nested = "module.logs[\"us\"].aws_s3_bucket_server_side_encryption_configuration.this";
    let bucket = unknown(&block(blocks(&code), nested).body, "bucket");
    assert_eq!(bucket.references, [reference("module.logs[\"us\"].aws_s3_bucket.this", "id", true, true)]);
}

#[test]
fn what_is_sensitive_stays_so_beside_the_sources() {
    for code in [in_directory(ESTATE, &estate()), saved()] {
        assert!(!format!("{:?} {:?}", code.deployments, code.problems).contains("planted"));
    }
}

#[test]
fn the_saved_plan_says_the_same_as_the_directory() {
    let (saved, directory) = (saved(), in_directory(ESTATE, &estate()));
    let place = block(blocks(&saved), "module.logs[\"eu\"].aws_s3_bucket.this").place.clone();
    assert_eq!(&*place.file, "modules/bucket/main.tf");
    let shown = |code: &Code| format!("{:?}", blocks(code)).replace("infra/", "");
    assert_eq!(shown(&saved), shown(&directory));
    assert_eq!(saved.files.keys().map(|file| &**file).collect::<Vec<_>>(), ["main.tf", "modules/bucket/main.tf"]);
}

#[test]
fn sources_that_are_of_another_plan_are_a_problem() {
    let empty = tempfile::tempdir().unwrap();
    std::fs::write(empty.path().join("main.tf"), "resource \"aws_sqs_queue\" \"other\" {}").unwrap();
    let code = in_directory(ESTATE, empty.path());
    assert_eq!(code.problems.len(), 1, "{:?}", code.problems);
    assert!(code.problems[0].message.contains("not those of this plan"));
    // The plan is judged all the same, at its own lines.
    assert_eq!(&*block(&code.deployments[0].scenarios[0].blocks, "aws_kms_key.main").place.file, "plan.json");
    let code = read("plan.json", ESTATE, Some(&Sources::Saved { shown: "tfplan", bytes: b"PK\x03\x04" }));
    assert_eq!((code.problems.len(), code.deployments.len()), (1, 1));
}

/// A plan beside sources by hand.
fn beside(source: &str, changes: &serde_json::Value, root_module: &serde_json::Value) -> Vec<Block> {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("main.tf"), source).unwrap();
    let code = in_directory(&plan(changes, root_module), directory.path());
    blocks(&code).to_vec()
}

#[test]
fn a_dynamic_block_over_what_is_unknown_is_told_from_one_that_nobody_wrote() {
    use serde_json::json;
    let made = change("aws_s3_bucket.a", &["create"], &json!({}), &json!({"logging": true, "website": true}));
    let config = json!({"resources": [{"mode": "managed", "type": "aws_s3_bucket", "name": "a"}]});
    let source = "resource \"aws_vpc\" \"v\" {}
resource \"aws_s3_bucket\" \"a\" {
  dynamic \"logging\" {
    for_each = aws_vpc.v.tags_all
    content { target_bucket = logging.value }
  }
}";
    let blocks = beside(source, &json!([made]), &config);
    assert!(blocks[0].body.get("logging").is_some_and(|logging| !logging.is_known()));
    assert_eq!(blocks[0].body.get("website"), None);
}

#[test]
fn defaults_of_variables_are_not_taken_for_their_values() {
    use serde_json::json;
    let made = change("aws_iam_policy.a", &["create"], &json!({}), &json!({"policy": true}));
    let config = json!({"resources": [{
        "mode": "managed", "type": "aws_iam_policy", "name": "a",
        "expressions": {"policy": {"references": ["var.action", "aws_sqs_queue.q.arn", "aws_sqs_queue.q"]}},
    }]});
    let source = "variable \"action\" { default = \"sqs:ReceiveMessage\" }
resource \"aws_sqs_queue\" \"q\" {}
resource \"aws_iam_policy\" \"a\" {
  policy = jsonencode({ Statement = [{ Effect = \"Allow\", Action = var.action, Resource = aws_sqs_queue.q.arn }] })
}";
    let blocks = beside(source, &json!([made]), &config);
    let policy = at(&blocks[0].body, "policy");
    assert_eq!(at(policy, "Statement/0/Effect"), &Value::text("Allow"));
    // The plan was made with a value that nothing here tells.
    assert!(!at(policy, "Statement/0/Action").is_known());
}

#[test]
fn instances_that_the_sources_cannot_count_stand_where_the_block_stands() {
    use serde_json::json;
    let queue = |key: &str| {
        let mut made =
            change("aws_sqs_queue.q", &["create"], &json!({"name": key}), &json!({"kms_master_key_id": true}));
        made["address"] = json!(format!("module.m[\"{key}\"].aws_sqs_queue.q[0]"));
        made["module_address"] = json!(format!("module.m[\"{key}\"]"));
        made["index"] = json!(0);
        made
    };
    let config = json!({"module_calls": {"m": {"module": {"resources": [
        {"mode": "managed", "type": "aws_sqs_queue", "name": "q", "expressions": {"kms_master_key_id": {"references": ["local.k"]}}},
    ]}}}});
    let directory = tempfile::tempdir().unwrap();
    let root = "variable \"names\" {}
# tickmark:ignore sqs-encryption reason=\"legacy\" until=2099-01-31
module \"m\" {
  source = \"./m\"
  for_each = var.names
}";
    let module = "variable \"create\" { default = true }
locals { k = aws_kms_key.k[0].arn }
resource \"aws_kms_key\" \"k\" { count = var.create ? 1 : 0 }
resource \"aws_sqs_queue\" \"q\" {
  count = var.create ? 1 : 0
  kms_master_key_id = local.k
}";
    std::fs::create_dir(directory.path().join("m")).unwrap();
    std::fs::write(directory.path().join("main.tf"), root).unwrap();
    std::fs::write(directory.path().join("m/main.tf"), module).unwrap();
    let key = |key: &str| {
        let mut made = change("aws_kms_key.k", &["create"], &json!({}), &json!({}));
        made["address"] = json!(format!("module.m[\"{key}\"].aws_kms_key.k[0]"));
        made["module_address"] = json!(format!("module.m[\"{key}\"]"));
        made
    };
    let code = in_directory(&plan(&json!([queue("a"), queue("b"), key("a"), key("b")]), &config), directory.path());
    let second = block(blocks(&code), "module.m[\"b\"].aws_sqs_queue.q[0]");
    assert_eq!((&*second.place.file, second.place.line), ("infra/m/main.tf", 4));
    assert_eq!(second.calls[0].0, "module.m[\"b\"]");
    assert_eq!(second.ignores[0].at, "module.m[\"b\"]");
    let found = unknown(&second.body, "kms_master_key_id");
    assert_eq!(found.references, [reference("module.m[\"b\"].aws_kms_key.k[0]", "arn", true, true)]);
    let lines: BTreeMap<_, _> = second.spans.clone();
    assert_eq!(lines.get("kms_master_key_id"), Some(&(6, 6)));
}
