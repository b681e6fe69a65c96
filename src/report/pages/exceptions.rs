//! Every exception of every control, the gravest first, and every waiver in the policy.

use askama::Template;

use crate::model::control::Severity;
use crate::report::ReportError;
use crate::report::context::{Context, ExceptionRow, Findings};
use crate::report::output::Output;
use crate::report::page::{Chrome, Pager, Section, page_path, pager, paginate};
use crate::report::words::{clip, count, file_name, number, size, weight};

/// Most rows on one page.
const ROWS: usize = 250;
/// Most waivers shown.
const WAIVERS: usize = 200;

/// A waiver in the policy, whether it covered anything or not.
struct WaiverView {
    control: String,
    href: String,
    resource: String,
    account: String,
    reason: String,
    owner: String,
    approver: String,
    start: String,
    until: String,
}

#[derive(Template)]
#[template(path = "exceptions.html")]
struct ExceptionsPage<'a> {
    page: Chrome<'a>,
    first: bool,
    summary: String,
    severities: Vec<(&'static str, String, String)>,
    rows: Vec<(&'a ExceptionRow, String)>,
    waivers: Vec<WaiverView>,
    more_waivers: String,
    pager: Pager,
}

/// How many exceptions there are, both counts.
pub(crate) fn summary(findings: &Findings) -> String {
    let total = findings.total;
    match (total.noted(), total.waived) {
        (0, _) => "No exceptions were noted among the items that were tested.".to_owned(),
        (noted, 0) => format!("{} noted; none is waived.", count(noted, "exception", "exceptions")),
        (noted, waived) => format!(
            "{} noted, of which {} accepted by a waiver and {} open.",
            count(noted, "exception", "exceptions"),
            number(waived),
            number(noted - waived)
        ),
    }
}

/// Exceptions by severity, open and waived, the gravest first; severities without any are left out.
pub(crate) fn severities(findings: &Findings) -> Vec<(&'static str, String, String)> {
    Severity::ALL
        .iter()
        .rev()
        .filter_map(|severity| {
            let (open, waived) = findings.by_severity.get(severity)?;
            Some((severity.as_str(), number(*open), number(*waived)))
        })
        .collect()
}

/// Writes the list.
pub(crate) fn write(context: &Context<'_>, output: &mut Output, findings: &Findings) -> Result<(), ReportError> {
    let mut rows: Vec<&ExceptionRow> = findings.exceptions.iter().collect();
    // Within a severity, open ones first, then as they stand on the controls' pages.
    rows.sort_by_key(|row| (std::cmp::Reverse(row.severity), row.waived_until.is_some(), row.control.as_str()));
    let base = "exceptions.html";
    let heft = |row: &&ExceptionRow| 900 + weight(&row.message) + weight(&row.name) + weight(&row.control);
    let pages = paginate(rows.iter().map(heft), ROWS, 350_000, 700_000);
    for (index, range) in pages.iter().enumerate() {
        let path = page_path(base, index);
        let waivers = &context.input.policy.waivers;
        let page = ExceptionsPage {
            page: Chrome::new(context.facts, &path, Section::Exceptions, "Exceptions"),
            first: index == 0,
            summary: summary(findings),
            severities: severities(findings),
            rows: rows[range.clone()]
                .iter()
                .map(|row| (*row, format!("control/{}.html", file_name(&row.control))))
                .collect(),
            waivers: if index == 0 {
                waivers.iter().take(WAIVERS).map(|waiver| view(context, waiver)).collect()
            } else {
                Vec::new()
            },
            more_waivers: match waivers.len().saturating_sub(WAIVERS) {
                0 => String::new(),
                more => format!("{} more are in the policy file, whose hash the seal covers.", number(size(more))),
            },
            pager: pager(base, &pages, index, "exceptions"),
        };
        output.page(&path, &page)?;
    }
    Ok(())
}

fn view(context: &Context<'_>, waiver: &crate::model::policy::Waiver) -> WaiverView {
    let known = context.input.controls.iter().any(|control| control.id == waiver.control);
    WaiverView {
        control: clip(&waiver.control, 120),
        href: if known { format!("control/{}.html", file_name(&waiver.control)) } else { String::new() },
        resource: clip(&waiver.resource, 200),
        account: waiver.account.as_deref().map(|account| clip(account, 40)).unwrap_or_default(),
        reason: clip(&waiver.reason, 400),
        owner: clip(&waiver.owner, 100),
        approver: clip(&waiver.approver, 100),
        start: clip(&waiver.start, 40),
        until: clip(&waiver.until, 40),
    }
}
