//! Puts results together: by file, block, and what is said.

use std::collections::{BTreeMap, HashMap};
use std::hash::{Hash, Hasher};

use super::super::finding::{block_of, sums};
use super::super::standing::{alike, calls};
use crate::model::check::{AcceptedException, Action, Check, CheckError, CheckResult, Location, Outcome};
use crate::model::check_form::{
    BlockForm, CheckForm, ControlForm, ErrorForm, ErrorPlace, FileForm, FormSummary, GapForm, InstanceForm, ResultForm,
    SCHEMA,
};
use crate::model::control::{Fix, Severity};
use crate::model::instance::Instance;

/// A check in the form of the contract.
pub(in super::super) fn form(check: &Check) -> CheckForm {
    let mut writer = Writer::default();
    let mut files: Vec<FileForm> = Vec::new();
    for results in blocks(check) {
        let file = primary(results[0]).map_or("", |location| &location.file);
        if files.last().is_none_or(|last| last.file != file) {
            let in_repository = check.in_repository.get(file).cloned();
            files.push(FileForm { file: file.to_owned(), in_repository, blocks: Vec::new() });
        }
        if let Some(last) = files.last_mut() {
            last.blocks.push(writer.block(&results));
        }
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
        calls: writer.calls.list,
        files,
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

/// The results of each block, in the order of file and line.
fn blocks(check: &Check) -> Vec<Vec<&CheckResult>> {
    let mut blocks: BTreeMap<(&str, u32, u32, String), Vec<&CheckResult>> = BTreeMap::new();
    for result in &check.results {
        let (file, line, end) = primary(result).map_or(("", 0, 0), |at| (at.file.as_str(), at.line, at.end_line));
        blocks.entry((file, line, end, block_of(result))).or_default().push(result);
    }
    blocks.into_values().collect()
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

/// What a result says, apart from the control and the instance.
#[derive(Clone, PartialEq)]
struct Said {
    verdict: Outcome,
    action: Action,
    severity: Option<Severity>,
    kind: Option<String>,
    lines: Vec<u32>,
    with: Vec<Location>,
    message: usize,
    fix: usize,
    gap: Option<usize>,
    waived: Option<AcceptedException>,
    in_baseline: bool,
}

impl Eq for Said {}

impl Hash for Said {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.verdict, self.action, self.message, self.fix, self.gap, self.in_baseline).hash(state);
        (&self.lines, &self.with).hash(state);
    }
}

/// Results of a block of which the same is said.
struct Group<'a> {
    said: Said,
    controls: Vec<&'a str>,
    /// Indexes of the instances.
    at: Vec<usize>,
    fingerprints: Vec<String>,
}

#[derive(Default)]
struct Writer<'a> {
    controls: BTreeMap<&'a str, Control>,
    gaps: Table<GapForm>,
    calls: Table<Location>,
}

