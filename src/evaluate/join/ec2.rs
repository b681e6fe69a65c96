//! What EC2 resources are joined with: the flow logs of a VPC.

use std::collections::HashMap;
use std::sync::Arc;

use super::Join;
use crate::evaluate::inventory::Inventory;
use crate::model::attr::CaptureId;
use crate::model::gap::Gap;
use crate::model::resource::ec2::{FlowLog, Vpc};
use crate::model::resource::{Resource, TypedResource as _};
use crate::model::tree::Tree;

/// The joins into EC2's types.
pub(super) static JOINS: &[Join] =
    &[Join { into: Vpc::TYPE, attribute: "flow_logs", needs: &[(FlowLog::TYPE, None)], apply: flow_logs }];

/// One flow log as an element of the list, unknown where it may be of this VPC or of another.
#[derive(Clone)]
struct Element {
    log: Tree,
    captures: Vec<CaptureId>,
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

fn flow_logs(inventory: &mut Inventory) {
    let mut vpcs = inventory.take(Vpc::TYPE);
    let mut regions: HashMap<String, Region> = HashMap::new();
    for vpc in &vpcs {
        let name = &vpc.identity.region;
        if !regions.contains_key(name) {
            let broken = inventory.listing_gap(FlowLog::TYPE, Some(name));
            let listing = inventory
                .populations
                .iter()
                .filter(|population| population.r#type == FlowLog::TYPE && population.region == *name)
                .flat_map(|population| population.captures.iter().copied())
                .collect();
            regions.insert(name.clone(), Region { broken, listing, ..Region::default() });
        }
    }
    for log in inventory.of_type(FlowLog::TYPE) {
        let Some(region) = regions.get_mut(&log.identity.region) else { continue };
        let captures = log.sources.values().flatten().copied().collect();
        match &log.attributes["resource_id"] {
            Tree::Str(id) => {
                let element = Element { log: log.attributes.clone(), captures };
                region.by_target.entry(id.to_string()).or_default().push(element);
            }
            unknown @ Tree::Unknown(_) => region.of_anything.push(Element { log: unknown.clone(), captures }),
            _ => {}
        }
    }
    for vpc in &mut vpcs {
        if let Some(region) = regions.get(&vpc.identity.region) {
            embed(vpc, region);
        }
    }
    inventory.put(Vpc::TYPE, vpcs);
}

/// A listing that broke, or a log that may be of this VPC or of another, ends the list in an
/// unknown element, so that what was seen may still decide.
fn embed(vpc: &mut Resource, region: &Region) {
    let id = match &vpc.attributes["vpc_id"] {
        Tree::Unknown(gap) => {
            let gap = Arc::clone(gap);
            return vpc.set_unknown("flow_logs", gap);
        }
        id => id.as_str().unwrap_or_default(),
    };
    let mut elements: Vec<Element> = region.by_target.get(id).cloned().unwrap_or_default();
    elements.extend(region.of_anything.iter().cloned());
    let broken = region.broken.iter().map(|gap| Element { log: Tree::from(gap.clone()), captures: Vec::new() });
    elements.extend(broken);
    if let [Element { log: Tree::Unknown(gap), .. }] = elements.as_slice() {
        return vpc.set_unknown("flow_logs", Arc::clone(gap));
    }
    let mut captures = region.listing.clone();
    captures.extend(elements.iter().flat_map(|element| element.captures.iter().copied()));
    captures.sort_unstable();
    captures.dedup();
    let list: Vec<Tree> = elements.into_iter().map(|element| element.log).collect();
    vpc.set_known("flow_logs", list, captures);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::gap::GapCode;
    use crate::model::resource::ResourceId;
    use crate::model::scan::{AccountScope, Population};

    fn vpc(id: &str, region: &str) -> Resource {
        let typed = Vpc { vpc_id: Some(id.to_owned()), ..Vpc::default() };
        Resource::new(ResourceId { id, name: id, account: "1", region }, &typed, &[1])
    }

    fn log(id: &str, target: &str, region: &str) -> Resource {
        let typed = FlowLog {
            flow_log_id: Some(id.to_owned()),
            resource_id: Some(target.to_owned()),
            flow_log_status: Some("ACTIVE".to_owned()),
            ..FlowLog::default()
        };
        Resource::new(ResourceId { id, name: id, account: "1", region }, &typed, &[7])
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
        let mut inventory = Inventory::new(account, resources, vec![population]);
        (JOINS[0].apply)(&mut inventory);
        inventory.take(Vpc::TYPE)
    }

    fn denied() -> Gap {
        Gap::new(GapCode::AccessDenied, "")
    }

    #[test]
    fn a_vpc_carries_its_own_flow_logs_and_not_those_of_its_subnets() {
        let resources = vec![vpc("vpc-1", "r"), log("fl-1", "vpc-1", "r"), log("fl-2", "subnet-1", "r")];
        let vpcs = joined(resources, None, "r");
        assert_eq!(vpcs[0].attributes["flow_logs"].as_array().map(<[_]>::len), Some(1));
        assert_eq!(vpcs[0].attributes["flow_logs"][0]["flow_log_id"], "fl-1");
        assert_eq!(vpcs[0].sources["/flow_logs"], vec![7]);
        assert!(vpcs[0].unknown().is_empty(), "{:?}", vpcs[0].unknown());
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
        assert!(!vpcs[0].attributes.knows("flow_logs"));
        assert_eq!(vpcs[0].unknown()["/flow_logs"].code, GapCode::AccessDenied);
    }

    #[test]
    fn a_listing_that_broke_off_keeps_what_was_seen() {
        let vpcs = joined(vec![vpc("vpc-1", "r"), log("fl-1", "vpc-1", "r")], Some(denied()), "r");
        assert_eq!(vpcs[0].attributes["flow_logs"][0]["flow_log_id"], "fl-1");
        assert_eq!(vpcs[0].unknown()["/flow_logs/1"].code, GapCode::AccessDenied);
    }

    #[test]
    fn a_region_whose_flow_logs_nobody_listed_is_unknown_and_other_regions_do_not_count() {
        let vpcs = joined(vec![vpc("vpc-1", "r"), vpc("vpc-1", "s"), log("fl-1", "vpc-1", "r")], None, "r");
        let elsewhere = vpcs.iter().find(|vpc| vpc.identity.region == "s").expect("put in");
        assert_eq!(elsewhere.unknown()["/flow_logs"].code, GapCode::NotCollected);
    }

    #[test]
    fn what_is_unknown_of_a_flow_log_is_unknown_in_the_vpc() {
        let mut planned = log("fl-1", "vpc-1", "r");
        planned.set_unknown("flow_log_status", Gap::new(GapCode::KnownAfterApply, ""));
        let vpcs = joined(vec![vpc("vpc-1", "r"), planned], None, "r");
        assert_eq!(vpcs[0].unknown()["/flow_logs/0/flow_log_status"].code, GapCode::KnownAfterApply);
    }

    #[test]
    fn a_flow_log_of_an_unknown_target_may_be_of_any_vpc() {
        let mut planned = log("fl-1", "", "r");
        planned.set_unknown("resource_id", Gap::new(GapCode::KnownAfterApply, ""));
        let vpcs = joined(vec![vpc("vpc-1", "r"), planned], None, "r");
        assert_eq!(vpcs[0].unknown()["/flow_logs"].code, GapCode::KnownAfterApply);
    }
}
