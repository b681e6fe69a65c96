//! Parity: an estate written as Terraform, as its plan, as CloudFormation, and scanned live comes to the
//! same verdict of every control on every item.
//!
//! Each folder of `tests/estates` with a `main.tf` is one. Its `expect.yaml` says what the controls of
//! the service come to, item by item, and where a form may say something else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::Deserialize;
use tickmark::check;
use tickmark::evidence::rules::Rules;
use tickmark::model::check::{Check, Outcome};
use tickmark::model::control::{Control, ItemScope, Source};
use tickmark::model::gap::GapCode;

use crate::counts;
use crate::estates::{Estate, controls, written};
#[cfg(feature = "aws")]
use crate::live::scanned;

/// `expect.yaml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    /// Control → item → verdict, of every form but for what [`Expect::differs`] names. What an account or a
    /// region has once is the item `account` or `region`.
    verdicts: BTreeMap<String, BTreeMap<String, String>>,
    /// Where a form may, and does, say something else.
    #[serde(default)]
    differs: Vec<Differs>,
    /// Verdicts that no item of the service comes to: control → verdict → why.
    #[serde(default)]
    unseen: BTreeMap<String, BTreeMap<String, String>>,
    /// What is called otherwise in the live form: what AWS calls it → item.
    #[serde(default)]
    names: BTreeMap<String, String>,
    /// What code brings with it without a name of its own.
    #[serde(default)]
    ignored: Vec<Ignored>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Differs {
    form: String,
    says: String,
    /// Control → items.
    items: BTreeMap<String, Vec<String>>,
    why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ignored {
    r#type: String,
    /// A part of the address.
    address: String,
    why: String,
}

/// Control and item.
type Key = (String, String);

/// What one form of an estate says of the items of its service.
pub(crate) type Said = BTreeMap<Key, String>;

/// What an item comes to that a plan does not know yet, and no source tells.
const KNOWN_AFTER_APPLY: &str = "known_after_apply";
const MISSING: &str = "missing";
/// When code is checked: about when the live tapes were recorded.
const CLOCK: &str = "2026-11-20T08:00:00Z";

/// An estate with what is expected of it.
pub(crate) struct Expected {
    pub(crate) estate: Estate,
    expect: Expect,
    controls: BTreeSet<String>,
}

impl Expected {
    fn read(estate: Estate) -> Self {
        let path = estate.file("expect.yaml");
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let expect: Expect =
            serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let controls = controls(&estate.service);
        let reasons = expect.differs.iter().map(|differs| &differs.why).chain(expect.ignored.iter().map(|it| &it.why));
        assert!(reasons.chain(expect.unseen.values().flat_map(BTreeMap::values)).all(|why| !why.is_empty()));
        Self { estate, expect, controls }
    }

    /// The item that a name means: the longest of those expected of the control with which it ends, read
    /// without case and signs. `aws_s3_bucket.parity_good`, `BucketParityGood` and `parity-good` are all
    /// `parity-good`.
    pub(crate) fn item(&self, control: &Control, name: &str) -> Option<&str> {
        let items = self.expect.verdicts.get(&control.id)?.keys().map(String::as_str);
        let plain = |text: &str| -> String {
            text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase()
        };
        match control.scope {
            ItemScope::Resource => {
                let name = plain(self.expect.names.get(name).map_or(name, String::as_str));
                items.filter(|item| name.ends_with(&plain(item))).max_by_key(|item| item.len())
            }
            ItemScope::Account => items.into_iter().find(|item| *item == "account"),
            ItemScope::Region => items.into_iter().find(|item| *item == "region"),
        }
    }

    pub(crate) fn is_own(&self, control: &str) -> bool {
        self.controls.contains(control)
    }

    fn ignores(&self, r#type: &str, address: &str) -> bool {
        self.expect.ignored.iter().any(|it| it.r#type == r#type && address.to_lowercase().contains(&it.address))
    }

    /// What a form must say of an item, and whether that is a difference.
    fn of(&self, form: &str, (control, item): &Key) -> (&str, bool) {
        let told = self.expect.differs.iter().find(|differs| {
            differs.form == form && differs.items.get(control).is_some_and(|items| items.contains(item))
        });
        let expected = self.expect.verdicts.get(control).and_then(|items| items.get(item));
        match told {
            Some(differs) => (&differs.says, true),
            None => (expected.map_or(MISSING, String::as_str), false),
        }
    }

    /// What a check says of the items of the service, in the files of the estate.
    fn checked(&self, rules: &Rules, check: &Check) -> Said {
        let file = |path: &str| self.files().iter().any(|file| file.ends_with(path) || path.ends_with(file));
        let mut said = Said::new();
        for result in check.results.iter().filter(|result| self.is_own(&result.control)) {
            let place = result.locations.first().unwrap_or_else(|| panic!("{result:?} is nowhere"));
            let (of, address) = (&result.resource.r#type, &result.resource.address);
            if !file(&place.file) || self.ignores(of, address) {
                continue;
            }
            let control = &rules.controls[&result.control].control;
            let item = self.item(control, address).unwrap_or_else(|| {
                let said = result.verdict.as_str();
                panic!(
                    "{}: {} says {said} of {address}, of which expect.yaml says nothing",
                    self.estate.name, control.id
                )
            });
            let later = result.gap.as_ref().is_some_and(|gap| gap.code == GapCode::KnownAfterApply);
            let late = result.verdict == Outcome::NotEvaluated && later;
            let verdict = if late { KNOWN_AFTER_APPLY } else { result.verdict.as_str() };
            let twice = said.insert((control.id.clone(), item.to_owned()), verdict.to_owned());
            assert_eq!(twice, None, "{}: two items are {item} to {}: {address}", self.estate.name, control.id);
        }
        said
    }

    /// The files of the estate, below `tests/estates`.
    fn files(&self) -> [String; 3] {
        ["main.tf", "template.yaml", "plan.json"].map(|file| format!("/estates/{}/{file}", self.estate.name))
    }
}

fn check(rules: &Rules, paths: Vec<PathBuf>, source: Option<PathBuf>) -> Check {
    let request = check::Request { paths, source, ..check::Request::default() };
    let code = check::read(&request).unwrap_or_else(|error| panic!("{:?}: {error}", request.paths));
    let now = CLOCK.parse().expect("a time");
    let checked = check::judge(&code, &request, rules, now);
    let check = checked.unwrap_or_else(|error| panic!("{:?}: {error}", request.paths)).check;
    assert_eq!(check.errors, Vec::new(), "{:?}", request.paths);
    check
}

/// What is compared, what was excused, and what is wrong.
#[derive(Default)]
struct Compared {
    items: BTreeSet<(String, String, String)>,
    comparisons: usize,
    excused: usize,
    seen: BTreeMap<String, BTreeSet<String>>,
    forms: Vec<&'static str>,
    wrong: Vec<String>,
}

impl Compared {
    fn compare(&mut self, rules: &Rules, expected: &Expected, forms: &[(&'static str, Source, Said)]) {
        let name = &expected.estate.name;
        let written = expected.expect.verdicts.iter();
        let written = written.flat_map(|(control, items)| items.keys().map(|item| (control.clone(), item.clone())));
        let keys: BTreeSet<Key> = written.chain(forms.iter().flat_map(|(_, _, said)| said.keys().cloned())).collect();
        for key in &keys {
            let (id, item) = key;
            let Some(loaded) = rules.controls.get(id).filter(|_| expected.is_own(id)) else {
                self.wrong.push(format!("{name}/expect.yaml: {id} is no control of {}", expected.estate.service));
                continue;
            };
            self.items.insert((name.clone(), loaded.control.resource.clone(), item.clone()));
            let mut same = 0;
            for (form, source, said) in forms {
                if !loaded.control.sources.contains(source) {
                    continue;
                }
                let verdict = said.get(key).map_or(MISSING, String::as_str);
                let (wanted, differs) = expected.of(form, key);
                if verdict != wanted {
                    self.wrong.push(format!("{name}: {id} on {item}: {form} says {verdict}, not {wanted}"));
                }
                self.seen.entry(id.clone()).or_default().insert(verdict.to_owned());
                self.excused += usize::from(differs);
                same += usize::from(!differs);
            }
            self.comparisons += same.saturating_sub(1);
        }
    }

    /// Differences that name what is not there.
    fn useless(&mut self, expected: &Expected, forms: &[(&'static str, Source, Said)]) {
        for differs in &expected.expect.differs {
            let live = cfg!(feature = "aws") || differs.form != "live";
            if live && !forms.iter().any(|(form, _, _)| *form == differs.form) {
                self.wrong.push(format!("{}: no form is called {}", expected.estate.name, differs.form));
            }
            for (control, items) in &differs.items {
                for item in items {
                    let verdict = expected.expect.verdicts.get(control).and_then(|items| items.get(item));
                    if verdict.is_none_or(|verdict| *verdict == differs.says) {
                        let name = &expected.estate.name;
                        self.wrong.push(format!("{name}: {} says nothing else of {control} on {item}", differs.form));
                    }
                }
            }
        }
    }

    /// Verdicts of a service's controls that none of its items comes to.
    fn unseen(&mut self, rules: &Rules, estates: &[Expected]) -> usize {
        let in_code = |control: &Control| control.sources.iter().any(|source| *source != Source::Live);
        let mut count = 0;
        for (id, loaded) in rules.controls.iter().filter(|(_, loaded)| in_code(&loaded.control)) {
            count += 1;
            for verdict in ["pass", "fail"] {
                let seen = self.seen.get(id).is_some_and(|seen| seen.contains(verdict));
                let mut of = estates.iter().filter_map(|expected| expected.expect.unseen.get(id));
                let excused = of.any(|verdicts| verdicts.contains_key(verdict));
                if seen == excused {
                    let found = if seen { "is excused, and an item comes to it" } else { "no item comes to it" };
                    self.wrong.push(format!("{id}: {verdict}: {found} ({:?})", loaded.control.sources));
                }
            }
        }
        count
    }
}

#[test]
fn an_estate_comes_to_the_same_in_every_form() {
    let rules = Rules::load(None, "pre-merge").unwrap_or_else(|error| panic!("{error}"));
    let estates: Vec<Expected> = written().into_iter().map(Expected::read).collect();
    let of = |file: &str| -> Vec<PathBuf> { estates.iter().map(|it| it.estate.file(file)).collect() };
    let terraform = check(&rules, of("main.tf"), None);
    let templates = check(&rules, of("template.yaml"), None);
    let plans = check(&rules, of("plan.json"), None);
    let mut compared = Compared::default();
    for expected in &estates {
        let with_source = check(&rules, vec![expected.estate.file("plan.json")], Some(expected.estate.file("")));
        #[cfg_attr(not(feature = "aws"), expect(unused_mut, reason = "only AWS adds a form"))]
        let mut forms = vec![
            ("terraform", Source::Terraform, expected.checked(&rules, &terraform)),
            ("plan", Source::Terraform, expected.checked(&rules, &with_source)),
            ("plan alone", Source::Terraform, expected.checked(&rules, &plans)),
            ("cloudformation", Source::Cloudformation, expected.checked(&rules, &templates)),
        ];
        #[cfg(feature = "aws")]
        if let Some(said) = scanned(&rules, expected) {
            forms.push(("live", Source::Live, said));
        }
        compared.compare(&rules, expected, &forms);
        compared.useless(expected, &forms);
        let new = forms.iter().map(|(form, _, _)| *form).filter(|form| !compared.forms.contains(form));
        let new: Vec<_> = new.collect();
        compared.forms.extend(new);
    }
    let controls = compared.unseen(&rules, &estates);
    assert!(compared.wrong.is_empty(), "{} wrong:\n{}", compared.wrong.len(), compared.wrong.join("\n"));
    let line = format!(
        "parity: {controls} controls, {} items, {} comparisons, {} differences excused, {} estates, forms: {}",
        compared.items.len(),
        compared.comparisons,
        compared.excused,
        estates.len(),
        compared.forms.join(", ")
    );
    counts::report("parity", &line, "");
}
