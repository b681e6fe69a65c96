//! Every control on everything that was read, by the evaluation of the nightly scan.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use super::judged::Judged;
use super::scenarios::agreed;
use super::undecided::decide;
use crate::evaluate::effective::{Enforced, effective};
use crate::evaluate::engine::evaluate;
use crate::evaluate::inventory::Inventory;
use crate::evaluate::needs::{join, needs};
use crate::evidence::rules::Rules;
use crate::iac::deployment::{ACCOUNT, Block, Code, Deployment, Language, REGION, Scenario};
use crate::iac::mapping::{Mapped, Mappings, map};
use crate::model::control::Source;
use crate::model::gap::{Gap, GapCode};
use crate::model::resource::Resource;
use crate::model::scan::{AccountScope, RegionScope, ScanSelection};
use crate::model::tree::Tree;
use crate::model::verdict::{ItemKind, ItemVerdict, Verdict};

/// The type of the account itself, which is never written in code.
const ACCOUNT_TYPE: &str = "AWS::::Account";
/// Most lines of an argument that are pointed at.
const LINES: u32 = 4;

/// What judging came to.
pub(super) struct Outcome<'a> {
    pub(super) judged: Vec<Judged<'a>>,
    /// Resources that were looked at, of types that there are controls for or not.
    pub(super) resources: u64,
    /// Controls that were run on something.
    pub(super) controls: BTreeSet<String>,
    /// How many items of each type there are, and what was missing where they were counted.
    pub(super) populations: BTreeMap<String, (u64, Option<Gap>)>,
}

/// What every control says of every item: path of the deployment, control, type, id of the item, verdict.
#[derive(Default)]
pub(super) struct Verdicts(BTreeSet<(String, String, String, String, Verdict)>);

impl Verdicts {
    /// Judges code for its verdicts alone; `path` gives the path that a deployment is known by.
    pub(super) fn of(
        code: &Code,
        rules: &Rules,
        asked: &ScanSelection,
        now: DateTime<Utc>,
        path: impl Fn(&str) -> String,
    ) -> Self {
        let outcome = all(code, rules, asked, now, &BTreeSet::new());
        Self(
            outcome
                .judged
                .iter()
                .map(|judged| key(path(&code.deployments[judged.deployment].path), &judged.verdict))
                .collect(),
        )
    }

    /// Whether the same is said here of the same item.
    pub(super) fn say(&self, deployment: &str, verdict: &ItemVerdict) -> bool {
        self.0.contains(&key(deployment.to_owned(), verdict))
    }
}

fn key(deployment: String, verdict: &ItemVerdict) -> (String, String, String, String, Verdict) {
    (deployment, verdict.control.clone(), verdict.r#type.clone(), verdict.id.clone(), verdict.verdict)
}

/// Judges everything that was read. `taken` are buckets whose Block Public Access was taken away, by deployment and
/// by address or name.
pub(super) fn all<'a>(
    code: &'a Code,
    rules: &Rules,
    asked: &ScanSelection,
    now: DateTime<Utc>,
    taken: &BTreeSet<(String, String)>,
) -> Outcome<'a> {
    let mappings = Mappings::built_in();
    let mut outcome =
        Outcome { judged: Vec::new(), resources: 0, controls: BTreeSet::new(), populations: BTreeMap::new() };
    let enforced = |source| LazyCell::new(move || effective(&rules.controls, &rules.policy, asked, source).enforced);
    let (terraform, cloudformation) = (enforced(Source::Terraform), enforced(Source::Cloudformation));
    for (index, deployment) in code.deployments.iter().enumerate() {
        let enforced = match deployment.language {
            Language::Terraform => &*terraform,
            Language::Cloudformation => &*cloudformation,
        };
        let run = Run { code, deployment, index, rules, mappings, now, taken };
        let mut counts = BTreeMap::new();
        let scenarios: Vec<Vec<Judged<'a>>> =
            deployment.scenarios.iter().map(|scenario| run.decided(scenario, enforced, &mut counts)).collect();
        for (name, count) in counts {
            let entry = outcome.populations.entry(name).or_default();
            entry.0 += count;
            entry.1 = entry.1.take().or_else(|| deployment.missing.first().map(crate::iac::value::Unknown::gap));
        }
        let addresses: BTreeSet<&str> = deployment
            .scenarios
            .iter()
            .flat_map(|scenario| &scenario.blocks)
            .filter(|block| !code.is_left_out(&deployment.path, &block.place.file))
            .map(|block| block.address.as_str())
            .collect();
        outcome.resources += addresses.len() as u64;
        outcome.controls.extend(scenarios.iter().flatten().map(|judged| judged.verdict.control.clone()));
        outcome.judged.extend(agreed(scenarios, &deployment.scenarios));
    }
    outcome
}

