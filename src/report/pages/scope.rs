//! The ledger of the scope: every account and region known, looked at or not, and by whom.

use askama::Template;

use crate::model::scan::AccountScope;
use crate::report::ReportError;
use crate::report::context::Context;
use crate::report::output::Output;
use crate::report::page::{Chrome, Pager, Section, page_path, pager, paginate};
use crate::report::words::{clip, count, number, size};

/// Most accounts on one page: each brings its thirty-odd regions along.
const ACCOUNTS: usize = 20;
/// Most regions shown of one account; AWS has fewer.
const REGIONS: usize = 100;

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
    accounts: Vec<AccountView>,
    pager: Pager,
}

/// What was asked for on the command line, in words.
pub(crate) fn asked(context: &Context<'_>) -> Vec<(&'static str, String)> {
    let asked = &context.input.header.asked;
    let list =
        |given: &[String], all: &str| if given.is_empty() { all.to_owned() } else { clip(&given.join(", "), 2000) };
    vec![
        ("Regions", list(&asked.regions, "all enabled regions")),
        ("Services", list(&asked.services, "all")),
        ("Controls", list(&asked.controls, "all that the policy enforces")),
        ("Criteria", list(&asked.criteria, "all")),
    ]
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
            accounts: accounts[range.clone()].iter().map(account).collect(),
            pager: pager(base, &pages, index, "accounts"),
        };
        output.page(&path, &page)?;
    }
    Ok(())
}
