//! The raw answers: an index of all captures, and a page for each with its original bytes beside it.

use askama::Template;
use sha2::{Digest, Sha256};

use crate::model::capture::Capture;
use crate::report::ReportError;
use crate::report::body::{Shown, extension, show};
use crate::report::context::Context;
use crate::report::output::{Output, hex};
use crate::report::page::{Chrome, Pager, Section, page_path, pager, paginate};
use crate::report::raw::{self, RAW_PAGES, RawShelf};
use crate::report::words::{clip, count, fit, number, size, skew, visible};

/// Most captures on one page of the index.
const ROWS: usize = 400;
/// How many bytes of original answers the report carries; the store has the rest.
const BYTES: u64 = 512 * 1024 * 1024;
/// How much of the request a page shows, in bytes of HTML.
const INPUT: usize = 100_000;

/// Most members on a list of what was withheld.
const WITHHELD: usize = 100;

/// A member of an operation's answers, and what was withheld of it.
struct WithheldRow {
    operation: String,
    member: String,
    values: String,
    answers: String,
}

/// A capture in the index.
struct CaptureRow {
    n: String,
    href: String,
    started: String,
    account: String,
    region: String,
    operation: String,
    page: u32,
    attempt: u32,
    outcome: String,
    good: bool,
    request_id: String,
    sha256: String,
}

#[derive(Template)]
#[template(path = "raw_index.html")]
struct RawIndexPage<'a> {
    page: Chrome<'a>,
    summary: String,
    withheld: Vec<WithheldRow>,
    more_withheld: String,
    rows: Vec<CaptureRow>,
    pager: Pager,
}

#[derive(Template)]
#[template(path = "raw.html")]
struct RawPage<'a> {
    page: Chrome<'a>,
    heading: String,
    outcome: String,
    good: bool,
    facts: Vec<(&'static str, String, bool)>,
    input: String,
    input_cut: bool,
    /// Member, and how many values of it were withheld.
    withheld: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    shown: Shown,
    no_body: &'static str,
    file: String,
    file_size: String,
    tampered: bool,
    previous: String,
    next: String,
}

/// What was written of the raw answers.
#[derive(Default)]
pub(crate) struct RawSummary {
    pub(crate) pages: u64,
    /// Captures without a page.
    pub(crate) without_page: u64,
    /// Bodies left out for the bound on bytes.
    pub(crate) bodies_left_out: u64,
    /// Bodies whose bytes do not have the hash on record.
    pub(crate) mismatched: Vec<u64>,
}

/// Writes the index, the pages, the original bytes and the list of sums on record.
pub(crate) fn write(
    context: &Context<'_>,
    output: &mut Output,
    shelf: RawShelf<'_>,
) -> Result<RawSummary, ReportError> {
    let captures = context.input.captures;
    let shelved = shelf.fill();
    let mut summary = RawSummary::default();
    let mut bytes_left = BYTES;
    let mut sums = String::new();
    let on_shelf: Vec<&Capture> =
        captures.iter().zip(&shelved).filter(|(_, shelved)| **shelved).map(|(capture, _)| capture).collect();
    for (at, capture) in on_shelf.iter().enumerate() {
        let neighbour =
            |at: Option<usize>| at.and_then(|at| on_shelf.get(at)).map(|c| raw::path(c.n)).unwrap_or_default();
        let (previous, next) = (neighbour(at.checked_sub(1)), neighbour(Some(at + 1)));
        one(context, output, capture, &mut bytes_left, &mut sums, &mut summary, (previous, next))?;
    }
    summary.pages = size(on_shelf.len());
    summary.without_page = size(captures.len() - on_shelf.len());
    output.file("raw/SHA256SUMS", sums.as_bytes())?;
    index(context, output, &shelved, &summary)?;
    Ok(summary)
}

fn one(
    context: &Context<'_>,
    output: &mut Output,
    capture: &Capture,
    bytes_left: &mut u64,
    sums: &mut String,
    summary: &mut RawSummary,
    (previous, next): (String, String),
) -> Result<(), ReportError> {
    let path = raw::path(capture.n);
    let operation = clip(&format!("{}:{}", capture.service, capture.operation), 160);
    let body = capture.body_sha256.as_deref().map(|sha| (sha, (context.input.bodies)(sha)));
    let mut file = String::new();
    let mut shown = Shown::default();
    let mut tampered = false;
    let no_body = match &body {
        None => "No body came with this answer.",
        Some((_, None)) => "The body is on record by its hash, and is not in this store.",
        Some((_, Some(bytes))) if size(bytes.len()) > *bytes_left => {
            summary.bodies_left_out += 1;
            "The body was left out: this report has reached its bound of 512 MiB of original answers. The store has it."
        }
        Some((sha, Some(bytes))) => {
            *bytes_left -= size(bytes.len());
            if hex(&Sha256::digest(bytes)) != **sha {
                tampered = true;
                summary.mismatched.push(capture.n);
            }
            let content_type = capture.content_type.as_deref().unwrap_or_default();
            file = format!("{:06}.{}", capture.n, extension(content_type, bytes));
            output.file(&format!("raw/{file}"), bytes)?;
            // The sum on record, not one made here: that is what makes the check worth making.
            let on_record = sha.len() == 64 && sha.bytes().all(|b| b.is_ascii_hexdigit());
            if on_record {
                sums.extend([sha, "  ", &file, "\n"]);
            }
            shown = show(capture, bytes);
            ""
        }
    };
    let input = format!("{:#}", capture.input);
    let input = visible(&input);
    let kept = fit(&input, INPUT);
    let page = RawPage {
        page: Chrome::new(context.facts, &path, Section::Raw, format!("Raw answer {}: {operation}", capture.n))
            .under("Raw answers", "raw.html"),
        heading: operation,
        outcome: raw::outcome(capture),
        good: raw::good(capture),
        facts: facts(capture),
        input: kept.to_owned(),
        input_cut: kept.len() < input.len(),
        withheld: capture.withheld.iter().take(WITHHELD).map(|(member, n)| (clip(member, 200), values(*n))).collect(),
        headers: capture.headers.iter().take(40).map(|(name, value)| (clip(name, 100), clip(value, 400))).collect(),
        shown,
        no_body,
        file,
        file_size: count(capture.body_size, "byte", "bytes"),
        tampered,
        previous,
        next,
    };
    output.page(&path, &page)
}

