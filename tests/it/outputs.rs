//! What `tickmark check` writes: how large it is, what it leaves out, and what a baseline knows.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::check::{OPEN_BUCKET, folder, git, json as checked, tickmark};

fn write(folder: &Path, file: &str, text: &str) {
    let path = folder.join(file);
    fs::create_dir_all(path.parent().expect("below the folder")).expect("makes a folder");
    fs::write(path, text).expect("writes a file");
}

/// A plan of many resources on one line, each with less than Terraform writes of it: 15,000 would be 10 MB.
fn plan(number: usize) -> String {
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"Service": "ec2.amazonaws.com"}}]});
    let resource = |at: usize| {
        let (kind, values) = match at % 8 {
            0 => ("aws_s3_bucket", json!({"bucket": format!("acme-{at}")})),
            1 => (
                "aws_sqs_queue",
                json!({"name": format!("jobs-{at}"), "sqs_managed_sse_enabled": at.is_multiple_of(3)}),
            ),
            2 => (
                "aws_security_group",
                json!({"name": format!("sg-{at}"), "egress": [], "ingress": [{"from_port": 22, "to_port": 22,
                    "protocol": "tcp", "cidr_blocks": ["0.0.0.0/0"], "ipv6_cidr_blocks": [], "self": false}]}),
            ),
            3 => (
                "aws_db_instance",
                json!({"identifier": format!("db-{at}"), "engine": "postgres", "instance_class": "db.t4g.micro",
                    "storage_encrypted": true, "publicly_accessible": false, "backup_retention_period": 7}),
            ),
            4 => (
                "aws_kms_key",
                json!({"description": format!("key {at}"), "enable_key_rotation": at.is_multiple_of(3)}),
            ),
            5 => ("aws_cloudwatch_log_group", json!({"name": format!("/app/{at}"), "retention_in_days": 365})),
            6 => ("aws_iam_role", json!({"name": format!("role-{at}"), "assume_role_policy": trust.to_string()})),
            _ => (
                "aws_instance",
                json!({"ami": "ami-1", "metadata_options": [{"http_tokens": "required"}],
                    "root_block_device": [{"encrypted": true}]}),
            ),
        };
        let mut values = values;
        values["tags"] = json!({"environment": "production", "team": "platform", "cost-center": "1234"});
        values["tags_all"] = values["tags"].clone();
        values["region"] = json!("eu-central-1");
        json!({
            "address": format!("{kind}.r{at}"), "mode": "managed", "type": kind, "name": format!("r{at}"),
            "provider_name": "registry.terraform.io/hashicorp/aws",
            "change": {"actions": ["create"], "before": null, "after": values,
                "after_unknown": {"id": true, "arn": true}, "before_sensitive": false, "after_sensitive": {}},
        })
    };
    let changes: Vec<Value> = (0..number).map(resource).collect();
    json!({"format_version": "1.2", "terraform_version": "1.9.5", "resource_changes": changes,
        "configuration": {"root_module": {}}})
    .to_string()
}