struct Run<'a, 'r> {
    code: &'a Code,
    deployment: &'a Deployment,
    index: usize,
    rules: &'r Rules,
    mappings: &'r Mappings,
    now: DateTime<Utc>,
    taken: &'r BTreeSet<(String, String)>,
}

impl<'a> Run<'a, '_> {
    /// Judges one scenario, and decides what it can of what was not evaluated then; `counts` becomes the most
    /// items of each type that any scenario has.
    fn decided(
        &self,
        scenario: &'a Scenario,
        enforced: &[Enforced<'_>],
        counts: &mut BTreeMap<String, u64>,
    ) -> Vec<Judged<'a>> {
        let read = self.without_settings(scenario);
        let read = read.as_ref().unwrap_or(scenario);
        let judged = self.scenario(scenario, read, enforced, counts);
        decide(scenario, read, judged, &mut |variant, controls| {
            let asked: Vec<Enforced<'_>> =
                enforced.iter().filter(|control| controls.contains(&control.loaded.summary.id)).cloned().collect();
            self.scenario(scenario, variant, &asked, &mut BTreeMap::new())
        })
    }

    /// The scenario with what was taken away from buckets, where something was.
    fn without_settings(&self, scenario: &Scenario) -> Option<Scenario> {
        let is_taken = |block: &Block| {
            let at = |name: &str| self.taken.contains(&(self.deployment.path.clone(), name.to_owned()));
            let name = ["bucket", "BucketName"].iter().find_map(|name| block.body.get(name)?.as_text());
            matches!(&*block.kind, "aws_s3_bucket" | "AWS::S3::Bucket") && (at(&block.address) || name.is_some_and(at))
        };
        if self.taken.is_empty() || !scenario.blocks.iter().any(is_taken) {
            return None;
        }
        let mut read = scenario.clone();
        read.blocks.iter_mut().filter(|block| is_taken(block)).for_each(Block::take_settings_away);
        Some(read)
    }

    /// Judges a scenario as `read`, which has the blocks of `scenario` at their places.
    fn scenario(
        &self,
        scenario: &'a Scenario,
        read: &Scenario,
        enforced: &[Enforced<'_>],
        counts: &mut BTreeMap<String, u64>,
    ) -> Vec<Judged<'a>> {
        let mut mapped = map(self.deployment, read, self.mappings);
        let mut resources = std::mem::take(&mut mapped.resources);
        // What is written in a file that was left out is there for what it calls, and is no item.
        resources.retain(|resource| {
            let block = mapped.items.get(&resource.identity.id).and_then(|item| read.blocks.get(item.block));
            block.is_none_or(|block| !self.code.is_left_out(&self.deployment.path, &block.place.file))
        });
        let present: BTreeSet<String> = resources.iter().map(|resource| resource.identity.r#type.clone()).collect();
        let regions: BTreeSet<String> = resources.iter().map(|resource| resource.identity.region.clone()).collect();
        let populations = std::mem::take(&mut mapped.populations);
        let mut here: BTreeMap<&str, u64> = BTreeMap::new();
        for resource in &resources {
            *here.entry(&resource.identity.r#type).or_default() += 1;
        }
        for (name, of) in here {
            let count = counts.entry(name.to_owned()).or_default();
            *count = (*count).max(of);
        }
        let alone = alone(&mut resources, &mapped);
        let mut inventory = Inventory::new(scope(regions), resources, populations);
        let wanted: Vec<Enforced<'_>> =
            enforced.iter().filter(|control| concerns(control, &present)).cloned().collect();
        join(&mut inventory, &needs(&wanted));
        // Type by type, so that what a verdict rests on is put down and let go before the next.
        let mut by_type: BTreeMap<&str, Vec<Enforced<'_>>> = BTreeMap::new();
        for control in wanted {
            by_type.entry(&control.loaded.summary.resource).or_default().push(control);
        }
        let mut judged = Vec::new();
        for controls in by_type.values() {
            let verdicts = evaluate(controls, &self.rules.policy.waivers, &inventory, self.now);
            let mut failed = HashMap::new();
            let mut of_items = Vec::with_capacity(verdicts.len());
            for verdict in verdicts {
                match alone.get(&verdict.id) {
                    Some(of) => failed.extend(fails_alone(verdict, of)),
                    None => of_items.push(verdict),
                }
            }
            judged.extend(of_items.into_iter().filter_map(|verdict| self.judged(scenario, &mapped, &failed, verdict)));
        }
        judged
    }

    fn judged(
        &self,
        scenario: &'a Scenario,
        mapped: &Mapped,
        failed: &HashMap<(String, String), ItemVerdict>,
        mut verdict: ItemVerdict,
    ) -> Option<Judged<'a>> {
        // An account's population is not to be counted from code.
        if verdict.kind == ItemKind::Population {
            return None;
        }
        let item = mapped.items.get(&verdict.id);
        let beyond = verdict.reason.as_ref().is_some_and(|gap| gap.code == GapCode::OutsideScope);
        if item.is_some_and(|item| item.orphan || item.partial) && verdict.verdict == Verdict::NotEvaluated && beyond {
            verdict = failed.get(&(verdict.control, verdict.id))?.clone();
        }
        let mut told: BTreeMap<usize, BTreeSet<u32>> = BTreeMap::new();
        for capture in std::mem::take(&mut verdict.captures) {
            let Some(place) = usize::try_from(capture).ok().and_then(|index| mapped.places.get(index)) else {
                continue;
            };
            let lines = told.entry(place.block).or_default();
            if let Some((first, last)) = place.lines {
                lines.extend(first..=last.min(first + LINES - 1));
            }
        }
        // Of an account or a region: the first by its address, which is the same in every form of the code.
        let by_address = |index: &&usize| scenario.blocks.get(**index).map(|block| block.address.as_str());
        let primary = item.map(|item| item.block).or_else(|| told.keys().min_by_key(by_address).copied())?;
        let first = (primary, told.remove(&primary).unwrap_or_default());
        let blocks: Vec<_> = std::iter::once(first)
            .chain(told)
            .filter_map(|(block, lines)| Some((scenario.blocks.get(block)?, lines)))
            .collect();
        if item.is_none() {
            // The control is about the account or a region; what stands in the code is its item.
            verdict.id.clone_from(&blocks.first()?.0.address);
        }
        Some(Judged { verdict, deployment: self.index, blocks })
    }
}

