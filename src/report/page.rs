//! What every page has around its content, and how long lists are cut into pages.

use crate::model::scan::{CodeScope, ScanHeader};

use super::input::Input;
use super::words::{clip, count, day, number, size};

/// The part of the report that a page belongs to: one entry of the navigation each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    /// The cover.
    Cover,
    /// What was not looked at.
    Gaps,
    /// Exceptions.
    Exceptions,
    /// The 61 criteria.
    Criteria,
    /// The controls.
    Controls,
    /// The populations ledger.
    Populations,
    /// Accounts and regions.
    Scope,
    /// Security Hub.
    Corroboration,
    /// The raw answers.
    Raw,
    /// The seal.
    Integrity,
}

/// One entry of the navigation.
pub(crate) struct NavEntry {
    pub(crate) section: Section,
    pub(crate) label: &'static str,
    pub(crate) href: &'static str,
    /// A number beside it; empty where there is none.
    pub(crate) count: String,
}

/// One step of the way to a page.
pub(crate) struct Crumb {
    pub(crate) label: String,
    /// Path from the root of the report.
    pub(crate) href: String,
}

/// What is the same on every page.
pub(crate) struct Facts {
    /// Its number, as workpapers are cited by it.
    pub(crate) number: u64,
    /// "Scan 128".
    pub(crate) scan: String,
    /// The account, or how many.
    pub(crate) accounts: String,
    /// The day the scan began.
    pub(crate) day: String,
    /// The seal in two words.
    pub(crate) seal: &'static str,
    /// Whether something other than AWS answered.
    pub(crate) synthetic: bool,
    /// What answered instead, in words.
    pub(crate) endpoint: String,
    /// What is said of a scan that judged code; empty for any other.
    pub(crate) code: String,
    /// Why the seal must not be relied on; empty where it may.
    pub(crate) seal_warning: &'static str,
    pub(crate) version: String,
    pub(crate) nav: Vec<NavEntry>,
}

impl Facts {
    pub(crate) fn new(input: &Input<'_>) -> Self {
        let header = input.header;
        let kind = |name: &str| input.footer.verdicts.get(name).copied().unwrap_or(0);
        let entry = |section, label, href, count| NavEntry { section, label, href, count };
        let seal = input.seal;
        let (word, warning) = if !seal.sealed() {
            ("Not sealed", "This scan is not sealed. Nothing here shows that it was not altered after the fact.")
        } else if seal.broken() {
            ("Seal broken", "A claim of the seal was checked and does not hold. See the integrity page.")
        } else if !seal.signed {
            (
                "Not signed",
                "The seal carries no signature, so nothing ties it to a key. A missing signature is a failure.",
            )
        } else {
            ("Sealed, signed", "")
        };
        Self {
            number: header.number,
            scan: format!("Scan {}", number(header.number)),
            accounts: accounts(header),
            day: day(&header.started),
            seal: word,
            synthetic: header.synthetic,
            endpoint: stood_in(header),
            code: header.code.as_ref().map_or_else(String::new, |code| {
                format!("This scan judged code, {}: nothing here was read from AWS.", commit(code))
            }),
            seal_warning: warning,
            version: clip(&header.tool.version, 60),
            nav: vec![
                entry(Section::Cover, "Cover", "index.html", String::new()),
                entry(Section::Gaps, "Gaps", "gaps.html", number(kind("not_evaluated"))),
                entry(Section::Exceptions, "Exceptions", "exceptions.html", number(kind("fail"))),
                entry(Section::Criteria, "Criteria", "criteria.html", number(size(input.criteria.len()))),
                entry(Section::Controls, "Controls", "controls.html", number(size(input.controls.len()))),
                entry(Section::Populations, "Populations", "populations.html", String::new()),
                entry(Section::Scope, "Accounts and regions", "scope.html", String::new()),
                entry(Section::Corroboration, "Second source", "security-hub.html", String::new()),
                entry(Section::Raw, "Raw answers", "raw.html", number(input.footer.captures)),
                entry(Section::Integrity, "Integrity", "integrity.html", String::new()),
            ],
        }
    }
}

