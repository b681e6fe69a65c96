use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;

fn found(name: &str, text: &str) -> Vec<String> {
    let all = BTreeSet::from(Tool::ALL);
    read(&Arc::from(name), text, &all)
        .into_iter()
        .map(|foreign| {
            let more = [foreign.reason, foreign.until, foreign.unusable.map(ToOwned::to_owned)];
            let more: Vec<String> = more.into_iter().flatten().collect();
            let covers = match foreign.covers {
                Covers::Line { target, alone } => format!("line {target}{}", if alone { " alone" } else { "" }),
                Covers::BlockAround { target } => format!("block at {target}"),
                Covers::Resource { first, last } => format!("resource {first}-{last}"),
                Covers::File => "file".to_owned(),
            };
            let rule = foreign.rule.unwrap_or_else(|| "*".to_owned());
            format!("{} {} {rule} {covers} {}", foreign.place.line, foreign.tool.as_str(), more.join("; "))
                .trim()
                .to_owned()
        })
        .collect()
}

#[test]
fn comments_of_terraform_are_read() {
    let text = r##"# kics-scan disable=a-b, c-d
#tfsec:ignore:aws-s3-enable-logging tfsec:ignore:aws-s3-enable-versioning:exp:2022-01-02
# trivy:ignore:AVD-AWS-0089:ws:prod
resource "aws_s3_bucket" "b" { // trivy:ignore:*
  # checkov:skip=CKV_AWS_18:logs: of logs
  #checkov:skip=CKV_AWS_21
  /* bridgecrew:skip=CKV_AWS_19, CKV_AWS_20:two */
  # kics-scan ignore-line
  acl = "x" #tfsec:ignore:aws-s3-no-public-access-with-acl[acl=x]
  # kics-scan ignore
}
# kics-scan ignore-block

resource "aws_s3_bucket" "c" {}
x = "# checkov:skip=CKV_AWS_1"
"##;
    assert_eq!(
        found("main.tf", text),
        [
            "1 kics a-b file",
            "1 kics c-d file",
            "2 tfsec aws-s3-enable-logging line 4",
            "2 tfsec aws-s3-enable-versioning line 4 2022-01-02",
            "3 trivy AVD-AWS-0089 line 4 it holds in one workspace alone",
            "4 trivy * line 4",
            "5 checkov CKV_AWS_18 block at 9 logs: of logs",
            "6 checkov CKV_AWS_21 block at 9",
            "7 checkov CKV_AWS_19 block at 9 two",
            "7 checkov CKV_AWS_20 block at 9 two",
            "8 kics * line 9 alone",
            "9 tfsec aws-s3-no-public-access-with-acl[acl=x] line 9 it holds under a condition on an attribute",
            "12 kics * line 13",
        ]
    );
    assert_eq!(found("main.tf.json", "{\"//\": \"checkov:skip=CKV_AWS_18\"}"), Vec::<String>::new());
}

#[test]
fn the_metadata_of_a_template_is_read() {
    let text = r"Resources:
  Logs:
    Type: AWS::S3::Bucket
    Metadata:
      checkov:
        skip:
          - id: CKV_AWS_18
            comment: logs
      guard:
        SuppressedRules:
          - S3_BUCKET_LOGGING_ENABLED
      cfn_nag:
        rules_to_suppress:
          - {id: W35, reason: it is the target}
          - id: W41
    # trivy:ignore:AVD-AWS-0090
    Properties:
      BucketName: logs # checkov:skip=CKV_AWS_21:why
";
    let expected = [
        "7 checkov CKV_AWS_18 resource 2-18 logs",
        "11 cfn-guard S3_BUCKET_LOGGING_ENABLED resource 2-18",
        "14 cfn-nag W35 resource 2-18 it is the target",
        "15 cfn-nag W41 resource 2-18",
        "16 trivy AVD-AWS-0090 line 17",
        "18 checkov CKV_AWS_21 block at 18 why",
    ];
    assert_eq!(found("t.yaml", text), expected);
    let json = r#"{"Resources": {"B": {"Metadata": {"checkov": {"skip": [{"id": "CKV_AWS_18"}]}}}}}"#;
    assert_eq!(found("t.json", json), ["1 checkov CKV_AWS_18 resource 1-1"]);
}

#[test]
fn rules_are_known_by_every_name() {
    for rule in ["AVD-AWS-0089", "avd-aws-0089", "AWS-0089", "aws-s3-enable-logging", "aws-s3-enable-bucket-logging"] {
        for tool in [Tool::Tfsec, Tool::Trivy] {
            assert!(controls_of(tool, rule).contains("s3-access-logging"), "{rule}");
        }
    }
    assert!(controls_of(Tool::Trivy, "aws-s3-*").len() > 5);
    assert!(
        controls_of(Tool::Checkov, "CKV_AWS_*").is_empty() && controls_of(Tool::Checkov, "CKV_AWS_9999").is_empty()
    );
    assert_eq!(controls_of(Tool::CfnNag, "F19"), BTreeSet::from(["kms-rotation"]));
}

#[test]
fn every_row_of_the_table_is_whole() {
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/controls")).expect("lists the controls");
    let folders = files.map(|folder| folder.expect("lists the controls").path());
    let controls: BTreeSet<String> = folders
        .filter(|folder| folder.is_dir())
        .flat_map(|folder| std::fs::read_dir(folder).expect("lists the controls"))
        .filter_map(|file| Some(file.ok()?.path().file_stem()?.to_string_lossy().into_owned()))
        .collect();
    let mut seen = BTreeSet::new();
    for row in rules::rows() {
        assert!(row.tool.parse::<Tool>().is_ok(), "{}", row.tool);
        assert!(row.controls.split(' ').all(|control| controls.contains(control)), "{}", row.rule);
        assert!(seen.insert((row.tool, row.rule)), "{} twice", row.rule);
    }
    let lines: Vec<&str> = rules::TABLE.lines().filter(|line| !line.starts_with('#')).skip(1).collect();
    assert_eq!(seen.len(), lines.len(), "every line is a row");
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        assert!(
            cells.len() == 5 && !cells[1].is_empty() && cells[4].contains('/'),
            "has a rule and its source: {line}"
        );
    }
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in any::<String>(), words in "[ #/*\\-:=,a-z\\[\n]{0,40}") {
        for word in comment::WORDS {
            for name in ["a.tf", "a.yaml"] {
                found(name, &format!("{text}\n# {word}{words}\n{text}"));
            }
        }
    }

    #[test]
    fn templates_of_any_form_never_panic(inner in "[ \\-:{}\\[\\]a-z\n]{0,60}") {
        found("a.yaml", &format!("Resources:\n A:\n  Metadata:\n   checkov:\n    skip: {inner}\n   SuppressedRules: {inner}"));
    }
}
