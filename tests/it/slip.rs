//! What somebody may try, or stumble into, to get past the gate or to have it attest what it did not see.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tickmark::model::canonical::sha256_hex;

use crate::check::{OPEN_BUCKET, folder, git, json, results, tickmark, verdict};

const OPEN_GROUP: &str = "resource \"aws_security_group\" \"a\" {\n  ingress {\n    from_port = 22\n    to_port = 22\n    \
                          protocol = \"tcp\"\n    cidr_blocks = [\"0.0.0.0/0\"]\n  }\n}\n";

const SSH: &[&str] = &["--control", "sg-no-ssh-from-internet"];

fn write(folder: &Path, file: &str, text: &str) {
    let path = folder.join(file);
    fs::create_dir_all(path.parent().expect("has a folder")).expect("makes a folder");
    fs::write(path, text).expect("writes a file");
}

fn commit(folder: &Path) {
    git(folder, &["init", "-q"]);
    git(folder, &["add", "."]);
    git(folder, &["commit", "-q", "-m", "first"]);
}

/// Two root modules that call the same module, which fails, by the same name.
fn two_roots(first: &str, second: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("makes a folder");
    write(folder.path(), "shared/main.tf", OPEN_GROUP);
    let call = "module \"a\" {\n  source = \"../shared\"\n}\n";
    write(folder.path(), "one/main.tf", &format!("{first}{call}"));
    write(folder.path(), "two/main.tf", &format!("{second}{call}"));
    folder
}

const DIRECTIVE: &str = "# tickmark:ignore sg-no-ssh-from-internet reason=\"tests\" until=2099-01-01\n";

#[test]
fn what_is_taken_away_beside_a_resource_changes_it() {
    let block = "resource \"aws_s3_bucket_public_access_block\" \"a\" {\n  bucket = aws_s3_bucket.a.id\n  \
                 block_public_acls = true\n}\n";
    let folder = folder("main.tf", &format!("{OPEN_BUCKET}\n{block}"));
    commit(folder.path());
    write(folder.path(), "main.tf", OPEN_BUCKET);
    let (code, check) = json(folder.path(), &[".", "--since", "HEAD"]);
    assert_eq!(verdict(&check, "s3-block-public-acls", "aws_s3_bucket.a"), Some("fail"), "{check:#}");
    assert_eq!(verdict(&check, "s3-versioning", "aws_s3_bucket.a"), None, "nothing else is said of it");
    assert_eq!(code, 1);
}

#[test]
fn settings_that_a_template_no_longer_has_are_off() {
    let bucket = "Resources:\n  A:\n    Type: AWS::S3::Bucket\n    Properties:\n      BucketName: a\n";
    let settings = "      PublicAccessBlockConfiguration: {BlockPublicAcls: true}\n";
    let folder = folder("t.yaml", &format!("{bucket}{settings}"));
    commit(folder.path());
    write(folder.path(), "t.yaml", bucket);
    let (_, check) = json(folder.path(), &["."]);
    assert_eq!(verdict(&check, "s3-block-public-acls", "A"), Some("pass"), "a new bucket has them on");
    let (code, check) = json(folder.path(), &[".", "--since", "HEAD"]);
    assert_eq!(verdict(&check, "s3-block-public-acls", "A"), Some("fail"), "{check:#}");
    assert_eq!(code, 1);
}

#[test]
fn what_a_plan_deletes_beside_a_resource_changes_it() {
    let bucket = json!({"bucket": "b", "id": "b"});
    let block = json!({"bucket": "b", "id": "b", "block_public_acls": true});
    let change = |kind: &str, actions: &[&str], before: &Value, after: &Value| {
        json!({
            "address": format!("{kind}.b"), "mode": "managed", "type": kind, "name": "b",
            "change": {"actions": actions, "before": before, "after": after, "after_unknown": {}, "after_sensitive": {}},
        })
    };
    let plan = |actions: &[&str], after: &Value| {
        let changes = [
            change("aws_s3_bucket", &["no-op"], &bucket, &bucket),
            change("aws_s3_bucket_public_access_block", actions, &block, after),
        ];
        json!({"format_version": "1.2", "planned_values": {}, "resource_changes": changes}).to_string()
    };
    let folder = folder("plan.json", &plan(&["no-op"], &block));
    let (code, check) = json(folder.path(), &["plan.json", "--changed"]);
    assert_eq!((code, results(&check).len()), (0, 0), "{check:#}");
    for (actions, after) in [
        (&["delete"][..], Value::Null),
        (&["forget"], Value::Null),
        (&["update"], json!({"bucket": "other", "id": "b", "block_public_acls": true})),
        (&["delete", "create"], json!({"bucket": "other", "block_public_acls": true})),
    ] {
        write(folder.path(), "plan.json", &plan(actions, &after));
        let (code, check) = json(folder.path(), &["plan.json", "--changed"]);
        assert_eq!(verdict(&check, "s3-block-public-acls", "aws_s3_bucket.b"), Some("fail"), "{actions:?} {check:#}");
        assert_eq!(verdict(&check, "s3-versioning", "aws_s3_bucket.b"), None, "nothing else is said of it");
        assert_eq!(code, 1);
    }
}

