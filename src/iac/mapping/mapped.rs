//! What a mapping makes of code.

use std::collections::BTreeMap;

use crate::model::resource::Resource;
use crate::model::scan::Population;

/// What one scenario of a deployment comes to.
#[derive(Debug, Clone, Default)]
pub struct Mapped {
    /// The resources. The id of each is the address of its block, with the path of the element where it
    /// is made of one, and unique here.
    pub resources: Vec<Resource>,
    /// How each type was counted: one entry for every type.
    pub populations: Vec<Population>,
    /// What told an attribute, by the number that stands in [`Resource::sources`].
    pub places: Vec<Provenance>,
    /// What each resource was made of, by its id.
    pub items: BTreeMap<String, Item>,
}

/// What told an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Provenance {
    /// The block, by its index in the scenario.
    pub block: usize,
    /// First and last line of the argument; none where the block as a whole tells, or that it lacks the
    /// argument.
    pub lines: Option<(u32, u32)>,
}

/// What a resource was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// Its primary block, by its index in the scenario.
    pub block: usize,
    /// Whether that is a companion, the block that it belongs to not being in the code.
    pub orphan: bool,
    /// Whether the mapping says of an attribute that other code tells it.
    pub partial: bool,
}
