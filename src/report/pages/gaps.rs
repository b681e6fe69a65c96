//! What was not looked at, and what would have to change for it to be.

use std::collections::BTreeSet;

use askama::Template;

use crate::model::gap::GapCode;
use crate::report::ReportError;
use crate::report::context::{Context, Findings, GapKey, GapSum};
use crate::report::item::GapView;
use crate::report::output::Output;
use crate::report::page::{Chrome, Section};
use crate::report::words::{Mark, clip, count, file_name, number, size};

use super::criteria::Map;

/// Most reasons, places and controls in one table.
const ROWS: usize = 300;
/// Most controls named beside a reason.
const NAMED: usize = 6;

/// One reason, and what it kept from being looked at.
pub(crate) struct ReasonView {
    pub(crate) action: String,
    pub(crate) operation: String,
    pub(crate) error: String,
    pub(crate) meaning: &'static str,
    pub(crate) detail: String,
    pub(crate) verdicts: String,
    pub(crate) populations: String,
    pub(crate) places: String,
    /// Id and path of the controls.
    pub(crate) controls: Vec<(String, String)>,
    pub(crate) more_controls: String,
}

/// What was not looked at, as the cover and the page on gaps say it.
pub(crate) struct Gaps {
    /// Reasons that a permission would remove.
    pub(crate) denied: Vec<ReasonView>,
    /// All other reasons.
    pub(crate) other: Vec<ReasonView>,
    /// Said where a table was cut.
    pub(crate) cut: String,
    /// What the policy accepts: why, the last day, and of how many items.
    pub(crate) accepted: Vec<(String, String, String)>,
    /// The IAM actions that are missing, as a policy to grant; empty where none is.
    pub(crate) grant: String,
    /// The actions by name.
    pub(crate) actions: Vec<String>,
    pub(crate) incomplete: u64,
    pub(crate) regions: u64,
    pub(crate) not_tested: u64,
}

/// Sums up what was not looked at.
pub(crate) fn sum_up(context: &Context<'_>, findings: &Findings) -> Gaps {
    let mut reasons: Vec<(&GapKey, &GapSum)> = findings.gaps.iter().collect();
    reasons.sort_by_key(|(key, sum)| (std::cmp::Reverse(sum.verdicts + sum.populations), *key));
    // What the organisation's policies deny, no permission of the role would allow.
    let missing = |key: &GapKey, sum: &GapSum| {
        key.code == Some(GapCode::AccessDenied)
            && !key.action.is_empty()
            && !["service control policy", "resource control policy"].iter().any(|policy| sum.detail.contains(policy))
    };
    let actions: BTreeSet<&str> =
        reasons.iter().filter(|(key, sum)| missing(key, sum)).map(|(key, _)| key.action.as_str()).collect();
    let actions: Vec<String> = actions.into_iter().take(ROWS).map(ToOwned::to_owned).collect();
    let grant = serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{ "Sid": "TickmarkMissing", "Effect": "Allow", "Action": actions, "Resource": "*" }],
    });
    let (denied, other): (Vec<_>, Vec<_>) = reasons.iter().partition(|(key, sum)| missing(key, sum));
    let more = denied.len().saturating_sub(ROWS) + other.len().saturating_sub(ROWS);
    let view = |(key, sum): &(&GapKey, &GapSum)| reason(context, key, sum);
    let regions = context.input.header.accounts.iter().flat_map(|account| &account.regions);
    Gaps {
        denied: denied.iter().take(ROWS).map(view).collect(),
        other: other.iter().take(ROWS).map(view).collect(),
        cut: if more == 0 {
            String::new()
        } else {
            format!(
                "{} not shown here; the pages of the controls have each.",
                count(size(more), "reason is", "reasons are")
            )
        },
        accepted: findings
            .accepted
            .iter()
            .take(ROWS)
            .map(|(accepted, items)| (clip(&accepted.reason, 400), clip(&accepted.until, 40), number(*items)))
            .collect(),
        grant: if actions.is_empty() { String::new() } else { format!("{grant:#}") },
        actions,
        incomplete: size(context.input.populations.iter().filter(|population| !population.complete).count()),
        regions: size(regions.filter(|region| !region.scanned).count()),
        not_tested: size(findings.outcomes.values().filter(|outcome| outcome.not_tested.is_some()).count()),
    }
}