/// Adds each setting whose parent is not in the code a second time, with nothing else about the parent:
/// what it fails then, it fails for what it says. Gives by the id of each what it stands for: the id of the
/// setting.
fn alone(resources: &mut Vec<Resource>, mapped: &Mapped) -> HashMap<String, String> {
    let mut taken: BTreeSet<String> = resources.iter().map(|resource| resource.identity.id.clone()).collect();
    let mut more = Vec::new();
    let mut stands_for = HashMap::new();
    for resource in resources.iter() {
        let id = &resource.identity.id;
        if !mapped.items.get(id).is_some_and(|item| item.orphan) {
            continue;
        }
        let mut alone = resource.clone();
        let left = alone.attributes.without(&|gap| gap.code == GapCode::OutsideScope);
        alone.attributes = left.unwrap_or_else(Tree::object);
        let mut own = format!("{id} alone");
        while !taken.insert(own.clone()) {
            own.push('\'');
        }
        alone.identity.id.clone_from(&own);
        stands_for.insert(own, id.clone());
        more.push(alone);
    }
    resources.extend(more);
    stands_for
}

/// A failure of a setting alone, by control and the id of the setting: only where something that it says was
/// read.
fn fails_alone(mut verdict: ItemVerdict, of: &str) -> Option<((String, String), ItemVerdict)> {
    let said = verdict.read.iter().any(|read| read.value.as_ref().is_some_and(|value| !value.is_null()));
    if verdict.verdict != Verdict::Fail || !said {
        return None;
    }
    of.clone_into(&mut verdict.id);
    Some(((verdict.control.clone(), of.to_owned()), verdict))
}

/// Whether a control has something to look at among these types.
fn concerns(control: &Enforced<'_>, present: &BTreeSet<String>) -> bool {
    control.loaded.reads.iter().any(|(name, _)| name != ACCOUNT_TYPE && present.contains(name))
}

/// The account that the code is for, as far as the code says: one, of no number.
fn scope(mut regions: BTreeSet<String>) -> AccountScope {
    if regions.is_empty() {
        regions.insert(REGION.to_owned());
    }
    let region = |name| RegionScope { name, opt_in_status: "opted-in".to_owned(), scanned: true, why_not: None };
    AccountScope {
        id: ACCOUNT.to_owned(),
        partition: "aws".to_owned(),
        caller_arn: String::new(),
        caller_id: String::new(),
        regions: regions.into_iter().filter(|name| name != "global").map(region).collect(),
        regions_incomplete: None,
    }
}
