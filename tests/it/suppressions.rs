//! Suppressions of other tools: accepted where that is asked for, and written anew as ours.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::check::{folder, git, json, results, tickmark, verdict};

const KEYS: &str = r#"resource "aws_kms_key" "by_checkov" {
  #checkov:skip=CKV_AWS_7:imported material
}

#tfsec:ignore:aws-kms-auto-rotate-keys
resource "aws_kms_key" "by_tfsec" {
}

#tfsec:ignore:aws-kms-auto-rotate-keys:exp:2020-01-01
resource "aws_kms_key" "expired" {
}

# trivy:ignore:AVD-AWS-0065:ws:prod
resource "aws_kms_key" "in_a_workspace" {
}

resource "aws_kms_key" "beside_an_argument" {
  description = "a" # trivy:ignore:AVD-AWS-0065
}

resource "aws_kms_key" "of_another_rule" {
  # checkov:skip=CKV_AWS_9999
}
"#;

const GROUPS: &str = r#"resource "aws_security_group" "one_rule" {
  #trivy:ignore:AVD-AWS-0107
  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_security_group" "two_rules" {
  #trivy:ignore:AVD-AWS-0107
  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
  ingress {
    from_port   = 20
    to_port     = 30
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}
"#;

const TEMPLATE: &str = r#"Resources:
  Nagged:
    Type: AWS::KMS::Key
    Metadata:
      cfn_nag:
        rules_to_suppress:
          - id: F19
            reason: imported "material"
    Properties: {}
  Guarded:
    Type: AWS::KMS::Key
    Metadata:
      guard:
        SuppressedRules:
          - CMK_BACKING_KEY_ROTATION_ENABLED
    Properties: {}
"#;

fn all(folder: &Path, arguments: &[&str]) -> Value {
    json(folder, &[&[".", "--control", "kms-rotation"], arguments].concat()).1
}

#[test]
fn nothing_of_others_counts_unless_it_is_asked_for() {
    let folder = folder("main.tf", KEYS);
    let check = all(folder.path(), &[]);
    assert!(results(&check).iter().all(|result| result["verdict"] == "fail"), "{check:#}");
    assert_eq!(check["other_suppressions"], Value::Null);
}

#[test]
fn what_is_asked_for_counts_without_an_end_date_and_is_named() {
    let folder = folder("main.tf", KEYS);
    let check = all(folder.path(), &["--accept-suppressions", "checkov,tfsec", "--accept-suppressions", "trivy"]);
    let said = |name: &str| verdict(&check, "kms-rotation", &format!("aws_kms_key.{name}")).map(str::to_owned);
    for (name, expected) in [
        ("by_checkov", "waived"),
        ("by_tfsec", "waived"),
        ("expired", "fail"),
        ("in_a_workspace", "fail"),
        // Rotation is not written: the argument that the comment stands at has nothing to do with it.
        ("beside_an_argument", "fail"),
        ("of_another_rule", "fail"),
    ] {
        assert_eq!(said(name).as_deref(), Some(expected), "{name}");
    }
    let waived = results(&check).iter().find(|result| result["resource"]["address"] == "aws_kms_key.by_checkov");
    let waived = &waived.expect("is there")["waived"];
    assert_eq!((&waived["by"], &waived["reason"]), (&"checkov:skip=CKV_AWS_7".into(), &"imported material".into()));
    assert_eq!((&waived["until"], &waived["at"]["line"]), (&Value::Null, &2.into()));
    let others = &check["other_suppressions"];
    assert_eq!((&others["directives"], &others["accepted"]), (&6.into(), &2.into()), "{others:#}");
    assert_eq!(others["unused"].as_array().map(Vec::len), Some(3), "{others:#}");
    let accept = ["check", ".", "--control", "kms-rotation", "--accept-suppressions", "checkov,tfsec,trivy"];
    let ran = tickmark(folder.path(), &accept);
    let line = "6 suppressions of other tools: 2 results accepted, 3 accept nothing; --explain names them.";
    assert!(ran.out.trim_end().ends_with(line), "{}", ran.out);
    let words = "without an end date, by tfsec:ignore:aws-kms-auto-rotate-keys at main.tf:5: no reason is given";
    assert!(ran.out.contains(words), "{}", ran.out);
    let ran = tickmark(folder.path(), &[&accept[..], &["--explain"]].concat());
    for words in [
        "checkov:skip=CKV_AWS_9999  no control is known to be about it",
        "trivy:ignore:AVD-AWS-0065  it holds in one workspace alone",
        "tfsec:ignore:aws-kms-auto-rotate-keys  it ended on 2020-01-01",
    ] {
        assert!(ran.out.contains(words), "{words}: {}", ran.out);
    }
    let ran = tickmark(folder.path(), &[&accept[..], &["--format", "sarif"]].concat());
    assert!(
        ran.out.contains("\"justification\":\"imported material (without an end date, by checkov:skip=CKV_AWS_7)\"")
    );
    let ran = tickmark(folder.path(), &["check", ".", "--accept-suppressions", "snyk"]);
    assert!(ran.code == 2 && ran.err.contains("there is no tool `snyk`"), "{}", ran.err);
}

