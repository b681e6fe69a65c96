//! `tickmark check` as its users run it: the program, on the estates under `tests/fixtures`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

pub(crate) fn tickmark(folder: &Path, arguments: &[&str]) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_tickmark"))
        .current_dir(folder)
        .env_remove("GITHUB_STEP_SUMMARY")
        .env("XDG_CONFIG_HOME", folder.join("config"))
        .args(arguments)
        .output()
        .expect("runs the program");
    Ran {
        code: output.status.code().expect("ends by itself"),
        out: String::from_utf8(output.stdout).expect("writes UTF-8"),
        err: String::from_utf8(output.stderr).expect("writes UTF-8"),
    }
}

pub(crate) fn json(folder: &Path, arguments: &[&str]) -> (i32, Value) {
    let ran = tickmark(folder, &[&["check"], arguments, &["--format", "json"]].concat());
    (ran.code, every_result(&ran.out))
}

/// What `--format json` wrote, each result by itself.
pub(crate) fn every_result(out: &str) -> Value {
    let check = tickmark::export::check::read(out).unwrap_or_else(|error| panic!("{error}: {out}"));
    serde_json::to_value(check).expect("a document")
}

pub(crate) fn results(check: &Value) -> &[Value] {
    check["results"].as_array().expect("a list of results")
}

/// The verdict of a control on an address; none where there is no such result.
pub(crate) fn verdict<'v>(check: &'v Value, control: &str, address: &str) -> Option<&'v str> {
    let found = |result: &&Value| result["control"] == control && result["resource"]["address"] == address;
    results(check).iter().find(found).and_then(|result| result["verdict"].as_str())
}

fn location<'v>(check: &'v Value, control: &str, address: &str) -> &'v Value {
    let found = |result: &&Value| result["control"] == control && result["resource"]["address"] == address;
    &results(check).iter().find(found).expect("the result is there")["locations"]
}

/// A folder with one file in it.
pub(crate) fn folder(file: &str, text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("makes a folder");
    std::fs::write(folder.path().join(file), text).expect("writes a file");
    folder
}

pub(crate) const OPEN_BUCKET: &str = "resource \"aws_s3_bucket\" \"a\" {\n  bucket = \"a\"\n}\n";

#[test]
fn terraform_is_judged_through_modules_instances_and_dynamic_blocks() {
    let (code, check) = json(&fixture("terraform"), &["."]);
    assert_eq!(code, 1);
    for (control, address, expected) in [
        ("s3-versioning", "aws_s3_bucket.this[\"drafts\"]", "fail"),
        ("s3-versioning", "aws_s3_bucket.this[\"invoices\"]", "pass"),
        ("s3-tls-only", "aws_s3_bucket.this[\"invoices\"]", "pass"),
        ("s3-block-public-policy", "aws_s3_bucket.this[\"drafts\"]", "pass"),
        ("sg-no-ssh-from-internet", "aws_security_group.web", "fail"),
        ("sg-no-rdp-from-internet", "aws_security_group.web", "pass"),
        ("sg-no-ssh-from-internet", "aws_security_group.admin", "not_evaluated"),
        ("sg-no-rdp-from-internet", "aws_security_group.admin", "pass"),
        ("vpc-flow-logs", "aws_vpc.main", "waived"),
        ("loggroup-retention", "module.logs.aws_cloudwatch_log_group.this", "fail"),
        ("kms-rotation", "module.logs.aws_kms_key.this", "pass"),
        ("rds-not-public", "aws_db_instance.main", "fail"),
        ("rds-instance-encrypted", "aws_db_instance.main", "pass"),
        ("iam-no-admin-policy", "aws_iam_role_policy.deploy", "fail"),
        ("iam-trust-no-wildcard-principal", "aws_iam_role.deploy", "pass"),
    ] {
        assert_eq!(verdict(&check, control, address), Some(expected), "{control} on {address}");
    }
    let places = location(&check, "loggroup-retention", "module.logs.aws_cloudwatch_log_group.this");
    assert_eq!(places[0]["file"], "modules/logs/main.tf");
    assert_eq!(places[0]["line"], 9);
    assert_eq!(places[1]["address"], "module.logs", "the module call is the second location");
    let places = location(&check, "s3-versioning", "aws_s3_bucket.this[\"drafts\"]");
    assert_eq!(places[0]["address"], "aws_s3_bucket.this[\"drafts\"]");
    assert!(
        places
            .as_array()
            .expect("a list")
            .iter()
            .any(|place| place["address"] == "aws_s3_bucket_versioning.this[\"drafts\"]"),
        "the block that made it fail is among the locations: {places}"
    );
}