#[test]
fn the_same_module_in_two_root_modules_is_two_findings() {
    let folder = two_roots("", "");
    let (_, check) = json(folder.path(), &[&["."], SSH].concat());
    let fingerprints: Vec<&Value> = results(&check).iter().map(|result| &result["fingerprint"]).collect();
    assert_eq!(fingerprints.len(), 2);
    assert_ne!(fingerprints[0], fingerprints[1]);
    git(folder.path(), &["init", "--quiet"]);
    let ran = tickmark(folder.path(), &[&["check", "one", "--write-baseline", "known.json"], SSH].concat());
    assert_eq!(ran.code, 0, "{}", ran.err);
    let (code, check) = json(folder.path(), &[&[".", "--baseline", "known.json"], SSH].concat());
    assert_eq!((code, check["summary"]["in_baseline"].as_u64()), (1, Some(1)), "{check:#}");
}

#[test]
fn an_exception_of_one_root_module_is_not_sealed_for_the_other() {
    let folder = two_roots(DIRECTIVE, "");
    let ran = tickmark(folder.path(), &[&["check", ".", "--seal-into", "store"], SSH].concat());
    assert_eq!(ran.code, 1, "{}", ran.err);
    let sealed = sealed(folder.path());
    let waived = |unit: &str| {
        let found = sealed.iter().find(|verdict| verdict["id"].as_str().is_some_and(|id| id.starts_with(unit)));
        !found.expect("is sealed")["waived"].is_null()
    };
    assert!(waived("one#"));
    assert!(!waived("two#"));
}

#[test]
fn an_exception_is_sealed_where_its_resource_did_not_change() {
    let folder = folder("main.tf", &format!("{DIRECTIVE}{OPEN_GROUP}"));
    commit(folder.path());
    let ran = tickmark(folder.path(), &[&["check", ".", "--since", "HEAD", "--seal-into", "store"], SSH].concat());
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(!sealed(folder.path())[0]["waived"].is_null());
}

/// The verdicts of the scan in `store`.
fn sealed(folder: &Path) -> Vec<Value> {
    let exported = tickmark(folder, &["export", "--store", "store", "--format", "json"]);
    assert_eq!(exported.code, 0, "{}", exported.err);
    let exported: Value = serde_json::from_str(&exported.out).expect("is JSON");
    exported["results"].as_array().expect("a list").clone()
}

/// What the report of the scan in `store` says of the code.
fn scope(folder: &Path) -> String {
    let report = tickmark(folder, &["report", "--store", "store", "--out", "report"]);
    assert_eq!(report.code, 0, "{}", report.err);
    fs::read_to_string(folder.join("report/scope.html")).expect("reads the page")
}

const NOT_COMMITTED: &str = "with changes that were not committed";