#[test]
fn a_comment_inside_of_a_block_is_about_what_it_stands_at() {
    let folder = folder("main.tf", GROUPS);
    let (_, check) =
        json(folder.path(), &[".", "--control", "sg-no-ssh-from-internet", "--accept-suppressions", "trivy"]);
    let said = |name: &str| verdict(&check, "sg-no-ssh-from-internet", &format!("aws_security_group.{name}"));
    assert_eq!((said("one_rule"), said("two_rules")), (Some("waived"), Some("fail")), "{check:#}");
}

#[test]
fn a_directive_at_a_module_call_is_about_what_is_in_the_module() {
    let folder = folder("main.tf", "#tfsec:ignore:aws-kms-auto-rotate-keys\nmodule \"m\" {\n  source = \"./m\"\n}\n");
    fs::create_dir(folder.path().join("m")).expect("makes a folder");
    fs::write(folder.path().join("m/main.tf"), "resource \"aws_kms_key\" \"k\" {}\n").expect("writes a file");
    let check = all(folder.path(), &["--accept-suppressions", "tfsec"]);
    assert_eq!(verdict(&check, "kms-rotation", "module.m.aws_kms_key.k"), Some("waived"));
}

#[test]
fn the_metadata_of_a_template_counts() {
    let folder = folder("t.yaml", TEMPLATE);
    for (tool, nagged, guarded) in [("cfn-nag", "waived", "fail"), ("cfn-guard", "fail", "waived")] {
        let check = all(folder.path(), &["--accept-suppressions", tool]);
        let said = |name: &str| verdict(&check, "kms-rotation", name);
        assert_eq!((said("Nagged"), said("Guarded")), (Some(nagged), Some(guarded)), "{tool}");
    }
}