/// The commit that was judged, in words.
pub(crate) fn commit(code: &CodeScope) -> String {
    match &code.commit {
        Some(commit) if code.modified => format!("commit {} with changes that were not committed", clip(commit, 40)),
        Some(commit) => format!("commit {}", clip(commit, 40)),
        None => "of no known commit".to_owned(),
    }
}

/// What answered in place of AWS, in words.
fn stood_in(header: &ScanHeader) -> String {
    if let Some(endpoint) = &header.endpoint {
        return clip(endpoint, 200);
    }
    if header.endpoints.is_empty() {
        return "a recorded tape".to_owned();
    }
    let some: Vec<String> = header.endpoints.iter().map(|(service, url)| format!("{url} for {service}")).collect();
    clip(&some.join(", "), 400)
}

fn accounts(header: &ScanHeader) -> String {
    if let Some(code) = &header.code {
        return code.commit.as_deref().map_or_else(
            || "Code".to_owned(),
            |commit| format!("Commit {}", clip(commit.get(..12).unwrap_or(commit), 40)),
        );
    }
    match header.accounts.as_slice() {
        [only] => format!("Account {}", clip(&only.id, 40)),
        many => count(size(many.len()), "account", "accounts"),
    }
}

/// What a page has around its content.
pub(crate) struct Chrome<'a> {
    pub(crate) facts: &'a Facts,
    /// The way back to the root of the report, `../` once per folder.
    pub(crate) root: &'static str,
    pub(crate) title: String,
    /// The reference by which a workpaper is cited.
    pub(crate) reference: String,
    pub(crate) section: Section,
    pub(crate) crumbs: Vec<Crumb>,
}

impl<'a> Chrome<'a> {
    /// The surroundings of the page at `path`.
    pub(crate) fn new(facts: &'a Facts, path: &str, section: Section, title: impl Into<String>) -> Self {
        let root = match path.matches('/').count() {
            0 => "",
            1 => "../",
            _ => "../../",
        };
        let place = if section == Section::Cover { "cover" } else { path.strip_suffix(".html").unwrap_or(path) };
        let reference = format!("{}/{place}", facts.number);
        Self { facts, root, title: title.into(), reference, section, crumbs: Vec::new() }
    }

    /// The same, one step deeper.
    pub(crate) fn under(mut self, label: impl Into<String>, href: impl Into<String>) -> Self {
        self.crumbs.push(Crumb { label: label.into(), href: href.into() });
        self
    }

    /// Whether this is the cover.
    pub(crate) fn cover(&self) -> bool {
        self.section == Section::Cover
    }

    /// Whether the entry is the page's own.
    pub(crate) fn here(&self, entry: &NavEntry) -> bool {
        entry.section == self.section
    }
}

/// One link of a pager.
pub(crate) struct PageLink {
    /// Path from the root; empty for the page itself and for an ellipsis.
    pub(crate) href: String,
    pub(crate) label: String,
    pub(crate) current: bool,
}

/// Where a page stands among the pages of a list.
#[derive(Default)]
pub(crate) struct Pager {
    /// "201 to 400 of 3,412 items"; empty where the list has one page.
    pub(crate) range: String,
    pub(crate) previous: String,
    pub(crate) next: String,
    pub(crate) links: Vec<PageLink>,
}

impl Pager {
    /// Whether there is more than one page.
    pub(crate) fn paged(&self) -> bool {
        !self.links.is_empty()
    }
}

/// The path of page `index` (from 0) of the list that begins at `base`: `control/x.html`, then
/// `control/x/2.html`.
pub(crate) fn page_path(base: &str, index: usize) -> String {
    if index == 0 {
        return base.to_owned();
    }
    format!("{}/{}.html", base.strip_suffix(".html").unwrap_or(base), index + 1)
}