#[test]
fn a_cluster_is_judged_for_what_it_decides_where_its_instances_are_elsewhere() {
    let text = "resource \"aws_rds_cluster\" \"a\" {\n  engine = \"aurora-mysql\"\n  deletion_protection = true\n}\n";
    let (_, check) = json(folder("main.tf", text).path(), &["."]);
    for (control, expected) in [
        ("rds-deletion-protection", Some("pass")),
        ("rds-backup-retention", Some("fail")),
        ("rds-not-public", None),
        ("rds-multi-az", None),
        ("rds-auto-minor-upgrade", None),
    ] {
        assert_eq!(verdict(&check, control, "aws_rds_cluster.a"), expected, "{control}");
    }
}

#[test]
fn a_vault_lock_alone_passes() {
    let text = "resource \"aws_backup_vault_lock_configuration\" \"a\" {\n  backup_vault_name = \"a\"\n}\n";
    let (_, check) = json(folder("main.tf", text).path(), &["."]);
    assert_eq!(verdict(&check, "backup-vault-locked", "aws_backup_vault_lock_configuration.a"), Some("pass"));
}

#[test]
fn a_template_is_judged_in_both_branches_of_what_is_undecided() {
    let (code, check) = json(&fixture("cloudformation"), &["template.yaml"]);
    assert_eq!(code, 1);
    for (control, address, expected) in [
        ("s3-policy-no-public-principal", "Data", "fail"),
        ("s3-versioning", "Data", "not_evaluated"),
        ("s3-block-public-acls", "Data", "pass"),
        ("sg-no-rdp-from-internet", "Web", "waived"),
        ("sg-no-ssh-from-internet", "Web", "fail"),
        ("rds-multi-az", "Database", "pass"),
        ("rds-backup-retention", "Database", "not_evaluated"),
        ("loggroup-retention", "Audit", "pass"),
    ] {
        assert_eq!(verdict(&check, control, address), Some(expected), "{control} on {address}");
    }
    let (_, prod) = json(&fixture("cloudformation"), &["template.yaml", "--parameter-override", "Environment=prod"]);
    assert_eq!(verdict(&prod, "s3-versioning", "Data"), Some("pass"));
    assert_eq!(verdict(&prod, "rds-backup-retention", "Database"), Some("pass"));
    let (_, test) = json(&fixture("cloudformation"), &["template.yaml", "--parameter-override", "Environment=test"]);
    assert_eq!(verdict(&test, "s3-versioning", "Data"), Some("fail"));
}

#[test]
fn a_serverless_template_is_judged_as_what_it_becomes() {
    let (code, check) = json(&fixture("sam"), &["."]);
    assert_eq!(code, 1);
    assert_eq!(verdict(&check, "lambda-not-public", "Old"), Some("fail"));
    assert_eq!(verdict(&check, "lambda-runtime-supported", "Old"), Some("fail"));
    assert_eq!(verdict(&check, "lambda-runtime-supported", "New"), Some("pass"));
    assert_eq!(verdict(&check, "dynamodb-pitr", "Table"), Some("fail"));
    let of = |control: &str, wanted: &str| {
        results(&check).iter().filter(|result| result["control"] == control && result["verdict"] == wanted).count()
    };
    assert_eq!((of("apigateway-logging", "pass"), of("apigateway-logging", "fail")), (1, 1));
    assert_eq!(of("iam-no-admin-policy", "fail"), 1);
}

