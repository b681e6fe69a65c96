//! For people at a terminal: each finding with the lines it is about, why it matters and how to put it
//! right, as good compilers do.

use std::collections::BTreeSet;

use super::excerpt::{Shown, Sources};
use super::finding::{Finding, by_severity, findings, not_evaluated, number};
use super::standing::{
    Language, Standing, about, alike, counted, counts, criteria, focus, is_module_call, is_unreadable, left_out,
    other_suppressions, reason, sentence, verdict,
};
use super::text::{link, plain};
use super::{CheckFormat, Look, RenderError};
use crate::model::check::{Check, CheckResult, Location};

/// Blocks beside the primary one that are shown of a finding; the rest is counted.
const COMPANIONS: usize = 4;

/// Places of an error that are shown; the rest is counted.
const PLACES: usize = 3;

/// Findings, then what could not be judged, what is accepted, what is known, what is wrong with the
/// input, and the sums.
pub(super) struct Human;

impl CheckFormat for Human {
    fn name(&self) -> &'static str {
        "human"
    }

    fn render(&self, check: &Check, look: &Look<'_>) -> Result<String, RenderError> {
        let mut page = Page { out: String::new(), look, sources: Sources::new(look), explained: BTreeSet::new() };
        for finding in findings(check, Standing::Denied) {
            page.finding(&finding, "error", RED);
        }
        for finding in findings(check, Standing::Warned) {
            page.finding(&finding, "warning", YELLOW);
        }
        if look.explain {
            for finding in findings(check, Standing::Silent) {
                page.finding(&finding, "silent", CYAN);
            }
        }
        page.not_evaluated(check);
        page.waived(&findings(check, Standing::Waived));
        page.known(&by_severity(check, Standing::Known));
        if look.explain {
            page.not_applicable(&findings(check, Standing::NotApplicable));
            page.left_out(check);
            page.excluded(check);
            page.other_suppressions(check);
        }
        page.errors(check);
        page.sums(check);
        Ok(page.out)
    }
}

const RED: &str = "1;31";
const YELLOW: &str = "1;33";
const GREEN: &str = "1;32";
const BLUE: &str = "1;34";
const CYAN: &str = "1;36";
const BOLD: &str = "1";

struct Page<'a> {
    out: String,
    look: &'a Look<'a>,
    sources: Sources<'a>,
    /// Controls and languages whose reason and fix were written already.
    explained: BTreeSet<(String, Language)>,
}

