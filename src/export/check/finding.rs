//! Results put together for readers: a block with `count` or `for_each`, or of a module that is called
//! several times, of which a control says the same in each instance is one finding. An instance of which
//! something else is said (another verdict, another sentence, accepted, known) is in a finding of its own.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use serde_json::json;

use super::standing::{Standing, calls, reason, sentence, standing};
use super::text::plain;
use crate::model::canonical::sha256_hex;
use crate::model::check::{Action, Check, CheckResult, Outcome};
use crate::model::check_form::FindingSums;
use crate::model::instance::{Instance, Parts, without_keys};

/// Addresses of instances that are named; the rest is counted.
const NAMED: usize = 3;

/// Hexadecimal digits of a fingerprint.
const FINGERPRINT: usize = 32;

/// What a control says of a block, in every instance of which it says the same.
#[derive(Debug, Clone)]
pub(super) struct Finding<'a> {
    /// The results, in the order of their addresses; at least one.
    pub(super) results: Vec<&'a CheckResult>,
}

impl<'a> Finding<'a> {
    /// The result that is shown for all.
    pub(super) fn first(&self) -> &'a CheckResult {
        self.results[0]
    }

    /// The address of the first instance, and how many there are besides.
    pub(super) fn named(&self) -> String {
        let first = &self.first().resource.address;
        match self.results.len() {
            1 => first.clone(),
            2 => format!("{first} (and 1 more instance)"),
            number => format!("{first} (and {} more instances)", number - 1),
        }
    }

    /// The number of instances with the first addresses, where there are several.
    pub(super) fn instances(&self) -> Option<String> {
        let number = self.results.len();
        if number == 1 {
            return None;
        }
        let shown: Vec<String> =
            self.results.iter().take(NAMED).map(|result| plain(&result.resource.address)).collect();
        let rest = number.saturating_sub(NAMED);
        let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
        Some(format!("{number}: {}{more}", shown.join(", ")))
    }

    /// What the finding is, whatever lines its block moves to and whatever instances there are: of the control,
    /// the block in its file of the repository, and what is said apart from names and addresses. What is
    /// accepted or known is another one than what is open, so that an instance that is added to known ones
    /// is not taken for one of them.
    pub(super) fn fingerprint(&self, check: &Check) -> String {
        let first = self.first();
        let file = first.locations.first().map_or("", |location| location.file.as_str());
        // What tells findings of one block apart that say the same: none of it where nothing was made of them.
        let state = json!({
            "waived": first.waived.as_ref().map(|waived| (&waived.reason, &waived.by)),
            "known": first.in_baseline,
            "action": (first.action != Action::Deny).then_some(first.action),
        });
        let record = json!({
            "control": first.control,
            "file": check.in_repository.get(file).map_or(file, String::as_str),
            "block": block_of(first),
            "says": says(first),
            "state": state,
        });
        let mut digest = sha256_hex(record.to_string().as_bytes());
        digest.truncate(FINGERPRINT);
        digest
    }
}

/// The findings of one standing, in the order of the check.
pub(super) fn findings(check: &Check, wanted: Standing) -> Vec<Finding<'_>> {
    group(check.results.iter().filter(|result| standing(check, result) == wanted))
}

/// The same, the most severe first.
pub(super) fn by_severity(check: &Check, wanted: Standing) -> Vec<Finding<'_>> {
    let mut found = findings(check, wanted);
    found.sort_by_key(|finding| Reverse(finding.first().severity));
    found
}

/// What could not be evaluated, the most severe first: what the policy does not keep silent, and what it does.
pub(super) fn not_evaluated(check: &Check) -> (Vec<Finding<'_>>, Vec<Finding<'_>>) {
    by_severity(check, Standing::NotEvaluated).into_iter().partition(|finding| finding.first().action != Action::Silent)
}

/// How many results there are in findings.
pub(super) fn number(findings: &[Finding<'_>]) -> usize {
    findings.iter().map(|finding| finding.results.len()).sum()
}

/// Puts results together of which the same is said.
pub(super) fn group<'a>(results: impl Iterator<Item = &'a CheckResult>) -> Vec<Finding<'a>> {
    let mut findings: Vec<Finding<'a>> = Vec::new();
    let mut index = HashMap::new();
    for result in results {
        let at = result.locations.first().map(|at| (at.file.as_str(), at.line, at.end_line));
        let waived = result.waived.as_ref().map(|waived| (&waived.reason, &waived.until, &waived.by));
        let key = (
            (at, block_of(result), &result.control, &result.resource.r#type),
            (result.verdict, result.action, result.severity, result.in_baseline, says(result), waived),
        );
        let at = *index.entry(key).or_insert_with(|| {
            findings.push(Finding { results: Vec::new() });
            findings.len() - 1
        });
        findings[at].results.push(result);
    }
    for finding in findings.iter_mut().filter(|finding| finding.results.len() > 1) {
        finding.results.sort_by_cached_key(|result| natural(&result.resource.address));
    }
    findings
}

/// A key to sort by in which numbers stand by their value: `b[2]` before `b[10]`.
fn natural(text: &str) -> Vec<(u64, &str)> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let word = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (before, after) = rest.split_at(word);
        let number = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
        let value = if number == 0 { 0 } else { after[..number].parse().unwrap_or(u64::MAX) };
        parts.push((0, before));
        parts.push((value, &after[..number]));
        rest = &after[number..];
    }
    parts
}

/// What fails the gate, put together.
pub(super) fn sums(check: &Check) -> FindingSums {
    let denied = findings(check, Standing::Denied);
    let mut blocks = BTreeSet::new();
    let mut instances = BTreeSet::new();
    for result in denied.iter().flat_map(|finding| &finding.results) {
        let at = result.locations.first().map(|at| (at.file.as_str(), at.line));
        blocks.insert((at, block_of(result)));
        instances.insert((at, &result.resource.address, calls(result)));
    }
    FindingSums { findings: denied.len() as u64, blocks: blocks.len() as u64, instances: instances.len() as u64 }
}

/// The block that a result is about, without instance keys; without modules where the place is that of the
/// block in its module, which several calls may lead to.
pub(super) fn block_of(result: &CheckResult) -> String {
    let address = &result.resource.address;
    if calls(result).is_empty() { without_keys(address) } else { Parts::of(address).block.to_owned() }
}

/// What is said of a result, apart from what tells it from other instances.
fn says(result: &CheckResult) -> String {
    let instance = Instance { address: &result.resource.address, name: result.name.as_deref() };
    if result.verdict == Outcome::NotEvaluated {
        instance.open(&reason(result))
    } else {
        instance.open(sentence(result))
    }
}

#[cfg(test)]
mod tests {
    use super::natural;

    #[test]
    fn instances_stand_in_the_order_of_their_numbers() {
        let mut found = ["b[10]", "b[2]", "a[\"x\"].b[1]", "b", "b[99999999999999999999]"];
        found.sort_by_cached_key(|text| natural(text));
        assert_eq!(found, ["a[\"x\"].b[1]", "b", "b[2]", "b[10]", "b[99999999999999999999]"]);
    }
}