/// Cuts a list into pages by count and by weight. Each element of the answer is a range of the
/// list; an empty list has one empty page.
pub(crate) fn paginate(
    weights: impl Iterator<Item = usize>,
    most: usize,
    first_budget: usize,
    budget: usize,
) -> Vec<std::ops::Range<usize>> {
    let mut pages = Vec::new();
    let (mut start, mut used, mut end) = (0, 0, 0);
    for (at, weight) in weights.enumerate() {
        let room = if pages.is_empty() { first_budget } else { budget };
        if at > start && (at - start >= most || used + weight > room) {
            pages.push(start..at);
            start = at;
            used = 0;
        }
        used += weight;
        end = at + 1;
    }
    pages.push(start..end);
    pages
}

/// The pager of page `index` of a list.
pub(crate) fn pager(base: &str, pages: &[std::ops::Range<usize>], index: usize, noun: &str) -> Pager {
    let total = pages.last().map_or(0, |page| page.end);
    if pages.len() < 2 {
        return Pager::default();
    }
    let range = format!(
        "{} to {} of {} {noun}",
        number(size(pages[index].start + 1)),
        number(size(pages[index].end)),
        number(size(total))
    );
    let mut links = Vec::new();
    let mut last = None;
    for at in 0..pages.len() {
        // The ends and the neighbours; the rest is an ellipsis.
        if at != 0 && at + 1 != pages.len() && at.abs_diff(index) > 2 {
            continue;
        }
        if last.is_some_and(|last| at > last + 1) {
            links.push(PageLink { href: String::new(), label: "…".to_owned(), current: false });
        }
        last = Some(at);
        links.push(PageLink { href: page_path(base, at), label: number(size(at + 1)), current: at == index });
    }
    Pager {
        range,
        previous: if index == 0 { String::new() } else { page_path(base, index - 1) },
        next: if index + 1 == pages.len() { String::new() } else { page_path(base, index + 1) },
        links,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn pages_are_cut_by_count_and_by_weight() {
        assert_eq!(paginate([1; 5].into_iter(), 2, 100, 100), [0..2, 2..4, 4..5]);
        assert_eq!(paginate([40, 40, 40, 90, 10].into_iter(), 9, 50, 100), [0..1, 1..3, 3..5]);
        assert_eq!(paginate([].into_iter(), 9, 50, 100), vec![0..0; 1], "an empty list has a page");
        assert_eq!(paginate([500].into_iter(), 9, 50, 100), vec![0..1; 1], "a heavy item has a page of its own");
    }

    #[test]
    fn a_pager_names_the_ends_and_the_neighbours() {
        let pages: Vec<_> = (0..100).map(|at| at * 2..at * 2 + 2).collect();
        let shown = pager("control/x.html", &pages, 50, "items");
        let labels: Vec<_> = shown.links.iter().map(|link| link.label.as_str()).collect();
        assert_eq!(labels, ["1", "…", "49", "50", "51", "52", "53", "…", "100"]);
        assert_eq!(shown.range, "101 to 102 of 200 items");
        assert_eq!(shown.previous, "control/x/50.html");
        assert_eq!(shown.links[0].href, "control/x.html");
    }

    proptest! {
        #[test]
        fn every_item_is_on_one_page(weights in prop::collection::vec(0usize..300, 0..200)) {
            let pages = paginate(weights.iter().copied(), 20, 500, 1000);
            let items: Vec<usize> = pages.iter().cloned().flatten().collect();
            prop_assert_eq!(items, (0..weights.len()).collect::<Vec<_>>());
            for page in &pages {
                prop_assert!(page.len() <= 20);
                prop_assert!(page.len() <= 1 || weights[page.clone()].iter().sum::<usize>() <= 1000);
            }
        }
    }
}