#[test]
fn what_is_carried_over_is_read_and_waits_for_what_is_missing() {
    let folder = folder("main.tf", KEYS);
    fs::write(folder.path().join("t.yaml"), TEMPLATE).expect("writes a file");
    git(folder.path(), &["init", "--quiet"]);
    let ran = tickmark(folder.path(), &["migrate", "suppressions", "."]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    insta::assert_snapshot!(format!("{}\n{}", ran.out, ran.err));
    assert_eq!(fs::read_to_string(folder.path().join("main.tf")).expect("reads"), KEYS, "nothing is written");
    fs::write(folder.path().join("change.patch"), &ran.out).expect("writes a file");
    git(folder.path(), &["apply", "--check", "change.patch"]);
    let applied = Command::new("git").args(["apply", "change.patch"]).current_dir(folder.path()).status();
    assert!(applied.expect("runs git").success());
    let patched: Vec<String> =
        ["main.tf", "t.yaml"].map(|file| fs::read_to_string(folder.path().join(file)).expect("reads")).into();
    fs::write(folder.path().join("main.tf"), KEYS).expect("writes a file");
    fs::write(folder.path().join("t.yaml"), TEMPLATE).expect("writes a file");
    let ran = tickmark(folder.path(), &["migrate", "suppressions", ".", "--write"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.err);
    for (file, patched) in ["main.tf", "t.yaml"].iter().zip(&patched) {
        assert_eq!(&fs::read_to_string(folder.path().join(file)).expect("reads"), patched, "{file}");
    }
    // Nothing is accepted before somebody fills in what is missing.
    let check = all(folder.path(), &[]);
    assert!(results(&check).iter().all(|result| result["verdict"] == "fail"), "{check:#}");
    assert!(check["errors"].as_array().is_some_and(|errors| errors.iter().all(|error| error["kind"] == "malformed")));
    for (file, patched) in ["main.tf", "t.yaml"].iter().zip(&patched) {
        let filled = patched.replace("reason=\"\"", "reason=\"x\"").replace("until=\n", "until=2999-01-01\n");
        let filled = filled.replace("until: \"\"", "until: \"2999-01-01\"").replace("reason: \"\"", "reason: \"x\"");
        fs::write(folder.path().join(file), filled).expect("writes a file");
    }
    let check = all(folder.path(), &[]);
    for name in ["aws_kms_key.by_checkov", "aws_kms_key.by_tfsec", "Nagged", "Guarded"] {
        assert_eq!(verdict(&check, "kms-rotation", name), Some("waived"), "{name}: {check:#}");
    }
    // A second time there is nothing to carry over in Terraform, and the template has ours.
    let again = tickmark(folder.path(), &["migrate", "suppressions", "."]);
    assert_eq!(again.out, "", "{}", again.err);
    assert!(again.err.contains("has directives of ours already"), "{}", again.err);
}

#[test]
fn lines_end_as_they_did_and_a_file_without_a_last_line_break_has_none() {
    let text = "resource \"aws_kms_key\" \"k\" {\r\n  # checkov:skip=CKV_AWS_7:\"x\" \\\r\n}";
    let folder = folder("main.tf", text);
    git(folder.path(), &["init", "--quiet"]);
    let ran = tickmark(folder.path(), &["migrate", "suppressions", "main.tf"]);
    fs::write(folder.path().join("change.patch"), &ran.out).expect("writes a file");
    git(folder.path(), &["apply", "--check", "--whitespace=nowarn", "change.patch"]);
    tickmark(folder.path(), &["migrate", "suppressions", "main.tf", "--write"]);
    let new = fs::read_to_string(folder.path().join("main.tf")).expect("reads");
    let line = "  # tickmark:ignore kms-rotation reason=\"\\\"x\\\" \\\\\" until=\r\n";
    assert_eq!(new, text.replace("  # checkov", &format!("{line}  # checkov")));
}

#[test]
fn what_is_hostile_is_escaped() {
    let text = "resource \"aws_kms_key\" \"k\" {\n  # tfsec:ignore:aws-x\u{1b}[2J\n}\n";
    let folder = folder("main.tf", text);
    let ran = tickmark(folder.path(), &["migrate", "suppressions", "."]);
    assert!(ran.err.contains("tfsec:ignore:aws-x\\u{1b}") && !ran.err.contains('\u{1b}'), "{}", ran.err);
    let ran = tickmark(folder.path(), &["check", ".", "--accept-suppressions", "tfsec", "--explain"]);
    assert!(ran.out.contains("tfsec:ignore:aws-x\\u{1b}") && !ran.out.contains('\u{1b}'), "{}", ran.out);
}

#[test]
fn a_directive_of_ours_names_several_controls() {
    let text = "# tickmark:ignore kms-rotation, kms-policy-no-wildcard reason=\"x\" until=2999-01-01\nresource \"aws_kms_key\" \"k\" {}\n";
    let folder = folder("main.tf", text);
    let check = all(folder.path(), &[]);
    assert_eq!(verdict(&check, "kms-rotation", "aws_kms_key.k"), Some("waived"), "{check:#}");
    let template = "Resources:\n  K:\n    Type: AWS::KMS::Key\n    Metadata:\n      tickmark:\n        ignore:\n          - control: [kms-rotation, kms-policy-no-wildcard]\n            reason: x\n            until: \"2999-01-01\"\n    Properties: {}\n";
    fs::write(folder.path().join("t.yaml"), template).expect("writes a file");
    let check = all(folder.path(), &[]);
    assert_eq!(verdict(&check, "kms-rotation", "K"), Some("waived"), "{check:#}");
}