#[test]
fn the_json_of_a_plan_is_no_larger_than_the_plan() {
    let plan = plan(800);
    assert!(plan.len() / 800 < 667, "{} bytes a resource", plan.len() / 800);
    let folder = folder("plan.json", &plan);
    let ran = tickmark(folder.path(), &["check", "plan.json", "--format", "json", "--format", "json-v1=old.json"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.out.len() <= plan.len(), "{} bytes of {}", ran.out.len(), plan.len());
    let old: Value =
        serde_json::from_slice(&fs::read(folder.path().join("old.json")).expect("is written")).expect("JSON");
    let again = crate::check::every_result(&ran.out);
    assert_eq!(again, old, "every result of the old contract can be made of the new one");
    assert!(old["results"].as_array().is_some_and(|results| results.len() > 3000));
}

#[test]
fn instances_of_a_block_are_one_finding() {
    let text = "resource \"aws_kms_key\" \"k\" {\n  count = 40\n}\n";
    let folder = folder("main.tf", text);
    let ran = tickmark(folder.path(), &["check", ".", "--control", "kms-rotation"]);
    assert_eq!(ran.out.matches("error[kms-rotation]").count(), 1, "{}", ran.out);
    assert!(ran.out.contains("instances: 40: aws_kms_key.k[0], aws_kms_key.k[1], aws_kms_key.k[2] and 37 more"));
    assert!(ran.out.contains("1 finding fails the gate (1 block, 40 instances). 40 failed (40 denied"), "{}", ran.out);
    let ran = tickmark(folder.path(), &["check", ".", "--control", "kms-rotation", "--format", "sarif"]);
    let sarif: Value = serde_json::from_str(&ran.out).expect("JSON");
    let results = sarif["runs"][0]["results"].as_array().expect("results");
    assert_eq!((results.len(), &results[0]["occurrenceCount"]), (1, &Value::from(40)));
}

#[test]
fn a_module_that_is_called_twice_fails_once() {
    let folder = folder("main.tf", "module \"a\" {\n  source = \"./m\"\n}\n\nmodule \"b\" {\n  source = \"./m\"\n}\n");
    write(folder.path(), "m/main.tf", "resource \"aws_kms_key\" \"k\" {}\n");
    let ran = tickmark(folder.path(), &["check", ".", "--control", "kms-rotation"]);
    assert_eq!(ran.out.matches("error[kms-rotation]").count(), 1, "{}", ran.out);
    assert!(ran.out.contains("instances: 2: module.a.aws_kms_key.k, module.b.aws_kms_key.k"), "{}", ran.out);
    // What is accepted of one call is a finding of its own.
    let text = "# tickmark:ignore kms-rotation reason=\"x\" until=2999-12-31\nmodule \"a\" {\n  source = \"./m\"\n}\n\nmodule \"b\" {\n  source = \"./m\"\n}\n";
    write(folder.path(), "main.tf", text);
    let ran = tickmark(folder.path(), &["check", ".", "--control", "kms-rotation"]);
    assert!(ran.out.contains("waived (1)") && ran.out.contains("1 finding fails the gate."), "{}", ran.out);
}

#[test]
fn a_baseline_is_known_in_every_working_directory_and_clone() {
    let folder = tempfile::tempdir().expect("makes a folder");
    let modules = "module \"a\" {\n  source = \"../modules/a\"\n}\n";
    for clone in ["one", "elsewhere/two"] {
        let root = folder.path().join(clone);
        write(&root, "infra/main.tf", &format!("{OPEN_BUCKET}{modules}"));
        write(&root, "modules/a/main.tf", "resource \"aws_kms_key\" \"k\" {}\n");
        git(&root, &["init", "--quiet"]);
    }
    let one = folder.path().join("one");
    let written = tickmark(&one.join("infra"), &["check", ".", "--write-baseline", "../known.json"]);
    assert_eq!(written.code, 0, "{}", written.err);
    let known = fs::read_to_string(one.join("known.json")).expect("is written");
    assert!(known.contains("tickmark.baseline/2") && known.contains("\"infra/main.tf\""), "{known}");
    assert!(known.contains("\"modules/a/main.tf\""), "{known}");
    let baseline = one.join("known.json");
    let baseline = baseline.to_str().expect("UTF-8");
    let two = folder.path().join("elsewhere/two");
    for (from, path) in [
        (one.clone(), "infra"),
        (one.clone(), "."),
        (one.join("infra"), "main.tf"),
        (one.join("modules"), "../infra"),
        (two.clone(), "infra"),
        (two.join("infra"), "."),
        (folder.path().to_owned(), "elsewhere/two/infra"),
    ] {
        let (code, check) = checked(&from, &[path, "--baseline", baseline]);
        assert_eq!((code, &check["summary"]["denied"]), (0, &Value::from(0)), "{} {path}", from.display());
        let known = check["summary"]["in_baseline"].as_u64().expect("a count");
        assert!(known > 1, "{} {path}", from.display());
    }
}

#[test]
fn a_baseline_of_before_is_known_by_the_paths_that_were_shown() {
    let folder = folder("main.tf", "resource \"aws_kms_key\" \"k\" {}\n");
    let known = json!({"schema": "tickmark.baseline/1", "findings": [{
        "control": "kms-rotation", "file": "main.tf", "address": "aws_kms_key.k",
        "fingerprint": "e0b622817ce7cf194b4ccd02a1bd37a08a2aedfac4dd77b1b9d0f689bdd10692",
    }]});
    write(folder.path(), "known.json", &known.to_string());
    let arguments = ["main.tf", "--control", "kms-rotation", "--baseline", "known.json"];
    let (code, check) = checked(folder.path(), &arguments);
    assert_eq!((code, &check["summary"]["in_baseline"]), (0, &Value::from(1)), "{check:#}");
    write(folder.path(), "known.json", &known.to_string().replace("baseline/1", "baseline/9"));
    let ran = tickmark(folder.path(), &[&["check"], &arguments[..]].concat());
    assert!(ran.code == 2 && ran.err.contains("tickmark.baseline/9"), "{}", ran.err);
}

#[test]
fn what_is_not_deployed_is_left_out_below_what_was_named() {
    let folder = folder("main.tf", OPEN_BUCKET);
    let key = "resource \"aws_kms_key\" \"k\" {}\n";
    for file in ["examples/full/main.tf", "modules/a/tests/main.tf", "sandbox/main.tf", "fixtures/called/main.tf"] {
        write(folder.path(), file, key);
    }
    write(folder.path(), "call.tf", "module \"called\" {\n  source = \"./fixtures/called\"\n}\n");
    let files = |arguments: &[&str]| {
        let (_, check) = checked(folder.path(), arguments);
        let all = check["results"].as_array().expect("results").iter();
        let mut files: Vec<String> =
            all.map(|result| result["locations"][0]["file"].as_str().expect("a file").to_owned()).collect();
        files.sort();
        files.dedup();
        (files, check["excluded"].clone())
    };
    let (found, excluded) = files(&["."]);
    assert_eq!(found, ["fixtures/called/main.tf", "main.tf", "sandbox/main.tf"], "a called module is read");
    let said: Vec<(&str, u64)> = excluded
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| (one["pattern"].as_str().expect("a pattern"), one["directories"].as_u64().expect("a count")))
        .collect();
    assert_eq!(said, [("examples/", 1), ("fixtures/", 1), ("tests/", 1)]);
    assert_eq!(files(&["examples"]).0, ["examples/full/main.tf"], "what is named is checked");
    let (found, excluded) = files(&[".", "--exclude", "/sandbox", "--exclude", "nothing/*.yaml"]);
    assert_eq!(found, ["fixtures/called/main.tf", "main.tf"]);
    assert!(excluded.to_string().contains("nothing/*.yaml"), "{excluded}");
    let ran = tickmark(folder.path(), &["check", ".", "--exclude", "nothing/"]);
    let last = "Left out: 1 directory by `examples/`, 1 directory by `fixtures/`, nothing by `nothing/`, which matches nothing, 1 directory by `tests/`; --explain names the paths.";
    assert!(ran.out.trim_end().ends_with(last), "{}", ran.out);
    let ran = tickmark(folder.path(), &["check", ".", "--explain"]);
    assert!(ran.out.contains("  modules/a/tests  by tests/\n"), "{}", ran.out);
    let wrong = tickmark(folder.path(), &["check", ".", "--exclude", "!main"]);
    assert!(wrong.code == 2 && wrong.err.contains("takes nothing back"), "{}", wrong.err);
}