#[test]
fn a_seal_names_a_commit_only_with_what_differs_from_it() {
    let folder = tempfile::tempdir().expect("makes a folder");
    let group = OPEN_GROUP.replace("\"0.0.0.0/0\"", "var.open ? \"0.0.0.0/0\" : \"10.0.0.0/8\"");
    write(folder.path(), "shared/main.tf", &format!("variable \"open\" {{}}\n{group}"));
    let call =
        "variable \"open\" {\n  default = false\n}\nmodule \"a\" {\n  source = \"../shared\"\n  open = var.open\n}\n";
    write(folder.path(), "infra/main.tf", call);
    write(folder.path(), ".gitignore", "*.tfvars\n");
    commit(folder.path());
    let check = |more: &[&str]| {
        for made in ["store", "report"].map(|made| folder.path().join(made)) {
            if made.exists() {
                fs::remove_dir_all(made).expect("removes what the check before made");
            }
        }
        let ran = tickmark(folder.path(), &[&["check", "infra", "--seal-into", "store"], SSH, more].concat());
        assert!(ran.code < 2, "{}", ran.err);
        scope(folder.path())
    };
    let clean = check(&["--format", "json=out.json"]);
    assert!(!clean.contains(NOT_COMMITTED), "neither the store nor an output is a change of the code");
    let given = check(&["--var", "open=true"]);
    assert!(given.contains("--var open") && !given.contains("open=true"), "the name of a value that was given");

    write(folder.path(), "infra/terraform.tfvars", "open = true\n");
    let values = check(&[]);
    assert!(values.contains(NOT_COMMITTED), "values that git ignores are not of the commit");
    assert!(values.contains("infra/terraform.tfvars"), "and are named");
    fs::remove_file(folder.path().join("infra/terraform.tfvars")).expect("removes a file");
    write(folder.path(), "shared/main.tf", &format!("variable \"open\" {{}}\n# more\n{group}"));
    assert!(check(&[]).contains(NOT_COMMITTED), "a module beside the directory is code, too");
}

