//! From a session to sealed verdicts: what `scan`, `demo` and `reperform` have in common.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::sink::StoreSink;
use crate::collect::aws::SERVICES;
use crate::collect::exchange::session::Session;
use crate::collect::needs::Needs;
use crate::collect::schedule::{Progress, collect, operations};
use crate::collect::scope::{account_scope, caller};
use crate::evaluate::effective::{Effective, Enforced, effective};
use crate::evaluate::engine::evaluate;
use crate::evaluate::estate::Estate;
use crate::evaluate::needs::{Need, join, needs};
use crate::evaluate::reconcile::reconcile;
use crate::evidence::error::Failure;
use crate::evidence::rules::Rules;
use crate::evidence::sealing::{finish, now};
use crate::model::control::Source;
use crate::model::scan::{AccountScope, Asked, Population, Reconciled, ScanHeader, ScanStatus};
use crate::model::verdict::{ItemVerdict, Verdict};
use crate::seal::key::SigningKey;

/// The type that several services tell attributes of.
const ACCOUNT: &str = "AWS::::Account";
/// The findings that our verdicts are reconciled with.
const SECOND_SOURCE: &str = "AWS::SecurityHub::Finding";

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

/// The controls to run, and what has to be collected for them.
pub(crate) struct Plan<'a> {
    pub(crate) effective: Effective<'a>,
    pub(crate) wanted: BTreeSet<Need>,
    pub(crate) needs: Needs,
}

/// Chooses the controls and what has to be collected for them.
pub(crate) fn plan<'a>(rules: &'a Rules, asked: &Asked) -> Result<Plan<'a>, Failure> {
    let mut effective = effective(&rules.controls, &rules.policy, asked, Source::Live);
    if !asked.services.is_empty() {
        by_service(&mut effective, &asked.services)?;
    }
    uncollected(&mut effective);
    let mut wanted = needs(&effective.enforced);
    if effective.enforced.iter().any(|control| !control.loaded.control.security_hub.is_empty()) {
        wanted.insert((SECOND_SOURCE.to_owned(), None));
    }
    let mut asked_for = Needs::default();
    for (name, attribute) in &wanted {
        asked_for.add(name, attribute.as_deref());
    }
    for id in effective.enforced.iter().flat_map(|control| &control.loaded.control.security_hub) {
        asked_for.add_security_control(id);
    }
    Ok(Plan { effective, wanted, needs: asked_for })
}

/// Leaves out the controls that look at a type which no collector lists: a scan has nothing to say of
/// them, and the report says so. Code is judged by them.
fn uncollected(effective: &mut Effective<'_>) {
    let listed: BTreeSet<&str> =
        SERVICES.iter().flat_map(|collector| collector.provides()).map(|provided| provided.r#type).collect();
    let missing = |control: &Enforced<'_>| {
        control
            .loaded
            .reads
            .iter()
            .map(|(name, _)| name.as_str())
            .find(|name| !listed.contains(name))
            .map(str::to_owned)
    };
    for control in std::mem::take(&mut effective.enforced) {
        match missing(&control) {
            None => effective.enforced.push(control),
            Some(name) => {
                let why = format!("nothing is collected of {name} yet; code is judged by it before a merge");
                effective.left_out.push((control.loaded.control.id.clone(), why));
            }
        }
    }
    effective.left_out.sort();
}