#[test]
fn what_the_cdk_synthesised_is_judged() {
    let (code, check) = json(&fixture("cdk"), &["."]);
    assert_eq!(code, 1);
    assert_eq!(check["errors"], serde_json::json!([]));
    assert_eq!(verdict(&check, "lambda-not-public", "Handler886CB40B"), Some("fail"));
    assert_eq!(verdict(&check, "iam-trust-no-wildcard-principal", "Anyone2DCC80AB"), Some("fail"));
    assert_eq!(verdict(&check, "s3-versioning", "Versioned"), Some("not_evaluated"));
    let kept = results(&check)
        .iter()
        .filter(|result| result["locations"][0]["file"].as_str().is_some_and(|file| file.contains("Kept")));
    let undecided: Vec<&Value> = kept.filter(|result| result["verdict"] == "not_evaluated").collect();
    assert!(undecided.is_empty(), "{undecided:#?}");
}

#[test]
fn the_same_plan_is_judged_alone_with_its_sources_and_in_utf_16() {
    let estate = fixture("plan/estate");
    let (_, alone) = json(&estate, &["plan.json"]);
    let (_, beside) = json(&estate, &["plan.json", "--source", "."]);
    let (_, saved) = json(&estate, &["plan.json", "tfplan"]);
    let key = |check: &Value| -> BTreeSet<(String, String, String)> {
        // Directives stand in the sources alone: what is waived there fails without them.
        let text = |value: &Value| value.as_str().expect("a text").replace("waived", "fail");
        let decided = results(check).iter().filter(|result| result["verdict"] != "not_evaluated");
        decided
            .map(|result| (text(&result["control"]), text(&result["resource"]["address"]), text(&result["verdict"])))
            .collect()
    };
    assert!(results(&alone).len() > 20, "{}", results(&alone).len());
    let only_alone: Vec<_> = key(&alone).difference(&key(&beside)).cloned().collect();
    assert!(only_alone.is_empty(), "{only_alone:?}");
    assert_eq!(key(&beside), key(&saved));
    let files: BTreeSet<&str> =
        results(&beside).iter().filter_map(|result| result["locations"][0]["file"].as_str()).collect();
    let configuration = |file: &&str| Path::new(file).extension().is_some_and(|extension| extension == "tf");
    assert!(files.iter().all(configuration), "{files:?}");

    let text = std::fs::read_to_string(estate.join("plan.json")).expect("reads the plan");
    let wide: Vec<u8> =
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(|unit: u16| unit.to_le_bytes()).collect();
    let windows = tempfile::tempdir().expect("makes a folder");
    std::fs::write(windows.path().join("plan.json"), wide).expect("writes a file");
    let (_, again) = json(windows.path(), &["plan.json"]);
    assert_eq!(key(&again), key(&alone));

    let ran = tickmark(&estate, &["check", "tfplan"]);
    assert_eq!(ran.code, 3, "{}", ran.out);
    assert!(ran.out.contains("terraform show -json"), "{}", ran.out);
}

#[test]
fn what_cannot_be_read_makes_the_run_incomplete_and_the_rest_is_judged() {
    let volume = "resource \"aws_ebs_volume\" \"v\" {\n  encrypted = false\n}\n";
    let folder = folder("main.tf", &format!("{OPEN_BUCKET}\n{volume}"));
    std::fs::write(folder.path().join("broken.tf"), "resource \"aws_s3_bucket\" {{{\n").expect("writes a file");
    let (code, check) = json(folder.path(), &["."]);
    assert_eq!(code, 1, "the rest fails");
    assert_eq!(verdict(&check, "ebs-volume-encrypted", "aws_ebs_volume.v"), Some("fail"));
    // Whether the bucket is versioned may be written in the file.
    assert_eq!(verdict(&check, "s3-versioning", "aws_s3_bucket.a"), Some("not_evaluated"));
    assert_eq!(check["errors"][0]["kind"], "unreadable");
    assert_eq!(check["errors"][0]["file"], "broken.tf");
    assert_eq!(check["errors"][0]["line"], 1);
    let (code, _) = json(folder.path(), &[".", "--control", "kms-rotation"]);
    assert_eq!(code, 3, "nothing failed, and not all was read");
}

