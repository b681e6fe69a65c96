//! Rendering 100,000 verdicts.

use std::collections::BTreeMap;

use tickmark::control::load::policy;
use tickmark::evaluate::engine::evaluate;
use tickmark::model::attr::CaptureId;
use tickmark::model::canonical::sha256_hex;
use tickmark::model::capture::{Capture, Outcome};
use tickmark::model::control::{Control, ItemScope};
use tickmark::model::scan::{ScanFooter, ScanHeader, ScanSelection, ScanStatus, Tool};
use tickmark::model::verdict::ItemVerdict;
use tickmark::report::{Input, PAGE_LIMIT, SealView, write};

use super::evaluation::{clock, enforced, library};
use super::figures::{Figures, count, limit, timed};
use super::items::{ACCOUNT, REGION, Size, inventory};

/// Verdicts in the report.
const VERDICTS: usize = 100_000;
/// Seconds in which they must be rendered.
const SECONDS: f64 = 5.0;
/// More than 100,000 verdicts come of so much; the rest is left out.
const SIZE: Size = Size { buckets: 6_000, groups: 2_500, users: 2_500 };

pub(crate) fn measure(figures: &mut Figures) -> Result<(), String> {
    let library = library()?;
    let (inventory, last) = inventory(SIZE);
    let judged = library.controls.values().filter(|loaded| {
        loaded.control.scope == ItemScope::Resource && !inventory.of_type(&loaded.control.resource).is_empty()
    });
    let mut verdicts = evaluate(&enforced(judged), &[], &inventory, clock());
    if verdicts.len() < VERDICTS {
        return Err(format!("make {VERDICTS} verdicts: only {} came", verdicts.len()));
    }
    verdicts.truncate(VERDICTS);
    let controls: Vec<Control> = library.controls.values().map(|loaded| Control::clone(&loaded.control)).collect();
    let body = br#"{"made": "for a measurement", "with": ["an answer", "of ordinary", "length"]}"#.to_vec();
    let captures: Vec<Capture> = (1..=last).map(|n| capture(n, &body)).collect();
    let header = header(&inventory.account);
    let footer = footer(&verdicts, last);
    let policy = policy("nightly").map_err(|wrong| format!("load the policy: {wrong}"))?;
    let seal = SealView { log_size: 1, ..SealView::default() };
    let input = Input {
        header: &header,
        footer: &footer,
        criteria: &library.criteria,
        controls: &controls,
        policy: &policy,
        not_tested: &[],
        verdicts: &verdicts,
        populations: &inventory.populations,
        captures: &captures,
        reconciled: &[],
        seal: &seal,
        bodies: &|_: &str| Some(body.clone()),
    };
    let out = tempfile::tempdir().map_err(|error| format!("make a folder: {error}"))?;
    let (summary, took) = timed(|| write(&input, &out.path().join("report")));
    let summary = summary.map_err(|error| error.to_string())?;
    if summary.verdicts != VERDICTS as u64 {
        return Err(format!("render {VERDICTS} verdicts: the report shows {}", summary.verdicts));
    }
    figures.row(
        &format!("rendering {} verdicts", count(summary.verdicts)),
        &format!(
            "{:.2} s on the wall, {:.2} s of one core; {} pages, {} of them raw answers",
            took.wall.as_secs_f64(),
            took.core.as_secs_f64(),
            count(summary.pages),
            count(summary.raw_pages),
        ),
        limit("at most 5 s", took.wall.as_secs_f64() <= SECONDS),
    );
    figures.row(
        "largest page",
        &format!("{} bytes", count(summary.largest_page as u64)),
        limit("at most 1 MB", summary.largest_page <= PAGE_LIMIT.min(1_000_000)),
    );
    Ok(())
}

fn capture(n: CaptureId, body: &[u8]) -> Capture {
    Capture {
        n,
        account: ACCOUNT.to_owned(),
        region: REGION.to_owned(),
        service: "s3".to_owned(),
        operation: "GetBucketPolicy".to_owned(),
        input: serde_json::json!({"method": "GET", "path": "/", "query": {"policy": ""}}),
        key: sha256_hex(&n.to_be_bytes()),
        page: 1,
        attempt: 1,
        endpoint: format!("https://company-data.s3.{REGION}.amazonaws.com"),
        started: "2026-11-18T12:26:40.000Z".to_owned(),
        ended: "2026-11-18T12:26:40.050Z".to_owned(),
        outcome: Outcome::Answered,
        failure: None,
        status: Some(200),
        content_type: Some("application/json".to_owned()),
        request_id: Some(format!("{n:016X}")),
        aws_date: None,
        body_sha256: Some(sha256_hex(body)),
        body_size: body.len() as u64,
        headers: Vec::new(),
        withheld: std::collections::BTreeMap::new(),
    }
}

pub(crate) fn header(account: &tickmark::model::scan::AccountScope) -> ScanHeader {
    ScanHeader {
        number: 1,
        gate: "nightly".to_owned(),
        started: clock().to_rfc3339(),
        tool: Tool {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            executable_sha256: String::new(),
            controls_sha256: String::new(),
            policy_sha256: String::new(),
        },
        policy: "nightly".to_owned(),
        asked: ScanSelection::default(),
        accounts: vec![account.clone()],
        synthetic: true,
        endpoint: None,
        endpoints: BTreeMap::new(),
        code: None,
        collectors: None,
    }
}

fn footer(verdicts: &[ItemVerdict], captures: CaptureId) -> ScanFooter {
    let mut kinds = BTreeMap::new();
    for verdict in verdicts {
        *kinds.entry(verdict.verdict.to_string()).or_default() += 1;
    }
    ScanFooter {
        ended: clock().to_rfc3339(),
        status: ScanStatus::Partial,
        verdicts: kinds,
        captures,
        verdict_sha256: String::new(),
        outcome_sha256: None,
        given_up: Vec::new(),
        clock_behind_seconds: None,
        lax: Vec::new(),
    }
}
