//! Suppressions of other tools, where they are asked for: an exception that is accepted without an end date.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::judged::Judged;
use crate::iac::deployment::{Block, Code};
use crate::iac::suppressions::{self, Covers, Foreign, Tool, controls_of};
use crate::model::check::{AcceptedException, Check, Location, OtherSuppressions, UnusedRule};

/// The directives of other tools in code, by the file that they are in.
pub(super) struct Others {
    by_file: BTreeMap<String, Vec<Foreign>>,
    today: NaiveDate,
}

impl Others {
    /// Those of these tools.
    pub(super) fn read(code: &Code, tools: &BTreeSet<Tool>, today: NaiveDate) -> Self {
        let files = code.files.iter().filter(|_| !tools.is_empty());
        let read = files.map(|(file, text)| (file.to_string(), suppressions::read(file, text, tools)));
        Self { by_file: read.filter(|(_, found)| !found.is_empty()).collect(), today }
    }

    /// The exception that one of them accepts for a failed item: at its block, at a module call that leads to it,
    /// or at all the other blocks that made it fail.
    pub(super) fn accepted(&self, judged: &Judged<'_>) -> Option<AcceptedException> {
        if self.by_file.is_empty() {
            return None;
        }
        let control = judged.verdict.control.as_str();
        let (primary, others) = judged.blocks.split_first()?;
        let at = |(block, lines): &(&Block, BTreeSet<u32>)| {
            let own = self.of(&block.place.file, control).find(|foreign| covers(foreign, block, lines));
            own.map(|foreign| exception(foreign, &block.address))
        };
        let of_call = || {
            primary.0.calls.iter().find_map(|(address, place)| {
                let is_at = |foreign: &&Foreign| match foreign.covers {
                    Covers::Line { target, alone: false } => target == place.line,
                    Covers::BlockAround { target } => (place.line..=place.end_line).contains(&target),
                    _ => false,
                };
                self.of(&place.file, control).find(is_at).map(|foreign| exception(foreign, address))
            })
        };
        let of_others = || {
            let others: Vec<_> = others.iter().filter(|_| primary.1.is_empty()).map(at).collect();
            others.into_iter().collect::<Option<Vec<_>>>()?.into_iter().next()
        };
        at(primary).or_else(of_call).or_else(of_others)
    }

    /// What accepts a control in a file today.
    fn of<'a>(&'a self, file: &str, control: &'a str) -> impl Iterator<Item = &'a Foreign> {
        let all = self.by_file.get(file).into_iter().flatten();
        all.filter(move |foreign| self.why_not(foreign).is_none() && foreign.accepts(control))
    }

    /// Why a directive accepts nothing, whatever fails where it stands.
    fn why_not(&self, foreign: &Foreign) -> Option<String> {
        if let Some(why) = foreign.unusable {
            return Some(why.to_owned());
        }
        match foreign.until.as_deref().map(|day| (day, NaiveDate::parse_from_str(day, "%Y-%m-%d"))) {
            Some((_, Err(_))) => return Some("its last day is not a date".to_owned()),
            Some((day, Ok(last))) if last < self.today => return Some(format!("it ended on {day}")),
            _ => {}
        }
        let known = foreign.rule.as_deref().is_none_or(|rule| !controls_of(foreign.tool, rule).is_empty());
        (!known).then(|| "no control is known to be about it".to_owned())
    }

    /// What became of them; what they accepted is counted in the check.
    pub(super) fn sums(&self, check: &Check) -> OtherSuppressions {
        let mut unused: BTreeMap<(String, String), u64> = BTreeMap::new();
        let all = || self.by_file.values().flatten();
        for foreign in all() {
            if let Some(why) = self.why_not(foreign) {
                *unused.entry((foreign.written(), why)).or_default() += 1;
            }
        }
        let by_others = |accepted: &AcceptedException| accepted.by.is_some();
        OtherSuppressions {
            directives: all().count() as u64,
            accepted: check.results.iter().filter(|result| result.waived.as_ref().is_some_and(by_others)).count()
                as u64,
            unused: unused
                .into_iter()
                .map(|((directive, why), number)| UnusedRule { directive, why, number })
                .collect(),
        }
    }
}

/// Whether a directive is about what failed at a block, at these of its lines.
fn covers(foreign: &Foreign, block: &Block, lines: &BTreeSet<u32>) -> bool {
    let (first, last) = (block.place.line, block.place.end_line);
    match foreign.covers {
        Covers::File => true,
        Covers::Resource { first: from, last: to } => from <= first && last <= to,
        Covers::BlockAround { target } => (first..=last).contains(&target),
        Covers::Line { target, alone } if target == first => !alone || lines.is_empty(),
        Covers::Line { target, alone } => {
            let begins_there = block.spans.values().filter(|(from, _)| *from == target && !alone);
            let end = begins_there.map(|(_, to)| *to).max().unwrap_or(target);
            // An argument that is not written has no line: what is said inside of the block is not about it.
            first < target && !lines.is_empty() && lines.iter().all(|line| (target..=end).contains(line))
        }
    }
}

fn exception(foreign: &Foreign, address: &str) -> AcceptedException {
    AcceptedException {
        reason: foreign.reason.clone().unwrap_or_default(),
        until: foreign.until.clone(),
        by: Some(foreign.written()),
        at: Some(Location {
            file: foreign.place.file.to_string(),
            line: foreign.place.line,
            end_line: foreign.place.end_line,
            address: address.to_owned(),
            lines: Vec::new(),
        }),
    }
}
