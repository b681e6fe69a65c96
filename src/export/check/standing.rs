//! Where a result stands at the gate, and the sums in words.

use std::collections::HashMap;

use super::finding::sums;
use crate::model::check::{Action, Check, CheckError, CheckResult, Excluded, Location, Outcome};
use crate::model::control::Severity;

/// What a result means for the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// A failed item that fails the gate.
    Denied,
    /// A failed item that is shown and lets the gate pass: the policy warns, or it is below the threshold.
    Warned,
    /// A failed item that the baseline knows.
    Known,
    /// A failed item that the policy only counts.
    Silent,
    /// It could not be decided.
    NotEvaluated,
    /// An exception is accepted.
    Waived,
    /// The control does not apply.
    NotApplicable,
    /// It passes.
    Passed,
}

/// What a result means for the gate.
pub(super) fn standing(check: &Check, result: &CheckResult) -> Standing {
    match result.verdict {
        Outcome::Pass => Standing::Passed,
        Outcome::NotApplicable => Standing::NotApplicable,
        Outcome::NotEvaluated => Standing::NotEvaluated,
        Outcome::Waived => Standing::Waived,
        Outcome::Fail if result.in_baseline => Standing::Known,
        Outcome::Fail => bare(check, result),
    }
}

/// What a failed item would mean if nobody had accepted or known it.
pub(super) fn bare(check: &Check, result: &CheckResult) -> Standing {
    match result.action {
        Action::Silent => Standing::Silent,
        Action::Deny if result.severity >= check.summary.fail_on => Standing::Denied,
        Action::Deny | Action::Warn => Standing::Warned,
    }
}

/// The results of one standing, in the order of the check.
pub(super) fn with(check: &Check, wanted: Standing) -> Vec<&CheckResult> {
    check.results.iter().filter(|result| standing(check, result) == wanted).collect()
}

/// What is said of a result in one sentence: the exception, or the title where there is none.
pub(super) fn sentence(result: &CheckResult) -> &str {
    result.message.as_deref().filter(|message| !message.is_empty()).unwrap_or(&result.title)
}

/// Why a result is not evaluated, in words.
pub(super) fn reason(result: &CheckResult) -> String {
    match (&result.reason, &result.gap) {
        (Some(reason), _) if !reason.is_empty() => reason.clone(),
        (_, Some(gap)) => gap.to_string(),
        _ => "no reason was given".to_owned(),
    }
}

/// The criteria of a result: `CC6.1, CC6.7`.
pub(super) fn criteria(result: &CheckResult) -> String {
    result.criteria.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// The primary location.
pub(super) fn primary(result: &CheckResult) -> Option<&Location> {
    result.locations.first()
}

/// The module calls that lead to the item, outermost last.
pub(super) fn calls(result: &CheckResult) -> &[Location] {
    let others = result.locations.get(1..).unwrap_or_default();
    let first = others.iter().rposition(|at| !is_module_call(&at.address)).map_or(0, |last| last + 1);
    &others[first..]
}

/// First and last of the lines to point at: the first run of lines that decided, or the block's
/// first line. It is kept narrow, for GitHub shows an alert on a pull request only where all its
/// lines are part of the change.
pub(super) fn focus(location: &Location) -> (u32, u32) {
    let mut inside = location.lines.iter().copied().filter(|line| (location.line..=location.end_line).contains(line));
    let Some(first) = inside.next() else {
        let line = location.line.max(1);
        return (line, line);
    };
    let mut last = first;
    for line in inside {
        if line > last + 1 {
            break;
        }
        last = line;
    }
    (first.max(1), last.max(1))
}

/// Whether the address is that of a module call: `module.network`, `module.a.module.b["x"]`.
pub(super) fn is_module_call(address: &str) -> bool {
    let bare = match address.rfind(']') {
        Some(at) if at + 1 == address.len() => address.rfind('[').map_or(address, |open| &address[..open]),
        _ => address,
    };
    bare.rsplit_once('.').is_some_and(|(before, _)| before == "module" || before.ends_with(".module"))
}

/// The language a result is written in, for the ready snippet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Language {
    /// Terraform, `OpenTofu`, or a plan of either.
    Terraform,
    /// `CloudFormation`.
    CloudFormation,
}

