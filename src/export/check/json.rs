//! The contract `tickmark.check/1`, for programs.

use super::{CheckFormat, Look, RenderError};
use crate::model::check::Check;

/// About what a result takes, in bytes: growing to hundreds of megabytes would copy them over and over.
const RESULT: usize = 1024;

/// The check itself, indented, its members in the order of the contract.
pub(super) struct Json;

impl CheckFormat for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn render(&self, check: &Check, _look: &Look<'_>) -> Result<String, RenderError> {
        let mut text = Vec::with_capacity(RESULT * check.results.len() + RESULT);
        serde_json::to_writer_pretty(&mut text, check)?;
        text.push(b'\n');
        Ok(String::from_utf8(text).expect("serde_json writes UTF-8"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{clean, rich};
    use super::super::schema;
    use super::*;

    #[test]
    fn the_contract_is_kept() {
        let schema = schema();
        let validator = jsonschema::validator_for(&schema).expect("a schema");
        for check in [rich(), clean()] {
            let text = Json.render(&check, &Look::plain()).expect("renders");
            let value: serde_json::Value = serde_json::from_str(&text).expect("is JSON");
            let wrong: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
            assert!(wrong.is_empty(), "{wrong:?}");
            assert_eq!(serde_json::from_value::<Check>(value).expect("reads back"), check);
        }
        let wrong = serde_json::json!({"schema": "tickmark.check/1", "results": [{"verdict": "maybe"}]});
        assert!(!validator.is_valid(&wrong));
    }

    #[test]
    fn a_program_reads_the_findings() {
        insta::assert_snapshot!(Json.render(&rich(), &Look::plain()).expect("renders"));
    }
}
