use std::path::Path;

use chrono::DateTime;

use super::*;
use crate::check;
use crate::model::control::Source;
use crate::model::scan::ScanSelection;

fn rules() -> Rules {
    Rules::load(None, "pre-merge").expect("the built-in rules")
}

/// Every patch that a control has mends its example, in each form; every control on code has one, or says why not.
#[test]
fn every_patch_of_every_control_mends_an_example() {
    let rules = rules();
    let mut wrong = Vec::new();
    for (id, loaded) in &rules.controls {
        let on_code = loaded.control.sources.iter().any(|source| *source != Source::Live);
        if on_code && loaded.control.patch.is_none() {
            wrong.push(format!("{id}: it has no patch, and does not say why"));
        }
        wrong.extend(unmended_examples(&rules, id).expect("a folder").into_iter().map(|why| format!("{id}: {why}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Files of a folder, patched for some controls.
struct Tried {
    folder: tempfile::TempDir,
    rules: Rules,
    request: Request,
}

impl Tried {
    fn new(files: &[(&str, &str)], controls: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let asked = ScanSelection {
            controls: controls.iter().map(|id| (*id).to_owned()).collect(),
            ..ScanSelection::default()
        };
        let request = Request { paths: vec![folder.path().to_owned()], asked, ..Request::default() };
        Self { folder, rules: rules(), request }
    }

    fn patch(&self) -> Patched {
        let code = check::read(&self.request).unwrap();
        patch(&code, &self.request, &self.rules, DateTime::UNIX_EPOCH, Scope::default()).unwrap()
    }

    /// What came out, with paths below the folder.
    fn shown(&self) -> String {
        let fixes = self.patch().fixes;
        let out = format!("{}{}exit code {}\n", fixes.diff, listed(&fixes), fixes.exit_code);
        let folder = self.folder.path().canonicalize().unwrap().display().to_string();
        out.replace(&format!("{}/", &folder[1..]), "").replace("left //", "left /").replace(" /", " ")
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap()
    }
}

fn listed(fixes: &Fixes) -> String {
    let patched =
        fixes.patched.iter().map(|one| format!("patched {} {} {}:{}\n", one.control, one.address, one.file, one.line));
    let left = fixes
        .unpatched
        .iter()
        .map(|one| format!("left {} {} {}:{}: {}\n", one.control, one.address, one.file, one.line, one.reason));
    patched.chain(left).collect()
}

#[test]
fn a_module_is_patched_once_for_all_its_calls() {
    let tried = Tried::new(
        &[
            (
                "main.tf",
                "module \"a\" {\n  source = \"./m\"\n}\n\nmodule \"b\" {\n  source = \"./m\"\n  count  = 2\n}\n",
            ),
            ("m/main.tf", "resource \"aws_kms_key\" \"k\" {\n  description = \"d\" # why\n}\n"),
        ],
        &["kms-rotation"],
    );
    insta::assert_snapshot!(tried.shown());
}

#[test]
fn a_companion_is_changed_where_it_is_and_made_where_there_is_none() {
    let tried = Tried::new(
        &[
            (
                "a.tf",
                "resource \"aws_s3_bucket\" \"one\" {\n  bucket = \"one\"\n  acl    = \"public-read\"\n}\n\nresource \"aws_s3_bucket\" \"two\" {\n  for_each = toset([\"x\", \"y\"])\n  bucket   = each.key\n  acl      = \"public-read\"\n}\n",
            ),
            (
                "b.tf",
                "resource \"aws_s3_bucket_versioning\" \"one\" {\n  bucket = aws_s3_bucket.one.id\n\n  versioning_configuration {\n    status = \"Suspended\" # for now\n  }\n}\n",
            ),
        ],
        &["s3-versioning", "s3-block-public-acls", "s3-tls-only"],
    );
    insta::assert_snapshot!(tried.shown());
}

#[test]
fn what_cannot_be_patched_says_why() {
    let tried = Tried::new(
        &[
            (
                "main.tf",
                "variable \"rotate\" {\n  default = false\n}\n\nresource \"aws_kms_key\" \"k\" {\n  enable_key_rotation = var.rotate\n}\n\nresource \"aws_cloudwatch_log_group\" \"l\" {}\n",
            ),
            ("g.tf.json", "{\"resource\": {\"aws_kms_key\": {\"g\": {\"description\": \"d\"}}}}"),
            (
                "t.yaml",
                "Parameters:\n  Rotate: {Type: String, Default: \"false\"}\nResources:\n  K:\n    Type: AWS::KMS::Key\n    Properties:\n      EnableKeyRotation: !Ref Rotate\n",
            ),
        ],
        &["kms-rotation", "loggroup-kms"],
    );
    insta::assert_snapshot!(tried.shown());
}

#[test]
fn a_patch_that_does_not_mend_is_thrown_away() {
    let tried = Tried::new(
        &[(
            "main.tf",
            "resource \"aws_cloudfront_distribution\" \"d\" {\n  viewer_certificate {\n    cloudfront_default_certificate = true\n  }\n}\n",
        )],
        &["cloudfront-tls12"],
    );
    insta::assert_snapshot!(tried.shown());
}

/// A control of somebody's own, whose patch breaks another control.
const OWN: &str = r#"
id: queue-without-keys
title: Queues are read without keys
criteria: {CC6.1: "It is what this example asks for, whatever it is good for."}
severity: low
type: preventive
frequency: daily
sources: [live, terraform, cloudformation]
resource: AWS::SQS::Queue
assert: "!resource.sqs_managed_sse_enabled"
procedure: Inspected each queue.
exception: "{{ resource.name }} has keys"
fix: {text: Turn it off.}
patch:
  terraform:
    aws_sqs_queue:
      set: {sqs_managed_sse_enabled: false}
cases:
  - {name: a, resource: {name: a, sqs_managed_sse_enabled: false}, expect: pass}
  - {name: b, resource: {name: a, sqs_managed_sse_enabled: true}, expect: fail}
  - {name: c, resource: {name: a}, unknown: {/sqs_managed_sse_enabled: access_denied}, expect: not_evaluated}
"#;

#[test]
fn a_patch_that_changes_another_verdict_is_thrown_away_and_the_others_are_kept() {
    let own = tempfile::tempdir().unwrap();
    std::fs::write(own.path().join("queue-without-keys.yaml"), OWN).unwrap();
    let mut tried = Tried::new(
        &[("main.tf", "resource \"aws_sqs_queue\" \"q\" {\n}\n\nresource \"aws_kms_key\" \"k\" {\n}\n")],
        &["queue-without-keys", "sqs-encrypted", "kms-rotation"],
    );
    tried.rules = Rules::load(Some(own.path()), "pre-merge").unwrap();
    insta::assert_snapshot!(tried.shown());
}

#[test]
fn a_policy_that_is_there_is_added_to_and_never_made_twice() {
    let policy = |name: &str, bucket: &str, policy: &str| {
        format!(
            "\nresource \"aws_s3_bucket\" \"{name}\" {{\n  bucket = \"{name}-of-mine\"\n}}\n\nresource \"aws_s3_bucket_policy\" \"{name}\" {{\n  bucket = {bucket}\n  policy = {policy}\n}}\n"
        )
    };
    let allow = "jsonencode({\n    Version   = \"2012-10-17\"\n    Statement = [{ Effect = \"Allow\", Principal = { AWS = \"arn:aws:iam::123456789012:root\" }, Action = \"s3:GetObject\", Resource = \"*\" }]\n  })";
    let text = policy("a", "aws_s3_bucket.a.id", allow) + &policy("b", "\"b-of-mine\"", "file(\"policy.json\")");
    let json = r#"{"Version": "2012-10-17", "Statement": []}"#;
    let tried = Tried::new(&[("main.tf", &text), ("policy.json", json)], &["s3-tls-only"]);
    insta::assert_snapshot!(tried.shown());
}

#[test]
fn what_destroys_data_is_patched_only_where_it_is_asked_for() {
    let file = [("t.yaml", "Resources:\n  F:\n    Type: AWS::EFS::FileSystem\n    Properties: {}\n")];
    let mut tried = Tried::new(&file, &["efs-encrypted"]);
    let asked = tried.shown();
    tried.request.asked = ScanSelection { criteria: vec!["CC6.1".to_owned()], ..ScanSelection::default() };
    insta::assert_snapshot!(format!("{asked}---\n{}", tried.shown()));
}

#[test]
fn files_are_written_whole_and_only_as_they_were_read() {
    let text = "resource \"aws_kms_key\" \"k\" {\r\n}";
    let tried = Tried::new(&[("main.tf", text)], &["kms-rotation"]);
    let mut patched = tried.patch();
    std::fs::write(tried.folder.path().join("main.tf"), format!("{text}\r\n")).unwrap();
    assert!(patched.write().unwrap_err().to_string().contains("changed since it was read"));
    assert!(!patched.fixes.written);
    std::fs::write(tried.folder.path().join("main.tf"), text).unwrap();
    patched.write().unwrap();
    assert_eq!(tried.text("main.tf"), "resource \"aws_kms_key\" \"k\" {\r\n  enable_key_rotation = true\r\n}");
    assert!(tried.patch().fixes.patched.is_empty());
}

#[cfg(unix)]
#[test]
fn a_link_is_written_through_and_never_out_of_what_is_named() {
    let text = "resource \"aws_kms_key\" \"k\" {}\n";
    let tried = Tried::new(&[("real/k.tf.txt", text), ("root/k.txt", "")], &["kms-rotation"]);
    std::os::unix::fs::symlink("../real/k.tf.txt", tried.folder.path().join("root/k.tf")).unwrap();
    let mut patched = tried.patch();
    patched.write().unwrap();
    assert!(tried.folder.path().join("root/k.tf").is_symlink());
    assert!(tried.text("real/k.tf.txt").contains("enable_key_rotation = true"));

    std::fs::write(tried.folder.path().join("real/k.tf.txt"), text).unwrap();
    let narrow = Request { paths: vec![tried.folder.path().join("root")], ..tried.request.clone() };
    let code = check::read(&narrow).unwrap();
    let patched = patch(&code, &narrow, &tried.rules, DateTime::UNIX_EPOCH, Scope::default()).unwrap();
    assert_eq!(patched.fixes.unpatched[0].reason, "its file lies outside of the paths that are named");
}

/// `git apply` and `patch -p1` take the diff, whatever the names of the files and the ends of their lines.
#[test]
fn git_takes_the_patch() {
    let key = "resource \"aws_kms_key\" \"k\" {\n  description = \"ü\"\n}";
    let tried = Tried::new(
        &[
            ("a b/main.tf", key),
            ("crlf.tf", &key.replace('\n', "\r\n").replace("\"k\"", "\"l\"")),
            ("ü/t.yaml", "Resources:\n  K:\n    Type: AWS::KMS::Key"),
        ],
        &["kms-rotation"],
    );
    let patched = tried.patch();
    let folder = tried.folder.path().canonicalize().unwrap();
    let diff = patched.fixes.diff.replace(&format!("{}/", folder.display().to_string().trim_start_matches('/')), "");
    assert_eq!(patched.fixes.patched.len(), 3, "{diff}");
    std::fs::write(folder.join("p.diff"), &diff).unwrap();
    let git = |arguments: &[&str]| {
        let output = std::process::Command::new("git").arg("-C").arg(&folder).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}\n{diff}", String::from_utf8_lossy(&output.stderr));
    };
    git(&["init", "-q"]);
    git(&["apply", "--check", "p.diff"]);
    git(&["apply", "p.diff"]);
    for edit in &patched.edits {
        assert_eq!(std::fs::read_to_string(Path::new(&edit.path)).unwrap(), edit.after);
    }
}

/// What each finding's patch replaces makes, applied by itself, what the editor made.
#[test]
fn the_patch_of_a_finding_is_in_its_result_and_holds_nothing_of_the_code() {
    let text = "resource \"aws_kms_key\" \"k\" {\n  description = \"geheim\" # ü\n  policy      = \"x\"\n}\n";
    let tried = Tried::new(&[("main.tf", text)], &["kms-rotation"]);
    let patched = tried.patch();
    let code = check::read(&tried.request).unwrap();
    let mut checked = check::judge(&code, &tried.request, &tried.rules, DateTime::UNIX_EPOCH).unwrap();
    patched.attach(&mut checked.check);
    let patch = &checked.check.results[0].patch;
    assert!(!patch.is_empty() && patch.iter().all(|one| !one.text.contains("geheim")), "{patch:?}");
    let offset = |line: u32, column: u32| {
        let start: usize = text.split_inclusive('\n').take(line as usize - 1).map(str::len).sum();
        start + text[start..].chars().take(column as usize - 1).map(char::len_utf8).sum::<usize>()
    };
    let splices: Vec<crate::iac::edit::Splice> = patch
        .iter()
        .map(|one| crate::iac::edit::Splice {
            range: offset(one.line, one.column)..offset(one.end_line, one.end_column),
            text: one.text.clone(),
        })
        .collect();
    assert_eq!(crate::iac::edit::apply(text, &splices), patched.edits[0].after);

    let format = crate::export::check::CHECK_FORMATS.iter().find(|format| format.name() == "sarif").unwrap();
    let sarif = format.render(&checked.check, &crate::export::check::Look::plain()).unwrap();
    let sarif: serde_json::Value = serde_json::from_str(&sarif).unwrap();
    let change = &sarif["runs"][0]["results"][0]["fixes"][0]["artifactChanges"][0];
    assert_eq!(change["replacements"].as_array().map(Vec::len), Some(patch.len()), "{sarif}");
}
