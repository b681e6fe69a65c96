//! Puts results together by what is said.

use std::collections::{BTreeMap, HashMap};
use std::hash::{Hash, Hasher};

use super::super::finding::sums;
use super::super::standing::{alike, calls};
use crate::model::check::{
    AcceptedException, Action, Check, CheckError, CheckResult, CheckedResource, Location, Outcome,
};
use crate::model::check_form::{
    CheckForm, ControlForm, ErrorForm, ErrorPlace, FileForm, FormSummary, GapForm, ItemForm, LocationForm, OtherForm,
    ResultForm, SCHEMA,
};
use crate::model::control::{Fix, Severity};
use crate::model::instance::Instance;

/// A check in the form of the contract.
pub(in super::super) fn form(check: &Check) -> CheckForm {
    let mut writer = Writer::default();
    for result in &check.results {
        writer.result(check, result);
    }
    CheckForm {
        schema: SCHEMA.to_owned(),
        tool_version: check.tool_version.clone(),
        summary: FormSummary { results: check.summary.clone(), denied_findings: sums(check) },
        errors: errors(check),
        left_out: check.left_out.clone(),
        excluded: check.excluded.clone(),
        other_suppressions: check.other_suppressions.clone(),
        controls: writer.controls.into_iter().map(|(id, control)| (id.to_owned(), control.form)).collect(),
        gaps: writer.gaps.list,
        files: writer.files.list,
        others: writer.others.list,
        items: writer.items.list,
        results: writer.results,
    }
}

/// The errors that say the same, each with its places.
fn errors(check: &Check) -> Vec<ErrorForm> {
    let form = |alike: Vec<&CheckError>| ErrorForm {
        kind: alike[0].kind.clone(),
        message: alike[0].message.clone(),
        at: alike.iter().map(|error| ErrorPlace { file: error.file.clone(), line: error.line }).collect(),
    };
    alike(&check.errors).into_iter().map(form).collect()
}

fn primary(result: &CheckResult) -> Option<&Location> {
    result.locations.first()
}

/// Different values, each with its index.
#[derive(Debug)]
struct Table<T> {
    list: Vec<T>,
    index: HashMap<T, usize>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { list: Vec::new(), index: HashMap::new() }
    }
}

impl<T: Clone + Eq + Hash> Table<T> {
    fn at(&mut self, value: T) -> usize {
        *self.index.entry(value).or_insert_with_key(|value| {
            self.list.push(value.clone());
            self.list.len() - 1
        })
    }
}

/// A control as it is written, with what it says so far.
struct Control {
    form: ControlForm,
    messages: HashMap<Option<String>, usize>,
}

/// What a result says, apart from the control and the item.
#[derive(Clone, PartialEq)]
struct Said<'a> {
    verdict: Outcome,
    action: Action,
    severity: Option<Severity>,
    kind: &'a str,
    message: usize,
    fix: usize,
    gap: Option<usize>,
    waived: Option<AcceptedException>,
    in_baseline: bool,
}

impl Eq for Said<'_> {}

impl Hash for Said<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.verdict, self.action, self.message, self.fix, self.gap, self.in_baseline).hash(state);
        self.kind.hash(state);
    }
}

#[derive(Default)]
struct Writer<'a> {
    controls: BTreeMap<&'a str, Control>,
    gaps: Table<GapForm>,
    files: Table<FileForm>,
    others: Table<OtherForm>,
    items: Items<'a>,
    results: Vec<ResultForm>,
    /// Where in the results is what a control says.
    index: HashMap<(&'a str, Said<'a>), usize>,
}

impl<'a> Writer<'a> {
    fn result(&mut self, check: &Check, result: &'a CheckResult) {
        let primary = primary(result);
        let file = self.file(check, primary.map_or("", |at| at.file.as_str()));
        let (line, end) = primary.map_or((0, 0), |at| (at.line, at.end_line));
        let called = calls(result);
        let companions = result.locations.get(1..result.locations.len() - called.len()).unwrap_or_default();
        let with = companions.iter().map(|at| self.other(check, at)).collect();
        let calls = called.iter().map(|at| self.other(check, at)).collect();
        let place = ItemPlace { address: &result.resource.address, file, line, end, calls };
        let item = self.items.at(place, result.name.as_deref());
        let location = LocationForm {
            address: result.resource.address.clone(),
            item,
            lines: primary.map(|at| at.lines.clone()).unwrap_or_default(),
            with,
            fingerprint: result.fingerprint.clone(),
            patch: result.patch.clone(),
        };
        let key = (result.control.as_str(), self.said(result));
        let at = self.index.get(&key).copied().unwrap_or_else(|| {
            self.results.push(key.1.clone().form(result));
            self.index.insert(key, self.results.len() - 1);
            self.results.len() - 1
        });
        self.results[at].locations.push(location);
    }

