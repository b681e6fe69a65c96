//! Which companion blocks belong to which block, worked out once for a scenario.

use std::collections::HashMap;

use super::blocks::Blocks;
use super::reference::{Index, Link};
use super::walk::{Found, walk};
use crate::iac::deployment::Reach;
use crate::iac::mapping::language::rule::Relation;
use crate::model::gap::{Gap, GapCode};

/// Kinds of settings that hold for all regions of an account; others hold for one.
const ACCOUNT_WIDE: [&str; 2] = ["aws_s3_account_public_access_block", "aws_iam_account_password_policy"];

/// Most companions that are told one by one where it is not known whose they are.
const OPEN_LIMIT: usize = 16;

/// The companions of one relation.
#[derive(Debug, Default)]
pub(crate) struct Links {
    /// By block: the companions that are certainly its own, in order.
    definite: HashMap<usize, Vec<usize>>,
    /// Companions of every block: those that nothing links to any.
    everyones: Vec<usize>,
    /// By block: companions that may be its own.
    among: HashMap<usize, Vec<(usize, Gap)>>,
    /// Companions that may be any block's.
    open: Vec<(usize, Gap)>,
    /// Companions that are certainly no block's that is in the code, or of which it is not known.
    pub(crate) orphans: Vec<usize>,
    /// Those of them that name no block at all.
    bare: Vec<usize>,
}

impl Links {
    pub(crate) fn of(relation: &Relation, targets: &Index, blocks: &Blocks<'_>) -> Self {
        let mut links = Self::default();
        let mut companions: Vec<usize> = relation.kinds.iter().flat_map(|kind| blocks.of_kind(kind)).copied().collect();
        companions.sort_unstable();
        companions.dedup();
        if relation.on.is_empty() {
            links.everyones = companions;
            return links;
        }
        for companion in companions {
            links.add(companion, relation, targets, blocks);
        }
        links
    }

    fn add(&mut self, companion: usize, relation: &Relation, targets: &Index, blocks: &Blocks<'_>) {
        let body = &blocks.all[companion].body;
        let found = relation.on.iter().find_map(|path| match walk(path, body, "") {
            Found::Absent => None,
            Found::One(hit) => Some(vec![hit]),
            Found::Many(hits) => Some(hits),
        });
        // One that names nothing may belong to nothing (a policy that is attached to no user), or be
        // incomplete: `Items` decides.
        let Some(hits) = found.filter(|hits| !hits.is_empty()) else {
            self.bare.push(companion);
            self.orphans.push(companion);
            return;
        };
        let mut settled = false;
        for hit in hits {
            for link in targets.links(&hit.value, companion, blocks, &relation.on) {
                match link {
                    Link::To(block) => {
                        settled = true;
                        let own = self.definite.entry(block).or_default();
                        if own.last() != Some(&companion) {
                            own.push(companion);
                        }
                    }
                    Link::Among(among, gap) => {
                        for block in among {
                            self.among.entry(block).or_default().push((companion, gap.clone()));
                        }
                    }
                    Link::Open(gap) => self.open.push((companion, gap)),
                    Link::Elsewhere => {}
                }
            }
        }
        if !settled {
            self.orphans.push(companion);
        }
    }

    /// Whether a companion names a block here.
    pub(crate) fn names_one(&self, companion: usize) -> bool {
        self.bare.binary_search(&companion).is_err()
    }

    /// The companions that are certainly the block's.
    pub(crate) fn definite(&self, block: usize, blocks: &Blocks<'_>) -> Vec<usize> {
        match self.definite.get(&block) {
            Some(own) => own.clone(),
            None => self.everyones_with(block, Some(true), blocks).collect(),
        }
    }

    /// The companions of everything in an account or a region that are in the block's, are not, or of
    /// which it is not known.
    fn everyones_with(&self, block: usize, answer: Option<bool>, blocks: &Blocks<'_>) -> impl Iterator<Item = usize> {
        self.everyones.iter().copied().filter(move |companion| {
            let reach =
                if ACCOUNT_WIDE.contains(&&*blocks.all[*companion].kind) { Reach::Account } else { Reach::Region };
            blocks.is_with(block, *companion, reach) == answer
        })
    }

    /// The companions that may be the block's, and why that is not known. Beyond a number they are
    /// summed up.
    pub(crate) fn doubtful(&self, block: usize, blocks: &Blocks<'_>) -> Vec<(usize, Gap)> {
        let among = self.among.get(&block).map_or(&[][..], Vec::as_slice).iter().cloned();
        let near = self.everyones_with(block, None, blocks).map(|companion| {
            let why = format!("{} may be of another region or account", blocks.all[companion].address);
            (companion, Gap::new(GapCode::Unresolved, why))
        });
        among.chain(near).chain(self.open.iter().cloned()).take(OPEN_LIMIT).collect()
    }

    /// The gap for those that [`Self::doubtful`] leaves out.
    pub(crate) fn more(&self, block: usize) -> Option<Gap> {
        let count = self.among.get(&block).map_or(0, Vec::len) + self.open.len();
        (count > OPEN_LIMIT)
            .then(|| Gap::new(GapCode::Unresolved, format!("{} more may refer to it", count - OPEN_LIMIT)))
    }
}
