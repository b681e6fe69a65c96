//! Nights beside one another: what is the same, what is accepted, and what a store is asked first.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::pipeline::{Request, Silent, run_scan};
use super::sink::StoreSink;
use super::{select, tapes};
use crate::collect::exchange::recorder::CaptureSink;
use crate::collect::exchange::session::Session;
use crate::evidence::history::history;
use crate::evidence::rules::Rules;
use crate::evidence::sealing::open_or_make;
use crate::evidence::summary::Summary;
use crate::model::exit;
use crate::model::output::PastScan;
use crate::model::scan::{ScanSelection, ScanStatus};
use crate::seal::key;
use crate::store::Store;

/// A scan of the demo's estate into the store at `dir`, by a policy and for one control.
fn scanned(dir: &Path, policy: &str, control: &str) -> (Store, u64, Rules) {
    let file = dir.with_extension("yaml");
    let id = file.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned();
    let text = format!("id: {id}\ntitle: Nights\ngate: nightly\nfail_on: critical\n{policy}");
    std::fs::write(&file, text).expect("writes");
    let rules = Rules::load(None, file.to_str().expect("a path")).unwrap_or_else(|failure| panic!("{failure}"));
    let tape = Arc::new(tapes::demo().expect("the demo's tape"));
    let asked = ScanSelection {
        regions: tape.header.asked.regions.clone(),
        controls: vec![control.to_owned()],
        ..ScanSelection::default()
    };
    let now: DateTime<Utc> = tape.header.started.parse().expect("a time");
    let selection = select(&rules, &asked).expect("selects");
    if !Store::exists(dir) {
        drop(Store::create(dir, "nights").expect("makes"));
        key::generate(dir).expect("makes");
    }
    let made = open_or_make(dir).unwrap_or_else(|failure| panic!("{failure}"));
    let sink = Arc::new(StoreSink::new(made.store));
    let first = tape.exchanges().first().map(|exchange| exchange.capture.region.clone());
    let keep = Arc::clone(&sink) as Arc<dyn CaptureSink>;
    let session = Session::play_and_record(tape, first.as_deref(), keep);
    let request = Request { rules: &rules, asked, synthetic: true, now, ended: Some(now) };
    let runtime = super::runtime().expect("starts");
    let scan = runtime.block_on(run_scan(&session, &sink, &made.key, &request, &selection, &Silent));
    let scan = scan.unwrap_or_else(|failure| panic!("{failure}"));
    drop((session, selection, request));
    (Arc::into_inner(sink).expect("no capture is under way").into_store(), scan, rules)
}

/// The tape has no findings of Security Hub for one control alone.
const REST: &str = "accept:\n- {actions: ['securityhub:*'], reason: not on the tape, until: 2099-01-01}\n";

fn accepted(policy: &str) -> (u8, Summary) {
    let place = tempfile::tempdir().expect("a directory");
    // One region passes, and a service control policy denies the other.
    let (store, scan, rules) = scanned(&place.path().join("store"), policy, "guardduty-enabled");
    let summary = Summary::read(&store, scan, &rules.policy).expect("reads");
    (summary.exit_code(), summary)
}

#[test]
fn a_gap_that_the_policy_accepts_stays_a_gap_and_ends_with_zero() {
    let (code, open) = accepted("");
    assert_eq!((code, open.open_gaps()), (exit::INCOMPLETE, 1));
    assert!(open.gaps.keys().any(|gap| gap.contains("service control policy")), "{:?}", open.gaps);

    for rule in ["regions: [eu-west-1]", "actions: ['guardduty:*']"] {
        let (code, summary) = accepted(&format!("{REST}- {{{rule}, reason: denied by us, until: 2099-01-01}}\n"));
        assert_eq!((summary.open_gaps(), summary.broken), (0, 0), "{rule}");
        let left_out = summary.header.accounts[0].asked_and_not_scanned(&summary.header.asked.regions).count();
        assert_eq!((left_out, summary.footer.status), (0, ScanStatus::Partial));
        assert_eq!((code, summary.not_evaluated), (exit::CLEAN, 1), "{rule}");
        assert_eq!(summary.output().verdicts["not_evaluated"], 1);
        assert_eq!(summary.output().accepted[0].items, 1);
        assert!(summary.idle.is_empty());
    }
    let waiver = "waivers:\n- {control: guardduty-enabled, resource: '*', reason: r, owner: a, approver: b, \
                  start: 2000-01-01, until: 2099-01-01}\n";
    let (code, summary) = accepted(&format!("{REST}{waiver}"));
    assert_eq!((code, summary.open_gaps(), summary.not_evaluated), (exit::CLEAN, 0, 1));
}

#[test]
fn an_acceptance_that_has_expired_or_covers_nothing_is_said() {
    let (code, expired) = accepted("accept:\n- {regions: [eu-west-1], reason: r, until: 2001-01-01}\n");
    assert_eq!(code, exit::INCOMPLETE);
    assert!(expired.idle[0].expired);
    let (code, unused) = accepted("accept:\n- {regions: [sa-east-1], reason: r, until: 2099-01-01}\n");
    assert_eq!(code, exit::INCOMPLETE);
    assert!(!unused.idle[0].expired);
}

#[test]
fn two_equal_nights_have_the_same_outcomes_and_rows() {
    let place = tempfile::tempdir().expect("a directory");
    let dir = place.path().join("store");
    drop(scanned(&dir, "", "s3-tls-only"));
    let (store, ..) = scanned(&dir, "", "s3-tls-only");
    let past = history(&store).expect("reads");
    let [one, other] = past.scans.as_slice() else { panic!("two scans") };
    let told = |scan: &PastScan| (scan.outcome_sha256.clone(), scan.accounts.clone());
    assert!(one.outcome_sha256.is_some());
    assert_eq!(told(one), told(other));
    let rows = |scan: u64| -> Vec<_> {
        let verdicts = store.verdicts(scan).map(|verdict| verdict.expect("reads"));
        verdicts.map(|it| (it.control, it.region, it.id, it.verdict, it.reason, it.waived)).collect()
    };
    assert!(rows(1).len() > 2);
    assert_eq!(rows(1), rows(2));

    drop(store);
    let (store, ..) = scanned(&dir, "", "guardduty-enabled");
    let past = history(&store).expect("reads");
    assert_ne!(past.scans[1].outcome_sha256, past.scans[2].outcome_sha256, "other items");
}

#[test]
fn a_damaged_store_is_not_written_to() {
    let place = tempfile::tempdir().expect("a directory");
    let dir = place.path().join("store");
    drop(scanned(&dir, "", "guardduty-enabled"));
    let file = dir.join("tickmark.db");
    let mut bytes = std::fs::read(&file).expect("reads");
    let half = bytes.len() / 2;
    bytes[half..].fill(0xff);
    std::fs::write(&file, bytes).expect("writes");
    assert!(open_or_make(&dir).is_err());
}
