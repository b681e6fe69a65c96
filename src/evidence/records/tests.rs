//! The store and the seal together: a healthy store verifies, and no changed byte goes unseen.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::json;
use tempfile::TempDir;

use crate::model::canonical::{self, sha256_hex};
use crate::model::capture::{Capture, Outcome};
use crate::model::control::Severity;
use crate::model::gap::{Gap, GapCode};
use crate::model::policy::Waiver;
use crate::model::scan::{
    AccountScope, Agreement, LaxParameter, Population, Reconciled, RegionScope, ScanHeader, ScanSelection, ScanStatus,
    Tool,
};
use crate::model::verdict::{ItemKind, ItemVerdict, Read, Verdict};
use crate::seal::key::{PublicKey, SigningKey};
use crate::seal::{self, Claim, ClaimOutcome, Options};
use crate::store::Store;
use crate::store::tamper::Raw;

const CONTROLS: &[u8] = br#"[{"id":"s3-tls-only"}]"#;
const CRITERIA: &[u8] = br#"[{"id":"CC6.7"}]"#;
const POLICY: &[u8] = br#"{"id":"nightly"}"#;

/// A store with three sealed scans: one complete, one aborted, one partial.
pub(super) struct Kept {
    _dir: TempDir,
    pub(super) path: PathBuf,
    pub(super) key: SigningKey,
}

impl Kept {
    pub(super) fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("store");
        let store = Store::create(&path, "0123456789abcdef").expect("creates");
        let key = seal::key::generate(&path).expect("makes a key");
        scan(&store, &key, 1, ScanStatus::Complete);
        let aborted = store.begin_scan(header()).expect("begins");
        store.put_capture(aborted, capture("ec2", "DescribeInstances", "text/xml"), Some(b"<a/>")).expect("puts");
        end(&store, &key, aborted, ScanStatus::Aborted);
        scan(&store, &key, 3, ScanStatus::Partial);
        drop(store);
        Self { _dir: dir, path, key }
    }

    pub(super) fn pinned(&self) -> Options {
        Options { pinned: Some(self.key.public_key()), beside: Some(self.beside()), heads: Vec::new() }
    }

    fn beside(&self) -> PublicKey {
        seal::key::load_public(&self.path).expect("the store has a public key")
    }

    pub(super) fn verify(&self, options: &Options) -> Vec<Claim> {
        seal::verify(&Store::open_read_only(&self.path).expect("opens"), options)
    }
}

fn header() -> ScanHeader {
    ScanHeader {
        number: 0,
        gate: "nightly".into(),
        started: "2026-03-14T01:00:00Z".into(),
        tool: Tool {
            version: "0.1.0".into(),
            executable_sha256: "0".repeat(64),
            controls_sha256: sha256_hex(CONTROLS),
            policy_sha256: sha256_hex(POLICY),
        },
        policy: "nightly".into(),
        asked: ScanSelection { regions: vec!["eu-west-1".into()], ..ScanSelection::default() },
        accounts: vec![AccountScope {
            id: "123456789012".into(),
            partition: "aws".into(),
            caller_arn: "arn:aws:sts::123456789012:assumed-role/scanner/x".into(),
            caller_id: "AROAEXAMPLE:x".into(),
            regions: vec![RegionScope {
                name: "me-south-1".into(),
                opt_in_status: "not-opted-in".into(),
                scanned: false,
                why_not: Some(Gap::new(GapCode::RegionDisabled, "")),
            }],
            regions_incomplete: None,
        }],
        synthetic: false,
        endpoint: None,
        endpoints: BTreeMap::new(),
        code: None,
        collectors: None,
    }
}

