//! The code is judged again with the changes made: those are kept that hold.

use std::collections::{BTreeMap, BTreeSet};

use super::candidate::Draft;
use super::plan::{Key, Plan, key};
use crate::check::{Checked, input, judge};
use crate::evidence::error::Failure;
use crate::iac::deployment::{Code, Problem};
use crate::iac::replaced::Replaced;
use crate::model::verdict::Verdict;

/// How many times the code is judged at most: each change that does not hold is found by halving.
const TRIALS: u32 = 64;

/// What holds, and what does not.
#[derive(Default)]
pub(super) struct Proved {
    /// Candidates that hold together, by their number.
    pub(super) held: BTreeSet<usize>,
    /// Candidates that do not, with the reason.
    pub(super) thrown_away: Vec<(usize, String)>,
    /// The texts of the files with what holds.
    pub(super) texts: BTreeMap<String, String>,
}

/// Why a set of changes does not hold.
enum Broken {
    /// These do not mend what they are for, with what is said then.
    Unmended(BTreeMap<usize, String>),
    /// Something else comes out otherwise.
    Elsewhere(String),
}

/// Finds the candidates that hold together.
pub(super) fn prove(checked: &Checked<'_>, plan: &Plan<'_>) -> Result<Proved, Failure> {
    let mut prover = Prover {
        checked,
        plan,
        options: input::Options::of(checked.request)?,
        before: verdicts(checked.code, &checked.outcome),
        problems: checked.code.problems.iter().map(said).collect(),
        trials: TRIALS,
        proved: Proved::default(),
    };
    let mut made = Vec::new();
    for at in 0..plan.candidates.len() {
        match Draft::new(&plan.texts).make(&plan.candidates[at]) {
            Ok(true) => made.push(at),
            Ok(false) => {
                let set = "what the patch sets is set already: the control fails for something else";
                let reason = plan.candidates[at].none.unwrap_or(set);
                prover.proved.thrown_away.push((at, reason.to_owned()));
            }
            Err(refusal) => prover.proved.thrown_away.push((at, refusal.0)),
        }
    }
    prover.settle(&made)?;
    Ok(prover.proved)
}

struct Prover<'a> {
    checked: &'a Checked<'a>,
    plan: &'a Plan<'a>,
    options: input::Options,
    before: BTreeMap<Key, Verdict>,
    /// What could not be read before.
    problems: BTreeSet<(&'a str, &'a str)>,
    trials: u32,
    proved: Proved,
}

/// What items are told apart in: path of the deployment, control, type.
type Group<'a> = (&'a str, &'a str, &'a str);

fn group(key: &Key) -> Group<'_> {
    (&key.0, &key.1, &key.2)
}

fn said(problem: &Problem) -> (&str, &str) {
    (&problem.file, &problem.message)
}

fn verdicts(code: &Code, outcome: &judge::Outcome<'_>) -> BTreeMap<Key, Verdict> {
    let entry = |judged: &crate::check::judged::Judged<'_>| {
        (key(&code.deployments[judged.deployment].path, &judged.verdict), judged.verdict.verdict)
    };
    outcome.judged.iter().map(entry).collect()
}

