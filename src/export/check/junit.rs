//! `JUnit` XML: a suite for each control, a case for each resource. Whatever is neither passed nor fails
//! the gate is skipped, with its reason: a case without a word would read as passed.

use std::collections::BTreeMap;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::standing::{Language, Standing, about, criteria, focus, is_unreadable, primary, reason, sentence, standing};
use super::text::{path, plain};
use super::{CheckFormat, Look, RenderError};
use crate::model::check::{AcceptedException, Check, CheckError, CheckResult};

/// A case is an instance: build servers count cases and follow each by its name. Items to which a control
/// does not apply are left out: they are not tested.
pub(super) struct Junit;

impl CheckFormat for Junit {
    fn name(&self) -> &'static str {
        "junit"
    }

    fn render(&self, check: &Check, _look: &Look<'_>) -> Result<String, RenderError> {
        let mut suites: BTreeMap<&str, TestSuite> = BTreeMap::new();
        for result in &check.results {
            if let Some(case) = case(check, result) {
                let suite = suites.entry(&result.control).or_insert_with(|| TestSuite::new(plain(&result.control)));
                suite.add_test_case(case);
            }
        }
        let mut report = Report::new("tickmark check");
        report.add_test_suites(suites.into_values());
        if !check.errors.is_empty() {
            let mut suite = TestSuite::new("input");
            suite.add_test_cases(check.errors.iter().map(error_case));
            report.add_test_suite(suite);
        }
        let mut text = report.to_string()?;
        if !text.ends_with('\n') {
            text.push('\n');
        }
        Ok(text)
    }
}

fn case(check: &Check, result: &CheckResult) -> Option<TestCase> {
    let said = || plain(sentence(result));
    let skipped = |message: String| {
        let mut status = TestCaseStatus::skipped();
        status.set_message(message);
        status
    };
    let status = match standing(check, result) {
        Standing::Passed => TestCaseStatus::success(),
        Standing::Denied => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type(result.severity.as_str()).set_message(said()).set_description(described(result));
            status
        }
        Standing::Warned => skipped(format!("warning, does not fail the gate: {}", said())),
        Standing::Known => skipped(format!("in the baseline: {}", said())),
        Standing::Silent => skipped(format!("fails, and the policy keeps it silent: {}", said())),
        Standing::NotEvaluated => skipped(format!("not evaluated: {}", plain(&reason(result)))),
        Standing::Waived => {
            let waived = |waived: &AcceptedException| format!("{}: {}", plain(&waived.ends()), plain(waived.why()));
            skipped(format!("waived {}; {}", result.waived.as_ref().map(waived).unwrap_or_default(), said()))
        }
        Standing::NotApplicable => return None,
    };
    let mut case = TestCase::new(plain(&result.resource.address), status);
    case.set_classname(plain(&result.control));
    if let Some(location) = primary(result) {
        case.extra.insert("file".into(), plain(path(&location.file)).into());
        case.extra.insert("line".into(), focus(location).0.to_string().into());
    }
    Some(case)
}

/// The body of a failure: where, why it matters, how to put it right.
fn described(result: &CheckResult) -> String {
    let mut lines = vec![format!("{} ({}): {}", result.control, criteria(result), result.title)];
    for location in &result.locations {
        lines.push(format!("  at {}:{} {}", plain(&location.file), focus(location).0, plain(&location.address)));
    }
    for (criterion, why) in &*result.criteria {
        lines.push(format!("{}: {}", plain(criterion), plain(why)));
    }
    if let Some(fix) = &result.fix {
        lines.push(format!("Fix: {}", plain(&fix.text)));
        if let Some(snippet) = Language::of(result).snippet(result) {
            lines.push(snippet.to_owned());
        }
        lines.extend(fix.docs.as_ref().map(|docs| plain(docs)));
    }
    lines.join("\n")
}

fn error_case(error: &CheckError) -> TestCase {
    let kind = if is_unreadable(error) { Some(NonSuccessKind::Error) } else { None };
    let mut status = kind.map_or_else(TestCaseStatus::skipped, TestCaseStatus::non_success);
    status.set_message(format!("{}: {}", plain(about(error)), plain(&error.message)));
    let at = error.line.map_or_else(|| plain(&error.file), |line| format!("{}:{line}", plain(&error.file)));
    let mut case = TestCase::new(at, status);
    case.set_classname(plain(&error.kind));
    case.extra.insert("file".into(), plain(path(&error.file)).into());
    case
}

#[cfg(test)]
mod tests {
    use super::super::fixture::rich;
    use super::*;

    #[test]
    fn a_build_server_reads_the_findings() {
        insta::assert_snapshot!(Junit.render(&rich(), &Look::plain()).expect("renders"));
    }

    #[test]
    fn what_xml_cannot_hold_is_not_in_it() {
        let mut check = rich();
        for result in &mut check.results {
            result.message = Some("a\u{0}\u{1}\u{fffe}]]><b>\u{1b}".into());
            result.resource.address = "\u{8}<&\"'>".into();
            result.control = "s3\u{c}".into();
        }
        let text = Junit.render(&check, &Look::plain()).expect("renders");
        let allowed = |c: char| c == '\n' || (c >= ' ' && c != '\u{fffe}' && c != '\u{ffff}');
        assert!(text.chars().all(allowed), "{text:?}");
        assert!(Report::deserialize_from_str(&text).is_ok());
    }
}
