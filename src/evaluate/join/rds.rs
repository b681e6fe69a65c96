//! What is joined into databases.

use std::collections::HashMap;

use super::Join;
use crate::evaluate::inventory::Inventory;
use crate::model::gap::{Gap, GapCode};
use crate::model::resource::Resource;
use crate::model::tree::Tree;

const INSTANCE: &str = "AWS::RDS::DBInstance";
const CLUSTER: &str = "AWS::RDS::DBCluster";

/// The joins into databases.
pub(super) static JOINS: &[Join] =
    &[Join { into: INSTANCE, attribute: "cluster", needs: &[(CLUSTER, None)], apply: clusters }];

/// Gives each instance the cluster it is a member of.
fn clusters(inventory: &mut Inventory) {
    let mut instances = inventory.take(INSTANCE);
    {
        let mut by_name: HashMap<(&str, &str), &Resource> = HashMap::new();
        for cluster in inventory.of_type(CLUSTER) {
            by_name.insert((&cluster.identity.region, &cluster.identity.name), cluster);
            by_name.insert((&cluster.identity.region, &cluster.identity.id), cluster);
        }
        for instance in &mut instances {
            let name = instance.attributes["db_cluster_identifier"].clone();
            if let Tree::Unknown(gap) = name {
                instance.set_unknown("cluster", gap);
                continue;
            }
            let Some(name) = name.as_str() else {
                let listing = instance.captures_for([]);
                instance.set_absent("cluster", listing);
                continue;
            };
            let region = instance.identity.region.clone();
            if let Some(cluster) = by_name.get(&(region.as_str(), name)) {
                instance.embed("cluster", cluster);
            } else {
                let unlisted = || {
                    let why = format!("the list of clusters has no `{name}`, of which this is a member");
                    Gap::new(GapCode::PopulationIncomplete, why)
                };
                let gap = inventory.listing_gap(CLUSTER, Some(&region)).unwrap_or_else(unlisted);
                instance.set_unknown("cluster", gap);
            }
        }
    }
    inventory.put(INSTANCE, instances);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::join::tests::{account, incomplete, population};
    use crate::model::resource::ResourceId;
    use crate::model::resource::rds::{DbCluster, DbInstance};

    fn instance(cluster: Option<&str>) -> Resource {
        let typed = DbInstance { db_cluster_identifier: cluster.map(ToOwned::to_owned), ..DbInstance::default() };
        Resource::new(ResourceId { id: "arn:i", name: "i", account: "1", region: "r" }, &typed, &[1])
    }

    fn cluster(region: &str) -> Resource {
        let typed = DbCluster { storage_encrypted: Some(true), ..DbCluster::default() };
        Resource::new(ResourceId { id: "arn:c", name: "c", account: "1", region }, &typed, &[2])
    }

    fn joined(resources: Vec<Resource>, complete: bool) -> Resource {
        let counted = if complete { population(CLUSTER, "r") } else { incomplete(CLUSTER, "r") };
        let mut inventory = Inventory::new(account(), resources, vec![population(INSTANCE, "r"), counted]);
        clusters(&mut inventory);
        inventory.of_type(INSTANCE)[0].clone()
    }

    #[test]
    fn a_member_carries_its_cluster_and_the_captures_that_told_it() {
        for complete in [true, false] {
            let instance = joined(vec![instance(Some("c")), cluster("r")], complete);
            assert_eq!(instance.attributes["cluster"]["storage_encrypted"], true);
            assert!(instance.unknown().is_empty(), "{:?}", instance.unknown());
            assert_eq!(instance.captures_for(["/cluster/storage_encrypted"]), [1, 2]);
        }
    }

    #[test]
    fn an_instance_of_no_cluster_has_none() {
        let instance = joined(vec![instance(None), cluster("r")], false);
        assert!(!instance.attributes.knows("cluster"));
        assert!(instance.unknown().is_empty());
    }

    #[test]
    fn a_cluster_that_was_not_seen_is_unknown() {
        let gone = joined(vec![instance(Some("c"))], true);
        assert_eq!(gone.unknown()["/cluster"].code, GapCode::PopulationIncomplete);
        let denied = joined(vec![instance(Some("c"))], false);
        assert_eq!(denied.unknown()["/cluster"].code, GapCode::AccessDenied);
        let elsewhere = joined(vec![instance(Some("c")), cluster("other")], true);
        assert_eq!(elsewhere.unknown()["/cluster"].code, GapCode::PopulationIncomplete);
    }

    #[test]
    fn an_unknown_membership_is_an_unknown_cluster() {
        let mut unsure = instance(None);
        unsure.set_unknown("db_cluster_identifier", Gap::new(GapCode::KnownAfterApply, ""));
        let unsure = joined(vec![unsure, cluster("r")], true);
        assert_eq!(unsure.unknown()["/cluster"].code, GapCode::KnownAfterApply);
    }
}