#[test]
fn nothing_to_check_is_no_success() {
    let folder = folder("notes.txt", "nothing");
    let ran = tickmark(folder.path(), &["check", "."]);
    assert_eq!(ran.code, 3);
    assert!(ran.err.contains("nothing to check"), "{}", ran.err);
    assert_eq!(tickmark(folder.path(), &["check", ".", "--allow-empty"]).code, 0);
    let ran = tickmark(folder.path(), &["check", "absent"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("absent"), "{}", ran.err);
}

#[test]
fn directives_that_are_of_no_use_are_said() {
    let text = r#"
# tickmark:ignore s3-versioning reason="kept elsewhere" until=2000-01-01
# tickmark:ignore s3-lifecycle reason="no day"
# tickmark:ignore s3-mfa-delete until=2099-01-01
# tickmark:ignore s3-block-publik-acls reason="misspelt" until=2099-01-01
# tickmark:ignore s3-default-encryption reason="does not fail" until=2099-01-01
# tickmark:ignore s3-kms-encryption reason="public data" until=2099-01-01
resource "aws_s3_bucket" "a" {
  bucket = "a"
}
"#;
    let folder = folder("main.tf", text);
    let (code, check) = json(folder.path(), &["."]);
    assert_eq!(code, 1);
    assert_eq!(verdict(&check, "s3-versioning", "aws_s3_bucket.a"), Some("fail"), "expired");
    assert_eq!(verdict(&check, "s3-lifecycle", "aws_s3_bucket.a"), Some("fail"), "without a day");
    assert_eq!(verdict(&check, "s3-mfa-delete", "aws_s3_bucket.a"), Some("fail"), "without a reason");
    assert_eq!(verdict(&check, "s3-kms-encryption", "aws_s3_bucket.a"), Some("waived"));
    let said: Vec<(&str, u64)> = check["errors"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|error| (error["kind"].as_str().expect("a kind"), error["line"].as_u64().expect("a line")))
        .collect();
    let expected: BTreeSet<(&str, u64)> =
        [("expired", 2), ("malformed", 3), ("malformed", 4), ("malformed", 5), ("unused", 6)].into();
    assert_eq!(said.into_iter().collect::<BTreeSet<_>>(), expected);
    for format in ["human", "json", "sarif", "junit", "github", "gitlab", "markdown"] {
        let ran = tickmark(folder.path(), &["check", ".", "--format", format]);
        assert!(ran.out.contains("s3-kms-encryption"), "{format} leaves out what is waived");
    }
}

#[test]
fn a_baseline_lets_through_what_it_knows_wherever_it_moves_to() {
    let folder = folder("main.tf", OPEN_BUCKET);
    git(folder.path(), &["init", "--quiet"]);
    let ran = tickmark(folder.path(), &["check", ".", "--write-baseline", "baseline.json"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let moved = format!("# a line more\n\n{OPEN_BUCKET}");
    std::fs::write(folder.path().join("main.tf"), &moved).expect("writes a file");
    let (code, check) = json(folder.path(), &[".", "--baseline", "baseline.json"]);
    assert_eq!(code, 0, "{check:#}");
    assert!(check["summary"]["in_baseline"].as_u64().is_some_and(|known| known > 0));
    let more = format!("{moved}\nresource \"aws_kms_key\" \"k\" {{}}\n");
    std::fs::write(folder.path().join("main.tf"), more).expect("writes a file");
    let (code, check) = json(folder.path(), &[".", "--baseline", "baseline.json"]);
    assert_eq!((code, check["summary"]["denied"].as_u64()), (1, Some(1)));
    // The same address in another file is another finding.
    let other = folder.path().join("other");
    std::fs::create_dir(&other).expect("makes a folder");
    std::fs::write(other.join("main.tf"), OPEN_BUCKET).expect("writes a file");
    let (code, _) = json(folder.path(), &["other", "--baseline", "baseline.json"]);
    assert_eq!(code, 1);
    assert_eq!(tickmark(folder.path(), &["check", ".", "--baseline", "none.json"]).code, 2);
}

pub(crate) fn git(folder: &Path, arguments: &[&str]) {
    let identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"];
    let status = Command::new("git").current_dir(folder).args(identity).args(arguments).output().expect("runs git");
    assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stderr));
}

#[test]
fn only_what_came_out_otherwise_since_a_revision_is_shown() {
    let text = "variable \"days\" {\n  default = 400\n}\n\nresource \"aws_cloudwatch_log_group\" \"a\" {\n  \
                retention_in_days = var.days\n}\n\nresource \"aws_s3_bucket\" \"a\" {\n  bucket = \"a\"\n}\n";
    let folder = folder("main.tf", text);
    git(folder.path(), &["init", "-q"]);
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "-q", "-m", "first"]);
    let (code, check) = json(folder.path(), &[".", "--since", "HEAD"]);
    assert_eq!((code, results(&check).len()), (0, 0), "{check:#}");
    std::fs::write(folder.path().join("main.tf"), text.replace("400", "7")).expect("writes a file");
    let (code, check) = json(folder.path(), &[".", "--since", "HEAD"]);
    assert_eq!(code, 1);
    assert_eq!(verdict(&check, "loggroup-retention", "aws_cloudwatch_log_group.a"), Some("fail"), "by its variable");
    assert_eq!(verdict(&check, "s3-versioning", "aws_s3_bucket.a"), None, "it is as it was");
    let ran = tickmark(folder.path(), &["check", ".", "--since", "no-such-thing"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("no-such-thing"), "{}", ran.err);
}