impl<'a> Writer<'a> {
    fn block(&mut self, results: &[&'a CheckResult]) -> BlockForm {
        let mut instances = Instances::default();
        let mut groups: Vec<Group<'a>> = Vec::new();
        let mut index: HashMap<(&str, Said), usize> = HashMap::new();
        for result in results {
            let calls = calls(result).iter().map(|call| self.calls.at(call.clone())).collect();
            let instance = instances.at(&result.resource.address, result.name.as_deref(), calls);
            let said = self.said(result);
            let at = *index.entry((&result.control, said.clone())).or_insert_with(|| {
                groups.push(Group { said, controls: vec![&result.control], at: Vec::new(), fingerprints: Vec::new() });
                groups.len() - 1
            });
            groups[at].at.push(instance);
            if !result.fingerprint.is_empty() {
                groups[at].fingerprints.push(result.fingerprint.clone());
            }
        }
        let groups = together(groups);
        let first = results[0];
        let (line, end) = primary(first).map_or((0, 0), |at| (at.line, at.end_line));
        let address = block_of(first);
        let everyone: Vec<usize> = (0..instances.list.len()).collect();
        let mut block = BlockForm {
            line,
            end_line: (end != line).then_some(end),
            address,
            name: None,
            instances: Vec::new(),
            pass: Vec::new(),
            results: Vec::new(),
        };
        for Group { said, controls, at, fingerprints } in groups {
            let all = at == everyone;
            let controls = controls.into_iter().map(ToOwned::to_owned);
            if all && fingerprints.is_empty() && said.is_bare_pass() {
                block.pass.extend(controls);
            } else {
                block.results.push(said.form(controls.collect(), (!all).then_some(at), fingerprints));
            }
        }
        match instances.list.as_mut_slice() {
            [one] if one.address == block.address && one.calls.is_empty() => block.name = one.name.take(),
            _ => block.instances = instances.list,
        }
        block
    }

    fn said(&mut self, result: &'a CheckResult) -> Said {
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
        let companions = result.locations.get(1..result.locations.len() - calls(result).len()).unwrap_or_default();
        Said {
            verdict: result.verdict,
            action: result.action,
            severity: (control.form.severity != result.severity).then_some(result.severity),
            kind: (control.form.r#type != result.resource.r#type).then(|| result.resource.r#type.clone()),
            lines: primary(result).map(|at| at.lines.clone()).unwrap_or_default(),
            with: companions
                .iter()
                .map(|at| Location { address: instance.open_address(&at.address), ..at.clone() })
                .collect(),
            message,
            fix,
            gap,
            waived: result.waived.clone(),
            in_baseline: result.in_baseline,
        }
    }
}

/// Controls that say the same of the same instances, of which no more is told, in one group.
fn together(groups: Vec<Group<'_>>) -> Vec<Group<'_>> {
    let mut together: Vec<Group<'_>> = Vec::new();
    let mut index: HashMap<(Said, Vec<usize>), usize> = HashMap::new();
    for group in groups {
        if !matches!(group.said.verdict, Outcome::Pass | Outcome::NotApplicable) || !group.fingerprints.is_empty() {
            together.push(group);
            continue;
        }
        let at = *index.entry((group.said.clone(), group.at.clone())).or_insert(together.len());
        match together.get_mut(at) {
            Some(known) => known.controls.extend(group.controls),
            None => together.push(group),
        }
    }
    together
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

impl Said {
    fn is_bare_pass(&self) -> bool {
        self.verdict == Outcome::Pass
            && self.action == Action::Deny
            && (self.severity.is_none() && self.kind.is_none() && self.lines.is_empty() && self.with.is_empty())
            && (self.message == 0 && self.fix == 0 && self.gap.is_none() && self.waived.is_none() && !self.in_baseline)
    }

    fn form(self, controls: Vec<String>, instances: Option<Vec<usize>>, fingerprints: Vec<String>) -> ResultForm {
        ResultForm {
            controls,
            verdict: self.verdict,
            instances,
            action: (self.action != Action::Deny).then_some(self.action),
            severity: self.severity,
            r#type: self.kind,
            lines: self.lines,
            with: self.with,
            message: self.message,
            fix: self.fix,
            gap: self.gap,
            waived: self.waived,
            in_baseline: self.in_baseline,
            fingerprints,
        }
    }
}

/// The instances of a block.
#[derive(Default)]
struct Instances<'a> {
    list: Vec<InstanceForm>,
    index: HashMap<(&'a str, Vec<usize>), Vec<usize>>,
}

impl<'a> Instances<'a> {
    /// The index of an instance. What is said without a name is said of one that has one, too.
    fn at(&mut self, address: &'a str, name: Option<&str>, calls: Vec<usize>) -> usize {
        let known = self.index.entry((address, calls.clone())).or_default();
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
        self.list.push(InstanceForm { address: address.to_owned(), name: name.map(ToOwned::to_owned), calls });
        self.list.len() - 1
    }
}
