//! The ledger of the scope: every account and region known, looked at or not, and by whom.

use askama::Template;

use crate::model::scan::{AccountScope, CodeFile, CodeScope};
use crate::report::ReportError;
use crate::report::context::Context;
use crate::report::output::Output;
use crate::report::page::{Chrome, Pager, Section, commit, page_path, pager, paginate};
use crate::report::words::{clip, count, number, size};

/// Most accounts on one page: each brings its thirty-odd regions along.
const ACCOUNTS: usize = 20;
/// Most regions shown of one account; AWS has fewer.
const REGIONS: usize = 100;
/// Most files of a pre-merge scan on the page.
const FILES: usize = 1000;

/// One region.
pub(crate) struct RegionRow {
    pub(crate) name: String,
    pub(crate) opt_in: String,
    pub(crate) scanned: bool,
    pub(crate) why: String,
}

/// One account.
pub(crate) struct AccountView {
    pub(crate) id: String,
    pub(crate) partition: String,
    pub(crate) caller_arn: String,
    pub(crate) caller_id: String,
    pub(crate) regions: Vec<RegionRow>,
    pub(crate) summary: String,
    pub(crate) incomplete: String,
}

/// One account as a reader sees it.
pub(crate) fn account(account: &AccountScope) -> AccountView {
    let scanned = account.regions.iter().filter(|region| region.scanned).count();
    let mut regions: Vec<_> = account.regions.iter().collect();
    regions.sort_by_key(|region| (!region.scanned, &region.name));
    AccountView {
        id: clip(&account.id, 40),
        partition: clip(&account.partition, 40),
        caller_arn: clip(&account.caller_arn, 400),
        caller_id: clip(&account.caller_id, 200),
        summary: format!("{} of {} looked at", number(size(scanned)), count(size(regions.len()), "region", "regions")),
        regions: regions
            .into_iter()
            .take(REGIONS)
            .map(|region| RegionRow {
                name: clip(&region.name, 40),
                opt_in: clip(&region.opt_in_status.replace('-', " "), 60),
                scanned: region.scanned,
                why: region.why_not.as_ref().map(|gap| clip(&gap.to_string(), 300)).unwrap_or_default(),
            })
            .collect(),
        incomplete: account.regions_incomplete.as_ref().map(|gap| clip(&gap.to_string(), 400)).unwrap_or_default(),
    }
}

#[derive(Template)]
#[template(path = "scope.html")]
struct ScopePage<'a> {
    page: Chrome<'a>,
    asked: Vec<(&'static str, String)>,
    code: Option<CodeView>,
    accounts: Vec<AccountView>,
    pager: Pager,
}

/// The code that a pre-merge scan judged.
struct CodeView {
    facts: Vec<(&'static str, String)>,
    unreadable: Vec<String>,
    files: Vec<(String, String)>,
    /// How many files are not in the table.
    more: String,
}

fn code(scope: &CodeScope) -> CodeView {
    let row = |file: &CodeFile| (clip(&file.path, 300), clip(&file.sha256, 64));
    CodeView {
        facts: code_facts(scope),
        unreadable: scope.unreadable.iter().take(FILES).map(|line| clip(line, 500)).collect(),
        files: scope.files.iter().take(FILES).map(row).collect(),
        more: match scope.files.len().saturating_sub(FILES) {
            0 => String::new(),
            more => format!("; {} more are in the records", number(size(more))),
        },
    }
}

/// Which code it was, and what the gate said.
pub(crate) fn code_facts(code: &CodeScope) -> Vec<(&'static str, String)> {
    let said = match code.exit_code {
        0 => "let through (exit code 0)".to_owned(),
        1 => "refused: exceptions at or above the threshold (exit code 1)".to_owned(),
        3 => "not decided: something could not be evaluated (exit code 3)".to_owned(),
        other => format!("exit code {other}"),
    };
    vec![
        ("The gate", said),
        ("Repository", code.repository.as_deref().map_or_else(|| "not known".to_owned(), |url| clip(url, 300))),
        ("Commit", commit(code)),
        ("Checked", clip(&code.paths.join(", "), 1000)),
        ("Options", if code.options.is_empty() { "none".to_owned() } else { clip(&code.options.join(", "), 2000) }),
    ]
}

/// What was asked for on the command line, in words.
pub(crate) fn asked(context: &Context<'_>) -> Vec<(&'static str, String)> {
    let asked = &context.input.header.asked;
    let list =
        |given: &[String], all: &str| if given.is_empty() { all.to_owned() } else { clip(&given.join(", "), 2000) };
    let mut rows = vec![
        ("Regions", list(&asked.regions, "all enabled regions")),
        ("Services", list(&asked.services, "all")),
        ("Controls", list(&asked.controls, "all that the policy enforces")),
        ("Criteria", list(&asked.criteria, "all")),
    ];
    if !asked.except.is_empty() {
        rows.push(("Controls left out", list(&asked.except, "none")));
    }
    rows
}

/// Writes the ledger.
pub(crate) fn write(context: &Context<'_>, output: &mut Output) -> Result<(), ReportError> {
    let accounts = &context.input.header.accounts;
    let base = "scope.html";
    let pages = paginate(accounts.iter().map(|_| 1), ACCOUNTS, usize::MAX, usize::MAX);
    for (index, range) in pages.iter().enumerate() {
        let path = page_path(base, index);
        let page = ScopePage {
            page: Chrome::new(context.facts, &path, Section::Scope, "Accounts and regions"),
            asked: asked(context),
            code: context.input.header.code.as_ref().filter(|_| index == 0).map(code),
            accounts: accounts[range.clone()].iter().map(account).collect(),
            pager: pager(base, &pages, index, "accounts"),
        };
        output.page(&path, &page)?;
    }
    Ok(())
}
