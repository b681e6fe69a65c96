//! From a session to sealed verdicts: what `scan`, `demo` and `reperform` have in common.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::selection::{SECOND_SOURCE, Selection};
use super::sink::StoreSink;
use crate::collect::exchange::session::Session;
use crate::collect::schedule::{Progress, collect, home_region, operations};
use crate::collect::scope::{DESCRIBE_REGIONS, GET_CALLER_IDENTITY, account_scope, caller};
use crate::evaluate::accept::accept;
use crate::evaluate::engine::evaluate;
use crate::evaluate::inventory::Inventory;
use crate::evaluate::needs::join;
use crate::evaluate::reconcile::reconcile;
use crate::evidence::error::Failure;
use crate::evidence::rules::Rules;
use crate::evidence::sealing::{Ending, finish, now};
use crate::model::gap::GapCode;
use crate::model::scan::{AccountScope, Population, Reconciled, ScanHeader, ScanSelection, ScanStatus};
use crate::model::verdict::{ItemVerdict, Verdict};
use crate::seal::key::SigningKey;

/// Progress that nobody is shown.
pub(crate) struct Silent;

impl Progress for Silent {
    fn planned(&self, _units: usize) {}
    fn finished(&self, _service: &str, _region: &str) {}
}

/// What one account came to.
pub(crate) struct AccountOutcome {
    pub(crate) verdicts: Vec<ItemVerdict>,
    pub(crate) populations: Vec<Population>,
    pub(crate) reconciled: Vec<Reconciled>,
}

/// Collects and judges one account.
pub(crate) async fn account(
    session: &Session,
    scope: &AccountScope,
    selection: &Selection<'_>,
    rules: &Rules,
    now: DateTime<Utc>,
    progress: &dyn Progress,
) -> AccountOutcome {
    let collected = collect(session, scope, &selection.needs, now, progress).await;
    let mut inventory = Inventory::new(scope.clone(), collected.resources, collected.populations);
    join(&mut inventory, &selection.wanted);
    let mut verdicts = evaluate(&selection.effective.enforced, &rules.policy.waivers, &inventory, now);
    accept(&mut verdicts, &rules.policy, now);
    let second = selection
        .effective
        .enforced
        .iter()
        .map(|enforced| (enforced.loaded.control.id.clone(), enforced.loaded.control.security_hub.clone()))
        .collect();
    let findings = inventory.of_type(SECOND_SOURCE);
    let reconciled = reconcile(&second, &verdicts, findings, &inventory.populations);
    AccountOutcome { verdicts, populations: inventory.populations, reconciled }
}

/// What a scan is to be.
pub(crate) struct Request<'a> {
    pub(crate) rules: &'a Rules,
    pub(crate) asked: ScanSelection,
    /// Whether it is no evidence whatever answers; where something stands in for AWS it is none anyway.
    pub(crate) synthetic: bool,
    /// The clock of the verdicts; a tape's is the time it was recorded at.
    pub(crate) now: DateTime<Utc>,
    /// When the scan ends; our clock where left out. A tape's scan ends when it began.
    pub(crate) ended: Option<DateTime<Utc>>,
}

