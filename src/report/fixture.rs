//! Made-up companies to write reports of: a small one for snapshots, a real-looking one to look
//! at, and parts for the tests.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::model::capture::{Capture, Outcome};
use crate::model::control::{Control, ControlType, Fix, Frequency, ItemScope, Laxer, Severity, Source};
use crate::model::criterion::{Automation, Criterion};
use crate::model::gap::{Gap, GapCode};
use crate::model::policy::{Gate, Policy, Selection, Waiver};
use crate::model::scan::{
    AccountScope, Agreement, Asked, LaxParameter, Population, Reconciled, RegionScope, ScanFooter, ScanHeader,
    ScanStatus, Tool,
};
use crate::model::verdict::{ItemKind, ItemVerdict, Read, Verdict, Waived};

use super::input::{ClaimState, Input, SealClaim, SealView};
use super::output::hex;

pub(super) const ACCOUNT: &str = "111122223333";

/// Everything that an [`Input`] borrows.
pub(super) struct Company {
    pub(super) header: ScanHeader,
    pub(super) footer: ScanFooter,
    pub(super) criteria: Vec<Criterion>,
    pub(super) controls: Vec<Control>,
    pub(super) policy: Policy,
    pub(super) not_tested: Vec<(String, String)>,
    pub(super) verdicts: Vec<ItemVerdict>,
    pub(super) populations: Vec<Population>,
    pub(super) captures: Vec<Capture>,
    pub(super) reconciled: Vec<Reconciled>,
    pub(super) seal: SealView,
    pub(super) bodies: BTreeMap<String, Vec<u8>>,
}

