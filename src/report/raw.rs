//! Which raw answers have a page, and where it is.

use std::collections::BTreeMap;

use crate::model::attr::CaptureId;
use crate::model::capture::{Capture, Outcome};

use super::words::{number, size};

/// How many answers get a page of their own. Those that verdicts and populations rest on come
/// first; whatever is beyond it stays in the store, and the report says how many.
pub const RAW_PAGES: usize = 20_000;

/// How many links to raw answers one item shows.
const LINKS: usize = 12;

/// A link to a raw answer.
pub(crate) struct RawLink {
    /// Number of the capture.
    pub(crate) n: CaptureId,
    /// Path from the root of the report; empty where the answer has no page.
    pub(crate) href: String,
}

/// A few links, and how many more there would be.
#[derive(Default)]
pub(crate) struct RawLinks {
    pub(crate) links: Vec<RawLink>,
    /// "and 40 more"; empty where there are none.
    pub(crate) more: String,
}

/// Decides which captures have a page: those that something links to, in the order of asking,
/// then the rest by number, up to the bound.
pub(crate) struct RawShelf<'a> {
    captures: &'a [Capture],
    wanted: Vec<bool>,
    taken: usize,
    bound: usize,
}

impl<'a> RawShelf<'a> {
    pub(crate) fn new(captures: &'a [Capture], bound: usize) -> Self {
        Self { captures, wanted: vec![false; captures.len()], taken: 0, bound }
    }

    /// The capture with this number.
    pub(crate) fn get(&self, n: CaptureId) -> Option<&'a Capture> {
        self.index(n).map(|at| &self.captures[at])
    }

    fn index(&self, n: CaptureId) -> Option<usize> {
        self.captures.binary_search_by_key(&n, |capture| capture.n).ok()
    }

    fn take(&mut self, at: usize) -> bool {
        if !self.wanted[at] && self.taken < self.bound {
            self.wanted[at] = true;
            self.taken += 1;
        }
        self.wanted[at]
    }

    /// Links to these captures.
    pub(crate) fn links(&mut self, captures: &[CaptureId]) -> RawLinks {
        let links = captures.iter().take(LINKS).map(|&n| {
            let shelved = self.index(n).is_some_and(|at| self.take(at));
            RawLink { n, href: if shelved { path(n) } else { String::new() } }
        });
        let links = links.collect();
        let more = match captures.len().saturating_sub(LINKS) {
            0 => String::new(),
            more => format!("and {} more", number(size(more))),
        };
        RawLinks { links, more }
    }

    /// Fills what room is left, and answers which captures have a page.
    pub(crate) fn fill(mut self) -> Vec<bool> {
        for at in 0..self.captures.len() {
            self.take(at);
        }
        self.wanted
    }
}

/// The page of a capture.
pub(crate) fn path(n: CaptureId) -> String {
    format!("raw/{n:06}.html")
}

/// How an attempt ended, in words.
pub(crate) fn outcome(capture: &Capture) -> String {
    match (&capture.outcome, capture.status) {
        (Outcome::Answered, Some(status)) => format!("answered with HTTP {status}"),
        (Outcome::Answered, None) => "answered".to_owned(),
        (Outcome::Timeout, _) => "no answer in time".to_owned(),
        (Outcome::ConnectionFailed, _) => "the connection failed".to_owned(),
        (Outcome::BrokenBody, _) => "the answer broke off".to_owned(),
        (Outcome::NotRecorded, _) => "the tape held no answer".to_owned(),
    }
}

/// What was withheld: by operation and member, how many values, of how many answers.
pub(crate) fn withheld(captures: &[Capture]) -> BTreeMap<(String, String), (u64, u64)> {
    let mut all: BTreeMap<_, (u64, u64)> = BTreeMap::new();
    for capture in captures {
        for (member, n) in &capture.withheld {
            let operation = format!("{}:{}", capture.service, capture.operation);
            let (values, answers) = all.entry((operation, member.clone())).or_default();
            *values = values.saturating_add(*n);
            *answers += 1;
        }
    }
    all
}

/// Whether AWS answered, and not with an error.
pub(crate) fn good(capture: &Capture) -> bool {
    capture.outcome == Outcome::Answered && capture.status.is_some_and(|status| status < 400)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::capture;

    #[test]
    fn answers_that_are_linked_to_get_a_page_before_the_others() {
        let captures: Vec<_> = (1..=5).map(|n| capture(n, "s3", "ListBuckets")).collect();
        let mut shelf = RawShelf::new(&captures, 2);
        assert_eq!(shelf.links(&[4]).links[0].href, "raw/000004.html");
        assert_eq!(shelf.links(&[9]).links[0].href, "", "no such capture");
        assert_eq!(shelf.fill(), [true, false, false, true, false]);
        let mut full = RawShelf::new(&captures, 1);
        full.links(&[4]);
        assert_eq!(full.links(&[5]).links[0].href, "", "no room");
        assert_eq!(full.links(&[4]).links[0].href, "raw/000004.html");
    }

    #[test]
    fn an_item_with_many_answers_says_how_many_it_does_not_link() {
        let numbers: Vec<_> = (1..=20).collect();
        let links = RawShelf::new(&[], 9).links(&numbers);
        assert_eq!(links.links.len(), 12);
        assert_eq!(links.more, "and 8 more");
    }
}
