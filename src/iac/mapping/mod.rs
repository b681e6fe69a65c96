//! From blocks of code to resources: mapping files say which attribute is made of what.
//!
//! A mapping file (`src/iac/mapping/types/<service>/<type>.yaml`) is data: a further attribute, or a further
//! spelling of it in code, needs no Rust. What is made has three states, known, absent and unknown, and
//! carries the places in the code that told it. What the code does not settle is unknown with the
//! reason; nothing is made up.
//!
//! `docs/mapping-reference.md` is the page of the language; [`schema`] is for editors.
//!
//! `language/` is what a file may say and how it is compiled, `resolve/` finds the block that is meant,
//! `run/` makes resources of blocks by the rules.

mod language;
mod mapped;
mod mappings;
mod reference;
mod resolve;
mod run;

use std::collections::BTreeMap;

pub use self::language::MappingError;
pub use self::mapped::{Item, Mapped, Provenance};
pub use self::mappings::Mappings;
pub use self::reference::{reference, schema};

use self::resolve::Blocks;
use self::run::{Items, MappingContext};
use crate::iac::deployment::{ACCOUNT, Deployment, Scenario};
use crate::model::resource::TYPES;
use crate::model::scan::Population;

/// Makes the resources of one scenario of a deployment.
#[must_use]
pub fn map(deployment: &Deployment, scenario: &Scenario, mappings: &Mappings) -> Mapped {
    let context = MappingContext::new(Blocks::of(scenario), &mappings.shared, deployment);
    let mut items = Items::new(&context);
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for (name, mapping) in mappings.concerned(context.blocks.kinds()) {
        counts.insert(name, items.of_type(name, mapping, mapping.entries(deployment.language)));
    }
    let gap = deployment.missing.first().map(super::value::Unknown::gap);
    let population = |name: &str| Population {
        account: ACCOUNT.to_owned(),
        region: "global".to_owned(),
        r#type: name.to_owned(),
        count: counts.get(name).copied().unwrap_or_default(),
        counted_by: "code".to_owned(),
        pages: 1,
        complete: gap.is_none(),
        gap: gap.clone(),
        gone: Vec::new(),
        captures: Vec::new(),
    };
    let populations = TYPES.iter().map(|info| population(info.name)).collect();
    Mapped { resources: items.resources, populations, places: items.places, items: items.made }
}

#[cfg(test)]
mod tests;
