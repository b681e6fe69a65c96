//! What is joined into trails: the metric filters of their log group with the alarms on these, and
//! the bucket they deliver to.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::Join;
use crate::evaluate::inventory::Inventory;
use crate::model::attr::CaptureId;
use crate::model::gap::{Gap, GapCode};
use crate::model::resource::Resource;
use crate::model::tree::Tree;

const TRAIL: &str = "AWS::CloudTrail::Trail";
const FILTER: &str = "AWS::Logs::MetricFilter";
const ALARM: &str = "AWS::CloudWatch::Alarm";
const BUCKET: &str = "AWS::S3::Bucket";

/// The joins into trails. Buckets get the account's Block Public Access by a join of their own,
/// which comes before.
pub(super) static JOINS: &[Join] = &[
    Join { into: TRAIL, attribute: "metric_filters", needs: &[(FILTER, None), (ALARM, None)], apply: metric_filters },
    Join {
        into: TRAIL,
        attribute: "bucket",
        needs: &[
            (BUCKET, None),
            (BUCKET, Some("public_access_block")),
            (BUCKET, Some("account_public_access_block")),
            (BUCKET, Some("policy")),
            (BUCKET, Some("acl")),
            (BUCKET, Some("ownership_controls")),
        ],
        apply: buckets,
    },
];

/// Gives each trail its bucket, found by name: bucket names are one namespace over all accounts,
/// so a bucket that this account does not list is another account's, or none.
fn buckets(inventory: &mut Inventory) {
    let mut trails = inventory.take(TRAIL);
    let by_name: HashMap<&str, &Resource> =
        inventory.of_type(BUCKET).iter().map(|bucket| (bucket.identity.name.as_str(), bucket)).collect();
    let incomplete = inventory.listing_gap(BUCKET, None);
    for trail in &mut trails {
        match text(trail, "s3_bucket_name") {
            Err(gap) => trail.set_unknown("bucket", gap),
            Ok(None) => {
                let captures = trail.captures_for([]);
                trail.set_absent("bucket", captures);
            }
            Ok(Some(name)) => match (by_name.get(name.as_str()), &incomplete) {
                (Some(bucket), _) => trail.embed("bucket", bucket),
                (None, Some(gap)) => trail.set_unknown("bucket", gap.clone()),
                (None, None) => {
                    let why = format!(
                        "the account does not list the bucket {name}; it lies in another account or not at all"
                    );
                    trail.set_unknown("bucket", Gap::new(GapCode::OutsideScope, why));
                }
            },
        }
    }
    inventory.put(TRAIL, trails);
}

/// A top-level text attribute: known, absent, or the gap.
fn text(resource: &Resource, attribute: &str) -> Result<Option<String>, Gap> {
    match &resource.attributes[attribute] {
        Tree::Unknown(gap) => Err(Gap::clone(gap)),
        told => Ok(told.as_str().map(ToOwned::to_owned)),
    }
}

/// Gives each trail the metric filters of its log group, each with its alarms.
fn metric_filters(inventory: &mut Inventory) {
    let mut trails = inventory.take(TRAIL);
    let watch = Watch::of(inventory);
    for trail in &mut trails {
        match watch.filters_of(trail) {
            Err(gap) => trail.set_unknown("metric_filters", gap),
            Ok(None) => {
                let captures = trail.captures_for([]);
                trail.set_absent("metric_filters", captures);
            }
            Ok(Some((list, captures))) => trail.set_known("metric_filters", list, captures),
        }
    }
    inventory.put(TRAIL, trails);
}

/// A metric as its filter writes it and its alarm reads it: region, namespace, name.
type Metric<'a> = (&'a str, &'a str, &'a str);

/// Metric filters and alarms, by what they are looked up by.
struct Watch<'a> {
    inventory: &'a Inventory,
    /// By region and log group.
    filters: HashMap<(&'a str, &'a str), Vec<&'a Resource>>,
    /// By region, those whose log group is not known: they may be of any.
    stray_filters: HashMap<&'a str, Vec<&'a Resource>>,
    /// By metric, each with the names of the dimensions it picks the metric by.
    alarms: HashMap<Metric<'a>, Vec<(&'a Resource, Vec<&'a str>)>>,
    /// By region, why it is not known of some alarms what they watch.
    stray_alarms: HashMap<&'a str, Vec<Gap>>,
}

impl<'a> Watch<'a> {
    fn of(inventory: &'a Inventory) -> Self {
        let mut filters: HashMap<(&str, &str), Vec<&Resource>> = HashMap::new();
        let mut stray_filters: HashMap<&str, Vec<&Resource>> = HashMap::new();
        for filter in inventory.of_type(FILTER) {
            let region = filter.identity.region.as_str();
            match &filter.attributes["log_group_name"] {
                Tree::Unknown(_) => stray_filters.entry(region).or_default().push(filter),
                told => {
                    if let Some(group) = told.as_str() {
                        filters.entry((region, group)).or_default().push(filter);
                    }
                }
            }
        }
        let mut alarms: HashMap<Metric<'_>, Vec<(&Resource, Vec<&str>)>> = HashMap::new();
        let mut stray_alarms: HashMap<&str, Vec<Gap>> = HashMap::new();
        for alarm in inventory.of_type(ALARM) {
            let told = &alarm.attributes["metrics"];
            if let Some(gap) = told.first_gap() {
                stray_alarms.entry(alarm.identity.region.as_str()).or_default().push(Gap::clone(gap));
            }
            for metric in alarm.attributes["metrics"].as_array().into_iter().flatten() {
                let part = |key: &str| metric[key].as_str();
                let (Some(namespace), Some(name)) = (part("namespace"), part("metric_name")) else { continue };
                if metric["dimensions"].first_gap().is_some() {
                    continue;
                }
                let dimensions = metric["dimensions"].as_array();
                let dimensions = dimensions.into_iter().flatten().filter_map(Tree::as_str).collect();
                let key = (alarm.identity.region.as_str(), namespace, name);
                alarms.entry(key).or_default().push((alarm, dimensions));
            }
        }
        Self { inventory, filters, stray_filters, alarms, stray_alarms }
    }

