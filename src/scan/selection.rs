//! Which controls a scan runs, and what has to be collected for them.

use std::collections::BTreeSet;

use crate::collect::aws::SERVICES;
use crate::collect::needs::RequiredAttributes;
use crate::collect::schedule::operations;
use crate::evaluate::effective::{Effective, Enforced, effective};
use crate::evaluate::needs::{Need, needs};
use crate::evidence::error::Failure;
use crate::evidence::rules::Rules;
use crate::model::control::Source;
use crate::model::scan::ScanSelection;

/// The type that several services tell attributes of.
const ACCOUNT: &str = "AWS::::Account";
/// The findings that our verdicts are reconciled with.
pub(super) const SECOND_SOURCE: &str = "AWS::SecurityHub::Finding";

/// The controls to run, and what has to be collected for them.
pub struct Selection<'a> {
    /// The controls in force, and those left out with the reason.
    pub effective: Effective<'a>,
    /// The types and attributes that the controls read.
    pub(crate) wanted: BTreeSet<Need>,
    /// The same, as the collectors ask for it.
    pub(crate) needs: RequiredAttributes,
}

/// Chooses the controls and what has to be collected for them.
///
/// # Errors
///
/// If a service does not exist.
pub fn select<'a>(rules: &'a Rules, asked: &ScanSelection) -> Result<Selection<'a>, Failure> {
    let mut effective = effective(&rules.controls, &rules.policy, asked, Source::Live);
    if !asked.services.is_empty() {
        by_service(&mut effective, &asked.services)?;
    }
    uncollected(&mut effective);
    let mut wanted = needs(&effective.enforced);
    if effective.enforced.iter().any(|control| !control.loaded.control.security_hub.is_empty()) {
        wanted.insert((SECOND_SOURCE.to_owned(), None));
    }
    let mut asked_for = RequiredAttributes::default();
    for (name, attribute) in &wanted {
        asked_for.add(name, attribute.as_deref());
    }
    for id in effective.enforced.iter().flat_map(|control| &control.loaded.control.security_hub) {
        asked_for.add_security_control(id);
    }
    Ok(Selection { effective, wanted, needs: asked_for })
}

/// Leaves out the controls that look at a type which no collector lists: a scan has nothing to say of
/// them, and the report says so. Code is judged by them.
fn uncollected(effective: &mut Effective<'_>) {
    let listed: BTreeSet<&str> =
        SERVICES.iter().flat_map(|service| service.provides()).map(|provided| provided.r#type).collect();
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
    let known: BTreeSet<&str> = SERVICES.iter().map(|service| service.name).collect();
    if let Some(unknown) = services.iter().find(|service| !known.contains(service.as_str())) {
        let all: Vec<&str> = known.into_iter().collect();
        return Err(Failure::with_help(format!("find a service `{unknown}`"), format!("services: {}", all.join(", "))));
    }
    let provided: BTreeSet<(&str, Option<&str>)> = SERVICES
        .iter()
        .filter(|service| services.iter().any(|asked| asked == service.name))
        .flat_map(|service| service.provides())
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

/// The IAM actions that a selection needs, sorted, each once: what collectors declare.
#[must_use]
pub fn actions(selection: &Selection<'_>) -> BTreeSet<String> {
    use crate::collect::scope::{DESCRIBE_REGIONS, GET_CALLER_IDENTITY};
    let always = [GET_CALLER_IDENTITY.action(), DESCRIBE_REGIONS.action()];
    operations(&selection.needs).into_iter().map(|(_, _, operation)| operation.action()).chain(always).collect()
}
