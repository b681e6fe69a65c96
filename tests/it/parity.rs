//! Parity: an estate written as Terraform, as its plan, as CloudFormation, and scanned live comes to the
//! same verdict of every control on every item.
//!
//! `tests/fixtures/parity` has two estates. `core` is of the types that the nightly scan collects;
//! its `live.tape` is `main.tf` applied to moto and scanned. `services` is of the others, and has the
//! other half of what an account has only once. What differs, and may, is named here with the reason.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use tickmark::control::load::Library;
use tickmark::model::control::{Control, ItemScope, Source};

use crate::counts;
use crate::machine::Machine;

/// Control, type, and what the item is called in every form.
type Key = (String, String, String);

/// What one form of an estate came to.
struct Form {
    name: &'static str,
    source: Source,
    verdicts: BTreeMap<Key, String>,
}

/// Where a form may say something else: form, control, item, what it says, and why. A star is any.
const DIFFERENT: &[(&str, &str, &str, &str, &str)] = &[
    ("plan alone", "*", "*", AFTER_APPLY, "without the sources, a policy around an ARN not made yet is unknown"),
    ("cloudformation", "*", "parityclosed", "missing", DEFAULT_GROUP),
    ("cloudformation", "*", "paritydefault", "missing", DEFAULT_GROUP),
    ("cloudformation", "ssm-parameter-encrypted", "paritysecure", "missing", "CloudFormation makes no SecureString"),
    ("live", "cloudtrail-cloudwatch", "paritygood", "fail", "live, a delivery within a day is asked for, too"),
    ("live", "rds-multi-az", "paritymember", "fail", AURORA),
    ("live", "rds-multi-az", "paritysingle", "fail", AURORA),
    ("live", "macie-enabled", "", "missing", "nothing is collected of Macie, so a scan leaves the control out"),
];
/// Of what a plan does not know yet and no source tells.
const AFTER_APPLY: &str = "known after apply";
const DEFAULT_GROUP: &str = "CloudFormation cannot write the default group of a VPC";
const AURORA: &str = "in which zones Aurora puts the instances is seen once they are made";

/// Verdicts that no item comes to: control, verdict, reason.
const UNSEEN: &[(&str, &str, &str)] =
    &[("s3-default-encryption", "fail", "no algorithm that is valid to write is none of the three that pass")];

fn fixture(estate: &str, file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/parity").join(estate).join(file)
}

/// The name that all forms have in common: `aws_s3_bucket.parity_good`, `BucketParityGood` and
/// `parity-good` are `paritygood`. What an account has once needs no name.
fn common(control: &Control, name: &str) -> Option<String> {
    if control.scope != ItemScope::Resource {
        return Some(String::new());
    }
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    name.find("parity").map(|at| name[at..].to_owned())
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} of {value}"))
}

/// What `check` says of a form, through the program.
fn checked(library: &Library, machine: &Machine, paths: &[&Path]) -> BTreeMap<Key, String> {
    let mut arguments = vec!["check".as_ref(), "--format".as_ref(), "json".as_ref()];
    arguments.extend(paths.iter().map(|path| path.as_os_str()));
    let ran = machine.run(arguments);
    assert_eq!(ran.code, 1, "{paths:?}: {}", ran.err);
    let told: Value = serde_json::from_str(&ran.out).expect("the check is JSON");
    assert_eq!(told["errors"], Value::Array(Vec::new()), "{paths:?}");
    let mut verdicts = BTreeMap::new();
    for result in told["results"].as_array().expect("a list") {
        let control = text(result, "/control");
        let (address, of) = (text(result, "/resource/address"), text(result, "/resource/type"));
        // The group that comes with a VPC is `default` to AWS, and has no name that is its own.
        if of == "AWS::EC2::SecurityGroup" && address.to_lowercase().contains("vpc") {
            continue;
        }
        let name = common(&library.controls[control].control, address)
            .unwrap_or_else(|| panic!("{address} of {paths:?} has a name that no other form can have"));
        let key = (control.to_owned(), of.to_owned(), name);
        let later = result["reason"].as_str().is_some_and(|reason| reason.contains("known only after apply"));
        let verdict = if later { AFTER_APPLY } else { text(result, "/verdict") };
        let twice = verdicts.insert(key, verdict.to_owned());
        assert_eq!(twice, None, "two items of {paths:?} are {address} to {control}");
    }
    verdicts
}

/// The names of what the tape has without: a key has none but its identifier.
#[cfg(feature = "aws")]
const NAMES: &[(&str, &str)] =
    &[("39e9a72c-4c94-49fd-9751-a8c311f64acb", "parity-bad"), ("e43ea308-c1b8-4757-b5b9-7ce85627e2f1", "parity-good")];