#[test]
fn a_module_that_init_fetched_is_as_it_was_unless_the_code_asks_for_another() {
    let call = "module \"b\" {\n  source  = \"a/bucket/aws\"\n  version = \"4.0.0\"\n}\n";
    let folder = folder("main.tf", call);
    let fetched = |version: &str| {
        let modules = folder.path().join(".terraform/modules");
        std::fs::create_dir_all(modules.join("b")).expect("makes a directory");
        let manifest = format!(
            r#"{{"Modules":[{{"Key":"b","Source":"registry.terraform.io/a/bucket/aws","Version":"{version}","Dir":".terraform/modules/b"}}]}}"#
        );
        std::fs::write(modules.join("modules.json"), manifest).expect("writes a file");
        std::fs::write(modules.join("b/main.tf"), "resource \"aws_s3_bucket\" \"b\" {}\n").expect("writes a file");
    };
    fetched("4.0.0");
    git(folder.path(), &["init", "-q"]);
    git(folder.path(), &["add", "main.tf"]);
    git(folder.path(), &["commit", "-q", "-m", "first"]);
    for path in [".", "main.tf"] {
        let (code, check) = json(folder.path(), &[path, "--since", "HEAD"]);
        assert_eq!((code, results(&check).len()), (0, 0), "{check:#}");
    }
    std::fs::write(folder.path().join("main.tf"), call.replace("4.0.0", "5.0.0")).expect("writes a file");
    let (code, check) = json(folder.path(), &["."]);
    let error = check["errors"][0]["message"].as_str().unwrap_or_default();
    assert!(code == 3 && error.contains("version 4.0.0 is on this machine, and 5.0.0 is asked for"), "{error}");
    fetched("5.0.0");
    let (_, check) = json(folder.path(), &[".", "--since", "HEAD"]);
    assert_eq!(verdict(&check, "s3-versioning", "module.b.aws_s3_bucket.b"), Some("fail"), "{check:#}");
}

#[test]
fn a_policy_denies_warns_or_stays_silent() {
    let text =
        "resource \"aws_s3_bucket\" \"a\" {\n  bucket = \"a\"\n  tags = {\n    environment = \"sandbox-3\"\n  }\n}\n";
    let folder = folder("main.tf", text);
    let policy = "id: mine\ntitle: Mine\ngate: pre-merge\nshares_with: nightly\nfail_on: low\nrules:\n  \
                  - {action: silent, reason: not ours, controls: [s3-mfa-delete]}\n  \
                  - {action: warn, reason: sandboxes, tags: {environment: \"sandbox*\"}, severities: [low]}\n";
    std::fs::write(folder.path().join("mine.yaml"), policy).expect("writes a file");
    let (code, check) = json(folder.path(), &[".", "--policy", "mine.yaml"]);
    assert_eq!(code, 1);
    let action = |control: &str| {
        let found = results(&check).iter().find(|result| result["control"] == control).expect("a result");
        found["action"].as_str().expect("a text").to_owned()
    };
    assert_eq!(action("s3-mfa-delete"), "silent");
    assert_eq!(action("s3-lifecycle"), "warn");
    assert_eq!(action("s3-has-public-access-block"), "deny");
    let (code, _) = json(folder.path(), &[".", "--policy", "mine.yaml", "--control", "s3-lifecycle"]);
    assert_eq!(code, 0, "a warning does not fail the gate");
    let (code, _) = json(folder.path(), &[".", "--control", "s3-lifecycle", "--fail-on", "high"]);
    assert_eq!(code, 0, "below the threshold");
}

