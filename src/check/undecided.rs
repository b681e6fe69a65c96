//! What a verdict comes to in each way that something undecided can come out: how many blocks a `dynamic`
//! makes, whether a companion is there, which side of a conditional is taken.
//!
//! The code is judged first as it stands, with what is unknown as unknown. Only for what was not evaluated
//! then, one undecided thing after another is decided in each of its ways, and all else stays unknown. So
//! whatever is chosen to be decided, a verdict that is the same in every way is the verdict.

use std::collections::{BTreeSet, HashMap};

use super::judged::Judged;
use super::scenarios::one;
use super::ways::{Key, Open, Way, opens, put};
use crate::iac::deployment::{Block, Scenario};
use crate::model::verdict::{ItemKind, Verdict};

/// Most things that are decided for one verdict, one after another.
const DEPTH: usize = 3;
/// Most blocks that are judged again, those of all runs together.
const WORK: usize = 10_000;

/// One of the ways in which things were decided for a verdict, and what came out.
struct Leaf<'a> {
    decided: Vec<(Key, Way)>,
    /// The same for a reader.
    said: Vec<String>,
    /// What came out; nothing where there is no such item then.
    judged: Option<Judged<'a>>,
    /// What can be decided next, where nothing came out.
    next: Option<Open>,
    /// The blocks that told the verdict.
    told: BTreeSet<usize>,
}

/// A verdict that is looked at again.
struct Asked<'a> {
    /// Its place among all.
    at: usize,
    leaves: Vec<Leaf<'a>>,
}

/// One more way for a verdict.
struct Job {
    /// Its place among those that are asked.
    asked: usize,
    decided: Vec<(Key, Way)>,
    said: Vec<String>,
    told: BTreeSet<usize>,
}

/// The blocks of a scenario, and where in them each undecided thing is.
struct Places<'a> {
    read: &'a Scenario,
    numbers: HashMap<*const Block, usize>,
    open: HashMap<Key, BTreeSet<usize>>,
}

/// Decides what it can of what was not evaluated in a scenario, which was judged as `read`. `judge` judges one that has the same blocks at the
/// same places by the controls that it is told, and names the blocks of this one.
pub(super) fn decide<'a>(
    scenario: &'a Scenario,
    read: &Scenario,
    mut all: Vec<Judged<'a>>,
    judge: &mut dyn FnMut(&Scenario, &BTreeSet<String>) -> Vec<Judged<'a>>,
) -> Vec<Judged<'a>> {
    let numbers = scenario.blocks.iter().enumerate().map(|(at, block)| (std::ptr::from_ref(block), at)).collect();
    let mut places = Places { read, numbers, open: HashMap::new() };
    let mut asked: Vec<Asked<'a>> = Vec::new();
    for (at, judged) in all.iter().enumerate().filter(|(_, judged)| is_open(judged)) {
        let told = places.told(judged);
        if let Some(next) = places.next(judged, &told, &read.blocks, &[]) {
            let leaf = Leaf { decided: Vec::new(), said: Vec::new(), judged: None, next: Some(next), told };
            asked.push(Asked { at, leaves: vec![leaf] });
        }
    }
    if asked.is_empty() {
        return all;
    }
    let mut variant = read.clone();
    let mut left = WORK;
    for _ in 0..DEPTH {
        for batch in batches(jobs(&mut asked), &places.open) {
            match left.checked_sub(scenario.blocks.len()) {
                Some(less) => {
                    left = less;
                    run(batch, &mut places, &mut variant, &all, &mut asked, judge);
                }
                // A way that was not looked at leaves the verdict as it was.
                None => batch.into_iter().for_each(|job| {
                    let judged = Some(copy(&all[asked[job.asked].at]));
                    let (decided, said, told) = (job.decided, job.said, job.told);
                    asked[job.asked].leaves.push(Leaf { decided, said, judged, next: None, told });
                }),
            }
        }
    }
    for one in asked {
        if let Some(judged) = together(&all[one.at], one.leaves) {
            all[one.at] = judged;
        }
    }
    all
}

fn is_open(judged: &Judged<'_>) -> bool {
    judged.verdict.verdict == Verdict::NotEvaluated
}

