//! A comment on a pull request. Its length is bounded, for GitHub refuses a comment of more than
//! 65,536 characters.

use std::collections::BTreeSet;

use super::finding::{Finding, by_severity, findings, not_evaluated, number};
use super::standing::{Language, Standing, about, alike, counts, criteria, focus, left_out, reason, sentence, verdict};
use super::text::{code, fenced, link, markdown, path, plain};
use super::{CheckFormat, Look, RenderError};
use crate::model::check::{Check, CheckError, CheckResult};

/// By which a later run finds its comment, and writes it anew instead of adding one.
const MARKER: &str = "<!-- tickmark -->\n";

/// Bytes of a comment; GitHub takes 65,536 characters.
const COMMENT_LIMIT: usize = 65_000;

/// Bytes of the page of a step; GitHub takes 1 MiB.
pub(super) const STEP_LIMIT: usize = 1_000_000;

/// Longest sentence in a cell of a table, in characters.
const CELL: usize = 400;

/// The verdict, what fails the gate and how to put it right, then what is to know besides, folded.
pub(super) struct Markdown;

impl CheckFormat for Markdown {
    fn name(&self) -> &'static str {
        "markdown"
    }

    fn render(&self, check: &Check, look: &Look<'_>) -> Result<String, RenderError> {
        Ok(format!("{MARKER}{}", page(check, look, COMMENT_LIMIT - MARKER.len())))
    }
}

/// The page, in at most `limit` bytes.
pub(super) fn page(check: &Check, _look: &Look<'_>, limit: usize) -> String {
    let mut page = Page { out: String::new(), limit };
    page.out.push_str(&format!("## tickmark: {}\n\n{}.\n", verdict(check), counts(check)));
    let denied = by_severity(check, Standing::Denied);
    let warned = by_severity(check, Standing::Warned);
    page.table("Fails the gate", &denied, 50);
    page.table("Warnings", &warned, 50);
    page.fixes(denied.iter().chain(&warned).map(Finding::first));
    page.errors(check);
    let (undecided, silent) = not_evaluated(check);
    let mut title = titled("Not evaluated", &undecided);
    if !silent.is_empty() {
        title.push_str(&format!(", and {} of controls that the policy keeps silent", number(&silent)));
    }
    let items: Vec<String> = undecided.iter().map(|finding| entry(finding, &reason(finding.first()))).collect();
    page.folded(&title, &items, 60);
    let waived = findings(check, Standing::Waived);
    let items: Vec<String> = waived.iter().map(waiver).collect();
    page.folded(&titled("Waived", &waived), &items, 60);
    let known = by_severity(check, Standing::Known);
    let items: Vec<String> = known.iter().map(|finding| entry(finding, sentence(finding.first()))).collect();
    page.folded(&titled("In the baseline", &known), &items, 60);
    let items: Vec<String> =
        left_out(check).iter().map(|said| format!("\nLeft out: {}.\n", markdown(&cut(said)))).collect();
    page.part("", &items, "", |_| String::new(), 100);
    page.out
}