/// Runs one scan from identity to seal. Gives its number.
pub(crate) async fn run_scan(
    session: &Session,
    sink: &Arc<StoreSink>,
    key: &SigningKey,
    request: &Request<'_>,
    selection: &Selection<'_>,
    progress: &dyn Progress,
) -> Result<u64, Failure> {
    let identity = caller(session, &request.asked.regions)
        .await
        .map_err(|gap| Failure::with_help(format!("find out who we are: {gap}"), unknown_caller(gap.code)))?;
    let scope = account_scope(session, &identity, &request.asked.regions).await;
    if !scope.regions.iter().any(|region| region.scanned) {
        return Err(no_region(&scope, &request.asked.regions));
    }
    let rules = request.rules.canonical()?;
    let (endpoint, endpoints) = stand_ins(session, &scope, selection);
    let header = ScanHeader {
        number: 0,
        gate: "nightly".to_owned(),
        started: request.now.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        tool: rules.tool(),
        policy: request.rules.policy.id.clone(),
        asked: request.asked.clone(),
        accounts: vec![scope.clone()],
        synthetic: request.synthetic || endpoint.is_some() || !endpoints.is_empty(),
        endpoint,
        endpoints,
        code: None,
        collectors: Some(crate::collect::REVISION),
    };
    let store = sink.store();
    let scan = store.begin_scan(header)?;
    rules.keep(request.rules, store, scan)?;
    sink.begin(scan)?;
    let outcome = account(session, &scope, selection, request.rules, request.now, progress).await;
    if let Some(why) = session.failure() {
        return Err(Failure::with_help(why, "free some disk space and scan again"));
    }
    store.put_populations(scan, &outcome.populations)?;
    store.put_verdicts(scan, &outcome.verdicts)?;
    store.put_reconciled(scan, &outcome.reconciled)?;
    let status = status(&outcome, &scope, &request.asked.regions);
    let ended = request.ended.unwrap_or_else(now);
    let ending = Ending {
        given_up: session.given_up(&scope.id),
        clock_behind_seconds: sink.clock_behind_seconds(),
        ..Ending::new(status, selection.effective.lax.clone(), ended)
    };
    finish(store, key, scan, ending)?;
    Ok(scan)
}

/// What to do where AWS does not say who we are.
fn unknown_caller(code: GapCode) -> &'static str {
    match code {
        GapCode::ConnectionFailed | GapCode::Timeout => {
            "check the network: the regions asked for, the proxy (HTTPS_PROXY), the endpoint, AWS_CA_BUNDLE"
        }
        _ => "check the credentials with `aws sts get-caller-identity`, the profile and the endpoint",
    }
}

/// Why there is nothing to scan: what is the matter with each region asked for, or with their list.
fn no_region(scope: &AccountScope, asked: &[String]) -> Failure {
    let mut why: Vec<String> = scope
        .asked_and_not_scanned(asked)
        .filter_map(|region| region.why_not.as_ref().map(|gap| format!("{}: {}", region.name, gap.detail)))
        .collect();
    why.extend(scope.regions_incomplete.as_ref().map(|gap| format!("the regions could not be listed: {gap}")));
    if why.is_empty() {
        why.push("AWS lists no region that is enabled".to_owned());
    }
    Failure::with_help(
        format!("find a region to scan: {}", why.join("; ")),
        "name the regions with --region, or allow ec2:DescribeRegions",
    )
}

/// What stands in for AWS: one endpoint where it is asked by every service, else those of some.
fn stand_ins(
    session: &Session,
    scope: &AccountScope,
    selection: &Selection<'_>,
) -> (Option<String>, BTreeMap<String, String>) {
    let always = [&GET_CALLER_IDENTITY, &DESCRIBE_REGIONS].map(|operation| operation.service);
    let services: BTreeSet<&'static str> =
        operations(&selection.needs).into_iter().map(|(_, _, operation)| operation.service).chain(always).collect();
    let scanned = scope.regions.iter().filter(|region| region.scanned).map(|region| region.name.as_str());
    let regions: BTreeSet<&str> = scanned.chain([session.first_region(), home_region(&scope.partition)]).collect();
    let endpoints = session.declare_stand_ins(services.iter().copied(), &regions.into_iter().collect::<Vec<_>>());
    match endpoints.values().next() {
        Some(one) if endpoints.len() == services.len() && endpoints.values().all(|other| other == one) => {
            (Some(one.clone()), BTreeMap::new())
        }
        _ => (None, endpoints),
    }
}

/// Complete where nothing was left unread, partial otherwise.
fn status(outcome: &AccountOutcome, scope: &AccountScope, asked: &[String]) -> ScanStatus {
    let unread = outcome.verdicts.iter().any(|verdict| verdict.verdict == Verdict::NotEvaluated)
        || outcome.populations.iter().any(|population| !population.complete)
        || scope.regions_incomplete.is_some()
        || scope.asked_and_not_scanned(asked).next().is_some();
    if unread { ScanStatus::Partial } else { ScanStatus::Complete }
}
