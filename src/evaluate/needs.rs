//! What has to be collected for the enforced controls: what they read, and what that is made of.

use std::collections::BTreeSet;

use super::effective::Enforced;
use super::join::{JOINS, Join};

/// A type, and the attribute of it that is read; `None` for the listing alone.
pub type Need = (String, Option<String>);

/// Everything the controls read, joins followed to their sources.
#[must_use]
pub fn needs(enforced: &[Enforced<'_>]) -> BTreeSet<Need> {
    let mut all = BTreeSet::new();
    let mut open: Vec<Need> = enforced.iter().flat_map(|control| control.loaded.reads.iter().cloned()).collect();
    while let Some(need) = open.pop() {
        if !all.insert(need.clone()) {
            continue;
        }
        let (name, attribute) = need;
        open.push((name.clone(), None));
        let made = joins().filter(|join| join.into == name && Some(join.attribute) == attribute.as_deref());
        open.extend(
            made.flat_map(|join| join.needs)
                .map(|(name, attribute)| ((*name).to_owned(), attribute.map(ToOwned::to_owned))),
        );
    }
    all
}

/// Makes the joins that these needs ask for.
pub fn join(inventory: &mut super::inventory::Inventory, needs: &BTreeSet<Need>) {
    for join in joins() {
        if needs.contains(&(join.into.to_owned(), Some(join.attribute.to_owned()))) {
            (join.apply)(inventory);
        }
    }
}

fn joins() -> impl Iterator<Item = &'static Join> {
    JOINS.iter().flat_map(|joins| joins.iter())
}