#[test]
fn a_sealed_plan_is_named_with_its_hash() {
    let plan = json!({"format_version": "1.2", "planned_values": {}, "resource_changes": [{
        "address": "aws_kms_key.a", "mode": "managed", "type": "aws_kms_key", "name": "a",
        "change": {"actions": ["create"], "before": null, "after": {}, "after_unknown": {}},
    }]});
    let folder = folder("plan.json", &plan.to_string());
    let ran = tickmark(folder.path(), &["check", "plan.json", "--seal-into", "store"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("tied to no commit"), "{}", ran.err);
    let hash = sha256_hex(plan.to_string().as_bytes());
    assert!(scope(folder.path()).contains(&hash));
}

#[test]
fn an_output_that_cannot_be_written_does_not_keep_the_others_back() {
    let folder = folder("main.tf", OPEN_BUCKET);
    let ran = tickmark(folder.path(), &["check", ".", "--format", "sarif=none/out.sarif", "--format", "json=out.json"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("none/out.sarif"), "{}", ran.err);
    assert!(folder.path().join("out.json").is_file());
}

#[test]
fn two_outputs_in_one_place_are_refused() {
    let folder = folder("main.tf", OPEN_BUCKET);
    for formats in [["json", "sarif"], ["json=out", "sarif=out"]] {
        let ran = tickmark(folder.path(), &["check", ".", "--format", formats[0], "--format", formats[1]]);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{}", ran.err);
        assert!(ran.err.contains("another format goes there"), "{}", ran.err);
    }
}

#[test]
fn a_baseline_of_what_was_not_read_is_not_complete() {
    let folder = folder("main.tf", OPEN_BUCKET);
    write(folder.path(), "broken/main.tf", "resource {{{\n");
    let ran = tickmark(folder.path(), &["check", ".", "--write-baseline", "known.json"]);
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert!(folder.path().join("known.json").is_file());
    fs::create_dir(folder.path().join("empty")).expect("makes a folder");
    assert_eq!(tickmark(folder.path(), &["check", "empty", "--write-baseline", "known.json"]).code, 3);
}

#[test]
fn every_member_of_the_contract_is_there() {
    let folder = folder(
        "main.tf",
        &format!("{OPEN_BUCKET}\nresource \"aws_kms_key\" \"a\" {{\n  enable_key_rotation = var.x\n}}\n"),
    );
    let (_, check) = json(folder.path(), &["."]);
    for result in results(&check) {
        for member in ["control", "verdict", "severity", "resource", "locations", "message", "reason", "fix"] {
            assert!(result.get(member).is_some(), "{member} of {result:#}");
        }
        assert_eq!(result["reason"].is_string(), result["verdict"] == "not_evaluated", "{result:#}");
        assert_eq!(result["fix"].is_object(), result["verdict"] == "fail", "{result:#}");
    }
    assert_eq!(verdict(&check, "kms-rotation", "aws_kms_key.a"), Some("not_evaluated"));
}

#[test]
fn a_file_named_twice_is_one_finding() {
    let template = "Resources:\n  A:\n    Type: AWS::KMS::Key\n    Properties: {}\n";
    let folder = folder("a.yaml", template);
    let (_, once) = json(folder.path(), &["."]);
    let (_, twice) = json(folder.path(), &[".", "a.yaml"]);
    assert_eq!(results(&once).len(), results(&twice).len());
}

/// The kinds of the errors that a check of this file ends with, and its exit code.
fn checked(file: &str, text: &str, more: &[&str]) -> (i32, Vec<String>) {
    let folder = folder(file, text);
    let (code, check) = json(folder.path(), &[&["."], more].concat());
    let kinds = check["errors"].as_array().expect("a list").iter();
    (code, kinds.map(|error| error["kind"].as_str().expect("a kind").to_owned()).collect())
}

#[test]
fn what_is_deployed_and_not_in_the_code_is_no_success() {
    let rotated = "  K:\n    Type: AWS::KMS::Key\n    Properties: {EnableKeyRotation: true}\n";
    let each = "  Fn::ForEach::Keys:\n    - Name\n    - !Ref Names\n    - K${Name}: {Type: AWS::KMS::Key}\n";
    let nested =
        "  N:\n    Type: AWS::CloudFormation::Stack\n    Properties: {TemplateURL: https://example.com/t.yaml}\n";
    for text in [
        format!(
            "Transform: AWS::LanguageExtensions\nParameters:\n  Names: {{Type: CommaDelimitedList}}\nResources:\n{rotated}{each}"
        ),
        format!("Resources:\n{rotated}{nested}"),
        format!("Resources:\n{rotated}  M: {{Type: My::Own::Thing::MODULE}}\n"),
        format!("Transform: MyMacro\nResources:\n{rotated}"),
    ] {
        let only = &["--control", "kms-rotation"];
        assert_eq!(checked("t.yaml", &text, only), (3, vec!["missing".to_owned()]), "{text}");
        let allowed = &["--control", "kms-rotation", "--allow-not-evaluated"];
        assert_eq!(checked("t.yaml", &text, allowed), (0, vec!["missing".to_owned()]), "{text}");
    }
    let plan = json!({"format_version": "1.2", "planned_values": {}, "complete": false, "resource_changes": [{
        "address": "aws_kms_key.a", "mode": "managed", "type": "aws_kms_key", "name": "a",
        "change": {"actions": ["create"], "before": null, "after": {"enable_key_rotation": true}, "after_unknown": {}},
    }]});
    assert_eq!(
        checked("plan.json", &plan.to_string(), &["--control", "kms-rotation"]),
        (3, vec!["missing".to_owned()])
    );
    let module = "module \"a\" {\n  source = \"example/a/aws\"\n}\n";
    assert_eq!(checked("main.tf", module, &["--allow-empty"]), (3, vec!["unreadable".to_owned()]), "said once");
}

#[test]
fn a_number_to_the_base_of_eight_is_the_port_that_it_is() {
    let text = "Resources:\n  A:\n    Type: AWS::EC2::SecurityGroup\n    Properties:\n      GroupDescription: x\n      \
                SecurityGroupIngress:\n        - {IpProtocol: tcp, FromPort: 026, ToPort: 026, CidrIp: 0.0.0.0/0}\n";
    let folder = folder("t.yaml", text);
    let (_, check) = json(folder.path(), &[&["."], SSH].concat());
    assert_eq!(verdict(&check, "sg-no-ssh-from-internet", "A"), Some("fail"), "{check:#}");
}

#[test]
fn a_hook_of_git_does_not_lead_to_another_repository() {
    let folder = tempfile::tempdir().expect("makes a folder");
    write(folder.path(), "infra/main.tf", OPEN_BUCKET);
    commit(folder.path());
    // As git sets them for a hook: relative to the top of the work tree.
    let ran = Command::new(env!("CARGO_BIN_EXE_tickmark"))
        .current_dir(folder.path())
        .env("GIT_DIR", ".git")
        .env("GIT_INDEX_FILE", ".git/index")
        .args(["check", "infra", "--since", "HEAD"])
        .output()
        .expect("runs the program");
    assert_eq!(ran.status.code(), Some(0), "{}", String::from_utf8_lossy(&ran.stderr));
}
