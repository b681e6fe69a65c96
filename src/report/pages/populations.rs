//! The ledger of populations: what was counted, by which call, and whether the count is complete.

use askama::Template;

use crate::model::scan::Population;
use crate::report::ReportError;
use crate::report::context::{Context, Findings};
use crate::report::item::GapView;
use crate::report::output::Output;
use crate::report::page::{Chrome, Pager, Section, page_path, pager, paginate};
use crate::report::raw::{RawLinks, RawShelf};
use crate::report::words::{clip, count, number, size};

/// Most rows on one page.
const ROWS: usize = 250;

/// One population as a reader sees it.
pub(crate) struct PopulationView {
    pub(crate) kind: String,
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) count: String,
    pub(crate) counted_by: String,
    pub(crate) pages: String,
    pub(crate) complete: bool,
    pub(crate) gap: Option<GapView>,
    /// Items that went away between the listing and the look; empty where none did.
    pub(crate) gone: String,
    pub(crate) raw: RawLinks,
}

/// One population as a reader sees it.
pub(crate) fn population(row: &Population, shelf: &mut RawShelf<'_>) -> PopulationView {
    let gone = match row.gone.as_slice() {
        [] => String::new(),
        gone => {
            let named: Vec<_> = gone.iter().take(3).map(|id| clip(id, 120)).collect();
            let more =
                if gone.len() > 3 { format!(" and {} more", number(size(gone.len() - 3))) } else { String::new() };
            format!("{} gone before looked at: {}{more}", number(size(gone.len())), named.join(", "))
        }
    };
    PopulationView {
        kind: clip(&row.r#type, 120),
        account: clip(&row.account, 40),
        region: clip(&row.region, 40),
        count: number(row.count),
        counted_by: clip(&row.counted_by, 160),
        pages: number(row.pages.into()),
        complete: row.complete,
        gap: row.gap.as_ref().map(GapView::new),
        gone,
        raw: shelf.links(&row.captures),
    }
}

#[derive(Template)]
#[template(path = "populations.html")]
struct PopulationsPage<'a> {
    page: Chrome<'a>,
    summary: String,
    rows: Vec<PopulationView>,
    pager: Pager,
    first: bool,
}

/// Writes the ledger, what is incomplete first.
pub(crate) fn write(
    context: &Context<'_>,
    output: &mut Output,
    shelf: &mut RawShelf<'_>,
    findings: &mut Findings,
) -> Result<(), ReportError> {
    let mut rows: Vec<&Population> = context.input.populations.iter().collect();
    rows.sort_by_key(|row| (row.complete, &row.r#type, &row.account, &row.region));
    for row in &rows {
        if let Some(gap) = &row.gap {
            findings.gap(Some(gap), &row.account, &row.region).populations += 1;
        }
    }
    let incomplete = size(rows.iter().filter(|row| !row.complete).count());
    let items = rows.iter().map(|row| row.count).sum();
    let summary = format!(
        "{} counted in {}; {}.",
        count(items, "item", "items"),
        count(size(rows.len()), "population", "populations"),
        if incomplete == 0 {
            "every listing reached its end".to_owned()
        } else {
            let listings = count(incomplete, "listing", "listings");
            format!("{listings} broke off or could not be made, so items may be missing there")
        }
    );
    let base = "populations.html";
    let pages = paginate(rows.iter().map(|_| 1), ROWS, usize::MAX, usize::MAX);
    for (index, range) in pages.iter().enumerate() {
        let path = page_path(base, index);
        let page = PopulationsPage {
            page: Chrome::new(context.facts, &path, Section::Populations, "Populations"),
            summary: summary.clone(),
            rows: rows[range.clone()].iter().map(|row| population(row, shelf)).collect(),
            pager: pager(base, &pages, index, "populations"),
            first: index == 0,
        };
        output.page(&path, &page)?;
    }
    Ok(())
}