impl Language {
    /// Of a result: the one that its fix has a snippet for; else by the file's name, and where that is JSON
    /// by the address, for a logical id has no dot.
    pub(super) fn of(result: &CheckResult) -> Self {
        let snippets = result.fix.as_ref().map(|fix| (fix.terraform.is_some(), fix.cloudformation.is_some()));
        match snippets {
            Some((true, false)) => return Self::Terraform,
            Some((false, true)) => return Self::CloudFormation,
            _ => {}
        }
        let file = primary(result).map_or("", |location| location.file.as_str()).to_ascii_lowercase();
        let by_name = [".tf", ".tofu", ".tf.json", ".tofu.json"].iter().any(|end| file.ends_with(end));
        if by_name || result.resource.address.contains('.') { Self::Terraform } else { Self::CloudFormation }
    }

    /// The name for readers.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Terraform => "Terraform",
            Self::CloudFormation => "CloudFormation",
        }
    }

    /// The name as fenced code takes it.
    pub(super) fn fence(self) -> &'static str {
        match self {
            Self::Terraform => "hcl",
            Self::CloudFormation => "yaml",
        }
    }

    /// The ready snippet of a fix in this language.
    pub(super) fn snippet(self, result: &CheckResult) -> Option<&str> {
        let fix = result.fix.as_ref()?;
        let snippet = match self {
            Self::Terraform => fix.terraform.as_deref(),
            Self::CloudFormation => fix.cloudformation.as_deref(),
        };
        snippet.map(str::trim_end).filter(|snippet| !snippet.is_empty())
    }
}

/// Whether an error leaves the check incomplete.
pub(super) fn is_unreadable(error: &CheckError) -> bool {
    error.kind == "unreadable"
}

/// Errors that say the same of several places, each with all of these.
pub(super) fn alike(errors: &[CheckError]) -> Vec<Vec<&CheckError>> {
    let mut alike: Vec<Vec<&CheckError>> = Vec::new();
    let mut index = HashMap::new();
    for error in errors {
        let at = *index.entry((&error.kind, &error.message)).or_insert_with(|| {
            alike.push(Vec::new());
            alike.len() - 1
        });
        alike[at].push(error);
    }
    alike
}

/// What an error is about, in words.
pub(super) fn about(error: &CheckError) -> &str {
    match error.kind.as_str() {
        "unreadable" => "could not be read",
        "missing" => "is not in the code",
        "not_judged" => "is not judged",
        "expired" => "suppression expired",
        "malformed" => "suppression is malformed",
        "unused" => "suppression is not used",
        other => other,
    }
}

/// The outcome of the gate in one sentence.
pub(super) fn verdict(check: &Check) -> String {
    let sums = sums(check);
    let mut fails = format!("{} the gate", counted(sums.findings, "finding fails", "findings fail"));
    if sums.blocks != sums.findings || sums.instances != sums.blocks {
        let blocks = counted(sums.blocks, "block", "blocks");
        fails.push_str(&format!(" ({blocks}, {})", counted(sums.instances, "instance", "instances")));
    }
    let incomplete = check.errors.iter().any(is_unreadable);
    match check.summary.exit_code {
        0 => "nothing fails the gate".to_owned(),
        1 | 3 if check.summary.denied > 0 && incomplete => format!("{fails}, and the check is not complete"),
        1 | 3 if check.summary.denied > 0 => fails,
        3 if check.summary.resources == 0 && !incomplete => "nothing was found to check".to_owned(),
        3 => "no finding fails the gate, but the check is not complete".to_owned(),
        _ => "the check could not be carried out".to_owned(),
    }
}