fn reason(context: &Context<'_>, key: &GapKey, sum: &GapSum) -> ReasonView {
    let known = |id: &&String| context.input.controls.iter().any(|control| control.id == **id);
    let controls = sum.controls.iter().filter(known).take(NAMED);
    let some = |n: u64| if n == 0 { String::new() } else { number(n) };
    let mut places = sum.places.iter();
    ReasonView {
        action: key.action.clone(),
        operation: key.operation.clone(),
        error: key.error.clone(),
        meaning: key.code.map_or("no reason was recorded", GapCode::meaning),
        detail: sum.detail.clone(),
        verdicts: some(sum.verdicts),
        populations: some(sum.populations),
        places: match (places.next(), places.next()) {
            (Some((account, region)), None) => format!("{} {}", clip(account, 40), clip(region, 40)),
            _ => count(size(sum.places.len()), "place", "places"),
        },
        controls: controls.map(|id| (id.clone(), format!("control/{}.html", file_name(id)))).collect(),
        more_controls: match sum.controls.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!("and {} more", number(size(more))),
        },
    }
}

/// A listing that did not reach its end.
struct ListingView {
    kind: String,
    account: String,
    region: String,
    seen: String,
    gap: Option<GapView>,
}

/// A region that was not looked at.
struct RegionView {
    account: String,
    region: String,
    opt_in: String,
    why: String,
}

/// A control that was not tested.
struct SkippedView {
    id: String,
    href: String,
    title: String,
    why: String,
}

#[derive(Template)]
#[template(path = "gaps.html")]
struct GapsPage<'a> {
    page: Chrome<'a>,
    gaps: &'a Gaps,
    unknown: String,
    listings: Vec<ListingView>,
    more_listings: String,
    regions: Vec<RegionView>,
    more_regions: String,
    skipped: Vec<SkippedView>,
    more_skipped: String,
    criteria: Vec<(Mark, String)>,
}

/// Writes the page.
pub(crate) fn write(
    context: &Context<'_>,
    output: &mut Output,
    findings: &Findings,
    gaps: &Gaps,
    map: &Map,
) -> Result<(), ReportError> {
    let more = |total: u64, what: &str, wherein: &str| match total.saturating_sub(size(ROWS)) {
        0 => String::new(),
        more => format!("{} more {what} are in {wherein}.", number(more)),
    };
    let listings = context.input.populations.iter().filter(|population| !population.complete).take(ROWS);
    let regions = context.input.header.accounts.iter().flat_map(|account| {
        account.regions.iter().filter(|region| !region.scanned).map(|region| RegionView {
            account: clip(&account.id, 40),
            region: clip(&region.name, 40),
            opt_in: clip(&region.opt_in_status, 60),
            why: region
                .why_not
                .as_ref()
                .map_or_else(|| "no reason was recorded".to_owned(), |gap| clip(&gap.to_string(), 400)),
        })
    });
    let skipped = context.input.controls.iter().filter_map(|control| {
        let why = findings.outcomes.get(&control.id)?.not_tested.as_ref()?;
        Some(SkippedView {
            id: control.id.clone(),
            href: format!("control/{}.html", file_name(&control.id)),
            title: clip(&control.title, 200),
            why: clip(why, 400),
        })
    });
    let page = GapsPage {
        page: Chrome::new(context.facts, "gaps.html", Section::Gaps, "Gaps: what was not looked at"),
        gaps,
        unknown: number(findings.total.unknown()),
        listings: listings
            .map(|population| ListingView {
                kind: clip(&population.r#type, 120),
                account: clip(&population.account, 40),
                region: clip(&population.region, 40),
                seen: number(population.count),
                gap: population.gap.as_ref().map(GapView::new),
            })
            .collect(),
        more_listings: more(gaps.incomplete, "listings", "the ledger of populations"),
        regions: regions.take(ROWS).collect(),
        more_regions: more(gaps.regions, "regions", "the ledger of accounts and regions"),
        skipped: skipped.take(ROWS).collect(),
        more_skipped: more(gaps.not_tested, "controls", "the list of controls"),
        criteria: map.counts.iter().map(|(mark, n)| (*mark, n.clone())).collect(),
    };
    output.page("gaps.html", &page)
}