impl Page<'_> {
    fn paint(&self, style: &str, text: &str) -> String {
        if self.look.colour { format!("\u{1b}[{style}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn line(&mut self, text: &str) {
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }

    fn head(&mut self, style: &str, label: &str, text: &str) {
        let line = format!("{}{}", self.paint(style, label), self.paint(BOLD, text));
        self.line(&line);
    }

    fn finding(&mut self, finding: &Finding<'_>, label: &str, style: &str) {
        let result = finding.first();
        let label = format!("{label}[{}]", plain(&result.control));
        let text = format!(" {}: {} ({})", result.severity, plain(sentence(result)), plain(&criteria(result)));
        self.head(style, &label, &text);
        self.places(result, style);
        if let Some(instances) = finding.instances() {
            self.note("instances", &instances);
        }
        self.notes(result);
        self.out.push('\n');
    }

    /// The lines of the blocks that took part.
    fn places(&mut self, result: &CheckResult, style: &str) {
        let language = Language::of(result);
        let shown: Vec<(&Location, Vec<Shown>, usize)> = result
            .locations
            .iter()
            .take(1 + COMPANIONS)
            .map(|location| {
                let (lines, left_out) = self.sources.excerpt(location, language);
                (location, lines, left_out)
            })
            .collect();
        let widest = shown.iter().flat_map(|(_, lines, _)| lines).map(|line| line.number).max().unwrap_or(1);
        let width = widest.to_string().len();
        let bar = self.paint(BLUE, "|");
        for (place, (location, lines, left_out)) in shown.iter().enumerate() {
            let role = match place {
                // The address stands under the first line where that is shown.
                0 if !lines.is_empty() => String::new(),
                0 => format!(" ({})", plain(&result.resource.address)),
                _ if is_module_call(&location.address) => format!(" (called by {})", plain(&location.address)),
                _ => format!(" (with {})", plain(&location.address)),
            };
            let at = format!("{}:{}{role}", plain(&location.file), focus(location).0);
            let line = format!("{:width$}{} {at}", "", self.paint(BLUE, "-->"));
            self.line(&line);
            if lines.is_empty() {
                continue;
            }
            self.line(&format!("{:width$} {bar}", ""));
            let mut before = None;
            for line in lines {
                if before.is_some_and(|number| line.number > number + 1) {
                    self.line(&self.paint(BLUE, "..."));
                }
                before = Some(line.number);
                let number = self.paint(BLUE, &format!("{:width$}", line.number));
                self.line(&format!("{number} {bar} {}", line.text));
                let label = if line.number == location.line && place == 0 {
                    plain(&result.resource.address)
                } else {
                    String::new()
                };
                let whole = place == 0 && location.lines.is_empty();
                if let Some(mark) = self.mark(line, whole, &label, style) {
                    self.line(&format!("{:width$} {bar} {mark}", ""));
                }
            }
            if *left_out > 0 {
                let more = counted(*left_out as u64, "more line that decided", "more lines that decided");
                self.line(&format!("{:width$} {bar} … and {more}", ""));
            }
        }
        if result.locations.len() > shown.len() {
            let more = (result.locations.len() - shown.len()) as u64;
            let line =
                format!("{:width$} {} … and {}", "", self.paint(BLUE, "="), counted(more, "more block", "more blocks"));
            self.line(&line);
        }
    }

    /// Carets under a line that decided, dashes under the first line of a block; none for a line that
    /// needs none.
    fn mark(&self, line: &Shown, whole: bool, label: &str, style: &str) -> Option<String> {
        let indent = line.text.chars().take_while(|c| *c == ' ').count();
        let length = line.text.trim().chars().count();
        if length == 0 || (!line.decides && label.is_empty()) {
            return None;
        }
        let (sign, style) = if line.decides || whole { ("^", style) } else { ("-", BLUE) };
        let mark = format!("{} {label}", sign.repeat(length));
        Some(format!("{:indent$}{}", "", self.paint(style, mark.trim_end())))
    }

    /// Why it matters and how to put it right: in full once for each control and language.
    fn notes(&mut self, result: &CheckResult) {
        let language = Language::of(result);
        if !self.explained.insert((result.control.clone(), language)) {
            self.note("help", &format!("why and how to fix it: see the first {} above", plain(&result.control)));
            return;
        }
        self.note("control", &plain(&result.title));
        for (criterion, why) in &*result.criteria {
            self.note("why", &format!("{}: {}", plain(criterion), plain(why)));
        }
        let Some(fix) = &result.fix else { return };
        self.note("fix", &plain(&fix.text));
        if let Some(snippet) = language.snippet(result) {
            self.out.push('\n');
            for line in snippet.lines() {
                let line = format!("        {}", plain(&line.replace('\t', "  ")));
                self.line(&line);
            }
            self.out.push('\n');
        }
        if let Some(docs) = fix.docs.as_deref().and_then(link) {
            self.note("docs", docs);
        }
    }

    fn note(&mut self, name: &str, text: &str) {
        let line = format!("  {} {}: {text}", self.paint(BLUE, "="), self.paint(BOLD, name));
        self.line(&line);
    }

    fn section(&mut self, style: &str, title: &str, findings: usize, instances: usize) {
        let title = if findings == instances {
            format!("{title} ({findings})")
        } else {
            let findings = counted(findings as u64, "finding", "findings");
            format!("{title} ({findings}, {})", counted(instances as u64, "instance", "instances"))
        };
        let line = self.paint(style, &title);
        self.line(&line);
    }

    /// `  file:12  control  address`, the words that follow on the next line.
    fn entry(&mut self, finding: &Finding<'_>, words: &str) {
        let result = finding.first();
        let at = result.locations.first().map_or_else(|| "-".to_owned(), place);
        let line = format!("  {at}  {}  {}", self.paint(BOLD, &plain(&result.control)), plain(&finding.named()));
        self.line(&line);
        if !words.is_empty() {
            self.line(&format!("      {}", plain(words)));
        }
    }

    /// A section with an entry for each finding.
    fn entries(&mut self, title: &str, findings: &[Finding<'_>], words: impl Fn(&CheckResult) -> String) {
        if findings.is_empty() {
            return;
        }
        self.section(CYAN, title, findings.len(), number(findings));
        for finding in findings {
            self.entry(finding, &words(finding.first()));
        }
        self.out.push('\n');
    }

    fn not_evaluated(&mut self, check: &Check) {
        let (shown, silent) = not_evaluated(check);
        if shown.is_empty() && silent.is_empty() {
            return;
        }
        self.section(CYAN, "not evaluated", shown.len() + silent.len(), number(&shown) + number(&silent));
        for finding in &shown {
            self.entry(finding, &reason(finding.first()));
        }
        if self.look.explain {
            for finding in &silent {
                self.entry(finding, &reason(finding.first()));
            }
        } else if !silent.is_empty() {
            let line = format!("  … and {} of controls that the policy keeps silent", number(&silent));
            self.line(&line);
        }
        self.out.push('\n');
    }

    fn waived(&mut self, findings: &[Finding<'_>]) {
        self.entries("waived", findings, |result| {
            result.waived.as_ref().map_or_else(String::new, |waived| {
                let at = waived.at.as_ref().map_or("by the policy".to_owned(), |at| format!("at {}", place(at)));
                let by = waived.by.as_ref().map_or_else(String::new, |by| format!("by {by} "));
                format!("{}, {by}{at}: {}", waived.ends(), waived.why())
            })
        });
    }

    fn known(&mut self, findings: &[Finding<'_>]) {
        self.entries("in the baseline", findings, |_| String::new());
    }

    fn not_applicable(&mut self, findings: &[Finding<'_>]) {
        self.entries("not applicable", findings, |result| sentence(result).to_owned());
    }

    fn left_out(&mut self, check: &Check) {
        if check.left_out.is_empty() {
            return;
        }
        self.section(CYAN, "controls that were not run", check.left_out.len(), check.left_out.len());
        for left in &check.left_out {
            let line = format!("  {}  {}", self.paint(BOLD, &plain(&left.control)), plain(&left.reason));
            self.line(&line);
        }
        self.out.push('\n');
    }

    fn other_suppressions(&mut self, check: &Check) {
        let unused = check.other_suppressions.iter().flat_map(|others| &others.unused);
        let number: u64 = unused.clone().map(|rule| rule.number).sum();
        if number == 0 {
            return;
        }
        let line = self.paint(CYAN, &format!("suppressions of other tools that accept nothing ({number})"));
        self.line(&line);
        for rule in unused {
            let times = if rule.number > 1 { format!(" ({} times)", rule.number) } else { String::new() };
            let directive = self.paint(BOLD, &plain(&rule.directive));
            self.line(&format!("  {directive}{times}  {}", plain(&rule.why)));
        }
        self.out.push('\n');
    }

    fn excluded(&mut self, check: &Check) {
        let number = check.excluded.iter().map(|excluded| excluded.paths.len()).sum();
        if number == 0 {
            return;
        }
        self.section(CYAN, "left out", number, number);
        for excluded in &check.excluded {
            for path in &excluded.paths {
                let line = format!("  {}  by {}", plain(path), plain(&excluded.pattern));
                self.line(&line);
            }
        }
        self.out.push('\n');
    }

    fn errors(&mut self, check: &Check) {
        for errors in alike(&check.errors) {
            let error = errors[0];
            let (label, style) = if is_unreadable(error) { ("error", RED) } else { ("warning", YELLOW) };
            self.head(style, &format!("{label}[{}]", plain(&error.kind)), &format!(": {}", plain(&error.message)));
            let shown = if self.look.explain { errors.len() } else { PLACES };
            for error in errors.iter().take(shown) {
                let at = error.line.map_or_else(|| plain(&error.file), |line| format!("{}:{line}", plain(&error.file)));
                let line = format!(" {} {at} ({})", self.paint(BLUE, "-->"), plain(about(error)));
                self.line(&line);
            }
            if let Some(rest) = errors.len().checked_sub(shown).filter(|rest| *rest > 0) {
                let more = counted(rest as u64, "more place", "more places");
                let line = format!(" {} … and {more}; --explain names all", self.paint(BLUE, "="));
                self.line(&line);
            }
            self.out.push('\n');
        }
    }

    fn sums(&mut self, check: &Check) {
        let style = match check.summary.exit_code {
            0 => GREEN,
            3 if check.summary.denied == 0 => YELLOW,
            _ => RED,
        };
        let line =
            format!("{} {}", self.paint(style, &format!("{}.", capital(&verdict(check)))), capital(&counts(check)));
        self.line(&line);
        if let Some(left_out) = left_out(check) {
            let more = if self.look.explain { "" } else { "; --explain names the paths" };
            self.line(&format!("Left out: {}{more}.", plain(&left_out)));
        }
        if let Some(others) = other_suppressions(check) {
            let more = if self.look.explain { "" } else { "; --explain names them" };
            self.line(&format!("{others}{more}."));
        }
    }
}

/// `file:12`.
fn place(location: &Location) -> String {
    format!("{}:{}", plain(&location.file), focus(location).0)
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{clean, instances, look, rich, with_look};
    use super::*;

    #[test]
    fn a_developer_reads_the_findings() {
        insta::assert_snapshot!(look(|look| Human.render(&rich(), look)).expect("renders"));
    }

    #[test]
    fn instances_are_read_together() {
        insta::assert_snapshot!(Human.render(&instances(), &Look::plain()).expect("renders"));
    }

    #[test]
    fn everything_is_explained_where_asked() {
        let mut text = String::new();
        with_look(|look| text = Human.render(&rich(), &Look { explain: true, ..*look }).expect("renders"));
        let from = text.find("not applicable").expect("says what does not apply");
        insta::assert_snapshot!(&text[from..]);
        assert!(text.contains("silent[kms-rotation]"));
    }

    #[test]
    fn colours_change_nothing_but_colour() {
        with_look(|look| {
            let plain = Human.render(&rich(), look).expect("renders");
            let coloured = Human.render(&rich(), &Look { colour: true, ..*look }).expect("renders");
            let mut without = String::new();
            let mut rest = coloured.as_str();
            while let Some((before, after)) = rest.split_once("\u{1b}[") {
                without.push_str(before);
                rest = after.split_once('m').expect("an escape ends").1;
            }
            without.push_str(rest);
            assert_ne!(plain, coloured);
            assert_eq!(plain, without);
        });
    }

    #[test]
    fn no_finding_is_one_line() {
        insta::assert_snapshot!(Human.render(&clean(), &Look::plain()).expect("renders"));
    }
}
