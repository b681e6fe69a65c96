//! What EC2 resources are joined with: the flow logs of a VPC.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};

use super::Join;
use crate::evaluate::estate::Estate;
use crate::model::attr::CaptureId;
use crate::model::gap::Gap;
use crate::model::resource::ec2::{FlowLog, Vpc};
use crate::model::resource::{Resource, TypedResource as _};

/// The joins into EC2's types.
pub(super) static JOINS: &[Join] =
    &[Join { into: Vpc::TYPE, attribute: "flow_logs", needs: &[(FlowLog::TYPE, None)], apply: flow_logs }];

/// One flow log as an element of the list, or the gap in its place.
#[derive(Clone)]
struct Element {
    log: Result<Map<String, Value>, Gap>,
    /// What of the log is not known, by pointer.
    unknown: BTreeMap<String, Gap>,
    captures: Vec<CaptureId>,
}

impl Element {
    fn unread(gap: &Gap, captures: Vec<CaptureId>) -> Self {
        Self { log: Err(gap.clone()), unknown: BTreeMap::new(), captures }
    }
}

/// The flow logs of a region, by what they record.
#[derive(Default)]
struct Region {
    by_target: HashMap<String, Vec<Element>>,
    /// Those of which the target is not known: each may be of any VPC.
    of_anything: Vec<Element>,
    /// Why the listing did not reach its end.
    broken: Option<Gap>,
    /// The captures of the listing: they show, too, that a VPC has none.
    listing: Vec<CaptureId>,
}

