//! The cover: whose accounts, when, by whom, under which seal; what was not looked at, then what
//! was found.

use askama::Template;

use crate::report::ReportError;
use crate::report::bar::Bar;
use crate::report::context::{Context, Findings};
use crate::report::output::Output;
use crate::report::page::{Chrome, Section};
use crate::report::tally::Tally;
use crate::report::words::{Mark, clip, count, day, duration, number, size, status, time};

use super::controls::{ControlRow, by_attention, counts, row};
use super::criteria::{Map, exceptions_words};
use super::exceptions::{severities, summary};
use super::gaps::Gaps;
use super::raw::RawSummary;
use super::scope::{AccountView, account, asked, code_facts};

/// Most accounts on the cover; the ledger has all.
const ACCOUNTS: usize = 6;
/// Most controls with exceptions on the cover.
const CONTROLS: usize = 12;

/// One line of what was not looked at.
struct GapLine {
    n: String,
    words: String,
    href: &'static str,
}

/// A parameter that asks for less than the catalogue.
struct LaxView {
    control: String,
    href: String,
    parameter: String,
    default: String,
    value: String,
}

#[derive(Template)]
#[template(path = "index.html")]
struct CoverPage<'a> {
    page: Chrome<'a>,
    /// Who described what was found.
    witness: &'static str,
    of_code: bool,
    whose: String,
    when: String,
    lead: String,
    facts: Vec<(&'static str, String)>,
    accounts: Vec<AccountView>,
    more_accounts: String,
    gap_lines: Vec<GapLine>,
    actions: Vec<String>,
    more_actions: String,
    exceptions: String,
    severities: Vec<(&'static str, String, String)>,
    controls: Vec<ControlRow>,
    more_controls: String,
    results: Vec<(Mark, String)>,
    total: Tally,
    bar: Bar,
    numbers: Vec<(Mark, String)>,
    map: &'a Map,
    map_words: String,
    asked: Vec<(&'static str, String)>,
    lax: Vec<LaxView>,
    tool: Vec<(&'static str, String)>,
    verified: String,
    seal_word: &'static str,
    seal_good: bool,
    mismatched: String,
}

/// Writes the cover.
pub(crate) fn write(
    context: &Context<'_>,
    output: &mut Output,
    findings: &Findings,
    gaps: &Gaps,
    map: &Map,
    raw: &RawSummary,
) -> Result<(), ReportError> {
    let input = context.input;
    let (header, footer, seal) = (input.header, input.footer, input.seal);
    let whose = match header.accounts.as_slice() {
        _ if header.code.is_some() => "Code before a merge".to_owned(),
        [only] => format!("AWS account {}", clip(&only.id, 40)),
        many => count(size(many.len()), "AWS account", "AWS accounts"),
    };
    let scanned = header.accounts.iter().flat_map(|account| &account.regions).filter(|region| region.scanned).count();
    let total = findings.total;
    let marked = by_attention(input.controls.iter(), findings);
    let with_exceptions: Vec<_> =
        marked.into_iter().filter(|control| findings.outcomes[&control.id].mark() == Mark::Exceptions).collect();
    let tool = &header.tool;
    let page = CoverPage {
        page: Chrome::new(context.facts, "index.html", Section::Cover, format!("Scan {}", number(header.number))),
        whose,
        witness: match &header.code {
            Some(_) => "as its files described it",
            None if header.synthetic => "as a stand-in for AWS described it",
            None => "as AWS described it",
        },
        of_code: header.code.is_some(),
        when: day(&header.started),
        lead: {
            let controls = findings.outcomes.values().filter(|outcome| outcome.not_tested.is_none()).count();
            let (items, by) = (count(total.items(), "item", "items"), count(size(controls), "control", "controls"));
            match &header.code {
                Some(code) => {
                    format!("{items} judged by {by}, from {}.", count(size(code.files.len()), "file", "files"))
                }
                None => format!(
                    "{items} in {} judged by {by}, from {} recorded as they came.",
                    count(size(scanned), "region", "regions"),
                    count(footer.captures, "answer", "answers"),
                ),
            }
        },
        facts: facts(context),
        accounts: header.accounts.iter().take(ACCOUNTS).map(account).collect(),
        more_accounts: match header.accounts.len().saturating_sub(ACCOUNTS) {
            0 => String::new(),
            more => count(size(more), "more account", "more accounts"),
        },
        gap_lines: gap_lines(context, findings, gaps, map),
        actions: gaps.actions.iter().take(8).cloned().collect(),
        more_actions: match gaps.actions.len().saturating_sub(8) {
            0 => String::new(),
            more => format!("and {} more", number(size(more))),
        },
        exceptions: summary(findings),
        severities: severities(findings),
        controls: with_exceptions.iter().take(CONTROLS).map(|control| row(context, control, findings)).collect(),
        more_controls: match with_exceptions.len().saturating_sub(CONTROLS) {
            0 => String::new(),
            more => count(size(more), "more control", "more controls"),
        },
        results: counts(findings),
        total,
        bar: Bar::new(&total),
        numbers: vec![
            (Mark::NotEvaluated, number(total.unknown())),
            (Mark::Exceptions, number(total.noted())),
            (Mark::Clean, number(total.clean)),
            (Mark::NotApplicable, number(total.not_applicable)),
        ],
        map,
        map_words: exceptions_words(map),
        asked: asked(context),
        lax: footer.lax.iter().take(50).map(|lax| lax_view(context, lax)).collect(),
        tool: vec![
            ("Executable", clip(&tool.executable_sha256, 100)),
            ("Controls", clip(&tool.controls_sha256, 100)),
            ("Policy", clip(&tool.policy_sha256, 100)),
            ("Verdicts", clip(&footer.verdict_sha256, 100)),
            ("Root of the records", clip(&seal.tree_root, 100)),
        ],
        verified: clip(&seal.verified, 1000),
        seal_word: context.facts.seal,
        seal_good: context.facts.seal_warning.is_empty(),
        mismatched: match raw.mismatched.len() {
            0 => String::new(),
            n => {
                format!("In the store, {} not the bytes on record.", count(size(n), "raw answer is", "raw answers are"))
            }
        },
    };
    output.page("index.html", &page)
}

fn facts(context: &Context<'_>) -> Vec<(&'static str, String)> {
    let (header, footer) = (context.input.header, context.input.footer);
    let took = duration(&header.started, &footer.ended);
    let mut facts = vec![
        ("Began", time(&header.started)),
        ("Ended", format!("{}{}", time(&footer.ended), if took.is_empty() { took } else { format!(" ({took})") })),
        ("Outcome", status(footer.status).to_owned()),
        ("Gate", clip(&header.gate, 60)),
        ("Policy", format!("{} ({})", clip(&context.input.policy.title, 200), clip(&header.policy, 100))),
        ("Tool", format!("tickmark {}", clip(&header.tool.version, 60))),
    ];
    let withheld = context.input.captures.iter().flat_map(|capture| capture.withheld.values());
    let withheld = withheld.fold(0_u64, |sum, n| sum.saturating_add(*n));
    if withheld > 0 {
        let values = count(withheld, "value", "values");
        facts.push(("Withheld", format!("{values} of the answers, as secrets; listed under Raw answers")));
    }
    if let Some(code) = &header.code {
        facts.extend(code_facts(code));
    }
    facts
}

fn gap_lines(context: &Context<'_>, findings: &Findings, gaps: &Gaps, map: &Map) -> Vec<GapLine> {
    let mut lines = Vec::new();
    let mut line = |n: u64, one: &str, many: &str, href| {
        if n > 0 {
            lines.push(GapLine { n: number(n), words: if n == 1 { one } else { many }.to_owned(), href });
        }
    };
    line(
        size(gaps.actions.len()),
        "IAM action was refused to the scanning role",
        "IAM actions were refused to the scanning role",
        "gaps.html#permissions",
    );
    line(findings.total.not_evaluated, "item could not be evaluated", "items could not be evaluated", "gaps.html");
    line(gaps.incomplete, "listing did not reach its end", "listings did not reach their end", "gaps.html#listings");
    line(gaps.regions, "region was not looked at", "regions were not looked at", "gaps.html#regions");
    let unsure =
        size(context.input.header.accounts.iter().filter(|account| account.regions_incomplete.is_some()).count());
    line(
        unsure,
        "account's list of regions may not be complete",
        "accounts' lists of regions may not be complete",
        "scope.html",
    );
    line(
        gaps.not_tested,
        "control of the catalogue was not tested",
        "controls of the catalogue were not tested",
        "gaps.html#controls",
    );
    let of = |wanted: Mark| {
        let tiles = map.series.iter().flat_map(|series| &series.tiles);
        size(tiles.filter(|tile| tile.state.mark == wanted).count())
    };
    line(of(Mark::NotEvaluated), "criterion was not evaluated", "criteria were not evaluated", "criteria.html");
    line(of(Mark::Awaiting), "criterion awaits manual evidence", "criteria await manual evidence", "criteria.html");
    lines
}

fn lax_view(context: &Context<'_>, lax: &crate::model::scan::LaxParameter) -> LaxView {
    let known = context.input.controls.iter().any(|control| control.id == lax.control);
    LaxView {
        control: clip(&lax.control, 120),
        href: if known {
            format!("control/{}.html", crate::report::words::file_name(&lax.control))
        } else {
            String::new()
        },
        parameter: clip(&lax.parameter, 100),
        default: clip(&lax.default.to_string(), 200),
        value: clip(&lax.value.to_string(), 200),
    }
}