fn values(n: u64) -> String {
    count(n, "value", "values")
}

fn withheld_row(((operation, member), (n, answers)): (&(String, String), &(u64, u64))) -> WithheldRow {
    WithheldRow {
        operation: clip(operation, 160),
        member: clip(member, 200),
        values: values(*n),
        answers: count(*answers, "answer", "answers"),
    }
}

/// Name, value, and whether it is code.
fn facts(capture: &Capture) -> Vec<(&'static str, String, bool)> {
    let text = |part: &Option<String>| part.as_deref().map_or_else(|| "none".to_owned(), |part| clip(part, 300));
    let aws = match capture.aws_date.as_deref() {
        None => "no Date header came".to_owned(),
        Some(date) => match skew(&capture.ended, date) {
            Some(words) => format!("{} ({words})", clip(date, 60)),
            None => clip(date, 60),
        },
    };
    vec![
        ("Account", clip(&capture.account, 40), true),
        ("Region", clip(&capture.region, 40), true),
        ("Endpoint", clip(&capture.endpoint, 300), true),
        ("Page, attempt", format!("page {}, attempt {}", capture.page, capture.attempt), false),
        ("AWS request id", text(&capture.request_id), true),
        ("Our clock, asked", clip(&capture.started, 40), true),
        ("Our clock, answered", clip(&capture.ended, 40), true),
        ("AWS's clock", aws, false),
        ("Content type", text(&capture.content_type), true),
        ("Body, SHA-256", text(&capture.body_sha256), true),
        ("Body, length", count(capture.body_size, "byte", "bytes"), false),
    ]
}

fn index(
    context: &Context<'_>,
    output: &mut Output,
    shelved: &[bool],
    summary: &RawSummary,
) -> Result<(), ReportError> {
    let captures = context.input.captures;
    let mut said =
        vec![format!("{} recorded.", count(size(captures.len()), "exchange with AWS was", "exchanges with AWS were"))];
    if summary.without_page > 0 {
        said.push(format!(
            "{} have a page here, those that verdicts and populations rest on first: a report carries at most {}. The other {} are in the store.",
            number(summary.pages),
            number(size(RAW_PAGES)),
            number(summary.without_page)
        ));
    }
    if summary.bodies_left_out > 0 {
        said.push(format!(
            "{} of the originals are left out: a report carries at most 512 MiB of them. The store has them.",
            number(summary.bodies_left_out)
        ));
    }
    let withheld = raw::withheld(captures);
    let base = "raw.html";
    let ranges = paginate(captures.iter().map(|_| 1), ROWS, usize::MAX, usize::MAX);
    for (index, range) in ranges.iter().enumerate() {
        // The first page is `raw.html`, so that the folder `raw/` holds the answers alone.
        let path = if index == 0 { base.to_owned() } else { page_path("raw-index.html", index) };
        let rows = captures[range.clone()].iter().zip(&shelved[range.clone()]).map(|(capture, shelved)| CaptureRow {
            n: number(capture.n),
            href: if *shelved { raw::path(capture.n) } else { String::new() },
            started: clip(&capture.started, 40),
            account: clip(&capture.account, 40),
            region: clip(&capture.region, 40),
            operation: clip(&format!("{}:{}", capture.service, capture.operation), 160),
            page: capture.page,
            attempt: capture.attempt,
            outcome: raw::outcome(capture),
            good: raw::good(capture),
            request_id: capture.request_id.as_deref().map(|id| clip(id, 100)).unwrap_or_default(),
            sha256: capture
                .body_sha256
                .as_deref()
                .map(|sha| clip(sha, 12))
                .unwrap_or_default()
                .replace("… [cut; 64 characters in all]", "…"),
        });
        let mut pager = pager("raw-index.html", &ranges, index, "answers");
        let first = |href: &mut String| {
            if href == "raw-index.html" {
                base.clone_into(href);
            }
        };
        pager.links.iter_mut().for_each(|link| first(&mut link.href));
        first(&mut pager.previous);
        let page = RawIndexPage {
            page: Chrome::new(context.facts, &path, Section::Raw, "Raw answers"),
            summary: said.join(" "),
            withheld: withheld.iter().take(WITHHELD).map(withheld_row).collect(),
            more_withheld: match withheld.len().saturating_sub(WITHHELD) {
                0 => String::new(),
                more => count(size(more), "more member", "more members"),
            },
            rows: rows.collect(),
            pager,
        };
        output.page(&path, &page)?;
    }
    Ok(())
}