/// Judges the code once for several verdicts.
fn run<'a>(
    batch: Vec<Job>,
    places: &mut Places<'_>,
    variant: &mut Scenario,
    all: &[Judged<'a>],
    asked: &mut [Asked<'a>],
    judge: &mut dyn FnMut(&Scenario, &BTreeSet<String>) -> Vec<Judged<'a>>,
) {
    let decided: HashMap<Key, Way> = batch.iter().flat_map(|job| job.decided.iter().cloned()).collect();
    let touched: BTreeSet<usize> = decided.keys().filter_map(|key| places.open.get(key)).flatten().copied().collect();
    for &at in &touched {
        variant.blocks[at] = put(&places.read.blocks[at], at, &decided);
    }
    let controls = batch.iter().map(|job| all[asked[job.asked].at].verdict.control.clone()).collect();
    let mut found: HashMap<_, Judged<'a>> =
        judge(variant, &controls).into_iter().map(|judged| (name(&judged), judged)).collect();
    for job in batch {
        let before = &all[asked[job.asked].at];
        let mut judged = found.remove(&name(before));
        let told = judged.as_ref().map(|judged| places.told(judged)).unwrap_or_default();
        let keys: Vec<Key> = job.decided.iter().map(|(key, _)| key.clone()).collect();
        // Something was decided for another verdict that this one turned out to hang on.
        let strange = decided.keys().filter(|key| !keys.contains(key));
        let strange = strange.filter_map(|key| places.open.get(key)).any(|blocks| !blocks.is_disjoint(&told));
        let mut next = None;
        if strange {
            judged = Some(copy(before));
        } else if let Some(judged) = judged.as_ref().filter(|judged| is_open(judged)) {
            next = places.next(judged, &told, &variant.blocks, &keys);
        }
        asked[job.asked].leaves.push(Leaf { decided: job.decided, said: job.said, judged, next, told });
    }
    for at in touched {
        variant.blocks[at] = places.read.blocks[at].clone();
    }
}

impl Places<'_> {
    /// The blocks that told a verdict.
    fn told(&self, judged: &Judged<'_>) -> BTreeSet<usize> {
        let number = |block: &Block| self.numbers.get(&std::ptr::from_ref(block)).copied();
        judged.blocks.iter().filter_map(|(block, _)| number(block)).collect()
    }

    /// What a verdict may hang on: what its reason names, else the first thing that is undecided in the
    /// blocks that told it.
    fn next(&mut self, judged: &Judged<'_>, told: &BTreeSet<usize>, blocks: &[Block], decided: &[Key]) -> Option<Open> {
        let primary =
            judged.blocks.first().and_then(|(block, _)| self.numbers.get(&std::ptr::from_ref(*block))).copied();
        let mut found = Vec::new();
        for &at in told {
            // The item itself is judged as if it were there.
            for open in opens(&blocks[at], at, Some(at) != primary) {
                self.open.entry(open.key.clone()).or_default().insert(at);
                if !decided.contains(&open.key) {
                    found.push(open);
                }
            }
        }
        let reason = judged.verdict.reason.as_ref().map(|gap| gap.detail.as_str()).unwrap_or_default();
        let named = found.iter().position(|open| open.reason == reason);
        let first = named.or_else(|| (!found.is_empty()).then_some(0))?;
        Some(found.swap_remove(first))
    }
}

fn name(judged: &Judged<'_>) -> (String, String, String) {
    (judged.verdict.control.clone(), judged.verdict.r#type.clone(), judged.verdict.id.clone())
}

fn copy<'a>(judged: &Judged<'a>) -> Judged<'a> {
    Judged { verdict: judged.verdict.clone(), deployment: judged.deployment, blocks: judged.blocks.clone() }
}

/// One more way for each verdict that something can be decided for; what it is decided in is taken out.
fn jobs(asked: &mut [Asked<'_>]) -> Vec<Job> {
    let mut jobs = Vec::new();
    for (number, asked) in asked.iter_mut().enumerate() {
        let (open, closed): (Vec<Leaf<'_>>, Vec<Leaf<'_>>) =
            std::mem::take(&mut asked.leaves).into_iter().partition(|leaf| leaf.next.is_some());
        asked.leaves = closed;
        for leaf in open {
            let Some(next) = leaf.next else { continue };
            for &way in next.ways {
                let with = |one: (Key, Way)| leaf.decided.iter().cloned().chain([one]).collect();
                let said = leaf.said.iter().cloned().chain([next.said.way(way)]).collect();
                jobs.push(Job { asked: number, decided: with((next.key.clone(), way)), said, told: leaf.told.clone() });
            }
        }
    }
    jobs
}

/// Puts together what can be judged in one run: nothing is decided in a block that told a verdict which it is
/// not decided for.
fn batches(jobs: Vec<Job>, open: &HashMap<Key, BTreeSet<usize>>) -> Vec<Vec<Job>> {
    struct Batch {
        jobs: Vec<Job>,
        decided: HashMap<Key, Way>,
        touched: BTreeSet<usize>,
        told: BTreeSet<usize>,
    }
    let mut batches: Vec<Batch> = Vec::new();
    for job in jobs {
        let touched: BTreeSet<usize> =
            job.decided.iter().filter_map(|(key, _)| open.get(key)).flatten().copied().collect();
        let same = |batch: &Batch| {
            batch.decided.len() == job.decided.len()
                && job.decided.iter().all(|(key, way)| batch.decided.get(key) == Some(way))
        };
        let apart = |batch: &Batch| {
            job.decided.iter().all(|(key, _)| !batch.decided.contains_key(key))
                && batch.touched.is_disjoint(&job.told)
                && batch.told.is_disjoint(&touched)
        };
        match batches.iter_mut().find(|batch| same(batch) || apart(batch)) {
            Some(batch) => {
                batch.decided.extend(job.decided.iter().cloned());
                batch.touched.extend(touched);
                batch.told.extend(job.told.iter().copied());
                batch.jobs.push(job);
            }
            None => batches.push(Batch {
                decided: job.decided.iter().cloned().collect(),
                touched,
                told: job.told.clone(),
                jobs: vec![job],
            }),
        }
    }
    batches.into_iter().map(|batch| batch.jobs).collect()
}

/// The verdict of all ways; nothing where it is what it was.
fn together<'a>(before: &Judged<'a>, leaves: Vec<Leaf<'a>>) -> Option<Judged<'a>> {
    let mut found: Vec<(Vec<String>, Judged<'a>)> = Vec::new();
    for leaf in leaves {
        match leaf.judged {
            // An account or a region is there, whatever is in it.
            None if before.verdict.kind != ItemKind::Resource => return None,
            None => {}
            Some(judged) if is_open(&judged) => return None,
            Some(judged) => found.push((leaf.said, judged)),
        }
    }
    one(found)
}
