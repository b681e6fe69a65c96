//! What a control says of an item of the code, and where it is written.

use std::collections::BTreeSet;

use crate::iac::deployment::{Block, Place};
use crate::model::check::Location;
use crate::model::verdict::ItemVerdict;

/// What a control says of an item of the code.
pub(super) struct Judged<'a> {
    /// The verdict. Its account is `code`; it names no captures.
    pub(super) verdict: ItemVerdict,
    /// Index of its deployment.
    pub(super) deployment: usize,
    /// The primary block, then every other block that took part, each with the lines that told.
    pub(super) blocks: Vec<(&'a Block, BTreeSet<u32>)>,
}

impl Judged<'_> {
    /// Where it is written: the primary block, the others that took part, the module calls.
    pub(super) fn locations(&self) -> Vec<Location> {
        let block = |(block, lines): &(&Block, BTreeSet<u32>)| Location {
            file: block.place.file.to_string(),
            line: block.place.line,
            end_line: block.place.end_line,
            address: block.address.clone(),
            lines: lines.iter().copied().collect(),
        };
        let calls = self.blocks.first().into_iter().flat_map(|(block, _)| block.calls.iter().rev());
        let call = |(address, place): &(String, Place)| Location {
            file: place.file.to_string(),
            line: place.line,
            end_line: place.end_line,
            address: address.clone(),
            lines: Vec::new(),
        };
        self.blocks.iter().map(block).chain(calls.map(call)).collect()
    }
}