impl Company {
    /// Lends everything out as an input.
    pub(super) fn with_input<T>(&self, use_it: impl FnOnce(&Input<'_>) -> T) -> T {
        let bodies = |sha: &str| self.bodies.get(sha).cloned();
        use_it(&Input {
            header: &self.header,
            footer: &self.footer,
            criteria: &self.criteria,
            controls: &self.controls,
            policy: &self.policy,
            not_tested: &self.not_tested,
            verdicts: &self.verdicts,
            populations: &self.populations,
            captures: &self.captures,
            reconciled: &self.reconciled,
            seal: &self.seal,
            bodies: &bodies,
        })
    }

    /// Sorts the verdicts and writes the footer's counts from them.
    pub(super) fn settle(&mut self) {
        self.verdicts.sort_by(|a, b| a.key().cmp(&b.key()));
        self.footer.verdicts = BTreeMap::new();
        for verdict in &self.verdicts {
            *self.footer.verdicts.entry(verdict.verdict.to_string()).or_default() += 1;
        }
        self.footer.captures = self.captures.len() as u64;
    }

    /// Records an exchange with this body and answers its number.
    pub(super) fn record(&mut self, service: &str, operation: &str, region: &str, status: u16, body: &str) -> u64 {
        let n = self.captures.len() as u64 + 1;
        let mut one = capture(n, service, operation);
        region.clone_into(&mut one.region);
        one.status = Some(status);
        let sha = hex(&Sha256::digest(body.as_bytes()));
        one.body_size = body.len() as u64;
        one.content_type = Some(if body.starts_with('{') { "application/json" } else { "text/xml" }.to_owned());
        one.body_sha256 = Some(sha.clone());
        self.bodies.insert(sha, body.as_bytes().to_vec());
        self.captures.push(one);
        n
    }
}

/// An answered exchange without a body.
pub(super) fn capture(n: u64, service: &str, operation: &str) -> Capture {
    let second = 5 + n / 20 % 50;
    let milli = n % 20 * 45;
    Capture {
        n,
        account: ACCOUNT.to_owned(),
        region: "eu-west-1".to_owned(),
        service: service.to_owned(),
        operation: operation.to_owned(),
        input: json!({"method": "GET", "path": "/", "query": {}}),
        key: hex(&Sha256::digest(n.to_be_bytes())),
        page: 1,
        attempt: 1,
        endpoint: format!("https://{service}.eu-west-1.amazonaws.com"),
        started: format!("2026-11-14T02:00:{second:02}.{milli:03}Z"),
        ended: format!("2026-11-14T02:00:{second:02}.{:03}Z", milli + 40),
        outcome: Outcome::Answered,
        status: Some(200),
        content_type: None,
        request_id: Some(hex(&Sha256::digest(n.to_le_bytes()))[..16].to_uppercase()),
        aws_date: Some(format!("Sat, 14 Nov 2026 02:00:{second:02} GMT")),
        body_sha256: None,
        body_size: 0,
        headers: vec![("x-amz-request-id".to_owned(), "as above".to_owned())],
    }
}

/// A control about buckets that serves one criterion.
pub(super) fn control(id: &str, title: &str, criterion: &str) -> Control {
    Control {
        id: id.to_owned(),
        title: title.to_owned(),
        criteria: BTreeMap::from([(criterion.to_owned(), "Data on its way cannot be read on the wire.".to_owned())]),
        severity: Severity::Medium,
        r#type: ControlType::Preventive,
        frequency: Frequency::Daily,
        sources: vec![Source::Live],
        resource: "AWS::S3::Bucket".to_owned(),
        scope: ItemScope::Resource,
        when: None,
        not_applicable: None,
        assert: "policy.denies_insecure_transport(resource.policy)".to_owned(),
        procedure: "For each bucket, obtained the bucket policy and inspected it for a statement that denies every \
                    action to every principal where aws:SecureTransport is false."
            .to_owned(),
        limits: Some("Access points have policies of their own, which were not inspected.".to_owned()),
        exception: "{{ resource.name }} accepts plain HTTP".to_owned(),
        fix: Fix {
            text: "Add a statement that denies every request made without TLS.".to_owned(),
            terraform: Some("resource \"aws_s3_bucket_policy\" \"tls\" {\n  # …\n}".to_owned()),
            docs: Some("https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html".to_owned()),
            ..Fix::default()
        },
        security_hub: vec!["S3.5".to_owned()],
        parameters: BTreeMap::new(),
        laxer: BTreeMap::new(),
        cases: Vec::new(),
    }
}

/// A verdict on a bucket.
pub(super) fn verdict(control: &str, verdict: Verdict, name: &str) -> ItemVerdict {
    ItemVerdict {
        control: control.to_owned(),
        verdict,
        reason: None,
        message: None,
        kind: ItemKind::Resource,
        account: ACCOUNT.to_owned(),
        region: "eu-west-1".to_owned(),
        r#type: "AWS::S3::Bucket".to_owned(),
        id: format!("arn:aws:s3:::{name}"),
        name: name.to_owned(),
        severity: Severity::Medium,
        criteria: vec!["CC6.7".to_owned()],
        captures: Vec::new(),
        read: vec![Read { attribute: "/policy".to_owned(), value: Some(json!({"Version": "2012-10-17"})), gap: None }],
        waived: None,
    }
}

pub(super) fn criterion(id: &str, automation: Automation) -> Criterion {
    Criterion {
        id: id.to_owned(),
        category: "Security (common criteria)".to_owned(),
        text: format!("What {id} asks for, in own words."),
        automation,
        evidence: "Bucket policies. Manual: endpoint and removable media rules.".to_owned(),
    }
}

fn refused(operation: &str) -> Gap {
    Gap::new(GapCode::AccessDenied, format!("User: arn:aws:sts::{ACCOUNT}:assumed-role/tickmark-reader/nightly is not authorized to perform: {operation} because no identity-based policy allows the action"))
        .at(operation, operation)
        .error(Some("AccessDenied"))
}

fn frame() -> Company {
    let region = |name: &str, status: &str, why: Option<Gap>| RegionScope {
        name: name.to_owned(),
        opt_in_status: status.to_owned(),
        scanned: why.is_none(),
        why_not: why,
    };
    let off = || Some(Gap::new(GapCode::RegionDisabled, ""));
    let outside = || Some(Gap::new(GapCode::OutsideScope, "not named by --region"));
    Company {
        header: ScanHeader {
            number: 128,
            gate: "nightly".to_owned(),
            started: "2026-11-14T02:00:04Z".to_owned(),
            tool: Tool {
                version: "0.1.0".to_owned(),
                executable_sha256: hex(&Sha256::digest(b"executable")),
                controls_sha256: hex(&Sha256::digest(b"controls")),
                policy_sha256: hex(&Sha256::digest(b"policy")),
            },
            policy: "nightly".to_owned(),
            asked: Asked { regions: vec!["eu-west-1".to_owned(), "eu-central-1".to_owned()], ..Asked::default() },
            accounts: vec![AccountScope {
                id: ACCOUNT.to_owned(),
                partition: "aws".to_owned(),
                caller_arn: format!("arn:aws:sts::{ACCOUNT}:assumed-role/tickmark-reader/nightly"),
                caller_id: "AROAEXAMPLEEXAMPLE01:nightly".to_owned(),
                regions: vec![
                    region("af-south-1", "not-opted-in", off()),
                    region("eu-central-1", "opt-in-not-required", None),
                    region("eu-west-1", "opt-in-not-required", None),
                    region("us-east-1", "opt-in-not-required", outside()),
                ],
                regions_incomplete: None,
            }],
            synthetic: false,
            endpoint: None,
        },
        footer: ScanFooter {
            ended: "2026-11-14T02:01:47Z".to_owned(),
            status: ScanStatus::Partial,
            verdicts: BTreeMap::new(),
            captures: 0,
            verdict_sha256: hex(&Sha256::digest(b"verdicts")),
            lax: Vec::new(),
        },
        criteria: Vec::new(),
        controls: Vec::new(),
        policy: Policy {
            id: "nightly".to_owned(),
            title: "Everything, every night".to_owned(),
            gate: Gate::Nightly,
            controls: Selection::default(),
            severity: BTreeMap::new(),
            parameters: BTreeMap::new(),
            fail_on: Severity::High,
            waivers: Vec::new(),
        },
        not_tested: Vec::new(),
        verdicts: Vec::new(),
        populations: Vec::new(),
        captures: Vec::new(),
        reconciled: Vec::new(),
        seal: seal(),
        bodies: BTreeMap::new(),
    }
}

/// A seal with a real signature, so that the commands of the report can be run.
fn seal() -> SealView {
    use base64::Engine as _;
    use ed25519_dalek::pkcs8::EncodePublicKey as _;
    use ed25519_dalek::{Signer as _, SigningKey};
    let key = SigningKey::from_bytes(&[7; 32]);
    let base64 = base64::engine::general_purpose::STANDARD;
    let body = format!("tickmark/harbour\n128\n{}\n", base64.encode(Sha256::digest(b"log")));
    let mut signature = vec![1, 2, 3, 4];
    signature.extend(key.sign(body.as_bytes()).to_bytes());
    let public = key.verifying_key();
    let der = public.to_public_key_der().expect("an Ed25519 key has a DER form");
    SealView {
        log_size: 128,
        tree_root: hex(&Sha256::digest(b"tree")),
        log_root: hex(&Sha256::digest(b"log")),
        checkpoint: format!("{body}\n\u{2014} tickmark/harbour {}\n", base64.encode(signature)),
        public_key_fingerprint: format!("SHA256:{}", hex(&Sha256::digest(der.as_bytes()))),
        public_key_pem: public
            .to_public_key_pem(ed25519_dalek::pkcs8::spki::der::pem::LineEnding::LF)
            .expect("an Ed25519 key has a PEM form"),
        signed: true,
        verified: "The records hash to the sealed root, the root is in the log, and the head of the log carries a \
                   signature by the pinned key."
            .to_owned(),
        claims: vec![
            SealClaim {
                claim: "Every record of the scan is under the sealed root".to_owned(),
                state: ClaimState::Proved,
                detail: "1,204 leaves".to_owned(),
            },
            SealClaim {
                claim: "The log was never rewritten".to_owned(),
                state: ClaimState::NotProvable,
                detail: "needs an earlier checkpoint kept elsewhere".to_owned(),
            },
        ],
    }
}

/// Two controls, four criteria, a handful of buckets: every kind of verdict once.
pub(super) fn small() -> Company {
    let mut company = frame();
    company.criteria = vec![
        criterion("CC1.1", Automation::Manual),
        criterion("CC6.7", Automation::Automatable),
        criterion("CC7.2", Automation::Automatable),
        criterion("C1.2", Automation::Partial),
    ];
    let mut tls = control("s3-tls-only", "Buckets refuse requests made without TLS", "CC6.7");
    tls.criteria.insert("C1.2".to_owned(), "Copies made on the way cannot outlive the original.".to_owned());
    tls.not_applicable = Some("A bucket that only AWS services write to.".to_owned());
    tls.when = Some("!resource.is_log_target".to_owned());
    company.controls = vec![tls, control("s3-access-logging", "Access to buckets is logged", "CC7.2")];
    company.not_tested = vec![("s3-access-logging".to_owned(), "not selected: --control s3-tls-only".to_owned())];
    let list = company.record(
        "s3",
        "ListBuckets",
        "eu-west-1",
        200,
        "<ListAllMyBucketsResult><Buckets><Bucket><Name>invoices</Name></Bucket></Buckets></ListAllMyBucketsResult>",
    );
    let policy =
        company.record("s3", "GetBucketPolicy", "eu-west-1", 200, r#"{"Version":"2012-10-17","Statement":[]}"#);
    let denied = company.record("s3", "GetBucketPolicy", "eu-west-1", 403, "<Error><Code>AccessDenied</Code></Error>");
    let id = "s3-tls-only";
    let mut exception = verdict(id, Verdict::Fail, "invoices");
    exception.message = Some("invoices accepts plain HTTP".to_owned());
    exception.captures = vec![list, policy];
    let mut waived = verdict(id, Verdict::Fail, "public-site");
    waived.message = Some("public-site accepts plain HTTP".to_owned());
    waived.captures = vec![list, 99];
    waived.waived = Some(Waived {
        reason: "Static site behind a CDN".to_owned(),
        owner: "web@example.com".to_owned(),
        approver: "ciso@example.com".to_owned(),
        until: "2026-12-31".to_owned(),
    });
    let mut unknown = verdict(id, Verdict::NotEvaluated, "payroll");
    unknown.reason = Some(refused("s3:GetBucketPolicy"));
    unknown.read = vec![Read { attribute: "/policy".to_owned(), value: None, gap: unknown.reason.clone() }];
    unknown.captures = vec![list, denied];
    let mut clean = verdict(id, Verdict::Pass, "backups");
    clean.read.push(Read { attribute: "/tags/team".to_owned(), value: None, gap: None });
    clean.captures = vec![list];
    let mut not_applicable = verdict(id, Verdict::NotApplicable, "trail-logs");
    not_applicable.message = Some("A bucket that only AWS services write to.".to_owned());
    company.verdicts = vec![exception, waived, unknown, clean, not_applicable];
    company.policy.waivers = vec![Waiver {
        control: id.to_owned(),
        resource: "public-site".to_owned(),
        account: None,
        reason: "Static site behind a CDN".to_owned(),
        owner: "web@example.com".to_owned(),
        approver: "ciso@example.com".to_owned(),
        start: "2026-10-01".to_owned(),
        until: "2026-12-31".to_owned(),
    }];
    company.populations = vec![Population {
        account: ACCOUNT.to_owned(),
        region: "global".to_owned(),
        r#type: "AWS::S3::Bucket".to_owned(),
        count: 5,
        counted_by: "s3:ListBuckets".to_owned(),
        pages: 1,
        complete: true,
        gap: None,
        gone: Vec::new(),
        captures: vec![list],
    }];
    company.reconciled = vec![Reconciled {
        control: id.to_owned(),
        security_control: "S3.5".to_owned(),
        account: ACCOUNT.to_owned(),
        region: "eu-west-1".to_owned(),
        id: "arn:aws:s3:::backups".to_owned(),
        ours: Some(Verdict::Pass),
        theirs: Some("FAILED".to_owned()),
        agreement: Agreement::Disagrees,
        captures: Vec::new(),
    }];
    company.settle();
    company
}

/// A small source of numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

fn rows(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.records().map(|row| row.expect("a row").iter().map(ToOwned::to_owned).collect()).collect()
}

fn sample_control(row: &[String]) -> Control {
    let sentence = |text: &str| {
        let mut letters = text.chars();
        let first = letters.next().map(|letter| letter.to_uppercase().collect::<String>()).unwrap_or_default();
        first + letters.as_str()
    };
    let rule = row[6].split(';').next().unwrap_or_default().split(", or no").next().unwrap_or_default();
    let mut one = control(&row[0], &sentence(rule), "CC6.1");
    one.criteria = row[5]
        .split_whitespace()
        .map(|id| (id.to_owned(), format!("An item for which this does not hold weakens what {id} asks for: {rule}.")))
        .collect();
    one.severity = row[4].parse().expect("a severity");
    row[1].clone_into(&mut one.resource);
    one.scope = match row[2].as_str() {
        "resource" => ItemScope::Resource,
        "region" => ItemScope::Region,
        _ => ItemScope::Account,
    };
    one.procedure =
        format!("Obtained the list of {} in every region in scope, and for each inspected whether {}.", row[1], row[6]);
    one.assert = format!("resource.{} == true", row[0].replace('-', "_"));
    one.security_hub = row[8].split_whitespace().map(ToOwned::to_owned).collect();
    if let Some((name, value)) = row[7].split_whitespace().next().and_then(|pair| pair.split_once('=')) {
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
        one.parameters.insert(name.to_owned(), value);
        one.laxer.insert(name.to_owned(), Laxer::Higher);
    }
    one
}

const COLLECTED: [&str; 14] = [
    "AWS::::Account",
    "AWS::IAM::User",
    "AWS::IAM::Policy",
    "AWS::IAM::Role",
    "AWS::IAM::AccountPasswordPolicy",
    "AWS::AccessAnalyzer::Analyzer",
    "AWS::S3::Bucket",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::Volume",
    "AWS::CloudTrail::Trail",
    "AWS::RDS::DBInstance",
    "AWS::KMS::Key",
    "AWS::Logs::LogGroup",
    "AWS::GuardDuty::Detector",
];

/// A company with two regions, the whole catalogue, exceptions, gaps and things to which nothing
/// applies.
pub(super) fn sample() -> Company {
    let mut company = frame();
    company.criteria = rows(include_str!("../../tests/fixtures/report/criteria.csv"))
        .into_iter()
        .map(|row| Criterion {
            id: row[0].clone(),
            category: row[1].clone(),
            text: row[2].clone(),
            automation: match row[3].as_str() {
                "automatable" => Automation::Automatable,
                "partial" => Automation::Partial,
                _ => Automation::Manual,
            },
            evidence: row[4].clone(),
        })
        .collect();
    company.controls =
        rows(include_str!("../../tests/fixtures/report/controls.csv")).iter().map(|row| sample_control(row)).collect();
    let mut dice = Dice(42);
    let names: BTreeMap<&str, Vec<String>> = BTreeMap::from([
        (
            "AWS::S3::Bucket",
            [
                "invoices",
                "payroll-exports",
                "web-assets",
                "trail-logs",
                "ml-scratch",
                "backups",
                "customer-uploads",
                "terraform-state",
            ]
            .map(|n| format!("harbour-{n}"))
            .to_vec(),
        ),
        (
            "AWS::IAM::User",
            [
                "ana.souza",
                "b.okafor",
                "ci-deployer",
                "d.lindqvist",
                "e.moreau",
                "f.tanaka",
                "break-glass",
                "legacy-backup",
            ]
            .map(ToOwned::to_owned)
            .to_vec(),
        ),
        ("AWS::IAM::Role", (1..=31).map(|n| format!("app-role-{n:02}")).collect()),
        ("AWS::IAM::Policy", (1..=19).map(|n| format!("app-policy-{n:02}")).collect()),
        ("AWS::EC2::SecurityGroup", (1..=27).map(|n| format!("sg-{:017x}", 0xA3F0_0000_u64 + n * 7919)).collect()),
        ("AWS::EC2::Volume", (1..=44).map(|n| format!("vol-{:017x}", 0xB1C0_0000_u64 + n * 104_729)).collect()),
        ("AWS::CloudTrail::Trail", vec!["org-trail".to_owned()]),
        ("AWS::RDS::DBInstance", ["orders-primary", "orders-replica", "reporting"].map(ToOwned::to_owned).to_vec()),
        ("AWS::KMS::Key", (1..=9).map(|n| format!("{n}2ab34cd-12ab-34cd-56ef-1234567890ab")).collect()),
        ("AWS::Logs::LogGroup", (1..=36).map(|n| format!("/aws/lambda/orders-{n:02}")).collect()),
        ("AWS::AccessAnalyzer::Analyzer", vec!["account-analyzer".to_owned()]),
        ("AWS::GuardDuty::Detector", Vec::new()),
    ]);
    let controls = company.controls.clone();
    for kind in COLLECTED {
        let service = kind.split("::").nth(1).filter(|part| !part.is_empty()).unwrap_or("account").to_lowercase();
        let operation = format!("List{}s", kind.rsplit("::").next().unwrap_or_default());
        let body = format!(
            "<{operation}Result>{}</{operation}Result>",
            names
                .get(kind)
                .into_iter()
                .flatten()
                .map(|n| format!("<member><Name>{n}</Name></member>"))
                .collect::<String>()
        );
        let listing = company.record(&service, &operation, "eu-west-1", 200, &body);
        let broke = kind == "AWS::Logs::LogGroup";
        if let Some(names) = names.get(kind) {
            company.populations.push(Population {
                account: ACCOUNT.to_owned(),
                region: "eu-west-1".to_owned(),
                r#type: kind.to_owned(),
                count: names.len() as u64,
                counted_by: format!("{service}:{operation}"),
                pages: 1,
                complete: !broke,
                gap: broke.then(|| {
                    Gap::new(GapCode::Throttled, "rate exceeded after 5 attempts")
                        .at("logs:DescribeLogGroups", "logs:DescribeLogGroups")
                        .error(Some("ThrottlingException"))
                }),
                gone: if kind == "AWS::EC2::Volume" { vec!["vol-0123456789abcdef0".to_owned()] } else { Vec::new() },
                captures: vec![listing],
            });
            if kind == "AWS::EC2::Volume" {
                company.populations.last_mut().expect("just pushed").count += 1;
            }
        }
        for control in controls.iter().filter(|control| control.resource == kind) {
            sample_items(
                &mut company,
                control,
                names.get(kind).map_or(&[][..], Vec::as_slice),
                listing,
                &service,
                &mut dice,
            );
        }
    }
    for control in &controls {
        if !COLLECTED.contains(&control.resource.as_str()) {
            company
                .not_tested
                .push((control.id.clone(), format!("no collector in this version looks at {}", control.resource)));
        }
    }
    company.policy.parameters.insert("unused_days".to_owned(), json!(120));
    company.footer.lax = vec![LaxParameter {
        control: "iam-user-credentials-unused".to_owned(),
        parameter: "unused_days".to_owned(),
        default: json!(45),
        value: json!(120),
    }];
    company.policy.waivers = small().policy.waivers;
    company.settle();
    company.reconciled = company
        .verdicts
        .iter()
        .filter(|verdict| verdict.control == "s3-tls-only" || verdict.control == "kms-rotation")
        .map(|verdict| {
            let agrees = dice.roll(6) > 0;
            let passed = (verdict.verdict == Verdict::Pass) == agrees;
            Reconciled {
                control: verdict.control.clone(),
                security_control: if verdict.control == "s3-tls-only" { "S3.5" } else { "KMS.4" }.to_owned(),
                account: verdict.account.clone(),
                region: verdict.region.clone(),
                id: verdict.id.clone(),
                ours: Some(verdict.verdict),
                theirs: Some(if passed { "PASSED" } else { "FAILED" }.to_owned()),
                agreement: if agrees { Agreement::Agrees } else { Agreement::Disagrees },
                captures: vec![1],
            }
        })
        .collect();
    company
}

fn sample_items(
    company: &mut Company,
    control: &Control,
    names: &[String],
    listing: u64,
    service: &str,
    dice: &mut Dice,
) {
    let regions = ["eu-central-1", "eu-west-1"].map(ToOwned::to_owned);
    let account = [ACCOUNT.to_owned()];
    let (kind, names) = match control.scope {
        ItemScope::Resource => (ItemKind::Resource, names),
        ItemScope::Region => (ItemKind::Region, &regions[..]),
        ItemScope::Account => (ItemKind::Account, &account[..]),
    };
    let mood = dice.roll(9);
    let attribute = control.id.replace('-', "_");
    for (at, name) in names.iter().enumerate() {
        let roll = dice.roll(10);
        let (verdict_is, status) = match (mood, roll) {
            (0, 0..3) | (1, 0..2) => (Verdict::Fail, 200),
            (2, 0..2) => (Verdict::NotEvaluated, 403),
            (3 | 4, 0..3) => (Verdict::NotApplicable, 200),
            _ => (Verdict::Pass, 200),
        };
        let operation = format!("Get{}", kind_operation(&control.resource));
        let body = if status == 403 {
            "<Error><Code>AccessDenied</Code><Message>not authorized</Message></Error>".to_owned()
        } else {
            format!("{{\"{attribute}\":{},\"Name\":\"{name}\"}}", verdict_is == Verdict::Pass)
        };
        let n = company.record(service, &operation, "eu-west-1", status, &body);
        let mut one = verdict(&control.id, verdict_is, name);
        one.kind = kind;
        one.severity = control.severity;
        one.r#type.clone_from(&control.resource);
        one.criteria = control.criteria.keys().cloned().collect();
        one.id = match kind {
            ItemKind::Resource => format!("arn:aws:{service}:eu-west-1:{ACCOUNT}:{name}"),
            _ => name.clone(),
        };
        if kind == ItemKind::Region {
            name.clone_into(&mut one.region);
        }
        one.captures = vec![listing, n];
        one.read = vec![
            Read { attribute: format!("/{attribute}"), value: Some(json!(verdict_is == Verdict::Pass)), gap: None },
            Read { attribute: "/tags/owner".to_owned(), value: (at % 2 == 0).then(|| json!("platform")), gap: None },
        ];
        match verdict_is {
            Verdict::Fail => {
                one.message = Some(format!("{name}: {} does not hold", control.title.to_lowercase()));
                if roll == 0 && mood == 1 {
                    one.waived = small().verdicts.into_iter().find_map(|verdict| verdict.waived);
                }
            }
            Verdict::NotEvaluated => {
                let gap = refused(&format!("{service}:{operation}"));
                one.read[0].value = None;
                one.read[0].gap = Some(gap.clone());
                one.reason = Some(gap);
            }
            Verdict::NotApplicable => one.message = Some("AWS manages it, and it cannot be changed.".to_owned()),
            Verdict::Pass => {}
        }
        company.verdicts.push(one);
    }
    if names.is_empty() {
        let mut none = verdict(&control.id, Verdict::NotApplicable, "");
        none.kind = ItemKind::Population;
        none.r#type.clone_from(&control.resource);
        none.message = Some("The population is empty.".to_owned());
        none.captures = vec![listing];
        none.read.clear();
        company.verdicts.push(none);
    }
}

fn kind_operation(kind: &str) -> String {
    kind.rsplit("::").next().unwrap_or_default().to_owned()
}

/// A company with this many verdicts, spread over fifty controls.
pub(super) fn large(verdicts: usize) -> Company {
    let mut company = small();
    company.not_tested.clear();
    company.verdicts.clear();
    let list = 1;
    company.controls =
        (0..50).map(|n| control(&format!("control-{n:02}"), "Buckets refuse plain HTTP", "CC6.7")).collect();
    for n in 0..verdicts {
        let kind = match n % 40 {
            0 => Verdict::Fail,
            1 => Verdict::NotEvaluated,
            2 => Verdict::NotApplicable,
            _ => Verdict::Pass,
        };
        let mut one = verdict(&format!("control-{:02}", n % 50), kind, &format!("bucket-{n:06}"));
        one.captures = vec![list, 2];
        one.message = (kind == Verdict::Fail).then(|| format!("bucket-{n:06} accepts plain HTTP"));
        one.reason = (kind == Verdict::NotEvaluated).then(|| refused("s3:GetBucketPolicy"));
        one.read.push(Read {
            attribute: "/tags".to_owned(),
            value: Some(json!({"team": "platform", "env": "prod"})),
            gap: None,
        });
        company.verdicts.push(one);
    }
    company.settle();
    company
}