/// Keeps the controls that look at something which one of the services tells: a type of its own,
/// or an attribute of the account.
fn by_service(effective: &mut Effective<'_>, services: &[String]) -> Result<(), Failure> {
    let known: BTreeSet<&str> = SERVICES.iter().map(|collector| collector.name).collect();
    if let Some(unknown) = services.iter().find(|service| !known.contains(service.as_str())) {
        let all: Vec<&str> = known.into_iter().collect();
        return Err(Failure::with_help(format!("find a service `{unknown}`"), format!("services: {}", all.join(", "))));
    }
    let provided: BTreeSet<(&str, Option<&str>)> = SERVICES
        .iter()
        .filter(|collector| services.iter().any(|service| service == collector.name))
        .flat_map(|collector| collector.provides())
        .map(|provided| (provided.r#type, provided.attribute))
        .collect();
    // Joins are followed: a control on trails that reads their alarms looks at CloudWatch.
    let told = |control: &Enforced<'_>| {
        needs(std::slice::from_ref(control)).iter().any(|(name, attribute)| match name.as_str() {
            ACCOUNT => attribute.as_deref().is_some_and(|attribute| provided.contains(&(ACCOUNT, Some(attribute)))),
            name => provided.iter().any(|(of, _)| *of == name),
        })
    };
    let (kept, left): (Vec<_>, Vec<_>) = std::mem::take(&mut effective.enforced).into_iter().partition(told);
    effective.enforced = kept;
    let why = "not of the services asked for (--service)";
    effective.left_out.extend(left.into_iter().map(|control| (control.loaded.control.id.clone(), why.to_owned())));
    effective.left_out.sort();
    Ok(())
}

/// Collects and judges one account.
pub(crate) async fn account(
    session: &Session,
    scope: &AccountScope,
    plan: &Plan<'_>,
    rules: &Rules,
    now: DateTime<Utc>,
    progress: &dyn Progress,
) -> AccountOutcome {
    let collected = collect(session, scope, &plan.needs, now, progress).await;
    let mut estate = Estate::new(scope.clone(), collected.resources, collected.populations);
    join(&mut estate, &plan.wanted);
    let verdicts = evaluate(&plan.effective.enforced, &rules.policy.waivers, &estate, now);
    let second = plan
        .effective
        .enforced
        .iter()
        .map(|enforced| (enforced.loaded.control.id.clone(), enforced.loaded.control.security_hub.clone()))
        .collect();
    let findings = estate.of_type(SECOND_SOURCE);
    let reconciled = reconcile(&second, &verdicts, findings, &estate.populations);
    AccountOutcome { verdicts, populations: estate.populations, reconciled }
}

/// What a scan is to be.
pub(crate) struct Request<'a> {
    pub(crate) rules: &'a Rules,
    pub(crate) asked: Asked,
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
    plan: &Plan<'_>,
    progress: &dyn Progress,
) -> Result<u64, Failure> {
    let identity = caller(session).await.map_err(|gap| {
        Failure::with_help(
            format!("find out who we are: {gap}"),
            "check the credentials with `aws sts get-caller-identity`, the profile and the endpoint",
        )
    })?;
    let scope = account_scope(session, &identity, &request.asked.regions).await;
    if !scope.regions.iter().any(|region| region.scanned) {
        let why = scope.regions_incomplete.as_ref().map_or_else(
            || "none of the regions asked for is enabled".to_owned(),
            |gap| format!("the regions could not be listed: {gap}"),
        );
        return Err(Failure::with_help(
            format!("find a region to scan: {why}"),
            "name the regions with --region, or allow ec2:DescribeRegions",
        ));
    }
    let rules = request.rules.canonical()?;
    let header = ScanHeader {
        number: 0,
        gate: "nightly".to_owned(),
        started: request.now.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        tool: rules.tool(),
        policy: request.rules.policy.id.clone(),
        asked: request.asked.clone(),
        accounts: vec![scope.clone()],
        synthetic: request.synthetic,
        endpoint: session.endpoint().map(ToOwned::to_owned),
        code: None,
    };
    let store = sink.store();
    let scan = store.begin_scan(header)?;
    rules.keep(request.rules, store, scan)?;
    sink.begin(scan)?;
    let outcome = account(session, &scope, plan, request.rules, request.now, progress).await;
    if let Some(why) = session.failure() {
        return Err(Failure::with_help(format!("keep a capture: {why}"), "free some disk space and scan again"));
    }
    store.put_populations(scan, &outcome.populations)?;
    store.put_verdicts(scan, &outcome.verdicts)?;
    store.put_reconciled(scan, &outcome.reconciled)?;
    finish(store, key, scan, status(&outcome, &scope), plan.effective.lax.clone(), request.ended.unwrap_or_else(now))?;
    Ok(scan)
}

/// Complete where nothing was left unread, partial otherwise.
fn status(outcome: &AccountOutcome, scope: &AccountScope) -> ScanStatus {
    let unread = outcome.verdicts.iter().any(|verdict| verdict.verdict == Verdict::NotEvaluated)
        || outcome.populations.iter().any(|population| !population.complete)
        || scope.regions_incomplete.is_some();
    if unread { ScanStatus::Partial } else { ScanStatus::Complete }
}

/// The IAM actions the plan needs, sorted, each once: what collectors declare.
pub(crate) fn actions(needs: &Needs) -> BTreeSet<String> {
    use crate::collect::scope::{DESCRIBE_REGIONS, GET_CALLER_IDENTITY};
    let always = [GET_CALLER_IDENTITY.action(), DESCRIBE_REGIONS.action()];
    operations(needs).into_iter().map(|(_, _, operation)| operation.action()).chain(always).collect()
}
