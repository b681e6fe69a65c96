//! A check that has everything in it, with the texts of its files, for the tests of the formats.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Look;
use crate::model::check::{
    AcceptedException, Action, Check, CheckError, CheckResult, CheckSummary, CheckedResource, Excluded, LeftOut,
    Location, OtherSuppressions, Outcome, SCHEMA, UnusedRule,
};
use crate::model::control::{Fix, Severity};
use crate::model::gap::{Gap, GapCode};

/// What must be in no output.
pub(super) const PLANTED: [&str; 6] = [
    "hunter2-on-a-deciding-line",
    "hunter2-on-another-line",
    "hunter2-marked-sensitive",
    "hunter2-on-the-first-line",
    "hunter2-in-one-long-line",
    "hunter2-beside-its-name",
];

const STORAGE: &str = r#"# Storage of the customers' exports.
module "storage" {
  source = "./storage"
  names  = ["exports"]
}
"#;

const BUCKET: &str = r#"resource "aws_s3_bucket" "exports" {
  bucket = "customer-exports"
  tags = {
    note = "hunter2-on-another-line"
  }
}

resource "aws_s3_bucket_policy" "exports" {
  bucket = aws_s3_bucket.exports.id
  policy = jsonencode({
    Statement = [{ Effect = "Allow", Principal = "*", Action = "s3:GetObject", Resource = "*" }]
  })
}
"#;

const NETWORK: &str = r#"resource "aws_security_group" "bastion" {
  name = "bastion"
  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

# tickmark:ignore sg-no-ssh-from-internet reason="bastion, see SEC-12" until=2027-01-31
resource "aws_security_group" "old" {
  ingress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0", "::/0"]
  }
}
"#;

const DATABASE: &str = r#"resource "aws_db_instance" "main" {
  identifier          = "main"
  publicly_accessible = true
  master_password     = "hunter2-on-a-deciding-line"
  ca_cert_identifier  = "hunter2-marked-sensitive"
}

variable "db_password" { default = "hunter2-on-the-first-line" }

resource "aws_ecs_task_definition" "app" {
  environment {
    name  = "DB_PASSWORD"
    value = "hunter2-beside-its-name"
  }
}
"#;

const STACK: &str = "Resources:
  Audit:
    Type: AWS::CloudTrail::Trail
    Properties:
      IsMultiRegionTrail: false
      S3BucketName: !Ref Logs
";

fn file(name: &str) -> Option<Arc<str>> {
    let text = match name {
        "./main.tf" => STORAGE.to_owned(),
        "./storage/bucket.tf" => BUCKET.to_owned(),
        "./network.tf" => NETWORK.to_owned(),
        "./data base/main.tf" => DATABASE.to_owned(),
        "templates/audit: \"prod\".yaml" => STACK.to_owned(),
        "plan.json" => format!("{{\"password\": \"hunter2-in-one-long-line\", \"x\": \"{}\"}}", "y".repeat(500)),
        _ => return None,
    };
    Some(text.into())
}