/// What the scan says that is on a tape. Items that moto brings itself are not of the estate.
#[cfg(feature = "aws")]
fn scanned(library: &Library, machine: &Machine, tape: &Path) -> BTreeMap<Key, String> {
    let ran =
        machine.run(["demo".as_ref(), "--tape".as_ref(), tape.as_os_str(), "--store".as_ref(), "played".as_ref()]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let mut verdicts = BTreeMap::new();
    for verdict in machine.verdicts("played") {
        // Of a type that is not collected there is only that it is not.
        if text(&verdict, "/kind") == "population" {
            continue;
        }
        let id = text(&verdict, "/control");
        let control = &library.controls[id].control;
        let in_code = control.sources.iter().any(|source| *source != Source::Live);
        let name = text(&verdict, "/name");
        let name = NAMES.iter().find(|(drawn, _)| *drawn == name).map_or(name, |(_, name)| name);
        // An inline policy is called after whose it is, too.
        let name = name.rsplit('/').next().unwrap_or(name);
        let Some(name) = common(control, name).filter(|_| in_code) else { continue };
        let key = (id.to_owned(), text(&verdict, "/type").to_owned(), name);
        let twice = verdicts.insert(key, text(&verdict, "/verdict").to_owned());
        assert_eq!(twice, None, "two items of {} are one: {verdict}", tape.display());
    }
    verdicts
}

fn forms(library: &Library, estate: &str) -> Vec<Form> {
    let machine = Machine::new();
    let (terraform, plan) = (fixture(estate, "main.tf"), fixture(estate, "plan.json"));
    let template = fixture(estate, "template.yaml");
    let root = fixture(estate, "");
    let of = |paths: &[&Path]| checked(library, &machine, paths);
    #[cfg_attr(not(feature = "aws"), expect(unused_mut, reason = "only AWS adds a form"))]
    let mut forms = vec![
        Form { name: "terraform", source: Source::Terraform, verdicts: of(&[&terraform]) },
        Form { name: "plan", source: Source::Terraform, verdicts: of(&[&plan, "--source".as_ref(), &root]) },
        Form { name: "plan alone", source: Source::Terraform, verdicts: of(&[&plan]) },
        Form { name: "cloudformation", source: Source::Cloudformation, verdicts: of(&[&template]) },
    ];
    #[cfg(feature = "aws")]
    if estate == "core" {
        let verdicts = scanned(library, &machine, &fixture(estate, "live.tape"));
        forms.push(Form { name: "live", source: Source::Live, verdicts });
    }
    forms
}

/// What is compared, what was excused, and what is wrong.
#[derive(Default)]
struct Compared {
    items: BTreeSet<(String, String)>,
    comparisons: usize,
    seen: BTreeMap<String, BTreeSet<String>>,
    /// How often each of [`DIFFERENT`] was met with.
    excused: BTreeMap<usize, usize>,
    wrong: Vec<String>,
}

impl Compared {
    fn compare(&mut self, library: &Library, estate: &str, forms: &[Form]) {
        let keys: BTreeSet<&Key> = forms.iter().flat_map(|form| form.verdicts.keys()).collect();
        for key in keys {
            let (control, of, name) = key;
            let sources = &library.controls[control].control.sources;
            let said: Vec<(&str, Option<&str>)> = forms
                .iter()
                .filter(|form| sources.contains(&form.source))
                .map(|form| (form.name, form.verdicts.get(key).map(String::as_str)))
                .collect();
            self.items.insert((of.clone(), format!("{estate} {name}")));
            let seen = self.seen.entry(control.clone()).or_default();
            seen.extend(said.iter().filter_map(|(_, verdict)| *verdict).map(str::to_owned));
            let said: Vec<_> =
                said.into_iter().filter(|(form, verdict)| !excuse(&mut self.excused, form, key, *verdict)).collect();
            self.comparisons += said.len().saturating_sub(1);
            if said.iter().any(|(_, verdict)| *verdict != said[0].1) {
                self.wrong.push(format!("{estate}: {control} on {of} {name}: {said:?}"));
            }
        }
    }
}

/// Whether a form may say this.
fn excuse(excused: &mut BTreeMap<usize, usize>, form: &str, (control, _, name): &Key, verdict: Option<&str>) -> bool {
    let is = |pattern: &str, value: &str| pattern == "*" || pattern == value;
    let found = DIFFERENT.iter().position(|(of, id, item, says, _)| {
        *of == form && is(id, control) && is(item, name) && *says == verdict.unwrap_or("missing")
    });
    if let Some(index) = found {
        *excused.entry(index).or_default() += 1;
    }
    found.is_some()
}

#[test]
fn an_estate_comes_to_the_same_in_every_form() {
    let library = Library::load(None).expect("the controls load");
    let mut compared = Compared::default();
    let mut names = Vec::new();
    for estate in ["core", "services"] {
        let forms = forms(&library, estate);
        names.extend(forms.iter().map(|form| form.name).filter(|name| !names.contains(name)).collect::<Vec<_>>());
        compared.compare(&library, estate, &forms);
    }
    assert!(compared.wrong.is_empty(), "{} differ:\n{}", compared.wrong.len(), compared.wrong.join("\n"));
    #[cfg(feature = "aws")]
    for (index, different) in DIFFERENT.iter().enumerate() {
        assert!(compared.excused.contains_key(&index), "differs no longer: {different:?}");
    }
    let in_code = |control: &Control| control.sources.iter().any(|source| *source != Source::Live);
    let controls: Vec<&String> =
        library.controls.iter().filter(|(_, loaded)| in_code(&loaded.control)).map(|(id, _)| id).collect();
    let mut unseen = BTreeSet::new();
    for id in &controls {
        for verdict in ["pass", "fail"] {
            if !compared.seen.get(*id).is_some_and(|seen| seen.contains(verdict)) {
                unseen.insert((id.as_str(), verdict));
            }
        }
    }
    let known: BTreeSet<_> = UNSEEN.iter().map(|(control, verdict, _)| (*control, *verdict)).collect();
    assert_eq!(unseen, known, "what no item comes to");
    let line = format!(
        "parity: {} controls, {} items, {} comparisons, {} differences excused, forms: {}",
        controls.len(),
        compared.items.len(),
        compared.comparisons,
        compared.excused.values().sum::<usize>(),
        names.join(", ")
    );
    counts::report("parity", &line, "");
}