pub(super) fn capture(service: &str, operation: &str, content_type: &str) -> Capture {
    Capture {
        n: 0,
        account: "123456789012".into(),
        region: "eu-west-1".into(),
        service: service.into(),
        operation: operation.into(),
        input: json!({"method": "GET", "path": "/", "query": {"max": 1000}}),
        key: sha256_hex(operation.as_bytes()),
        page: 1,
        attempt: 1,
        endpoint: "https://s3.eu-west-1.amazonaws.com".into(),
        started: "2026-03-14T01:00:01.000Z".into(),
        ended: "2026-03-14T01:00:01.050Z".into(),
        outcome: Outcome::Answered,
        failure: None,
        status: Some(200),
        content_type: Some(content_type.into()),
        request_id: Some("R1".into()),
        aws_date: Some("Sat, 14 Mar 2026 01:00:01 GMT".into()),
        body_sha256: None,
        body_size: 0,
        headers: vec![("x-amz-bucket-region".into(), "eu-west-1".into())],
        withheld: BTreeMap::new(),
    }
}

pub(super) fn verdict(id: &str, verdict: Verdict) -> ItemVerdict {
    ItemVerdict {
        control: "s3-tls-only".into(),
        verdict,
        reason: (verdict == Verdict::NotEvaluated).then(|| Gap::new(GapCode::AccessDenied, "no")),
        message: (verdict == Verdict::Fail).then(|| format!("{id} accepts plain HTTP")),
        kind: ItemKind::Resource,
        account: "123456789012".into(),
        region: "eu-west-1".into(),
        r#type: "AWS::S3::Bucket".into(),
        id: format!("arn:aws:s3:::{id}"),
        name: id.into(),
        severity: Severity::Medium,
        criteria: vec!["CC6.7".into()],
        captures: vec![1, 2],
        read: vec![Read { attribute: "/policy".into(), value: Some(json!({"threshold": 0.5})), gap: None }],
        waived: None,
        accepted: None,
    }
}

fn scan(store: &Store, key: &SigningKey, night: u64, status: ScanStatus) {
    let number = store.begin_scan(header()).expect("begins");
    store.put_rules(number, CONTROLS, CRITERIA, POLICY).expect("puts");
    let buckets = b"<ListAllMyBucketsResult><Bucket>a</Bucket></ListAllMyBucketsResult>".repeat(4);
    store.put_capture(number, capture("s3", "ListBuckets", "application/xml"), Some(&buckets)).expect("puts");
    let policy = format!("{{\"Version\":\"2012-10-17\",\"night\":{night}}}");
    store
        .put_capture(number, capture("s3", "GetBucketPolicy", "application/json"), Some(policy.as_bytes()))
        .expect("puts");
    let lost = Capture { outcome: Outcome::Timeout, status: None, ..capture("kms", "ListKeys", "") };
    store.put_capture(number, lost, None).expect("puts");
    store.put_capture(number, capture("cloudwatch", "GetMetricData", "application/cbor"), Some(&[0xa0])).expect("puts");
    let population = Population {
        account: "123456789012".into(),
        region: "global".into(),
        r#type: "AWS::S3::Bucket".into(),
        count: 3,
        counted_by: "s3:ListBuckets".into(),
        pages: 1,
        complete: true,
        gap: None,
        gone: vec!["old".into()],
        captures: vec![1],
    };
    store.put_populations(number, &[population]).expect("puts");
    let verdicts = [
        verdict("b", Verdict::Fail),
        verdict("=cmd|' /C calc'!A0", Verdict::Pass),
        verdict("c", Verdict::NotEvaluated),
        verdict("d", Verdict::NotApplicable),
    ];
    store.put_verdicts(number, &verdicts).expect("puts");
    let reconciled = Reconciled {
        control: "s3-tls-only".into(),
        security_control: "S3.5".into(),
        account: "123456789012".into(),
        region: "eu-west-1".into(),
        id: "arn:aws:s3:::b".into(),
        ours: Some(Verdict::Fail),
        theirs: Some("FAILED".into()),
        agreement: Agreement::Agrees,
        captures: vec![2],
    };
    store.put_reconciled(number, &[reconciled]).expect("puts");
    let waiver = Waiver {
        control: "s3-tls-only".into(),
        resource: "b".into(),
        account: None,
        reason: "a website".into(),
        owner: "ann".into(),
        approver: "bob".into(),
        start: "2026-01-01".into(),
        until: "2026-12-31".into(),
    };
    store.put_waivers(number, &[waiver]).expect("puts");
    end(store, key, number, status);
}