fn flow_logs(estate: &mut Estate) {
    let mut vpcs = estate.take(Vpc::TYPE);
    let mut regions: HashMap<String, Region> = HashMap::new();
    for vpc in &vpcs {
        let name = &vpc.identity.region;
        if !regions.contains_key(name) {
            let broken = estate.listing_gap(FlowLog::TYPE, Some(name));
            let listing = estate
                .populations
                .iter()
                .filter(|population| population.r#type == FlowLog::TYPE && population.region == *name)
                .flat_map(|population| population.captures.iter().copied())
                .collect();
            regions.insert(name.clone(), Region { broken, listing, ..Region::default() });
        }
    }
    for log in estate.of_type(FlowLog::TYPE) {
        let Some(region) = regions.get_mut(&log.identity.region) else { continue };
        let captures = log.sources.values().flatten().copied().collect();
        match target(log) {
            Target::Known(id) => {
                let element = Element { log: Ok(log.attributes.clone()), unknown: log.unknown.clone(), captures };
                region.by_target.entry(id.to_owned()).or_default().push(element);
            }
            Target::Unknown(gap) => region.of_anything.push(Element::unread(gap, captures)),
            Target::None => {}
        }
    }
    for vpc in &mut vpcs {
        if let Some(region) = regions.get(&vpc.identity.region) {
            embed(vpc, region);
        }
    }
    estate.put(Vpc::TYPE, vpcs);
}

enum Target<'a> {
    Known(&'a str),
    Unknown(&'a Gap),
    None,
}

fn target(log: &Resource) -> Target<'_> {
    match (log.unknown.get("/resource_id"), log.attributes.get("resource_id").and_then(Value::as_str)) {
        (Some(gap), _) => Target::Unknown(gap),
        (None, Some(id)) => Target::Known(id),
        (None, None) => Target::None,
    }
}

/// A listing that broke, or a log that may be of this VPC or of another, ends the list in an
/// unknown element, so that what was seen may still decide.
fn embed(vpc: &mut Resource, region: &Region) {
    vpc.attributes.remove("flow_logs");
    vpc.unknown.retain(|pointer, _| pointer != "/flow_logs" && !pointer.starts_with("/flow_logs/"));
    let id = match (vpc.unknown.get("/vpc_id"), vpc.attributes.get("vpc_id").and_then(Value::as_str)) {
        (None, Some(id)) => id,
        (Some(gap), _) => {
            let gap = gap.clone();
            return vpc.set_unknown("flow_logs", gap);
        }
        (None, None) => "",
    };
    let mut elements: Vec<Element> = region.by_target.get(id).cloned().unwrap_or_default();
    elements.extend(region.of_anything.iter().cloned());
    elements.extend(region.broken.iter().map(|gap| Element::unread(gap, Vec::new())));
    let mut captures = region.listing.clone();
    captures.extend(elements.iter().flat_map(|element| element.captures.iter().copied()));
    captures.sort_unstable();
    captures.dedup();
    vpc.sources.insert("/flow_logs".to_owned(), captures);
    if let [Element { log: Err(gap), .. }] = elements.as_slice() {
        return vpc.set_unknown("flow_logs", gap.clone());
    }
    let mut list = Vec::with_capacity(elements.len());
    for (index, element) in elements.into_iter().enumerate() {
        match element.log {
            Ok(log) => {
                list.push(Value::Object(log));
                let below = element.unknown.into_iter();
                vpc.unknown.extend(below.map(|(pointer, gap)| (format!("/flow_logs/{index}{pointer}"), gap)));
            }
            Err(gap) => {
                list.push(Value::Null);
                vpc.unknown.insert(format!("/flow_logs/{index}"), gap);
            }
        }
    }
    vpc.attributes.insert("flow_logs".to_owned(), Value::Array(list));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::gap::GapCode;
    use crate::model::resource::Place;
    use crate::model::scan::{AccountScope, Population};

    fn vpc(id: &str, region: &str) -> Resource {
        let typed = Vpc { vpc_id: Some(id.to_owned()), ..Vpc::default() };
        Resource::new(Place { id, name: id, account: "1", region }, &typed, &[1])
    }

    fn log(id: &str, target: &str, region: &str) -> Resource {
        let typed = FlowLog {
            flow_log_id: Some(id.to_owned()),
            resource_id: Some(target.to_owned()),
            flow_log_status: Some("ACTIVE".to_owned()),
            ..FlowLog::default()
        };
        Resource::new(Place { id, name: id, account: "1", region }, &typed, &[7])
    }

    fn joined(resources: Vec<Resource>, gap: Option<Gap>, region: &str) -> Vec<Resource> {
        let account = AccountScope {
            id: "1".to_owned(),
            partition: "aws".to_owned(),
            caller_arn: String::new(),
            caller_id: String::new(),
            regions: Vec::new(),
            regions_incomplete: None,
        };
        let population = Population {
            account: "1".to_owned(),
            region: region.to_owned(),
            r#type: FlowLog::TYPE.to_owned(),
            count: 0,
            counted_by: "ec2:DescribeFlowLogs".to_owned(),
            pages: 1,
            complete: gap.is_none(),
            gap,
            gone: Vec::new(),
            captures: vec![7],
        };
        let mut estate = Estate::new(account, resources, vec![population]);
        (JOINS[0].apply)(&mut estate);
        estate.take(Vpc::TYPE)
    }

    fn denied() -> Gap {
        Gap::new(GapCode::AccessDenied, "")
    }

    #[test]
    fn a_vpc_carries_its_own_flow_logs_and_not_those_of_its_subnets() {
        let resources = vec![vpc("vpc-1", "r"), log("fl-1", "vpc-1", "r"), log("fl-2", "subnet-1", "r")];
        let vpcs = joined(resources, None, "r");
        assert_eq!(vpcs[0].attributes["flow_logs"].as_array().map(Vec::len), Some(1));
        assert_eq!(vpcs[0].attributes["flow_logs"][0]["flow_log_id"], "fl-1");
        assert_eq!(vpcs[0].sources["/flow_logs"], vec![7]);
        assert!(vpcs[0].unknown.is_empty(), "{:?}", vpcs[0].unknown);
    }

    #[test]
    fn a_complete_listing_without_its_vpc_is_an_empty_list_with_its_captures() {
        let vpcs = joined(vec![vpc("vpc-1", "r")], None, "r");
        assert_eq!(vpcs[0].attributes["flow_logs"], json!([]));
        assert_eq!(vpcs[0].sources["/flow_logs"], vec![7]);
    }

    #[test]
    fn a_denied_listing_makes_the_flow_logs_unknown() {
        let vpcs = joined(vec![vpc("vpc-1", "r")], Some(denied()), "r");
        assert!(!vpcs[0].attributes.contains_key("flow_logs"));
        assert_eq!(vpcs[0].unknown["/flow_logs"].code, GapCode::AccessDenied);
    }

    #[test]
    fn a_listing_that_broke_off_keeps_what_was_seen() {
        let vpcs = joined(vec![vpc("vpc-1", "r"), log("fl-1", "vpc-1", "r")], Some(denied()), "r");
        assert_eq!(vpcs[0].attributes["flow_logs"][0]["flow_log_id"], "fl-1");
        assert_eq!(vpcs[0].unknown["/flow_logs/1"].code, GapCode::AccessDenied);
    }

    #[test]
    fn a_region_whose_flow_logs_nobody_listed_is_unknown_and_other_regions_do_not_count() {
        let vpcs = joined(vec![vpc("vpc-1", "r"), vpc("vpc-1", "s"), log("fl-1", "vpc-1", "r")], None, "r");
        let elsewhere = vpcs.iter().find(|vpc| vpc.identity.region == "s").expect("put in");
        assert_eq!(elsewhere.unknown["/flow_logs"].code, GapCode::NotCollected);
    }

    #[test]
    fn what_is_unknown_of_a_flow_log_is_unknown_in_the_vpc() {
        let mut planned = log("fl-1", "vpc-1", "r");
        planned.set_unknown("flow_log_status", Gap::new(GapCode::KnownAfterApply, ""));
        let vpcs = joined(vec![vpc("vpc-1", "r"), planned], None, "r");
        assert_eq!(vpcs[0].unknown["/flow_logs/0/flow_log_status"].code, GapCode::KnownAfterApply);
    }

    #[test]
    fn a_flow_log_of_an_unknown_target_may_be_of_any_vpc() {
        let mut planned = log("fl-1", "", "r");
        planned.set_unknown("resource_id", Gap::new(GapCode::KnownAfterApply, ""));
        let vpcs = joined(vec![vpc("vpc-1", "r"), planned], None, "r");
        assert_eq!(vpcs[0].unknown["/flow_logs"].code, GapCode::KnownAfterApply);
    }
}
