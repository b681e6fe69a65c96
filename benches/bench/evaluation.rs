//! Verdicts per second on one core, by what the controls are made of.

use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tickmark::control::judge::{Item, parameters};
use tickmark::control::load::{Library, LoadedControl};
use tickmark::evaluate::effective::Enforced;
use tickmark::evaluate::engine::evaluate;
use tickmark::evaluate::inventory::Inventory;
use tickmark::model::control::ItemScope;
use tickmark::model::resource::{Identity, Resource};
use tickmark::model::tree::Tree;
use tickmark::model::verdict::Verdict;

use super::figures::{Figures, Took, count, limit, per_second, timed};
use super::items::{Size, inventory};

/// Verdicts a second that evaluation must reach on one core.
const TARGET: u64 = 1_000_000;
/// How long each mix is measured, at least.
const AT_LEAST: Duration = Duration::from_millis(1500);

const SIZE: Size = Size { buckets: 2_000, groups: 1_000, users: 1_000 };

/// The mixes: a name, what they are made of, and their controls.
const MIXES: [(&str, &str, &[&str]); 5] = [
    (
        "simple",
        "attributes of buckets",
        &[
            "s3-block-public-acls",
            "s3-block-public-policy",
            "s3-ignore-public-acls",
            "s3-mfa-delete",
            "s3-restrict-public-buckets",
            "s3-versioning",
        ],
    ),
    ("lists", "lists in buckets", &["s3-acl-not-public", "s3-default-encryption", "s3-kms-encryption", "s3-lifecycle"]),
    ("policies", "bucket policies", &["s3-policy-no-public-principal", "s3-tls-only"]),
    (
        "network",
        "rules of security groups",
        &[
            "sg-no-all-ports-from-internet",
            "sg-no-rdp-from-internet",
            "sg-no-sensitive-ports",
            "sg-no-ssh-from-internet",
        ],
    ),
    (
        "users",
        "users and their credentials",
        &["iam-access-key-rotated", "iam-no-policy-on-user", "iam-one-access-key", "iam-user-in-group", "iam-user-mfa"],
    ),
];

/// The scan's clock in all of it.
pub(crate) fn clock() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_000_000, 0).expect("a time in 2026")
}

/// The controls in the binary.
pub(crate) fn library() -> Result<Library, String> {
    Library::load(None).map_err(|wrong| {
        let said: Vec<String> = wrong.iter().map(ToString::to_string).collect();
        format!("load the controls: {}", said.join("; "))
    })
}

/// Controls as they are when a policy changes nothing.
pub(crate) fn enforced<'a>(controls: impl IntoIterator<Item = &'a LoadedControl>) -> Vec<Enforced<'a>> {
    let of = |loaded: &'a LoadedControl| Enforced {
        loaded,
        severity: loaded.control.severity,
        parameters: parameters(&loaded.control.parameters, &BTreeMap::new()),
    };
    controls.into_iter().map(of).collect()
}

fn chosen<'a>(library: &'a Library, ids: &[&str]) -> Result<Vec<&'a LoadedControl>, String> {
    ids.iter().map(|id| library.controls.get(*id).ok_or_else(|| format!("find the control `{id}`"))).collect()
}

/// Measures every mix, and all controls on the three types together.
pub(crate) fn measure(figures: &mut Figures) -> Result<(), String> {
    let library = library()?;
    let items = Items::new();
    for (name, words, ids) in MIXES {
        let controls = chosen(&library, ids)?;
        let (judged, took) = repeated(|| judge_all(&controls, &items));
        let rate = per_second(judged, took.core);
        let held = if name == "simple" { limit("at least 1,000,000", rate >= TARGET) } else { String::new() };
        figures.row(
            &format!("judge, {words} ({} controls)", ids.len()),
            &format!("{} verdicts/s of one core ({} on the wall)", count(rate), count(per_second(judged, took.wall))),
            held,
        );
    }
    let types: BTreeSet<&str> = items.inventory.resources.keys().map(String::as_str).collect();
    let all: Vec<&LoadedControl> = library
        .controls
        .values()
        .filter(|loaded| loaded.control.scope == ItemScope::Resource && types.contains(&*loaded.control.resource))
        .collect();
    let simple = chosen(&library, MIXES[0].2)?;
    for (words, controls) in [(MIXES[0].1, simple), ("all on buckets, groups and users", all)] {
        let enforced = enforced(controls.iter().copied());
        let (judged, took) = repeated(|| black_box(evaluate(&enforced, &[], &items.inventory, clock())).len() as u64);
        figures.note(
            &format!("evaluate, {words} ({} controls)", enforced.len()),
            &format!("{} verdicts/s of one core, records and sorting included", count(per_second(judged, took.core))),
        );
    }
    Ok(())
}

/// Repeats until it has taken long enough; the first run is not counted.
fn repeated(mut run: impl FnMut() -> u64) -> (u64, Took) {
    black_box(run());
    timed(|| {
        let start = Instant::now();
        let mut done = 0;
        while start.elapsed() < AT_LEAST {
            done += run();
        }
        done
    })
}

/// Judges each item by each control of its type, in the order of the engine; gives how many were
/// judged.
fn judge_all(controls: &[&LoadedControl], items: &Items) -> u64 {
    let mut judged = 0;
    let mut decided = 0;
    let all = enforced(controls.iter().copied());
    for r#type in items.inventory.resources.keys() {
        let of_type: Vec<_> = all.iter().filter(|enforced| enforced.loaded.control.resource == *r#type).collect();
        if of_type.is_empty() {
            continue;
        }
        for (resource, tree) in items.of_type(r#type) {
            let (account, region) = (&resource.account, &resource.region);
            let item = Item { resource: Some(tree), resources: None, hidden: &[], account, region };
            for enforced in &of_type {
                let judgement = black_box(enforced.loaded.judge(&item, &enforced.parameters, clock().timestamp()));
                judged += 1;
                decided += u64::from(judgement.verdict != Verdict::NotEvaluated);
            }
        }
    }
    assert!(decided * 2 > judged, "most generated items can be decided");
    judged
}

/// The generated resources, each with the tree that controls see, which is made once.
struct Items {
    inventory: Inventory,
    trees: BTreeMap<String, Vec<Tree>>,
}

impl Items {
    fn new() -> Self {
        let (inventory, _) = inventory(SIZE);
        let of = |resources: &Vec<Resource>| resources.iter().map(Tree::of).collect();
        let trees = inventory.resources.iter().map(|(name, resources)| (name.clone(), of(resources))).collect();
        Self { inventory, trees }
    }

    fn of_type(&self, r#type: &str) -> impl Iterator<Item = (&Identity, &Tree)> {
        let trees = self.trees.get(r#type).map_or(&[][..], Vec::as_slice);
        self.inventory.of_type(r#type).iter().map(|resource| &resource.identity).zip(trees)
    }
}

/// Judges one mix for ten seconds.
pub(crate) fn profile(mix: &str) -> Result<(), String> {
    let library = library()?;
    let items = Items::new();
    let (_, _, ids) = MIXES.iter().find(|(name, ..)| *name == mix).ok_or_else(|| format!("find the mix `{mix}`"))?;
    let controls = chosen(&library, ids)?;
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(10) {
        black_box(judge_all(&controls, &items));
    }
    Ok(())
}
