//! The list of all controls: what was found comes before what was clean.

use askama::Template;

use crate::report::ReportError;
use crate::report::bar::Bar;
use crate::report::context::{Context, Findings};
use crate::report::output::Output;
use crate::report::page::{Chrome, Pager, Section, page_path, pager, paginate};
use crate::report::words::{Mark, clip, file_name, number, size};

/// Most controls on one page.
const ROWS: usize = 250;

/// A control in a list.
pub(crate) struct ControlRow {
    pub(crate) id: String,
    pub(crate) href: String,
    pub(crate) title: String,
    pub(crate) severity: String,
    pub(crate) mark: Mark,
    pub(crate) sentence: String,
    pub(crate) bar: Bar,
    pub(crate) tested: String,
    pub(crate) exceptions: String,
    pub(crate) not_evaluated: String,
    pub(crate) criteria: Vec<(String, String)>,
    /// Why it serves the criterion, on a criterion's page.
    pub(crate) why: String,
}

/// The row of a control.
pub(crate) fn row(context: &Context<'_>, control: &crate::model::control::Control, findings: &Findings) -> ControlRow {
    let outcome = &findings.outcomes[&control.id];
    let tally = outcome.tally;
    let severity = context.input.policy.severity.get(&control.id).copied().unwrap_or(control.severity);
    let some = |n: u64| if n == 0 { String::new() } else { number(n) };
    let criteria = control.criteria.keys().take(30).map(|id| {
        let known = context.criteria.contains_key(id.as_str());
        (clip(id, 40), if known { format!("criterion/{}.html", file_name(id)) } else { String::new() })
    });
    ControlRow {
        id: control.id.clone(),
        href: format!("control/{}.html", file_name(&control.id)),
        title: clip(&control.title, 300),
        severity: severity.to_string(),
        mark: outcome.mark(),
        sentence: match &outcome.not_tested {
            Some(why) => clip(why, 300),
            None => tally.sentence(control.scope),
        },
        bar: Bar::new(&tally),
        tested: some(tally.tested()),
        exceptions: match (tally.noted(), tally.waived) {
            (0, _) => String::new(),
            (noted, 0) => number(noted),
            (noted, waived) => format!("{} ({} waived)", number(noted), number(waived)),
        },
        not_evaluated: some(tally.unknown()),
        criteria: criteria.collect(),
        why: String::new(),
    }
}

/// Sorts what needs attention first: the mark, then the severity, then the id.
pub(crate) fn by_attention<'a>(
    controls: impl Iterator<Item = &'a crate::model::control::Control>,
    findings: &Findings,
) -> Vec<&'a crate::model::control::Control> {
    let mut sorted: Vec<_> = controls.collect();
    sorted.sort_by_key(|control| {
        (findings.outcomes[&control.id].mark(), std::cmp::Reverse(control.severity), control.id.as_str())
    });
    sorted
}

#[derive(Template)]
#[template(path = "controls.html")]
struct ControlsPage<'a> {
    page: Chrome<'a>,
    counts: Vec<(Mark, String)>,
    rows: Vec<ControlRow>,
    pager: Pager,
}

/// How many controls there are of each mark, what needs attention first.
pub(crate) fn counts(findings: &Findings) -> Vec<(Mark, String)> {
    let mut counts = std::collections::BTreeMap::new();
    for outcome in findings.outcomes.values() {
        *counts.entry(outcome.mark()).or_insert(0u64) += 1;
    }
    counts.into_iter().map(|(mark, n)| (mark, number(n))).collect()
}

/// Writes the list.
pub(crate) fn write(context: &Context<'_>, output: &mut Output, findings: &Findings) -> Result<(), ReportError> {
    let sorted = by_attention(context.input.controls.iter(), findings);
    let base = "controls.html";
    let pages = paginate(sorted.iter().map(|_| 1), ROWS, usize::MAX, usize::MAX);
    for (index, range) in pages.iter().enumerate() {
        let path = page_path(base, index);
        let page = ControlsPage {
            page: Chrome::new(context.facts, &path, Section::Controls, "Controls"),
            counts: counts(findings),
            rows: sorted[range.clone()].iter().map(|control| row(context, control, findings)).collect(),
            pager: pager(base, &pages, index, "controls"),
        };
        output.page(&path, &page)?;
    }
    debug_assert_eq!(pages.last().map_or(0, |page| size(page.end)), size(sorted.len()));
    Ok(())
}
