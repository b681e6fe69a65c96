//! One verdict of those that a deployment gets in each of its scenarios.

use std::collections::{BTreeMap, BTreeSet};

use super::judged::Judged;
use crate::iac::deployment::Scenario;
use crate::model::gap::{Gap, GapCode};
use crate::model::verdict::Verdict;

/// What holds in every scenario. A verdict that differs between them is not decided, and its reason says
/// what it hangs on.
pub(super) fn agreed<'a>(mut scenarios: Vec<Vec<Judged<'a>>>, of: &[Scenario]) -> Vec<Judged<'a>> {
    if scenarios.len() <= 1 {
        return scenarios.pop().unwrap_or_default();
    }
    let mut all: BTreeMap<(String, String, String), Vec<(usize, Judged<'a>)>> = BTreeMap::new();
    for (index, scenario) in scenarios.into_iter().enumerate() {
        for judged in scenario {
            let verdict = &judged.verdict;
            let key = (verdict.control.clone(), verdict.r#type.clone(), verdict.id.clone());
            all.entry(key).or_default().push((index, judged));
        }
    }
    all.into_values().filter_map(|found| together(found, of)).collect()
}

/// One verdict of those of all parts: each of them is deployed, so that one that fails decides.
fn together<'a>(found: Vec<(usize, Judged<'a>)>, of: &[Scenario]) -> Option<Judged<'a>> {
    let mut parts: BTreeMap<usize, Vec<(usize, Judged<'a>)>> = BTreeMap::new();
    for (scenario, judged) in found {
        parts.entry(of.get(scenario)?.part).or_default().push((scenario, judged));
    }
    let order = [Verdict::Fail, Verdict::NotEvaluated, Verdict::Pass, Verdict::NotApplicable];
    let rank = |judged: &Judged<'_>| order.iter().position(|verdict| *verdict == judged.verdict.verdict);
    let assumed = |(scenario, judged): (usize, Judged<'a>)| Some((of.get(scenario)?.assumptions.as_slice(), judged));
    parts.into_values().filter_map(|found| one(found.into_iter().filter_map(assumed).collect())).min_by_key(rank)
}

/// One verdict of those that exclude each other, each with what is assumed for it.
pub(super) fn one(found: Vec<(impl AsRef<[String]>, Judged<'_>)>) -> Option<Judged<'_>> {
    let mut by_verdict: BTreeMap<Verdict, Vec<&[String]>> = BTreeMap::new();
    for (assumed, judged) in &found {
        by_verdict.entry(judged.verdict.verdict).or_default().push(assumed.as_ref());
    }
    let reason = (by_verdict.len() > 1).then(|| Gap::new(GapCode::Unresolved, difference(&by_verdict)));
    let (_, mut first) = found.into_iter().next()?;
    if reason.is_some() {
        first.verdict.verdict = Verdict::NotEvaluated;
        first.verdict.message = None;
        first.verdict.reason = reason;
    }
    Some(first)
}

/// What the verdicts hang on, told by one scenario of each: of all that could be shown, those that differ
/// least, and of these only what they differ in.
fn difference(by_verdict: &BTreeMap<Verdict, Vec<&[String]>>) -> String {
    let first = by_verdict.values().next().map_or(&[][..], Vec::as_slice);
    let nearest = |scenario: &[String]| -> Vec<&[String]> {
        by_verdict
            .values()
            .filter_map(|scenarios| scenarios.iter().min_by_key(|other| apart(scenario, other)).copied())
            .collect()
    };
    let shown = first
        .iter()
        .map(|scenario| nearest(scenario))
        .min_by_key(|shown| shown.iter().map(|other| apart(shown[0], other)).sum::<usize>())
        .unwrap_or_default();
    let common: BTreeSet<&String> = shown
        .first()
        .into_iter()
        .copied()
        .flatten()
        .filter(|said| shown.iter().all(|scenario| scenario.contains(said)))
        .collect();
    let told = by_verdict.keys().zip(&shown).map(|(verdict, scenario)| {
        let own: Vec<&str> = scenario.iter().filter(|said| !common.contains(said)).map(String::as_str).collect();
        match own.as_slice() {
            [] => format!("{} otherwise", spoken(*verdict)),
            own => format!("{} where {}", spoken(*verdict), own.join(" and ")),
        }
    });
    told.collect::<Vec<_>>().join("; ")
}

/// How many assumptions two scenarios do not share.
fn apart(one: &[String], other: &[String]) -> usize {
    let missing = |from: &[String], of: &[String]| of.iter().filter(|said| !from.contains(said)).count();
    missing(one, other) + missing(other, one)
}

fn spoken(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "it passes",
        Verdict::Fail => "it fails",
        Verdict::NotEvaluated => "it cannot be decided",
        Verdict::NotApplicable => "it does not apply",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenarios(all: &[&[&str]]) -> Vec<Vec<String>> {
        all.iter().map(|scenario| scenario.iter().map(|said| (*said).to_owned()).collect()).collect()
    }

    #[test]
    fn only_what_a_verdict_hangs_on_is_said() {
        let all =
            scenarios(&[&["A is 1", "B is 1"], &["A is 1", "B is 2"], &["A is 2", "B is 1"], &["A is 2", "B is 2"]]);
        let by_verdict = BTreeMap::from([
            (Verdict::Pass, vec![all[1].as_slice(), &all[3]]),
            (Verdict::Fail, vec![all[0].as_slice(), &all[2]]),
        ]);
        let said = difference(&by_verdict);
        assert!(said.contains("it passes where B is 2") && said.contains("it fails where B is 1"), "{said}");
        assert!(!said.contains('A'), "{said}");
    }

    #[test]
    fn a_world_that_assumes_nothing_of_its_own_is_the_others_otherwise() {
        let all = scenarios(&[&["A is 1"], &[]]);
        let by_verdict =
            BTreeMap::from([(Verdict::Pass, vec![all[0].as_slice()]), (Verdict::Fail, vec![all[1].as_slice()])]);
        let said = difference(&by_verdict);
        assert!(said.contains("it passes where A is 1") && said.contains("it fails otherwise"), "{said}");
    }
}