fn end(store: &Store, key: &SigningKey, number: u64, status: ScanStatus) {
    let lax = LaxParameter { control: "x".into(), parameter: "days".into(), default: json!(90), value: json!(365.5) };
    let footer = seal::footer(store, number, "2026-03-14T01:10:00Z", status, vec![lax]).expect("counts");
    let sealed = seal::seal_scan(store, number, &footer, key).expect("seals");
    store.finish(number, &footer, &sealed).expect("keeps");
}

pub(super) fn outcome(claims: &[Claim], id: &str) -> ClaimOutcome {
    claims.iter().find(|claim| claim.id == id).unwrap_or_else(|| panic!("a claim {id}")).outcome
}

/// Seeded, so that a failure can be run again.
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `limit` (`SplitMix64`).
    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % limit as u64).expect("below a usize")
    }

    /// Changes one byte into another.
    pub(super) fn change(&mut self, bytes: &mut [u8]) {
        let at = self.below(bytes.len());
        bytes[at] ^= u8::try_from(1 + self.below(255)).expect("a byte");
    }
}

#[test]
fn a_healthy_store_is_proved_with_the_pinned_key() {
    let kept = Kept::new();
    let claims = kept.verify(&kept.pinned());
    for claim in &claims {
        let expected =
            if ["anchor", "evidence"].contains(&claim.id) { ClaimOutcome::NotProvable } else { ClaimOutcome::Proved };
        assert_eq!(claim.outcome, expected, "{claim:?}");
    }
    assert_eq!(seal::exit_code(&claims), 0);
}

#[test]
fn without_a_pinned_key_the_signatures_are_not_provable() {
    let kept = Kept::new();
    for beside in [Some(kept.beside()), None] {
        let claims = kept.verify(&Options { beside, ..Options::default() });
        assert_eq!(outcome(&claims, "signatures"), ClaimOutcome::NotProvable);
        assert_eq!(seal::exit_code(&claims), 3);
    }
}

#[test]
fn another_pinned_key_fails_the_signatures() {
    let kept = Kept::new();
    let other = SigningKey::from_seed([9; 32]).public_key();
    let claims = kept.verify(&Options { pinned: Some(other), ..Options::default() });
    assert_eq!(outcome(&claims, "signatures"), ClaimOutcome::Failed);
    assert_eq!(seal::exit_code(&claims), 1);
}

#[test]
fn a_store_sealed_anew_with_another_key_fails_against_the_pinned_one() {
    let kept = Kept::new();
    let pinned = kept.pinned();
    let forged = Kept::new();
    let claims = forged.verify(&Options { beside: None, ..pinned });
    assert_eq!(outcome(&claims, "signatures"), ClaimOutcome::Failed);
}

#[test]
fn a_missing_signature_is_a_failure_even_without_a_key() {
    let kept = Kept::new();
    let raw = Raw::open(&kept.path);
    raw.run("UPDATE seal SET checkpoint = substr(checkpoint, 1, instr(checkpoint, char(10, 10)))");
    let claims = kept.verify(&Options::default());
    assert_eq!(outcome(&claims, "signatures"), ClaimOutcome::Failed);
    raw.run("DELETE FROM seal WHERE scan = 3");
    assert_eq!(outcome(&kept.verify(&kept.pinned()), "trees"), ClaimOutcome::Failed);
}

#[test]
fn a_dropped_scan_leaves_a_gap() {
    let kept = Kept::new();
    let raw = Raw::open(&kept.path);
    for table in ["seal", "verdict", "capture", "population", "reconciled", "waiver", "rules"] {
        raw.run(&format!("DELETE FROM {table} WHERE scan = 2"));
    }
    raw.run("DELETE FROM scan WHERE number = 2");
    let claims = kept.verify(&kept.pinned());
    assert_eq!(outcome(&claims, "numbers"), ClaimOutcome::Failed);
    assert_eq!(outcome(&claims, "log"), ClaimOutcome::Failed);
}