/// The sums in words: every verdict, then what was looked at.
pub(super) fn counts(check: &Check) -> String {
    let warned = with(check, Standing::Warned).len();
    let silent = with(check, Standing::Silent).len();
    let of = |outcome: Outcome| check.summary.verdicts.get(outcome.as_str()).copied().unwrap_or_default();
    let mut failed = vec![format!("{} denied", check.summary.denied), format!("{warned} warned")];
    failed.push(format!("{} in the baseline", check.summary.in_baseline));
    if silent > 0 {
        failed.push(format!("{silent} silent"));
    }
    format!(
        "{} failed ({}), {} not evaluated, {} waived, {} passed, {} not applicable; {}, {}, {}",
        of(Outcome::Fail),
        failed.join(", "),
        of(Outcome::NotEvaluated),
        of(Outcome::Waived),
        of(Outcome::Pass),
        of(Outcome::NotApplicable),
        counted(check.summary.files, "file", "files"),
        counted(check.summary.resources, "resource", "resources"),
        counted(check.summary.controls, "control", "controls"),
    )
}

/// What was left out, in words; `None` where nothing was, and no pattern was asked for.
pub(super) fn left_out(check: &Check) -> Option<String> {
    let said = |excluded: &Excluded| {
        let counts = [(excluded.directories, "directory", "directories"), (excluded.files, "file", "files")];
        let counts = counts.iter().filter(|(number, ..)| *number > 0);
        let counts: Vec<String> = counts.map(|(number, one, more)| counted(*number, one, more)).collect();
        if counts.is_empty() {
            format!("nothing by `{}`, which matches nothing", excluded.pattern)
        } else {
            format!("{} by `{}`", counts.join(" and "), excluded.pattern)
        }
    };
    let said: Vec<String> = check.excluded.iter().map(said).collect();
    (!said.is_empty()).then(|| said.join(", "))
}

/// What became of the suppressions of other tools, in words; `None` where they were not asked for.
pub(super) fn other_suppressions(check: &Check) -> Option<String> {
    let others = check.other_suppressions.as_ref()?;
    let unused: u64 = others.unused.iter().map(|rule| rule.number).sum();
    let found = counted(others.directives, "suppression", "suppressions");
    let accepted = counted(others.accepted, "result", "results");
    Some(format!("{found} of other tools: {accepted} accepted, {unused} accept nothing"))
}

/// A number with its noun.
pub(super) fn counted(number: u64, one: &str, more: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { more })
}

/// The severity for tools that know a score: the middle of GitHub's bands; none for what is only
/// worth knowing.
pub(super) fn score(severity: Severity) -> Option<&'static str> {
    match severity {
        Severity::Informational => None,
        Severity::Low => Some("2.0"),
        Severity::Medium => Some("5.5"),
        Severity::High => Some("8.0"),
        Severity::Critical => Some("9.5"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn location(line: u32, end_line: u32, lines: &[u32]) -> Location {
        Location { file: "a.tf".into(), line, end_line, address: String::new(), lines: lines.to_vec() }
    }

    #[test]
    fn the_first_run_of_deciding_lines_is_pointed_at() {
        assert_eq!(focus(&location(3, 20, &[])), (3, 3));
        assert_eq!(focus(&location(3, 20, &[5, 6, 7, 15])), (5, 7));
        assert_eq!(focus(&location(3, 20, &[2, 30])), (3, 3), "lines outside of the block do not count");
        assert_eq!(focus(&location(0, 0, &[])), (1, 1));
    }

    #[test]
    fn a_module_call_is_told_from_a_resource() {
        for call in ["module.a", "module.a[0]", "module.a.module.b[\"x.y\"]"] {
            assert!(is_module_call(call), "{call}");
        }
        for other in ["aws_s3_bucket.a", "module.a.aws_s3_bucket.b", "module.a.aws_s3_bucket.b[\"module.c\"]", "Bucket"]
        {
            assert!(!is_module_call(other), "{other}");
        }
    }

    #[test]
    fn the_outcome_says_whether_the_check_is_complete() {
        let mut check = super::super::fixture::rich();
        assert_eq!(verdict(&check), "5 findings fail the gate, and the check is not complete");
        check.errors.clear();
        assert_eq!(verdict(&check), "5 findings fail the gate");
        (check.summary.denied, check.summary.exit_code) = (0, 3);
        assert_eq!(verdict(&check), "no finding fails the gate, but the check is not complete");
        check.summary.resources = 0;
        assert_eq!(verdict(&check), "nothing was found to check");
        check.summary.exit_code = 0;
        assert_eq!(verdict(&check), "nothing fails the gate");
    }
}
