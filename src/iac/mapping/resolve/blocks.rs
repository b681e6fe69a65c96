//! The blocks of a scenario, found by kind and by address.

use std::collections::HashMap;

use crate::iac::deployment::{Block, Reach, Scenario};
use crate::iac::value::Reference;

/// The blocks of a scenario, by what finds them.
pub(crate) struct Blocks<'a> {
    /// In the order of the scenario.
    pub(crate) all: &'a [Block],
    by_kind: HashMap<&'a str, Vec<usize>>,
    by_address: HashMap<&'a str, usize>,
    /// By the address without the key of the instance.
    by_base: HashMap<&'a str, Vec<usize>>,
    /// By the address without any key.
    by_bare: HashMap<String, Vec<usize>>,
}

impl<'a> Blocks<'a> {
    pub(crate) fn of(scenario: &'a Scenario) -> Self {
        let mut blocks = Self {
            all: &scenario.blocks,
            by_kind: HashMap::new(),
            by_address: HashMap::new(),
            by_base: HashMap::new(),
            by_bare: HashMap::new(),
        };
        for (index, block) in scenario.blocks.iter().enumerate() {
            blocks.by_kind.entry(&block.kind).or_default().push(index);
            blocks.by_address.entry(&block.address).or_insert(index);
            blocks.by_base.entry(base(&block.address)).or_default().push(index);
            blocks.by_bare.entry(bare(&block.address)).or_default().push(index);
        }
        blocks
    }

    /// The kinds there are blocks of.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = &'a str> {
        self.by_kind.keys().copied()
    }

    /// The blocks of a kind, in order.
    pub(crate) fn of_kind(&self, kind: &str) -> &[usize] {
        self.by_kind.get(kind).map_or(&[], Vec::as_slice)
    }

    /// The blocks that an address may mean.
    pub(crate) fn at(&self, reference: &Reference) -> Vec<usize> {
        if let Some(&exact) = self.by_address.get(reference.address.as_str())
            && (reference.instance || self.all[exact].key.is_none())
        {
            return vec![exact];
        }
        let by_base = self.by_base.get(reference.address.as_str());
        if let Some(found) = by_base.or_else(|| self.by_base.get(base(&reference.address))) {
            return found.clone();
        }
        self.by_bare.get(&bare(&reference.address)).cloned().unwrap_or_default()
    }

    /// The one block that a reference means, where there is one.
    pub(crate) fn one_at(&self, reference: &Reference, from: usize) -> Option<usize> {
        match self.pick(from, &self.at(reference)) {
            Picked::One(index) => Some(index),
            Picked::Several | Picked::None => None,
        }
    }

    /// Whether two blocks lie in the same place; `None` where it is not known.
    pub(crate) fn is_with(&self, one: usize, other: usize, reach: Reach) -> Option<bool> {
        self.all[one].site.is_with(&self.all[other].site, reach)
    }

    /// Those of the blocks that may be in the same region as `from`: those that certainly are, if some
    /// are. A name is given once an account and region, so that the same name elsewhere names another.
    pub(crate) fn beside(&self, from: usize, found: &[usize]) -> Vec<usize> {
        let with = |answer| move |at: &usize| self.is_with(from, *at, Reach::Region) == answer;
        let certain: Vec<usize> = found.iter().copied().filter(with(Some(true))).collect();
        if certain.is_empty() { found.iter().copied().filter(with(None)).collect() } else { certain }
    }

    /// Which of the blocks is meant by the block `from`: the only one, or the only one of its module
    /// and its instance key.
    pub(crate) fn pick(&self, from: usize, found: &[usize]) -> Picked {
        match found {
            [] => Picked::None,
            [one] => Picked::One(*one),
            several => {
                let near = &self.all[from];
                let same = |index: &&usize| {
                    let other = &self.all[**index];
                    other.module == near.module && other.key == near.key
                };
                let mut same = several.iter().filter(same);
                match (same.next(), same.next()) {
                    (Some(one), None) => Picked::One(*one),
                    _ => Picked::Several,
                }
            }
        }
    }
}

/// Which block is meant.
pub(crate) enum Picked {
    None,
    One(usize),
    Several,
}

/// An address without the key of the instance.
pub(crate) fn base(address: &str) -> &str {
    if !address.ends_with(']') {
        return address;
    }
    // A key may hold brackets of its own within its quotes.
    let open = match address.strip_suffix("\"]") {
        Some(rest) => rest.rfind("[\""),
        None => address.rfind('['),
    };
    open.map_or(address, |open| &address[..open])
}

/// An address without any key.
fn bare(address: &str) -> String {
    let mut bare = String::with_capacity(address.len());
    let (mut depth, mut quoted) = (0_usize, false);
    for c in address.chars() {
        match c {
            '"' if depth > 0 => quoted = !quoted,
            '[' if !quoted => depth += 1,
            ']' if !quoted => depth = depth.saturating_sub(1),
            _ if depth == 0 => bare.push(c),
            _ => {}
        }
    }
    bare
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_taken_off_addresses() {
        assert_eq!(base("aws_x.a[0]"), "aws_x.a");
        assert_eq!(base("module.m[\"k\"].aws_x.a[\"b[c]\"]"), "module.m[\"k\"].aws_x.a");
        assert_eq!(base("module.m[0].aws_x.a"), "module.m[0].aws_x.a");
        assert_eq!(bare("module.m[\"k]\"].aws_x.a[0]"), "module.m.aws_x.a");
    }
}