#[test]
fn a_cut_off_last_scan_is_found_by_a_head_that_was_kept_outside() {
    let kept = Kept::new();
    let head = Store::open_read_only(&kept.path).expect("opens").seal(3).expect("reads").expect("sealed").checkpoint;
    let outside = Options { heads: vec![head], ..kept.pinned() };
    assert_eq!(outcome(&kept.verify(&outside), "anchor"), ClaimOutcome::Proved);
    let raw = Raw::open(&kept.path);
    for table in ["seal", "verdict", "capture", "population", "reconciled", "waiver", "rules"] {
        raw.run(&format!("DELETE FROM {table} WHERE scan = 3"));
    }
    raw.run("DELETE FROM scan WHERE number = 3");
    raw.run(
        "DELETE FROM blob WHERE NOT EXISTS (SELECT 1 FROM capture WHERE body = sha256)
         AND NOT EXISTS (SELECT 1 FROM rules WHERE sha256 IN (controls, criteria, policy))",
    );
    assert_eq!(seal::exit_code(&kept.verify(&kept.pinned())), 0, "without a head from outside, nobody could tell");
    assert_eq!(outcome(&kept.verify(&outside), "anchor"), ClaimOutcome::Failed);
}

#[test]
fn a_scan_that_runs_is_told_and_changes_nothing() {
    let kept = Kept::new();
    let store = Store::open(&kept.path).expect("opens");
    let running = store.begin_scan(ScanHeader { synthetic: true, ..header() }).expect("begins");
    store.put_capture(running, capture("s3", "ListBuckets", "application/xml"), Some(b"<b/>")).expect("puts");
    store.flush().expect("commits");
    let claims = kept.verify(&kept.pinned());
    assert_eq!(seal::exit_code(&claims), 0, "{claims:?}");
    assert!(claims.iter().any(|claim| claim.id == "log" && claim.detail.contains("scan 4")), "{claims:?}");
    assert!(claims.iter().any(|claim| claim.id == "evidence" && claim.detail.contains("synthetic")), "{claims:?}");
}

#[test]
fn a_scan_that_broke_off_is_sealed_as_aborted_with_what_it_has() {
    let kept = Kept::new();
    let store = Store::open(&kept.path).expect("opens");
    let number = store.begin_scan(header()).expect("begins");
    store.put_capture(number, capture("s3", "ListBuckets", "application/xml"), Some(b"<b/>")).expect("puts");
    store.put_verdicts(number, &[verdict("b", Verdict::Fail)]).expect("puts");
    drop(store);
    let store = Store::open(&kept.path).expect("opens");
    assert_eq!(store.unfinished().expect("reads"), [number]);
    end(&store, &kept.key, number, ScanStatus::Aborted);
    assert_eq!(store.unfinished().expect("reads"), Vec::<u64>::new());
    let summary = store.scans().expect("reads").pop().expect("there are scans");
    assert_eq!((summary.status, summary.captures, summary.verdicts["fail"]), (ScanStatus::Aborted, 1, 1));
    drop(store);
    assert_eq!(seal::exit_code(&kept.verify(&kept.pinned())), 0);
}

#[test]
fn nothing_is_added_to_a_log_whose_past_was_rewritten() {
    let kept = Kept::new();
    Raw::open(&kept.path).run("UPDATE scan SET footer = replace(footer, 'aborted', 'complete') WHERE number = 2");
    let store = Store::open(&kept.path).expect("opens");
    let number = store.begin_scan(header()).expect("begins");
    let footer = seal::footer(&store, number, "2026-03-15T01:10:00Z", ScanStatus::Complete, vec![]).expect("counts");
    let error = seal::seal_scan(&store, number, &footer, &kept.key).expect_err("refuses");
    assert!(matches!(error, seal::SealError::Log { .. }), "{error}");
}

#[test]
fn a_footer_that_miscounts_is_not_sealed() {
    let kept = Kept::new();
    let store = Store::open(&kept.path).expect("opens");
    let number = store.begin_scan(header()).expect("begins");
    let mut footer =
        seal::footer(&store, number, "2026-03-15T01:10:00Z", ScanStatus::Complete, vec![]).expect("counts");
    footer.verdicts = BTreeMap::from([("pass".to_owned(), 1)]);
    let error = seal::seal_scan(&store, number, &footer, &kept.key).expect_err("refuses");
    assert!(matches!(error, seal::SealError::Contradiction { .. }), "{error}");
}