/// Calls with a look that has the texts of the fixture's files.
pub(super) fn with_look(call: impl FnOnce(&Look<'_>)) {
    look(call);
}

/// The same, with what comes of it.
pub(super) fn look<T>(call: impl FnOnce(&Look<'_>) -> T) -> T {
    let sensitive = |name: &str, line: u32| name == "./data base/main.tf" && line == 5;
    call(&Look { colour: false, explain: false, baseline: true, sources: &file, sensitive: &sensitive })
}

fn at(file: &str, line: u32, end_line: u32, address: &str, lines: &[u32]) -> Location {
    Location { file: file.into(), line, end_line, address: address.into(), lines: lines.to_vec() }
}

struct Rule {
    id: &'static str,
    title: &'static str,
    severity: Severity,
    criteria: &'static [(&'static str, &'static str)],
    kind: &'static str,
    fix: Fix,
}

fn tls() -> Rule {
    Rule {
        id: "s3-tls-only",
        title: "Buckets refuse requests made without TLS",
        severity: Severity::Medium,
        criteria: &[("CC6.7", "What goes to and from the bucket cannot be read or changed on the wire.")],
        kind: "AWS::S3::Bucket",
        fix: Fix {
            text: "Add a Deny for everyone where aws:SecureTransport is false.".into(),
            terraform: Some("resource \"aws_s3_bucket_policy\" \"this\" {\n  bucket = aws_s3_bucket.this.id\n  policy = data.aws_iam_policy_document.tls.json\n}\n".into()),
            cloudformation: Some("PolicyDocument:\n  Version: \"2012-10-17\"\n".into()),
            docs: Some("https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html".into()),
            ..Fix::default()
        },
    }
}

fn ssh() -> Rule {
    Rule {
        id: "sg-no-ssh-from-internet",
        title: "Security groups do not let the internet reach SSH",
        severity: Severity::Critical,
        criteria: &[
            ("CC6.1", "Nobody from outside can try to log in."),
            ("CC6.6", "The boundary lets in only what is meant to come in."),
        ],
        kind: "AWS::EC2::SecurityGroup",
        fix: Fix {
            text: "Take Session Manager, or name the addresses that may connect.".into(),
            terraform: Some("cidr_blocks = [\"10.0.0.0/8\"]\n".into()),
            docs: Some("https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html".into()),
            ..Fix::default()
        },
    }
}

fn simple(id: &'static str, title: &'static str, severity: Severity, kind: &'static str) -> Rule {
    let fix = Fix { text: format!("Put {id} right."), ..Fix::default() };
    Rule { id, title, severity, criteria: &[("CC6.1", "Only those who need it get at it.")], kind, fix }
}

fn result(rule: Rule, verdict: Outcome, action: Action, address: &str, locations: Vec<Location>) -> CheckResult {
    let failed = matches!(verdict, Outcome::Fail | Outcome::Waived);
    let told = failed || verdict == Outcome::NotEvaluated;
    let criteria = rule.criteria.iter().filter(|_| told).map(|(id, why)| ((*id).into(), (*why).into())).collect();
    let digits = format!("{:x}", rule.id.len() * 4096 + address.len() * 16 + locations.len());
    CheckResult {
        control: rule.id.into(),
        title: if told { rule.title.into() } else { "".into() },
        verdict,
        severity: rule.severity,
        action,
        criteria: Arc::new(criteria),
        resource: CheckedResource { r#type: rule.kind.into(), address: address.into() },
        fingerprint: if failed { format!("{digits:0>32}") } else { String::new() },
        locations,
        message: None,
        reason: None,
        gap: None,
        fix: failed.then(|| Arc::new(rule.fix)),
        patch: Vec::new(),
        waived: None,
        in_baseline: false,
        name: None,
    }
}

const HOSTILE: &str =
    "aws_s3_bucket.x[\"\u{1b}[31m\u{202e}|`<img src=x>` @team [a](http://evil.example) \r\n::error file=forged::x\"]";

fn failed() -> Vec<CheckResult> {
    let exports = "module.storage.aws_s3_bucket.exports";
    let with_policy = vec![
        at("./storage/bucket.tf", 1, 6, exports, &[]),
        at("./storage/bucket.tf", 8, 13, "module.storage.aws_s3_bucket_policy.exports", &[10, 11]),
        at("./main.tf", 2, 5, "module.storage", &[]),
    ];
    let bastion = vec![at("./network.tf", 1, 9, "aws_security_group.bastion", &[4, 5, 7])];
    let database = vec![
        at("./data base/main.tf", 1, 6, "aws_db_instance.main", &[3, 4, 5]),
        at("./data base/main.tf", 8, 8, "var.db_password", &[8]),
        at("./data base/main.tf", 10, 15, "aws_ecs_task_definition.app", &[13]),
        at("plan.json", 1, 1, "aws_db_instance.main", &[1]),
    ];
    let trail = vec![at("templates/audit: \"prod\".yaml", 2, 6, "Audit", &[5])];
    let hostile = vec![at("a\u{202e}ft.\u{7}\n::error file=forged::%0A,x:y.tf", 3, 3, HOSTILE, &[])];
    let mut one_region =
        simple("cloudtrail-multi-region", "A trail records every region", Severity::High, "AWS::CloudTrail::Trail");
    one_region.fix.cloudformation = Some("IsMultiRegionTrail: true\n".into());
    let mut found = vec![
        result(tls(), Outcome::Fail, Action::Deny, exports, with_policy),
        result(ssh(), Outcome::Fail, Action::Deny, "aws_security_group.bastion", bastion),
        result(
            simple(
                "rds-not-public",
                "Databases are not reachable from the internet",
                Severity::High,
                "AWS::RDS::DBInstance",
            ),
            Outcome::Fail,
            Action::Deny,
            "aws_db_instance.main",
            database,
        ),
        result(one_region, Outcome::Fail, Action::Deny, "Audit", trail),
        result(tls(), Outcome::Fail, Action::Deny, HOSTILE, hostile),
        result(
            simple("s3-access-logging", "Buckets keep access logs", Severity::Low, "AWS::S3::Bucket"),
            Outcome::Fail,
            Action::Warn,
            exports,
            vec![at("./storage/bucket.tf", 1, 6, exports, &[])],
        ),
        result(
            simple("kms-rotation", "Keys rotate every year", Severity::Medium, "AWS::KMS::Key"),
            Outcome::Fail,
            Action::Silent,
            "aws_kms_key.a",
            vec![at("./keys.tf", 1, 3, "aws_kms_key.a", &[])],
        ),
        result(
            simple("s3-versioning", "Buckets keep versions", Severity::Low, "AWS::S3::Bucket"),
            Outcome::Fail,
            Action::Deny,
            exports,
            vec![at("./storage/bucket.tf", 1, 6, exports, &[])],
        ),
        result(
            simple("s3-public-access-block", "Buckets block public access", Severity::High, "AWS::S3::Bucket"),
            Outcome::Fail,
            Action::Deny,
            "aws_s3_bucket.legacy",
            vec![at("./legacy.tf", 7, 9, "aws_s3_bucket.legacy", &[])],
        ),
    ];
    let sentences = [
        "customer-exports takes requests over plain HTTP",
        "bastion lets the internet reach port 22",
        "main is publicly accessible",
        "Audit records one region",
        "x<script>alert(1)</script> | **takes** `requests` @team over plain HTTP\u{2066}\r\n::error file=forged::boo",
        "customer-exports keeps no access log",
        "a does not rotate",
        "customer-exports keeps no versions",
        "legacy does not block public access",
    ];
    for (result, sentence) in found.iter_mut().zip(sentences) {
        result.message = Some(sentence.into());
    }
    if let Some(last) = found.last_mut() {
        last.in_baseline = true;
    }
    found
}

fn others() -> Vec<CheckResult> {
    let mut undecided = result(
        tls(),
        Outcome::NotEvaluated,
        Action::Deny,
        "aws_s3_bucket.logs[\"eu\"]",
        vec![at("./logs.tf", 1, 4, "aws_s3_bucket.logs[\"eu\"]", &[3])],
    );
    undecided.reason = Some("policy: known after apply (data.aws_iam_policy_document.logs.json)".into());
    undecided.gap = Some(Gap::new(GapCode::KnownAfterApply, "policy"));
    let mut no_words = result(
        simple("rds-encrypted", "Databases are encrypted", Severity::High, "AWS::RDS::DBInstance"),
        Outcome::NotEvaluated,
        Action::Warn,
        "aws_db_instance.replica",
        vec![at("./data base/main.tf", 20, 22, "aws_db_instance.replica", &[])],
    );
    no_words.gap = Some(Gap::new(GapCode::Unresolved, "var.encrypted has no value"));
    let silent = result(
        simple("kms-rotation", "Keys rotate every year", Severity::Medium, "AWS::KMS::Key"),
        Outcome::NotEvaluated,
        Action::Silent,
        "aws_kms_key.b",
        vec![at("./keys.tf", 5, 7, "aws_kms_key.b", &[])],
    );
    let mut waived = result(
        ssh(),
        Outcome::Waived,
        Action::Deny,
        "aws_security_group.old",
        vec![at("./network.tf", 12, 19, "aws_security_group.old", &[14, 15, 16, 17])],
    );
    waived.message = Some("old lets the internet reach port 22".into());
    waived.waived = Some(AcceptedException {
        reason: "bastion, see SEC-12".into(),
        until: Some("2027-01-31".into()),
        by: None,
        at: Some(at("./network.tf", 11, 11, "aws_security_group.old", &[])),
    });
    let mut by_policy = result(
        simple("s3-versioning", "Buckets keep versions", Severity::Low, "AWS::S3::Bucket"),
        Outcome::Waived,
        Action::Deny,
        "aws_s3_bucket.scratch",
        vec![at("./legacy.tf", 1, 3, "aws_s3_bucket.scratch", &[])],
    );
    let mut by_other = result(
        ssh(),
        Outcome::Waived,
        Action::Deny,
        "aws_security_group.older",
        vec![at("./network.tf", 22, 24, "aws_security_group.older", &[23])],
    );
    by_other.message = Some("older lets the internet reach port 22".into());
    by_other.waived = Some(AcceptedException {
        reason: String::new(),
        until: None,
        by: Some("tfsec:ignore:aws-ec2-no-public-ingress-sgr\u{1b}".into()),
        at: Some(at("./network.tf", 21, 21, "aws_security_group.older", &[])),
    });
    by_policy.message = Some("scratch keeps no versions".into());
    by_policy.waived = Some(AcceptedException {
        reason: "holds nothing for long".into(),
        until: Some("2026-12-31".into()),
        by: None,
        at: None,
    });
    let passed = result(
        tls(),
        Outcome::Pass,
        Action::Deny,
        "aws_s3_bucket.good",
        vec![at("./legacy.tf", 20, 22, "aws_s3_bucket.good", &[])],
    );
    let mut elsewhere = result(
        simple(
            "rds-not-public",
            "Databases are not reachable from the internet",
            Severity::High,
            "AWS::RDS::DBInstance",
        ),
        Outcome::NotApplicable,
        Action::Deny,
        "aws_db_instance.docdb",
        vec![at("./data base/main.tf", 30, 32, "aws_db_instance.docdb", &[])],
    );
    elsewhere.message = Some("DocumentDB has no public endpoints".into());
    vec![undecided, no_words, silent, waived, by_other, by_policy, passed, elsewhere]
}

fn error(kind: &str, file: &str, line: Option<u32>, message: &str) -> CheckError {
    CheckError { kind: kind.into(), file: file.into(), line, message: message.into() }
}

/// A check with every verdict, every standing, errors, and names that mean harm.
pub(super) fn rich() -> Check {
    let mut results = failed();
    results.extend(others());
    let mut check = of(results);
    check.errors = vec![
        error("unreadable", "./broken.tf", Some(4), "expected `}`; close the block that begins at line 1"),
        error("unreadable", "./\u{1b}[2Jbig.json", None, "larger than 256 MiB"),
        error("unreadable", "./a.tf", Some(1), "could not find module `m`"),
        error("unreadable", "./b.tf", Some(2), "could not find module `m`"),
        error("unreadable", "./c.tf", Some(3), "could not find module `m`"),
        error("unreadable", "./d.tf", None, "could not find module `m`"),
        error(
            "expired",
            "./legacy.tf",
            Some(6),
            "tickmark:ignore s3-versioning ended on 2026-01-31; fix the finding or renew it",
        ),
        error("malformed", "./legacy.tf", Some(10), "tickmark:ignore needs until=YYYY-MM-DD"),
        error("unused", "./legacy.tf", Some(15), "tickmark:ignore kms-rotation matches no finding; remove it"),
    ];
    check.left_out =
        vec![LeftOut { control: "iam-root-mfa".into(), reason: "can only be seen in the account, not in code".into() }];
    let excluded = |pattern: &str, directories, files, paths: &[&str]| Excluded {
        pattern: pattern.into(),
        directories,
        files,
        paths: paths.iter().map(|path| (*path).into()).collect(),
    };
    check.excluded = vec![
        excluded("*.json", 0, 1, &["./templates/x\u{1b}[2J.json"]),
        excluded("examples/", 2, 0, &["./examples", "./modules/a/examples"]),
        excluded("nothing", 0, 0, &[]),
    ];
    let unused =
        |directive: &str, why: &str, number| UnusedRule { directive: directive.into(), why: why.into(), number };
    check.other_suppressions = Some(OtherSuppressions {
        directives: 4,
        accepted: 1,
        unused: vec![
            unused("checkov:skip=CKV_AWS_\u{1b}", "no control is known to be about it", 2),
            unused("tfsec:ignore:aws-s3-enable-versioning", "it ended on 2022-01-02", 1),
        ],
    });
    check.summary.exit_code = 1;
    check
}

/// A check that found nothing.
pub(super) fn clean() -> Check {
    let mut check = of(others().into_iter().filter(|result| result.verdict == Outcome::Pass).collect());
    check.summary.exit_code = 0;
    check
}

/// A check of a module that is called twice and makes forty buckets each: of one something else is said, one is
/// accepted, one is known, some pass, and of some it is not known.
pub(super) fn instances() -> Check {
    let mut results = Vec::new();
    for call in ["eu", "us"] {
        for number in 0..40 {
            let module = format!("module.data[\"{call}\"]");
            let address = format!("{module}.aws_s3_bucket.this[{number}]");
            let policy = format!("{module}.aws_s3_bucket_policy.this[{number}]");
            let locations = vec![
                at("modules/data/main.tf", 3, 6, &address, &[]),
                at("modules/data/main.tf", 8, 11, &policy, &[10]),
                at("main.tf", 1, 5, &module, &[]),
            ];
            let mut one = result(tls(), Outcome::Fail, Action::Deny, &address, locations.clone());
            one.name = Some(format!("acme-{call}-{number}").into());
            one.message = Some(format!("acme-{call}-{number} takes requests over plain HTTP"));
            one.fingerprint = format!("{:0>32}", format!("{call}{number}"));
            match number {
                5 => one.message = Some(format!("acme-{call}-5 has a policy that says {{nothing}}")),
                6 => {
                    one.verdict = Outcome::Waived;
                    one.waived = Some(AcceptedException {
                        reason: "logs".into(),
                        until: Some("2027-01-31".into()),
                        by: None,
                        at: Some(at("modules/data/main.tf", 2, 2, "aws_s3_bucket.this", &[])),
                    });
                }
                7 => one.in_baseline = true,
                _ => {}
            }
            results.push(one);
            let versioning = || simple("s3-versioning", "Buckets keep versions", Severity::Low, "AWS::S3::Bucket");
            let mut other = if number % 2 == 0 {
                result(
                    versioning(),
                    Outcome::Pass,
                    Action::Deny,
                    &address,
                    vec![locations[0].clone(), locations[2].clone()],
                )
            } else {
                let mut open = result(versioning(), Outcome::NotEvaluated, Action::Warn, &address, locations);
                open.gap = Some(Gap::new(GapCode::Unresolved, format!("{module}.var.versions has no value")));
                open.reason = open.gap.as_ref().map(ToString::to_string);
                open
            };
            other.severity = Severity::Low;
            results.push(other);
        }
    }
    let mut check = of(results);
    check.in_repository.insert("modules/data/main.tf".into(), "infra/modules/data/main.tf".into());
    check
}

/// A check with many denied findings, the most severe last.
pub(super) fn many(number: usize) -> Check {
    let results = (0..number)
        .map(|at_| {
            let mut result = result(
                tls(),
                Outcome::Fail,
                Action::Deny,
                &format!("aws_s3_bucket.bucket-{at_}"),
                vec![at("./many.tf", 1, 3, &format!("aws_s3_bucket.bucket-{at_}"), &[])],
            );
            result.severity = if at_ + 1 == number { Severity::Critical } else { Severity::High };
            result
        })
        .collect();
    let mut check = of(results);
    check.summary.exit_code = u8::from(number > 0);
    check
}

/// The same, each of a block of its own.
pub(super) fn spread(number: usize) -> Check {
    let mut check = many(number);
    for (line, result) in (1..).zip(&mut check.results) {
        result.locations = vec![at("./many.tf", line, line, &result.resource.address, &[])];
    }
    check
}

/// A check of these results, with its sums.
fn of(results: Vec<CheckResult>) -> Check {
    let mut verdicts: BTreeMap<String, u64> =
        Outcome::ALL.iter().map(|outcome| (outcome.as_str().to_owned(), 0)).collect();
    let mut by_severity: BTreeMap<String, u64> = BTreeMap::new();
    let (mut denied, mut known) = (0, 0);
    for result in &results {
        *verdicts.entry(result.verdict.as_str().to_owned()).or_default() += 1;
        if result.verdict == Outcome::Fail {
            *by_severity.entry(result.severity.as_str().to_owned()).or_default() += 1;
            known += u64::from(result.in_baseline);
            let counts = result.action == Action::Deny && result.severity >= Severity::Medium && !result.in_baseline;
            denied += u64::from(counts);
        }
    }
    Check {
        schema: SCHEMA.into(),
        tool_version: "0.1.0".into(),
        errors: Vec::new(),
        in_repository: BTreeMap::new(),
        left_out: Vec::new(),
        excluded: Vec::new(),
        other_suppressions: None,
        summary: CheckSummary {
            verdicts,
            failed: by_severity,
            denied,
            in_baseline: known,
            files: 8,
            resources: results.len() as u64,
            controls: 61,
            fail_on: Severity::Medium,
            exit_code: 1,
        },
        results,
    }
}