impl Prover<'_> {
    /// Keeps those of the candidates that hold beside what is held.
    fn settle(&mut self, candidates: &[usize]) -> Result<(), Failure> {
        if candidates.is_empty() {
            return Ok(());
        }
        if self.trials == 0 {
            let reason = format!("it was not proved within {TRIALS} times of judging: name fewer paths or controls");
            self.proved.thrown_away.extend(candidates.iter().map(|at| (*at, reason.clone())));
            return Ok(());
        }
        self.trials -= 1;
        let broken = match self.holds(candidates)? {
            Ok(texts) => {
                self.proved.held.extend(candidates);
                self.proved.texts = texts;
                return Ok(());
            }
            Err(broken) => broken,
        };
        match broken {
            Broken::Unmended(which) if which.len() < candidates.len() || candidates.len() == 1 => {
                let rest: Vec<usize> = candidates.iter().copied().filter(|at| !which.contains_key(at)).collect();
                self.proved.thrown_away.extend(which);
                self.settle(&rest)
            }
            Broken::Elsewhere(reason) if candidates.len() == 1 => {
                self.proved.thrown_away.push((candidates[0], reason));
                Ok(())
            }
            Broken::Unmended(_) | Broken::Elsewhere(_) => {
                let (one, other) = candidates.split_at(candidates.len() / 2);
                self.settle(one)?;
                self.settle(other)
            }
        }
    }

    /// The texts with what is held and these candidates, if all holds.
    fn holds(&self, candidates: &[usize]) -> Result<Result<BTreeMap<String, String>, Broken>, Failure> {
        let mut draft = Draft::new(&self.plan.texts);
        let all: BTreeSet<usize> = self.proved.held.iter().chain(candidates).copied().collect();
        for at in &all {
            if let Err(refusal) = draft.make(&self.plan.candidates[*at]) {
                return Ok(Err(Broken::Elsewhere(format!("beside other patches of the file, {}", refusal.0))));
            }
        }
        let replaced: BTreeMap<_, _> = draft
            .changed
            .iter()
            .filter_map(|(shown, text)| Some((self.plan.texts.path(shown)?.to_owned(), text.clone())))
            .collect();
        let code = input::read(&self.checked.request.paths, &self.options.replacing(Replaced::new(replaced)))?;
        if let Some(problem) = code.problems.iter().find(|problem| !self.problems.contains(&said(problem))) {
            let reason = format!("after it, {} could not be read: {}", problem.file, problem.message);
            return Ok(Err(Broken::Elsewhere(reason)));
        }
        let (rules, asked) = (self.checked.rules, &self.checked.request.asked);
        let outcome = judge::all(&code, rules, asked, self.checked.now, &BTreeSet::new());
        let after = verdicts(&code, &outcome);
        let moved = self.moved(&after);
        let mut unmended = BTreeMap::new();
        let mut expected = BTreeSet::new();
        for at in &all {
            for finding in &self.plan.candidates[*at].findings {
                let key = &self.plan.findings[*finding].key;
                expected.insert(key);
                let reason = match after.get(key) {
                    Some(Verdict::Pass) => continue,
                    None if moved.contains(&group(key)) => continue,
                    Some(verdict) => format!("the patch does not mend it: after it, the verdict is `{verdict}`"),
                    None => "after the patch, the item is not found".to_owned(),
                };
                if !candidates.contains(at) {
                    return Ok(Err(Broken::Elsewhere(format!("after it, {} fails again", key.1))));
                }
                unmended.entry(*at).or_insert(reason);
            }
        }
        if !unmended.is_empty() {
            return Ok(Err(Broken::Unmended(unmended)));
        }
        Ok(match self.changed(&after, &expected, &moved) {
            Some(reason) => Err(Broken::Elsewhere(reason)),
            None => Ok(draft.changed),
        })
    }

    /// What is about items that are others now, and comes out well for each of them: the default group of a VPC is
    /// an item of its own once its block is written.
    fn moved<'k>(&self, after: &'k BTreeMap<Key, Verdict>) -> BTreeSet<Group<'k>> {
        let mut new: BTreeMap<Group<'k>, (usize, bool)> = BTreeMap::new();
        for (key, verdict) in after.iter().filter(|(key, _)| !self.before.contains_key(*key)) {
            let entry = new.entry(group(key)).or_insert((0, true));
            entry.0 += 1;
            entry.1 &= matches!(verdict, Verdict::Pass | Verdict::NotApplicable);
        }
        let gone =
            |of: &Group<'_>| self.before.keys().filter(|key| group(key) == *of && !after.contains_key(*key)).count();
        new.into_iter().filter(|(of, (count, well))| *well && *count >= gone(of)).map(|(of, _)| of).collect()
    }

    /// What else comes out otherwise, and not as pass.
    fn changed(
        &self,
        after: &BTreeMap<Key, Verdict>,
        expected: &BTreeSet<&Key>,
        moved: &BTreeSet<Group<'_>>,
    ) -> Option<String> {
        for (key, was) in self.before.iter().filter(|(key, _)| !expected.contains(key)) {
            match after.get(key) {
                Some(is) if is == was || *is == Verdict::Pass => {}
                Some(is) => return Some(format!("after it, {} says `{is}` of {}, and said `{was}`", key.1, key.3)),
                None if moved.contains(&group(key)) => {}
                None => return Some(format!("after it, {} says nothing of {}", key.1, key.3)),
            }
        }
        let new = after
            .iter()
            .find(|(key, is)| !self.before.contains_key(*key) && !matches!(is, Verdict::Pass | Verdict::NotApplicable));
        new.map(|(key, is)| format!("after it, {} says `{is}` of {}, which is new", key.1, key.3))
    }
}