    fn file(&mut self, check: &Check, file: &str) -> usize {
        self.files.at(FileForm { file: file.to_owned(), in_repository: check.in_repository.get(file).cloned() })
    }

    fn other(&mut self, check: &Check, at: &Location) -> usize {
        let file = self.file(check, &at.file);
        self.others.at(OtherForm {
            address: at.address.clone(),
            file,
            line: at.line,
            end_line: (at.end_line != at.line).then_some(at.end_line),
            lines: at.lines.clone(),
        })
    }

    fn said(&mut self, result: &'a CheckResult) -> Said<'a> {
        let instance = Instance { address: &result.resource.address, name: result.name.as_deref() };
        let control = self.controls.entry(&result.control).or_insert_with(|| Control {
            form: ControlForm {
                r#type: result.resource.r#type.clone(),
                severity: result.severity,
                title: String::new(),
                criteria: BTreeMap::new(),
                fixes: Vec::new(),
                messages: Vec::new(),
            },
            messages: HashMap::new(),
        });
        if control.form.title.is_empty() && told(result.verdict) {
            control.form.title = result.title.to_string();
            control.form.criteria = (*result.criteria).clone();
        }
        let message = result.message.as_deref().map(|message| instance.open(message));
        let messages = &mut control.form.messages;
        // Nothing is said of most that passes: the table begins where something is.
        let message = if message.is_none() && result.verdict == Outcome::Pass {
            0
        } else {
            *control.messages.entry(message).or_insert_with_key(|message| {
                messages.push(message.clone());
                messages.len() - 1
            })
        };
        let fix = if failed(result.verdict) { place(&mut control.form.fixes, result.fix.as_deref()) } else { 0 };
        let gap = (result.reason.is_some() || result.gap.is_some()).then(|| {
            let mut gap = result.gap.clone();
            if let Some(gap) = &mut gap {
                gap.detail = instance.open(&gap.detail);
            }
            self.gaps.at(GapForm { reason: result.reason.as_deref().map(|reason| instance.open(reason)), gap })
        });
        Said {
            verdict: result.verdict,
            action: result.action,
            severity: (control.form.severity != result.severity).then_some(result.severity),
            kind: &result.resource.r#type,
            message,
            fix,
            gap,
            waived: result.waived.clone(),
            in_baseline: result.in_baseline,
        }
    }
}

/// Whether title and criteria are told with a result of this kind.
pub(super) fn told(verdict: Outcome) -> bool {
    !matches!(verdict, Outcome::Pass | Outcome::NotApplicable)
}

/// Whether a fix is told with it.
pub(super) fn failed(verdict: Outcome) -> bool {
    matches!(verdict, Outcome::Fail | Outcome::Waived)
}

/// The place of a fix in a short table, which it is added to where it is not in it.
fn place(fixes: &mut Vec<Option<Fix>>, fix: Option<&Fix>) -> usize {
    fixes.iter().position(|known| known.as_ref() == fix).unwrap_or_else(|| {
        fixes.push(fix.cloned());
        fixes.len() - 1
    })
}

impl Said<'_> {
    /// What is said, of no item yet.
    fn form(self, first: &CheckResult) -> ResultForm {
        ResultForm {
            control: first.control.clone(),
            verdict: self.verdict,
            resource: CheckedResource { r#type: self.kind.to_owned(), address: first.resource.address.clone() },
            action: (self.action != Action::Deny).then_some(self.action),
            severity: self.severity,
            message: self.message,
            fix: self.fix,
            gap: self.gap,
            waived: self.waived,
            in_baseline: self.in_baseline,
            locations: Vec::new(),
        }
    }
}

/// Where an item is written.
#[derive(Clone, PartialEq, Eq, Hash)]
struct ItemPlace<'a> {
    address: &'a str,
    file: usize,
    line: u32,
    end: u32,
    calls: Vec<usize>,
}

/// The items of a check.
#[derive(Default)]
struct Items<'a> {
    list: Vec<ItemForm>,
    index: HashMap<ItemPlace<'a>, Vec<usize>>,
}

impl<'a> Items<'a> {
    /// The index of an item. What is said without a name is said of one that has one, too.
    fn at(&mut self, place: ItemPlace<'a>, name: Option<&str>) -> usize {
        let ItemPlace { address, file, line, end, calls } = place.clone();
        let known = self.index.entry(place).or_default();
        for at in known.iter().copied() {
            let found = &mut self.list[at];
            if name.is_some() && found.name.is_none() {
                found.name = name.map(ToOwned::to_owned);
            }
            if name.is_none() || found.name.as_deref() == name {
                return at;
            }
        }
        known.push(self.list.len());
        let end_line = (end != line).then_some(end);
        let name = name.map(ToOwned::to_owned);
        self.list.push(ItemForm { address: address.to_owned(), name, file, line, end_line, calls });
        self.list.len() - 1
    }
}
