//! Everything known of one account, wherever it came from.

use std::collections::BTreeMap;

use crate::model::gap::{Gap, GapCode};
use crate::model::resource::Resource;
use crate::model::scan::{AccountScope, Population};

/// Everything known of one account: its resources by type, how each type was counted, and the
/// ledger of its regions.
pub struct Inventory {
    /// The account and its regions.
    pub account: AccountScope,
    /// Resources by `CloudFormation` type name.
    pub resources: BTreeMap<String, Vec<Resource>>,
    /// How each type was counted in each region.
    pub populations: Vec<Population>,
}

impl Inventory {
    /// Puts resources and counts together.
    #[must_use]
    pub fn new(account: AccountScope, resources: Vec<Resource>, populations: Vec<Population>) -> Self {
        let mut by_type: BTreeMap<String, Vec<Resource>> = BTreeMap::new();
        for resource in resources {
            by_type.entry(resource.identity.r#type.clone()).or_default().push(resource);
        }
        Self { account, resources: by_type, populations }
    }

    /// The resources of a type.
    #[must_use]
    pub fn of_type(&self, r#type: &str) -> &[Resource] {
        self.resources.get(r#type).map_or(&[], Vec::as_slice)
    }

    /// Why the list of a type is not known to be complete, in one region or (with `None`) in any.
    ///
    /// A type that nobody counted there is not complete: no entry, no claim.
    #[must_use]
    pub fn listing_gap(&self, r#type: &str, region: Option<&str>) -> Option<Gap> {
        let counted = || {
            let of_type = self.populations.iter().filter(|population| population.r#type == r#type);
            of_type.filter(move |population| {
                population.region == "global" || region.is_none_or(|region| population.region == region)
            })
        };
        if counted().next().is_none() {
            return Some(Gap::new(GapCode::NotCollected, format!("{type} was not listed")));
        }
        let broken = || counted().filter(|population| !population.complete);
        let first = broken().next()?;
        let gap = first.gap.clone().unwrap_or_else(|| Gap::new(GapCode::PopulationIncomplete, ""));
        // What hangs on all regions says which of them is to blame.
        let places = broken().map(|population| population.region.as_str()).filter(|region| *region != "global");
        Some(if region.is_none() { gap.in_regions(places) } else { gap })
    }

    /// Takes the resources of a type out, to change them while others are looked at; give them
    /// back with [`Inventory::put`].
    #[must_use]
    pub fn take(&mut self, r#type: &str) -> Vec<Resource> {
        self.resources.remove(r#type).unwrap_or_default()
    }

    /// Puts the resources of a type back.
    pub fn put(&mut self, r#type: &str, resources: Vec<Resource>) {
        if !resources.is_empty() {
            self.resources.insert(r#type.to_owned(), resources);
        }
    }
}