#[test]
fn the_verdict_hash_is_the_same_from_memory_and_from_the_store() {
    let kept = Kept::new();
    let store = Store::open_read_only(&kept.path).expect("opens");
    let read: Vec<ItemVerdict> = store.verdicts(1).collect::<Result<_, _>>().expect("reads");
    let mut made: Vec<ItemVerdict> = [
        verdict("b", Verdict::Fail),
        verdict("=cmd|' /C calc'!A0", Verdict::Pass),
        verdict("c", Verdict::NotEvaluated),
        verdict("d", Verdict::NotApplicable),
    ]
    .into();
    made.sort_by(|a, b| a.key().cmp(&b.key()));
    let footer = store.footer(1).expect("reads").expect("sealed");
    assert_eq!(seal::verdict_sha256(&read).expect("hashes"), footer.verdict_sha256);
    assert_eq!(seal::verdict_sha256(&made).expect("hashes"), footer.verdict_sha256);
    let lines: String = made.iter().map(|verdict| canonical::to_string(verdict).expect("canonical") + "\n").collect();
    assert_eq!(sha256_hex(lines.as_bytes()), footer.verdict_sha256);
}

#[test]
fn a_thousand_changed_bytes_in_the_store_are_all_found() {
    const CHANGES: u32 = 1000;
    let kept = Kept::new();
    let options = kept.pinned();
    let cells = Raw::open(&kept.path).cells();
    assert_eq!(seal::exit_code(&kept.verify(&options)), 0);
    let sound = std::fs::read(kept.path.join("tickmark.db")).expect("reads");
    let mut chance = Chance::new(20_260_314);
    let mut columns = BTreeSet::new();
    let mut done = 0;
    while done < CHANGES {
        let cell = &cells[chance.below(cells.len())];
        if !Raw::open(&kept.path).change(cell, |bytes| chance.change(bytes)) {
            continue;
        }
        let claims = kept.verify(&options);
        assert_eq!(seal::exit_code(&claims), 1, "change {done}, in {cell:?}, was not found");
        std::fs::write(kept.path.join("tickmark.db"), &sound).expect("restores");
        columns.insert((cell.table.clone(), cell.column.clone()));
        done += 1;
    }
    let every: BTreeSet<_> = cells.into_iter().map(|cell| (cell.table, cell.column)).collect();
    let never: Vec<_> = every.difference(&columns).collect();
    report(&format!(
        "{done} changed bytes of {} columns of the store, all found; not reached: {never:?}",
        columns.len()
    ));
    assert_eq!(seal::exit_code(&kept.verify(&options)), 0, "the store itself was left as it was");
}

#[test]
fn a_changed_byte_of_the_database_file_never_changes_what_is_proved() {
    const CHANGES: u32 = 300;
    let kept = Kept::new();
    drop(Raw::open(&kept.path));
    let file = kept.path.join("tickmark.db");
    let sound = std::fs::read(&file).expect("reads");
    let records = |store: &Store| -> Vec<_> { (1..=3).flat_map(|scan| store.records(scan)).flatten().collect() };
    let before = records(&Store::open_read_only(&kept.path).expect("opens"));
    let mut chance = Chance::new(3);
    let mut found = 0;
    for _ in 0..CHANGES {
        let mut bytes = sound.clone();
        chance.change(&mut bytes);
        std::fs::write(&file, bytes).expect("writes");
        match Store::open_read_only(&kept.path) {
            Err(_) => found += 1,
            Ok(store) if seal::exit_code(&seal::verify(&store, &kept.pinned())) == 1 => found += 1,
            // A file of this size is mostly free space and schema. What was not found is no part of a record.
            Ok(store) => assert_eq!(records(&store), before),
        }
    }
    report(&format!(
        "{found} of {CHANGES} changed bytes of the database file found, the others in free space or in the schema's text"
    ));
}

/// Says something in the test's output.
pub(super) fn report(line: &str) {
    use std::io::Write as _;
    writeln!(std::io::stderr(), "{line}").expect("standard error takes a line");
}
