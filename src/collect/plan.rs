//! The plan of an account: which collectors run in which sites, and how their results are put
//! together.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use futures::stream::{FuturesUnordered, StreamExt as _};

use super::call::Site;
use super::needs::Needs;
use super::operation::Operation;
use super::session::Session;
use super::{Collected, Collector, Reach, aws};
use crate::model::gap::GapCode;
use crate::model::resource::Resource;
use crate::model::scan::AccountScope;

/// The name of the region of global services.
pub const GLOBAL: &str = "global";

/// Told how far a scan is.
pub trait Progress: Send + Sync {
    /// How many units (collectors × sites) there are.
    fn planned(&self, units: usize);
    /// A unit has ended.
    fn finished(&self, service: &str, region: &str);
}

/// The collectors that some need calls for.
#[must_use]
pub fn selected(needs: &Needs) -> Vec<&'static dyn Collector> {
    aws::COLLECTORS
        .iter()
        .copied()
        .filter(|collector| collector.provides().iter().any(|provided| needs.wants_type(provided.r#type)))
        .collect()
}

/// The operations that collecting these needs calls, by what they tell.
#[must_use]
pub fn operations(needs: &Needs) -> Vec<(&'static str, Option<&'static str>, &'static Operation)> {
    let mut all = Vec::new();
    for collector in selected(needs) {
        for provided in collector.provides() {
            let wanted = match provided.attribute {
                None => needs.wants_type(provided.r#type),
                Some(attribute) => needs.wants(provided.r#type, attribute),
            };
            if wanted {
                all.extend(
                    provided.operations.iter().map(|operation| (provided.r#type, provided.attribute, *operation)),
                );
            }
        }
    }
    all
}

/// Collects everything the needs ask for in one account.
pub async fn collect(
    session: &Session,
    account: &AccountScope,
    needs: &Needs,
    now: DateTime<Utc>,
    progress: &dyn Progress,
) -> Collected {
    let regions: Vec<String> =
        account.regions.iter().filter(|region| region.scanned).map(|region| region.name.clone()).collect();
    let home = home_region(&account.partition);
    let mut units = Vec::new();
    for collector in selected(needs) {
        match collector.reach() {
            Reach::Global => units.push((collector, GLOBAL)),
            Reach::Regional => units.extend(regions.iter().map(|region| (collector, region.as_str()))),
        }
    }
    progress.planned(units.len());
    let mut running: FuturesUnordered<_> = units
        .into_iter()
        .map(|(collector, region)| {
            let site = Site {
                session,
                account: &account.id,
                partition: &account.partition,
                region,
                home,
                regions: &regions,
                needs,
                now,
            };
            async move {
                let collected = collector.collect(site).await;
                (collector.service(), region, collected)
            }
        })
        .collect();
    let mut all = Collected::default();
    while let Some((service, region, collected)) = running.next().await {
        progress.finished(service, region);
        all.resources.extend(collected.resources);
        all.populations.extend(collected.populations);
    }
    all.resources = merge(all.resources);
    all.populations.sort_by(|a, b| {
        (&a.r#type, &a.account, &a.region, &a.counted_by).cmp(&(&b.r#type, &b.account, &b.region, &b.counted_by))
    });
    // Collectors that tell of the same thing (the account) count it alike.
    all.populations.dedup();
    all
}

/// The region whose endpoint the global services of a partition are called at. From the endpoint
/// tables of IAM and Organizations in the AWS General Reference.
#[must_use]
pub fn home_region(partition: &str) -> &'static str {
    match partition {
        "aws-cn" => "cn-north-1",
        "aws-us-gov" => "us-gov-west-1",
        "aws-iso" => "us-iso-east-1",
        "aws-iso-b" => "us-isob-east-1",
        "aws-eusc" => "eusc-de-east-1",
        _ => "us-east-1",
    }
}

/// Puts together what several collectors tell of the same thing (the account): what one of them
/// did not collect, another may have. Sorted, so that the order of answers does not show.
fn merge(resources: Vec<Resource>) -> Vec<Resource> {
    let mut merged: BTreeMap<_, Resource> = BTreeMap::new();
    for resource in resources {
        match merged.entry(resource.identity.clone()) {
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(resource);
            }
            std::collections::btree_map::Entry::Occupied(mut entry) => join_into(entry.get_mut(), resource),
        }
    }
    merged.into_values().collect()
}

fn join_into(into: &mut Resource, from: Resource) {
    let uncollected = |resource: &Resource, pointer: &str| {
        resource.unknown.get(pointer).is_some_and(|gap| gap.code == GapCode::NotCollected)
    };
    let missing: Vec<String> = into
        .unknown
        .keys()
        .filter(|pointer| uncollected(into, pointer) && !uncollected(&from, pointer))
        .cloned()
        .collect();
    for pointer in missing {
        into.unknown.remove(&pointer);
        if let Some(gap) = from.unknown.get(&pointer) {
            into.unknown.insert(pointer.clone(), gap.clone());
        }
    }
    for (key, value) in from.attributes {
        into.attributes.entry(key).or_insert(value);
    }
    for (pointer, gap) in from.unknown {
        let top_known = pointer
            .split('/')
            .nth(1)
            .is_some_and(|key| into.attributes.contains_key(&key.replace("~1", "/").replace("~0", "~")));
        if gap.code != GapCode::NotCollected
            && (top_known || !into.unknown.contains_key(&pointer))
            && !pointer.is_empty()
        {
            into.unknown.entry(pointer).or_insert(gap);
        }
    }
    for (pointer, captures) in from.sources {
        let all = into.sources.entry(pointer).or_default();
        all.extend(captures);
        all.sort_unstable();
        all.dedup();
    }
}