#[test]
fn secrets_are_in_no_output() {
    let text = r#"
variable "token" {
  type      = string
  sensitive = true
  default   = "planted-secret-one"
}

resource "aws_db_instance" "a" {
  engine              = "postgres"
  password            = "planted-secret-two"
  publicly_accessible = true
}

resource "aws_s3_bucket" "a" {
  bucket = var.token
}

resource "aws_ssm_parameter" "password" {
  name  = "/app/password"
  type  = "String"
  value = "planted-secret-three"
}

resource "aws_ecs_task_definition" "a" {
  family                = "a"
  container_definitions = jsonencode([{ name = "a", privileged = true, environment = [{ name = "K", value = "planted-secret-four" }] }])
}
"#;
    let folder = folder("main.tf", text);
    for format in ["human", "json", "sarif", "junit", "github", "gitlab", "markdown"] {
        let ran = tickmark(folder.path(), &["check", ".", "--explain", "--format", format]);
        assert_eq!(ran.code, 1);
        assert!(!format!("{}{}", ran.out, ran.err).contains("planted-secret"), "{format} shows a secret");
    }
}

#[test]
fn several_outputs_are_written_at_once() {
    let folder = folder("main.tf", OPEN_BUCKET);
    let ran = tickmark(
        folder.path(),
        &["check", ".", "--format", "sarif=out.sarif", "--format", "markdown=comment.md", "--format", "human"],
    );
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("s3-versioning"));
    let sarif: Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("out.sarif")).expect("reads")).expect("JSON");
    assert_eq!(sarif["version"], "2.1.0");
    let place = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "main.tf");
    assert!(std::fs::read_to_string(folder.path().join("comment.md")).expect("reads").contains("aws_s3_bucket.a"));
    let ran = tickmark(folder.path(), &["check", ".", "--format", "xml"]);
    assert_eq!(ran.code, 2);
}

#[test]
fn a_check_is_sealed_with_the_commit_it_judged() {
    let folder = folder("main.tf", OPEN_BUCKET);
    git(folder.path(), &["init", "-q"]);
    git(folder.path(), &["add", "main.tf"]);
    git(folder.path(), &["commit", "-q", "-m", "first"]);
    let head = Command::new("git").current_dir(folder.path()).args(["rev-parse", "HEAD"]).output().expect("runs git");
    let head = String::from_utf8(head.stdout).expect("a hash").trim().to_owned();
    let ran = tickmark(folder.path(), &["check", "main.tf", "--seal-into", "store"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let verified = tickmark(folder.path(), &["verify", "--store", "store"]);
    assert_eq!(verified.code, 0, "{}{}", verified.out, verified.err);
    let report = tickmark(folder.path(), &["report", "--store", "store", "--out", "report"]);
    assert_eq!(report.code, 0, "{}", report.err);
    let cover = std::fs::read_to_string(folder.path().join("report/index.html")).expect("reads the cover");
    assert!(cover.contains(&head), "the cover names the commit");
    assert!(cover.contains("judged code"), "the cover says that it was code");
    let history = tickmark(folder.path(), &["history", "--store", "store"]);
    assert!(history.out.contains("pre-merge"), "{}", history.out);
}

#[test]
fn what_can_only_be_seen_live_is_left_out_and_said() {
    let folder = folder("main.tf", OPEN_BUCKET);
    let (_, check) = json(folder.path(), &[".", "--explain"]);
    let left: Vec<&str> =
        check["left_out"].as_array().expect("a list").iter().filter_map(|out| out["control"].as_str()).collect();
    assert!(left.contains(&"root-mfa") && !left.contains(&"s3-versioning"), "{left:?}");
}
