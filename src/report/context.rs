//! What pages need to look up, and what they learn for the pages after them.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::control::{Control, Severity};
use crate::model::criterion::Criterion;
use crate::model::gap::{Gap, GapCode};
use crate::model::scan::{Agreement, Population, Reconciled};
use crate::model::verdict::AcceptedGap;

use super::input::Input;
use super::page::Facts;
use super::tally::{Outcome, Tally};
use super::words::clip;

/// The input, indexed.
pub(crate) struct Context<'a> {
    pub(crate) input: &'a Input<'a>,
    pub(crate) facts: &'a Facts,
    pub(crate) criteria: BTreeMap<&'a str, &'a Criterion>,
    pub(crate) not_tested: BTreeMap<&'a str, &'a str>,
    pub(crate) populations: BTreeMap<&'a str, Vec<&'a Population>>,
    pub(crate) reconciled: BTreeMap<&'a str, Vec<&'a Reconciled>>,
}

impl<'a> Context<'a> {
    pub(crate) fn new(input: &'a Input<'a>, facts: &'a Facts) -> Self {
        let mut populations: BTreeMap<&str, Vec<&Population>> = BTreeMap::new();
        for population in input.populations {
            populations.entry(&population.r#type).or_default().push(population);
        }
        let mut reconciled: BTreeMap<&str, Vec<&Reconciled>> = BTreeMap::new();
        for one in input.reconciled {
            reconciled.entry(&one.control).or_default().push(one);
        }
        Self {
            input,
            facts,
            criteria: input.criteria.iter().map(|criterion| (criterion.id.as_str(), criterion)).collect(),
            not_tested: input.not_tested.iter().map(|(id, why)| (id.as_str(), why.as_str())).collect(),
            populations,
            reconciled,
        }
    }

    /// The controls that serve a criterion, in the order given.
    pub(crate) fn controls_of(&self, criterion: &str) -> impl Iterator<Item = &'a Control> + use<'a, '_> {
        let id = criterion.to_owned();
        self.input.controls.iter().filter(move |control| control.criteria.contains_key(&id))
    }
}

/// An exception, as the list of all exceptions needs it.
pub(crate) struct ExceptionRow {
    pub(crate) severity: Severity,
    pub(crate) control: String,
    pub(crate) name: String,
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) message: String,
    pub(crate) waived_until: Option<String>,
    /// Path from the root, with the anchor of the item.
    pub(crate) href: String,
}

/// What one reason kept from being looked at.
#[derive(Default)]
pub(crate) struct GapSum {
    /// Verdicts that it left not evaluated.
    pub(crate) verdicts: u64,
    /// Populations that it left incomplete.
    pub(crate) populations: u64,
    pub(crate) controls: BTreeSet<String>,
    /// Account and region.
    pub(crate) places: BTreeSet<(String, String)>,
    /// One detail, as a sample.
    pub(crate) detail: String,
}

/// What is the same for all that one reason kept from being looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct GapKey {
    /// `None` where a verdict came without a reason, which must not pass for any of them.
    pub(crate) code: Option<GapCode>,
    pub(crate) action: String,
    pub(crate) operation: String,
    pub(crate) error: String,
}

impl GapKey {
    pub(crate) fn new(gap: Option<&Gap>) -> Self {
        let Some(gap) = gap else {
            return Self { code: None, action: String::new(), operation: String::new(), error: String::new() };
        };
        let text = |part: &Option<String>| part.as_deref().map(|part| clip(part, 200)).unwrap_or_default();
        Self {
            code: Some(gap.code),
            action: text(&gap.action),
            operation: text(&gap.operation),
            error: text(&gap.error),
        }
    }
}

/// What the control pages learned.
#[derive(Default)]
pub(crate) struct Findings {
    pub(crate) outcomes: BTreeMap<String, Outcome>,
    pub(crate) total: Tally,
    pub(crate) by_severity: BTreeMap<Severity, (u64, u64)>,
    pub(crate) exceptions: Vec<ExceptionRow>,
    pub(crate) gaps: BTreeMap<GapKey, GapSum>,
    /// How many items each acceptance of the policy covers.
    pub(crate) accepted: BTreeMap<AcceptedGap, u64>,
}

impl Findings {
    /// Records what a gap kept from being looked at.
    pub(crate) fn gap(&mut self, gap: Option<&Gap>, account: &str, region: &str) -> &mut GapSum {
        let sum = self.gaps.entry(GapKey::new(gap)).or_default();
        sum.places.insert((account.to_owned(), region.to_owned()));
        if sum.detail.is_empty() {
            sum.detail = gap.map(|gap| clip(&gap.detail, 400)).unwrap_or_default();
        }
        sum
    }
}

/// How many items agree, disagree, are only ours and are only theirs.
pub(crate) fn agreements<'a>(rows: impl IntoIterator<Item = &'a Reconciled>) -> [u64; 4] {
    rows.into_iter().fold([0; 4], |mut counts, row| {
        counts[match row.agreement {
            Agreement::Agrees => 0,
            Agreement::Disagrees => 1,
            Agreement::OnlyOurs => 2,
            Agreement::OnlyTheirs => 3,
        }] += 1;
        counts
    })
}
