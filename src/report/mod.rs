//! The evidence report: a folder of static pages that opens from disk, offline.
//!
//! [`write`] takes an [`Input`] and fills the templates in `reports/`. The pages hold no remote
//! asset, run under a strict content security policy, need no script, and are paged so that none
//! weighs more than [`PAGE_LIMIT`]. Everything that AWS, a control file or a policy says is text:
//! the templates escape it, and nothing in this room marks a string as safe. The same input gives
//! the same bytes.
//!
//! Every text is cut at a stated length before it reaches a page, so that a hostile name cannot
//! make a page too heavy to open; where something is cut or left out, the page says so.

mod bar;
mod body;
mod context;
mod input;
mod item;
mod output;
mod page;
mod pages;
mod raw;
mod search;
mod tally;
mod words;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

pub use input::{ClaimState, Input, SealClaim, SealView, Verdicts};
pub use output::PAGE_LIMIT;
pub use raw::RAW_PAGES;

use context::{Context, Findings};
use output::Output;
use page::Facts;
use raw::RawShelf;

/// Why a report could not be written. Each message fits after "could not write the report: ".
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The place is taken by something that is not a report of ours.
    #[error("{} holds other things and is not a tickmark report; name a new or an empty folder", path.display())]
    Occupied {
        /// The place.
        path: PathBuf,
    },
    /// A file or folder could not be written or moved.
    #[error("could not write {}", path.display())]
    Write {
        /// What was being written.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A template failed.
    #[error("could not render {page}")]
    Render {
        /// The page.
        page: String,
        /// Why not.
        source: askama::Error,
    },
    /// A page came out heavier than the bound, which the cutting of texts and lists must prevent.
    #[error("{page} came out at {bytes} bytes, more than a page may weigh")]
    PageTooLarge {
        /// The page.
        page: String,
        /// Its size.
        bytes: usize,
    },
    /// The verdicts of a control could not be had.
    #[error("could not read the verdicts of {control}")]
    Verdicts {
        /// The control.
        control: String,
        /// Why not.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// HTML pages.
    pub pages: u64,
    /// Size of the largest page, in bytes.
    pub largest_page: usize,
    /// Verdicts shown.
    pub verdicts: u64,
    /// Captures that have a page.
    pub raw_pages: u64,
    /// Captures that have none, for there were more than [`RAW_PAGES`].
    pub raw_without_page: u64,
    /// Captures whose original bytes were left out for their size.
    pub bodies_left_out: u64,
    /// Captures whose stored bytes do not have the SHA-256 on record: a broken or altered store.
    pub mismatched: Vec<u64>,
}

/// Writes a report to the folder `out`: whole, or not at all.
///
/// An empty folder and an earlier report are replaced; anything else that stands there is left
/// alone.
///
/// # Errors
///
/// When `out` holds other things, when a file cannot be written, or when verdicts cannot be read.
pub fn write(input: &Input<'_>, out: &Path) -> Result<Summary, ReportError> {
    write_bounded(input, out, RAW_PAGES)
}

fn write_bounded(input: &Input<'_>, out: &Path, raw_pages: usize) -> Result<Summary, ReportError> {
    let mut output = Output::begin(out)?;
    let facts = Facts::new(input);
    let context = Context::new(input, &facts);
    let mut shelf = RawShelf::new(input.captures, raw_pages);
    let mut findings = Findings::default();
    for region in input.header.accounts.iter().flat_map(|account| account.regions.iter().map(move |r| (account, r))) {
        if let (account, region) = region
            && let Some(gap) = &region.why_not
        {
            findings.gap(Some(gap), &account.id, &region.name);
        }
    }

    output.file("style.css", include_bytes!("../../reports/style.css"))?;
    output.file("search.js", include_bytes!("../../reports/search.js"))?;
    // The order of these calls is the order in which raw answers are given a page: the counts
    // first, then what each control rests on.
    pages::populations::write(&context, &mut output, &mut shelf, &mut findings)?;
    for control in input.controls {
        pages::control::write(&context, control, &mut output, &mut shelf, &mut findings)?;
    }
    pages::second::write(&context, &mut output, &mut shelf)?;
    pages::scope::write(&context, &mut output)?;
    pages::controls::write(&context, &mut output, &findings)?;
    pages::exceptions::write(&context, &mut output, &findings)?;
    let map = pages::criteria::map(&context, &findings);
    pages::criteria::write(&context, &mut output, &findings, &map)?;
    let gaps = pages::gaps::sum_up(&context, &findings);
    pages::gaps::write(&context, &mut output, &findings, &gaps, &map)?;
    let raw = pages::raw::write(&context, &mut output, shelf)?;
    pages::integrity::write(&context, &mut output, &findings, &raw)?;
    pages::cover::write(&context, &mut output, &findings, &gaps, &map, &raw)?;
    output.file("search-index.js", search::index(&context, &findings).as_bytes())?;

    let summary = Summary {
        pages: output.pages,
        largest_page: output.largest,
        verdicts: findings.total.verdicts(),
        raw_pages: raw.pages,
        raw_without_page: raw.without_page,
        bodies_left_out: raw.bodies_left_out,
        mismatched: raw.mismatched,
    };
    output.finish(input.header.number)?;
    Ok(summary)
}