/// A title with the number of findings, and of their instances where it is another.
fn titled(title: &str, findings: &[Finding<'_>]) -> String {
    match number(findings) {
        instances if instances == findings.len() => format!("{title} ({instances})"),
        instances => format!("{title} ({} in {instances} instances)", findings.len()),
    }
}

struct Page {
    out: String,
    limit: usize,
}

impl Page {
    /// Adds a part of at most a share (in percent) of the room that is left: what opens it, its items as
    /// far as they fit, how many there are besides, what closes it.
    fn part(&mut self, open: &str, items: &[String], close: &str, more: impl Fn(usize) -> String, share: usize) {
        // Room for what closes the part, and for the parts after it to say that they were cut.
        const RESERVE: usize = 600;
        if items.is_empty() {
            return;
        }
        let left = self.limit.saturating_sub(self.out.len() + open.len() + close.len() + RESERVE);
        let room = left * share / 100;
        let mut taken = 0;
        let mut number = 0;
        for item in items {
            if taken + item.len() > room {
                break;
            }
            taken += item.len();
            number += 1;
        }
        let rest = if number < items.len() { more(items.len() - number) } else { String::new() };
        if self.out.len() + open.len() + taken + rest.len() + close.len() > self.limit {
            return;
        }
        self.out.push_str(open);
        self.out.extend(items[..number].iter().map(String::as_str));
        self.out.push_str(&rest);
        self.out.push_str(close);
    }

    fn table(&mut self, title: &str, findings: &[Finding<'_>], share: usize) {
        let rows: Vec<String> = findings.iter().map(row).collect();
        let open = format!(
            "\n### {}\n\n| severity | control | resource | where | what is wrong |\n| --- | --- | --- | --- | --- |\n",
            titled(title, findings)
        );
        self.part(&open, &rows, "", |rest| format!("| | | | | and {rest} more |\n"), share);
    }

    /// Once for each control and language: why it matters, and the fix.
    fn fixes<'a>(&mut self, results: impl Iterator<Item = &'a CheckResult>) {
        let mut seen = BTreeSet::new();
        let first: Vec<(&str, Language, &CheckResult)> = results
            .map(|result| (result.control.as_str(), Language::of(result), result))
            .filter(|(control, language, _)| seen.insert((*control, *language)))
            .collect();
        let several = |control: &str| first.iter().filter(|(other, ..)| *other == control).count() > 1;
        let items: Vec<String> = first
            .iter()
            .map(|(control, language, result)| fix(result, several(control).then_some(*language)))
            .collect();
        self.part("", &items, "", |rest| format!("\nAnd the fixes of {rest} more.\n"), 60);
    }

    fn errors(&mut self, check: &Check) {
        let item = |errors: &Vec<&CheckError>| {
            let error = errors[0];
            let line = error.line.map_or_else(String::new, |line| format!(":{line}"));
            let at = format!("{}{line}", path(&error.file));
            let more = if errors.len() > 1 { format!(" and {} more", errors.len() - 1) } else { String::new() };
            format!("- {}{more} {}: {}\n", code(&at), markdown(about(error)), markdown(&error.message))
        };
        let items: Vec<String> = alike(&check.errors).iter().map(item).collect();
        let open = format!("\n### Input ({})\n\n", check.errors.len());
        self.part(&open, &items, "", |rest| format!("- and {rest} more\n"), 50);
    }

    fn folded(&mut self, title: &str, items: &[String], share: usize) {
        let open = format!("\n<details><summary>{title}</summary>\n\n");
        self.part(&open, items, "\n</details>\n", |rest| format!("- and {rest} more\n"), share);
    }
}

fn cut(text: &str) -> String {
    if text.chars().count() <= CELL {
        return text.to_owned();
    }
    text.chars().take(CELL).chain(['…']).collect()
}

fn place(result: &CheckResult) -> String {
    let Some(location) = result.locations.first() else { return String::new() };
    code(&cut(&format!("{}:{}", path(&location.file), focus(location).0)))
}

/// The first instance, and how many there are besides.
fn resource(finding: &Finding<'_>) -> String {
    let first = code(&cut(&finding.first().resource.address));
    match finding.results.len() {
        1 => first,
        number => format!("{first} and {} more", number - 1),
    }
}

fn row(finding: &Finding<'_>) -> String {
    let result = finding.first();
    format!(
        "| {} | {}<br>{} | {} | {} | {} |\n",
        result.severity,
        code(&result.control),
        markdown(&criteria(result)),
        resource(finding),
        place(result),
        markdown(&cut(sentence(result))),
    )
}

fn entry(finding: &Finding<'_>, words: &str) -> String {
    let result = finding.first();
    format!("- {} {} {}: {}\n", code(&result.control), resource(finding), place(result), markdown(&cut(words)))
}

fn waiver(finding: &Finding<'_>) -> String {
    let result = finding.first();
    let words = result
        .waived
        .as_ref()
        .map_or_else(String::new, |waived| format!("{}: {} ({})", waived.ends(), waived.why(), sentence(result)));
    entry(finding, &words)
}

fn fix(result: &CheckResult, language: Option<Language>) -> String {
    let named = language.map_or_else(String::new, |language| format!(" in {}", language.name()));
    let mut out =
        format!("\n<details><summary>Why, and how to fix {}{named}</summary>\n\n", code_in_html(&result.control));
    out.push_str(&format!("{}.\n\n", markdown(&result.title)));
    for (criterion, why) in &*result.criteria {
        out.push_str(&format!("- {}: {}\n", markdown(criterion), markdown(why)));
    }
    if let Some(fix) = &result.fix {
        out.push_str(&format!("\n{}\n", markdown(&fix.text)));
        let language = Language::of(result);
        if let Some(snippet) = language.snippet(result) {
            out.push_str(&format!("\n{}", fenced(snippet, language.fence())));
        }
        if let Some(docs) = fix.docs.as_deref().and_then(link) {
            out.push_str(&format!("\n[Documentation]({docs})\n"));
        }
    }
    out.push_str("\n</details>\n");
    out
}

/// A name inside of HTML, where Markdown is not read.
fn code_in_html(text: &str) -> String {
    let text = plain(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("<code>{text}</code>")
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{clean, instances, many, rich};
    use super::*;

    #[test]
    fn a_reviewer_reads_the_findings() {
        insta::assert_snapshot!(Markdown.render(&rich(), &Look::plain()).expect("renders"));
    }

    #[test]
    fn instances_are_one_row() {
        insta::assert_snapshot!(Markdown.render(&instances(), &Look::plain()).expect("renders"));
    }

    #[test]
    fn nothing_found_is_a_short_comment() {
        insta::assert_snapshot!(Markdown.render(&clean(), &Look::plain()).expect("renders"));
    }

    #[test]
    fn a_comment_is_never_longer_than_github_takes() {
        for number in [0, 1, 100, 300, 3000] {
            let mut check = many(number);
            let text = Markdown.render(&check, &Look::plain()).expect("renders");
            assert!(text.len() <= COMMENT_LIMIT, "{number}: {}", text.len());
            assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
            for result in &mut check.results {
                result.resource.address = "|".repeat(5000);
                result.message = Some("<".repeat(5000));
            }
            let text = Markdown.render(&check, &Look::plain()).expect("renders");
            assert!(text.len() <= COMMENT_LIMIT, "{number}: {}", text.len());
        }
    }

    #[test]
    fn what_is_cut_is_counted() {
        let text = Markdown.render(&many(3000), &Look::plain()).expect("renders");
        let shown = text.matches("| critical |").count() + text.matches("| high |").count();
        let rest = 3000 - shown;
        assert!(text.contains(&format!("| | | | | and {rest} more |")), "{shown} are shown");
    }
}
