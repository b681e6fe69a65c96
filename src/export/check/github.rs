//! GitHub Actions: findings as annotations, by commands of the runner, and a page for the run.
//! Source: GitHub documentation, "Workflow commands for GitHub Actions"; escaping as `actions/toolkit` does it.

use super::finding::{Finding, by_severity, not_evaluated};
use super::markdown::{STEP_LIMIT, page};
use super::standing::{
    Standing, about, alike, counted, counts, criteria, focus, is_unreadable, primary, reason, sentence, verdict,
};
use super::text::{command_data, command_property, path, plain};
use super::{CheckFormat, Look, RenderError};
use crate::model::check::{Check, CheckError, CheckResult};

/// Annotations that GitHub shows of each kind for a step; further ones are dropped unseen.
const SHOWN: usize = 10;

/// Errors for what is denied and for what could not be read, warnings for what the policy warns of,
/// notices for what was not evaluated and what is waived; the most severe first, and how many there are
/// besides. Ten of a kind are shown, at lines: the instances of a block are one annotation.
pub(super) struct Github;

impl CheckFormat for Github {
    fn name(&self) -> &'static str {
        "github"
    }

    fn render(&self, check: &Check, _look: &Look<'_>) -> Result<String, RenderError> {
        let (unreadable, suppressions): (Vec<_>, Vec<_>) =
            alike(&check.errors).into_iter().partition(|errors| is_unreadable(errors[0]));
        let found = |standing| by_severity(check, standing).iter().map(failed).collect::<Vec<_>>();
        let undecided = not_evaluated(check).0;
        let kinds: [(&str, Vec<Annotation>); 3] = [
            (
                "error",
                found(Standing::Denied)
                    .into_iter()
                    .chain(unreadable.into_iter().map(|errors| problem(&errors)))
                    .collect(),
            ),
            (
                "warning",
                found(Standing::Warned)
                    .into_iter()
                    .chain(suppressions.into_iter().map(|errors| problem(&errors)))
                    .collect(),
            ),
            (
                "notice",
                undecided
                    .iter()
                    .map(undecided_finding)
                    .chain(by_severity(check, Standing::Waived).iter().map(waived))
                    .collect(),
            ),
        ];
        let mut out = String::new();
        let mut more = Vec::new();
        for (kind, annotations) in &kinds {
            for annotation in annotations.iter().take(SHOWN) {
                out.push_str(&annotation.command(kind));
            }
            if annotations.len() > SHOWN {
                more.push(format!("{} more of kind {kind}", annotations.len() - SHOWN));
            }
        }
        // No text from the code stands in a line of its own: the runner would take it for a command.
        out.push_str(&format!("tickmark: {}. {}.\n", verdict(check), counts(check)));
        if !more.is_empty() {
            out.push_str(&format!("tickmark: not annotated, but in the summary: {}.\n", more.join(", ")));
        }
        Ok(out)
    }

    fn summary(&self, check: &Check, look: &Look<'_>) -> Option<String> {
        Some(page(check, look, STEP_LIMIT))
    }
}

struct Annotation {
    file: String,
    lines: Option<(u32, u32)>,
    title: String,
    message: String,
}

impl Annotation {
    fn command(&self, kind: &str) -> String {
        let mut properties = vec![format!("file={}", command_property(&self.file))];
        if let Some((first, last)) = self.lines {
            properties.push(format!("line={first},endLine={last}"));
        }
        properties.push(format!("title={}", command_property(&self.title)));
        format!("::{kind} {}::{}\n", properties.join(","), command_data(&self.message))
    }
}

fn annotation(result: &CheckResult, title: String, message: String) -> Annotation {
    let location = primary(result);
    Annotation {
        file: location.map_or_else(String::new, |location| plain(path(&location.file))),
        lines: location.map(focus),
        title,
        message,
    }
}

fn failed(finding: &Finding<'_>) -> Annotation {
    let result = finding.first();
    let title = format!("{} ({}, {})", plain(&result.control), result.severity, plain(&criteria(result)));
    let mut lines = vec![format!("{}: {}", plain(&finding.named()), plain(sentence(result)))];
    lines.extend(result.criteria.iter().map(|(criterion, why)| format!("{}: {}", plain(criterion), plain(why))));
    lines.extend(result.fix.as_ref().map(|fix| format!("Fix: {}", plain(&fix.text))));
    annotation(result, title, lines.join("\n"))
}

fn undecided_finding(finding: &Finding<'_>) -> Annotation {
    let result = finding.first();
    let title = format!("{} (not evaluated)", plain(&result.control));
    let message = format!("{}: {}", plain(&finding.named()), plain(&reason(result)));
    annotation(result, title, message)
}

fn waived(finding: &Finding<'_>) -> Annotation {
    let result = finding.first();
    let title = format!("{} (waived)", plain(&result.control));
    let why =
        result.waived.iter().map(|waived| format!(". Accepted {}: {}", plain(&waived.ends()), plain(waived.why())));
    let message = format!("{}: {}{}", plain(&finding.named()), plain(sentence(result)), why.collect::<String>());
    annotation(result, title, message)
}

/// What is wrong in several places is said at the first: ten annotations of a kind are shown.
fn problem(errors: &[&CheckError]) -> Annotation {
    let error = errors[0];
    let more = match errors.len() {
        1 => String::new(),
        number => format!(" (and in {})", counted(number as u64 - 1, "more place", "more places")),
    };
    Annotation {
        file: plain(path(&error.file)),
        lines: error.line.map(|line| (line.max(1), line.max(1))),
        title: format!("tickmark: {}", plain(about(error))),
        message: format!("{}{more}", plain(&error.message)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{look, many, rich};
    use super::*;

    #[test]
    fn the_runner_reads_the_findings() {
        insta::assert_snapshot!(Github.render(&rich(), &Look::plain()).expect("renders"));
    }

    #[test]
    fn every_line_is_a_command_or_ours() {
        let text = Github.render(&rich(), &Look::plain()).expect("renders");
        for line in text.lines() {
            let command =
                ["::error file=", "::warning file=", "::notice file="].iter().any(|start| line.starts_with(start));
            assert!(command || line.starts_with("tickmark: "), "{line}");
        }
    }

    #[test]
    fn what_github_would_drop_is_counted_and_the_worst_come_first() {
        let check = many(40);
        let text = Github.render(&check, &Look::plain()).expect("renders");
        assert_eq!(text.matches("::error ").count(), 10);
        assert!(text.lines().next().is_some_and(|line| line.contains("critical")));
        assert!(text.contains("30 more of kind error"), "{text}");
    }

    #[test]
    fn the_page_of_the_run_holds_them_all() {
        let page = look(|look| Github.summary(&many(40), look)).expect("has a page");
        assert_eq!(page.matches("bucket-").count(), 40);
    }
}
