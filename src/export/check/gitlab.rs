//! GitLab's Code Quality report: a JSON array, shown in the merge request. GitLab compares it with the
//! report of the target branch, so what the baseline knows stays in it.
//! Source: GitLab documentation, "Code Quality", "Code Quality report format".

use serde::Serialize;

use super::finding::{Finding, group};
use super::standing::{Standing, focus, primary, sentence, standing};
use super::text::{path, plain};
use super::{CheckFormat, Look, RenderError};
use crate::model::check::Check;
use crate::model::control::Severity;

/// One entry for each finding, and one of the least severity for what is waived or known: an entry stands at a
/// line, whatever the number of instances. What could not be judged has no place in it: it is in the `JUnit` report of the same job.
pub(super) struct Gitlab;

#[derive(Serialize)]
struct Entry {
    description: String,
    check_name: String,
    fingerprint: String,
    severity: &'static str,
    location: Place,
}

#[derive(Serialize)]
struct Place {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
}

impl CheckFormat for Gitlab {
    fn name(&self) -> &'static str {
        "gitlab"
    }

    fn render(&self, check: &Check, _look: &Look<'_>) -> Result<String, RenderError> {
        let entries: Vec<Entry> =
            group(check.results.iter()).iter().filter_map(|finding| entry(check, finding)).collect();
        Ok(serde_json::to_string_pretty(&entries)? + "\n")
    }
}

fn entry(check: &Check, finding: &Finding<'_>) -> Option<Entry> {
    let result = finding.first();
    let location = primary(result)?;
    let said = plain(sentence(result));
    let address = plain(&finding.named());
    let (severity, description) = match standing(check, result) {
        Standing::Denied => (severity(result.severity), format!("{said} ({address})")),
        Standing::Warned => (severity(result.severity.min(Severity::Low)), format!("{said} ({address})")),
        Standing::Known => ("info", format!("In the baseline: {said} ({address})")),
        Standing::Waived => {
            let waived = result.waived.as_ref()?;
            let (ends, reason) = (plain(&waived.ends()), plain(waived.why()));
            ("info", format!("Waived {ends}: {said} ({address}). Reason: {reason}"))
        }
        Standing::Silent | Standing::NotEvaluated | Standing::NotApplicable | Standing::Passed => return None,
    };
    Some(Entry {
        description,
        check_name: result.control.clone(),
        fingerprint: finding.fingerprint(check),
        severity,
        location: Place { path: path(&location.file).to_owned(), lines: Lines { begin: focus(location).0 } },
    })
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Informational => "info",
        Severity::Low => "minor",
        Severity::Medium => "major",
        Severity::High => "critical",
        Severity::Critical => "blocker",
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::rich;
    use super::*;

    #[test]
    fn gitlab_reads_the_findings() {
        insta::assert_snapshot!(Gitlab.render(&rich(), &Look::plain()).expect("renders"));
    }
}
