//! The contract `tickmark.check/2`, for programs.

use super::form::form;
use super::{CheckFormat, Look, RenderError};
use crate::model::check::Check;

/// About what a result takes, in bytes: growing to tens of megabytes would copy them over and over.
const RESULT: usize = 128;

/// Nothing twice, on one line.
pub(super) struct Json;

impl CheckFormat for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn render(&self, check: &Check, _look: &Look<'_>) -> Result<String, RenderError> {
        let mut text = Vec::with_capacity(RESULT * check.results.len() + RESULT);
        serde_json::to_writer(&mut text, &form(check))?;
        text.push(b'\n');
        Ok(String::from_utf8(text).expect("serde_json writes UTF-8"))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::fixture::{clean, instances, many, rich};
    use super::super::form::read;
    use super::super::schema;
    use super::*;
    use crate::model::check::CheckResult;

    fn valid(schema: &serde_json::Value, text: &str) -> serde_json::Value {
        let validator = jsonschema::validator_for(schema).expect("a schema");
        let value = serde_json::from_str(text).expect("is JSON");
        let wrong: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
        value
    }

    #[test]
    fn nothing_is_lost() {
        for mut check in [rich(), clean(), many(50), instances()] {
            check.results.sort_by(CheckResult::order);
            check.errors.sort();
            let text = Json.render(&check, &Look::plain()).expect("renders");
            valid(&schema(), &text);
            let again = read(&text).expect("reads back");
            for (one, other) in check.results.iter().zip(&again.results) {
                assert_eq!(one, other);
            }
            assert_eq!(again, check);
        }
    }

    #[test]
    fn what_is_not_a_check_is_refused() {
        let text = Json.render(&rich(), &Look::plain()).expect("renders");
        assert!(read(&text.replace("check/2", "check/3")).is_err_and(|error| error.to_string().contains("check/3")));
        let wrong = text.replacen("\"control\":\"s3-tls-only\"", "\"control\":\"gone\"", 1);
        assert!(read(&wrong).is_err_and(|error| error.to_string().contains("the control `gone`")));
        assert!(read("{}").is_err());
        let validator = jsonschema::validator_for(&schema()).expect("a schema");
        assert!(
            !validator.is_valid(&serde_json::json!({"schema": "tickmark.check/2", "results": [{"verdict": "maybe"}]}))
        );
    }

    #[test]
    fn what_is_said_of_many_instances_is_said_once() {
        let text = Json.render(&instances(), &Look::plain()).expect("renders");
        for said in ["takes requests over plain HTTP", "SecureTransport", "has no value"] {
            assert!(text.matches(said).count() <= 2, "{said}: {text}");
        }
        let each = text.len() / instances().results.len();
        assert!(each < 240, "{each} bytes for a result, addresses with modules and keys in it");
    }

    #[test]
    fn a_program_reads_the_findings() {
        let text = Json.render(&rich(), &Look::plain()).expect("renders");
        assert_eq!(text.trim_end().lines().count(), 1);
        let value: serde_json::Value = serde_json::from_str(&text).expect("is JSON");
        insta::assert_snapshot!(serde_json::to_string_pretty(&value).expect("renders"));
    }

    #[test]
    fn rules_are_told_once_whatever_their_number() {
        let mut check = many(2);
        let title: Arc<str> = "A title that is told once".into();
        check.results.iter_mut().for_each(|result| result.title = title.clone());
        let text = Json.render(&check, &Look::plain()).expect("renders");
        assert_eq!(text.matches("A title that is told once").count(), 1);
    }
}