    /// The filters of a trail's log group, and what told them; `None` where it delivers to none. What was
    /// seen of a listing that broke off is kept, with an unknown element for the rest.
    fn filters_of(&self, trail: &Resource) -> Result<Option<(Tree, Vec<CaptureId>)>, Gap> {
        let Some(arn) = text(trail, "cloud_watch_logs_log_group_arn")? else { return Ok(None) };
        let parts: Vec<&str> = arn.split(':').collect();
        let [_, _, _, region, account, _, group, ..] = parts[..] else {
            return Err(Gap::new(GapCode::Unresolved, format!("`{arn}` is not the ARN of a log group")));
        };
        if account != self.inventory.account.id {
            let why = format!("the trail's log group lies in account {account}");
            return Err(Gap::new(GapCode::OutsideScope, why));
        }
        let ledger = self.inventory.account.regions.iter().find(|known| known.name == region);
        if ledger.is_some_and(|known| !known.scanned) {
            let why = format!("the trail's log group lies in {region}, which was not scanned");
            return Err(Gap::new(GapCode::OutsideScope, why));
        }
        let found = self.filters.get(&(region, group)).map_or(&[][..], Vec::as_slice);
        let stray = self.stray_filters.get(region).map_or(&[][..], Vec::as_slice);
        let stray = stray.iter().filter_map(|filter| filter.attributes["log_group_name"].first_gap());
        let rest = self.inventory.listing_gap(FILTER, Some(region)).or_else(|| stray.map(|gap| Gap::clone(gap)).next());
        if let (true, Some(gap)) = (found.is_empty(), &rest) {
            return Err(gap.clone());
        }
        let mut captures = trail.captures_for([]);
        captures.extend(self.counted(FILTER, region));
        captures.extend(self.counted(ALARM, region));
        captures.sort_unstable();
        captures.dedup();
        let list: Vec<Tree> = found.iter().map(|filter| self.filter(filter)).chain(rest.map(Tree::from)).collect();
        Ok(Some((Tree::from(list), captures)))
    }

    fn counted(&self, r#type: &str, region: &str) -> impl Iterator<Item = CaptureId> {
        let here = |population: &&crate::model::scan::Population| {
            population.r#type == r#type && (population.region == region || population.region == "global")
        };
        let captures: Vec<CaptureId> =
            self.inventory.populations.iter().filter(here).flat_map(|population| population.captures.clone()).collect();
        captures.into_iter()
    }

    fn filter(&self, filter: &Resource) -> Tree {
        let Some(told) = filter.attributes.members() else { return filter.attributes.clone() };
        let wanted = |key: &str| matches!(key, "filter_pattern" | "metric_transformations");
        // What could not be read of it stays in sight.
        let kept = told.iter().filter(|(key, value)| wanted(key) || value.is_unknown());
        let mut member: BTreeMap<Arc<str>, Tree> = kept.map(|(key, value)| (Arc::clone(key), value.clone())).collect();
        member.insert(Arc::from("name"), Tree::from(filter.identity.name.as_str()));
        let region = filter.identity.region.as_str();
        let rest = self.inventory.listing_gap(ALARM, Some(region));
        // An alarm that watches no one knows what may watch this metric, and a metric that is not known may
        // be that of any alarm.
        let stray = self.stray_alarms.get(region).and_then(|gaps| gaps.first()).cloned();
        let written = filter.attributes["metric_transformations"].first_gap().map(|gap| Gap::clone(gap));
        let rest = rest.or(stray).or(written);
        let alarms: Vec<Tree> = self.alarms_on(filter).into_iter().map(embedded).chain(rest.map(Tree::from)).collect();
        member.insert(Arc::from("alarms"), Tree::from(alarms));
        Tree::from(member)
    }

    /// The alarms on the metrics that a filter writes, each once, by id. An alarm picks a metric by
    /// name, namespace and dimensions together: one with other dimensions watches another metric.
    fn alarms_on(&self, filter: &Resource) -> Vec<&'a Resource> {
        let mut found: BTreeMap<&str, &Resource> = BTreeMap::new();
        for metric in filter.attributes["metric_transformations"].as_array().into_iter().flatten() {
            let part = |key: &str| metric[key].as_str();
            let (Some(namespace), Some(name)) = (part("metric_namespace"), part("metric_name")) else { continue };
            // In the order of their names.
            let written: Vec<&str> =
                metric["dimensions"].members().into_iter().flatten().map(|(name, _)| &**name).collect();
            let watching = self.alarms.get(&(filter.identity.region.as_str(), namespace, name));
            for (alarm, dimensions) in watching.into_iter().flatten() {
                if *dimensions == written {
                    found.insert(alarm.identity.id.as_str(), alarm);
                }
            }
        }
        found.into_values().collect()
    }
}

/// An alarm as a member of a filter.
fn embedded(alarm: &Resource) -> Tree {
    let mut member = alarm.attributes.clone();
    member.put("id", Some(Tree::from(alarm.identity.id.as_str())));
    member.put("name", Some(Tree::from(alarm.identity.name.as_str())));
    member
}

#[cfg(test)]
mod tests;
