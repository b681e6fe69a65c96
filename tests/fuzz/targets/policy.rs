//! Policies of arbitrary text in every place that takes one, judged by the controls that read them.
#![no_main]

use std::collections::BTreeMap;
use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use tickmark::iac::deployment::{Block, Code, Deployment, Language, Place, Scenario, Site};
use tickmark::iac::value::{Part, Reference, Unknown, Value};
use tickmark::model::gap::GapCode;

/// The kinds of block that have a policy, and where.
const BLOCKS: [(&str, &[&str]); 12] = [
    ("aws_iam_policy", &["policy"]),
    ("aws_iam_role", &["assume_role_policy"]),
    ("aws_iam_user_policy", &["policy"]),
    ("aws_iam_group_policy", &["policy"]),
    ("aws_iam_role_policy", &["policy"]),
    ("aws_s3_bucket", &["policy"]),
    ("aws_s3_bucket_policy", &["policy"]),
    ("aws_kms_key", &["policy"]),
    ("aws_sqs_queue", &["policy"]),
    ("aws_sns_topic", &["policy"]),
    ("aws_ecr_repository_policy", &["policy"]),
    ("aws_secretsmanager_secret", &["policy"]),
];

fn unknown() -> Arc<Unknown> {
    let reference = Reference {
        address: "data.aws_caller_identity.current".to_owned(),
        attribute: "account_id".to_owned(),
        whole: true,
        instance: true,
    };
    let unknown = Unknown::new(GapCode::KnownAfterApply, "data.aws_caller_identity.current.account_id");
    Arc::new(unknown.of(vec![reference]))
}

/// Text in which `\u{1}` stands for what is not known.
fn text(written: &str) -> Value {
    if !written.contains('\u{1}') {
        return Value::text(written);
    }
    let mut parts = Vec::new();
    for (index, piece) in written.split('\u{1}').enumerate() {
        if index > 0 {
            parts.push(Part::Unknown(unknown()));
        }
        if !piece.is_empty() {
            parts.push(Part::Text(Arc::from(piece)));
        }
    }
    Value::Template(Arc::from(parts))
}

fn block(kind: &str, body: BTreeMap<Arc<str>, Value>) -> Block {
    Block {
        address: format!("{kind}.this"),
        kind: Arc::from(kind),
        module: Arc::from(""),
        key: None,
        body: Value::map(body),
        place: Place { file: Arc::from("main.tf"), line: 1, end_line: 9 },
        calls: Vec::new(),
        spans: BTreeMap::new(),
        ignores: Vec::new(),
        change: None,
        uncertain: None,
        site: Site::default(),
        elsewhere: None,
    }
}

fuzz_target!(|input: &[u8]| {
    let written = String::from_utf8_lossy(input);
    let policy = text(&written);
    let mut blocks = Vec::new();
    for (kind, arguments) in BLOCKS {
        let mut body: BTreeMap<Arc<str>, Value> = BTreeMap::new();
        body.insert(Arc::from("name"), Value::text("this"));
        body.insert(Arc::from("bucket"), Value::text("this"));
        for argument in arguments {
            body.insert(Arc::from(*argument), policy.clone());
        }
        blocks.push(block(kind, body));
    }
    let deployment = Deployment {
        path: "code".to_owned(),
        language: Language::Terraform,
        scenarios: vec![Scenario { part: 0, assumptions: Vec::new(), blocks }],
        missing: Vec::new(),
        unread: Vec::new(),
        before: Vec::new(),
    };
    tickmark_fuzz::judge(&Code { deployments: vec![deployment], ..Code::default() });
});
