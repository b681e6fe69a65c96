//! The second source: what Security Hub says of the same items.

use std::collections::BTreeMap;

use askama::Template;

use crate::model::corroboration::Corroboration;
use crate::model::scan::{Agreement, Reconciled};
use crate::model::verdict::Verdict;
use crate::report::ReportError;
use crate::report::context::{Context, agreements};
use crate::report::output::Output;
use crate::report::page::{Chrome, Pager, Section, page_path, pager, paginate};
use crate::report::raw::{RawLinks, RawShelf};
use crate::report::words::{clip, file_name, number};

/// Most rows on one page.
const ROWS: usize = 250;
/// Most pairs of controls in the summary.
const PAIRS: usize = 300;

/// How a pair of controls compares.
struct PairView {
    control: String,
    href: String,
    theirs: String,
    agrees: String,
    disagrees: String,
    ours: String,
    only_theirs: String,
}

/// One item.
struct ReconciledView {
    control: String,
    href: String,
    security_control: String,
    account: String,
    region: String,
    id: String,
    ours: &'static str,
    theirs: String,
    word: &'static str,
    class: &'static str,
    raw: RawLinks,
}

#[derive(Template)]
#[template(path = "second.html")]
struct SecondPage<'a> {
    page: Chrome<'a>,
    first: bool,
    totals: Vec<(&'static str, String)>,
    without: Vec<(String, String, String)>,
    pairs: Vec<PairView>,
    rows: Vec<ReconciledView>,
    pager: Pager,
}

fn order(agreement: Agreement) -> u8 {
    match agreement {
        Agreement::Disagrees => 0,
        Agreement::OnlyTheirs => 1,
        Agreement::OnlyOurs => 2,
        Agreement::Agrees => 3,
    }
}

fn href(context: &Context<'_>, control: &str) -> String {
    let known = context.input.controls.iter().any(|known| known.id == control);
    if known { format!("control/{}.html", file_name(control)) } else { String::new() }
}

fn view(context: &Context<'_>, row: &Reconciled, shelf: &mut RawShelf<'_>) -> ReconciledView {
    let (word, class) = match row.agreement {
        Agreement::Disagrees => ("disagree", "exc"),
        Agreement::OnlyTheirs => ("only Security Hub", "gap"),
        Agreement::OnlyOurs => ("only tickmark", "na"),
        Agreement::Agrees => ("agree", "ok"),
    };
    ReconciledView {
        control: clip(&row.control, 120),
        href: href(context, &row.control),
        security_control: clip(&row.security_control, 60),
        account: clip(&row.account, 40),
        region: clip(&row.region, 40),
        id: clip(&row.id, 400),
        ours: match row.ours {
            Some(Verdict::Pass) => "no exception",
            Some(Verdict::Fail) => "exception",
            Some(Verdict::NotEvaluated) => "not evaluated",
            Some(Verdict::NotApplicable) => "not applicable",
            None => "not judged",
        },
        theirs: row.theirs.as_deref().map_or_else(|| "no finding".to_owned(), |status| clip(status, 60)),
        word,
        class,
        raw: shelf.links(&row.captures),
    }
}

/// The accounts and regions without a second source, and why.
fn without(context: &Context<'_>) -> Vec<(String, String, String)> {
    let places = Corroboration::of(context.input.populations).without();
    places
        .into_iter()
        .take(ROWS)
        .map(|place| (clip(&place.account, 20), clip(&place.region, 60), clip(&place.why.to_string(), 400)))
        .collect()
}

/// Writes the reconciliation, disagreements first.
pub(crate) fn write(context: &Context<'_>, output: &mut Output, shelf: &mut RawShelf<'_>) -> Result<(), ReportError> {
    let mut rows: Vec<&Reconciled> = context.input.reconciled.iter().collect();
    rows.sort_by_key(|row| (order(row.agreement), &row.control, &row.account, &row.region, &row.id));
    let mut pairs: BTreeMap<(&str, &str), Vec<&Reconciled>> = BTreeMap::new();
    for row in &rows {
        pairs.entry((&row.control, &row.security_control)).or_default().push(row);
    }
    let [agrees, disagrees, ours, theirs] = agreements(rows.iter().copied());
    let base = "security-hub.html";
    let pages = paginate(rows.iter().map(|_| 1), ROWS, usize::MAX, usize::MAX);
    for (index, range) in pages.iter().enumerate() {
        let path = page_path(base, index);
        let some = |n: u64| if n == 0 { String::new() } else { number(n) };
        let pair = |((control, security_control), rows): (&(&str, &str), &Vec<&Reconciled>)| {
            let [agrees, disagrees, ours, theirs] = agreements(rows.iter().copied());
            PairView {
                control: clip(control, 120),
                href: href(context, control),
                theirs: clip(security_control, 60),
                agrees: some(agrees),
                disagrees: some(disagrees),
                ours: some(ours),
                only_theirs: some(theirs),
            }
        };
        let page = SecondPage {
            page: Chrome::new(context.facts, &path, Section::Corroboration, "Second source: Security Hub"),
            first: index == 0,
            totals: vec![
                ("disagree", number(disagrees)),
                ("only Security Hub speaks of", number(theirs)),
                ("only tickmark speaks of", number(ours)),
                ("agree", number(agrees)),
            ],
            without: if index == 0 { without(context) } else { Vec::new() },
            pairs: if index == 0 { pairs.iter().take(PAIRS).map(pair).collect() } else { Vec::new() },
            rows: rows[range.clone()].iter().map(|row| view(context, row, shelf)).collect(),
            pager: pager(base, &pages, index, "items"),
        };
        output.page(&path, &page)?;
    }
    Ok(())
}
