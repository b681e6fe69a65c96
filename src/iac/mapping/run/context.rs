//! What the rules of a scenario share: its blocks, and the indexes over them.

use std::cell::OnceCell;
use std::collections::HashMap;

use crate::iac::deployment::Deployment;
use crate::iac::mapping::language::Shared;
use crate::iac::mapping::resolve::{Blocks, Found, Hit, Index, Links, walk};
use crate::iac::value::{Unknown, Value};
use crate::model::gap::Gap;

/// A scenario with what was worked out about it: indexes are made when a rule first asks for them.
pub(crate) struct MappingContext<'a> {
    pub(crate) blocks: Blocks<'a>,
    pub(crate) shared: &'a Shared,
    targets: Vec<OnceCell<Index>>,
    links: Vec<OnceCell<Links>>,
    /// Blocks that code which could not be read was given, by index, and why it could not be read. That
    /// code may hold companions of theirs.
    handed: HashMap<usize, Gap>,
    /// Why a file of the code could not be read, where one could not: any block may have companions there.
    unread: Option<Gap>,
}

impl<'a> MappingContext<'a> {
    pub(crate) fn new(blocks: Blocks<'a>, shared: &'a Shared, deployment: &Deployment) -> Self {
        let mut handed = HashMap::new();
        for unknown in &deployment.missing {
            for block in unknown.references.iter().flat_map(|reference| blocks.at(reference)) {
                handed.entry(block).or_insert_with(|| unknown.gap());
            }
        }
        Self {
            handed,
            unread: deployment.unread.first().map(Unknown::gap),
            blocks,
            shared,
            targets: shared.targets.iter().map(|_| OnceCell::new()).collect(),
            links: shared.relations.iter().map(|_| OnceCell::new()).collect(),
        }
    }

    pub(crate) fn targets(&self, number: usize) -> &Index {
        self.targets[number].get_or_init(|| Index::of(&self.shared.targets[number], &self.blocks))
    }

    pub(crate) fn links(&self, number: usize) -> &Links {
        self.links[number].get_or_init(|| {
            let relation = &self.shared.relations[number];
            Links::of(relation, self.targets(relation.targets), &self.blocks)
        })
    }

    /// Why a block may have companions that were not read, where it may.
    pub(crate) fn more_of(&self, block: usize) -> Option<&Gap> {
        self.handed.get(&block).or(self.unread.as_ref())
    }

    /// What a block is called: by the names of its kind's entry, else by its address.
    pub(crate) fn name(&self, block: usize) -> String {
        let block = &self.blocks.all[block];
        let names = self.shared.names.get(&block.kind).map_or(&[][..], Vec::as_slice);
        let known = names.iter().find_map(|path| match walk(path, &block.body, "") {
            Found::One(Hit { value: Value::Text(text), .. }) => Some(text.to_string()),
            _ => None,
        });
        known.unwrap_or_else(|| block.address.clone())
    }
}