#[test]
fn what_is_left_out_still_tells_how_modules_are_called() {
    let folder = tempfile::tempdir().expect("makes a folder");
    write(
        folder.path(),
        "modules/key/main.tf",
        "variable \"rotate\" {}\nresource \"aws_kms_key\" \"k\" {\n  enable_key_rotation = var.rotate\n}\n",
    );
    let example = "module \"key\" {\n  source = \"../../modules/key\"\n  rotate = true\n}\nmodule \"gone\" {\n  source = \"./gone\"\n}\nresource \"aws_kms_key\" \"own\" {}\n";
    write(folder.path(), "examples/full/main.tf", example);
    let (code, check) = checked(folder.path(), &[".", "--control", "kms-rotation"]);
    assert_eq!(code, 0, "{check}");
    let results = check["results"].as_array().expect("results");
    assert_eq!((results.len(), &results[0]["verdict"]), (1, &json!("pass")), "{check}");
    assert_eq!(results[0]["resource"]["address"], "module.key.aws_kms_key.k");
    assert_eq!(check["errors"], json!([]), "nothing is said of what was left out");
}

#[test]
fn where_everything_is_left_out_that_is_said() {
    let folder = tempfile::tempdir().expect("makes a folder");
    write(folder.path(), "examples/main.tf", OPEN_BUCKET);
    let ran = tickmark(folder.path(), &["check", "."]);
    assert_eq!(ran.code, 3, "{}", ran.out);
    assert!(ran.err.contains("what may hold resources was left out by `examples/`"), "{}", ran.err);
    assert_eq!(tickmark(folder.path(), &["check", ".", "--allow-empty"]).code, 0);
}
